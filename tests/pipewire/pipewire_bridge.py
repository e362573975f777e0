#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pipewire_bridge.py DSI ODD CASE [BRIDGE] - `dsi pipewire` between pw-cat and a
stream; BRIDGE: a program with another bridge, for the case `ends`.

Each case has a daemon of PipeWire of its own.  Without a program that is needed
the case ends with 77.
"""
import os
import re
import signal
import subprocess
import sys

from pipewire_server import (
    ENVIRONMENT, PATIENCE, RATE, SECONDS, Program, bytes_of, check_tone, daemon,
    fail, link, main, make_tone, output, path, tries, until)

DSI, ODD, CASE = sys.argv[1:4]
BRIDGE = sys.argv[4] if len(sys.argv) > 4 else DSI
FORMAT = f"audio/x-raw,format=S16_LE,rate={RATE},channels=2"


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


def producer_ends(*options):
    """While nobody records: that is no death."""
    sender = Program(DSI, "send", "music", path("tone.raw"), "--frame-bytes",
                     "19200", "--format", FORMAT, "--packets", "1024",
                     "--drain-timeout", "200ms")
    bridge = Program(BRIDGE, "pipewire", "--source", "music", *options)
    sender.end(1)  # it says that not all was taken
    bridge.end()


def producer_leaves(how, number, status, *options):
    """While nobody records: its packets say whether that was the end."""
    sender = Program(ODD, "music", path("tone.raw"), how)
    bridge = Program(BRIDGE, "pipewire", "--source", "music", *options)
    until("device", lambda: "dsi.music" in output("pw-link", "-o"), bridge)
    until("packets", lambda: committed("music") >= 3 + (how == "ended"),
          sender, bridge)
    sender.process.send_signal(number)
    sender.end(0 if number == signal.SIGTERM else -number)
    said = bridge.end(status)
    if ("ended without end of stream" in said) != (status != 0):
        fail(f"said of the producer's end: {said}")


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


def ends():
    server = daemon()
    make_tone()
    producer_ends()
    producer_ends("--policy", "drop")
    for options in (), ("--policy", "drop"):
        producer_leaves("unended", signal.SIGTERM, 1, *options)
        producer_leaves("ended", signal.SIGTERM, 0, *options)
        producer_leaves("ended", signal.SIGKILL, 0, *options)
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


main({"tone": tone, "formats": formats, "odd": odd, "deaths": deaths, "ends": ends,
      "errors": errors}[CASE])
