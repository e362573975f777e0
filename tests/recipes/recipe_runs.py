#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""recipe_runs.py ROOT BIN LIB CASE - recipes of docs/recipes.

The commands of the document are run, disturbed in the way that it says they
survive, and what comes out is looked at.  Without a program that is needed the
case ends with 77.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from recipe import Failed, Recipe, fail

ROOT, BIN, LIB, CASE = sys.argv[1:5]


def part_of(frames, whole, what, at_end=False):
    """@frames is a piece of @whole.  Where it begins."""
    last = [len(whole) - len(frames)] if at_end else range(
        len(whole) - len(frames) + 1)
    for i in last:
        if frames and i >= 0 and whole[i:i + len(frames)] == frames:
            return i
    fail(f"{what}: its {len(frames)} frames are no piece of the "
         f"{len(whole)}{', at its end' if at_end else ''}")


def in_order(frames, whole, what):
    """Each of @frames is of @whole, none twice, in the same order."""
    rest = iter(whole)
    if not frames or not all(frame in rest for frame in frames):
        fail(f"{what}: {len(frames)} frames, others or in another order")


# ---- camera-two-viewers ------------------------------------------------------

def camera(recipe):
    source = recipe.variable("SOURCE", "videotestsrc")
    file = recipe.start("file")
    first = recipe.start("camera", SOURCE=source)
    recipe.until("frames in the file", lambda: recipe.size("camera.y4m"),
                 file, first)
    screen = recipe.start("screen", SCREEN=screen_to("stopped.y4m"))
    recipe.until("a picture", lambda: recipe.size("stopped.y4m"), screen, first)
    screen.send(signal.SIGSTOP, "gst-launch-1.0")
    enough = recipe.committed("camera") + 20
    recipe.until("the camera goes on", lambda: recipe.committed("camera") >
                 enough, file, first)
    screen.send(signal.SIGKILL, "gst-launch-1.0")
    screen.end(None)

    screen = recipe.start("screen", SCREEN=screen_to("screen.y4m"))
    recipe.until("a picture", lambda: recipe.size("screen.y4m"), screen, first)
    sent = recipe.committed("camera")
    first.send(signal.SIGKILL, "gst-launch-1.0")
    first.end(None)
    again = recipe.start("camera", SOURCE=f"{source} num-buffers=60")
    for script in (again, file, screen):
        script.end()

    got = recipe.frames("camera.y4m")
    wanted = without_dsi(recipe, "camera", len(got), "y4menc")
    # What came of the second camera begins where it is found again.
    n = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b),
             len(got))
    if n < sent:
        fail(f"{sent} frames were sent, {n} came")
    part_of(got[n:], wanted[:60], "second camera", at_end=True)
    in_order(recipe.frames("screen.y4m"), wanted + wanted[:60], "screen")
    print(f"{n} frames of the first camera, at least {sent} sent; "
          f"{len(got) - n} of the second")


def without_dsi(recipe, block, count, encoder):
    """The first frames of a block's source, with its caps and this encoder."""
    caps = re.search(r"video/x-raw\S*", recipe.blocks[block]).group(0)
    source = recipe.variable("SOURCE", "videotestsrc").replace(
        "is-live=true", f"num-buffers={count}")
    recipe.output("gst-launch-1.0", "-q", *source.split(), "!", caps, "!",
                  *encoder.split(), "!", "filesink", "location=wanted")
    frames = recipe.frames("wanted")
    os.remove(recipe.path("wanted"))
    return frames


def screen_to(name):
    return f"y4menc ! filesink buffer-mode=unbuffered location={name}"


# ---- transcode-elsewhere -----------------------------------------------------

