# SPDX-License-Identifier: Apache-2.0
"""The program behind bench/fleet: options, and the order of the measurements."""
import argparse
import json
import os
import pathlib
import platform
import signal
import sys
import time

import fleet_capacity as capacity
import fleet_loss
import fleet_picture as picture
import fleet_pressure
import fleet_report as report
import fleet_run
import machine as m

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODES = ('bcast', 'per-key', 'off')
PARTS = ('costs', 'pressure', 'loss')
HOSTS = (1, 10, 50, 200, 500)
HOSTS_OFF = (1, 50, 500)  # without listeners, only the connections count
HOSTS_PRESSED = (50, 200, 500)


def parse_options():
    parser = argparse.ArgumentParser(prog='bench/fleet')
    parser.add_argument('--part', choices=PARTS, action='append')
    parser.add_argument('--mode', choices=MODES, action='append')
    parser.add_argument('--hosts', type=int, action='append')
    parser.add_argument('--spread', type=int)
    parser.add_argument('--sessions', type=int)
    parser.add_argument('--requests', type=int)
    parser.add_argument('--touches', type=int)
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--seconds', type=float)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--out', type=pathlib.Path, default=ROOT / 'build/bench')
    options = parser.parse_args()
    quick = options.quick
    options.part = options.part or PARTS
    options.sessions = options.sessions or (4000 if quick else 50000)
    options.rounds = options.rounds or (1 if quick else 3)
    options.seconds = options.seconds or (0.2 if quick else 0.6)
    options.fleets = fleets_of(options)
    return options


def fleets_of(options):
    """Mode, hosts and spread of each fleet. By default, a few where a session is
    known on every host are among them."""
    modes = options.mode or MODES
    found = [(mode, n, min(n, options.spread or 1)) for mode in modes
             for n in options.hosts or ((1, 20) if options.quick else
                                        HOSTS_OFF if mode == 'off' else HOSTS)]
    if not (options.mode or options.hosts or options.spread or options.quick):
        found += [('per-key', 10, 10), ('per-key', 50, 50)]
    return found


def describe_machine():
    with open('/proc/cpuinfo') as lines:
        models = [line.partition(':')[2].strip() for line in lines
                  if line.startswith('model name')]
    return {'cores': os.cpu_count(),
            'cpu': models[0] if models else platform.machine(),
            'kernel': platform.release(),
            'redis': m.output_of('redis-server', '--version').split(' sha')[0]}


def measure_rounds(options, fleets, measure):
    """Each round measures all fleets, so that a slow phase of the machine affects
    all of them. Returns the medians, and the share of the machine that other jobs
    took."""
    runs = {fleet: [] for fleet in fleets}
    others = m.busy_s() - sum(os.times()[:4])
    began = time.monotonic()
    for number in range(options.rounds):
        for fleet in fleets:
            runs[fleet].append(measure(*fleet))
            print('  round {}: {}, {} hosts'.format(number + 1, *fleet), flush=True)
    took = (time.monotonic() - began) * os.cpu_count()
    # The processes of each fleet are children that were waited for.
    others = m.busy_s() - sum(os.times()[:4]) - others
    return {'date': time.strftime('%Y-%m-%d'), 'rounds': options.rounds,
            'seconds': options.seconds, 'others_share': max(0, others / took),
            'rows': [report.median_of(runs[fleet]) for fleet in fleets]}


def measure_costs(machine, options):
    def measure(mode, hosts, spread):
        return {'mode': mode, 'hosts': hosts, 'spread': spread,
                **fleet_run.measure(machine, mode, hosts, spread, options)}
    return measure_rounds(options, options.fleets, measure)


def measure_pressure(machine, options):
    def measure(mode, hosts):
        return {'mode': mode, 'hosts': hosts, 'steps': fleet_pressure.measure(
            machine, mode, hosts, options)}
    hosts = options.hosts or ((20,) if options.quick else HOSTS_PRESSED)
    fleets = [(mode, n) for n in hosts for mode in options.mode or MODES]
    return measure_rounds(options, fleets, measure)


def measure_all(machine, options):
    """Parts that are not measured are those of the last run, if it was here."""
    path = options.out / 'fleet.json'
    result = json.loads(path.read_text()) if path.exists() else {}
    result |= describe_machine()
    if 'costs' in options.part:
        result['costs'] = measure_costs(machine, options)
        result['capacity'] = capacity.table(result['costs']['rows'])
    if 'pressure' in options.part:
        result['pressure'] = measure_pressure(machine, options)
    if 'loss' in options.part:
        result['loss'] = fleet_loss.measure(machine, options.quick)
    return result


def main():
    options = parse_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with m.Machine(ROOT) as machine:
        result = measure_all(machine, options)
    report.show(result)
    report.write(result, options.out)
    picture.draw(result, options.out)


if __name__ == '__main__':
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except m.Missing as error:
        sys.exit(f'bench: {error}')
