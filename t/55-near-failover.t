# The same with worker as with event.
#
# The near-cache while the master changes: what is written to the new one is
# seen within the lease, though every lookup before was a hit and no request asked.
use strict;
use warnings;

use SHS;
use SHS::Certs;
use SHS::Cluster;
use SHS::Near;
use SHS::Report;
use SHS::Sentinel;
use Time::HiRes qw(time);

my $lease = 2;
my $last_acked = 0;

sub start {
    my ($url) = @_;
    return private_httpd(conf => <<"CONF");
SharedSessionStore $url timeout=1s
SharedSessionCache On lease=${lease}s
@{[near_places()]}
CONF
}

sub is_live { return (status($_[0])->{Cache} // '') eq 'live' }

sub v {
    my ($httpd, $id) = @_;
    my $r = $httpd->get('/x/lua', cookie => "JSESSIONID=$id");
    return $r->note('session.v') // $r->note('SHARED_SESSION') // 'broken';
}

# What a request saw that began later than the lease after that moment; reads on
# until it sees the version.
sub follow {
    my ($httpd, $id, $wanted, $acked, $what) = @_;
    $last_acked = $acked;
    my ($old, $seen) = (0);
    eval { SHS::Process::wait_for($what, 20, sub {
        my $began = time;
        my $is = v($httpd, $id);
        $old = $began - $acked if $is =~ /^\d+$/ && $is < $wanted && $began - $acked > $old;
        $seen = time if $is eq $wanted;
        $seen }) };
    ok($seen, "$what: the new version is seen");
    cmp_ok($old, '<=', $lease, "$what: nothing older than the lease");
    SHS::Report::figure("Near-cache, $what: the new version is seen after",
                        sprintf('%.2f', ($seen // time) - $acked), 's');
    return;
}

# How long after that moment the old version was still given, by requests that began
# in two leases from then.
sub oldest {
    my ($httpd, $id, $old, $acked) = @_;
    my ($oldest, %seen) = (0);
    while (time < $acked + 2 * $lease) {
        my $began = time;
        my $is = v($httpd, $id);
        $seen{$is}++;
        $oldest = $began - $acked if $is eq $old;
    }
    note join ', ', map { "$_: $seen{$_}" } sort keys %seen;
    return $oldest;
}

sub wait_hits {
    my ($httpd, $what) = @_;
    ok(eval { SHS::Process::wait_for($what, 20, sub { is_live($httpd) }) }, "$what: live");
    return;
}

# Reads for a while. What was seen that must not be: anything but the version,
# but for no answer of Redis, and an older one within the lease of what was
# acknowledged last.
sub read_on {
    my ($httpd, $id, $wanted) = @_;
    my %other;
    for (1 .. 200) {
        my $is_settled = time - $last_acked > $lease;
        my $is = v($httpd, $id);
        next if $is eq $wanted || $is eq 'unavailable';
        $other{$is}++ if $is_settled || $is !~ /^\d+$/ || $is > $wanted;
    }
    diag "$wanted, but also: @{[ %other ]}" if %other;
    return scalar keys %other;
}

# --- Sentinel ------------------------------------------------------------------------

{
    my $sentinel = SHS::Sentinel->start;
    my $httpd = start($sentinel->url);
    wait_hits($httpd, 'Sentinel');
    my $id = fresh_id();
    my $master = $sentinel->master;
    $master->put_hash("session:$id", { v => 1 }, 600);
    $master->cmd('WAIT', 2, 2000);
    is(v($httpd, $id), 1, 'Sentinel: a session');
    is(read_on($httpd, $id, 1), 0, '... again and again');
    my ($old) = $sentinel->pause_master;
    my $new;
    SHS::Process::wait_for('a new master', 30, sub {
        $new = eval { $sentinel->master };
        $new && $new != $old && $new->cmd('ROLE')->[0] eq 'master' });
    $new->cmd('HSET', "session:$id", v => 2);
    follow($httpd, $id, 2, time, 'Sentinel, failover');
    wait_hits($httpd, 'Sentinel, after the failover');
    $old->resume;
    $new->cmd('HSET', "session:$id", v => 3);
    follow($httpd, $id, 3, time, 'Sentinel, the old master is back');
    is(read_on($httpd, $id, 3), 0, '... and stays');
    $httpd->stop;
}

# --- Cluster -------------------------------------------------------------------------

{
    my ($certs, $strange) = map { SHS::Certs->new } 1 .. 2;
    $_->sign('server', 'DNS:localhost,IP:127.0.0.1') for $certs, $strange;
    my $cluster = SHS::Cluster->start(
        tls => $certs, args => [ '--enable-debug-command', 'local' ],
        acl => "user default on nopass ~* &* +\@all\nuser app on >word ~* &* +\@all\n");
    my $httpd = start($cluster->url(user => 'app', password => 'word'));
    wait_hits($httpd, 'Cluster');
    my $id = fresh_id();
    my $key = "session:$id";
    my $slot = $cluster->slot_of($key);
    my $from = $cluster->owner_of_slot($slot);
    my ($to) = grep { $_ != $from } $cluster->masters;
    $from->cmd('HSET', $key, v => 1);
    is(v($httpd, $id), 1, 'Cluster: a session');
    is(read_on($httpd, $id, 1), 0, '... again and again');

    $cluster->begin_move($slot, $from, $to);
    $cluster->move_key($key, $from, $to);
    is(v($httpd, $id), 1, 'Cluster: its key has moved, the slot has not');
    $cluster->end_move($slot, $from, $to);
    $to->cmd('HSET', $key, v => 2);
    follow($httpd, $id, 2, time, 'Cluster, a slot moved');
    is(read_on($httpd, $id, 2), 0, '... and stays');

    # Taken over, its sessions are lost, and Redis 7.0 announces none of them. Both
    # masters are tracked before and after.
    my ($lost, $lost_slot);
    do {
        $lost = fresh_id();
        $lost_slot = $cluster->slot_of("session:$lost");
    } until $cluster->owner_of_slot($lost_slot) == $from;
    $from->cmd('HSET', "session:$lost", v => 1);
    is(v($httpd, $lost), 1, 'Cluster: another session');
    is(read_on($httpd, $lost, 1), 0, '... again and again');
    $to->cmd('CLUSTER', 'SETSLOT', $lost_slot, 'IMPORTING', $from->id);
    $to->cmd('CLUSTER', 'SETSLOT', $lost_slot, 'NODE', $to->id);
    my $taken_at = time;
    cmp_ok(oldest($httpd, $lost, 1, $taken_at), '<=', $lease,
           'Cluster, a slot taken over without its data: nothing older than the lease');
    is(v($httpd, $lost), 'absent', '... then its sessions are absent');
    eval { $from->cmd('GET', "session:$lost") };
    like($@, qr/MOVED $lost_slot /, '... and its former master knows of it');
    wait_hits($httpd, '... live');

    # By hand: the old master goes on as a replica, and so does its connection.
    my ($heir) = $cluster->replicas_of($to);
    $heir->cmd('CLUSTER', 'FAILOVER');
    SHS::Process::wait_for('the heir', 20, sub { $heir->cmd('ROLE')->[0] eq 'master' });
    $heir->cmd('HSET', $key, v => 3);
    follow($httpd, $id, 3, time, 'Cluster, failover by hand');
    $heir->cmd('HSET', $key, v => 4);
    follow($httpd, $id, 4, time, 'Cluster, after it');
    wait_hits($httpd, 'Cluster, after it');
    is(read_on($httpd, $id, 4), 0, '... and stays');

    # The deposed master answers PING and gets none of its successor's writes: it
    # may not connect there. Nor may httpd, but it need not trust the old entries.
    # TAKEOVER, which needs no vote, when the replica has caught up.
    SHS::Process::wait_for('the replica', 30, sub {
        my $role = $to->cmd('ROLE');
        $role->[0] eq 'slave' && $role->[3] eq 'connected' });
    $to->cmd('CLUSTER', 'FAILOVER', 'TAKEOVER');
    SHS::Process::wait_for('the heir', 20, sub { $to->cmd('ROLE')->[0] eq 'master' });
    $to->cmd('CONFIG', 'SET', 'requirepass', 'not-given');
    $to->cmd('ACL', 'SETUSER', 'app', 'resetpass', '>not-given');
    $to->cmd('CLIENT', 'KILL', 'TYPE', 'replica');
    $to->cmd('HSET', $key, v => 5);
    cmp_ok(oldest($httpd, $id, 4, time), '<=', $lease, 'Cluster, a deposed master that'
           . ' gets no writes: nothing older than the lease');
    $to->cmd('CONFIG', 'SET', 'requirepass', '');
    $to->cmd('ACL', 'SETUSER', 'app', 'resetpass', '>word');
    follow($httpd, $id, 5, time, 'Cluster, and when it can be asked');

    # A master that the others miss, though httpd does not: it replies to PING and
    # names itself, and at first no other member names the masters.
    $cluster->wait_ok;
    wait_hits($httpd, 'Cluster, all is well');
    is(read_on($httpd, $id, 5), 0, '... and stays');
    ($heir) = $cluster->replicas_of($to);
    my @others = grep { $_ != $to } $cluster->nodes;
    $_->cmd('ACL', 'SETUSER', 'app', '-cluster|slots') for @others;
    $cluster->cut_off($to, $strange);
    SHS::Process::wait_for('the heir, and the other to notice', 30, sub {
        $heir->cmd('ROLE')->[0] eq 'master'
            && $to->cmd('CLUSTER', 'INFO') =~ /cluster_state:fail/ });
    ok((grep { $_->[2] == $to } $cluster->shards_by($to)),
       'Cluster, a master that is cut off: names itself');
    $heir->cmd('HSET', $key, v => 6);
    cmp_ok(oldest($httpd, $id, 5, time), '<=', $lease, '... nothing older than the lease');
    $_->cmd('ACL', 'SETUSER', 'app', '+cluster|slots') for @others;
    follow($httpd, $id, 6, time, '... and when others tell');
    wait_hits($httpd, '... then');
    is(read_on($httpd, $id, 6), 0, '... and stays');
    $cluster->reconnect($to);
    follow($httpd, $id, 6, time, 'Cluster, the one that was cut off is back');
    $httpd->stop;
}

done_testing;
