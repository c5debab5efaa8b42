# The same with worker as with event.
#
# Orders of answers that fail on their way: a filter of httpd puts an error in
# their place, or ends them. A login counts only when its cookie reaches the
# client; an end counts in any case; and neither is lost without a word.
use strict;
use warnings;

use Socket qw(SOL_SOCKET SO_LINGER SO_RCVBUF pack_sockaddr_in inet_aton);

use SHS;
use SHS::Module;

my $store = SHS::Redis->start;
my $libexec = (slurp("$ENV{SHS_TMP}/t/conf/modules.@{[mpm()]}.conf")
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m)[0];
my $glue = $ENV{SHS_MODULE} =~ s/mod_shared_session/mod_session_shared/r;
my $backend = SHS::Backend->start;
my $signs = "$ENV{SHS_TMP}/signs.$$"; # where the server can write
mkdir $signs or die "$signs: $!";
chmod 0777, $signs;
my $lua = <<"LUA";
function long(r)
    local q = r:parseargs()
    r.headers_out["X-Session-Action"] = q.action
    r:puts(string.rep("A", 3000000))
    return apache2.OK
end
function late(r)
    local q = r:parseargs()
    r:puts("page") r:flush()
    r.headers_out["X-Session-Action"] = q.action
    return q.status and tonumber(q.status) or apache2.OK
end
function flushed(r)
    r:puts("page") r:flush()
    return 404
end
function answered(r)
    r.headers_out["X-Session-Action"] = r:parseargs().action
    r:puts("page")
    return apache2.OK
end
function slow(r)
    r:puts("page") r:flush()
    r.headers_out["X-Session-Action"] = "destroy"
    r:puts(string.rep("A", 3000000))
    return apache2.OK
end
function gone(r)
    r.headers_out["X-Session-Action"] = r:parseargs().action
    return 404
end
function broken(r)
    r.headers_out["X-Session-Action"] = r:parseargs().action
    return 500
end
function shared(r)
    local q = r:parseargs()
    r.err_headers_out["X-Session-Action"] = q.action
    return tonumber(q.status)
end
function replaced(r)
    r.headers_out["X-Replace-Session"] = "user=eve"
    r:puts("page")
    return apache2.OK
end
function nested(r)
    r:puts(string.rep("A", 20000)) r:flush()
    r.err_headers_out["X-Session-Action"] = "destroy"
    return apache2.OK
end
function sign(r)
    io.open("$signs/begun", "w"):close()
    while not io.open("$signs/reset") do end
    for i = 1, 50 do r:puts(string.rep("A", 100000)) r:flush() end
    return apache2.OK
end
function sharedlate(r)
    r:puts("page") r:flush()
    r.err_headers_out["X-Session-Action"] = r:parseargs().action
    return apache2.OK
end
LUA
# A login by mod_session, also as an error document.
my $mod_session = <<"CONF";
LoadModule session_module $libexec/mod_session.so
LoadModule session_shared_module $glue
<Location /app>
    Session On
    SessionHeader X-Replace-Session
</Location>
<Location /before-app>
    ErrorDocument 404 /app/lua-replaced
</Location>
CONF
my $httpd = private_httpd(files => { 'answer.lua' => $lua,
    'htdocs/page.txt' => "page\n", 'htdocs/indexed/index.lua' => $lua =~ s/function shared\(r\)/function handle(r)/r },
    conf => <<"CONF");
LoadModule substitute_module $libexec/mod_substitute.so
LoadModule ext_filter_module $libexec/mod_ext_filter.so
$mod_session
LoadModule pipe_probe_module @{[SHS::Module::build('mod_pipe_probe')]}
LogLevel notice shared_session:info
CustomLog logs/access %U
SendBufferSize 4096
FlushMaxThreshold 10000000
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSession On
SharedSessionControl On
LuaMapHandler "/lua-(\\w+)\$" \${HOME_DIR}/answer.lua \$1
ExtFilterDefine none mode=output cmd=\${HOME_DIR}/none
<Location /aborted>
    SetOutputFilter none
    ExtFilterOptions onfail=abort
