# The same with every MPM.
#
# A store's name moves to another address, as DNS or a service of the cloud says
# after a failover, while the server at the old one is dead. What the name
# service said is used for ten seconds; but when no address of it answers, it is
# asked at once, and the new address is another server for the circuit breaker:
# sessions are back after about the first interval of its probes (a second, by
# breaker=5/1s, the default), in every child.
use strict;
use warnings;

use SHS;
use SHS::Hosts;
use SHS::Load;
use SHS::Proxy;
use SHS::Report;
use Time::HiRes qw(time);

# The interval, and what a busy machine adds. It is far below the time that an
# answer is used, which is what an outage would take that was not noticed.
my $interval = 1;
my $slack = 2;

my ($old_host, $new_host) = qw(127.0.0.2 127.0.0.3);
my @sessions = map { [ sprintf('SeCrEt-moved-%06d', $_), "owner$_" ] } 1 .. 50;

sub start_redis {
    my (@where) = @_;
    my $redis = SHS::Redis->start(@where);
    $redis->cmd('HSET', "session:$_->[0]", 'owner', $_->[1]) for @sessions;
    return $redis;
}

# Two servers at one port, one of which is killed; and two behind proxies that
# fail in other ways.
my $old = start_redis(host => $old_host);
my $new = start_redis(host => $new_host, port => $old->port);
my $behind_old = start_redis();
my $behind_new = start_redis();

sub start_proxies {
    my $port = SHS::Process::free_port();
    return { port => $port,
             old => SHS::Proxy->start(to => $behind_old->port, port => $port,
                                      host => $old_host),
             new => SHS::Proxy->start(to => $behind_new->port, port => $port,
                                      host => $new_host) };
}

# What each way to be dead is for a name that moves, and for the options of its
# store.
my @dead = (
    [ 'refuse', 'breaker=5/1s', 'connections are refused' ],
    [ 'deaf', 'breaker=5/1s', 'a black hole: connections come to nothing' ],
    [ 'blackhole', 'breaker=5/1s', 'it hangs: connections are taken' ],
    [ 'slam', 'breaker=5/1s', 'a balancer with no server behind it' ],
    [ 'deaf', 'breaker=off', 'a black hole, and no breaker' ],
    [ 'blackhole', 'breaker=off', 'it hangs, and no breaker' ],
    [ 'slam', 'breaker=off', 'a balancer, and no breaker' ],
);
my @proxies = map { start_proxies() } @dead, 'both', 'reverse', 'near';

my %address = ('killed.test' => $old_host);
my %store = ('killed.test' => [ $old->port, 'breaker=5/1s' ]);
for my $n (0 .. $#dead) {
    $address{"dead$n.test"} = $old_host;
    $store{"dead$n.test"} = [ $proxies[$n]{port}, $dead[$n][1] ];
}
my $hosts = SHS::Hosts->new(
    (map { $_ => [ $address{$_} ] } keys %address),
    'near.test' => [$old_host],
    'both.test' => [ $old_host, $new_host ],
    'reverse.test' => [ $new_host, $old_host ]);
$store{'both.test'} = [ $proxies[-3]{port}, 'breaker=5/1s' ];
$store{'reverse.test'} = [ $proxies[-2]{port}, 'breaker=5/1s' ];
$store{'near.test'} = [ $proxies[-1]{port}, 'breaker=5/1s' ];

my $patience = 'timeout=500ms connect-timeout=500ms';
my $vhosts = join '', map { <<"CONF" } sort keys %store;
<VirtualHost *:\${SHS_PORT}>
    ServerName $_
    SharedSessionStore redis://$_:$store{$_}[0] $store{$_}[1] $patience
    @{[ /near/ ? 'SharedSessionCache On' : '' ]}
</VirtualHost>
CONF
my $httpd = private_httpd(hosts => $hosts, loglevel => 'notice',
                          files => { 'htdocs/page.html' => "page\n" },
                          conf => <<"CONF");
SharedSession On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
$vhosts
CONF

sub load {
    my ($name) = @_;
    return SHS::Load->start(port => $httpd->port, path => '/page.html',
                            host => $name, sessions => \@sessions,
                            requests => 1_000_000, workers => 4,
                            pause => 0.01);
}

sub status {
    my ($name) = @_;
    return $httpd->get('/page.html', host => $name,
                       cookie => "JSESSIONID=$sessions[0][0]")
        ->header('X-Status');
}

# Until the breaker is open, and each worker has had an answer since.
sub await_outage {
    my ($load, $since) = @_;
    return eval { SHS::Process::wait_for('an outage', 20, sub {
        $load->have_all_begun_since($since + 2 * $interval) }) };
}

