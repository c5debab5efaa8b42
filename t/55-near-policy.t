# The same with worker as with event.
#
# The near-cache without a directive, and in unusual cases: the user may not
# subscribe, Redis does not reply and stale= is allowed, many requests miss the same
# key at once, and virtual hosts read the same keys in another way.
use strict;
use warnings;

use File::Temp;
use SHS;
use SHS::Near;
use SHS::Proxy;
use SHS::Relay;
use Time::HiRes qw(time);

# Users as docs/operations.md has them: [name, what else it may, what is said].
my $reads = '+get +hgetall +pttl';
my $let = '; grant it (ACL), or set SharedSessionCache Off';
my @users = (
    ['reader', '', "the server does not report its run_id (INFO)$let"],
    ['unknown', '+info', "the server does not report our CLIENT ID$let"],
    ['untracked', '+info +client|id', "the server refuses CLIENT TRACKING$let"],
    ['unsubscribed', '+info +client|id +client|tracking +ping &__redis__:invalidate',
     "the server refuses SUBSCRIBE __redis__:invalidate$let"],
    ['elsewhere', '+info +client|id +client|tracking +subscribe +ping',
     "the server refuses SUBSCRIBE __redis__:invalidate$let"],
    ['unasked', '+info +client|id +client|tracking +subscribe &__redis__:invalidate',
     "the server refuses PING$let"],
    ['full', '+info +client|id +client|tracking +subscribe +ping &__redis__:invalidate'],
);
my $redis = SHS::Redis->start(acl => join '', "user default on nopass ~* &* +\@all\n",
    map { "user $_->[0] on >SeCrEt-$_->[0] ~session:* resetchannels $reads $_->[1]\n" } @users);
my $proxy = SHS::Proxy->start(to => $redis->port);

my $usual = one_child() . near_places();

sub ask {
    my ($httpd, $id, %more) = @_;
    return $httpd->get('/x/lua', cookie => "JSESSIONID=$id", %more);
}

sub session { # user, or SHARED_SESSION
    my $r = ask(@_);
    return $r->note('session.user') // $r->note('SHARED_SESSION') // $r->code;
}

# --- nothing said --------------------------------------------------------------------

{
    # Whatever children serve.
    (my $of_all = $usual) =~ s/^<IfModule.*?^<\/IfModule>\n//gms;
    my $httpd = private_httpd(near => 1, conf => $of_all . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$redis->port]} timeout=1s
CONF
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'anna' }, 600);
    wait_live($httpd);
    ok(eval { wait_kept($httpd, $id) }, 'without SharedSessionCache a session is kept near');
    my $least; # a machine that stalls for longer than the lease has to ask
    for (1 .. 5) {
        my $asked = $redis->lookups_during(sub {
            is(session($httpd, $id), 'anna', '... and found again') for 1 .. 3 }, text => $id);
        $least = $asked if !defined $least || $asked < $least;
        last if !$least;
    }
    is($least, 0, '... without a command to Redis');
    ok(scalar $httpd->logged(qr/SHS001: .*; near-cache of 16M, lease 2000ms\)/),
       'SHS001 says so');
    is(scalar(grep { / cmd=/ } split /\n/, $redis->cmd('CLIENT', 'LIST', 'TYPE', 'pubsub')), 1,
       'the host has one subscription');
    $httpd->stop;
}

# --- users that may not subscribe -------------------------------------------------------

