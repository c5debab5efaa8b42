# Attacks on sessions of frameworks: what an attacker has tried with cookies and stored
# values. A cookie leads to another program's key; an inner place needs no signature;
# what was not read or understood lets a request in; a logout is impossible.
# The same with every MPM.
use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use SHS;
use SHS::Framework;

my $store = SHS::Redis->start;
my $not = sub {
    return join "\n", '<RequireAll>', 'Require all granted', (map { "Require not shared-session $_" } @_), '</RequireAll>';
};
my $shared = SHS::Redis::Client->new(port => $store->port, db => 15);

# Keys of several programs in one database, without a prefix.
my $together = <<"CONF";
<VirtualHost *:\${SHS_PORT}>
    ServerName together.test
    SharedSessionStore redis://127.0.0.1:@{[$store->port]}/15 timeout=2s
    SharedSession On
    SharedSessionControl On
    SharedSessionNote session.* *
    <Location /koa>
        SharedSessionProfile koa sign=none
    </Location>
    <Location /koa/chars>
        SharedSessionCookie koa.sess id-chars=:
    </Location>
    <Location /lemonldap>
        SharedSessionProfile lemonldap
    </Location>
    <Location /lemonldap/chars>
        SharedSessionCookie lemonldap id-chars=:
    </Location>
    <Location /lemonldap/out>
        Header always set X-Session-Action destroy
    </Location>
    <Location /m>
        SharedSessionProfile express secret-file=secrets/express
    </Location>
    <Location /m/unsigned>
        SharedSessionCookie connect.sid sign=none
    </Location>
    <Location /m/unsigned/inner>
        SharedSessionCookie connect.sid samesite=Strict
    </Location>
    <Location /native>
        SharedSessionProfile koa sign=none
        SharedSessionFormat json
    </Location>
    <LocationMatch /session\$>
        SetHandler shared-session
    </LocationMatch>
</VirtualHost>
CONF
my $httpd = frameworks_httpd($store, only => qr/^(?:express$|spring repository|lemonldap)/, conf => $together,
                             places => <<"CONF");
SharedSessionNote session.* *
<LocationMatch /session\$>
    SetHandler shared-session
</LocationMatch>
<Location /some>
    SharedSessionAttributes %USER%
</Location>
<Location /some/not>
    @{[$not->('banned')]}
</Location>
<Location /some/is>
    Require shared-session banned
</Location>
<Location /some/expr>
    Require expr "session('banned') != 'true'"
</Location>
<Location /some/named>
    SharedSessionAttributes %USER% banned
    @{[$not->('banned')]}
</Location>
<Location /not>
    @{[$not->('banned', q(['@banned']))]}
</Location>
<Location /expr>
    Require expr "session('banned') != 'true'"
</Location>
CONF

