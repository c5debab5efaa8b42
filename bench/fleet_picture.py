# SPDX-License-Identifier: Apache-2.0
"""The picture: what a touch costs Redis, and how many sessions one Redis serves,
by the number of hosts."""
import shutil
import subprocess

MODES = ('bcast', 'per-key', 'off')


def write_costs(path, result):
    """A block for each mode: hosts, median, smallest and largest cost of a touch."""
    blocks = []
    for mode in MODES:
        rows = [row for row in result['costs']['rows']
                if row['mode'] == mode and row['spread'] == 1]
        blocks.append(''.join(
            '{} {us:.3f} {us_min:.3f} {us_max:.3f}\n'.format(
                row['hosts'], **row['touch_half']) for row in rows) or '1 NaN NaN NaN\n')
    path.write_text('\n\n'.join(blocks))


def write_sessions(path, result):
    """A block for each mode: hosts, sessions of one master, and of a Cluster."""
    blocks = []
    for mode in MODES:
        rows = [row for row in result['capacity']['rows'] if row['mode'] == mode]
        blocks.append(''.join(
            f'{row["hosts"]} {row["sessions"]:.0f}'
            f' {row["sessions_of_cluster"]:.0f}\n' for row in rows)
            or '1 NaN NaN\n')
    path.write_text('\n\n'.join(blocks))


def draw(result, out):
    if 'costs' not in result:
        return
    if not shutil.which('gnuplot'):
        print('missing: the picture: gnuplot is not installed')
        return
    write_costs(out / 'fleet-costs.dat', result)
    write_sessions(out / 'fleet-sessions.dat', result)
    subprocess.run(['gnuplot', __file__.replace('.py', '.gp')], cwd=out,
                   check=True, stdin=subprocess.DEVNULL)
    print(f'picture: {out / "fleet.svg"}')
