#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The wall clock is read only where it is compared with a time that a session
# holds, or written there. Deadlines, leases and ages are of shs_clock_now(), so
# that setting the clock changes none of them.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

may_read='^(src/request/lookup/(load|writer|touch)\.c|mod_session_shared\.c):'

need src/base/clock.c src/base/thread.c mod_session_shared.c
mapfile -t code < <(find src -name '*.[ch]' | sort; ls mod_*.[ch])
looked_at "${#code[@]}"

reads='apr_time_now|apr_time_exp_|apr_ctime|gettimeofday|\b(local|gm)?time(_r)? ?\(|clock_gettime'
reads+='|\bCLOCK_|request_time|TIME_UTC'
while IFS= read -r hit; do
    case $hit in
        'src/base/clock.c:'*CLOCK_MONOTONIC[,\)]* | 'src/base/thread.c:'*CLOCK_MONOTONIC[,\)]*) ;;
        *)
            [[ $hit =~ $may_read && $hit == *apr_time_now* ]] ||
                complain "$hit: the wall clock, or a clock of its own"
            ;;
    esac
done < <(grep -nP "$reads" "${code[@]}" | grep -vP '^[^:]*:\d+: *(/\*|\*)')

if (($(grep -l 'CLOCK_MONOTONIC' src/base/clock.c src/base/thread.c | wc -l) != 2)); then
    complain 'src/base/clock.c and thread.c do not go by CLOCK_MONOTONIC both'
fi

finish 'files read no clock that can be set'
