# SPDX-License-Identifier: Apache-2.0
"""Medians, ratios within a round, goals, the printed table and results.json."""
import json
import os
import statistics
import time

# Goals of the module: row, figure, comparison, bound, label.
GOALS = [
    ('hit', 'ratio', '>=', 0.97, 'near-cache hit, of bare httpd'),
    ('hit', 'cpu_ratio', '>=', 0.97, '... by the CPU of all processes'),
    ('hit', 'request_time_added_us', '<', 2.0,
     'near-cache hit, CPU time of the thread beyond the module Off (us)'),
    ('require', 'request_time_added_us', '<=', 1.0,
     'Require shared-session user.roles admin, CPU time of the thread (us)'),
    ('tcp', 'ratio', '>=', 0.62, 'Redis by TCP, of bare httpd'),
    ('tcp', 'cpu_ratio', '>=', 0.62, '... by the CPU of all processes'),
    ('unix', 'ratio', '>=', 0.68, 'Redis by Unix socket, of bare httpd'),
    ('unix', 'cpu_ratio', '>=', 0.68, '... by the CPU of all processes'),
    ('hit', 'p99_ratio', '<=', 1.2, 'near-cache hit, p99 of bare httpd'),
    ('hit-far', 'ratio_to_hit', '>=', 0.95,
     'near-cache hit with Redis 1 ms away, of one with it near'),
    ('tcp-many', 'cpu_ratio_to_1000', '<=', 1.1,
     'CPU of httpd with many sessions, of that with 1,000'),
]


# Goals of decoding one session: row, nanoseconds of the thread's CPU time.
DECODING = [('Express, JSON, 2 KB', 5000),
            ('Spring, JDK, with a security context, 2.4 KB', 15000)]


def new(options):
    return {'date': time.strftime('%Y-%m-%d'), 'cores': os.cpu_count(),
            'rounds': options.rounds, 'seconds': options.seconds, 'groups': {},
            'missing': {}, 'failed': {}}


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def ratios(runs, base, key):
    """The ratio in each round. wrk reports a very small percentile as 0."""
    return [a[key] / b[key] for a, b in zip(runs, base) if b[key]]


def added(runs, base, key):
    return statistics.median(a[key] - b[key] for a, b in zip(runs, base))


def summarise(variant, runs, base):
    row = {'name': variant.name, 'label': variant.label, 'base': variant.base,
           **medians(runs)}
    rates = ratios(runs, base, 'rate')
    row['ratio'] = statistics.median(rates)
    row['ratio_min'], row['ratio_max'] = min(rates), max(rates)
    # The ratio of the rates if no other job used the CPU: CPU time per request of
    # server, Redis and load generator together.
    row['cpu_ratio'] = statistics.median(ratios(base, runs, 'all_cpu_us'))
    row['added_cpu_us'] = added(runs, base, 'cpu_us')
    row['p99_ratio'] = statistics.median(ratios(runs, base, 'p99_ms'))
    row['runs'] = runs
    return row


def add_group(result, name, title, variants, runs):
    result['groups'][name] = {'title': title, 'rows': [
        summarise(v, runs[v.name], runs[v.base]) for v in variants
        if v.name in runs and v.base in runs]}


def rows_of(result):
    return {row['name']: row for group in result['groups'].values()
            for row in group['rows']}


# ----------------------------------------------------------------------- goals

def figure_of(result, name, key):
    rows = rows_of(result)
    row = rows.get(name)
    if key == 'request_time_added_us':
        row = result.get('request_time', {}).get(name)
        return row and row['added_us']
    if row and key == 'ratio_to_hit':
        hit = rows.get('hit')
        return hit and statistics.median(ratios(row['runs'], hit['runs'], 'rate'))
    if row and key == 'cpu_ratio_to_1000':
        few = rows.get('tcp-1000')
        return few and row['cpu_us'] / few['cpu_us']
    return row and row[key]


