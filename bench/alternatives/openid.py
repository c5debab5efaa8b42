# SPDX-License-Identifier: Apache-2.0
"""An OpenID provider that logs every client in as alice:
openid.py PORT CLIENT SECRET CERTIFICATE KEY"""
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import sys
import time
import urllib.parse

port, client, secret = int(sys.argv[1]), sys.argv[2], sys.argv[3]
nonces = {}


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b'=').decode()


def token(nonce):
    now = int(time.time())
    claims = {'iss': f'https://127.0.0.1:{port}', 'aud': client, 'sub': 'alice',
              'iat': now, 'exp': now + 3600, 'nonce': nonce}
    parts = [encode(json.dumps(part).encode())
             for part in ({'alg': 'HS256', 'typ': 'JWT'}, claims)]
    text = '.'.join(parts)
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256)
    return f'{text}.{encode(mac.digest())}'


class Provider(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        code = str(len(nonces) + 1)
        nonces[code] = query.get('nonce', '')
        back = urllib.parse.urlencode({'code': code, 'state': query['state']})
        self.send_response(302)
        self.send_header('Location', f'{query["redirect_uri"]}?{back}')
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        code = dict(urllib.parse.parse_qsl(body))['code']
        response = json.dumps({'access_token': 'bench', 'token_type': 'Bearer',
                             'expires_in': 3600,
                             'id_token': token(nonces[code])}).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(response)))
        self.end_headers()
        self.wfile.write(response)


server = http.server.HTTPServer(('127.0.0.1', port), Provider)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[4], sys.argv[5])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
