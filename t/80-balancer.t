# mod_proxy_balancer keeps working: stickysession finds its route in the cookie
# or the path, and every member gets the session's headers.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my @member = map { SHS::Backend->start(route => $_) } qw(one two);
my $httpd = private_httpd(near => 1, conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s
SharedSession On
SharedSessionCookie JSESSIONID url=jsessionid
SharedSessionHeader X-User user
<Proxy balancer://app>
    BalancerMember http://127.0.0.1:@{[$member[0]->port]} route=one
    BalancerMember http://127.0.0.1:@{[$member[1]->port]} route=two
    ProxySet stickysession=JSESSIONID|jsessionid
</Proxy>
ProxyPass /app balancer://app/app
CONF
my $id = fresh_id();
$store->put_hash("session:$id", { user => 'anna' });

sub route { return $_[0]->value('request', 'route') // 'none' }

for my $route (qw(one two two one two)) {
    my $r = $httpd->get('/app/x', cookie => "JSESSIONID=$id.$route");
    is(route($r), $route, "the cookie's route $route is followed");
    is($r->hdr('X-User'), 'anna', '... with the header of the session');
    is($r->hdr('Cookie'), "JSESSIONID=$id.$route", '... and the whole cookie');
}
for my $route (qw(two one two)) {
    my $r = $httpd->get("/app/x;jsessionid=$id.$route");
    is(route($r), $route, "the path's route $route is followed");
    is($r->hdr('X-User'), 'anna', '... with the header of the session');
}
my %seen;
$seen{ route($httpd->get('/app/x', cookie => "JSESSIONID=$id")) }++ for 1 .. 20;
is_deeply([sort keys %seen], ['one', 'two'],
          'without a route both members are used');
for my $route (qw(one two)) {
    my $r = $httpd->get('/app/x', cookie => "JSESSIONID=$id.$route",
                        headers => [['X-User', 'forged'],
                                    ['Connection', 'close, X-User']]);
    is($r->hdr('X-User'), 'anna', 'no forgery through the balancer');
    is(route($r), $route, '... and still sticky');
}

done_testing;
