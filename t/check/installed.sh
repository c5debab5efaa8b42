#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The installed headers: each compiles alone, without the source tree, in C and
# C++, with gcc and clang; mod_shared_session_provider.h needs APR only; and its
# declarations are those of its version. The example of docs/providers.md
# compiles with them alone.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

# The version of the interface, and the checksum of its declarations. When the
# declarations change, raise SHS_PROVIDER_VERSION, unless this version was never
# released, and write the new line here.
declarations='2 36443e3011f58770'

# The second includes the first.
provider=(mod_shared_session_record.h mod_shared_session_provider.h)
example=docs/providers.md
need Makefile.am "${provider[@]}" "$example" build/default/Makefile
need_tool gcc
need_tool g++
need_tool clang
need_tool clang++
need_tool sha256sum

scratch=$(mktemp -d --suffix=.shs-guard)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/headers"
mapfile -t headers < <(sed -nE '/^moduleinclude_HEADERS =/,/[^\\]$/p' Makefile.am |
    grep -o '[a-z_]*\.h')
cp "${headers[@]}" "$scratch/headers"

flags_of() { # variable of the Makefile
    sed -nE "s/^$1 = //p" build/default/Makefile
}
read -ra apr < <(flags_of APR_CFLAGS)
read -ra httpd < <(flags_of HTTPD_CPPFLAGS)
if ((${#apr[@]} == 0 || ${#httpd[@]} == 0)); then
    complain 'build/default/Makefile does not say where APR and httpd are'
fi

# As others compile: their warnings, their standards.
compile() { # file flag...
    local file=$1 compiler said
    shift
    for compiler in 'gcc -x c -std=c99' 'gcc -x c -std=gnu17' \
        'clang -x c -std=c99' 'g++ -x c++ -std=c++11' 'g++ -x c++ -std=c++17' \
        'clang++ -x c++ -std=c++11'; do
        looked_at 1
        # shellcheck disable=SC2086 # a command
        if ! said=$(cd "$scratch" && $compiler -Wall -Wextra -Wpedantic -Wshadow \
            -Wno-missing-field-initializers -Werror -fsyntax-only -Iheaders \
            "$@" "$file" 2>&1); then
            complain "$file: $compiler:"$'\n'"$(head -n 20 <<<"$said")"
        fi
    done
}

for header in "${headers[@]}"; do
    echo "#include \"$header\"" >"$scratch/alone_$header"
    if [[ " ${provider[*]} " == *" $header "* ]]; then
        compile "alone_$header" "${apr[@]}"
    else
        compile "alone_$header" "${apr[@]}" "${httpd[@]}"
    fi
done
if hits=$(grep -nE '^ *# *include' "${provider[@]}" |
    grep -vE "<apr(_[a-z]+)?\.h>\$|\"${provider[0]}\"\$"); then
    complain "these may include headers of APR only: $hits"
fi

awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$example" \
    >"$scratch/example"
[[ -s $scratch/example ]] || complain "$example has no example in C"
# httpd's own headers are not made for -Wpedantic in C99.
compile example "${apr[@]}" "${httpd[@]}"

# Without comments and white space.
version=$(sed -nE 's/^#define SHS_PROVIDER_VERSION "(.*)"$/\1/p' "${provider[1]}")
sum=$(cat "${provider[@]}" | gcc -x c -fpreprocessed -dD -E -P - |
    tr -d '[:space:]' | sha256sum | cut -c 1-16)
if [[ "$version $sum" != "$declarations" ]]; then
    complain "${provider[1]}: version and declarations are $version $sum, and this" \
        "guard knows $declarations: see its head"
fi

finish 'times installed headers and their example compile alone'
