#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""gst_bench.py BUILD_FOLDER [--runs N] [--frames N] - dsisink and dsisrc beside
the stock elements: CPU per frame, latency, what happens when an end stops.

All kinds of a table take turns, so that what else the machine does meets all of
them; what is shown are medians.  1080p I420, 3.1 MB a frame, sync=false.  CPU is
user and system time of all processes of a run, start and end included.
"""
import argparse
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


class Bench:
    def __init__(self, build):
        self.run = os.path.join(build, "tests/bin/gst_run")
        self.folder = tempfile.mkdtemp(prefix="dsi-gst-bench-")
        self.env = dict(
            os.environ, DSI_RUNTIME_DIR=self.folder,
            GST_PLUGIN_PATH=os.path.join(build, "lib/gstreamer-1.0"),
            GST_REGISTRY=os.path.join(self.folder, "registry"))

    def start(self, text, *more):
        out = tempfile.TemporaryFile("w+", dir=self.folder)
        return subprocess.Popen([self.run, text, *more], env=self.env,
                                stdout=out, stderr=subprocess.DEVNULL), out

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


def run_queue(bench, frames, _):
    return [bench.start(f"{source(frames)} ! queue ! fakesink sync=false")]


def run_shm(bench, frames, readers):
    socket = bench.socket()
    started = [bench.start(
        f"{source(frames)} ! shmsink socket-path={socket} sync=false "
        "async=false wait-for-connection=true shm-size=67108864")]
    until(lambda: os.path.exists(socket))
    return started + [bench.start(shm_reader(socket)) for _ in range(readers)]


def run_dsi(bench, frames, readers, slots=8):
    started = [bench.start(
        "dsisrc stream=b consumer-policy=block ! fakesink sync=false")
        for _ in range(readers)]
    return started + [bench.start(
        f"{source(frames)} ! dsisink name=s stream=b slots={slots} "
        "wait-for-consumer=true", "s.zero-copied", "s.copied")]


KINDS = {
    "in-process queue": (run_queue, 0),
    "shmsink, 1 reader": (run_shm, 1),
    "dsisink, 1 reader": (run_dsi, 1),
    "dsisink, 2 readers": (run_dsi, 2),
    "dsisink, 3 readers": (run_dsi, 3),
    "dsisink, 3 slots": (lambda b, n, r: run_dsi(b, n, r, 3), 1),
}


def cpu_table(bench, runs, frames):
    cost = {name: [] for name in KINDS}
    hung = dict.fromkeys(KINDS, 0)
    failed = dict.fromkeys(KINDS, 0)
    copied = 0
    for _ in range(runs):
        for name, (run, readers) in KINDS.items():
            started = run(bench, frames, readers)
            cpu = end_of([p for p, _ in started])
            failed[name] += any(p.returncode for p, _ in started)
            if cpu is None:
                hung[name] += 1
            else:
                cost[name].append(cpu / frames * 1e6)
            for _, out in started:
                out.seek(0)
                text = out.read()
                if "s.copied=" in text:
                    copied += f"s.zero-copied={frames}\n" not in text
                out.close()
    print(f"CPU per frame, microseconds, {runs} runs of {frames} frames each")
    print(f"  {'':20} {'median':>8} {'least':>8} {'most':>8}  hung  status")
    for name, values in cost.items():
        if values:
            print(f"  {name:20} {statistics.median(values):8.0f} "
                  f"{min(values):8.0f} {max(values):8.0f} {hung[name]:5} "
                  f"{'0' if not failed[name] else f'{failed[name]} not 0':>7}")
        else:
            print(f"  {name:20} {'-':>8} {'-':>8} {'-':>8} {hung[name]:5}")
    print(f"  runs of dsisink with a copied buffer: {copied}")
    return {name: statistics.median(v) for name, v in cost.items() if v}


def stamps(out, name):
    out.seek(0)
    found = [int(line.split()[1]) for line in out
             if line.startswith(f"@{name} ")]
    out.close()
    return found


def one_way(bench, kind, frames):
    live = "is-live=true"
    if kind == "shmsink":
        socket = bench.socket()
        w = bench.start(
            f"{source(frames, 60, live)} ! shmsink name=s socket-path={socket} "
            "sync=false async=false wait-for-connection=true "
            "shm-size=67108864", "@s")
        until(lambda: os.path.exists(socket))
        r = bench.start(shm_reader(socket, 60), "@f")
    else:
        r = bench.start("dsisrc stream=b consumer-policy=block ! fakesink "
                        "name=f sync=false", "@f")
        w = bench.start(f"{source(frames, 60, live)} ! dsisink name=s stream=b "
                        "wait-for-consumer=true", "@s")
    if end_of([w[0], r[0]]) is None:
        return []
    # The first ones wait for the connection.
    return [b - a for a, b in zip(stamps(w[1], "s"), stamps(r[1], "f"))][30:]


def latency_table(bench, runs, frames):
    times = {"shmsink": [], "dsisink": []}
    for _ in range(runs):
        for kind, values in times.items():
            got = one_way(bench, kind, frames)
            if got:
                values.append(statistics.median(got) / 1000)
    print(f"One way at 60 frames/s, microseconds, {runs} runs of {frames} "
          "frames each: medians of the runs")
    for kind, values in times.items():
        print(f"  {kind:20} {statistics.median(values):8.0f} "
              f"{min(values):8.0f} {max(values):8.0f}")
    return {kind: statistics.median(v) for kind, v in times.items()}


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


def say(what, value, limit, least=False):
    good = value >= limit if least else value <= limit
    print(f"  {what:58} {value:8.2f}  {'at least' if least else 'at most'} "
          f"{limit:7.2f}  {'yes' if good else 'NO'}")


def cpu_verdicts(bench, options):
    cpu = cpu_table(bench, options.runs, options.frames)
    one = cpu["dsisink, 1 reader"]
    yield ("CPU, 1 reader: of an in-process queue",
           one / cpu["in-process queue"], 1.05)
    if "shmsink, 1 reader" in cpu:
        yield ("CPU, 1 reader: of shmsink", one / cpu["shmsink, 1 reader"],
               0.75)
    yield ("CPU, each further reader, us",
           (cpu["dsisink, 3 readers"] - one) / 2, 30)


def latency_verdicts(bench, options):
    way = latency_table(bench, options.runs, options.live_frames)
    yield "one way: of shmsink's", way["dsisink"] / way["shmsink"], 0.65


def ends_verdicts(bench, options):
    died = [producer_killed(bench) for _ in range(options.runs)]
    back = [reader_killed(bench) for _ in range(options.runs)]
    passed = [reader_stopped(bench) for _ in range(3)]
    yield ("producer killed: reader has left after, ms",
           statistics.median(died), 250)
    yield ("reader killed: producer goes on after, ms",
           statistics.median(back), 250)
    yield "reader stopped: of 45 live frames pass", min(passed), 44, True


TABLES = {"cpu": cpu_verdicts, "latency": latency_verdicts,
          "ends": ends_verdicts}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--frames", type=int, default=4000)
    parser.add_argument("--live-frames", type=int, default=300)
    parser.add_argument("--only", choices=("cpu", "latency", "ends"))
    options = parser.parse_args()
    bench = Bench(os.path.abspath(options.build))
    try:
        # The registry of elements is written by the first process.
        end_of([p for p, _ in run_queue(bench, 1, 0)])
        verdicts = []
        for name, table in TABLES.items():
            if options.only in (None, name):
                verdicts += table(bench, options)
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    print("Against what is asked for")
    for verdict in verdicts:
        say(*verdict)
    return 0


if __name__ == "__main__":
    sys.exit(main())
