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


for my $kind (qw(cgi backend)) {
    my $r = ask("/x/$kind", undef, action => 'create', set => 'userId=alice&userNm=Alice+Kim');
    is($r->code, 200, "$kind: create");
    my $id = $r->new_id;
    like($id, qr/^[A-Za-z0-9_-]{43}$/, '... gives a new id');
    is($r->header('Cache-Control'), 'no-store', '... that no cache may store');
    is_clean($r, '... and the client sees none of the headers');
    my $is = redis()->session($id);
    is("$is->{userId} $is->{userNm}", 'alice Alice Kim', '... the session is there');
    like($is->{'@created'}, qr/^\d{13}$/, '... with when it was created');
    is($is->{'@max'}, 1800, '... and its idle timeout');

    $r = ask("/x/$kind", $id, set => 'cart=1%262&userNm=A', unset => 'nothing');
    is($r->code, 200, "$kind: a change");
    is($r->header('Set-Cookie'), undef, '... gives no cookie');
    is_clean($r, '... nor the headers');
    $is = redis()->session($id);
    is("$is->{userId} $is->{cart} $is->{userNm}", 'alice 1&2 A', '... is made');
    ask("/x/$kind", $id, unset => 'cart, userNm');
    $is = redis()->session($id);
    is_deeply([grep { !/^\@/ } sort keys %$is], ['userId'], '... and so are removals');

    $r = ask("/x/$kind", $id, action => 'rotate');
    my $new = $r->new_id;
    isnt($new, $id, "$kind: rotate gives a new id");
    is(redis()->session($new)->{userId}, 'alice', '... of the same session');
    is_deeply(redis()->session($id), { '@rotated' => "session:$new" }, '... the old one leads there');
    my $old = ask("/x/$kind", $id);
    is($kind eq 'cgi' ? $old->env('SESSION_userId') : $old->hdr('X-User'), 'alice',
       '... for a client that has it');
    my $ttl = redis()->cmd('PTTL', "session:$id");
    ok($ttl > 0 && $ttl <= 10_000, '... for ten seconds at most');
    $r = ask("/x/$kind", $id, set => 'late=1');
    is($r->code, 200, '... and writes to it');
    is(redis()->session($new)->{late}, 1, '... there');
    $r = ask("/x/$kind", $id, action => 'rotate');
    is($r->code, 503, '... but does not rotate it again');

    $r = ask("/x/$kind", $new, action => 'rotate', set => 'role=admin');
    my $login = $r->new_id;
    is(redis()->session($login)->{role}, 'admin', "$kind: a rotation with a change is a login");
    is(redis()->session($new)->{role}, undef, '... which the old id does not show');
    is(redis()->session($new)->{userId}, 'alice', '... but what was there before');
    $r = ask("/x/$kind", $new, set => 'cart=evil');
    is($r->code, 503, '... and writes nothing any more');
    is(redis()->session($login)->{cart}, undef, '... to any session');

    $r = ask("/x/$kind", $login, action => 'rotate', set => 'role=root');
    is(redis()->cmd('EXISTS', "session:$new"), 0, '... and is gone with the next login');
    ($new, $login) = ($login, $r->new_id);
    is(redis()->cmd('EXISTS', "session:$new"), 1, '... of which the old id is there');
    $r = ask("/x/$kind", $login, action => 'destroy', set => 'a=b');
    is(redis()->cmd('EXISTS', "session:$new"), 0, '... until the logout');
    is($r->code, 200, "$kind: destroy");
    like($r->header('Set-Cookie'), qr/^JSESSIONID=; .*Max-Age=0/, '... ends the cookie');
    is(redis()->cmd('EXISTS', "session:$login"), 0, '... and the session');
    $r = ask("/x/$kind", $login, set => 'a=b');
    is($r->code, 200, '... for which a late change has no effect');
    is(redis()->cmd('EXISTS', "session:$login"), 0, '... and makes none');
}

# Two headers of one name: a proxied backend's are two, a script's are joined by a
# comma, which no urlencoded text holds.
my $two = "a=1\r\nX-Session-Set: b=2+3";
my $both = ask('/x/backend', undef, action => 'create', set => $two)->new_id;
is(join(' ', @{ redis()->session($both) }{qw(a b)}), '1 2 3', 'a backend\'s two headers X-Session-Set are obeyed');
is(ask('/x/cgi', undef, action => 'create', set => $two)->code, 500, '... a script\'s are refused');

# A logout by the old id, in the grace, ends the session.
my $r = ask('/x/cgi', undef, action => 'create', set => 'userId=bert');
my $first = $r->new_id;
my $second = ask('/x/cgi', $first, action => 'rotate')->new_id;
$r = ask('/x/cgi', $first, action => 'destroy');
is(redis()->cmd('EXISTS', "session:$second", "session:$first"), 0,
   'a logout by the old id ends the session');

