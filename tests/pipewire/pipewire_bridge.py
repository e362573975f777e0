#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pipewire_bridge.py DSI ODD CASE - `dsi pipewire` between pw-cat and a stream.

Each case has a daemon of PipeWire of its own, without D-Bus and without a
session manager: pw-link does what that would do.  Without a program that is
needed the case ends with 77.

The clock of PipeWire waits for nobody, so on a busy machine there can be holes
in the sound.  What is measured is the rms of pieces of whole periods of the tone,
in the middle of all pieces; and there are three tries to get enough of them.
"""
import array
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave

DSI, ODD, CASE = sys.argv[1:4]
# For what must come to an end; nothing is expected to take so long.
PATIENCE = 60
TRIES = 3

RATE, SECONDS, TONE, LEVEL = 48000, 3, 440, 16000
PIECE = 1200  # frames; eleven periods
FORMAT = f"audio/x-raw,format=S16_LE,rate={RATE},channels=2"
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
    print(f"pipewire.{CASE}: {why}")
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


def zero_copy(said):
    match = re.search(r"(\d+) packets, (\d+) of them copied", said)
    if not match or match.group(1) == "0" or match.group(2) != "0":
        fail(f"packets were copied, or there were none:\n{said}")


def bridge_to(name, *options):
    return Program(DSI, "pipewire", "--sink", name, "--frames", "8192",
                   "--hold", "2s", *options)


def receiver_of(name, file, bridge, *options):
    with open(path(file), "w", encoding="utf-8") as opened:
        opened.write("before")
    receiver = Program(DSI, "recv", name, path(file), *options)
    # It is emptied when the stream is connected.
    until("a reader", lambda: not os.path.getsize(path(file)), bridge, receiver)
    return receiver


def play(name, bridge, ports):
    player = Program("pw-cat", "-p", "-P", f"node.name={name}",
                     path("tone.wav"))
    link(f"{name}:output", ports, player, bridge)
    return player


def into_stream():
    bridge = bridge_to("radio", "--samples", "S16_LE")
    receiver = receiver_of("radio", "out.raw", bridge)
    player = play("player", bridge, "dsi.radio:playback")
    player.end()
    zero_copy(bridge.stop(128 + signal.SIGTERM))
    receiver.end()
    return check_tone(bytes_of("out.raw"))


def out_of_stream():
    sender = Program(DSI, "send", "music", path("tone.raw"), "--frame-bytes",
                     "19200", "--format", FORMAT)
    bridge = Program(DSI, "pipewire", "--source", "music")
    recorder = Program("pw-cat", "-r", "--rate", str(RATE), "--channels", "2",
                       "--format", "s16", path("rec.wav"))
    link("dsi.music:capture", "pw-cat:input", bridge, recorder, sender)
    sender.end()
    zero_copy(bridge.end())
    recorder.stop()
    return check_tone(bytes_of("rec.wav"))


# Samples, rate, and the channels' names at the device and outside.
FORMATS = (
    ("S16_LE", 44100, ("MONO",), ("FL",)),
    ("S24_3LE", 48000, ("FL", "FR"), ("FL", "FR")),
    ("S32_LE", 96000, ("FL", "FR"), ("FL", "FR")),
    ("FLOAT_LE", 32000, ("1", "2", "3"), ("FL", "FR", "FL")),
    ("U8", 48000, ("FL", "FR"), ("FL", "FR")),
)


def joined(one, ones, other, others):
    for a, b in zip(ones, others):
        subprocess.run(["pw-link", f"{one}_{a}", f"{other}_{b}"], check=True,
                       env=ENVIRONMENT, capture_output=True, timeout=PATIENCE)


def through_formats():
    """The tone into a sink, whose stream is played by a source, of every format:
    both bridges take the other's text for it."""
    bridges, recorders = [], []
    for samples, rate, inside, _ in FORMATS:
        options = ("--samples", samples, "--rate", str(rate), "--channels",
                   str(len(inside)))
        bridges += [bridge_to(samples, *options),
                    Program(DSI, "pipewire", "--source", samples)]
        recorders.append(Program(
            "pw-cat", "-r", "--rate", str(RATE), "--channels",
            str(len(inside)), "--channel-map",
            ",".join(f"AUX{i}" for i in range(len(inside))), "--format", "s16",
            "-P", f"node.name=rec-{samples}", path(f"{samples}.wav")))
    player = Program("pw-cat", "-p", "-P", "node.name=player",
                     path("tone.wav"))

    def there():
        ports = output("pw-link", "-io")
        return all(
            f"dsi.{samples}:{way}_{side}" in ports
            and f"rec-{samples}:input_AUX{i}" in ports
            for samples, _, inside, _ in FORMATS
            for i, side in enumerate(inside)
            for way in ("playback", "capture")) and "player:output_FR" in ports
    until("all ports", there, player, *bridges, *recorders)
    for samples, _, inside, outside in FORMATS:
        joined(f"dsi.{samples}:capture", inside, f"rec-{samples}:input",
               [f"AUX{i}" for i in range(len(inside))])
    for samples, _, inside, outside in FORMATS:
        joined("player:output", outside, f"dsi.{samples}:playback", inside)
    until("the tone", lambda: all(
        os.path.getsize(path(f"{samples}.wav")) >
        2 * len(inside) * RATE * SECONDS
        for samples, _, inside, _ in FORMATS), *bridges, *recorders)
    player.stop()
    for sink, source in zip(bridges[0::2], bridges[1::2]):
        zero_copy(sink.stop(128 + signal.SIGTERM))
        zero_copy(source.end())
    whys = []
    for recorder, (samples, _, inside, _) in zip(recorders, FORMATS):
        recorder.stop()
        why = check_tone(bytes_of(f"{samples}.wav"), len(inside))
        whys += [f"{samples}: {why}"] if why else []
    return "; ".join(whys)


