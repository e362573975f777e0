#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gst_bench.py BUILD_FOLDER [--runs N] [--frames N] [--minutes M] [--json FILE]
[--only TABLE] [--without ROW]... - dsisink and dsisrc beside the stock elements:
CPU per frame, latency, what happens when an end stops.

All kinds of a table take turns, so that what else the machine does meets all of
them; what is shown are medians.  1080p I420, 3.1 MB a frame, sync=false.  CPU is
user and system time of all processes of a run, start and end included.  After M
minutes no further turn begins; a turn in which shmsink hangs takes long.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 15
CAPS = "video/x-raw,format=I420,width=1920,height=1080,framerate={}/1"


# Of the time: until when each table may begin another turn.
SHARES = {"cpu": 0.5, "latency": 0.85, "ends": 1.0}


class Bench:
    def __init__(self, build, minutes):
        self.run = os.path.join(build, "tests/bin/gst_run")
        self.wake = os.path.join(build, "tests/bin/gst_wake")
        self.begin, self.seconds = time.monotonic(), minutes * 60
        self.folder = tempfile.mkdtemp(prefix="dsi-gst-bench-")
        self.env = dict(
            os.environ, DSI_RUNTIME_DIR=self.folder,
            GST_PLUGIN_PATH=os.path.join(build, "lib/gstreamer-1.0"),
            GST_REGISTRY=os.path.join(self.folder, "registry"))

    def start(self, text, *more):
        out = tempfile.TemporaryFile("w+", dir=self.folder)
        return subprocess.Popen([self.run, text, *more], env=self.env,
                                stdout=out, stderr=subprocess.DEVNULL), out

    def turns(self, table, n):
        """0, 1, .. n - 1, or fewer if the time is up; at least one."""
        for i in range(n):
            if i and time.monotonic() > (self.begin +
                                         self.seconds * SHARES[table]):
                print(f"  (the time is up after {i} of {n} turns)")
                return
            yield i

    def socket(self):
        """A new name for each run: shmsink may leave the old one behind."""
        self.number = getattr(self, "number", 0) + 1
        return os.path.join(self.folder, f"shm{self.number}")


def until(true, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.002)
    return True


def end_of(processes):
    """CPU seconds of all of them together; None if one hung."""
    cpu, left = 0.0, {p.pid: p for p in processes}
    end = time.monotonic() + PATIENCE_S
    hung = False
    while left:
        for pid, process in list(left.items()):
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done:
                process.returncode = os.waitstatus_to_exitcode(status)
                cpu += usage.ru_utime + usage.ru_stime
                del left[pid]
        if left and time.monotonic() > end:
            hung = True
            for process in left.values():
                os.kill(process.pid, signal.SIGKILL)
            end += PATIENCE_S
        time.sleep(0.005)
    return None if hung else cpu


def source(frames, rate=30, live=""):
    return (f"videotestsrc num-buffers={frames} pattern=black {live} ! "
            + CAPS.format(rate))


def shm_reader(socket, rate=30):
    return (f"shmsrc socket-path={socket} ! {CAPS.format(rate)} ! "
            "fakesink name=f sync=false enable-last-sample=false")


def run_nothing(bench, frames, _):
    return [bench.start(f"fakesrc num-buffers={frames} filltype=nothing "
                        "sizetype=fixed sizemax=3110400 ! fakesink sync=false")]


def run_queue(bench, frames, _):
    return [bench.start(f"{source(frames)} ! queue ! fakesink sync=false")]


def run_shm(bench, frames, readers):
    socket = bench.socket()
    started = [bench.start(
        f"{source(frames)} ! shmsink socket-path={socket} sync=false "
        "async=false wait-for-connection=true shm-size=67108864")]
    until(lambda: os.path.exists(socket))
    return started + [bench.start(shm_reader(socket)) for _ in range(readers)]


