#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trace_test.py - real LTTng sessions, made by `dsi trace`, read as text.

usage: trace_test.py CASE DSI TRACE_STREAM PROVIDER LIBDSI
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from lttng_alone import be_alone

PACKETS = 10000
LINE = re.compile(r"dsi:(\w+): \{.*?\}, \{ (.*) \}$")
PATIENCE = 100


class World:
    def __init__(self, args):
        self.dsi, self.stream, self.provider, self.library = args
        self.folder = tempfile.mkdtemp(prefix="dsi-trace-test-")
        os.environ["DSI_RUNTIME_DIR"] = self.folder
        os.environ.pop("DSI_TRACE", None)

    def command(self, *words):
        return " ".join([self.stream, *words])

    def record(self, script, *options, code=0):
        """Trace a script; return its folder and what the command said."""
        trace = os.path.join(self.folder, "trace")
        shutil.rmtree(trace, ignore_errors=True)
        done = subprocess.run(
            [self.dsi, "trace", "--output", trace, *options, "record", "--",
             "sh", "-c", script], stderr=subprocess.PIPE, text=True,
            timeout=PATIENCE)
        sys.stderr.write(done.stderr)
        check(done.returncode == code, f"exit code {done.returncode}")
        return trace, done.stderr


def check(holds, what):
    if not holds:
        sys.exit("PROBLEM: " + what)


def events(trace):
    """All events as (name, fields), and the number that were lost."""
    done = subprocess.run(["babeltrace2", "--clock-cycles", trace],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=PATIENCE)
    check(done.returncode == 0, done.stderr)
    lost = sum(int(n) for n in
               re.findall(r"Tracer discarded (\d+) event", done.stderr))
    result = []
    for line in done.stdout.splitlines():
        match = LINE.search(line)
        check(match, "not understood: " + line)
        fields = dict(f.split(" = ", 1) for f in match.group(2).split(", "))
        fields["at"] = int(re.match(r"\[(\d+)\]", line).group(1))
        result.append((match.group(1), fields))
    return result, lost


def of(found, name):
    return [f for n, f in found if n == name]


def by_packet(found):
    table = {}
    for fields in found:
        key = (fields["stream"], int(fields["seq"]))
        check(key not in table, f"twice: {key}")
        table[key] = fields
    return table


def four(world):
    return " & ".join(world.command(*words) for words in (
        ("send", "a", str(PACKETS), "50"), ("recv", "a"),
        ("send", "b", str(PACKETS), "50"), ("recv", "b"))) + " & wait"


def matched(world, *options):
    trace, _ = world.record(four(world), *options)
    found, lost = events(trace)
    check(lost == 0, f"{lost} lost")
    commits, gets = by_packet(of(found, "commit")), by_packet(of(found, "get"))
    releases = by_packet(of(found, "release"))
    check(len(commits) == 2 * PACKETS, f"{len(commits)} commits")
    for what, others in (("got", gets), ("released", releases)):
        apart = sorted(commits.keys() ^ others.keys())
        check(not apart, f"{len(apart)} not {what}, from {apart[:1]}")
    for key, commit in commits.items():
        stamp = int(gets[key]["commit_ns"])
        check(commit["at"] <= stamp <= gets[key]["at"] <= releases[key]["at"],
              f"{key}: {commit} {gets[key]} {releases[key]}")
        check(1 <= int(commit["occupancy"]) <= 16, f"{commit}")
    for wait in of(found, "wait_end"):
        check(wait["side"] in ("1", "2"), f"{wait}")
    opened = of(found, "stream_open")
    check(len(opened) == 4 and len({o["stream"] for o in opened}) == 2 and
          len({o["endpoint"] for o in opened}) == 4, f"{opened}")
    check(sorted(o["name"] for o in opened) ==
          ['"a"', '"a"', '"b"', '"b"'], f"{opened}")
    check(len(of(found, "reader_attach")) == 2, "readers")
    check(len(of(found, "stream_close")) == 4, "closed")


def per_user(world):
    matched(world)


def per_process(world):
    matched(world, "--per-process")


def lost(world):
    """The same events with large and small buffers: what is missing is exactly
    what is said to be lost."""
    script = world.command("tight", "20000")
    trace, said = world.record(script)
    whole, count = events(trace)
    check(count == 0 and "lost" not in said, f"{count} lost, said: {said}")
    check(len(of(whole, "commit")) == 20000, "commits")
    trace, said = world.record(script, "--buffer", "64K")
    rest, count = events(trace)
    check(count > 0, "nothing was lost: the test proves nothing")
    check(f"{count} events were lost" in said, f"{count} lost, said: {said}")
    check(len(rest) + count == len(whole),
          f"{len(rest)} events and {count} lost of {len(whole)}")


