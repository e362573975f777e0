#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""recipe_sound.py ROOT BIN ALSA - the recipe sound-to-pipewire.

A player of ALSA is heard by a recorder of PipeWire, also the one that follows
after one was killed; and a player of PipeWire by a receiver of a stream.
"""
import os
import shutil
import signal
import sys

ROOT, BIN, ALSA = sys.argv[1:4]
sys.path.insert(0, f"{ROOT}/tests/pipewire")

# pylint: disable=wrong-import-position
import pipewire_server as server  # noqa: E402
from recipe import Failed, Recipe  # noqa: E402


def from_alsa(recipe):
    """The tone, or why not."""
    bridge = recipe.start("bridge")
    killed = recipe.start("player")
    recipe.until("packets", lambda: recipe.committed("music"), bridge, killed)
    killed.send(signal.SIGKILL, "aplay")
    killed.end(None)
    recipe.until("the bridge begins again", lambda: "without end of stream" in
                 bridge.said() and len(bridge.pids("dsi")) == 1, bridge)
    recorder = server.Program(
        "pw-record", "--rate", str(server.RATE), "--channels", "2", "--format",
        "s16", server.path("copy.wav"))
    player = recipe.start("player")
    recipe.until("ports", lambda: all(
        port in server.output("pw-link", "-io") for port in
        ("dsi.music:capture_FR", "pw-record:input_FR")), bridge, player)
    recipe.run("links")
    player.end()
    recorder.stop()
    bridge.kill()
    return server.check_tone(server.bytes_of("copy.wav"))


def to_stream(recipe):
    bridge = recipe.start("sink")
    receiver = recipe.start("receiver")
    player = server.Program("pw-cat", "-p", server.path("song.wav"))
    server.link("pw-cat:output", "dsi.radio:playback")
    player.end()
    bridge.send(signal.SIGTERM, "dsi")
    bridge.end(128 + signal.SIGTERM)
    receiver.end()
    return server.check_tone(server.bytes_of("radio.raw"))


def case():
    if not shutil.which("aplay"):
        print("recipe.sound: skipped: no aplay (package alsa-utils)")
        sys.exit(77)
    server.ENVIRONMENT.update(
        PATH=f"{BIN}:{os.environ['PATH']}", AUDIODEV="",
        ALSA_CONFIG_PATH=f"/usr/share/alsa/alsa.conf:{ALSA}")
    recipe = Recipe(f"{ROOT}/docs/recipes/sound-to-pipewire.md", server.FOLDER,
                    server.ENVIRONMENT)
    # What the text proposes for a machine without a session manager.
    if server.PORTS not in recipe.text:
        server.fail("other PIPEWIRE_PROPS than in the text")
    daemon = server.daemon()
    server.make_tone()
    os.rename(server.path("tone.wav"), server.path("song.wav"))
    try:
        server.tries(from_alsa, recipe)
        server.tries(to_stream, recipe)
    except Failed as why:
        server.fail(why)
    finally:
        recipe.end()
        daemon.stop()


server.main(case)
