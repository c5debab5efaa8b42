#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The models of the near-cache and of the batches, whose promises are in their
# first comments: spin searches each completely for a case in which a promise is
# broken. It must find none, and one for each define that breaks a rule.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

models=("$PWD"/t/model/near_cache.pml "$PWD"/t/model/batch.pml)
need "${models[@]}"
need_tool spin
need_tool gcc

scratch=$(mktemp -d --suffix=.shs-model)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

search() { # model define: how many errors it finds, or nothing when it breaks off
    rm -f pan pan.*
    # shellcheck disable=SC2086 # one word or none
    spin -a $2 "$1" >spin.log 2>&1 &&
        gcc -w -O1 -DSAFETY -DCOLLAPSE -DMEMLIM=1500 -o pan pan.c 2>gcc.log &&
        ./pan -E -m100000 >pan.log 2>&1 &&
        ! grep -qE 'out of memory|max search depth too small' pan.log &&
        sed -nE 's/.*errors: ([0-9]+)$/\1/p' pan.log
}

for model in "${models[@]}"; do
    name=${model##*/}
    found=$(search "$model" '') || true
    [[ $found == 0 ]] ||
        complain "$name as it is: ${found:-no} errors found; $(tail -n 5 pan.log)"
    looked_at 1
    mapfile -t broken < <(sed -n '/\*\//q; s/.*-D\([A-Z_]*\).*/\1/p' "$model")
    for define in "${broken[@]}"; do
        found=$(search "$model" "-D$define") || true
        [[ ${found:-0} != 0 ]] || complain "$name: -D$define finds no error"
        looked_at 1
    done
done
finish 'models searched to the end'
