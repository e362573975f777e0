#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mutate.py - would the tests notice a mistake?

Each mutant is the data plane with one small change (mutators.py).  It is compiled,
as far as the change reaches, and linked to the fast test programs, which run from
cheap to dear until one of them fails: then the mutant is killed.  One that no test
kills is a hole in the tests, or does the same as the original: survivors.txt says
of each which, and why.

usage: mutate.py --build DIR --work DIR [--sample N] [--seed N] [--jobs N]
                 [--file NAME]... [--kind NAME]... [--tests LEVEL] [--again]
                 [--key TEXT] [--doubt]
                 [--least PERCENT] [--fresh] [--strict] [--report]

--build  a configured build; its compile_commands.json says how things are made
--work   results.jsonl (which is continued) and all that is compiled
--tests  unit: only the cheapest tests; seeds: also whether the code is the same,
         and more schedules of the deterministic port; all: also the explorer with
         one preemption, and the stress (the usual); wide: also the explorer's whole
         scenarios, the Linux port, and hostile peers, which sleep a lot.  What
         survives less than `all` is open, not judged.
--again  only what was open, or survived, the last time
--key    only mutants with this text in their key, whatever is known of them
--doubt  ask all tests also of those that survivors.txt says are equivalent
--fresh  forget what results.jsonl says
--strict a survivor that survivors.txt does not explain is an error
--report only what is in results.jsonl
"""
import argparse
import collections
import concurrent.futures
import ctypes
import hashlib
import json
import os
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

import weave

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

FILES = ["ring.h", "notify.h", "shm_check.h", "usual_producer.h",
         "usual_consumer.h", "usual_wait.h", "producer.h", "consumer.h",
         "data_plane.h",
         "data_plane.c", "producer.c", "consumer.c"]

# What is linked, of which targets of CMake; {so} is a shared library, and what
# uses it need not be linked again.
PORTS = {"fake": "dsi_fake", "linux": "dsi_port_linux"}
PROGRAMS = {  # name: (port, targets)
    "unit.ledger": ("linux", ["unit.ledger"]),
    "unit.plane": ("linux", ["unit.plane"]),
    "unit.usual": ("linux", ["unit.usual"]),
    "unit.waiting": ("linux", ["unit.waiting"]),
    "unit.overtaken": ("linux", ["unit.overtaken"]),
    "unit.liars": ("linux", ["unit.liars"]),
    "unit.passing": ("linux", ["unit.passing"]),
    "unit.shm_check": ("linux", ["unit.shm_check"]),
    "unit.packet_table": ("linux", ["unit.packet_table"]),
    "unit.trace": ("linux", ["unit.trace"]),
    "unit.traced": ("linux", ["unit.traced"]),
    "unit.lied-to": ("linux", ["unit.lied-to"]),
    "unit.apart": ("linux", ["unit.apart"]),
    "unit.figures": ("linux", ["unit.figures"]),
    "unit.misuse": ("linux", ["unit.misuse"]),
    "unit.events": ("linux", ["unit.events"]),
    "port.fake": ("fake", ["port.fake"]),
    "port.fake-simulation": ("fake", ["port.fake-simulation"]),
    "port.fake-spin": ("fake", ["port.fake-spin"]),
    "stress_hand": ("linux", ["stress_hand"]),
    "stress_real": ("linux", ["stress_real"]),
    "hostile.consumer": ("linux", ["hostile.consumer"]),
    "hostile.regions": ("linux", ["hostile.regions"]),
    "hostile.watch": ("linux", ["hostile.watch"]),
    "hostile.control": ("linux", ["hostile.control"]),
    "hostile.producer": ("linux", ["hostile.producer"]),
    "port.linux": ("linux", ["port.linux"]),
}
# Whose calls of these functions of the port go through the test: the core is in it.
WRAPPED = {"unit.waiting": ["dsi_port_wait", "dsi_port_relax"],
           "unit.apart": ["dsi_port_cpu"]}
EXPLORER = "model.scenarios"
EXPLORER_TARGETS = ["dsi_watched_core", "dsi_explorer", "model.scenarios"]

# (program, arguments, seconds of processor time, seconds); cheap ones first.  A
# process of a test takes milliseconds of its processor's time, whatever else the
# machine does; what is killed by the limit does not end.
UNIT = [("unit.ledger", [], 2, 30), ("unit.liars", [], 2, 30), ("unit.passing", [], 2, 30),
        ("unit.usual", [], 2, 30), ("unit.plane", [], 2, 30), ("unit.waiting", [], 2, 30),
        ("unit.overtaken", [], 2, 30),
        ("unit.lied-to", [], 2, 30), ("unit.apart", [], 2, 30),
        ("unit.shm_check", [], 2, 30),
        ("unit.packet_table", [], 2, 30), ("unit.figures", [], 5, 30),
        ("unit.events", [], 5, 30), ("unit.misuse", [], 5, 30),
        ("unit.traced", [], 5, 30), ("unit.trace", [], 5, 30), ("port.fake", ["--seeds", "1"], 3, 120)]
# What survives these is compiled as users get it: the same code is no mutant.
# Those of the explorer that are over in two seconds; and for the order of accesses,
# which only the explorer sees, others as well.
SHORT = """lender event cancel visit two-visit two-leave many-short killed-one
    bell block-ring2 commit-get block-early drop-new""".split()
LONGER = "reclaim-ring block-holding reclaim-ordinary join-late reclaim".split()
# Over at once with one preemption at most.
BOUNDED = """lender event cancel visit two-visit commit-get-timed block-packet1
    select-data commit-get drop-new deadline two-leave many-short many-usual
    many-usual-ring1 bell block-holding block-ring2 block-ring1 reclaim-one
    reclaim-ordinary spurious reclaim-ring join-late reclaim killed-one
    block-early fields lie-more lie-back lie-twice lie-token lie-taken lie-leave
    deadline-space many-usual-returns""".split()
# For the order of accesses, which only the explorer sees, as deep as they go.
DEEP = "fields many-usual many-usual-ring1 many-usual-wraps".split()


def scenarios(names, *options):
    return [(EXPLORER, ["--brief", "--seconds", "120", *options, name], 120, 400)
            for name in names]


QUICK = scenarios(BOUNDED, "--bound", "1")
ORDERS = scenarios(DEEP)
MODEL = scenarios(SHORT + LONGER)
STRESS = [
    ("stress_hand", ["consumers=3", "policy=mixed", "waiting=sleep", "packets=67",
                     "batch=7", "shuffle=1", "wrap=1"], 30, 300),
    ("stress_hand", ["policy=block", "waiting=sleep", "ring=1", "packets=1",
                     "wrap=1"], 30, 300),
    ("stress_real", ["consumers=3", "policy=mixed", "waiting=spin", "batch=4",
                     "shuffle=1", "joiner=1"], 30, 300),
]
SEEDS = [("port.fake-spin", [], 5, 60), ("port.fake-simulation", [], 10, 120),
         ("port.fake", ["--seeds", "4"], 20, 300)]
WIDE = [("hostile.consumer", [], 10, 120), ("hostile.regions", [], 10, 120),
        ("hostile.watch", [], 10, 120), ("hostile.control", [], 10, 120),
        ("port.linux", [], 10, 200), ("hostile.producer", [], 20, 300)]


def say(*words):
    print(*words, flush=True)


# ---- building -----------------------------------------------------------------

class Object:
    def __init__(self, entry, base):
        words = shlex.split(entry["command"])
        self.source = entry["file"]
        self.target = re.search(r"/([^/]+)\.dir/", words[words.index("-o") + 1])[1]
        keep = [w for w in words[1:words.index("-o")]
                if not re.match(r"-(W|g|fvisibility|O|D_FORTIFY|fstack)", w)]
        self.watched = "-fsanitize=thread" in keep
        self.flags = ["-w", "-g0", "-fPIC",
                      "-O1" if self.watched else "-O0", *keep]
        name = self.target + "." + re.sub(r"\W", "_", self.source)
        self.path = os.path.join(base, name + ".o")
        self.needs = set()


LEVELS = ["unit", "seeds", "all", "wide"]
LATE = "s by the clock"


def digest(*texts):
    value = hashlib.sha256()
    for text in texts:
        value.update(text.encode() if isinstance(text, str) else text)
    return value.hexdigest()[:12]


class Project:
    """All objects, with all mutants in them (weave.py), and what is linked."""

    def __init__(self, args):
        self.cc = ["ccache", "gcc"] if shutil.which("ccache") else ["gcc"]
        self.base = os.path.join(args.work, "woven")
        self.plain = os.path.join(args.work, "plain")
        for folder in (os.path.join(self.base, "dsi"), self.plain):
            os.makedirs(folder, exist_ok=True)
        with open(os.path.join(args.build, "compile_commands.json"),
                  encoding="utf-8") as handle:
            entries = json.load(handle)
        wanted = {"dsi_core", *PORTS.values(), *EXPLORER_TARGETS,
                  *(t for _, targets in PROGRAMS.values() for t in targets)}
        self.objects = [o for o in (Object(e, self.base) for e in entries)
                        if o.target in wanted]
        self.missing = wanted - {o.target for o in self.objects}
        self.outputs = {"core.so": ["dsi_core"]}
        for port, target in PORTS.items():
            self.outputs[f"{port}.so"] = [target]
        for name, (_, targets) in PROGRAMS.items():
            core = ["dsi_core"] if name in WRAPPED else []
            self.outputs[name] = [*core, *targets]
        self.outputs[EXPLORER] = EXPLORER_TARGETS
        self.versions = {}
        self.no_c = set()

    def of(self, output):
        return [o for o in self.objects if o.target in self.outputs[output]]

    def has(self, program):
        return bool(self.of(program))

    def version(self, program):
        """Of the sources of a test: who changes those, judges again."""
        if program not in self.versions:
            texts = []
            for obj in self.of(program):
                if "/tests/" in obj.source:
                    with open(obj.source, "rb") as handle:
                        texts.append(handle.read())
            self.versions[program] = digest(*texts)
        return self.versions[program]

    def compile(self, flags, source, out, overlay, extra=()):
        command = [*self.cc, *(["-I", overlay] if overlay else []), *flags,
                   *extra, f"-fmacro-prefix-map={overlay or ROOT}={ROOT}",
                   "-c", source, "-o", out]
        # A cache shall not change the paths in what the compiler says.
        return subprocess.run(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "CCACHE_BASEDIR": ""})

    # ---- all mutants at once -------------------------------------------------

    def woven(self, name):
        return os.path.join(self.base, "dsi", name)

    def write(self, name, text):
        """Only what is new, so that a compiler that remembers may."""
        path = self.woven(name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as handle:
                if handle.read() == text:
                    return
        with open(path, "w", encoding="utf-8") as handle:
            handle.write(text)

    def weave(self, name, text, functions, mutants, firsts):
        """Those that are no C are found by what the compiler says."""
        with open(os.path.join(ROOT, "dsi", "check.h"), encoding="utf-8") as handle:
            check = handle.read()
        plain = check.replace("__attribute__((always_inline)) static inline",
                              "__attribute__((unused)) static")
        if plain == check:
            sys.exit("check.h defines DSI_USUAL otherwise than weave.py thinks")
        self.write("check.h", plain)
        flags = next(o.flags for o in self.objects if o.target == "dsi_core")
        for _ in range(8):
            woven = weave.weave(text, functions, mutants, firsts)
            self.write(name, woven)
            done = self.compile(flags, self.woven(name), "/dev/null", self.base,
                                ["-x", "c", "-fsyntax-only", "-fmax-errors=0"])
            if done.returncode == 0:
                return
            bad = {weave.number_at(woven, int(line)) for line in re.findall(
                rf"{re.escape(self.woven(name))}:(\d+):\d+: error", done.stderr)}
            if not bad or 0 in bad:
                sys.exit(f"cannot compile {name} with its mutants:\n{done.stderr}")
            self.no_c |= bad
            mutants = [(n, m) for n, m in mutants if n not in bad]
        sys.exit(f"cannot compile {name} with its mutants")

    def link(self, output, objects):
        out = os.path.join(self.base, output)
        if output.endswith(".so"):
            command = ["-shared", "-o", out, *objects, "-lpthread",
                       f"-Wl,-soname={output}"]
        elif output == EXPLORER:
            command = ["-Wl,--wrap=memcpy,--wrap=memset", "-o", out, *objects]
        else:
            port, _ = PROGRAMS[output]
            core = (["-rdynamic", *(f"-Wl,--wrap={call}" for call in WRAPPED[output])]
                    if output in WRAPPED else
                    [os.path.join(self.base, "core.so")])
            command = ["-o", out, *objects, *core,
                       os.path.join(self.base, port + ".so"),
                       "-lcmocka", "-lpthread", f"-Wl,-rpath-link={self.base}"]
        return subprocess.run(["gcc", *command], stderr=subprocess.PIPE, text=True)

    def source_of(self, obj):
        folder, name = os.path.split(obj.source)
        woven = self.woven(name)
        ours = folder == os.path.join(ROOT, "dsi") and os.path.exists(woven)
        return woven if ours else obj.source

    def make_object(self, obj):
        done = self.compile(obj.flags, self.source_of(obj), obj.path, self.base)
        if done.returncode:
            sys.exit(f"cannot compile {obj.source}:\n{done.stderr}")

    def make(self, pool):
        choice = os.path.join(self.base, "choice.c")
        self.write("../choice.c", weave.CHOICE)
        choice_object = choice[:-1] + "o"
        done = self.compile(["-w", "-O1", "-fPIC"], choice, choice_object, None)
        if done.returncode:
            sys.exit(done.stderr)
        list(pool.map(self.make_object, self.objects))
        for output in self.outputs:
            objects = [o.path for o in self.of(output)]
            if not objects:
                continue
            if output in ("core.so", EXPLORER) or output in WRAPPED:
                objects.append(choice_object)
            done = self.link(output, objects)
            if done.returncode:
                sys.exit(f"cannot link {output}:\n{done.stderr}")

    # ---- one alone -----------------------------------------------------------

    def find_needs(self, obj):
        """What the object is made of, and the object as users get it."""
        out = os.path.join(self.plain, os.path.basename(obj.path))
        done = self.compile(obj.flags, obj.source, out, None,
                            ["-O2", "-MD", "-MF", out + ".d"])
        if done.returncode:
            sys.exit(f"cannot compile {obj.source}:\n{done.stderr}")
        with open(out + ".d", encoding="utf-8") as handle:
            obj.needs = set(handle.read().replace("\\\n", " ").split()[1:])

    def reached(self, name):
        core = self.of("core.so")
        for obj in core:
            if not obj.needs:
                self.find_needs(obj)
        path = os.path.join(ROOT, "dsi", name)
        reached = [o for o in core if path in o.needs]
        if not reached:
            sys.exit(f"PROBLEM: no object seems to be made of {name}")
        return reached

    def same_code(self, folder, name, text):
        """Does the compiler make the same of it, as users get it?"""
        os.makedirs(os.path.join(folder, "dsi"), exist_ok=True)
        changed = os.path.join(folder, "dsi", name)
        with open(changed, "w", encoding="utf-8") as handle:
            handle.write(text)
        original = os.path.join(ROOT, "dsi", name)
        out = os.path.join(folder, "alone.o")
        try:
            for obj in self.reached(name):
                source = changed if obj.source == original else obj.source
                plain = os.path.join(self.plain, os.path.basename(obj.path))
                if self.compile(obj.flags, source, out, folder,
                                ["-O2"]).returncode:
                    return False
                with open(plain, "rb") as one, open(out, "rb") as two:
                    if one.read() != two.read():
                        return False
            return True
        finally:
            os.unlink(changed)


# ---- running ------------------------------------------------------------------

class Runner:
    """One mutant after the other, in a folder of its own."""

    def __init__(self, project, folder):
        self.project = project
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        self.names = os.path.join(folder, "names")

    def fails(self, test, number):
        """How the test fails with the mutant, or None."""
        program, arguments, processor, limit = test

        # Names of others are others': two may run the same test.
        shutil.rmtree(self.names, ignore_errors=True)
        os.makedirs(self.names)

        def limits():
            # Who started it may be stopped.
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        env = {**os.environ, "DSI_STRESS_PACKETS": "5000",
               "DSI_MUTANT": str(number),
               "DSI_RUNTIME_DIR": self.names,
               "DSI_MUTANT_MET": os.path.join(self.folder, "met"),
               "LD_LIBRARY_PATH": self.project.base}
        child = subprocess.Popen(
            [os.path.join(self.project.base, program), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", env=env, preexec_fn=limits,
            start_new_session=True, cwd=self.folder)
        late = threading.Event()

        def end(is_late=True):
            if is_late:
                late.set()
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        timer = threading.Timer(limit, end)
        timer.start()
        said = None
        for line in child.stdout:
            if line.startswith("not ok") or "[  FAILED  ]" in line:
                said = line.strip()
                break
        if said:
            end(False)
        code = child.wait()
        timer.cancel()
        child.stdout.close()
        end(False)
        if said:
            return said[:100]
        if late.is_set():
            return f"took more than {limit} {LATE}" if code else None
        if code in (0, 77) or (code == 2 and program == EXPLORER):
            return None  # 2: it was not done in its time
        if code in (-signal.SIGXCPU, -signal.SIGKILL):
            return f"took more than {processor} s of the processor"
        return f"ended with {code}"

    def met(self, test):
        """The functions with mutants that the test calls, by their first one."""
        path = os.path.join(self.folder, "met")
        if os.path.exists(path):
            os.unlink(path)
        how = self.fails(test, -1)
        if how:
            return how, set()
        if not os.path.exists(path):
            return None, set()
        with open(path, encoding="utf-8") as handle:
            return None, {int(line) for line in handle}


def name_of(test):
    return " ".join([test[0], *test[1]])


def by_of(test):
    return " ".join([test[0], *(test[1][-1:] if test[0] == EXPLORER else [])])


def stages_of(kind, level):
    """What to run, in this order; None is the question for the same code."""
    if kind in ("order", "fence") and level >= 2:
        stages = [QUICK, UNIT, STRESS, ORDERS]
    else:
        stages = [UNIT]
        if level >= 1:
            stages += [None, SEEDS]
        if level >= 2:
            stages += [QUICK, STRESS]
    return stages + ([MODEL, WIDE] if level >= 3 else [])


class Judge:
    """Which tests to run with a mutant, and in which order."""

    def __init__(self, args, project, numbers, firsts, alone):
        self.args = args
        self.level = LEVELS.index(args.tests)
        self.project = project
        self.numbers, self.firsts, self.alone = numbers, firsts, alone
        self.reach = {}
        self.kills = collections.Counter()
        self.lock = threading.Lock()

    def tests(self):
        seen = {}
        for kind in ("order", "constant"):
            for stage in stages_of(kind, self.level):
                for test in stage or []:
                    if self.project.has(test[0]):
                        seen[name_of(test)] = test
        return seen.values()

    def learn(self, runner):
        """A test that fails anyway proves nothing; and what each of them calls."""
        for test in self.tests():
            how, self.reach[name_of(test)] = runner.met(test)
            if how:
                sys.exit(f"PROBLEM: without any change {name_of(test)} fails: "
                         f"{how}")
        say(f"unchanged sources: the tests of level {self.args.tests} hold")

    def in_order(self, stage, mutant):
        """Those that call the function; first who killed most of its mutants."""
        first = self.firsts[mutant.file, mutant.function]
        mine = [t for t in stage if first in self.reach.get(name_of(t), ())]
        return sorted(mine, key=lambda t: -self.kills[
            mutant.file, mutant.function, name_of(t)])

    def judge(self, runner, mutant, passed, equivalent):
        """(verdict, by, how); @passed: tests it is known to pass, by version.
        Of one that is known to do the same only the cheap tests are asked."""
        number = self.numbers[mutant.key]
        if number in self.project.no_c:
            return "no C", "", ""
        level = 0 if equivalent else self.level
        for stage in stages_of(mutant.kind, level):
            if stage is None:
                if mutant.kind not in ("order", "fence") and \
                        "same code" not in passed and self.project.same_code(
                            runner.folder, mutant.file, self.alone(mutant)):
                    return "same code", "", ""
                passed["same code"] = "no"
                continue
            for test in self.in_order(stage, mutant):
                name, version = name_of(test), self.project.version(test[0])
                if passed.get(name) == version:
                    continue
                how = runner.fails(test, number)
                if how and how.endswith(LATE):
                    # It may have been the machine that stood still.
                    how = runner.fails(test, number)
                if how:
                    with self.lock:
                        self.kills[mutant.file, mutant.function, name] += 1
                    return "killed", by_of(test), how
                passed[name] = version
        return "survived" if level >= 2 else "open", "", ""


# ---- the whole ----------------------------------------------------------------

def read_list(path):
    """The reviewed survivors: key and reason."""
    listed, key = {}, None
    with open(path, encoding="utf-8") as handle:
        for line in handle:
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            if not line[0].isspace():
                key = line
                listed[key] = ""
            elif key is None:
                raise ValueError(f"{path}: a reason without a mutant: {line}")
            else:
                listed[key] += " " + line.strip()
    nothing = [key for key, reason in listed.items() if not reason]
    if nothing:
        # Several mutants in a row share the reason behind the last.
        keys = list(listed)
        for at in range(len(keys) - 2, -1, -1):
            listed[keys[at]] = listed[keys[at]] or listed[keys[at + 1]]
    return {key: reason.strip() for key, reason in listed.items()}


class Results:
    """What is known, by key; of a function that has changed since, nothing."""

    def __init__(self, path, fresh, versions):
        self.path = path
        if fresh and os.path.exists(path):
            os.unlink(path)
        self.lock = threading.Lock()
        self.known = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as handle:
                for line in handle:
                    entry = json.loads(line)
                    if versions.get(entry["key"]) == entry["function"]:
                        self.known[entry["key"]] = entry

    def add(self, entry):
        with self.lock:
            self.known[entry["key"]] = entry
            with open(self.path, "a", encoding="utf-8") as handle:
                handle.write(json.dumps(entry) + "\n")


def choose(mutants, args):
    chosen = mutants
    if args.key:
        return [m for m in chosen if args.key in m.key]
    if args.sample:
        chosen = random.Random(args.seed).sample(
            chosen, min(args.sample, len(chosen)))
        chosen.sort(key=mutants.index)
    return chosen


def undone(chosen, args, results):
    """So that what was done until somebody stops it is a sample."""
    if args.key:
        return chosen
    verdicts = {key: entry["verdict"] for key, entry in results.known.items()}
    new = [m for m in chosen if m.key not in verdicts]
    left = [m for m in chosen if verdicts.get(m.key) in ("open", "survived")]
    random.Random(args.seed).shuffle(new)
    random.Random(args.seed).shuffle(left)
    return left if args.again else new + left


def run(args, judge, todo, listed, versions, results):
    free = [Runner(judge.project, os.path.join(args.work, f"worker-{n}"))
            for n in range(args.jobs)]
    lock = threading.Lock()
    total, done = len(todo), 0

    def one(mutant):
        nonlocal done
        with lock:
            runner = free.pop()
        start = time.monotonic()
        passed = dict(results.known.get(mutant.key, {}).get("passed", {}))
        same = not args.doubt and \
            listed.get(mutant.key, "").startswith("equivalent:")
        verdict, by, how = judge.judge(runner, mutant, passed, same)
        with lock:
            free.append(runner)
            done += 1
        results.add({"key": mutant.key, "function": versions[mutant.key],
                     "file": mutant.file, "line": mutant.line,
                     "kind": mutant.kind, "verdict": verdict, "by": by,
                     "how": how, "passed": passed if verdict != "killed" else {},
                     "seconds": round(time.monotonic() - start, 2)})
        say(f"{done:4}/{total} {verdict:9} {by:22} {mutant.file}:{mutant.line} "
            f"{mutant.kind}: {mutant.new_line[:60]}")

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(one, todo))


def show(mutant, reason):
    say(f"{mutant.file}:{mutant.line} in {mutant.function}(): {mutant.kind}")
    say(f"  - {mutant.old_line}\n  + {mutant.new_line}")
    say(f"  {reason}" if reason else "  NOT EXPLAINED")


def report(args, chosen, results, listed):
    table = collections.defaultdict(collections.Counter)
    problems = 0
    for mutant in chosen:
        entry = results.known.get(mutant.key)
        if not entry:
            continue
        verdict = entry["verdict"]
        reason = listed.get(mutant.key)
        if verdict == "open" and reason and reason.startswith("equivalent:"):
            verdict = "equivalent"
        elif verdict == "survived":
            show(mutant, reason)
            if reason and reason.startswith("equivalent:"):
                verdict = "equivalent"
            elif reason:
                verdict = "accepted"
            else:
                problems += 1
        elif verdict == "killed" and mutant.key in listed:
            say(f"note: listed, but {entry['by']} kills it: {mutant.key}")
        table[mutant.file][verdict] += 1
        table["all"][verdict] += 1
    columns = ["killed", "survived", "accepted", "equivalent", "same code",
               "no C", "open"]
    say(f"\n{'file':18}" + "".join(f"{c:>11}" for c in columns) + "    killed")
    for file in [*FILES, "all"]:
        row = table[file]
        if row:
            say(f"{file:18}" + "".join(f"{row[c]:11}" for c in columns) +
                f"  {share(row):6.1f} %")
    total = table["all"]
    good = share(total) >= args.least and not (problems and args.strict)
    say(f"mutation: {'ok' if good else 'FAILED'}: {sum(total.values())} mutants, "
        f"{total['killed']} killed, {total['survived'] + total['accepted']} "
        f"survived, {problems} unexplained, {total['equivalent']} equivalent, "
        f"{total['same code']} same code, {total['no C']} not C, "
        f"{total['open']} open, "
        f"{share(total):.1f} % killed, limit {args.least:g} %")
    return good


def share(row):
    judged = (row["killed"] + row["survived"] + row["accepted"] +
              row["open"])
    return 100.0 * row["killed"] / judged if judged else 100.0


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file", action="append")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--key")
    parser.add_argument("--kind", action="append")
    parser.add_argument("--tests", choices=LEVELS, default="all")
    parser.add_argument("--least", type=float, default=95)
    parser.add_argument("--doubt", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--report", action="store_true")
    return parser.parse_args()


def main():
    args = arguments()
    try:
        import mutators
    except ImportError:
        say("skipped: needs python3-clang-14")
        sys.exit(77)
    args.work = os.path.abspath(args.work)
    os.makedirs(args.work, exist_ok=True)
    flags = ["-std=c11", "-I", ROOT, "-I", os.path.join(ROOT, "include"),
             "-I", os.path.join(args.build, "include")]
    mutants, texts, functions, versions = [], {}, {}, {}
    for name in FILES:
        path = os.path.join(ROOT, "dsi", name)
        with open(path, encoding="utf-8") as handle:
            texts[name] = handle.read()
        found, functions[name] = mutators.find(path, name, flags)
        mutants += found
        for mutant in found:
            of = functions[name][mutant.function]
            versions[mutant.key] = digest(texts[name][of.start:of.end])
    listed = read_list(os.path.join(HERE, "survivors.txt"))
    gone = set(listed) - {m.key for m in mutants}
    for key in sorted(gone):
        say(f"PROBLEM: in survivors.txt, but no mutant any more: {key}")
    if gone:
        sys.exit(1)
    results = Results(os.path.join(args.work, "results.jsonl"), args.fresh,
                      versions)
    numbers = {m.key: n for n, m in enumerate(mutants, 1)}
    firsts = {}
    for mutant in mutants:
        firsts.setdefault((mutant.file, mutant.function), numbers[mutant.key])
    chosen = choose([m for m in mutants
                     if (not args.file or m.file in args.file) and
                     (not args.kind or m.kind in args.kind)], args)
    todo = undone(chosen, args, results)
    say(f"{len(mutants)} mutants, {len(chosen)} of them chosen, "
        f"{len(todo)} to run")
    if todo and not args.report:
        project = Project(args)
        if project.missing:
            say("not in this build, left out: " + ", ".join(sorted(
                project.missing)))
        for name in FILES:  # not what there was of another version
            project.write(name, texts[name])
        for name in FILES:
            project.weave(name, texts[name], functions[name],
                          [(numbers[m.key], m) for m in mutants
                           if m.file == name],
                          {function: number for (file, function), number
                           in firsts.items() if file == name})
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            project.make(pool)
        judge = Judge(args, project, numbers, firsts,
                      lambda m: mutators.apply(texts[m.file], m))
        judge.learn(Runner(project, os.path.join(args.work, "worker-0")))
        run(args, judge, todo, listed, versions, results)
    sys.exit(0 if report(args, chosen, results, listed) else 1)


if __name__ == "__main__":
    main()
