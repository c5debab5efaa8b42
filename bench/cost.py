# SPDX-License-Identifier: Apache-2.0
"""Costs that load does not show: instructions per request, and the number of
sessions that fit in the near-cache's memory."""
import re

import load
import machine as m
import store
import variants
from target import start_target

PARTS = ('instructions', 'memory')

# Octets of a session, and a number of sessions that exceeds 4M of near-cache.
FIT = ((200, 12000), (2048, 3000), (16384, 400))


# ---------------------------------------------------------------- instructions

def instructions(bench, variant, number):
    """Instructions of the worker thread's whole life, in which it serves `number`
    requests. -X: a single process, because valgrind does not follow a fork."""
    name = f'{variant.name}-{number}'
    # The profile is written at exit, when httpd runs as user nobody.
    directory = bench.machine.dir('callgrind')
    directory.chmod(0o777)
    out = directory / name
    program = bench.httpd.program
    bench.httpd.program = m.need('valgrind')
    valgrind = ['--tool=callgrind', '--separate-threads=yes',
                f'--callgrind-out-file={out}', program, '-X']
    started = []
    start = bench.machine.start

    def start_under_valgrind(process_name, argv, env=None):
        # httpd -f CONF -DFOREGROUND becomes valgrind ... httpd -X -f CONF
        if argv[0] == bench.httpd.program:
            argv = [argv[0], *valgrind, *argv[1:-1]]
        process = start(process_name, argv, env)
        started.append(process)
        return process

    bench.machine.start = start_under_valgrind
    try:
        target = start_target(bench, variant)
        load.warm(target, number)
    finally:
        bench.machine.start = start
        bench.httpd.program = program
        bench.machine.end(*started)
    return totals(f'{out}-01')


def totals(path):
    with open(path) as profile:
        found = re.search(r'^(?:totals|summary): (\d+)', profile.read(), re.M)
    return int(found[1])


def per_request(bench, variant, number):
    once = instructions(bench, variant(), number)
    twice = instructions(bench, variant(), 2 * number)
    return round((twice - once) / number)


def measure_instructions(bench):
    number = 500
    return {
        'none': per_request(
            bench, lambda: variants.bare('cg-none', '', 'prefork'), number),
        'hit': per_request(
            bench, lambda: variants.ours('cg-hit', '', cache='On', mpm='prefork'),
            number),
        'hit without notes': per_request(
            bench, lambda: variants.ours('cg-lean', '', cache='On', mpm='prefork',
                                     more='SharedSessionNote none'), number),
        'miss': per_request(
            bench, lambda: variants.ours('cg-tcp', '', mpm='prefork'), number),
    }


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
