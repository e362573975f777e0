#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_shell.sh - shellcheck, from warnings up, over every shell script.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v shellcheck >/dev/null; then
	echo "skipped: no shellcheck"
	exit 77
fi
python3 - <<'END' | xargs -0 shellcheck -x -P SCRIPTDIR -S warning
import sys
sys.path.insert(0, "tests/lint")
import tree
for name in tree.files():
    try:
        first = tree.read(name).split("\n")[0]
    except UnicodeDecodeError:
        continue
    if first.startswith("#!") and first.endswith(("sh", "bash")):
        sys.stdout.write(name + "\0")
END