def killed(world):
    script = (f"{world.command('recv', 'k')} & "
              f"{world.command('send', 'k', '0', '100')} & p=$!; "
              # However long it takes to begin.
              "until [ -e \"$DSI_RUNTIME_DIR/k\" ]; do sleep 0.1; done; "
              "sleep 2; kill -9 $p; wait")
    trace, _ = world.record(script, "--snapshot")
    found, _ = events(trace)
    check(len(of(found, "commit")) > 100, "no commits in the snapshot")
    check(of(found, "peer_dead"), "nobody says that the peer died")
    check(of(found, "stream_open"), "no descriptors")


def wait_for(what):
    until = time.monotonic() + 60
    while not what():
        check(time.monotonic() < until, "waited in vain")
        time.sleep(0.05)


def known():
    """What LTTng knows of programs that it can record."""
    return subprocess.run(["lttng", "--no-sessiond", "list", "--userspace"],
                          stdout=subprocess.PIPE, text=True,
                          timeout=PATIENCE).stdout


def is_described(found):
    """Has a late trace had the time to get everything?"""
    return len({f["endpoint"] for f in of(found, "stream_open")}) == 2 and \
        all(of(found, name) for name in ("format", "reader_attach", "commit",
                                         "get"))


def late(world):
    """The trace begins when the streams have long been open."""
    name = f"late-{os.getpid()}"
    trace = os.path.join(world.folder, "trace")
    environment = dict(os.environ, DSI_TRACE=world.provider,
                       LTTNG_UST_REGISTER_TIMEOUT="0")
    ends = [subprocess.Popen([world.stream, *words], env=environment)
            for words in (("send", "l", "0", "1000"), ("recv", "l"))]
    try:
        time.sleep(1)
        # What a slow machine has not told soon after the beginning, it tells
        # in a longer trace.
        for seconds in (1, 4, 12, 30):
            shutil.rmtree(trace, ignore_errors=True)
            for verb in (["--output", trace, "start"], ["status"]):
                subprocess.run([world.dsi, "trace", *verb, name], check=True,
                               timeout=PATIENCE)
            # A daemon that is new is found after some seconds.
            wait_for(lambda: all(f"PID: {end.pid} " in known()
                                 for end in ends))
            time.sleep(seconds)
            subprocess.run([world.dsi, "trace", "stop", name], check=True,
                           timeout=PATIENCE)
            if is_described(events(trace)[0]):
                break
    finally:
        for end in ends:
            end.send_signal(signal.SIGKILL)
            end.wait()
    found, _ = events(trace)
    # They may come twice, see dsi/trace_hooks.c.
    ends = {f["endpoint"] for f in of(found, "stream_open")}
    check(len(ends) == 2, f"descriptors of {ends}")
    check(of(found, "format"), "formats are missing")
    attached = of(found, "reader_attach")
    check(attached and int(attached[0]["seq"]) > 0, f"{attached}")
    check(of(found, "commit") and of(found, "get"), "no packets")


def second(world):
    """Of two providers one is refused; events do not come twice."""
    copy = os.path.join(world.folder, "libdsi-copy.so")
    shutil.copy(world.provider, copy)
    script = (f"export LD_PRELOAD={world.provider} DSI_TRACE={copy}; "
              f"{world.command('tight', '50')} 2>{world.folder}/said")
    trace, _ = world.record(script)
    with open(f"{world.folder}/said", encoding="utf-8") as handle:
        said = handle.read()
    check("is refused" in said and "lttng" in said, "not refused: " + said)
    check(len(of(events(trace)[0], "commit")) == 50, "commits")
    script = (f"export LD_PRELOAD='{world.provider} {copy}'; unset DSI_TRACE; "
              f"{world.command('tight', '50')} 2>{world.folder}/said")
    trace, _ = world.record(script)
    with open(f"{world.folder}/said", encoding="utf-8") as handle:
        said = handle.read()
    check("is refused" in said, "not refused: " + said)
    check(len(of(events(trace)[0], "commit")) == 50, "commits come twice")


