#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The data that the threads of one child share, under ThreadSanitizer: the stress
# test of the near-cache's table, the single-flight, and the batches of loads.
# Small programs of their own, because ThreadSanitizer needs all linked code
# built with it. SHS_STRESS_SECONDS makes the run longer.
# Runs by itself.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need_tool gcc
need_tool pkg-config
sources=(src/store/cache/*.c src/store/cache/memory/*.c
    src/redis/connection/{batch,batch_queue,batcher,large_keys}.c
    src/redis/protocol/{resp,resp3}.c
    src/base/{clock,halt,siphash,thread}.c
    t/unit/unit.c t/unit/near.c)
tests=(t/unit/test_near_stress.c t/unit/test_single_flight.c
    t/unit/test_batcher.c t/unit/test_large_keys.c)
libraries=(apr-1 apr-util-1 check hiredis libcrypto)
need "${sources[@]}" "${tests[@]}"

scratch=$(mktemp -d --suffix=.shs-tsan)
trap 'rm -rf "$scratch"' EXIT
# ThreadSanitizer does not know fences and warns; all data that they order is
# atomic.
# shellcheck disable=SC2046 # flags are words
for test in "${tests[@]}"; do
    program=$scratch/$(basename "$test" .c)
    if ! gcc -std=gnu11 -g -O1 -fsanitize=thread -Wno-tsan -Isrc -It/unit \
        $(pkg-config --cflags "${libraries[@]}") -D_GNU_SOURCE \
        -o "$program" "$test" "${sources[@]}" \
        $(pkg-config --libs "${libraries[@]}") -lpthread >"$scratch/log" 2>&1; then
        complain "$test does not build: $(tail -n 5 "$scratch/log")"
        continue
    fi
    # In one process, and without a randomised address space, which
    # ThreadSanitizer does not support.
    if ! CK_FORK=no TSAN_OPTIONS='halt_on_error=1' \
        setarch -R "$program" >"$scratch/log" 2>&1; then
        complain "$test: $(head -n 40 "$scratch/log")"
    fi
    looked_at "$(sed -nE 's/.*Checks: ([0-9]+), .*/\1/p' "$scratch/log" |
        awk '{ n += $1 } END { print n + 0 }')"
done
finish 'tests, whose threads do not race'