def run_dsi(bench, frames, readers, slots=8, live=""):
    started = [bench.start(
        "dsisrc stream=b consumer-policy=block ! fakesink sync=false")
        for _ in range(readers)]
    # All are there from the first frame on.
    time.sleep(0.3)
    return started + [bench.start(
        f"{source(frames, live=live)} ! dsisink name=s stream=b slots={slots} "
        "wait-for-consumer=true", "s.zero-copied", "s.copied")]


def run_start(bench, _, readers):
    """For a second, so that all come before the end."""
    return run_dsi(bench, 30, readers, live="is-live=true")


KINDS = {
    "in-process queue": (run_queue, 0),
    "shmsink, 1 reader": (run_shm, 1),
    "dsisink, 1 reader": (run_dsi, 1),
    "dsisink, 3 readers": (run_dsi, 3),
    "dsisink, 3 slots": (lambda b, n, r: run_dsi(b, n, r, 3), 1),
    "fakesrc ! fakesink": (run_nothing, 0),
    "start, 1 reader": (run_start, 1),
    "start, 3 readers": (run_start, 3),
}


class Cost:
    """Of one kind of run."""
    def __init__(self):
        self.turns, self.hung, self.failed, self.sent = [], 0, 0, []

    @property
    def us(self):
        return [us for us in self.turns if us is not None]

    def median(self):
        return statistics.median(self.us) if self.us else None

    def add(self, started, frames):
        cpu = end_of([p for p, _ in started])
        self.failed += any(p.returncode for p, _ in started)
        self.hung += cpu is None
        self.turns.append(None if cpu is None else cpu / frames * 1e6)
        for _, out in started:
            out.seek(0)
            for line in out:
                if line.startswith("s.zero-copied="):
                    self.sent.append(int(line.split("=")[1]))
            out.close()

    def show(self, name):
        if self.us:
            figures = (f"{self.median():8.1f} {min(self.us):8.1f} "
                       f"{max(self.us):8.1f}")
        else:
            figures = f"{'-':>8} {'-':>8} {'-':>8}"
        status = f"{self.failed} not 0" if self.failed else "0"
        print(f"  {name:20} {figures} {self.hung:5} {status:>8}")


def cpu_table(bench, runs, frames, without):
    costs = {name: Cost() for name in KINDS}
    print(f"CPU per frame, microseconds, {runs} turns of {frames} frames each")
    for _ in bench.turns("cpu", runs):
        for name, (run, readers) in KINDS.items():
            if name not in without:
                costs[name].add(run(bench, frames, readers), frames)
    print(f"  {'':20} {'median':>8} {'least':>8} {'most':>8}  hung   status")
    for name, cost in costs.items():
        if name not in without:
            cost.show(name)
    print("  (start: the same with 30 frames, as parts of all of them)")
    return costs


def stamps(out, name):
    out.seek(0)
    found = [int(line.split()[1]) for line in out
             if line.startswith(f"@{name} ")]
    out.close()
    return found


def way_shm(bench, frames):
    socket = bench.socket()
    w = bench.start(
        f"{source(frames, 60, 'is-live=true')} ! shmsink name=s "
        f"socket-path={socket} sync=false async=false wait-for-connection=true "
        "shm-size=67108864", "@s")
    until(lambda: os.path.exists(socket))
    return w, bench.start(shm_reader(socket, 60), "@f")


def way_dsi(bench, frames, more=""):
    r = bench.start(f"dsisrc stream=b consumer-policy=block {more} ! fakesink "
                    "name=f sync=false", "@f")
    return bench.start(
        f"{source(frames, 60, 'is-live=true')} ! dsisink name=s stream=b "
        "wait-for-consumer=true", "@s"), r


WAYS = {
    "shmsink": way_shm,
    "dsisink": way_dsi,
    "dsisink, spin=0": lambda b, n: way_dsi(b, n, "spin=0"),
}
# Nothing but the wake-up, as the one and the other do it.
FLOORS = {"a bare futex": "futex", "a bare socket": "socket"}


def one_way(bench, way, frames):
    """Nanoseconds of each frame, and CPU of the reader for one; [] if it hung."""
    w, r = way(bench, frames)
    cpu = end_of([r[0]])
    if end_of([w[0]]) is None or cpu is None:
        return [], 0.0
    # The first ones wait for the connection.
    return [b - a for a, b in zip(stamps(w[1], "s"), stamps(r[1], "f"))][30:], \
        cpu / frames * 1e6


