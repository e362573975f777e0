#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-stubs.py FILE.idl FOLDER - both sides of a server's interface.

    interface names 1                    its name; the protocol of its messages
    call query(string name[64]) -> (cap gate)

Types: u64; string x[N], at most N bytes with the zero at its end; bytes x[N];
cap; in answers page, memory that fills the client's window.  The opcode of a call is its place in the file, from 1.

Writes FOLDER/mklib/NAME_calls.h, FOLDER/NAME_client.c and FOLDER/NAME_server.c.
"""
import os
import re
import sys

WORDS_MAX = 63
CAPS_MAX = 8  # MK_STREAM_ITEMS
PROTO_MAX = 2**31 - 1  # the kernel's own are negative
# Names of calls that would clash with the macros of every interface.
TAKEN_CALLS = {"proto", "windows", "ops"}
# Names that the C around an argument uses.
TAKEN = {"self", "label", "slots", "server", "timeouts", "error", "ops", "r",
         "w", "reader", "writer", "int", "char", "long", "short", "default"}
OUT_WORDS = 1  # status
IN_WORDS = 1   # opcode


class Argument:
    def __init__(self, kind, name, bound):
        self.kind, self.name, self.bound = kind, name, bound

    def words(self):
        """The most message registers that it takes."""
        if self.kind in ("string", "bytes"):
            return 1 + (self.bound + 7) // 8
        return 2 if self.kind in ("cap", "page") else 1


class Call:
    def __init__(self, name, ins, outs):
        self.name, self.ins, self.outs = name, ins, outs

    def caps(self, side):
        return [a for a in side if a.kind == "cap"]

    def landings(self):
        """Where what comes with the answer lands: slots and windows."""
        return [f"{a.name}_slot" if a.kind == "cap" else f"{a.name}_window"
                for a in self.outs if a.kind in ("cap", "page")]


def fail(path, text):
    sys.exit(f"{path}: {text}")


def arguments(path, text):
    out = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        m = re.fullmatch(r"(u64|cap|page) ([a-z]\w*)|(string|bytes) ([a-z]\w*)\[(\d+)\]",
                         part)
        if not m:
            fail(path, f"not an argument: {part!r}")
        if (m[2] or m[4]) in TAKEN:
            fail(path, f"an argument cannot have the name {m[2] or m[4]}")
        bound = int(m[5]) if m[5] else 0
        if m[5] and not 1 < bound <= 480:
            fail(path, f"bound of {m[4]} is not in 2..480")
        out.append(Argument(m[1] or m[3], m[2] or m[4], bound))
    if len({a.name for a in out}) != len(out):
        fail(path, f"the same argument twice: {text}")
    return out


def read(path):
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"#.*", "", f.read())
    text = re.sub(r"\s+", " ", text).strip()
    m = re.match(r"interface ([a-z]\w*) ([1-9]\d*) ?", text)
    if not m:
        fail(path, "does not begin with: interface NAME NUMBER")
    name, number, text, calls = m[1], int(m[2]), text[m.end():], []
    if number > PROTO_MAX:
        fail(path, f"number {number} is above {PROTO_MAX}")
    while text:
        c = re.match(r"call ([a-z]\w*) ?\(([^)]*)\)(?: -> \(([^)]*)\))? ?", text)
        if not c:
            fail(path, f"not a call: {text[:60]!r}")
        call = Call(c[1], arguments(path, c[2]), arguments(path, c[3] or ""))
        if any(a.kind == "page" for a in call.ins):
            fail(path, f"{call.name}: a page can only be an answer")
        for side, first in ((call.ins, IN_WORDS), (call.outs, OUT_WORDS)):
            if first + sum(a.words() for a in side) > WORDS_MAX:
                fail(path, f"{call.name}: does not fit into {WORDS_MAX} words")
            if len(call.caps(side)) > CAPS_MAX:
                fail(path, f"{call.name}: more than {CAPS_MAX} capabilities")
        if call.name in TAKEN_CALLS:
            fail(path, f"a call cannot have the name {call.name}")
        if call.name in (x.name for x in calls):
            fail(path, f"call {call.name} is there twice")
        calls.append(call)
        text = text[c.end():]
    if not calls:
        fail(path, "no calls")
    return name, number, calls


def parameters(call, first, cap_in, cap_out, page_out):
    """In C; a capability comes as @cap_in says, and goes as @cap_out."""
    out = list(first)
    for a in call.ins:
        out += {"u64": [f"uint64_t {a.name}"],
                "cap": [f"uint64_t {a.name}_{cap_in}"],
                "string": [f"const char *{a.name}"],
                "bytes": [f"const void *{a.name}", f"size_t {a.name}_bytes"],
                }[a.kind]
    for a in call.outs:
        out += {"u64": [f"uint64_t *out_{a.name}"],
                "cap": [f"uint64_t {cap_out.format(a.name)}"],
                "page": [f"uint64_t {page_out.format(a.name)}"],
                "string": [f"char out_{a.name}[{a.bound}]"],
                "bytes": [f"uint8_t out_{a.name}[{a.bound}]",
                          f"size_t *out_{a.name}_bytes"],
                }[a.kind]
    return ", ".join(out)


def client_parameters(call):
    return parameters(call, ["uint64_t server", "uint64_t timeouts"],
                      "page", "{}_slot", "{}_window")


def server_parameters(call):
    return parameters(call, ["void *self", "uint64_t label"],
                      "slot", "*out_{}_page", "*out_{}_page")


def header(name, number, calls):
    upper = name.upper()
    windows = max(len(c.caps(c.ins)) for c in calls)
    out = [f"#ifndef MKLIB_{upper}_CALLS_H", f"#define MKLIB_{upper}_CALLS_H",
           "#include <mklib/message_stream.h>",
           f"#define MK_{upper}_PROTO {number}",
           f"#define MK_{upper}_WINDOWS {windows}u"]
    out += [f"#define MK_{upper}_{c.name.upper()} {i}u"
            for i, c in enumerate(calls, 1)]
    out += [f"int mk_{name}_{c.name}({client_parameters(c)});" for c in calls]
    out += [f"struct mk_{name}_ops {{"]
    out += [f"\tint (*{c.name})({server_parameters(c)});" for c in calls]
    out += ["};",
            "/* @m becomes the answer; false: it wants none. */",
            f"bool mk_{name}_dispatch(const struct mk_{name}_ops *ops, "
            "void *self, struct mk_message *m, uint64_t *mr, "
            "const uint64_t *slots);",
            f"_Noreturn void mk_{name}_serve(const struct mk_{name}_ops *ops, "
            "void *self, const uint64_t *slots);",
            "#endif"]
    return out


def put(a, prefix):
    value = prefix + a.name
    return {"u64": f"mk_put_word(w, {value});",
            "cap": f"mk_put_cap(w, {value}_page);",
            "page": f"mk_put_page(w, {value}_page);",
            "string": f"mk_put_string(w, {value}, {a.bound});",
            "bytes": f"mk_put_bytes(w, {value}, {value}_bytes, {a.bound});",
            }[a.kind]


def client(name, calls):
    upper, out = name.upper(), [f"#include <mklib/{name}_calls.h>"]
    for c in calls:
        slots = c.landings()
        out += [f"int mk_{name}_{c.name}({client_parameters(c)})", "{",
                "struct mk_writer writer, *w = &writer;",
                "struct mk_reader reader, *r = &reader;",
                f"const uint64_t slots[] = {{{', '.join(slots + ['0'])}}};",
                "int error;",
                f"mk_writer_init(w, MK_{upper}_{c.name.upper()});"]
        out += [put(a, "") for a in c.ins]
        out += [f"error = mk_stream_call(server, timeouts, MK_{upper}_PROTO, "
                f"w, slots, {len(slots)}, r);",
                "if (error)", "\treturn error;"]
        for a in c.outs:
            out += {"u64": [f"*out_{a.name} = mk_get_word(r);"],
                    "cap": [f"mk_get_cap(r, {a.name}_slot);"],
                    "page": [f"mk_get_page(r, {a.name}_window);"],
                    "string": [f"mk_copy_string(r, out_{a.name}, {a.bound});"],
                    "bytes": [f"*out_{a.name}_bytes = "
                              f"mk_copy_bytes(r, out_{a.name}, {a.bound});"],
                    }[a.kind]
        out += [f"return mk_stream_end(r, slots, {len(slots)});", "}"]
    return out


def serve(name, c):
    out = [f"static int serve_{c.name}(const struct mk_{name}_ops *ops, "
           "void *self, uint64_t label, const uint64_t *slots, "
           "struct mk_reader *r, struct mk_writer *w)", "{", "int error;"]
    passed, caps = ["self", "label"], 0
    for a in c.ins:
        if a.kind == "u64":
            out += [f"uint64_t {a.name} = mk_get_word(r);"]
        elif a.kind == "string":
            out += [f"const char *{a.name} = mk_get_string(r, {a.bound});"]
        elif a.kind == "bytes":
            out += [f"size_t {a.name}_bytes;",
                    f"const void *{a.name} = "
                    f"mk_get_bytes(r, {a.bound}, &{a.name}_bytes);"]
            passed += [a.name, f"{a.name}_bytes"]
            continue
        else:
            out += [f"mk_get_cap(r, slots[{caps}]);"]
            passed += [f"slots[{caps}]"]
            caps += 1
            continue
        passed += [a.name]
    for a in c.outs:
        out += {"u64": [f"uint64_t out_{a.name} = 0;"],
                "cap": [f"uint64_t out_{a.name}_page = 0;"],
               "page": [f"uint64_t out_{a.name}_page = 0;"],
                "string": [f"char out_{a.name}[{a.bound}] = \"\";"],
                "bytes": [f"uint8_t out_{a.name}[{a.bound}];",
                          f"size_t out_{a.name}_bytes = 0;"]}[a.kind]
        passed += {"u64": [f"&out_{a.name}"], "cap": [f"&out_{a.name}_page"],
                   "page": [f"&out_{a.name}_page"],
                   "string": [f"out_{a.name}"],
                   "bytes": [f"out_{a.name}", f"&out_{a.name}_bytes"]}[a.kind]
    out += ["(void)slots;", "(void)w;",
            "error = mk_reader_end(r);", "if (error)", "\treturn error;",
            f"error = ops->{c.name}({', '.join(passed)});",
            "if (error)", "\treturn error;"]
    out += [put(a, "out_") for a in c.outs]
    return out + ["return 0;", "}"]


def server(name, calls):
    upper = name.upper()
    out = [f"#include <mklib/{name}_calls.h>"]
    for c in calls:
        out += serve(name, c)
    out += [f"static int choose(const struct mk_{name}_ops *ops, void *self, "
            "uint64_t label, const uint64_t *slots, struct mk_reader *r, "
            "struct mk_writer *w)", "{", "switch (mk_get_word(r)) {"]
    for c in calls:
        out += [f"case MK_{upper}_{c.name.upper()}:",
                f"\treturn serve_{c.name}(ops, self, label, slots, r, w);"]
    return out + [
        "default:", "\treturn -MK_ENOSYS;", "}", "}",
        f"bool mk_{name}_dispatch(const struct mk_{name}_ops *ops, "
        "void *self, struct mk_message *m, uint64_t *mr, "
        "const uint64_t *slots)", "{",
        "struct mk_reader r;", "struct mk_writer w;", "int error;",
        "if (!mk_stream_begin(&r, m, mr))", "\treturn false;",
        "mk_writer_init(&w, 0);",
        f"error = mk_tag_proto(m->tag) == MK_{upper}_PROTO ? "
        "choose(ops, self, m->label, slots, &r, &w) : -MK_ENOSYS;",
        f"mk_stream_answer(&w, error, MK_{upper}_PROTO, m, mr);",
        "return true;", "}",
        f"_Noreturn void mk_{name}_serve(const struct mk_{name}_ops *ops, "
        "void *self, const uint64_t *slots)", "{",
        "struct mk_message m = {0};", "bool answer = false;",
        "for (;;)",
        f"\tanswer = mk_serve_next(&m, answer, slots, MK_{upper}_WINDOWS) && "
        f"mk_{name}_dispatch(ops, self, &m, mk_utcb()->mr, slots);", "}"]


def write(path, source, lines):
    top = f"/* Made by make-stubs.py from {os.path.basename(source)}. */"
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join([top] + lines) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: make-stubs.py FILE.idl FOLDER")
    source, folder = sys.argv[1:]
    name, number, calls = read(source)
    os.makedirs(os.path.join(folder, "mklib"), exist_ok=True)
    write(os.path.join(folder, "mklib", f"{name}_calls.h"), source,
          header(name, number, calls))
    write(os.path.join(folder, f"{name}_client.c"), source, client(name, calls))
    write(os.path.join(folder, f"{name}_server.c"), source, server(name, calls))


if __name__ == "__main__":
    main()
