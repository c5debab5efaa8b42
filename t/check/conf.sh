#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The command table, conf/shared_session.conf and docs/directives.md name the
# same directives; the last two name each exactly once.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

table=src/config/directive/directives.c
conf=conf/shared_session.conf
reference=docs/directives.md
need "$table" "$conf" "$reference" README.md

mapfile -t directives < <(
    sed -nE 's/.*AP_INIT_[A-Z0-9_]+\("(SharedSession[A-Za-z]*)".*/\1/p' "$table" | sort)
looked_at "${#directives[@]}"

is_known() { # name
    local directive
    for directive in "${directives[@]}"; do
        [[ $directive != "$1" ]] || return 0
    done
    return 1
}

for directive in "${directives[@]}"; do
    count=$(grep -cE "^[[:space:]]*$directive([[:space:]]|$)" "$conf" || true)
    if ((count != 1)); then
        complain "$conf names $directive $count times, not once"
    fi
    count=$(grep -cE "^## $directive\$" "$reference" || true)
    if ((count != 1)); then
        complain "$reference has $count sections ## $directive, not one"
    fi
done

# Nothing unknown there, nor in the examples, the demo and the tests' own.
while IFS=: read -r file line name; do
    looked_at 1
    if ! is_known "$name"; then
        complain "$file:$line: there is no directive $name"
    fi
done < <(
    grep -rnoE '\bSharedSession[A-Za-z]*' README.md src/README.md docs |
        sort -u
    grep -rnE '^[[:space:]]*SharedSession' conf demo/*.conf t/conf |
        sed -E 's/^([^:]*:[0-9]+:)[[:space:]]*([A-Za-z]+).*/\1\2/'
)

finish 'directives and mentions of them agree'
