# SPDX-License-Identifier: Apache-2.0
#
# A real Redis Cluster: three masters with a third of the slots each, and a
# replica for each of them, on free loopback ports. Slots move and masters die
# at a test's word.
#
#   start(tls => SHS::Certs with a "server", acl => ..., login => [user, pw],
#         args => [more of redis-server])
#
# With TLS every node has both kinds of port, and tells each client the other
# nodes' ports of its own kind: one cluster serves redis+cluster:// and
# rediss+cluster://. The bus of the nodes is TLS then.

package SHS::Cluster;

use strict;
use warnings;

use IO::Socket::INET;
use SHS::Process;
use SHS::Member;
use SHS::Redis;
use Time::HiRes qw(time);

my $bus = 10_000;
my @shares = ([ 0, 5460 ], [ 5461, 10_922 ], [ 10_923, 16_383 ]);

sub start {
    my ($class, %want) = @_;
    my $self = bless { node_timeout => 1500, %want }, $class;
    $self->{nodes} = [ map { $self->new_node } 1 .. 6 ];
    my @nodes = $self->nodes;
    for my $n (0 .. 5) {
        $nodes[$n]->cmd('CLUSTER', 'SET-CONFIG-EPOCH', $n + 1);
        $nodes[$n]->cmd('CLUSTER', 'ADDSLOTS', $shares[$n][0] .. $shares[$n][1])
            if $shares[$n];
        # Each is told of each: that is quicker than gossip.
        $nodes[$n]->cmd('CLUSTER', 'MEET', '127.0.0.1', $_->{bus_of})
            for @nodes[ 0 .. $n - 1 ];
    }
    $self->wait_until('nodes to know each other', sub {
        $self->lines_of($_[0]) == 6
            && !grep { /handshake|fail/ } $self->lines_of($_[0]) });
    for my $n (3 .. 5) {
        $nodes[$n]->cmd('CLUSTER', 'REPLICATE', $nodes[ $n - 3 ]->id);
    }
    $self->wait_ok;
    return $self;
}

# A port whose port of the bus is free as well.
sub free_port {
    for (1 .. 200) {
        my $port = SHS::Process::free_port();
        next if $port + $bus >= 32_768;
        my $s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
                                      LocalAddr => '127.0.0.1',
                                      LocalPort => $port + $bus) or next;
        close $s;
        return $port;
    }
    die "no free port with a free port of the bus: $!";
}

sub new_node {
    my ($self) = @_;
    my (@args, $tls_port);
    my $port = free_port();
    if (my $certs = $self->{tls}) {
        $tls_port = free_port();
        @args = ('--tls-port', $tls_port,
                 '--tls-cert-file', $certs->path('server.crt'),
                 '--tls-key-file', $certs->path('server.key'),
                 '--tls-ca-cert-file', $certs->path('ca.crt'),
                 '--tls-auth-clients', 'no', '--tls-replication', 'yes',
                 '--tls-cluster', 'yes');
    }
    if ($self->{login}) {
        my ($user, $password) = @{ $self->{login} };
        push @args, '--masteruser', $user, '--masterauth', $password;
    }
    my $node = SHS::Cluster::Node->start(
        port => $port, acl => $self->{acl},
        args => [ @args, @{ $self->{args} || [] }, '--cluster-enabled', 'yes',
                  '--cluster-config-file', 'nodes.conf',
                  '--cluster-node-timeout', $self->{node_timeout},
                  '--cluster-replica-validity-factor', '0',
                  '--cluster-migration-barrier', '100',
                  '--cluster-require-full-coverage', 'no',
                  '--repl-diskless-sync', 'yes',
                  '--repl-diskless-sync-delay', '0',
                  '--repl-ping-replica-period', '1' ]);
    @$node{qw(login tls_port bus_of)} =
        ($self->{login}, $tls_port, $tls_port // $port);
    return $node;
}

# --- the nodes ------------------------------------------------------------------

sub nodes { return @{ $_[0]{nodes} } }
sub live  { return grep { $_->is_up } $_[0]->nodes }

# The store's URL; url(nodes => [...], tls => 1, user => ..., password => ...)
sub url {
    my ($self, %more) = @_;
    my @ports = map { $more{tls} ? $_->{tls_port} : $_->port }
        @{ $more{nodes} || [ $self->nodes ] };
    return SHS::Redis::store_url(cluster => \@ports, %more);
}

sub node_at {
    my ($self, $port) = @_;
    return (grep { $_->port == $port } $self->nodes)[0];
}

# What a node thinks of the nodes, a line each.
sub lines_of {
    my ($self, $node) = @_;
    return split /\n/, $node->cmd('CLUSTER', 'NODES');
}

# The shards as a node sees them: [first slot, last slot, master, replicas...]
sub shards_by {
    my ($self, $node) = @_;
    $self->{slots_asked}++;
    return map {
        my ($first, $last, @members) = @$_;
        [ $first, $last, map { $self->node_at($_->[1]) } @members ]
    } @{ $node->cmd('CLUSTER', 'SLOTS') };
}

# How often CLUSTER SLOTS was asked for by the test itself.
sub slots_asked { return $_[0]{slots_asked} }

sub slot_of {
    my ($self, $key) = @_;
    return (($self->live)[0])->cmd('CLUSTER', 'KEYSLOT', $key);
}

# The node that serves the slot, by its own word.
sub owner_of_slot {
    my ($self, $slot) = @_;
    for my $node ($self->live) {
        for my $shard ($self->shards_by($node)) {
            return $node if $shard->[0] <= $slot && $slot <= $shard->[1]
                && $shard->[2] == $node;
        }
    }
    return undef;
}

sub owner_of {
    my ($self, $key) = @_;
    return $self->owner_of_slot($self->slot_of($key));
}

# Nodes that say of themselves that they are masters with slots.
sub masters {
    my ($self) = @_;
    my %is_master;
    for my $node ($self->live) {
        $is_master{$node} = grep { $_->[2] == $node } $self->shards_by($node);
    }
    return grep { $is_master{$_} } $self->live;
}

sub replicas_of {
    my ($self, $master) = @_;
    my %of = map { $_ => $_->cmd('ROLE') } $self->live;
    return grep { $of{$_}[0] eq 'slave' && $of{$_}[2] == $master->{bus_of} }
        $self->live;
}

# Polls until the sub is true of every node that is up.
sub wait_until {
    my ($self, $words, $likes, $seconds) = @_;
    eval {
        SHS::Process::wait_for($words, $seconds // 40, sub {
            !grep { !eval { $likes->($_) } } $self->live });
        1;
    } or die $@ . $self->describe;
    return;
}

