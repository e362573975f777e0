#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""top_cost.py - the processor time that `dsi top` takes.

Starts STREAMS live streams and the live view on a terminal of 80x24, lets it
settle, and prints how much of one core it takes from then on.  No test: it is
a time, and a busy machine makes it larger.

usage: top_cost.py DSI TOP-STREAMS [STREAMS [RATE [SECONDS]]]
"""
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time


def processor_s(pid):
    """User and system time so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as handle:
        fields = handle.read().rsplit(")", 1)[1].split()
    return sum(int(n) for n in fields[11:13]) / os.sysconf("SC_CLK_TCK")


def drain(master):
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        pass


def measure(dsi, streams, n, rate, seconds):
    source = subprocess.Popen([streams, "bench", n, rate],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    source.stdout.readline()
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    top = subprocess.Popen([dsi, "top"], stdin=slave, stdout=slave,
                           env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    threading.Thread(target=drain, args=(master,), daemon=True).start()
    time.sleep(3)
    before = os.times()
    settled = processor_s(top.pid)
    time.sleep(seconds)
    used = processor_s(top.pid) - settled
    top.send_signal(signal.SIGTERM)
    _, _, usage = os.wait4(top.pid, 0)
    source.stdin.close()
    source.wait()
    elapsed = os.times().elapsed - before.elapsed
    total = usage.ru_utime + usage.ru_stime
    print(f"{n} streams of {rate} packets/s, {seconds} s: "
          f"{100 * used / seconds:.2f} % of a core; "
          f"with its start {1000 * total:.0f} ms of processor time "
          f"(getrusage) in {elapsed + 3:.0f} s, "
          f"{100 * total / (elapsed + 3):.2f} %; "
          f"{usage.ru_maxrss} KiB at most")


def main():
    words = sys.argv[3:] + ["100", "100", "30"][len(sys.argv) - 3:]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DSI_RUNTIME_DIR"] = os.path.join(folder, "run")
        os.mkdir(os.environ["DSI_RUNTIME_DIR"], 0o755)
        measure(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]),
                words[0], words[1], float(words[2]))


if __name__ == "__main__":
    main()
