#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# latency_page.sh BIN-DIR MAKER - the page of `dsi latency --html`, as a browser
# draws it: nothing from elsewhere, no error, and the pictures are not blank.
. "$(dirname "$0")/../cli/cli_common.sh"
MAKER=$2

dsi latency --html page.html missing >/dev/null 2>missing.err
grep -q "was built without libjs-chart.js" missing.err &&
	skip "no libjs-chart.js when this was built"

"$MAKER" trace packets=20000 readers=2 slots=8 hold_ns=1200000 \
	slow_packet=12000 slow_ns=2500000 broken_packet=7000 broken_ns=350000 \
	latency_ns=90000 || fail "trace_maker"
# A name that must stay a text; it has as many bytes as the one it replaces.
LC_ALL=C sed -i 's/cam0/<b>x/' trace/producer_0_0 trace/reader_0_?
dsi latency trace --html page.html >page.out || fail "--html"
expect 1 "cannot write" latency trace --html /nowhere/page.html

bytes=$(stat -c %s page.html)
[ "$bytes" -lt 2000000 ] || fail "the page has $bytes bytes"
grep -q 'Permission is hereby granted' page.html || fail "no licence in it"
grep -qE '<link|<script [^>]*src|<img|@import|url\(' page.html &&
	fail "the page loads something"
grep -qF '<b>x' page.html && fail "a name is in the page as it is"
grep -qF '\u003cb>x' page.html || fail "the name is not in the page"

browser=$(command -v chromium || command -v chromium-browser) ||
	skip "no chromium to draw the page"

# draw PAGE PICTURE - also writes PAGE.log and PAGE.dom.
browse() {
	timeout "$LIMIT" "$browser" --headless --no-sandbox --disable-gpu \
		--user-data-dir="$WORK/profile" --hide-scrollbars \
		--force-device-scale-factor=1 --window-size=1200,3600 \
		--enable-logging=stderr --v=0 "$@"
}
draw() {
	browse --screenshot="$WORK/$2" "file://$WORK/$1" >"$1.log" 2>&1 ||
		{ cat "$1.log"; skip "chromium does not run here"; }
	browse --dump-dom "file://$WORK/$1" >"$1.dom" 2>/dev/null ||
		fail "the browser ended with $?"
}

draw page.html page.png
if grep CONSOLE page.html.log; then
	fail "the browser reports errors"
fi
# It would be seen: a page with an error in it.
sed 's/^draw();$/no_such_function();/' page.html >wrong.html
draw wrong.html wrong.png
grep -q CONSOLE wrong.html.log || fail "errors of the page are not seen"

for text in "Broken: reality did not keep" "packet 7000" "Stream &lt;b&gt;x" \
	"reader 1 wakeup" "Around the worst packets" "Licence of Chart.js" \
	"needed"; do
	grep -qF -- "$text" page.html.dom || fail "'$text' is not on the page"
done
n=$(grep -o '<canvas' page.html.dom | wc -l)
[ "$n" -eq 6 ] || fail "$n pictures instead of 6"

# Colours that only the pictures have, each on many pixels.
cat >colours.py <<'END'
import subprocess, sys
raw = subprocess.run(["ffmpeg", "-v", "error", "-i", sys.argv[1], "-f", "rawvideo",
                      "-pix_fmt", "rgb24", "-"], capture_output=True, check=True).stdout
names = {"lines": (0x00, 0x72, 0xb2), "the other reader": (0xd5, 0x5e, 0x00),
         "bound": (0xb4, 0x23, 0x18), "waits": (0xe6, 0x9f, 0x00)}
found = {name: raw.count(bytes(rgb)) for name, rgb in names.items()}
print(sys.argv[1], found)
sys.exit(not all(n > 300 for n in found.values()))
END
if command -v ffmpeg >/dev/null; then
	python3 colours.py page.png || fail "a picture is blank"
	python3 colours.py wrong.png && fail "blank pictures are not seen"
fi
if [ -n "${DSI_KEEP_PAGE-}" ]; then
	cp page.html page.png "$DSI_KEEP_PAGE"
fi
exit 0
