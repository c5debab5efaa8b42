#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# No log call is given an id, a key, a value, a cookie or a password. What they
# are given is told by src/config/log.h; the tests look at what comes out.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need src/request mod_shared_session.c
mapfile -t sources < <(find src -name '*.c' | sort; ls mod_*.c)
# Words that name a secret, in an argument of a log call.
secret='shs_session_id_octets|shs_session_id_digest|shs_key_build|query|octets|->key|\.key'
secret+='|password|credential|cookie|->record|\.record|\.text|->text'
secret+='|->value|\.value|headers_in|->url\b|->identity|shs_json_text_get'

while IFS= read -r call; do
    looked_at 1
    # What stands in quotes is words; what is between them is arguments.
    arguments=$(sed -E 's/"([^"\\]|\\.)*"/""/g' <<<"${call#*:*:}")
    if grep -qE "$secret" <<<"$arguments"; then
        complain "a secret may be logged: $call"
    fi
    if grep -qE '%\.\*s|%pp' <<<"$call"; then
        complain "octets or a pointer in a log line: $call"
    fi
done < <(awk '/ap_log_[a-z]*error\(/ { inside = 1; call = FILENAME ":" FNR ":" }
    inside { sub(/^[ \t]+/, " "); call = call $0 }
    inside && /;/ { print call; inside = 0 }' "${sources[@]}")

# The opaque id is opened for keys, for @id and for its cookie, and nowhere else.
while IFS=: read -r file line _; do
    looked_at 1
    case $file in
        src/session/id/session_id.c | src/session/id/key.c | src/session/id/id_pattern.c | src/request/expose/value.c | \
            src/request/session_ops.c) ;;
        *) complain "$file:$line: takes an id's octets" ;;
    esac
done < <(grep -nE 'shs_session_id_octets\(|sid(\.|->)octets' "${sources[@]}")

# A reason goes to the log as it is: nothing below may format a value into it.
if hits=$(grep -nE '%\.\*s' -r src/codec src/redis src/store \
    src/session/json/path.c); then
    complain "octets in a reason:"$'\n'"$hits"
fi

finish 'log calls and uses of an id keep the secrets'
