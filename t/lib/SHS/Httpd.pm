# SPDX-License-Identifier: Apache-2.0
#
# An httpd of a test's own: for what cannot be shown on the one server that
# Apache::Test runs (start failures, reloads, other stores). Same modules and
# same probes (conf/probes.conf), own ServerRoot, own port, ended by its pid.

package SHS::Httpd;

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use POSIX ();
use SHS::HTTP;
use SHS::Process;
use Time::HiRes ();

# new(conf => text, files => { 'htdocs/x' => text }, mpm => ..., no_module => 1,
#     listen_backend => port of a SHS::Backend, loglevel => ..., near => 1,
#     hosts => a SHS::Hosts)
#
# near: the near-cache is On, the default. Without `near`, and unless `conf` sets
# SharedSessionCache in the main server, it is Off. Most tests count what reaches
# Redis, break the connection to it, or change a session behind httpd's back and
# look at once: the near-cache would save the lookup, bridge the break for a lease,
# and show the change a moment later. Tests of what users see set `near`; 55-* are
# the near-cache's own.
sub new {
    my ($class, %want) = @_;
    my $tmp = SHS::Process::tmp();
    my $root = tempdir('httpd-XXXXXX', DIR => $tmp);
    chmod 0755, $root;
    make_path("$root/logs", "$root/htdocs", "$root/cache");
    chmod 0777, "$root/cache", "$root/logs";
    my $self = bless { root => $root, port => SHS::Process::free_port(),
                       mpm => $want{mpm} || $ENV{SHS_MPM} }, $class;
    for my $name (keys %{ $want{files} || {} }) {
        $self->write($name, $want{files}{$name});
    }
    $self->{want} = \%want;
    $self->configure($want{conf} // '');
    return $self;
}

sub start {
    my ($class, %want) = @_;
    my $self = $class->new(%want);
    $self->run;
    return $self;
}

sub write {
    my ($self, $name, $text) = @_;
    my $path = "$self->{root}/$name";
    (my $dir = $path) =~ s{/[^/]*$}{};
    make_path($dir);
    open my $out, '>', $path or die "$path: $!";
    binmode $out;
    print $out $text;
    close $out;
    return $path;
}

sub configure {
    my ($self, $conf) = @_;
    my $t = "$ENV{SHS_TMP}/t";
    my %want = %{ $self->{want} };
    my $user = $> == 0 ? "User nobody\nGroup nogroup\n" : '';
    my $backend = $want{backend} || $ENV{SHS_BACKEND} || 9;
    my $loglevel = $want{loglevel} || 'notice shared_session:trace8';
    my $module = $want{no_module} ? '' :
        "LoadModule shared_session_module $ENV{SHS_MODULE}\n"
        . ($want{near} || $conf =~ /^SharedSessionCache /m
           ? '' : "SharedSessionCache Off\n");
    $self->write('httpd.conf', <<"CONF");
ServerRoot $self->{root}
Include $t/conf/modules.$self->{mpm}.conf
$module
ServerName localhost
Listen 127.0.0.1:$self->{port}
PidFile logs/httpd.pid
ErrorLog logs/error_log
LogLevel $loglevel
DocumentRoot $self->{root}/htdocs
$user
Define SHS_PORT $self->{port}
Define SHS_ROOT $t
Define SHS_RUN $self->{root}/logs
Define DOCS $self->{root}/htdocs
Define HOME_DIR $self->{root}
Define SHS_BACKEND $backend
Include $t/conf/probes.conf
$conf
CONF
    return;
}

sub port { $_[0]{port} }
sub pid  { $_[0]{pid} }
sub root { $_[0]{root} }

# (exit code, what it said)
sub check {
    my ($self) = @_;
    my $said = `$ENV{SHS_HTTPD} -t -f $self->{root}/httpd.conf 2>&1`;
    return ($? >> 8, $said . $self->error_log);
}

sub run {
    my ($self, @under) = @_;
    my $hosts = $self->{want}{hosts};
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        %ENV = (%ENV, $hosts->env) if $hosts;
        # A group of its own: prefork ends with a signal to its whole group.
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{root}/logs/stdout";
        open STDERR, '>&', \*STDOUT;
        exec(@under, $ENV{SHS_HTTPD}, '-f', "$self->{root}/httpd.conf",
             @under ? '-X' : ('-D', 'FOREGROUND')) or POSIX::_exit(127);
    }
    SHS::Process::note($pid, "httpd $self->{port}");
    $self->{pid} = $pid;
    eval { SHS::Process::wait_for_port($self->{port}, $pid,
                                       @under ? 120 : 20) }
        or die "httpd did not start: $@" . $self->output;
    return;
}