my $deaf;
{
    my ($n, $began) = (0, time);
    $deaf = private_httpd(near => 1, loglevel => 'notice shared_session:info',
                          conf => $usual . join '', map { <<"CONF" } @users);
<VirtualHost *>
    ServerName $_->[0].test
    SharedSessionStore redis://$_->[0]:SeCrEt-$_->[0]\@127.0.0.1:@{[$redis->port]} timeout=1s
</VirtualHost>
CONF
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'anna' }, 600);
    for my $user (@users) {
        my ($name, $may, $why) = @$user;
        my $store = $n++;
        my $ask = sub { session($deaf, $id, host => "$name.test") };
        my $is;
        ok(eval { SHS::Process::wait_for('what is so', 20, sub {
            $is = status($deaf, $store)->{Cache};
            $is eq ($why // 'live') }) },
           "$name: the status says " . ($why // 'live')) || diag $is // 'nothing';
        is($ask->(), 'anna', '... sessions are found');
        next if !$why;
        is($redis->lookups_during(sub { $ask->() for 1 .. 3 }, text => $id), 3,
           '... by plain lookups');
    }
    # Only for longer than a lease, which passes for all of them at once.
    my %lines;
    for my $user (grep { $_->[2] } @users) {
        my ($name, undef, $why) = @$user;
        my $count = ++$lines{$why};
        ok(eval { SHS::Process::wait_for('the log', 20, sub {
            session($deaf, $id, host => "$name.test");
            $count <= $deaf->logged(qr/:warn\w*\] .*SHS018: .*: \Q$why\E$/) }) },
           "$name: the log says as a warning what the matter is") || diag $deaf->error_log;
    }
    $redis->put_hash("session:$id", { user => 'eva' }, 600);
    is(session($deaf, $id, host => "$_->[0].test"), 'eva', "$_->[0]: changes are seen")
        for grep { $_->[2] } @users;
    is(scalar $deaf->logged(qr/SHS018: /), scalar(grep { $_->[2] } @users),
       'each is logged once');
    is((grep { /SHS018: .*SeCrEt/ } $deaf->error_log) + 0, 0, '... without a password');
    my %refused;
    for my $entry (@{ $redis->cmd('ACL', 'LOG', 100) }) {
        my %is = @$entry;
        $refused{ $is{username} } += $is{count};
    }
    my $most = 2 + int((time - $began) / 10);
    cmp_ok($refused{ $_->[0] } // 0, '<=', $most, "$_->[0] is not refused again and again")
        for @users;
    my $full = $users[-1][0];
    is($refused{$full}, undef, 'what docs/operations.md names is all that is needed');
    ok(eval { SHS::Process::wait_for('a hit', 20, sub {
        !$redis->lookups_during(sub { session($deaf, $id, host => "$full.test") },
                                text => $id) }) }, "$full: hits");
    # A user that may from now on is tried again in a while; see the end.
    $redis->cmd('ACL', 'SETUSER', $users[0][0], split ' ', $users[-1][1]);
}

# --- stale ---------------------------------------------------------------------------------

{
    my $httpd = private_httpd(conf => $usual . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$proxy->port]} timeout=200ms breaker=off
SharedSessionCache On lease=1s
SharedSessionFailure allow stale=4s
<Location /strict>
    SharedSessionFailure allow
</Location>
CONF
    wait_live($httpd);
    my ($id, $short) = (fresh_id(), fresh_id());
    $redis->put_hash("session:$id", { user => 'anna' }, 60);
    $redis->put_hash("session:$short", { user => 'brief' }, 3);
    my $read = time;
    wait_kept($httpd, $_) for $id, $short;
    $proxy->blackhole;
    my $r;
    ok(eval { SHS::Process::wait_for('a stale one', 10, sub {
        $r = ask($httpd, $id);
        $r->note('SHARED_SESSION') eq 'stale' }) }, 'past its lease it is `stale`');
    is($r->note('session.user'), 'anna', '... with its attributes');
    is(ask($httpd, $id, method => 'HEAD')->code, 200, '... for HEAD');
    is(ask($httpd, $id, method => 'POST', body => 'x')->note('SHARED_SESSION'), 'unavailable',
       '... never for POST');
    is($httpd->get('/strict/lua', cookie => "JSESSIONID=$id")->note('SHARED_SESSION'),
       'unavailable', '... nor where it was not allowed');
    is(ask($httpd, fresh_id())->note('SHARED_SESSION'), 'unavailable', '... nor what was not there');
    cmp_ok(status($httpd)->{CacheStaleHits}, '>', 0, '... and is counted');
    my $brief;
    SHS::Process::wait_for('its end', 6, sub {
        my $began = time;
        $brief = $began if ask($httpd, $short)->note('SHARED_SESSION') ne 'stale';
        $brief });
    # It began to be asked for before it was put: it died no later than that.
    cmp_ok($brief - $read, '<', 3.5, 'never past its own end');
    my $gone;
    SHS::Process::wait_for('too old', 10, sub {
        $gone = time if ask($httpd, $id)->note('SHARED_SESSION') eq 'unavailable';
        $gone });
    cmp_ok($gone - $read, '<', 1 + 4 + 1 + 1.5, 'never older than allowed');
    $proxy->pass;
    $proxy->drop;
    ok(eval { SHS::Process::wait_for('the store', 10, sub {
        ask($httpd, $id)->note('SHARED_SESSION') eq 'found' }) }, 'then it is found again');
    $httpd->stop;
}

# A store that is not tracked bridges an outage all the same, by its last results;
# while it answers, it is asked.
{
    my $httpd = private_httpd(conf => $usual . <<"CONF");
SharedSessionStore redis://untracked:SeCrEt-untracked\@127.0.0.1:@{[$proxy->port]} timeout=200ms breaker=off
SharedSessionCache On lease=1s
SharedSessionFailure allow stale=3s
CONF
    my ($id, $changed, $ended) = map { fresh_id() } 1 .. 3;
    $redis->put_hash("session:$_", { user => 'anna' }, 60) for $id, $changed, $ended;
    is(session($httpd, $_), 'anna', 'a session that is not tracked') for $id, $changed, $ended;
    is($redis->lookups_during(sub { session($httpd, $id) for 1 .. 3 }, text => $id), 3,
       '... is asked for each time');
    $redis->cmd('HSET', "session:$changed", user => 'berta');
    is(session($httpd, $changed), 'berta', '... so a change is seen at once');
    $redis->cmd('DEL', "session:$ended");
    is(session($httpd, $ended), 'absent', '... and an end');
    my $read = time;
    is(session($httpd, $id), 'anna', 'read');
    $proxy->blackhole;
    my $r = ask($httpd, $id);
    is($r->note('SHARED_SESSION') . ' ' . ($r->note('session.user') // ''), 'stale anna',
       'Redis does not reply: its last result is stale');
    is(session($httpd, $changed), 'berta', '... as it was last');
    is(session($httpd, $ended), 'unavailable', '... but not what it said to be gone');
    is(ask($httpd, $id, method => 'POST', body => 'x')->note('SHARED_SESSION'), 'unavailable',
       '... never for POST');
    my $gone;
    SHS::Process::wait_for('too old', 10, sub {
        $gone = time if ask($httpd, $id)->note('SHARED_SESSION') eq 'unavailable';
        $gone });
    # The answer comes when the deadline has passed; the request began before.
    cmp_ok($gone - $read, '>', 3, '... for as long as it may be');
    cmp_ok($gone - $read, '<', 3 + 1.5, '... and no longer');
    $proxy->pass;
    $proxy->drop;
    $httpd->stop;
}

# A store that has failed is not asked again in the same client request, neither by
# another lookup nor by a touch, though the session was found: it is stale.
{
    my $gate = File::Temp->newdir;
    $redis->cmd('ACL', 'SETUSER', 'toucher', 'on', '>SeCrEt-toucher', '~session:*',
                '+@all', '-subscribe'); # so it is not tracked
    my $relay = SHS::Relay->start(to => $redis->port, before => sub {
        return -e "$gate/closed" ? "-NOPERM not now\r\n" : undef;
    });
    my $httpd = private_httpd(conf => $usual . <<"CONF");
SharedSessionStore redis://toucher:SeCrEt-toucher\@127.0.0.1:@{[$relay->port]} timeout=2s breaker=off
SharedSessionCache On lease=1s
SharedSessionFailure allow stale=30s
SharedSessionTouch 1s
<Location /missing>
    ErrorDocument 404 /other/lua
</Location>
<Location /other>
    SharedSessionAbsoluteTimeout 30h
</Location>
CONF
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'anna', '@max' => 60 }, 20);
    # The status, the user, and each command for the session that the store got.
    my $asked = sub {
        my ($path) = @_;
        my $before = grep { /\Q$id\E/ } $relay->journal;
        my $r = $httpd->get($path, cookie => "JSESSIONID=$id");
        my @all = grep { /\Q$id\E/ } $relay->journal;
        my @names = map { / (HGETALL|PTTL) / ? $1 : 'EVAL' } @all[$before .. $#all];
        return join ' ', $r->note('SHARED_SESSION'), $r->note('session.user'), @names;
    };
    is($asked->('/x/lua'), 'found anna HGETALL PTTL EVAL', 'found, and touched');
    is($asked->('/x/lua'), 'found anna HGETALL PTTL', '... which removed its entry');
    SHS::Process::let_pass(1.5); # another touch is due
    open my $file, '>', "$gate/closed" or die "$gate: $!";
    is($asked->('/x/lua'), 'stale anna HGETALL PTTL',
       'the store refuses: stale, and not touched');
    is($asked->('/missing/page'), 'stale anna HGETALL PTTL',
       '... and it is not asked again for the error page, which is stale too');
    $httpd->stop;
    $relay->stop;
}

# --- stale, and a redirect ------------------------------------------------------------------

# Once the store has failed, each place decides by its own stale= and deny; and what
# counts is the method of the client, not the one of an ErrorDocument.
{
    my $httpd = private_httpd(conf => $usual . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$proxy->port]} timeout=200ms breaker=off
SharedSessionCache On lease=1s
SharedSessionFailure allow stale=30s
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
<Location /x/go>
    RewriteEngine On
    RewriteRule .* /strict/lua
</Location>
<Location /x/missing>
    ErrorDocument 404 /strict/lua
</Location>
<Location /strict>
    SharedSessionFailure deny
</Location>
<Location /tolerant>
    SharedSessionFailure deny
    ErrorDocument 503 /x/lua
</Location>
<Location /off>
    SharedSession Off
    ErrorDocument 404 /x/lua
</Location>
<Location /x/posted>
    ErrorDocument 404 /other/lua
</Location>
<Location /other>
    SharedSessionFailure allow stale=20s
</Location>
<Location /form>
    SharedSessionFormat form
    SharedSessionKey form:%{id}
</Location>
<Location /form/strict>
    SharedSessionFailure deny stale=30s
</Location>
CONF
    wait_live($httpd);
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'anna' }, 60);
    wait_kept($httpd, $id);
    my $over = time + 8;
    $redis->cmd('SET', "form:$id", 'user=anna&expiry=' . int($over * 1e6), 'EX', 60);
    my $is = sub {
        my ($path, %more) = @_;
        my $r = $httpd->get($path, cookie => "JSESSIONID=$id", %more);
        return join ' ', $r->code, $r->note('SHARED_SESSION') // '-',
            $r->note('session.user') // '-';
    };
    SHS::Process::wait_for('a hit', 10, sub {
        !$redis->lookups_during(sub { $is->('/form/lua') }, text => $id) });
    $proxy->blackhole;
    ok(eval { SHS::Process::wait_for('a stale one', 10, sub {
        $is->('/x/lua') eq '200 stale anna' }) }, 'a stale session');
    is($is->('/form/lua'), '200 stale anna', '... and one that expires soon by its own metadata');
    is($is->('/strict/lua'), '503 - -', 'a place that allows none refuses');
    is($is->('/x/go'), '503 - -', '... also what a RewriteRule leads there from where it is allowed');
    is($is->('/x/missing'), '404 - -', '... and an ErrorDocument');
    is($is->('/tolerant/lua'), '503 stale anna', 'an ErrorDocument where it is allowed does');
    is($is->('/off/missing'), '404 stale anna', '... also from an Off place');
    is($is->('/off/missing', method => 'HEAD') =~ s/ .*//r, '404', '... for HEAD');
    is($is->('/off/missing', method => 'POST', body => 'x'), '404 unavailable -',
       '... but not for POST');
    is($is->('/x/posted'), '404 stale anna', 'an ErrorDocument where less is allowed');
    is($is->('/x/posted', method => 'POST', body => 'x'), '404 unavailable -',
       '... not for POST');
    my $left = $over - time + 0.1;
    SHS::Process::let_pass($left) if $left > 0;
    is($is->('/form/lua'), '200 unavailable -',
       '... may have been prolonged meanwhile: it is unavailable, not absent');
    is($is->('/form/strict/lua'), '503 - -', '... so deny applies');
    $proxy->pass;
    $proxy->drop;
    $httpd->stop;
}

# --- many at once ----------------------------------------------------------------------------

if (mpm() ne 'prefork') { # which has one thread a child
    my $httpd = private_httpd(conf => $usual . <<"CONF");
ThreadsPerChild 40
MaxRequestWorkers 40
SharedSessionStore redis://127.0.0.1:@{[$proxy->port]} timeout=5s
SharedSessionCache On
CONF
    wait_live($httpd);
    my $before = status($httpd)->{CacheInvalidations};
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'crowd' }, 60);
    # A read before these invalidations is not kept: HSET, EXPIRE.
    SHS::Process::wait_for('its invalidations', 10, sub {
        status($httpd)->{CacheInvalidations} >= $before + 2 });
    $proxy->delay(300);
    my @sockets;
    my $lookups = $redis->lookups_during(sub {
        for (1 .. 32) {
            my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $httpd->port) or die $!;
            syswrite $s, "GET /x/lua HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                . "Cookie: JSESSIONID=$id\r\n\r\n";
            push @sockets, $s;
        }
        for my $s (@sockets) {
            my $in = '';
            while (sysread $s, $in, 65536, length $in) { }
            $s = $in;
        }
    }, text => $id);
    is((grep { /crowd/ } @sockets) + 0, 32, '32 at once: each has its session');
    is($lookups, 1, '... by one lookup');
    $proxy->pass;
    $httpd->stop;
}

