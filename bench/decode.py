# SPDX-License-Identifier: Apache-2.0
"""How long a child needs to decode one stored session, by the clock of its
thread: sessions that frameworks have written (t/fixtures), and some of 2 KB."""
import base64
import json
import pathlib
import shlex
import statistics
import subprocess

PART = 'decode'
ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build/default'

# A row: its name, the format, and the capture it is made of.
ROWS = (
    ('Express, JSON, 2 KB', 'express', 'express', 2048),
    ('Spring, JDK, with a security context, 2.4 KB', 'spring',
     'spring-boot-4.0.7/default-jdk', 0),
    ('Spring, JSON, with a security context, 1.5 KB', 'spring',
     'spring-boot-4.0.7/default-json', 0),
    ('Redisson, JDK', 'redisson', 'redisson/SerializationCodec', 0),
    ('tomcat-redis-session-manager', 'tomcat', 'tomcat-redis/10.1.49', 0),
)


def enlarge(value, octets):
    """Adds a cart to a JSON session, and a text, until it has so many octets."""
    session = {**json.loads(value), 'cart': []}

    def dump():
        return json.dumps(session, separators=(',', ':'), ensure_ascii=False).encode()

    while len(dump()) < octets - 256:
        number = len(session['cart'])
        session['cart'].append({'id': 71234 + number, 'name': f'Wool socks, pair {number}',
                                'price': 19.99, 'inStock': True})
    session['comment'] = ''
    session['comment'] = 'x' * (octets - len(dump()))
    return dump()


def fields_of(capture, octets):
    """The record as (name, value)."""
    if 'fields_base64' in capture:
        return [(name.encode(), base64.b64decode(value))
                for name, value in capture['fields_base64'].items()]
    value = base64.b64decode(capture['value_base64'])
    return [(b'', enlarge(value, octets) if octets else value)]


def build(directory):
    """The program, with the libraries of the build of this tree."""
    program = directory / 'decode'
    variables = dict(line.split(' = ', 1) for line in
                     (BUILD / 'Makefile').read_text().splitlines() if ' = ' in line)
    flags = ' '.join(variables.get(name, '') for name in ('APR_CFLAGS',))
    libs = ' '.join(variables.get(name, '') for name in
                    ('APR_LIBS', 'HIREDIS_LIBS', 'JANSSON_LIBS', 'OPENSSL_LIBS', 'LIBS'))
    command = ['gcc', '-O2', '-std=gnu11', f'-I{ROOT}/src', *shlex.split(flags),
               str(ROOT / 'bench/decode.c'), str(BUILD / '.libs/libshs.a'),
               *shlex.split(libs), '-lpthread', '-o', str(program)]
    subprocess.run(command, check=True)
    return program


def measure_row(program, row, captures, rounds):
    name, codec, capture, octets = row
    fields = fields_of(captures[capture], octets)
    text = ''.join(f'{key.hex()} {value.hex()}\n' for key, value in fields)
    times = [int(line) for line in subprocess.run(
        [program, codec, str(rounds)], input=text, capture_output=True, text=True,
        check=True).stdout.split()]
    return {'octets': sum(len(key) + len(value) for key, value in fields),
            'ns': round(statistics.median(times)), 'least_ns': min(times)}


def measure(bench, options, result):
    if not (PART in options.only or not options.only):
        return
    print('Decoding', flush=True)
    program = build(bench.machine.dir('decode'))
    sessions = json.loads((ROOT / 't/fixtures/frameworks.json').read_text())
    captures = {session['capture']: session for session in sessions}
    rounds = 20 if options.quick else 500
    result[PART] = {row[0]: measure_row(program, row, captures, rounds)
                    for row in ROWS}
