# SPDX-License-Identifier: Apache-2.0
"""Prints the tables of docs/benchmarks.md from results.json: markdown.py [FILE]"""
import json
import pathlib
import sys

HEAD = '''| {title} | requests/s | of bare | min–max | by CPU | CPU µs | added | p50 ms | p99 ms |
|---|---|---|---|---|---|---|---|---|'''


def signed(figure):
    return f'{figure:+.1f}'.replace('-', '−')


# What the number of connections changes: the store's work.
MORE = {'connections': ('Redis µs', 'redis_cpu_us')}


def row_of(row, more):
    is_bare = row['name'] == row['base']
    cells = [row['label'], f'{row["rate"]:,.0f}', f'{row["ratio"]:.2f}',
             '' if is_bare else f'{row["ratio_min"]:.2f}–{row["ratio_max"]:.2f}',
             f'{row["cpu_ratio"]:.2f}', f'{row["cpu_us"]:.1f}',
             '' if is_bare else signed(row['added_cpu_us']),
             f'{row["p50_ms"]:.2f}', f'{row["p99_ms"]:.2f}',
             *([f'{row[more[1]]:.1f}'] if more else [])]
    return f'| {" | ".join(cells)} |'


def tables(result):
    for name, group in result['groups'].items():
        if group['rows']:
            title = group['title'][0].lower() + group['title'][1:]
            more = MORE.get(name)
            head, rule = HEAD.format(title=title).split('\n')
            yield '\n'.join([f'{head} {more[0]} |' if more else head,
                             f'{rule}---|' if more else rule,
                             *(row_of(row, more) for row in group['rows'])])


def write(result, out):
    text = '\n\n'.join(tables(result))
    (out / 'results.md').write_text(text + '\n')


if __name__ == '__main__':
    path = pathlib.Path(sys.argv[1] if sys.argv[1:] else 'bench/results.json')
    print('\n\n'.join(tables(json.loads(path.read_text()))))
