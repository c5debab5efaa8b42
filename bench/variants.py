# SPDX-License-Identifier: Apache-2.0
"""Variants with our module, without it, and with a handler that reads Redis."""
import dataclasses

import store
from target import Target, Variant


def bare(name, words, mpm='event', path='/hello', numbers=None, more='',
         base=''):
    def start(bench):
        process, url = bench.httpd.start(
            name, more.format(load=bench.httpd.load_ours), mpm)
        return Target(name, url + path, [process], store.cookie_of(200), numbers)
    return Variant(name, words, start, base)


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
        target = Target(name, url + path, [process], store.cookie_of(octets), numbers,
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
        return Target(name, f'{url}/naive', [process], store.cookie_of(200), None,
                      'alice')
    return Variant(name, words, start)
