#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every shell script parses, is executable and stops at an error, and shellcheck
# finds nothing to mend.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need scripts/prepare demo/run t/run bench/run bench/fleet .ci/run
mapfile -t files < <(
    find scripts demo bench t .ci -type f | grep -vE '^t/(logs|state)/' |
        while IFS= read -r file; do
            if head -n 1 "$file" | grep -qaE '^#!.*\b(ba)?sh\b' ||
                [[ $file == *.sh || $file == *.bash ]]; then
                echo "$file"
            fi
        done | sort
)
looked_at "${#files[@]}"

for file in "${files[@]}"; do
    if ! out=$(bash -n "$file" 2>&1); then
        complain "$out"
    fi
    if [[ $file == *.bash ]]; then
        continue
    fi
    if [[ ! -x $file ]]; then
        complain "$file is not executable"
    fi
    if ! grep -qE '^set -[a-z]*u[a-z]*|guard\.bash|^#!/bin/sh' "$file"; then
        complain "$file: no set -euo pipefail"
    fi
done
need_tool shellcheck
if ! out=$(shellcheck --external-sources --source-path=SCRIPTDIR \
    --severity=info --exclude=SC2015 "${files[@]}" 2>&1); then
    complain "shellcheck:"$'\n'"$out"
fi
# No script ends processes by a broad name.
for file in "${files[@]}"; do
    [[ $file != t/check/shell.sh ]] || continue
    if hits=$(grep -nE '^[^#]*\b(pkill|killall)\b' "$file"); then
        complain "$file: ends processes by name: $hits"
    fi
done

# The tests sleep in these two files alone: t/unit/unit.h and SHS::Process say when.
# shellcheck disable=SC2016 # the dollar is Perl's
if hits=$(grep -rnE '^[^#]*\b(usleep|nanosleep|apr_sleep|sleep|select undef)\b *[($0-9u]' \
    t/unit t/lib t/*.t --include='*.[ch]' --include='*.pm' --include='*.t' |
    grep -vE '^t/(unit/unit\.c|lib/SHS/Process\.pm):'); then
    complain "wait for a condition, or unit_let_pass(), let_pass():"$'\n'"$hits"
fi

finish 'shell scripts are clean'
