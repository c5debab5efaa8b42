# The same with every MPM.
#
# How long a session lives. Idle: after each use at least the idle timeout is
# left, and at most one touch interval more. That is the key's time to live,
# written at most once an interval, never cut short, and never to one that was
# ended or rotated meanwhile. Absolute: counted from when it was created, and
# nothing extends it. After a rotation the old id has the grace, and does not
# touch the session that it leads to. t/unit/test_lifetime.c has each border.
use strict;
use warnings;

use SHS;
use SHS::Near;
use SHS::Relay;
use Time::HiRes qw(time);

my %key = (hash => 'session:', json => 'json:', form => 'form:');
my %area = (hash => '', json => '/json', form => '/form');

sub at {
    my ($path, $id) = @_;
    return get($path, host => 'timeouts.test', cookie => "JSESSIONID=$id");
}
sub pttl { return redis()->cmd('PTTL', $_[0]) }
sub now_ms { return int(time * 1000) }

# A session as it is stored in a format: (id, key).
sub session {
    my ($format, %member) = @_;
    my $id = fresh_id();
    my $key = "$key{$format}$id";
    $member{user} //= 'anna';
    my @names = sort keys %member;
    redis()->put_hash($key, \%member) if $format eq 'hash';
    redis()->put_string($key, '{' . join(',', map {
        "\"$_\":" . ($member{$_} =~ /^\d+$/ ? $member{$_} : "\"$member{$_}\"")
    } @names) . '}') if $format eq 'json';
    redis()->put_string($key, join '&', map { s/\@/%40/r . "=$member{$_}" } @names)
        if $format eq 'form';
    return ($id, $key);
}

# What reached Redis for a key meanwhile: commands (EVAL) and what the scripts
# did there (PEXPIRE).
sub counted {
    my ($key, $code) = @_;
    my @seen = grep { grep { $_ eq $key } @$_ } redis()->commands_during($code);
    my %count = (EVAL => 0, PEXPIRE => 0);
    $count{ $_->[1] }++ for @seen;
    return \%count;
}

# (time to live before, after, what was seen) of one request
sub touched {
    my ($path, $id, $key, $before) = @_;
    defined $before ? redis()->cmd('PEXPIRE', $key, $before)
                    : redis()->cmd('PERSIST', $key);
    my $r;
    my $count = counted($key, sub { $r = at($path, $id) });
    is($r->note('SHARED_SESSION'), 'found', "$path: found");
    return ($count, pttl($key));
}