def links(world):
    script = " & ".join(world.command(*w) for w in (
        ("send", "in", "100"), ("filter", "in", "out"), ("recv", "out"))) + \
        " & wait"
    found, _ = events(world.record(script)[0])
    links_found = [(int(f["in_seq"]), int(f["out_seq"]))
                   for f in of(found, "link")]
    check(links_found == [(i, i // 2) for i in range(100)], f"{links_found}")


def violations(world):
    """Two late packets are named, and no packet is that was in time by the
    trace's own clock."""
    script = (f"{world.command('recv', 'v')} & "
              f"{world.command('send', 'v', '200', '1000', 'late')}; wait")
    found, _ = events(world.record(script)[0])
    named = {int(f["seq"]): f for f in of(found, "violation")}
    check(50 in named and 120 in named, f"named: {sorted(named)}")
    check(int(named[50]["actual_ns"]) > 20e6 and named[50]["kind"] == "0" and
          int(named[50]["declared_ns"]) == 2000000, f"{named[50]}")


def declared(world):
    """What the reader needs by what both declare: 4 ms of jitter and response have
    four packets of 1 ms, and one more where the order of equal times is the worst.
    Of a reader that declares nothing there is no such event."""
    script = " & ".join(world.command(*w) for w in (
        ("recv", "n", "declared"), ("recv", "m"),
        ("send", "n", "5", "1000", "late"), ("send", "m", "5"))) + "; wait"
    found, _ = events(world.record(script)[0])
    reader = [f for f in of(found, "stream_open")
              if f["role"] == "2" and f["name"] == '"n"']
    needs = of(found, "need")
    check(len(reader) == 1 and len(needs) >= 1, f"{reader} {needs}")
    for need in needs:
        check(need["endpoint"] == reader[0]["endpoint"] and
              need["packets"] == "5" and need["get_max_ns"] == "2000000" and
              need["release_max_ns"] == "2000000", f"{need}")


def drops(world):
    script = (f"{world.command('recv', 'd', 'policy=drop', 'slow')} & "
              f"{world.command('send', 'd', '300', '200')}; wait")
    found, _ = events(world.record(script)[0])
    got = {int(f["seq"]) for f in of(found, "get")}
    dropped = {int(f["seq"]) for f in of(found, "drop") if f["reason"] == "2"}
    check(dropped, "nothing was dropped: the test proves nothing")
    check(not got & dropped, "dropped and taken")
    check(got | dropped == set(range(300)), "neither dropped nor taken")


def exit_code(world):
    world.record("exit 7", code=7)
    world.record("kill -15 $$", code=143)
    done = subprocess.run([world.dsi, "trace", "record", "--", "/nowhere"],
                          cwd=world.folder, timeout=PATIENCE,
                          stderr=subprocess.PIPE, text=True)
    check(done.returncode == 127 and "/nowhere" in done.stderr, f"{done}")
    check("nothing was recorded" in done.stderr, f"{done}")


def terminated(world):
    """SIGTERM goes to the command; session and daemon end with it."""
    trace = os.path.join(world.folder, "trace")
    recorder = subprocess.Popen(
        [world.dsi, "trace", "record", "--output", trace, "--", "sh", "-c",
         f"echo on >{world.folder}/on; exec sleep 100"],
        stderr=subprocess.PIPE, text=True)
    wait_for(lambda: os.path.exists(f"{world.folder}/on"))
    recorder.send_signal(signal.SIGTERM)
    _, said = recorder.communicate(timeout=PATIENCE)
    check(recorder.returncode == 143, f"exit code {recorder.returncode}")
    check("nothing was recorded" in said and "locked" not in said, said)
    listed = subprocess.run(["lttng", "--no-sessiond", "list"],
                            stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.DEVNULL, timeout=PATIENCE)
    check(f"dsi-{recorder.pid}-" not in listed.stdout, listed.stdout)


def silent(world):
    """A daemon that does not answer is not waited for without an end, and goes."""
    pid_file = "/run/dsi-trace/sessiond.pid"
    if os.geteuid() != 0 or "DSI_TRACE_TEST_ALONE" not in os.environ:
        print("skipped: needs root, and a place of LTTng of its own")
        sys.exit(77)
    _, said = world.record(f"cp {pid_file} {world.folder}/pid; "
                           f"kill -STOP $(cat {pid_file})", code=1)
    check("did not end in time" in said, said)
    with open(f"{world.folder}/pid", encoding="ascii") as file:
        stat = f"/proc/{int(file.read())}/stat"
    if os.path.exists(stat):
        with open(stat, encoding="ascii") as file:
            check(file.read().split()[2] in "ZX", "the daemon is still there")
    world.record("exit 7", code=7)


def unsaid(world):
    """Whoever waits for a session's end, and is not told, is not waited for."""
    tool = shutil.which("lttng")
    with open(f"{world.folder}/lttng", "w", encoding="ascii") as file:
        file.write('#!/bin/sh\ncase " $* " in\n*" destroy "*) '
                   f'{tool} "$@"; exec sleep 1000 ;;\n'
                   f'*) exec {tool} "$@" ;;\nesac\n')
    os.chmod(f"{world.folder}/lttng", 0o755)
    os.environ["PATH"] = f"{world.folder}:{os.environ['PATH']}"
    _, said = world.record("exit 7", code=7)
    check("did not end" not in said, said)


def needed(world):
    done = subprocess.run(["readelf", "-d", world.library],
                          stdout=subprocess.PIPE, text=True, check=True)
    check("NEEDED" in done.stdout and "lttng" not in done.stdout, done.stdout)


def main():
    be_alone()
    case = sys.argv[1]
    world = World(sys.argv[2:6])
    for tool in ("lttng", "lttng-sessiond", "babeltrace2", "readelf"):
        if not shutil.which(tool):
            print(f"skipped: no {tool}; Debian: lttng-tools babeltrace2 binutils")
            sys.exit(77)
    try:
        globals()[case](world)
    finally:
        shutil.rmtree(world.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
