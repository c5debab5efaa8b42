# SPDX-License-Identifier: Apache-2.0
"""The load generator: runs wrk, which sends its next request as soon as it has a
response, and reads its report."""
import http.client
import re
import subprocess
import urllib.parse
import urllib.request

import machine as m

CONNECTIONS = 16
UNITS = {'us': 0.001, 'ms': 1.0, 's': 1000.0}


def get(url, headers=()):
    """Sends one request. Returns the headers and the body of the response."""
    request = urllib.request.Request(url, headers=dict(headers))
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.headers, response.read().decode(errors='replace')


def get_each(target, all_headers):
    """Sends one request for each set of headers, on one connection."""
    where = urllib.parse.urlsplit(target.url)
    connection = http.client.HTTPConnection(where.netloc, timeout=60)
    path = f'{where.path or "/"}?{where.query}'.rstrip('?')
    for headers in all_headers:
        connection.request('GET', path, headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f'{target.name}: status {response.status}')
    connection.close()


def warm(target, number):
    get_each(target, [target.headers] * number)


def wrk_command(machine, target, seconds):
    argv = [m.need('wrk'), '-t1', f'-c{target.connections}', f'-d{seconds}s',
            '--latency']
    for name, value in target.headers.items():
        argv += ['-H', f'{name}: {value}']
    if target.numbers:
        argv += ['-s', str(machine.root / 'bench/cookies.lua')]
    argv.append(target.url)
    if target.numbers:
        argv += ['--', *(str(n) for n in target.numbers)]
    return argv


def milliseconds(text, percent):
    found = re.search(rf'^ +{percent}% +([0-9.]+)(us|ms|s)$', text, re.M)
    return float(found[1]) * UNITS[found[2]]


def measure(machine, target, seconds):
    """The figures of one run. A run without any response is repeated with more
    time: the target is slow, or the machine is busy."""
    for more in (1, 2, 5):
        found = measure_once(machine, target, more * seconds)
        if found['requests'] > 0:
            return found
    raise RuntimeError(f'{target.name}: no responses')


def measure_once(machine, target, seconds):
    """A wrong response ends the benchmark: it would make the figures worthless."""
    run = subprocess.run(wrk_command(machine, target, seconds), text=True,
                         capture_output=True, stdin=subprocess.DEVNULL,
                         timeout=seconds + 60, check=True)
    bad = re.search(r'Non-2xx.*|connect [1-9].*|timeout [1-9].*', run.stdout)
    if bad:
        raise RuntimeError(f'{target.name}: {bad[0]}')
    return {
        'requests': int(re.search(r'(\d+) requests in', run.stdout)[1]),
        'rate': float(re.search(r'Requests/sec: +([0-9.]+)', run.stdout)[1]),
        'p50_ms': milliseconds(run.stdout, 50),
        'p99_ms': milliseconds(run.stdout, 99),
    }
