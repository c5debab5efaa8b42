# Attributes in the hands of whatever runs downstream: notes, environment and
# request headers; for Lua, CGI, a proxied backend, SSI, mod_rewrite, Require
# and the access log.
use strict;
use warnings;

use MIME::Base64 qw(encode_base64);
use SHS;

my $text = '{"userId":"alice","admin":true,"visits":3,"other":"explicit",'
    . '"nothing":null,"user":{"name":"Alice","roles":["chef","SeCrEt-role"]}}';

sub session {
    my ($json, $ttl) = @_;
    my $id = fresh_id();
    redis()->put_string("json:$id", $json // $text, $ttl);
    return $id;
}

sub at {
    my ($path, $id, %more) = @_;
    return get($path, host => 'expose.test',
               defined $id ? (cookie => "JSESSIONID=$id") : (), %more);
}

my $id = session();

# --- the default: session.* in notes, nothing else -----------------------------
my $r = at('/x/lua', $id);
is($r->note('session.userId'), 'alice', 'by default a note session.NAME');
is($r->note('session.user'), '{"name":"Alice","roles":["chef","SeCrEt-role"]}',
   '... for structures too');
is($r->note('session.nothing'), undef, '... not for null');
is_deeply([grep { $_ ne 'no-cache' } $r->names('env')],
          [qw(SHARED_SESSION UNIQUE_ID)],
          '... and no variable but the status (and no-cache for mod_cache)');
is_deeply([grep { !/^(?:Host|Connection|Cookie)$/ } $r->names('header')], [],
          '... and no header');

# --- by name ----------------------------------------------------------------------
$r = at('/named/lua', $id);
is($r->note('user'), 'alice', 'a note of a chosen name');
is($r->note('first-role'), 'chef', 'a note from a path');
is($r->note('missing'), undef, 'no note for what is not there');
is($r->note('session.userId'), undef, 'no default note beside chosen ones');
is($r->env('USER_ID'), 'alice', 'a variable of a chosen name');
is($r->env('ROLES'), '["chef","SeCrEt-role"]', 'a structure as JSON');
is($r->env('MISSING'), undef, 'no variable for what is not there');
is($r->hdr('X-User'), 'alice', 'a header of a chosen name');
is($r->hdr('X-Missing'), undef, 'no header for what is not there');

my $cgi = at('/named/cgi', $id);
is($cgi->env('USER_ID'), 'alice', 'CGI: a variable');
is($cgi->env('SHARED_SESSION'), 'found', 'CGI: the status');
is($cgi->env('HTTP_X_USER'), 'alice', 'CGI: a header as HTTP_X_USER');
is($cgi->env('ROLES'), '["chef","SeCrEt-role"]', 'CGI: a structure as JSON');

my $backend = at('/named/backend', $id);
is($backend->hdr('X-User'), 'alice', 'a proxied backend: a header');
is($backend->hdr('X-Missing'), undef, '... none for what is not there');
is(scalar(grep { lc eq 'x-user' } $backend->names('header')), 1, '... once');
like($backend->hdr('Cookie') // '', qr/JSESSIONID=\Q$id\E/,
     '... and the session cookie still reaches it');

# --- without a session ----------------------------------------------------------
$r = at('/named/lua');
is($r->note('SHARED_SESSION'), 'none', 'no cookie: the note says none');
is($r->env('SHARED_SESSION'), 'none', '... the variable too');
is($r->note('user'), undef, '... no attribute as a note');
is($r->env('USER_ID'), undef, '... nor as a variable');
is($r->hdr('X-User'), undef, '... nor as a header');
is(at('/named/cgi')->env('SHARED_SESSION'), 'none', 'CGI: none');
is(at('/named/cgi')->env('HTTP_X_USER'), undef, '... and no header');

# --- another user's request does not see it ----------------------------------
my $bob = session('{"userId":"bob"}');
for my $round (1 .. 3) {
    is(at('/named/backend', $bob)->hdr('X-User'), 'bob', 'bob is bob');
    is(at('/named/backend', $id)->hdr('X-User'), 'alice', 'alice is alice');
}

# --- pseudo attributes ---------------------------------------------------------
my $timed = session($text, 500);
$r = at('/pseudo/lua', $timed);
for my $row (['id', $timed], ['status', 'found'], ['label', label($timed)]) {
    my ($name, $value) = @$row;
    is($r->note($name), $value, "\@$name as a note");
    is($r->env('S_' . uc $name), $value, "\@$name as a variable");
    is($r->hdr('X-' . ucfirst $name), $value, "\@$name as a header");
}
ok(($r->note('ttl') // 0) >= 490 && $r->note('ttl') <= 500,
   '@ttl: the whole seconds that are left');
is(at('/pseudo/lua', $id)->note('ttl'), undef, '@ttl: absent without an expiry');
my $gone = fresh_id();
$r = at('/pseudo/lua', $gone);
is($r->note('status'), 'absent', '@status of an absent session');
is($r->note('id'), undef, 'no @id when nothing was found: a client made it up');
is($r->hdr('X-Id'), undef, '... neither as a header');
is(at('/pseudo/lua')->note('status'), 'none', '@status without a cookie');
ok(!(grep { at('/x/lua', $id)->raw =~ /$_/ } "^note .*$id", "^env .*$id"),
   'the id is exposed only where it is named');

# --- encodings --------------------------------------------------------------------
my %value = (
    plain => 'alice', percent => '100% [x]', utf8 => "K\xC3\xB6hl \xEA\xB9\x80",
    blanks => ' in the middle and around ', url => 'a=b&c=d;e,f"g"',
);
my %percent = (
    plain => 'alice', percent => '100%25 [x]',
    utf8 => 'K%C3%B6hl %EA%B9%80',
    blanks => '%20in the middle and around%20', url => 'a=b&c=d;e,f"g"',
);
for my $name (sort keys %value) {
    (my $quoted = $value{$name}) =~ s/(["\\])/\\$1/g;
    my $v = session(qq({"value":"$quoted"}));
    my $b = at('/encoding/backend', $v);
    is($b->hdr('X-Percent'), $percent{$name}, "percent ($name)");
    is($b->hdr('X-Explicit'), $percent{$name}, "encoding=percent ($name)");
    (my $trimmed = $value{$name}) =~ s/^ +| +$//g;
    (my $raw = $b->hdr('X-Raw') // '') =~ s/^ +| +$//g;
    is($raw, $trimmed, "encoding=raw ($name)");
    is($b->hdr('X-Base64'), encode_base64($value{$name}, ''),
       "encoding=base64 ($name)");
}
my $b = at('/encoding/backend', session('{"value":"a\r\nb\u0000\u007f"}'));
is($b->hdr('X-Percent'), 'a%0D%0Ab%00%7F', 'percent: control characters');
is($b->hdr('X-Raw'), undef, 'raw: left out with control characters');
is($b->hdr('X-Base64'), encode_base64("a\r\nb\0\x7F", ''),
   'base64: control characters');
my $empty = at('/encoding/backend', session('{"value":""}'));
ok(!$empty->hdr('X-Percent'), 'an empty value is an empty header or none');

# --- wildcards ----------------------------------------------------------------------
my $wild = session('{"userId":"alice","user name":"b","user_name":"c",'
                   . '"a.b":"d","n":null,"o":{"x":1}}');
$r = at('/wild/lua', $wild);
is($r->note('all.userId'), 'alice', 'PREFIX* *: a note for every attribute');
is($r->note('all.user name'), 'b', '... its name as it is');
is($r->note('all.o'), '{"x":1}', '... structures as JSON');
is($r->note('all.n'), undef, '... not for null');
is($r->env('ALL_userId'), 'alice', 'a variable for every attribute');
is($r->env('ALL_a_b'), 'd', '... other characters become _');
is($r->hdr('X-All-userId'), 'alice', 'a header for every attribute');
is($r->hdr('X-All-a-b'), 'd', '... other characters become -');
is($r->hdr('X-B64-userId'), encode_base64('alice', ''),
   'a wildcard with an encoding');
my $folded = $r->env('ALL_user_name');
is($folded, 'b', 'of two attributes that fold to one variable the first stays');
is($r->hdr('X-All-user-name'), 'b',
   'of two attributes that fold to one header the first stays');

$r = at('/mixed/lua', session());
is($r->note('s.userId'), 'explicit', 'a chosen note is not filled by a wildcard');
is($r->env('S_userId'), 'explicit', 'nor a chosen variable');
is($r->hdr('X-S-userId'), 'explicit', 'nor a chosen header');
is($r->hdr('X-S-visits'), '3', '... the others are');
my $without = session('{"userId":"alice"}');
is(at('/mixed/lua', $without)->hdr('X-S-userId'), undef,
   'a chosen header stays empty although the wildcard has a value for it');

is(at('/own-note/lua', session('{"SESSION":"absent","x":"y"}'))
       ->note('SHARED_SESSION'), 'found',
   "a wildcard cannot make the module's own note");

$r = at('/own-note/lua', session('{"session":"absent","Session":"absent",'
    . '"SESSION":"absent","notes":"<b>x</b>","Notes":"<b>x</b>",'
    . '"error-to":"*","FREE":"y"}'));
is_deeply([grep { /^shared_session$/i } $r->names('note')], ['SHARED_SESSION'],
          '... in no letters');
is($r->note('SHARED_SESSION'), 'found', '... nor change it');
is_deeply([grep { /^(?:error-notes|verbose-error-to)$/i } $r->names('note')], [],
          "... nor those by which httpd's error pages can be written into");
is($r->note('SHARED_FREE'), 'y', '... but what is free');

# Other people's headers that are there twice stay so, whatever is added or
# taken back.
my $twice = hash_session(user => 'anna', role => 'chef', '-a' => 'two', a => 'one');
for my $row (['/twice', 'one, two', 'a wildcard exposes a session'],
             ['/twice-off', 'one, two', 'the module is Off'],
             # mod_headers adds its early headers anew in a redirect.
             ['/twice/missing', 'one, two, one, two',
              'an error document takes it back']) {
    my ($path, $both, $when) = @$row;
    my $handler = $path =~ /missing/ ? 'nothing.html' : 'backend';
    my $reply = get("$path/$handler", host => 'twice.test',
                    cookie => "JSESSIONID=$twice",
                    headers => [['X-Bar', 'three'], ['X-Bar', 'four']]);
    is($reply->hdr('X-Foo'), $both, "two headers of one name: both, when $when");
    is($reply->hdr('X-Bar'), 'three, four', '... the client\'s two lines too');
}
is(get('/twice/backend', host => 'twice.test', cookie => "JSESSIONID=$twice")
       ->hdr('X-Session-role'), 'chef', '... and the session is there');

# Names of which one is the other and a separator are two.
for my $handler (qw(lua backend)) {
    my $reply = get("/names/$handler", host => 'twice.test',
                    cookie => "JSESSIONID=$twice");
    is($reply->hdr('X-T'), 'anna', "X-T beside X-T- ($handler)");
    is($reply->hdr('X-T-'), 'chef', "X-T- beside X-T ($handler)");
    is($reply->hdr('X-W-a'), 'two', "X-W* fills X-W-a first ($handler)");
    is($reply->hdr('X-W--a'), encode_base64('two', ''),
       "... and X-W-* what it left ($handler)");
    is($reply->hdr('X-Wa'), 'one', "... which is not X-Wa ($handler)");
}
my $names = get('/names/lua', host => 'twice.test', cookie => "JSESSIONID=$twice");
is($names->env('T'), 'anna', 'a variable T beside T_');
is($names->env('T_'), 'chef', '... and T_ beside T');
is($names->note('t'), 'anna', 'a note t beside t.');
is($names->note('t.'), 'chef', '... and t. beside t');

# mod_headers changes the headers after the module, for every handler.
for my $handler (qw(lua backend)) {
    my $late = at("/late/$handler", $id);
    is($late->hdr('X-User'), 'tenant1:alice', "RequestHeader edit counts ($handler)");
    is($late->hdr('X-Role'), undef, "RequestHeader unset counts ($handler)");
}

my $mark = log_mark();
$r = at('/reserved/cgi', session('{"P_FINE":"x","P_HOST":"evil","ATH":"/evil",'
    . '"D_PRELOAD":"/evil.so","HELLOPTS":"xtrace","S4":"$(evil)","FINE":"y",'
    . '"WSGI_FILE":"/evil.py","wsgi.script":"evil","JP_AJP_LOCAL_ADDR":"127.0.0.1",'
    . '"PP_DEBUG":"1","S_VipRequest":"yes","CGI":"2"}'));
isnt($r->env('PATH'), '/evil', 'a wildcard cannot make PATH');
is($r->env('LD_PRELOAD'), undef, 'a wildcard cannot make LD_PRELOAD');
isnt($r->env('HTTP_HOST'), 'evil', 'a wildcard cannot make HTTP_*');
is($r->env($_), undef, "a wildcard cannot make $_")
    for qw(SHELLOPTS PS4 UWSGI_FILE Uwsgi_script AJP_AJP_LOCAL_ADDR APP_DEBUG QS_VipRequest SCGI);
is($r->env('LFINE'), 'y', '... but what is free');
is($r->env('SFINE'), 'y', '... with each of them');
log_like($mark, qr{SHS009: .*variable}, 'SHS009 tells that something was left out');

$r = at('/reserved/lua', session('{"ify":"y","security-tx-context":"evil",'
    . '"ifysecurity-tx-context":"y","_session_cookieSID":"evil"}'));
is($r->note($_), undef, "a wildcard cannot make the note $_, which is read as a pointer")
    for qw(modsecurity-tx-context mod_session_cookieSID);
is($r->note('modify'), 'y', '... but what is free');

# --- other consumers ---------------------------------------------------------------
like(at('/ssi/page.html', $id)->body, qr/^found\|alice\|it is alice$/m,
     'SSI: echo and if');
is(at('/rewritten/cgi', $id)->env('REWRITE_SAW'), 'alice',
   'mod_rewrite in a directory sees the variable');
is(at('/require/lua', $id)->code, 200, 'Require env lets the session in');
is(at('/require/lua', $bob)->code, 403, '... and keeps another user out');
is(at('/require/lua')->code, 403, '... and a request without a session');
is(at('/require-expr/lua', $id)->code, 200, 'Require expr sees the status');
is(at('/require-expr/lua')->code, 403, '... of no session too');

at('/named/lua', $id);
at('/x/log/lua', $id);
at('/x/log-none/lua');
my $log = "$ENV{SHS_TMP}/t/logs/expose_log";
eval { SHS::Process::wait_for('the access log', 5,
                              sub { slurp($log) =~ m{/x/log-none} }) };
like(slurp($log), qr{^/named/lua status=found/found note=- env=alice$}m,
     'access log: %{...}n and %{...}e');
like(slurp($log), qr{^/x/log/lua status=found/found note=alice env=-$}m,
     'access log: the default note');
like(slurp($log), qr{^/x/log-none/lua status=none/none note=- env=-$}m,
     'access log: no session');

done_testing;
