#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_calls.py - what the Linux port calls is in the table of faults, or cannot
fail for want of something: no new call is forgotten.

    check_calls.py NM TABLE OBJECT...
"""
import re
import subprocess
import sys

# Neither memory, nor descriptors, nor room; or its failure says nothing.
HARMLESS = re.compile(r"""^(
    dsi_\w+ | _GLOBAL_OFFSET_TABLE_ | __errno_location | __stack_chk_fail |
    __tls_get_addr | abort | stderr |
    mem\w+ | str\w+ | __memcpy_chk | __str\w+_chk |
    (__)?v?[sdf]n?printf(_chk)? | (__isoc99_)?sscanf |
    get(pid|euid|egid) | secure_getenv | sysconf | clock_gettime |
    dl(sym|error|addr1) | sigfillset | pthread_sigmask |
    pthread_(self|join|detach|setname_np|atfork|attr_destroy|attr_setdetachstate) |
    pthread_(mutex|cond)_(init|destroy|lock|unlock|wait|broadcast) |
    free | munmap | fclose | closedir | dirfd | timerfd_settime
    )$""", re.X)


def main():
    nm, table, *objects = sys.argv[1:]
    with open(table, encoding="utf-8") as file:
        known = set(re.findall(r"^(?:FAULT\([^,]*, |EXTRA\()(\w+)", file.read(), re.M))
    out = subprocess.run([nm, "-u", *objects], capture_output=True, text=True, check=True)
    called = set(re.findall(r"^ +U (\w+)", out.stdout, re.M))
    unknown = sorted(name for name in called if name not in known and not HARMLESS.match(name))
    for name in unknown:
        print(f"{name}() is called by the port, but fault_table.h does not have it fail")
    print(f"{len(called & known)} functions can fail, {len(unknown)} are forgotten")
    return 1 if unknown or not called & known else 0


if __name__ == "__main__":
    sys.exit(main())