sub between {
    my ($is, $low, $high, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok($is > $low && $is <= $high, $name)
        || diag("$is is not in $low .. $high");
}

# All that is stored, as text.
sub stored_text {
    my ($format, $key) = @_;
    return redis()->cmd('GET', $key) if $format ne 'hash';
    my %is = redis()->hash($key);
    return join '', map { "$_=$is{$_}\n" } sort keys %is;
}

# The key ends between two moments; what is asked takes its time, too.
sub ends_between {
    my ($key, $low, $high, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $before = now_ms();
    my $left = pttl($key);
    my $after = now_ms();
    return ok($left > 0 && $after + $left >= $low - 20 && $before + $left <= $high + 20, $name)
        || diag(join ' ', $left, $before + $left - $low, $after + $left - $high);
}

# --- idle ------------------------------------------------------------------------

for my $format (qw(hash json form)) {
    my $area = $area{$format};
    my ($id, $key) = session($format, '@max' => 1800, '@created' => now_ms());
    my ($count, $ttl) = touched("$area/x/lua", $id, $key, 1_735_000);
    is($count->{EVAL}, 1, "$format: it is due: one write");
    between($ttl, 2_090_000, 2_100_000, '... of its idle timeout and a sixth of it');
    $count = counted($key, sub { at("$area/x/lua", $id) for 1 .. 5 });
    is($count->{EVAL}, 0, '... and then none for an interval');
    ($count, $ttl) = touched("$area/x/lua", $id, $key, 1_810_000);
    is($count->{EVAL}, 0, "$format: more than its idle timeout left: it is not due");
    between($ttl, 1_700_000, 1_810_000, '... and its time runs');
    ($count, $ttl) = touched("$area/x/lua", $id, $key, 1_800_000);
    is($count->{EVAL}, 1, "$format: just that: it is due");
    between($ttl, 2_090_000, 2_100_000, '... and gets both');
    ($count, $ttl) = touched("$area/x/lua", $id, $key, 9_000_000);
    is($count->{EVAL}, 0, "$format: a longer life is not cut short");
    between($ttl, 8_900_000, 9_000_000, '... at all');
    ($count, $ttl) = touched("$area/x/lua", $id, $key, undef);
    is($count->{EVAL}, 1, "$format: one without an end gets one");
    between($ttl, 2_090_000, 2_100_000, '... as it says');
    ($count, $ttl) = touched("$area/off/lua", $id, $key, 30_000);
    is($count->{EVAL}, 0, "$format: SharedSessionTouch Off touches none");
    between($ttl, 0, 30_000, '... ever');
    ($count, $ttl) = touched("$area/off/on/lua", $id, $key, 30_000);
    is($count->{EVAL}, 1, "$format: On within does");
    between($ttl, 2_090_000, 2_100_000, '... by the default');
    ($count, $ttl) = touched("$area/seldom/lua", $id, $key, 30_000);
    is($count->{EVAL}, 1, "$format: an interval of two hours");
    between($ttl, 2_690_000, 2_700_000, '... is half of the idle timeout');
    ($count, $ttl) = touched("$area/often/lua", $id, $key, 1_800_000);
    is($count->{EVAL}, 1, "$format: an interval of 5 s");
    between($ttl, 1_800_000, 1_805_000, '... is added');

    # Places with different intervals, as hosts may have.
    my $short = $ttl;
    $count = counted($key, sub { at("$area/$_/lua", $id) for qw(x seldom) });
    is($count->{EVAL}, 0, "$format: more than the idle timeout is left for all");
    cmp_ok(pttl($key), '<=', $short, '... so none writes');
    touched("$area/x/lua", $id, $key, 1_800_000);
    $count = counted($key, sub { at("$area/$_/lua", $id) for qw(often seldom) });
    is($count->{EVAL}, 0, '... after a touch by another');
    between(pttl($key), 2_090_000, 2_100_000, '... nor makes it shorter');

    # What says nothing of its idle timeout.
    ($id, $key) = session($format);
    ($count, $ttl) = touched("$area/x/lua", $id, $key, 30_000);
    is($count->{EVAL}, 0, "$format: without \@max it is left alone");
    between($ttl, 0, 30_000, '... as its program has created it');
    ($count, $ttl) = touched("$area/idle/lua", $id, $key, 30_000);
    is($count->{EVAL}, 1, '... but where SharedSessionIdleTimeout says adopt');
    between($ttl, 690_000, 700_000, '... it has that and a sixth');
    is(at("$area/x/lua", $id)->note('session.user'), 'anna', '... and is what it was');
    for my $place (qw(said inner/idle/said)) {
        ($count, $ttl) = touched("$area/$place/lua", $id, $key, 30_000);
        is($count->{EVAL}, 0, "... not where $place says a time alone");
        between($ttl, 0, 30_000, '... it ends as it was to');
        my $new = "$key{$format}" . at("$area/$place/cgi?action=rotate", $id)->new_id;
        between(pttl($new), 0, 30_000, '... under a new id too');
        ($id, $key) = session($format);
    }

    # A session's own @max counts more than the directive.
    ($id, $key) = session($format, '@max' => 60);
    ($count, $ttl) = touched("$area/idle/lua", $id, $key, 20_000);
    is($count->{EVAL}, 1, "$format: a short life of its own");
    between($ttl, 60_000, 70_000, '... has an interval of its own');
    ($count, $ttl) = touched("$area/idle/lua", $id, $key, 68_000);
    is($count->{EVAL}, 0, '... and is not touched before');
}

# An attribute that looks like the mark of a rotated session: its session is touched,
# changed and ended as any other.
for my $row (['json', '{"user":"anna","cart":{"@rotated":1},"@max":1800}'],
             ['json', '{"user":"anna","x":"{\\"@rotated\\":1}","@max":1800}'],
             ['json', '{"user":"anna","list":[{"@rotated":""}],"@max":1800}'],
             ['form', 'user=anna&x@rotated=1&%40max=1800'],
             ['form', 'x%40rotated=1&user=anna&%40max=1800'],
             ['form', 'user=anna&x=%7B%22%40rotated%22%3A1%7D&%40max=1800'],
             ['form', 'user=anna&x=%2540rotated%3D&%40max=1800'],
             ['hash', '']) {
    my ($format, $text) = @$row;
    my $area = $area{$format};
    my $start = sub {
        my $id = fresh_id();
        my $key = "$key{$format}$id";
        $format eq 'hash'
            ? redis()->put_hash($key, { user => 'anna', 'x@rotated' => 1, '@max' => 1800,
                                        cart => '{"@rotated":1}' })
            : redis()->put_string($key, $text);
        return ($id, $key);
    };
    my ($id, $key) = $start->();
    my ($count, $ttl) = touched("$area/x/lua", $id, $key, 30_000);
    between($ttl, 2_090_000, 2_100_000, "$format, $text: touched");
    is(at("$area/x/cgi?set=a%3Db", $id)->code, 200, '... changed');
    is(at("$area/x/lua", $id)->note('session.a'), 'b', '... indeed');
    is(at("$area/x/cgi?action=destroy", $id)->code, 200, '... ended');
    is(pttl($key), -2, '... indeed');
    ($id, $key) = $start->();
    my $new = at("$area/x/cgi?action=rotate", $id)->new_id;
    is(at("$area/x/lua", $id)->note('session.user'), 'anna', '... rotated, the old id leads on');
    at("$area/x/cgi?action=destroy", $id);
    is(pttl("$key{$format}$new"), -2, '... and ends it by a logout');
    is(pttl($key), -2, '... and itself');
    ($id, $key) = $start->();
    $new = at("$area/x/cgi?action=create&set=role%3Dadmin", $id)->new_id;
    redis()->cmd('PEXPIRE', $key, 5_000);
    is(at("$area/x/lua", $id)->note('session.role'), undef, '... or a login, which it does not see');
    between(pttl($key), 0, 5_000, '... nor does it live on');
}

# A new session lives as long as it says, and no longer than it may at all.
for my $row (['/x', 1800, 2_100_000], ['/idle', 600, 700_000], ['/short', 7200, 3_600_000],
             ['/off', 600, 600_000], ['/often', 1800, 1_805_000]) {
    my ($area, $max, $most) = @$row;
    my $new = get("$area/cgi?action=create&set=a%3Db", host => 'timeouts.test')->new_id;
    is(redis()->cmd('HGET', "session:$new", '@max'), $max, "$area: \@max of a new one");
    between(pttl("session:$new"), $most - 10_000, $most, '... and its time');
}

# Many requests at once: the first one touches the session, the others need not.
{
    my ($id, $key) = session('hash', '@max' => 1800);
    redis()->cmd('PEXPIRE', $key, 900_000);
    my $count = counted($key, sub {
        my @pids = map {
            SHS::Process::fork_child('reader', sub { at('/x/lua', $id) })
        } 1 .. 12;
        for (@pids) {
            waitpid $_, 0;
            SHS::Process::forget($_);
        }
    });
    ok($count->{EVAL} >= 1, '12 requests at once: some see that it is due');
    is($count->{PEXPIRE}, 1, '... and one of them writes');
    my $accessed = redis()->cmd('HGET', $key, '@accessed');
    ok(abs($accessed - now_ms()) < 20_000, '... when it was used');
}

# --- absolute ----------------------------------------------------------------------

my $hour = 3_600_000;
for my $format (qw(hash json form)) {
    my $area = $area{$format};
    my ($id, $key) = session($format, '@max' => 1800, '@created' => now_ms() - $hour + 300_000);
    my ($count, $ttl) = touched("$area/hour/lua", $id, $key, 20_000);
    is($count->{EVAL}, 1, "$format: five minutes before its end it is touched");
    between($ttl, 250_000, 300_000, '... for five minutes');
    $count = counted($key, sub { at("$area/hour/lua", $id) for 1 .. 3 });
    is($count->{EVAL}, 0, '... once');

    my $r = at("$area/hour/cgi?action=rotate", $id);
    my $new = "$key{$format}" . $r->new_id;
    between(pttl($new), 250_000, 300_000, "$format: a rotation does not extend it");
    my $before = now_ms();
    $r = at("$area/hour/cgi?action=create&set=role%3Dadmin", $r->new_id);
    $new = "$key{$format}" . $r->new_id;
    between(pttl($new), 2_080_000, 2_100_000, '... but a login begins it anew');
    my ($created) = stored_text($format, $new) =~ /created"?[:=]"?(\d+)/;
    between($created, $before - 1, now_ms(), '... from when it was');
    $r = at("$area/hour/cgi?action=rotate", $r->new_id);
    is(+(stored_text($format, "$key{$format}" . $r->new_id) =~ /created"?[:=]"?(\d+)/)[0],
       $created, '... which the next rotation keeps');
    # By rotate with a change, which is a login too; not by a change alone.
    my ($aged, $aged_key) = session($format, '@max' => 1800, '@created' => now_ms() - $hour + 300_000);
    at("$area/hour/cgi?set=role%3Dadmin", $aged);
    between(+(stored_text($format, $aged_key) =~ /created"?[:=]"?(\d+)/)[0], 0,
            now_ms() - 3_000_000, '... a change does not');
    between(pttl("$key{$format}" . at("$area/hour/cgi?action=rotate&set=role%3Dchef", $aged)->new_id),
            2_080_000, 2_100_000, '... rotate with a change does');
    # A session of another program has no absolute timeout, and gets none.
    my ($foreign) = session($format);
    $foreign = "$key{$format}" . at("$area/hour/cgi?action=create&set=a%3Db", $foreign)->new_id;
    unlike(stored_text($format, $foreign), qr/created/, '... of a foreign session none begins');
    is(at("$area/hour/lua", $r->new_id)->note('session.role'), 'admin', '... into it');

    # It ends at its moment, whatever time the key has: by the session's word.
    my $ends = now_ms() + 1_500;
    ($id, $key) = session($format, '@max' => 1800, '@created' => $ends - $hour);
    redis()->cmd('PEXPIRE', $key, 1_700_000);
    my ($last_found, $first_absent);
    SHS::Process::wait_for('the end of a session', 20, sub {
        my $asked = now_ms();
        my $is = at("$area/hour/lua", $id)->note('SHARED_SESSION');
        $is eq 'found' ? ($last_found = $asked) : ($first_absent = now_ms());
        $is eq 'absent';
    });
    ok(!$last_found || $last_found <= $ends, "$format: none is found that was asked"
       . ' for after its end') || diag($last_found - $ends, ' ms');
    cmp_ok($first_absent, '>=', $ends, '... nor lost before');
    is(pttl($key) > 0, 1, '... though its key is there');
    is(counted($key, sub { at("$area/hour/lua", $id) })->{EVAL}, 0,
       '... which is not touched');

    # And so does its key, where a touch has set its time.
    $ends = now_ms() + 20_000;
    ($id, $key) = session($format, '@max' => 1800, '@created' => $ends - $hour);
    at("$area/hour/lua", $id);
    ends_between($key, $ends, $ends, "$format: a touch sets what is left, to the moment");

    ($id, $key) = session($format, '@max' => 1800, '@created' => now_ms() - $hour - 1);
    is(at("$area/hour/lua", $id)->note('SHARED_SESSION'), 'absent', "$format: over");
    for my $what ('action=rotate', 'set=a%3Db') {
        $r = at("$area/hour/cgi?$what", $id);
        is($r->header('Set-Cookie'), undef, "... for $what too");
    }
    like(at("$area/hour/cgi?action=destroy", $id)->header('Set-Cookie'),
         qr/^JSESSIONID=; .*Max-Age=0/, '... and a logout takes the cookie away');
    $r = at("$area/hour/cgi?action=create&set=a%3Db", $id);
    is(at("$area/hour/lua", $r->new_id)->note('session.user'), undef,
       '... and a login begins anew');
    is(at("$area/x/lua", $id)->note('SHARED_SESSION'), 'found',
       '... while elsewhere it may live longer');
}

# Idle to the second: from when it was used.
for my $format (qw(hash json form)) {
    my ($id, $key) = session($format, '@max' => 20);
    redis()->cmd('PEXPIRE', $key, 9_500);
    my $from = now_ms();
    is(at("$area{$format}/x/lua", $id)->note('SHARED_SESSION'), 'found', "$format: used");
    ends_between($key, $from + 23_333, now_ms() + 23_334, '... it ends 23.3 s after that');
    redis()->cmd('PEXPIRE', $key, 1);
    SHS::Process::wait_for('the end of its time', 20, sub { pttl($key) == -2 });
    is(at("$area{$format}/x/lua", $id)->note('SHARED_SESSION'), 'absent', '... and is gone then');
}

# --- rotation -----------------------------------------------------------------------

for my $format (qw(hash json form)) {
    my $area = $area{$format};
    my ($id, $key) = session($format, '@max' => 1800, '@created' => now_ms());
    my $new = at("$area/x/cgi?action=rotate", $id)->new_id;
    my $successor = "$key{$format}$new";
    my $grace = pttl($key);
    between($grace, 4_000, 10_000, "$format: the old id has its grace");
    redis()->cmd('PEXPIRE', $successor, 900_000);
    my @seen = redis()->commands_during(sub {
        is(at("$area/x/lua", $id)->note('session.user'), 'anna', '... leads there') for 1 .. 3;
    });
    is_deeply([grep { $_->[1] eq 'EVAL' } @seen], [], '... and touches nothing');
    between(pttl($successor), 0, 900_000, '... not the session');
    cmp_ok(pttl($key), '<=', $grace, '... nor itself');
    my $count = counted($successor, sub { at("$area/x/lua", $new) });
    is($count->{EVAL}, 1, '... but the new id does');

    # After a login the old one shows what was there before; it is not touched.
    at("$area/x/cgi?action=rotate&set=role%3Dadmin", $new);
    $count = counted($successor, sub { at("$area/x/lua", $new) for 1 .. 3 });
    is($count->{EVAL}, 0, "$format: nor is the old id of a login touched");
    between(pttl($successor), 0, 10_000, '... beyond its grace');
    redis()->cmd('PEXPIRE', $successor, 1_000);
    is(counted($successor, sub { at("$area/idle/lua", $new) })->{EVAL}, 0,
       '... however little that is');

    # One that has less left than the grace does not get more by it.
    ($id, $key) = session($format);
    redis()->cmd('PEXPIRE', $key, 20_000);
    at("$area/grace60/cgi?action=rotate", $id);
    between(pttl($key), 0, 20_000, "$format: a grace ends with the session at the latest");

    for my $row (['grace60', 50_000, 60_000], ['brief', 0, 1_000]) {
        my ($place, $low, $high) = @$row;
        ($id, $key) = session($format, '@max' => 1800);
        redis()->cmd('PEXPIRE', $key, 1_800_000);
        $new = at("$area/$place/cgi?action=rotate", $id)->new_id;
        my $left = pttl($key);
        ok($left == -2 && !$low || $left > $low && $left <= $high,
           "$format, SharedSessionRotateGrace, $place") || diag($left);
    }
    SHS::Process::wait_for('the end of the grace', 20, sub { pttl($key) == -2 });
    is(at("$area/x/lua", $id)->note('SHARED_SESSION'), 'absent',
       '... after which the old id leads nowhere');
    is(at("$area/x/lua", $new)->note('session.user'), 'anna', '... and the new one does');

    for my $how ('action=rotate', 'action=create&set=role%3Dadmin') {
        ($id, $key) = session($format, '@max' => 1800);
        $new = at("$area/grace0/cgi?$how", $id)->new_id;
        is(pttl($key), -2, "$format, SharedSessionRotateGrace 0, $how: the old id is gone");
        is(at("$area/x/lua", $id)->note('SHARED_SESSION'), 'absent', '... at once');
        is(at("$area/x/lua", $new)->note('session.user'), 'anna', '... the session is not');
    }
}

# --- ended, rotated, touched between the load and the touch ------------------------------

my $race = SHS::Redis->start;
my $relay = SHS::Relay->start(to => $race->port, before => sub {
    my ($redis, $name, undef, undef, $key) = @_;
    if (uc $name eq 'EVAL' && $key =~ /-(ended|rotated|changed|touched)$/) {
        $redis->cmd('PEXPIRE', $key, 1_805_000) if $1 eq 'touched';
        $redis->cmd('DEL', $key) if $1 eq 'ended';
        if ($1 eq 'rotated') {
            $redis->cmd('TYPE', $key) eq 'hash'
                ? $redis->cmd('HSET', $key, '@rotated', 'session:x')
                : $redis->cmd('SET', $key, $key =~ /^json/ ? '{"@rotated":"json:x"}'
                                                          : '%40rotated=form:x');
            $redis->cmd('PEXPIRE', $key, 10_000);
        }
        $redis->cmd('SET', $key, $key =~ /^json/ ? '{"user":"berta"}' : 'user=berta',
                    'PX', 10_000)
            if $1 eq 'changed' && $key !~ /^session/;
    }
    return undef;
});
my $httpd = private_httpd(conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$relay->port]} timeout=5s
SharedSession On
SharedSessionIdleTimeout 30m adopt
SharedSessionNote session.* *
<Location /json>
    SharedSessionKey json:%{id}
    SharedSessionFormat json
</Location>
<Location /form>
    SharedSessionKey form:%{id}
    SharedSessionFormat form
</Location>
CONF
for my $format (qw(hash json form)) {
    for my $what (qw(ended rotated changed touched)) {
        next if $what eq 'changed' && $format eq 'hash';
        my $id = fresh_id() . "-$what";
        my $key = "$key{$format}$id";
        $format eq 'hash' ? $race->put_hash($key, { user => 'anna' }, 60)
            : $race->put_string($key, $format eq 'json' ? '{"user":"anna"}' : 'user=anna', 60);
        my $r = $httpd->get("$area{$format}/x/lua", cookie => "JSESSIONID=$id");
        is($r->note('session.user'), 'anna', "$format: a request has a session");
        is($race->cmd('EXISTS', $key), 0, '... and what was ended meanwhile stays so')
            if $what eq 'ended';
        between($race->cmd('PTTL', $key), 0, 10_000, '... what was rotated is not extended')
            if $what eq 'rotated';
        is($race->cmd('GET', $key), $format eq 'json' ? '{"user":"berta"}' : 'user=berta',
           '... what another has written is not undone') if $what eq 'changed';
        between($race->cmd('PTTL', $key), 1_800_000, 1_805_000,
                '... a touch by another host is enough') if $what eq 'touched';
        ok($httpd->wait_logged(qr/SHS013: .*not touched: .*gone/), '... and the log says so')
            if $what eq 'ended';
    }
}

# --- from the near-cache ---------------------------------------------------------------

{
    my $near = private_httpd(near => 1, conf => near_places() . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$race->port]} timeout=5s
CONF
    wait_live($near);
    my $ask = sub { $near->get('/x/lua', cookie => "JSESSIONID=$_[0]")->note('SHARED_SESSION') };

    # A touch becomes due while the session is there: the request that sees it has not
    # asked Redis for the session. A machine that stalls for longer than the lease has.
    my ($seen, $key);
    for (1 .. 5) {
        my $id = fresh_id();
        $key = "session:$id";
        $race->put_hash($key, { user => 'anna', '@max' => 1800 });
        $race->cmd('PEXPIRE', $key, 1_802_000);
        $seen = join ' ', map { $_->[1] } grep { $_->[1] eq 'ECHO' || grep { $_ eq $key } @$_ }
            $race->commands_during(sub {
                SHS::Process::wait_for('a touch', 20, sub {
                    $ask->($id);
                    $race->cmd('ECHO', 'asked');
                    $race->cmd('TTL', $key) > 1805 });
            });
        last if $seen =~ / ECHO TTL EVAL/;
    }
    like($seen, qr/^HGETALL PTTL ECHO TTL /, 'near: a session is loaded, and no touch is due');
    like($seen, qr/ ECHO TTL EVAL /, '... until a hit touches it');
    is(scalar(() = $seen =~ /EVAL/g), 1, '... once');
    between($race->cmd('PTTL', $key), 2_090_000, 2_100_000, '... as a miss would');

    # It is found until it ends, and no longer.
    my $id = fresh_id();
    $race->put_hash("session:$id", { user => 'anna' });
    my $hits = status($near)->{CacheHits};
    my $soonest = now_ms() + 2_000;
    $race->cmd('PEXPIRE', "session:$id", 2_000);
    my $latest = now_ms() + 2_000;
    my ($last_found, $first_absent);
    SHS::Process::wait_for('the end of a session', 20, sub {
        my $asked = now_ms();
        my $is = $ask->($id);
        $is eq 'found' ? ($last_found = $asked) : ($first_absent = now_ms());
        $is eq 'absent';
    });
    cmp_ok(status($near)->{CacheHits}, '>', $hits, 'near: a session is found');
    cmp_ok($last_found // 0, '<=', $latest, '... not after its end');
    cmp_ok($first_absent, '>=', $soonest - 20, '... and until then');
    $near->stop;
}

# --- a touch that another place or Redis prevents ----------------------------------

{
    my $store = SHS::Redis->start;
    my $httpd = private_httpd(conf => one_child() . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s
SharedSessionCache On lease=20s
@{[near_places()]}
<Location /untouched>
    SharedSession On
    SharedSessionTouch Off
</Location>
CONF
    my $new = sub {
        my ($seconds) = @_;
        my $id = fresh_id();
        $store->put_hash("session:$id", { user => 'anna', '@max' => 1800 }, $seconds);
        return $id;
    };
    my $left = sub { return $store->cmd('TTL', "session:$_[0]") };
    wait_live($httpd);

    my $id = $new->(1000);
    $httpd->get('/untouched/cgi', cookie => "JSESSIONID=$id");
    between($left->($id), 900, 1000, 'SharedSessionTouch Off: no touch');
    $httpd->get('/untouched/cgi?location=/x/lua', cookie => "JSESSIONID=$id");
    between($left->($id), 2000, 2100, '... but the place to which httpd redirects touches');

    $id = $new->(1700);
    $store->cmd('CONFIG', 'SET', 'min-replicas-to-write', 1);
    my $ask = sub { $httpd->get('/x/lua', cookie => "JSESSIONID=$id") for 1 .. 10 };
    $ask->();
    my @seen = map { $_->[1] } $store->commands_during($ask);
    is(scalar(grep { $_ eq 'HGETALL' } @seen), 0,
       'a touch that Redis refuses: the session stays in the near-cache');
    is(scalar(grep { $_ eq 'EVAL' } @seen), 10, '... and each request tries again');
    $store->cmd('CONFIG', 'SET', 'min-replicas-to-write', 0);
    $ask->();
    between($left->($id), 2000, 2100, '... until Redis takes writes');
    is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
}

done_testing;
