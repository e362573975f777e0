#!/bin/bash
# SPDX-License-Identifier: MIT
# A wrong option is refused with its name, its value and what is accepted.
. "$(dirname "$0")/cli_common.sh"

expect 2 "Usage:"
expect 2 "did you mean 'send'" sned x
expect 2 "there are: send, recv, list, " frobnicate
expect 2 "unrecognized option '--nope'" send x --nope
expect 2 "the name of the stream is missing" send
expect 2 "the name of the stream is missing" recv
expect 2 "one argument too many" send x y z
expect 2 "one argument too many" list x y

unit="has the unknown unit 'xyz'; give a whole number of bytes"
expect 2 "--chunk: '12xyz' $unit" send x --chunk 12xyz
expect 2 "--frame-bytes: '12xyz' $unit" send x --frame-bytes 12xyz
expect 2 "'4 KiB' has the unknown unit" send x --chunk "4 KiB"
expect 2 "'-4' is no size" send x --chunk -4
expect 2 "'' is no size" send x --chunk ""
expect 2 "give 1 to 4294967295 bytes" send x --frame-bytes 4GiB
expect 2 "give 1 to 4294967295 bytes" send x --frame-bytes 0
expect 2 "is no size" send x --frame-bytes 99999999999999999999
expect 2 "exclude each other" send x --y4m --frame-bytes 4KiB
expect 2 "--packets: '0' is not accepted; give a whole number from 1 to 65535" \
	send x --packets 0
expect 2 "from 0 to 16" send x --wait-consumers 17
expect 2 "--access: '0644' is no access rule" send x --access 0644
expect 2 "give owner, group or all" send x --access everybody
expect 2 "there is no group 'no such group'" send x --group "no such group"
expect 2 "--rate: 'fast' is no rate" send x --rate fast
expect 2 "--placement: 'near' is no placement; give auto, none, node:N or like:PID" send x --placement near
expect 2 "--placement: 'x' is not accepted" recv x --placement node:x
expect 2 "--placement: '0' is not accepted" recv x --placement like:0
expect 2 "--rate: '1/0' is no rate" send x --rate 1/0
expect 2 "--lifetime: '3parsec' has the unknown unit 'parsec'" \
	send x --lifetime 3parsec
expect 2 "is too long" send x --lifetime 999999h
expect 2 "or 'forever'" send x --drain-timeout soon
expect 2 "--format: the text has 200 bytes; give at most 127" \
	send x --format "$(printf '%200s' x)"

expect 2 "'lazy' is no policy; give block, drop or reclaim" \
	recv x --policy lazy
expect 2 "--queue needs --policy drop" recv x --queue 3
expect 2 "--count: '0' is not accepted" recv x --count 0
expect 2 "at most 4s" recv x --spin 1min
expect 2 "at most 31" recv x --label "$(printf '%40s' x)"

# Names are checked by the library.
expect 2 "no/slash" recv no/slash --timeout 0
expect 2 ".hidden" send .hidden --wait-consumers 0
long=$(printf '%70s' "" | tr ' ' n)
expect 2 "$long" send "$long" --wait-consumers 0

# Help is no error, and goes to standard output.
for words in --help "help" "help send" "send --help" "help recv" \
	"recv --usage" "list --help" --version; do
	dsi $words >help.out 2>help.err || fail "dsi $words: exit $?"
	[ -s help.out ] && [ ! -s help.err ] ||
		fail "dsi $words: not on standard output"
done
dsi --version | grep -q '^dsi [0-9]' || fail "no version"
expect 2 "xyz: is no command" help xyz