# Once a chain, also with an error document, also where a page was denied.
$r = ask('/x/backend', undef, action => 'create', set => 'a=b', status => '404 Not Found');
is($r->code, 404, 'a backend says 404 and create');
my $id = $r->new_id;
is(redis()->session($id)->{a}, 'b', '... and it is done');
$r = ask('/override/backend', undef, action => 'create', set => 'a=b', status => '404 Not Found');
is($r->code, 404, 'with ProxyErrorOverride the response is not the backend\'s');
is(redis()->session($r->new_id)->{a}, 'b', '... but its orders are followed');
is_clean($r, '... and not shown');

# Off.
$id = hash_session(userId => 'carl');
my $mark = log_mark();
for my $path (qw(/off/cgi /off/backend /nosession/cgi)) {
    $r = ask($path, $id, set => 'userId=mallory', action => 'destroy');
    is($r->code, 200, "$path: SharedSessionControl is Off");
    is_clean($r, '... the headers are taken out all the same');
    is(redis()->session($id)->{userId}, 'carl', '... and not followed');
}
ask('/off/cgi', $id, set => 'userId=mallory') for 1 .. 30;
my @told = log_since($mark) =~ /:warn\] \[pid (\d+).*SHS014: .*is Off where/g;
my %told = map { $_ => 1 } @told;
cmp_ok(scalar @told, '>', 0, '... which is logged');
is(scalar @told, scalar keys %told, '... once a child') || diag "@told";

# What mod_headers says counts too.
ask('/headers/cgi', $id);
is(redis()->session($id)->{by}, 'mod_headers', 'mod_headers may give an order');

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
my $before = redis()->session($id);
for my $case (
    ['a % that is no escape', { set => 'a=%zz' }],
    ['no name', { set => '=b' }],
    ['a reserved name', { set => '@user=root' }],
    ['a reserved name to unset', { unset => '@max' }],
    ['a line break in a name', { set => 'a%0Ab=c' }],
    ['an unknown action', { action => 'explode' }],
    ['an unset that is no escape', { unset => '%zz' }],
    ['a comma that is no escape, in a value', { set => 'a=bob,isAdmin' }],
    ['... with a space', { set => 'a=bob, isAdmin' }],
    ['... in a name', { set => 'a,b=c' }],
    ['... at the end', { set => 'a=b,' }],
    ['a space in a name', { set => 'a b=c' }],
    ['... before a name', { set => 'a=b& c=d' }],
    ['... behind a name', { set => 'a =b' }],
    ['... before a value', { set => 'a= b' }],
    ['... behind a value', { set => 'a=b &c=d' }],
    ['a tab', { set => "a=b&\tc=d" }],
    ['a space in a name to unset', { unset => 'a b' }],
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
my $now = redis()->session($id);
delete $_->{'@accessed'} for $before, $now;
is_deeply($now, $before, 'nothing of it was written');

# Two different actions: a logout is not lost without a word.
for my $pair (['destroy', 'rotate'], ['rotate', 'destroy'], ['create', 'destroy']) {
    my ($one, $other) = @$pair;
    my $mark = log_mark();
    $r = ask('/x/backend', $id, action => "$one\r\nX-Session-Action: $other");
    is($r->code, 502, "$one and $other: refused");
    is($r->header('Set-Cookie'), undef, '... without a cookie');
    log_like($mark, qr/SHS013: .*two different headers X-Session-Action/, '... which the log says');
    is(ask('/x/cgi', $id, action => "$one\r\nX-Session-Action: $other")->code, 500,
       '... or joined, of a script');
}
is(redis()->session($id)->{userId}, 'carl', '... nothing was done');
is(ask('/x/backend', undef, action => "create\r\nX-Session-Action: create", set => 'a=b')->code,
   200, 'twice the same is one');

# A folded line (RFC 9112, 5.2) is one with a space in it: no name begins so.
for my $fold ("a=1&\r\n f2=2", "a=1\r\n &f2=2", "a=1&f2=\r\n\t2") {
    my $mark = log_mark();
    $r = ask('/x/backend', $id, set => $fold);
    is($r->code, 502, 'a folded X-Session-Set is refused');
    log_like($mark, qr/SHS013: .*white space in X-Session-Set/, '... and the log says why');
    is_deeply([grep { /f2/ } keys %{ redis()->session($id) }], [], '... and makes no name with a space');
}
$r = ask('/x/backend', $id, set => "userId=carl&name=A\r\n B");
is(redis()->session($id)->{name}, 'A B', 'folded amid a value it is a space');
ask('/x/backend', $id, unset => "name,\r\n nothing");
is(redis()->session($id)->{name}, undef, 'a folded list of names is a list');

# Values are octets; none leaves the line it is in.
$r = ask('/x/cgi', $id, set => 'odd=a%0D%0ASet-Cookie%3A+x%3Dy%00%FF');
is(redis()->session($id)->{odd}, "a\r\nSet-Cookie: x=y\0\xff", 'any octets in a value');
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

# A backend has a session of its own, and its cookie our name: of two the last
# would win, and the login be lost.
sub cookies_of {
    my ($r) = @_;
    return [ map { /^([^;]{0,17})/ } sort $r->raw =~ /^Set-Cookie: (.*?)\r?$/mg ];
}
my $own_id;
for my $kind (qw(cgi backend)) {
    for my $cookie ('JSESSIONID=ABCDEF; Path=/app', ' JSESSIONID =x', 'JSESSIONID=',
                    '=JSESSIONID=x', " = JSESSIONID = x",
                    "JSESSIONID=1; Path=/a\r\nSet-Cookie: JSESSIONID=2; Path=/b") {
        my $mark = log_mark();
        $r = ask("/x/$kind", undef, action => 'create', set => 'a=b', cookie => $cookie);
        $own_id = $r->new_id;
        is(redis()->session($own_id)->{a}, 'b', "$kind: a login beside a cookie of our name");
        is(scalar @{ cookies_of($r) }, 1, '... gives ours alone');
        log_like($mark, qr/SHS021: .*is removed/, '... which the log says');
        unlike(log_since($mark), qr/ABCDEF/, '... without the value');
        $r = ask("/x/$kind", $own_id, action => 'destroy', cookie => $cookie);
        like(join(' ', @{ cookies_of($r) }), qr/^JSESSIONID=\s*$/, '... and so does a logout');
    }
    $r = ask("/x/$kind", undef, action => 'create', set => 'a=b',
             cookie => "JSESSIONIDX=1\r\nSet-Cookie: jsessionid=2\r\nSet-Cookie: lang=en");
    is(scalar @{ cookies_of($r) }, 4, "$kind: other names stay");
    my $mark = log_mark();
    $r = ask("/x/$kind", hash_session(a => 'b'), cookie => 'JSESSIONID=ABCDEF');
    is_deeply(cookies_of($r), ['JSESSIONID=ABCDEF'], "$kind: alone it stays");
    log_like($mark, qr/SHS021: .*lose their session/, '... with a line in the log');
    ask("/off/$kind", hash_session(a => 'b', '@max' => 1800), cookie => 'JSESSIONID=ABCDEF')
        for $mark = log_mark();
    log_like($mark, qr/SHS021: .*lose their session/, '... also where Control is Off, of a session of ours');
    $mark = log_mark();
    ask("/off/$kind", hash_session(a => 'b'), cookie => 'JSESSIONID=ABCDEF');
    ask("/x/$kind", undef, cookie => 'other=ABCDEF');
    ask("/nosession/$kind", undef, cookie => 'JSESSIONID=ABCDEF');
    unlike(log_since($mark), qr/SHS021: /, '... but not of what is none of ours');
}

# A response that gives way to an error sets none of our names, whatever the
# reason; other cookies are httpd's affair.
my $cookies = join "\r\nSet-Cookie: ", 'JSESSIONID=ABCDEF; Path=/', '__Host-sid=ABCDEF; Path=/; Secure',
    '=JSESSIONID=x', 'lang=en';
for my $row (['/cookie/cgi', 500, { set => 'a=%zz' }, 'an order that is not understood'],
             ['/cookie/backend', 502, { set => 'a=%zz' }, '... of a backend'],
             ['/cookie/cgi', 500, { set => 'a=b', action => 'create', unset => 'a b' }, '... a login'],
             ['/cookie/cgi', 500, { action => 'end' }, '... an action that there is not'],
             ['/small/cgi', 500, { set => 'a=' . 'x' x 2000 }, 'a session that is too large'],
             ['/json/cgi', 500, { set => "a=%ff" }, 'a value that the format cannot hold']) {
    my ($path, $code, $query, $why) = @$row;
    my $id = fresh_id();
    redis()->put_hash("session:$id", { a => 'b' }, 600);
    redis()->put_string("json:$id", '{"a":"b"}', 600);
    my $mark = log_mark();
    $r = ask($path, $id, %$query, cookie => $cookies);
    is($r->code, $code, "cookies of our names beside $why: $code");
    is_deeply([ grep { !/^lang=/ && ($path =~ /cookie/ || !/^__Host-sid/) } @{ cookies_of($r) } ], [],
              '... do not reach the client');
    log_like($mark, qr/SHS021: .*not carried out.* JSESSIONID, which is removed/,
             '... which the log says');
    unlike(log_since($mark), qr/ABCDEF/, '... without the value');
}

# A logout takes away each cookie that led to the session, and none comes back.
$r = get('/cookie/backend?action=destroy&cookie=JSESSIONID%3Dx', host => 'control.test',
         cookie => 'JSESSIONID=' . hash_session(a => 'b'));
is_deeply([ $r->raw =~ /^Set-Cookie: (JSESSIONID=\w*)/mg ], ['JSESSIONID='],
          'a backend gives no cookie anew that a logout takes away');

# Two cookies of the name, as an attacker's sister domain may plant: the first
# session that is there is changed, and a login gives an id that no client knows.
my $planted = hash_session(userId => 'mallory');
$r = get('/x/cgi?action=create&set=userId%3Dalice', host => 'control.test',
         cookie => "JSESSIONID=$planted; JSESSIONID=" . fresh_id());
my $own = $r->new_id;
isnt($own, $planted, 'fixation: a login under a planted id gives another');
is(redis()->session($own)->{userId}, 'alice', '... that is the user\'s');
is(redis()->session($planted)->{userId}, 'mallory', '... and the planted one is not');

done_testing;
