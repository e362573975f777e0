#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plan_mutants.py - would the machines of plan_test.c and nodes_test.c notice a
wrong rule?

Each mutant is one source of the planner with one rule changed.  It is compiled
into the test that asks for it; an expectation must fail.  A mutant that is not caught, or does
not apply any more, is an error.

usage: plan_mutants.py --source DIR --include DIR --work DIR [--cc CC] [NAME...]
"""
import os
import subprocess
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../mutation"))
import by_hand

# test -> what it is made of
UNITS = {
    "plan_test.c": ["topology_table.c", "topology_load.c", "plan.c", "plan_cpus.c",
                    "plan_data.c", "-lhwloc"],
    "nodes_test.c": ["topology_table.c", "topology_nodes.c", "why.c", "-lnuma"],
}

# name, file, old, new
MUTANTS = [
    ("home: the first CPU decides", "plan.c",
     "else if (*out_home != t->cpus[i].node) *out_home = DSI_NODE_ANY;", ";"),
    ("home: an empty set is nowhere", "plan.c",
     "memcmp(&end->cpus, &none, sizeof(none)) == 0", "0"),
    ("home: pinned ends are not asked where", "plan.c",
     "if (request->flags & DSI_PLAN_PIN)", "if (0)"),
    ("pages: the signal page at the consumer's", "plan.c",
     "plan->consumers[i].signal_node = plan->producer_home;",
     "plan->consumers[i].signal_node = plan->consumers[i].home;"),
    ("pages: the consumer page at the producer's", "plan.c",
     "plan->consumers[i].page_node = plan->consumers[i].home;",
     "plan->consumers[i].page_node = plan->producer_home;"),
    ("pages: the control area follows the data", "plan.c",
     "plan->control_node = plan->producer_home;",
     "plan->control_node = plan->consumers[0].home;"),
    ("data: passes are not asked for", "plan_data.c",
     "(end->passes ? end->passes : PASSES_ONCE)", "PASSES_ONCE"),
    ("data: writing costs nothing", "plan_data.c",
     "end->writes ? 2 : 1", "1"),
    ("data: the producer does not count", "plan_data.c",
     "w->all[at] = passes_of(r->producer, 1);", "w->all[at] = 0;"),
    ("data: of equal nodes one without reader", "plan_data.c",
     "return w->readers[a] != 0;", "return w->readers[a] == 0;"),
    ("data: of equal nodes the farther one", "plan_data.c",
     "to_a < to_b", "to_a > to_b"),
    ("data: two nodes of readers are many", "plan_data.c",
     "#define SPREAD_NODES 3u", "#define SPREAD_NODES 2u"),
    ("data: always spread", "plan_data.c",
     "w->all[best] * 2 < w->sum", "w->sum"),
    ("data: spread over all nodes", "plan_data.c",
     "spread(p, w->readers, DSI_WHY_SPREAD);", "spread(p, NULL, DSI_WHY_SPREAD);"),
    ("data: the producer's node in the spread", "plan_data.c",
     "spread(p, w->readers,", "spread(p, w->all,"),
    ("data: a whole node may be taken", "plan_data.c",
     "> node->bytes / 2", "> node->bytes"),
    ("data: spills into any memory", "plan_data.c",
     "node->kind != DSI_MEMORY_NORMAL", "0"),
    ("data: one node is weighed as well", "plan_data.c",
     "if (only != DSI_INDEX_NONE)", "if (0)"),
    ("data: an empty node can be asked for", "plan_data.c",
     "!node_usable(p->t, asked)", "0"),
    ("CPUs: siblings are neighbours", "plan_cpus.c",
     "cost += COST_SIBLING;", "cost += 0;"),
    ("CPUs: only the producer's siblings are avoided", "plan_cpus.c",
     "set_has(seats->cores, b->core % DSI_CPUS_MAX)", "a->core == b->core"),
    ("CPUs: siblings are never preferred", "plan_cpus.c",
     "p->request->smt != DSI_SMT_PREFER &&", ""),
    ("CPUs: siblings share no L2", "plan_cpus.c",
     "share = DSI_SHARE_L2;", "share = DSI_SHARE_NOTHING;"),
    ("CPUs: an L3 is as good as a node", "plan_cpus.c",
     "return DSI_SHARE_L3;", "return DSI_SHARE_NODE;"),
    ("CPUs: an L2 is as good as an L3", "plan_cpus.c",
     "return DSI_SHARE_L2;", "return DSI_SHARE_L3;"),
    ("CPUs: packages do not count", "plan_cpus.c",
     "if (a->package != b->package) return DSI_SHARE_NOTHING;", ""),
    ("CPUs: distances do not count", "plan_cpus.c",
     "uint64_t cost = distance(p->t, a->node, b->node);", "uint64_t cost = 0;"),
    ("CPUs: slow cores are as good", "plan_cpus.c",
     "(behind < 99 ? behind : 99) * COST_SPEED", "behind * 0"),
    ("CPUs: two ends on one", "plan_cpus.c",
     "set_has(seats->cpus, i) ||", ""),
    ("CPUs: consumers as they come", "plan_cpus.c",
     "at > 0 && may[order[at - 1]] > may[i]", "0"),
    ("CPUs: the producer takes the first", "plan_cpus.c",
     "if (next.cost >= best.cost)", "if (best.cost != UINT64_MAX)"),
    ("machine: what is forbidden is used", "topology_table.h",
     "node->allowed && (", "("),
    ("machine: empty nodes are homes", "topology_table.h",
     "(node->bytes > 0 || !topology->sized)", "1"),
    ("machine: fast memory is a home", "topology_load.c",
     "strncmp(subtype, kinds[i].word, strlen(kinds[i].word)) == 0", "0"),
    ("machine: memory without CPUs is normal", "topology_table.c",
     "t->nodes[i].kind = DSI_MEMORY_FAR;", ";"),
    ("machine: firmware's distances are not read", "topology_load.c",
     "t->distances[i * t->n_nodes + j] = (uint32_t)value;", "(void)j;"),
    ("machine: all cores are equal", "topology_load.c",
     "return efficiency > 0 ? (uint32_t)efficiency : 0;", "return 0;"),
    ("machine: no groups, no nodes in a package", "topology_load.c",
     "HWLOC_TYPE_FILTER_KEEP_STRUCTURE", "HWLOC_TYPE_FILTER_KEEP_NONE"),
    ("machine: CPUs that are not ours", "topology_load.c",
     "if (hwloc_bitmap_isset(allowed, pu->os_index)) table->n_cpus++;", "table->n_cpus++;"),
    ("machine: no memory-side caches", "topology_load.c",
     "bytes += at->attr->cache.size;", ""),
    ("nodes: memory alone may be a home", "topology_nodes.c",
     "if (has_home(t)) topology_name_the_rest(t);", ""),
    ("nodes: memory alone is always far", "topology_nodes.c",
     "if (has_home(t))", "if (1)"),
    ("nodes: homes stay where there is no memory", "topology_nodes.c",
     "homes[i] = topology_nearest(t, i);", ";"),
    ("nodes: what is forbidden is used", "topology_nodes.c",
     ".allowed = numa_bitmask_isbitset(numa_all_nodes_ptr,",
     ".allowed = numa_bitmask_isbitset(numa_nodes_ptr,"),
    ("nodes: distances are not read", "topology_nodes.c",
     "value > 0 ? (uint32_t)value", "0 ? 0"),
    ("nodes: what nobody said is a distance", "topology_nodes.c",
     "value > 0 ? (uint32_t)value", "1 ? (uint32_t)value"),
]


def test_for(file):
    return "nodes_test.c" if file == "topology_nodes.c" else "plan_test.c"


def copy(o, folder, file=None, old="", new=""):
    """The planner's sources in the folder, one of them changed.  None if the
    change does not apply exactly once."""
    by_hand.copy_sources(os.path.join(o.source, "dsi/placement"), folder)
    if file and old and not by_hand.replace(os.path.join(folder, file), old, new):
        return None
    return [unit if unit.startswith("-l") else os.path.join(folder, unit)
            for unit in UNITS[test_for(file)]]


def build(o, folder, units, file=None):
    program = os.path.join(folder, "test")
    subprocess.run([o.cc, "-std=gnu11", "-O1", "-w", "-fvisibility=hidden",
                    "-I", os.path.join(o.source, "include"), "-I", o.include,
                    os.path.join(o.source, "tests/placement", test_for(file)),
                    *units, "-o", program], check=True)
    return program


def passes(o, program):
    done = subprocess.run([program, os.path.join(o.source, "tests/placement/topologies")],
                          capture_output=True, text=True, timeout=100)
    return done.returncode == 0


def run(o, number, mutant):
    _, file, old, new = mutant
    folder = os.path.join(o.work, str(number))
    units = copy(o, folder, file, old, new)
    if not units:
        return "does not apply any more"
    try:
        return "survived" if passes(o, build(o, folder, units, file)) else None
    except subprocess.TimeoutExpired:
        return None


def main():
    o = by_hand.options(__doc__, "source", "include", "work")
    # Nobody learns anything from mutants of what is wrong already.
    wrong = 0
    for file in ("plan.c", "topology_nodes.c"):
        sound = os.path.join(o.work, "as-it-is", file)
        if not passes(o, build(o, sound, copy(o, sound, file), file)):
            print(f"FAIL    {test_for(file)} with the planner as it is")
            wrong += 1
    return by_hand.try_all(o, MUTANTS, run, wrong)


if __name__ == "__main__":
    sys.exit(main())
