# What a person sees of a protected place, with a real browser: the login page and
# then the page first asked for, nothing private after the logout, and no login page
# because Redis is down. What scripts of a page see: 401.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Browser;
use SHS::Certs;

plan skip_all => 'there is no chromium here' if !SHS::Browser::is_here();

my $store = SHS::Redis->start;
my $pair = SHS::Certs->new->sign('site', 'DNS:app.site.test');
my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
my $tls = SHS::Process::free_port();
my $app = "https://app.site.test:$tls";

# The application. Its login redirects to whatever the parameter says: a login page
# that trusts httpd must not lead to another site.
my $program = <<'LUA';
local function text(r, value)
    return r:escape_html(value or "a stranger")
end

local function page(r, body)
    r.content_type = "text/html; charset=utf-8"
    r:write("<!DOCTYPE html><title>page</title><body><script>" ..
        "addEventListener('pageshow', e => { window.isRestored = e.persisted })" ..
        "</script>" .. body)
    return apache2.OK
end

function show(r)
    return page(r, "<h1>" .. text(r, r.user) .. "</h1><p id=target>" ..
        text(r, r.unparsed_uri))
end

function login(r)
    if r.method == "POST" then
        r.headers_out["X-Session-Action"] = "create"
        r.headers_out["X-Session-Set"] = "userId=alice"
        r.headers_out["Location"] = r:parsebody()["return"]
        r.status = 303
        return apache2.OK
    end
    return page(r, "<h1>login</h1><form method=post><input name=return value=\"" ..
        text(r, r:parseargs()["return"]) .. "\"></form>")
end

function logout(r)
    r.headers_out["X-Session-Action"] = "destroy"
    return page(r, "<h1>logged out</h1>")
end
LUA

my $httpd = private_httpd(near => 1, files => { 'app.lua' => $program }, conf => <<"CONF");
LoadModule socache_shmcb_module $modules/mod_socache_shmcb.so
LoadModule ssl_module $modules/mod_ssl.so
Listen 127.0.0.1:$tls https
LogFormat "%m %U%q %>s %{Upgrade}i %{Location}o" seen
CustomLog logs/seen seen
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
<VirtualHost *:$tls>
    ServerName app.site.test
    SSLEngine on
    SSLCertificateFile $pair.crt
    SSLCertificateKeyFile $pair.key
    AllowEncodedSlashes NoDecode
    LuaMapHandler "^/login\$" "\${HOME_DIR}/app.lua" login
    LuaMapHandler "^/logout\$" "\${HOME_DIR}/app.lua" logout
    LuaMapHandler "^/" "\${HOME_DIR}/app.lua" show
    <Location />
        SharedSession On
        SharedSessionCookie __Host-SID
        SharedSessionUser userId
        SharedSessionLogin /login
        Require shared-session userId
    </Location>
    <LocationMatch "^/(login|logout)\$">
        SharedSessionControl On
        Require all granted
    </LocationMatch>
    <Location /public>
        Require all granted
    </Location>
</VirtualHost>
CONF

sub new_browser {
    return SHS::Browser->start(host => '*.site.test', tls => "$pair.crt", args => \@_);
}

my $browser = new_browser();

# Sends the form of the login page, and waits for the page after it.
sub log_in { return $browser->leave_by('document.forms[0].submit()') }

# The lines of the access log with that path, when there is at least one.
sub seen {
    my ($path) = @_;
    my @lines;
    SHS::Process::wait_for("a request for $path", 10, sub {
        @lines = grep { /^\S+ \Q$path\E / } split /\n/, slurp($httpd->root . '/logs/seen') });
    return @lines;
}

# --- a navigation: the login page, then the page first asked for ------------

for my $row (
    ['/members/?a=1&b=2', 'two parameters'],
    ['/members/x+y?q=a+b%20c%2Bd&r=%2Fa%2F..&e=%26%3D%25', 'octets that mean something'],
    ["/members/gr\x{fc}n?stra\x{df}e=M\x{fc}nchen&\x{65e5}", 'letters that are not ASCII'],
    ['/members/?return=//evil.test&next=https://evil.test/#part', 'addresses, a fragment'],
) {
    my ($path, $words) = @$row;
    $browser->visit("$app/logout");
    my $url = $browser->value('new URL(' . JSON::PP->new->allow_nonref->encode($path)
                              . ', location).href');
    $browser->visit($url);
    is($browser->statuses, '302 200', "$words: a redirect");
    like($browser->text, qr/^login/, '... to the login page');
    log_in();
    is($browser->url, $url, '... and after the login to the page first asked for');
    (my $sent = $url) =~ s/^\Q$app\E|#.*//g;
    is($browser->value('document.getElementById("target").innerText'), $sent,
       '... as it was asked for');
    like($browser->text, qr/^alice/, '... of the user');
}

# --- an address that looks like one of another site -------------------------

