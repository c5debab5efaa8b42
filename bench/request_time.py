# SPDX-License-Identifier: Apache-2.0
"""CPU time of the worker thread per request. Requests of all kinds are interleaved
on one server."""
import statistics
import subprocess

import load
import machine as m
import store
from target import Target, wait_for_hits

# Path, host, name, label, directives of its <Location>.
KINDS = (
    ('/0', 'near', 'off', 'module loaded, Off', ''),
    ('/1', 'near', 'nocookie', 'On, request without its cookie',
     'SharedSession On\nSharedSessionCookie NOSUCH'),
    ('/2', 'near', 'hit', 'near-cache hit', 'SharedSession On'),
    ('/3', 'near', 'hit-lean', '... and SharedSessionNote none',
     'SharedSession On\nSharedSessionNote none'),
    ('/4', 'tcp', 'tcp', 'Redis by TCP', 'SharedSession On'),
    ('/5', 'unix', 'unix', 'Redis by Unix socket', 'SharedSession On'),
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
    places = ''.join(PLACE.format(path=path, more=more)
                     for path, _, _, _, more in KINDS)
    conf = CONF.format(work=bench.machine.work, load=bench.httpd.load_ours,
                       places=places, redis=bench.redis)
    # One process, because each process has a stopwatch of its own.
    process, url = bench.httpd.start('request_time', conf, 'single')
    target = Target('request_time', f'{url}/2', [process],
                         {**store.cookie_of(200), 'Host': 'near'}, None, 'alice',
                         True)
    wait_for_hits(bench, target)
    return target, url


def measure_once(bench, target, url, seconds):
    """Name -> 10th percentile and median, in microseconds."""
    load.get(f'{url}/stopwatch')
    argv = [m.need('wrk'), '-t1', '-c4', f'-d{seconds}s', '-H',
            f'Cookie: {target.headers["Cookie"]}', '-s',
            bench.machine.root / 'bench/interleave.lua', url, '--',
            *(host + path for path, host, *_ in KINDS)]
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True,
                   stdin=subprocess.DEVNULL, timeout=seconds + 60)
    _, text = load.get(f'{url}/stopwatch')
    lines = {line.split()[0]: line.split() for line in text.splitlines()}
    return {name: [int(ns) / 1000 for ns in lines[path[1:]][2:]]
            for path, _, name, *_ in KINDS}


def measure(bench, options):
    print('CPU time of one request (request-time)', flush=True)
    target, url = start(bench)
    runs = [measure_once(bench, target, url, 1 if options.quick else 3)
            for _ in range(options.rounds)]
    bench.machine.end(*target.processes)
    return {name: summarise(label, [run[name] for run in runs],
                            [run['off'] for run in runs])
            for _, _, name, label, _ in KINDS}


def summarise(label, runs, base):
    added = [[ours - theirs for ours, theirs in zip(run, off)]
             for run, off in zip(runs, base)]
    return {'label': label,
            'p10_us': statistics.median(run[0] for run in runs),
            'p50_us': statistics.median(run[1] for run in runs),
            'added_p10_us': statistics.median(run[0] for run in added),
            'added_us': statistics.median(run[1] for run in added)}
