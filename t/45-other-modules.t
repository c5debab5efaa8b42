# Access by the session beside modules of other authors that decide: OpenID Connect
# (mod_auth_openidc), groups in a file (mod_authz_groupfile).
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Access;

my $store = SHS::Redis->start;
my $id = people($store);
my $provider = 'https://127.0.0.1:9';

my $httpd = private_httpd(
    files => { (map { ("htdocs/$_/page.html" => "the page\n") } qw(openid either group open)),
               'groups' => "cooks: alice bob\nstaff: root\n" },
    conf => <<"CONF");
@{[load_modules(qw(auth_openidc authz_groupfile))]}
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s breaker=off
SharedSession On
SharedSessionUser userId
OIDCProviderIssuer $provider
OIDCProviderAuthorizationEndpoint $provider/authorize
OIDCProviderTokenEndpoint $provider/token
OIDCClientID test
OIDCClientSecret SeCrEtofTheClient0123456789
OIDCCryptoPassphrase SeCrEtofTheTest
OIDCRedirectURI /back
<Location /openid>
    AuthType openid-connect
    Require valid-user
</Location>
<Location /either>
    AuthType openid-connect
    <RequireAny>
        Require valid-user
        Require shared-session userId root
    </RequireAny>
</Location>
<Location /group>
    SharedSessionLogin /login
    AuthType SharedSession
    AuthGroupFile \${HOME_DIR}/groups
    Require group cooks
</Location>
CONF

sub ask {
    my ($place, $who) = @_;
    return $httpd->get("/$place/page.html", $who ? (cookie => "JSESSIONID=$id->{$who}") : (),
                       headers => [navigation(), ['Sec-Fetch-Dest', 'document'],
                                   ['Accept', 'text/html']]);
}
my $to_provider = qr{^\Q$provider\E/authorize\?};
my $to_login = qr{^/login\?return=/group/page\.html$};

# place, visitor, code, where a redirect leads; the code while Redis is down
my @rows = (
    ['openid', undef, 302, $to_provider, 302, 'another AuthType has its own login'],
    ['openid', 'user', 302, $to_provider, 302, '... which no session replaces'],
    ['either', undef, 302, $to_provider, 302, 'an alternative: its login for those without'],
    ['either', 'user', 302, $to_provider, 503, '... and for another user'],
    ['either', 'admin', 200, undef, 503, '... the session lets in'],
    ['group', undef, 302, $to_login, 302, 'a group of users: no session'],
    ['group', 'anon', 302, $to_login, 503, '... a session without a user'],
    ['group', 'user', 200, undef, 503, '... a member'],
    ['group', 'admin', 403, undef, 503, '... a user who is none'],
    ['open', 'user', 200, undef, 200, 'a place without a requirement'],
);
for my $row (@rows) {
    my ($place, $who, $code, $leads_to, undef, $why) = @$row;
    my $r = ask($place, $who);
    is($r->code, $code, $why);
    like($r->header('Location') // '', $leads_to, '... where it leads') if $leads_to;
}

$store->stop;
for my $row (@rows) {
    my ($place, $who, undef, $leads_to, $code, $why) = @$row;
    my $r = ask($place, $who);
    is($r->code, $code, "Redis is down: $why");
    is($r->header('Location'), undef, '... no login page') if $code == 503;
}
$httpd->stop;
done_testing;
