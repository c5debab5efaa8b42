# Values are octets. Whatever is stored, the request is answered, the status is
# clear, the log says why, and nothing gets into a place where it could do harm.
use strict;
use warnings;

use SHS;

sub at {
    my ($path, $id, $handler) = @_;
    return get("$path/" . ($handler // 'lua'), host => 'hostile.test',
               cookie => "JSESSIONID=$id");
}

# Control characters never reach notes, environment or a raw header.
my %hostile = (
    NUL => "SeCrEt\0tail", LF => "SeCrEt\ntail", CR => "SeCrEt\rtail",
    CRLF => "SeCrEt\r\nX-Injected: yes\r\n\r\nbody", DEL => "SeCrEt\x7Ftail",
    ESC => "SeCrEt\e[31mtail",
);
for my $name (sort keys %hostile) {
    my $id = hash_session(value => $hostile{$name}, other => 'fine');
    my $mark = log_mark();
    my $r = at('/v', $id);
    subtest "a value with $name in it" => sub {
        is($r->code, 200, 'answered');
        is($r->note('SHARED_SESSION'), 'found', 'found');
        is($r->note('session.value'), undef, 'not a note');
        is($r->env('VALUE'), undef, 'not a variable');
        is($r->hdr('X-Raw'), undef, 'not a raw header');
        is($r->note('session.other'), 'fine', 'its neighbour is there');
        is($r->hdr('X-Injected'), undef, 'no header injected');
        log_like($mark, qr/SHS009: .*value/, 'SHS009 names what was left out');
        (my $octets = $hostile{$name}) =~
            s/([\x00-\x1F\x7F%])/sprintf '%%%02X', ord $1/ge;
        is($r->hdr('X-Percent'), $octets, 'a percent header escapes it');
        my $b = at('/v', $id, 'backend');
        is($b->code, 200, 'the backend answers');
        is($b->hdr('X-Percent'), $octets, 'and got it escaped');
        is($b->hdr('X-Injected'), undef, 'and no header more');
        is(at('/v', $id, 'cgi')->env('VALUE'), undef, 'no variable for CGI');
    };
}

# A tab is no harm; octets that are no UTF-8 are handed on as they are.
my $id = hash_session(value => "a\tb");
is(at('/v', $id)->note('session.value'), "a\tb", 'a TAB stays');
for my $octets ("\xFF\xFE\x80", "\xC3\x28", "\xED\xA0\x80", "\xC3\xA9t\xC3\xA9") {
    $id = hash_session(value => $octets);
    my $r = at('/v', $id);
    (my $hex = $octets) =~ s/(.)/sprintf '%02X', ord $1/ges;
    is($r->note('session.value'), $octets, "octets $hex in a note");
    is($r->env('VALUE'), $octets, "octets $hex in the environment");
    is($r->hdr('X-Raw'), $octets, "octets $hex in a raw header");
    (my $percent = $octets) =~ s/([\x80-\xFF])/sprintf '%%%02X', ord $1/ge;
    is($r->hdr('X-Percent'), $percent, "octets $hex in a percent header");
}

# Attribute names are octets too.
for my $name ("evil\r\nX-Injected: yes", "nul\0name", "\xFFname", '', '%n%s%x',
              '../../etc/passwd', '<script>') {
    $id = hash_session($name => 'v', other => 'fine');
    my $r = at('/names', $id);
    (my $shown = $name) =~ s/([^ -~])/sprintf '\\x%02X', ord $1/ge;
    is($r->code . ' ' . ($r->note('SHARED_SESSION') // ''), '200 found',
       "an attribute named '$shown' is no harm");
    is($r->note('session.other'), 'fine', '... its neighbour is there');
    is($r->hdr('X-Injected'), undef, '... no header injected');
    my $b = at('/names', $id, 'backend');
    is($b->code, 200, '... the backend answers');
    is($b->hdr('X-Injected'), undef, '... no header injected there');
    is(at('/names', $id, 'cgi')->code, 200, '... CGI answers');
}
# JSON can hold every one of them in a value; a name with NUL is no session.
$id = fresh_id();
redis()->put_string("json:$id",
    '{"nul":"a\u0000b","lf":"a\nb","crlf":"a\r\nX-Injected: yes","ok":"fine"}');
my $r = at('/json', $id);
is($r->code . ' ' . ($r->note('SHARED_SESSION') // ''), '200 found',
   'JSON with \u0000, \n and \r in values');
is($r->note("session.$_"), undef, "... no note of the value with $_")
    for qw(nul lf crlf);
is($r->note('session.ok'), 'fine', '... the others are there');
$id = fresh_id();
redis()->put_string("json:$id", '{"na\u0000me":"x","ok":"fine"}');
$r = at('/json', $id);
is($r->code, 200, 'JSON with \u0000 in a name is answered');
is($r->note('session.na'), undef, '... and the name is not cut at its NUL');

# Large and many.
$id = hash_session(value => 'SeCrEt' . 'x' x 65530, other => 'fine');
$r = at('/big', $id);
is($r->note('session.value'), 'SeCrEt' . 'x' x 65530, 'an attribute of 64 KiB');
is(at('/big', $id, 'cgi')->env('VALUE'), 'SeCrEt' . 'x' x 65530,
   '... reaches CGI whole');
my %many = map { ("attr$_" => "value $_") } 1 .. 1000;
$id = hash_session(%many);
$r = at('/big', $id);
is(scalar(grep { /^session\.attr/ } $r->names('note')), 1000,
   '1,000 attributes become 1,000 notes');
is_deeply([grep { $r->note("session.$_") ne $many{$_} } keys %many], [],
          '... each with its own value');
$id = hash_session(map { ("a$_" => 'v') } 1 .. 4096);
is(at('/big', $id)->note('SHARED_SESSION'), 'found', '4,096 fields are taken');
$id = hash_session(map { ("a$_" => 'v') } 1 .. 4097);
is(at('/big', $id)->note('SHARED_SESSION'), 'malformed', '4,097 are not');

# Four thousand in every channel at once, and each way downstream.
%many = map { ("attr$_" => "value $_") } 1 .. 4000;
$id = hash_session(%many);
for my $row (['/many', 'lua', 'note', 'm.attr%d'],
             ['/many', 'lua', 'env', 'M_attr%d'],
             ['/many', 'lua', 'header', 'X-M-attr%d'],
             ['/many', 'backend', 'header', 'X-M-attr%d'],
             ['/many-env', 'cgi', 'env', 'M_attr%d'],
             ['/many-headers', 'cgi', 'env', 'HTTP_X_M_ATTR%d']) {
    my ($path, $handler, $kind, $pattern) = @$row;
    my $reply = at($path, $id, $handler);
    is($reply->code, 200, "$path, 4,000 attributes: $handler answers");
    my @wrong = grep {
        ($reply->value($kind, sprintf $pattern, $_) // '') ne "value $_"
    } 1 .. 4000;
    is_deeply(\@wrong, [], "... each as a $kind, $pattern");
}

# The wrong type of key: malformed, and the log says so without a value.
for my $row (['LPUSH', 'x', 'a list'], ['SADD', 'x', 'a set'],
             ['SET', 'text', 'a string where a hash is expected']) {
    my ($command, $value, $why) = @$row;
    $id = fresh_id();
    redis()->cmd($command, "session:$id", $value);
    is(at('/v', $id)->note('SHARED_SESSION'), 'malformed', "$why is malformed");
}
$id = fresh_id();
redis()->put_hash("json:$id", { a => 'b' });
is(at('/json', $id)->note('SHARED_SESSION'), 'malformed',
   'a hash where a string is expected is malformed');

# SHS005: a warning at first, then quiet for a minute, by kind of reason.
my $httpd = private_httpd(conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[redis()->port]} timeout=5s
<Location /hash>
    SharedSession On
</Location>
<Location /json>
    SharedSession On
    SharedSessionFormat json
    SharedSessionKey json:%{id}
</Location>
@{[one_child()]}
CONF
my $wrong = fresh_id();
redis()->put_string("session:$wrong", 'SeCrEt text');
my $undecodable = fresh_id();
redis()->put_string("json:$undecodable", 'SeCrEt no json');
$httpd->get('/hash/lua', cookie => "JSESSIONID=$wrong") for 1 .. 5;
$httpd->get('/json/lua', cookie => "JSESSIONID=$undecodable") for 1 .. 5;
my $wrong_label = label($wrong);
my $undecodable_label = label($undecodable);
is(scalar $httpd->logged(qr/:warn\].*SHS005: .*\b$wrong_label\b/), 1,
   'SHS005 at warning once for a key of the wrong type, with the label');
is(scalar $httpd->logged(qr/:warn\].*SHS005: .*\b$undecodable_label\b/), 1,
   'SHS005 at warning once for what is no JSON: another reason');
is(scalar $httpd->logged(qr/:debug\].*SHS005: /), 8,
   'the others at debug');

done_testing;
