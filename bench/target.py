# SPDX-License-Identifier: Apache-2.0
"""A variant is a way to serve the page; started, it is a target for the load."""
import dataclasses
import time

import httpd
import load
import store


@dataclasses.dataclass
class Target:
    """A running server."""
    name: str
    url: str
    processes: list          # their CPU time counts, with their children's
    headers: dict = dataclasses.field(default_factory=dict)
    numbers: tuple = None    # first and last number of the sessions in use
    expect: str = 'hello'    # text in the response's body or headers
    is_near: bool = False    # the near-cache is On
    connections: int = load.CONNECTIONS  # of the load generator


@dataclasses.dataclass
class Variant:
    name: str
    label: str
    start: callable          # takes the Bench, returns a Target
    base: str = ''           # name of the variant that its ratios compare with
    is_optional: bool = False  # needs software that may be missing
    connections: int = load.CONNECTIONS


class Bench:
    """What all variants share. The proxy and the many sessions are created on first
    use."""

    def __init__(self, machine, many):
        self.machine = machine
        self.many = many
        self.httpd = httpd.Builder(machine)
        self.redis = store.Redis(machine)
        self.delay = None
        self.filled = 0
        for octets in (200, store.ADMIN, 2048, 16384):
            self.redis.add_session(f'session:{store.id_of(octets)}', octets)

    def store_url(self, way):
        if way == 'far' and not self.delay:
            self.delay = store.Delay(self.machine, self.redis)
        return {
            'tcp': f'redis://127.0.0.1:{self.redis.port}',
            'unix': f'unix://{self.redis.socket}',
            'tls': f'rediss://127.0.0.1:{self.redis.tls_port} ca={self.redis.ca}',
            'far': self.delay and f'redis://127.0.0.1:{self.delay.port}',
        }[way]

    def add_sessions(self, number):
        if number > self.filled:
            self.redis.add_sessions(self.filled + 1, number, 200)
            self.filled = number


def start_target(bench, variant):
    """Starts the variant, checks its response and fills the near-cache."""
    target = variant.start(bench)
    target.name, target.connections = variant.name, variant.connections
    headers, body = load.get(target.url, target.headers)
    if target.expect not in f'{headers}{body}':
        raise RuntimeError(f'{variant.name}: no {target.expect} in {body!r}')
    if target.is_near and not (target.numbers and target.numbers[1] > 1000):
        wait_for_hits(bench, target)
    return target


def wait_for_hits(bench, target):
    """Waits until ten requests, or one for each session, cause no command."""
    end = time.monotonic() + 15
    sessions = [target.headers] * 10
    if target.numbers:
        first, last = target.numbers
        sessions = [{'Cookie': f'JSESSIONID={store.ID % n}'}
                    for n in range(first, last + 1)]
    while True:
        before = bench.redis.counts()[0]
        load.get_each(target, sessions)
        if bench.redis.counts()[0] == before:
            return
        if time.monotonic() > end:
            raise RuntimeError(f'{target.name}: the near-cache never hits')
        time.sleep(0.1)
