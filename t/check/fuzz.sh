#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A fuzzing run of a few seconds a parser, of which it has about half the processor
# in the background; t/unit/fuzz/run SECONDS is longer.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need t/unit/fuzz/run
need_tool clang
if ! out=$(t/unit/fuzz/run "${SHS_FUZZ_SECONDS:-4}" 2>&1); then
    complain "$out"
fi
looked_at "$(grep -cE '^[a-z_]+: [1-9][0-9]* inputs$' <<<"$out" || true)"
parsers=(t/unit/fuzz/corpus/*/)
if ((looked != ${#parsers[@]})); then
    complain "$looked of ${#parsers[@]} parsers were run"
fi

finish 'parsers took whatever came'
