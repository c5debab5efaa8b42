# SPDX-License-Identifier: Apache-2.0
"""Medians of the rounds, fleet.json, and the tables of docs/capacity.md:
fleet_report.py [FILE]"""
import json
import pathlib
import statistics
import sys


def median_of(runs):
    """The median of each figure. A cost in microseconds has its smallest and
    largest figure beside it."""
    found = {}
    for name, value in runs[0].items():
        values = [run[name] for run in runs]
        if isinstance(value, dict):
            found[name] = median_of(values)
        elif isinstance(value, list):
            found[name] = [median_of(steps) for steps in zip(*values)]
        elif isinstance(value, str):
            found[name] = value
        else:
            found[name] = statistics.median(values)
            if name == 'us':
                found['us_min'], found['us_max'] = min(values), max(values)
    return found


def rounded(value):
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return value


# ---------------------------------------------------------------------- tables

WORDS = {'bcast': 'broadcast', 'per-key': 'by key', 'off': 'off'}


def us(cost):
    return f'{cost["us"]:,.1f}'


def us_and_range(cost):
    return f'{us(cost)} ({cost["us_min"]:,.1f}–{cost["us_max"]:,.1f})'


# Fewer heartbeats in a second are too few to be measured.
LEAST_HEARTBEATS = 150


def cost_cells(row):
    heartbeat = row['heartbeat']
    return (WORDS[row['mode']], f'{row["hosts"]}', f'{row["spread"]}',
            us_and_range(row['lookup_half']), us_and_range(row['touch_half']),
            us(row['lookup']), us(row['touch']), us(row['expire']),
            us(heartbeat) if heartbeat['rate'] > LEAST_HEARTBEATS else '',
            f'{row["touch_half"]["octets_out"]:,.0f}')


COSTS = ('near-cache', 'hosts', 'hosts of a session', 'lookup', 'touch',
         'lookup, 50 at a time', 'touch, 50 at a time', 'EXPIRE, 50 at a time',
         'heartbeat', 'octets sent for a touch')


def mixed_cells(row):
    mixed = row['mixed']
    return (WORDS[row['mode']], f'{row["hosts"]}', f'{row["spread"]}',
            f'{mixed["requests"]:,.0f}', f'{mixed["touches"]:,.0f}',
            f'{mixed["hit_ratio"]:.2f}', f'{mixed["redis_us"] / 1e6:.0%}',
            f'{mixed["octets_in"] / 1e6:.1f}', f'{mixed["octets_out"] / 1e6:.1f}',
            f'{row["connections"]:,.0f}')


MIXED = ('near-cache', 'hosts', 'hosts of a session', 'requests/s', 'touches/s',
         'hit ratio', 'core of Redis', 'MB/s in', 'MB/s out', 'connections')


def count(number):
    if number < 1e6:
        return f'{round(number, -3 if number > 1e5 else -2):,.0f}'
    return f'{number / 1e6:.1f} million'


def capacity_table(found):
    """Sessions that one master serves, and a Cluster."""
    modes = list(dict.fromkeys(row['mode'] for row in found['rows']))
    words = [WORDS[mode] for mode in modes]
    yield ('hosts', *words, *(f'{word}, Cluster of {found["masters"]}'
                              for word in words))
    for hosts in sorted({row['hosts'] for row in found['rows']}):
        rows = [row for row in found['rows'] if row['hosts'] == hosts]
        yield (f'{hosts:,}', *(count(row['sessions']) for row in rows),
               *(count(row['sessions_of_cluster']) for row in rows))


# A lookup has a tenth of its time (timeout=, 200 ms) at most.
LONGEST_US = 20_000


def is_served(step):
    return step['served'] > 0.95 and step['p99_us'] <= LONGEST_US


def pressure_cells(row, sessions):
    """Of one step: the CPU of Redis, and the latency of lookups in milliseconds."""
    step = next((s for s in row['steps'] if s['sessions'] == sessions), None)
    if not step:
        return ''
    cells = (f'{step["core"]:.0%}, {step["p50_us"] / 1000:.1f}'
             f' and {step["p99_us"] / 1000:.1f}')
    return cells if is_served(step) else f'({cells})'


def pressure_table(rows):
    """In brackets: not all was served in time."""
    steps = sorted({step['sessions'] for row in rows for step in row['steps']})
    yield ('near-cache', 'hosts', *map(count, steps))
    for row in rows:
        yield (WORDS[row['mode']], f'{row["hosts"]}',
               *(pressure_cells(row, n) for n in steps))


def loss_tables(loss):
    yield [('tracking', 'held', 'changes', 'invalidations', 'stale', 'keys × hosts',
            'after the close', 'after the changes')] + [
        (WORDS[mode], *(f'{row[name]:,}' for name in (
            'held', 'changes', 'invalidations', 'stale', 'items',
            'items_after_close', 'items_after_changes')))
        for mode, row in loss['closed'].items()]
    yield [('tracking-table-max-keys', 'sessions read', 'evicted', 'still held',
            'then: hit ratio', 'evicted', 'lookups')] + [
        (f'{row["most_keys"]:,}', f'{row["read"]:,}', f'{row["evicted"]:,}',
         f'{row["valid"]:,}', f'{row["hit_ratio"]:.2f}',
         f'{row["evicted_while_mixed"]:,}', f'{row["misses_while_mixed"]:,}')
        for row in loss['full']]
    yield [('memory of Redis', 'octets')] + [
        (f'a tracked key, {row["hosts"]} hosts', f'{row["octets"]:.0f}')
        for row in loss['tracking_memory']] + [
        (f'a session, hash-max-listpack-value {row["listpack_value"]}',
         f'{row["octets"]:.0f}') for row in loss['session_memory']]


def tables(result):
    if 'costs' in result:
        rows = result['costs']['rows']
        yield [COSTS, *map(cost_cells, rows)]
        yield [MIXED, *map(mixed_cells, rows)]
        yield list(capacity_table(result['capacity']))
    if 'pressure' in result:
        yield list(pressure_table(result['pressure']['rows']))
    if 'loss' in result:
        yield from loss_tables(result['loss'])


def markdown_of(lines):
    head = '| ' + ' | '.join(lines[0]) + ' |\n' + '|---' * len(lines[0]) + '|\n'
    return head + '\n'.join(f'| {" | ".join(line)} |' for line in lines[1:])


def text_of(lines):
    widths = [max(map(len, column)) for column in zip(*lines)]
    return '\n'.join('  '.join(word.ljust(width)
                               for word, width in zip(line, widths)).rstrip()
                     for line in lines)


def show(result):
    for lines in tables(result):
        print(f'\n{text_of(lines)}')
    print(f'\nthe hosts were a client, not httpd; {result["redis"]},'
          f' {result["cores"]} cores')
    for part in ('costs', 'pressure'):
        if part in result:
            print(f'{part}: other jobs took {result[part]["others_share"]:.0%}'
                  ' of the machine')


def write(result, out):
    out.mkdir(parents=True, exist_ok=True)
    (out / 'fleet.json').write_text(json.dumps(rounded(result), indent=1) + '\n')
    text = '\n\n'.join(map(markdown_of, tables(result)))
    (out / 'fleet.md').write_text(text + '\n')
    print(f'figures: {out / "fleet.json"}')


if __name__ == '__main__':
    path = pathlib.Path(sys.argv[1] if sys.argv[1:] else 'bench/fleet.json')
    print('\n\n'.join(map(markdown_of, tables(json.loads(path.read_text())))))
