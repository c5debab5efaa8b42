#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo/run --keep runs on until Ctrl-C and then leaves nothing behind: no process,
# no file. And scripts/prepare --no-install names what is missing, and stops.
# Runs by itself.
source "$(dirname "${BASH_SOURCE[0]}")/guard.bash"

need demo/run scripts/prepare scripts/packages
need_tool curl
tmp=$(mktemp -d --suffix=.shs-guard)
# httpd's children may be another user than this one.
chmod 755 "$tmp"
mkdir "$tmp/demo" "$tmp/bin"
demo=

# What the demo started has its directory in the environment, as the current
# one, in its command line or open: some change one, some another.
started_by_demo() {
    local process link
    for process in /proc/[0-9]*; do
        if grep -qsaF "$tmp/demo" "$process/environ" "$process/cmdline"; then
            echo "${process#/proc/}"
            continue
        fi
        for link in "$process"/cwd "$process"/fd/*; do
            if [[ $(readlink "$link" 2>/dev/null) == "$tmp/demo"/* ]]; then
                echo "${process#/proc/}"
                break
            fi
        done
    done
}

leave() {
    local code=$? pid
    # Only when the demo did not end itself.
    if [[ -n $demo ]]; then
        for pid in $(started_by_demo); do
            kill -CONT "$pid" 2>/dev/null || true
            kill -KILL "$pid" 2>/dev/null || true
        done
    fi
    rm -rf "$tmp"
    exit "$code"
}
trap leave EXIT

# Reads what the demo says, up to the line that matches or, without a pattern,
# to its end; fails when it is silent for two minutes.
said=
listen() { # [pattern]
    local line code
    while true; do
        code=0
        IFS= read -r -t 120 line <&7 || code=$?
        if ((code != 0)); then
            # Over 128 the time is over, else it is the end.
            ((code <= 128)) && [[ $# == 0 ]]
            return
        fi
        said+=$line$'\n'
        [[ $# == 0 || ! $line =~ $1 ]] || return 0
    done
}

# Bash starts what runs in the background deaf to Ctrl-C.
mkfifo "$tmp/fifo"
TMPDIR=$tmp/demo setsid env --default-signal=INT \
    demo/run --keep --plain --no-install >"$tmp/fifo" 2>&1 </dev/null &
demo=$!
exec 7<"$tmp/fifo"

if ! listen 'runs on until Ctrl-C'; then
    complain "it never said that it runs on until Ctrl-C:"$'\n'"$(tail -n 20 <<<"$said")"
    exit 1
fi
looked_at 1

url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' <<<"$said" | tail -n 1)
if ! status=$(curl -s -o /dev/null --max-time 10 -w '%{http_code}' "$url/"); then
    complain "no server answers at ${url:-no URL}, which it printed: $status"
fi
looked_at 1
mapfile -t running < <(started_by_demo)
mapfile -t states < <(find "$tmp/demo" -maxdepth 1 -name '*.shared-session-demo')
if ((${#running[@]} < 2 || ${#states[@]} != 1)); then
    complain "${#running[@]} processes and ${#states[@]} directories while it runs"
fi
looked_at "${#running[@]}"

# As Ctrl-C does: to the group in the foreground.
kill -INT -- "-$demo"
if ! listen; then
    complain "it does not end after Ctrl-C"
    exit 1
fi
code=0
wait "$demo" || code=$?
((code == 0)) || complain "it ended with exit code $code"
mapfile -t left < <(started_by_demo)
if ((${#left[@]} > 0)); then
    complain "processes that it left:"$'\n'"$(ps -o pid,args -p "${left[*]}")"
else
    demo=
fi
files=$(ls -A "$tmp/demo")
[[ -z $files ]] || complain "files that it left: $files"

# A system on which all but two packages are installed.
cat >"$tmp/bin/dpkg-query" <<'STUB'
#!/bin/sh
for name; do
    case $name in
        libhiredis-dev | curl) ;;
        *) echo "installed $name" ;;
    esac
done
exit 1
STUB
chmod +x "$tmp/bin/dpkg-query"
if out=$(PATH=$tmp/bin:$PATH scripts/prepare --no-install 2>&1); then
    complain "scripts/prepare --no-install succeeds without hiredis: $out"
fi
named=$(sed -nE 's/^  ([^ ]+)$/\1/p' <<<"$out" | tr '\n' ' ')
[[ $named == 'libhiredis-dev curl ' ]] ||
    complain "scripts/prepare --no-install names $named in:"$'\n'"$out"
looked_at 1

finish 'things: the demo ends with Ctrl-C, and prepare names what is missing'
