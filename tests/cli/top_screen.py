#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""top_screen.py BIN-DIR - the live view of `dsi top` on a terminal.

A pseudo terminal of 80 columns: streams that come are seen, those that end
disappear, no line is longer than the screen, and q ends it.
"""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time

LIMIT_S = 60
ROWS, COLUMNS = 24, 80


class Screen:
    """As much of a VT100 as ncurses needs to move, clear, and write."""

    def __init__(self):
        self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.rest = ""

    def control(self, numbers, letter):
        first = numbers[0] if numbers else 0
        if letter in "Hf":
            self.row = max(first, 1) - 1
            self.column = (numbers[1] if len(numbers) > 1 else 1) - 1
        elif letter == "A":
            self.row -= max(first, 1)
        elif letter == "B":
            self.row += max(first, 1)
        elif letter == "C":
            self.column += max(first, 1)
        elif letter == "D":
            self.column -= max(first, 1)
        elif letter == "J" and first in (0, 2):
            if first == 2:
                self.row = self.column = 0
            self.cells[self.row][self.column:] = [" "] * (COLUMNS - self.column)
            for row in range(self.row + 1, ROWS):
                self.cells[row] = [" "] * COLUMNS
        elif letter == "K" and first == 0:
            self.cells[self.row][self.column:] = [" "] * (COLUMNS - self.column)
        elif letter == "K" and first == 1:
            self.cells[self.row][:self.column + 1] = [" "] * (self.column + 1)
        elif letter not in "mhlr":
            raise AssertionError(f"unknown sequence {numbers} {letter}")

    def write(self, text):
        text = self.rest + text
        at = 0
        while at < len(text):
            match = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])").match(text, at)
            if match:
                self.control([int(n) for n in match.group(1).split(";") if n],
                             match.group(2))
                at = match.end()
                continue
            if text[at] == "\x1b":
                if len(text) - at < 16 and not re.match(r"\x1b[^\[]", text[at:]):
                    break
                at += 3 if text[at + 1] in "()" else 2
                continue
            self.put(text[at])
            at += 1
        self.rest = text[at:]

    def put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row += 1
        elif char == "\b":
            self.column -= 1
        elif char == "\t":
            self.column = self.column // 8 * 8 + 8
        elif char >= " ":
            assert self.column < COLUMNS, "a line is longer than the screen"
            assert self.row < ROWS, "more lines than the screen has"
            self.cells[self.row][self.column] = char
            self.column += 1

    def lines(self):
        return ["".join(row).rstrip() for row in self.cells]


class Top:
    def __init__(self, program, *words):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(
            [program, "top", "--interval", "50ms", *words],
            stdin=slave, stdout=slave, stderr=subprocess.PIPE,
            env={**os.environ, "TERM": "vt100"}, start_new_session=True)
        os.close(slave)
        self.screen = Screen()

    def until(self, what, why):
        end = time.monotonic() + LIMIT_S
        while not what(self.screen.lines()):
            if time.monotonic() > end:
                print("\n".join(self.screen.lines()))
                raise AssertionError(why)
            if select.select([self.master], [], [], 0.1)[0]:
                self.screen.write(os.read(self.master, 65536).decode())

    def end(self, key):
        os.write(self.master, key)
        while True:
            try:
                if not os.read(self.master, 65536):
                    break
            except OSError:
                break
        assert self.process.wait(LIMIT_S) == 0, self.process.returncode
        os.close(self.master)


class Streams:
    def __init__(self, program, *words):
        self.process = subprocess.Popen([program, *words],
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        assert self.process.stdout.readline()

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(LIMIT_S) == 0
        self.process.stdout.close()


def rows(lines, name):
    return [line for line in lines if line.split()[:1] == [name]]


def check(program, streams):
    top = Top(program)
    top.until(lambda lines: "0 streams" in lines[0], "no head line")
    cam = Streams(streams, "cam")
    top.until(lambda lines: rows(lines, "cam") and rows(lines, "viewer"),
              "a new stream does not appear")
    assert top.screen.lines()[1].startswith("NAME"), top.screen.lines()[1]
    many = Streams(streams, "a-stream-with-a-long-name", "30", "50")
    top.until(lambda lines: "31 streams" in lines[0] and "(more)" in lines[0]
              and lines[ROWS - 1] and re.search(r"run +[1-9]\d* ", lines[2]),
              "thirty more do not appear, or their rate does not")
    os.write(top.master, b"     ")
    top.until(lambda lines: rows(lines, "viewer"), "page down shows no end")
    cam.end()
    top.until(lambda lines: not rows(lines, "viewer"),
              "a stream that ended stays")
    many.process.kill()
    many.process.wait()
    top.until(lambda lines: "0 streams" in lines[0] and not lines[2],
              "streams that were killed stay")
    top.end(b"q")


def main():
    bin_dir = os.path.abspath(sys.argv[1])
    program = os.path.join(bin_dir, "dsi")
    streams = os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DSI_RUNTIME_DIR"] = os.path.join(folder, "run")
        os.mkdir(os.environ["DSI_RUNTIME_DIR"], 0o755)
        check(program, streams)


if __name__ == "__main__":
    main()
