# Which commands a load sends. PTTL is sent only if the request needs the time to
# live: for the near-cache, for a touch, to expose it, or for a write. Places with
# different needs may share a client request.
use strict;
use warnings;

use SHS;
use SHS::Module;

my $probe = SHS::Module::build('mod_session_probe');
my $store = SHS::Redis->start;
my $port = $store->port;

# Each replies to one load, and then closes each connection.
my ($broken, $failed) = map { SHS::Fake->start(sub {
    my ($c, $n) = @_;
    $c->command;
    return if $n > 1;
    $c->send(SHS::Fake::Conn::bulk('{"user":"anna"}'));
    $c->command;
    $c->close_now;
}) } 1 .. 2;

my $httpd = private_httpd(
    files => {
        'htdocs/lean/page.shtml' => join('', map { "<!--#include virtual=\"$_\" -->" }
            qw(/lean/lua /note/lua /lean/lua /note/lua)),
        'htdocs/note/page.shtml' => join('', map { "<!--#include virtual=\"$_\" -->" }
            qw(/lean/lua /note/lua)),
        'htdocs/lean/touched.shtml' => '<!--#include virtual="/touch/lua" -->',
        'htdocs/lean/other.shtml' => join('', map { "<!--#include virtual=\"$_\" -->" }
            qw(/lean/lua /other/lua /note/lua)),
    },
    conf => <<"CONF");
LoadModule session_probe_module $probe
SharedSession On
SharedSessionTouch Off
SharedSessionNote session.* *
SharedSessionControl On
<Location /touch>
    SharedSessionTouch On
</Location>
<Location /interval>
    SharedSessionTouch 5m
</Location>
<Location /note>
    SharedSessionNote session.* *
    SharedSessionNote ttl \@ttl
</Location>
<Location /env>
    SharedSessionEnv TTL \@ttl
</Location>
<Location /header>
    SharedSessionHeader X-Ttl \@ttl
</Location>
<Location /note/none>
    SharedSessionNote none
</Location>
<Location /json>
    SharedSessionFormat json
    SharedSessionKey json:%{id}
</Location>
<Location /form>
    SharedSessionFormat form
    SharedSessionKey form:%{id}
</Location>
<Location /other>
    SharedSessionKey other:%{id}
</Location>
<Location /adopt>
    SharedSessionIdleTimeout 10m adopt
</Location>
<Location /session>
    SetHandler shared-session
</Location>
<Location /probe>
    SetHandler session-probe
</Location>
<LocationMatch "\\.shtml\$">
    Options +Includes
    SetOutputFilter INCLUDES
</LocationMatch>
<Location /lean/missing>
    ErrorDocument 404 /note/lua
</Location>
<Location /note/missing>
    ErrorDocument 404 /lean/lua
</Location>
<VirtualHost *:\${SHS_PORT}>
    ServerName plain.test
    SharedSessionStore redis://127.0.0.1:$port timeout=5s
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName near.test
    SharedSessionStore redis://127.0.0.1:$port/1 timeout=5s name=near
    SharedSessionCache On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName broken.test
    SharedSessionStore redis://127.0.0.1:@{[$broken->port]} timeout=5s retry=0 breaker=off
    SharedSessionFormat json
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName failed.test
    SharedSessionStore redis://127.0.0.1:@{[$failed->port]} timeout=5s retry=0 breaker=off
    SharedSessionFormat json
</VirtualHost>
CONF

my $host = 'plain.test';
my $last; # the last reply

# The commands of a request, but for those that open a connection.
sub sent {
    my ($path, $id, %more) = @_;
    my @seen = $store->commands_during(sub {
        $last = $httpd->get($path, host => $host, cookie => "JSESSIONID=$id", %more);
    }, without_scripts => 1);
    return join ' ', grep { !/^(?:CLIENT|SELECT|INFO|PING|SUBSCRIBE)$/ }
        map { $_->[1] } @seen;
}

# A session that another program has created.
my $minutes = 20;
sub foreign {
    my $id = fresh_id();
    $store->put_hash("session:$id", { user => 'anna' }, $minutes * 60);
    return $id;
}

