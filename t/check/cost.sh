#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What octets of a client cost in instructions, exactly: callgrind counts those
# of each parser in t/unit/test_cost.c for an input, and for one of eight times
# the size. Twelve times as many are too many; a start of 20,000 is free.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

# The guards may run without the unit tests before them.
if [[ -e build/default/Makefile ]]; then
    make -s -C build/default t/unit/test_cost >/dev/null
fi
need build/default/t/unit/test_cost
need_tool valgrind

dumps=$(mktemp -d --suffix=.shs-cost)
trap 'rm -rf "$dumps"' EXIT
if ! CK_FORK=no build/default/libtool --mode=execute valgrind \
    --tool=callgrind --callgrind-out-file="$dumps/out" \
    build/default/t/unit/test_cost >"$dumps/log" 2>&1; then
    complain "$(tail -n 20 "$dumps/log")"
fi

# name, size, instructions: a line for each dump.
tell() {
    awk '/^desc: Trigger: Client Request: cost / { name = $6; size = $7 }
        /^totals:/ { if (name != "") print name, size, $2; name = "" }' \
        "$dumps"/out.*
}

while read -r name small few large many; do
    looked_at 1
    if ((large != 8 * small || many > 12 * few + 20000)); then
        complain "$name: $few instructions for $small octets, $many for $large"
    fi
done < <(tell | sort -k 1,1 -k 2,2n |
    awk '$1 == name { print name, size, count, $2, $3 }
        { name = $1; size = $2; count = $3 }')
# A line of the table each, so that none is lost on the way.
if ((looked != $(grep -cE '^    \{ "[a-z-]+", [a-z]+_[a-z]+,' \
    t/unit/test_cost.c))); then
    complain "of the cases of t/unit/test_cost.c only $looked were counted"
fi

finish 'parsers cost in proportion to what they read'
