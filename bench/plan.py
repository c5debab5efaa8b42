# SPDX-License-Identifier: Apache-2.0
"""The groups of variants that are compared with each other. The base of a ratio
is the first variant of its group, unless a variant names another base."""
import dataclasses

import alternatives
from variants import bare, naive, ours, without_cookie


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


def connections():
    rows = []
    for number in (4, 16, 64):
        some, none = (1, 1000), f'c{number}-none'
        of_number = [
            bare(none, f'{number}, without the module', numbers=some, base=none),
            ours(f'c{number}-tcp', f'{number}, Redis by TCP', numbers=some,
                 base=none),
            ours(f'c{number}-own', f'{number}, ... with share=off', numbers=some,
                 base=none, options='share=off'),
            naive(f'c{number}-naive', f'{number}, a plain client by TCP', 'tcp',
                  numbers=some),
        ]
        rows += [dataclasses.replace(row, base=none, connections=number)
                 for row in of_number]
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


def alternative_ways():
    return [
        bare('bare', 'httpd, bare'),
        ours('here-hit', 'this module, near-cache hit', cache='On'),
        ours('here-tcp', 'this module, Redis by TCP'),
        *alternatives.variants(),
    ]


def builds(other):
    """Each row of this build has the same row of the other build as its base."""
    rows = [bare('builds-none', 'without the module')]
    for name, label, kind in (
            ('hit', 'near-cache hit', {'cache': 'On'}),
            ('tcp', 'Redis by TCP', {}),
            ('unix', 'Redis by Unix socket', {'way': 'unix'})):
        rows += [
            ours(f'other-{name}', f'{label}, the other build', build=other, **kind),
            ours(f'this-{name}', f'... this build, of the other',
                 base=f'other-{name}', **kind),
        ]
    return rows


def groups(number, other=None):
    """`other` is the LoadModule line of another build, or None."""
    return {
        **({'builds': ('Two builds', builds(other))} if other else {}),
        'cost': ('The module', cost()),
        'page': ('A static file', page()),
        'size': ('Larger sessions', size()),
        'mpm': ('Other MPMs', mpm()),
        'connections': ('Few and many connections', connections()),
        'many': ('Many sessions', many(number)),
        'alternatives': ('Other ways to do the same work', alternative_ways()),
    }
