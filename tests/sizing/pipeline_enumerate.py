#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pipeline_enumerate.py - `dsi pipeline` against all runs of small chains.

A source, up to two stages and a sink, all times a few ticks.  What counts for
the future is when the last packet was sent and when each stage was done with
it; all such states are followed, packet by packet, over every jitter and every
response, until nothing new appears.  The slot of a ring is taken when its
writer begins with a packet and given back when its reader is done; it is
needed again N packets later.

A stage has a response time best..worst and keeps the order, or a processor of
its own and works on one packet after the other.

usage: pipeline_enumerate.py DSI [CHAINS [SEED]]
"""
import json
import random
import subprocess
import sys
import tempfile

LONGEST = 60
NONE = -10**6  # long ago


class Chain:
    def __init__(self, rng, name):
        self.name = name
        self.T = rng.randint(1, 6)
        self.tau = rng.randint(0, 2)
        self.D = rng.choice([0, rng.randint(0, self.T), self.T])
        self.hold = rng.randint(0, 3)
        self.stages = []
        for _ in range(rng.randint(1, 3)):
            best = rng.randint(0, 3)
            worst = best + rng.randint(0, 2)
            own = rng.randint(0, 2) == 0 and 0 < worst <= self.T
            self.stages.append((own, best, worst))

    def text(self):
        return (f"T={self.T} tau={self.tau} D={self.D} hold={self.hold} "
                f"stages (own processor, best, worst) {self.stages}")

    def node(self, i):
        return f"{self.name}s{i}" if i else f"{self.name}"

    def config(self):
        """Source, stages, sink in the format of dsi-pipeline(1)."""
        source = (f'{{ name = "{self.name}"; period = "{self.T}ns"; '
                  f'jitter = "{self.tau}ns"; distance = "{self.D}ns"; '
                  f'hold = "{self.hold}ns"; }}')
        readers = []
        for i, (own, best, worst) in enumerate(self.stages):
            keys = ("best-execution", "execution") if own else \
                ("best", "worst")
            readers.append(f'{{ name = "{self.node(i + 1)}"; input = '
                           f'"{self.node(i)}"; {keys[0]} = "{best}ns"; '
                           f'{keys[1]} = "{worst}ns"; }}')
        return source, readers[:-1], readers[-1]

    # A state: jitter, then begin and end of each stage, all after i T.
    def next(self, state):
        for jitter in range(self.tau + 1):
            if state and self.T + jitter - state[0] < self.D:
                continue
            yield from self.through((jitter,), state, jitter, 0)

    def through(self, done, state, arrival, i):
        if i == len(self.stages):
            yield done
            return
        own, best, worst = self.stages[i]
        before = state[2 + 2 * i] - self.T if state else NONE
        begin = max(arrival, before) if own else arrival
        for time in range(best, worst + 1):
            end = begin + time
            if end >= before:
                yield from self.through(done + (begin, end), state, end,
                                        i + 1)

    def explore(self):
        self.after = {}
        todo = list(self.next(None))
        while todo:
            state = todo.pop()
            if state in self.after:
                continue
            self.after[state] = set(self.next(state))
            todo += self.after[state]

    def slots(self, ring, closed):
        """Ring 0 is the source's; its reader is stage ring + 1."""
        take = {s: s[0] - self.hold if ring == 0 else s[2 * ring - 1]
                for s in self.after}
        for n in range(1, LONGEST):
            take = {s: self.T + min(take[t] for t in self.after[s])
                    for s in self.after}
            late = max(s[2 + 2 * ring] - take[s] for s in self.after)
            if late < 0 or (closed and late == 0):
                return n
        return None

    def span(self, place):
        times = [s[place] for s in self.after]
        return min(times), max(times)

    def latency(self):
        times = [s[-1] - s[0] for s in self.after]
        return min(times), max(times)

    def distance(self, place):
        return min(self.T + t[place] - s[place]
                   for s in self.after for t in self.after[s])


def ask(dsi, chains, ties):
    parts = [chain.config() for chain in chains]
    stages = [stage for part in parts for stage in part[1]]
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(f'name = "chains"; ties = "{ties}";\n'
                   f'sources = (\n{", ".join(p[0] for p in parts)});\n'
                   f'stages = (\n{", ".join(stages)});\n'
                   f'sinks = (\n{", ".join(p[2] for p in parts)});\n')
        file.flush()
        done = subprocess.run([dsi, "pipeline", "--json", file.name],
                              capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"FAIL {done.stderr}")
    return json.loads(done.stdout)["result"]


class Judge:
    def __init__(self):
        self.compared = self.least = self.wrong = 0

    def check(self, chain, ties, what, answer, least, exact):
        """Never less than what can happen; the same if it is exact."""
        self.compared += 1
        self.least += exact
        if answer == least or (answer > least and not exact):
            return
        self.wrong += 1
        if self.wrong <= 10:
            print(f"FAIL {ties} {chain.text()}\n     {what}: answer "
                  f"{answer}, least {least}, exact {exact}")


def judge_chain(judge, chain, ties, hops, end):
    for i in range(len(chain.stages)):
        hop = hops[chain.node(i), chain.node(i + 1)]
        exact = hop["exact"]
        judge.check(chain, ties, f"slots of ring {i}", hop["slots"],
                    chain.slots(i, ties == "closed"), exact)
        place = 2 * i
        low, high = chain.span(place)
        judge.check(chain, ties, f"jitter into stage {i + 1}",
                    hop["in"][0]["jitter_ns"], high - low,
                    hop["jitter_exact"])
        judge.check(chain, ties, f"distance into stage {i + 1}",
                    -hop["in"][0]["distance_ns"], -chain.distance(place),
                    False)
    best, worst = chain.latency()
    judge.check(chain, ties, "worst latency", end["latency_worst_ns"], worst,
                end["exact"])
    judge.check(chain, ties, "best latency", -end["latency_best_ns"], -best,
                False)


def main():
    dsi = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    chains = [Chain(rng, f"c{i}") for i in range(count)]
    judge = Judge()
    for chain in chains:
        chain.explore()
    for ties in ("strict", "closed"):
        result = ask(dsi, chains, ties)
        hops = {(h["from"], h["to"]): h for h in result["hops"]}
        ends = {e["source"]: e for e in result["ends"]}
        for chain in chains:
            judge_chain(judge, chain, ties, hops, ends[chain.name])
    print(f"{count} chains, {judge.compared} compared, {judge.least} said to "
          f"be the least, {judge.wrong} wrong")
    return 1 if judge.wrong or not judge.compared else 0


if __name__ == "__main__":
    sys.exit(main())
