# SPDX-License-Identifier: Apache-2.0
"""What is measured beside what: groups of variants of our module. The first of
a group is what the others' ratios are to, unless they name another."""
import dataclasses
import time

import alternatives
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
    base: str = ''


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
            self.redis.put(f'session:{id_of(octets)}', octets)

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


# ------------------------------------------------------------------ ways to be

def bare(name, words, mpm='event', path='/hello', numbers=None, more='',
         base=''):
    def start(bench):
        process, url = bench.httpd.start(
            name, more.format(load=bench.httpd.load_ours), mpm)
        return Target(name, url + path, [process], cookie_of(200), numbers)
    return Variant(name, words, start, base)


def id_of(octets):
    """Of the one session of that size, apart from the many."""
    return store.ID % (20_000_000 + octets)


def cookie_of(octets):
    return {'Cookie': f'JSESSIONID={id_of(octets)}'}


def ours(name, words, way='tcp', cache='Off', mpm='event', path='/hello',
         octets=200, numbers=None, base='', more=''):
    """On, with a session; `cache` are the words of SharedSessionCache, said for
    every row: without them it would be On, and no row measured a lookup."""
    def start(bench):
        if numbers:
            bench.fill(numbers[1])
        conf = [bench.httpd.load_ours, more,
                f'SharedSessionStore {bench.store_url(way)}',
                f'SharedSessionCache {cache}',
                'SharedSession On', 'SharedSessionHeader X-User userId']
        process, url = bench.httpd.start(name, '\n'.join(conf), mpm)
        target = Target(name, url + path, [process], cookie_of(octets), numbers,
                        'alice' if path == '/hello' else 'hello',
                        cache.startswith('On'))
        if numbers:
            target.headers['Cookie'] = 'JSESSIONID=' + store.ID % numbers[0]
        return target
    return Variant(name, words, start, base)


def without_cookie(name, words):
    def start(bench):
        target = ours(name, words).start(bench)
        return dataclasses.replace(target, headers={}, expect='nobody')
    return Variant(name, words, start)


def naive(name, words, way):
    """A handler that asks Redis by itself, as simply as can be."""
    def start(bench):
        address = bench.redis.port if way == 'tcp' else bench.redis.socket
        conf = [bench.httpd.build('naive', '-lhiredis'),
                f'NaiveStore {address}',
                '<Location /naive>', 'SetHandler naive', '</Location>']
        process, url = bench.httpd.start(name, '\n'.join(conf))
        return Target(name, f'{url}/naive', [process], cookie_of(200), None,
                      'alice')
    return Variant(name, words, start)


# --------------------------------------------------------------------- groups

def cost():
    return [
        bare('none', 'without the module'),
        bare('off', 'module loaded, Off', more='{load}'),
        without_cookie('nocookie', 'On, request without cookie'),
        ours('hit', 'near-cache hit', cache='On'),
        ours('hit-lean', '... and SharedSessionNote none', cache='On',
             more='SharedSessionNote none'),
        ours('tcp', 'Redis by TCP'),
        ours('unix', 'Redis by Unix socket', 'unix'),
        naive('naive-tcp', 'a plain client by TCP', 'tcp'),
        naive('naive-unix', 'a plain client by Unix socket', 'unix'),
        ours('tls', 'Redis by TLS', 'tls'),
        ours('hit-far', 'near-cache hit, Redis 1 ms away', 'far', 'On'),
        ours('far', 'Redis by TCP, 1 ms away', 'far'),
    ]


def page():
    return [
        bare('page-none', 'static page, without the module', path='/index.txt'),
        ours('page-hit', 'static page, near-cache hit', cache='On',
             path='/index.txt'),
        ours('page-tcp', 'static page, Redis by TCP', path='/index.txt'),
    ]


def size():
    rows = [bare('size-none', 'without the module')]
    for octets, word in ((2048, '2 KB'), (16384, '16 KB')):
        rows += [
            ours(f'hit-{octets}', f'{word}, near-cache hit', octets=octets,
                 cache='On max-entry=32K'),
            ours(f'tcp-{octets}', f'{word}, Redis by TCP', octets=octets),
        ]
    return rows


def mpm():
    rows = []
    for kind in ('worker', 'prefork'):
        none = f'{kind}-none'
        rows += [
            bare(none, f'{kind}, without the module', kind, base=none),
            ours(f'{kind}-hit', f'{kind}, near-cache hit', cache='On', mpm=kind,
                 base=none),
            ours(f'{kind}-tcp', f'{kind}, Redis by TCP', mpm=kind, base=none),
        ]
    return rows


def many(number):
    some, all_of_them = (1, 1000), (1, number)
    return [
        bare('many-none', 'without the module', numbers=some),
        ours('hit-1000', '1,000 sessions, near-cache', cache='On', numbers=some),
        ours('tcp-1000', '1,000 sessions, Redis by TCP', numbers=some),
        ours('hit-many', f'{number:,} sessions, near-cache of 16M', cache='On',
             numbers=all_of_them),
        ours('tcp-many', f'{number:,} sessions, Redis by TCP',
             numbers=all_of_them),
    ]


def others():
    found = [
        bare('bare', 'httpd, bare'),
        ours('here-hit', 'this module, near-cache hit', cache='On'),
        ours('here-tcp', 'this module, Redis by TCP'),
    ]
    for name, words, start, base in alternatives.ALL:
        found.append(Variant(name, words, start, base))
    return found


def groups(number):
    return {
        'cost': ('The module', cost()),
        'page': ('A static file', page()),
        'size': ('Larger sessions', size()),
        'mpm': ('Other MPMs', mpm()),
        'many': ('Many sessions', many(number)),
        'others': ('The same work, done otherwise', others()),
    }


# ----------------------------------------------------------------- beginnings

def start(bench, variant):
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
