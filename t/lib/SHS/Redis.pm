# SPDX-License-Identifier: Apache-2.0
#
# A real redis-server on a free loopback port and a Unix socket, without
# persistence, and a small client for it (RESP2, blocking, no CPAN module).

package SHS::Redis;

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use SHS::Process;

# start(host => '127.0.0.1', port => N, args => [...],
#       acl => "text of an ACL file")
sub start {
    my ($class, %want) = @_;
    my $dir = $want{dir}
        || tempdir('redis-XXXXXX', DIR => SHS::Process::tmp());
    chmod 0755, $dir;
    my $self = bless { dir => $dir, host => $want{host} || '127.0.0.1',
                       port => $want{port} || SHS::Process::free_port(),
                       args => $want{args} || [], acl => $want{acl} }, $class;
    $self->{sock} = "$dir/redis.sock";
    $self->run;
    return $self;
}

sub run {
    my ($self) = @_;
    my @args = ('--port', $self->{port}, '--bind', $self->{host},
                '--unixsocket', $self->{sock}, '--unixsocketperm', '777',
                '--save', '', '--appendonly', 'no', '--dir', $self->{dir},
                '--daemonize', 'no', '--databases', '16',
                '--logfile', "$self->{dir}/redis.log", @{ $self->{args} });
    if ($self->{acl}) {
        open my $out, '>', "$self->{dir}/users.acl" or die $!;
        print $out $self->{acl};
        close $out;
        push @args, '--aclfile', "$self->{dir}/users.acl";
    }
    $self->spawn(@args);
    # Until it answers, which it does once every port and socket listens. A
    # TLS port is not probed by connecting and leaving: Redis 7.0 may then
    # close another client's connection, the next on the same descriptor. The
    # kernel may hold the port of a server that was killed a moment longer.
    SHS::Process::wait_for("redis-server, see $self->{dir}", 20, sub {
        $self->spawn(@args) if !SHS::Process::is_alive($self->{pid});
        $self->is_ready;
    });
    return;
}

sub spawn {
    my ($self, @args) = @_;
    SHS::Process::forget($self->{pid}) if $self->{pid};
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/redis.out";
        open STDERR, '>&', \*STDOUT;
        exec('redis-server', @args) or POSIX::_exit(127);
    }
    $self->{pid} = SHS::Process::note($pid, 'redis-server');
    return;
}

sub is_ready {
    my ($self) = @_;
    return eval {
        SHS::Redis::Client->new(host => $self->{host},
                                port => $self->{port})->cmd('PING');
        1;
    } || $@ =~ /^Redis: NOAUTH/;
}

sub port { $_[0]{port} }
sub sock { $_[0]{sock} }
sub pid  { $_[0]{pid} }

sub pause  { kill 'STOP', $_[0]{pid} }
sub resume { kill 'CONT', $_[0]{pid} }

sub stop {
    my ($self, $signal) = @_;
    return if !$self->{pid};
    delete $self->{client};
    kill 'CONT', $self->{pid};
    SHS::Process::stop($self->{pid}, $signal);
    delete $self->{pid};
    return;
}

sub restart {
    my ($self) = @_;
    $self->stop('KILL');
    $self->run;
    return;
}

# One client connection for the test itself, opened when first needed.
sub client {
    my ($self) = @_;
    return $self->{client} ||= SHS::Redis::Client->new(
        host => $self->{host}, port => $self->{port},
        login => $self->{login});
}

# A replica that takes over its master's data answers LOADING meanwhile.
sub cmd {
    my ($self, @words) = @_;
    my $reply;
    SHS::Process::wait_for('Redis to have loaded its data', 20, sub {
        return 1 if eval { $reply = $self->client->cmd(@words); 1 };
        die $@ if $@ !~ /^Redis: LOADING/;
        return 0;
    });
    return $reply;
}

# --- what a session looks like in Redis ---------------------------------

sub put_hash {
    my ($self, $key, $attributes, $ttl_s) = @_;
    $self->cmd('DEL', $key);
    $self->cmd('HSET', $key, map { ($_ => $attributes->{$_}) } sort keys %$attributes);
    $self->cmd('EXPIRE', $key, $ttl_s) if $ttl_s;
    return $key;
}

# What a hash holds, as a list of names and values.
sub hash { return @{ $_[0]->cmd('HGETALL', $_[1]) } }

# The hash of a session under the default key: { name => value }.
sub session { return { $_[0]->hash("session:$_[1]") } }

sub put_string {
    my ($self, $key, $text, $ttl_s) = @_;
    $self->cmd('SET', $key, $text, $ttl_s ? ('EX', $ttl_s) : ());
    return $key;
}

