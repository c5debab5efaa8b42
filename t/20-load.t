# A session in Redis becomes attributes: hash, json and form, real sessions of
# other applications, key templates, and stores at different addresses.
use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use SHS;

sub at {
    my ($path, $id, %more) = @_;
    return get("$path/lua", host => 'load.test', cookie => "JSESSIONID=$id",
               %more);
}

# --- hash -------------------------------------------------------------------
my $id = hash_session(user => 'anna', empty => '', 'with space' => 'a b',
                      '@created' => time . '000', '@max' => '1800',
                      '@user' => 'anna');
my $r = at('/x', $id);
is($r->note('SHARED_SESSION'), 'found', 'hash: found');
is($r->note('session.user'), 'anna', 'hash: a field is an attribute');
is($r->note('session.empty'), '', 'hash: an empty field is an empty attribute');
is($r->note('session.with space'), 'a b', "hash: a field's name as it is");
is_deeply([grep { /\@/ } $r->names('note')], [],
          'hash: fields that begin with @ are no attributes');
is($r->env('SHARED_SESSION'), 'found', 'hash: the status is in the environment');
my $none = fresh_id();
is(at('/x', $none)->note('SHARED_SESSION'), 'absent',
   'hash: no key is an absent session');
is(at('/x', $none)->env('SHARED_SESSION'), 'absent',
   '... in the environment too');

