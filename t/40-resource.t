# SetHandler shared-session: the session as a JSON resource, for each format
# that can be written.
use strict;
use warnings;

use JSON::PP ();
use SHS;

my $json = JSON::PP->new->allow_nonref;

# (reply, its JSON)
sub ask {
    my ($path, $method, $id, $body, %more) = @_;
    my @headers = @{ $more{headers} || [] };
    push @headers, ['Content-Type', $more{type} || 'application/json']
        if defined $body && !exists $more{no_type};
    my $r = get($path, host => 'resource.test', method => $method,
                headers => \@headers, defined $body ? (body => $body) : (),
                defined $id ? (cookie => "JSESSIONID=$id") : ());
    return ($r, eval { $json->decode($r->body) });
}


my %place = (hash => ['/session', '/x'], json => ['/json/session', '/json'],
             form => ['/form/session', '/form']);
my %key = (hash => sub { "session:$_[0]" }, json => sub { "json:$_[0]" },
           form => sub { 'digest:' . sha256_hex($_[0]) });

for my $format (qw(hash json form)) {
    my ($path, $area) = @{ $place{$format} };
    my $key = $key{$format};
    my ($r, $is) = ask($path, 'GET');
    is($r->code, 404, "$format: no cookie, no session");
    is($r->header('Content-Type'), 'application/problem+json', '... as a problem');
    is($is->{status}, 404, '... that says so');
    is($r->header('Set-Cookie'), undef, '... and no cookie is given');

    my $brought = fresh_id();
    ($r, $is) = ask($path, 'POST', $brought,
                    '{"userId":"alice","userNm":"Alice Kim","n":3}');
    is($r->code, 201, "$format: POST creates");
    my $id = $r->new_id;
    like($id, qr/^[A-Za-z0-9_-]{43}$/, '... under an id of 256 bits');
    isnt($id, $brought, '... that is not the one the client brought');
    is(redis()->cmd('EXISTS', $key->($brought)), 0, '... under which is nothing');
    is($r->header('Set-Cookie'), "JSESSIONID=$id; Path=/; HttpOnly; SameSite=Lax",
       '... in a cookie for this host, not for scripts, nor other sites');
    is($r->header('Cache-Control'), 'no-store', '... that no cache may store');
    is($is->{userNm}, 'Alice Kim', '... and shows it');
    my $ttl = redis()->cmd('PTTL', $key->($id));
    ok($ttl > 2_095_000 && $ttl <= 2_100_000, '... to live for 35 minutes')
        || diag $ttl;

    ($r, $is) = ask($path, 'GET', $id);
    is($r->code, 200, "$format: GET");
    is("$is->{userId} $is->{n}", 'alice 3', '... shows what was set');
    is_deeply([grep { /^\@/ } keys %$is], [], '... and nothing that is reserved');
    is($r->header('Cache-Control'), 'no-store', '... which nothing keeps');
    is(get("$area/lua", host => 'resource.test', cookie => "JSESSIONID=$id")
           ->note('session.userId'), 'alice', '... as it is exposed');
    ($r) = ask($path, 'GET', $brought);
    is($r->code, 404, '... not to another id');

    ($r, $is) = ask($path, 'PATCH', $id, '{"n":null,"cart":{"a":1,"b":[1,2]}}');
    is($r->code, 200, "$format: PATCH");
    ok(!exists $is->{n}, '... null removes');
    my $cart = ref $is->{cart} ? $is->{cart} : $json->decode($is->{cart});
    is_deeply($cart, { a => 1, b => [1, 2] }, '... an object is set');
    is($is->{userId}, 'alice', '... the rest stays');
    ($r, $is) = ask($path, 'PATCH', $id, '{"cart":{"a":null,"c":{"d":true}}}',
                    type => 'application/merge-patch+json');
    $cart = ref $is->{cart} ? $is->{cart} : $json->decode($is->{cart});
    is_deeply($cart, { b => [1, 2], c => { d => JSON::PP::true } },
              '... and merged into (RFC 7396)');
    is($r->header('Set-Cookie'), undef, '... with no new cookie');

    ($r, $is) = ask($path, 'POST', $id, '{"role":"admin"}');
    is($r->code, 200, "$format: POST with a session is a login");
    my $new = $r->new_id;
    isnt($new, $id, '... under a new id');
    is("$is->{userId} $is->{role}", 'alice admin', '... with what was there');
    ($r, $is) = ask($path, 'GET', $id);
    is($is->{role}, undef, '... the old id sees nothing of the login');
    my $grace = redis()->cmd('PTTL', $key->($id));
    ok($grace > 5_000 && $grace <= 10_000, '... and lives for ten seconds')
        || diag $grace;
    ($r) = ask($path, 'PATCH', $id, '{"evil":1}');
    is($r->code, 409, '... and writes no more');
    ($r, $is) = ask($path, 'GET', $new);
    is($is->{evil}, undef, '... to no session');

    ($r) = ask($path, 'DELETE', $new);
    is($r->code, 204, "$format: DELETE");
    like($r->header('Set-Cookie') // '', qr/^JSESSIONID=; Path=\/; Max-Age=0; Expires=Thu, 01 Jan 1970/,
         '... takes the cookie away');
    is(redis()->cmd('EXISTS', $key->($new)), 0, '... the session is gone');
    ($r) = ask($path, 'GET', $new);
    is($r->code, 404, '... for every client');
    ($r) = ask($path, 'PATCH', $new, '{"a":1}');
    is($r->code, 404, '... and is not made again by a change');
    is(redis()->cmd('EXISTS', $key->($new)), 0, '... in Redis neither');
}

