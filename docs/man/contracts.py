# SPDX-License-Identifier: MIT
"""contracts.py - read the contract comments of the public headers.

The form of a contract comment is fixed, so that a script can read it:

    /**
     * dsi_a_b - purpose.            or, for several:  dsi_a_b / _c - purpose.
     * @param: meaning
     *
     * Prose.
     *
     * Return: ...                   left out by a function without result
     * Context: ...
     * Lifetime: ...                 what is left out here applies to no result
     * Source: ...
     * Since: 0.1
     */

A structure has `struct dsi_x - purpose.`, a line for each field, and prose.
"""
import re

# In this order.  The second word: must it be there?
SECTIONS = {"Return": True, "Context": True, "Locks": False, "Lifetime": False,
            "Order": False, "Source": False, "Since": True}

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text):
    """The same number of characters and lines, all others blanks."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    return TOKEN.sub(lambda m: blank(m.group()) if m.group()[0] == "/" else m.group(), text)


def without_directives(text):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: blank(m.group()), text, flags=re.M)


def split_commas(text):
    """At the commas outside of parentheses."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [" ".join(p.split()) for p in parts if p.strip()]


def declared_name(declaration):
    """`uint32_t n`, `char text[8]`, `void (*visit)(void *user)` -> the name."""
    pointer = re.search(r"\(\*(\w+)\)", declaration)
    if pointer:
        return pointer.group(1)
    return re.findall(r"\w+", re.sub(r"\[.*", "", declaration))[-1]


class Problems(list):
    """What is wrong with the headers, as file:line: text."""

    def add(self, where, line, text):
        self.append(f"{where}:{line}: {text}")


class Prototype:
    def __init__(self, line, result, must_check, name, params):
        self.line = line
        self.result = result            # "int", "const char *"
        self.must_check = must_check
        self.name = name
        self.params = params            # declarations, without void

    def param_names(self):
        return [declared_name(p) for p in self.params]


class Struct:
    def __init__(self, line, name, text, fields, about):
        self.line = line
        self.name = name
        self.text = text                # as in the header
        self.fields = fields
        self.about = about              # of a struct without contract comment
        self.comment = None


class Constant:
    def __init__(self, name, value, text):
        self.name = name
        self.value = value
        self.text = text


class Contract:
    """One comment that begins with two asterisks."""

    def __init__(self, where, line, comment, problems):
        self.where = where
        self.line = line
        self.names = []
        self.purpose = ""
        self.params = {}                # name -> lines
        self.param_lines = {}           # name -> line in the file
        self.prose = []                 # lines; "" between paragraphs
        self.sections = {}              # word -> lines, the first without indent
        self.is_struct = False
        self._read(comment, problems)

    def text(self):
        """Everything but the title and the source, to look for names in."""
        lines = list(self.prose) + [self.purpose]
        for part in self.params.values():
            lines += part
        for word, part in self.sections.items():
            lines += part if word != "Source" else []
        return " ".join(lines)

    def _read(self, comment, problems):
        lines = strip_stars(comment)
        title = []
        into = title
        for number, line in list(enumerate(lines, self.line))[0 if lines[0] else 1:]:
            param = re.match(r"@(\w+):\s*(.*)", line)
            word = re.match(r"([A-Z][a-z]+):\s*(.*)", line)
            if param and not self.sections:
                name = param.group(1)
                if name in self.params:
                    problems.add(self.where, number, f"@{name} is described twice")
                into = self.params[name] = [param.group(2)]
                self.param_lines[name] = number
            elif word and word.group(1) in SECTIONS:
                into = self._section(word, number, problems)
            elif self.sections and line and not line.startswith(" "):
                problems.add(self.where, number, f"not one of {', '.join(SECTIONS)}: {line}")
            elif into is not self.prose and not self.sections and not line:
                into = self.prose
            else:
                into.append(line)
        while self.prose and not self.prose[-1]:
            self.prose.pop()
        self._title(" ".join(title), problems)

    def _section(self, word, number, problems):
        name = word.group(1)
        if name in self.sections:
            problems.add(self.where, number, f"{name}: a second time")
        order = list(SECTIONS)
        if self.sections and order.index(name) < max(order.index(s) for s in self.sections):
            problems.add(self.where, number, f"{name}: after {list(self.sections)[-1]}:")
        self.sections[name] = [word.group(2)]
        return self.sections[name]

    def _title(self, title, problems):
        match = re.match(r"(struct )?(\w+(?: / _?\w+)*) - (.+)", title)
        if not match:
            problems.add(self.where, self.line, "does not begin with `name - purpose`")
            return
        self.is_struct = bool(match.group(1))
        self.purpose = " ".join(match.group(3).split())
        names = match.group(2).split(" / ")
        stem = names[0].rpartition("_")[0]
        self.names = [stem + n if n.startswith("_") else n for n in names]