def transcode(recipe):
    seconds = 10
    recipe.output("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i",
                  f"testsrc2=size=320x180:rate=30:duration={seconds}", "-c:v",
                  "libx264", "-preset", "veryfast", "-bf", "3", "-pix_fmt",
                  "yuv420p", "film.mp4")
    wanted = recipe.frames("film.mp4")
    whole = 30 * seconds
    if len(wanted) != whole:
        fail(f"{len(wanted)} frames in the film")

    # Undisturbed.
    encoders = recipe.start("encoders")
    said = recipe.run("decoder")
    encoders.end()
    figures = dict(pair.split("=") for pair in said.split())
    if figures["free"] != figures["slots"] or \
            int(figures["in-place"]) != whole:
        fail(f"the decoder says {said}")
    if recipe.frames("exact.mkv") != wanted:
        fail("other frames than the film's")
    if len(recipe.frames("small.mkv")) != whole:
        fail(f"{len(recipe.frames('small.mkv'))} frames are in small.mkv")

    for _ in range(5):
        if encoder_dies(recipe, wanted):
            break
    else:
        fail("no encoder could be killed in time")
    for _ in range(5):
        if decoder_dies(recipe, wanted):
            break
    else:
        fail("no decoder could be killed in time")


def held_up(recipe, encoders, whole):
    """The one that writes small.mkv stops when the first frames are on their way,
    and so does everybody.  How many are then; 0: it came too late."""
    recipe.until("frames", lambda: recipe.committed("film") or
                 encoders.process.poll() is not None)
    if not encoders.hit(signal.SIGSTOP, "dsi-demo-encode", "small.mkv"):
        return 0
    sent = -1
    while sent != recipe.committed("film"):
        sent = recipe.committed("film")
        time.sleep(0.1)
    return sent if sent < whole else 0


def encoder_dies(recipe, wanted):
    encoders, decoder = recipe.start("encoders"), recipe.start("decoder")
    sent = held_up(recipe, encoders, len(wanted))
    encoders.hit(signal.SIGKILL, "dsi-demo-encode", "small.mkv")
    decoder.end()
    encoders.end()
    if not sent:
        return False
    if recipe.frames("exact.mkv") != wanted:
        fail("an encoder was killed: other frames than the film's")
    print(f"an encoder was killed after {sent} frames")
    return True


def decoder_dies(recipe, wanted):
    encoders, decoder = recipe.start("encoders"), recipe.start("decoder")
    recipe.until("frames", lambda: recipe.committed("film") or
                 decoder.process.poll() is not None)
    sent = recipe.committed("film")
    decoder.hit(signal.SIGKILL, "dsi-demo-decode")
    decoder.end(None)
    encoders.end(None)
    got = recipe.frames("exact.mkv")
    if len(got) == len(wanted):
        return False
    if got != wanted[:len(got)] or len(got) < sent:
        fail(f"the decoder was killed: {len(got)} frames of {sent}, or others")
    if len(recipe.frames("small.mkv")) != len(got):
        fail("the decoder was killed: another number of frames in small.mkv")
    print(f"the decoder was killed after {sent} frames, {len(got)} came")
    return True


# ---- crash-safe-recorder -----------------------------------------------------

def recorder(recipe):
    source = recipe.variable("SOURCE", "videotestsrc")
    second = recipe.start("recorder", NAME="second")
    application = recipe.start("application", SOURCE=source)
    recipe.until("a second file", lambda: recipe.size("second-0.mkv"), second,
                 application)
    first = recipe.start("recorder", NAME="first")
    recipe.until("frames", lambda: recipe.size("first-0.mkv") > 60000, first,
                 second, application)
    first.send(signal.SIGKILL, "gst-launch-1.0", "first-0.mkv")
    recipe.until("frames", lambda: recipe.size("first-1.mkv") > 60000, first,
                 second, application)
    sent = recipe.committed("scene")
    application.send(signal.SIGKILL, "gst-launch-1.0")
    application.end(None)
    first.end()
    second.end()

    got = recipe.frames("second-0.mkv")
    wanted = without_dsi(recipe, "application", len(got),
                         "jpegenc ! matroskamux")
    if got != wanted[:len(got)] or len(got) < sent:
        fail(f"{len(got)} frames were recorded, of {sent}, or others")
    part_of(recipe.frames("first-0.mkv"), got, "the killed one's")
    part_of(recipe.frames("first-1.mkv"), got, "the next one's", at_end=True)
    said = recipe.run("check").split()
    if len(said) != 3 or said[2] != str(len(got)):
        fail(f"ffprobe says {said}")
    print(f"{len(got)} frames, at least {sent} sent; ffprobe: {said}")


# ---- event-loops -------------------------------------------------------------

LOOPS = ("./loop_glib", "./loop_libuv", "./loop_epoll")


