#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The arrows of src/README.md: reads the #includes and fails on any that points
# elsewhere, on one that this table allows and no file needs, and on a circle
# between rooms or between files. Of bench/ likewise: reads the imports of its Python files.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

# A room, and the rooms whose headers its files include; in the order of the
# listing in src/README.md. There is no circle between rooms.
rooms='
.                request request/access request/expose request/control request/entry request/mod_session config/directive config installed
request          request/lookup request/expose session/id store redis config/check config base
request/lookup   session/id store store/cache session config base
request/expose   request/lookup session session/json config base
request/access   request request/control request/lookup request/expose session/json config base
request/control  request session config base
request/entry    request session/json config base installed
request/mod_session config installed
session/id       base
store            store/cache store/cache/memory base installed
store/cache      store/cache/memory base installed
store/cache/memory base installed
redis            redis/command redis/command/pipeline redis/topology redis/connection redis/endpoint redis/protocol redis/health redis/tracking base installed
redis/command    redis/command/attempt redis/protocol base
redis/command/attempt redis/command/pipeline redis/topology redis/connection redis/protocol redis/health base installed
redis/command/pipeline redis/connection redis/protocol base installed
redis/topology   redis/topology/discovery redis/connection redis/health base
redis/topology/discovery redis/connection redis/protocol redis/health base
redis/connection redis/endpoint redis/protocol net base
redis/endpoint   redis/protocol redis/health net base
redis/protocol   base installed
redis/health     base installed
redis/tracking   redis/topology redis/topology/discovery redis/connection redis/protocol redis/health base installed
net              base
codec            codec/java session/json session base
codec/expiry     codec session installed
codec/java       session session/json base
session/json     session base
session          base installed
config/directive session session/id config/check config base
config/check     config base
config           session session/id store store/cache/memory codec codec/expiry session/json base installed
base             installed
installed
'

