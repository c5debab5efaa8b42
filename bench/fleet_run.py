# SPDX-License-Identifier: Apache-2.0
"""A Redis and the client that plays the hosts of a fleet to it; and what each kind
of command costs Redis."""
import json
import subprocess

import fleet_capacity as capacity
import machine as m
import store

# How many commands without a reply the busiest load has.
WINDOW = 50

# The share of a core at which a command is measured, besides the busiest load.
SHARE = 0.5


def build_client(machine):
    program = machine.work / 'fleet_client'
    if not program.exists():
        sources = sorted((machine.root / 'bench/fleet_client').glob('*.c'))
        m.output_of(m.need('gcc'), '-O2', '-Wall', '-Wextra', '-o', program,
                    *sources)
    return program


class Fleet:
    """`with` ends Redis and the client by pid."""

    def __init__(self, machine, mode, hosts, spread, sessions, connections=2,
                 config=()):
        self.machine = machine
        self.hosts, self.spread, self.sessions = hosts, spread, sessions
        self.redis = store.Redis(machine)
        for name, value in config:
            self.redis.command('CONFIG', 'SET', name, value)
        self.redis.add_sessions(1, sessions, 200)
        self.before = self.info()
        argv = [build_client(machine), self.redis.port, mode, hosts, connections,
                sessions, spread]
        self.log = machine.work / 'fleet.log'
        with open(self.log, 'wb') as log:
            self.client = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.PIPE, text=True,
                stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        machine.running.append(self.client)
        self.connections = self.answer()['connections']

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.machine.end(self.client, self.redis.process)

    def answer(self):
        line = self.client.stdout.readline()
        if not line:
            raise RuntimeError(f'the client has ended: {self.log.read_text()}')
        return json.loads(line)

    def section(self, *names):
        lines = [line for name in names
                 for line in self.redis.command('INFO', name).split('\r\n')]
        return dict(line.split(':', 1) for line in lines if ':' in line)

    def cpu_us(self):
        """CPU time of Redis, in microseconds."""
        text = self.section('cpu')
        # Redis before 6.2 does not tell the main thread's apart.
        kind = '_main_thread' if 'used_cpu_sys_main_thread' in text else ''
        return 1e6 * sum(float(text[f'used_cpu_{way}{kind}'])
                         for way in ('sys', 'user'))

    def info(self):
        """Octets, memory and the tracking table of Redis."""
        text = self.section('stats', 'memory')
        return {'octets_in': int(text['total_net_input_bytes']),
                'octets_out': int(text['total_net_output_bytes']),
                'memory': int(text['used_memory']),
                'tracked_keys': int(text['tracking_total_keys']),
                'tracked_items': int(text['tracking_total_items'])}

    def order(self, *words):
        """Lets the client carry out one order. Returns what it reports, and by how
        much the figures of info() have grown."""
        before, client = self.info(), m.cpu_s([self.client.pid])
        cpu = self.cpu_us()
        self.client.stdin.write(' '.join(map(str, words)) + '\n')
        self.client.stdin.flush()
        found = self.answer()
        found['redis_us'] = self.cpu_us() - cpu
        after = self.info()
        found |= {name: after[name] - before[name] for name in after}
        found['client_us'] = (m.cpu_s([self.client.pid]) - client) * 1e6
        return found

    def in_turn(self, kind, seconds, rate, first, last):
        return self.order(kind, round(seconds * 1000), round(rate), WINDOW,
                          round(first), round(last))


# ------------------------------------------------------------------------ costs

def cost_of(found, count, still):
    """Microseconds of Redis, and octets, for each of the commands; without what a
    Redis at rest uses."""
    count = max(1, found[count])
    return {'us': (found['redis_us'] - still * found['s']) / count,
            'rate': count / found['s'],
            'share': found['redis_us'] / 1e6 / found['s'],
            'octets_out': found['octets_out'] / count,
            'octets_in': found['octets_in'] / count,
            'keys': found['keys'] / count,
            'p99_us': found['p99_us'], 'p50_us': found['p50_us']}


