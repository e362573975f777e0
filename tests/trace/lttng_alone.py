# SPDX-License-Identifier: MIT
"""lttng_alone.py - a place of LTTng for one test alone."""
import os
import shutil
import subprocess
import sys

# LTTng has one place for root in a machine.  With one of our own no session of
# others records our programs, and we do not record theirs.
ALONE = """
for place in /run/lttng /run/dsi-trace /dev/shm; do
	mkdir -p $place && mount -t tmpfs tmpfs $place && chmod 1777 $place || exit 1
done
chmod 0755 /run/lttng && chmod 0700 /run/dsi-trace
exec "$@"
"""


def be_alone():
    """Begin again in a mount namespace of our own, if that is permitted."""
    alone = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             ALONE, "sh"]
    if os.geteuid() != 0 or "DSI_TRACE_TEST_ALONE" in os.environ:
        return
    os.environ["DSI_TRACE_TEST_ALONE"] = "1"
    if shutil.which("unshare") and subprocess.run(
            [*alone, "true"], stderr=subprocess.DEVNULL).returncode == 0:
        os.execvp("unshare", [*alone, sys.executable, "-B", *sys.argv])
