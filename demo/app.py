#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The application behind one zone: app.py PORT ZONE

It keeps its logins in its own memory, as applications do, and knows nothing
of Redis. It trusts the header X-Session-User of its web server. A POST to /login,
/password or /logout changes the session that the web server keeps, by headers of
the response. What a real application would check first, a password, is left out.
"""
import json
import secrets
import signal
import sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

PORT, ZONE = int(sys.argv[1]), sys.argv[2]
logins = {}


class App(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        page = {"/login": self.login, "/hello": self.hello,
                "/headers": self.session_headers}.get(url.path)
        if page is None:
            self.answer(404, "no such page")
        else:
            page(parse_qs(url.query))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/login":
            user = json.loads(body)["user"]
            self.answer(200, f"welcome, {user}", {
                "X-Session-Action": "create",
                "X-Session-Set": urlencode({"user": user, "role": "member"})})
        elif self.path == "/password":
            self.answer(200, "your password is another now",
                        {"X-Session-Action": "rotate"})
        elif self.path == "/logout":
            self.answer(200, "goodbye", {"X-Session-Action": "destroy"})
        else:
            self.answer(404, "no such page")

    def login(self, query):
        user = query.get("user", ["guest"])[0]
        session_id = secrets.token_hex(16)
        logins[session_id] = user
        self.answer(200, f"welcome, {user}",
                    {"Set-Cookie": f"JSESSIONID={session_id}; Path=/"})

    def hello(self, _query):
        user = self.headers.get("X-Session-User") or self.logged_in()
        self.answer(200, f"hello, {user}" if user else "who are you?")

    def session_headers(self, _query):
        """Every request header that could be read as X-Session-Something."""
        found = sorted(f"{name}: {value}"
                       for name, value in self.headers.items()
                       if name.lower().replace("_", "-")
                       .startswith("x-session-"))
        self.answer(200, "; ".join(found) or "no session headers")

    def logged_in(self):
        cookie = SimpleCookie(self.headers.get("Cookie", ""))
        return "JSESSIONID" in cookie and logins.get(
            cookie["JSESSIONID"].value)

    def answer(self, status, text, headers=None):
        body = f"zone {ZONE}: {text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer(("127.0.0.1", PORT), App).serve_forever()
