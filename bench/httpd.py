# SPDX-License-Identifier: Apache-2.0
"""Starts a separate httpd for each variant."""
import shlex

import load
import machine as m

CONF = '''
ServerRoot {dir}
PidFile {dir}/pid
Listen 127.0.0.1:{port}
ServerName bench
{mpm}
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule hello_module {work}/hello.so
User nobody
Group nogroup
ErrorLog {dir}/error.log
LogLevel warn
DocumentRoot {work}/htdocs
KeepAlive On
MaxKeepAliveRequests 0
Mutex sem
{workers}
<Directory />
    AllowOverride None
</Directory>
<Location /hello>
    SetHandler hello
</Location>
{more}
'''

THREADS = '''
ThreadsPerChild {threads}
ServerLimit {servers}
StartServers {servers}
MaxRequestWorkers {all}
MaxSpareThreads {all}
'''

PROCESSES = '''
StartServers 16
MaxSpareServers 32
MaxRequestWorkers 32
'''

# Name: the MPM and its workers. "single": event with one process.
WORKERS = {
    'event': ('event', THREADS.format(threads=32, servers=2, all=64)),
    'worker': ('worker', THREADS.format(threads=32, servers=2, all=64)),
    'single': ('event', THREADS.format(threads=8, servers=1, all=8)),
    'prefork': ('prefork', PROCESSES),
}


class Builder:
    """Finds httpd and its modules."""

    def __init__(self, machine):
        self.machine = machine
        self.more = ''  # directives of every server
        query = lambda word: m.output_of(m.need('apxs'), '-q', word).strip()
        self.modules = query('LIBEXECDIR')
        self.program = f'{query("SBINDIR")}/{query("PROGNAME")}'
        name = 'mod_shared_session.so'
        self.load_ours = self.load_copy(
            machine.root / f'build/default/.libs/{name}', name)
        page = machine.dir('htdocs') / 'index.txt'
        page.write_text('hello\n')
        self.flags = [f'-I{query("INCLUDEDIR")}', '-I'
                      + m.output_of('apr-1-config', '--includedir').strip(),
                      *shlex.split(query('CFLAGS')),
                      *m.output_of('apr-1-config', '--cppflags').split()]
        self.build('hello')

    def load_copy(self, built, name):
        """Copies a build of our module: a build during the run must not change what
        is measured. Returns its LoadModule line."""
        copy = self.machine.work / name
        copy.write_bytes(built.read_bytes())
        return f'LoadModule shared_session_module {copy}'

    def build(self, name, *libraries):
        """Compiles bench/NAME.c as a module. Returns its LoadModule line."""
        out = self.machine.work / f'{name}.so'
        if not out.exists():
            m.output_of(m.need('gcc'), '-O2', '-shared', '-fPIC', *self.flags,
                        '-o', out, self.machine.root / f'bench/{name}.c',
                        *libraries)
        return f'LoadModule {name}_module {out}'

    def module(self, name, package='apache2-bin'):
        """The LoadModule line of an installed module; raises Missing."""
        path = m.need_file(f'{self.modules}/mod_{name}.so', package)
        return f'LoadModule {name}_module {path}'

    def write(self, name, more, mpm):
        directory = self.machine.dir(name)
        port = self.machine.free_port()
        conf = directory / 'httpd.conf'
        kind, workers = WORKERS[mpm]
        mpm = f'LoadModule mpm_{kind}_module {self.modules}/mod_mpm_{kind}.so'
        conf.write_text(CONF.format(dir=directory, port=port, mpm=mpm,
                                    more=f'{self.more}{more}',
                                    work=self.machine.work, workers=workers,
                                    modules=self.modules))
        return conf, port

    def start(self, name, more='', mpm='event', env=None):
        """Returns the process and the base of its URLs."""
        conf, port = self.write(name, more, mpm)
        process = self.machine.start(name, [self.program, '-f', conf,
                                            '-DFOREGROUND'], env)
        url = f'http://127.0.0.1:{port}'
        m.wait_until(f'httpd {name}', lambda: load.get(f'{url}/index.txt'),
                     process)
        return process, url
