#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""from-headers.py - the manual pages of section 3, made from the headers.

The contract comments in include/dsi/ are the only description of a function.
A header is about one noun and becomes one page, packet.h dsi_packet.3; each
function gets a page that sends there.  contracts.py says what a comment looks
like.

usage: from-headers.py check HEADER...
       from-headers.py pages FOLDER DATE HEADER...

check  prints what is missing in the comments, as file:line: text, and exits
       with 1 if there is anything.
pages  writes the pages into FOLDER and removes pages there that no header
       asks for.  DATE is that of the pages: text, or a page to take it from.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
import contracts

SECTION_NAMES = {"Context": "THREADS AND REAL TIME", "Lifetime": "LIFETIME"}
RT_SAFE = ("An RT-safe function does not allocate, lock or log, and enters the kernel only "
           "to sleep and to wake a sleeper.")
OPENING, CLOSING = "([", ".,:;)]?!"
ABBREVIATIONS = ("e.g.", "i.e.", "etc.", "...", "1..", "0..")

MARK = re.compile(r"@(?P<Fa>\w+(?:->\w+)*)|(?P<Er>-DSI_E[A-Z]+\b)|(?P<Vt>struct dsi_\w+)"
                  r"|(?P<Dv>\bDSI_\w+\*?)|(?P<Fn>\b[a-z_][a-z0-9_]*(?=\(\)))\(\)"
                  r"|(?P<Xr>\b[a-z][\w-]*\(\d\))|`(?P<Va>[^`]+)`")
WORD = re.compile(r"\S*\bstruct dsi_\S+|\S+")


# ---- mdoc -------------------------------------------------------------------

def escape(text):
    """Text as roff shows it unchanged."""
    text = text.replace("\\", "\\e").replace("^", "\\(ha").replace("~", "\\(ti")
    text = text.replace("`", "\\(ga")
    return re.sub(r"(^|\W)-(?=[\dD])", r"\1\\-", text)


def argument(text):
    """One argument of a macro."""
    text = escape(text).replace('"', "\\(dq")
    if re.fullmatch(r"[A-Z%][A-Za-z0-9]{1,2}", text) or text in OPENING + CLOSING:
        text = "\\&" + text
    return f'"{text}"' if " " in text or not text else text


class Page:
    """Lines of mdoc.  `own` are the functions that this page describes, `all`
    those that have a page at all."""

    def __init__(self, own=(), everywhere=()):
        self.lines = []
        self.own = set(own)
        self.everywhere = set(everywhere)

    def macro(self, *parts):
        self.lines.append("." + " ".join(parts))

    def mark(self, word):
        """A word with marks in it as the arguments of a macro line, or None."""
        pieces, end = [], 0
        for match in MARK.finditer(word):
            pieces += [(None, word[end:match.start()]), (match.lastgroup, match)]
            end = match.end()
        if not pieces:
            return None
        first, last = pieces[0][1], word[end:]
        opening = re.match(rf"[{re.escape(OPENING)}]*", first).group()
        closing = re.search(rf"[{re.escape(CLOSING)}]*$", last).group()
        pieces[0] = (None, first[len(opening):])
        pieces.append((None, last[:len(last) - len(closing)]))
        parts = [" ".join(self.call(kind, what)) for kind, what in pieces if kind or what]
        return " ".join([*opening, " Ns ".join(parts), *closing])

    def call(self, kind, what):
        """One mark as a macro and its arguments."""
        if kind is None:
            return "No", argument(what)
        text = what.group(kind)
        if kind == "Fn" and text in self.everywhere - self.own:
            return "Xr", text, "3"
        if kind == "Xr":
            return ("Xr", *re.match(r"(.*)\((\d)\)", text).groups())
        return kind, argument(text)

    def text(self, text):
        """Prose: one line for each sentence and each mark."""
        words = WORD.findall(text)
        line = []

        def flush():
            if line:
                joined = " ".join(line)
                self.lines.append(("\\&" if joined[0] in ".'" else "") + joined)
                line.clear()

        for position, word in enumerate(words):
            marked = self.mark(word)
            if marked:
                flush()
                if marked[0] in OPENING:  # a line must begin with a macro
                    marked = f"No \\&{marked[0]} Ns {marked[2:]}"
                self.lines.append(f".{marked}")
                continue
            line.append("\\(->" if word == "->" else escape(word))
            following = words[position + 1] if position + 1 < len(words) else ""
            ends = re.search(r"[.?!][)\"]*$", word) and not word.endswith(ABBREVIATIONS)
            if (ends and not following[:1].islower()) or len(" ".join(line)) > 70:
                flush()
        flush()

    def literal(self, lines):
        self.macro("Bd", "-literal")
        for line in lines:
            line = line.replace("\\", "\\e")
            self.lines.append("\\&" + line if line[:1] in (".", "'") else line)
        self.macro("Ed")

    def prose(self, lines, first=False):
        """Paragraphs; what is laid out in columns or set in is kept so."""
        for paragraph in "\n".join(lines).strip("\n").split("\n\n"):
            lines = paragraph.split("\n")
            table = next((n for n, line in enumerate(lines)
                          if re.search(r"^ {2}|[^\s.:?!] {2,}\S|\S {3,}\S", line)), len(lines))
            if not paragraph:
                continue
            if not first and table:  # Bd begins a paragraph itself
                self.macro("Pp")
            first = False
            self.text(" ".join(lines[:table]))
            if table < len(lines):
                self.literal([line[1:] if all(li[:1] in (" ", "") for li in lines[table:])
                              else line for line in lines[table:]])

    def sentence(self, text):
        """A purpose as a sentence."""
        plain_word = re.match(r"[a-z]+\b(?!\()", text)
        self.text(text[:1].upper() + text[1:] if plain_word else text)

    def result(self, lines):
        """Return:, with the errors as a list where the comment has one: lines
        `-DSI_CODE text` after one that ends with `or`."""
        item = re.compile(r"(\s+)(-DSI_\w+(?:, -DSI_\w+)*) +([^\s(].*)")
        is_list = re.search(r"\bor$", lines[0])
        starts = [item.match(line) if is_list else None for line in lines]
        indent = next((len(m.group(1)) for m in starts if m), None)
        before, items, after = [], [], []
        for line, start in zip(lines, starts):
            if start and not after:
                items.append((start.group(2), [start.group(3)]))
            elif not items:
                before.append(line.strip())
            elif not after and len(line) - len(line.lstrip()) > indent:
                items[-1][1].append(line.strip())
            else:
                after.append(line.strip())
        self.text(" ".join(before))
        if items:
            self.macro("Bl", "-tag", "-width", width(c for c, _ in items), "-compact")
            for codes, text in items:
                marks = [f"Er \\{code}" for code in codes.split(", ")]
                self.macro("It", " , ".join(marks))
                self.text(" ".join(text))
            self.macro("El")
        self.text(" ".join(after))

    def fields(self, entries):
        """Parameters or fields: name -> lines."""
        if entries:
            self.macro("Pp")
            self.macro("Bl", "-tag", "-width", width(entries), "-compact")
            for name, lines in entries.items():
                self.macro("It", "Fa", argument(name))
                self.text(" ".join(lines))
            self.macro("El")


