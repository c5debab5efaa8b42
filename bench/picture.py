# SPDX-License-Identifier: Apache-2.0
"""The picture: rates relative to bare httpd, and the rates of the alternatives."""
import shutil
import subprocess

HERE = ('none', 'off', 'nocookie', 'hit', 'tcp', 'unix', 'tls', 'hit-far', 'far')


def rows_for(result, group, names=None):
    rows = result['groups'].get(group, {'rows': []})['rows']
    return [row for row in rows if not names or row['name'] in names]


def write_data(path, rows):
    """Label, ratio, minimum, maximum, rate. gnuplot draws from bottom to top."""
    path.write_text(''.join(
        f'"{row["label"]}"\t{row["ratio"]:.3f}\t{row["ratio_min"]:.3f}'
        f'\t{row["ratio_max"]:.3f}\t{row["rate"]:.0f}\n'
        for row in reversed(rows)))


def draw(result, out):
    left = rows_for(result, 'cost', HERE)
    right = rows_for(result, 'alternatives')
    if not left or not right:
        return
    if not shutil.which('gnuplot'):
        print('missing: the picture: gnuplot is not installed')
        return
    write_data(out / 'left.dat', left)
    write_data(out / 'right.dat', right)
    script = __file__.replace('.py', '.gp')
    subprocess.run(['gnuplot', script], cwd=out, check=True,
                   stdin=subprocess.DEVNULL)
    print(f'picture: {out / "results.svg"}')
