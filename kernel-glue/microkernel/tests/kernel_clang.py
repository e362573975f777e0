#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kernel_clang.py - the kernel built by another compiler, and booted.

usage: kernel_clang.py --cc CLANG, and the options of kernel_mutants.py
"""
import shutil
import sys

import kernel_mutants

# program, where: these groups are quick and go nearly everywhere.
GROUPS = [("ipc", kernel_mutants.APART), ("cap", kernel_mutants.ONE),
          ("attack", kernel_mutants.TWO), ("fault", kernel_mutants.TWO)]


def main():
    parser = kernel_mutants.options()
    parser.add_argument("--cc", required=True)
    o = parser.parse_args()
    for tool in ("qemu-system-x86_64", o.cc):
        if not shutil.which(tool):
            print(f"skipped: no {tool}")
            return 77
    builder = kernel_mutants.Builder(o, o.cc)
    wrong = 0
    for program, where in GROUPS:
        bad, seconds = builder.boot(builder.base, program, where, [], 100)
        print(f"{'ok' if not bad else 'FAIL':5} {program}, {seconds:.1f} s"
              f"{': ' + bad if bad else ''}")
        wrong += bool(bad)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