sub output {
    my ($self) = @_;
    return slurp("$self->{root}/logs/stdout") . $self->error_log;
}

sub stop {
    my ($self, $signal) = @_;
    return if !$self->{pid};
    my $clean = SHS::Process::stop($self->{pid}, $signal, 30);
    delete $self->{pid};
    return $clean;
}

# httpd listens before it catches the signal, which would end it till then.
sub graceful {
    my ($self) = @_;
    SHS::Process::wait_for('httpd to catch USR1', 20, sub {
        slurp("/proc/$self->{pid}/status") =~ /^SigCgt:\s*[0-9a-f]*([0-9a-f]{8})$/m
            && hex($1) & 1 << POSIX::SIGUSR1() - 1 });
    return kill 'USR1', $self->{pid};
}

sub get {
    my ($self, $path, %more) = @_;
    return SHS::HTTP::request(port => $self->{port}, path => $path, %more);
}

# A request to the JSON resource of a session; the path is /session unless
# path => ... Returns the code, and the id that was given or else the one used.
sub write_session {
    my ($self, $method, $id, $body, %more) = @_;
    my $r = $self->get($more{path} // '/session', %more, method => $method,
                       defined $body ? (body => $body,
                           headers => [['Content-Type', 'application/json']]) : (),
                       defined $id ? (cookie => "JSESSIONID=$id") : ());
    my $new = $r->new_id;
    return ($r->code, $new eq 'none' ? $id : $new);
}

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or return '';
    binmode $in;
    local $/;
    return scalar(<$in>) // '';
}

sub error_log { slurp("$_[0]{root}/logs/error_log") }

# What the error log has had in addition since new_lines() was called last.
sub unread_log {
    my ($self) = @_;
    return substr $self->error_log, $self->{read} // 0;
}

# The same; it counts as read.
sub new_lines {
    my ($self) = @_;
    my $lines = $self->unread_log;
    $self->{read} += length $lines;
    return $lines;
}

# Lines of the error log that match, newest last.
sub logged {
    my ($self, $pattern) = @_;
    return grep { $_ =~ $pattern } split /\n/, $self->error_log;
}

sub wait_logged {
    my ($self, $pattern, $seconds) = @_;
    return eval { SHS::Process::wait_for("a log line $pattern",
        $seconds || 5, sub { scalar $self->logged($pattern) }) } || 0;
}

sub children { return SHS::Process::children_of($_[0]{pid}) }

# Whether every child that serves has all its threads: ThreadsPerChild and its
# listener at least, but for prefork. (mod_cgid's daemon has one.)
sub is_complete {
    my ($self, @children) = @_;
    my @threads = map { slurp("/proc/$_/status") =~ /^Threads:\s*(\d+)/m ? $1 : 0 }
        @children;
    return @threads > 1 && !grep { !$_ } @threads if $self->{mpm} eq 'prefork';
    my @serving = grep { $_ > 1 } @threads;
    return @serving >= 1 && @threads - @serving <= 1 && !grep { $_ < 26 } @serving;
}

# Whether it has been so for a while, with the same children: httpd looks once a
# second whether it needs one more. How many there are is its own affair: after
# restarts that follow one another closely it may be content with one.
sub is_settled {
    my ($self) = @_;
    my $pids = join ' ', sort { $a <=> $b } $self->children;
    my $now = Time::HiRes::time();
    if (($self->{settled}{pids} // '') ne $pids || !$self->is_complete(split ' ', $pids)) {
        $self->{settled} = { pids => $pids, since => $now };
    }
    return $now - $self->{settled}{since} > 1.5;
}

1;
