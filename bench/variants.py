# SPDX-License-Identifier: Apache-2.0
"""Variants of httpd: without our module, with it, and with a minimal handler that
reads Redis."""
import dataclasses

import store
from target import Target, Variant

REQUIRE = 'Require shared-session user.roles admin'


def bare(name, label, mpm='event', path='/hello', numbers=None, more='',
         base=''):
    def start(bench):
        process, url = bench.httpd.start(
            name, more.format(load=bench.httpd.load_ours), mpm)
        return Target(name, url + path, [process], store.cookie_of(200), numbers)
    return Variant(name, label, start, base)


def ours(name, label, way='tcp', cache='Off', mpm='event', path='/hello',
         octets=200, numbers=None, base='', more='', header='X-User userId',
         build=None, options=''):
    """Our module On, and a session. `cache` is the value of SharedSessionCache.
    Every row sets it: with the default, On, no row would measure a lookup.
    `build` is the LoadModule line of another build, `options` those of the
    store."""
    def start(bench):
        if numbers:
            bench.add_sessions(numbers[1])
        conf = [build or bench.httpd.load_ours, more,
                f'SharedSessionStore {bench.store_url(way)} {options}',
                f'SharedSessionCache {cache}',
                'SharedSession On', header and f'SharedSessionHeader {header}']
        process, url = bench.httpd.start(name, '\n'.join(conf), mpm)
        target = Target(name, url + path, [process], store.cookie_of(octets), numbers,
                        'alice' if path == '/hello' and header else 'hello',
                        cache.startswith('On'))
        if numbers:
            target.headers['Cookie'] = 'JSESSIONID=' + store.ID % numbers[0]
        return target
    return Variant(name, label, start, base)


def without_cookie(name, label):
    def start(bench):
        target = ours(name, label).start(bench)
        return dataclasses.replace(target, headers={}, expect='stranger')
    return Variant(name, label, start)


def naive(name, label, way, numbers=None):
    """A handler that reads Redis itself, in the simplest way."""
    def start(bench):
        if numbers:
            bench.add_sessions(numbers[1])
        address = bench.redis.port if way == 'tcp' else bench.redis.socket
        conf = [bench.httpd.build('naive', '-lhiredis'),
                f'NaiveStore {address}',
                '<Location /naive>', 'SetHandler naive', '</Location>']
        process, url = bench.httpd.start(name, '\n'.join(conf))
        target = Target(name, f'{url}/naive', [process], store.cookie_of(200),
                        numbers, 'alice')
        if numbers:
            target.headers['Cookie'] = 'JSESSIONID=' + store.ID % numbers[0]
        return target
    return Variant(name, label, start)
