# mod_status shows each store, its circuit breaker and its counters: as a table
# for people, as lines for programs, and never a credential.
use strict;
use warnings;

use SHS;
use SHS::Near qw(status wait_live);

my $store = SHS::Redis->start(
    acl => "user default on nopass ~* &* +\@all\n"
         . "user app on >SeCrEt-status ~session:* +get +hgetall +pttl\n");
my $port = $store->port;
my $unused = SHS::Process::free_port();
my $httpd = private_httpd(conf => <<"CONF");
<Location /server-status>
    SetHandler server-status
</Location>
SharedSession On
<VirtualHost *:\${SHS_PORT}>
    ServerName here.test
    SharedSessionStore redis://app:SeCrEt-status\@127.0.0.1:$port timeout=5s
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName gone.test
    SharedSessionStore redis://127.0.0.1:$unused/3 breaker=2/10s
</VirtualHost>
CONF

sub lines {
    my $page = $httpd->get('/server-status?auto', host => 'here.test')->body;
    return { $page =~ /^(SharedSession\S+): (.*)$/mg };
}

my $id = fresh_id();
$store->put_hash("session:$id", { user => 'anna' });
my $before = lines();
is($before->{SharedSessionStore0}, "redis://127.0.0.1:$port/0",
   'the first store, without user and password');
is($before->{SharedSessionStore1}, "redis://127.0.0.1:$unused/3", 'the second');
is($before->{SharedSessionStore0Breaker}, 'closed', 'its circuit breaker');
is($before->{SharedSessionStore0Unavailable}, 0, 'and its counters');

my @got = map { $httpd->get('/x/lua', host => "$_.test",
                            cookie => "JSESSIONID=$id")
                    ->note('SHARED_SESSION') } qw(here gone gone gone here);
is("@got", 'found unavailable unavailable unavailable found',
   'two lookups that fail, a third that is not tried');
my $after = lines();
is($after->{SharedSessionStore1Breaker}, 'open', 'the breaker has opened');
is($after->{SharedSessionStore1Unavailable}, 3, 'three got no reply');
is($after->{SharedSessionStore1Unreachable}, 2, '... two tried');
is($after->{SharedSessionStore1Blocked}, 1, '... and one did not');
is($after->{SharedSessionStore1Outages}, 1, 'that is one outage');
is($after->{SharedSessionStore0Unavailable}, 0,
   'none of which is the other store\'s');

my $page = $httpd->get('/server-status', host => 'here.test')->body;
like($page, qr{<th[^>]*>redis://127\.0\.0\.1:$unused/3</th>},
     'the table names the store');
like($page, qr{<td>Unavailable</td><td>3</td>}, '... and its counters');
like($page, qr{<td>Breaker</td><td>open</td>}, '... and its circuit breaker');
unlike($page . join('', %$after), qr/SeCrEt|\bapp\b/, 'no credential is shown');

# The near-cache with the least size has 56 sets with room for four sessions of 4 KB.
my $small = private_httpd(conf => <<"CONF");
<Location /status>
    SetHandler server-status
    SharedSession Off
</Location>
SharedSession On
SharedSessionCache On size=1M
SharedSessionStore redis://127.0.0.1:$port
CONF
wait_live($small, 'a small near-cache is live');
sub look_up { $small->get('/x/lua', cookie => "JSESSIONID=$_") for @_ }
sub evictions {
    $small->get('/status?auto')->body =~ /^SharedSessionStore0CacheEvictions: (\d+)$/m
        or return;
    return $1;
}
my @ids = map { fresh_id() } 1 .. 300;
$store->put_hash("session:$_", { big => 'x' x 3900 }) for @ids;
# A read before the invalidations of its own creation is not kept.
SHS::Process::wait_for('the invalidations', 20, sub {
    status($small)->{CacheInvalidations} >= 300 });
look_up($ids[0]);
is(evictions(), 0, 'one session evicts none');
look_up(@ids);
# Ids are random, so sets fill unevenly: more than do not fit are evicted.
cmp_ok(evictions(), '>=', 300 - 4 * 56, '300 sessions evict others, and are counted');

done_testing;
