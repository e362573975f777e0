#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mutate.py - would the tests notice a mistake?

Each mutant is the data plane with one small change (mutators.py).  It is compiled,
as far as the change reaches, and linked to the fast test programs, which run from
cheap to dear until one of them fails: then the mutant is killed.  One that no test
kills is a hole in the tests, or does the same as the original: survivors.txt says
of each which, and why.

usage: mutate.py --build DIR --work DIR [--sample N] [--seed N] [--jobs N]
                 [--file NAME]... [--tests LEVEL] [--again] [--key TEXT]
                 [--least PERCENT] [--fresh] [--strict] [--report]

--build  a configured build; its compile_commands.json says how things are made
--work   results.jsonl (which is continued) and all that is compiled
--tests  unit: only the cheapest tests; seeds: also whether the code is the same,
         and more schedules of the deterministic port; all: also the explorer and
         the stress (the usual); wide: also the Linux port and hostile peers, which
         sleep a lot.  What survives less than `all` is open, not judged.
--again  only what was open, or survived, the last time
--key    only mutants with this text in their key, whatever is known of them
--fresh  forget what results.jsonl says
--strict a survivor that survivors.txt does not explain is an error
--report only what is in results.jsonl
"""
import argparse
import collections
import concurrent.futures
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
    "unit.liars": ("linux", ["unit.liars"]),
    "unit.passing": ("linux", ["unit.passing"]),
    "unit.shm_check": ("linux", ["unit.shm_check"]),
    "unit.packet_table": ("linux", ["unit.packet_table"]),
    "unit.trace": ("linux", ["unit.trace"]),
    "unit.lied-to": ("linux", ["unit.lied-to"]),
    "unit.figures": ("linux", ["unit.figures"]),
    "unit.misuse": ("linux", ["unit.misuse"]),
    "unit.events": ("linux", ["unit.events"]),
    "port.fake": ("fake", ["port.fake"]),
    "port.fake-simulation": ("fake", ["port.fake-simulation"]),
    "stress_hand": ("linux", ["stress_hand"]),
    "stress_real": ("linux", ["stress_real"]),
    "hostile.consumer": ("linux", ["hostile.consumer"]),
    "hostile.regions": ("linux", ["hostile.regions"]),
    "hostile.watch": ("linux", ["hostile.watch"]),
    "hostile.control": ("linux", ["hostile.control"]),
    "hostile.producer": ("linux", ["hostile.producer"]),
    "port.linux": ("linux", ["port.linux"]),
}
EXPLORER = "model.scenarios"
EXPLORER_TARGETS = ["dsi_watched_core", "dsi_explorer", "model.scenarios"]

# (program, arguments, seconds of processor time, seconds); cheap ones first.  A
# process of a test takes milliseconds of its processor's time, whatever else the
# machine does; what is killed by the limit does not end.
UNIT = [("unit.liars", [], 2, 60), ("unit.passing", [], 2, 60),
        ("unit.lied-to", [], 2, 60), ("unit.shm_check", [], 2, 60),
        ("unit.packet_table", [], 2, 60), ("unit.figures", [], 5, 60),
        ("unit.events", [], 5, 60), ("unit.misuse", [], 5, 60),
        ("port.fake", ["--seeds", "1"], 3, 120), ("unit.trace", [], 5, 60),
        ("port.fake-simulation", [], 10, 120)]
# What survives these is compiled as users get it: the same code is no mutant.
# Those of the explorer that are over in two seconds; and for the order of accesses,
# which only the explorer sees, others as well.
SHORT = """lender event cancel visit two-visit two-leave many-short killed-one
    bell block-ring2 commit-get block-early drop-new""".split()
LONGER = "reclaim-ring block-holding reclaim-ordinary join-late reclaim".split()


def scenarios(names):
    return [(EXPLORER, ["--brief", "--seconds", "120", name], 120, 400)
            for name in names]


MODEL = scenarios(SHORT)
ORDERS = scenarios(LONGER)
STRESS = [
    ("stress_hand", ["consumers=3", "policy=mixed", "waiting=sleep", "packets=67",
                     "batch=7", "shuffle=1", "wrap=1"], 30, 300),
    ("stress_hand", ["policy=block", "waiting=sleep", "ring=1", "packets=1",
                     "wrap=1"], 30, 300),
    ("stress_real", ["consumers=3", "policy=mixed", "waiting=spin", "batch=4",
                     "shuffle=1", "joiner=1"], 30, 300),
]
SEEDS = [("port.fake", ["--seeds", "4"], 20, 300)]
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


class Project:
    """All objects and what is linked of them, unchanged."""

    def __init__(self, args):
        self.cc = "gcc"
        self.base = os.path.join(args.work, "base")
        os.makedirs(self.base, exist_ok=True)
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
            self.outputs[name] = targets
        self.outputs[EXPLORER] = EXPLORER_TARGETS

    def of(self, output):
        return [o for o in self.objects if o.target in self.outputs[output]]

    def compile(self, obj, source, out, overlay, extra=()):
        command = [self.cc, *(["-I", overlay] if overlay else []), *obj.flags,
                   *extra, f"-fmacro-prefix-map={overlay or ROOT}={ROOT}",
                   "-c", source, "-o", out]
        return subprocess.run(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def link(self, output, objects, folder):
        out = os.path.join(folder, output)
        if output.endswith(".so"):
            command = ["-shared", "-o", out, *objects, "-lpthread"]
        elif output == EXPLORER:
            command = ["-Wl,--wrap=memcpy,--wrap=memset", "-o", out, *objects]
        else:
            port, _ = PROGRAMS[output]
            command = ["-o", out, *objects,
                       os.path.join(self.base, "core.so"),
                       os.path.join(self.base, port + ".so"),
                       "-lcmocka", "-lpthread"]
            command += [f"-Wl,-rpath-link={self.base}"]
        if output.endswith(".so"):
            command += [f"-Wl,-soname={output}"]
        return subprocess.run([self.cc, *command],
                              stderr=subprocess.PIPE, text=True)

    def make_object(self, obj):
        listing = obj.path + ".d"
        if not self.compile(obj, obj.source, obj.path, None,
                            ["-MD", "-MF", listing]):
            sys.exit(f"cannot compile {obj.source}")
        with open(listing, encoding="utf-8") as handle:
            obj.needs = set(handle.read().replace("\\\n", " ").split()[1:])

    def make(self, pool):
        list(pool.map(self.make_object, self.objects))
        for output in self.outputs:
            done = self.link(output, [o.path for o in self.of(output)],
                             self.base)
            if done.returncode:
                sys.exit(f"cannot link {output}:\n{done.stderr}")

    def reached(self, name):
        path = os.path.join(ROOT, "dsi", name)
        return [o for o in self.objects if path in o.needs]


# ---- running ------------------------------------------------------------------

class Runner:
    """One mutant after the other, in a folder of its own."""

    def __init__(self, project, folder):
        self.project = project
        self.folder = folder
        self.reached = []
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.join(folder, "dsi"))

    def prepare(self, name, text):
        for entry in os.listdir(self.folder):
            if entry != "dsi":
                os.unlink(os.path.join(self.folder, entry))
        for entry in os.listdir(os.path.join(self.folder, "dsi")):
            os.unlink(os.path.join(self.folder, "dsi", entry))
        self.changed = os.path.join(self.folder, "dsi", name)
        with open(self.changed, "w", encoding="utf-8") as handle:
            handle.write(text)
        self.original = os.path.join(ROOT, "dsi", name)
        self.reached = self.project.reached(name)

    def source_of(self, obj):
        return self.changed if obj.source == self.original else obj.source

    def build(self, outputs):
        """What of the outputs differs; False if it is no C."""
        for output in outputs:
            objects, differs = [], False
            for obj in self.project.of(output):
                path = obj.path
                if obj in self.reached:
                    differs = True
                    path = os.path.join(self.folder, os.path.basename(path))
                    if not os.path.exists(path) and not self.project.compile(
                            obj, self.source_of(obj), path, self.folder):
                        return False
                objects.append(path)
            if differs and not os.path.exists(os.path.join(self.folder, output)):
                done = self.project.link(output, objects, self.folder)
                if done.returncode:
                    return False
        return True

    def same_code(self):
        """Does the compiler make the same of it, as users get it?"""
        for obj in self.reached:
            if obj.target != "dsi_core":
                continue
            paths = [os.path.join(self.folder, n) for n in ("one.o", "two.o")]
            flags = ["-O2"]
            if not self.project.compile(obj, obj.source, paths[0], None, flags) \
                    or not self.project.compile(obj, self.source_of(obj),
                                                paths[1], self.folder, flags):
                return False
            with open(paths[0], "rb") as one, open(paths[1], "rb") as two:
                if one.read() != two.read():
                    return False
        return True

    def where(self, output):
        path = os.path.join(self.folder, output)
        return path if os.path.exists(path) else \
            os.path.join(self.project.base, output)

    def fails(self, test):
        """How the test fails with the mutant, or None."""
        program, arguments, processor, limit = test
        if not self.build([program]):
            return f"cannot be linked to {program}"

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (processor, processor + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        env = {**os.environ, "DSI_STRESS_PACKETS": "5000",
               "LD_LIBRARY_PATH": f"{self.folder}:{self.project.base}"}
        child = subprocess.Popen(
            [self.where(program), *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", env=env,
            preexec_fn=limits, start_new_session=True, cwd=self.folder)
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
            return f"took more than {limit} s" if code else None
        if code in (0, 77):
            return None
        if code == -signal.SIGXCPU or code == -signal.SIGKILL:
            return f"took more than {processor} s of the processor"
        return f"ended with {code}"


def kill_by(runner, tests):
    for test in tests:
        how = runner.fails(test)
        if how:
            words = [test[0], *(test[1][-1:] if test[0] == EXPLORER else [])]
            return " ".join(words), how
    return None


def stages_of(kind, level, model):
    """What to run, in this order; None is the question for the same code."""
    explorer = [MODEL] if model else []
    if kind in ("order", "fence") and level >= 2:
        stages = [*explorer, *([ORDERS] if model else []), UNIT, SEEDS, STRESS]
    else:
        stages = [UNIT]
        if level >= 1:
            stages += [None, SEEDS]
        if level >= 2:
            stages += [*explorer, STRESS]
    return stages + ([WIDE] if level >= 3 else [])


def judge(args, runner, text, mutant, mutators):
    """(verdict, by, how)"""
    runner.prepare(mutant.file, mutators.apply(text, mutant))
    if not runner.build(["core.so"]):
        return "no C", "", ""
    level = LEVELS.index(args.tests)
    for tests in stages_of(mutant.kind, level,
                           bool(runner.project.of(EXPLORER))):
        if tests is None:
            if mutant.kind not in ("order", "fence") and runner.same_code():
                return "same code", "", ""
            continue
        killed = kill_by(runner, tests)
        if killed:
            return ("killed", *killed)
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
    def __init__(self, path, fresh):
        self.path = path
        if fresh and os.path.exists(path):
            os.unlink(path)
        self.lock = threading.Lock()
        self.known = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as handle:
                for line in handle:
                    entry = json.loads(line)
                    self.known[entry["key"]] = entry

    def add(self, entry):
        with self.lock:
            self.known[entry["key"]] = entry
            with open(self.path, "a", encoding="utf-8") as handle:
                handle.write(json.dumps(entry) + "\n")


def choose(mutants, args, results):
    chosen = mutants
    if args.key:
        return [m for m in chosen if args.key in m.key]
    if args.sample:
        chosen = random.Random(args.seed).sample(
            chosen, min(args.sample, len(chosen)))
        chosen.sort(key=mutants.index)
    return chosen


def undone(chosen, args, results):
    if args.key:
        return chosen
    if args.again:
        todo = [m for m in chosen if m.key in results.known and
                results.known[m.key]["verdict"] in ("open", "survived")]
    else:
        done = ("open",) if LEVELS.index(args.tests) >= 2 else ()
        todo = [m for m in chosen if m.key not in results.known or
                results.known[m.key]["verdict"] in done]
    # So what was done until somebody stops it is a sample.
    random.Random(args.seed).shuffle(todo)
    return todo


def run(args, project, todo, texts, mutators, results):
    free = [Runner(project, os.path.join(args.work, f"worker-{n}"))
            for n in range(args.jobs)]
    lock = threading.Lock()
    total, done = len(todo), 0

    def one(mutant):
        nonlocal done
        with lock:
            runner = free.pop()
        start = time.monotonic()
        verdict, by, how = judge(args, runner, texts[mutant.file], mutant, mutators)
        with lock:
            free.append(runner)
            done += 1
        results.add({"key": mutant.key, "file": mutant.file,
                     "line": mutant.line, "kind": mutant.kind,
                     "verdict": verdict, "by": by, "how": how,
                     "seconds": round(time.monotonic() - start, 2)})
        say(f"{done:4}/{total} {verdict:9} {by:22} {mutant.file}:{mutant.line} "
            f"{mutant.kind}: {mutant.new_line[:60]}")

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(one, todo))


def check_unchanged(args, project):
    """A test that fails anyway proves nothing."""
    runner = Runner(project, os.path.join(args.work, "worker-0"))
    level = LEVELS.index(args.tests)
    for tests in [t for t in stages_of("order", level,
                                       bool(project.of(EXPLORER))) if t]:
        killed = kill_by(runner, tests)
        if killed:
            sys.exit(f"PROBLEM: without any change {killed[0]} fails: "
                     f"{killed[1]}")
    say(f"unchanged sources: the tests of level {args.tests} hold")


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
    parser.add_argument("--tests", choices=LEVELS, default="all")
    parser.add_argument("--least", type=float, default=95)
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
    mutants, texts = [], {}
    for name in args.file or FILES:
        path = os.path.join(ROOT, "dsi", name)
        with open(path, encoding="utf-8") as handle:
            texts[name] = handle.read()
        mutants += mutators.find(path, name, flags)
    listed = read_list(os.path.join(HERE, "survivors.txt"))
    gone = set(listed) - {m.key for m in mutants}
    if gone and not args.file:
        for key in sorted(gone):
            say(f"PROBLEM: in survivors.txt, but no mutant any more: {key}")
        sys.exit(1)
    results = Results(os.path.join(args.work, "results.jsonl"), args.fresh)
    chosen = choose(mutants, args, results)
    todo = undone(chosen, args, results)
    say(f"{len(mutants)} mutants, {len(chosen)} of them chosen, "
        f"{len(todo)} to run")
    if todo and not args.report:
        project = Project(args)
        if project.missing:
            say("not in this build, left out: " + ", ".join(sorted(
                project.missing)))
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            project.make(pool)
        check_unchanged(args, project)
        run(args, project, todo, texts, mutators, results)
    sys.exit(0 if report(args, chosen, results, listed) else 1)


if __name__ == "__main__":
    main()