def event_loops(recipe):
    for module in ("glib-2.0", "libuv"):
        if subprocess.run(["pkg-config", "--exists", module],
                          check=False).returncode:
            print(f"recipe.event-loops: skipped: no {module}")
            recipe.end()
            sys.exit(77)
    for name in os.listdir(f"{ROOT}/docs/examples"):
        if name.endswith((".c", ".h")):
            shutil.copy(f"{ROOT}/docs/examples/{name}", recipe.folder)
    recipe.run("build")
    lines = "".join(f"{i}\n" for i in range(1, 1000001))
    for loop in LOOPS:
        said = recipe.run("try", LOOP=loop)
        if f" packets, {len(lines)} bytes, the end" not in said:
            fail(f"{loop} to the end: {said}")
        # More packets than it takes at once, and all there before it comes.
        recipe.blocks["many"] = (
            "head -c 1000000 /dev/zero | dsi send many --packets 512 "
            f"--frame-bytes 1000 --wait-consumers 1 & {loop} many")
        said = recipe.run("many")
        if "1000 packets, 1000000 bytes, the end" not in said:
            fail(f"{loop}, many: {said}")
        loop_stopped(recipe, loop)
        loop_orphaned(recipe, loop)
        recipe.blocks["nothing"] = f"{loop} nothing"
        said = recipe.start("nothing").end(1)
        if "nothing: " not in said:
            fail(f"{loop} without a stream: {said}")


def quiet_stream(recipe, loop):
    """Ten packets, and then nothing comes any more."""
    recipe.blocks["quiet"] = "(head -c 1000 /dev/zero; sleep 1000) | " \
        "dsi send quiet --frame-bytes 100"
    recipe.blocks["listen"] = f"exec {loop} quiet"
    sender = recipe.start("quiet")
    listener = recipe.start("listen")
    recipe.until("packets", lambda: recipe.committed("quiet") >= 10, sender,
                 listener)
    # It has said so: its timer has run, so it sleeps in its loop.
    recipe.until("a word", lambda: "10 packets so far" in listener.said(),
                 sender, listener)
    return sender, listener


def loop_stopped(recipe, loop):
    sender, listener = quiet_stream(recipe, loop)
    os.kill(listener.process.pid, signal.SIGTERM)
    said = listener.end()
    if "10 packets, 1000 bytes, stopped" not in said:
        fail(f"{loop} stopped: {said}")
    sender.kill()


def loop_orphaned(recipe, loop):
    sender, listener = quiet_stream(recipe, loop)
    sender.kill()
    said = listener.end(1)
    if "10 packets, 1000 bytes" not in said or "stopped" in said:
        fail(f"{loop} without its producer: {said}")


CASES = {
    "camera": (camera, "camera-two-viewers", ("gst-launch-1.0", "ffmpeg")),
    "transcode": (transcode, "transcode-elsewhere", ("ffmpeg",)),
    "recorder": (recorder, "crash-safe-recorder",
                 ("gst-launch-1.0", "ffmpeg", "ffprobe")),
    "event-loops": (event_loops, "event-loops", ("cc", "pkg-config")),
}


def main():
    case, document, programs = CASES[CASE]
    for program in programs:
        if not shutil.which(program):
            print(f"recipe.{CASE}: skipped: no {program}")
            sys.exit(77)
    folder = tempfile.mkdtemp(prefix="dsi-recipe-")
    environment = dict(
        os.environ, DSI_RUNTIME_DIR=f"{folder}/names", LC_ALL="C",
        PATH=f"{BIN}:{os.environ['PATH']}", LD_LIBRARY_PATH=LIB,
        PKG_CONFIG_PATH=f"{LIB}/pkgconfig",
        GST_PLUGIN_PATH=f"{os.path.dirname(BIN)}/lib/gstreamer-1.0",
        GST_REGISTRY=f"{folder}/registry")
    os.mkdir(f"{folder}/names", 0o700)
    recipe = Recipe(f"{ROOT}/docs/recipes/{document}.md", folder, environment)
    try:
        if "gst-launch-1.0" in programs:
            recipe.output("gst-inspect-1.0", "dsisrc")
        case(recipe)
    except Failed as why:
        print(f"recipe.{CASE}: {why}")
        sys.exit(1)
    finally:
        recipe.end()


main()
