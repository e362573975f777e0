#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare_sound.py SOUND.wav SAMPLES [CHECKSUM] - are the bytes in SAMPLES
exactly the samples of the WAV file?  And is the checksum (CRC-32) theirs?
"""
import sys
import wave
import zlib


def first_difference(a, b):
    for place, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return place
    return min(len(a), len(b))


def main():
    try:
        with wave.open(sys.argv[1]) as sound:
            sent = sound.readframes(sound.getnframes())
        with open(sys.argv[2], "rb") as samples:
            arrived = samples.read()
    except (OSError, EOFError, wave.Error) as problem:
        sys.exit(f"compare_sound.py: {problem}")
    if sent != arrived:
        sys.exit(f"samples differ: {len(arrived)} bytes of {len(sent)} arrived, "
                 f"the first difference is at {first_difference(sent, arrived)}")
    if len(sys.argv) > 3 and int(sys.argv[3], 16) != zlib.crc32(sent):
        sys.exit(f"the checksum is {zlib.crc32(sent):08x}, not {sys.argv[3]}")
    print(f"samples equal: {len(arrived)} bytes, as in {sys.argv[1]}")


if __name__ == "__main__":
    main()
