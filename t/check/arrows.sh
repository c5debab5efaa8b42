#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The arrows of src/README.md: reads the #includes and fails on any that points
# elsewhere. A line of the table: who may include what, by shell pattern.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

redis_order=(store_redis listener roster exchange conversation attempt passage verdict question topology renewal discovery sources sentinel
    cluster view nodes node greeting feed identity sentinel_reply layout map redirect announced script answer pool
    conn socket resolver endpoint tls distrust credentials trust shared epoch masters breaker trouble counters heavy server
    slot complaint resp resp3)

rank_of() { # redis/file.c: its place in the order, the last for unknown ones
    local name=${1#redis/} i
    name=${name%.[ch]}
    name=${name/#endpoint_*/endpoint}
    for i in "${!redis_order[@]}"; do
        [[ ${redis_order[i]} == "$name" ]] && break
    done
    [[ ${redis_order[i]} == "$name" ]] || i=-1
    echo "$i"
}

is_lower() { # includer included
    local above below
    above=$(rank_of "$1")
    below=$(rank_of "$2")
    ((above >= 0 && below >= above))
}

allowed() { # includer included
    case "$1 $2" in
        'mod_shared_session.c config/'* | 'mod_shared_session.c request/'*) ;;

        # Nobody above the stores names one but who registers them.
        'redis/store_redis.c redis/store_redis.h') ;;
        'redis/store_redis.'?' store/provider.h') ;;
        'request/lifecycle.c redis/store_redis.h') ;;
        *' redis/store_redis.h') return 1 ;;

        'request/api.c ../mod_shared_session.h') ;;
        'request/session_header.c ../mod_shared_session.h') ;;

        # request: only lookup and writer know a codec and a store.
        'request/'*' request/'* | 'request/'*' config/'*) ;;
        'request/lookup.'?' session/'* | 'request/lookup.'?' codec/'*) ;;
        'request/lookup.'?' store/'*) ;;
        'request/writer.'?' codec/'* | 'request/writer.'?' store/'*) ;;
        'request/keepalive.c store/clock.h' | 'request/nearby.'?' store/'*) ;;
        'request/lookup_log.c store/clock.h') ;;
        'request/'[!g]*' session/'*) ;;
        'request/lifecycle.c store/'* | 'request/flow.'?' store/'*) ;;
        'request/status.c store/store.h') ;;

        'config/names.'?' config/names.h') ;;
        'config/names.'*) return 1 ;;
        'config/'*' config/'* | 'config/'*' session/'*) ;;
        'config/'*' codec/codec.h') ;;
        'config/'*' store/store.h' | 'config/'*' store/near_cache.h' | 'config/'*' store/option.h') ;;

        'codec/'*' codec/codec.h' | 'codec/'*' session/'*) ;;

        'store/'*' store/'*) ;;
        'store/'*' session/ident.h' | 'store/'*' session/outcome.h') ;;
        'store/'*' session/record.h' | 'store/'*' session/change.h') ;;

        # redis: from the provider down; who stands lower knows nothing of
        # what stands higher.
        'redis/'*' session/record.h' | 'redis/'*' session/octets.h') ;;
        'redis/'*' session/outcome.h') ;;
        'redis/script.c session/life.h') ;;
        'redis/'*' store/clock.h' | 'redis/'*' store/option.h') ;;
        'redis/'*' store/thread.h' | 'redis/'*' store/halt.h' | 'redis/'*' store/watch.h') ;;
        'redis/'*' redis/'*) is_lower "$1" "$2" ;;
        'redis/'*' store/store.h') is_lower "$1" redis/answer.h ;;

        'session/'*' session/'*) ;;
        *) return 1 ;;
    esac
}

# What is not ours, and who may have it.
allowed_outside() { # includer header
    case $2 in
        httpd.h | http_*.h | ap_*.h | util_*.h | mod_*.h | mpm_common.h | \
            scoreboard.h)
            case $1 in
                config/names.*) return 1 ;;
                config/* | request/* | mod_shared_session.[ch]) ;;
                *) return 1 ;;
            esac
            ;;
        hiredis* ) [[ $1 == redis/resp.c ]] ;;
        jansson*) [[ $1 == codec/* || $1 == session/json_* ]] ;;
        openssl*) [[ $1 == session/ident.c || $1 == redis/tls.c || $1 == redis/distrust.c ]] ;;
    esac
}

need src mod_shared_session.c
mapfile -t files < <(find src -name '*.[ch]' | sort; ls mod_shared_session.[ch])
edges=$(mktemp)
trap 'rm -f "$edges"' EXIT

for file in "${files[@]}"; do
    includer=${file#src/}
    first=
    while IFS=: read -r line include; do
        header=$(sed -E 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]+)[>"].*/\1/' <<<"$include")
        looked_at 1
        if [[ $include == *'"'* ]]; then
            [[ -n $first ]] || first=$header
            if [[ ! -f src/$header ]]; then
                complain "$file:$line: \"$header\" is no file below src"
            elif ! allowed "$includer" "$header"; then
                complain "$file:$line: $includer must not know $header"
            fi
            printf '%s %s\n' "$(dirname "$includer")" "$(dirname "$header")" \
                >>"$edges"
        elif ! allowed_outside "$includer" "$header"; then
            complain "$file:$line: $includer must not include <$header>"
        fi
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file")
    if [[ $file == src/*.c && $first != "${includer%.c}.h" &&
        -f ${file%.c}.h ]]; then
        complain "$file: includes \"$first\" before its own header"
    fi
done

# No circles between directories.
if ! circle=$(awk '$1 != $2' "$edges" | sort -u | tsort 2>&1 >/dev/null); then
    complain "a circle between directories: ${circle//$'\n'/ }"
fi

# What the includes cannot tell, because config/settings.h shows both.
forbid() { # pattern where why
    local hits
    # shellcheck disable=SC2086 # a list of files
    if hits=$(grep -nE "$1" $2); then
        complain "$3:" $'\n'"$hits"
    fi
    looked_at 1
}
forbid 'shs_(store|codec)_(load|decode|find|create|shape)' \
    'src/request/caching.c src/request/guard.c src/request/expose.c src/request/flow.c' \
    'only request/lookup asks a store or a codec'
forbid 'apr_time_now|shs_clock_now|[^_]time\(NULL\)|gettimeofday' \
    "$(echo src/session/*.c src/codec/*.c src/config/*.c)" \
    'time is a parameter below request'
forbid 'ap_log_|apr_file_printf|(^|[^_a-z])f?printf\(|perror\(' \
    "$(echo src/session/*.c src/codec/*.c src/store/*.c src/redis/*.c)" \
    'who decides, logs: nothing below request does'

finish 'includes point where they may'
