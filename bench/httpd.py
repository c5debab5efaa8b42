# SPDX-License-Identifier: Apache-2.0
"""An httpd of its own for each thing that is measured."""
import shlex

import load
import machine as m

CONF = '''
ServerRoot {dir}
PidFile {dir}/pid
Listen 127.0.0.1:{port}
ServerName bench
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
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
<IfModule !mpm_prefork_module>
    ThreadsPerChild 32
    ServerLimit 2
    StartServers 2
    MaxRequestWorkers 64
    MaxSpareThreads 64
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 16
    MaxSpareServers 32
    MaxRequestWorkers 32
</IfModule>
<Directory />
    AllowOverride None
</Directory>
<Location /hello>
    SetHandler hello
</Location>
{more}
'''


class Builder:
    """Knows where httpd and its modules are, and keeps copies of ours: a build
    meanwhile must not change what is measured."""

    def __init__(self, machine):
        self.machine = machine
        query = lambda word: m.output_of(m.need('apxs'), '-q', word).strip()
        self.modules = query('LIBEXECDIR')
        self.program = f'{query("SBINDIR")}/{query("PROGNAME")}'
        self.ours = machine.work / 'mod_shared_session.so'
        self.ours.write_bytes((machine.root / 'build/default/.libs'
                               / self.ours.name).read_bytes())
        self.load_ours = f'LoadModule shared_session_module {self.ours}'
        page = machine.dir('htdocs') / 'index.txt'
        page.write_text('hello\n')
        includes = [f'-I{query("INCLUDEDIR")}', '-I'
                    + m.output_of('apr-1-config', '--includedir').strip()]
        m.output_of(m.need('gcc'), '-O2', '-shared', '-fPIC', *includes,
                    *shlex.split(query('CFLAGS')),
                    *m.output_of('apr-1-config', '--cppflags').split(),
                    '-o', machine.work / 'hello.so',
                    machine.root / 'bench/hello.c')

    def module(self, name, package='apache2-bin'):
        """LoadModule of one of httpd's, or Missing."""
        path = m.need_file(f'{self.modules}/mod_{name}.so', package)
        return f'LoadModule {name}_module {path}'

    def write(self, name, more, mpm):
        directory = self.machine.dir(name)
        port = self.machine.free_port()
        conf = directory / 'httpd.conf'
        conf.write_text(CONF.format(dir=directory, port=port, mpm=mpm, more=more,
                                    work=self.machine.work,
                                    modules=self.modules))
        return conf, port

    def start(self, name, more='', mpm='event', env=None):
        """Returns the process and the beginning of its URLs."""
        conf, port = self.write(name, more, mpm)
        process = self.machine.start(name, [self.program, '-f', conf,
                                            '-DFOREGROUND'], env)
        url = f'http://127.0.0.1:{port}'
        m.wait_until(f'httpd {name}', lambda: load.ask(f'{url}/index.txt'),
                     process)
        return process, url
