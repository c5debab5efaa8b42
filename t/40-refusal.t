# What a client gets when an order is refused: one error page and nothing behind
# it, whatever the program does that has given the order. On a connection that
# stays open, the rest of its page would be the response to the next request.
use strict;
use warnings;

use SHS;
use SHS::H2;

my $store = SHS::Redis->start;
my $libexec = (slurp("$ENV{SHS_TMP}/t/conf/modules.@{[mpm()]}.conf")
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m)[0];

# A backend that speaks HTTP/2. Its control headers are refused, and an attacker
# has written its page, so that it looks like another response.
my $forged = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\nforged";
my $listener = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1:0') or die $!;
# (Each has one connection at a time, so no child of httpd's may keep one.)
my @backends = map { SHS::Process::fork_child('h2c backend', sub {
    SHS::H2::serve($listener, sub {
        my ($stream) = @_;
        return join '', SHS::H2::frame(1, 4, $stream, SHS::H2::literals(
                [':status', '200'], ['content-type', 'text/plain'], ['x-session-set', 'a b=1'],
                ['x-replace-session', 'owner=anna'])),
            (map { SHS::H2::frame(0, $_ == 3, $stream, $forged x 100) } 1 .. 3);
    });
}) } 1 .. 4;

# Programs that go on when no client reads what they write.
my $lua = <<'LUA';
function refused(r)
    r.headers_out["X-Session-Set"] = "a b=1"
    for i = 1, 8 do r:puts(string.rep("forged ", 1200)) r:flush() end
    return apache2.OK
end
function page(r)
    r.content_type = "text/plain"
    r:puts("the error document\n")
    return apache2.OK
end
function login(r)
    r.headers_out["X-Session-Action"] = "create"
    r:puts("the login page\n")
    return apache2.OK
end
function refused_page(r)
    r.status = 200
    return refused(r)
end
function logout(r)
    if r.args == "200" then r.status = 200 end
    r.headers_out["X-Session-Action"] = "destroy"
    r:puts("logged out\n")
    return apache2.OK
end
function failing(r)
    r.headers_out["X-Session-Action"] = "destroy"
    return 404
end
LUA
my $httpd = private_httpd(
    files => { 'answer.lua' => $lua, 'htdocs/next.txt' => 'the next response' },
    conf => <<"CONF");
LoadModule proxy_http2_module $libexec/mod_proxy_http2.so
Protocols h2c http/1.1
H2Direct on
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSession On
SharedSessionControl On
LuaMapHandler "^/(?:[a-z]+/)?lua-(\\w+)\$" \${HOME_DIR}/answer.lua \$1
ProxyPassMatch "^/(?:[a-z]+/)?h2\$" h2c://127.0.0.1:@{[$listener->sockport]} disablereuse=on
<Location /page>
    ErrorDocument 500 /lua-page
    ErrorDocument 502 /lua-page
</Location>
<Location /elsewhere>
    ErrorDocument 500 http://a.test/sorry
    ErrorDocument 502 http://a.test/sorry
</Location>
<Location /text>
    ErrorDocument 500 "a text
    ErrorDocument 502 "a text
</Location>
<Location /login>
    ErrorDocument 500 /lua-login
    ErrorDocument 502 /lua-login
</Location>
<Location /again>
    ErrorDocument 500 /again/lua-refused_page
    ErrorDocument 502 /again/h2
</Location>
<Location /logout>
    ErrorDocument 404 /lua-logout
</Location>
<Location /failing>
    ErrorDocument 404 /lua-failing
</Location>
<Location /finished>
    ErrorDocument 404 /lua-logout?200
</Location>
LoadModule session_module $libexec/mod_session.so
LoadModule session_shared_module @{[$ENV{SHS_MODULE} =~ s/mod_shared_session/mod_session_shared/r]}
<Location /saved>
    SharedSessionControl Off
    Session On
    SessionHeader X-Replace-Session
    ErrorDocument 503 /lua-page
</Location>
CONF
my $port = $httpd->port;

