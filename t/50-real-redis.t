# The same with every MPM.
#
# A real Redis that is slow, stopped, paused, killed and restarted: a request
# costs its deadline at most, says `unavailable`, and all is well afterwards.
# Without the circuit breaker: each request shall meet the trouble itself.
use strict;
use warnings;

use IO::Socket::INET;
use Socket;
use SHS;

my $timeout = 1; # seconds; enough for a busy machine to answer at all
my $slack = 2;   # what it may take of its own, when it has to be in time
my $store = SHS::Redis->start;
my $port = $store->port;

# A port that takes no connection and refuses none: its queue is full.
my $hole = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1:0')
    or die $!;
my $hole_port = $hole->sockport;
my @fill;
for (1 .. 8) {
    socket my $s, PF_INET, SOCK_STREAM, 0 or die $!;
    IO::Socket::INET->new_from_fd($s, 'r+')->blocking(0);
    connect $s, pack_sockaddr_in($hole_port, INADDR_LOOPBACK);
    push @fill, $s;
}
my $unused = SHS::Process::free_port();

my $httpd = private_httpd(conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:$port timeout=${timeout}s connect-timeout=${timeout}s breaker=off
SharedSession On
<VirtualHost *:\${SHS_PORT}>
    ServerName store.test
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName localhost.test
    SharedSessionStore redis://localhost:$port timeout=5s connect-timeout=5s
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName hole.test
    SharedSessionStore redis://127.0.0.1:$hole_port timeout=10s connect-timeout=200ms
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName refused.test
    SharedSessionStore redis://127.0.0.1:$unused timeout=10s
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName nosocket.test
    SharedSessionStore unix:///nowhere/redis.sock timeout=10s
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName noname.test
    SharedSessionStore redis://no-such-host.invalid timeout=300ms
</VirtualHost>
@{[one_child()]}
CONF

my %owner;
sub plant {
    for my $n (1 .. 20) {
        my $id = sprintf 'SeCrEt-real-%08d-%d', $n, $$;
        $owner{$id} = "owner$n";
        $store->put_hash("session:$id", { owner => "owner$n" });
    }
    return;
}
plant();
my @ids = sort keys %owner;

sub ask {
    my ($id, $host) = @_;
    return $httpd->get('/x/lua', host => ($host // 'store') . '.test',
                       cookie => "JSESSIONID=$id");
}

# Every request gets its own session, and none an error.
sub all_is_well {
    my ($when) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @wrong = grep {
        my $r = ask($_);
        ($r->note('session.owner') // '') ne $owner{$_};
    } @ids;
    is_deeply(\@wrong, [], "$when: every id gets its own session");
    return;
}

all_is_well('at the start');

# --- stopped: accepts, and never answers ---------------------------------------
$store->pause;
for my $n (0 .. 5) {
    my $r = ask($ids[$n]);
    is($r->code, 200, 'Redis stopped: the request is answered');
    is($r->note('SHARED_SESSION'), 'unavailable', '... unavailable');
    is($r->note('session.owner'), undef, '... without a session');
    within($r->seconds, 0.9 * $timeout, $timeout + $slack,
           "... after its deadline of $timeout s");
}
ok($httpd->wait_logged(qr/:warn\].*SHS003: /), 'SHS003 tells that it stopped');
is(scalar $httpd->logged(qr/:warn\].*SHS003: /), 1,
   '... once, not for every request');
$store->resume;
$store->cmd('PING');
all_is_well('after it goes on, with six late replies on the way');
ok($httpd->wait_logged(qr/:notice\].*SHS004: /), 'SHS004 tells that it is back');

# --- paused by a command ----------------------------------------------------------
$store->cmd('CLIENT', 'PAUSE', 1000 * $timeout + 1000, 'ALL');
my $r = ask($ids[3]);
is($r->note('SHARED_SESSION'), 'unavailable', 'CLIENT PAUSE: unavailable');
within($r->seconds, 0.9 * $timeout, $timeout + $slack, '... after its deadline');
$store->cmd('PING');
all_is_well('after CLIENT PAUSE');

# --- connections closed by the server ------------------------------------------
for my $round (1 .. 3) {
    my $me = $store->cmd('CLIENT', 'ID');
    $store->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    $r = ask($ids[4]);
    is($r->note('session.owner'), $owner{ $ids[4] },
       "CLIENT KILL ($round): the next request is served on a fresh connection");
}

# --- killed, restarted ---------------------------------------------------------------
$store->stop('KILL');
$r = ask($ids[5]);
is($r->note('SHARED_SESSION'), 'unavailable', 'killed: unavailable');
within($r->seconds, 0, $timeout + $slack, '... within the deadline');
is(ask('too-short')->note('SHARED_SESSION'), 'none',
   'killed: a request without an id does not care');
$store->run;
$r = ask($ids[5]);
is($r->note('SHARED_SESSION'), 'absent', 'restarted empty: absent, not found');
plant();
all_is_well('after a restart');

# --- busy: another client keeps it from answering --------------------------------
# The script runs until it is killed, which Redis allows after that time.
$store->cmd('CONFIG', 'SET', 'lua-time-limit', 1000 * $timeout + 1000);
my $busy = SHS::Redis::Client->new(port => $port);
my $pid = SHS::Process::fork_child('busy client', sub {
    eval { $busy->cmd('EVAL', 'while true do end', 0) } });
ok(eval { SHS::Process::wait_for('Redis to be busy', 20, sub {
    ask($ids[6])->note('SHARED_SESSION') eq 'unavailable' }) }, 'a busy Redis: unavailable');
SHS::Process::wait_for('the script to be killed', 60, sub {
    eval { $store->cmd('SCRIPT', 'KILL') } });
SHS::Process::wait_for('the end of the busy client', 60,
                       sub { !SHS::Process::is_alive($pid) });
SHS::Process::forget($pid);
all_is_well('after it was busy');

# --- full: Redis says so before it is asked, and closes --------------------------
my $before = SHS::Redis::Client->new(port => $port);
$before->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
delete $store->{client};
$before->cmd('CONFIG', 'SET', 'maxclients', '1');
is(ask($ids[9])->note('SHARED_SESSION'), 'unavailable',
   'a Redis that has clients enough: unavailable');
ok($httpd->wait_logged(qr/SHS007: .*it has reached its maxclients/),
   '... and the log names the reason');
$before->cmd('CONFIG', 'SET', 'maxclients', '1000');
all_is_well('after it takes clients again');

# --- addresses -----------------------------------------------------------------------
is(ask($ids[7], 'localhost')->note('session.owner'), $owner{ $ids[7] },
   'a host name, also when its first address is not the one');
for my $row (['hole', 'a host that swallows connections', 0.15, 0.2 + $slack],
             ['refused', 'a port without a server', 0, 0.2 + $slack],
             ['nosocket', 'a socket that is not there', 0, 0.2 + $slack],
             ['noname', 'a host name that does not exist', 0, 0.3 + $slack]) {
    my ($host, $why, $low, $high) = @$row;
    $r = ask($ids[8], $host);
    is($r->note('SHARED_SESSION'), 'unavailable', "$why: unavailable");
    within($r->seconds, $low, $high, '... not later than connect-timeout says');
}
all_is_well('at the end: one bad store is not the trouble of another');

done_testing;
