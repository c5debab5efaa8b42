# Orders count where the place that has sent them has SharedSessionControl On,
# whatever way the response takes through httpd: internal redirects, error pages,
# parts of a page. None is lost without a word, and none leaves.
use strict;
use warnings;

use SHS;

# Its sessions are counted, so this Redis is the test's own.
my $store = SHS::Redis->start;
my $port = $store->port;
my $order = "X-Session-Action: create\nX-Session-Set: userId=admin\n";
my $lua = <<'LUA';
function handle(r)
    local q = r:parseargs()
    if q.late then r:puts("page") r:flush() end
    local to = q.table == "err" and r.err_headers_out or r.headers_out
    if q.action then to["X-Session-Action"] = q.action end
    if q.set then to["X-Session-Set"] = q.set end
    if q.to then r.headers_out["Location"] = q.to end
    if q.cookie then r.err_headers_out["Set-Cookie"] = q.cookie end
    return tonumber(q.status)
end
LUA
my $httpd = private_httpd(
    files => { 'htdocs/app/page.html' => "page\n", 'htdocs/off/page.html' => "page\n",
               'htdocs/off/to-app.asis' => "${order}Location: /app/lua\n\n",
               'htdocs/app/to-off.asis' => "${order}Location: /off/lua\n\n",
               'htdocs/off/page.run' => '', 'htdocs/app/page.run' => '',
               (map { ("htdocs/app/$_.shtml" => "whole <!--#include virtual=\"/$_/cgi?"
                       . 'action=create&set=userId%3Dadmin" -->') } qw(off app)),
               'answer.lua' => $lua },
    conf => <<"CONF");
LoadModule actions_module @{[SHS::slurp("$ENV{SHS_TMP}/t/conf/modules.@{[mpm()]}.conf") =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m]}/mod_actions.so
LogLevel debug shared_session:trace8 core:info http:info
SharedSessionStore redis://127.0.0.1:$port timeout=2s
SharedSession On
SharedSessionNote session.* *
LuaMapHandler "/answer\$" \${HOME_DIR}/answer.lua handle
ScriptAliasMatch "/nph\$" \${HOME_DIR}/nph-answer
ScriptAlias /run-off \${SHS_ROOT}/cgi-bin/probe
ScriptAlias /run-on \${SHS_ROOT}/cgi-bin/probe
ScriptAlias /app/run-on \${SHS_ROOT}/cgi-bin/probe
AddHandler send-as-is .asis
Action by-off /run-off
Action by-on /app/run-on
<Location /app>
    SharedSessionControl On
    AddHandler by-off .run
    Options +Includes
    AddOutputFilter INCLUDES .shtml
    ErrorDocument 404 /off/answer?table=err&action=create&set=userId%3Dadmin&status=500
</Location>
<Location /off>
    AddHandler by-on .run
</Location>
<LocationMatch "^/app/fails/(?<ACTION>[a-z]+)/(?<STATUS>[0-9]+)">
    ErrorDocument 404 "/off/answer?table=err&action=%{env:MATCH_ACTION}&set=userId%3Dadmin&status=%{env:MATCH_STATUS}"
</LocationMatch>
<LocationMatch "^/off/fails/(?<ACTION>[a-z]+)/(?<STATUS>[0-9]+)">
    ErrorDocument 404 "/app/plain/answer?table=err&action=%{env:MATCH_ACTION}&status=%{env:MATCH_STATUS}"
</LocationMatch>
<LocationMatch "^/(off|app)/override">
    ProxyErrorOverride On
</LocationMatch>
<LocationMatch "^/(off|app)/(override/)?page-of-app">
    ProxyErrorOverride On
    ErrorDocument 404 /app/lua
    ErrorDocument 401 /off/lua
</LocationMatch>
<Location /app/named>
    SharedSessionCookie NAMED
</Location>
<Location /app/plain>
    ErrorDocument 404 default
    ErrorDocument 401 "text
</Location>
CacheRoot \${HOME_DIR}/cache
CacheQuickHandler off
<Location /off/kept>
    SharedSession Off
    CacheEnable disk
    CacheIgnoreNoLastMod On
    CacheHeader On
    SetOutputFilter CACHE
</Location>
<Location /off/set>
    Header always set X-Session-Set "userId=admin"
</Location>
<Location /app/end>
    Header always set X-Session-Action destroy
