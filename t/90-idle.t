# The connections of a child: as many as pool= says, closed when they were idle
# for longer than idle=, one pool for all hosts that name the same store; and not kept
# while a response takes its time.
use strict;
use warnings;

use SHS;
use SHS::Load;

my $store = SHS::Redis->start;
my $port = $store->port;
# Of its own: the tracker looks now and then where a new connection leads.
my $cached = SHS::Redis->start;

# Answers once a file is there, and says by another one that it was asked.
my ($asked, $go) = map { SHS::Process::tmp() . "/$_.$$" } qw(asked go);
sub touch { my ($path) = @_; open my $out, '>', $path or die "$path: $!"; return }
my $backend = SHS::Backend->start(before => sub {
    touch($asked);
    SHS::Process::wait_for('leave to answer', 60, sub { -e $go });
});
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n" },
                          conf => one_child() . <<"CONF");
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
SharedSessionEnv OWNER owner
SharedSession On
SharedSessionStore redis://127.0.0.1:$port timeout=5s pool=2 idle=3s
<VirtualHost *:\${SHS_PORT}>
    ServerName first.test
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName second.test
    SharedSessionStore redis://127.0.0.1:$port timeout=5s pool=2 idle=3s
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName narrow.test
    SharedSessionStore redis://127.0.0.1:$port timeout=5s pool=1 name=narrow
    ProxyPass /slow http://127.0.0.1:@{[$backend->port]}/slow
    SharedSessionHeader X-Owner owner
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName near.test
    SharedSessionStore redis://127.0.0.1:@{[$cached->port]} timeout=5s pool=2 idle=1s name=near
    SharedSessionCache On
</VirtualHost>
CONF
my @sessions = map { [ fresh_id(), "owner$_" ] } 1 .. 20;
for my $redis ($store, $cached) {
    $redis->put_hash("session:$_->[0]", { owner => $_->[1] }) for @sessions;
}

# By default the host has one connection more, its subscription, from the start and
# unused for however long. Requests need none once the near-cache has their session.
wait_tracked($cached, 'near');
sub subscriptions { return $cached->cmd('CLIENT', 'LIST', 'TYPE', 'pubsub') =~ /^id=(\d+)/mg }
my @subscriptions = subscriptions();
is(scalar @subscriptions, 1, '... one for the host');
sub connections { return (($_[0] // $store)->cmd('INFO', 'stats')
                          =~ /total_connections_received:(\d+)/)[0] }
sub clients {
    return scalar grep { !/cmd=client/ } split /\n/,
        $store->cmd('CLIENT', 'LIST');
}

# More workers than connections: they wait for one another, none is refused.
my $sum = SHS::Load::run(port => $httpd->port, path => '/page.html',
                         host => 'first.test', sessions => \@sessions,
                         workers => mpm() eq 'prefork' ? 1 : 12,
                         requests => 2000);
is($sum->{status_found}, 2000, 'twelve at once with pool=2: all are found');
is($sum->{strangers}, 0, '... their own');
cmp_ok(clients(), '<=', 2, 'at most two connections at the end');
cmp_ok($store->cmd('INFO', 'clients') =~ /connected_clients:(\d+)/ && $1, '<=', 3,
       '... and Redis agrees');

my $before = connections();
$httpd->get('/x/lua', host => 'second.test',
            cookie => "JSESSIONID=$sessions[0][0]") for 1 .. 5;
is(connections(), $before,
   'another virtual host that names the same store uses the same connections');

# idle=3s: the next request after more than that is on a fresh connection.
SHS::Process::let_pass(3.3);
$before = connections();
my $r = $httpd->get('/x/lua', host => 'first.test',
                    cookie => "JSESSIONID=$sessions[1][0]");
is($r->env('OWNER'), 'owner2', 'after idle= the request is served');
is(connections(), $before + 1, '... on a fresh connection');
$r = $httpd->get('/x/lua', host => 'first.test',
                 cookie => "JSESSIONID=$sessions[1][0]");
is(connections(), $before + 1, '... which the next request uses again');

is_deeply([subscriptions()], \@subscriptions, 'the subscription is not idle');
my $near = sub {
    is($httpd->get('/x/lua', host => 'near.test', cookie => "JSESSIONID=$sessions[2][0]")
           ->env('OWNER'), 'owner3', 'a session from the near-cache') for 1 .. $_[0];
};
ok(eval { SHS::Process::wait_for('a hit', 20, sub {
    !$cached->lookups_during(sub { $near->(1) }, text => $sessions[2][0]) }) },
   '... which asks no server');
my $needed; # the least of two: it may look meanwhile
for (1 .. 2) {
    $before = connections($cached);
    $near->(5);
    my $now = connections($cached) - $before;
    $needed = $now if !defined $needed || $now < $needed;
}
is($needed, 0, '... and needs no connection');

# The only connection is back in the pool before a long response begins. Under
# prefork no child has two requests at once.
if (mpm() ne 'prefork') {
    my ($from, $to);
    pipe $from, $to or die $!;
    my $slow = SHS::Process::fork_child('slow client', sub {
        my $reply = $httpd->get('/slow', host => 'narrow.test', timeout => 90,
                                cookie => "JSESSIONID=$sessions[2][0]");
        syswrite $to, join ' ', $reply->code, $reply->hdr('X-Owner') // 'none';
    });
    close $to;
    ok(eval { SHS::Process::wait_for('the backend to be asked', 30,
                                     sub { -e $asked }) },
       'a request with pool=1 has its session and waits for a backend');
    for my $n (3 .. 7) {
        $r = $httpd->get('/x/lua', host => 'narrow.test',
                         cookie => "JSESSIONID=$sessions[$n][0]");
        is($r->env('OWNER'), $sessions[$n][1],
           'another request gets its own session meanwhile');
    }
    ok(SHS::Process::is_alive($slow), '... while the first still waits');
    my @lines = grep { /\bname=narrow\b/ } split /\n/,
        $store->cmd('CLIENT', 'LIST');
    is(scalar @lines, 1, '... both by the same connection');
    touch($go);
    my $said = <$from>;
    is($said, "200 $sessions[2][1]", 'the long response ends, with its session');
    SHS::Process::stop($slow);
}

done_testing;
