#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""frama.py - proofs by Frama-C, and mutants for which they must fail.

EVA shows that no access of a file of the library leaves its object, whatever a
peer writes into shared memory and whenever (hostile_world.h); WP shows that a
function does what its contract says (wp_*.c).  Both read the library's own
sources.  Each mutant has one place of them changed, and its analysis must raise an
alarm or leave a goal open: an analysis that passes everything proves nothing.

A goal that is not proved is a failure unless it is in UNPROVED, with a reason; and
one there that is proved after all is, too.

usage: frama.py --source DIR --include DIR --work DIR [--brief|--long] [NAME...]
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

# name: (tool, more options)
QUICK = ["-eva-precision", "0", "-eva-widening-delay", "6",
         "-eva-auto-loop-unroll", "16"]
ANALYSES = {
    "eva_consumer": ("eva", QUICK),
    "eva_producer": ("eva", QUICK),
    "eva_usual": ("eva", [
        "-eva-precision", "1", "-eva-slevel", "40",
        "-eva-split-return-function", "dsi__usual_put_back:0:1:2:3"]),
    "wp_checks": ("wp", ["-wp-fct",
                         "dsi__range_inside,dsi__element_inside,"
                         "dsi__entry_possible,dsi__counter_possible,"
                         "dsi__usual_place"]),
    "wp_wide": ("wp", ["-warn-signed-overflow", "-wp-skip-fct", "wide_gcd"]),
}
# With --long: the same for a larger geometry.
LARGER = ("tests/frama/hostile_world.h", "PACKETS = 2, SLOTS = 2",
          "PACKETS = 4, SLOTS = 4")

# analysis: {goal: why it cannot be proved here}
UNPROVED = {}

# analysis, name, file, old, new
MUTANTS = [
    ("eva_consumer", "the count of elements is read twice", "dsi/consumer.c",
     "	pkt->sg_count = (uint32_t)count;\n",
     "	count = dsi__ring_get_ext(ring, position, DSI_EXT_COUNT);\n"
     "	pkt->sg_count = (uint32_t)count;\n"),
    ("eva_consumer", "the count of elements is believed", "dsi/consumer.c",
     "	if (count > plane->table.max_sg)\n", "	if (0)\n"),
    ("eva_consumer", "a place in the return ring without its mask",
     "dsi/consumer.c", "&returns[(at + i) & mask]", "&returns[at + i]"),
    ("eva_consumer", "a slot without the ring's mask", "dsi/ring.h",
     "return &ring->desc[position & ring->mask];",
     "return &ring->desc[position];"),
    ("eva_consumer", "a row without the ring's mask", "dsi/ring.h",
     "return &ring->ext[(position & ring->mask) * ring->ext_words];",
     "return &ring->ext[position * ring->ext_words];"),
    ("eva_consumer", "no limit to the buckets", "dsi/bucket.h",
     "	return bucket < DSI_HISTOGRAM_BUCKETS ? bucket\n"
     "					      : DSI_HISTOGRAM_BUCKETS - 1u;\n",
     "	return bucket;\n"),
    ("eva_usual", "more packets than the block has", "dsi/packet_table.h",
     "	if (n > 1 && table->free_mask + 1u - at < n)\n		return NULL;\n",
     ""),
    ("eva_usual", "descriptors behind the end of the ring",
     "dsi/usual_consumer.h", "	first = left < n ? left : n;\n",
     "	first = n;\n"),
    ("eva_usual", "a producer writes behind the end of its ring",
     "dsi/usual_producer.h", "	if (n > end) {\n", "	if (0) {\n"),
    ("eva_usual", "a token is believed on the usual way",
     "dsi/usual_producer.h", "	if (token >= plane->table.count)\n",
     "	if (0)\n"),
    ("eva_producer", "a token is believed", "dsi/producer.c",
     "if (token < count && (packets[token].owners & it))",
     "if (packets[token].owners & it)"),
    ("eva_producer", "a token is read twice", "dsi/producer.c",
     "			pkt = &packets[token];\n",
     "			pkt = &packets[atomic_load_explicit("
     "&returns[at & mask], memory_order_relaxed)];\n"),
    ("eva_producer", "a place in a return ring without its mask",
     "dsi/producer.c", "&returns[at & mask]", "&returns[at]"),
    ("wp_checks", "offset + size wraps", "dsi/shm_check.h",
     "return offset <= area && size <= area - offset;",
     "return offset + size <= area;"),
    ("wp_checks", "an area ends one byte late", "dsi/shm_check.h",
     "return offset <= area && size <= area - offset;",
     "return offset <= area && size <= area - offset + 1u;"),
    ("wp_checks", "below the physical address", "dsi/shm_check.h",
     "if (!physical || offset < physical)", "if (!physical)"),
    ("wp_checks", "a token too many", "dsi/shm_check.h",
     "return entry->token < packets;", "return entry->token <= packets;"),
    ("wp_checks", "a counter moves back", "dsi/shm_check.h",
     "return value - last <= most - last;", "return value <= most;"),
    ("wp_checks", "an ordinary size is not looked at", "dsi/usual_consumer.h",
     " &&\n	       (uint32_t)place <= consumer->usual_size;", ";"),
    ("wp_wide", "a product wraps", "dsi/sizing/wide.h",
     "ub > (dsi_uwide)DSI_WIDE_MAX / ua", "ub > (dsi_uwide)DSI_WIDE_MAX"),
    ("wp_wide", "floor rounds towards zero", "dsi/sizing/wide.h",
     "return q - (a < 0 && q * b != a);", "return q;"),
    ("wp_wide", "ceil is one too many where it is exact", "dsi/sizing/wide.h",
     "return q + (a > 0 && q * b != a);", "return q + (a > 0);"),
    ("wp_wide", "an overflow is not noted", "dsi/sizing/wide.h",
     "	if (__builtin_sub_overflow(a, b, &difference))\n"
     "		*over = true;\n",
     "	(void)__builtin_sub_overflow(a, b, &difference);\n"),
]


