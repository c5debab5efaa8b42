# SPDX-License-Identifier: Apache-2.0
"""From measured costs to how many sessions one Redis serves. The arithmetic is that
of docs/capacity.md."""

# The use that a session makes: one request in so many seconds, and one touch.
REQUEST_EVERY_S = 10
TOUCH_EVERY_S = 300

# The share of a core that Redis may use: the rest is for peaks.
CORE = 0.5

MASTERS = 10
FAR = 1000  # hosts
HEARTBEATS = 4  # a second, from each host


def costs_of(rows, mode):
    """The costs of a mode at half a core, in microseconds: name -> points (hosts,
    cost). The cost of a broadcast is extrapolated to FAR hosts: on the line through
    the last two points."""
    rows = [row for row in rows if row['mode'] == mode]
    least = min(row['spread'] for row in rows)
    rows = [row for row in rows if row['spread'] == least]
    costs = {name: [(row['hosts'], max(0, row[name]['us'])) for row in rows]
             for name in ('lookup_half', 'touch_half', 'heartbeat')}
    if mode == 'bcast' and len(rows) > 1 and rows[-1]['hosts'] < FAR:
        (x0, y0), (x1, y1) = costs['touch_half'][-2:]
        costs['touch_half'].append((FAR, y1 + (y1 - y0) * (FAR - x1) / (x1 - x0)))
    return costs


def microseconds(costs, name, hosts):
    """The cost for a number of hosts: between two points on the line between them,
    outside as at the nearest point."""
    points = costs[name]
    above = next((p for p in points if p[0] >= hosts), points[-1])
    below = [p for p in points if p[0] <= hosts][-1:] or [above]
    (x0, y0), (x1, y1) = below[0], above
    return y0 + (y1 - y0) * (hosts - x0) / (x1 - x0) if x1 != x0 else y0


def misses_of(spread, requests):
    """How many of so many requests, at random on `spread` hosts, are the first of
    their host."""
    return spread * (1 - (1 - 1 / spread) ** requests)


def use_of(mode, spread=1, touch_every=TOUCH_EVERY_S,
           request_every=REQUEST_EVERY_S):
    """Lookups and touches of a session, a second. A touch invalidates the session
    on all hosts, so that the next request of each looks it up again."""
    requests = touch_every / request_every
    misses = requests if mode == 'off' else misses_of(spread, requests)
    return misses / touch_every, 1 / touch_every


def sessions_of(costs, mode, hosts, masters=1, **use):
    """How many sessions in use `masters` serve, each with CORE of a core."""
    lookups, touches = use_of(mode, **use)
    free = CORE * 1e6
    if mode != 'off':
        free -= hosts * HEARTBEATS * microseconds(costs, 'heartbeat', hosts)
    each = (lookups * microseconds(costs, 'lookup_half', hosts)
            + touches * microseconds(costs, 'touch_half', hosts))
    return max(0, masters * free / each)


def table(rows, hosts=(1, 10, 50, 100, 200, 500, FAR)):
    """What each mode serves. One number of hosts says nothing of others."""
    measured = sorted({row['hosts'] for row in rows})
    hosts = measured if len(measured) == 1 else hosts
    modes = [mode for mode in ('off', 'bcast', 'per-key')
             if any(row['mode'] == mode for row in rows)]
    costs = {mode: costs_of(rows, mode) for mode in modes}
    return {
        'request_every_s': REQUEST_EVERY_S, 'touch_every_s': TOUCH_EVERY_S,
        'core': CORE, 'masters': MASTERS,
        'rows': [{'hosts': n, 'mode': mode,
                  'lookup_us': microseconds(costs[mode], 'lookup_half', n),
                  'touch_us': microseconds(costs[mode], 'touch_half', n),
                  'sessions': sessions_of(costs[mode], mode, n),
                  'sessions_of_cluster':
                      sessions_of(costs[mode], mode, n, MASTERS),
                  'sessions_touched_each_minute':
                      sessions_of(costs[mode], mode, n, touch_every=60)}
                 for n in hosts for mode in modes]}