def formats():
    server = daemon()
    make_tone()
    tries(through_formats)
    server.stop()


def tries(way):
    for _ in range(TRIES):
        why = way()
        if not why:
            break
        print(f"{way.__name__}: {why}")
    else:
        fail(f"{way.__name__}: {TRIES} times not the tone")


def committed(name):
    match = re.search(r'"committed":\s*(\d+)',
                      output(DSI, "list", name, "--json"))
    return int(match.group(1)) if match else 0


def suspend(name):
    """What a session manager does with a device that nobody plays to."""
    ids = re.findall(r"id (\d+), type PipeWire:Interface:Node.*?(?=\tid|\Z)",
                     output("pw-cli", "ls", "Node"), re.S)
    for number in ids:
        if f'"{name}"' in output("pw-cli", "info", number):
            output("pw-cli", "send-command", number, "Suspend", "{}")
            return
    fail(f"no node {name}")


def readers_die():
    """Readers and players come and go, in order or not; whoever comes then gets
    the tone, also beside a reader that keeps its packets for ever."""
    bridge = bridge_to("radio", "--samples", "S16_LE")
    stopped = receiver_of("radio", "stopped.raw", bridge, "--policy", "drop")
    killed = receiver_of("radio", "killed.raw", bridge)
    player = play("first", bridge, "dsi.radio:playback")
    until("the tone", lambda: all(os.path.getsize(path(name)) for name in
                                  ("stopped.raw", "killed.raw")),
          bridge, stopped, killed, player)
    stopped.process.send_signal(signal.SIGSTOP)
    killed.process.kill()
    killed.end(-signal.SIGKILL)
    before = committed("radio")
    until("packets", lambda: committed("radio") > before + 4, bridge, player)
    player.process.kill()
    player.end(-signal.SIGKILL)
    # New buffers, for which there are not enough packets.
    suspend("dsi.radio")
    why = tone_again(bridge, "second")
    stopped.process.kill()
    stopped.end(-signal.SIGKILL)
    why = why or tone_again(bridge, "third")
    said = bridge.stop(128 + signal.SIGTERM)
    match = re.search(r"(\d+) of them copied", said)
    if not match or match.group(1) == "0":
        fail(f"no buffer was without a packet: {said}")
    return why


def tone_again(bridge, name):
    receiver = receiver_of("radio", name, bridge)
    player = play(name, bridge, "dsi.radio:playback")
    player.end()
    receiver.stop(None)
    return check_tone(bytes_of(name))


