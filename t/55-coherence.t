# The same with worker as with event.
#
# The near-cache under load and under faults: two hosts (two httpds, each with
# memory of its own), writers at Redis and through httpd, readers at both. No
# request gets a value whose replacement was acknowledged longer than the lease
# before the request began, whatever happens to the trackers.
use strict;
use warnings;

use List::Util qw(max);
use POSIX ();
use SHS;
use SHS::Near;
use SHS::Proxy;
use SHS::Report;
use Time::HiRes qw(time);

my $lease = 2;
my $redis = SHS::Redis->start;
my $proxy = SHS::Proxy->start(to => $redis->port);

sub conf {
    my ($port, $more) = @_;
    return <<"CONF";
SharedSessionStore redis://127.0.0.1:$port timeout=500ms
SharedSessionCache On lease=${lease}s negative=1s
@{[near_places()]}
<Location /session>
    SetHandler shared-session
</Location>
@{[$more // '']}
CONF
}

my %host = (a => private_httpd(conf => conf($redis->port)),
            b => private_httpd(conf => conf($proxy->port)));

# No longer than that: a child that is stopped takes connections too.
sub reply { return $_[0]->get('/x/lua', cookie => "JSESSIONID=$_[1]", timeout => 1) }
sub v { my $r = reply(@_); return $r->note('session.v') // $r->note('SHARED_SESSION') }

# The leader: the child that has the subscription.
sub leader_of {
    my ($httpd) = @_;
    my $list = $redis->cmd('CLIENT', 'LIST', 'TYPE', 'pubsub');
    my %is_port = map { sprintf('%04X', $_) => 1 } $list =~ / addr=\S+:(\d+) /g;
    open my $in, '<', '/proc/net/tcp' or return;
    my %is_socket = map {
        /^ *\d+: [0-9A-F]{8}:([0-9A-F]{4}) \S+ 01 (?:\S+ +){5}(\d+) /
            && $is_port{$1} ? ("socket:[$2]" => 1) : () } <$in>;
    for my $pid ($httpd->children) {
        return $pid if grep { $is_socket{ readlink($_) // '' } }
            glob "/proc/$pid/fd/*";
    }
    return;
}

wait_live($host{$_}, "live: host $_") for sort keys %host;

# --- the checker -------------------------------------------------------------------

my $dir = File::Temp::tempdir('coherence-XXXXXX', DIR => SHS::Process::tmp());
my @direct = map { fresh_id() } 1 .. 12;
my @through = map { fresh_id() } 1 .. 4;
$redis->put_hash("session:$_", { v => 1 }, 600) for @direct, @through;

# Each writes a line with a moment for what it saw. Of a key there is one writer.
sub journal {
    my ($name, $code) = @_;
    return SHS::Process::fork_child($name, sub {
        srand($$);
        open my $out, '>>', "$dir/$name.$$" or die $!;
        while (!-e "$dir/stop") {
            syswrite $out, join("\t", $code->()) . "\n";
        }
    });
}

my @pids = journal(writes => do {
    my ($version, $client) = (1);
    sub {
        my $id = $direct[ $version++ % @direct ];
        $client //= SHS::Redis::Client->new(port => $redis->port);
        SHS::Process::let_pass(0.004);
        $client->cmd('HSET', "session:$id", v => $version);
        return ($id, $version, time);
    };
});
push @pids, journal(writes2 => do {
    my $version = 1;
    sub {
        my $id = $through[ $version++ % @through ];
        my $r = $host{ $version % 2 ? 'a' : 'b' }->get('/session',
            method => 'PATCH', body => qq({"v":"$version"}),
            cookie => "JSESSIONID=$id",
            headers => [['Content-Type', 'application/json']]);
        # Without an answer it may have been written or not, now or later.
        return ($id, $version, ($r->code // 0) =~ /^2/ ? time : 0);
    };
});
for my $name (sort keys %host) {
    push @pids, map { journal("reads$_" => sub {
        my $id = (@direct, @through)[ rand(@direct + @through) ];
        my $began = time;
        my $got = v($host{$name}, $id) // 'broken';
        return ($id, $got, $began, $name);
    }) } "$name-1", "$name-2";
}

sub lines {
    my ($pattern) = @_;
    return map { my $file = $_; open my $in, '<', $file or die $!;
        map { [ split /\t/, s/\n//r ] } grep { /\n\z/ } <$in> } glob "$dir/$pattern";
}

# All reads so far that began in [from, to]: how stale each was, in seconds; and how
# often there was another answer than a version.
sub judge {
    my ($from, $to) = @_;
    my %acked; # id => [[version, when] ...]
    push @{ $acked{ $_->[0] } }, [ @$_[1, 2] ]
        for grep { $_->[2] } lines('writes*');
    my (@stale, %other);
    for my $read (grep { $_->[2] >= $from && $_->[2] <= $to } lines('reads*')) {
        my ($id, $got, $began, $name) = @$read;
        if ($got !~ /^\d+$/) {
            $other{$got}++;
            next;
        }
        my $of = $acked{$id} || [];
        # The first write of a newer version that had its answer.
        my ($low, $high) = (0, scalar @$of);
        while ($low < $high) {
            my $mid = int(($low + $high) / 2);
            if ($of->[$mid][0] > $got) { $high = $mid } else { $low = $mid + 1 }
        }
        my $since = $low < @$of ? $began - $of->[$low][1] : 0;
        push @stale, $since > 0 ? $since : 0;
    }
    return ([ sort { $a <=> $b } @stale ], \%other);
}

# `may`: the other answers that there may be.
sub check {
    my ($what, $from, %q) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($stale, $other) = judge($from, time);
    ok(@$stale > 20, "$what: " . @$stale . ' reads') || diag explain $other;
    cmp_ok($stale->[-1] // 0, '<=', $lease, "$what: none older than the lease");
    my $may = $q{may} // qr/^(?:unavailable|broken)$/;
    is_deeply([grep { !/$may/ } sort keys %$other], [], "$what: no other answer than there may be")
        || diag explain $other;
    my $ms = sub { sprintf '%.1f', 1000 * ($stale->[ int($#$stale * $_[0]) ] // 0) };
    SHS::Report::figure("Near-cache, $what: reads", scalar @$stale);
    SHS::Report::figure("Near-cache, $what: staleness p50", $ms->(0.5), 'ms');
    SHS::Report::figure("Near-cache, $what: staleness p99", $ms->(0.99), 'ms');
    SHS::Report::figure("Near-cache, $what: staleness at most", $ms->(1), 'ms');
    note "$what: other answers ", join ', ', map { "$_ $other->{$_}" } sort keys %$other;
    return;
}

# So many more reads on each host.
sub wait_reads {
    my ($count, $seconds) = @_;
    my $now = sub { my %n; $n{ $_->[3] // '' }++ for lines('reads*'); \%n };
    my $at = $now->();
    return SHS::Process::wait_for("$count more reads", $seconds // 60, sub {
        my $is = $now->();
        !grep { ($is->{$_} // 0) < ($at->{$_} // 0) + $count } keys %host });
}

# How long a fault lasts: what was read before it is past its lease.
sub wait_past_lease {
    SHS::Process::let_pass(1.5 * $lease);
    return wait_reads(20);
}

my $from = time;
wait_reads(400);
check('without faults', $from, may => qr/(?!)/);
cmp_ok(status($host{a})->{CacheHits}, '>', 50, '... and some were hits');

my @faults = (
    ['the leader stopped' => sub {
        my $pid = leader_of($host{a}) // die "no leader\n";
        kill 'STOP', $pid;
        return sub { kill 'CONT', $pid };
    }],
    ['the leader killed' => sub {
        kill 'KILL', leader_of($host{a}) // die "no leader\n";
        return sub { };
    }],
    ['children killed' => sub {
        kill 'KILL', ($host{b}->children)[0];
        return sub { };
    }],
    ['CLIENT KILL TYPE pubsub' => sub {
        $redis->cmd('CLIENT', 'KILL', 'TYPE', 'pubsub');
        return sub { };
    }],
    ['a black hole' => sub {
        $proxy->blackhole;
        return sub { $proxy->pass; $proxy->drop };
    }],
    ['FLUSHALL' => sub {
        $redis->cmd('FLUSHALL');
        return sub { };
    }],
    ['graceful restart' => sub {
        $_->graceful for values %host;
        return sub { };
    }],
);
my $is_flushed = 0;
for my $fault (@faults) {
    my ($what, $begin) = @$fault;
    my $at = time;
    my $end = $begin->();
    wait_past_lease();
    $end->();
    my $healed = time;
    wait_live($host{$_}, "live: after $what, host $_") for sort keys %host;
    SHS::Report::figure("Near-cache, $what: live again", sprintf('%.2f', time - $healed), 's');
    # A former leader that comes back must not disturb the new leader.
    my $before = status($host{a})->{CacheHits} // 0;
    $redis->put_hash("session:$_", { v => 1_000_000_000 }, 600) for my $still = fresh_id();
    ok(eval { SHS::Process::wait_for('a hit', 10, sub {
        v($host{a}, $still);
        my @seen = $redis->lookups_during(sub { v($host{a}, $still) }, text => $still);
        !@seen }) }, "$what: hits again") || diag explain status($host{a});
    wait_reads(20);
    # Only FLUSHALL ends sessions, and those written to through httpd do not come back.
    $is_flushed ||= $what eq 'FLUSHALL';
    check($what, $at, $is_flushed ? (may => qr/^(?:unavailable|broken|absent)$/) : ());
}

open my $stop, '>', "$dir/stop" or die $!;
close $stop;
for my $pid (@pids) {
    eval { SHS::Process::wait_for("end of $pid", 10, sub { !SHS::Process::is_alive($pid) }) };
    SHS::Process::stop($pid);
}

# --- a session that is ended, and our own writes ----------------------------------------

my @took;
for (1 .. 20) {
    my $id = fresh_id();
    $redis->put_hash("session:$id", { v => 1 }, 60);
    v($_, $id) for values %host;
    my $ended = time;
    $redis->cmd('DEL', "session:$id");
    SHS::Process::wait_for('its end', $lease + 1, sub {
        !grep { v($_, $id) ne 'absent' } values %host });
    push @took, time - $ended;
}
@took = sort { $a <=> $b } @took;
cmp_ok($took[-1], '<', $lease, 'a session that was ended is refused on both hosts');
SHS::Report::figure('Near-cache, refused after its end: median', sprintf('%.1f', 1000 * $took[10]), 'ms');
SHS::Report::figure('Near-cache, refused after its end: at most', sprintf('%.1f', 1000 * $took[-1]), 'ms');

my $own = fresh_id();
$redis->put_hash("session:$own", { v => 0 }, 60);
my $wrong = 0;
my @said;
for my $n (1 .. 60) {
    my $r = $host{a}->get('/session', method => 'PATCH', body => qq({"v":"$n"}),
        cookie => "JSESSIONID=$own",
        headers => [['Content-Type', 'application/json']]);
    push @said, $r->code if $r->code !~ /^2/;
    $wrong++ if v($host{a}, $own) ne $n;
}
is("@said", '', 'writes through httpd');
is($wrong, 0, '... are read at once on the host');

# --- what is not there -------------------------------------------------------------------

wait_live($host{a}, 'live: before the flood');
my ($more, $again);
# The lease ends now and then on a machine with other work, and then all ask.
for my $round (1 .. 5) {
    wait_live($host{a});
    my $kept = fresh_id();
    $redis->put_hash("session:$kept", { v => 5 }, 600);
    v($host{a}, $kept);
    my @invented = map { fresh_id() } 1 .. 150;
    my %asked;
    $asked{ $_->[2] }++ for grep { $_->[1] eq 'HGETALL' } $redis->commands_during(sub {
        v($host{a}, $_) for map { ($_, $_) } @invented });
    $more = grep { ($asked{"session:$_"} // 0) != 1 } @invented;
    $again = $redis->lookups_during(sub { v($host{a}, $kept) }, text => $kept);
    last if !$more && !$again;
}
is($more, 0, 'an invented id reaches Redis once');
is($again, 0, '... and evicts no session');

done_testing;
