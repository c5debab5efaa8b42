# SPDX-License-Identifier: Apache-2.0
"""The machine: a work directory, processes and their CPU time, free ports."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TICKS = os.sysconf('SC_CLK_TCK')


class Missing(Exception):
    """A program or file that a measurement needs is not on this machine."""


class Machine:
    """The work directory and the processes of one run; `with` ends the processes by
    pid and removes the directory."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.work = pathlib.Path(tempfile.mkdtemp(suffix='.shs-bench'))
        self.work.chmod(0o755)
        self.running = []
        self.ports = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end_all()
        shutil.rmtree(self.work, ignore_errors=True)

    def dir(self, name):
        path = self.work / name
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
        return path

    def free_port(self):
        while True:
            with socket.socket() as s:
                s.bind(('127.0.0.1', 0))
                port = s.getsockname()[1]
            if port not in self.ports:
                self.ports.add(port)
                return port

    def start(self, name, argv, env=None):
        """Starts a background process. Its output goes to work/NAME.log. It has a
        process group of its own, because prefork signals its whole group."""
        with open(self.work / f'{name}.log', 'ab') as log:
            process = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.work, start_new_session=True,
                env={**os.environ, **(env or {})})
        process.shs_log = self.work / f'{name}.log'
        self.running.append(process)
        return process

    def end(self, *processes):
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                # valgrind writes its profile at exit.
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.running = [p for p in self.running if p is not process]

    def end_all(self):
        self.end(*self.running)


def need(command):
    path = shutil.which(command, path=os.environ['PATH'] + ':/usr/sbin:/sbin')
    if not path:
        raise Missing(f'{command} is not installed')
    return path


def need_file(path, package):
    if not pathlib.Path(path).exists():
        raise Missing(f'{path} is not there (package {package})')
    return path


def output_of(*argv):
    return subprocess.run([str(word) for word in argv], check=True, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True).stdout


def wait_until(what, test, process=None, for_s=15):
    """Polls until test() is true; fails after for_s, or when the process ends."""
    end = time.monotonic() + for_s
    while True:
        try:
            if test():
                return
        except OSError:
            pass
        if process and process.poll() is not None or time.monotonic() > end:
            log = process.shs_log.read_text(errors='replace') if process else ''
            raise Missing(f'{what}: not ready. {log[-400:].strip()}')
        time.sleep(0.02)


# ------------------------------------------------------------- CPU of processes

def stat_of(pid):
    """Fields of /proc/PID/stat from the third on; None if there is no process."""
    try:
        text = pathlib.Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return None
    return text[text.rindex(')') + 2:].split()


def family_of(pids):
    """The processes and all their descendants."""
    parents = {}
    for entry in os.listdir('/proc'):
        fields = stat_of(entry) if entry.isdigit() else None
        if fields:
            parents[int(entry)] = int(fields[1])
    family = set(pids)
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in family}
        grown = not more <= family
        family |= more
    return family


def cpu_s(family):
    """User and system time of the processes that still run."""
    stats = [stat_of(pid) for pid in family]
    return sum(int(f[11]) + int(f[12]) for f in stats if f) / TICKS


def busy_s():
    """CPU time of the whole machine since boot: user, nice, system, interrupts."""
    fields = pathlib.Path('/proc/stat').read_text().split('\n', 1)[0].split()
    return sum(int(fields[i]) for i in (1, 2, 3, 6, 7)) / TICKS
