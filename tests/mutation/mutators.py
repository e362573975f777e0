# SPDX-License-Identifier: MIT
"""mutators.py - every small change of a C file that could be a mistake.

The syntax tree of libclang says what is an operator, a condition, a statement; a
change is one of the text, on its own line, so that nothing else moves.  What
comes out of macros is left alone, as are assertions.
"""
import collections
import re

from clang.cindex import Config, CursorKind, Index, TranslationUnit

Config.set_library_file("libclang-14.so.1")

RELATIONS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="),
             ">=": (">", "<"), "==": ("!=",), "!=": ("==",)}
ARITHMETIC = {"+": "-", "-": "+", "*": "+", "/": "*", "%": "/"}
BITS = {"&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<"}
LOGIC = {"&&": "||", "||": "&&"}
ASSIGN = {"+=": "-=", "-=": "+=", "*=": "+=", "|=": "&=", "&=": "|=",
          "^=": "|=", "<<=": ">>=", ">>=": "<<="}
WEAKER = {"seq_cst": ("acq_rel", "relaxed"), "acq_rel": ("acquire", "release"),
          "acquire": ("relaxed",), "release": ("relaxed",)}

EXPRESSIONS = (CursorKind.CALL_EXPR, CursorKind.BINARY_OPERATOR,
               CursorKind.COMPOUND_ASSIGNMENT_OPERATOR,
               CursorKind.UNARY_OPERATOR, CursorKind.CSTYLE_CAST_EXPR)
JUMPS = (CursorKind.BREAK_STMT, CursorKind.CONTINUE_STMT,
         CursorKind.RETURN_STMT)
WRAPPERS = (CursorKind.PAREN_EXPR, CursorKind.UNEXPOSED_EXPR)

Mutant = collections.namedtuple(
    "Mutant", "key file function line kind start end new old_line new_line")
# Where a function begins, its name and its body, and where it ends.
Function = collections.namedtuple("Function", "name start at body end")


