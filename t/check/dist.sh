#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What `make install` leaves is what httpd loads, the header for other modules, the
# manual of all documents, whose links lead somewhere, and nothing else; and what
# `make dist` packs is enough to build, install and
# uninstall from. The unit tests of the tarball are compiled and not run: they
# were, by t/run.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

build=build/default
need "$build/Makefile" Makefile.am
need_tool pandoc
need_tool groff
tmp=$(mktemp -d --suffix=.shs-dist)
trap 'rm -rf "$tmp"' EXIT

say_why() { # words
    complain "$1:"$'\n'"$(grep -vE '^(make|rm|libtool)' "$tmp/log" | tail -n 20)"
}

installed() {
    (cd "$tmp/root" && find . ! -type d | sed 's/^\.//' | sort)
}

directory() { # name of a variable of the Makefile
    printf "show:\n\t@echo \$(%s)\n" "$1" |
        make -s --no-print-directory -C "$build" -f Makefile -f - show
}

# The Makefile knows where, Makefile.am knows what.
where=$(sed -nE 's/^moduledir = //p' "$build/Makefile")
headers=$(sed -nE 's/^httpd_includedir = //p' "$build/Makefile")
pages=$(directory docdir)/html
manual=$(directory mandir)
wanted=$(
    {
        sed -nE 's/^module_LTLIBRARIES \+?= *//p' Makefile.am | tr ' ' '\n' |
            sed -nE "s@^(.+)\.la\$@$where/\1.so@p"
        sed -nE 's/^moduleinclude_HEADERS \+?= *//p' Makefile.am | tr ' ' '\n' |
            sed -nE "s@^(.+\.h)\$@$headers/\1@p"
        printf '%s\n' "$pages"/{index.html,changes.html,style.css,results.svg,fleet.svg} \
            "$manual/man8/mod_shared_session.8" "$manual/man5/shared_session.conf.5"
        find docs -name '*.md' ! -path 'docs/manual/*' |
            sed -E "s@^docs/(.+)\.md\$@$pages/\1.html@"
    } | sort
)
looked_at "$(grep -c . <<<"$wanted")"

mkdir "$tmp/root"
if ! make -C "$build" install DESTDIR="$tmp/root" >"$tmp/log" 2>&1; then
    say_why 'make install'
elif [[ $(installed) != "$wanted" ]]; then
    complain "make install leaves"$'\n'"$(installed)"$'\n'"and should leave"$'\n'"$wanted"
fi
follow_html "$tmp/root$pages"
for page in "$tmp/root$manual"/man?/*; do
    looked_at 1
    said=$(groff -K utf8 -t -man -ww -z "$page" 2>&1)
    [[ -z $said ]] || complain "groff says of ${page##*/}: $said"
done
if ! make -C "$build" uninstall DESTDIR="$tmp/root" >"$tmp/log" 2>&1; then
    say_why 'make uninstall'
elif [[ -n $(installed) ]]; then
    complain "make uninstall leaves"$'\n'"$(installed)"
fi

if ! make -C "$build" -j"$(nproc)" distcheck TESTS= >"$tmp/log" 2>&1; then
    say_why 'make distcheck'
fi
chmod -R u+w "$build"/mod_shared_session-* 2>/dev/null || true
rm -rf "$build"/mod_shared_session-*

finish 'modules are installed and uninstalled, and the tarball is complete'
