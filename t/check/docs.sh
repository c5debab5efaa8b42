#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The documents: no dead link to a file or a heading, every page is linked, every
# file that is named in backquotes is there, every directive has one section in
# docs/directives.md, and every example in ```apache passes `httpd -t` without a
# warning of this module. The same links in the pages that pandoc has made.
#
# An example is checked as a server's configuration, with a store where it names
# none. A comment on the line before it says otherwise:
#
#   <!-- example: in <Location "/app"> -->   it is a part of such a section
#   <!-- example: continues -->              it follows the example before it
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

table=src/config/directive/directives.c
directives=docs/directives.md
module=build/default/.libs/mod_shared_session.so
need "$table" "$directives" "$module" README.md CHANGES.md src/README.md
need_tool openssl
need_tool perl

mapfile -t pages < <(ls README.md CHANGES.md src/README.md t/README.md
    find docs -name '*.md' ! -path 'docs/manual/*' | sort)
scratch=$(mktemp -d --suffix=.shs-guard)
trap 'rm -rf "$scratch"' EXIT

# ------------------------------------------------------------------- links

# What stands in backquotes.
code='\x60[^\x60]*\x60'

# The lines of a page that are text: no code, and no comment.
text_of() { # page
    awk '/^ *```/ { inside = !inside; next } !inside' "$1" |
        sed -E "s/$code//g; s/<!--.*-->//g"
}