</Location>
<Location /substituted>
    SetOutputFilter SUBSTITUTE
    Substitute s/AAA/BBB/
    SubstituteMaxLineLength 1m
</Location>
<LocationMatch "^/lost/(?<ACTION>[a-z]+)/gone">
    ErrorDocument 404 "/lua-gone?action=%{env:MATCH_ACTION}"
</LocationMatch>
<LocationMatch "^/lost/(?<ACTION>[a-z]+)/broken">
    ErrorDocument 404 "/lua-broken?action=%{env:MATCH_ACTION}"
</LocationMatch>
<LocationMatch "^/lost/(?<ACTION>[a-z]+)/long">
    ErrorDocument 404 "/substituted/lua-long?action=%{env:MATCH_ACTION}"
</LocationMatch>
<LocationMatch "^/lost/(?<ACTION>[a-z]+)/shared/(?<STATUS>[0-9]+)">
    ErrorDocument 404 "/lua-shared?action=%{env:MATCH_ACTION}&status=%{env:MATCH_STATUS}"
</LocationMatch>
<LocationMatch "^/lost/(?<ACTION>[a-z]+)/indexed">
    ErrorDocument 404 "/indexed/?action=%{env:MATCH_ACTION}&status=404"
</LocationMatch>
<LocationMatch "^/lost/(?<ACTION>[a-z]+)/flushed">
    ErrorDocument 404 "/lua-answered?action=%{env:MATCH_ACTION}"
</LocationMatch>
<LocationMatch "^/(?:lost|off)/(?<ACTION>[a-z]+)/pipe">
    SetHandler pipe-probe
    ErrorDocument 500 "/lua-answered?action=%{env:MATCH_ACTION}"
</LocationMatch>
<LocationMatch "^/off/(?<ACTION>[a-z]+)">
    SharedSession Off
    SharedSessionControl Off
    ErrorDocument 404 "/lua-answered?action=%{env:MATCH_ACTION}"
</LocationMatch>
<Location /nested>
    SharedSessionControl Off
    SetOutputFilter none
    ExtFilterOptions onfail=abort
    ErrorDocument 500 /lua-sign
</Location>
<Location /explained>
    ErrorDocument 404 /page.txt
</Location>
<LocationMatch "^/half/(?<ACTION>[a-z]+)">
    SharedSessionControl Off
    ProxyErrorOverride On
    ErrorDocument 502 "/lua-shared?action=%{env:MATCH_ACTION}&status=404"
</LocationMatch>
<Location /indexed>
    AddHandler lua-script .lua
    DirectoryIndex index.lua
</Location>
ProxyPass /half/create http://127.0.0.1:@{[$backend->port]}/
ProxyPass /half/destroy http://127.0.0.1:@{[$backend->port]}/
ProxyPass /backend http://127.0.0.1:@{[$backend->port]}/
ProxyPass /aborted http://127.0.0.1:@{[$backend->port]}/
CONF

sub carl {
    my $id = fresh_id();
    $store->put_hash("session:$id", { userId => 'carl' });
    return $id;
}

# Answers whose chunks end in something else.
sub broken {
    my ($header, $path) = @_;
    my $raw = "HTTP/1.1 200 OK\r\n${header}Transfer-Encoding: chunked\r\n\r\nzz\r\n";
    $raw =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge;
    return "$path?raw=$raw";
}