# Seconds from a moment until the first session was found, and until no request
# of any child went without any more.
sub recovery {
    my ($load, $moved) = @_;
    ok(eval { SHS::Process::wait_for('a session', 30, sub {
        defined $load->first_found($moved) }) }, 'a session is found');
    ok(eval { SHS::Process::wait_for('all', 30, sub {
        $load->settled($moved) > 100 }) }, '... and then all are');
    my ($last) = sort { $b <=> $a } $moved,
        map { $_->[0] + $_->[1] } grep { $_->[2] ne 'found' } @{ $load->answers };
    return (($load->first_found($moved) // $moved + 99) - $moved, $last - $moved);
}

# fail: the old server's death.
sub move_while_dead {
    my ($name, $fail) = @_;
    is(status($name), 'found', 'at first all is well');
    my $load = load($name);
    ok(eval { SHS::Process::wait_for('requests', 20, sub {
        $load->count > 50 }) }, 'it is asked');
    $fail->();
    my $failed = time;
    ok(await_outage($load, $failed), 'the server is dead, and the name leads to it');
    is(scalar $load->since($failed + 0.5, 'found'), 0, 'no session is found');
    my $moved = time;
    $hosts->move($name => [$new_host]);
    my ($first, $all) = recovery($load, $moved);
    cmp_ok($first, '<', $interval + $slack, sprintf 'the first after %.2f s', $first);
    cmp_ok($all, '<', $interval + $slack, sprintf 'all after %.2f s', $all);
    my $sum = $load->stop;
    is($sum->{strangers}, 0, 'no wrong answer');
    is($sum->{status_absent} // 0, 0, 'no session is called absent');
    return $first;
}

subtest 'the server is killed, then the name moves' => sub {
    my $took = move_while_dead('killed.test', sub { $old->stop('KILL') });
    SHS::Report::figure('a name that moves away from a dead server: first'
                        . ' session', sprintf('%.2f', $took), 's');
};

for my $n (0 .. $#dead) {
    my ($how, undef, $why) = @{ $dead[$n] };
    subtest $why => sub {
        move_while_dead("dead$n.test", sub { $proxies[$n]{old}->$how });
    };
}

# The name has been moved before the server dies: no request has to wait for a probe.
subtest 'the name moves, then the server dies' => sub {
    my $old = $proxies[0]{new};
    $proxies[0]{old}->pass;
    is(status('dead0.test'), 'found', 'at first all is well');
    my $load = load('dead0.test');
    ok(eval { SHS::Process::wait_for('requests', 20, sub {
        $load->count > 50 }) }, 'it is asked');
    $hosts->move('dead0.test' => [$old_host]);
    $old->refuse;
    my $failed = time;
    my ($first, $all) = recovery($load, $failed);
    cmp_ok($all, '<', $interval, sprintf 'all after %.2f s', $all);
    is($load->stop->{strangers}, 0, 'no wrong answer');
};

# A name of two addresses, one of which is dead: the other is tried in the same
# dial, and no request goes without, whichever comes first.
for my $name (qw(both.test reverse.test)) {
    my $proxies = $proxies[ $name eq 'both.test' ? -3 : -2 ];
    for my $how (qw(refuse deaf)) {
        subtest "$name: one of two addresses: $how" => sub {
            is(status($name), 'found', 'at first all is well');
            my $load = load($name);
            $proxies->{old}->$how;
            my $failed = time;
            ok(eval { SHS::Process::wait_for('requests', 20, sub {
                $load->settled($failed) > 100 }) }, 'sessions are found');
            my $all = $load->stop;
            is($all->{strangers}, 0, 'no wrong answer');
            cmp_ok($all->{status_unavailable} // 0, '<=', 8,
                   'no more go without than were asking');
            $proxies->{old}->pass;
        };
    }
}

# Whether a subscription is there, and has given a heartbeat.
sub is_tracked {
    my ($redis) = @_;
    return scalar grep { /\bcmd=ping\b/ } split /\n/,
        $redis->cmd('CLIENT', 'LIST', 'TYPE', 'pubsub');
}

# The tracker follows by itself, while no request asks for a session.
subtest 'the near-cache' => sub {
    my $proxies = $proxies[-1];
    ok(eval { SHS::Process::wait_for('the subscription', 30, sub {
        is_tracked($behind_old) }) }, 'the old server is tracked');
    my $dials = $proxies->{old}->stats->{accepted};
    $proxies->{old}->blackhole;
    ok(eval { SHS::Process::wait_for('the subscription', 30, sub {
        $proxies->{old}->stats->{accepted} >= $dials + 2 }) },
        'the tracker dials it again, which hangs');
    my $moved = time;
    $hosts->move('near.test' => [$new_host]);
    ok(eval { SHS::Process::wait_for('the subscription', 30, sub {
        is_tracked($behind_new) }) }, 'the new one is tracked');
    my $took = time - $moved;
    cmp_ok($took, '<', $interval + $slack, sprintf '... after %.2f s', $took);
};

done_testing;