# The URL of a store of that kind ("cluster", "sentinel") at those ports of the
# loopback; tls => 1, user => ..., password => ...
sub store_url {
    my ($kind, $ports, %more) = @_;
    my $login = defined $more{password} ? ($more{user} // '') . ":$more{password}\@" : '';
    return ($more{tls} ? 'rediss' : 'redis') . "+$kind://$login"
        . join ',', map { "127.0.0.1:$_" } @$ports;
}

# Runs the sub and returns every command that reached the server meanwhile:
# [db, name, args...]. Exact, not a guess by time: an ECHO of our own ends it.
# without_scripts => 1: not those that a script calls.
sub commands_during {
    my ($self, $code, %want) = @_;
    my $monitor = SHS::Redis::Client->new(
        host => $self->{host}, port => $self->{port},
        login => $self->{login});
    $monitor->cmd('MONITOR');
    $code->();
    my $mark = "end-of-watch-$$-" . rand;
    $self->cmd('ECHO', $mark);
    my @seen;
    while (1) {
        my $line = $monitor->read_reply;
        last if $line =~ /\Q$mark\E/;
        next if $line !~ /^[\d.]+ \[(\d+) ([^\]]*)\] (.*)$/;
        my ($db, $from, $rest) = ($1, $2, $3);
        next if $want{without_scripts} && $from eq 'lua';
        my @words = $rest =~ /"((?:[^"\\]|\\.)*)"/g;
        push @seen, [ $db, uc shift @words, @words ];
    }
    return @seen;
}

# The lookups meanwhile (in the given database, or with the given text in the key).
# A lookup is two commands, the load and PTTL. Dies of any other command, but for
# those that open a connection or keep a tracker's alive.
sub lookups_during {
    my ($self, $code, %only) = @_;
    my @seen = grep { $_->[1] !~ /^(?:AUTH|SELECT|HELLO|PING|CLIENT|INFO|ROLE
                                    |SUBSCRIBE)$/x }
        $self->commands_during($code);
    @seen = grep { $_->[0] == $only{db} } @seen if defined $only{db};
    @seen = grep { join(' ', @$_) =~ /\Q$only{text}\E/ } @seen
        if defined $only{text};
    my @loads = grep { $_->[1] =~ /^(?:GET|HGETALL|HMGET)$/ } @seen;
    my @ttls = grep { $_->[1] eq 'PTTL' } @seen;
    die 'not a load and PTTL each: ' . join(', ', map { "@$_[1 .. $#$_]" } @seen) . "\n"
        if @seen != @loads + @ttls || @loads != @ttls;
    return wantarray ? @loads : scalar @loads;
}

package SHS::Redis::Client;

use strict;
use warnings;

sub new {
    my ($class, %to) = @_;
    my $s = $to{sock}
        ? IO::Socket::UNIX->new(Peer => $to{sock})
        : IO::Socket::INET->new(PeerPort => $to{port},
                                PeerAddr => $to{host} || '127.0.0.1');
    die "no connection to Redis: $!\n" if !$s;
    binmode $s;
    my $self = bless { s => $s, buf => '' }, $class;
    $self->cmd('AUTH', @{ $to{login} }) if $to{login};
    $self->cmd('SELECT', $to{db}) if $to{db};
    return $self;
}

sub cmd {
    my ($self, @words) = @_;
    my $out = '*' . @words . "\r\n";
    for my $w (@words) {
        my $octets = "$w";
        utf8::encode($octets) if utf8::is_utf8($octets);
        $out .= '$' . length($octets) . "\r\n$octets\r\n";
    }
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{s} } $out;
    $self->{s}->flush;
    return $self->read_reply;
}

sub fill {
    my ($self) = @_;
    my $n = sysread $self->{s}, $self->{buf}, 65536, length $self->{buf};
    die "Redis closed the connection\n" if !$n;
    return;
}

sub read_line {
    my ($self) = @_;
    $self->fill while $self->{buf} !~ /\r\n/;
    $self->{buf} =~ s/^(.*?)\r\n//s;
    return $1;
}

sub read_reply {
    my ($self) = @_;
    my $line = $self->read_line;
    my $type = substr $line, 0, 1, '';
    return $line if $type eq '+' || $type eq ':';
    die "Redis: $line\n" if $type eq '-';
    if ($type eq '$') {
        return undef if $line < 0;
        $self->fill while length $self->{buf} < $line + 2;
        my $text = substr $self->{buf}, 0, $line, '';
        substr $self->{buf}, 0, 2, '';
        return $text;
    }
    if ($type eq '*') {
        return undef if $line < 0;
        return [ map { $self->read_reply } 1 .. $line ];
    }
    die "Redis sent something strange: $type$line\n";
}

1;
