# SPDX-License-Identifier: Apache-2.0
"""Costs that load does not show: instructions per request, and the number of
sessions that fit in the near-cache's memory."""
import re
import urllib.parse

import load
import machine as m
import store
import variants
from target import start_target

PARTS = ('instructions', 'memory')

# Octets of a session, and a number of sessions that exceeds 4M of near-cache.
FIT = ((200, 12000), (2048, 3000), (16384, 400))


# ---------------------------------------------------------------- instructions

# Written by each request to /counter; number -01 is the thread of the requests.
COUNTER = '''
{load}
<Location /counter>
    SetHandler counter
</Location>
'''


def start_counted(bench, variant):
    """Starts the variant under callgrind. -X: a single process, because valgrind
    does not follow a fork."""
    m.need_file('/usr/include/valgrind/callgrind.h', 'valgrind')
    # The counts are written when httpd runs as user nobody.
    directory = bench.machine.dir('callgrind')
    directory.chmod(0o777)
    out = directory / variant.name
    program, more = bench.httpd.program, bench.httpd.more
    valgrind = ['--tool=callgrind', '--separate-threads=yes',
                f'--callgrind-out-file={out}', program, '-X']
    start = bench.machine.start

    def start_under_valgrind(process_name, argv, env=None):
        # httpd -f CONF -DFOREGROUND becomes valgrind ... httpd -X -f CONF
        if argv[0] == bench.httpd.program:
            argv = [argv[0], *valgrind, *argv[1:-1]]
        return start(process_name, argv, env)

    bench.httpd.program = m.need('valgrind')
    bench.httpd.more = COUNTER.format(load=bench.httpd.build('counter'))
    bench.machine.start = start_under_valgrind
    try:
        return start_target(bench, variant), out
    finally:
        bench.machine.start = start
        bench.httpd.program, bench.httpd.more = program, more


def per_request(bench, variant, number=100):
    """Instructions of a request: those of three times `number` requests less those
    of `number`, so that what else is counted goes out. They are the same in each
    run, but for a few of each hundred."""
    target, out = start_counted(bench, variant)
    counter = urllib.parse.urljoin(target.url, '/counter')
    load.warm(target, 20)
    for repeated in (1, 1, 3):
        load.get(counter)
        load.warm(target, repeated * number)
    load.get(counter)
    bench.machine.end(*target.processes)
    # The first dump is of the start, the second of a repetition.
    once, thrice = (totals(f'{out}.{n}-01') for n in (3, 4))
    return (thrice - once) / (2 * number)


def totals(path):
    with open(path) as profile:
        found = re.search(r'^(?:totals|summary): (\d+)', profile.read(), re.M)
    return int(found[1])


COUNTED = (
    ('none', lambda name: variants.bare(name, '', 'prefork')),
    ('hit', lambda name: variants.ours(name, '', cache='On', mpm='prefork')),
    ('hit without notes', lambda name: variants.ours(
        name, '', cache='On', mpm='prefork', more='SharedSessionNote none')),
    ('hit without exposure', lambda name: variants.ours(
        name, '', cache='On', mpm='prefork', more='SharedSessionNote none',
        header='')),
    ('miss', lambda name: variants.ours(name, '', mpm='prefork')),
    ('hit of an administrator', lambda name: variants.ours(
        name, '', cache='On', mpm='prefork', octets=store.ADMIN)),
    ('hit with Require', lambda name: variants.ours(
        name, '', cache='On', mpm='prefork', octets=store.ADMIN,
        more=f'<Location /hello>\n{variants.REQUIRE}\n</Location>')),
)


def measure_instructions(bench):
    return {name: round(per_request(bench, variant(f'cg-{index}')))
            for index, (name, variant) in enumerate(COUNTED)}


# ---------------------------------------------------------------------- memory

def measure_fit(bench, octets, number):
    """Reads more sessions than fit, then the same sessions in reverse order. Each
    hit of the second pass is a session that the near-cache held: a miss evicts
    only sessions that the pass has already read."""
    bench.redis.add_sessions(10_000_001, 10_000_000 + number, octets)
    more = ' max-entry=32K' if octets > 4000 else ''
    target = start_target(bench, variants.ours(
        f'fit-{octets}', '', cache=f'On size=4M{more}', octets=octets))
    ids = list(range(10_000_001, 10_000_001 + number))
    load.get_each(target, map(cookie_of_number, ids))
    before = bench.redis.counts()[0]
    load.get_each(target, map(cookie_of_number, reversed(ids)))
    # A lookup is two commands: the value and its time to live.
    hits = number - (bench.redis.counts()[0] - before) // 2
    bench.machine.end(*target.processes)
    return {'fit_in_4M': hits, 'octets_each': round(2**22 / max(hits, 1))}


def cookie_of_number(number):
    return {'Cookie': 'JSESSIONID=' + store.ID % number}


def measure(bench, options, result):
    wanted = [part for part in PARTS
              if part in options.only or not options.only and not options.quick]
    if 'memory' in wanted:
        print('Memory', flush=True)
        result['memory'] = {str(octets): measure_fit(bench, octets, number)
                            for octets, number in FIT}
    if 'instructions' in wanted:
        print('Instructions', flush=True)
        try:
            result['instructions'] = measure_instructions(bench)
        except m.Missing as error:
            result['missing']['instructions'] = f'instructions: {error}'
