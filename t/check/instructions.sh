#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a request costs in instructions, beside bare httpd: bench/run counts a
# near-cache hit (as it is, without notes, without any exposure, and with a Require
# line by an attribute) and a lookup in Redis with callgrind. None may exceed what t/check/instructions.txt has by
# more than 3 %. A change that is worth more says so:
#
#   t/check/instructions.sh --record   writes the counts of this machine there
#
# httpd, APR and libc count too, where a request runs through more of them. So
# another version of these may need another record.
# Runs by itself.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

record=t/check/instructions.txt
need "$record" build/default/.libs/mod_shared_session.so
need_tool valgrind

tmp=$(mktemp -d --suffix=.shs-instructions)
# httpd's children run as another user.
chmod 755 "$tmp"
trap 'rm -rf "$tmp"' EXIT
if ! TMPDIR=$tmp bench/run --no-install --only instructions --out "$tmp/out" \
    >"$tmp/log" 2>&1; then
    complain "bench/run fails: $(tail -n 20 "$tmp/log")"
    exit 1
fi

# name: count, a line each; what a request costs more than one to bare httpd.
python3 - "$tmp/out/results.json" >"$tmp/counts" <<'PY'
import json
import sys

counts = json.load(open(sys.argv[1]))['instructions']
for name, count in counts.items():
    if name != 'none':
        print(f'{name}: {count - counts["none"]}')
PY

if [[ ${1-} == --record ]]; then
    { grep '^#' "$record"; cat "$tmp/counts"; } >"$tmp/record"
    cat "$tmp/record" >"$record"
fi

while IFS=: read -r name count; do
    looked_at 1
    recorded=$(sed -n "s/^$name: //p" "$record")
    if [[ -z $recorded ]]; then
        complain "$record has no '$name'"
    elif ((100 * count > 103 * recorded)); then
        complain "a $name adds $((count)) instructions to a request," \
            "and at most 3 % more than $recorded are allowed"
    fi
done <"$tmp/counts"
if ((looked != $(grep -c '^[^#]' "$record"))); then
    complain "counts and recorded counts are not of the same requests"
fi

finish 'requests cost the instructions that are recorded'
