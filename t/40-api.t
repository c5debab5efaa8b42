# What other modules can do with a session by mod_shared_session.h: every
# function and every outcome, from a handler and from a hook, in redirects and
# subrequests; what a write has changed is read and exposed at once, and its
# cookie goes out with the page. Such a module runs without mod_shared_session
# too.
use strict;
use warnings;

use SHS;
use SHS::Module;
use SHS::Relay;

my $probe = SHS::Module::build('mod_session_probe');
my $store = SHS::Redis->start;
my $port = $store->port;
my $down = SHS::Process::free_port();
# A user that may not subscribe: what was read is kept for an outage alone.
my $mortal = SHS::Redis->start(acl => "user default on nopass ~* &* +\@all\n"
    . "user reader on >SeCrEt-reader ~session:* resetchannels +get +hgetall +pttl\n");

# Another client, which always writes first, or ends the session.
my $relay = SHS::Relay->start(to => $port, before => sub {
    my ($redis, $name, undef, undef, $key) = @_;
    return undef if uc $name ne 'EVAL';
    $redis->cmd('SET', $key, '{"n":' . int(rand 1e9) . '}', 'PX', 60_000)
        if $key =~ /^json:.*-faster$/;
    $redis->cmd('DEL', $key) if $key =~ /-ended$/;
    # Once: a rotation has copied the session already.
    my ($format, $what) = $key =~ /^(\w+):.*-(changed|added|removed)$/ or return undef;
    if ($format eq 'session') {
        $redis->cmd('HSET', $key, 'user', 'berta') if $what eq 'changed';
        $redis->cmd('HSET', $key, 'late', '1') if $what eq 'added';
        $redis->cmd('HDEL', $key, 'role') if $what eq 'removed';
        return undef;
    }
    my %is = (user => 'anna', role => 'chef');
    $is{user} = 'berta' if $what eq 'changed';
    $is{late} = '1' if $what eq 'added';
    delete $is{role} if $what eq 'removed';
    my @names = sort keys %is;
    $redis->cmd('SET', $key, $format eq 'form' ? join('&', map { "$_=$is{$_}" } @names)
                : '{' . join(',', map { "\"$_\":\"$is{$_}\"" } @names) . '}', 'PX', 60_000);
    return undef;
});
my $load = "LoadModule session_probe_module $probe\n";
my $places = <<'CONF';
<Location /probe>
    SetHandler session-probe
</Location>
<Location /json>
    SharedSessionKey json:%{id}
    SharedSessionFormat json
</Location>
<Location /json/probe>
    SetHandler session-probe
</Location>
<Location /form>
    SharedSessionKey form:%{id}
    SharedSessionFormat form
</Location>
<Location /form/probe>
    SetHandler session-probe
</Location>
CONF
my $httpd = private_httpd(
    files => {
        'htdocs/ssi/page.shtml' => "<!--#include virtual=\"/probe?set:cart=7\" -->"
            . "<!--#include virtual=\"/x/lua\" -->\n",
        'htdocs/x/page.html' => "page\n",
    },
    conf => $load . <<"CONF");
SharedSession On
SharedSessionStore redis://127.0.0.1:$port timeout=5s
SharedSessionNote session.* *
SharedSessionEnv SESSION_* *
SharedSessionHeader X-User user
$places
<Location /off>
    SharedSession Off
    SetHandler session-probe
</Location>
<Location /small>
    SharedSessionMaxSize 1K
    SetHandler session-probe
</Location>
<Location /control>
    SharedSessionControl On
</Location>
<Location /missing>
    ErrorDocument 404 /x/lua
</Location>
<Location /ssi/probe>
    SetHandler session-probe
</Location>
<Location /ssi>
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Location>
<VirtualHost *:\${SHS_PORT}>
    ServerName any.test
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName down.test
    SharedSessionStore redis://127.0.0.1:$down timeout=300ms
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName mortal.test
    SharedSessionStore redis://reader:SeCrEt-reader\@127.0.0.1:@{[$mortal->port]} timeout=2s
    SharedSessionCache On lease=1s
    SharedSessionFailure allow stale=10m
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName relay.test
    SharedSessionStore redis://127.0.0.1:@{[$relay->port]} timeout=5s