# What is tried, the status that it comes to (0: no answer), whether a login is
# one, or else why it is not.
my @cases = (
    ['a range that is not there', sub { "/backend?action=$_[0]" }, 416, 1,
     headers => [[Range => 'bytes=900000-900001']]],
    ['a chunk that is none', sub { broken("X-Session-Action: $_[0]\r\n", '/backend') }, 502, qr/has failed \(502\)/],
    ['a filter that cannot be run', sub { "/aborted?action=$_[0]" }, 500, qr/has failed \(500\)/],
    ['a line that is too long for a filter', sub { "/substituted/lua-long?action=$_[0]" }, 0, qr/no response has left/],
    ['... behind a redirect', sub { "/cgi?location=/substituted/lua-long%3Faction%3D$_[0]" }, 0,
     qr/no response has left/],
    ['headers after the answer has left', sub { "/lua-late?action=$_[0]" }, 200,
     qr/after the headers of the response had left/],
    ['... and a status of an error', sub { "/lua-late?action=$_[0]&status=404" }, 200,
     qr/after the headers of the response had left/],
    ['... which has an error document',
     sub { "/explained/lua-late?action=$_[0]&status=404" }, 200,
     qr/after the headers of the response had left/],
    ['an error document of an answer that has left',
     sub { "/lost/$_[0]/flushed/lua-flushed" }, 200,
     qr/after the headers of the response had left/],
    ['... of a place that is Off', sub { "/off/$_[0]/lua-flushed" }, 200,
     qr/after the headers of the response had left/],
    ['... of an answer without a body', sub { "/lost/$_[0]/flushed/lua-flushed" }, 200,
     qr/after the headers of the response had left/, method => 'HEAD'],
    ['... of a place that is Off', sub { "/off/$_[0]/lua-flushed" }, 200,
     qr/after the headers of the response had left/, method => 'HEAD'],
    ['an error document of an answer that failed when it had begun to leave',
     sub { "/lost/$_[0]/pipe" }, 200, qr/after the headers of the response had left/],
    ['... of a place that is Off', sub { "/off/$_[0]/pipe" }, 200,
     qr/after the headers of the response had left/],
    ['... and has no body', sub { "/lost/$_[0]/pipe" }, 200,
     qr/after the headers of the response had left/, method => 'HEAD'],
    ['... of a place that is Off', sub { "/off/$_[0]/pipe" }, 200,
     qr/after the headers of the response had left/, method => 'HEAD'],
    ['an error document, in its headers for errors, of one that failed as it left',
     sub { broken('', "/half/$_[0]") }, 502, 1],
    ['an error document that is not there either', sub { "/lost/$_[0]/gone" }, 404, 1],
    ['an error document that fails', sub { "/lost/$_[0]/broken" }, 404, qr/has failed \(500\)/],
    ['an error document that is not there, in its headers for errors',
     sub { "/lost/$_[0]/shared/404" }, 404, 1],
    ['an error document that fails, in its headers for errors',
     sub { "/lost/$_[0]/shared/500" }, 404, qr/has failed \(500\)/],
    ['a directory\'s index as an error document, in its headers for errors',
     sub { "/lost/$_[0]/indexed" }, 404, 1],
    ['headers for errors after the answer has left', sub { "/lua-sharedlate?action=$_[0]" }, 200,
     qr/after the headers of the response had left/],
    ['... behind a redirect', sub { "/cgi?location=/lua-sharedlate%3Faction%3D$_[0]" }, 200,
     qr/after the headers of the response had left/],
    ['an error document that a filter ends', sub { "/lost/$_[0]/long" }, 0, qr/no response has left/],
);
for my $case (@cases) {
    my ($what, $path, $code, $why_not, @more) = @$case;
    my $id = carl();
    $httpd->new_lines;
    my $before = $store->cmd('DBSIZE');
    my $r = $httpd->get($path->('create'), @more, cookie => "JSESSIONID=$id");
    is($r->code, $code, "$what, with a login");
    unlike($r->raw, qr/^X-Session-/mi, '... shows no header of ours');
    if (!ref $why_not) {
        my $new = $r->new_id;
        is({ $store->hash("session:$new") }->{userId}, 'carl', '... gives the cookie of it');
        is(() = $r->raw =~ /^Set-Cookie: /mg, 1, '... once');
        is($r->header('Cache-Control'), 'no-store', '... that no cache may store');
    }
    else {
        eval { SHS::Process::wait_for('a word of it', 5, sub {
            index($httpd->unread_log, 'SHS013: ') >= 0 }) };
        like($httpd->new_lines, qr/SHS013: .*is not carried out: .*$why_not/,
             '... which is not carried out');
        is($r->header('Set-Cookie'), undef, '... gives no cookie');
        is({ $store->hash("session:$id") }->{userId}, 'carl', '... the session is as it was');
        is($store->cmd('DBSIZE'), $before, '... and there is no other');
    }

    $id = carl();
    $r = $httpd->get($path->('destroy'), @more, cookie => "JSESSIONID=$id");
    is($r->code, $code, "$what, with an end");
    unlike($r->raw, qr/^X-Session-/mi, '... shows no header of ours');
    ok(eval { SHS::Process::wait_for('the end', 5, sub {
        !$store->cmd('EXISTS', "session:$id") }) }, '... ends the session');
    my $cookie = $r->header('Set-Cookie');
    my $is_told = $code != 0 && $code != 200;
    like($cookie // 'none', $is_told ? qr/^JSESSIONID=; .*Max-Age=0/ : qr/^none$/,
         $is_told ? '... and the cookie' : '... but cannot say so');
    is(() = $r->raw =~ /^Set-Cookie: /mg, $is_told ? 1 : 0, '... once');
}

