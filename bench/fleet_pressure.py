# SPDX-License-Identifier: Apache-2.0
"""A Redis to which more and more sessions come: beyond half of a core, a broadcast
costs less, because Redis sends several changes in one message, but lookups wait."""
import fleet_capacity as capacity
from fleet_run import Fleet, measure_mixed

# Sessions in use, step by step.
STEPS = (75_000, 150_000, 300_000, 600_000, 1_200_000, 2_400_000, 4_800_000)


def measure(machine, mode, hosts, options):
    """A list of steps: how much of the use was served, the CPU of Redis, and the
    latency of lookups."""
    steps = STEPS[:2] if options.quick else STEPS
    found = []
    with Fleet(machine, mode, hosts, 1, min(options.sessions, 20000)) as fleet:
        for sessions in steps:
            requests = sessions / capacity.REQUEST_EVERY_S
            mixed = measure_mixed(fleet, options.seconds, requests,
                                  sessions / capacity.TOUCH_EVERY_S)
            found.append({
                'sessions': sessions, 'served': mixed['requests'] / requests,
                'core': mixed['redis_us'] / 1e6,
                'client_core': mixed['client_us'] / 1e6,
                'hit_ratio': mixed['hit_ratio'],
                'octets_out': mixed['octets_out'],
                'messages': mixed['messages'],
                'p50_us': mixed['p50_us'], 'p99_us': mixed['p99_us']})
    return found