for my $path ('//evil.test/a', '///evil.test/a', '/\\evil.test/a', '/%5Cevil.test/a',
              '/%2F%2Fevil.test/a', '//evil.test/%2e%2e/..%2f', '/https://evil.test/a') {
    $browser->visit("$app/logout");
    $browser->visit("$app$path");
    my ($redirect) = $browser->responses;
    my $location = $redirect->{headers}{location} // '';
    like($location, qr{^/login\?return=/[^/]}, "$path: the login page gets a path");
    my $return = 'new URLSearchParams(location.search).get("return")';
    is($browser->value("new URL($return, location).origin"), $app, '... of this site');
    log_in();
    is($browser->value('location.origin'), $app, '... and the login stays on it');
}

# --- what a page's scripts, images and sockets see --------------------------

$browser->visit("$app/logout");
$browser->visit("$app/public");
my $fetch = <<'JS';
(async (path, options) => {
    const r = await fetch(path, options);
    return [r.status, r.redirected, r.headers.get('Content-Type'),
            r.headers.get('Cache-Control'), (await r.json().catch(() => r)).status];
})
JS
for my $row (
    ['{}', 'fetch()'],
    ['{ headers: { Accept: "text/html" } }', '... for HTML'],
    ['{ method: "POST", body: "x" }', '... with POST'],
) {
    is_deeply($browser->value("($fetch)('/members/data?x=1', $row->[0])"),
              [401, JSON::PP::false, 'application/problem+json', 'no-store', 401],
              "$row->[1]: 401 for programs, and no redirect");
}

is($browser->value(<<'JS'), 'error', 'an image is not shown');
new Promise(done => {
    const image = new Image();
    image.onload = () => done('load');
    image.onerror = () => done('error');
    image.src = '/members/image';
})
JS
is_deeply([seen('/members/image')], ['GET /members/image 401 - -'],
          '... and was answered 401');

is($browser->value(<<'JS'), 'error', 'a WebSocket is not opened');
new Promise(done => {
    const socket = new WebSocket(location.origin.replace('https', 'wss') + '/members/socket');
    socket.onopen = () => done('open');
    socket.onerror = () => done('error');
})
JS
is_deeply([seen('/members/socket')], ['GET /members/socket 401 websocket -'],
          '... and its handshake was answered 401');
like($browser->text, qr{^a stranger}, 'the page is still there');

# --- back after the logout --------------------------------------------------

# Whether the browser shows a page again from its memory, or from its HTTP cache.
sub go_back_to {
    my ($path) = @_;
    $browser->visit("$app$path");
    my ($before) = grep { $_->{status} == 200 } $browser->responses;
    $browser->visit("$app/logout");
    $browser->value('0, history.back(), 0');
    $browser->wait_until('the page before',
        'location.pathname != "/logout" && document.readyState == "complete"');
    return $before;
}

for my $row (
    [[], 'the back/forward cache'],
    [['--disable-features=BackForwardCache'], 'the HTTP cache'],
) {
    my ($args, $words) = @$row;
    $browser->stop;
    $browser = new_browser(@$args);
    # What these caches do, seen on a page that may be stored.
    my $number = () = seen('/public');
    go_back_to('/public');
    is(scalar(() = seen('/public')), $number + 1, "$words shows a public page again");
    is($browser->value('!!window.isRestored'), @$args ? JSON::PP::false : JSON::PP::true,
       '... and no other cache does');

    $browser->visit("$app/members/secret");
    log_in();
    my $before = go_back_to('/members/secret');
    like($before->{headers}{'cache-control'}, qr/\bno-store\b/, 'a private page is not stored');
    like($browser->text, qr/^login/, '... and back after the logout is the login page');
    is($browser->value('location.pathname'), '/login', '... by its address');
}

# --- without Redis ----------------------------------------------------------

# Visits the page until it has that status; returns all statuses on the way.
sub visit_until {
    my ($status, $url) = @_;
    my %seen;
    SHS::Process::wait_for("status $status", 40, sub {
        $browser->visit($url);
        ++$seen{ $browser->statuses };
        return $browser->statuses eq $status;
    }, 0.05);
    return join ', ', sort keys %seen;
}

for my $row (
    ['silent', sub { $store->pause }, sub { $store->resume }],
    ['down', sub { $store->cmd('SAVE'); $store->stop }, sub { $store->run }],
) {
    my ($words, $stop, $start) = @$row;
    my $url = "$app/members/?during=$words";
    $browser->visit($url);
    log_in() if $browser->text =~ /^login/;
    like($browser->text, qr/^alice/, 'a person is logged in');
    my $cookies = $browser->cookies($app);
    ok($cookies->{'__Host-SID'}, '... by a cookie');

    $stop->();
    like(visit_until('503', $url), qr/^(?:200, )?503$/, "Redis is $words: 503, no login page");
    my ($response) = $browser->responses;
    ok($response->{headers}{'retry-after'}, '... with Retry-After');
    is($response->{headers}{'cache-control'}, 'no-store', '... which is not stored');
    is($browser->url, $url, '... at the same address');
    is_deeply($browser->cookies($app), $cookies, '... and the cookie stays');

    $start->();
    like(visit_until('200', $url), qr/^200(?:, 503)?$/, 'Redis is back: the page');
    like($browser->text, qr/^alice/, '... of the same person');
    is_deeply($browser->cookies($app), $cookies, '... with the same cookie');
}

$browser->stop;
$httpd->stop;
done_testing;
