# Cookies that a framework signs or encodes: what it has set leads to its session,
# and a forged value never costs a command. The secrets change while httpd runs.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha1_base64 hmac_sha256_base64);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);
use SHS;
use Time::HiRes ();

my $store = SHS::Redis->start;
my $port = $store->port;
my $fixtures = JSON::PP->new->utf8->decode(slurp("$ENV{SHS_TMP}/t/fixtures/sessions.json"));
my %fixture = map { ($_->{capture} => $_) } @$fixtures;

sub secret_of {
    my $secret = $fixture{ $_[0] }{secret};
    utf8::encode($secret);
    return $secret;
}

my @secrets = ('SeCrEt keyboard cat', 'SeCrEt-second');
my $httpd = private_httpd(
    files => {
        'secrets/express' => "# the newest first\n\nunused\n" . secret_of('express-connect-redis/default') . "\n",
        'secrets/utf8' => secret_of('express-connect-redis/jsessionid') . "\r\n",
        'secrets/fastify' => secret_of('fastify-session/default'),
        'secrets/koa' => "other\n" . secret_of('koa-session/default') . "\n",
        'secrets/own' => "$secrets[0]\n",
    },
    conf => one_child() . <<"CONF");
SharedSessionStore redis://127.0.0.1:$port timeout=5s
SharedSession On
SharedSessionFormat json
SharedSessionKey sess:%{id}
SharedSessionNote session.* *
SharedSessionNote reason \@reason
<Location /express>
    SharedSessionCookie connect.sid decode=percent sign=express secret-file=secrets/express
</Location>
<Location /utf8>
    SharedSessionCookie JSESSIONID decode=percent sign=express secret-file=\${HOME_DIR}/secrets/utf8
    SharedSessionKey app:sess:%{id}
</Location>
<Location /fastify>
    SharedSessionCookie sessionId decode=percent sign=fastify secret-file=secrets/fastify
</Location>
<Location /koa>
    SharedSessionCookie koa.sess sign=koa secret-file=secrets/koa
    SharedSessionKey bare:%{id}
</Location>
<Location /own>
    SharedSessionCookie SID decode=percent sign=express secret-file=secrets/own
</Location>
<Location /two>
    SharedSessionCookie SID OTHER sign=koa secret-file=secrets/own
</Location>
<Location /url>
    SharedSessionCookie SID url=sid sign=fastify secret-file=secrets/own
</Location>
<Location /base64>
    SharedSessionCookie SESSION decode=base64
</Location>
<Location /session>
    SharedSessionCookie SID decode=percent sign=express secret-file=secrets/own
    SharedSessionFormat hash
    SharedSessionKey session:%{id}
    SetHandler shared-session
</Location>
CONF

# The reply, and the keys that were asked for.
sub ask {
    my ($path, $cookie) = @_;
    my $r;
    my @keys = map { $_->[2] } $store->lookups_during(sub {
        $r = $httpd->get("$path/lua", defined $cookie ? (cookie => $cookie) : ());
    });
    return ($r, @keys);
}

sub status {
    my ($path, $cookie) = @_;
    my $status = $httpd->get("$path/lua", cookie => $cookie)->note('SHARED_SESSION');
    return $status // 'no reply';
}

# --- what frameworks have set ---------------------------------------------------
my %captured = ('express-connect-redis/default' => '/express',
                'express-connect-redis/jsessionid' => '/utf8',
                'fastify-session/default' => '/fastify',
                'koa-session/default' => '/koa');