def half(text):
    """wide.h with all widths halved, see wp_wide.c."""
    for old, new in ((">> 63", ">> 31"), (">> 64", ">> 32"),
                     ("uint64_t", "uint32_t"),
                     ("__extension__ typedef unsigned __int128",
                      "typedef unsigned long long"),
                     ("__extension__ typedef __int128",
                      "typedef long long")):
        if old not in text:
            raise ValueError(f"wide.h has no {old!r}")
        text = text.replace(old, new)
    return text


def change(root, file, old, new):
    path = os.path.join(root, file)
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    if text.count(old) != 1:
        raise ValueError(f"{file}: {text.count(old)} times: {old!r}")
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text.replace(old, new))


class Frama:
    def __init__(self, args):
        self.args = args
        self.env = dict(os.environ, HOME=args.work, LC_ALL="C")
        self.env.pop("CPP", None)
        # Its own libc would come before our headers.
        self.share = self.say(["frama-c", "-print-share-path"]).strip()

    def say(self, command):
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, env=self.env,
                              cwd=self.args.work, check=False)
        return done.stdout

    def find_provers(self):
        said = self.say(["why3", "config", "detect"])
        for name in ("CVC4", "Z3"):
            if f"prover {name}" not in said:
                sys.exit(f"PROBLEM: why3 does not find {name}:\n{said}")

    def copy(self, number, edits):
        """The sources of one run, with @edits."""
        root = os.path.join(self.args.work, f"run-{number}")
        shutil.rmtree(root, ignore_errors=True)
        for folder in ("dsi", "tests/frama"):
            shutil.copytree(os.path.join(self.args.source, folder),
                            os.path.join(root, folder),
                            ignore=shutil.ignore_patterns("plugins"))
        for edit in edits:
            change(root, *edit)
        # Words that the other role shares are volatile here, and would be
        # any of ours in the same place.
        change(root, "dsi/data_plane.h",
               "	union {\n		struct dsi_producer producer;",
               "	struct {\n		struct dsi_producer producer;")
        with open(os.path.join(root, "dsi/sizing/wide.h"),
                  encoding="utf-8") as handle:
            text = half(handle.read())
        os.mkdir(os.path.join(root, "half"))
        with open(os.path.join(root, "half/wide.h"), "w",
                  encoding="utf-8") as handle:
            handle.write(text)
        return root

    def run(self, number, analysis, edits, timeout):
        """What the tool says."""
        root = self.copy(number, edits)
        frama = os.path.join(root, "tests/frama")
        tool, options = ANALYSES[analysis]
        includes = [os.path.join(frama, "include"), f"{self.share}/libc", root,
                    frama, os.path.join(self.args.source, "include"),
                    self.args.include]
        cpp = ("-w -nostdinc -undef " + " ".join(f"-I{i}" for i in includes) +
               f" -include {frama}/builtins.h")
        command = ["frama-c", "-machdep", "gcc_x86_64", "-c11",
                   "-no-frama-c-stdlib", f"-cpp-extra-args={cpp}"]
        if tool == "eva":
            command += ["-eva"]
        else:
            command += ["-wp", "-wp-rte", "-wp-prover", "z3,cvc4",
                        "-wp-timeout", str(timeout), "-wp-par", "1",
                        "-wp-cache", "none"]
        said = self.say(command + options +
                        [os.path.join(frama, analysis + ".c")])
        shutil.rmtree(root)
        return said


