# The same with worker as with event.
#
# A session that is over by the near-cache's copy, but not in Redis: another host has
# extended it, and the invalidation does not arrive. The session goes on. Only Redis
# says that a session is over, and without an answer nothing is known of the user.
use strict;
use warnings;

use SHS;
use SHS::Near;
use SHS::Proxy;
use SHS::Relay;
use Time::HiRes qw(time);

my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
my $glue = $ENV{SHS_MODULE} =~ s/mod_shared_session/mod_session_shared/r;
my $places = <<"CONF";
LoadModule session_module $modules/mod_session.so
LoadModule session_shared_module $glue
LogLevel session_shared:trace8
<Location /app>
    Session On
    SessionEnv On
    SessionHeader X-Replace-Session
</Location>
<Location /json>
    SharedSessionKey json:%{id}
    SharedSessionFormat json
    Session On
    SessionEnv On
    SessionHeader X-Replace-Session
</Location>
<Location /form>
    SharedSessionKey form:%{id}
    SharedSessionFormat form
</Location>
<Location /aging>
    SharedSessionAbsoluteTimeout 1h
</Location>
CONF

my $redis = SHS::Redis->start;
my $proxy = SHS::Proxy->start(to => $redis->port);
my $httpd = private_httpd(conf => one_child() . near_places() . $places . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$proxy->port]} timeout=2s
SharedSessionCache On lease=60s
CONF

