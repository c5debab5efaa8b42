# SPDX-License-Identifier: Apache-2.0
#
# What every guard begins with: it stands in the project's root, says what is
# wrong and where, counts what it looked at, and fails when that is nothing.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

guard=$(basename "$0" .sh)
wrong=0
looked=0

# complain WORDS: one thing is wrong; the guard goes on.
complain() {
    printf '%s: %s\n' "$guard" "$*" >&2
    wrong=$((wrong + 1))
}

# looked_at NUMBER: so many things more were checked.
looked_at() {
    looked=$((looked + $1))
}

need() { # files
    local file
    for file; do
        if [[ ! -e $file ]]; then
            complain "$file is not there, so nothing can be checked"
            exit 1
        fi
    done
}

need_tool() { # command
    if ! command -v "$1" >/dev/null; then
        complain "$1 is missing: scripts/prepare installs it"
        exit 1
    fi
}

# follow_html DIRECTORY: every link of its pages leads to a file, and to a
# heading in it.
follow_html() {
    local dead
    while IFS= read -r dead; do
        if [[ $dead == [0-9]* ]]; then
            looked_at "$dead"
        else
            complain "$1: $dead"
        fi
    done < <(cd "$1" && find . -name '*.html' | sort | perl -e '
        my (%text, $links);
        for my $page (<STDIN>) {
            chomp $page;
            open my $in, "<", $page or die "$page: $!\n";
            local $/;
            $text{$page} = <$in>;
        }
        for my $page (sort keys %text) {
            for my $link ($text{$page} =~ /\b(?:href|src)="([^"]+)"/g) {
                next if $link =~ /^[a-z]+:/;
                my ($file, $anchor) = split /#/, $link, 2;
                my $target = $page;
                $target =~ s{[^/]*$}{$file} if length $file;
                1 while $target =~ s{/[^/]+/\.\./}{/};
                ++$links;
                print "$page: a link to $link, which is not there\n"
                    if !-e $target || defined $anchor
                    && ($text{$target} // "") !~ /\bid="\Q$anchor\E"/;
            }
        }
        print $links // 0, "\n"')
}

# finish WORDS: one line when all is well.
finish() {
    if ((looked == 0)); then
        complain "found nothing to look at"
    fi
    if ((wrong > 0)); then
        exit 1
    fi
    printf '%s: %d %s\n' "$guard" "$looked" "$*"
}
