#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""judge_test.py - what run-assurance makes of results: what failed, did not run or
counted nothing never looks like evidence."""
import importlib.machinery
import importlib.util
import os
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
<testcase name="skipped" status="notrun"/>
<testcase name="lacking" status="notrun"><system-out>skipped: no compiler
</system-out></testcase>
<testcase name="silent" status="run" time="0"/>
</testsuite>"""


class Judge(unittest.TestCase):
    def row(self, tests, **item):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as handle:
            handle.write(JUNIT)
            handle.flush()
            results = TOOL.read_junit(handle.name)
        return TOOL.judge({"what": "it", **item}, tests, results)

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
        for tests in (["skipped"], ["good", "skipped"], [], ["unknown"]):
            self.assertEqual(self.row(tests)["result"], "not run")

    def test_why_it_did_not_run_is_said(self):
        self.assertEqual(self.row(["good", "lacking"])["skipped"],
                         ["no compiler"])

    def test_who_says_nothing_has_shown_nothing(self):
        row = self.row(["silent"], count=r"^(\d+) cases,")
        self.assertEqual(row["result"], "FAILED")
        self.assertEqual(self.row(["silent"])["result"], "holds")

    def test_a_record_is_no_run(self):
        row = self.row([], record={"executions": 9, "date": "2026-11-21",
                                   "command": "x"})
        self.assertEqual((row["result"], row["executions"]), ("recorded", 9))

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