sub ask {
    my ($path, $cookie, %more) = @_;
    return $httpd->get($path, host => 'together.test', cookie => $cookie, %more);
}
sub status { my ($r) = @_; return $r->note('SHARED_SESSION') // $r->code }
sub cookies_removed { return scalar grep { /Max-Age=0/i } $_[0]->raw =~ /^(Set-Cookie:.*)$/mig }

# --- a cookie that names another program's key -----------------------------------------

my $now = int time;
my $other = 'users:alice:profile';
for my $row ([koa => 'koa.sess', '{"_session":true,"user":"alice"}'],
             [lemonldap => 'lemonldap', qq({"_session_kind":"SSO","_utime":$now,"uid":"alice"})]) {
    my ($name, $cookie, $value) = @$row;
    $shared->cmd('SET', $other, $value);
    is(status(ask("/$name/lua", "$cookie=$other")), 'none', "$name: a cookie names no other key");
    is(status(ask("/$name/chars/lua", "$cookie=$other")), 'none', '... also in an inner place with id-chars=');
    my $id = md5_hex($name) . md5_hex("$name 2");
    $shared->cmd('SET', $id, $value);
    is(status(ask("/$name/chars/lua", "$cookie=$id")), 'found', '... where its own sessions are found');
    is(ask("/$name/chars/session", "$cookie=$other", method => 'DELETE')->code, 404, '... and none is ended');
    is($shared->cmd('EXISTS', $other), 1, '... the key is there');
}

# --- a record of another program under an id of the same form ---------------------------

my $persistent = md5_hex('alice');
my $devices = qq({"_session_kind":"Persistent","_utime":$now,"_session_uid":"alice","_2fDevices":"x"});
sub put_persistent { $shared->cmd('SET', $persistent, $devices) }
put_persistent();
is(status(ask('/koa/lua', "koa.sess=$persistent")), 'malformed',
   'koa: an object without _expire and _session is no session');
ask('/koa/session', "koa.sess=$persistent", method => 'DELETE');
is($shared->cmd('GET', $persistent), $devices, '... and a logout leaves it');
for my $member ('"_session":true', '"_expire":' . 1000 * ($now + 600)) {
    my $id = md5_hex($member);
    $shared->cmd('SET', $id, "{$member,\"user\":\"kim\"}");
    is(status(ask('/koa/lua', "koa.sess=$id")), 'found', "koa: $member alone makes it one" =~ s/\d+/.../r);
}
{
    my $s = framework('express', fresh => 1);
    $s->{value} = '{"userId":"alice"}';
    $s->put($store);
    is(status($httpd->get('/x/lua', $s->client)), 'malformed', 'express: nor is an object without cookie');
    $s->{value} = '{"userId":"alice","cookie":"x"}';
    $s->put($store);
    is(status($httpd->get('/x/lua', $s->client)), 'malformed', '... and cookie is an object');
}

# A native format does not make such keys writable.
for my $value ('{"amount":1}', 'not JSON') {
    my $id = md5_hex("native $value");
    $shared->cmd('SET', $id, $value);
    for my $row ([PATCH => '{"amount":999}', 'application/merge-patch+json'],
                 [PUT => '{"amount":9}', 'application/json']) {
        my ($method, $body, $type) = @$row;
        my $r = ask('/native/session', "koa.sess=$id", method => $method, body => $body,
                    headers => [['Content-Type', $type]]);
        is($r->code, 405, "a key without a prefix, $value: no $method");
    }
    is($shared->cmd('GET', $id), $value, '... it is as it was');
}
my $id = md5_hex('native, a logout');
$shared->cmd('SET', $id, 'not JSON');
ask('/native/session', "koa.sess=$id", method => 'DELETE');
is($shared->cmd('GET', $id), 'not JSON', 'a key without a prefix: a logout leaves what is no session');

# --- what an inner place inherits -------------------------------------------------------

{
    my $s = framework('express', fresh => 1)->put($store, client => $shared);
    my $unsigned = 'connect.sid=' . $s->id;
    is(status(ask('/m/lua', $unsigned)), 'none', 'an unsigned id, where the profile is set');
    is(status(ask('/m/unsigned/lua', $unsigned)), 'found', '... in a place with sign=none');
    is(status(ask('/m/unsigned/inner/lua', $unsigned)), 'none',
       '... in a place within, whose options are those of the profile');
    is(status(ask('/m/unsigned/inner/lua', $s->cookie)), 'found', '... where its own cookie is good');
}

# --- what was not read or not understood ------------------------------------------------

# with('express', name => JSON): a session with that attribute.
sub with {
    my ($name, $attribute, $json) = @_;
    my $s = framework($name, fresh => 1);
    $s->{value} =~ s/\}\z/,"$attribute":$json}/ if defined $s->value;
    $s->fields->{"sessionAttr:$attribute"} = $json if $s->fields;
    return $s->put($store);
}
sub code_of { my ($path, $s) = @_; return $httpd->get("$path/lua", $s->client)->code }

my $banned = with('express', banned => 'true');
my $good = framework('express', fresh => 1)->put($store);
is(code_of('/some/named', $banned), 403, 'behind not, an attribute that was read: refused');
is(code_of('/some/named', $good), 200, '... and not, without the attribute');
for my $s ($banned, $good) {
    my $who = $s == $good ? 'without the attribute' : 'with it';
    $httpd->new_lines;
    is(code_of('/some/not', $s), 500, "behind not, an attribute that SharedSessionAttributes does not name, $who");
    like($httpd->new_lines, qr/SHS038: Require shared-session cannot tell what an attribute is/, '... as the log says');
    is(code_of('/some/is', $s), 403, '... not behind not');
    $httpd->new_lines;
    is(code_of('/some/expr', $s), 503, '... in an expression');
    like($httpd->new_lines, qr/SHS038: an expression asks for the attribute banned/, '... as the log says');
}
is(code_of('/not', $good), 200, 'all attributes were read: without it');
is(code_of('/not', $banned), 403, '... with it');
is(code_of('/not', with('express', '@banned', 'true')), 500, 'behind not, a name with @');
for my $row (['spring-boot-4.0.7/default-jdk', "\xac\xed\0\5garbage"], ['spring-boot-4.0.7/default-json', '{"a":']) {
    my ($name, $value) = @$row;
    my $s = with($name, 'banned', $value);
    is(status($httpd->get('/x/lua', $s->client)), 'found', "$name: a value that cannot be understood");
    is(code_of('/not', $s), 500, '... decides nothing behind not');
    is(code_of('/expr', $s), 503, '... and nothing in an expression');
}

