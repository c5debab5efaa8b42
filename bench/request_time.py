# SPDX-License-Identifier: Apache-2.0
"""CPU time of the worker thread per request. Requests of all kinds are interleaved
on one server."""
import dataclasses
import statistics
import subprocess

import load
import machine as m
import store
import variants
from target import Target, wait_for_hits


@dataclasses.dataclass
class Kind:
    """The requests to one <Location>. Its path is a slash and its place in
    KINDS."""
    host: str
    name: str
    label: str
    more: str = ''     # directives
    octets: int = 200  # of the session
    base: str = 'off'  # what its time is compared with


KINDS = (
    Kind('near', 'off', 'module loaded, Off'),
    Kind('near', 'nocookie', 'On, request without its cookie',
         'SharedSession On\nSharedSessionCookie NOSUCH'),
    Kind('near', 'hit', 'near-cache hit', 'SharedSession On'),
    Kind('near', 'hit-lean', '... and SharedSessionNote none',
         'SharedSession On\nSharedSessionNote none'),
    Kind('tcp', 'tcp', 'Redis by TCP', 'SharedSession On'),
    Kind('unix', 'unix', 'Redis by Unix socket', 'SharedSession On'),
    Kind('near', 'admin', 'near-cache hit of an administrator', 'SharedSession On',
         store.ADMIN),
    Kind('near', 'require', f'{variants.REQUIRE}, beyond that hit',
         f'SharedSession On\n{variants.REQUIRE}', store.ADMIN, 'admin'),
)

CONF = '''
LoadModule stopwatch_module {work}/stopwatch.so
{load}
{places}
<Location /stopwatch>
    SetHandler stopwatch
</Location>
<VirtualHost *>
    ServerName near
    SharedSessionStore redis://127.0.0.1:{redis.port}
    SharedSessionCache On
</VirtualHost>
<VirtualHost *>
    ServerName tcp
    SharedSessionStore redis://localhost:{redis.port}
    SharedSessionCache Off
</VirtualHost>
<VirtualHost *>
    ServerName unix
    SharedSessionStore unix://{redis.socket}
    SharedSessionCache Off
</VirtualHost>
'''

PLACE = '''
<Location {path}>
    SetHandler hello
    SharedSessionHeader X-User userId
    {more}
</Location>
'''


def start(bench):
    bench.httpd.build('stopwatch')
    places = ''.join(PLACE.format(path=f'/{number}', more=kind.more)
                     for number, kind in enumerate(KINDS))
    conf = CONF.format(work=bench.machine.work, load=bench.httpd.load_ours,
                       places=places, redis=bench.redis)
    # One process, because each process has a stopwatch of its own.
    process, url = bench.httpd.start('request_time', conf, 'single')
    target = Target('request_time', f'{url}/2', [process],
                         {**store.cookie_of(200), 'Host': 'near'}, None, 'alice',
                         True)
    wait_for_hits(bench, target)
    return target, url


def measure_once(bench, url, seconds):
    """Name -> 10th percentile and median, in microseconds."""
    load.get(f'{url}/stopwatch')
    argv = [m.need('wrk'), '-t1', '-c4', f'-d{seconds}s', '-s',
            bench.machine.root / 'bench/interleave.lua', url, '--',
            *(f'{kind.host}/{number} {store.cookie_of(kind.octets)["Cookie"]}'
              for number, kind in enumerate(KINDS))]
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True,
                   stdin=subprocess.DEVNULL, timeout=seconds + 60)
    _, text = load.get(f'{url}/stopwatch')
    lines = {line.split()[0]: line.split() for line in text.splitlines()}
    return {kind.name: [int(ns) / 1000 for ns in lines[str(number)][2:]]
            for number, kind in enumerate(KINDS)}


def measure(bench, options):
    print('CPU time of one request (request-time)', flush=True)
    target, url = start(bench)
    runs = [measure_once(bench, url, 1 if options.quick else 3)
            for _ in range(options.rounds)]
    bench.machine.end(*target.processes)
    return {kind.name: summarise(kind.label, [run[kind.name] for run in runs],
                                 [run[kind.base] for run in runs])
            for kind in KINDS}


def summarise(label, runs, base):
    added = [[ours - theirs for ours, theirs in zip(run, off)]
             for run, off in zip(runs, base)]
    return {'label': label,
            'p10_us': statistics.median(run[0] for run in runs),
            'p50_us': statistics.median(run[1] for run in runs),
            'added_p10_us': statistics.median(run[0] for run in added),
            'added_us': statistics.median(run[1] for run in added)}