# mod_session's session, from the error document of an answer that has left: the
# client would lose its session by a new id.
{
    my $id = carl();
    my $before = $store->cmd('DBSIZE');
    my $r = $httpd->get('/before-app/lua-flushed', cookie => "JSESSIONID=$id");
    is($r->body, 'pagepage', 'a login by mod_session after the answer has left');
    is($r->header('Set-Cookie'), undef, '... gives no cookie');
    is_deeply({ $store->hash("session:$id") }, { userId => 'carl' }, '... the session is as it was');
    is($store->cmd('DBSIZE'), $before, '... and there is no other');
    ok(scalar $httpd->wait_logged(qr/:warn\] .*SHS017: .*headers of a response were sent/),
       '... which is logged');
}

# Headers for errors of a place that is Off, set while its error document's
# answer found the client gone.
{
    my $id = carl();
    my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $httpd->port) or die $!;
    syswrite $s, SHS::HTTP::text(path => '/nested/lua-nested', cookie => "JSESSIONID=$id");
    SHS::Process::wait_for('the error document', 20, sub { -e "$signs/begun" });
    setsockopt $s, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    close $s;
    open my $sign, '>', "$signs/reset" or die $!;
    close $sign;
    ok(eval { SHS::Process::wait_for('its end', 20, sub {
        slurp($httpd->root . '/logs/access') =~ m{^/nested/lua-nested$}m }) },
       'an end by a place that is Off, the client gone');
    is($store->cmd('EXISTS', "session:$id"), 1, '... has no effect');
}

# An end that comes late is not put off until the client has read the answer, or
# the child would end without it.
my $id = carl();
my $s = IO::Socket::INET->new(Proto => 'tcp') or die $!;
setsockopt $s, SOL_SOCKET, SO_RCVBUF, 4096 or die $!;
connect $s, pack_sockaddr_in($httpd->port, inet_aton('127.0.0.1')) or die $!;
syswrite $s, SHS::HTTP::text(path => '/lua-slow', cookie => "JSESSIONID=$id");
ok(eval { SHS::Process::wait_for('the end', 10, sub {
    !$store->cmd('EXISTS', "session:$id") }) }, 'a late end, of an answer that is not read');
my $read = 0;
while (sysread $s, my $in, 65536) { $read += length $in }
ok($read > 3000000, '... and that was still to be read');
is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
$httpd->stop;
$backend->stop;

