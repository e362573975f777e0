#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kernel_mutants.py - would the tests notice a weaker kernel?

Each mutant is the kernel with one place made worse: a check left out, a
shootdown forgotten, a step in the wrong order.  It is built, and booted with
the behaviours that should notice; one of them must fail, or the kernel must
refuse to go on.  A mutant that is not caught, or does not apply any more, is
an error.

usage: kernel_mutants.py --kernel DIR --commands compile_commands.json
                         --images DIR --work DIR --link "FLAGS"
                         [--sample N] [NAME...]
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../../tests/mutation"))
import by_hand

# What runs: program, CPUs, words of the command line.
ONE = (1, [])
TWO = (2, [])
APART = (2, ["partner=other"])

# name, file, old, new, program, where, behaviours
MUTANTS = [
    ("send without the right", "ipc/ipc.c",
     "else if (!(cap->rights & MK_CAP_SEND)) "
     "ipc_fail(t, MK_IPC_DENIED | MK_IPC_SEND); else send_to_gate",
     "else send_to_gate", "gate", ONE, ["30"]),
    ("the kernel's text can be written in the direct map", "arch/paging.c",
     "(constant ? 0 : PTE_WRITE)", "PTE_WRITE", "ipc", ONE, ["01"]),
    ("call on the fast path without the right", "ipc/ipc_fast.c",
     "if (!cap || !(cap->rights & MK_CAP_SEND) ||", "if (!cap ||",
     "gate", ONE, ["30"]),
    ("object used without the right", "ipc/ipc_object.c",
     "else if (!(cap->rights & MK_CAP_SEND)) a = failed(-MK_EPERM);", "",
     "gate", ONE, ["30"]),
    ("gate bound without the right", "ipc/ipc_object.c",
     "case MK_GATE_BIND: if (!(cap->rights & MK_CAP_CONTROL)) "
     "return failed(-MK_EPERM);", "case MK_GATE_BIND:",
     "gate", ONE, ["30"]),
    ("a usual capability is lost and nobody notices", "map/map_cap.c",
     "slot->what = 0; cap_changes++;", "slot->what = 0;",
     "event", ONE, ["96"]),
    ("a usual capability is moved and nobody notices", "map/map_cap.c",
     "node_move(made, n); cap_changes++;", "node_move(made, n);",
     "event", ONE, ["96"]),
    ("a usual capability has less rights and nobody notices", "map/map.c",
     "cap_changes++;", "", "event", ONE, ["96"]),
    ("a usual event is bound and nobody notices", "ipc/ipc_object.c",
     "cap_changes++;", "", "event", ONE, ["96"]),
    ("a usual call takes any event for its own", "include/kfast.h",
     "word == t->pair.own_number &&", "", "event", ONE, ["96"]),
    ("a usual call does not ask for its turn", "arch/trap.c",
     "next->priority >= t->priority", "true", "event", ONE, ["96"]),
    ("signal and wait with something pending sleeps", "include/kfast.h",
     "own->pending ||", "", "event", ONE, ["96"]),
    ("no label", "ipc/ipc.c", "ipc_deliver(s, r, g->label);",
     "ipc_deliver(s, r, 0);", "gate", ONE, ["28"]),
    ("no label on the fast path", "ipc/ipc_fast.c",
     "hand_over(c, t, r, g->label);", "hand_over(c, t, r, 0);",
     "gate", ONE, ["28"]),
    ("other CPUs keep translations", "map/tlb.c",
     "uint32_t others = noted & ~(1u << me->id);", "uint32_t others = 0;",
     "memory", APART, ["47"]),
    ("this CPU keeps translations", "map/tlb.c",
     "if (noted & 1u << me->id)", "if (0)", "memory", ONE, ["47"]),
    ("ports stay in the CPU", "map/map_io.c",
     "t->io_version = ++last_version; tlb_note(t);",
     "t->io_version = ++last_version;", "attack", ONE, ["81"]),
    ("only an idle CPU is told", "core/sched.c",
     "if (c->current && thread_runs(c->current) && c->current->cpu == c && "
     "c->current->priority >= t->priority)", "if (c->current)",
     "sched", TWO, ["76"]),
    ("a timeout that is early", "ipc/ipc.c",
     "when = now_tsc() + tsc_from_us(word) + 1;",
     "when = now_tsc() + tsc_from_us(word) / 2;", "ipc", ONE, ["08"]),
    ("a reply can be used twice", "ipc/ipc.c",
     "s->caller = NULL; r->partner = NULL; ipc_finish(r,",
     "r->partner = NULL; ipc_finish(r,", "ipc", ONE, ["21"]),
    ("memory is not given back to the quota", "obj/quota.c",
     "kmem_give(memory, order); factory_refund(f, 1ul << order);",
     "kmem_give(memory, order);", "cap", ONE, ["36"]),
    ("a factory's limit is not given back", "obj/kobject.c",
     "factory_refund(parent, f->limit);", "(void)parent;",
     "cap", ONE, ["42"]),
    ("a quota is not asked", "obj/quota.c",
     "if (bytes > f->limit - f->used)", "if (0)", "cap", ONE, ["41"]),
    ("a UTCB anywhere", "obj/task.c",
     "!paging_find(t, va, &leaf) || !(*leaf.entry & PTE_KU))",
     "!paging_find(t, va, &leaf))", "memory", ONE, ["53"]),
    ("any address to begin at", "ipc/ipc_object.c",
     "if ((flags & MK_REGISTERS_IP) && ip >= MK_USER_END)", "if (0)",
     "fault", ONE, ["57"]),
    ("any address from a handler", "obj/thread.c",
     "if (r->rip >= MK_USER_END) r->rip = 0;", "", "fault", ONE, ["57"]),
    ("any flags from a handler", "obj/thread.c",
     "(words[offsetof(struct regs, rflags) / 8] & RFLAGS_USER) |",
     "words[offsetof(struct regs, rflags) / 8] |", "fault", ONE, ["57"]),
    ("FPU registers are not loaded", "include/kswitch.h",
     '__asm__ volatile("fxrstor64 %0" ::"m"(t->fpu));', "",
     "fault", ONE, ["58"]),
    ("FPU registers are not saved", "include/kswitch.h",
     '__asm__ volatile("fxsave64 %0" : "=m"(t->fpu));', "",
     "fault", ONE, ["58"]),
    ("memory is not emptied", "core/kmem.c",
     "memset(block, 0, (size_t)1 << order);", "memset(block, 0, 64);",
     "attack", ONE, ["88"]),
    ("nobody knows where a thread runs", "include/kswitch.h",
     "t->on = c; c->current = t;", "c->current = t;",
     "attack", TWO, ["89"]),
    ("a lock that is taken twice", "core/big_lock.c",
     "if (seen == 0) return change(seen, LOCK_TAKEN);",
     "if (seen <= LOCK_TAKEN) return true;",
     "attack", TWO, ["89"]),
    ("a flag that does not compare", "ipc/ipc.c",
     "if (!__atomic_compare_exchange_n(word, &seen, asleep, false, "
     "__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return MK_IPC_CHANGED;",
     "(void)seen; __atomic_store_n(word, asleep, __ATOMIC_SEQ_CST);",
     "event", ONE, ["69"]),
    ("flag and wait are two steps", "ipc/ipc.c",
     "if (!block(t, MK_STATE_RECEIVING, MK_IPC_RECEIVE)) return; "
     "if (partner) {",
     "if (t->op & MK_FLAGGED) { (void)flag_set(t); kernel_unlock(); "
     "for (int i = 0; i < 1000; i++) __builtin_ia32_pause(); kernel_lock(); "
     "t->op &= (uint8_t)~MK_FLAGGED; } "
     "if (!block(t, MK_STATE_RECEIVING, MK_IPC_RECEIVE)) return; "
     "if (partner) {", "event", APART, ["69"]),
    ("a word that is only compared is to be written", "ipc/ipc.c",
     "flag_word(t, t->regs.r9, awake != asleep)",
     "flag_word(t, t->regs.r9, true)", "event", ONE, ["94"]),
    ("a word that may only be read is written", "ipc/ipc.c",
     "flag_word(t, t->regs.r9, awake != asleep)",
     "flag_word(t, t->regs.r9, false)", "event", ONE, ["94"]),
    ("a word that is only compared is not", "ipc/ipc.c",
     "return seen == awake ? 0 : MK_IPC_CHANGED;", "return 0;",
     "event", ONE, ["70", "94"]),
    ("comparison and wait are two steps", "ipc/ipc.c",
     "if (!block(t, MK_STATE_RECEIVING, MK_IPC_RECEIVE)) return; "
     "if (partner) {",
     "if (t->op & MK_FLAGGED) { unsigned late = flag_set(t); "
     "kernel_unlock(); for (int i = 0; i < 1000; i++) "
     "__builtin_ia32_pause(); kernel_lock(); "
     "if (late) { ipc_fail(t, late | MK_IPC_RECEIVE); return; } "
     "t->op &= (uint8_t)~MK_FLAGGED; } "
     "if (!block(t, MK_STATE_RECEIVING, MK_IPC_RECEIVE)) return; "
     "if (partner) {", "event", APART, ["95"]),
    ("a bit is lost with the timeout", "obj/kevent.c",
     "struct thread *t = first_waiter(e);",
     "struct thread *t = first_waiter(e); if (t->timeout.link && "
     "t->timeout.when <= __builtin_ia32_rdtsc()) { (void)event_take(e); "
     "ipc_fail(t, MK_IPC_TIMEOUT | MK_IPC_RECEIVE); continue; }",
     "event", APART, ["67"]),
    ("an event is taken by who does not wait", "ipc/ipc.c",
     "bits = event_take(e); if (bits) {",
     "bits = event_take(e); if (bits && t->timeouts >> 32 == MK_NEVER) {",
     "event", ONE, ["60"]),
    ("grandchildren keep what is taken back", "map/map.c",
     "above = n->parent; node_drop(n);",
     "above = n->parent; if (above == top) node_drop(n); "
     "else node_detach(n);", "cap", ONE, ["34"]),
    ("who sends waits in the order of coming only", "ipc/ipc.c",
     "if (before->priority >= priority) break;", "(void)before; break;",
     "ipc", ONE, ["13"]),
    ("equals do not wait in order", "ipc/ipc.c",
     "if (before->priority >= priority)", "if (before->priority > priority)",
     "ipc", ONE, ["13"]),
    ("no window is needed", "ipc/ipc_transfer.c",
     "if (!window ||",
     "if (!window) window = mk_flexpage(mk_flexpage_kind(page), 0, "
     "mk_flexpage_kind(page) == MK_MEMORY ? MK_SPACE_ORDER : 15, "
     "MK_ALL_RIGHTS); if (", "gate", ONE, ["32"]),
    ("capabilities with more rights", "map/map_cap.c", "rights &= n->rights;",
     "", "gate", ONE, ["30", "31"]),
    ("pages with more rights", "map/map_memory.c", "rights &= n->rights;", "",
     "memory", ONE, ["44"]),
    ("a capability passed on without the right", "map/map_cap.c",
     "if (!(n->rights & MK_CAP_PASS)) return -MK_EPERM;", "",
     "gate", ONE, ["30", "31"]),
    ("SMAP off", "arch/cpu.c", "cr4 |= CR4_SMEP | CR4_SMAP;",
     "cr4 |= CR4_SMEP;", "ipc", ONE, ["01"]),
    ("data can be executed", "arch/paging.c",
     "const uint64_t data = PTE_WRITE | PTE_NX;",
     "const uint64_t data = PTE_WRITE;", "ipc", ONE, ["01"]),
    ("all memory can be executed", "arch/paging.c",
     "PTE_LARGE | PTE_GLOBAL | PTE_NX; mmio_pd",
     "PTE_LARGE | PTE_GLOBAL; mmio_pd", "ipc", ONE, ["01"]),
    ("the direction flag comes in", "arch/entry.S", "cld clac push_registers",
     "clac\n push_registers", "attack", ONE, ["82"]),
    ("alignment check comes in", "arch/entry.S", "cld clac push_registers",
     "cld\n push_registers", "attack", ONE, ["82"]),
    ("code of 32 bits", "arch/cpu.c",
     "0x0000f10000000000 | (uint64_t)(t - tables);", "0x00cffb000000ffff;",
     "attack", ONE, ["83"]),
    ("each CPU is the first", "arch/cpu.c",
     "0x0000f10000000000 | (uint64_t)(t - tables);", "0x0000f10000000000;",
     "sched", TWO, ["75"]),
    ("a local descriptor table", "arch/cpu.c", '"lldt %w4"', '""',
     "attack", ONE, ["83"]),
    ("the thread pointer of the one before", "include/kswitch.h",
     "load_msr(MSR_FS_BASE, &t->fs_base);",
     "static uint64_t is; if (is != t->fs_base) "
     "write_msr(MSR_FS_BASE, is = t->fs_base);", "attack", ONE, ["84"]),
    ("an exception tells too much", "include/kthread.h",
     "#define EXCEPTION_WORDS (REGS_BYTES / 8u)",
     "#define EXCEPTION_WORDS 24u", "attack", ONE, ["85"]),
    ("an empty bitmap of ports", "include/kswitch.h",
     "*c->io_offset = version ? IO_MAP : IO_NONE;",
     "*c->io_offset = from ? IO_MAP : IO_NONE;", "attack", ONE, ["80"]),
    ("ports taken back while they are walked", "map/map_io.c",
     "next = l->next; if (self && !revoke", "if (self && !revoke",
     "attack", ONE, ["81"]),
    ("late times wrap", "include/ksched.h",
     "if (unlikely((high + 1) >> TSC_SHIFT)) return UINT64_MAX - 1;", "",
     "attack", ONE, ["86"]),
    ("an alarm ends a wait that has none", "core/sched.c",
     "if (!(t->op & OP_TIMED) || t->state", "if (t->state",
     "event", ONE, ["97"]),
    ("an alarm ends a later wait", "core/sched.c", "if (t->until > now)",
     "if (0)", "event", ONE, ["97"]),
    ("an alarm that is too late is enough", "include/kfast.h",
     "return t->timeout.when <= t->until ?", "return true ?",
     "event", ONE, ["97"]),
    ("a later alarm is left as it is", "core/sched.c",
     "t->timeout.when <= when)", "true)", "event", ONE, ["97"]),
    ("the time of a send ends the wait for the answer", "ipc/ipc.c",
     "t->op &= (uint8_t)~OP_TIMED;", "", "event", ONE, ["97"]),
    ("an alarm of who is gone", "obj/thread.c",
     "timeout_disarm(t); thread_unlink(t);", "thread_unlink(t);",
     "event", ONE, ["97"]),
    ("taking back is not interrupted", "include/kmap.h",
     "#define UNMAP_PART 64u", "#define UNMAP_PART (1ul << 40)",
     "attack", ONE, ["90"]),
    ("a race with who maps again", "ipc/ipc_object.c",
     "u->left = UNMAP_PART + (nodes_made - u->made);",
     "u->left = UNMAP_PART;", "attack", TWO, ["91"]),
    ("a part is taken for all", "ipc/ipc_object.c",
     "t->regs.rip -= SYSCALL_BYTES; t->new_flags |= THREAD_AGAIN; return;",
     "t->regs.rax = 0; return;", "attack", ONE, ["90"]),
    ("a call in parts that loses its capability", "ipc/ipc_object.c",
     "if (error == UNMAP_AGAIN && object_at", "if (0 && object_at",
     "attack", ONE, ["90"]),
    ("a request overwrites the one before", "obj/thread.c",
     "(uint8_t)((t->new_flags & ~THREAD_AGAIN) | set);", "(uint8_t)set;",
     "attack", TWO, ["92"]),
    ("a call is lost that was stopped on its way in", "arch/trap.c",
     "restart(&t->regs); if (t->new_flags", "if (t->new_flags",
     "attack", TWO, ["93"]),
    ("derivations without end", "map/map_cap.c",
     "if (!grant && n->depth == NODE_DEPTH_MAX) return -MK_EINVAL;", "",
     "attack", ONE, ["87"]),
    ("the end of a slice is not seen", "core/sched.c",
     "if (c->current && now >= c->slice_end) {", "if (0) {",
     "sched", ONE, ["71"]),
    ("any priority", "ipc/ipc_object.c", "if (priority > t->max_priority)",
     "if (0)", "sched", ONE, ["72"]),
    ("an interrupt is not masked", "arch/irq.c",
     "ioapic_mask(line); if (event_of_line[line])",
     "if (event_of_line[line])", "event", ONE, ["65"]),
    ("stopped, and runs on for a while", "core/sched.c",
     "while (c && !cpu_is_here(c) && !__atomic_load_n(&c->at_lock, "
     "__ATOMIC_ACQUIRE)) cpu_relax();", "(void)c;", "sched", TWO, ["74"]),
    ("nobody hears of a death", "obj/thread.c",
     "thread_unlink(t); turn_away(t);", "thread_unlink(t);",
     "ipc", ONE, ["16"]),
    ("a part of a superpage takes it all", "map/map.c",
     "if (n->where < page.first || next > end)", "if (0)",
     "memory", ONE, ["49"]),
    ("a message as long as it likes", "ipc/ipc.c",
     "if (too_long(t->tag)) {", "if (0) {", "ipc", ONE, ["18"]),
]


