# The near-cache where it is not the usual: tracking is refused, Redis gives no
# answer and stale= is allowed, many miss the same at once, and virtual hosts
# read the same keys in another way.
use strict;
use warnings;

use SHS;
use SHS::Proxy;
use Time::HiRes qw(time);

my $redis = SHS::Redis->start(acl => "user default on nopass ~* &* +\@all\n"
    . "user app on >SeCrEt-app ~session:* resetchannels +get +hgetall +pttl +auth +client|id\n");
my $proxy = SHS::Proxy->start(to => $redis->port);

my $usual = one_child() . <<'CONF';
SharedSession On
SharedSessionNote session.* *
LoadModule status_module /usr/lib/apache2/modules/mod_status.so
<Location /status>
    SetHandler server-status
    SharedSession Off
</Location>
CONF

sub status {
    my ($httpd, $store) = @_;
    $store //= 0;
    my %is = map { /^SharedSessionStore$store(\D\S*): (.*)$/ ? ($1 => $2) : () }
        split /\n/, $httpd->get('/status?auto')->body;
    return \%is;
}

sub wait_live {
    my ($httpd, @store) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(eval { SHS::Process::wait_for('live', 20, sub {
        (status($httpd, @store)->{Cache} // '') eq 'live' }) }, 'live')
        || diag explain status($httpd, @store);
    return;
}

sub ask {
    my ($httpd, $id, %more) = @_;
    return $httpd->get('/x/lua', cookie => "JSESSIONID=$id", %more);
}

sub session { # user, or SHARED_SESSION
    my $r = ask(@_);
    return $r->note('session.user') // $r->note('SHARED_SESSION') // $r->code;
}

# Until it is kept: what is read before the news of its own making come is not.
sub wait_kept {
    my ($httpd, $id) = @_;
    return SHS::Process::wait_for('a hit', 10, sub {
        my $hits = status($httpd)->{CacheHits};
        session($httpd, $id);
        status($httpd)->{CacheHits} > $hits });
}

# --- tracking is refused -------------------------------------------------------------

{
    my $httpd = private_httpd(conf => $usual . <<"CONF");
SharedSessionStore redis://app:SeCrEt-app\@127.0.0.1:@{[$redis->port]} timeout=1s
SharedSessionCache On
CONF
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'anna' }, 60);
    ok(eval { SHS::Process::wait_for('the refusal', 10, sub {
        status($httpd)->{Cache} eq 'the server refuses CLIENT TRACKING' }) },
       'the status says that tracking is refused') || diag explain status($httpd);
    is(session($httpd, $id), 'anna', '... sessions are found');
    is($redis->lookups_during(sub { session($httpd, $id) for 1 .. 3 }, text => $id), 3,
       '... by plain lookups');
    $redis->put_hash("session:$id", { user => 'eva' }, 60);
    is(session($httpd, $id), 'eva', '... that see changes');
    my %entry = @{ $redis->cmd('ACL', 'LOG')->[0] };
    cmp_ok($entry{count}, '<=', 2, '... and it is not asked again and again')
        || diag explain \%entry;
    $httpd->stop;
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

# --- many at once ----------------------------------------------------------------------------

if (mpm() ne 'prefork') { # which has one thread a child
    my $httpd = private_httpd(conf => $usual . <<"CONF");
ThreadsPerChild 40
MaxRequestWorkers 40
SharedSessionStore redis://127.0.0.1:@{[$proxy->port]} timeout=5s
SharedSessionCache On
CONF
    wait_live($httpd);
    my $heard = status($httpd)->{CacheInvalidations};
    my $id = fresh_id();
    $redis->put_hash("session:$id", { user => 'crowd' }, 60);
    # What is read before such news come is not kept. HSET, EXPIRE.
    SHS::Process::wait_for('the news of it', 10, sub {
        status($httpd)->{CacheInvalidations} >= $heard + 2 });
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
    SharedSessionStore redis://127.0.0.1:@{[$other->port]}
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

done_testing;