for my $capture (sort keys %captured) {
    my $session = $fixture{$capture};
    my $key = $session->{redis_key};
    $key = "bare:$key" if $capture =~ /^koa/;
    $store->put_string($key, decode_base64($session->{value_base64}));
    my @cookies = map { "$_->{name}=$_->{value}" } @{ $session->{cookie} };
    my ($r, @keys) = ask($captured{$capture}, join '; ', @cookies);
    is($r->note('session.userId'), 'alice', "the cookie of $capture");
    is("@keys", $key, '... one lookup of its key');
    (my $forged = $cookies[0]) =~ s/(=(?:s%3A)?.)./$1/;
    ($r, @keys) = ask($captured{$capture}, join '; ', $forged, @cookies[1 .. $#cookies]);
    is($r->note('SHARED_SESSION'), 'none', '... with one character less: no session');
    is($r->note('reason'), 'the value\'s signature is wrong', '... why');
    is("@keys", '', '... and no lookup');
}

# --- hostile values ---------------------------------------------------------------
sub encoded { return $_[0] =~ s{([^A-Za-z0-9._~-])}{sprintf '%%%02X', ord $1}ger }
sub signed {
    my ($id, $secret) = @_;
    return encoded("s:$id." . hmac_sha256_base64($id, $secret // $secrets[0]));
}
sub session {
    my ($owner, $id) = @_;
    $id //= fresh_id();
    $store->put_string("sess:$id", "{\"owner\":\"$owner\"}");
    return $id;
}

my $anna = session('anna');
my $bert = session('bert');
my $dotted = session('dora', "$anna.dotted");
my $anna_signed = signed($anna);
(my $signature = $anna_signed) =~ s/.*\.//;
my $none = qr/^the value has no signature/;
my $wrong = qr/^the value's signature is wrong$/;
my $form = qr/^the value's signature is not of the form/;
for my $row (
    ["SID=$anna_signed", 'anna', undef, 'signed'],
    ["SID=s:$anna." . hmac_sha256_base64($anna, $secrets[0]), 'anna', undef,
     'signed, and not escaped'],
    ["SID=\"$anna_signed\"", 'anna', undef, 'in quotation marks'],
    ["SID=" . signed($dotted), 'dora', undef, 'an id with a dot'],
    ["SID=$anna", undef, $none, 'not signed'],
    ["SID=s%3A$anna", undef, $none, 'no signature'],
    ["SID=s%3A$anna.", undef, $form, 'an empty signature'],
    ["SID=s%3A.$signature", undef, qr/shorter than 16/, 'an empty id'],
    ["SID=s%3A$bert.$signature", undef, $wrong, 'the signature of another id'],
    ["SID=" . signed($bert, $secrets[1]), undef, $wrong, 'signed with another secret'],
    ["SID=" . signed($bert, ''), undef, $wrong, 'signed with no secret'],
    ["SID=${anna_signed}A", undef, $form, 'something behind it'],
    ["SID=$anna_signed%3D", undef, $form, 'padding'],
    ["SID=$anna_signed%", undef, $none, 'a wrong escape: taken as it is'],
    ["SID=" . encoded($anna_signed), undef, $none, 'escaped twice'],
    ["SID=s%3A${anna}_LOCK.$signature", undef, $wrong, 'the key of a lock'],
    ["SID=s%3A../$anna.$signature", undef, qr/which id-chars= does not allow/,
     'a character that no id has'],
    ["SID=s%3A$anna%00.$signature", undef, qr/control character/, 'a NUL'],
    ["SID=" . signed('x' x 257), undef, qr/longer than 256/, 'signed, but too long'],
    ["SID=$anna; SID=$anna_signed", 'anna', undef, 'behind one that is not signed'],
    ["SID=s%3A$bert.$signature; SID=$anna_signed", 'anna', undef, 'behind a forged one'],
    ["q=x, SID=s%3A$bert.$signature; SID=$anna_signed", 'anna', undef,
     'before a forged one at a comma'],
    [join('; ', map({ "SID=s%3A$_$bert.$signature" } 1 .. 7), "SID=$anna_signed"),
     'anna', undef, 'the eighth, behind seven that are forged'],
    [join('; ', map({ "SID=s%3A$_$bert.$signature" } 1 .. 8), "SID=$anna_signed"),
     undef, $wrong, 'the ninth is not verified'],
    [join('; ', map({ "SID=x$_" } 1 .. 300), "SID=$anna_signed"), 'anna', undef,
     'behind three hundred that have not the form'],
    [join('; ', ("SID=$anna_signed") x 20), 'anna', undef, 'one id twenty times'],
) {
    my ($cookie, $owner, $reason, $why) = @$row;
    my ($r, @keys) = ask('/own', $cookie);
    subtest $why => sub {
        is($r->note('session.owner'), $owner, 'whose session');
        is(scalar @keys, $owner ? 1 : 0, 'lookups');
        like($r->note('reason') // '', $reason, 'why there is none') if $reason;
    };
}
unlike($httpd->error_log, qr/SHS040/, 'a file that has not changed is not read');

# A thousand forged cookies cost no more digests than eight, and no command.
my $many = join '; ', map { "SID=s%3A$_$bert.$signature" } 1 .. 100;
my ($r, @keys) = ask('/own', $many);
is($r->note('SHARED_SESSION'), 'none', 'a hundred forged cookies: no session');
is("@keys", '', '... and no lookup');

# --- koa's second cookie -----------------------------------------------------------
sub koa_sig {
    my ($name, $value) = @_;
    return hmac_sha1_base64("$name=$value", $secrets[0]) =~ tr{+/}{-_}r;
}
my $anna_sig = koa_sig(SID => $anna);
my $bert_sig = koa_sig(OTHER => $bert);
my @others = grep { $_ ne substr $anna_sig, 0, 1 } 2 .. 9, 'A', 'B';
for my $row (
    ["SID=$anna; SID.sig=$anna_sig", 'anna', 'both cookies'],
    ["SID.sig=$anna_sig; SID=$anna", 'anna', 'in the other order'],
    ["SID=$anna", undef, 'no signature'],
    ["SID=$anna; SID.sig=$bert_sig", undef, 'the signature of another'],
    ["SID=$anna; OTHER.sig=$anna_sig", undef, 'that of another name'],
    ["OTHER=$anna; OTHER.sig=$anna_sig", undef, 'the signature has the name in it'],
    ["SID=$anna; SID.sig=", undef, 'an empty signature'],
    ["SID=$anna; OTHER=$bert; OTHER.sig=$bert_sig", 'bert', 'the second name'],
    ["SID=$bert; SID=$anna; SID.sig=$bert_sig; SID.sig=$anna_sig", 'anna',
     'two of each name: each value is compared with both'],
    [join('; ', "SID=$anna", map({ "SID.sig=$_" . substr $anna_sig, 1 } @others[0 .. 7]),
          "SID.sig=$anna_sig"), undef, 'the ninth signature is not compared with'],
    ["q=x, SID=$anna; SID.sig=$anna_sig", 'anna', 'a second Cookie line'],
    ["q=x, SID=$anna; p=x, SID.sig=$anna_sig", 'anna', '... or two'],
    ["SID=$anna; p=x, SID.sig=$anna_sig", 'anna', '... with the signature'],
) {
    my ($cookie, $owner, $why) = @$row;
    my ($reply, @asked) = ask('/two', $cookie);
    is($reply->note('session.owner'), $owner, "koa: $why");
    is(scalar @asked, $owner ? 1 : 0, '... lookups');
}

# --- a path parameter ---------------------------------------------------------------
# A "/" ends a parameter, so the signature must have none.
my ($id, $plain);
do {
    $id = session('anna');
    $plain = "$id." . hmac_sha256_base64($id, $secrets[0]);
} while $plain =~ m{/};
is($httpd->get("/url/a;sid=$plain/lua")->note('session.owner'), 'anna',
   'a signed path parameter');
is($httpd->get("/url/a;sid=$id/lua")->note('SHARED_SESSION'), 'none',
   'one that is not signed');

# --- base64 -----------------------------------------------------------------------
my $uuid = sprintf '%08x-1962-4a15-906a-%012x', rand 2**32, rand 2**32;
session('spring', $uuid);
for my $row (
    [encode_base64($uuid, ''), 'found', 'base64'],
    [encode_base64("$uuid.node1", ''), 'found', 'a route inside it'],
    [$uuid, 'found', 'not encoded'],
    ["$uuid.node1", 'found', 'not encoded, with a route'],
    [encode_base64("expires:$uuid", ''), 'none', 'another kind of key'],
) {
    my ($value, $status, $why) = @$row;
    my ($reply, @asked) = ask('/base64', "SESSION=$value");
    is($reply->note('SHARED_SESSION'), $status, "decode=base64: $why");
    is("@asked", $status eq 'found' ? "sess:$uuid" : '', '... the key');
}

# --- what this module would create is not signed -----------------------------------
is(($httpd->write_session('POST', undef, '{"owner":"carl"}'))[0], 405,
   'no session is created where cookies are signed');
like($httpd->error_log, qr/SHS025: .* belong to another program/, '... as the log says');
my $ended = fresh_id();
$store->put_hash("session:$ended", { owner => 'emil' });
$r = $httpd->get('/session', method => 'DELETE', cookie => 'SID=' . signed($ended));
is($r->code, 204, 'but a logout ends it');
is($store->cmd('EXISTS', "session:$ended"), 0, '... in the store');
like($r->raw, qr/^Set-Cookie: SID=; .*Max-Age=0/mi, '... and removes the cookie');

# --- the secrets change --------------------------------------------------------------
sub write_secrets {
    my ($text) = @_;
    $httpd->write('secrets/own.new', $text);
    rename $httpd->root . '/secrets/own.new', $httpd->root . '/secrets/own' or die $!;
    return;
}
# Each time that a signature is wrong, but not twice in a second.
sub becomes {
    my ($status, $cookie, $why) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $seen;
    ok(eval { SHS::Process::wait_for($why, 10, sub {
        ($seen = status('/own', $cookie)) eq $status }) }, $why) || diag "$seen: $@";
    return;
}
my $second = 'SID=' . signed($anna, $secrets[1]);
is(status('/own', $second), 'none', 'a secret that is not in the file yet');
$httpd->new_lines;
write_secrets("$secrets[1]\n$secrets[0]\n");
becomes('found', $second, 'a secret that was added while httpd runs');
like($httpd->new_lines, qr/SHS040: secret-file \S+ has changed, and was read again/,
     '... as the log says');
is(status('/own', "SID=$anna_signed"), 'found', '... the old one is valid too');

write_secrets("$secrets[1]\n");
is(status('/own', "SID=$anna_signed"), 'found', 'a secret that was removed stays');
becomes('none', 'SID=' . signed($anna, 'SeCrEt-unknown') . "; SID=$anna_signed",
        '... until a signature is wrong');
is(status('/own', "SID=$anna_signed"), 'none', '... and then is not valid');

# A file that cannot be read any more: the secrets stay, and one line says so.
$httpd->new_lines;
rename $httpd->root . '/secrets/own', $httpd->root . '/secrets/away' or die $!;
my $forged = 'SID=' . signed($anna, 'SeCrEt-unknown');
ok(eval { SHS::Process::wait_for('a warning', 10, sub {
    status('/own', $forged);
    $httpd->unread_log =~ /SHS040/ }) }, 'a file that is gone');
my $until = Time::HiRes::time() + 1.5;
SHS::Process::wait_for('a second attempt', 10, sub {
    status('/own', $forged); Time::HiRes::time() > $until });
my @warnings = grep { /SHS040/ } split /\n/, $httpd->new_lines;
is(scalar @warnings, 1, '... is reported once');
like($warnings[0], qr/warn.*SHS040: secret-file \S+ cannot be read: No such file.*stay in use/,
     '... why');
is(status('/own', $second), 'found', '... and the secrets are in use');
SKIP: {
    skip 'the children are of another user only if httpd starts as root', 2 if $> != 0;
    write_secrets("SeCrEt-third\n");
    chmod 0600, $httpd->root . '/secrets/own' or die $!;
    my $third = 'SID=' . signed($anna, 'SeCrEt-third');
    is(status('/own', $third), 'none', 'a file that the children may not read');
    chmod 0644, $httpd->root . '/secrets/own' or die $!;
    becomes('found', $third, '... may be read later');
}

# A graceful restart reads the file, also if no signature was wrong.
write_secrets("$secrets[0]\n");
$httpd->graceful;
SHS::Process::wait_for('the new children', 20, sub {
    status('/own', "SID=$anna_signed") eq 'found'
        && status('/own', $second) eq 'none' });
pass('a graceful restart reads the secrets');

# --- httpd -t ------------------------------------------------------------------------
my $probe = SHS::Httpd->new;
$probe->write('secrets/empty', "# none\n");
$probe->write('secrets/good', "secret\n");
for my $row (
    ['sign=express secret-file=secrets/missing', qr/cannot be read: No such file/, 'no file'],
    ['sign=express secret-file=secrets', qr/is not a regular file/, 'a directory'],
    ['sign=express secret-file=secrets/empty', qr/has no secret: write each secret/, 'no secret'],
    ['sign=express', qr/sign= needs secret-file=/, 'no secret-file='],
    ['secret-file=secrets/good', qr/secret-file= needs sign=/, 'no sign='],
    ['sign=koa secret-file=secrets/good decode=base64', qr/decode=base64 beside sign=/, 'both'],
) {
    my ($options, $pattern, $why) = @$row;
    $probe->configure("<Location /x>\nSharedSessionCookie SID $options\n</Location>\n");
    my ($code, $said) = $probe->check;
    isnt($code, 0, "httpd -t refuses $why");
    like($said, qr/SharedSessionCookie: .*$pattern/, '... and says so');
}

done_testing();
