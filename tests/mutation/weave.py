# SPDX-License-Identifier: MIT
"""weave.py - all mutants of a file in one text, to be compiled once.

A function that has mutants is there once as it was, and once for each of them; the
one with its name asks which is wanted, a number in DSI_MUTANT of the environment.
That function is no part of what an instrumented program does: the explorer does not
see it.
"""
import re

HEAD = """\
/* Which mutant is wanted; and, if all functions that are called are: those. */
extern int dsi_mutant;
void dsi_mutant_met(int function);
#ifndef DSI_MUTANT_ASKS
#define DSI_MUTANT_ASKS __attribute__((no_sanitize("thread"), unused))
#endif
"""
# What the functions above need, once in each program.
CHOICE = """\
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

int dsi_mutant;
void dsi_mutant_met(int function);

void dsi_mutant_met(int function)
{
	static char met[1 << 16];
	char text[16];
	int fd;

	if (met[function])
		return;
	met[function] = 1;
	fd = open(getenv("DSI_MUTANT_MET"), O_WRONLY | O_APPEND | O_CREAT, 0600);
	(void)!write(fd, text, (size_t)snprintf(text, 16, "%d\\n", function));
	close(fd);
}

__attribute__((constructor)) static void choose(void)
{
	const char *wanted = getenv("DSI_MUTANT");

	if (wanted)
		dsi_mutant = atoi(wanted);
}
"""


def names_of(head):
    """The names of the parameters of a function's head."""
    inside = head[head.index("(") + 1:head.rindex(")")]
    if inside.strip() == "void":
        return []
    inside = re.sub(r"\(\s*\*\s*(\w+)\s*\)\s*\([^()]*\)", r"\1", inside)
    return [re.search(r"(\w+)\s*$", part)[1] for part in inside.split(",")]


def one(text, function, mutants, number_of_it):
    """The text of a function with these mutants, a list of (number, mutant)."""
    start, at, body, end = function.start, function.at, function.body, function.end
    specifiers = re.compile(r"\b(DSI_USUAL|DSI_RARE|static|inline)\b\s*")
    shared = "static" not in text[start:at] and "DSI_USUAL" not in text[start:at]
    before = specifiers.sub("", text[start:at])
    rest = text[at + len(function.name):body]
    arguments = ", ".join(names_of(rest))
    answers = before.strip() != "void"
    lines = []

    def copy(name, code):
        lines.append(f"static __attribute__((unused)) {before}{name}{rest}{code}\n")

    copy(f"{function.name}__m0", text[body:end])
    for number, mutant in mutants:
        code = text[body:mutant.start] + mutant.new + text[mutant.end:end]
        lines.append(f"/* MUTANT {number} */ ")
        copy(f"{function.name}__m{number}", code)
        lines.append("/* MUTANT 0 */ ")
    answer = "return " if answers else ""
    lines.append(f"DSI_MUTANT_ASKS {'' if shared else 'static '}{before}"
                 f"{function.name}{rest}{{\n"
                 f"\tif (dsi_mutant < 0) dsi_mutant_met({number_of_it});\n"
                 "\tswitch (dsi_mutant) {\n")
    for number, _ in mutants:
        lines.append(f"\tcase {number}: {answer}{function.name}__m{number}"
                     f"({arguments}); {'' if answers else 'return;'}\n")
    lines.append(f"\tdefault: {answer}{function.name}__m0({arguments});\n\t}}\n}}")
    return "".join(lines)


def weave(text, functions, mutants, numbers):
    """The text with all mutants, a list of (number, mutant); @numbers are those of
    the functions."""
    parts, done = [], 0
    for function in sorted(functions.values(), key=lambda f: f.start):
        its = [(n, m) for n, m in mutants if m.function == function.name]
        if not its:
            continue
        parts += [text[done:function.start], one(text, function, its,
                                               numbers[function.name])]
        done = function.end
    whole = "".join([*parts, text[done:]])
    # Behind the comments and the guard, before the first #include.
    at = whole.index("#include")
    return whole[:at] + HEAD + whole[at:]


def number_at(woven, line):
    """Of which mutant is this line?  0: of none."""
    found = 0
    for text in woven.split("\n")[:line]:
        for match in re.finditer(r"/\* MUTANT (\d+) \*/", text):
            found = int(match[1])
    return found
