#!/bin/bash
# SPDX-License-Identifier: MIT
# The headroom of `dsi size` is exact: so much more of the parameter fits in the
# slots, 1 ns more does not.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/cli_common.sh"

cat >vary.py <<'END'
import json, sys
from size_streams import ms

def questions():
    for text, line in zip(open("streams"), open("answers"), strict=True):
        yield json.loads(text), json.loads(line)["result"]

def vary(q, result, more):
    """The stream with all its headroom used, and @more ns."""
    key = result["headroom_of"]
    used = ms(q.get(key, "0ms")) + result["headroom_ns"]
    used += more - result["headroom_strict"]
    return dict(q, **{key: f"{used}ns"}) if used >= 0 else q

def slots(name):
    return [json.loads(line)["result"]["slots"] for line in open(name)]

limited = [(q, r) for q, r in questions() if r["headroom_ns"] is not None]
if sys.argv[1] != "check":
    for q, result in limited:
        print(json.dumps(vary(q, result, int(sys.argv[1]))))
    sys.exit()
if len(limited) < 2000:
    sys.exit(f"only {len(limited)} have a headroom")
for (q, r), fits, fails in zip(limited, slots("fits"), slots("fails"),
                               strict=True):
    if not fits <= r["slots"] < fails:
        sys.exit(f"{fits} <= {r['slots']} < {fails} is not true: {q} {r}")
END
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
python3 "$here/size_streams.py" 3000 >streams || fail "draw: exit $?"
dsi size --batch streams >answers 2>batch.err || fail "exit $?"
for more in 0:fits 1:fails; do
	python3 vary.py "${more%:*}" >varied || fail "vary: exit $?"
	dsi size --batch varied >"${more#*:}" 2>batch.err || fail "exit $?"
done
python3 vary.py check || fail "a headroom is not exact"
