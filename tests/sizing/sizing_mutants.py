#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sizing_mutants.py - would the enumeration notice a wrong formula?

Each mutant is one source of the calculator with one token changed: a term
forgotten, a floor for a ceiling, one slot less.  It is compiled, linked before
the library and asked the questions of the oracle; an answer must be found
wrong.  A mutant that is not caught, or does not apply any more, is an error.

usage: sizing_mutants.py --source DIR --include DIR --work DIR
                         --library FILE --oracle FILE [--cc CC] [NAME...]
"""
import os
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../mutation"))
import by_hand

PROGRAM = ["oracle_api.c", "oracle_more.c", "more_limit.c", "more_rings.c",
           "more_area.c", "more_spans.c"]

# name, file, old, new, family
MUTANTS = [
    ("two grids: producer's jitter not in the start", "grid.c",
     "s->tau + g->u * (g->A", "0 + g->u * (g->A", "two grids"),
    ("two grids: producer's hold forgotten", "grid.c",
     "(s->Hc + s->Hp) * s->scale", "(s->Hc + s->Hc) * s->scale",
     "two grids"),
    ("two grids: reader's jitter forgotten", "grid.c",
     "(s->tau_c + s->late * s->T)", "(s->late * s->T)", "two grids"),
    ("two grids: a start that is just enough is too small", "grid.c",
     "g->O < least ||", "g->O <= least ||", "two grids"),
    ("ties: one slot less for strict", "sizing_private.h",
     "wide_floor(x, period) + 1", "wide_floor(x, period)", "two grids"),
    ("ties: strict for closed", "sizing_private.h",
     "wide_ceil(x, period)", "wide_floor(x, period) + 1", "two grids"),
    ("a finite stream needs one more", "sizing_private.h",
     "wide_min(slots, s->n)", "wide_min(slots, s->n + 1)", "two grids"),
    ("m:n: common divisor forgotten in the slots", "grid.c",
     "g->A + g->B - g->b - g->g);\n}", "g->A + g->B - g->b);\n}", "m:n"),
    ("m:n: causality forgotten", "grid.c",
     "wide_max(g->g * steps, g->A + g->B - g->g)", "g->g * steps", "m:n"),
    ("m:n: units rounded down to packets", "grid.c",
     "return wide_ceil(units, g->a)",
     "return wide_max(1, wide_floor(units, g->a))", "m:n"),
    ("m:n: start without the common divisor", "grid.c",
     "s->tau + g->u * (g->A + g->B - g->a - g->g)",
     "s->tau + g->u * (g->A + g->B - g->a)", "m:n"),
    ("m:n: units one step less", "grid.c",
     "sizing_periods(g->X - g->b * g->u",
     "sizing_periods(g->X - g->a * g->u", "m:n"),
    ("m:n: latency forgets where portions begin", "grid.c",
     "wide_mod(-g->a, g->g)", "wide_mod(g->a, g->g)", "m:n"),
    ("backlog: one too many", "grid.c",
     "wide_ceil(v, g->u * g->g) - 1", "wide_ceil(v, g->u * g->g)",
     "two grids"),
    ("drift: fast for slow in the start", "grid_scan.c",
     "commit_units(g, j), s->slow)", "commit_units(g, j), s->fast)",
     "drift"),
    ("drift: the reader's clock is right", "grid_scan.c",
     "wide_mul(g->u, s->slow_c, &s->over)", "wide_mul(g->u, s->scale, &s->over)", "drift"),
    ("drift: the last batch commits too early", "grid_scan.c",
     "g->A * (j + 1) - g->a;", "g->A * j;", "drift, m:n"),
    ("finite: causality of portions forgotten", "grid_scan.c",
     "	causality(s, g, &w);\n	if", "	if", "m:n"),
    ("anchored: D forgotten", "anchored.c",
     "dsi_wide fall = s->T * s->fast - s->D * s->scale;\n\n	a->step",
     "dsi_wide fall = s->T * s->fast;\n\n	a->step", "anchored"),
    ("anchored: prefill needs no slots", "anchored.c",
     "wide_max(slots, a->k)", "slots", "anchored"),
    ("anchored: the jitter falls once more", "anchored.c",
     "wide_max(s->n - a->k, 0), fall",
     "wide_max(s->n - a->k + 1, 0), fall", "anchored"),
    ("anchored: wake-up forgotten", "anchored.c",
     "a->d + (s->W + s->tau_c) * s->scale,",
     "a->d + s->tau_c * s->scale,", "anchored"),
    ("stall: the grid or the burst", "stall.c",
     "return wide_max(sizing_periods", "return wide_min(sizing_periods",
     "stalling"),
    ("stall: wake-up forgotten", "stall.c",
     "s->W + held, true", "held, true", "stalling"),
    ("service: one more is done for strict", "service.c",
     "strict ? wide_ceil(spare, s->C) - 1", "strict ? wide_ceil(spare, s->C)",
     "service"),
    ("service: wake-up forgotten", "service.c",
     "m, s->Hp + s->W + s->C, m", "m, s->Hp + s->C, m", "service"),
    ("service: the burst ends elsewhere", "service.c",
     "dsi_wide fall = s->T - s->D;", "dsi_wide fall = s->T;", "service"),
    ("service: the first packet is served twice", "service.c",
     "wide_mul(at[i] + 1, s->C", "wide_mul(at[i] + 2, s->C", "service"),
    ("coalescing: one slot more for every packet", "service.c",
     "dsi_wide extra = s->coalesce - 1;", "dsi_wide extra = s->coalesce;",
     "coalesced"),
    ("response: producer's hold forgotten", "service.c",
     "s->R + s->Hp, true", "s->R, true", "response"),
    ("curve: closed windows like half-open ones", "curve_jcs.h",
     "wide_floor(by_jitter, (dsi_wide)s->period) + 1",
     "wide_ceil(by_jitter, (dsi_wide)s->period)", "spans"),
    ("curve: a gap too many", "curve_jcs.h",
     "wide_mul(n - 1, (dsi_wide)s->distance, over)",
     "wide_mul(n, (dsi_wide)s->distance, over)", "spans"),
    ("curve: fewest packets without jitter", "jcs.c",
     "least = (dsi_wide)window - s.jitter;", "least = (dsi_wide)window;",
     "spans"),
    ("forms: burst without the packet itself", "jcs_convert.c",
     "(dsi_wide)s->period + late", "late", "other forms"),
    ("merge: wake-up forgotten", "merge.c",
     "m->W + m->C * q - t", "m->C * q - t", "merge"),
    ("merge: the one that comes may be freed", "merge.c",
     "m->W + m->C, q - 1, strict", "m->W, q - 1, strict", "merge"),
    ("self-timed: rounded down", "self_timed.c",
     "wide_ceil(round, (dsi_wide)period)", "wide_floor(round, (dsi_wide)period)",
     "self-timed"),
    ("bytes: granule not given back", "area.c",
     "a->largest - a->A", "a->largest", "bytes"),
    ("bytes: gap at the end forgotten", "area.c",
     "return wide_add(a->live, a->largest - a->A, &a->over);",
     "return a->live;", "bytes"),
    ("limit: one further", "limit.c",
     "*out_value = halve(l, high / 2, high);",
     "*out_value = halve(l, high / 2, high) + 1;", "limits"),
    ("loss: one less is lost", "loss.c",
     "need.slots - slots;", "need.slots - slots - 1;", "too few"),
    ("wait: a tick less", "loss.c",
     "need->lifetime.whole - covered",
     "need->lifetime.whole - 1 - covered", "too few"),
]


def compile_c(o, source, target, first):
    command = [o.cc, "-std=gnu11", "-O1", "-w", "-c", source, "-o", target]
    for folder in (first, o.source, os.path.join(o.source, "tests/sizing"),
                   os.path.join(o.source, "include"), o.include):
        command += ["-I", folder]
    subprocess.run(command, check=True)


def mutate(o, file, old, new, folder):
    """A copy of dsi/sizing/ with the change; the files to compile."""
    copy = os.path.join(folder, "dsi/sizing")
    names = by_hand.copy_sources(os.path.join(o.source, "dsi/sizing"), copy)
    if not by_hand.replace(os.path.join(copy, file), old, new):
        return None
    return [os.path.join(copy, name) for name in names if name.endswith(".c")
            and (name == file or file.endswith(".h"))]


def link(o, program, objects):
    subprocess.run([o.cc, "-o", program] +
                   [os.path.join(o.work, p[:-1] + "o") for p in PROGRAM] +
                   objects + [o.oracle, o.library, "-lpthread"], check=True)


def sane(o):
    """Nobody learns anything from mutants of what is wrong already."""
    program = os.path.join(o.work, "sound")
    link(o, program, [])
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stdout + "FAIL    the calculator as it is")
    return done.returncode == 0


def run(o, number, mutant):
    _, file, old, new, family = mutant
    folder = os.path.join(o.work, str(number))
    units = mutate(o, file, old, new, folder)
    if not units:
        return "does not apply any more"
    objects = []
    for unit in units:
        objects.append(unit[:-1] + "o")
        compile_c(o, unit, objects[-1], folder)
    program = os.path.join(folder, "mutant")
    link(o, program, objects)
    try:
        done = subprocess.run([program, "--family", family], timeout=100,
                              capture_output=True, text=True)
    except subprocess.TimeoutExpired:
        return None
    return "survived" if done.returncode == 0 else None


def main():
    o = by_hand.options(__doc__, "source", "include", "work", "library", "oracle")
    os.makedirs(o.work, exist_ok=True)
    for source in PROGRAM:
        compile_c(o, os.path.join(o.source, "tests/sizing", source),
                  os.path.join(o.work, source[:-1] + "o"), o.source)
    return by_hand.try_all(o, MUTANTS, run, 0 if sane(o) else 1)


if __name__ == "__main__":
    sys.exit(main())