def judge_eva(said):
    """(proved, all, open points) - points are alarms."""
    found = re.search(r"(\d+) alarms? generated", said)
    covered = re.search(r"In these functions, (\d+) statements reached", said)
    if not found or not covered or "aborted" in said:
        return None
    points = [" ".join(alarm.split()) for alarm in re.findall(
        r"\[eva:alarm\] \S*?(/dsi/\S+ Warning:.*?)(?=^\[|\Z)", said,
        re.M | re.S)]
    alarms = int(found.group(1))
    return (int(covered.group(1)), int(covered.group(1)),
            points or ["an alarm"] * alarms)


def judge_wp(said):
    found = re.search(r"Proved goals: +(\d+) / (\d+)", said)
    if not found or "aborted" in said or int(found.group(2)) == 0:
        return None
    points = re.findall(r"^\[wp\] \[\w+\] Goal (\w+)(?! : Valid)$", said, re.M)
    missing = int(found.group(2)) - int(found.group(1))
    if missing and not points:
        points = ["a goal"] * missing
    return int(found.group(1)), int(found.group(2)), points


def judge(analysis, said):
    return (judge_eva if ANALYSES[analysis][0] == "eva" else judge_wp)(said)


def prove(frama, name, analysis, edits):
    """(line, what was proved, problems)"""
    start = time.monotonic()
    said = frama.run(name, analysis, edits, 60)
    result = judge(analysis, said)
    if not result:
        return f"{name}: no result", 0, [said[-2000:]]
    proved, of, points = result
    known = UNPROVED.get(analysis, {})
    problems = [f"not proved: {p}" for p in points if p not in known]
    problems += [f"is proved after all, take it off the list: {p}"
                 for p in known if p not in points]
    what = ("statements, no alarm" if ANALYSES[analysis][0] == "eva"
            else f"of {of} goals")
    if points:
        what += f", {len(points)} open"
    return (f"{name:19} {proved:5} {what}, "
            f"{time.monotonic() - start:.0f} s", proved, problems)


def refute(frama, number, mutant):
    """(line, problem)"""
    analysis, name, *edit = mutant
    try:
        said = frama.run(number, analysis, [edit], 5)
    except ValueError as error:
        return f"{analysis:12} {name}", f"cannot be made: {error}"
    result = judge(analysis, said)
    if not result:
        return f"{analysis:12} {name}", "no result: " + said[-1000:]
    points = [p for p in result[2] if p not in UNPROVED.get(analysis, {})]
    if not points:
        return f"{analysis:12} {name}", "IS PROVED ALL THE SAME"
    return f"{analysis:12} {name}: {points[0][:90]}", None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--include", required=True,
                        help="generated headers of the build")
    parser.add_argument("--work", required=True)
    parser.add_argument("--brief", action="store_true",
                        help="one mutant of each analysis")
    parser.add_argument("--long", action="store_true",
                        help="the larger geometry as well")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("names", nargs="*", help="only these analyses")
    args = parser.parse_args()

    for tool, package in (("frama-c", "frama-c-base"), ("why3", "why3"),
                          ("cvc4", "cvc4"), ("z3", "z3")):
        if not shutil.which(tool):
            print(f"skipped: no {tool} (package {package})")
            sys.exit(77)
    args.work = os.path.abspath(args.work)
    args.source = os.path.abspath(args.source)
    args.include = os.path.abspath(args.include)
    os.makedirs(args.work, exist_ok=True)
    frama = Frama(args)
    frama.find_provers()
    names = [n for n in ANALYSES if not args.names or n in args.names]
    work = [(n, n, []) for n in names]
    if args.long:
        work += [(f"{n}-larger", n, [LARGER]) for n in names
                 if ANALYSES[n][0] == "eva"]
    mutants = [m for m in MUTANTS if m[0] in names]
    if args.brief:
        mutants = list({m[0]: m for m in reversed(mutants)}.values())
    bad = 0
    counts = {"eva": 0, "wp": 0}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        proofs = [pool.submit(prove, frama, *item) for item in work]
        wrong = [pool.submit(refute, frama, f"mutant-{i}", m)
                 for i, m in enumerate(mutants)]
        for (_, analysis, edits), proof in zip(work, proofs):
            line, proved, problems = proof.result()
            if not edits:
                counts[ANALYSES[analysis][0]] += proved
            print(line, flush=True)
            for problem in problems:
                bad += 1
                print(f"  PROBLEM: {problem}", flush=True)
        print("\nmutants, and what is not proved any more:")
        for task in wrong:
            line, problem = task.result()
            print(line, flush=True)
            if problem:
                bad += 1
                print(f"  PROBLEM: {problem}", flush=True)
    print(f"{len(names)} analyses: {counts['eva']} statements without an alarm,"
          f" {counts['wp']} goals proved; {len(wrong)} mutants, {bad} problems")
    sys.exit(1 if bad or not names else 0)


if __name__ == "__main__":
    main()
