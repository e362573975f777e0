#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""simulate_hundred.py BIN-DIR - for 100 descriptions drawn with a fixed seed,
over all paces and both tie rules, `dsi simulate` uses exactly the slots that
`dsi size` calculates, and with one packet less it loses packets or blocks."""
import json
import random
import subprocess
import sys

DSI = sys.argv[1] + "/dsi"
PACES = ["grid", "batch", "frames", "drift", "anchored", "stall", "blocking",
         "response"]


def time(rng, most):
    """A time up to `most` us, in one of the units."""
    us = rng.randrange(most + 1)
    return rng.choice([f"{us}us", f"{us / 1000:.3f}ms", f"{us}/1000000s"])


def describe(rng, pace):
    period = rng.randrange(500, 40001)
    keys = [("ties", rng.choice(["strict", "closed"])),
            ("jitter", time(rng, 3 * period)),
            ("hold-in", rng.choice(["0us", "1T", time(rng, 2 * period)]))]
    if pace == "frames":
        keys += [("in", f"{rng.choice([48, 441, 480, 1024])}@48k"),
                 ("out", f"{rng.choice([64, 128, 480, 1000])}@48k")]
    else:
        keys.append(("period", f"{period}us"))
    if pace not in ("frames", "drift"):
        keys.append(("distance", time(rng, period)))
    if pace in ("grid", "batch", "frames", "drift", "anchored", "stall"):
        keys += [("jitter-out", time(rng, 2 * period)),
                 ("hold-out", rng.choice(["1T", time(rng, 2 * period)]))]
    if pace == "batch":
        keys += [("batch-in", rng.randrange(1, 9)),
                 ("batch-out", rng.randrange(1, 9))]
    if pace == "drift":
        keys += [("drift-in", f"{rng.randrange(200)}ppm"),
                 ("drift-out", f"{rng.randrange(200)}ppm"),
                 ("packets", rng.randrange(1000, 20000))]
    if pace in ("anchored", "stall", "blocking", "response"):
        keys.append(("consumer", pace))
    if pace in ("anchored", "stall", "blocking"):
        keys.append(("wake", time(rng, period)))
    if pace == "anchored" and rng.random() < 0.5:
        keys.append(("prefill", rng.randrange(1, 5)))
    if pace == "blocking":
        keys.append(("work", f"{rng.randrange(1, period + 1)}us"))
    if pace == "response":
        keys.append(("response", time(rng, 4 * period)))
    return [f"--{key}={value}" for key, value in keys]


def run(command, options):
    done = subprocess.run([DSI, command, "--json", *options], text=True,
                          capture_output=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"dsi {command} {' '.join(options)}: exit "
                 f"{done.returncode}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def check(options, slots):
    failures = []
    code, whole = run("simulate", options)
    reader = whole["readers"][0]
    if code != 0 or reader["occupied_max"] != slots:
        failures.append(f"exit {code}, {reader['occupied_max']} of {slots} "
                        "slots were used")
    code, less = run("simulate", options + [f"--slots={slots - 1}"])
    hurt = sum(s["lost"] + s["blocked"]
               for s in less["readers"][0]["schedules"])
    if code != 1 or hurt == 0:
        failures.append(f"with {slots - 1} slots: exit {code}, nothing was "
                        "lost or blocked")
    return failures


def main():
    rng = random.Random(1997)
    done = 0
    seen = set()
    while done < 100:
        pace = PACES[done % len(PACES)]
        options = describe(rng, pace)
        slots = run("size", options)[1]["result"]["slots"]
        if slots < 2:
            continue  # a ring cannot be smaller than one
        for failure in check(options, slots):
            sys.exit(f"{' '.join(options)}: {failure}")
        seen.add(slots)
        done += 1
    print(f"{done} descriptions, {len(seen)} different rings of "
          f"{min(seen)} to {max(seen)} slots: all reached")


if __name__ == "__main__":
    main()