# The client cannot be told that a late end has failed. So the log says it at
# warn, once per minute and child.
$store->cmd('ACL', 'SETUSER', 'reader', 'on', '>SeCrEt-reader', '~session:*',
            '+get', '+hgetall', '+pttl', '+select');
my $down = SHS::Process::free_port();
for my $row (['Redis is down', "127.0.0.1:$down", qr/./],
             ['its user may not', "reader:SeCrEt-reader\@127.0.0.1:" . $store->port, qr/NOPERM/]) {
    my ($why, $where, $reason) = @$row;
    my $failing = private_httpd(loglevel => 'warn', files => { 'answer.lua' => $lua },
                                conf => <<"CONF");
LogLevel warn
SharedSessionStore redis://$where timeout=1s
SharedSession On
SharedSessionControl On
LuaMapHandler "/lua-(\\w+)\$" \${HOME_DIR}/answer.lua \$1
$mod_session
<Location /lost>
    ErrorDocument 404 /lua-answered?action=destroy
</Location>
<Location /off>
    SharedSession Off
    ErrorDocument 404 /lua-answered?action=destroy
</Location>
CONF
    my $id = carl();
    my $r = $failing->get('/lua-late?action=destroy', cookie => "JSESSIONID=$id");
    is($r->code, 200, "$why: the client is not told of a late end that fails");
    ok($failing->wait_logged(qr/:warn\] .*SHS013: .*has failed, and the client cannot be told: .*$reason/),
       '... but the log says it');
    is($store->cmd('EXISTS', "session:$id"), 1, '... the session is there');
    $failing->get('/lua-late?action=destroy', cookie => "JSESSIONID=$id") for 1 .. 10;
    my %warnings;
    my $lines = $failing->error_log;
    $warnings{$1}++ while $lines =~ /:warn\] \[pid (\d+).*SHS013: /g;
    is_deeply([grep { $_ > 1 } values %warnings], [], '... once per child');
    for my $place (qw(lost off before-app)) {
        $r = $failing->get("/$place/lua-flushed", cookie => "JSESSIONID=$id");
        is($r->body, 'pagepage', "... and no error page follows a response, /$place");
    }
    $failing->stop;
}

# --- a virtual host without a store, beside one that has one ------------------------
my $order = "X-Session-Action: create\nX-Session-Set: userId=alice&pw=PlAnTeD\n";
$httpd = private_httpd(
    files => { 'htdocs/login.asis' => "${order}Content-Type: text/plain\n\npage\n",
               'htdocs/moved.asis' => "${order}Location: /page.txt\n\n",
               'htdocs/page.txt' => "page\n" },
    conf => <<"CONF");
AddHandler send-as-is .asis
<VirtualHost *:*>
    ServerName with.test
    SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
    SharedSession On
    SharedSessionControl On
</VirtualHost>
<VirtualHost *:*>
    ServerName without.test
    SharedSessionControl On
    ErrorDocument 404 /login.asis
    <Location /error>
        ErrorDocument 404 "page
        Header always set X-Session-Action create
    </Location>
</VirtualHost>
CONF
for my $path (qw(/login.asis /moved.asis /none /error)) {
    my $r = $httpd->get($path, host => 'without.test');
    is($r->code, $path =~ /asis/ ? 200 : 404, "$path without a store");
    like($r->body, qr/^page$/m, '... is answered');
    unlike($r->raw, qr/^X-Session-/mi, '... without a header of ours');
    is($r->header('Set-Cookie'), undef, '... or a cookie');
    like($httpd->error_log, qr/SHS014: .*has no SharedSessionStore/, '... which the log says');
}
like($httpd->get('/login.asis', host => 'with.test')->header('Set-Cookie') // '',
     qr/^JSESSIONID=[^;]/, 'with a store it is a login');
$httpd->stop;
$store->stop;
done_testing;