</Location>
<Location /app/wrong>
    Header always set X-Session-Set "userId=%%zz"
</Location>
CONF

sub at {
    my ($path, $id, %query) = @_;
    my $query = join '&', map { (my $v = $query{$_}) =~
        s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge; "$_=$v" } sort keys %query;
    return $httpd->get($query ? "$path?$query" : $path,
                       defined $id ? (cookie => "JSESSIONID=$id") : ());
}
sub carl {
    my $id = fresh_id();
    $store->put_hash("session:$id", { userId => 'carl' });
    return $id;
}
sub sessions { return $store->cmd('DBSIZE') }

# --- from a place that is Off into one that is On ------------------------------
my @login = (action => 'create', set => 'userId=admin');
my %not_obeyed = (
    'a CGI with Location' => ['/off/cgi', location => '/app/lua'],
    'a file sent as it is' => ['/off/to-app.asis'],
    'a page run by an interpreter' => ['/app/page.run'],
    '... which redirects' => ['/app/page.run', location => '/app/lua'],
    'an error of a backend, with a page' => ['/off/page-of-app/backend', status => '404 Not Found'],
    'an error of a handler, with a page' => ['/off/page-of-app/answer', status => 404],
    '... in the table for errors' => ['/off/page-of-app/answer', status => 404, table => 'err'],
    'a handler that redirects' => ['/off/answer', status => 302, to => 'http://a.test/'],
    'a CGI that redirects elsewhere' => ['/off/cgi', location => 'http://a.test/'],
    'the page of an error, which fails' => ['/app/none'],
    '... in the table that both share' => ['/app/fails/create/404'],
    '... by a 5xx' => ['/app/fails/create/500'],
    'what mod_headers adds to an error' => ['/off/set/none'],
);
for my $what (sort keys %not_obeyed) {
    my ($path, %more) = @{ $not_obeyed{$what} };
    my $id = carl();
    for my $cookie (undef, $id) {
        my $before = sessions();
        $httpd->new_lines;
        my $r = at($path, $cookie, %more, @login);
        my $with = defined $cookie ? 'with a session' : 'without';
        is($r->header('Set-Cookie'), undef, "Off, $what, $with: no login");
        is(sessions(), $before, '... and no new session');
        is_clean($r);
        like($httpd->new_lines, qr/SHS014: /, '... which the log says');
    }
    is($store->session($id)->{userId}, 'carl', "Off, $what: nothing is written");
}

# --- from one that is On ---------------------------------------------------------
my %obeyed = (
    'a CGI with Location' => ['/app/cgi', 200, location => '/app/lua'],
    '... into a place that is Off' => ['/app/cgi', 200, location => '/off/lua'],
    'a CGI that redirects elsewhere' => ['/app/cgi', 302, location => 'http://a.test/'],
    'a page run by an interpreter' => ['/off/page.run', 200],
    '... which redirects' => ['/off/page.run', 200, location => '/off/lua'],
    'an error of a backend, with a page' => ['/app/page-of-app/backend', 404, status => '404 Not Found'],
    '... with a page that is Off' => ['/app/page-of-app/backend', 401, status => '401 No'],
    '... with the page of httpd' => ['/app/override/plain/backend', 403, status => '403 No'],
    'an error of a handler, with a page' => ['/app/page-of-app/answer', 404, status => 404],
    '... with the page of httpd' => ['/app/plain/answer', 404, status => 404],
    '... with a text' => ['/app/plain/answer', 401, status => 401, table => 'err'],
    'a handler that redirects' => ['/app/answer', 303, status => 303, to => '/app/'],
);
for my $what (sort keys %obeyed) {
    my ($path, $code, %more) = @{ $obeyed{$what} };
    my $r = at($path, undef, %more, @login);
    is($r->code, $code, "On, $what");
    is_clean($r);
    my $id = $r->new_id;
    is($store->session($id)->{userId}, 'admin', '... is a login');
    is($r->header('Cache-Control'), 'no-store', '... that no cache may store');
    is($r->note('session.userId'), 'admin', '... which the page knows')
        if $r->body =~ /^note SHARED_SESSION /m;
    $r = at($path, $id, %more, action => 'destroy');
    is($r->code, $code, "On, $what: an end");
    like($r->header('Set-Cookie'), qr/^JSESSIONID=; .*Max-Age=0/, '... ends the cookie');
    is($store->cmd('EXISTS', "session:$id"), 0, '... and the session');
    is_clean($r);
}
my $r = at('/app/to-off.asis', undef);
is($store->session($r->new_id)->{userId}, 'admin', 'a file sent as it is');

