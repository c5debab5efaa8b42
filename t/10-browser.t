# What docs/security.md promises of __Host-, with a real browser: a sister host of the
# same site plants cookies in every way that browsers know, and the user stays the
# same; after the logout there is no user.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Browser;
use SHS::Certs;

plan skip_all => 'there is no chromium here' if !SHS::Browser::is_here();

my $store = SHS::Redis->start;
my $certs = SHS::Certs->new;
my $pair = $certs->sign('site', 'DNS:app.site.test,DNS:evil.site.test');
my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
my $tls = SHS::Process::free_port();
my ($app, $evil) = map { "https://$_.site.test:$tls" } qw(app evil);
my $planted = fresh_id();
$store->put_hash("session:$planted", { user => 'mallory' });

my $common = <<"CONF";
    SSLEngine on
    SSLCertificateFile $pair.crt
    SSLCertificateKeyFile $pair.key
CONF
my $tossed = 'Path=/app; Domain=site.test; Secure';
my $httpd = private_httpd(near => 1, conf => <<"CONF");
LoadModule socache_shmcb_module $modules/mod_socache_shmcb.so
LoadModule ssl_module $modules/mod_ssl.so
Listen 127.0.0.1:$tls https
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s
<VirtualHost *:$tls>
    ServerName app.site.test
$common
    SharedSession On
    SharedSessionCookie __Host-SID
    SharedSessionNote session.* *
    <Location /login>
        SharedSessionControl On
        Header always set Location "$evil/plant/lua"
    </Location>
    <Location /in-and-out>
        SharedSessionControl On
        Header always set Location "$evil/out/lua"
    </Location>
    <Location /logout>
        SharedSessionControl On
        Header always set Location "$app/app/lua"
    </Location>
</VirtualHost>
<VirtualHost *:$tls>
    ServerName evil.site.test
$common
    RedirectMatch 303 ^/plant $app/app/lua
    RedirectMatch 303 ^/out $app/logout/cgi?status=303&action=destroy
    Header always add Set-Cookie "pref=en, __Host-SID=$planted; $tossed"
    Header always add Set-Cookie "zz=1, __Host-SID=$planted, y; $tossed"
    Header always add Set-Cookie "__Host-SID=$planted; $tossed"
    Header always add Set-Cookie "__host-sid=$planted; $tossed"
    Header always add Set-Cookie "=__Host-SID=$planted; $tossed"
    Header always add Set-Cookie "q=\\"x, __Host-SID=$planted\\"; $tossed"
</VirtualHost>
CONF

# The page that a visit of a new browser ends on, as a probe's reply.
sub visit {
    my ($url) = @_;
    my $browser = SHS::Browser->start(host => '*.site.test', tls => "$pair.crt");
    $browser->visit($url);
    my $text = $browser->text;
    $browser->stop;
    return SHS::HTTP::Reply->parse("HTTP/1.1 200 OK\r\n\r\n$text");
}

# Logged in, sent to the sister host and back, in one go.
my $r = visit("$app/login/cgi?status=303&action=create&set=user%3Dalice");
my $cookies = $r->hdr('Cookie') // '';
like($cookies, qr/__Host-SID=(?!\Q$planted\E)/, 'the browser has the cookie of the login')
    || diag $r->body;
like($cookies, qr/pref=en, __Host-SID=\Q$planted\E/, '... and what was planted');
is($r->note('session.user'), 'alice', 'the user is the same');

# The same, and on the way back logged out: a planted cookie is no login.
$r = visit("$app/in-and-out/cgi?status=303&action=create&set=user%3Dalice");
like($r->hdr('Cookie') // '', qr/pref=en, __Host-SID=\Q$planted\E/,
     'after the logout the planted cookie is still sent');
is($r->note('SHARED_SESSION'), 'none', '... and leads to no session');
is($r->note('session.user'), undef, '... of any user');

done_testing;