def is_met(figure, how, bound):
    return {'>=': figure >= bound, '<=': figure <= bound,
            '<': figure < bound}[how]


def goals(result):
    for name, key, how, bound, label in GOALS:
        figure = figure_of(result, name, key)
        if figure is not None:
            yield {'label': label, 'figure': round(figure, 3),
                   'bound': f'{how} {bound}',
                   'is_met': is_met(figure, how, bound)}
    for name, bound in DECODING:
        if name in result.get('decode', {}):
            figure = result['decode'][name]['ns']
            yield {'label': f'decoding, {name} (ns)', 'figure': figure,
                   'bound': f'< {bound}', 'is_met': figure < bound}


# ----------------------------------------------------------------------- table

HEAD = ('', 'requests/s', 'of bare', 'min-max', 'by CPU', 'CPU us', 'added', 'p50 ms',
        'p99 ms', 'p99 ratio', 'Redis/1000', 'Redis us', 'conns/1000')


def cells(row):
    return (row['label'], f'{row["rate"]:,.0f}', f'{row["ratio"]:.2f}',
            f'{row["ratio_min"]:.2f}-{row["ratio_max"]:.2f}',
            f'{row["cpu_ratio"]:.2f}', f'{row["cpu_us"]:.1f}',
            f'{row["added_cpu_us"]:+.1f}',
            f'{row["p50_ms"]:.2f}', f'{row["p99_ms"]:.2f}',
            f'{row["p99_ratio"]:.2f}', f'{row["commands_1000"]:.0f}',
            f'{row["redis_cpu_us"]:.1f}',
            f'{row["connections_1000"]:.1f}')


def line(columns):
    widths = (42, 11, 8, 11, 8, 8, 7, 7, 8, 10, 11, 9, 11)
    return ''.join(w.ljust(n) if i == 0 else w.rjust(n)
                   for i, (w, n) in enumerate(zip(columns, widths)))


def show(result):
    for group in result['groups'].values():
        if group['rows']:
            print(f'\n{line((group["title"], *HEAD[1:]))}')
        for row in group['rows']:
            print(line(cells(row)))
    for row in result.get('request_time', {}).values():
        print(f'\nCPU time of one request: {row["label"]} {row["p50_us"]:.1f} us,'
              f' {row["added_us"]:+.1f}; of the fastest tenth'
              f' {row["p10_us"]:.1f} us, {row["added_p10_us"]:+.1f}', end='')
    for octets, fit in result.get('memory', {}).items():
        print(f'\nmemory: {fit["fit_in_4M"]} sessions of {octets} octets fit in'
              f' size=4M, {fit["octets_each"]} octets each', end='')
    for name, row in result.get('decode', {}).items():
        print(f'\ndecoding: {name}: {row["ns"] / 1000:.1f} us, at least'
              f' {row["least_ns"] / 1000:.1f}', end='')
    if 'instructions' in result:
        counts = ', '.join(f'{k} {v:,}' for k, v in
                           result['instructions'].items())
        print(f'\ninstructions per request: {counts}', end='')
    print()
    result['goals'] = list(goals(result))
    for goal in result['goals']:
        print(f'{"met   " if goal["is_met"] else "missed"} {goal["label"]}:'
              f' {goal["figure"]} (goal {goal["bound"]})')
    shares = [row['others_share'] for row in rows_of(result).values()]
    if shares:
        result['others_share'] = statistics.median(shares)
        print(f'other jobs took {result["others_share"]:.0%} of the machine'
              f' meanwhile, at most {max(shares):.0%}')
    for kind in ('missing', 'failed'):
        for reason in result[kind].values():
            print(f'{kind}: {reason}')


def write(result, out):
    out.mkdir(parents=True, exist_ok=True)
    path = out / 'results.json'
    path.write_text(json.dumps(rounded(result), indent=1) + '\n')
    print(f'figures: {path}')


def rounded(value):
    """Rounds to three digits and drops the single runs."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items() if k != 'runs'}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return value
