#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every field of a settings struct is merged: a forgotten one would silently
# lose what an outer place said.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

headers=(src/config/settings.h src/config/server.h)
code=src/config/settings.c
need "${headers[@]}" "$code"

# A member's name is the last word before its ";": of "struct { int set; int
# value; } enabled;", on one line or on four, it is "enabled".
fields() { # type
    cat "${headers[@]}" | sed -E ':a; s@/\*[^*]*\*/@@; ta' |
        awk -v type="$1" '
            $0 ~ "^typedef struct " type " [{]" { inside = 1; next }
            $0 ~ "^[}] " type ";" { exit }
            !inside { next }
            is_comment { if (/\*\//) is_comment = 0; next }
            /\/\*/ { sub(/\/\*.*/, ""); is_comment = 1 }
            {
                while (match($0, /[{};]/)) {
                    before = before substr($0, 1, RSTART - 1)
                    mark = substr($0, RSTART, 1)
                    $0 = substr($0, RSTART + 1)
                    if (mark == ";" && !depth) {
                        sub(/[ \t]*(\[[^]]*\])?[ \t]*$/, "", before)
                        match(before, /[A-Za-z_0-9]+$/)
                        print substr(before, RSTART)
                    }
                    depth += (mark == "{") - (mark == "}")
                    before = ""
                }
                before = before $0 " "
            }'
}

body() { # function
    awk -v name="$1" '
        index($0, name "(") && !/;/ { inside = 1 }
        inside { print }
        inside && /^}/ { exit }' "$code"
}

check() { # type function
    local field text found=0
    text=$(body "$2")
    if [[ -z $text ]]; then
        complain "$code has no function $2"
    fi
    for field in $(fields "$1"); do
        found=$((found + 1))
        if ! grep -qE "MERGE\($field\)|merged->$field( |\.|->)*=" \
            <<<"$text"; then
            complain "$code: $2 forgets $1.$field"
        fi
    done
    if ((found == 0)); then
        complain "${headers[*]}: no field of $1 was found"
    fi
    looked_at "$found"
}

check shs_settings_t shs_settings_merge
check shs_server_settings_t shs_settings_merge_server

# mentions FUNCTION TYPE: the function has each field of the struct.
mentions() {
    local field text
    text=$(body "$1")
    for field in $(fields "$2"); do
        if ! grep -q "[>.]$field\b" <<<"$text"; then
            complain "$code: $1 forgets $field"
        fi
        looked_at 1
    done
}

# A place that sets only a field that is forgotten here would not be merged.
mentions says_no_more shs_settings_t

# A setting that says how to look up must be compared and copied too.
mentions shs_lookup_settings_is_same shs_lookup_settings_t
mentions shs_lookup_settings_of shs_lookup_settings_t

finish 'fields are merged'
