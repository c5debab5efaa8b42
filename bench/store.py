# SPDX-License-Identifier: Apache-2.0
"""A Redis server that listens on TCP, TLS and a Unix socket, and its sessions."""
import socket

import machine as m

ID = 'bench%021d'  # as cookies.lua makes them


def id_of(octets):
    """The id of the single session of that size; not among those of
    add_sessions()."""
    return ID % (20_000_000 + octets)


def cookie_of(octets):
    return {'Cookie': f'JSESSIONID={id_of(octets)}'}


# The size that stands for the session of an administrator. Its attribute `user` is
# a JSON object with the roles.
ADMIN = 201


# ARGV: first number, last number, the fields of each session
FILL = '''
for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
    local key = string.format('session:bench%021d', n)
    redis.call('HSET', key, unpack(ARGV, 3))
    redis.call('PEXPIRE', key, 86400000)
end
'''


def fields(octets):
    """A session of five attributes and about that many octets."""
    session = {'userId': 'alice', 'userNm': 'Alice Kim', 'lang': 'ko',
               'theme': 'dark', 'cart': ''}
    used = sum(len(k) + len(v) for k, v in session.items())
    if octets == ADMIN:
        session['user'] = '{"roles":["editor","admin"]}'
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
        m.wait_until('redis', lambda: self.command('PING') == 'PONG', self.process)

    def make_certificate(self):
        self.key = key = self.machine.work / 'redis.key'
        m.output_of(m.need('openssl'), 'req', '-x509', '-newkey', 'rsa:2048',
                    '-nodes', '-keyout', key, '-out', self.ca, '-days', 2,
                    '-subj', '/CN=bench', '-addext',
                    'subjectAltName=IP:127.0.0.1')
        return ['--tls-port', self.tls_port, '--tls-cert-file', self.ca,
                '--tls-key-file', key, '--tls-ca-cert-file', self.ca,
                '--tls-auth-clients', 'no']

    def command(self, *words):
        """Sends one command. Returns the reply as text; raises an error reply."""
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

    def add_session(self, key, octets):
        self.command('HSET', key, *sum(fields(octets).items(), ()))
        self.command('EXPIRE', key, 86400)

    def add_sessions(self, first, last, octets):
        """Creates the sessions with the numbers first to last."""
        words = sum(fields(octets).items(), ())
        for begin in range(first, last + 1, 20000):
            self.command('EVAL', FILL, 0, begin, min(begin + 19999, last), *words)

    def counts(self):
        """Commands so far, and connections. The benchmark's own commands and those of
        the module's invalidation tracking do not count."""
        commands = 0
        for line in self.command('INFO', 'commandstats').split('\r\n'):
            name = line.partition(':')[0].removeprefix('cmdstat_')
            if name not in ('info', 'ping') and '|' not in name and 'calls=' in line:
                commands += int(line.split('calls=')[1].split(',')[0])
        stats = dict(line.split(':') for line in
                     self.command('INFO', 'stats').split('\r\n') if ':' in line)
        return commands, int(stats['total_connections_received'])


class Delay:
    """A proxy to the store that adds one millisecond to each round trip."""

    def __init__(self, machine, redis):
        self.port = machine.free_port()
        program = machine.work / 'delay'
        m.output_of(m.need('gcc'), '-O2', '-o', program,
                    machine.root / 'bench/delay.c')
        self.process = machine.start(
            'delay', [program, self.port, redis.port, 500])
        m.wait_until('delay', lambda: not socket.create_connection(
            ('127.0.0.1', self.port)).close(), self.process)