sub at { return $httpd->get($_[0], cookie => "JSESSIONID=$_[1]") }
# mod_session adds the expiry.
sub env { return join '&', grep { !/^expiry=/ } split /&/, $_[0]->env('HTTP_SESSION') // '' }

# A session of each kind that is over at `end`; `v` says which host has written it.
my %put = (
    mod_session => sub {
        my ($id, $v, $end) = @_;
        $redis->put_hash("session:$id", { v => $v, 'mod_session-expiry' => int($end * 1e6) }, 600);
    },
    form => sub {
        my ($id, $v, $end) = @_;
        $redis->put_string("form:$id", "v=$v&expiry=" . int($end * 1e6), 600);
    },
    absolute => sub {
        my ($id, $v, $end) = @_;
        $redis->put_hash("session:$id", { v => $v, '@created' => int(($end - 3600) * 1000) }, 600);
    });
my %path = (mod_session => '/app/cgi', form => '/form/lua', absolute => '/aging/lua');
my %key = (mod_session => 'session', form => 'form', absolute => 'session');
sub v { return at($_[0] eq 'mod_session' ? '/x/lua' : $path{ $_[0] }, $_[1])->note('session.v') // 'none' }
sub is_there { return $redis->cmd('EXISTS', "$key{$_[0]}:$_[1]") }

my @kinds = sort keys %put;
my @fates = qw(extended over unknown);
my %id = map { my $kind = $_; ($kind => { map { $_ => fresh_id() } @fates, 'logout' }) } @kinds;

wait_live($httpd);
my $end = time + 8;
for my $kind (@kinds) {
    for my $id (values %{ $id{$kind} }) {
        $put{$kind}->($id, 'old', $end);
        SHS::Process::wait_for('a hit', 20, sub {
            my $hits = status($httpd)->{CacheHits};
            v($kind, $id);
            status($httpd)->{CacheHits} > $hits });
    }
}
cmp_ok(time, '<', $end, 'all are in the near-cache before they are over');

# Only the connection that brings the invalidations is left to be stranded.
$redis->cmd('CLIENT', 'KILL', 'TYPE', 'normal');
SHS::Process::wait_for('one connection', 10, sub { $proxy->stats->{open} == 1 });
$proxy->strand;
for my $kind (@kinds) {
    $put{$kind}->($id{$kind}{$_}, 'new', time + 3000) for qw(extended unknown logout);
    is(v($kind, $id{$kind}{extended}), 'old', "$kind: the near-cache does not know of the extension");
}
SHS::Process::let_pass($end - time + 0.1) if time < $end;

$proxy->blackhole;
for my $kind (@kinds) {
    my $what = "$kind: over by the near-cache, and Redis gives no answer";
    my $r = at($path{$kind}, $id{$kind}{unknown});
    $kind eq 'mod_session'
        ? is(env($r), '', "$what: no entries")
        : is($r->note('SHARED_SESSION'), 'unavailable', "$what: unavailable");
    is($r->header('Set-Cookie'), undef, '... and the cookie stays');
    is(is_there($kind, $id{$kind}{unknown}), 1, '... in Redis the session goes on');
}
$proxy->pass;
SHS::Process::wait_for('the store', 20, sub {
    at('/x/lua', fresh_id())->note('SHARED_SESSION') eq 'absent' });

for my $kind (@kinds) {
    my ($extended, $over) = @{ $id{$kind} }{qw(extended over)};
    my $r = at($path{$kind}, $extended);
    is($kind eq 'mod_session' ? env($r) : 'v=' . $r->note('session.v'), 'v=new',
       "$kind: one that was extended goes on, as Redis has it");
    is($r->header('Set-Cookie'), undef, '... and the cookie stays');
    is(is_there($kind, $extended), 1, '... in Redis too');
    $r = at($path{$kind}, $over);
    is($kind eq 'mod_session' ? env($r) : $r->note('session.v') // '', '', '... one that was not is over');
}
is(at('/app/lua', $id{mod_session}{extended})->note('session.v'), 'new', '... and notes have it as entries do');
is(is_there('mod_session', $id{mod_session}{over}), 0, 'mod_session ends the one that was not');
at('/app/cgi?replace=v%3D', $id{mod_session}{logout});
is(is_there('mod_session', $id{mod_session}{logout}), 0, 'a logout ends one that was extended');

# --- extended between the load and the end ------------------------------------------

my $relay = SHS::Relay->start(to => $redis->port, before => sub {
    my ($client, $name, undef, undef, $key) = @_;
    return undef if uc $name ne 'EVAL' || $key !~ /-raced$/;
    my $later = int((time + 3000) * 1e6);
    $key =~ /^json/ ? $client->cmd('SET', $key, qq({"v":"old","mod_session-expiry":"$later"}))
                    : $client->cmd('HSET', $key, 'mod_session-expiry', $later);
    return undef;
});
my $racer = private_httpd(conf => near_places() . $places . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$relay->port]} timeout=5s
CONF
sub put_over {
    my ($place, $id) = @_;
    my $end = int((time - 1) * 1e6);
    $place eq 'json'
        ? $redis->put_string("json:$id", qq({"v":"old","mod_session-expiry":"$end"}), 600)
        : $put{mod_session}->($id, 'old', time - 1);
    return;
}
for my $path (map { ("$_/cgi", "$_/cgi?replace=z%3D1") } qw(/app /json)) {
    my ($place) = $path =~ /(\w+)/;
    my $key = $place eq 'json' ? 'json' : 'session';
    my $id = fresh_id();
    put_over($place, $id);
    my $r = $racer->get($path, cookie => "JSESSIONID=$id");
    is($redis->cmd('EXISTS', "$key:$id"), 0, "$path: one that is over ends");
    is($r->new_id eq 'none', $path !~ /replace/, '... and a program begins another');
    $id =~ s/.{6}$/-raced/;
    put_over($place, $id);
    $r = $racer->get($path, cookie => "JSESSIONID=$id");
    is($redis->cmd('EXISTS', "$key:$id"), 1, '... one that is extended before it ends goes on');
    is($r->header('Set-Cookie'), undef, '... and the cookie stays');
    $path =~ /replace/ ? is($r->code, 503, '... what the program writes in its place is refused')
                       : is(env($r), '', '... which this request does not see');
    is(env($racer->get("/$place/cgi", cookie => "JSESSIONID=$id")), 'v=old', '... but the next does');
}

# --- the other sessions of a browser --------------------------------------------------

my ($over, $other) = map { fresh_id() } 1 .. 2;
my $both = "JSESSIONID=$over; JSESSIONID=$other";
$put{mod_session}->($over, 'old', time - 1);
$put{mod_session}->($other, 'new', time + 3000);
my $r = $racer->get('/app/cgi', cookie => $both);
is(is_there('mod_session', $over), 0, 'one that is over ends');
is($r->header('Set-Cookie'), undef, '... and the cookies stay');
is(env($racer->get('/app/cgi', cookie => $both)), 'v=new', '... and lead to the other session');
$put{mod_session}->($over, 'old', time - 1);
$r = $racer->get('/app/cgi?replace=z%3D1', cookie => $both);
is(env($racer->get('/app/cgi', cookie => 'JSESSIONID=' . $r->new_id)), 'z=1', 'a new session takes the place of it');
is_deeply([map { is_there('mod_session', $_) } $over, $other], [0, 0],
          '... and the other ends, whose cookie would hide the new one');

for my $server ($httpd, $racer) {
    is(scalar $server->logged(qr/exit signal/), 0, 'no child has died');
    unlike($server->error_log, qr/SeCrEt/, 'no id in the log');
}

done_testing;