</VirtualHost>
CONF

# The results of operations, in order; $last is the reply.
my $last;
sub ask {
    my ($path, $id, @operations) = @_;
    my ($host, $place) = $path =~ m{^(?:(\w+):)?(/.*)};
    $last = $httpd->get("$place?" . join('&', @operations),
                        host => ($host // 'any') . '.test',
                        defined $id ? (cookie => "JSESSIONID=$id") : ());
    return join '|', map { /^\S+ (.*)/ ? $1 : $_ } split /\n/, $last->body;
}

# --- reading --------------------------------------------------------------------

my $id = hash_session($store, user => 'anna', role => 'chef', '@max' => 600);
is(ask('/probe', $id, qw(find status get:user get:nothing get:@max)),
   'FOUND|found|anna(4)|(none)|(none)', 'find, status, get');
my %is = (user => 'user=anna(4);', role => 'role=chef(4);');
my @order = grep { $is{$_} } $store->hash("session:$id");
is(ask('/probe', $id, 'iterate'), join('', @is{@order}),
   'iterate: every attribute in its order, and nothing reserved');
is(ask('/probe', $id, 'first'), $is{ $order[0] }, '... until it is told to end');
my @loads = $store->lookups_during(sub { ask('/probe', $id, ('get:user', 'find') x 5) });
is(scalar @loads, 1, 'ten calls, one lookup');
$store->put_hash("session:$id", { user => "a\0b" }, 600);
like(ask('/probe', $id, 'get:user'), qr/^a\(3\)$/, 'a value with a NUL has its length');
my $json = fresh_id();
$store->put_string("json:$json", '{"user":"anna","n":1.5,"deep":{"a":[1,true]}}', 600);
is(ask('/json/probe', $json, qw(get:n get:deep)), '1.5(3)|{"a":[1,true]}(14)',
   'a number and a structure as text');

# What a lookup can come to.
my $malformed = fresh_id();
$store->put_string("session:$malformed", 'x', 600);
for my $case (['/off', $id, 'OFF', 'off'], ['/probe', $id, 'FOUND', 'found'],
              ['/probe', undef, 'NONE', 'none'], ['/probe', fresh_id(), 'ABSENT', 'absent'],
              ['/probe', $malformed, 'MALFORMED', 'malformed'],
              ['down:/probe', $id, 'UNAVAILABLE', 'unavailable']) {
    my ($path, $of, $find, $status) = @$case;
    is(ask($path, $of, qw(find status)), "$find|$status", "$path: $find");
    is(ask($path, $of, qw(get:user iterate)), '(none)|', '... with no attribute')
        if $find ne 'FOUND';
}

# A session that was there lately is told apart from one that is.
{
    my $old = fresh_id();
    $mortal->put_hash("session:$old", { user => 'anna' }, 600);
    SHS::Process::wait_for('SHS018', 20, sub {
        ask('mortal:/probe', $old, 'find');
        $httpd->logged(qr/SHS018: .*:@{[$mortal->port]}/) });
    is(ask('mortal:/probe', $old, qw(find status get:user)), 'FOUND|found|anna(4)',
       'Redis answers: FOUND');
    $mortal->stop('KILL');
    is(ask('mortal:/probe', $old, qw(find status get:user)), 'STALE|stale|anna(4)',
       'it does not: STALE, with the attributes that there were');
    is(ask('mortal:/probe', fresh_id(), qw(find status get:user)), 'UNAVAILABLE|unavailable|(none)',
       '... and of another nothing is known');
}

# --- writing --------------------------------------------------------------------

is(ask('/probe', undef, 'begin:user=anna,a%2Cb=c%26d', 'find', 'get:user', 'get:a%2Cb'),
   'DONE|FOUND|anna(4)|c&d(3)', 'begin: the session is there at once');
$id = $last->new_id;
like($id, qr/^[A-Za-z0-9_-]{43}$/, '... with a new id in a cookie');
is($last->header('Cache-Control'), 'no-store', '... that no cache may store');
is($store->session($id)->{user}, 'anna', '... and in Redis');
like($store->session($id)->{'@created'}, qr/^\d{13}$/, '... as a session of ours');
is(ask('/probe', undef, 'begin', 'iterate'), 'DONE|', 'begin without attributes');
isnt($last->new_id, 'none', '... is a session too');

is(ask('/probe', $id, 'set:role=chef', 'set:user=berta', 'unset:a%2Cb', 'iterate'),
   'DONE|DONE|DONE|user=berta(5);role=chef(4);', 'set and unset are seen at once');
is($last->header('Set-Cookie'), undef, '... with no cookie');
@loads = grep { $_->[1] eq 'HGETALL' } $store->commands_during(sub {
    ask('/probe', $id, 'get:user', 'set:n=1', ('get:user') x 5, 'unset:n') });
# Each change reads what is there, too.
is(scalar @loads, 5, '... nor more lookups than one, and one after each change');
is(ask('/probe', $id, 'change:x=1,y=2,-role', 'iterate'), 'DONE|user=berta(5);x=1(1);y=2(1);',
   'change: several in one step');
is(ask('/probe', $id, 'change:-x', 'change:y=3', 'iterate'), 'DONE|DONE|user=berta(5);y=3(1);',
   '... or names alone, or values alone');
is(ask('/probe', $id, 'set:bin=a%00%FF%0D%0A', 'get:bin'), "DONE|a(5)", 'any octets in a value');
is($store->session($id)->{bin}, "a\0\xff\r\n", '... as they are');
is(ask('/probe', $id, 'unset:nothing', 'unset:bin'), 'DONE|DONE',
   'what is not there can be removed');

is(ask('/probe', $id, 'rotate', 'find', 'get:user', 'set:after=1'), 'DONE|FOUND|berta(5)|DONE',
   'rotate: the same session, also for what follows');
my $new = $last->new_id;
isnt($new, $id, '... has a new id');
is($store->session($new)->{after}, 1, '... and that is written to');
is(ask('/probe', $id, 'get:user', 'set:late=1'), 'berta(5)|DONE', 'the old id leads there');
is($store->session($new)->{late}, 1, '... for writing too');
is(ask('/probe', $new, 'begin:role=admin', 'get:role', 'get:user'), 'DONE|admin(5)|berta(5)',
   'begin where there is a session is a login');
my $login = $last->new_id;
isnt($login, $new, '... with a new id');
is(ask('/probe', $new, 'rotate', 'begin:a=b', 'iterate'), 'ROTATED|DONE|a=b(1);',
   '... and a client with the old id begins anew');
is(ask('/probe', undef, 'begin:a=1', 'rotate', 'begin:b=2', 'get:a', 'get:b'),
   'DONE|DONE|DONE|1(1)|2(1)', 'three ids in one request');
my @cookies = grep { lc $_->[0] eq 'set-cookie' } @{ $last->{headers} };
is(scalar @cookies, 1, '... of which the client gets one');
is($store->session($last->new_id)->{b}, 2, '... the last');

is(ask('/probe', $login, 'destroy', 'find', 'get:user', 'set:a=b', 'destroy'),
   'DONE|ABSENT|(none)|GONE|GONE', 'destroy: it is gone at once');
like($last->header('Set-Cookie'), qr/^JSESSIONID=; .*Max-Age=0/, '... and its cookie');
is($store->cmd('EXISTS', "session:$login"), 0, '... in Redis too');
is(ask('/probe', hash_session($store, user => 'anna'), 'destroy', 'begin:user=carl', 'get:user'),
   'DONE|DONE|carl(4)', 'after it another one may begin');
is($store->session($last->new_id)->{user}, 'carl', '... with its own id');

for my $format (qw(json form)) {
    is(ask("/$format/probe", undef, 'begin:user=anna', 'set:n=1', 'change:k=v,-n', 'iterate', 'rotate'),
       'DONE|DONE|DONE|user=anna(4);k=v(1);|DONE', "$format: begin, set, change, rotate");
    is(ask("/$format/probe", $last->new_id, 'get:user', 'destroy', 'find'), 'anna(4)|DONE|ABSENT',
       '... destroy');
}

# --- every result ------------------------------------------------------------------

my $old = hash_session($store, user => 'anna', '@rotated' => '');
$store->put_string("session:$malformed", 'x', 600);
my $unreadable = fresh_id();
$store->put_string("json:$unreadable", '{', 600);
my $faster = fresh_id() . '-faster';
$store->put_string("json:$faster", '{"n":0}', 600);
my ($ended, $ended2) = (fresh_id() . '-ended', fresh_id() . '2-ended');
for my $case (
    ['GONE', 'no cookie', '/probe', undef],
    ['GONE', 'a session that is not there', '/probe', fresh_id()],
    ['GONE', 'SharedSession Off', '/off', hash_session($store, user => 'anna')],
    ['GONE', 'ended between reading and writing', 'relay:/probe', $ended, { end => 'DONE' }],
    ['ROTATED', 'the old id of a login', '/probe', $old, { end => 'DONE' }],
    ['CONFLICT', 'another client always writes first', 'relay:/json/probe', $faster, { end => 'DONE' }],
    ['UNREADABLE', 'another type of value', '/probe', $malformed],
    ['UNREADABLE', 'a value that cannot be read', '/json/probe', $unreadable, { end => 'DONE' }],
    ['NO_ANSWER', 'a Redis that is down', 'down:/probe', hash_session($store, user => 'anna')],
) {
    my ($result, $why, $path, $of, $except) = @$case;
    for my $operation ('set:a=b', 'unset:a', 'change:a=b,-c', 'rotate', 'destroy') {
        next if $operation eq 'destroy' && $except;
        $store->put_hash("session:$of", { user => 'anna' }, 600) if $why =~ /ended/;
        is(ask($path, $of, $operation), $result, "$why: $operation: $result");
        my $takes = $operation eq 'destroy' && $why eq 'a session that is not there';
        is(($last->header('Set-Cookie') // 'none') =~ s/;.*//sr, $takes ? 'JSESSIONID=' : 'none',
           $takes ? '... and its cookie is taken away' : '... and no cookie');
        is($store->cmd('EXISTS', "session:$of"), 0, '... nor is it made again')
            if $why =~ /ended/;
    }
}
is(ask('/off', undef, 'begin:a=b'), 'GONE', 'begin where SharedSession is Off: GONE');
is(ask('down:/probe', undef, 'begin:a=b'), 'NO_ANSWER', 'begin without a Redis: NO_ANSWER');
is(ask('down:/probe', $id, 'begin:a=b'), 'NO_ANSWER', '... with a cookie too');
is($last->header('Set-Cookie'), undef, '... and gives none');
is(ask('/probe', $malformed, 'begin:a=b'), 'DONE', 'begin in place of what is no session: DONE');

$id = hash_session($store, user => 'anna');
for my $case (['a reserved name', '%40user'], ['no name', ''], ['a line break', 'a%0Ab']) {
    my ($why, $name) = @$case;
    my $plain = $name =~ s/%([0-9A-F]{2})/chr hex $1/ger;
    is(ask('/probe', $id, "set:$name=b", "change:$name=b"), 'INVALID|INVALID', "$why: INVALID");
    is(ask('/probe', $id, "begin:$name=b"), 'INVALID', '... to begin with')
        if $name ne '';
    is($last->header('Set-Cookie'), undef, '... and no cookie');
    is(ask('/probe', $id, "unset:$name"), 'INVALID', '... to unset');
}
$json = fresh_id();
$store->put_string("json:$json", '{"user":"anna"}', 600);
is(ask('/json/probe', $json, 'set:a=%FF'), 'INVALID', 'JSON cannot hold what is no UTF-8: INVALID');
is(ask('/json/probe', undef, 'begin:a=%FF'), 'INVALID', '... to begin with');
my $big = 'x' x 1100;
is(ask('/small', $id, "set:a=$big", "change:a=$big", "begin:a=$big"),
   'TOO_LARGE|TOO_LARGE|TOO_LARGE', 'larger than SharedSessionMaxSize: TOO_LARGE');
is_deeply([grep { !/^\@/ } keys %{ $store->session($id) }], ['user'], 'nothing of all that was written');

# --- when headers have left ----------------------------------------------------------

for my $place ('/probe', '/ssi/probe') {
    my $id = hash_session($store, user => 'anna');
    my $before = $store->cmd('DBSIZE');
    is(ask($place, $id, qw(late flush late begin:a=b rotate set:cart=9)),
       'sent|0||1|LATE|LATE|DONE', 'what would give a new id is refused when headers have left');
    is($store->session($id)->{cart}, 9, '... the session has its id');
    is($store->cmd('DBSIZE'), $before, '... and there is no other');
    is(ask($place, $id, qw(flush destroy)), 'sent||DONE', '... an end is not');
    is(ask($place, undef, qw(flush begin:a=b)), 'sent||LATE', '... nor is a new session begun');
}
is(ask('/off', undef, qw(late flush late)), 'sent|0||1', '... which can be asked where SharedSession is Off, too');

# --- what another has changed between the copy and the end of a rotation -----------------

for my $format (qw(session json form)) {
    my $area = $format eq 'session' ? '' : "/$format";
    for my $case (['changed', 'berta(5)|chef(4)|(none)'], ['added', 'anna(4)|chef(4)|1(1)'],
                  ['removed', 'anna(4)|(none)|(none)']) {
        my ($what, $expected) = @$case;
        for my $operation ('rotate', 'begin:n=1') {
            my $id = fresh_id() . "-$what";
            my $key = "$format:$id";
            $format eq 'session' ? $store->put_hash($key, { user => 'anna', role => 'chef' }, 600)
                : $store->put_string($key, $format eq 'json' ? '{"user":"anna","role":"chef"}'
                                                             : 'user=anna&role=chef', 600);
            is(ask("relay:$area/probe", $id, $operation, 'get:user', 'get:role', 'get:late'),
               "DONE|$expected", "$format: $operation keeps what another has $what meanwhile");
        }
    }
}

# --- in a hook: exposure follows the change ---------------------------------------------

sub hook {
    my ($path, $of, @operations) = @_;
    return $last = $httpd->get($path, defined $of ? (cookie => "JSESSIONID=$of") : (),
                               headers => [['X-Probe', join '&', @operations]]);
}
$id = hash_session($store, user => 'anna', role => 'chef');
my $r = hook('/x/lua', $id, 'set:user=berta', 'unset:role');
is($r->note('probe'), "set DONE\nunset DONE\n", 'in fixups: changes');
is($r->note('session.user'), 'berta', '... the note follows');
is($r->env('SESSION_user'), 'berta', '... the environment');
is($r->hdr('X-User'), 'berta', '... and the header');
is($r->note('session.role'), undef, '... what was removed is gone');
is($r->env('SESSION_role'), undef, '... everywhere');
is(hook('/x/backend', $id, 'set:user=carl')->hdr('X-User'), 'carl', '... at a backend');
is(hook('/x/cgi', $id, 'set:user=dora')->env('SESSION_user'), 'dora', '... at a CGI');
$r = hook('/x/lua', undef, 'begin:user=emil');
is($r->note('session.user'), 'emil', 'in fixups: a login is exposed');
is($r->note('SHARED_SESSION'), 'found', '... as found');
is($store->session($r->new_id)->{user}, 'emil', '... and the client has its cookie');
$new = $r->new_id;
$r = hook('/x/lua', $new, 'rotate');
is($r->note('session.user'), 'emil', '... a rotation too');
isnt($r->new_id, $new, '... with its cookie');
$r = hook('/x/lua', $r->new_id, 'destroy');
is($r->note('SHARED_SESSION'), 'absent', '... an end as absent');
is($r->note('session.user'), undef, '... with no attribute');
is($r->hdr('X-User'), undef, '... and no header');
like($r->header('Set-Cookie'), qr/^JSESSIONID=;/, '... and the cookie is taken away');
$r = hook('/x/page.html', hash_session($store, user => 'anna'), 'set:a=b');
like($r->header('Vary') // '', qr/Cookie/i, 'a page of a file is marked as of a session');

# --- redirects, error documents, subrequests -----------------------------------------------

$id = hash_session($store, user => 'anna');
$r = $httpd->get('/probe?set:user=berta&redirect:/x/lua', cookie => "JSESSIONID=$id");
is($r->note('session.user'), 'berta', 'a redirect: it sees the change');
$r = $httpd->get('/probe?begin:user=carl&redirect:/x/lua', cookie => "JSESSIONID=$id");
is($r->note('session.user'), 'carl', '... a login');
is($store->session($r->new_id)->{user}, 'carl', '... whose cookie goes out with it');
$r = $httpd->get('/probe?destroy&redirect:/x/lua', cookie => 'JSESSIONID=' . $r->new_id);
is($r->note('SHARED_SESSION'), 'absent', '... an end');
$r = hook('/missing/page', undef, 'begin:user=dora');
is($r->code, 404, 'an error document');
is($r->note('session.user'), 'dora', '... sees what was before it');
is($store->session($r->new_id)->{user}, 'dora', '... and the cookie goes out with it');
is(scalar(grep { lc $_->[0] eq 'set-cookie' } @{ $r->{headers} }), 1, '... once');

# What has been written is true, also where the response is refused afterwards.
for my $kind (qw(cgi backend)) {
    $id = hash_session($store, user => 'anna');
    $r = hook("/control/$kind?set=%25zz", $id, 'rotate');
    like($r->code, qr/^50[02]$/, "$kind: an order that is not understood");
    is($store->session($r->new_id)->{user}, 'anna', '... and the cookie of a rotation before it');
}

$id = hash_session($store, user => 'anna');
ask('/probe', $id, 'sub:/probe?set:user=berta', 'get:user');
like($last->body, qr/^set DONE\n/, 'a subrequest changes the session');
like($last->body, qr/get berta\(5\)/, '... of its page');
ask('/probe', $id, 'set:user=carl', 'sub:/x/lua');
is($last->note('session.user'), 'carl', '... and sees what its page has changed');
is($httpd->get('/probe?set:user=dora&sub:/x/lua', cookie => "JSESSIONID=$id")->hdr('X-User'),
   'dora', '... in the header too');
ask('/probe', undef, 'sub:/probe?begin:user=emil', 'get:user');
is($store->session($last->new_id)->{user}, 'emil', 'a login in a subrequest: the page has its cookie');
$r = $httpd->get('/ssi/page.shtml', cookie => "JSESSIONID=$id");
like($r->body, qr/^set DONE$/m, 'an include changes the session');
is($r->note('session.cart'), 7, '... and the next one sees it');

# --- without mod_shared_session ---------------------------------------------------------

my $alone = private_httpd(no_module => 1, loglevel => 'notice', conf => $load . <<'CONF');
<Location /probe>
    SetHandler session-probe
</Location>
CONF
is($alone->get('/probe?find')->body, "functions NULL\n",
   'without mod_shared_session the functions are NULL');

for my $server ($httpd, $alone) {
    is(scalar $server->logged(qr/exit signal/), 0, 'no child has died');
    unlike($server->error_log, qr/SeCrEt/, 'no id in the log');
}

done_testing;
