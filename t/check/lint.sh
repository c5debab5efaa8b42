#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A second compiler without a warning, cppcheck and clang-tidy.
#
# clang-tidy's list is short on purpose: what is in there finds mistakes and is
# quiet on good code. What is left out of a group is a matter of style, or of
# Annex K (memcpy_s), which no system has, or forbids what httpd asks for: the types
# of its filters are an enum, and those between two of them (AP_FTYPE_PROTOCOL - 1)
# are none of its values.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need scripts/prepare src
need_tool clang
need_tool cppcheck
need_tool clang-tidy

checks='-*,clang-analyzer-*,bugprone-*,cert-fio*,cert-flp30-c'
checks+=',misc-redundant-expression,misc-static-assert'
checks+=',performance-*,readability-misleading-indentation'
checks+=',readability-inconsistent-declaration-parameter-name'
checks+=',readability-redundant-declaration,readability-duplicate-include'
checks+=',-bugprone-easily-swappable-parameters'
checks+=',-bugprone-assignment-in-if-condition'
checks+=',-bugprone-macro-parentheses,-bugprone-reserved-identifier'
checks+=',-bugprone-multi-level-implicit-pointer-conversion'
checks+=',-bugprone-implicit-widening-of-multiplication-result'
checks+=',-bugprone-narrowing-conversions,-bugprone-branch-clone'
checks+=',-bugprone-switch-missing-default-case'
checks+=',-bugprone-suspicious-string-compare,-bugprone-sizeof-expression'
checks+=',-bugprone-casting-through-void,-bugprone-suspicious-include'
checks+=',-clang-analyzer-security.insecureAPI.*'
checks+=',-clang-analyzer-optin.core.EnumCastOutOfRange'
checks+=',-clang-analyzer-optin.performance.Padding,-performance-no-int-to-ptr'

mapfile -t files < <(find src -name '*.c' | sort; ls mod_*.c)
looked_at "${#files[@]}"

# The clang build has --enable-werror, so a warning is a failure there.
if ! out=$(scripts/prepare --no-install --clang 2>&1); then
    complain "the clang build:"$'\n'"$out"
fi

read -ra apxs < <(
    sed -nE 's/^HTTPD_CPPFLAGS = //p' build/clang/Makefile | tr -s ' ')
libraries=(apr-1 apr-util-1 hiredis jansson libcrypto)
read -ra cflags < <(pkg-config --cflags "${libraries[@]}")
if ((${#apxs[@]} == 0)); then
    complain 'build/clang/Makefile does not say where httpd is'
fi

if ! out=$(cppcheck --quiet --std=c11 --language=c --error-exitcode=1 \
    --inline-suppr -j 2 --enable=warning,performance,portability \
    --suppress=missingIncludeSystem --suppress=unknownMacro \
    --suppress=normalCheckLevelMaxBranches \
    -Isrc "${files[@]}" 2>&1); then
    complain "cppcheck:"$'\n'"$out"
fi

# Two at a time: one file a process, each with what it says in a file of its own.
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
tidy() { # directory file check... -- flag...
    local out to=$1/${2//\//_}
    shift
    if ! out=$(clang-tidy --quiet --warnings-as-errors='*' "$@" 2>/dev/null); then
        printf '%s\n' "$out" | grep -vE '^[0-9]+ warnings' >"$to"
    fi
}
export -f tidy
printf '%s\0' "${files[@]}" |
    xargs -0 -P 2 -I '{}' bash -c 'tidy "$@"' _ "$said" '{}' --checks="$checks" \
        -- -std=gnu11 -Isrc "${cflags[@]}" "${apxs[@]}"
for file in "$said"/*; do
    [[ ! -e $file ]] || complain "clang-tidy:"$'\n'"$(<"$file")"
done

finish 'files: clang, cppcheck and clang-tidy are quiet'
