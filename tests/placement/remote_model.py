#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""remote_model.py - the table of docs/design/96-placement-model.md.

Computes what a reader of a packet pays for local and for remote memory, from
the published inputs below.  With a file: is its table this one?

usage: remote_model.py [--check FILE]
"""
import sys

LINE_BYTES = 64
PACKETS = (4096, 65536, 1048576)

# name: idle latency in ns, read bandwidth in MB/s; local, remote.  Row 0 of the
# matrices of Intel's Memory Latency Checker; sources in the document.
MACHINES = {
    "Cascade Lake": ((80.8, 140.4), (113073.7, 34305.5)),
    "Ice Lake": ((89.2, 142.7), (175690.9, 55676.8)),
}


def chased_us(packet_bytes, latency_ns):
    """One miss after the other."""
    return -(-packet_bytes // LINE_BYTES) * latency_ns / 1000


def streamed_us(packet_bytes, mb_per_s):
    """As fast as all CPUs of a node together get it; 1 MB/s = 1 byte/us."""
    return packet_bytes / mb_per_s


def rows():
    yield "| machine | packet | bound | local, us | remote, us | ratio | saved, us |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, (latency, bandwidth) in MACHINES.items():
        for size in PACKETS:
            for bound, cost, inputs in (("one by one", chased_us, latency),
                                        ("bandwidth", streamed_us, bandwidth)):
                local, remote = (cost(size, value) for value in inputs)
                yield (f"| {name} | {size // 1024} KiB | {bound} | {local:.2f} | "
                       f"{remote:.2f} | {remote / local:.2f} | {remote - local:.2f} |")


def main():
    wanted = list(rows())
    if len(sys.argv) == 1:
        print("\n".join(wanted))
        return 0
    if len(sys.argv) != 3 or sys.argv[1] != "--check":
        print(__doc__)
        return 2
    with open(sys.argv[2], encoding="utf-8") as f:
        found = [line.rstrip("\n") for line in f]
    start = found.index(wanted[0]) if wanted[0] in found else len(found)
    table = []
    for line in found[start:]:
        if not line.startswith("|"):
            break
        table.append(line)
    if table == wanted:
        print(f"{len(wanted) - 2} rows: ok")
        return 0
    print(f"{sys.argv[2]} has another table; this one is right:")
    print("\n".join(wanted))
    return 1


if __name__ == "__main__":
    sys.exit(main())
