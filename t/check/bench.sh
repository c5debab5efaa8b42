#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bench/run still measures: a second of each of a few rows ends in a table, in
# figures that can be true, and leaves nothing behind.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need bench/run bench/main.py
need_tool wrk
tmp=$(mktemp -d --suffix=.shs-guard)
# httpd's children may be another user than this one.
chmod 755 "$tmp"
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/work"
chmod 755 "$tmp/work"

rows=(none nocookie hit tcp naive-tcp far)
only=(--only turns)
for row in "${rows[@]}"; do
    only+=(--only "$row")
done
if ! out=$(TMPDIR=$tmp/work timeout 60 bench/run --quick --no-install \
    --out "$tmp/out" "${only[@]}" 2>&1); then
    complain "it fails:"$'\n'"$(tail -n 20 <<<"$out")"
fi
for words in 'requests/s' 'without the module' 'near-cache hit' \
    'Redis by TCP, 1 ms away' 'other jobs took'; do
    grep -qF "$words" <<<"$out" || complain "no '$words' in:"$'\n'"$out"
    looked_at 1
done
if grep -E '^ *(missing|failed):|Traceback' <<<"$out"; then
    complain 'something is missing'
fi

# Whatever the machine does meanwhile: who asks Redis, and how often.
if ! python3 - "$tmp/out/results.json" "${rows[@]}" <<'PY'; then
import json
import sys

result = json.load(open(sys.argv[1]))
rows = {row['name']: row for row in result['groups']['cost']['rows']}
assert list(rows) == sys.argv[2:], list(rows)
for row in rows.values():
    assert row['rate'] > 0 and row['p50_ms'] > 0 and row['cpu_us'] > 0, row
for name, least, most in (('none', 0, 0), ('nocookie', 0, 0), ('hit', 0, 20),
                          ('tcp', 1990, 2050), ('naive-tcp', 990, 1050),
                          ('far', 1990, 2050)):
    assert least <= rows[name]['commands_1000'] <= most, rows[name]
assert rows['far']['p50_ms'] > 1, rows['far']
turns = result['turns']
assert list(turns) == ['off', 'nocookie', 'hit', 'hit-lean', 'tcp', 'unix'], turns
# A round trip takes a thread longer than looking into memory.
assert 0 < turns['off']['p10_us'] < turns['hit']['p10_us'], turns
assert turns['hit']['p10_us'] < turns['tcp']['p10_us'], turns
PY
    complain "figures that cannot be true"
fi
looked_at "${#rows[@]}"

left=$(ls -A "$tmp/work")
[[ -z $left ]] || complain "files that it left: $left"
finish 'rows and words of the benchmark'
