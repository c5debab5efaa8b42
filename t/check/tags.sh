#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Each log tag is defined once, used, listed in docs/operations.md with its cure,
# and provoked by a test.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

header=src/config/log.h
list=docs/operations.md
need "$header" "$list" README.md
mapfile -t sources < <(find src -name '*.c' | sort; ls mod_*.c)

while read -r macro tag; do
    looked_at 1
    if (($(grep -c "\"$tag: \"" "$header") != 1)); then
        complain "$header: $tag is not unique"
    fi
    if ! grep -rqE "\b$macro\b" --include='*.c' src mod_*.c; then
        complain "$header: $macro ($tag) is never used"
    fi
    row="^\\| <a id=\"${tag,,}\"></a>$tag \\|[^|]+\\|[^|]+\\|[^|]+\\|"
    if (($(grep -cE "$row" "$list") != 1)); then
        complain "$list has not one row for $tag with anchor, level, meaning and cure"
    fi
    # A comment provokes nothing.
    if ! grep -hE "\b$tag\b" t/*.t t/unit/*.c | grep -qvE '^[[:space:]]*(#|\*|/\*)'
    then
        complain "no test in t/*.t or t/unit provokes $tag"
    fi
done < <(sed -nE 's/^#define (SHS_TAG_[A-Z_]+) +"(SHS[0-9]{3}): ".*/\1 \2/p' \
    "$header")

if (($(grep -cE '"SHS' "$header") != looked)); then
    complain "$header: a tag is not defined as: #define SHS_TAG_X \"SHSnnn: \""
fi

# A tag is written in one place, so that grep finds what uses it.
if hits=$(grep -rnE '"SHS[0-9]{3}' src mod_*.c | grep -v "^$header:"); then
    complain "a tag outside $header:"$'\n'"$hits"
fi
while read -r tag; do
    if ! grep -q "\"$tag: \"" "$header"; then
        complain "$tag is mentioned (documents or t/*.t), but $header has no such tag"
    fi
done < <(grep -ohE '\bSHS[0-9]{3}\b' README.md src/README.md -r docs t/*.t | sort -u)
# No line leaves without one.
while IFS= read -r call; do
    looked_at 1
    if [[ $call != *SHS_TAG_* ]]; then
        complain "a log call without a tag: $call"
    fi
done < <(awk '/ap_log_[a-z]*error\(/ { inside = 1; call = FILENAME ":" FNR ":" }
    inside { sub(/^[ \t]+/, " "); call = call $0 }
    inside && /;/ { print call; inside = 0 }' "${sources[@]}")

finish 'tags and log calls are in step'