# --- logouts ----------------------------------------------------------------------------

sub logout { my ($s, $path) = @_; return $httpd->get($path // '/session', $s->client, method => 'DELETE') }

# A second cookie that another host of the domain has set.
for my $way ('DELETE', 'a control header') {
    for my $order (0, 1) {
        my $mine = md5_hex("mine $order") x 2;
        $shared->cmd('SET', $mine, qq({"_session_kind":"SSO","_utime":$now,"uid":"bob"}));
        put_persistent();
        my @ids = $order ? ($mine, $persistent) : ($persistent, $mine);
        my $cookie = join '; ', map { "lemonldap=$_" } @ids;
        my $r = $way eq 'DELETE' ? ask('/lemonldap/session', $cookie, method => 'DELETE')
            : ask('/lemonldap/out/lua', $cookie);
        my $where = $order ? 'behind' : 'before';
        is($r->code, $way eq 'DELETE' ? 204 : 200, "logout by $way, a record of another kind $where the session");
        cmp_ok(cookies_removed($r), '>', 0, '... the cookie is removed');
        is($shared->cmd('EXISTS', $mine), 0, '... the session is ended');
        is($shared->cmd('GET', $persistent), $devices, '... the other record stays');
    }
}

# A session that is too large as a whole.
my $text = "\xac\xed\0\5\x74" . pack('n', 60_000) . 'x' x 60_000;
for my $name (map { "spring-boot-4.0.7/$_" } qw(indexed-jdk default-jdk default-json)) {
    for my $path ('/some/session', '/session') {
        my $s = framework($name, fresh => 1)->put($store);
        $s->client_of($store)->cmd('HSET', $s->key, map { ("sessionAttr:large$_" => $text) } 1, 2);
        is(status($httpd->get('/some/lua', $s->client)), 'found', "$name, too large: found by some attributes");
        my $r = logout($s, $path);
        is($r->code, 204, "... a logout at $path ends it");
        cmp_ok(cookies_removed($r), '>', 0, '... and removes the cookie');
        isnt(status($httpd->get('/some/lua', $s->client)), 'found', '... it is over');
        is(number_of($s->client_of($store)->cmd('HGET', $s->key, 'maxInactiveInterval') // ''), 0, '... as Spring ends it')
            if $name =~ /indexed/ && $path =~ /some/; # elsewhere it could not be read
    }
}
{
    my $s = with('express', large => '"' . 'x' x 70_000 . '"');
    is(status($httpd->get('/x/lua', $s->client)), 'malformed', 'express, too large: malformed');
    is(logout($s)->code, 204, '... a logout ends it');
    is($s->client_of($store)->cmd('EXISTS', $s->key), 0, '... and its key, which Express can read');
}

# What a late write has left.
for my $name (map { "spring-boot-4.0.7/$_" } qw(indexed-jdk default-json)) {
    my $s = framework($name, fresh => 1)->put($store);
    is(logout($s)->code, 204, "$name: a logout");
    $s->client_of($store)->cmd('HSET', $s->key, 'lastAccessedTime', $s->fields->{lastAccessedTime});
    isnt(status($httpd->get('/x/lua', $s->client)), 'found', '... and a late write: no session');
    isnt(logout($s)->code, 500, '... nor does another logout fail');
}

# Redis has no memory left.
for my $name (qw(express spring-boot-4.0.7/indexed-jdk spring-boot-4.0.7/indexed-json spring-boot-4.0.7/default-jdk)) {
    my $s = framework($name, fresh => 1)->put($store);
    $store->cmd(qw(CONFIG SET maxmemory 1));
    is(logout($s)->code, 204, "$name: a logout while Redis has no memory");
    $store->cmd(qw(CONFIG SET maxmemory 0));
    is(status($httpd->get('/x/lua', $s->client)), 'absent', '... it is over');
}

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');

done_testing;
