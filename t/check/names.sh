#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Names and sizes: what leaves a file is called shs_<file>_..., what does not
# has no prefix; no verb that says nothing; the module exports itself alone; no
# function over 60 lines, no source over 400, no header over 130. The installed
# headers may have 400: each is one interface, and other modules include it
# whole.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

most_lines_of_function=60
most_lines_of_source=400
most_lines_of_header=130
most_lines_of_installed_header=400
empty_words='handle|handler|process|do|util|utils|misc|helper|helpers'

need src mod_shared_session.c
mapfile -t sources < <(find src -name '*.c' | sort; ls mod_*.c)
mapfile -t headers < <(find src -name '*.h' | sort; ls mod_*.h)

# Definitions, as "name first-line last-line static|public": a brace alone in
# the first column begins a body, one that closes there ends it.
functions() { # file
    awk '
        /^[A-Za-z].*\(/ && !/;[ \t]*$/ && !/^(typedef|struct|enum|#)/ {
            text = $0; first = FNR
            is_static = /^static /
        }
        /^static / && !/[(;=]/ { static_line = FNR }
        /^\{/ && text {
            name = text
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
            begun = first
            if (static_line == first - 1) is_static = 1
        }
        /^\}/ && name {
            print name, begun, FNR, (is_static ? "static" : "public")
            name = text = ""
        }' "$1"
}

for file in "${sources[@]}"; do
    base=$(basename "$file" .c)
    lines=$(wc -l <"$file")
    looked_at 1
    if ((lines > most_lines_of_source)); then
        complain "$file: $lines lines, more than $most_lines_of_source: it is two"
    fi
    if [[ $base =~ ^($empty_words)$ ]]; then
        complain "$file: a name that says nothing"
    fi
    count=0
    while read -r name first last visibility; do
        count=$((count + 1))
        if ((last - first + 1 > most_lines_of_function)); then
            complain "$file:$first: $name has $((last - first + 1)) lines, more than $most_lines_of_function"
        fi
        if [[ $visibility == public && $name != shs_${base}_* ]]; then
            complain "$file:$first: $name is public, so shs_${base}_..."
        fi
        if [[ $visibility == static && $name == shs_* ]]; then
            complain "$file:$first: $name is static, so without the prefix"
        fi
        if [[ $name =~ (^|_)($empty_words)(_|$) ]]; then
            complain "$file:$first: $name: a verb that says nothing"
        fi
    done < <(functions "$file")
    looked_at "$count"
    if ((count == 0)); then
        complain "$file: no function was found in it"
    fi
done

for file in "${headers[@]}"; do
    base=$(basename "$file" .h)
    lines=$(wc -l <"$file")
    most=$most_lines_of_header
    if [[ $file == mod_*.h ]]; then
        most=$most_lines_of_installed_header
    fi
    looked_at 1
    if ((lines > most)); then
        complain "$file: $lines lines, more than $most: it is two"
    fi
    while IFS=: read -r line name; do
        if [[ $name != "shs_${base}_"* ]]; then
            complain "$file:$line: $name is declared in the wrong file"
        fi
    done < <(grep -nE '^[a-z].*\bshs_[a-z_0-9]+\(' "$file" | grep -v typedef |
        sed -E 's/^([0-9]+):.*\b(shs_[a-z_0-9]+)\(.*/\1:\2/')
done

need_tool nm
for source in mod_*.c; do
    module=build/default/.libs/${source%.c}.so
    need "$module"
    symbol=${source#mod_}
    symbol=${symbol%.c}_module
    exported=$(nm -D --defined-only "$module" | awk '{ print $3 }' | sort |
        tr '\n' ' ')
    looked_at 1
    if [[ $exported != "$symbol " ]]; then
        complain "$module exports: $exported- it should be $symbol alone"
    fi
done

finish 'files, functions and symbols are named and sized as they should be'