def floor(bench, how, frames):
    out = subprocess.run([bench.wake, how, str(frames)], check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    return [int(line) for line in out.split()][30:]


def latency_table(bench, runs, frames, without):
    ways = {n: way for n, way in WAYS.items() if n not in without}
    floors = {n: how for n, how in FLOORS.items() if n not in without}
    times = {name: [] for name in (*ways, *floors)}
    cpu = {name: [] for name in ways}
    print(f"One way at 60 frames/s, microseconds, {runs} turns of {frames} "
          "frames each: medians of the turns")
    for _ in bench.turns("latency", runs):
        for name, way in ways.items():
            got, spent = one_way(bench, way, frames)
            if got:
                times[name].append(statistics.median(got) / 1000)
                cpu[name].append(spent)
        for name, how in floors.items():
            times[name].append(
                statistics.median(floor(bench, how, frames)) / 1000)
    print(f"  {'':20} {'median':>8} {'least':>8} {'most':>8}  "
          "CPU of the reader per frame")
    for name, values in times.items():
        if values:
            more = (f"{statistics.median(cpu[name]):8.1f}" if name in cpu
                    else "")
            print(f"  {name:20} {statistics.median(values):8.1f} "
                  f"{min(values):8.1f} {max(values):8.1f}  {more}")
    return {name: statistics.median(v) for name, v in times.items() if v}


def producer_killed(bench):
    """Milliseconds until the reader has left."""
    w, _ = bench.start(f"{source(-1, 30, 'is-live=true')} ! dsisink stream=b")
    got = os.path.join(bench.folder, "got")
    r, _ = bench.start("dsisrc stream=b ! filesink buffer-mode=unbuffered "
                       f"location={got}")
    until(lambda: os.path.exists(got) and os.path.getsize(got) > 0)
    begin = time.monotonic()
    w.kill()
    r.wait(PATIENCE_S)
    w.wait()
    os.remove(got)
    return (time.monotonic() - begin) * 1000


def reader_killed(bench):
    """Milliseconds until a producer that waited for it has sent on more frames
    than there are."""
    slots = 4
    w, out = bench.start(f"{source(60, 200, 'is-live=true')} ! dsisink name=s "
                         f"stream=b slots={slots} wait-for-consumer=true", "@s")
    r, _ = bench.start("dsisrc stream=b consumer-policy=block ! identity "
                       "sleep-time=100000000 ! fakesink sync=false")
    time.sleep(1.5)
    begin = time.monotonic_ns()
    r.kill()
    r.wait()
    w.wait(PATIENCE_S)
    after = [t for t in stamps(out, "s") if t > begin]
    return (after[slots] - begin) / 1e6


def reader_stopped(bench):
    """Of 45 frames of a live source, how many pass in their 1.5 s."""
    w, out = bench.start(f"{source(150, 30, 'is-live=true')} ! dsisink name=s "
                         "stream=b wait-for-consumer=true", "@s")
    r, _ = bench.start("dsisrc stream=b ! fakesink sync=false")
    time.sleep(1.5)
    begin = time.monotonic_ns()
    r.send_signal(signal.SIGSTOP)
    w.wait(PATIENCE_S)
    r.send_signal(signal.SIGCONT)
    r.wait(PATIENCE_S)
    return sum(begin < t <= begin + 1_500_000_000 for t in stamps(out, "s"))


def ratio(a, b):
    return a / b if a is not None and b else None


def further(costs, three, one):
    """Of each of two readers more: the median of what the turns say, for what
    else the machine does differs less within a turn than between turns."""
    more = [(a - b) / 2 for a, b in zip(costs[three].turns, costs[one].turns)
            if None not in (a, b)]
    return statistics.median(more) if more else None


def cpu_verdicts(bench, options):
    costs = cpu_table(bench, options.runs, options.frames, options.without)
    cpu = {name: cost.median() for name, cost in costs.items()}
    one = cpu["dsisink, 1 reader"]
    dsi = [cost for name, cost in costs.items() if name.startswith("dsisink")]
    yield ("1 CPU, both ends: of an in-process queue's",
           ratio(one, cpu["in-process queue"]), 1.05)
    yield ("1 CPU, both ends: of shmsink's",
           ratio(one, cpu["shmsink, 1 reader"]), 0.75)
    yield ("1 CPU, each further reader, us per frame",
           further(costs, "dsisink, 3 readers", "dsisink, 1 reader"), 30)
    yield ("1 (of that the start of its process, us)",
           further(costs, "start, 3 readers", "start, 1 reader"), None)
    yield (f"3 buffers of {options.frames} that were not copied, least",
           min((n for cost in dsi for n in cost.sent), default=None),
           options.frames, True)
    yield "3 runs of dsisink that hung", sum(c.hung for c in dsi), 0
    yield ("3 runs of dsisink with a status that is not 0",
           sum(c.failed for c in dsi), 0)


def latency_verdicts(bench, options):
    way = latency_table(bench, options.runs, options.live_frames,
                        options.without)
    shm = way.get("shmsink")
    yield "2 one way: of shmsink's", ratio(way.get("dsisink"), shm), 0.65
    yield ("2 (with spin=0, woken up for each: of shmsink's)",
           ratio(way.get("dsisink, spin=0"), shm), None)
    yield ("2 (a bare futex: of shmsink's; nobody is woken up faster)",
           ratio(way.get("a bare futex"), shm), None)


def ends_verdicts(bench, options):
    print("Ends that die or stop")
    died = [producer_killed(bench) for _ in bench.turns("ends", options.runs)]
    back = [reader_killed(bench) for _ in bench.turns("ends", options.runs)]
    passed = [reader_stopped(bench) for _ in bench.turns("ends", 3)]
    yield ("4 producer killed: reader has left after, ms",
           statistics.median(died), 250)
    yield ("4 reader killed: producer goes on after, ms",
           statistics.median(back), 250)
    yield "4 reader stopped: of 45 live frames pass", min(passed), 44, True


TABLES = {"cpu": cpu_verdicts, "latency": latency_verdicts,
          "ends": ends_verdicts}


def row_of(what, value, limit, least=False):
    met = None
    if value is not None and limit is not None:
        met = value >= limit if least else value <= limit
    return {"criterion": what, "value": value, "limit": limit,
            "relation": "at least" if least else "at most", "met": met}


def show(row):
    value = "-" if row["value"] is None else f"{row['value']:.2f}"
    goal = ("" if row["limit"] is None
            else f"{row['relation']} {row['limit']:8.2f}")
    met = {True: "met", False: "NOT MET", None: ""}[row["met"]]
    if row["value"] is None:
        met = "not measured"
    print(f"  {row['criterion']:62} {value:>9}  {goal:17}  {met}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--frames", type=int, default=4000)
    parser.add_argument("--live-frames", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--only", choices=TABLES)
    parser.add_argument("--without", action="append", default=[],
                        choices=(*KINDS, *WAYS, *FLOORS), metavar="ROW",
                        help="of the tables of CPU and latency")
    parser.add_argument("--json", metavar="FILE",
                        help="write the verdicts there as well")
    options = parser.parse_args()
    bench = Bench(os.path.abspath(options.build), options.minutes)
    load = os.getloadavg()
    try:
        # The registry of elements is written by the first process.
        end_of([p for p, _ in run_queue(bench, 1, 0)])
        rows = []
        for name, table in TABLES.items():
            if options.only in (None, name):
                rows += [row_of(*v) for v in table(bench, options)]
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    print("Against what is asked for (load average before: "
          f"{load[0]:.1f}; after: {os.getloadavg()[0]:.1f})")
    for row in rows:
        show(row)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump({"runs": options.runs, "frames": options.frames,
                       "live_frames": options.live_frames,
                       "load_before": load, "load_after": os.getloadavg(),
                       "criteria": rows}, f, indent=2)
            f.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
