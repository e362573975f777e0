#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""alsa_devices.py CONFIGURATION DSI CASE - the ALSA device dsi:NAME.

Each case starts real players and recorders, in a place of names of its own, and
looks at what they say, how they end, and what arrived.  The sound is four
seconds of speech that come with alsa-utils; without a program that is needed the
case ends with 77.

Buffers are as long as they may be where nothing may be lost: a busy machine can
keep a program from running for longer than a short one lasts.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave

CONFIGURATION, DSI, CASE = sys.argv[1:4]
SOUNDS = "/usr/share/sounds/alsa"
# For what must come to an end; nothing is expected to take so long.
PATIENCE = 60

RATE, FRAME, SECONDS = 48000, 4, 4
FRAMES = RATE * SECONDS
CD = ["-f", "S16_LE", "-r", str(RATE), "-c", "2"]
FORMAT = f"audio/x-raw,format=S16_LE,rate={RATE},channels=2"
LONG = ["--period-time=100000", "--buffer-time=5000000"]
SHORT = ["--period-time=50000", "--buffer-time=100000"]
SHORT_PERIOD = RATE // 20
# The player's clock starts when a reader is there.
PLAYED = "dsi:STREAM=radio,READERS=1,WAIT=60000"
RECORDED = "dsi:STREAM=radio,WAIT=60000"

FOLDER = tempfile.mkdtemp(prefix="dsi-alsa-")
ENVIRONMENT = dict(
    os.environ, DSI_RUNTIME_DIR=FOLDER, LC_ALL="C", AUDIODEV="",
    ALSA_CONFIG_PATH=f"/usr/share/alsa/alsa.conf:{CONFIGURATION}")


class Program:
    all = []

    def __init__(self, *words):
        self.words = words
        self.log = tempfile.TemporaryFile("w+", dir=FOLDER)
        self.process = subprocess.Popen(
            words, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log)
        self.begin = time.monotonic()
        Program.all.append(self.process)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def send(self, what):
        self.process.send_signal(what)

    def end(self, status=0):
        """status None: any, but no signal."""
        try:
            got = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            fail(f"did not end: {self.words}\n{self.said()}")
        self.lasted = time.monotonic() - self.begin
        if got != status and (status is not None or got < 0):
            fail(f"status {got}, not {status}: {self.words}\n{self.said()}")
        return self.said()


def fail(why):
    print(f"alsa.{CASE}: {why}")
    sys.exit(1)


def path(name):
    return os.path.join(FOLDER, name)


def until(what, true):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            fail(f"never: {what}")
        time.sleep(0.01)


def has_data(name):
    return os.path.exists(path(name)) and os.path.getsize(path(name)) > 100


def samples(name):
    with open(path(name), "rb") as file:
        data = file.read()
    # A recorder that was ended has not written its size into the header.
    return data[data.index(b"data") + 8:]