def producer_dies(recorded):
    sender = Program(DSI, "send", "music", "/dev/zero", "--frame-bytes",
                     "19200", "--format", FORMAT)
    bridge = Program(DSI, "pipewire", "--source", "music")
    recorder = Program("pw-cat", "-r", "-P", "node.name=rec", path("rec.wav"))
    if recorded:
        link("dsi.music:capture", "rec:input", bridge, recorder, sender)
        before = committed("music")
        until("packets", lambda: committed("music") > before + 20, bridge)
    else:
        until("device", lambda: "dsi.music" in output("pw-link", "-o"), bridge)
    sender.process.kill()
    sender.end(-signal.SIGKILL)
    said = bridge.end(1)
    if "ended without end of stream" not in said:
        fail(f"said of the producer's end: {said}")
    recorder.stop(None)


def unaligned():
    """Packets that the converter could not read where they lie are copied, and
    ones without samples cost nothing."""
    sender = Program(ODD, "music", path("tone.raw"), "unaligned")
    bridge = Program(DSI, "pipewire", "--source", "music")
    recorder = Program("pw-cat", "-r", "--rate", str(RATE), "--channels", "2",
                       "--format", "s16", "-P", "node.name=rec",
                       path("rec.wav"))
    link("dsi.music:capture", "rec:input", bridge, recorder, sender)
    sender.end()
    said = bridge.end()
    recorder.stop()
    pieces = 4 * RATE * SECONDS // 19200
    match = re.search(r"(\d+) packets, (\d+) of them copied", said)
    if (not match or int(match.group(1)) != pieces
            or int(match.group(2)) < pieces // 2):
        fail(f"{pieces} packets were sent: {said}")
    return check_tone(bytes_of("rec.wav"))


def odd():
    server = daemon()
    make_tone()
    tries(unaligned)
    sender = Program(ODD, "music", path("tone.raw"), "pieces")
    bridge = Program(DSI, "pipewire", "--source", "music")
    recorder = Program("pw-cat", "-r", "-P", "node.name=rec", path("rec.wav"))
    link("dsi.music:capture", "rec:input", bridge, recorder)
    said = bridge.end(5)
    if "a packet of several pieces" not in said:
        fail(f"said of pieces: {said}")
    sender.end(None)
    recorder.stop(None)
    server.stop()


def deaths():
    server = daemon()
    make_tone()
    tries(readers_die)
    producer_dies(recorded=True)
    producer_dies(recorded=False)
    server.stop()


def tone():
    server = daemon()
    make_tone()
    for way in (into_stream, out_of_stream):
        tries(way)
    server.stop()


def told(what, status, *words):
    said = Program(DSI, "pipewire", *words).end(status)
    if what not in said:
        fail(f"not '{what}' with {words}, but: {said}")


def errors():
    told("is missing", 2)
    told("give one of", 2, "--sink", "a", "--source", "b")
    told("there is no format 'S17'", 2, "--sink", "a", "--samples", "S17")
    told("cannot connect to PipeWire's daemon", 1, "--sink", "radio")
    server = daemon()
    told("does not exist", 3, "--source", "music", "--timeout", "0")
    text = Program(DSI, "send", "text", "/dev/null", "--format", "text/plain",
                   "--wait-consumers", "1")
    told("is no sound that can be played", 5, "--source", "text")
    text.end(None)
    bridge = Program(DSI, "pipewire", "--sink", "radio")
    until("device", lambda: "dsi.radio" in output("pw-link", "-i"), bridge)
    told("radio", 1, "--sink", "radio")  # the name is taken
    server.stop()
    said = bridge.end(1)
    if "daemon has ended" not in said:
        fail(f"said of the daemon's end: {said}")


def main():
    for program in ("pipewire", "pw-cat", "pw-link"):
        if not shutil.which(program):
            print(f"skipped: no {program} (package pipewire-bin)")
            sys.exit(77)
    os.chmod(FOLDER, 0o700)
    try:
        {"tone": tone, "formats": formats, "deaths": deaths,
         "odd": odd,
         "errors": errors}[CASE]()
    finally:
        for process in Program.all:
            if process.poll() is None:
                process.kill()
                process.wait()
        shutil.rmtree(FOLDER, ignore_errors=True)


main()