sub lives { return int($store->cmd('PTTL', "session:$_[0]") / 60_000 + 0.5) }
sub is_ttl {
    my ($seen, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return like($seen // 'none', qr/^(?:1200|119\d)$/, $name);
}

# --- a load -----------------------------------------------------------------------

my $id = foreign();
is(sent('/lean/lua', $id), 'HGETALL', 'nothing needs the time to live: the value alone');
is($last->note('session.user'), 'anna', '... is the session');
is(lives($id), $minutes, '... whose time nothing changes');

for my $row (['json', '{"user":"anna"}'], ['form', 'user=anna']) {
    my ($format, $text) = @$row;
    $store->put_string("$format:$id", $text, 60);
    is(sent("/$format/lua", $id), 'GET', "$format: the value alone");
    is($last->note('session.user'), 'anna', '... is the session');
}

# What is there, and what is not, is told by the value.
is(sent('/lean/lua', fresh_id()), 'HGETALL', 'no such key');
is($last->note('SHARED_SESSION'), 'absent', '... is absent');
is(sent('/json/lua', fresh_id()), 'GET', 'no such string');
is($last->note('SHARED_SESSION'), 'absent', '... is absent');
my $wrong = fresh_id();
$store->put_string("session:$wrong", 'text');
$store->put_hash("json:$wrong", { user => 'anna' });
is(sent('/lean/lua', $wrong), 'HGETALL', 'a string where a hash should be');
is($last->note('SHARED_SESSION'), 'malformed', '... is malformed');
is(sent('/json/lua', $wrong), 'GET', 'a hash where a string should be');
is($last->note('SHARED_SESSION'), 'malformed', '... is malformed');
my $brief = foreign();
$store->cmd('PEXPIRE', "session:$brief", 1);
SHS::Process::let_pass(0.01);
is(sent('/lean/lua', $brief), 'HGETALL', 'a key that has expired');
is($last->note('SHARED_SESSION'), 'absent', '... is absent');

# --- what needs it ------------------------------------------------------------------

is(sent('/touch/lua', $id), 'HGETALL PTTL', 'SharedSessionTouch On: PTTL');
is(sent('/interval/lua', $id), 'HGETALL PTTL', '... with an interval');
is(sent('/note/lua', $id), 'HGETALL PTTL', 'a note with @ttl: PTTL');
is_ttl($last->note('ttl'), '... is the time to live');
is(sent('/env/lua', $id), 'HGETALL PTTL', 'a variable with @ttl: PTTL');
is_ttl($last->env('TTL'), '... is the time to live');
is(sent('/header/lua', $id), 'HGETALL PTTL', 'a header with @ttl: PTTL');
is_ttl($last->hdr('X-Ttl'), '... is the time to live');
is(sent('/note/none/lua', $id), 'HGETALL', 'a place that clears the rule: none');
my $own = fresh_id();
$store->put_hash("session:$own", { user => 'anna', '@max' => 1800 }, 60);
is(sent('/lean/lua', $own), 'HGETALL', 'a session with @max, SharedSessionTouch Off: none');
is(sent('/touch/lua', $own), 'HGETALL PTTL EVAL', '... On: PTTL, and the touch');
is(lives($own), 35, '... which is what it was for');

$host = 'near.test';
wait_tracked($store, 'near');
my $near = SHS::Redis::Client->new(port => $port, db => 1);
$near->cmd('HSET', "session:$id", 'user', 'anna');
$near->cmd('EXPIRE', "session:$id", 60);
is(sent('/lean/lua', $id), 'HGETALL PTTL', 'a near-cache: PTTL');
is($last->note('session.user'), 'anna', '... with the session');
$host = 'plain.test';

# --- writes -------------------------------------------------------------------------

is(sent('/session', $id), 'HGETALL', 'the JSON resource: the value alone');
is($last->body, '{"user":"anna"}', '... is the session');
is(sent('/session', $id, method => 'PATCH', body => '{"cart":7}',
        headers => [['Content-Type', 'application/json']]),
   'HGETALL EVAL HGETALL PTTL', '... a change: read by the writer, and again afterwards');
is($last->body, '{"user":"anna","cart":"7"}', '... with what was changed');
is(lives($id), $minutes, '... and its time');
is(sent('/lean/cgi?set=cart%3D8', $id), 'HGETALL EVAL', 'a change by a control header');
is(lives($id), $minutes, '... leaves its time');

# A copy without an idle timeout of its own ends when the session would have.
for my $row (['/lean/cgi?action=rotate', 'a rotation', ''],
             ['/lean/cgi?action=rotate&set=role%3Dchef', 'a login', ''],
             ['/probe?rotate', 'a rotation by another module', ' HGETALL PTTL'],
             ['/probe?begin:role=chef', 'a login by another module', ' HGETALL PTTL']) {
    my ($path, $what, $again) = @$row;
    my $old = foreign();
    is(sent($path, $old), "HGETALL HGETALL PTTL EVAL EVAL$again",
       "$what: PTTL before the copy is made");
    is(lives($last->new_id), $minutes, '... which lives as long as the session would have');
}
my $endless = fresh_id();
$store->put_hash("session:$endless", { user => 'anna' });
is(sent('/lean/cgi?action=rotate', $endless), 'HGETALL HGETALL PTTL EVAL EVAL',
   'a rotation of a session without an end');
is(lives($last->new_id), 30, '... gives it one');
my $adopted = foreign();
is(sent('/adopt/cgi?action=rotate', $adopted), 'HGETALL EVAL EVAL',
   'a rotation where sessions are adopted needs none');
is(lives($last->new_id), 10, '... and has the idle timeout of the place');
my $max = fresh_id();
$store->put_hash("session:$max", { user => 'anna', '@max' => 900 }, 60);
is(sent('/lean/cgi?action=rotate', $max), 'HGETALL EVAL EVAL',
   'a rotation of a session with @max needs none');
is(lives($last->new_id), 15, '... and has its idle timeout');
is(sent('/lean/cgi?action=destroy', $id), 'HGETALL EVAL', 'a logout needs none');
is($store->cmd('EXISTS', "session:$id"), 0, '... and is one');

# --- several places in one client request ---------------------------------------------

$id = foreign();
is(sent('/lean/missing', $id), 'HGETALL HGETALL PTTL',
   'a redirect to a place that needs it: the lookup is repeated');
is_ttl($last->note('ttl'), '... for the time to live');
is($last->note('session.user'), 'anna', '... of the session');
is(sent('/note/missing', $id), 'HGETALL PTTL', 'from there: one lookup serves both');
is($last->note('session.user'), 'anna', '... with the session');
is($last->note('ttl'), undef, '... without the time to live');

is(sent('/lean/page.shtml', $id), 'HGETALL HGETALL PTTL',
   'parts with both needs: the lookup is repeated once');
is(() = $last->body =~ /^note session\.user anna$/mg, 4, '... all have the session');
is(() = $last->body =~ /^note ttl (?:1200|119\d)$/mg, 2, '... two the time to live');
is(sent('/note/page.shtml', $id), 'HGETALL PTTL', 'a page that needs it: one lookup');
is(() = $last->body =~ /^note ttl (?:1200|119\d)$/mg, 1, '... for its parts too');

$own = fresh_id();
$store->put_hash("session:$own", { user => 'anna', '@max' => 1800 }, 60);
is(sent('/lean/touched.shtml', $own), 'HGETALL HGETALL PTTL EVAL',
   'a part that touches the session');
is(lives($own), 35, '... does so');

# The session has got a new id: the cookie of the request leads to the old one.
$id = foreign();
is(sent('/probe?rotate&sub:/note/lua', $id),
   'HGETALL HGETALL PTTL EVAL EVAL HGETALL PTTL',
   'a part after a rotation: the time to live is known');
is_ttl($last->body =~ /^note ttl (\d+)$/m ? $1 : undef, '... of the new session');

# --- a store that fails in between ------------------------------------------------------

$host = 'broken.test';
sent('/lean/page.shtml', fresh_id());
is_deeply([ $last->body =~ /^note SHARED_SESSION (\S+)$/mg ],
          [qw(found unavailable unavailable unavailable)],
          'no answer to the second lookup: the session is unavailable');
unlike($last->body, qr/^note ttl/m, '... and no time to live is made up');
is(scalar(grep { / GET / } $broken->journal), 2, '... the store is asked no third time');

$host = 'failed.test';
sent('/lean/other.shtml', fresh_id());
is_deeply([ $last->body =~ /^note SHARED_SESSION (\S+)$/mg ],
          [qw(found unavailable unavailable)],
          'the store has failed for another place: the lookup is not repeated');
is(scalar(grep { / GET / } $failed->journal), 2, '... the store is asked no third time');

done_testing;
