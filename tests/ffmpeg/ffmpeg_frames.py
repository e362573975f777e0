#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ffmpeg_frames.py BIN LIST CASE - frames of FFmpeg through streams.

dsi-demo-decode in one process, dsi-demo-encode or frame_list in others.  What
arrives is compared with what FFmpeg decodes without dsi.
"""
import os
import shutil
import subprocess
import sys
import tempfile

BIN, LIST, CASE = sys.argv[1:4]
# For what must come to an end; nothing is expected to take so long.
PATIENCE = 120

FOLDER = tempfile.mkdtemp(prefix="dsi-ffmpeg-")
ENVIRONMENT = dict(os.environ, DSI_RUNTIME_DIR=FOLDER, LC_ALL="C")


def fail(why):
    print(f"ffmpeg.{CASE}: {why}")
    sys.exit(1)


def path(name):
    return os.path.join(FOLDER, name)


class Program:
    all = []

    def __init__(self, *words):
        self.words = words
        self.process = subprocess.Popen(
            words, env=ENVIRONMENT, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        Program.all.append(self.process)

    def end(self, status=0):
        try:
            out, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            fail(f"did not end: {self.words}")
        if self.process.returncode != status:
            fail(f"status {self.process.returncode}, not {status}: "
                 f"{self.words}\n{out[-500:]}{err}")
        return out + err if status else out


def ffmpeg(*words):
    Program("ffmpeg", "-hide_banner", "-loglevel", "error", "-y",
            *words).end()


def make_video(name="v.mp4", size="320x180", seconds=6, options=()):
    options = options or ("-c:v", "libx264", "-preset", "veryfast", "-bf", "3",
                          "-refs", "4", "-pix_fmt", "yuv420p")
    ffmpeg("-f", "lavfi", "-i",
           f"testsrc2=size={size}:rate=30:duration={seconds}", *options,
           path(name))
    return path(name)


def decoder(file, *options):
    return Program(f"{BIN}/dsi-demo-decode", *options, "frames", file)


def lister(*options):
    return Program(LIST, "stream", "frames", *options)


def listed(file, kind="video"):
    return Program(LIST, "file", file, kind).end().splitlines()


def figures(text):
    """The decoder's counters; no slot is lost, ever."""
    found = dict(pair.split("=") for pair in text.split())
    found = {name.replace("-", "_"): int(n) for name, n in found.items()}
    if found["free"] != found["slots"]:
        fail(f"{found['slots'] - found['free']} slots are missing: {found}")
    return found


def expect(found, **wanted):
    for name, value in wanted.items():
        if found[name] != value:
            fail(f"{name} is {found[name]}, not {value}: {found}")


def compare(file, *options, reader=(), kind="video"):
    """Everything arrives as it is decoded elsewhere.  The figures."""
    wanted = listed(file, kind)
    r, w = lister(*reader), decoder(file, *options)
    found = figures(w.end())
    got = r.end().splitlines()
    if got != wanted:
        first = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b),
                     min(len(got), len(wanted)))
        fail(f"{len(got)} of {len(wanted)} frames, frame {first}: "
             f"{got[first:first + 1]}, not {wanted[first:first + 1]}, "
             f"{file} {options}")
    expect(found, frames=len(wanted))
    return found


def checksums(name):
    with open(path(name), encoding="ascii") as file:
        return [line.split()[-2:] for line in file if line[0] != "#"]


# ---- cases -------------------------------------------------------------------

def encode():
    """Decoded by one process, encoded by another: as by ffmpeg alone."""
    video = make_video()
    ffmpeg("-i", video, "-f", "framemd5", path("wanted"))
    wanted = checksums("wanted")
    if len(wanted) != 180:
        fail(f"{len(wanted)} frames in the video")
    for threads in (1, 2):
        for format, codec, name in (("framemd5", "rawvideo", "got"),
                                    ("matroska", "ffv1", "got.mkv")):
            r = Program(f"{BIN}/dsi-demo-encode", f"--format={format}",
                        f"--codec={codec}", "frames", path(name))
            w = decoder(video, f"--threads={threads}", "--wait=60000")
            expect(figures(w.end()), frames=180, in_place=180, copied=0,
                   no_slot=0, no_fit=0)
            r.end()
            if format != "framemd5":
                ffmpeg("-i", path(name), "-f", "framemd5", path("got"))
            if checksums("got") != wanted:
                fail(f"other frames, {threads} threads, {codec}")