# --- numbers -------------------------------------------------------------------

# What is not changed keeps its text; what is changed is the shortest that reads
# back the same, as ECMAScript prints it, and an integer keeps its digits.
my @sent = ([price => '19.99', '19.99'], [zeros => '19.990', '19.99'], [one => '1.0', '1'],
            [tiny => '1e-7', '1e-7'], [huge => '1E21', '1e+21'], [tenth => '0.1', '0.1'],
            [large => '9007199254740993', '9007199254740993'],
            [id => '12345678901234567890123', '12345678901234567890123'],
            [inside => '{"a":[0.10,{"b":19.99}]}', '{"a":[0.1,{"b":19.99}]}']);
my $numbers = '{' . join(',', map { "\"$_->[0]\":$_->[1]" } @sent) . '}';
for my $format (qw(hash json form)) {
    my $path = $place{$format}[0];
    my ($r) = ask($path, 'POST', undef, $numbers);
    is($r->code, 201, "$format: numbers");
    my $id = $r->new_id;
    my $check = sub {
        my ($body, $name) = @_;
        for (@sent) {
            my ($name_of, undef, $wanted) = @$_;
            $wanted = $json->encode($wanted) if $format ne 'json';
            like($body, qr/"\Q$name_of\E":\Q$wanted\E[,}]/, "... $name: $name_of is $wanted");
        }
    };
    $check->($r->body, 'in the answer');
    ($r) = ask($path, 'PATCH', $id, '{"other":"x"}');
    $check->($r->body, 'another has changed');
    ($r) = ask($path, 'PATCH', $id, '{"inside":{"c":1.50}}');
    my $inside = '{"a":[0.1,{"b":19.99}],"c":1.5}';
    $inside = $json->encode($inside) if $format ne 'json';
    like($r->body, qr/"inside":\Q$inside\E/, '... and beside what is merged');
    is((ask($path, "PATCH", $id, q({"n":1e400})))[0]->code, 400, '... one that is infinite is none');
}
# As another program has written them.
{
    my $id = fresh_id();
    my $text = '{"p":19.990,"e":1E5,"z":-0.0,"l":123456789012345678901,"o":{"q":0.10}}';
    redis()->put_string("json:$id", $text);
    my ($r) = ask('/json/session', 'GET', $id);
    is($r->body, $text, 'json: shown as they are stored');
    ($r) = ask('/json/session', 'PATCH', $id, '{"n":7}');
    is(redis()->cmd('GET', "json:$id"), $text =~ s/}$/,"n":7}/r, '... and kept so');
    ($r) = ask('/json/session', 'PATCH', $id, '{"o":{"r":2}}');
    is(redis()->cmd('GET', "json:$id"),
       $text =~ s/}}$/,"r":2},"n":7}/r, '... also beside what is merged');
    redis()->put_hash("session:$id", { o => '{"q":19.990,"l":123456789012345678901}' });
    ask('/session', 'PATCH', $id, '{"o":{"r":2.50}}');
    is(redis()->cmd('HGET', "session:$id", 'o'),
       '{"q":19.990,"l":123456789012345678901,"r":2.5}', 'hash: so inside of a field');
}