# What a link may name in a page: its headings as GitHub and pandoc spell them,
# and its <a id="...">.
anchors_of() { # page
    awk '/^ *```/ { inside = !inside; next } !inside && /^#+ /' "$1" |
        perl -CS -ne 's/^#+ +//; s/\s+$//; s/\[([^\]]*)\]\([^)]*\)/$1/g;
            s/[`*]//g; $_ = lc; s/[^\w\- ]//g; s/ /-/g;
            print $seen{$_}++ ? "$_-" . ($seen{$_} - 1) : $_, "\n"'
    grep -oE '<a id="[^"]+"' "$1" | sed -E 's/.*"(.*)"/\1/' || true
}

# What an unfinished merge leaves.
if hits=$(grep -nE '^(<<<<<<<|>>>>>>>)' "${pages[@]}"); then
    complain "a conflict of a merge:"$'\n'"$hits"
fi

: >"$scratch/linked"
for page in "${pages[@]}"; do
    while IFS= read -r link; do
        looked_at 1
        file=${link%%#*}
        anchor=
        [[ $link != *'#'* ]] || anchor=${link#*#}
        case $link in https://* | http://*) continue ;; esac
        if [[ -z $file ]]; then
            target=$page
        else
            target=$(realpath -m --relative-to=. "$(dirname "$page")/$file")
        fi
        if [[ ! -e $target ]]; then
            complain "$page: a link to $link, but there is no $target"
        elif [[ -n $anchor && $'\n'$(anchors_of "$target")$'\n' != *$'\n'"$anchor"$'\n'* ]]
        then
            complain "$page: a link to $link, but $target has no such heading"
        fi
        [[ $target == "$page" ]] || echo "$target" >>"$scratch/linked"
    done < <(text_of "$page" | grep -oE '\]\([^)]+\)' | sed -E 's/^\]\((.*)\)$/\1/')
    # A file of the tree that a page names in backquotes.
    [[ $page != CHANGES.md ]] || continue
    while IFS= read -r file; do
        looked_at 1
        compgen -G "$file" >/dev/null || complain "$page: names $file, which is not there"
    done < <(awk '/^ *```/ { inside = !inside; next } !inside' "$page" |
        grep -oP "$code" | tr -d '\140' |
        sed -nE 's/<[a-z]*>/*/; s@^((src|t|docs|conf|demo|bench|scripts)/[^ ]*).*@\1@p' |
        sort -u)
done

# src/README.md names its files relative to src, some without a suffix.
rooms=$(find src -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | paste -sd '|')
while IFS= read -r file; do
    looked_at 1
    compgen -G "src/$file" >/dev/null || compgen -G "src/$file.[ch]" >/dev/null ||
        complain "src/README.md: names $file, but there is no src/$file"
done < <(awk '/^ *```/ { inside = !inside; next } !inside' src/README.md |
    grep -oP "$code" | tr -d '\140' |
    sed -nE "s/<[a-z]*>/*/; s@^(($rooms)/[^ ]*).*@\1@p" | sort -u)
for page in "${pages[@]}"; do
    [[ $page == README.md ]] || grep -qxF "$page" "$scratch/linked" ||
        complain "$page: no page has a link to it"
done

# Every file of src is in the reading order.
while IFS= read -r file; do
    looked_at 1
    grep -qE "(^|[^a-z_])$file([^a-z_]|\$)" src/README.md ||
        complain "src/README.md: has no word about $file"
done < <(find src -name '*.[ch]' | sed 's@.*/@@; s/\.[ch]$//' | sort -u)

# -------------------------------------------------------------- directives

section_of() { # directive
    awk -v heading="## $1" '/^##? / { inside = $0 == heading; next } inside' "$directives"
}

while IFS= read -r directive; do
    looked_at 1
    count=$(grep -cxF "## $directive" "$directives" || true)
    if ((count != 1)); then
        complain "$directives has $count sections '## $directive', not one"
        continue
    fi
    section=$(section_of "$directive")
    for row in Description Syntax Default Context Status Module Compatibility; do
        [[ $section == *$'\n'"| $row |"* ]] ||
            complain "$directives: $directive has no row $row"
    done
    [[ $section == *$'\n```apache'* ]] ||
        complain "$directives: $directive has no example"
done < <(sed -nE 's/.*AP_INIT_[A-Z0-9_]+\("(SharedSession[A-Za-z]*)".*/\1/p' "$table" |
    sort)
while IFS= read -r section; do
    looked_at 1
    grep -qF "\"$section\"" "$table" ||
        complain "$directives: a section '## $section', but there is no such directive"
done < <(sed -nE 's/^## (SharedSession[A-Za-z]*)$/\1/p' "$directives")

# ---------------------------------------------------------------- examples

httpd=$(sed -nE 's/^HTTPD_BINARY = //p' build/default/Makefile)
modules=$(sed -nE 's/^moduledir = //p' build/default/Makefile)
need "$httpd"
# Of httpd's own, what the examples use.
loaded='mpm_event authn_core authz_core authn_file authz_user authz_host
    authz_groupfile auth_basic auth_form request session session_cookie
    session_crypto alias dir mime env setenvif headers rewrite include actions
    proxy proxy_http proxy_fcgi proxy_ajp proxy_balancer proxy_wstunnel
    lbmethod_byrequests slotmem_shm socache_shmcb cache cache_disk cgid status
    info ssl lua filter deflate expires remoteip http2 proxy_http2'
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 \
    -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
echo secret >"$scratch/secret"
chmod 600 "$scratch/secret"
{
    printf 'ServerRoot "%s"\nServerName localhost\nListen 127.0.0.1:80\n' "$scratch"
    printf 'PidFile "%s/pid"\nErrorLog "%s/log"\n' "$scratch" "$scratch"
    for name in $loaded; do
        if [[ -e $modules/mod_$name.so ]]; then
            printf 'LoadModule %s_module "%s/mod_%s.so"\n' "$name" "$modules" "$name"
        fi
    done
    printf 'LoadModule shared_session_module "%s"\n' "$PWD/$module"
    printf 'LoadModule session_shared_module "%s"\n' \
        "$PWD/build/default/.libs/mod_session_shared.so"
} >"$scratch/head.conf"

# The examples of a page as files, named by their first line: page:line.
examples_of() { # page
    perl -e '
        my ($page, $out) = @ARGV;
        my ($how, $text, $before, $line, $within) = ("", "", "", 0, 0);
        open my $in, "<", $page or die "$page: $!\n";
        while (<$in>) {
            if ($within) {
                if (/^\s*```\s*$/) {
                    $text = $before . $text if $how eq "continues";
                    $before = $text;
                    if ($how =~ /^in <(\w+)(.*)>$/) {
                        $text = "<$1$2>\n$text</$1>\n";
                    }
                    (my $name = "$page:$line") =~ s{/}{,}g;
                    open my $example, ">", "$out/$name" or die "$name: $!\n";
                    print $example "SharedSessionStore redis://127.0.0.1\n"
                        if $text !~ /^\s*SharedSessionStore/m;
                    print $example $text;
                    ($how, $text, $within) = ("", "", 0);
                } else {
                    $text .= $_;
                }
            } elsif (/^\s*```apache\s*$/) {
                ($within, $line) = (1, $.);
            } elsif (/^\s*<!-- example: (.*?) -->\s*$/) {
                $how = $1;
            } elsif (/\S/) {
                $how = "";
            }
        }' "$1" "$scratch/examples"
}

# Files that an example names are there.
localize() { # file
    sed -i -E -e "s@((password|secret)-file=)/[^ ]+@\1$scratch/secret@g" \
        -e "s@\b(ca=|cert=|SSLCertificateFile +)\"?/[^ ]+@\1$scratch/cert.pem@g" \
        -e "s@/var/log/[a-z0-9]+/@$scratch/@g" \
        -e "s@\b(key=|SSLCertificateKeyFile +)\"?/[^ ]+@\1$scratch/key.pem@g" "$1"
}

mkdir "$scratch/examples"
for page in "${pages[@]}"; do
    examples_of "$page"
done
for example in "$scratch"/examples/*; do
    looked_at 1
    name=$(basename "$example" | tr , /)
    localize "$example"
    cat "$scratch/head.conf" "$example" >"$scratch/httpd.conf"
    if ! said=$("$httpd" -t -f "$scratch/httpd.conf" 2>&1); then
        complain "$name: httpd -t refuses this example: $said"
    elif grep -q 'SHS[0-9]' <<<"$said"; then
        complain "$name: httpd -t warns of this example: $said"
    fi
done

# -------------------------------------------------------------------- HTML

# The same links as pandoc has made them, where it has.
if [[ -e build/default/html/index.html ]]; then
    follow_html build/default/html
fi

finish 'links, directives and examples of the documents are right'
