# SPDX-License-Identifier: Apache-2.0
"""The program behind bench/run: options, and the order of the measurements."""
import argparse
import pathlib
import signal
import sys
import time

import cost
import decode
import load
import machine as m
import markdown
import picture
import plan
import report
import request_time
from target import Bench, start_target

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The share of the machine that other jobs may take of a round.
QUIET = 0.1

# What is not measured by rounds of load.
PARTS = ('request-time', decode.PART, *cost.PARTS)

# Until then a disturbed round is measured again.
PATIENT_UNTIL = time.monotonic() + 10 * 60


def parse_options():
    parser = argparse.ArgumentParser(prog='bench/run')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--seconds', type=int)
    parser.add_argument('--only', action='append', default=[])
    parser.add_argument('--against', type=pathlib.Path)
    parser.add_argument('--out', type=pathlib.Path, default=ROOT / 'build/bench')
    options = parser.parse_args()
    if options.against and not options.against.is_file():
        parser.error(f'--against: no file {options.against}')
    if options.against and not options.only:
        options.only = ['builds']
    options.rounds = options.rounds or (1 if options.quick else 7)
    options.seconds = options.seconds or 1
    options.many = 100_000 if options.quick else 1_000_000
    return options


def choose(groups, only):
    """The variants to measure, and the bases of their ratios."""
    known = {v.name for _, rows in groups.values() for v in rows}
    for name in only:
        if name not in known | set(groups) | set(PARTS):
            known_groups = ' '.join([*groups, *PARTS])
            sys.exit(f'bench: no {name}; there are {known_groups}, and single rows')
    chosen = {}
    for name, (title, rows) in groups.items():
        for row in rows:
            row.base = row.base or rows[0].name
        wanted = {v.name for v in rows
                  if not only or name in only or v.name in only}
        wanted |= {v.base for v in rows if v.name in wanted}
        rows = [v for v in rows if v.name in wanted]
        if rows:
            chosen[name] = (title, rows)
    return chosen


# ------------------------------------------------------------------- measuring

def measure_once(bench, target, seconds):
    """One run of load, and the CPU time, commands and connections per request."""
    family = m.family_of(p.pid for p in target.processes)
    redis = [bench.redis.process.pid]
    gauges = {
        'cpu_us': lambda: m.cpu_s(family) * 1e6,
        'redis_cpu_us': lambda: m.cpu_s(redis) * 1e6,
        'load_cpu_us': lambda: sum(m.os.times()[2:4]) * 1e6,
        'commands_1000': lambda: bench.redis.counts()[0] * 1000,
        'connections_1000': lambda: bench.redis.counts()[1] * 1000,
    }
    # The load generator is a child that this process has waited for.
    ours = lambda: m.cpu_s(family) + m.cpu_s(redis) + sum(m.os.times()[:4])
    before = {name: gauge() for name, gauge in gauges.items()}
    others, began = m.busy_s() - ours(), time.monotonic()
    found = load.measure(bench.machine, target, seconds)
    took = (time.monotonic() - began) * m.os.cpu_count()
    found['others_share'] = max(0, (m.busy_s() - ours() - others) / took)
    for name, gauge in gauges.items():
        found[name] = (gauge() - before[name]) / found['requests']
    found['all_cpu_us'] = sum(found[name] for name in
                              ('cpu_us', 'redis_cpu_us', 'load_cpu_us'))
    return found


def start_all(bench, rows, result):
    targets = {}
    for variant in rows:
        try:
            targets[variant.name] = start_target(bench, variant)
        except (m.Missing, OSError, RuntimeError) as error:
            kind = 'missing' if variant.is_optional else 'failed'
            result[kind][variant.name] = f'{variant.label}: {error}'
            print(f'  {kind}: {result[kind][variant.name]}', flush=True)
    return targets


def measure_round(bench, targets, names, options):
    """Loads all targets in turn. Returns name -> figures."""
    runs = {name: measure_once(bench, targets[name], options.seconds)
            for name in names}
    rates = ' '.join(f'{name} {runs[name]["rate"]:.0f}' for name in targets)
    print(f'  {rates} (others {disturbance(runs):.0%})', flush=True)
    return runs


def disturbance(runs):
    """The share of the machine that other jobs took during a round."""
    shares = [run['others_share'] for run in runs.values()]
    return sum(shares) / len(shares)


def measure_rounds(bench, targets, options):
    """Each round begins with another variant, so that a slow phase of the machine
    affects all variants. While other jobs take more than QUIET, up to as many
    rounds are added. The least disturbed rounds count."""
    names = list(targets)
    rounds = []
    for number in range(options.rounds if options.quick else 2 * options.rounds):
        shift = number % len(names)
        rounds.append(measure_round(bench, targets,
                                    names[shift:] + names[:shift], options))
        rounds.sort(key=disturbance)
        rounds = rounds[:options.rounds]
        if len(rounds) == options.rounds and (disturbance(rounds[-1]) < QUIET
                                           or time.monotonic() > PATIENT_UNTIL):
            break
    return {name: [runs[name] for runs in rounds] for name in names}


def measure_group(bench, rows, options, result):
    keep = list(bench.machine.running)
    targets = start_all(bench, rows, result)
    for target in targets.values():
        load.warm(target, 20 if options.quick else 200)
    runs = measure_rounds(bench, targets, options) if targets else {}
    shared = [bench.redis.process, *([bench.delay.process]
                                     if bench.delay else [])]
    bench.machine.end(*(p for p in bench.machine.running
                        if p not in keep and p not in shared))
    return runs


def measure_all(machine, options):
    bench = Bench(machine, options.many)
    other = options.against and bench.httpd.load_copy(options.against, 'other.so')
    groups = choose(plan.groups(options.many, other), options.only)
    result = report.new(options)
    for name, (title, rows) in groups.items():
        print(f'{title} ({name})', flush=True)
        runs = measure_group(bench, rows, options, result)
        report.add_group(result, name, title, rows, runs)
    if 'request-time' in options.only or not options.only:
        result['request_time'] = request_time.measure(bench, options)
    decode.measure(bench, options, result)
    cost.measure(bench, options, result)
    return result


def main():
    options = parse_options()
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with m.Machine(ROOT) as machine:
        result = measure_all(machine, options)
    result['took_s'] = round(time.monotonic() - began)
    report.show(result)
    report.write(result, options.out)
    markdown.write(result, options.out)
    picture.draw(result, options.out)
    return 1 if result['failed'] else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except m.Missing as error:
        sys.exit(f'bench: {error}')
