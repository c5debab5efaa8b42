# SPDX-License-Identifier: Apache-2.0
"""The medians of several runs: merge.py OUT RESULTS.json RESULTS.json ...

Each figure of a row, and of the time of one request, is the median of the runs
that have the row; the smallest and the largest ratio are those of all runs. What
only the first run has stays as it is.
"""
import json
import pathlib
import statistics
import sys

import report


def merge_figures(rows):
    """The medians of dicts of figures; other values are those of the first."""
    return {key: statistics.median(row[key] for row in rows)
            if isinstance(value, (int, float)) else value
            for key, value in rows[0].items()}


def merge_row(rows):
    merged = merge_figures(rows)
    merged['ratio_min'] = min(row['ratio_min'] for row in rows)
    merged['ratio_max'] = max(row['ratio_max'] for row in rows)
    return merged


def goals_of(result):
    """By label; one that begins with "..." goes on from the one before it."""
    goals, before = {}, ''
    for goal in result['goals']:
        is_more = goal['label'].startswith('...')
        before = before if is_more else goal['label']
        goals[before, goal['label']] = goal
    return goals


def merge_goal(key, goal, results):
    figure = statistics.median(goals_of(result)[key]['figure']
                               for result in results if key in goals_of(result))
    how, bound = goal['bound'].split()
    return {**goal, 'figure': figure,
            'is_met': report.is_met(figure, how, float(bound))}


def merge(results):
    merged = results[0]
    rows = [report.rows_of(result) for result in results]
    for group in merged['groups'].values():
        group['rows'] = [merge_row([of_run[row['name']] for of_run in rows
                                    if row['name'] in of_run])
                         for row in group['rows']]
    times = [result.get('request_time', {}) for result in results]
    merged['request_time'] = {
        name: merge_figures([of_run[name] for of_run in times if name in of_run])
        for name in merged.get('request_time', {})}
    decoded = [result.get('decode', {}) for result in results]
    merged['decode'] = {
        name: merge_figures([of_run[name] for of_run in decoded])
        for name in merged.get('decode', {})}
    merged['rounds'] = [result['rounds'] for result in results]
    merged['goals'] = [merge_goal(key, goal, results)
                       for key, goal in goals_of(merged).items()]
    return merged


def main(out, *paths):
    results = [json.loads(pathlib.Path(path).read_text()) for path in paths]
    merged = merge(results)
    pathlib.Path(out).write_text(json.dumps(report.rounded(merged), indent=1) + '\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
