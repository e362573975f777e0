# SPDX-License-Identifier: MIT
"""pipewire_server.py - a daemon of PipeWire for a test, and a tone to play.

The daemon has no D-Bus and no session manager: pw-link does what that would do.

The clock of PipeWire waits for nobody, so on a busy machine there can be holes
in the sound.  What is measured is the rms of pieces of whole periods of the tone,
in the middle of all pieces; and there are three tries to get enough of them.
"""
import array
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave

# For what must come to an end; nothing is expected to take so long.
PATIENCE = 60
TRIES = 3

RATE, SECONDS, TONE, LEVEL = 48000, 3, 440, 16000
PIECE = 1200  # frames; eleven periods
FOLDER = tempfile.mkdtemp(prefix="dsi-pipewire-")
PORTS = "{ adapter.auto-port-config = { mode = dsp } }"
ENVIRONMENT = dict(os.environ, DSI_RUNTIME_DIR=FOLDER, XDG_RUNTIME_DIR=FOLDER,
                   LC_ALL="C", PIPEWIRE_PROPS=PORTS)
ENVIRONMENT.pop("PIPEWIRE_REMOTE", None)
CONFIGURATION = """
context.properties = {
    core.daemon = true
    core.name = pipewire-0
    default.clock.rate = 48000
    default.clock.quantum = 8192
    default.clock.max-quantum = 8192
}
context.spa-libs = {
    audio.convert.* = audioconvert/libspa-audioconvert
    support.* = support/libspa-support
}
context.modules = [
    { name = libpipewire-module-protocol-native }
    { name = libpipewire-module-metadata }
    { name = libpipewire-module-spa-node-factory }
    { name = libpipewire-module-client-node }
    { name = libpipewire-module-access }
    { name = libpipewire-module-adapter }
    { name = libpipewire-module-link-factory }
]
context.objects = [
    { factory = spa-node-factory
        args = {
            factory.name = support.node.driver
            node.name = Driver
            node.group = pipewire.dummy
            priority.driver = 20000
        }
    }
]
"""


class Program:
    all = []

    def __init__(self, *words):
        self.words = words
        self.log = tempfile.TemporaryFile("w+", dir=FOLDER)
        self.process = subprocess.Popen(
            words, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log)
        Program.all.append(self.process)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def running(self):
        if self.process.poll() is not None:
            fail(f"ended with {self.process.returncode}: {self.words}\n"
                 f"{self.said()}")

    def stop(self, status=None):
        self.process.send_signal(signal.SIGTERM)
        return self.end(status)

    def end(self, status=0):
        """status None: any."""
        try:
            got = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            fail(f"did not end: {self.words}\n{self.said()}")
        if status is not None and got != status:
            fail(f"status {got}, not {status}: {self.words}\n{self.said()}")
        return self.said()


def fail(why):
    print(f"{sys.argv[-1]}: {why}")
    sys.exit(1)


def path(name):
    return os.path.join(FOLDER, name)


def until(what, true, *programs):
    end = time.monotonic() + PATIENCE
    while not true():
        for program in programs:
            program.running()
        if time.monotonic() > end:
            fail(f"never: {what}")
        time.sleep(0.05)


def output(*words):
    return subprocess.run(words, env=ENVIRONMENT, capture_output=True,
                          text=True, check=False, timeout=PATIENCE).stdout


def daemon():
    with open(path("pipewire.conf"), "w", encoding="utf-8") as file:
        file.write(CONFIGURATION)
    program = Program("pipewire", "-c", path("pipewire.conf"))
    until("daemon", lambda: os.path.exists(path("pipewire-0")), program)
    return program


def link(one, other, *programs, sides=("FL", "FR")):
    """All channels, from one node's ports to the other's."""
    def there():
        ports = output("pw-link", "-io")
        return all(f"{node}_{side}" in ports for node in (one, other)
                   for side in sides)
    until(f"ports of {one} and {other}", there, *programs)
    for side in sides:
        got = subprocess.run(
            ["pw-link", f"{one}_{side}", f"{other}_{side}"], env=ENVIRONMENT,
            capture_output=True, text=True, check=False, timeout=PATIENCE)
        if got.returncode:
            fail(f"pw-link {one} {other}: {got.stderr}")


def make_tone():
    data = array.array("h")
    for i in range(RATE * SECONDS):
        value = round(LEVEL * math.sin(2 * math.pi * TONE * i / RATE))
        data.extend((value, value))
    with open(path("tone.raw"), "wb") as file:
        file.write(data.tobytes())
    with wave.open(path("tone.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(data.tobytes())


def check_tone(data, channels=2):
    """None, or what is wrong with what arrived."""
    if data[:4] == b"RIFF":
        data = data[data.index(b"data") + 8:]
    frame = 2 * channels
    samples = array.array("h", data[:len(data) // frame * frame])
    wanted = LEVEL / math.sqrt(2)
    for side in range(channels):
        side = samples[side::channels]
        pieces = []
        for i in range(0, len(side) - PIECE + 1, PIECE):
            rms = math.sqrt(sum(x * x for x in side[i:i + PIECE]) / PIECE)
            if rms > wanted / 4:  # no silence
                pieces.append(rms)
        if len(pieces) * PIECE < RATE * SECONDS // 2:
            return f"only {len(pieces)} pieces of {PIECE} frames have sound"
        pieces.sort()
        rms = pieces[len(pieces) // 2]
        if abs(rms - wanted) > wanted / 100:
            return f"rms {rms}, not {wanted}"
        print(f"rms {rms:.1f} of {wanted:.1f}, {len(pieces)} pieces")
    return None


def bytes_of(name):
    with open(path(name), "rb") as file:
        return file.read()


def tries(way, *arguments):
    for _ in range(TRIES):
        why = way(*arguments)
        if not why:
            break
        print(f"{way.__name__}: {why}")
    else:
        fail(f"{way.__name__}: {TRIES} times not the tone")


def main(case):
    for program in ("pipewire", "pw-cat", "pw-link"):
        if not shutil.which(program):
            print(f"skipped: no {program} (package pipewire-bin)")
            sys.exit(77)
    os.chmod(FOLDER, 0o700)
    try:
        case()
    finally:
        for process in Program.all:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(FOLDER, ignore_errors=True)
