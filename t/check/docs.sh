#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every link of a document to a file of this tree leads to one, and every link
# to a heading leads to a heading. Anchors are those that GitHub and pandoc make.
# t/check/conf.sh checks the directives, t/00-lint.t the examples.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need README.md docs/guide.md
need_tool perl
mapfile -t pages < <(find README.md src/README.md t/README.md docs -name '*.md' | sort)

# FILE:LINE: WORDS for each dead link; "links N" at the end.
find_dead_links() { # pages
    perl - "$@" <<'PERL'
use strict;
use warnings;

sub lines_of {
    my ($page) = @_;
    open my $in, '<', $page or die "$page: $!";
    my ($is_code, @lines) = 0;
    while (my $line = <$in>) {
        my $is_fence = $line =~ /^\s*```/;
        $is_code = !$is_code if $is_fence;
        push @lines, $is_code || $is_fence ? '' : $line;
    }
    return @lines;
}

my %anchors;
sub anchors_of {
    my ($page) = @_;
    return $anchors{$page} ||= do {
        my %seen;
        for my $line (lines_of($page)) {
            my ($heading) = $line =~ /^#+\s+(.*?)\s*$/ or next;
            $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
            my $anchor = lc $heading;
            $anchor =~ s/[^\w\- ]//g;
            $anchor =~ tr/ /-/;
            my $n = $seen{$anchor}++;
            $seen{"$anchor-$n"} = 1 if $n;
        }
        \%seen;
    };
}

my $links = 0;
for my $page (@ARGV) {
    my ($directory) = $page =~ m{^(.*/)} ? $1 : '';
    my $number = 0;
    for my $line (lines_of($page)) {
        ++$number;
        $line =~ s/`[^`]*`//g;
        while ($line =~ /\]\(([^)\s]+)\)/g) {
            my ($path, $anchor) = split /#/, $1, 2;
            next if $path =~ /^[a-z]+:/;
            ++$links;
            my $file = $path eq '' ? $page : "$directory$path";
            1 while $file =~ s{(^|/)(?!\.\.?/)[^/]+/\.\./}{$1};
            if (!-e $file) {
                print "$page:$number: there is no $file\n";
            }
            elsif (defined $anchor && $file =~ /\.md$/ && !anchors_of($file)->{$anchor}) {
                print "$page:$number: $file has no heading #$anchor\n";
            }
        }
    }
}
print "links $links\n";
PERL
}

while IFS= read -r line; do
    if [[ $line == links\ * ]]; then
        looked_at "${line#links }"
    else
        complain "$line"
    fi
done < <(find_dead_links "${pages[@]}")

finish 'links of the documents lead somewhere'
