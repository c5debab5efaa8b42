# SharedSessionControl: what a response from downstream says is done to the
# session, before it leaves; the headers that say so never reach the client.
use strict;
use warnings;

use SHS;

my %escaped = map { chr($_) => sprintf '%%%02X', $_ } 0 .. 255;

sub ask {
    my ($path, $id, %query) = @_;
    my $query = join '&', map { (my $v = $query{$_}) =~ s/([^A-Za-z0-9])/$escaped{$1}/g;
                                "$_=$v" } sort keys %query;
    return get("$path?$query", host => 'control.test',
               defined $id ? (cookie => "JSESSIONID=$id") : ());
}

sub id_of {
    my ($r, $name) = @_;
    $name ||= 'JSESSIONID';
    return ($r->header('Set-Cookie') // '') =~ /^\Q$name\E=([^;,]+)/ ? $1 : undef;
}

sub stored { return { redis()->hash("session:$_[0]") } }

sub is_clean {
    my ($r, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return unlike($r->raw, qr/^X-Session-(?:Set|Unset|Action):/mi, $name);
}

for my $kind (qw(cgi backend)) {
    my $r = ask("/x/$kind", undef, action => 'create', set => 'userId=alice&userNm=Alice+Kim');
    is($r->code, 200, "$kind: create");
    my $id = id_of($r) // 'none';
    like($id, qr/^[A-Za-z0-9_-]{43}$/, '... gives a new id');
    is($r->header('Cache-Control'), 'no-store', '... that nobody keeps');
    is_clean($r, '... and the client sees none of the headers');
    my $is = stored($id);
    is("$is->{userId} $is->{userNm}", 'alice Alice Kim', '... the session is there');
    like($is->{'@created'}, qr/^\d{13}$/, '... with when it was created');
    is($is->{'@max'}, 1800, '... and its idle timeout');

    $r = ask("/x/$kind", $id, set => 'cart=1%262&userNm=A', unset => 'nothing');
    is($r->code, 200, "$kind: a change");
    is($r->header('Set-Cookie'), undef, '... gives no cookie');
    is_clean($r, '... nor the headers');
    $is = stored($id);
    is("$is->{userId} $is->{cart} $is->{userNm}", 'alice 1&2 A', '... is made');
    ask("/x/$kind", $id, unset => 'cart, userNm');
    $is = stored($id);
    is_deeply([grep { !/^\@/ } sort keys %$is], ['userId'], '... and so are removals');

    $r = ask("/x/$kind", $id, action => 'rotate');
    my $new = id_of($r) // 'none';
    isnt($new, $id, "$kind: rotate gives a new id");
    is(stored($new)->{userId}, 'alice', '... of the same session');
    is_deeply(stored($id), { '@rotated' => "session:$new" }, '... the old one leads there');
    my $old = ask("/x/$kind", $id);
    is($kind eq 'cgi' ? $old->env('SESSION_userId') : $old->hdr('X-User'), 'alice',
       '... for who has it');
    my $ttl = redis()->cmd('PTTL', "session:$id");
    ok($ttl > 0 && $ttl <= 10_000, '... for ten seconds at most');
    $r = ask("/x/$kind", $id, set => 'late=1');
    is($r->code, 200, '... and writes to it');
    is(stored($new)->{late}, 1, '... there');
    $r = ask("/x/$kind", $id, action => 'rotate');
    is($r->code, 503, '... but does not rotate it again');

    $r = ask("/x/$kind", $new, action => 'rotate', set => 'role=admin');
    my $login = id_of($r) // 'none';
    is(stored($login)->{role}, 'admin', "$kind: a rotation with a change is a login");
    is(stored($new)->{role}, undef, '... of which the old id knows nothing');
    is(stored($new)->{userId}, 'alice', '... but what was there before');
    $r = ask("/x/$kind", $new, set => 'cart=evil');
    is($r->code, 503, '... and writes nothing any more');
    is(stored($login)->{cart}, undef, '... to anybody');

    $r = ask("/x/$kind", $login, action => 'rotate', set => 'role=root');
    is(redis()->cmd('EXISTS', "session:$new"), 0, '... and is gone with the next login');
    ($new, $login) = ($login, id_of($r) // 'none');
    is(redis()->cmd('EXISTS', "session:$new"), 1, '... of which the old id is there');
    $r = ask("/x/$kind", $login, action => 'destroy', set => 'a=b');
    is(redis()->cmd('EXISTS', "session:$new"), 0, '... until the logout');
    is($r->code, 200, "$kind: destroy");
    like($r->header('Set-Cookie'), qr/^JSESSIONID=; .*Max-Age=0/, '... ends the cookie');
    is(redis()->cmd('EXISTS', "session:$login"), 0, '... and the session');
    $r = ask("/x/$kind", $login, set => 'a=b');
    is($r->code, 200, '... for which a late change comes to nothing');
    is(redis()->cmd('EXISTS', "session:$login"), 0, '... and makes none');
}

# Two headers of one name.
my $joined = id_of(ask('/x/cgi', undef, action => 'create', set => "a=1\r\nX-Session-Set: b=2+3"));
is(join(' ', @{ stored($joined) }{qw(a b)}), '1 2 3', 'two headers X-Session-Set are both heard');

# A logout by the old id, in the grace, ends the session.
my $r = ask('/x/cgi', undef, action => 'create', set => 'userId=bert');
my $first = id_of($r);
my $second = id_of(ask('/x/cgi', $first, action => 'rotate'));
$r = ask('/x/cgi', $first, action => 'destroy');
is(redis()->cmd('EXISTS', "session:$second", "session:$first"), 0,
   'a logout by the old id ends the session');

# Once a chain, also with an error document, also where a page was denied.
$r = ask('/x/backend', undef, action => 'create', set => 'a=b', status => '404 Not Found');
is($r->code, 404, 'a backend says 404 and create');
my $id = id_of($r) // 'none';
is(stored($id)->{a}, 'b', '... and it is done');
$r = ask('/override/backend', undef, action => 'create', set => 'a=b', status => '404 Not Found');
is($r->code, 404, 'with ProxyErrorOverride the response is not the backend\'s');
is($r->header('Set-Cookie'), undef, '... nor are its orders followed');
is_clean($r, '... or shown');

# Off.
$id = hash_session(userId => 'carl');
my $mark = log_mark();
for my $path (qw(/off/cgi /off/backend /nosession/cgi)) {
    $r = ask($path, $id, set => 'userId=mallory', action => 'destroy');
    is($r->code, 200, "$path: SharedSessionControl is Off");
    is_clean($r, '... the headers are taken out all the same');
    is(stored($id)->{userId}, 'carl', '... and not followed');
}
ask('/off/cgi', $id, set => 'userId=mallory') for 1 .. 30;
my @told = log_since($mark) =~ /SHS014: /g;
my $children = mpm() eq 'prefork' ? 24 : 2;
ok(@told >= 1 && @told <= $children, '... which is logged, once a child at most')
    || diag scalar @told;

# What mod_headers says counts too.
ask('/headers/cgi', $id);
is(stored($id)->{by}, 'mod_headers', 'mod_headers may give an order');

# JSON.
my $j = fresh_id();
redis()->put_string("json:$j", '{"cookie":{"path":"/"},"n":1.5,"user":"anna"}', 60);
$r = ask('/json/cgi', $j, set => 'user=berta&k=v', unset => 'n');
is($r->code, 200, 'a session in JSON');
is(redis()->cmd('GET', "json:$j"), '{"cookie":{"path":"/"},"user":"berta","k":"v"}',
   '... is changed, and the rest stays as it was');
my $ttl = redis()->cmd('PTTL', "json:$j");
ok($ttl > 50_000 && $ttl <= 60_000, '... with the life it had');

# --- what is refused, and then nothing is written -----------------------------
my $before = stored($id);
for my $case (
    ['a % that is no escape', { set => 'a=%zz' }],
    ['no name', { set => '=b' }],
    ['a reserved name', { set => '@user=root' }],
    ['a reserved name to unset', { unset => '@max' }],
    ['a line break in a name', { set => 'a%0Ab=c' }],
    ['an unknown action', { action => 'explode' }],
    ['an unset that is no escape', { unset => '%zz' }],
    ['too much', { set => 'a=' . ('x' x 1100) }, '/small/x'],
) {
    my ($what, $query, $area) = @$case;
    $area //= '/x';
    my $mark = log_mark();
    $r = ask("$area/cgi", $id, %$query);
    is($r->code, 500, "$what: a script's fault");
    is_clean($r, '... of which the client learns nothing');
    unlike($r->body, qr/env /, '... nor of its page');
    log_like($mark, qr/SHS013: /, '... but the log');
    is(ask("$area/backend", $id, %$query)->code, 502, '... or a backend\'s');
}
my $now = stored($id);
delete $_->{'@accessed'} for $before, $now;
is_deeply($now, $before, 'nothing of it was written');

# Values are octets; none leaves the line it is in.
$r = ask('/x/cgi', $id, set => 'odd=a%0D%0ASet-Cookie%3A+x%3Dy%00%FF');
is(stored($id)->{odd}, "a\r\nSet-Cookie: x=y\0\xff", 'any octets in a value');
is($r->header('Set-Cookie'), undef, '... make no header');

# --- cookies --------------------------------------------------------------------
$r = ask('/cookie/cgi', undef, action => 'create', set => 'a=b');
like($r->header('Set-Cookie'),
     qr/^__Host-sid=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=3600; Secure; HttpOnly; SameSite=Strict$/,
     'a cookie as configured');
$r = ask('/wide/cgi', undef, action => 'create', set => 'a=b');
like($r->header('Set-Cookie'),
     qr/^sid=[A-Za-z0-9_-]{43}; Path=\/wide; Domain=example\.org; Secure; SameSite=None; Partitioned$/,
     'another');

# Two cookies of the name, as an attacker's sister domain may plant: the first
# session that is there is changed, and a login gives an id nobody knows.
my $planted = hash_session(userId => 'mallory');
$r = get('/x/cgi?action=create&set=userId%3Dalice', host => 'control.test',
         cookie => "JSESSIONID=$planted; JSESSIONID=" . fresh_id());
my $own = id_of($r) // 'none';
isnt($own, $planted, 'fixation: a login under a planted id gives another');
is(stored($own)->{userId}, 'alice', '... that is the user\'s');
is(stored($planted)->{userId}, 'mallory', '... and the planted one is not');

done_testing;
