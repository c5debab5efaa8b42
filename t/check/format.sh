#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# clang-format has nothing to change; every file says its licence; no tab, no
# trailing space, no line past 80 columns in C.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need src .clang-format mod_shared_session.c
need_tool clang-format
mapfile -t code < <(find src -name '*.[ch]' | sort; ls mod_*.[ch])
mapfile -t tests < <(find t/unit -name '*.[ch]' | sort)
mapfile -t scripts < <(
    find scripts t demo .ci conf -type f | while IFS= read -r file; do
        case $file in
            *.t | *.pm | *.PL | *.sh | *.bash | *.conf | *.conf.in) echo "$file" ;;
            *) ! head -c 2 "$file" | grep -q '#!' || echo "$file" ;;
        esac
    done | grep -vE '^t/(logs|state)/' | sort
)
looked_at $((${#code[@]} + ${#tests[@]} + ${#scripts[@]}))

if ! out=$(clang-format --dry-run --Werror "${code[@]}" "${tests[@]}" 2>&1); then
    complain "clang-format would change:"$'\n'"$(grep -E 'error:|warning:' \
        <<<"$out" | sed -E 's/: error:.*//' | head -40)"
fi

for file in "${code[@]}" "${tests[@]}" "${scripts[@]}" Makefile.am configure.ac; do
    # A configuration's first line is its title; server tests begin with what
    # they promise.
    case $file in
        *.conf | *.conf.in | *.t | t/cgi-bin/*) ;;
        *)
            if ! head -n 4 "$file" |
                grep -q 'SPDX-License-Identifier: Apache-2.0'; then
                complain "$file: no SPDX line at its head"
            fi
            ;;
    esac
    if [[ $file != Makefile.am ]] && hits=$(grep -nP '\t' "$file"); then
        complain "$file: a tab: $(head -n 3 <<<"$hits")"
    fi
    if hits=$(grep -nE '[[:space:]]+$' "$file"); then
        complain "$file: trailing white space: $(head -n 3 <<<"$hits")"
    fi
done
for file in "${code[@]}" "${tests[@]}"; do
    if hits=$(grep -nE '^.{81,}' "$file" | grep -v 'https://'); then
        complain "$file: past 80 columns: $(head -n 3 <<<"$hits")"
    fi
done

finish 'files are in the format'
