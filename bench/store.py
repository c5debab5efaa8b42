# SPDX-License-Identifier: Apache-2.0
"""Redis: one of our own, reached in every way, and the sessions in it."""
import socket

import machine as m

ID = 'bench%021d'  # as cookies.lua makes them


def id_of(octets):
    """Of the one session of that size, apart from the many."""
    return ID % (20_000_000 + octets)


def cookie_of(octets):
    return {'Cookie': f'JSESSIONID={id_of(octets)}'}


# ARGV: first, last, and the fields of each
FILL = '''
for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
    local key = string.format('session:bench%021d', n)
    redis.call('HSET', key, unpack(ARGV, 3))
    redis.call('PEXPIRE', key, 86400000)
end
'''


def fields(octets):
    """A session of five attributes that is about so large."""
    session = {'userId': 'alice', 'userNm': 'Alice Kim', 'lang': 'ko',
               'theme': 'dark', 'cart': ''}
    used = sum(len(k) + len(v) for k, v in session.items())
    session['cart'] = ('[' + '1234,' * octets)[:octets - used - 1] + ']'
    return session


class Redis:
    def __init__(self, machine):
        self.machine = machine
        self.port = machine.free_port()
        self.tls_port = machine.free_port()
        self.socket = machine.work / 'redis.sock'
        self.ca = machine.work / 'redis.crt'
        tls = self.make_certificate()
        self.process = machine.start(
            'redis', [m.need('redis-server'), '--port', self.port, '--bind',
                      '127.0.0.1', '--save', '', '--dir', machine.work,
                      '--unixsocket', self.socket, '--unixsocketperm', '777',
                      *tls])
        self.connection = None
        m.wait_until('redis', lambda: self.ask('PING') == 'PONG', self.process)

    def make_certificate(self):
        self.key = key = self.machine.work / 'redis.key'
        m.output_of(m.need('openssl'), 'req', '-x509', '-newkey', 'rsa:2048',
                    '-nodes', '-keyout', key, '-out', self.ca, '-days', 2,
                    '-subj', '/CN=bench', '-addext',
                    'subjectAltName=IP:127.0.0.1')
        return ['--tls-port', self.tls_port, '--tls-cert-file', self.ca,
                '--tls-key-file', key, '--tls-ca-cert-file', self.ca,
                '--tls-auth-clients', 'no']

    def ask(self, *words):
        """One command, and its answer as text; an error is raised."""
        if not self.connection:
            self.connection = socket.create_connection(('127.0.0.1', self.port))
            self.replies = self.connection.makefile('rb')
        words = [str(word).encode() for word in words]
        self.connection.sendall(
            b'*%d\r\n' % len(words)
            + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words))
        return self.read_reply()

    def read_reply(self):
        line = self.replies.readline().rstrip(b'\r\n')
        kind, rest = line[:1], line[1:]
        if kind == b'-':
            raise RuntimeError(rest.decode())
        if kind == b'$' and int(rest) >= 0:
            return self.replies.read(int(rest) + 2)[:-2].decode()
        if kind == b'*':
            return [self.read_reply() for _ in range(int(rest))]
        return rest.decode()

    def put(self, key, octets):
        self.ask('HSET', key, *sum(fields(octets).items(), ()))
        self.ask('EXPIRE', key, 86400)

    def fill(self, first, last, octets):
        """Sessions of these numbers."""
        words = sum(fields(octets).items(), ())
        for begin in range(first, last + 1, 20000):
            self.ask('EVAL', FILL, 0, begin, min(begin + 19999, last), *words)

    def counts(self):
        """Commands but for our own and the listeners', and connections."""
        commands = 0
        for line in self.ask('INFO', 'commandstats').split('\r\n'):
            name = line.partition(':')[0].removeprefix('cmdstat_')
            if name not in ('info', 'ping') and '|' not in name and 'calls=' in line:
                commands += int(line.split('calls=')[1].split(',')[0])
        stats = dict(line.split(':') for line in
                     self.ask('INFO', 'stats').split('\r\n') if ':' in line)
        return commands, int(stats['total_connections_received'])


class Delay:
    """The store, one millisecond farther away (both ways together)."""

    def __init__(self, machine, redis):
        self.port = machine.free_port()
        program = machine.work / 'delay'
        m.output_of(m.need('gcc'), '-O2', '-o', program,
                    machine.root / 'bench/delay.c')
        self.process = machine.start(
            'delay', [program, self.port, redis.port, 500])
        m.wait_until('delay', lambda: not socket.create_connection(
            ('127.0.0.1', self.port)).close(), self.process)
