# SPDX-License-Identifier: Apache-2.0
"""What tracking forgets: keys whose connection has been closed, and keys beyond
tracking-table-max-keys. And the memory of Redis for sessions and tracked keys."""
import contextlib
import random
import socket

from fleet_run import Fleet

HOSTS = 4


def closed_connections(machine, mode, sessions):
    """Each host reads every session, then closes one of its two connections for
    lookups. Then every session is changed. What a near-cache still holds after
    that is stale."""
    with Fleet(machine, mode, HOSTS, HOSTS, sessions) as fleet:
        read = fleet.in_turn('read', 20, 0, 1, sessions)
        items = fleet.info()['tracked_items']
        fleet.order('close')
        fleet.order('rest', 200)
        left = fleet.info()['tracked_items']
        changed = fleet.in_turn('expire', 20, 0, 1, sessions)
        return {'held': read['valid'], 'changes': changed['touches'],
                'invalidations': changed['keys'], 'stale': changed['valid'],
                'items': items, 'items_after_close': left,
                'items_after_changes': fleet.info()['tracked_items']}


def full_table(machine, sessions, most):
    """Each session is read once, and none is changed: each invalidation is one
    that Redis sends to keep its table small."""
    config = [('tracking-table-max-keys', most)]
    with Fleet(machine, 'per-key', HOSTS, 1, sessions, config=config) as fleet:
        read = fleet.in_turn('read', 20, 0, 1, sessions)
        rest = fleet.order('rest', 500)
        mixed = fleet.order('mixed', 1500, 10000, 0, 1, sessions)
        return {'sessions': sessions, 'most_keys': most, 'read': read['lookups'],
                'evicted': read['keys'] + rest['keys'], 'valid': rest['valid'],
                'keys': fleet.info()['tracked_keys'],
                'hit_ratio': mixed['hits'] / mixed['requests'],
                'evicted_while_mixed': mixed['keys'],
                'misses_while_mixed': mixed['lookups']}


def memory_of_tracking(machine, sessions, hosts):
    """Octets of Redis for each key that is tracked, by how many hosts have read it.
    The keys are random, as those of real sessions are: numbers would share more
    of the table. They need not exist."""
    with Fleet(machine, 'off', 1, 1, 1000) as fleet, \
            contextlib.ExitStack() as connections:
        chance = random.Random(1)
        keys = [b'session:%032x' % chance.getrandbits(128)
                for _ in range(sessions)]
        all_gets = b''.join(b'GET %s\r\n' % key for key in keys)
        to = fleet.redis.command('CLIENT', 'ID')
        dials = [connections.enter_context(socket.create_connection(
            ('127.0.0.1', fleet.redis.port))) for _ in range(hosts)]
        for dial in dials:
            talk(dial, b'CLIENT TRACKING ON REDIRECT %s\r\n' % to.encode(), 5)
        before = fleet.info()
        for dial in dials:
            talk(dial, all_gets, 5 * sessions)
        fleet.order('rest', 200)
        after = fleet.info()
        return {'hosts': hosts, 'octets': (after['memory'] - before['memory'])
                / (after['tracked_keys'] - before['tracked_keys'])}


def talk(dial, commands, octets):
    """Sends the commands and reads replies of so many octets."""
    dial.sendall(commands)
    while octets > 0:
        octets -= len(dial.recv(1 << 16))


def memory_of_sessions(machine, sessions, listpack):
    """Octets of Redis for each session of 200 octets, with its key and expiry.
    `listpack`: the longest value of a hash that Redis keeps in one piece."""
    config = [('hash-max-listpack-value', listpack)]
    with Fleet(machine, 'off', 1, 1, 1000, config=config) as fleet:
        before = fleet.info()['memory']
        fleet.redis.add_sessions(1001, 1000 + sessions, 200)
        return {'listpack_value': listpack,
                'octets': (fleet.info()['memory'] - before) / sessions}


def measure(machine, is_quick):
    sessions = 1000 if is_quick else 10000
    many = 5000 if is_quick else 100000
    return {
        'closed': {mode: closed_connections(machine, mode, sessions)
                   for mode in ('bcast', 'per-key')},
        'full': [full_table(machine, sessions, most)
                 for most in (sessions // 10, sessions // 2, 2 * sessions)],
        'tracking_memory': [memory_of_tracking(machine, sessions, hosts)
                            for hosts in (1, 2, 10)],
        'session_memory': [memory_of_sessions(machine, many, listpack)
                           for listpack in (64, 1024)],
    }
