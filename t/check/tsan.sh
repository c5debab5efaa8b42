#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the threads of one child share in a near-cache, under ThreadSanitizer:
# the stress of its table, and flights. A small program of their own, since all
# that a program links must be built so. SHS_STRESS_SECONDS makes it longer.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need_tool gcc
need_tool pkg-config
sources=(src/store/near_{cache,memory,news,set,entry}.c src/store/{flight,clock,thread,halt}.c
    t/unit/unit.c t/unit/near.c)
tests=(t/unit/test_near_stress.c t/unit/test_single_flight.c)
need "${sources[@]}" "${tests[@]}"

scratch=$(mktemp -d --suffix=.shs-tsan)
trap 'rm -rf "$scratch"' EXIT
# It knows no fences and says so; every word that they order is atomic.
# shellcheck disable=SC2046 # flags are words
for test in "${tests[@]}"; do
    program=$scratch/$(basename "$test" .c)
    if ! gcc -std=gnu11 -g -O1 -fsanitize=thread -Wno-tsan -Isrc -It/unit \
        $(pkg-config --cflags apr-1 apr-util-1 check) -D_GNU_SOURCE \
        -o "$program" "$test" "${sources[@]}" \
        $(pkg-config --libs apr-1 apr-util-1 check) -lpthread >"$scratch/log" 2>&1; then
        complain "$test does not build: $(tail -n 5 "$scratch/log")"
        continue
    fi
    # In one process, and not where address space is laid out in a way that it
    # cannot do with.
    if ! CK_FORK=no TSAN_OPTIONS='halt_on_error=1' \
        setarch -R "$program" >"$scratch/log" 2>&1; then
        complain "$test: $(head -n 40 "$scratch/log")"
    fi
    looked_at "$(sed -nE 's/.*Checks: ([0-9]+), .*/\1/p' "$scratch/log" |
        awk '{ n += $1 } END { print n + 0 }')"
done
finish 'tests, whose threads do not race'
