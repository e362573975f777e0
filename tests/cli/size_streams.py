# SPDX-License-Identifier: MIT
"""size_streams.py - descriptions for the tests of `dsi size`, drawn at random
but the same every time.  As a program: the first N of them, a line each."""
import json
import random
import sys


def ms(text):
    return int(text[:-2]) * 1000000


def draw(number):
    """A description; every fact about it is in its members."""
    r = random.Random(number)
    pace = ["grid", "anchored", "stall", "blocking", "response"][number % 5]
    period = r.randrange(1, 12)
    q = {"id": number, "consumer": pace, "period": f"{period}ms",
         "jitter": f"{r.randrange(30)}ms", "hold-in": f"{r.randrange(15)}ms",
         "distance": f"{r.randrange(period + 1)}ms",
         "ties": r.choice(["strict", "closed"])}
    if pace in ("grid", "anchored", "stall"):
        q["jitter-out"] = f"{r.randrange(10)}ms"
        q["hold-out"] = f"{r.randrange(20)}ms"
    if pace in ("anchored", "stall", "blocking"):
        q["wake"] = f"{r.randrange(10)}ms"
    if pace == "blocking":
        q["work"] = f"{r.randrange(1, period + 1)}ms"
    if pace == "response":
        q["response"] = f"{r.randrange(50)}ms"
    if r.randrange(3) == 0:
        q["packets"] = r.randrange(6, 40)
    elif pace == "blocking" and r.randrange(2):
        q["coalesce"] = r.randrange(1, 5)
    if pace == "grid" and r.randrange(3) == 0:
        q["batch-in"], q["batch-out"] = r.randrange(1, 5), r.randrange(1, 5)
    elif pace == "anchored" and r.randrange(3) == 0:
        q["prefill"] = r.randrange(1, 6)
    return q


if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        print(json.dumps(draw(number)))