# --- what is refused ----------------------------------------------------------
my ($r, $is) = ask('/session', 'POST', undef, '{"a":"b"}');
my $id = $r->new_id;
for my $case (
    ['a body that is no JSON', 'PATCH', '{"a":', {}, 400],
    ['JSON that is no object', 'PATCH', '["a"]', {}, 400],
    ['a name twice', 'PATCH', '{"a":1,"a":2}', {}, 400],
    ['JSON that is no UTF-8', 'PATCH', "{\"a\":\"\xff\"}", {}, 400],
    ['nested too deeply', 'PATCH', ('{"a":' x 70) . '1' . ('}' x 70), {}, 400],
    ['a reserved name', 'PATCH', '{"@user":"root"}', {}, 422],
    ['an empty name', 'PATCH', '{"":"root"}', {}, 422],
    ['a name with a line break', 'PATCH', '{"a\nb":"root"}', {}, 422],
    ['65537 octets', 'PATCH', '{"a":"' . ('x' x (65537 - 8)) . '"}', {}, 413],
    ['a session that grows too large', 'PATCH', '{"a":"' . ('x' x 65500) . '"}', {}, 413],
    ['a form', 'POST', 'a=b', { type => 'application/x-www-form-urlencoded' }, 415],
    ['JSON by another name', 'POST', '{"a":1}', { type => 'text/plain' }, 415],
    ['no type', 'POST', '{"a":1}', { no_type => 1 }, 415],
    ['PUT', 'PUT', '{"a":1}', {}, 405],
    ['another site', 'POST', '{"a":1}', { headers => [['Sec-Fetch-Site', 'cross-site']] }, 403],
    ['a sister site', 'PATCH', '{"a":1}', { headers => [['Sec-Fetch-Site', 'same-site']] }, 403],
    ['another origin', 'DELETE', undef, { headers => [['Origin', 'https://evil.test']] }, 403],
    ['no origin at all', 'DELETE', undef, { headers => [['Origin', 'null']] }, 403],
    ['another scheme', 'DELETE', undef, { headers => [['Origin', 'https://resource.test']] }, 403],
    ['another port', 'DELETE', undef, { headers => [['Origin', 'http://resource.test:8080']] }, 403],
    ['a longer name', 'DELETE', undef, { headers => [['Origin', 'http://resource.test.evil.test']] }, 403],
    ['another site that claims our Origin', 'DELETE', undef,
     { headers => [['Sec-Fetch-Site', 'cross-site'], ['Origin', 'http://resource.test']] }, 403],
    ['gzip', 'PATCH', '{"a":1}', { headers => [['Content-Encoding', 'gzip']] }, 415],
    ['two encodings', 'POST', '{"a":1}', { headers => [['Content-Encoding', 'identity, br']] }, 415],
    ['If-Match: a tag', 'PATCH', '{"a":1}', { headers => [['If-Match', '"x"']] }, 412],
    ['If-Match: a tag', 'POST', '{"a":1}', { headers => [['If-Match', '"x"']] }, 412],
    ['If-Match: a tag', 'DELETE', undef, { headers => [['If-Match', 'W/"x", "y"']] }, 412],
    ['If-Match: a tag', 'GET', undef, { headers => [['If-Match', '"x"']] }, 412],
    ['If-None-Match: *', 'PATCH', '{"a":1}', { headers => [['If-None-Match', '*']] }, 412],
    ['If-None-Match: *', 'POST', '{"a":1}', { headers => [['If-None-Match', '*']] }, 412],
    ['If-None-Match: *', 'DELETE', undef, { headers => [['If-None-Match', '*']] }, 412],
    ['If-None-Match: *', 'GET', undef, { headers => [['If-None-Match', '*']] }, 304],
) {
    my ($what, $method, $body, $more, $code) = @$case;
    my $mark = log_mark();
    ($r) = ask('/session', $method, $id, $body, %$more);
    is($r->code, $code, "$what: $code");
    log_like($mark, qr/SHS016: /, '... and logged') if $code == 403;
    is($r->header('Set-Cookie'), undef, '... without a cookie');
    is($r->header('Cache-Control'), 'no-store', '... which nothing keeps');
}
($r, $is) = ask('/session', 'GET', $id);
is_deeply($is, { a => 'b' }, 'what was refused has changed nothing');
($r) = ask('/session', 'PUT', $id);
is($r->header('Allow'), 'GET, HEAD, POST, PATCH, DELETE', '405 says what is allowed');
($r) = ask('/session', 'PATCH', $id, '{"a":"c"}',
           headers => [['Sec-Fetch-Site', 'same-origin']]);
is($r->code, 200, 'the same origin may');
($r) = ask('/session', 'PATCH', $id, '{"a":"d"}',
           headers => [['Origin', 'http://resource.test']]);
