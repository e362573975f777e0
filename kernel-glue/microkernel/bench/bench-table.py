#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench-table.py [--json FILE] NAME=LOG... - the numbers of boots of the stream
benchmark as a table, beside that of the original DSI.

A boot is the kernel for one CPU (one), or that for several with both tasks on
one CPU (smp) or each on its own (apart); or the first with deadlines (deadline),
another way to wake (flagged, sync-thread) or to hand over packets (map, copy), or to
wait for one of many streams (select).
"""
import argparse
import json
import re
import sys

# Pentium III, 750 MHz; the original's own measurement: cycles from send to
# receive, plain, with mapping, with copying.
ORIGINAL = {4: (3189, 5712, 6857), 16: (3189, 6053, 15891), 64: (3189, 7697, 47954),
            128: (3195, 9542, 154166), 256: (3193, 13085, 1052313),
            1024: (3183, 35253, 5003953)}
NAMES = {"one": "1 CPU, kernel for one", "smp": "1 CPU, kernel for several",
         "apart": "2 CPUs",
         "deadline": "1 CPU, a deadline for each get",
         "flagged": "1 CPU, notify=flagged", "sync-thread": "1 CPU, notify=sync-thread",
         "map": "1 CPU, packets mapped while the consumer has them (DSI_STREAM_MAP)",
         "copy": "1 CPU, copies for the consumer (DSI_CONSUMER_COPY)"}


def read(path):
    """(ring, batch, KiB) -> instructions for one packet."""
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.findall(r"^bench ring(\d+)_by(\d+)_(\d+)k ([\d.]+)\r?$", file.read(), re.M)
    if not found:
        sys.exit(f"{path}: no numbers in it")
    return {tuple(map(int, case[:3])): float(case[3]) for case in found}


def read_select(path):
    """Streams -> instructions for one packet."""
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.findall(r"^bench select_of_(\d+) ([\d.]+)\r?$", file.read(), re.M)
    if not found:
        sys.exit(f"{path}: no numbers in it")
    return {int(n): float(v) for n, v in sorted(found, key=lambda case: int(case[0]))}


def print_select(cases):
    print("1 CPU, kernel for one: instructions for one packet, with a dsi_select() that sleeps")
    print(f"{'streams':36}" + "".join(f"{n:>10}" for n in cases))
    print(f"{'':36}" + "".join(f"{v:>10.1f}" for v in cases.values()) + "\n")


def shape_text(ring, batch):
    each = "one by one" if batch == 1 else f"up to {batch} in one call"
    return f"ring of {ring}, {each}"


def spread(row):
    return (max(row) - min(row)) / min(row) * 100


def print_boot(name, cases):
    sizes = sorted({kib for _, _, kib in cases})
    print(f"{NAMES.get(name, name)}: instructions for one packet")
    print(f"{'packet':36}" + "".join(f"{f'{kib} KiB':>10}" for kib in sizes) + f"{'spread':>9}")
    for ring, batch in dict.fromkeys((r, b) for r, b, _ in cases):
        row = [cases.get((ring, batch, kib)) for kib in sizes]
        print(f"{shape_text(ring, batch):36}"
              + "".join(f"{v:>10.1f}" if v else f"{'-':>10}" for v in row)
              + f"{spread([v for v in row if v]):>7.2f} %")
    print()


def print_original():
    print("The original DSI, for its shape: CYCLES of a Pentium III (750 MHz) from send to\n"
          "receive, by its own table.  Not the unit of the above: an instruction may take\n"
          "less than a cycle, or hundreds.")
    print(f"{'packet':36}" + "".join(f"{f'{kib} KiB':>10}" for kib in ORIGINAL))
    for i, what in enumerate(("plain", "with mapping", "with copying")):
        print(f"{what:36}" + "".join(f"{row[i]:>10}" for row in ORIGINAL.values()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("log", nargs="+", metavar="NAME=LOG")
    args = parser.parse_args()
    boots, select = {}, {}
    for word in args.log:
        name, path = word.split("=", 1)
        if name == "select":
            select = read_select(path)
            print_select(select)
            continue
        boots[name] = read(path)
        print_boot(name, boots[name])
    print("Counted: all instructions of all CPUs, user and kernel, producer and consumer,\n"
          "from packet 1025 to 5120 of each stream (copies: 129 to 640); the payload is not touched, packets are\n"
          "not stamped.  \"Up to N in one call\": dsi_packet_get_many(), _commit_many().\n")
    print_original()
    if args.json:
        out = {name: [{"ring": r, "batch": b, "kib": k, "instructions": v}
                      for (r, b, k), v in cases.items()] for name, cases in boots.items()}
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"instructions_per_packet": out,
                       "instructions_per_select": select}, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
