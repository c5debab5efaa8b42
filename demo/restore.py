#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A session of Spring Session, put back into Redis: restore.py PORT SECONDS <FILE

FILE is a session as a real application has written it (spring-session.json). Its
values stay as they are. Only its times move: it begins now, and was last used
SECONDS ago. A time is a java.lang.Long: 74 octets that are always the same, and
the milliseconds since 1970 in 8 octets.
"""
import base64
import json
import struct
import subprocess
import sys
import time

PORT, AGO_MS = sys.argv[1], int(sys.argv[2]) * 1000
session = json.load(sys.stdin)
fields = {name: base64.b64decode(value)
          for name, value in session["fields_base64"].items()}


def number(name):
    return int.from_bytes(fields[name][-4:], "big")


def set_time(name, milliseconds):
    fields[name] = fields[name][:-8] + struct.pack(">q", milliseconds)


def command(*words):
    """A command as Redis reads it (RESP), whose words may be any octets."""
    octets = [word if isinstance(word, bytes) else str(word).encode()
              for word in words]
    return b"*%d\r\n" % len(octets) + b"".join(
        b"$%d\r\n%s\r\n" % (len(word), word) for word in octets)


last_used = int(time.time() * 1000) - AGO_MS
set_time("creationTime", last_used)
set_time("lastAccessedTime", last_used)
pairs = [word for pair in fields.items() for word in pair]
commands = command("DEL", session["key"]) + command(
    "HSET", session["key"], *pairs) + command(
    "PEXPIREAT", session["key"],
    last_used + number("maxInactiveInterval") * 1000)
sys.exit(subprocess.run(["redis-cli", "-p", PORT, "--pipe"], input=commands,
                        stdout=subprocess.DEVNULL).returncode)