# The responses of one connection, as a client takes them apart that has read
# RFC 9112, section 6.3.
sub take_apart {
    my ($in) = @_;
    my @responses;
    while ($in =~ s{\A(HTTP/1\.1 (\d+).*?\r\n\r\n)}{}s) {
        my ($head, $code) = ($1, $2);
        if ($head =~ /^Transfer-Encoding: chunked\r$/mi) {
            my $body = '';
            while ($in =~ s/\A([0-9a-f]+)\r\n//i) {
                $body .= substr $in, 0, hex $1, '';
                $in =~ s/\A\r\n//;
                last if !hex $1;
            }
            push @responses, [$code, $head, $body];
            next;
        }
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        push @responses, [$code, $head, substr($in, 0, $length // length $in, '')];
    }
    push @responses, ['none', $in, ''] if length $in;
    return @responses;
}

my %page = ('' => qr{<h1>[^<]+</h1>}, page => qr/\Athe error document\n\z/,
            elsewhere => qr/a\.test/, text => qr/\Aa text\z/,
            login => qr/\Athe login page\n\z/,
            again => qr/<h1>.*encountered while trying/s);
for my $program (qw(h2 lua-refused)) {
    for my $place (sort keys %page) {
        for my $way ('', '/cgi?location=') { # an internal redirect leads there
            my $path = $way . ($place ne '' ? "/$place" : '') . "/$program";
            my $expected = $place eq 'elsewhere' ? 302 : $program eq 'h2' ? 502 : 500;
            my $before = $store->cmd('DBSIZE');
            my $in = SHS::HTTP::request(port => $port, raw =>
                SHS::HTTP::text(path => $path, keep_alive => 1)
                . SHS::HTTP::text(path => '/next.txt'))->raw;
            my ($first, @rest) = take_apart($in);
            is($first->[0], $expected, "$path: an order that is refused");
            like($first->[2], $page{$place}, '... which a page says');
            is(() = $first->[2] =~ /<html|the error document|the login page|a text/g, 1, '... once');
            unlike($in, qr/forged/, '... with nothing of the page that is refused');
            if ($first->[1] =~ /^Connection: .*\bclose\b/m) {
                is(scalar @rest, 0, '... and nothing behind it');
            }
            else {
                is_deeply([map { "$_->[0] $_->[2]" } @rest], ['200 the next response'],
                          '... and the next response behind it');
            }
            is($store->cmd('DBSIZE') - $before, $place eq 'login' ? 1 : 0,
               '... and what the error document orders is done once') if $place ne 'again';
        }
    }
}

# HTTP/2: the stream ends, and is not reset.
sub by_http2 {
    my ($path) = @_;
    open my $curl, '-|', 'curl', '-s', '-i', '--max-time', 30, '--http2-prior-knowledge',
        '-w', "\nexit %{exitcode}\n", "http://127.0.0.1:$port$path" or die "curl: $!";
    binmode $curl;
    my $in = do { local $/; <$curl> };
    close $curl;
    return $in // '';
}
for my $program (qw(h2 lua-refused)) {
    for my $place ('', '/page') {
        my $in = by_http2("$place/$program");
        like($in, qr{\AHTTP/2 50[02]}, "$place/$program by HTTP/2");
        like($in, qr/^exit 0$/m, '... ends');
        is(() = $in =~ /<html|the error document/g, 1, '... with one page');
        unlike($in, qr/forged/, '... and nothing of the other');
    }
}

# mod_session's session that is not saved: likewise.
$store->cmd('CONFIG', 'SET', 'maxmemory', 1);
my $in = SHS::HTTP::request(port => $port, raw =>
    SHS::HTTP::text(path => '/saved/h2', keep_alive => 1, cookie => "JSESSIONID=none")
    . SHS::HTTP::text(path => '/next.txt'))->raw;
my ($first, @rest) = take_apart($in);
is($first->[0], 503, 'mod_session cannot save');
is($first->[2], "the error document\n", '... which a page says');
is(scalar @rest, 0, '... and nothing follows');
$store->cmd('CONFIG', 'SET', 'maxmemory', 0);

# An end that an error document orders, while Redis is down: what the client gets
# is that it has failed, not the error that was to be explained.
my $id = fresh_id();
for my $place (qw(logout finished failing)) {
    $store->put_hash("session:$id", { userId => 'anna' });
    my $r = $httpd->get("/$place/none", cookie => "JSESSIONID=$id");
    is($r->code, $place eq 'finished' ? 200 : 404, "/$place: an error document that logs out");
    is($store->cmd('EXISTS', "session:$id"), 0, '... which is done');
    like($r->header('Set-Cookie'), qr/^JSESSIONID=; /, '... and the client told');
}
$store->stop;
for my $place (qw(logout finished failing)) {
    my $r = $httpd->get("/$place/none", cookie => "JSESSIONID=$id");
    is($r->code, 503, "/$place: it fails while Redis is down");
    is($r->header('Retry-After'), 5, '... with a time');
    is($r->header('Set-Cookie'), undef, '... and without a cookie');
    is(() = $r->body =~ /<html/g, 1, '... by one page');
}

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
$httpd->stop;
SHS::Process::stop($_) for @backends;
done_testing;