class Finder:
    def __init__(self, path, name, arguments):
        self.name = name
        with open(path, encoding="utf-8") as handle:
            self.text = handle.read()
        if not self.text.isascii():
            raise ValueError(f"{path}: offsets are counted in bytes")
        self.unit = Index.create().parse(
            path, args=["-x", "c", *arguments],
            options=TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [d for d in self.unit.diagnostics if d.severity >= 3]
        if errors:
            raise ValueError(f"{path}: {errors[0]}")
        self.path = path
        self.found = {}
        self.functions = {}

    # ---- text -------------------------------------------------------------

    def span(self, node):
        return node.extent.start.offset, node.extent.end.offset

    def source(self, node):
        start, end = self.span(node)
        return self.text[start:end]

    def add(self, kind, start, end, new):
        if start < end and (start, end, new) not in self.found:
            self.found[start, end, new] = (kind, self.function)

    def between(self, left, right):
        """The one operator between two operands, and where it is."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = self.text[start:end]
        bare = re.sub(r"/\*.*?\*/", lambda m: " " * len(m.group()), gap,
                      flags=re.S)
        match = re.fullmatch(r"[\s()]*([-+*/%&|^<>=!]+)[\s()*&!~-]*", bare)
        if not match:
            return None, 0
        return match.group(1), start + match.start(1)

    # ---- one kind of node each ---------------------------------------------

    def binary(self, node):
        left, right = node.get_children()
        operator, at = self.between(left, right)
        if operator is None:
            return
        end = at + len(operator)
        for new in RELATIONS.get(operator, ()):
            self.add("relation", at, end, new)
        for kind, table in (("arithmetic", ARITHMETIC), ("bits", BITS),
                            ("logic", LOGIC), ("assignment", ASSIGN)):
            if operator in table:
                self.add(kind, at, end, table[operator])
        if operator in LOGIC:
            self.negate(left)
            self.negate(right)

    def unary(self, node):
        text = self.source(node)
        start, end = self.span(node)
        if text[:1] in "!~":
            self.add("negation", start, start + 1, "")
        elif text[:2] in ("++", "--"):
            self.add("step", start, start + 2, "--" if text[0] == "+" else "++")
        elif text[-2:] in ("++", "--"):
            self.add("step", end - 2, end, "--" if text[-1] == "+" else "++")

    def literal(self, node):
        """One more and one less; of an answer, 0 and not 0 are enough."""
        text = self.source(node)
        start, end = self.span(node)
        if not re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*", text):
            return
        self.add("constant", start, end, f"({text} + 1)")
        if not self.text[:start].endswith("return "):
            self.add("constant", start, end, f"({text} - 1)")

    def negate(self, node):
        """A condition, unless a relation or a ! in it can be turned round."""
        inner = node
        while inner.kind in WRAPPERS and len(list(inner.get_children())) == 1:
            inner = next(inner.get_children())
        text = self.source(node)
        if inner.kind == CursorKind.BINARY_OPERATOR:
            operator, _ = self.between(*inner.get_children())
            if operator in RELATIONS:
                return
        if inner.kind == CursorKind.UNARY_OPERATOR and \
                self.source(inner).startswith("!"):
            return
        self.add("condition", *self.span(node), f"!({text})")

    def for_condition(self, node):
        start, end = self.span(node)
        depth, at, parts = 0, start, []
        for at in range(self.text.index("(", start), end):
            char = self.text[at]
            depth += (char == "(") - (char == ")")
            if (char == ";" and depth == 1) or depth == 0:
                parts.append(at)
                if depth == 0:
                    break
        for child in node.get_children():
            if parts[0] < self.span(child)[0] < parts[1]:
                self.negate(child)

    def returned(self, node):
        value = next(node.get_children(), None)
        if value is None:
            return
        text = self.source(value)
        if text != "0":
            self.add("return", *self.span(value), "0")
        if re.search(r"[<>!=&|]=|&&|\|\||[<>!]", text) and "->" not in text:
            self.add("return", *self.span(value), "1")

    def statements(self, body, last):
        """Deleted, one at a time; what ends a function stays."""
        children = list(body.get_children()) \
            if body.kind == CursorKind.COMPOUND_STMT else [body]
        for node in children:
            text = self.source(node)
            if text.startswith(("DSI_ASSERT", "static_assert")):
                continue
            ends = last and node == children[-1]
            if node.kind in EXPRESSIONS or text.startswith("atomic_") or \
                    (node.kind in JUMPS and not ends):
                kind = "fence" if text.startswith(
                    ("atomic_thread_fence", "dsi__notify_fence")) \
                    else "statement"
                self.add(kind, *self.span(node), "")

    def visit(self, node, parent=None):
        kind, children = node.kind, list(node.get_children())
        if kind in (CursorKind.BINARY_OPERATOR,
                    CursorKind.COMPOUND_ASSIGNMENT_OPERATOR):
            self.binary(node)
        elif kind == CursorKind.UNARY_OPERATOR:
            self.unary(node)
        elif kind == CursorKind.INTEGER_LITERAL:
            self.literal(node)
        elif kind == CursorKind.RETURN_STMT:
            self.returned(node)
        elif kind == CursorKind.COMPOUND_STMT:
            self.statements(node, parent is None)
        elif kind in (CursorKind.IF_STMT, CursorKind.WHILE_STMT,
                      CursorKind.CONDITIONAL_OPERATOR):
            self.negate(children[0])
        elif kind == CursorKind.DO_STMT:
            self.negate(children[1])
        elif kind == CursorKind.FOR_STMT:
            self.for_condition(node)
        if kind in (CursorKind.IF_STMT, CursorKind.WHILE_STMT,
                    CursorKind.FOR_STMT):
            for body in children[1 if kind != CursorKind.FOR_STMT else -1:]:
                if body.kind != CursorKind.COMPOUND_STMT:
                    self.statements(body, False)
        for child in children:
            if not self.source(child).startswith(("DSI_ASSERT",
                                                  "static_assert")):
                self.visit(child, node)

    def orders(self, node):
        start, end = self.span(node)
        for match in re.finditer(r"memory_order_(\w+)", self.text[start:end]):
            for new in WEAKER.get(match.group(1), ()):
                self.add("order", start + match.start(1), start + match.end(1),
                         new)

    # ---- all of them --------------------------------------------------------

    def mutants(self):
        for node in self.unit.cursor.get_children():
            if node.kind != CursorKind.FUNCTION_DECL or \
                    not node.is_definition() or \
                    node.location.file.name != self.path:
                continue
            self.function = node.spelling
            body = list(node.get_children())[-1]
            self.functions[node.spelling] = Function(
                node.spelling, self.span(node)[0], node.location.offset,
                *self.span(body))
            self.visit(body)
            self.orders(body)
        seen = collections.Counter()
        for (start, end, new), (kind, function) in sorted(self.found.items()):
            yield self.describe(start, end, new, kind, function, seen)

    def describe(self, start, end, new, kind, function, seen):
        """The key stays when lines are added elsewhere in the file.  Lines that
        the text of the change had are kept, so that all others keep their
        numbers."""
        new += "\n" * (self.text[start:end].count("\n") - new.count("\n"))
        first = self.text.rfind("\n", 0, start) + 1
        last = self.text.find("\n", end)
        old_line = " ".join(self.text[first:last].split())
        new_line = " ".join((self.text[first:start] + new +
                             self.text[end:last]).split())
        key = f"{self.name}: {function}: {old_line} => {new_line}"
        seen[key] += 1
        if seen[key] > 1:
            key += f" #{seen[key]}"
        line = self.text.count("\n", 0, start) + 1
        return Mutant(key, self.name, function, line, kind, start, end, new,
                      old_line, new_line)


def apply(text, mutant):
    return text[:mutant.start] + mutant.new + text[mutant.end:]


def find(path, name, arguments):
    """All mutants of the file, in the order of the text, and its functions."""
    finder = Finder(path, name, arguments)
    return list(finder.mutants()), finder.functions