def strip_stars(comment):
    """Lines of a comment without the frame; indentation inside stays."""
    body = re.sub(r"^/\*\*?|\*/\Z", "", comment)
    lines = [re.sub(r"^\s*\*? ?", "", line, count=1) if number else line.strip()
             for number, line in enumerate(body.split("\n"))]
    lines = [line.rstrip() for line in lines]
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


class Header:
    """One header: about, contracts, prototypes, structs, constants."""

    def __init__(self, path, text, problems):
        self.path = path
        self.file = re.sub(r"\.in$", "", path.rpartition("/")[2])    # packet.h
        self.noun = self.file.rpartition(".")[0]                      # packet
        self.problems = problems
        self.title, self.about = self._about(text)
        self.prototypes = self._prototypes(text)
        self.structs = self._structs(text)
        self.contracts = self._contracts(text)
        self.groups = self._constants(text)
        self.errors = re.findall(r'X\((E\w+), (\d+), "([^"]*)"\)', text)

    def line_of(self, text, position):
        return text.count("\n", 0, position) + 1

    def _about(self, text):
        """The comment at the top: purpose, and the lines after it."""
        match = re.search(r"^/\*(?!\*)(?! SPDX).*?\*/", text, re.M | re.S)
        lines = strip_stars(match.group()) if match else []
        paragraphs = "\n".join(lines).strip("\n").split("\n\n")
        first = " ".join(paragraphs[0].split())
        purpose = re.match(r"[\w.]+ - (.+)", first)
        if not purpose:
            self.problems.add(self.path, 1, "no `file.h - purpose` at the top")
            return first, []
        return purpose.group(1), "\n\n".join(paragraphs[1:]).split("\n")

    def _prototypes(self, text):
        code = without_directives(without_comments(text))
        form = re.compile(r"\bDSI_API\b\s+(DSI_MUST_CHECK\b\s*)?([^;(]*?)\b(\w+)\s*"
                          r"\(([^;]*)\)\s*;")
        found = []
        for match in form.finditer(code):
            params = split_commas(match.group(4))
            found.append(Prototype(self.line_of(code, match.start()),
                                   " ".join(match.group(2).split()), bool(match.group(1)),
                                   match.group(3), [] if params == ["void"] else params))
        return found

    def _structs(self, text):
        code = without_directives(without_comments(text))
        found = []
        for match in re.finditer(r"^struct (\w+) \{(.*?)^\};", code, re.M | re.S):
            fields = [declared_name(f) for f in match.group(2).split(";") if f.strip()]
            before = re.search(r"^/\*(?!\*)(?:(?!\*/).)*\*/\n\Z", text[:match.start()], re.M | re.S)
            found.append(Struct(self.line_of(code, match.start()), match.group(1),
                                text[match.start():match.end()], fields,
                                plain(before.group()) if before else ""))
        return found

    def _contracts(self, text):
        found = []
        for match in TOKEN.finditer(text):
            if match.group().startswith("/**"):
                found.append(Contract(self.path, self.line_of(text, match.start()),
                                      match.group(), self.problems))
        return found

    def _constants(self, text):
        """[(introduction, [Constant])]: the lines of #define between blank
        lines are a group; what stands before the first introduces it."""
        form = re.compile(r"(?P<comment>/\*.*?\*/)|^#define (?P<name>DSI_\w+)"
                          r"[ \t\\\n]+(?P<value>\"[^\"\n]*\"|[^\s/]+)"
                          r"[ \t]*(?P<about>/\*.*?\*/)?", re.M | re.S)
        groups = []
        for chunk in re.split(r"\n[ \t]*\n", text):
            if not re.search(r"^#define DSI_\w+[ \t\\]", chunk, re.M) or "/**" in chunk:
                continue
            introduction, constants, before = "", [], ""
            for match in form.finditer(chunk):
                if match.group("comment"):
                    before = plain(match.group("comment"))
                    continue
                if not constants:
                    introduction, before = before, ""
                constants.append(Constant(match.group("name"), match.group("value"),
                                          plain(match.group("about") or "") or before))
                before = ""
            if len(constants) == 1 and not constants[0].text:
                constants[0].text, introduction = introduction, ""
            if constants:
                groups.append((introduction, constants))
        return groups