# --- no connection left ---------------------------------------------------------------------

# The subscription is the last connection that Redis takes: what is in the
# near-cache is found, and nothing else can be asked for. It is for Redis' maxclients to be
# large enough.
{
    my $full = SHS::Redis->start;
    my $httpd = private_httpd(near => 1, conf => $usual . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$full->port]} timeout=1s name=full breaker=5/200ms
CONF
    my ($near, $far) = (fresh_id(), fresh_id());
    $full->put_hash("session:$_", { user => 'anna' }, 600) for $near, $far;
    wait_live($httpd);
    ok(eval { wait_kept($httpd, $near) }, 'one session is near');

    my @others;
    my $fill = sub {
        for (1 .. 100) {
            my $c = SHS::Redis::Client->new(port => $full->port);
            my $answer = eval { $c->cmd('PING') } // $@;
            return if $answer ne 'PONG';
            push @others, $c;
        }
        die 'more than 100 connections';
    };
    my $admin = $full->client;
    my @clients = split /\n/, $admin->cmd('CLIENT', 'LIST');
    $admin->cmd('CONFIG', 'SET', 'maxclients', scalar @clients);
    my ($lookups) = map { /^id=(\d+).* name=full .* cmd=(?:hgetall|pttl|info)/  ? $1 : () } @clients;
    $admin->cmd('CLIENT', 'KILL', 'ID', $lookups);
    $fill->();
    my $subscriptions = () = $admin->cmd('CLIENT', 'LIST') =~ / name=full .* cmd=(?:ping|subscribe)/g;
    is($subscriptions, 1, 'of this httpd one connection is left: the subscription');

    is(status($httpd)->{Cache}, 'live', 'the near-cache is live');
    is(session($httpd, $near), 'anna', '... and what is near is found');
    my %is;
    $is{ session($httpd, $far) }++ for 1 .. 20;
    is_deeply(\%is, { unavailable => 20 }, 'what is not is unavailable')
        || diag explain \%is;
    cmp_ok(status($httpd)->{MaxClients}, '>=', 5, '... for the reason that is counted');
    like(($httpd->logged(qr/SHS003/))[-1], qr/has reached its maxclients/, '... and logged');
    @others = ();
    ok(eval { SHS::Process::wait_for('a connection', 10, sub {
        session($httpd, $far) eq 'anna' }) }, '... until a connection is free');
    $httpd->stop;
}