def make_sound():
    """Two channels, each of several recordings in a row."""
    def channel(side):
        data = b""
        for name in (f"Front_{side}", f"Rear_{side}", f"Side_{side}"):
            with wave.open(f"{SOUNDS}/{name}.wav") as file:
                data += file.readframes(file.getnframes())
        return data[:2 * FRAMES]
    left, right = channel("Left"), channel("Right")
    data = bytearray(FRAME * FRAMES)
    data[0::4], data[1::4] = left[0::2], left[1::2]
    data[2::4], data[3::4] = right[0::2], right[1::2]
    with wave.open(path("in.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(data))
    with open(path("in.raw"), "wb") as file:
        file.write(data)
    return bytes(data)


def player(*options, device=PLAYED, file="in.wav"):
    return Program("aplay", "-D", device, *options, path(file))


def recorder(*options, device=RECORDED):
    return Program("arecord", "-D", device, *options, path("out.wav"))


def receiver(*options):
    return Program(DSI, "recv", "radio", path("out.raw"), "--info",
                   *options)


def packets(info):
    """(number, time in s, size) of each."""
    return [(int(n), float(t), int(s)) for n, t, s in
            re.findall(r"^packet (\d+) time ([\d.]+) size (\d+)$", info, re.M)]


def count_of(value):
    """A figure of the stream, as others see it."""
    out = subprocess.run([DSI, "list", "radio", "--json"], env=ENVIRONMENT,
                         capture_output=True, text=True, check=False).stdout
    match = re.search(rf'"{value}":\s*(\d+)', out)
    return int(match.group(1)) if match else 0


# ---- cases -------------------------------------------------------------------

def exact():
    """All of it, to the bit, and not faster than it sounds."""
    for access in ([], ["-M"]):
        r = recorder(*CD, *access, "-s", str(FRAMES), "--buffer-time=5000000")
        w = player(*LONG, *access)
        w.end()
        r.end()
        if samples("out.wav") != SOUND:
            fail(f"other samples than played, options {access}")
        if w.lasted < SECONDS - 0.1:
            fail(f"played in {w.lasted} s")


def converted():
    """Through plug, which converts: 16 bits in, 32 out."""
    r = recorder("-f", "S32_LE", "-r", str(RATE), "-c", "2", "-s", str(FRAMES),
                 "--buffer-time=5000000", device=f"plug:'{RECORDED}'")
    w = player(*LONG)
    w.end()
    r.end()
    got, wanted = samples("out.wav"), bytearray(2 * len(SOUND))
    wanted[2::4], wanted[3::4] = SOUND[0::2], SOUND[1::2]
    if got != bytes(wanted):
        fail("other samples than played")


def ffmpeg_recorder():
    return Program("ffmpeg", "-hide_banner", "-nostats", "-y", "-f", "alsa",
                   "-channels", "2", "-sample_rate", str(RATE), "-i", RECORDED,
                   path("out.wav"))


def ffmpeg_player():
    return Program("ffmpeg", "-hide_banner", "-nostats", "-i", path("in.wav"),
                   "-f", "alsa", PLAYED)


def ffmpeg():
    """It chooses its buffers itself, and they last a second or so.  If that was
    too short for a busy machine it says so, and gets another chance."""
    for what, make_reader, make_writer in (
            ("recorder", ffmpeg_recorder, lambda: player(*LONG)),
            ("player", lambda: recorder(*CD, "-s", str(FRAMES)),
             ffmpeg_player)):
        for _ in range(5):
            r, w = make_reader(), make_writer()
            said = w.end() + r.end()
            # It records to the end of the stream: whole periods.
            got = samples("out.wav")
            same = got[:len(SOUND)] == SOUND and not any(got[len(SOUND):])
            if same or not re.search("xrun|overrun|underrun", said):
                break
        if not same:
            fail(f"ffmpeg as the {what}: other samples than played\n{said}")
        if w.lasted < SECONDS - 65536 / RATE:
            fail(f"ffmpeg as the {what}: played in {w.lasted} s")


def pace():
    """A packet every period: each has its place on a grid, and is late for it by
    less than a period whenever the player's turn comes in time."""
    r = receiver()
    w = player(*LONG, "-v")
    said = w.end()
    info = packets(r.end())
    if "Stream 'radio'" not in said:
        fail(f"no word of the stream in:\n{said}")
    period = 0.1
    n = round(SECONDS / period)
    if [number for number, _, _ in info] != list(range(n)):
        fail(f"{n} periods were to be played: {info}")
    late = [t - i * period for i, t, _ in info]
    punctual = min(late)
    for part in range(4):
        quarter = late[part * n // 4:(part + 1) * n // 4]
        if min(quarter) - punctual >= period:
            fail(f"quarter {part} is {min(quarter) - punctual} s off")
    if info[-1][1] < w.begin + SECONDS - period:
        fail(f"played {info[-1][1] - w.begin} s after its start")
    with open(path("out.raw"), "rb") as file:
        if file.read() != SOUND:
            fail("other samples than played")


def reader_stopped():
    """A reader that everybody waits for stops: an underrun, once, then the sound
    goes on without it; it finds out how much it missed."""
    r = receiver("--policy=block")
    w = player(*SHORT, device=PLAYED)
    until("data", lambda: has_data("out.raw"))
    r.send(signal.SIGSTOP)
    until("an underrun", lambda: "underrun" in w.said())
    w.end()
    r.send(signal.SIGCONT)
    # It has all packets, so that none was left to tell it the end.
    info = packets(r.end(None))
    if len(info) >= RATE * SECONDS // SHORT_PERIOD:
        fail(f"nothing was lost: {info}")

    # And one that comes back in time hears the end.  On a busy machine the
    # player may have an underrun of its own before that; then once more.
    for _ in range(5):
        os.remove(path("out.raw"))
        r = receiver("--policy=block")
        w = player(*SHORT, file="long.wav")
        until("data", lambda: has_data("out.raw"))
        r.send(signal.SIGSTOP)
        until("an underrun", lambda: "underrun" in w.said())
        r.send(signal.SIGCONT)
        w.end()
        numbers = [number for number, _, _ in packets(r.end())]
        if numbers != list(range(len(numbers))):
            break
    else:
        fail(f"nothing was lost: {numbers}")
    with open(path("out.raw"), "rb") as file:
        got = file.read()
    if got[-SHORT_PERIOD * FRAME:] != SOUND[-SHORT_PERIOD * FRAME:]:
        fail("it did not hear the end")


def recorder_stopped():
    """A recorder that stops costs the player nothing, and has an overrun."""
    r = recorder(*CD, "-d", "2", "--buffer-time=100000")
    w = Program("aplay", "-D", PLAYED, *CD, *SHORT, "-t", "raw", "/dev/zero")
    until("data", lambda: has_data("out.wav"))
    r.send(signal.SIGSTOP)
    enough = count_of("committed") + 40
    until("the player goes on", lambda: count_of("committed") > enough)
    r.send(signal.SIGCONT)
    if "overrun" not in r.end():
        fail(f"no word of an overrun:\n{r.said()}")
    w.send(signal.SIGTERM)
    w.end(None)
    if len(samples("out.wav")) != 2 * RATE * FRAME:
        fail("it did not go on")


def player_killed():
    """The recorder keeps what came, and ends."""
    r = recorder(*CD, "--buffer-time=5000000")
    w = Program("aplay", "-D", PLAYED, *CD, *LONG, "-t", "raw", path("in.raw"))
    until("data", lambda: has_data("out.wav"))
    w.send(signal.SIGKILL)
    w.process.wait()
    if "No such device" not in r.end(1):
        fail(f"not disconnected:\n{r.said()}")
    got = samples("out.wav")
    # The last period is filled up with silence.
    got = got[:len(got) - len(got) % FRAME].rstrip(b"\0")
    if not SOUND.startswith(got):
        fail("other samples than played")
    # The name is free.
    r, w = recorder(*CD, "-s", "9600"), player(*LONG)
    r.end()
    w.end()


def other_producer():
    """Recording what is no device's: a stream with this format."""
    r = recorder(*CD, "-s", str(FRAMES))
    w = Program(DSI, "send", "radio", path("in.raw"),
                f"--frame-bytes={FRAME * RATE // 100}", "--packets=2000",
                f"--format={FORMAT}", "--rate=100")
    w.end()
    r.end()
    if samples("out.wav") != SOUND:
        fail("other samples than sent")


def refused():
    """What cannot be is said in a sentence."""
    def expect(text, *words):
        said = Program(*words).end(1)
        if text not in said:
            fail(f"not said: {text}\n{said}")

    def record(device, *more):
        return ["arecord", "-D", device, *CD, "-d", "1", *more, path("out.wav")]

    expect("no stream or component of this name", *record("dsi:STREAM=radio,WAIT=0"))
    expect("READERS", *record("dsi:STREAM=radio,READERS=x"))
    expect("readers (0 to 16)", *record("dsi:STREAM=radio,READERS=17"))
    expect("not 1 readers came", "aplay", "-D",
           "dsi:STREAM=radio,READERS=1,WAIT=10", path("in.wav"))
    for what, text in (("--format=text/plain", "is no sound"),
                       (f"--format={FORMAT},x=1", "is no sound"),
                       ("--frame-bytes=4095", "whole frames"),
                       ("--packets=1", "too few")):
        options = ["--frame-bytes=4096", "--packets=8",
                   f"--format={FORMAT}", "--wait-consumers=1", what]
        w = Program(DSI, "send", "radio", path("in.raw"), *options)
        expect(text, *record(RECORDED))
        w.send(signal.SIGTERM)
        w.end(None)
    w = Program("aplay", "-D", PLAYED, *LONG, path("in.wav"))
    until("the name", lambda: os.path.exists(path("radio")))
    expect("in use by a live owner", "aplay", "-D", "dsi:radio", path("in.wav"))
    w.send(signal.SIGKILL)
    w.process.wait()


CASES = {
    "exact": exact, "converted": converted, "ffmpeg": ffmpeg, "pace": pace,
    "reader-stopped": reader_stopped, "recorder-stopped": recorder_stopped,
    "player-killed": player_killed, "other-producer": other_producer,
    "refused": refused,
}

for program in ("aplay", "arecord", "ffmpeg"):
    if not shutil.which(program):
        print(f"alsa.{CASE}: {program} is not installed")
        sys.exit(77)
if not os.path.exists(f"{SOUNDS}/Side_Right.wav"):
    print(f"alsa.{CASE}: no sounds in {SOUNDS}")
    sys.exit(77)
try:
    SOUND = make_sound()
    with wave.open(path("long.wav"), "wb") as LONGER:
        LONGER.setnchannels(2)
        LONGER.setsampwidth(2)
        LONGER.setframerate(RATE)
        LONGER.writeframes(SOUND * 3)
    CASES[CASE]()
finally:
    for process in Program.all:
        if process.poll() is None:
            process.kill()
    subprocess.run(["rm", "-rf", FOLDER], check=False)