def at_half(fleet, kind, count, seconds, guess, still, first):
    """The cost of a command at the rate at which Redis uses SHARE of a core: short
    loads find the rate. A broadcast that comes while another one is sent costs
    next to nothing; so the rate cannot be computed from the cost of the busiest
    load. It goes through the sessions from `first` on, and begins anew if they do
    not suffice."""
    rate = 0.3e6 / guess
    for _ in range(6):
        if first + rate * seconds > fleet.sessions:
            first = 1
        found = fleet.in_turn(kind, seconds / 4, rate, first, fleet.sessions)
        first += found[count]
        probe = cost_of(found, count, still)
        rate = probe['rate'] * SHARE / max(probe['share'], 0.01)
        if abs(probe['share'] - SHARE) < SHARE / 5:
            break
    if first + rate * seconds > fleet.sessions:
        first = 1
    return cost_of(fleet.in_turn(kind, seconds, rate, first, fleet.sessions),
                   count, still)


def measure_costs(fleet, seconds):
    """Costs of heartbeats, lookups and changes. Every session is read before it is
    changed, so that its hosts hold it; and changed before it is read again."""
    part = fleet.sessions / 8
    rest = fleet.order('rest', round(seconds * 500))
    still = rest['redis_us'] / rest['s']
    idle = fleet.order('idle', round(seconds * 1000))
    read = fleet.in_turn('read', 15 * seconds, 0, 1, fleet.sessions)
    lookup = cost_of(read, 'lookups', still)
    expire = fleet.in_turn('expire', seconds, 0, 1, part)
    touch = cost_of(fleet.in_turn('touch', seconds, 0, part + 1, 2 * part),
                    'touches', still)
    half = at_half(fleet, 'touch', 'touches', seconds, touch['us'], still,
                   round(2 * part) + 1)
    return {
        'still_us_per_s': still,
        'heartbeat': cost_of(idle, 'heartbeats', still),
        'lookup': lookup,
        'expire': cost_of(expire, 'touches', still),
        'touch': touch,
        'touch_half': half,
        'lookup_half': at_half(fleet, 'read', 'lookups', seconds, lookup['us'],
                               still, 1),
        'tracked_items': read['tracked_items'],
        'absent': read['absent'],
    }


def measure_mixed(fleet, seconds, requests, touches):
    """Random requests and touches. There are fewer sessions than would make so many
    of them, and each is used more often: that is the same to Redis, and after the
    first tenth of the time the near-caches are as they would be after hours."""
    last = max(200, min(fleet.sessions, round(touches * seconds / 10)))
    fleet.in_turn('read', 4 * seconds, 0, 1, last)
    found = fleet.order('mixed', round(seconds * 1000), round(requests),
                        round(touches), 1, last)
    return {name: found[name] / found['s'] for name in
            ('requests', 'hits', 'lookups', 'touches', 'heartbeats', 'messages',
             'keys', 'octets_in', 'octets_out', 'redis_us', 'client_us')} | {
            'hit_ratio': found['hits'] / max(1, found['requests']),
            'p50_us': found['p50_us'], 'p99_us': found['p99_us']}


def full_use(row, mode, hosts, spread):
    """As many requests and touches a second as the costs of `row` say that Redis can
    serve."""
    costs = {name: [(hosts, max(0, row[name]['us']))] for name in
             ('lookup_half', 'touch_half', 'heartbeat')}
    sessions = capacity.sessions_of(costs, mode, hosts, spread=spread)
    return (sessions / capacity.REQUEST_EVERY_S, sessions / capacity.TOUCH_EVERY_S)


def measure(machine, mode, hosts, spread, options):
    """All figures of one fleet."""
    sessions = max(1000, min(options.sessions, 400_000 // spread))
    with Fleet(machine, mode, hosts, spread, sessions) as fleet:
        opened = fleet.info()
        found = measure_costs(fleet, options.seconds)
        requests, touches = full_use(found, mode, hosts, spread)
        found['mixed'] = measure_mixed(
            fleet, 1.5 * options.seconds,
            requests if options.requests is None else options.requests,
            touches if options.touches is None else options.touches)
        found['connections'] = fleet.connections
        found['octets_per_connection'] = (
            opened['memory'] - fleet.before['memory']) / fleet.connections
        return found
