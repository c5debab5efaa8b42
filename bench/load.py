# SPDX-License-Identifier: Apache-2.0
"""The load: wrk, which asks as fast as it is answered, and what it says."""
import http.client
import re
import subprocess
import urllib.parse
import urllib.request

import machine as m

CONNECTIONS = 16
UNITS = {'us': 0.001, 'ms': 1.0, 's': 1000.0}


def ask(url, headers=()):
    """One request; status line's code, headers and body."""
    request = urllib.request.Request(url, headers=dict(headers))
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers, answer.read().decode(errors='replace')


def each(target, all_headers):
    """A request with each of these, one after another, on one connection."""
    where = urllib.parse.urlsplit(target.url)
    connection = http.client.HTTPConnection(where.netloc, timeout=60)
    path = f'{where.path or "/"}?{where.query}'.rstrip('?')
    for headers in all_headers:
        connection.request('GET', path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f'{target.name}: status {answer.status}')
    connection.close()


def warm(target, number):
    each(target, [target.headers] * number)


def command(machine, target, seconds):
    words = [m.need('wrk'), '-t1', f'-c{CONNECTIONS}', f'-d{seconds}s',
             '--latency']
    for name, value in target.headers.items():
        words += ['-H', f'{name}: {value}']
    if target.numbers:
        words += ['-s', str(machine.root / 'bench/cookies.lua')]
    words.append(target.url)
    if target.numbers:
        words += ['--', *(str(n) for n in target.numbers)]
    return words


def milliseconds(text, percent):
    found = re.search(rf'^ +{percent}% +([0-9.]+)(us|ms|s)$', text, re.M)
    return float(found[1]) * UNITS[found[2]]


def measure(machine, target, seconds):
    """What a time of load comes to. Who is so slow, or whose machine so busy,
    that nothing is answered in it gets more of it."""
    for more in (1, 2, 5):
        found = measure_once(machine, target, more * seconds)
        if found['requests'] > 0:
            return found
    raise RuntimeError(f'{target.name}: no answers')


def measure_once(machine, target, seconds):
    """An answer that is wrong would make the figures worthless."""
    run = subprocess.run(command(machine, target, seconds), text=True,
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
