#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test-from-headers.py - tests of from-headers.py: it finds what is wrong in a
contract comment, with file and line, and its pages say what the header says."""
import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "from-headers.py")

HEADER = """\
/* SPDX-License-Identifier: MIT */
/*
 * thing.h - a thing: made, used.
 *
 * The table:
 *          [1] [2]   X = no
 * [1] get   X   -
 */
#ifndef DSI_THING_H
#define DSI_THING_H

/* Kinds of things. */
#define DSI_THING_BIG 0x0001u /* a big one */
#define DSI_THING_RED \\
	0x0002u /* a red one,
		 * really */
/* Not for
 * beginners. */
#define DSI_THING_ODD 0x0004u

#define DSI_ERRNO_MAP(X)     \\
	X(EAGAIN, 11, "later") \\
	X(EINVAL, 22, "bad argument")

struct dsi_thing;

/**
 * struct dsi_thing_options - how it is.
 * @size: sizeof(struct dsi_thing_options)
 * @made: called when it is there
 */
struct dsi_thing_options {
	uint32_t size;
	uint32_t reserved; /* must be 0 */
	int (*made)(void *user, uint32_t kind);
};

/**
 * dsi_thing_get - get a thing.
 * @kind:      DSI_THING_*
 * @visit:     called for each
 * @out_thing: set on 0,
 *             see *@out_thing
 *
 * Looks at @kind.  Then `waits'.
 *
 * Return: 0, or
 *   -DSI_EAGAIN  none, e.g. not
 *                yet
 *   -DSI_EINVAL  @kind is wrong
 *   and as dsi_thing_kind().
 * Context: any thread; RT-safe.
 * Lifetime: until dsi_thing_free().
 * Source:  old_thing_get(); a paper
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_thing_get(uint32_t kind,
					 void (*visit)(void *user, int n),
					 struct dsi_thing **out_thing);

/**
 * dsi_thing_kind / _size - what it is.
 * @thing: thing
 *
 * Return: 1, -DSI_EAGAIN,
 *         -DSI_EINVAL for NULL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API int dsi_thing_kind(const struct dsi_thing *thing);
DSI_API int dsi_thing_size(const struct dsi_thing *thing);

/**
 * dsi_thing_free - end it, see dsi(7).
 * @thing: thing or NULL
 *
 * Context: any thread.
 * Since:   0.2
 */
DSI_API void dsi_thing_free(struct dsi_thing *thing);

