#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Random objects, as a JVM writes them: what the decoder of Java Object Serialization
# makes of them is what the objects are. SHS_GRAPHS says how many. It needs a JDK 17;
# without one, the graphs in t/fixtures are all that is tested.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

graphs=t/interop/java/Graphs.java
compare=build/default/t/interop/java/compare
need "$graphs" build/default/Makefile

release=$(java -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p') || true
if ((${release:-0} < 17)) || ! command -v javac >/dev/null; then
    printf 'java: no JDK 17 or newer, so nothing is compared\n'
    exit 0
fi
if ! out=$(make -C build/default -s t/interop/java/compare 2>&1); then
    complain "$out"
fi
if ! out=$(java "$graphs" "$RANDOM" "${SHS_GRAPHS:-200}" | "$compare"); then
    complain "$out"
fi
looked_at "$(sed -nE 's/^([0-9]+) graphs, 0 differences$/\1/p' <<<"$out")"

finish 'graphs of objects are read as the JVM has them'