# Of the rooms that a file may include, the headers that are not for it.
is_private() { # includer header
    case "$1 $2" in
        'request/entry/'*' ../mod_shared_session.h' | \
            'request/mod_session/'*' ../mod_shared_session.h' | \
            './mod_session_shared.c mod_shared_session.h') return 1 ;;
        *' ../mod_shared_session.h' | *' mod_shared_session.h') ;;
        'request/lifecycle.c redis/store_redis.h' | 'redis/'*) return 1 ;;
        './mod_session_shared.c config/log.h' | \
            './mod_session_shared.c request/control/refusal.h' | \
            './mod_session_shared.c request/mod_session/'*) return 1 ;;
        './mod_session_shared.c '* | \
            './mod_shared_session.c request/mod_session/'*) ;;
        *' redis/'*) ;;
        *' request/lookup/store_log.h') [[ $1 != request/lookup/* ]] ;;
        *) return 1 ;;
    esac
}

# What is not ours, and the files that may have it.
allowed_outside() { # includer header
    case $2 in
        httpd.h | http_*.h | ap_*.h | util_*.h | mod_*.h | mpm_common.h | \
            scoreboard.h)
            case $1 in
                config/names.*) return 1 ;;
                config/* | request/* | ./mod_*.[ch]) ;;
                *) return 1 ;;
            esac
            ;;
        hiredis*) [[ $1 == redis/protocol/resp.c ]] ;;
        jansson*) [[ $1 == codec/* || $1 == session/json/* ]] ;;
        openssl*) [[ $1 == session/id/session_id.c || $1 == session/id/signature.c || $1 == session/id/secret_file.c || $1 == net/tls*.c ]] ;;
    esac
}

# The files of bench/, from above to below: each imports only what stands below.
bench_files='
main cost request_time plan alternatives variants target httpd decode
fleet_main fleet_pressure fleet_loss fleet_run store load machine
merge report markdown picture fleet_report fleet_capacity fleet_picture
'

# The installed headers stand beside the modules' sources, below all rooms.
room_of() { # file
    case $1 in
        mod_*.h | ./mod_*.h | ../mod_*.h) echo installed ;;
        *) dirname "$1" ;;
    esac
}

# What the circle check takes for one: a source and its header. An installed
# header, however an #include spells its place, is apart from the source of the
# same name: request/entry/api implements mod_shared_session.h, not the module's
# table of hooks.
node_of() { # file
    case $1 in
        mod_*.h | ./mod_*.h | ../mod_*.h) basename "$1" ;;
        *) echo "${1%.[ch]}" ;;
    esac
}

need src bench mod_shared_session.c mod_session_shared.c
declare -A may used
order=()
while read -r room below; do
    [[ -n $room ]] || continue
    order+=("$room")
    for lower in $below; do
        may[$room $lower]=1
    done
done <<<"$rooms"

# The table itself.
if ! circle=$(printf '%s\n' "${!may[@]}" | tsort 2>&1 >/dev/null); then
    complain "the table has a circle between rooms: ${circle//$'\n'/ }"
fi

mapfile -t files < <(find src -name '*.[ch]' | sort; ls ./mod_*.[ch])
edges=$(mktemp)
trap 'rm -f "$edges"' EXIT
for file in "${files[@]}"; do
    includer=${file#src/}
    from=$(room_of "$includer")
    first=
    if [[ " ${order[*]} " != *" $from "* ]]; then
        complain "$file: $from is no room of the table"
    fi
    while IFS=: read -r line include; do
        header=$(sed -E 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]+)[>"].*/\1/' <<<"$include")
        looked_at 1
        if [[ $include != *'"'* ]]; then
            allowed_outside "$includer" "$header" ||
                complain "$file:$line: $includer must not include <$header>"
            continue
        fi
        [[ -n $first ]] || first=$header
        to=$(room_of "$header")
        if [[ ! -f src/$header && ! -f $header ]]; then
            complain "$file:$line: \"$header\" is no file below src"
        elif is_private "$includer" "$header"; then
            complain "$file:$line: $includer must not know $header"
        elif [[ $from != "$to" ]]; then
            used[$from $to]=1
            [[ -n ${may[$from $to]:-} ]] ||
                complain "$file:$line: $from must not know $to"
        fi
        if [[ $(node_of "$includer") != "$(node_of "$header")" ]]; then
            printf '%s %s\n' "$(node_of "$includer")" "$(node_of "$header")" >>"$edges"
        fi
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file")
    if [[ $file == src/*.c && $first != "${includer%.c}.h" &&
        -f ${file%.c}.h ]]; then
        complain "$file: includes \"$first\" before its own header"
    fi
done

for arrow in "${!may[@]}"; do
    [[ -n ${used[$arrow]:-} ]] ||
        complain "no file needs the arrow that the table allows: ${arrow/ / -> }"
done

# No circles between files, a source and its header being one.
if ! circle=$(tsort <(sort -u "$edges") 2>&1 >/dev/null); then
    complain "a circle between files: ${circle//$'\n'/ }"
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
below_request() { # rooms: their sources
    local room
    for room; do
        find "src/$room" -name '*.c'
    done | sort | tr '\n' ' '
}
forbid 'shs_(store|codec)_(load|decode|find|create|shape)' \
    "$(echo src/request/expose/*.c src/request/flow.c)" \
    'only request/lookup asks a store or a codec'
forbid 'apr_time_now|shs_clock_now|[^_]time\(NULL\)|gettimeofday' \
    "$(below_request session codec config)" 'time is a parameter below request'
forbid 'ap_log_|apr_file_printf|(^|[^_a-z])f?printf\(|perror\(' \
    "$(below_request base net session codec store redis)" \
    'the layer that decides writes the log: none below request does'

# What a line of Python imports, one name a line.
imports_of() { # file
    sed -nE 's/^ *from +([a-z_]+) +import .*/\1/p; s/^ *import +//p' "$1" |
        tr ',' '\n' | sed -E 's/ +as .*//; s/ //g'
}

read -ra bench_order <<<"${bench_files//$'\n'/ }"
declare -A floor
for number in "${!bench_order[@]}"; do
    floor[${bench_order[number]}]=$number
    need "bench/${bench_order[number]}.py"
done
for file in bench/*.py; do
    importer=$(basename "$file" .py)
    if [[ -z ${floor[$importer]:-} ]]; then
        complain "$file is not in the table of bench/"
        continue
    fi
    while read -r imported; do
        looked_at 1
        if [[ -e bench/$imported.py ]] &&
            ((${floor[$imported]:-0} <= floor[$importer])); then
            complain "$file must not import $imported, which stands above it"
        fi
    done < <(imports_of "$file")
done

finish 'includes and imports point where they may'