# --- other virtual hosts --------------------------------------------------------------------

{
    my $other = SHS::Redis->start;
    my $url = 'redis://127.0.0.1:' . $redis->port;
    my $httpd = private_httpd(conf => $usual . <<"CONF");
SharedSessionStore $url timeout=1s
SharedSessionCache On
<VirtualHost *>
    ServerName one.test
</VirtualHost>
<VirtualHost *>
    ServerName json.test
    SharedSessionFormat json
</VirtualHost>
<VirtualHost *>
    ServerName small.test
    SharedSessionMaxSize 40
</VirtualHost>
<VirtualHost *>
    ServerName key.test
    SharedSessionKey other:%{id}
</VirtualHost>
<VirtualHost *>
    ServerName store.test
    SharedSessionStore redis://127.0.0.1:@{[$other->port]} timeout=5s
</VirtualHost>
CONF
    wait_live($httpd);
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'x' x 100 }, 60);
    my $status = sub { ask($httpd, $id, host => "$_[0].test")->note('SHARED_SESSION') };
    SHS::Process::wait_for('a hit', 10, sub {
        !$redis->lookups_during(sub { $status->('one') }, text => $id) });
    is($status->('one'), 'found', 'a session that one host has');
    is($status->('json'), 'malformed', '... is read by another format as that reads it');
    is($status->('small'), 'malformed', '... by another size');
    is($status->('key'), 'absent', '... by another key');
    is($status->('store'), 'absent', '... in another store');
    is($redis->lookups_during(sub { $status->('one') }, text => $id), 0, '... which changes nothing here');
}

# --- what took a while -------------------------------------------------------------------

{
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'anna' }, 600);
    ok(eval { SHS::Process::wait_for('the log', 30, sub {
        session($deaf, fresh_id(), host => "$users[0][0].test");
        $deaf->logged(qr/:notice\] .*SHS018: .*is in use/) }) },
       'the log also says when a user may subscribe in the end') || diag explain status($deaf, 0);
    is(status($deaf, 0)->{Cache}, 'live', '... and so is the status');
}

done_testing;
