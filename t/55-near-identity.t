# Which server is tracked. Behind an address that leads elsewhere one day (a
# balancer, a Service of Kubernetes, a name) the new server's replies, and its
# invalidations, are not taken for those of the old one, which goes on to give
# heartbeats. And servers that send invalidations in another way than Redis 6 does,
# or not now.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Near;
use SHS::Proxy;
use SHS::Report;
use Time::HiRes qw(time);

my ($old, $new) = map { SHS::Redis->start } 1 .. 2;
my $lease = 2;
my $probe = 10; # so often the tracker looks where a new connection leads

sub start {
    my ($port, $more) = @_;
    return private_httpd(loglevel => 'notice shared_session:info', conf => one_child() . <<"CONF");
SharedSessionStore redis://127.0.0.1:$port timeout=1s @{[$more // '']}
SharedSessionCache On lease=${lease}s negative=1s
@{[near_places()]}
CONF
}

sub user {
    my ($httpd, $id) = @_;
    my $r = $httpd->get('/x/lua', cookie => "JSESSIONID=$id");
    return $r->note('session.user') // $r->note('SHARED_SESSION') // 'broken';
}

sub subscriptions { return scalar grep { / cmd=/ } split /\n/,
                $_[0]->cmd('CLIENT', 'LIST', 'TYPE', 'pubsub') }

# A host whose session is near, and whose new connections lead to the other server
# from now on, where the session is ended.
sub move {
    my ($what) = @_;
    my $proxy = SHS::Proxy->start(to => $old->port);
    my $httpd = start($proxy->port);
    wait_live($httpd, "$what: live");
    my @ids = map { fresh_id() } 1 .. 2;
    for my $id (@ids) {
        $_->put_hash("session:$id", { user => 'anna' }, 600) for $old, $new;
        wait_kept($httpd, $id);
    }
    $proxy->lead(to => $new->port);
    $new->cmd('DEL', "session:$ids[0]");
    return ($proxy, $httpd, @ids);
}

# Until it is gone; when a request was given it last.
sub follow_end {
    my ($httpd, $id) = @_;
    my $last = 0;
    my $is_gone = eval { SHS::Process::wait_for('the end', 40, sub {
        my $began = time;
        my $is = user($httpd, $id);
        $last = $began if $is eq 'anna';
        $is eq 'absent' }) };
    return ($is_gone, $last);
}

# --- a request needs a new connection ------------------------------------------------

{
    my ($proxy, $httpd, $id, $other) = move('a new connection');
    # The pool's connections end, the subscription stays.
    $old->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    is(subscriptions($old), 1, 'the subscription stays');
    my $moved = time;
    user($httpd, fresh_id()); # a miss
    my ($is_gone, $last) = follow_end($httpd, $id);
    ok($is_gone, 'what was ended at the new server is absent');
    cmp_ok($last - $moved, '<=', $lease, '... within the lease');
    SHS::Report::figure('Near-cache, another server at the address: an end is seen after',
                        sprintf('%.2f', $last > $moved ? $last - $moved : 0), 's');
    is(user($httpd, $other), 'anna', '... and what was not is there');
    ok(eval { SHS::Process::wait_for('the subscription', 20, sub {
        subscriptions($new) == 1 && !subscriptions($old) }) },
       'the new server is tracked');
    wait_live($httpd, '... live');
    wait_kept($httpd, $other);
    $new->cmd('HSET', "session:$other", user => 'berta');
    ok(eval { SHS::Process::wait_for('the change', $lease, sub {
        user($httpd, $other) eq 'berta' }) }, '... and its changes are seen');
    $httpd->stop;
    $proxy->stop;
}

# --- no request needs one ------------------------------------------------------------

{
    my ($proxy, $httpd, $id) = move('all are hits');
    my $moved = time;
    my ($is_gone, $last) = follow_end($httpd, $id);
    ok($is_gone, 'without a request that needs a connection, too');
    cmp_ok($last - $moved, '<=', $probe + $lease, '... when the tracker has looked');
    $httpd->stop;
    $proxy->stop;
}

# --- the cost: once a connection ------------------------------------------------------

{
    my $httpd = start($old->port);
    wait_live($httpd, 'cost: live');
    my $asked = sub { $old->cmd('INFO', 'commandstats') =~ /^cmdstat_info:calls=(\d+)/m ? $1 : 0 };
    my $before = $asked->();
    my $began = time;
    user($httpd, fresh_id()) for 1 .. 100;
    # Itself; the connection of this child; and those of the tracker.
    cmp_ok($asked->() - $before, '<=', 2 + int((time - $began) / $probe + 1),
           'a hundred lookups on one connection ask once which server it is');
    $httpd->stop;
    # Nor where tracking is off.
    $httpd = private_httpd(conf => one_child() . near_places() . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$old->port]} timeout=5s
CONF
    $before = $asked->();
    user($httpd, fresh_id()) for 1 .. 10;
    is($asked->() - $before, 1, 'without a near-cache none does');
    $httpd->stop;
}

# --- a service without REDIRECT --------------------------------------------------------