# Redirects share the table of headers for errors. An order that the last place puts
# there is that place's, On or Off, whatever the first place is.
for my $status (404, 500) {
    my $id = carl();
    $r = at("/off/fails/destroy/$status", $id);
    is($r->code, 404, "an end in the shared table, of a page that fails ($status) for a place that is Off");
    is($store->cmd('EXISTS', "session:$id"), 0, '... ends the session');
    like($r->header('Set-Cookie'), qr/^JSESSIONID=; .*Max-Age=0/, '... and the cookie');
    is_clean($r);
    $id = carl();
    $httpd->new_lines;
    $r = at("/app/fails/destroy/$status", $id);
    is($r->code, 404, "... of a page of Off, for a place that is On ($status)");
    is($store->cmd('EXISTS', "session:$id"), 1, '... ends nothing');
    is($r->header('Set-Cookie'), undef, '... nor the cookie');
    is_clean($r);
    like($httpd->new_lines, qr/SHS014: .*is Off where they came from/, '... which the log says');
}
# After a response has left, the program of either place can have put it there.
for my $way (['/off', '/app', 1], ['/app', '/off', 1], ['/app', '/app', 0]) {
    my ($from, $to, $stays) = @$way;
    my $id = carl();
    $httpd->new_lines;
    $r = at("$from/cgi", $id, location => "$to/answer?table=err&late=1&action=destroy");
    is($r->code, 200, "a late end in the shared table, $from redirects to $to");
    ok(eval { SHS::Process::wait_for('a word of it', 5, sub {
        index($httpd->unread_log, $stays ? 'SHS014: ' : 'SHS012: ') >= 0 }) },
       '... which the log says');
    is($store->cmd('EXISTS', "session:$id"), $stays,
       $stays ? '... is ignored where one of them is Off' : '... is carried out where both are On');
    is_clean($r);
}