def plain(comment):
    return " ".join(" ".join(strip_stars(comment.strip())).split())


class Api:
    """All headers, each name with the comment that describes it."""

    def __init__(self, paths):
        self.problems = Problems()
        self.headers = []
        for path in paths:
            with open(path, encoding="utf-8") as file:
                self.headers.append(Header(path, file.read(), self.problems))
        self.prototypes = {p.name: p for h in self.headers for p in h.prototypes}
        self.structs = {s.name: s for h in self.headers for s in h.structs}
        self.errors = [e for h in self.headers for e in h.errors]
        self.constants = {c.name for h in self.headers for _, g in h.groups for c in g}
        self.constants |= {f"DSI_{name}" for name, _, _ in self.errors}
        for header in self.headers:
            self._check(header)

    def _check(self, header):
        described = set()
        for contract in header.contracts:
            if contract.is_struct:
                self._check_struct(header, contract)
            else:
                self._check_function(header, contract)
            described.update(contract.names)
            self._check_words(contract)
        for prototype in header.prototypes:
            if prototype.name not in described:
                self.problems.add(header.path, prototype.line,
                                  f"{prototype.name}: no contract comment")

    def _check_function(self, header, contract):
        def wrong(text, line=contract.line):
            self.problems.add(header.path, line, f"{', '.join(contract.names)}: {text}")

        here = {p.name: p for p in header.prototypes}
        found = [here[n] for n in contract.names if n in here]
        for name in contract.names:
            if name not in here:
                wrong(f"no prototype of {name} in this header")
        for prototype in found:
            names = prototype.param_names()
            for name in names:
                if name not in contract.params:
                    wrong(f"no line for @{name}")
            for name in contract.params:
                if name not in names:
                    wrong(f"@{name} is no parameter of {prototype.name}",
                          contract.param_lines[name])
            described = [n for n in contract.params if n in names]
            if described != [n for n in names if n in described]:
                wrong("@ lines in another order than the parameters")
        returns = any(p.result != "void" for p in found)
        for word, needed in SECTIONS.items():
            lines = contract.sections.get(word)
            if lines is None and needed and (word != "Return" or returns):
                wrong(f"no {word}:")
            if lines is not None and not "".join(lines).strip():
                wrong(f"{word}: is empty")
        if found and not returns and "Return" in contract.sections:
            wrong("Return: of a function without result")
        since = " ".join(contract.sections.get("Since", [])).strip()
        if since and not re.fullmatch(r"\d+\.\d+", since):
            wrong(f"Since: is not a version: {since}")

    def _check_struct(self, header, contract):
        here = {s.name: s for s in header.structs}
        for name in contract.names:
            if name not in here:
                self.problems.add(header.path, contract.line, f"no struct {name} in this header")
                continue
            struct = here[name]
            struct.comment = contract
            for param, line in contract.param_lines.items():
                if param not in struct.fields:
                    self.problems.add(header.path, line, f"@{param} is no field of struct {name}")
            for field in struct.fields:
                commented = re.search(rf"\b{field}\b[^\n]*;\s*/\*", struct.text)
                callback = contract.prose and not contract.params
                if field not in contract.params and not commented and not callback:
                    self.problems.add(header.path, contract.line,
                                      f"struct {name}: no line for @{field}")

    def _check_words(self, contract):
        """What a comment mentions exists."""
        text = contract.text()
        known = set(contract.params)
        for struct in self.structs.values():
            known.update(struct.fields)
            if struct.comment is contract:
                known.update(re.findall(r"\w+", struct.text))    # a callback's parameters

        def wrong(what):
            self.problems.add(contract.where, contract.line,
                              f"{', '.join(contract.names)}: mentions {what}, which does not exist")

        for name in sorted(set(re.findall(r"@(\w+)", text)) - known):
            wrong(f"@{name}")
        for name in sorted(set(re.findall(r"\b(dsi_\w+)\(\)", text)) - set(self.prototypes)):
            wrong(f"{name}()")
        for name, star in sorted(set(re.findall(r"\b(DSI_\w+)(\*?)", text))):
            prefix = star and any(c.startswith(name) for c in self.constants)
            if name not in self.constants and not prefix:
                wrong(f"{name}{star}")