def options():
    parser = argparse.ArgumentParser()
    for name in ("kernel", "commands", "images", "work", "link", "run"):
        parser.add_argument("--" + name, required=True)
    return parser


class Builder:
    def __init__(self, o, cc=None):
        self.o = o
        os.makedirs(o.work, exist_ok=True)
        self.kernel = os.path.realpath(o.kernel)
        with open(o.commands, encoding="utf-8") as f:
            entries = json.load(f)
        # Without -flto: then only what has changed is compiled again.  The
        # other is for gcc alone.
        leave = {"-flto"} | ({"-mpreferred-stack-boundary=3"} if cc else set())
        self.commands = {
            os.path.relpath(e["file"], self.kernel):
            [w for w in shlex.split(e["command"]) if w not in leave]
            for e in entries
            if "mk_kernel.dir" in e["command"]
            and e["file"].startswith(self.kernel)}
        for words in self.commands.values():
            words[0] = cc or words[0]
        self.base = os.path.join(o.work, "base")
        self.build(self.base, lambda folder: list(self.commands))

    def compile(self, folder, unit):
        target = os.path.join(folder, unit.replace("/", "_") + ".o")
        words = [w.replace(self.kernel, os.path.join(folder, "kernel"))
                 for w in self.commands[unit]]
        words[words.index("-o") + 1] = target
        # A mutant may leave something unused.
        subprocess.run(words + ["-w"], check=True)

    def build(self, folder, change):
        """A copy of the kernel; False if the change does not apply."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.kernel, os.path.join(folder, "kernel"))
        units = change(folder)
        if not units:
            return False
        for unit in units:
            self.compile(folder, unit)
        objects = []
        for unit in self.commands:
            where = folder if unit in units else self.base
            objects.append(os.path.join(where, unit.replace("/", "_") + ".o"))
        subprocess.run([self.commands["core/kmem.c"][0]] +
                       shlex.split(self.o.link) + objects +
                       ["-o", os.path.join(folder, "mk.elf")], check=True)
        os.symlink(os.path.join(os.path.realpath(self.o.images), "tests.img"),
                   os.path.join(folder, "tests.img"))
        return True

    def mutant(self, folder, file, old, new):
        def change(copy):
            if not by_hand.replace(os.path.join(copy, "kernel", file), old, new):
                return []
            return [file] if file in self.commands else list(self.commands)
        return self.build(folder, change)

    def boot(self, folder, program, where, behaviours, seconds):
        """What went wrong or None, and how long it took; [] is all."""
        cpus, words = where
        if behaviours:
            words = ["only=" + ",".join(behaviours), *words]
        start = time.monotonic()
        run = subprocess.Popen(
            [self.o.run, "-s", str(cpus), "-t", str(seconds), folder, "tests",
             f"run={program}", *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True)
        good, bad = 0, None
        for line in run.stdout:
            found = re.match(r"not ok|kernel panic|fatal trap|# \S+\.c:\d+: ",
                             line)
            if found:
                bad = line.strip()
                break
            good += re.match(r"ok \d+ - b\d+ (?!.*# SKIP)", line) is not None
            if behaviours and good == len(behaviours):
                break
        # The shell, timeout(1) and QEMU.
        ended = run.poll() is not None or not (bad or behaviours)
        if not ended:
            os.killpg(run.pid, 15)
        run.stdout.close()
        status = run.wait()
        if not bad and (good < len(behaviours) if behaviours else status):
            bad = "no result"
        return bad, time.monotonic() - start


def judge(builder, number, mutant, patience):
    name, file, old, new, program, where, behaviours = mutant
    folder = os.path.join(builder.o.work, str(number))
    if not builder.mutant(folder, file, old, new):
        return name, "", "does not apply any more"
    # A race may need more than one try.
    for _ in range(3):
        bad, _ = builder.boot(folder, program, where, behaviours, patience)
        if bad:
            shutil.rmtree(folder)
            return name, bad, None
    return name, "", "SURVIVES"


def sound(builder, chosen):
    """Whoever fails with the kernel as it is proves nothing."""
    wrong, longest = 0, 0
    for program, where, behaviours in {
            (m[4], (m[5][0], tuple(m[5][1])), tuple(m[6])) for m in chosen}:
        bad, seconds = builder.boot(builder.base, program, where, behaviours,
                                    100)
        longest = max(longest, seconds)
        if bad:
            print(f"FAIL    the kernel as it is: {program} {behaviours}: "
                  f"{bad}")
            wrong += 1
    return wrong, longest


def main():
    parser = options()
    parser.add_argument("--sample", type=int, default=0,
                        help="only so many, from all over the list")
    parser.add_argument("names", nargs="*")
    o = parser.parse_args()
    if not shutil.which("qemu-system-x86_64"):
        print("skipped: no qemu-system-x86_64")
        return 77
    chosen = by_hand.chosen(o.names, MUTANTS)
    if o.sample:
        chosen = chosen[::-(-len(chosen) // o.sample)]
    builder = Builder(o)
    wrong, longest = sound(builder, [m for _, m in chosen])
    if wrong:
        return 1
    patience = int(longest * 5) + 20
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, by, problem in pool.map(
                lambda c: judge(builder, *c, patience), chosen):
            print(f"{'caught' if not problem else 'FAIL':7} {name}: "
                  f"{problem or by[:60]}", flush=True)
            wrong += bool(problem)
    print(f"{len(chosen)} mutants, {wrong} not caught")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
