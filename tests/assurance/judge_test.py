#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""judge_test.py - what run-assurance makes of results: what failed, did not run or
counted nothing never looks like evidence."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def load():
    loader = importlib.machinery.SourceFileLoader(
        "run_assurance", os.path.join(ROOT, "run-assurance"))
    spec = importlib.util.spec_from_loader("run_assurance", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


TOOL = load()
JUNIT = """<testsuite>
<testcase name="good" status="run" time="1"><system-out>x
3 cases, 0 not
4 cases, 0 not
fails a
fails b
</system-out></testcase>
<testcase name="bad" status="fail" time="1"><system-out>5 cases, 1 not
</system-out></testcase>
<testcase name="skipped" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
</testcase>
<testcase name="lacking" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>skipped: no compiler
</system-out></testcase>
<testcase name="unbuilt" status="notrun">
<skipped message="Unable to find executable"/></testcase>
<testcase name="off" status="disabled"/>
<testcase name="silent" status="run" time="0"/>
</testsuite>"""


class Judge(unittest.TestCase):
    def row(self, tests, lacks=(), **item):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as handle:
            handle.write(JUNIT)
            handle.flush()
            results = TOOL.read_junit(handle.name)
        return TOOL.judge({"what": "it", **item}, tests, results, lacks)

    def test_counts_what_was_printed(self):
        row = self.row(["good"], count=r"^(\d+) cases,",
                       mutants="lines:^fails ")
        self.assertEqual((row["result"], row["executions"], row["mutants"]),
                         ("holds", 7, 2))

    def test_a_failed_test_fails_the_row_and_counts_nothing(self):
        row = self.row(["good", "bad"], count=r"^(\d+) cases,")
        self.assertEqual((row["result"], row["failed"], row["executions"]),
                         ("FAILED", ["bad"], 7))

    def test_what_did_not_run_is_said(self):
        for tests in (["skipped"], ["good", "skipped"], []):
            self.assertEqual(self.row(tests)["result"], "not run")

    def test_what_was_not_built_or_begun_failed(self):
        for name in ("unbuilt", "off", "unknown"):
            row = self.row(["good", name, "skipped"])
            self.assertEqual((row["result"], row["failed"]), (
                "FAILED", [f"{name}: was not built, or not begun"]))

    def test_what_this_build_lacks_is_said(self):
        row = self.row(["good"], lacks=["proof.*"])
        self.assertEqual((row["result"], row["skipped"]), (
            "not run", ["this build has no test proof.*"]))
        known = {"good": (1, [])}
        item = {"tests": ["go*", "proof.*"], "long": ["hours.*"]}
        self.assertEqual(TOOL.lacking(item, known, False), ["proof.*"])
        self.assertEqual(TOOL.lacking(item, known, True),
                         ["proof.*", "hours.*"])

    def test_why_it_did_not_run_is_said(self):
        self.assertEqual(self.row(["good", "lacking"])["skipped"],
                         ["no compiler"])
        self.assertEqual(self.row(["skipped"])["skipped"],
                         ["skipped gives no reason"])

    def test_who_says_nothing_has_shown_nothing(self):
        row = self.row(["silent"], count=r"^(\d+) cases,")
        self.assertEqual(row["result"], "FAILED")
        self.assertEqual(self.row(["silent"])["result"], "holds")

    def test_others_do_not_speak_for_who_says_nothing(self):
        row = self.row(["good", "silent"], count=r"^(\d+) cases,")
        self.assertEqual((row["result"], row["failed"]), (
            "FAILED", ["silent: nothing was counted"]))
        row = self.row(["good"], count=r"^(\d+) cases,",
                       mutants="lines:^refuted ")
        self.assertEqual(row["result"], "FAILED")

    def test_a_record_is_no_run(self):
        row = self.row([], record={"executions": 9, "date": "2026-11-21",
                                   "command": "x"})
        self.assertEqual((row["result"], row["executions"]), ("recorded", 9))

    def test_long_ones_run_if_they_are_named_or_asked_for(self):
        known = {"a.b": (1, []), "a.c": (2, ["long"]), "d": (3, ["long"])}
        item = {"tests": ["a.*", "d"]}
        self.assertEqual(TOOL.wanted(item, known, False), ["a.b", "d"])
        self.assertEqual(TOOL.wanted(item, known, True), ["a.b", "a.c", "d"])

    def test_a_claim_needs_a_row_that_holds(self):
        for results, said, code in (
                ([], "only --long shows it", 3),
                (["recorded"], "only --long shows it", 3),
                (["not run", "recorded"], "nothing ran", 3),
                (["holds", "recorded"], "holds", 0),
                (["holds", "not run"], "holds, but not all ran", 3),
                (["holds", "not run", "FAILED"], "FAILED", 1)):
            rows = [{"result": result} for result in results]
            self.assertEqual((TOOL.verdict(rows), TOOL.exit_code(rows, False)),
                             (said, code))
            self.assertEqual(TOOL.exit_code(rows, True), 1 if code else 0)

    def test_each_step_is_a_message_not_a_trace(self):
        for arguments, words in (
                (["--build", "/nonexistent"], "no tests in /nonexistent"),
                (["--build", ROOT], "is it a build folder"),
                (["--jobs", "none"], "not a number of tests: none"),
                (["--jobs", "0"], "not a number of tests: 0"),
                (["--build", "/nonexistent", "no-such"], "no such claim"),
                (["--no-such"], "--no-such")):
            done = subprocess.run(
                [sys.executable, "-B", os.path.join(ROOT, "run-assurance"),
                 *arguments], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)
            self.assertNotIn("Traceback", done.stderr)
        with self.assertRaises(SystemExit), \
                contextlib.redirect_stderr(io.StringIO()) as said:
            TOOL.read_junit(__file__)
        self.assertIn("is no JUnit file", said.getvalue())

    def test_the_table_is_checked(self):
        claims = [{"name": "nowhere", "says": "x", "evidence": [
            {"what": "it", "tests": ["no.such.test"]}]}]
        problems = TOOL.check(claims, {"good": (1, [])}, False)
        self.assertTrue(any("no test no.such.test" in p for p in problems))
        self.assertTrue(any("nowhere: has no section" in p for p in problems))

    def test_mutants_of_a_test_count_once(self):
        rows = [{"tests": ["a"], "mutants": 3}, {"tests": ["a"], "mutants": 3},
                {"tests": ["b"], "mutants": 2}]
        self.assertEqual(TOOL.total(rows), 5)


if __name__ == "__main__":
    unittest.main()