# A real Redis, but for what it is made to refuse; from then on octet by octet.
sub unredirected {
    my ($redis, $closes) = @_;
    return SHS::Fake->start(sub {
        my ($c) = @_;
        my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $redis->port) or die $!;
        while (1) {
            my $in = '';
            vec($in, fileno $_, 1) = 1 for $server, $c->{s};
            select my $ready = $in, undef, undef, undef;
            if (vec $ready, fileno $server, 1) {
                sysread $server, my $said, 65536 or return;
                $c->send($said);
            }
            next if !vec $ready, fileno $c->{s}, 1;
            do {
                my @words = $c->read_any;
                if ("@words" =~ /^CLIENT TRACKING .*REDIRECT/) {
                    return if $closes;
                    $c->send("-ERR REDIRECT is not supported\r\n");
                }
                else {
                    syswrite $server, '*' . @words . "\r\n"
                        . join '', map { SHS::Fake::Conn::bulk($_) } @words;
                }
            } while length $c->{buf};
        }
    });
}

{
    my $service = unredirected($old);
    my $httpd = start($service->port);
    wait_live($httpd, 'a service without REDIRECT: live by RESP3');
    my ($id, $emptied) = map { fresh_id() } 1 .. 2;
    $old->put_hash("session:$id", { user => 'anna' }, 600);
    ok(eval { wait_kept($httpd, $id) }, '... sessions are kept near');
    my $began = time;
    $old->cmd('HSET', "session:$id", user => 'berta');
    ok(eval { SHS::Process::wait_for('the change', 5, sub { user($httpd, $id) eq 'berta' }) },
       '... a change is seen');
    cmp_ok(time - $began, '<', 1, '... at once');
    wait_kept($httpd, $id);
    # So many at once that they come in several reads.
    my $many = join ' ', map { "redis.call('SET', 'session:many$_', 'x')" } 1 .. 3000;
    my $before = status($httpd)->{CacheInvalidations};
    $old->cmd('EVAL', $many, 0);
    ok(eval { SHS::Process::wait_for('all of them', 10, sub {
        status($httpd)->{CacheInvalidations} >= $before + 3000 }) }, '... thousands at once');
    wait_live($httpd, '... live all the time');
    $old->put_hash("session:$emptied", { user => 'anna' }, 600);
    wait_kept($httpd, $emptied);
    $old->cmd('FLUSHALL');
    ok(eval { SHS::Process::wait_for('nothing', 5, sub { user($httpd, $emptied) eq 'absent' }) },
       '... FLUSHALL is seen');
    is(scalar(grep { /CLIENT TRACKING ON BCAST PREFIX/ } $service->journal), 1,
       '... one connection carries all invalidations');
    $httpd->stop;
    $service->stop;
}

# --- a service that closes the connection ------------------------------------------------

{
    my $service = unredirected($old, 1);
    my $httpd = start($service->port);
    my $id = fresh_id();
    $old->put_hash("session:$id", { user => 'anna' }, 600);
    my $asked = sub { scalar grep { /CLIENT TRACKING/ } $service->journal };
    SHS::Process::wait_for('two', 20, sub { $asked->() >= 2 });
    # Less than the 10 s after which it is asked again. Requests write the log line.
    my $until = time + 3;
    while (time < $until) {
        user($httpd, $id);
        SHS::Process::let_pass(0.05);
    }
    is($asked->(), 2, 'a service that closes the connection is not asked again and again');
    is(user($httpd, $id), 'anna', '... sessions are found');
    like(($httpd->logged(qr/SHS018: /))[0] // '',
         qr/: the server refuses CLIENT TRACKING; grant it \(ACL\), or set SharedSessionCache Off$/,
         '... and SHS018 says what it closes it at');
    $httpd->stop;
    $service->stop;
}

# --- a server that is not ready ------------------------------------------------------------

{
    my $redis = SHS::Redis->start(args => [ '--enable-protected-configs', 'local' ]);
    my $httpd = start($redis->port);
    my $id = fresh_id();
    wait_live($httpd, 'not ready: live');
    $redis->put_hash("session:$id", { user => 'anna' }, 600);
    wait_kept($httpd, $id);

    # It cannot save, so it refuses writes, and PING; it tells all the same.
    my $dir = $redis->cmd('CONFIG', 'GET', 'dir')->[1];
    $redis->cmd('CONFIG', 'SET', 'dir', '/proc');
    $redis->cmd('CONFIG', 'SET', 'save', '1 1');
    eval { $redis->cmd('BGSAVE') };
    SHS::Process::wait_for('MISCONF', 20, sub {
        !eval { $redis->cmd('PING'); 1 } && $@ =~ /MISCONF/ });
    my $until = time + 2 * $lease;
    my %is;
    while (time < $until) {
        $is{ status($httpd)->{Cache} }++;
        SHS::Process::let_pass(0.05);
    }
    is_deeply([keys %is], ['live'], 'MISCONF: live all the time') || diag explain \%is;
    $redis->cmd('CONFIG', 'SET', 'save', '');
    $redis->cmd('CONFIG', 'SET', 'dir', $dir);

    # A script that does not end.
    $redis->cmd('CONFIG', 'SET', 'busy-reply-threshold', 100);
    my $pid = SHS::Process::fork_child('script', sub {
        eval { SHS::Redis::Client->new(port => $redis->port)->cmd('EVAL', 'while true do end', 0) } });
    my $said;
    ok(eval { SHS::Process::wait_for('BUSY', 20, sub {
        $said = status($httpd)->{Cache};
        $said =~ /BUSY/ }) }, 'BUSY: the status says so, and the cure') || diag $said;
    like($said, qr/\(BUSY\): wait, or SCRIPT KILL$/, '... and the cure');
    SHS::Redis::Client->new(port => $redis->port)->cmd('SCRIPT', 'KILL');
    my $ended = time;
    wait_live($httpd, '... then it is live');
    cmp_ok(time - $ended, '<', 5, '... soon');
    SHS::Process::stop($pid);
    $httpd->stop;
}

done_testing;
