# HTTP/2: streams of one connection, each with its own cookie, at the same time;
# and sessions begun, changed and ended by them.
use strict;
use warnings;

use SHS;
use SHS::H2;

my $store = SHS::Redis->start;
my $httpd = private_httpd(near => 1, conf => <<"CONF");
Protocols h2c http/1.1
H2Direct on
H2MaxSessionStreams 200
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSession On
SharedSessionNote session.* *
SharedSessionHeader X-Owner owner
SharedSessionControl On
<Location /session>
    SetHandler shared-session
</Location>
CONF
my $port = $httpd->port;

my (@id, @requests);
for my $n (1 .. 80) {
    push @id, fresh_id();
    $store->put_hash("session:$id[-1]", { owner => "owner$n" })
        if $n % 8;
    push @requests, ['/x/lua', ['Cookie', "JSESSIONID=$id[-1]"],
                     ['X-Owner', 'forged']];
}
for my $round (1 .. 5) {
    my @body = SHS::H2::fetch($port, @requests);
    my @wrong;
    my $found = 0;
    for my $n (1 .. 80) {
        my $r = SHS::HTTP::Reply->parse("HTTP/1.1 200 OK\r\n\r\n"
                                        . ($body[$n - 1] // ''));
        my $seen = join ' ', map { $_ // '-' } $r->note('SHARED_SESSION'),
            $r->note('session.owner'), $r->hdr('X-Owner');
        my $expected = $n % 8 ? "found owner$n owner$n" : 'absent - -';
        push @wrong, "$n: $seen" if $seen ne $expected;
        $found++ if $seen =~ /^found/;
    }
    is_deeply(\@wrong, [], "80 streams at once: each with its own session ($round)");
    is($found, 70, '... those that have one');
}

# A cookie may come in crumbs (RFC 9113, 8.2.3).
my ($body) = SHS::H2::fetch($port, ['/x/lua', ['Cookie', 'a=b'],
                            ['Cookie', "JSESSIONID=$id[0]"], ['Cookie', 'c=d']]);
like($body, qr/^note session\.owner owner1$/m, 'a cookie in crumbs is read');

# Redis stops: every stream has its answer, from the near-cache its own session,
# until the lease has ended; then none has one.
$store->pause;
my (@body, @stranger);
ok(eval { SHS::Process::wait_for('the end of the lease', 20, sub {
    @body = SHS::H2::fetch($port, @requests[0 .. 6]);
    for my $n (1 .. 7) {
        my ($owner) = ($body[$n - 1] // '') =~ /^note session\.owner (\S+)$/m;
        push @stranger, "$n: $owner" if defined $owner && $owner ne "owner$n";
    }
    7 == grep { /^note SHARED_SESSION unavailable$/m } @body }) },
   'a stopped Redis: in the end every stream is answered, unavailable');
$store->resume;
is(scalar(grep { /owner/ && !/X-Owner/i } @body), 0, '... with no session');
is_deeply(\@stranger, [], '... and before that with no other than its own');
# These failures have opened the circuit breaker; a probe closes it.
$store->cmd('PING');
SHS::Process::wait_for('the store to be asked again', 20, sub {
    my ($probe) = SHS::H2::fetch($port, $requests[0]);
    return ($probe // '') =~ /^note SHARED_SESSION found$/m;
});
@body = SHS::H2::fetch($port, @requests);
is(scalar(grep { ($body[$_] // '') =~ /^note session\.owner owner(\d+)$/m
                 && $1 == $_ + 1 } 0 .. 79), 70,
   'after it goes on each has its own session again');

# Many streams over several connections at once.
my @readers = map {
    pipe(my $from, my $to) or die $!;
    my $pid = SHS::Process::fork_child('h2 client', sub {
        my $own = 0;
        for my $round (1 .. 10) {
            my @bodies = SHS::H2::fetch($port, @requests);
            $own += grep { ($bodies[$_] // '') =~ /^note session\.owner owner(\d+)$/m
                           && $1 == $_ + 1 } 0 .. 79;
        }
        print {$to} "$own\n";
        close $to;
    });
    close $to;
    [ $pid, $from ];
} 1 .. 4;
my @own;
for my $reader (@readers) {
    my ($pid, $from) = @$reader;
    push @own, scalar <$from>;
    waitpid $pid, 0;
    SHS::Process::forget($pid);
}
is_deeply([ map { ($_ // 'nothing') + 0 } @own ], [ (700) x 4 ],
          '3,200 streams over 40 connections: each with its own session');
# --- what changes a session -----------------------------------------------------

# By curl, which reads the headers of an answer too.
sub ask {
    my ($method, $path, $id, $body) = @_;
    open my $curl, '-|', 'curl', '-s', '-i', '--max-time', 60,
        '--http2-prior-knowledge', '-X', $method,
        defined $id ? ('-H', "Cookie: JSESSIONID=$id") : (),
        defined $body ? ('-H', 'Content-Type: application/json', '-d', $body) : (),
        "http://127.0.0.1:$port$path" or die "curl: $!";
    binmode $curl;
    my $in = do { local $/; <$curl> };
    close $curl;
    like($in // '', qr{^HTTP/2 }, "$method $path is answered by HTTP/2");
    return SHS::HTTP::Reply->parse($in // '');
}

my $r = ask('POST', '/session', undef, '{"owner":"anna"}');
is($r->code, 201, 'a login');
my $id = $r->new_id;
like($id, qr/^[A-Za-z0-9_-]{43}$/, '... gives a cookie');
is($r->header('Cache-Control'), 'no-store', '... that no cache may store');
is(ask('PATCH', '/session', $id, '{"cart":"7"}')->code, 200, 'a change');
like(ask('GET', '/session', $id)->body, qr/"cart":"7"/, '... is made');

for my $kind (qw(cgi backend)) {
    $r = ask('GET', "/x/$kind?action=create&set=owner%3Dberta");
    is({ $store->hash('session:' . $r->new_id) }->{owner}, 'berta', "$kind: create");
    unlike($r->raw, qr/^x-session-/mi, '... in headers that do not reach the client');
    my $first = $r->new_id;
    $r = ask('GET', "/x/$kind?action=rotate&set=role%3Dadmin", $first);
    isnt($r->new_id, $first, '... a rotation gives another id');
    is({ $store->hash('session:' . $r->new_id) }->{role}, 'admin', '... of which that is true');
    $r = ask('GET', "/x/$kind?action=destroy", $r->new_id);
    like($r->header('Set-Cookie'), qr/^JSESSIONID=; .*Max-Age=0/, '... an end takes it away');

    $store->cmd('CONFIG', 'SET', 'maxmemory', 1);
    $r = ask('GET', "/x/$kind?action=create&set=owner%3Dberta");
    $store->cmd('CONFIG', 'SET', 'maxmemory', 0);
    is($r->code, 503, "$kind: Redis takes no write: 503");
    is($r->header('Set-Cookie'), undef, '... without a cookie');
    is($r->header('Retry-After'), 5, '... but with a time');
    unlike($r->body, qr/^(?:env \S|request line )/m, '... and without the page');
    is(ask('GET', "/x/$kind?set=n%3D1", $id)->code, 200, '... then it does again');
}

# Streams of one connection that change one session.
@body = SHS::H2::fetch($port, map {
    ["/x/backend?set=w$_%3D$_", ['Cookie', "JSESSIONID=$id"]] } 1 .. 40);
is(scalar(grep { ($_ // '') =~ /^request line/m } @body), 40, '40 streams change one session');
my %is = $store->hash("session:$id");
is_deeply({ map { $_ => $is{$_} } grep { /^w/ } keys %is }, { map { ("w$_" => $_) } 1 .. 40 },
          '... and nothing is lost');
is(ask('DELETE', '/session', $id)->code, 204, 'a logout');
@body = SHS::H2::fetch($port, map {
    ["/x/backend?set=w$_%3D$_", ['Cookie', "JSESSIONID=$id"]] } 1 .. 10);
is($store->cmd('EXISTS', "session:$id"), 0, '... after which no stream makes it again');

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');

# --- trailers, and 1xx answers of a backend that speaks h2c --------------------------

# Trailers are not headers: they control nothing, and do not reach the client, On or
# Off. This backend speaks HTTP/2: a response by 103 (Early Hints), headers and
# trailers, whatever it is asked.
my $h2_listener = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1:0') or die $!;
my $h2_port = $h2_listener->sockport;
my @h2_backend = map { SHS::Process::fork_child('h2c backend', sub {
    SHS::H2::serve($h2_listener, sub {
        my ($stream) = @_;
        return join '', SHS::H2::frame(1, 4, $stream, SHS::H2::literals(
                [':status', '103'], ['x-session-set', 'early=1'])),
            SHS::H2::frame(1, 4, $stream, SHS::H2::literals([':status', '200'],
                ['content-type', 'text/plain'])),
            SHS::H2::frame(0, 0, $stream, "body\n"),
            SHS::H2::frame(1, 5, $stream, SHS::H2::literals(
                ['x-session-action', 'create'], ['x-session-set', 'userId=admin'],
                ['x-sum', '1']));
    });
}) } 1 .. 4;
# And one that logs the trailers of requests.
my $h2_httpd = private_httpd(conf => <<'CONF');
Protocols h2c http/1.1
H2Direct on
CustomLog logs/trailers.log "trailers: %{X-Sum}^ti %{X-Owner}^ti %{x_owner}^ti %{X-Session-Set}^ti"
CONF
my $backend = SHS::Backend->start;
my $libexec = (SHS::slurp("$ENV{SHS_TMP}/t/conf/modules.@{[mpm()]}.conf")
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m)[0];
my $front = private_httpd(files => { map { ("htdocs/$_.html" => "page\n") } qw(dir/index many/page) },
                          conf => <<"CONF");
LoadModule proxy_http2_module $libexec/mod_proxy_http2.so
LoadModule negotiation_module $libexec/mod_negotiation.so
Protocols h2c http/1.1
H2Direct on
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSessionHeader X-Owner owner
<LocationMatch "^/(on|h2/on)">
    SharedSession On
    SharedSessionControl On
</LocationMatch>
<LocationMatch "^/(off|h2/off)">
    SharedSession On
</LocationMatch>
ProxyPass /h2 h2c://127.0.0.1:$h2_port disablereuse=on
CustomLog logs/trailers.log "trailers: %{X-Sum}^ti %{X-Owner}^ti %{x_owner}^ti %{X-Session-Set}^ti"
<Location /denied>
    Require all denied
</Location>
<Location /denied/traced>
    ErrorDocument 403 /traced?read
</Location>
<Location /many>
    Options +MultiViews
</Location>
ProxyPass /many !
ProxyPass /denied !
ProxyPass /dir !
ProxyPass /none !
ProxyPass /traced h2c://127.0.0.1:@{[$h2_httpd->port]}/x/cgi
ProxyPass / http://127.0.0.1:@{[$backend->port]}/
CONF
$port = $front->port;
my $trailer = 'X-Session-Action:%20create%0D%0AX-Session-Set:%20userId%3Dadmin%0D%0AX-Sum:%201';
for my $path ("/on?trailer=$trailer", "/off?trailer=$trailer", "/bare?trailer=$trailer",
              '/h2/on', '/h2/off', '/h2/bare') {
    $r = ask('GET', $path);
    like($r->raw, qr/^x-sum: 1/mi, '... with a trailer');
    unlike($r->raw, qr/^x-session-/mi, '... but none of ours');
    is($r->header('Set-Cookie'), undef, '... which orders nothing');
}
ok(scalar $front->logged(qr/SHS014: .*trailers/), '... as the log says');

# A client's trailers reach a backend that is asked by HTTP/2: without the module's
# names, whatever the method is and whatever reads the body.
my @sent = (['X-Sum', 1], ['X-Owner', 'admin'], ['x_owner', 'admin'],
            ['X-Session-Set', 'userId=admin']);
sub by_http1 {
    my ($at, $method, $path) = @_;
    return SHS::HTTP::request(port => $at, raw => "$method $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
        . join('', map { "$_->[0]: $_->[1]\r\n" } @sent) . "\r\n");
}
my %ways = (
    'HTTP/1.1' => \&by_http1,
    'HTTP/2' => sub {
        my ($at, $method, $path) = @_;
        return (SHS::H2::fetch($at, [{ method => $method, path => $path, data => 'a',
                                       trailers => \@sent }]))[0];
    },
    'HTTP/2 with a length' => sub {
        my ($at, $method, $path) = @_;
        return (SHS::H2::fetch($at, [{ method => $method, path => $path, data => 'a',
                                       trailers => \@sent }, ['Content-Length', 1]]))[0];
    },
);
# What a server has logged of the trailers of its next request.
my %logged;
sub next_trailers {
    my ($server) = @_;
    my $file = $server->root . '/logs/trailers.log';
    my $from = $logged{$file} // 0;
    my $line = SHS::Process::wait_for('the log of trailers', 10, sub {
        my $log = substr -e $file ? SHS::slurp($file) : '', $from;
        $log =~ /\n/ ? $log : undef });
    $logged{$file} = $from + length $line;
    return $line;
}
# With a length httpd may take the body for finished without trailers.
sub passed_on {
    my ($way) = @_;
    return $way =~ /length/ ? qr/^trailers: [1-] - - -$/ : qr/^trailers: 1 - - -$/;
}
for my $method (qw(POST HEAD GET PUT DELETE OPTIONS)) {
    for my $way (sort keys %ways) {
        $ways{$way}->($port, $method, '/traced?read');
        like(next_trailers($h2_httpd), passed_on($way),
             "$method by $way, passed on by h2c: its trailers without the module's names");
        next_trailers($front);
    }
}
# The error document of a denied request is the first to read its body; and with
# httpd's own page the body is discarded.
for my $way (sort keys %ways) {
    $ways{$way}->($port, 'POST', '/denied/traced');
    like(next_trailers($h2_httpd), passed_on($way), "an error document by h2c, $way: likewise");
    like(next_trailers($front), qr/^trailers: [1-] - - -$/, '... and in the log of the denied one');
    for my $path (qw(/denied/plain /dir/ /many/page /none)) {
        for my $method (qw(HEAD POST)) {
            $ways{$way}->($port, $method, $path);
            like(next_trailers($front), qr/^trailers: [1-] - - -$/, "$method $path by $way: likewise");
        }
    }
}

# MergeTrailers adds them to the headers: without the module's names too.
my $merges = private_httpd(conf => <<"CONF");
Protocols h2c http/1.1
H2Direct on
MergeTrailers On
CustomLog logs/trailers.log "headers: %{X-Sum}i %{X-Owner}i %{x_owner}i %{X-Session-Set}i %{Connection}i"
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSession On
SharedSessionHeader X-Owner owner
CONF
for my $method (qw(POST HEAD)) {
    for my $way (sort keys %ways) {
        $ways{$way}->($merges->port, $method, '/x/cgi?read');
        like(next_trailers($merges), qr/^headers: 1 - - - /,
             "MergeTrailers, $method by $way: headers without the module's names");
    }
}
$store->put_hash("session:$id", { owner => 'anna' });
SHS::HTTP::request(port => $merges->port, raw => "POST /x/cgi?read HTTP/1.1\r\nHost: localhost\r\n"
    . "Cookie: JSESSIONID=$id\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "1\r\na\r\n0\r\nX-Owner: admin\r\nX-Sum: 1\r\nConnection: X-Owner, close\r\n\r\n",
    timeout => 1);
is(next_trailers($merges), "headers: 1 anna - - close\n", '... and the module\'s own stays as it is');
$merges->stop;

# A line that is no trailer, behind the module's names: to read the body fails, and
# what was read of trailers until then lacks the module's names too. And TRACE,
# which httpd itself answers, with a body.
sub by_malformed {
    my ($at, $path) = @_;
    return SHS::HTTP::request(port => $at, raw => "POST $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Content-Type: application/x-www-form-urlencoded\r\n"
        . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
        . join('', map { "$_->[0]: $_->[1]\r\n" } @sent) . "no trailer\r\n\r\n");
}
my $fields = join ' ', map { "%{$_->[0]}^ti %{$_->[0]}i" } @sent;
for my $merge ('Off', 'On') {
    my $reader = private_httpd(files => { 'read.lua' => <<'LUA' }, conf => <<"CONF");
function handle(r)
    r:parsebody()
    local seen = {}
    for n, name in ipairs({"X-Sum", "X-Owner", "x_owner", "X-Session-Set"}) do
        seen[n] = r:headers_in_table()[name] or "-"
    end
    r:warn("the handler sees " .. table.concat(seen, " "))
    return apache2.OK
end
LUA
Protocols h2c http/1.1
H2Direct on
MergeTrailers $merge
TraceEnable extended
CustomLog logs/trailers.log "read: $fields"
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSession On
SharedSessionHeader X-Owner owner
LuaMapHandler "^/read\$" \${HOME_DIR}/read.lua handle
<Location /x/cgi>
    ErrorDocument 400 /x/lua
</Location>
CONF
    my $sum = $merge eq 'On' ? 1 : '-';
    my $what = "MergeTrailers $merge, a malformed trailer";
    # httpd answers while the body is read, in place of the handler.
    is(by_malformed($reader->port, '/read')->code, 400, "$what: to read the body fails");
    like($reader->error_log, qr/the handler sees \Q$sum\E - - -$/m,
         '... and the handler sees none of the names before it');
    is(next_trailers($reader), "read: 1 $sum - - - - - -\n", '... nor does the log');
    $r = by_malformed($reader->port, '/x/cgi?read');
    is($r->code, 400, "$what: CGI is not run");
    like($r->body, qr/^note SHARED_SESSION none$/m, '... but the error document');
    unlike($r->raw, qr/admin/, '... which sees none of the names either');
    is(next_trailers($reader), "read: 1 $sum - - - - - -\n", '... nor does the log');
    for my $way (sort keys %ways) {
        my $answer = $ways{$way}->($reader->port, 'TRACE', '/x/cgi');
        $answer = $answer->body if ref $answer;
        like($answer, qr{^TRACE /x/cgi HTTP/}, "MergeTrailers $merge, TRACE by $way");
        unlike($answer, qr/admin/, '... echoes none of the names in trailers');
        like(next_trailers($reader), qr/^read: [1-] [1-] - - - - - -$/, '... nor does the log');
    }
    is(scalar $reader->logged(qr/exit signal/), 0, 'no child has died');
    $reader->stop;
}

# Where it does not pass a 1xx answer on, to a client that speaks HTTP/1.1,
# mod_proxy_http2 makes one of its headers and those of the final one: see
# docs/limits.md.
for my $place (['/h2/on', 1, 'are obeyed'], ['/h2/off', undef, '... but not where Control is Off'],
               ['/h2/bare', undef, '... nor where SharedSession is']) {
    my ($path, $is, $what) = @$place;
    $store->put_hash("session:$id", { owner => 'anna' });
    $r = $front->get($path, cookie => "JSESSIONID=$id");
    is($r->code, 200, "$path by HTTP/1.1");
    is({ $store->hash("session:$id") }->{early}, $is, "headers of a 103 by h2c $what");
    unlike($r->raw, qr/^x-session-/mi, '... and taken out');
    $store->put_hash("session:$id", { owner => 'anna' });
    ask('GET', $path, $id);
    is({ $store->hash("session:$id") }->{early}, undef, '... nor those that are passed on');
}
$r = ask('GET', '/on?raw=HTTP/1.1%20103%20Early%0D%0AX-Session-Set:%20early%3D1%0D%0A%0D%0A'
         . 'HTTP/1.1%20200%20OK%0D%0AContent-Length:%203%0D%0A%0D%0Aok%0A', $id);
is({ $store->hash("session:$id") }->{early}, undef, 'those of a 103 by HTTP/1.1 are not obeyed');
is(scalar $front->logged(qr/exit signal/), 0, 'no child has died');
$front->stop;
SHS::Process::stop($_) for @h2_backend;
$h2_httpd->stop;
$backend->stop;

# --- an order that comes late ----------------------------------------------------

# It is done by the thread that has run the handler: that of the connection, which
# logs each stream, serves all of them.
my $late = private_httpd(files => { 'late.lua' => <<'LUA' }, conf => <<"CONF");
function late(r)
    r:puts("page") r:flush()
    r.headers_out["X-Session-Action"] = "destroy"
    r:info("has run")
    return apache2.OK
end
LUA
LogLevel notice shared_session:info lua:info
ErrorLogFormat "thread %P-%T: %M"
Protocols h2c http/1.1
H2Direct on
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSession On
SharedSessionControl On
LuaMapHandler "/late\$" \${HOME_DIR}/late.lua late
CONF
my @late = map { fresh_id() } 1 .. 40;
$store->put_hash("session:$_", { owner => 'anna' }) for @late;
SHS::H2::fetch($late->port, map { ['/late', ['Cookie', "JSESSIONID=$_"]] } @late);
ok(eval { SHS::Process::wait_for('the ends', 20, sub {
    !$store->cmd('EXISTS', map { "session:$_" } @late)
        && 40 == (() = $late->error_log =~ /SHS012: /g) }) }, '40 late logouts of one connection');
my (%ran, %ended);
my $lines = $late->error_log;
$ran{$1}++ while $lines =~ /^thread (\S+): .*has run$/mg;
$ended{$1}++ while $lines =~ /^thread (\S+): SHS012: /mg;
is_deeply(\%ended, \%ran, '... each by the thread of its handler');
$late->stop;

done_testing;