def width(names):
    """For a list with names as its tags."""
    return "x" * min(max(len(n) for n in names), 16)


# ---- a page -----------------------------------------------------------------

def functions(names):
    """Arguments of a line that names functions."""
    return " , ".join(f"Fn {name}" for name in names)


def name_and_synopsis(page, header, date):
    names = [p.name for p in header.prototypes]
    page.lines.append('.\\" SPDX-License-Identifier: MIT')
    page.lines.append(f'.\\" Made from include/dsi/{header.file} by from-headers.py: edit that.')
    page.macro("Dd", date)
    page.macro("Dt", f"DSI_{header.noun.upper()}", "3")
    page.macro("Os")
    page.macro("Sh", "NAME")
    for name in names[:-1]:
        page.macro("Nm", name, ",")
    page.macro("Nm", names[-1])
    page.macro("Nd", escape(header.title.rstrip(".")))
    page.macro("Sh", "LIBRARY")
    page.lines.append("streams between address spaces (libdsi, \\-ldsi)")
    page.macro("Sh", "SYNOPSIS")
    page.macro("In", f"dsi/{header.file}")
    for prototype in header.prototypes:
        page.macro("Ft", argument(prototype.result))
        page.macro("Fo", prototype.name)
        for param in prototype.params or ["void"]:
            page.macro("Fa", argument(param))
        page.macro("Fc")


def description(page, header):
    page.macro("Sh", "DESCRIPTION")
    page.prose(header.about, first=True)
    for contract in of_functions(header):
        page.macro("Ss", " , ".join(contract.names))
        page.sentence(contract.purpose)
        page.fields(contract.params)
        page.prose(contract.prose)


def structures(page, header):
    if header.structs:
        page.macro("Sh", "STRUCTURES")
    for struct in header.structs:
        page.macro("Ss", "struct", struct.name)
        page.sentence(struct.comment.purpose if struct.comment else struct.about)
        page.literal(line.expandtabs(8) for line in struct.text.split("\n"))
        if struct.comment:
            page.fields(struct.comment.params)
            page.prose(struct.comment.prose)


def constants(page, header):
    if header.groups:
        page.macro("Sh", "CONSTANTS")
    for number, (introduction, group) in enumerate(header.groups):
        if number:
            page.macro("Pp")
        page.text(introduction)
        page.macro("Bl", "-tag", "-width", "Ds", "-compact")
        for constant in group:
            value = re.sub(r"(?<=[\da-f])u$", "", constant.value)
            page.macro("It", "Dv", constant.name, "Pq", argument(value))
            page.text(constant.text)
        page.macro("El")


