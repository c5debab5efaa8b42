# SPDX-License-Identifier: Apache-2.0
"""What can be measured: a variant is started and becomes a target."""
import dataclasses
import time

import httpd
import load
import store


@dataclasses.dataclass
class Target:
    """Something that runs and can be asked."""
    name: str
    url: str
    processes: list          # whose CPU counts, with what they started
    headers: dict = dataclasses.field(default_factory=dict)
    numbers: tuple = None    # sessions are drawn from first to last
    expect: str = 'hello'    # in the answer, or in its headers
    is_near: bool = False    # hits cost Redis nothing


@dataclasses.dataclass
class Variant:
    name: str
    words: str
    start: callable          # of the bench; returns a Target
    base: str = ''           # the variant that its ratios are to
    is_optional: bool = False  # other software, which may be missing


class Bench:
    """What all variants share, made when it is first needed."""

    def __init__(self, machine, many):
        self.machine = machine
        self.many = many
        self.httpd = httpd.Builder(machine)
        self.redis = store.Redis(machine)
        self.farther = None
        self.filled = 0
        for octets in (200, 2048, 16384):
            self.redis.put(f'session:{store.id_of(octets)}', octets)

    def store_url(self, way):
        if way == 'far' and not self.farther:
            self.farther = store.Delay(self.machine, self.redis)
        return {
            'tcp': f'redis://127.0.0.1:{self.redis.port}',
            'unix': f'unix://{self.redis.socket}',
            'tls': f'rediss://127.0.0.1:{self.redis.tls_port} ca={self.redis.ca}',
            'far': self.farther and f'redis://127.0.0.1:{self.farther.port}',
        }[way]

    def fill(self, number):
        if number > self.filled:
            self.redis.fill(self.filled + 1, number, 200)
            self.filled = number


def start_target(bench, variant):
    """A Target that answers what it should, warmed up."""
    target = variant.start(bench)
    target.name = variant.name
    headers, body = load.ask(target.url, target.headers)
    if target.expect not in f'{headers}{body}':
        raise RuntimeError(f'{variant.name}: no {target.expect} in {body!r}')
    if target.is_near and not (target.numbers and target.numbers[1] > 1000):
        wait_for_hits(bench, target)
    return target


def wait_for_hits(bench, target):
    """Until none of ten requests, or of one for each session, reaches Redis."""
    end = time.monotonic() + 15
    sessions = [target.headers] * 10
    if target.numbers:
        first, last = target.numbers
        sessions = [{'Cookie': f'JSESSIONID={store.ID % n}'}
                    for n in range(first, last + 1)]
    while True:
        before = bench.redis.counts()[0]
        load.each(target, sessions)
        if bench.redis.counts()[0] == before:
            return
        if time.monotonic() > end:
            raise RuntimeError(f'{target.name}: the near-cache never hits')
        time.sleep(0.1)
