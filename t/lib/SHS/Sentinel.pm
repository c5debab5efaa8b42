# SPDX-License-Identifier: Apache-2.0
#
# A master, two replicas and three Sentinels that watch over them: real
# servers on free loopback ports. What the Sentinels announce is written down
# with its moment by processes that do nothing else.
#
#   start(tls => SHS::Certs with a "server", acl => ACL of the servers,
#         login => [user, password] that may do everything there,
#         sentinel_acl => ..., sentinel_login => [...], down_after => ms)
#
# With TLS the servers know each other by their TLS ports; the plain ports are
# there as well, for the test's own clients.

package SHS::Sentinel;

use strict;
use warnings;

use File::Temp qw(tempfile);
use SHS::Process;
use SHS::Member;
use SHS::Redis;
use Time::HiRes qw(time);

sub start {
    my ($class, %want) = @_;
    my $self = bless { name => 'mymaster', down_after => 1200, %want }, $class;
    $self->{servers} = [ map { $self->new_server } 1 .. 3 ];
    my ($master, @replicas) = @{ $self->{servers} };
    $self->replicate($_, $master) for @replicas;
    SHS::Process::wait_for('replicas in step', 20, sub {
        !grep { !is_replica_of($_, $master) } @replicas });
    $self->start_sentinels($master);
    $self->wait_settled;
    my ($fh, $journal) = tempfile('events-XXXXXX', DIR => SHS::Process::tmp());
    close $fh;
    $self->{journal} = $journal;
    $self->listen_to($_) for @{ $self->{sentinels} };
    SHS::Process::wait_for('subscriptions', 10, sub {
        (grep { $_->{what} eq 'subscribed' } $self->events) >= 3 });
    return $self;
}

# --- starting ---------------------------------------------------------------

# (arguments for TLS, the port that others are told)
sub tls_args {
    my ($self) = @_;
    my $certs = $self->{tls} or return ();
    my $port = SHS::Process::free_port();
    return ($port, '--tls-port', $port,
            '--tls-cert-file', $certs->path('server.crt'),
            '--tls-key-file', $certs->path('server.key'),
            '--tls-ca-cert-file', $certs->path('ca.crt'),
            '--tls-auth-clients', 'no', '--tls-replication', 'yes');
}

sub new_server {
    my ($self) = @_;
    my ($tls_port, @tls) = $self->tls_args;
    my @auth;
    if ($self->{login}) {
        my ($user, $password) = @{ $self->{login} };
        @auth = ('--masteruser', $user, '--masterauth', $password);
    }
    my $server = SHS::Member->start(
        acl => $self->{acl},
        args => [ @tls, @auth, '--repl-diskless-sync', 'yes',
                  '--repl-diskless-sync-delay', '0',
                  '--repl-ping-replica-period', '1' ]);
    $server->{told_port} = $tls_port // $server->port;
    $server->{login} = $self->{login};
    return $server;
}