def sections(page, header, word):
    """Context and the like: functions with the same words stand together."""
    groups = {}
    for contract in of_functions(header):
        text = " ".join(" ".join(contract.sections.get(word, [])).split())
        if text:
            groups.setdefault(text, []).extend(contract.names)
    if not groups:
        return
    page.macro("Sh", SECTION_NAMES[word])
    if any("RT-safe" in text for text in groups):
        page.text(RT_SAFE)
    page.macro("Bl", "-tag", "-width", "Ds")
    for text, names in groups.items():
        page.macro("It", functions(names))
        page.text(text)
    page.macro("El")


def results(page, header, errors):
    page.macro("Sh", "RETURN VALUES")
    page.macro("Bl", "-tag", "-width", "Ds")
    for contract in of_functions(header):
        if "Return" in contract.sections:
            page.macro("It", functions(contract.names))
            page.result(contract.sections["Return"])
    page.macro("El")
    checked = [p.name for p in header.prototypes if p.must_check]
    if checked:
        page.macro("Pp")
        page.lines.append("The compiler warns where the result of one of these is not used:")
        for name in checked:
            page.macro("Fn", name, "." if name == checked[-1] else ",")

    mentioned = set(re.findall(r"-DSI_(E[A-Z]+)", " ".join(
        line for c in of_functions(header) for line in c.sections.get("Return", []))))
    if header.errors:
        mentioned = {name for name, _, _ in header.errors}
    if mentioned:
        page.macro("Sh", "ERRORS")
        page.lines.append("What the codes stand for in general, with their numbers:")
        page.macro("Bl", "-tag", "-width", "Ds", "-compact")
        for name, number, text in errors:
            if name in mentioned:
                page.macro("It", "Er", f"\\-DSI_{name}", "Pq", f"\\-{number}")
                page.text(text)
        page.macro("El")


def see_also_and_history(page, header, nouns):
    page.macro("Sh", "SEE ALSO")
    for noun in sorted(n for n in nouns if n != header.noun):
        page.macro("Xr", f"dsi_{noun}", "3", ",")
    page.macro("Xr", "dsi", "7")
    page.macro("Sh", "HISTORY")
    since = {}
    for contract in of_functions(header):
        version = " ".join(contract.sections.get("Since", [])).strip()
        since.setdefault(version, []).extend(contract.names)
    for version, names in sorted(since.items()):
        if len(since) == 1:
            page.text(f"What is on this page is there since version {version}.")
        else:
            page.text(f"Since version {version}:")
            for name in names:
                page.macro("Fn", name, "." if name == names[-1] else ",")
    for contract in of_functions(header):
        if "Source" in contract.sections:
            page.macro("Pp")
            page.macro(functions(contract.names) + " :")
            # Names of other systems' functions are no pages of ours.
            foreign = Page()
            foreign.text(" ".join(" ".join(contract.sections["Source"]).split()))
            page.lines += foreign.lines


def of_functions(header):
    return [c for c in header.contracts if not c.is_struct]


def make_page(api, header, nouns, date):
    page = Page({p.name for p in header.prototypes}, api.prototypes)
    name_and_synopsis(page, header, date)
    description(page, header)
    structures(page, header)
    constants(page, header)
    sections(page, header, "Context")
    sections(page, header, "Lifetime")
    results(page, header, api.errors)
    see_also_and_history(page, header, nouns)
    return "\n".join(page.lines) + "\n"


# ---- all pages --------------------------------------------------------------

def make_pages(api, date):
    """File name -> text, of all pages and of those that send to them."""
    with_page = [h for h in api.headers if h.prototypes]
    nouns = [h.noun for h in with_page]
    pages = {}
    for header in with_page:
        for prototype in header.prototypes:
            pages[f"{prototype.name}.3"] = f".so man3/dsi_{header.noun}.3\n"
    for header in with_page:
        pages[f"dsi_{header.noun}.3"] = make_page(api, header, nouns, date)
    return pages


def write_pages(folder, pages):
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        if name.endswith(".3") and name not in pages:
            os.remove(os.path.join(folder, name))
    for name, text in pages.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def date_of(text):
    """The date itself, or that of a page."""
    if os.path.exists(text):
        with open(text, encoding="utf-8") as file:
            return re.search(r"^\.Dd (.*)", file.read(), re.M).group(1)
    return text


def main(arguments):
    if len(arguments) >= 2 and arguments[0] == "check":
        api = contracts.Api(arguments[1:])
        for problem in api.problems:
            print(problem)
        print(f"contracts of {len(api.prototypes)} functions: "
              + (f"{len(api.problems)} problem(s)" if api.problems else "ok"))
        return 1 if api.problems else 0
    if len(arguments) >= 4 and arguments[0] == "pages":
        api = contracts.Api(arguments[3:])
        write_pages(arguments[1], make_pages(api, date_of(arguments[2])))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
