#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""property_check.py - the calculator with numbers that no enumeration reaches.

The formulas of docs/design/80-sizing.md once more, in fractions without a
limit, against the program for random times up to 2^50 ticks (and up to 2^62,
where -EOVERFLOW is allowed, but never a wrong number).  Then what must hold
whatever the formula: more jitter never needs fewer slots, all times scaled
need as many, strict ties need at most one more on two grids.

usage: property_check.py ASK_SIZING [SEED]
"""
import math
import random
import subprocess
import sys
from fractions import Fraction as F

GRID, ANCHORED, STALL, SERVICE, RESPONSE = range(5)
STRICT, CLOSED = 0, 1
EOVERFLOW = -75
FIELDS = ["ties", "T", "tau", "D", "rho", "Hp", "n", "kp", "a",
          "pace", "given", "tc", "Hc", "W", "C", "R", "O", "k", "kc", "b",
          "rhoc"]
MOST = 1 << 64
LONGEST = 1 << 62  # a time


def question(**values):
    q = dict.fromkeys(FIELDS, 0)
    q.update(values)
    return q


# ---- the formulas -----------------------------------------------------------

def reach(q):
    """The longest times there may be, and somewhat more."""
    return 2 * (q["tau"] + q["tc"] + q["Hp"] + q["Hc"] + q["O"]) + \
        2 * q["n"] * q["T"] * (q["rho"] + q["rhoc"]) // 10**9


def ceil_or_next(x, closed):
    return math.ceil(x) if closed else math.floor(x) + 1


def span(q, n):
    return max((n - 1) * q["D"], (n - 1) * q["T"] - q["tau"], 0)


def eta(q, w, closed):
    """Most packets in a half-open window (closed ties) or a closed one."""
    if closed:
        if w <= 0:
            return 1
        most = -(-(w + q["tau"]) // q["T"])
        return min(most, -(-w // q["D"])) if q["D"] else most
    most = (w + q["tau"]) // q["T"] + 1
    return min(most, w // q["D"] + 1) if q["D"] else most


def least(n, q):
    n = max(1, n)
    return min(n, q["n"]) if q["n"] else n


def grid(q, closed):
    T, rho, rhoc = q["T"], F(q["rho"], 10**9), F(q["rhoc"], 10**9)
    last = max(q["n"] - 1, 0)
    drift = last * T * (rho + rhoc)
    start = F(q["O"]) if q["given"] else q["tau"] + drift
    x = start + q["tc"] + q["Hp"] + q["Hc"] + drift
    return start, least(ceil_or_next(x / (T * (1 + rhoc)), closed), q)


def units(q, closed):
    a, b, u = q["a"], q["b"], q["T"] // q["a"]
    g = math.gcd(a, b)
    start = q["O"] if q["given"] else q["tau"] + u * (b - g)
    x = start + q["tc"] + q["Hp"] + q["Hc"]
    return start, max(ceil_or_next(F(x + u * (a - g), u * a), closed),
                      -(-(a + b - g) // a))


def batches(q, closed):
    kp, kc, T = q["kp"], q["kc"], q["T"]
    g = math.gcd(kp, kc)
    start = q["O"] if q["given"] else q["tau"] + T * (kp + kc - 1 - g)
    y = F(start + q["tc"] + q["Hp"] + q["Hc"], T)
    n = (y + kp + kc - 1) / g
    n = g * (math.ceil(n) - 1 if closed else math.floor(n))
    return start, max(n, kp, kc, kp + kc - g)


def anchored(q, closed):
    T, k = q["T"], q["k"]
    start = q["O"] if q["given"] else max(0, q["tau"] - (k - 1) * T)
    pi = q["tau"] if q["D"] < T else 0
    if q["n"]:
        pi = min(pi, max(q["n"] - k, 0) * (T - q["D"]))
    x = (k - 1) * T + start + q["W"] + q["tc"] + q["Hp"] + q["Hc"] + pi
    return start, least(max(k, ceil_or_next(F(x, T), closed)), q)


def stall(q, closed):
    start = q["O"] if q["given"] else 0
    hold = q["Hc"] + q["Hp"]
    return start, least(max(
        ceil_or_next(F(start + q["tc"] + hold, q["T"]), closed),
        eta(q, q["W"] + hold, closed)), q)


def service(q, closed):
    """Slots of an endless stream: gets less releases at each arrival that
    can be the worst."""
    T, tau, D, C, W = q["T"], q["tau"], q["D"], q["C"], q["W"]
    points = {0, max(0, eta(q, q["Hp"] + W + C, closed) - 1)}
    if D < T:
        points |= {tau // (T - D), -(-tau // (T - D))}
    most = 1
    for m in points:
        left = span(q, m + 1) - q["Hp"] - W
        done = left // C if closed else -(-left // C) - 1
        most = max(most, m + 1 - min(m, max(0, done)))
    return F(0), most


def response(q, closed):
    return F(0), least(eta(q, q["R"] + q["Hp"], closed), q)


# ---- random questions -------------------------------------------------------

def time(rng, bits):
    return rng.randrange(1 << rng.randrange(1, bits))


def common(rng, bits, pace):
    T = 1 + time(rng, bits)
    tau = rng.choice([0, rng.randrange(T), time(rng, bits)])
    D = rng.choice([0, rng.randrange(T + 1), T])
    return question(ties=rng.randrange(2), T=T, tau=tau, D=D,
                    Hp=rng.choice([0, T, time(rng, bits)]), pace=pace,
                    tc=rng.choice([0, time(rng, bits)]),
                    Hc=rng.choice([0, T, time(rng, bits)]),
                    W=rng.choice([0, time(rng, bits)]))


def maybe_start(rng, q, bits):
    if rng.randrange(3) == 0:
        q["given"] = 1
        q["O"] = time(rng, bits)


def draw(rng, bits, kind):
    pace = {anchored: ANCHORED, stall: STALL, service: SERVICE,
            response: RESPONSE}.get(kind, GRID)
    q = common(rng, bits, pace)
    if kind in (grid, anchored, stall, response) and rng.randrange(2):
        q["n"] = 1 + rng.randrange(1 << rng.randrange(1, 32))
    if kind in (grid, units, batches, stall, anchored):
        maybe_start(rng, q, bits)
    if kind is grid and rng.randrange(2):
        q["n"] = 1 + rng.randrange(1 << rng.randrange(1, 32))
        q["rho"], q["rhoc"] = rng.randrange(200000), rng.randrange(200000)
    if kind is units:
        q["a"], q["b"] = 1 + rng.randrange(4096), 1 + rng.randrange(4096)
        q["T"] = q["a"] * (1 + q["T"] // q["a"])
    if kind is batches:
        q["kp"], q["kc"] = 1 + rng.randrange(999), 1 + rng.randrange(999)
    if kind is anchored:
        q["k"] = 1 + rng.randrange(1000)
        if q["n"]:
            q["n"] += q["k"]
    if kind is service:
        q["C"] = 1 + rng.randrange(q["T"])
        q["tc"] = q["Hc"] = 0
    if kind is response:
        q["R"] = time(rng, bits)
        q["tc"] = q["Hc"] = 0
        q["D"] = max(q["D"], 1)
    return q


# ---- asking -----------------------------------------------------------------

class Answer:
    def __init__(self, line):
        words = line.split()
        self.err, self.slots, self.closed, self.units = map(int, words[:4])
        self.times = []
        for word in words[4:8]:
            num, den = map(int, word.split("/"))
            self.times.append(F(num, den) if den else None)
        self.start, _, _, self.release = self.times
        self.backlog = int(words[8])


def ask(program, questions):
    lines = "".join(" ".join(str(q[f]) for f in FIELDS) + "\n"
                    for q in questions)
    out = subprocess.run([program], input=lines, text=True, check=True,
                         capture_output=True).stdout.splitlines()
    assert len(out) == len(questions), "not every question was answered"
    return [Answer(line) for line in out]


problems = []


def problem(q, text):
    problems.append(text)
    if len(problems) <= 10:
        print(f"FAIL {text}\n  {({k: v for k, v in q.items() if v})}")


def check_formulas(program, rng, kind, bits, count):
    questions = [draw(rng, bits, kind) for _ in range(count)]
    answers = ask(program, questions)
    over = 0
    for q, answer in zip(questions, answers):
        start, slots = kind(q, q["ties"] == CLOSED)
        _, closed = kind(q, True)
        if answer.err == EOVERFLOW and \
                (bits > 50 or slots >= MOST or reach(q) >= LONGEST):
            over += 1
        elif answer.err:
            problem(q, f"{kind.__name__}: error {answer.err}")
        elif (answer.slots, answer.closed) != (slots, closed):
            problem(q, f"{kind.__name__}: slots {answer.slots}, closed "
                       f"{answer.closed}, expected {slots}, {closed}")
        elif kind in (grid, units, batches, anchored) and \
                answer.start != start:
            problem(q, f"{kind.__name__}: start {answer.start}, expected "
                       f"{start}")
    print(f"{kind.__name__:10} 2^{bits}: {count} compared, {over} out of "
          "range")


def check_monotone(program, rng, kind, count):
    """N grows with every time, and with n; it falls with D."""
    base = [draw(rng, 40, kind) for _ in range(count)]
    more = []
    for q in base:
        field = rng.choice(["tau", "Hp", "tc", "Hc", "W", "R", "rho", "D"])
        if field == "rho" and not q["rho"] or \
                field in ("tc", "Hc") and q["pace"] in (SERVICE, RESPONSE):
            field = "Hp"
        q2 = dict(q)
        if field == "D":
            q2["D"] = max(1 if kind is response else 0, q["D"] // 2)
        else:
            q2[field] += 1 + time(rng, 16)
        more.append(q2)
    for q, q2, a, a2 in zip(base, more, ask(program, base),
                            ask(program, more)):
        if not a.err and not a2.err and a2.slots < a.slots:
            problem(q, f"{kind.__name__}: {a.slots} slots, and only "
                       f"{a2.slots} for {q2}")
    print(f"{kind.__name__:10} monotone: {count}")


def check_scaled(program, rng, kind, count):
    base = [draw(rng, 30, kind) for _ in range(count)]
    factor = [rng.randrange(1, 1 << 20) for _ in base]
    scaled = []
    for q, f in zip(base, factor):
        q2 = dict(q)
        for field in ("T", "tau", "D", "Hp", "tc", "Hc", "W", "C", "R", "O"):
            q2[field] *= f
        scaled.append(q2)
    for q, f, a, a2 in zip(base, factor, ask(program, base),
                           ask(program, scaled)):
        if a2.err == EOVERFLOW and reach(q) * f >= LONGEST:
            continue
        if (a.slots, a.backlog, a.start * f, a.release * f) != \
                (a2.slots, a2.backlog, a2.start, a2.release):
            problem(q, f"{kind.__name__}: not the same for {f} times as long")
        if kind is grid and not q["rho"] + q["rhoc"] and \
                not 0 <= a.slots - a.closed <= 1:
            problem(q, "two grids: strict ties need more than one more")
        if kind is service and a.release < q["W"] + q["C"]:
            problem(q, "service: faster than one packet alone")
    print(f"{kind.__name__:10} scaled: {count}")


def main():
    program = sys.argv[1]
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for kind in (grid, units, batches, anchored, stall, service, response):
        check_formulas(program, rng, kind, 50, 4000)
        check_formulas(program, rng, kind, 62, 2000)
        check_monotone(program, rng, kind, 2000)
        check_scaled(program, rng, kind, 2000)
    print(f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