# Every live node says that all is well, every slot has a live master, and
# replicas follow the masters. wait_ok($n): that many of them in all (3).
sub wait_ok {
    my ($self, $replicas) = @_;
    return $self->wait_until('the cluster to be well', sub {
        $self->is_ok($_[0], $replicas // 3) });
}

sub is_ok {
    my ($self, $node, $replicas) = @_;
    my $info = $node->cmd('CLUSTER', 'INFO');
    my ($slots, %followers) = (0);
    return 0 if $info !~ /cluster_state:ok/;
    for my $shard ($self->shards_by($node)) {
        my ($first, $last, $master, @others) = @$shard;
        return 0 if !$master || !$master->is_up;
        $slots += $last - $first + 1;
        $followers{$_} = 1 for grep { $_->is_up } @others;
    }
    my $role = $node->cmd('ROLE');
    return 0 if $role->[0] eq 'slave' && $role->[3] ne 'connected';
    return $slots == 16_384 && keys %followers == $replicas
        && $info =~ /cluster_slots_ok:16384/;
}

# For the words of a failure.
sub describe {
    my ($self) = @_;
    return join '', map {
        my $node = $_;
        'as seen by ' . $node->port . ":\n" . (eval {
            $node->cmd('CLUSTER', 'INFO') =~ s/\r?\ncluster_stats.*//sr . "\n"
                . join '', map { "    $_\n" } $self->lines_of($node) } // $@);
    } $self->live;
}

# --- sessions ------------------------------------------------------------------------

# On the node that serves the key; returns the node.
sub put_hash {
    my ($self, $key, $attributes) = @_;
    my $map = $self->{map} ||= $self->read_map;
    my $node = $map->[ slot($key) ];
    return $node if $node && $node->is_up
        && eval { $node->put_hash($key, $attributes); 1 };
    delete $self->{map};
    $node = $self->owner_of($key) or die "no node serves $key\n";
    $node->put_hash($key, $attributes);
    return $node;
}

# Slot -> master.
sub read_map {
    my ($self) = @_;
    my @map;
    for my $shard ($self->shards_by(($self->live)[0])) {
        @map[ $shard->[0] .. $shard->[1] ] =
            ($shard->[2]) x ($shard->[1] - $shard->[0] + 1);
    }
    return \@map;
}

# The slot of a key: CRC16 of XMODEM, of the hash tag if there is one.
my @crc = map {
    my $crc = $_ << 8;
    $crc = $crc & 0x8000 ? $crc << 1 ^ 0x1021 : $crc << 1 for 1 .. 8;
    $crc & 0xffff;
} 0 .. 255;

sub crc16 {
    my ($crc, $text) = @_;
    $crc = ($crc << 8 & 0xffff) ^ $crc[ ($crc >> 8) ^ $_ ]
        for unpack 'C*', $text;
    return $crc;
}

sub slot {
    my ($key) = @_;
    $key = $1 if $key =~ /^[^{]*\{([^}]+)\}/s;
    return crc16(0, $key) & 16_383;
}

# A key of that slot: the prefix, which has no braces, and five digits or more.
sub key_in_slot {
    my ($slot, $prefix) = @_;
    my $crc = crc16(0, $prefix);
    for my $n (10_000 .. 9_999_999) {
        return "$prefix$n" if (crc16($crc, $n) & 16_383) == $slot;
    }
    die "no key of slot $slot\n";
}

# --- faults ------------------------------------------------------------------------

# kill -9 of the master that serves the key; the node, and the moment before.
sub kill_master_of {
    my ($self, $key) = @_;
    my $master = $self->owner_of($key);
    my $moment = time;
    $master->stop('KILL');
    return ($master, $moment);
}

# SIGSTOP; the node goes on with $node->resume.
sub pause_master_of {
    my ($self, $key) = @_;
    my $master = $self->owner_of($key);
    my $moment = time;
    $master->pause;
    return ($master, $moment);
}

# Waits till another node than that serves the slot; (node, moment after which it
# had said so, moment at which none did yet).
sub wait_for_takeover {
    my ($self, $slot, $from) = @_;
    my $not_yet = 0;
    my @replies = eval {
        SHS::Process::wait_for("another master of slot $slot", 40, sub {
            my $asked = time;
            my $owner = eval { $self->owner_of_slot($slot) };
            return [ $owner, time, $not_yet ] if $owner && $owner != $from;
            $not_yet = $asked;
            return 0 });
    } or die $@ . $self->describe;
    return @{ $replies[0] };
}

# From here on the node and all the others do not reach each other, and clients
# reach each of them as before: on the bus it shows a certificate of an authority
# that they do not know, and knows no other. Needs tls, and args => [qw(
# --enable-debug-command local)] to end the connections that there are.
sub cut_off {
    my ($self, $node, $strange) = @_;
    $self->show($node, $strange);
    for my $peer (grep { $_ != $node } $self->nodes) {
        $node->cmd('DEBUG', 'CLUSTERLINK', 'KILL', 'ALL', $peer->id);
    }
    return;
}

sub reconnect {
    my ($self, $node) = @_;
    $self->show($node, $self->{tls});
    return $self->wait_ok;
}

sub show {
    my ($self, $node, $certs) = @_;
    $node->cmd('CONFIG', 'SET', 'tls-cert-file', $certs->path('server.crt'),
               'tls-key-file', $certs->path('server.key'),
               'tls-ca-cert-file', $certs->path('ca.crt'));
    return;
}

# A node that was killed is there again; as a replica, if another node took its
# slots.
sub rejoin {
    my ($self, $node) = @_;
    delete $self->{map};
    $node->pid ? $node->resume : $node->run;
    return $self->wait_ok;
}

# --- moving a slot, in steps -----------------------------------------------------

# From here on the old owner answers ASK for keys that it has no more.
sub begin_move {
    my ($self, $slot, $from, $to) = @_;
    $to->cmd('CLUSTER', 'SETSLOT', $slot, 'IMPORTING', $from->id);
    $from->cmd('CLUSTER', 'SETSLOT', $slot, 'MIGRATING', $to->id);
    return;
}

sub keys_in {
    my ($self, $slot, $node) = @_;
    return @{ $node->cmd('CLUSTER', 'GETKEYSINSLOT', $slot, 100_000) };
}

sub move_key {
    my ($self, $key, $from, $to) = @_;
    my @login = $self->{login} ? ('AUTH2', @{ $self->{login} }) : ();
    $from->cmd('MIGRATE', '127.0.0.1', $to->{bus_of}, $key, 0, 5000, @login);
    return;
}

# Only from here on the old owner answers MOVED.
sub end_move {
    my ($self, $slot, $from, $to) = @_;
    my %told = ($from => 1, $to => 1);
    $_->cmd('CLUSTER', 'SETSLOT', $slot, 'NODE', $to->id)
        for $to, $from, grep { !$told{$_} } $self->masters;
    delete $self->{map};
    my $owner = $self->owner_of_slot($slot);
    die "slot $slot was moved, and is not there\n" . $self->describe
        if !$owner || $owner != $to;
    return;
}

# All of it; the sub, if given, is run after each key.
sub migrate_slot {
    my ($self, $slot, $from, $to, $after_each) = @_;
    $self->begin_move($slot, $from, $to);
    for my $key ($self->keys_in($slot, $from)) {
        $self->move_key($key, $from, $to);
        $after_each->($key) if $after_each;
    }
    return $self->end_move($slot, $from, $to);
}

package SHS::Cluster::Node;

use strict;
use warnings;

our @ISA = 'SHS::Member';

sub id { my ($self) = @_; return $self->{id} ||= $self->cmd('CLUSTER', 'MYID') }

1;
