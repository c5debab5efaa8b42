#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# One thing has one word: a word that was given up for the field's own does not
# come back, neither in a name nor in prose. src/README.md has the words to use.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

# Where the word is retired, the word as an extended regular expression ("." for
# a space), and the word to use.
#   all     everywhere, in names and in prose
#   prose   likewise, but only in C files
#   code    as a part of a name in C code or a script: prose may have it
#   public  as a type, a function's prefix or a file of its own: other names and
#           prose may have it
words='
all    conversations?       command
all    greetings?           handshake
all    passages?            permit
all    verdicts?            retry action; of the circuit breaker: result
all    renewals?            refresh
all    unheard              untracked
all    livel(y|iness)       alive
all    signs?.of.life       heartbeat
all    keepers?             session_ops
all    rosters?             targets
all    outlets?             target, of an exposure
all    complaints?          error_text
all    rivals?              cookie_conflict
all    whoever              the name of the component
all    news                 invalidation
all    near_(word|child)    atomic64, near_local
all    (puts?|putting|put).(a|the|its|this|each).questions?  send a command
all    (a|the|its|each|every|one|no|this).feeds?  subscription
all    (the|its).tracker.(hears|heard|listens)  receives invalidations
prose  (no|some)body        the name of the component
code   nearby               near_lookup
code   idents?              session_id, sid
code   announced            address
code   questions?           command, pipeline
code   visits?              context, of a request
code   feeds                subscriptions
code   offices?             leader
public answers?             reply; of a store: result
public chains?              client_request
public channels?            target_type
public claims               own_headers
public distrust             tls_error
public excess               exposure_alert
public feeds?               subscription
public flights?             single_flight
public guards?              header_scrub
public given                response_cookies
public heavy                big_key
public identity             run_id
public keepalive            touch
public layouts?             slot_layout
public life                 metadata
public listeners?           tracker
public maps?                slot_map
public nodes                node_table
public others               other_sessions
public pairs                urlencoded
public shared               host_state
public silence              tracking_alert
public sweeps?              table_sweep
public troubles?            error_alert
public trust                master_lease
public views?               snapshot
public watch(es)?           invalidation_sink
'

need src bench t docs README.md mod_shared_session.c mod_session_shared.c
need_tool perl
scratch=$(mktemp -d --suffix=.shs-guard)
trap 'rm -rf "$scratch"' EXIT

# The corpus is what servers and clients send, in their own words; this file has
# the words that are retired.
mapfile -t files < <(
    find src bench t docs README.md mod_*.[ch] -type f |
        grep -vE '^t/(unit/fuzz/corpus|fixtures|logs|state)/|^t/check/words\.sh$' |
        grep -vE '\.(svg|json)$' | sort
)
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep -E '\.[ch]$')
scripts=(t/unit/fuzz/run)
looked_at "${#files[@]}"

# Each line with its file and number, the files' names as lines of their own; of
# C code also without comments and strings, so that names remain.
{
    printf '%s\n' "${files[@]}" | sed 's/.*/&:0:&/'
    grep -nHI '' "${files[@]}"
} >"$scratch/all"
grep -nHI '' "${sources[@]}" >"$scratch/prose"
{
    perl -0777 -ne '
        s{(^\#\s*include[^\n]*)|/\*.*?\*/|"(?:\\.|[^"\\])*"|\x27(?:\\.|[^\x27\\])+\x27}
         { defined $1 ? $1 : $& =~ tr/\n//cdr }gmse;
        my $line = 0;
        print "$ARGV:", ++$line, ":$_\n" for split /\n/' "${sources[@]}"
    grep -nHI '' "${scripts[@]}"
} >"$scratch/code"
ln -s all "$scratch/public"

while read -r where word use; do
    [[ -n $where ]] || continue
    name=$word
    if [[ $where == public ]]; then
        name="shs_($word)|([[:alnum:]_]*/|test_)($word)\.[ch]"
    fi
    if hits=$(grep -iE "^[^:]*:[0-9]+:(.*[^[:alpha:]])?($name)([^[:alpha:]]|\$)" \
        "$scratch/$where"); then
        complain "\"$word\" is retired, write \"$use\":"$'\n'"$hits"
    fi
done <<<"$words"

finish 'files have no retired word'
