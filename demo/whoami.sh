#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A CGI script: what the session left in its environment, in one line.
printf 'Content-Type: text/plain\n\nzone %s:' "$ZONE"
env | sort | while IFS= read -r pair; do
    case $pair in SESSION_* | SHARED_SESSION=*) printf ' %s' "$pair" ;; esac
done
echo
