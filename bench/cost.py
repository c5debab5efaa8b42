# SPDX-License-Identifier: Apache-2.0
"""What load does not show: instructions for each request, and how many sessions
the near-cache's memory holds."""
import re

import load
import machine as m
import store
import variants
from target import start_target

PARTS = ('instructions', 'memory')

# Octets, and how many sessions of them are more than fit in 4M of near-cache.
FIT = ((200, 12000), (2048, 3000), (16384, 400))


# ---------------------------------------------------------------- instructions

def instructions(bench, variant, number):
    """Of the thread that answers, from start to end, with so many requests. One
    process, for valgrind is slow, and -X, for it follows no fork."""
    name = f'{variant.name}-{number}'
    # httpd has become nobody by the time that it ends.
    directory = bench.machine.dir('callgrind')
    directory.chmod(0o777)
    out = directory / name
    program = bench.httpd.program
    bench.httpd.program = m.need('valgrind')
    words = ['--tool=callgrind', '--separate-threads=yes',
             f'--callgrind-out-file={out}', program, '-X']
    started = []
    start = bench.machine.start

    def start_under_valgrind(its_name, its_words, env=None):
        # httpd -f CONF -DFOREGROUND becomes valgrind ... httpd -X -f CONF
        rest = its_words[1:-1] if its_words[0] == bench.httpd.program else None
        process = start(its_name, [its_words[0], *words, *rest], env) \
            if rest else start(its_name, its_words, env)
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
    """Asks for more sessions than fit, then for the same, the last one first.
    What reached Redis the second time was not there any more; each that is read
    again takes the place of an older one, which has had its turn."""
    bench.redis.fill(10_000_001, 10_000_000 + number, octets)
    more = ' max-entry=32K' if octets > 4000 else ''
    target = start_target(bench, variants.ours(
        f'fit-{octets}', '', cache=f'On size=4M{more}', octets=octets))
    ids = list(range(10_000_001, 10_000_001 + number))
    load.each(target, map(as_number, ids))
    before = bench.redis.counts()[0]
    load.each(target, map(as_number, reversed(ids)))
    # A session is two commands: the value and its time to live.
    hits = number - (bench.redis.counts()[0] - before) // 2
    bench.machine.end(*target.processes)
    return {'fit_in_4M': hits, 'octets_each': round(2**22 / max(hits, 1))}


def as_number(number):
    return {'Cookie': 'JSESSIONID=' + store.ID % number}


def measure(bench, said, result):
    wanted = [part for part in PARTS
              if part in said.only or not said.only and not said.quick]
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
