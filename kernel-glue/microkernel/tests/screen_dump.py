#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""screen_dump.py RUN-QEMU FOLDER - boot demos/screen/, and look at the screen.

QEMU's monitor stops the machine and dumps what the graphics card shows, several
times while pictures come, and when the last one stays.  Each dump must be one of
the pictures, byte for byte and whole, none may be older than the one before, and
the last must be the last.  The pictures are computed here as in
demos/screen/screen_picture.h.  Wherever the memory of the card is mapped in the
address space that CPU 0 has at that moment, it must not be cached.
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

WIDTH, HEIGHT, PICTURES = 640, 480, 24
SECONDS = "100"
CARD = 0xfd000000, 16 << 20  # where QEMU's firmware puts it
PROMPT = b"(qemu) "
PLACE = f"display: {WIDTH}x{HEIGHT} in {CARD[1] >> 10} KiB at {CARD[0]:x}"
FIRST = "display: the first picture"
LAST = f"display: {PICTURES} pictures, the last one stays"


def line(y, n):
    """One line of picture n, as a PPM file has it: red, green, blue."""
    out = bytearray(3 * WIDTH)
    out[0::3] = bytes(((x * y >> 8) + n) & 255 for x in range(WIDTH))
    out[1::3] = bytes([(2 * y ^ 5 * n) & 255]) * WIDTH
    out[2::3] = bytes((x + 3 * n) & 255 for x in range(WIDTH))
    return bytes(out)


def read_ppm(path):
    with open(path, "rb") as f:
        kind, size, depth, points = f.read().split(b"\n", 3)
    if (kind, size, depth) != (b"P6", f"{WIDTH} {HEIGHT}".encode(), b"255"):
        sys.exit(f"the screen is {kind!r} {size!r} {depth!r}, "
                 f"not {WIDTH}x{HEIGHT}")
    return points


def which(points):
    """The number of the picture that is on the screen."""
    step = 3 * WIDTH
    for n in range(PICTURES):
        if points[step:2 * step] != line(1, n):
            continue
        for y in range(HEIGHT):
            if points[y * step:(y + 1) * step] != line(y, n):
                sys.exit(f"line {y} of the screen is not that of picture {n}")
        if len(points) != HEIGHT * step:
            sys.exit(f"{len(points)} bytes of points, not {HEIGHT * step}")
        return n
    sys.exit(f"the screen shows none of the pictures: line 1 begins with "
             f"{points[step:step + 12].hex()}")


class Monitor:
    """Commands to QEMU, one after the other."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.answer()

    def answer(self):
        """All up to the next prompt."""
        text = b""
        while not text.endswith(PROMPT):
            more = self.sock.recv(4096)
            if not more:
                sys.exit(f"QEMU's monitor ended: {text!r}")
            text += more
        return text.decode(errors="replace")

    def command(self, text):
        self.sock.sendall(text.encode() + b"\n")
        return self.answer()

    def quit(self):
        self.sock.sendall(b"quit\n")


def mappings(tlb, first, size):
    """What `info tlb` says of tasks' mappings of this memory: their flags."""
    pairs = re.findall(r"^[0-9a-f]{16}: ([0-9a-f]{16}) (\S+)\s*$", tlb, re.M)
    return [flags for at, flags in pairs
            if first <= int(at, 16) < first + size and "U" in flags]


def dump(monitor, folder, flags):
    path = os.path.join(folder, "screen.ppm")
    monitor.command("stop")
    monitor.command(f"screendump {path}")
    flags += mappings(monitor.command("info tlb"), *CARD)
    monitor.command("cont")
    return read_ppm(path)


def said(qemu, wanted):
    """Read the lines of the machine up to this one."""
    for text in qemu.stdout:
        print(text, end="", flush=True)
        if text.strip() == wanted:
            return
    sys.exit(f"the machine ended and never said '{wanted}'")


def check(qemu, path, folder):
    flags = []
    said(qemu, PLACE)
    said(qemu, FIRST)
    monitor = Monitor(path)
    dumps = [dump(monitor, folder, flags) for _ in range(4)]
    said(qemu, LAST)
    dumps.append(dump(monitor, folder, flags))
    monitor.quit()
    seen = [which(points) for points in dumps]
    print("pictures on the screen:", *seen)
    if seen != sorted(seen):
        sys.exit("an older picture came back")
    if seen[-1] != PICTURES - 1:
        sys.exit(f"the last picture is {PICTURES - 1}")
    print(f"{len(flags)} mappings of the card were seen:", *sorted(set(flags)))
    if not flags or not all("C" in f for f in flags):
        sys.exit("the memory of the card is cached, or nobody has it mapped")


def main():
    run, images = sys.argv[1:]
    if not shutil.which("qemu-system-x86_64"):
        print("skipped: no qemu-system-x86_64")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "monitor")
        with subprocess.Popen(
                [run, "-g", "-c", path, "-s", "2", "-m", "128", "-t", SECONDS,
                 images, "screen", "args=stay"],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                text=True, start_new_session=True) as qemu:
            try:
                check(qemu, path, folder)
            except BaseException:
                os.killpg(qemu.pid, signal.SIGTERM)
                raise


main()
