# What a place says beside SharedSessionProfile: a directive replaces what the profile
# sets, wherever it stands and in places inside; SharedSessionAttributes reads these
# attributes and no other octet; an attribute that cannot be read costs no other one.
# The same with every MPM.
use strict;
use warnings;

use JSON::PP ();
use SHS;
use SHS::Framework;
use Time::HiRes qw(time);

my $store = SHS::Redis->start;
my $connecting = qr/^(?:AUTH|SELECT|HELLO|PING|CLIENT|INFO|ROLE|SUBSCRIBE|ECHO)$/;
sub commands {
    my ($code) = @_;
    return map { [map { unquoted($_) } @$_[1 .. $#$_]] }
        grep { $_->[1] !~ $connecting } $store->commands_during($code);
}

# --- what replaces a profile ------------------------------------------------------------

my $express = framework('express', fresh => 1);
my $spring = (captures(qr/^spring-boot-4.*default-json/))[0];
my $profile = 'SharedSessionProfile express secret-file=secret';
# [place, lines of it, lines of a place inside it or undef]. The requests go to the
# inner place, if there is one.
my %place = (
    profile => [$profile],
    cookie_after => ["$profile\nSharedSessionCookie my.sid"],
    cookie_before => ["SharedSessionCookie my.sid\n$profile"],
    cookie_inside => [$profile, 'SharedSessionCookie my.sid'],
    cookies => ["$profile\nSharedSessionCookie my.sid connect.sid"],
    secret_before => ["SharedSessionCookie secret-file=secret sign=express decode=percent connect.sid\nSharedSessionProfile express"],
    key_after => ["$profile\nSharedSessionKey app:%{id}"],
    key_before => ["SharedSessionKey app:%{id}\n$profile"],
    key_inside => [$profile, 'SharedSessionKey app:%{id}'],
    key_outside => ['SharedSessionKey app:%{id}', $profile],
    format_after => ["$profile\nSharedSessionFormat json"],
    format_before => ["SharedSessionFormat json\n$profile"],
    format_inside => [$profile, 'SharedSessionFormat json'],
    expiry_after => ["$profile\nSharedSessionExpiry fixed"],
    expiry_before => ["SharedSessionExpiry fixed\n$profile"],
    expiry_inside => [$profile, 'SharedSessionExpiry fixed'],
    none_inside => [$profile, 'SharedSessionProfile none'],
    none_outside => ['SharedSessionProfile none', $profile],
    fastify_inside => [$profile, 'SharedSessionProfile fastify secret-file=secret'],
    idle_after => ["$profile\nSharedSessionIdleTimeout 10m"],
);
$place{spring_inside} = [$profile, 'SharedSessionProfile spring'] if $spring;
my $places = join '', map {
    my ($outer, $inner) = @{ $place{$_} };
    "<Location /$_>\nSharedSession On\n$outer\n</Location>\n"
        . ($inner ? "<Location /$_/inner>\n$inner\n</Location>\n" : '') } sort keys %place;
my $httpd = SHS::Httpd->new(files => { secret => "$express->{secret}\n" }, conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s
SharedSessionNote session.* *
$places
CONF
protect($httpd, 'secret');
$httpd->run;

my $redis = $store->client;
my $signed = $express->{cookie}[0]{value};
sub at {
    my ($place, $cookie) = @_;
    my $inner = $place{$place}[1] ? '/inner' : '';
    return $httpd->get("/$place$inner/lua", cookie => $cookie);
}
# What is seen with each of these cookies and keys: found or not, and whether it is of
# Express (which hides "cookie"), and was touched.
sub seen {
    my ($place, $cookie, $key) = @_;
    my $s = framework('express', id => $express->id, used => int(1000 * (time - 900)));
    $redis->cmd('FLUSHDB');
    $redis->cmd('SET', "$key:" . $s->id, $s->value, 'PX', 900_000);
    my $r = at($place, "$cookie=$signed");
    my $left = $redis->cmd('PTTL', "$key:" . $s->id);
    return $r->note('SHARED_SESSION') . (defined $r->note('session.cookie') ? ' json' : '')
        . ($left > 900_000 ? sprintf ', %d s', 100 * int($left / 100_000 + 0.99) : '');
}
my $found = 'found, 1800 s';
# [place, what is seen with connect.sid, with my.sid, with the other key]
for my $row (
    [profile => $found, 'none', 'absent'],
    [cookie_after => 'none', $found, 'none'],
    [cookie_before => 'none', $found, 'none'],
    [cookie_inside => 'none', $found, 'none'],
    [cookies => $found, $found, 'absent'],
    [secret_before => $found, 'none', 'absent'],
    [key_after => 'absent', 'none', $found],
    [key_before => 'absent', 'none', $found],
    [key_inside => 'absent', 'none', $found],
    [key_outside => $found, 'none', 'absent'],
    [format_after => 'found json', 'none', 'absent'],
    [format_before => 'found json', 'none', 'absent'],
    [format_inside => 'found json', 'none', 'absent'],
    [expiry_after => 'found', 'none', 'absent'],
    [expiry_before => 'found', 'none', 'absent'],
    [expiry_inside => 'found', 'none', 'absent'],
    [none_inside => 'none', 'none', 'none'],
    [none_outside => $found, 'none', 'absent'],
    [fastify_inside => 'none', 'none', 'none'],
) {
    my ($place, @wanted) = @$row;
    is_deeply([seen($place, 'connect.sid', 'sess'), seen($place, 'my.sid', 'sess'), seen($place, 'connect.sid', 'app')],
              \@wanted, "$place: " . join ' / ', map { defined ? s/\n/; /gr : () } @{ $place{$place} });
}
# The module's own sessions, inside.
my $id = fresh_id();
$redis->cmd('HSET', "session:$id", 'user', 'anna');
is(at('none_inside', "JSESSIONID=$id")->note('session.user'), 'anna', 'none_inside: sessions of this module');
is(at('profile', "JSESSIONID=$id")->note('SHARED_SESSION'), 'none', '... which the profile does not know');
if ($spring) {
    my $s = framework($spring, fresh => 1);
    $redis->cmd('HSET', $s->key, %{ $s->fields });
    is(at('spring_inside', $s->cookie)->note('session.userId'), 'alice', 'spring_inside: another framework');
    is(at('spring_inside', "connect.sid=$signed")->note('SHARED_SESSION'), 'none', '... and not the outer one');
}
# koa: a prefix is a part of the id.
if (my ($name) = captures(qr/^koa$/)) {
    my $s = framework($name, fresh => 1);
    my $koa = SHS::Httpd->new(files => { secret => "$s->{secret}\n" }, conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s
SharedSession On
SharedSessionNote session.* *
<Location /signed>
    SharedSessionProfile koa prefix=app: secret-file=secret
</Location>
<Location /plain>
    SharedSessionProfile koa prefix=app: sign=none
</Location>
CONF
    protect($koa, 'secret');
    $koa->run;
    my $id = $s->id;
    $redis->cmd('SET', "app:$id", $s->value);
    my $t = bless { %$s, id => "app:$id" }, ref $s;
    my ($value, $signature) = @{ $t->make_cookies($s->{secret}) };
    my $ask = sub { my ($path, $cookie) = @_;
                    return $koa->get("/$path/lua", cookie => $cookie)->note('SHARED_SESSION') };
    my $both = "koa.sess=app:$id; koa.sess.sig=$signature->{value}";
    is($ask->('signed', $both), 'found', 'koa with a prefix');
    is($ask->('signed', "koa.sess=app:$id"), 'none', '... unsigned');
    is($ask->('plain', "koa.sess=app:$id"), 'found', '... where the application does not sign');
    is($ask->('plain', "koa.sess=$id"), 'none', '... without its prefix');
    $redis->cmd('DEL', "app:$id");
    $redis->cmd('SET', $id, $s->value);
    is($ask->('signed', $both), 'absent', '... and the key has it');
}

# --- the attributes of a place --------------------------------------------------------------

my $all = frameworks_httpd($store, places => <<'CONF');
SharedSessionNote session.* *
SharedSessionTouch Off
<Location /some>
    SharedSessionAttributes visits
</Location>
<Location /several>
    SharedSessionAttributes userId visits nothing scopedTarget.userInfo
</Location>
<Location /all>
    SharedSessionAttributes all
</Location>
<Location /some/all>
    SharedSessionAttributes all
</Location>
<Location /some/session>
    SetHandler shared-session
</Location>
CONF
my %meta = (spring => [qw(creationTime lastAccessedTime maxInactiveInterval)],
            redisson => [map { "session:$_" } qw(creationTime isExpirationLocked isValid
                                                  lastAccessedTime maxInactiveInterval thisAccessedTime)]);
sub load_of {
    my ($s, $path) = @_;
    my $r;
    my @all = commands(sub { $r = $all->get($path, $s->client) });
    is(scalar @all, 1, '... with one command') || diag join ' ', map { $_->[0] } @all;
    my ($name, $key, @fields) = @{ $all[0] // [] };
    is($key, $s->key, '... its key');
    return (join(' ', $name, sort @fields), join ' ', map { /^session\.(.*)/ ? $1 : () } $r->names('note'));
}
for my $name (captures(qr/^(?:express$|koa$|fastify$|lemonldap|tomcat|redisson|spring-boot)/)) {
    my $s = framework($name, fresh => 1)->put($store);
    my $of = $s->kind eq 'spring' ? 'sessionAttr:' : '';
    my @meta = @{ $meta{ $s->kind } // [] };
    my $wanted = sub { return $s->fields ? join ' ', 'HMGET', sort @meta, map { "$of$_" } @_ : 'GET' };
    my $whole = ($s->fields ? 'HGETALL' : 'GET');
    my %has = map { $_ => 1 } $s->names;
    my ($load, $names) = load_of($s, '/x/lua');
    is($load, $whole, "$name: a place without a list reads the whole session");
    is($names, join(' ', $s->names), '... and sees it');
    ($load, $names) = load_of($s, '/some/lua');
    is($load, $wanted->('visits'), '... one with a list reads these attributes and when it is over');
    is($names, $has{visits} ? 'visits' : '', '... and sees these');
    ($load, $names) = load_of($s, '/several/lua');
    is($load, $wanted->(qw(userId visits nothing scopedTarget.userInfo)), '... several');
    is($names, join(' ', grep { $has{$_} } qw(scopedTarget.userInfo userId visits)), '... and sees those that there are');
    is((load_of($s, $_))[0], $whole, "... all, in $_") for qw(/all/lua /some/all/lua);
    # A logout needs what the place does not read.
    is($all->get('/some/session', $s->client, method => 'DELETE')->code, 204, '... a logout');
    is($all->get('/x/lua', $s->client)->note('SHARED_SESSION'), 'absent', '... ends it');
    # An absent one is absent.
    my $gone = framework($name, fresh => 1);
    is($all->get('/some/lua', $gone->client)->note('SHARED_SESSION'), 'absent', '... one that is not there is absent');
}

# --- attributes that cannot be read --------------------------------------------------------------

sub logged_opaque { return map { /(SHS039: .*)/ ? $1 : () } split /\n/, $all->new_lines }
for my $name (captures(qr/^(?:spring-boot.*|redisson.*)(?:jdk|Serialization)/i)) {
    my $s = framework($name, fresh => 1);
    my $field = ($s->kind eq 'spring' ? 'sessionAttr:' : '') . 'nested';
    my $stream = $s->fields->{$field};
    my $others = join ' ', grep { $_ ne 'nested' } $s->names;
    # A class that begins with no tag; a reference to an object that is not there; the
    # end too soon; more behind it; nothing but the magic number.
    my $object = rindex $stream, "sr\0";
    my @damaged = ([substr($stream, 0, $object) . "\0" . substr($stream, $object + 1), $object, 'an unknown tag'],
                   [substr($stream, 0, $object) . "q\0\x7e\xff\xff" . substr($stream, $object + 5), $object, 'an unknown object'],
                   [substr($stream, 0, $object), $object, 'its end too soon'],
                   [$stream . 'p', length $stream, 'more behind it'],
                   ["\xac\xed\0\5", 4, 'nothing in it']);
    $all->new_lines;
    for my $row (@damaged) {
        my ($octets, $place, $words) = @$row;
        $s->fields->{$field} = $octets;
        $s->put($store);
        my $r = $all->get('/x/lua', $s->client);
        is($r->note('SHARED_SESSION'), 'found', "$name: an attribute with $words: found");
        is(join(' ', map { /^session\.(.*)/ ? $1 : () } $r->names('note')), $others, '... with all others');
        my @lines = logged_opaque();
        is(scalar @lines, 1, '... logged');
        like($lines[0] // '', qr/at octet (\d+) of its stream/, '... with the place');
        my ($octet) = ($lines[0] // '') =~ /at octet (\d+)/;
        within($octet // -1, $place - 3, $place + 6, '... where it is');
        unlike($lines[0] // '', qr/alice|ArrayList|\\x/, '... and nothing of the value');
        $r = $all->get('/some/lua', $s->client);
        is(join(' ', map { /^session\.(.*)/ ? $1 : () } $r->names('note')), 'visits', '... a place that does not need it');
        is(scalar(logged_opaque()), 0, '... has nothing to log');
    }
    # Wherever it is cut off.
    my $wrong = 0;
    for my $length (grep { $_ % 7 == 0 } 1 .. length($stream) - 1) {
        $s->fields->{$field} = substr $stream, 0, $length;
        $s->put($store);
        my $r = $all->get('/x/lua', $s->client);
        $wrong++ if join(' ', map { /^session\.(.*)/ ? $1 : () } $r->names('note')) ne $others;
    }
    is($wrong, 0, '... cut off anywhere: the same');
}
for my $name (captures(qr/^(?:spring-boot.*json|redisson.*Json)/)) {
    my $s = framework($name, fresh => 1);
    my $field = ($s->kind eq 'spring' ? 'sessionAttr:' : '') . 'nested';
    my $others = join ' ', grep { $_ ne 'nested' } $s->names;
    for my $octets ('{"@class":', substr($s->fields->{$field}, 0, -1), 'alice', "\xff", $s->fields->{$field} . 'x') {
        $s->fields->{$field} = $octets;
        $s->put($store);
        my $r = $all->get('/x/lua', $s->client);
        is(join(' ', map { /^session\.(.*)/ ? $1 : () } $r->names('note')), $others,
           "$name: an attribute that is not JSON: all others");
    }
}
for my $server ($httpd, $all) {
    is(scalar $server->logged(qr/exit signal/), 0, 'no child has died');
    unlike($server->error_log, qr/SeCrEt/, 'no id in the log');
}

done_testing;
