# Sessions of frameworks in the near-cache: what the session contains ends it at the
# moment, also at a hit; a touch that is due at a hit loads the session once; and
# places that read different attributes have entries of their own.
use strict;
use warnings;

use SHS;
use SHS::Framework;
use Time::HiRes qw(time);

my $store = SHS::Redis->start;
my $places = <<'CONF';
SharedSessionNote session.* *
<Location /never>
    SharedSessionTouch Off
</Location>
<Location /some>
    SharedSessionAttributes visits
    SharedSessionTouch Off
</Location>
<Location /other>
    SharedSessionAttributes admin userId
    SharedSessionTouch Off
</Location>
<Location /ssi>
    SharedSessionAttributes visits
    SharedSessionTouch Off
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Location>
<Location /missing>
    SharedSessionAttributes visits
    SharedSessionTouch Off
    ErrorDocument 404 /other/lua
</Location>
CONF
my $httpd = frameworks_httpd($store, store => 'timeout=5s', places => $places, files => {
    'htdocs/ssi/page.shtml' => qq{<!--#include virtual="/other/lua" -->} }, conf => one_child() . <<"CONF");
SharedSessionCache On lease=20s negative=60s
CONF

sub at { my ($s, $path) = @_; return $httpd->get($path // '/never/lua', $s->client) }
sub status_at { my ($s, $path) = @_; return at($s, $path)->note('SHARED_SESSION') }
sub ago { my ($s) = @_; return int(1000 * (time - $s)) }

my $connecting = qr/^(?:AUTH|SELECT|HELLO|PING|CLIENT|INFO|ROLE|SUBSCRIBE|ECHO)$/;
sub commands {
    my ($code) = @_;
    return map { [map { unquoted($_) } @$_[1 .. $#$_]] }
        grep { $_->[1] !~ $connecting } $store->commands_during($code);
}
# Until a request costs Redis nothing: it is a hit.
sub wait_hit {
    my ($s, $path) = @_;
    return eval { SHS::Process::wait_for('a hit', 20, sub {
        my $status;
        my @all = commands(sub { $status = status_at($s, $path) });
        $status eq 'found' && !@all }) };
}

# --- the end, at a hit -------------------------------------------------------------------

# Of three sessions, one ends in a moment, one is logged out by its application, and
# one goes on. All are hits before.
my @ends = captures(qr/^(?:spring-boot-4|koa$|fastify$|lemonldap|redisson)/);
my %of;
for my $name (@ends) {
    $of{$name}{$_} = framework($name, fresh => 1) for qw(out lives);
    $of{$name}{out}->put($store, ttl => 600_000);
    $of{$name}{lives}->put($store, ttl => 600_000);
    ok(wait_hit($of{$name}{$_}), "$name: a hit") for qw(out lives);
}
my $end = time + 2.5;
for my $name (@ends) {
    my $idle = $name =~ /^lemonldap/ ? 72_000 : 1800;
    # lemonldap counts in seconds.
    my $used = $name =~ /^lemonldap/ ? 1000 * (int($end) - $idle) : int(1000 * ($end - $idle));
    my $s = $of{$name}{ends} = framework($name, fresh => 1, used => $used, idle => $idle);
    $s->put($store, ttl => 600_000);
    $of{$name}{was_hit} = wait_hit($s);
}
cmp_ok(time, '<', $end, 'the sessions are hits before they are over') if @ends;
SHS::Process::let_pass($end - time + 0.02) if time < $end;
for my $name (@ends) {
    ok($of{$name}{was_hit}, "$name: a hit before its end");
    is(status_at($of{$name}{ends}), 'absent', '... and absent when the moment has passed, though the key is there');
    is($of{$name}{ends}->client_of($store)->cmd('EXISTS', $of{$name}{ends}->key), 1, '... which nothing has removed');
}
for my $name (captures(qr/^(?:spring-boot-4|redisson)/)) {
    my $s = $of{$name}{out};
    my $redis = $s->client_of($store);
    $s->kind eq 'spring'
        ? $redis->cmd('HSET', $s->key, 'maxInactiveInterval', number_like($s->fields->{maxInactiveInterval}, 0))
        : $redis->cmd('HSET', $s->key, 'session:isValid', $s->fields->{'session:isNew'});
    ok(eval { SHS::Process::wait_for('the logout', 1, sub { status_at($s) ne 'found' }) },
       "$name: a logout that leaves the key is seen at once");
    is(status_at($of{$name}{lives}), 'found', '... of this session alone');
}

# --- a touch, at a hit -------------------------------------------------------------------------

# [captures, the load]. The idle timeout is 6 s, so that a touch is due each second.
for my $row ([qr/^spring-boot-4.*json/, 'HGETALL'], [qr/^redisson.*Json/, 'HGETALL'], [qr/^express$/, 'GET'],
             [qr/^tomcat.*10\./, 'GET']) {
    my ($which, $load) = @$row;
    for my $name (captures($which)) {
        my $s = framework($name, fresh => 1, idle => 6);
        $s->put($store);
        my $path = '/x/lua';
        ok(wait_hit($s, $path), "$name: a hit");
        my $count = 0;
        # Requests go on until a second and a half has passed since the last touch.
        my @all = commands(sub {
            my $until = $s->{now} / 1000 + 1.5;
            while (time < $until) {
                $count++;
                status_at($s, $path) eq 'found' or fail("$name: found"), last;
                SHS::Process::let_pass(0.03);
            }
        });
        my @scripts = grep { $_->[0] eq 'EVAL' } @all;
        is(scalar @scripts, 1, "... one touch is due in $count requests");
        my ($before) = grep { $all[$_][0] eq 'EVAL' } keys @all;
        # Once more if the near-cache's time to live is a millisecond ahead of the store's.
        like(join(' ', map { $_->[0] } @all[0 .. ($before // 0) - 1]), qr/^$load PTTL(?: $load PTTL)?$/,
             '... and the session is loaded for it');
        cmp_ok(scalar @all, '<', 20, '... and seldom more');
        my $idle_ms = 6000 + ($s->{profile} =~ /indexed/ ? 300_000 : $s->kind eq 'redisson' ? 60_000 : 0);
        within($s->client_of($store)->cmd('PTTL', $s->key), $idle_ms - 1000, $idle_ms, '... which extends it');
        is(status_at($s, $path), 'found', '... and it is found');
    }
}
for my $name (captures(qr/^(?:koa|fastify|lemonldap)/)) {
    my $s = framework($name, fresh => 1, idle => 7);
    $s = framework($name, fresh => 1) if $s->kind eq 'lemonldap';
    $s->put($store, ttl => 3000);
    ok(wait_hit($s, '/x/lua'), "$name: a hit");
    my @all = commands(sub { at($s, '/x/lua') for 1 .. 10 });
    is_deeply(\@all, [], '... is never touched');
}

# --- attributes of a place ----------------------------------------------------------------------

sub names_at { my ($s, $path) = @_; return join ' ', map { /^session\.(.*)/ ? $1 : () } at($s, $path)->names('note') }
for my $name (captures(qr/^(?:spring-boot-4|redisson|express$|fastify$|koa$|tomcat.*10\.)/)) {
    my $s = framework($name, fresh => 1)->put($store);
    my $whole = join ' ', $s->names;
    for my $round (1 .. 3) {
        is(names_at($s, '/some/lua'), 'visits', "$name: a place sees its attributes");
        is(names_at($s, '/never/lua'), $whole, '... one without a list sees all');
        is(names_at($s, '/other/lua'), 'admin userId', '... another place sees its own');
    }
    ok(wait_hit($s, "/$_/lua"), "... also at a hit, in /$_") for qw(some never other);
    for my $round (1 .. 2) {
        my @all = commands(sub {
            is(names_at($s, '/some/lua'), 'visits', '... its attributes');
            is(names_at($s, '/never/lua'), $whole, '... all');
            is(names_at($s, '/other/lua'), 'admin userId', '... its own');
        });
        is_deeply(\@all, [], '... without Redis');
        is(names_at($s, '/ssi/page.shtml'), 'admin userId', '... in a part of a page of another place');
        is(names_at($s, '/missing/page'), 'admin userId', '... behind an internal redirect');
    }
}
is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
unlike($httpd->error_log, qr/SeCrEt/, 'no id in the log');

done_testing;
