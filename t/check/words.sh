#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# One thing has one word: a word that was given up for the field's own does not
# come back, neither in a name nor in prose, nor in a message. src/README.md has
# the words to use.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

# Where the word is retired, the word as an extended regular expression ("." for
# a space, in one line or between two), and the word to use.
#   all     everywhere, in names and in prose
#   code    as a part of a name in C code, in Perl or in a script: prose may
#           have it
#   public  as a type, a function's prefix, a fuzz target or a file of its own:
#           other names and prose may have it
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
all    questions?           command, pipeline; lookup
all    believe[ds]?         valid, in use; trusts
all    hear(s|d)?           receive, see; obey
all    renew(s|ed|ing)?     refresh; of a lease: extend
all    elected.(leader|again)  becomes the leader
all    (the|a|each).listeners?  tracker
all    (who|may|not).listens?  subscription, tracked
all    listen(s|ed)?.to     track, subscribe
all    (keep|keeps|kept|keeping).((a|the|this|such.a).session.|sessions.|it.|them.|nothing.)?alive  touch
all    always.faster        it writes first
all    (it|what|but).answers.(ROLE|PING|INFO|LOADING|OOM|READONLY)  replies
all    is.no.(cookie|duration|number|regular|size|time|variable|whole)  is not a
all    (a|the|its|each|every|one|no|this).feeds?  subscription
all    (no|some|any|every)body  the name of the component
code   nearby               near_lookup
code   elect(ed)?           lead
code   listener_of          leader_of
code   idents?              session_id, sid
code   announced            address
code   visits?_             context, of a request
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

rooms=(src bench t docs conf demo scripts .ci)
need "${rooms[@]}"
need_tool perl
scratch=$(mktemp -d --suffix=.shs-guard)
trap 'rm -rf "$scratch"' EXIT

# The corpus is what servers and clients send, in their own words; only the names
# of its folders are the project's.
mapfile -t files < <(
    {
        find "${rooms[@]}" -type f
        ls README.md CHANGES.md Makefile.am configure.ac mod_*.[ch]
    } | grep -vE '^t/(unit/fuzz/corpus|fixtures|htdocs|logs|state)/|/__pycache__/' |
        grep -vE '\.(svg|json|o|lo|so|pyc)$' | xargs grep -lI '' | sort
)
mapfile -t corpus < <(find t/unit/fuzz/corpus -type d)
looked_at "${#files[@]}"

# Each line with its file and number; a file's name is its line 0. In "split" each
# line is followed by the next one without its comment mark, so that a phrase
# over two lines is found. In "code" C has no comments and strings, a script no
# comments, and Perl only its names. The table above is left out, and so are the
# system's account of a retired name and the question mark.
SCRATCH=$scratch perl - "${files[@]}" <<'PERL'
use strict;
use warnings;

my %out;
for my $name (qw(all split code)) {
    open $out{$name}, '>', "$ENV{SCRATCH}/$name" or die "$name: $!";
}
sub code_of {
    my ($file, $text) = @_;
    if ($file =~ /\.[ch]$/) {
        $text =~ s{(^\#\s*include[^\n]*)|/\*.*?\*/|"(?:\\.|[^"\\])*"|\x27(?:\\.|[^\x27\\])+\x27}
                  { defined $1 ? $1 : $& =~ tr/\n//cdr }gmse;
        return $text;
    }
    if ($file =~ /\.(?:t|pm|PL)$/) {
        return join "\n", map { join ' ', /(?:[\$\@%]\{?|\bsub |->)(\w+)/g } split /\n/, $text;
    }
    return $file =~ /\.sh$|(?:^|\/)run$/ ? $text =~ s/(?:^|\s)\K#.*//mgr : '';
}
for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    $text =~ s/^words=.*?^\x27$/$& =~ tr{\n}{}cdr/mse if $file eq 't/check/words.sh';
    $text =~ s/\buser no[b]ody\b/user/gi;
    $text =~ s/\bquestion mark\b/mark/gi;
    $_ .= "\n" for $text;
    print { $out{all} } "$file:0:$file\n";
    my @lines = split /\n/, $text;
    for my $n (0 .. $#lines) {
        print { $out{all} } "$file:", $n + 1, ":$lines[$n]\n";
        my $next = ($lines[ $n + 1 ] // '') =~ s/^\s*(?:\*|#+|--|\/\/)?\s*//r;
        print { $out{split} } "$file:", $n + 1, ':', $lines[$n] =~ s/\s+$//r, " $next\n";
    }
    my $n = 0;
    print { $out{code} } "$file:", ++$n, ":$_\n" for split /\n/, code_of($file, $text);
}
close $_ or die $! for values %out;
PERL
{
    cat "$scratch/all"
    printf '%s:0:&\n' "${corpus[@]}" | sed 's/\(.*\):0:&/\1:0:\1/'
} >"$scratch/public"

hits_of() { # words where
    grep -iE "^[^:]*:[0-9]+:(.*[^[:alpha:]])?($1)([^[:alpha:]]|\$)" "$scratch/$2"
}

while read -r where word use; do
    [[ -n $where ]] || continue
    name=${word//./ }
    if [[ $where == public ]]; then
        name="(shs|fuzz)_($word)|([[:alnum:]_]*/([0-9]{2}-)?|test_)($word)\.([ch]|t)|corpus/($word)"
    fi
    if hits=$(hits_of "$name" "$where") ||
        { [[ $name == *' '* ]] && hits=$(hits_of "$name" split); }; then
        complain "\"$word\" is retired, write \"$use\":"$'\n'"$hits"
    fi
done <<<"$words"

finish 'files have no retired word'