# --- json -------------------------------------------------------------------
sub json {
    my ($text, $path) = @_;
    my $json_id = fresh_id();
    redis()->put_string("json:$json_id", $text);
    return at($path // '/json', $json_id);
}

$r = json('{"s":"text","i":42,"neg":-7,"big":9007199254740993,"real":0.1,'
        . '"exp":1e21,"t":true,"f":false,"n":null,"o":{"a":[1, 2 ,{"b":null}]},'
        . '"e":"","u":"\u00e4\ud83d\ude00","sl":"a\/b","a.b":"exact",'
        . '"a":{"b":"path"},'
        . '"user":{"name":"anna","roles":["admin",{"name":"chef"}]}}');
my %expected = (
    s => 'text', i => '42', neg => '-7', big => '9007199254740993',
    real => '0.1', t => 'true', f => 'false',
    o => '{"a":[1,2,{"b":null}]}', e => '',
    u => "\xC3\xA4\xF0\x9F\x98\x80", sl => 'a/b', 'a.b' => 'exact',
    user => '{"name":"anna","roles":["admin",{"name":"chef"}]}',
);
is($r->note('SHARED_SESSION'), 'found', 'json: found');
is($r->note("session.$_"), $expected{$_}, "json: $_") for sort keys %expected;
is(0 + $r->note('session.exp'), 1e21, 'json: a real with an exponent');
is($r->note('session.n'), undef, 'json: null is not exposed');
is($r->note('path.first'), 'admin', 'json: a path into an array');
is($r->note('path.last'), 'chef', 'json: a path into an object in an array');
is($r->note('path.none'), undef, 'json: a path past the end is absent');
is($r->note('path.scalar'), undef, 'json: a path into a text is absent');
is($r->note('path.object'), $expected{user}, 'json: a structure as compact JSON');
is($r->note('path.dotted'), 'exact',
   'an attribute of exactly that name wins over a path');
is(json('{"a":{"b":"path"}}')->note('path.dotted'), 'path',
   '... and the path is taken where there is none');
is(json('{}')->note('SHARED_SESSION'), 'found', 'json: an empty object is a session');

# JavaScript writes 1e20 as 100000000000000000000.
$r = json('{"first":"anna","big":100000000000000000000,'
        . '"odd":-12345678901234567890,"small":3,"last":{"a":"b"}}');
is($r->note('SHARED_SESSION'), 'found', 'json: an integer past 64 bits is taken');
is(0 + ($r->note('session.big') // 0), 1e20, '... as a double');
is(0 + ($r->note('session.odd') // 0), -12345678901234567890, '... a negative too');
is($r->note('session.first'), 'anna', '... what stands before it is there');
is($r->note('session.small'), '3', '... a small number is written as it was');
is($r->note('session.last'), '{"a":"b"}', '... and what stands behind it');

for my $row (['', 'nothing'], ['   ', 'blanks'], ['[]', 'an array'],
             ['"text"', 'a text'], ['7', 'a number'], ['null', 'null'],
             ['{"a":1', 'cut off'], ['{"a":1}x', 'something after the end'],
             ['{"a":1}{"b":2}', 'two objects'], ["{'a':1}", 'wrong quotes'],
             ['{"a":"' . "\xFF\xFE" . '"}', 'invalid UTF-8'],
             ['{"a":"x' . "\n" . '"}', 'a raw line feed in a string'],
             ['{"a":1e999}', 'a number no machine holds'],
             ['{"a":1e400,"b":"c"}', 'a number past the largest double'],
             ['{"a":100000000000000000000,"b":1e400}', 'such a one among large'],
             ['{"a":1' . '0' x 400 . '}', 'an integer past the largest double'],
             ['{"a":' . '[' x 100 . ']' x 100 . '}', 'nested too deep'],
             ['{"a":' . '[' x 30000, 'nested much too deep, and cut off'],
             ["\x80\x04\x95junk", 'a pickle'], ['a=b&c=d', 'a form']) {
    my ($text, $why) = @$row;
    my $reply = json($text);
    is($reply->code . ' ' . ($reply->note('SHARED_SESSION') // ''),
       '200 malformed', "json: $why is malformed");
    is_deeply([grep { /^(?:session|path)\./ } $reply->names('note')], [],
              '... and gives no attribute');
}
is(json('{"a":' . '[' x 60 . ']' x 60 . '}')->note('SHARED_SESSION'), 'found',
   'json: nesting of 61 is taken');

# --- form -------------------------------------------------------------------
sub form {
    my ($text) = @_;
    my $form_id = fresh_id();
    redis()->put_string("form:$form_id", $text);
    return at('/form', $form_id);
}

my $future = (time + 3600) . '000000';
my $past = (time - 3600) . '000000';
$r = form("user=anna&real+name=Anna%20K%C3%B6hl&empty=&flag&expiry=$future");
is($r->note('SHARED_SESSION'), 'found', 'form: found');
is($r->note('session.user'), 'anna', 'form: a pair');
is($r->note('session.real name'), "Anna K\xC3\xB6hl", 'form: + and %XX');
is($r->note('session.empty'), '', 'form: an empty value');
is($r->note('session.expiry'), undef, 'form: expiry is no attribute');
is(form("user=anna&expiry=$past")->note('SHARED_SESSION'), 'absent',
   'form: a session past its expiry is absent');
is(form("user=anna&expiry=$past")->note('session.user'), undef,
   '... and gives no attribute');
is(form("expiry=$past&user=anna")->note('SHARED_SESSION'), 'absent',
   'form: wherever expiry stands');
$r = form('a=first&user=anna&a=second');
is($r->note('session.a'), 'second',
   'form: of two equal names the last counts, for a wildcard');
is($r->note('named.a'), 'second', '... as for a rule that names it');
is($r->note('session.user'), 'anna', '... and what stands between is untouched');
is(form('user=a%zz')->note('SHARED_SESSION'), 'malformed',
   'form: a broken escape is malformed');
is(form('user=a%4')->note('SHARED_SESSION'), 'malformed',
   'form: an escape that is cut off is malformed');

# --- sessions of real applications ---------------------------------------------
my $fixtures = JSON::PP->new->utf8->decode(slurp("$ENV{SHS_TMP}/t/fixtures/sessions.json"));
my %place = ('sess:' => '/fixture-sess', 'app:sess:' => '/fixture-app',
             ':1:django.contrib.sessions.cache' => '/fixture-django',
             '' => '/fixture-bare');
# What the cookie that the application itself had set gives: no id has a percent
# sign, so Express' value is not an id and costs no command.
my %cookie_gives = (
    'express-connect-redis/default' => ['none', 0],
    'express-connect-redis/jsessionid' => ['none', 0],
    'koa-session/default' => ['found', 1],
    'fastify-session/default' => ['found', 1],
    'django/cache-json' => ['found', 1],
);
sub as_text {
    my ($value) = @_;
    return JSON::PP->new->canonical->encode($value) if ref $value
        && !JSON::PP::is_bool($value);
    return $value ? 'true' : 'false' if JSON::PP::is_bool($value);
    utf8::encode($value);
    return $value;
}
is(scalar @$fixtures, 5, 'there are five captured JSON sessions');
for my $session (@$fixtures) {
    my $key = $session->{redis_key};
    my ($prefix) = grep { $_ ne '' && index($key, $_) == 0 } keys %place;
    $prefix //= '';
    my $fixture_id = substr $key, length $prefix;
    my $stored = $prefix eq '' ? "bare:$key" : $key;
    redis()->put_string($stored, decode_base64($session->{value_base64}));
    # Before any other request, so that the near-cache does not have it.
    my ($status, $lookups) = @{ $cookie_gives{ $session->{capture} } };
    my $cookies = join '; ', map { "$_->{name}=$_->{value}" } @{ $session->{cookie} };
    my $reply;
    my $n = redis()->lookups_during(sub {
        $reply = get("$place{$prefix}/lua", host => 'load.test', cookie => $cookies);
    });
    is($reply->note('SHARED_SESSION'), $status,
       "the cookie of $session->{capture}: $status");
    is($reply->note('session.userId'), $status eq 'found' ? 'alice' : undef,
       '... with what is in it');
    is($n, $lookups, "... lookups in Redis: $lookups");
    $reply = at($place{$prefix}, $fixture_id);
    subtest "captured: $session->{capture}" => sub {
        is($reply->note('SHARED_SESSION'), 'found', 'found');
        for my $name (sort keys %{ $session->{decoded} }) {
            my $value = $session->{decoded}{$name};
            my $got = $reply->note("session.$name");
            if (ref $value && !JSON::PP::is_bool($value)) {
                is_deeply(JSON::PP->new->utf8->decode($got // 'null'), $value,
                          "$name, as JSON");
            }
            else {
                is($got, as_text($value), $name);
            }
        }
    };
}

# --- keys ---------------------------------------------------------------------
$id = fresh_id();
redis()->put_hash('hashed:' . sha256_hex($id) . ':s', { user => 'sha' });
is(at('/sha', $id)->note('session.user'), 'sha', 'a key with the digest of the id');
redis()->put_hash("hashed:$id:s", { user => 'plain' });
is(at('/sha', $id)->note('session.user'), 'sha', '... not with the id');
redis()->put_hash("{$id}:100%:s", { user => 'braces' });
is(at('/braces', $id)->note('session.user'), 'braces',
   'braces and a percent sign around the id');
$id = hash_session(user => 'routed');
is(get('/x/lua', host => 'load.test', cookie => "JSESSIONID=$id.route")
       ->note('session.user'), 'routed', 'the route is no part of the key');

# --- stores ---------------------------------------------------------------------
$id = fresh_id();
my %db;
for my $n (0, 5, 6) {
    $db{$n} = SHS::Redis::Client->new(port => redis()->port, db => $n);
    $db{$n}->cmd('HSET', "session:$id", 'where', "db$n");
}
is(get('/x/lua', host => "$_->[0].test", cookie => "JSESSIONID=$id")
       ->note('session.where'), $_->[1], $_->[2])
    for ['load', 'db0', "the server's store"],
        ['load-db5', 'db5', "a virtual host's own database"],
        ['load-sock', 'db0', 'a Unix socket'],
        ['load-sock-db6', 'db6', 'a database behind a Unix socket'],
        ['load', 'db0', "the server's store again, after the others"];

# --- size -------------------------------------------------------------------------
sub sized {
    my ($path, $octets) = @_;
    my $hash_id = hash_session(a => 'v' x ($octets - 1));
    return at($path, $hash_id)->note('SHARED_SESSION');
}
is(sized('/small', 1000), 'found', 'a hash of exactly MaxSize');
is(sized('/small', 1001), 'malformed', 'a hash of one octet more');
is(json('{"a":"' . 'v' x 992 . '"}', '/small-json')->note('SHARED_SESSION'),
   'found', 'a string of exactly MaxSize');
is(json('{"a":"' . 'v' x 993 . '"}', '/small-json')->note('SHARED_SESSION'),
   'malformed', 'a string of one octet more');
$id = hash_session(map { ("name$_" => 'v' x 20) } 1 .. 60);
is(at('/small', $id)->note('SHARED_SESSION'), 'malformed',
   'names and values together count');
is(sized('/x', 65536), 'found', 'the default takes 64 KiB');
is(sized('/x', 65537), 'malformed', '... and not one octet more');
$id = hash_session(user => 'after');
is(at('/x', $id)->note('session.user'), 'after',
   'after a session too large the next one is served');

done_testing;
