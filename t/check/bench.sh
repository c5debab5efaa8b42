#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bench/run and bench/fleet work: a short run of each gives tables and plausible
# figures, and leaves no file behind.
# Runs by itself.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need bench/run bench/main.py bench/fleet bench/fleet_main.py
need_tool wrk
tmp=$(mktemp -d --suffix=.shs-guard)
# httpd's children may run as another user.
chmod 755 "$tmp"
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/work"
chmod 755 "$tmp/work"

rows=(none nocookie hit tcp naive-tcp far)
only=(--only request-time --only decode)
for row in "${rows[@]}"; do
    only+=(--only "$row")
done
if ! out=$(TMPDIR=$tmp/work timeout 60 bench/run --quick --no-install \
    --out "$tmp/out" "${only[@]}" 2>&1); then
    complain "it fails:"$'\n'"$(tail -n 20 <<<"$out")"
    exit 1
fi
for words in 'requests/s' 'without the module' 'near-cache hit' \
    'Redis by TCP, 1 ms away' 'other jobs took'; do
    grep -qF "$words" <<<"$out" || complain "no '$words' in:"$'\n'"$out"
    looked_at 1
done
if grep -E '^ *(missing|failed):|Traceback' <<<"$out"; then
    complain 'something is missing'
fi

# What holds on a busy machine too: the commands per 1,000 requests.
if ! python3 - "$tmp/out/results.json" "${rows[@]}" <<'PY'; then
import json
import sys

result = json.load(open(sys.argv[1]))
rows = {row['name']: row for row in result['groups']['cost']['rows']}
assert list(rows) == sys.argv[2:], list(rows)
for row in rows.values():
    assert row['rate'] > 0 and row['p50_ms'] > 0 and row['cpu_us'] > 0, row
# A lookup is two commands; each batch of lookups has one more.
for name, least, most in (('none', 0, 0), ('nocookie', 0, 0), ('hit', 0, 20),
                          ('tcp', 1990, 3000), ('naive-tcp', 990, 1050),
                          ('far', 1990, 3000)):
    assert least <= rows[name]['commands_1000'] <= most, rows[name]
assert rows['far']['p50_ms'] > 1, rows['far']
assert len(result['decode']) == 5, result['decode']
for row in result['decode'].values():
    assert 0 < row['least_ns'] <= row['ns'], row
times = result['request_time']
assert list(times) == ['off', 'nocookie', 'hit', 'hit-lean', 'tcp', 'unix', 'admin',
                       'require'], times
# A round trip costs a thread more CPU time than a read of memory.
assert 0 < times['off']['p10_us'] < times['hit']['p10_us'], times
assert times['hit']['p10_us'] < times['tcp']['p10_us'], times
PY
    complain "figures that cannot be true"
fi
looked_at "${#rows[@]}"

# The medians of a run and itself are that run.
if ! python3 bench/merge.py "$tmp/merged.json" "$tmp/out/results.json" \
    "$tmp/out/results.json" ||
    ! diff <(python3 bench/markdown.py "$tmp/merged.json") \
        <(python3 bench/markdown.py "$tmp/out/results.json"); then
    complain "bench/merge.py changes the figures of a single run"
fi
looked_at 1

# bench/fleet likewise: what Redis counts does not depend on the machine.
if ! out=$(TMPDIR=$tmp/work timeout 90 bench/fleet --quick --no-install \
    --hosts 5 --out "$tmp/fleet" 2>&1); then
    complain "bench/fleet fails:"$'\n'"$(tail -n 20 <<<"$out")"
    exit 1
fi
for words in 'the hosts were a client, not httpd' 'broadcast, Cluster of 10' \
    'octets sent for a touch' 'tracking-table-max-keys'; do
    grep -qF "$words" <<<"$out" || complain "no '$words' in:"$'\n'"$out"
    looked_at 1
done
if ! python3 - "$tmp/fleet/fleet.json" <<'PY'; then
import json
import sys

result = json.load(open(sys.argv[1]))
rows = {row['mode']: row for row in result['costs']['rows']}
assert list(rows) == ['bcast', 'per-key', 'off'], list(rows)
for mode, told in (('bcast', 5), ('per-key', 1), ('off', 0)):
    row = rows[mode]
    assert row['hosts'] == 5 and row['absent'] == 0, row
    assert row['connections'] == (10 if mode == 'off' else 15), row
    # Every change is told to all hosts, to those that hold it, or to none.
    assert abs(row['expire']['keys'] - told) < 0.01, row
    assert 0 < row['lookup']['us'] < 1000 and 0 < row['touch']['us'] < 1000, row
    assert row['mixed']['requests'] > 0, row
    assert (row['mixed']['hit_ratio'] > 0.5) == (mode != 'off'), row
assert rows['per-key']['tracked_items'] == 4000, rows['per-key']
for row in result['pressure']['rows']:
    assert [step['sessions'] for step in row['steps']] == [75000, 150000], row
closed = result['loss']['closed']
assert closed['bcast']['stale'] == 0, closed
assert closed['bcast']['invalidations'] == 4000, closed
assert 1500 < closed['per-key']['stale'] < 2500, closed
full = {row['most_keys']: row for row in result['loss']['full']}
assert full[100]['evicted'] > 800 and full[2000]['evicted'] == 0, full
assert result['capacity']['rows'], result
PY
    complain "figures of bench/fleet that cannot be true"
fi
looked_at 3

left=$(ls -A "$tmp/work")
[[ -z $left ]] || complain "files that it left: $left"
finish 'rows and words of the benchmarks'