sub start_sentinels {
    my ($self, $master) = @_;
    my $name = $self->{name};
    my @members = map { {
        port => SHS::Process::free_port(), tls => [ $self->tls_args ],
        id => join '', map { sprintf '%x', rand 16 } 1 .. 40 } } 1 .. 3;
    for my $me (@members) {
        my @lines = ("sentinel myid $me->{id}",
            "sentinel monitor $name 127.0.0.1 $master->{told_port} 2",
            "sentinel down-after-milliseconds $name $self->{down_after}",
            "sentinel failover-timeout $name 5000",
            "sentinel parallel-syncs $name 2");
        push @lines, "sentinel auth-user $name $self->{login}[0]",
            "sentinel auth-pass $name $self->{login}[1]" if $self->{login};
        push @lines, "sentinel sentinel-user $self->{sentinel_login}[0]",
            "sentinel sentinel-pass $self->{sentinel_login}[1]"
            if $self->{sentinel_login};
        # They need not find each other first.
        push @lines, map {
            "sentinel known-replica $name 127.0.0.1 $_->{told_port}"
        } grep { $_ != $master } @{ $self->{servers} };
        push @lines, map {
            "sentinel known-sentinel $name 127.0.0.1 "
            . ($_->{tls}[0] // $_->{port}) . " $_->{id}"
        } grep { $_ != $me } @members;
        my ($tls_port, @tls) = @{ $me->{tls} };
        my $sentinel = SHS::Sentinel::Server->start(
            port => $me->{port}, args => \@tls, conf => \@lines,
            acl => $self->{sentinel_acl}, login => $self->{sentinel_login},
            master_name => $name);
        $sentinel->{told_port} = $tls_port // $sentinel->port;
        push @{ $self->{sentinels} }, $sentinel;
    }
    return;
}

# A process for each Sentinel: its announcements, with their moments.
sub listen_to {
    my ($self, $sentinel) = @_;
    my ($port, $journal) = ($sentinel->port, $self->{journal});
    SHS::Process::fork_child("subscriber at $port", sub {
        open my $out, '>>', $journal or die "$journal: $!";
        while (1) {
            eval {
                my $client = SHS::Redis::Client->new(
                    port => $port, login => $sentinel->{login});
                $client->cmd('PSUBSCRIBE', '*');
                syswrite $out, time . " $port subscribed -\n";
                while (1) {
                    my $said = $client->read_reply;
                    syswrite $out, time . " $port $said->[2] $said->[3]\n";
                }
            };
            SHS::Process::let_pass(0.05);
        }
    });
    return;
}

# --- the servers ----------------------------------------------------------------

sub servers { return @{ $_[0]{servers} } }
sub sentinels { return @{ $_[0]{sentinels} } }

# The ports that clients are to use: with TLS those of TLS.
sub ports { return map { $_->{told_port} } $_[0]->sentinels }

# The store's URL; url(user => 'app', password => 'x', db => 3, ports => [...])
sub url {
    my ($self, %more) = @_;
    my @ports = @{ $more{ports} || [ $self->ports ] };
    my $name = $more{name} // $self->{name};
    my $db = defined $more{db} ? "/$more{db}" : '';
    return SHS::Redis::store_url(sentinel => \@ports, %more, tls => $self->{tls})
        . "/$name$db";
}

# The server at an address that a Sentinel named.
sub server_at {
    my ($self, $port) = @_;
    return (grep { $_->{told_port} == $port } $self->servers)[0];
}

# The master that the Sentinel names.
sub master_by {
    my ($self, $sentinel) = @_;
    my $at = $sentinel->cmd('SENTINEL', 'get-master-addr-by-name',
                            $self->{name});
    return $at && $self->server_at($at->[1]);
}

# The master that the Sentinel with the latest configuration names: the others
# learn of a promotion up to a second later.
sub master {
    my ($self) = @_;
    my ($master, $latest);
    for my $sentinel (grep { $_->is_up } $self->sentinels) {
        my %about = eval { @{ $sentinel->cmd('SENTINEL', 'MASTER',
                                             $self->{name}) } } or next;
        my $named = $self->master_by($sentinel) or next;
        ($master, $latest) = ($named, $about{'config-epoch'})
            if !$master || $about{'config-epoch'} > $latest;
    }
    return $master || die "no Sentinel names a master\n";
}

sub replicas {
    my ($self) = @_;
    my $master = $self->master;
    return grep { $_ != $master } $self->servers;
}

sub role { return $_[0]->cmd('ROLE')->[0] }

sub is_replica_of {
    my ($server, $master) = @_;
    my $role = eval { $server->cmd('ROLE') } or return 0;
    return $role->[0] eq 'slave' && $role->[2] == $master->{told_port}
        && $role->[3] eq 'connected';
}

# Every Sentinel and server is up and sees the same: then the next fault may
# come.
sub wait_settled {
    my ($self) = @_;
    eval {
        SHS::Process::wait_for('Sentinels to agree', 40, sub {
            !grep { !eval { $self->is_settled($_) } } $self->sentinels });
        1;
    } or die $@ . $self->describe;
    return $self->master;
}

sub is_settled {
    my ($self, $sentinel) = @_;
    my $name = $self->{name};
    my $master = $self->master_by($sentinel);
    my %about = @{ $sentinel->cmd('SENTINEL', 'MASTER', $name) };
    return 0 if $about{flags} ne 'master' || $about{'num-other-sentinels'} != 2
        || $master != $self->master || role($master) ne 'master';
    my @replicas = map { my %r = @$_; \%r }
        @{ $sentinel->cmd('SENTINEL', 'REPLICAS', $name) };
    return 0 if @replicas != 2 || grep {
        $_->{flags} ne 'slave' || $_->{'master-link-status'} ne 'ok'
        || $_->{'master-port'} != $master->{told_port}
        || !is_replica_of($self->server_at($_->{port}), $master) } @replicas;
    return $sentinel->cmd('SENTINEL', 'CKQUORUM', $name) =~ /^OK 3 /;
}

# For the words of a failure.
sub describe {
    my ($self) = @_;
    my @lines;
    for my $sentinel ($self->sentinels) {
        my $state = eval { join ' ', @{ $sentinel->cmd('SENTINEL', 'MASTER',
                                                       $self->{name}) } };
        push @lines, 'sentinel ' . $sentinel->port . ': ' . ($state // $@);
    }
    push @lines, map { 'server ' . $_->{told_port} . ': '
        . (eval { join ' ', map { ref ? @$_ : $_ } @{ $_->cmd('ROLE') } }
           // $@) } $self->servers;
    push @lines, map { "$_->{moment} $_->{port} $_->{what} $_->{words}" }
        $self->events if $self->{journal};
    return join '', map { /\n\z/ ? $_ : "$_\n" } @lines;
}

# --- faults ------------------------------------------------------------------------

# kill -9; returns the server and the moment before.
sub kill_master {
    my ($self) = @_;
    my $master = $self->master;
    my $moment = time;
    $master->stop('KILL');
    return ($master, $moment);
}

# SIGSTOP; the server goes on with $server->resume.
sub pause_master {
    my ($self) = @_;
    my $master = $self->master;
    my $moment = time;
    $master->pause;
    return ($master, $moment);
}

sub replicate {
    my ($self, $server, $master) = @_;
    $server->cmd('REPLICAOF', '127.0.0.1', $master->{told_port});
    return;
}

# A server that was away is a replica of the master again.
sub rejoin {
    my ($self, $server) = @_;
    $server->pid ? $server->resume : $server->run;
    $self->replicate($server, $self->master);
    return $self->wait_settled;
}

# --- announcements --------------------------------------------------------------

sub events {
    my ($self) = @_;
    open my $in, '<', $self->{journal} or return;
    my @events;
    for (<$in>) {
        push @events, { moment => $1, port => $2, what => $3, words => $4 }
            if /^(\S+) (\d+) (\S+) (.*)\n/;
    }
    return @events;
}

# The first announcement of that kind since the moment.
sub wait_event {
    my ($self, $what, $since, $seconds) = @_;
    my $event = eval {
        SHS::Process::wait_for($what, $seconds // 30, sub {
            (grep { $_->{what} eq $what && $_->{moment} >= $since }
             $self->events)[0] });
    } or die $@ . $self->describe;
    return $event;
}

# (the new master, the moment a Sentinel first announced +switch-master)
sub wait_for_promotion {
    my ($self, $since) = @_;
    my $event = $self->wait_event('+switch-master', $since);
    my $port = (split ' ', $event->{words})[4];
    return ($self->server_at($port), $event->{moment});
}

# --- sessions ------------------------------------------------------------------------

# On the current master; returns when both replicas have it.
sub put_hash {
    my ($self, $key, $attributes, $replicas) = @_;
    my $master = $self->master;
    $master->put_hash($key, $attributes);
    return $self->wait_replicated($master, $replicas);
}

# Everything that was written is on that many replicas (2).
sub wait_replicated {
    my ($self, $master, $replicas) = @_;
    $replicas //= 2;
    my $have = $master->cmd('WAIT', $replicas, 10_000);
    die "only $have of $replicas replicas have it\n" if $have < $replicas;
    return $master;
}

# A Sentinel: redis-server with a file that it may write, and another mode.
package SHS::Sentinel::Server;

use strict;
use warnings;

use File::Temp qw(tempdir);

our @ISA = 'SHS::Member';

# start(port => N, conf => [lines], args => [...], acl => text, login => [...])
sub start {
    my ($class, %want) = @_;
    my $dir = tempdir('sentinel-XXXXXX', DIR => SHS::Process::tmp());
    open my $out, '>', "$dir/sentinel.conf" or die $!;
    print $out map { "$_\n" } @{ $want{conf} };
    close $out;
    my $self = $class->SUPER::start(%want, dir => $dir);
    @$self{qw(login master_name)} = @want{qw(login master_name)};
    $self->tune($want{master_name});
    return $self;
}

# Sentinel's own clocks, which it has not in its file. It takes a server for
# dead that did not answer for down-after, but sends no PING in the first
# second of a connection. And a machine that stalls shall not keep it from its
# work for 30 s ("tilt"). Where they cannot be set (before Redis 7.0) it must
# be more patient.
sub tune {
    my ($self, $name) = @_;
    eval { $self->cmd('SENTINEL', 'DEBUG', 'ping-period', 400,
                      'ask-period', 200, 'publish-period', 1000,
                      'info-period', 1000, 'tilt-period', 1000) }
        // $self->cmd('SENTINEL', 'SET', $name, 'down-after-milliseconds', 3000);
    return;
}

sub restart {
    my ($self) = @_;
    $self->SUPER::restart;
    return $self->tune($self->{master_name});
}

sub spawn {
    my ($self, @args) = @_;
    return $self->SUPER::spawn("$self->{dir}/sentinel.conf", '--sentinel',
                               @args);
}

1;