def threads():
    """What crosses beside the samples, with and without threads; many readers'
    references; and slots that are all in use."""
    video = make_video()
    for options in (["--threads=1"], ["--threads=4"],
                    ["--threads=2", "--queue=1"]):
        expect(compare(video, *options, "--wait=60000", reader=("hold", "0")),
               in_place=180, no_slot=0)
    expect(compare(video, "--queue=16", "--wait=60000", reader=("hold", "8")),
           in_place=180)
    expect(compare(video, "--copy"), in_place=0, copied=180)
    expect(compare(video, reader=("change", "20")), in_place=180)


def sizes():
    """The size changes on the way: in place as long as a slot is large enough,
    an error that says so if not."""
    options = ("-c:v", "libx264", "-preset", "veryfast", "-g", "10", "-f",
               "h264")
    with open(path("all.h264"), "wb") as file:
        for number, size in enumerate(("320x240", "640x360", "176x144")):
            part = make_video(f"{number}.h264", size, 1, options)
            with open(part, "rb") as opened:
                file.write(opened.read())
    for n in (1, 2):
        expect(compare(path("all.h264"), f"--threads={n}", "--wait=60000",
                       "--size=640x360"),
               in_place=90, copied=0, no_fit=0)
    r, w = lister(), decoder(path("all.h264"))
    said = w.end(1)
    if "No space left" not in said:
        fail(f"not said that a slot is too small: {said}")
    # No end of the stream came.
    r.end(1)


def formats():
    """Odd sizes, other pixels, other decoders."""
    for name, size, options in (
            ("a.mp4", "322x182", ("-c:v", "libx264", "-preset", "veryfast",
                                  "-pix_fmt", "yuv422p")),
            ("b.mp4", "318x178", ("-c:v", "mpeg4")),
            ("c.mkv", "321x181", ("-c:v", "ffv1", "-pix_fmt", "yuv444p10le")),
            ("d.mkv", "323x183", ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p")),
            ("e.nut", "130x70", ("-c:v", "rawvideo", "-pix_fmt", "rgb24")),
            ("f.mkv", "66x66", ("-c:v", "png", "-pix_fmt", "rgba"))):
        video = make_video(name, size, 1, options)
        for n in (1, 2):
            found = compare(video, f"--threads={n}", "--wait=60000")
            if found["in_place"] + found["copied"] + found["repeated"] != 30:
                fail(f"{name}: {found}")
            if name != "e.nut":
                expect(found, in_place=30)


def audio():
    source = "aevalsrc=sin(440*2*PI*t)|sin(550*2*PI*t):duration=3:sample_rate=48000"
    for name, options in (("a.wav", ("-c:a", "pcm_s16le")),
                          ("b.flac", ("-c:a", "flac", "-sample_fmt", "s16")),
                          ("c.m4a", ("-c:a", "aac")),
                          ("d.mp2", ("-c:a", "mp2"))):
        ffmpeg("-f", "lavfi", "-i", source, *options, path(name))
        expect(compare(path(name), "--audio", kind="audio"), no_fit=0)
    # Encoded by another process.
    ffmpeg("-i", path("b.flac"), "-f", "framemd5", "-c:a", "pcm_s16le",
           path("wanted"))
    r = Program(f"{BIN}/dsi-demo-encode", "--format=framemd5",
                "--codec=pcm_s16le", "frames", path("got"))
    figures(decoder(path("b.flac"), "--audio").end())
    r.end()
    if checksums("got") != checksums("wanted"):
        fail("other sound")


def exhausted():
    """A reader that keeps frames for good: the decoder gets memory of its own,
    and what is left of the slots carries copies."""
    video = make_video()
    found = compare(video, "--queue=16", "--wait=0", reader=("keep", "30"))
    if found["no_slot"] == 0 or found["copied"] == 0:
        fail(f"slots were never short: {found}")
    expect(found, frames=found["in_place"] + found["copied"])


def reader_killed():
    """What it held is free again, and the decoder notices nothing."""
    video = make_video()
    for n in (1, 2):
        r = lister("die", "60")
        w = decoder(video, f"--threads={n}", "--wait=60000")
        expect(figures(w.end()), frames=180, in_place=180)
        r.end(-9)


CASES = {
    "encode": encode, "threads": threads, "sizes": sizes, "formats": formats,
    "audio": audio, "exhausted": exhausted, "reader-killed": reader_killed,
}

if not shutil.which("ffmpeg"):
    print(f"ffmpeg.{CASE}: ffmpeg is not installed")
    sys.exit(77)
try:
    CASES[CASE]()
finally:
    for process in Program.all:
        if process.poll() is None:
            process.kill()
    subprocess.run(["rm", "-rf", FOLDER], check=False)
