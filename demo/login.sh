#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A CGI script that logs in and out, as /cgi/login and /cgi/logout. What a real
# one would check first, a password, is left out.
case $SCRIPT_NAME in
    */login)
        # The form's user stays urlencoded, so it is one value whatever it holds.
        user=$(head -c 1000 | tr -d '\r\n' | sed -n 's/^user=\([^&]*\).*/\1/p')
        echo "X-Session-Action: create"
        echo "X-Session-Set: user=$user&role=member"
        text="welcome, $user" ;;
    *)
        echo "X-Session-Action: destroy"
        text="goodbye" ;;
esac
printf 'Content-Type: text/plain\n\nzone %s: %s\n' "$ZONE" "$text"