is($r->code, 200, '... by its Origin too');
($r) = ask('/session', 'PATCH', $id, '{"a":"d"}',
           headers => [['Origin', 'http://RESOURCE.test:80']]);
is($r->code, 200, '... with the port that its scheme has');
($r) = get('/session', host => 'tls.resource.test', method => 'DELETE',
           cookie => 'JSESSIONID=' . fresh_id(),
           headers => [['Origin', 'https://tls.resource.test']]);
is($r->code, 404, '... and with the scheme that ServerName says, behind a proxy for TLS');
$r = get('/session', host => 'tls.resource.test', method => 'DELETE',
         cookie => 'JSESSIONID=' . fresh_id(),
         headers => [['Origin', 'http://tls.resource.test']]);
is($r->code, 403, '... and with no other');

# Preconditions that hold (RFC 9110 section 13): "*" is met by a session that is
# there, and a tag is never the session's.
for my $case (
    ['If-Match: *', 'PATCH', $id, '{"a":"e"}', ['If-Match', '*'], 200],
    ['If-Match: * and nothing there', 'PATCH', fresh_id(), '{"a":"e"}', ['If-Match', '*'], 404],
    ['If-Match: * and nothing there', 'POST', undef, '{"a":"e"}', ['If-Match', '*'], 412],
    ['If-None-Match: * and nothing there', 'POST', undef, '{"a":"e"}', ['If-None-Match', '*'], 201],
    ['If-None-Match: a tag', 'PATCH', $id, '{"a":"e"}', ['If-None-Match', '"x"'], 200],
    ['If-None-Match: a tag', 'GET', $id, undef, ['If-None-Match', '"x"'], 200],
    ['Content-Encoding: identity', 'PATCH', $id, '{"a":"e"}', ['Content-Encoding', 'Identity'], 200],
) {
    my ($what, $method, $whose, $body, $header, $code) = @$case;
    ($r) = ask('/session', $method, $whose, $body, headers => [$header]);
    is($r->code, $code, "$what, $method: $code");
}
($r) = ask('/session', 'PATCH', $id, '{"a":1}', headers => [['Content-Encoding', 'gzip']]);
is($r->header('Accept-Encoding'), 'identity', '415 says which encoding is taken');

my $mark = log_mark();
($r) = ask('/off', 'GET', $id);
is($r->code, 500, 'the handler where SharedSession is Off');
log_like($mark, qr/SHS015: .*SharedSession On/, '... says what is missing');

# The answer is whole: ranges are for GET alone (RFC 9110 section 14.2), and this
# resource has none.
for my $header (['Range', 'bytes=0-1'], ['Range', 'bytes=-1'], ['Range', 'bytes=9999-'],
                ['Range', 'bytes=0-0,2-3'], ['Request-Range', 'bytes=0-1']) {
    for my $more ([], ['If-Range', '"x"'],
                  ['If-Range', 'Thu, 01 Jan 2026 00:00:00 GMT']) {
        my $why = join ' ', @$header, @$more;
        for my $method (qw(GET HEAD PATCH POST PUT)) {
            ($r, $is) = ask('/session', $method, $id, $method =~ /^P/ ? '{"a":"b"}' : undef,
                            headers => [$header, @$more ? $more : ()]);
            $id = $r->new_id if $r->new_id ne 'none';
            is($r->code, $method eq 'PUT' ? 405 : 200, "$method, $why: not 206, nor 416");
            is($r->header('Content-Range'), undef, '... no part');
            is($r->header('Accept-Ranges'), 'none', '... nor is there one to be had');
            is($r->header('Content-Length'), length $r->body, '... the length is the whole one')
                if $method ne 'HEAD';
            is(ref $is, 'HASH', '... and so is the JSON') if $method ne 'HEAD';
        }
    }
    ($r) = ask('/session', 'DELETE', (my $ends = hash_session(a => 'b')), undef,
               headers => [$header]);
    is($r->code, 204, "DELETE, @$header: 204");
    is(redis()->cmd('EXISTS', "session:$ends"), 0, '... it has ended');
}

# A body of exactly the limit is taken.
($r) = ask('/session', 'PATCH', $id, '{"a":"' . ('x' x 1000) . '"' . (' ' x (65536 - 1008)) . '}');
is($r->code, 200, '65536 octets are taken');

# HEAD tells the same without a body.
($r) = ask('/session', 'HEAD', $id);
is($r->code, 200, 'HEAD');
is($r->body, '', '... without a body');

done_testing;