# Two places with cookies of their own: each order is the sender's place's.
$r = at('/app/named/cgi', undef, @login, location => '/app/cgi?action=create&set=userId%3Dbert');
my %given = $r->raw =~ /^Set-Cookie: (\w+)=([^;]*)/mg;
is($store->session($given{NAMED} // 'none')->{userId}, 'admin', 'an order before a redirect, under its place\'s cookie');
is($store->session($given{JSESSIONID} // 'none')->{userId}, 'bert', '... and one behind it, under its own');
$r = at('/app/cgi', undef, @login, location => '/app/cgi?set=n%3D1');
is($store->session($r->new_id)->{n}, 1, 'an order behind the redirect goes on with the session');
my @given = $r->raw =~ /^Set-Cookie: /mg;
is(scalar @given, 1, '... of which there is one cookie');

# A program that failed.
my $before = sessions();
$httpd->new_lines;
$r = at('/app/answer', undef, @login, status => 500);
is($r->code, 500, 'a handler that fails');
is($r->header('Set-Cookie'), undef, '... is no login');
ok(sessions() <= $before, '... and makes no session'); # some may end meanwhile
is_clean($r);
like($httpd->new_lines, qr/SHS013: /, '... which the log says');
my $id = carl();
$r = at('/app/answer', $id, action => 'destroy', status => 500);
is($store->cmd('EXISTS', "session:$id"), 0, '... but it can end one');
$r = at('/app/override/backend', undef, @login, status => '500 Oh');
is($r->header('Set-Cookie'), undef, 'a backend that fails, with an error page of httpd: likewise');
like($httpd->new_lines, qr/SHS013: /, '... which the log says');

# What is wrong is refused on all these ways too.
$id = carl();
for my $case (['/app/cgi', 500, location => '/app/lua'], ['/app/cgi', 500, location => 'http://a.test/'],
              ['/app/page-of-app/answer', 500, status => 404],
              ['/app/plain/answer', 500, status => 404]) {
    my ($path, $code, %more) = @$case;
    $r = at($path, $id, %more, set => 'userId=%zz');
    is($r->code, $code, "$path: an order that is not understood");
    is($r->header('Set-Cookie'), undef, '... gives no cookie');
    unlike($r->body, qr/^note /m, '... nor the page');
    is_clean($r);
    is($store->session($id)->{userId}, 'carl', '... nor changes anything');
    like($httpd->new_lines, qr/SHS013: .*not understood/, '... which the log says');
    $r = at($path, $id, %more, set => 'userId=%zz', cookie => 'JSESSIONID=ABCDEF; Path=/');
    is($r->code, $code, "$path: the same beside a cookie of our name");
    is($r->header('Set-Cookie'), undef, '... which does not reach the client');
    like($httpd->new_lines, qr/SHS021: .*not carried out.* JSESSIONID, which is removed/,
         '... which the log says');
}
$r = at('/app/plain/answer', $id, status => 500, action => 'create',
        cookie => 'JSESSIONID=ABCDEF; Path=/');
is($r->code, 500, 'an order of a program that has failed, beside a cookie of our name');
is($r->header('Set-Cookie'), undef, '... which does not reach the client');
$r = at('/app/wrong/lua', $id);
is($r->code, 500, 'mod_headers says what is not understood, also of the error page');
is_clean($r);

# --- parts of a page ----------------------------------------------------------------
for my $part (qw(off app)) {
    $httpd->new_lines;
    $r = at("/app/$part.shtml", $id);
    like($r->body, qr/whole env /, "a page with a part from /$part");
    is($r->header('Set-Cookie'), undef, '... whose control headers are ignored');
    is($store->session($id)->{userId}, 'carl', '... nor followed');
    is_clean($r);
    like($httpd->new_lines, qr/SHS014: .*part of a page/, '... which the log says');
}

# --- what bypasses the filters ----------------------------------------------------
$httpd->write('nph-answer', <<'SH');
#!/bin/sh
printf 'HTTP/1.0 200 OK\r\nX-Session-Action: destroy\r\n\r\nnph\n'
SH
chmod 0755, $httpd->root . '/nph-answer' or die $!;
$httpd->new_lines;
$r = at('/app/nph', $id);
like($r->body, qr/^nph/, 'an nph- script answers');
like($httpd->new_lines, qr/SHS022: nph-answer /, '... and the log says that its control headers are ignored');
is($store->session($id)->{userId}, 'carl', '... nor followed');
at('/off/nph', $id);
unlike($httpd->new_lines, qr/SHS022: /, 'where Control is Off there is nothing to say');

# --- what mod_cache has stored before our filter ran --------------------------------
my @answers = map { at('/off/kept/cgi', undef, @login, cc => 'max-age=600') } 1 .. 2;
like($answers[1]->header('X-Cache'), qr/^HIT/, 'mod_cache answers');
is_clean($_) for @answers;

# --- an error page is not refused for what mod_headers orders with it again ---------
$store->stop;
$r = at('/app/end/lua', $id);
is($r->code, 503, 'an end that mod_headers orders, also of the error page, while Redis is down');
is($r->header('Retry-After'), 5, '... is refused once');
is_clean($r);
$r = at('/app/cgi', $id, action => 'destroy', cookie => 'JSESSIONID=ABCDEF; Path=/');
is($r->code, 503, 'a logout while Redis is down, beside a cookie of our name');
is($r->header('Set-Cookie'), undef, '... which does not take the place of the session\'s');

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
$httpd->stop;

# --- what mod_cache has kept since before this server had the module -------------
$store = SHS::Redis->start;
my $keeps = <<'CONF';
CacheRoot ${HOME_DIR}/cache
CacheEnable disk /
CacheIgnoreNoLastMod On
CacheHeader On
CONF
$httpd = private_httpd(no_module => 1, loglevel => 'notice', conf => $keeps);
my @kept = ('/kept/cgi', undef, @login, cc => 'max-age=600');
$r = at(@kept);
like($r->raw, qr/^X-Session-Set: /mi, 'without the module a header is one like any other');
$httpd->stop;
delete $httpd->{want}{no_module};
$httpd->configure($keeps . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s
<Location /kept>
    SharedSession On
    SharedSessionControl On
</Location>
CONF
$httpd->run;
$r = at(@kept);
like($r->header('X-Cache'), qr/^HIT/, 'mod_cache has kept it');
is_clean($r);
is($r->header('Set-Cookie'), undef, '... and what is kept orders nothing');
$httpd->stop;
done_testing;