#endif
"""


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.header = os.path.join(self.folder, "thing.h")
        self.pages = os.path.join(self.folder, "man")

    def run_with(self, text, *arguments):
        with open(self.header, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run([sys.executable, SCRIPT, *arguments, self.header],
                              capture_output=True, text=True, check=False)

    def page(self, name="dsi_thing.3"):
        with open(os.path.join(self.pages, name), encoding="utf-8") as file:
            return file.read()


class Check(Case):
    def wrong(self, old, new, line, words):
        """With `old` replaced by `new` there is exactly this problem.  The
        line is that of the text `line` after the change."""
        self.assertEqual(HEADER.count(old), 1, old)
        text = HEADER.replace(old, new)
        number = text[:text.index(line)].count("\n") + 1
        result = self.run_with(text, "check")
        self.assertEqual(result.returncode, 1)
        problems = result.stdout.splitlines()[:-1]
        self.assertEqual(problems, [f"{self.header}:{number}: {words}"])

    def test_clean(self):
        result = self.run_with(HEADER, "check")
        self.assertEqual((result.returncode, result.stdout),
                         (0, "contracts of 4 functions: ok\n"))

    def contract_of(self, name):
        return f"/**\n * {name} - "

    def test_parts_are_needed(self):
        kind = self.contract_of("dsi_thing_kind / _size")
        who = "dsi_thing_kind, dsi_thing_size"
        self.wrong(" * Return: 1, -DSI_EAGAIN,\n *         -DSI_EINVAL for NULL.\n", "",
                   kind, f"{who}: no Return:")
        get = self.contract_of("dsi_thing_get")
        self.wrong(" * Context: any thread; RT-safe.\n", "", get, "dsi_thing_get: no Context:")
        free = self.contract_of("dsi_thing_free")
        self.wrong(" * Since:   0.2\n", "", free, "dsi_thing_free: no Since:")
        self.wrong("Since:   0.2", "Since:   soon", free,
                   "dsi_thing_free: Since: is not a version: soon")
        self.wrong("Since:   0.2", "Since:", free, "dsi_thing_free: Since: is empty")

    def test_no_comment(self):
        start = HEADER.index(self.contract_of("dsi_thing_free"))
        end = HEADER.index("DSI_API void")
        self.wrong(HEADER[start:end], "", "DSI_API void", "dsi_thing_free: no contract comment")

    def test_void_returns_nothing(self):
        self.wrong(" * @thing: thing or NULL\n *\n",
                   " * @thing: thing or NULL\n *\n * Return: 0.\n",
                   self.contract_of("dsi_thing_free"),
                   "dsi_thing_free: Return: of a function without result")

    def test_parameters(self):
        get = self.contract_of("dsi_thing_get")
        self.wrong(" * @visit:     called for each\n", "", get,
                   "dsi_thing_get: no line for @visit")
        self.wrong(" * @thing: thing or NULL\n", " * @thing: thing or NULL\n * @more: none\n",
                   " * @more", "dsi_thing_free: @more is no parameter of dsi_thing_free")
        self.wrong(" * @thing: thing or NULL\n", " * @thing: thing or\n * @thing: NULL\n",
                   " * @thing: NULL", "@thing is described twice")
        self.wrong(" * @kind:      DSI_THING_*\n * @visit:     called for each\n",
                   " * @visit:     called for each\n * @kind:      DSI_THING_*\n", get,
                   "dsi_thing_get: @ lines in another order than the parameters")

    def test_each_of_several_prototypes(self):
        self.wrong("dsi_thing_size(const struct dsi_thing *thing)",
                   "dsi_thing_size(const struct dsi_thing *thing, int n)",
                   self.contract_of("dsi_thing_kind / _size"),
                   "dsi_thing_kind, dsi_thing_size: no line for @n")

    def test_title(self):
        text = "does not begin with `name - purpose`"
        result = self.run_with(HEADER.replace("dsi_thing_free - end", "dsi_thing_free: end"),
                               "check")
        self.assertIn(text, result.stdout)
        self.wrong("/**\n * dsi_thing_get -", "/**\n * dsi_thing_got / dsi_thing_get -",
                   "/**\n * dsi_thing_got", "dsi_thing_got, dsi_thing_get: "
                   "no prototype of dsi_thing_got in this header")

    def test_sections(self):
        self.wrong(" * Lifetime: until", " * Livetime: until", " * Livetime",
                   "not one of Return, Context, Locks, Lifetime, Order, Source, Since: "
                   "Livetime: until dsi_thing_free().")
        self.wrong(" * Lifetime: until dsi_thing_free().\n * Source:  old_thing_get(); a paper\n",
                   " * Source:  old_thing_get(); a paper\n * Lifetime: until dsi_thing_free().\n",
                   " * Lifetime", "Lifetime: after Source:")
        self.wrong(" * Since:   0.2\n", " * Since:   0.2\n * Since:   0.2\n",
                   " * Since:   0.2\n */", "Since: a second time")

    def test_structs(self):
        self.wrong(" * @made: called when it is there\n", "", self.contract_of(
            "struct dsi_thing_options"), "struct dsi_thing_options: no line for @made")
        self.wrong(" * @made: called when it is there\n",
                   " * @made: called when it is there\n * @gone: not\n", " * @gone",
                   "@gone is no field of struct dsi_thing_options")

    def test_mentions(self):
        free = self.contract_of("dsi_thing_free")
        for what in ("@things", "dsi_thing_end()", "DSI_THING_BLUE", "DSI_THONG_*"):
            self.wrong("thing or NULL", f"thing or {what}", free,
                       f"dsi_thing_free: mentions {what}, which does not exist")


class Pages(Case):
    def setUp(self):
        super().setUp()
        os.mkdir(self.pages)
        with open(os.path.join(self.pages, "dsi_old.3"), "w", encoding="utf-8"):
            pass
        result = self.run_with(HEADER, "pages", self.pages, "May 1, 2026")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def holds(self, *lines):
        self.assertIn("\n".join(lines) + "\n", self.page())

    def test_files(self):
        self.assertEqual(sorted(os.listdir(self.pages)), [
            "dsi_thing.3", "dsi_thing_free.3", "dsi_thing_get.3", "dsi_thing_kind.3",
            "dsi_thing_size.3"])
        self.assertEqual(self.page("dsi_thing_get.3"), ".so man3/dsi_thing.3\n")

    def test_head(self):
        self.holds(".Dd May 1, 2026", ".Dt DSI_THING 3")
        self.holds(".Sh NAME", ".Nm dsi_thing_get ,", ".Nm dsi_thing_kind ,",
                   ".Nm dsi_thing_size ,", ".Nm dsi_thing_free", ".Nd a thing: made, used")

    def test_synopsis(self):
        self.holds(".In dsi/thing.h", ".Ft int", ".Fo dsi_thing_get", '.Fa "uint32_t kind"',
                   '.Fa "void (*visit)(void *user, int n)"',
                   '.Fa "struct dsi_thing **out_thing"', ".Fc")

    def test_description(self):
        self.holds("The table:", ".Bd -literal", "         [1] [2]   X = no", "[1] get   X   -",
                   ".Ed")
        self.holds(".Ss dsi_thing_get", "Get a thing.", ".Pp",
                   ".Bl -tag -width xxxxxxxxx -compact", ".It Fa kind", ".Dv DSI_THING_*")
        self.holds(".It Fa out_thing", "set on 0, see", ".No * Ns Fa out_thing", ".El", ".Pp",
                   "Looks at", ".Fa kind .", "Then \\(gawaits'.")
        self.holds("End it, see", ".Xr dsi 7 .")

    def test_constants(self):
        self.holds("Kinds of things.", ".Bl -tag -width Ds -compact",
                   ".It Dv DSI_THING_BIG Pq 0x0001", "a big one",
                   ".It Dv DSI_THING_RED Pq 0x0002", "a red one, really",
                   ".It Dv DSI_THING_ODD Pq 0x0004", "Not for beginners.", ".El")

    def test_structures(self):
        self.holds("        uint32_t reserved; /* must be 0 */")
        self.holds(".It Fa size", '.No sizeof( Ns Vt "struct dsi_thing_options" )')

    def test_results(self):
        self.holds(".It Fn dsi_thing_get", "0, or", ".Bl -tag -width xxxxxxxxxxx -compact",
                   ".It Er \\-DSI_EAGAIN", "none, e.g. not yet", ".It Er \\-DSI_EINVAL",
                   ".Fa kind", "is wrong", ".El", "and as", ".Fn dsi_thing_kind .")
        # Not a list: the codes are in a sentence.
        self.holds(".It Fn dsi_thing_kind , Fn dsi_thing_size", "1,", ".Er \\-DSI_EAGAIN ,",
                   ".Er \\-DSI_EINVAL", "for NULL.")
        self.holds(".It Er \\-DSI_EAGAIN Pq \\-11", "later")

    def test_contexts(self):
        self.holds(".It Fn dsi_thing_kind , Fn dsi_thing_size , Fn dsi_thing_free",
                   "any thread.")
        self.holds(".Sh LIFETIME", ".Bl -tag -width Ds", ".It Fn dsi_thing_get", "until",
                   ".Fn dsi_thing_free .", ".El")

    def test_history(self):
        self.holds("Since version 0.2:", ".Fn dsi_thing_free .")
        self.holds(".Fn dsi_thing_get :", ".Fn old_thing_get ;", "a paper")


class Usage(Case):
    def test_usage(self):
        result = self.run_with(HEADER, "make")
        self.assertEqual(result.returncode, 2)
        self.assertIn("usage:", result.stderr)


if __name__ == "__main__":
    unittest.main()
