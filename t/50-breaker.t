# The same with worker as with event.
#
# The circuit breaker: one for a host and a store. It opens after so many
# failures in a row, whichever children met them; while it is open no request waits
# but a single probe now and then; and it closes when the probe gets a reply.
use strict;
use warnings;

use SHS;
use SHS::Load;
use SHS::Proxy;
use SHS::Report;
use SHS::Status;
use List::Util qw(max);
use Time::HiRes qw(time);

my $store = SHS::Redis->start;
my $port = $store->port;
my $proxy = SHS::Proxy->start(to => $port);
my $proxy_port = $proxy->port;

# Answers LOADING for as long as a file is there.
my $loading = "$ENV{SHS_TMP}/loading.$$";
my $fake = SHS::Fake->start(sub {
    my ($c) = @_;
    while (1) {
        my $key = $c->load;
        $c->send(-e $loading ? "-LOADING Redis is loading\r\n" x 2
                             : $c->hash_reply(owner => "of $key"));
    }
});

# Every store is another database of one Redis: so they are told apart.
my %options = (
    counts => [ 0, 'breaker=5/2m timeout=5s connect-timeout=5s' ],
    twin => [ 0, 'breaker=5/2m timeout=5s connect-timeout=5s' ],
    hole => [ 1, 'breaker=5/1s timeout=300ms connect-timeout=300ms' ],
    traced => [ 1, 'breaker=5/1s timeout=300ms connect-timeout=300ms' ],
    quick => [ 2, 'breaker=2/200ms timeout=1s connect-timeout=1s' ],
    off => [ 3, 'breaker=off timeout=5s connect-timeout=5s' ],
    killed => [ 4, 'breaker=2/300ms timeout=1s connect-timeout=1s' ],
    narrow => [ 5, 'pool=1 share=off timeout=1s connect-timeout=1s' ],
);
my %url = map { $_ => "redis://127.0.0.1:$proxy_port/$options{$_}[0]" }
    keys %options;
my %also = (other => [ "redis://127.0.0.1:$port/0", 'timeout=5s' ],
            loading => [ 'redis://127.0.0.1:' . $fake->port . '/0',
                         'breaker=2/400ms timeout=400ms' ]);
for my $name (keys %also) {
    $url{$name} = $also{$name}[0];
    $options{$name} = $also{$name};
}
my $vhosts = join '', map { <<"CONF" } sort keys %options;
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore $url{$_} $options{$_}[1]
    @{[ /narrow|traced/ ? 'LogLevel shared_session:debug' : '' ]}
</VirtualHost>
CONF
my $httpd = private_httpd(files => { map { ("htdocs/$_" => "page\n") }
                                         qw(page.html deny/page.html
                                            off/page.html) },
                          loglevel => 'notice shared_session:info',
                          conf => <<"CONF");
SharedSession On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
LogFormat "%P" pid
CustomLog logs/pids pid
<Location /deny>
    SharedSessionFailure deny
</Location>
<Location /off>
    SharedSession Off
</Location>
@{[status_place()]}
<IfModule mpm_prefork_module>
    StartServers 10
    MinSpareServers 4
</IfModule>
$vhosts
CONF

my @sessions = map { [ sprintf('SeCrEt-breaker-%06d-%d', $_, $$), "owner$_" ] }
    1 .. 100;
for my $db (0 .. 5) {
    my $client = SHS::Redis::Client->new(port => $port, db => $db);
    $client->cmd('HSET', "session:$_->[0]", 'owner', $_->[1]) for @sessions;
}

sub ask {
    my ($name, $path) = @_;
    return $httpd->get($path // '/page.html', host => "$name.test",
                       cookie => "JSESSIONID=$sessions[0][0]");
}
sub status { return ask(@_)->header('X-Status') }

# The lines of one store in ?auto: { Breaker => 'closed', Timeouts => 3, ... }
sub seen {
    my ($name) = @_;
    return store_status($httpd, qr/\Q$url{$name}\E/, host => 'other.test');
}

# How many lookups a store has not answered and how many of these never asked.
# Both counters only grow.
sub count_failures {
    my ($name) = @_;
    my $seen = seen($name);
    return @$seen{qw(Unavailable Blocked)};
}

sub downs { return scalar $httpd->logged(qr{:warn\].*SHS003: .* \Q$url{$_[0]}\E }) }
sub ups { return scalar $httpd->logged(qr{:notice\].*SHS004: .* \Q$url{$_[0]}\E }) }

sub wait_status {
    my ($name, $wanted, $seconds) = @_;
    return eval { SHS::Process::wait_for("$wanted from $name", $seconds || 20,
        sub { status($name) eq $wanted }) };
}

sub load {
    my ($name, %more) = @_;
    return SHS::Load->start(port => $httpd->port, path => '/page.html',
                            host => "$name.test", sessions => \@sessions,
                            workers => 4, requests => 60_000, pause => 0.001,
                            %more);
}

# --- how it opens ---------------------------------------------------------------

subtest 'five failures in a row open it' => sub {
    is(status('counts'), 'found', 'at first all is well');
    $proxy->slam;
    is(status('counts'), 'unavailable', "failure $_") for 1 .. 4;
    is(seen('counts')->{Breaker}, 'closed', 'four do not open it');
    $proxy->pass;
    is(status('counts'), 'found', 'a success between');
    $proxy->slam;
    is(status('counts'), 'unavailable', "failure $_") for 1 .. 4;
    is(seen('counts')->{Breaker}, 'closed', '... so that four more do not');
    is(downs('counts'), 0, 'nothing is told yet');
    my $asked = $proxy->stats->{accepted};
    is(status('counts'), 'unavailable', 'the fifth');
    is($proxy->stats->{accepted}, $asked + 1, '... was tried');
    is(seen('counts')->{Breaker}, 'open', 'it is open');
    ok($httpd->wait_logged(qr{:warn\].*SHS003: .* \Q$url{counts}\E }),
       'SHS003 tells of it, a warning');
    $proxy->pass;
    $asked = $proxy->stats->{accepted};
    for my $n (1 .. 10) {
        my $r = ask('counts');
        is($r->header('X-Status'), 'unavailable', "blocked $n");
        cmp_ok($r->seconds, '<', 2, '... without waiting for timeout=5s');
    }
    is($proxy->stats->{accepted}, $asked, 'no request asks any more');
    is(seen('counts')->{Blocked}, 10, 'they are counted');
    is(seen('counts')->{Outages}, 1, '... the outage too');
    is(downs('counts'), 1, '... and told once');
};

subtest 'it belongs to the host and the store' => sub {
    my $asked = $proxy->stats->{accepted};
    is(status('twin'), 'unavailable',
       'a virtual host that names the same store: blocked');
    is(status('other'), 'found', 'another store: found');
    # All children, and then others in their places.
    for my $round ('these children', 'their successors') {
        my $sum = SHS::Load::run(port => $httpd->port, path => '/page.html',
                                 host => 'counts.test', workers => 8,
                                 sessions => \@sessions, requests => 400);
        is($sum->{status_unavailable}, 400, "$round: blocked");
        last if $round ne 'these children';
        my %old = map { $_ => 1 } $httpd->children;
        kill 'KILL', $_ for grep { serves($_) } keys %old;
        ok(eval { SHS::Process::wait_for('other children', 20, sub {
            my @new = grep { serves($_) && !$old{$_} } $httpd->children;
            @new && ($httpd->get('/off/page.html')->code == 200) }) },
           'other children take their places');
    }
    my %pids = map { $_ => 1 } split /\n/,
        slurp($httpd->root . '/logs/pids');
    cmp_ok(scalar keys %pids, '>=', 3, 'it was asked of '
           . keys(%pids) . ' children');
    is($proxy->stats->{accepted}, $asked, 'none of them asked Redis');
    is(seen('counts')->{Breaker}, 'open', 'it is still open');
    is(downs('counts'), 1, '... told once');
};

# The daemon of mod_cgid is a child too, with one thread.
sub serves { return mpm() eq 'prefork' || (() = glob "/proc/$_[0]/task/*") > 1 }

# --- a Redis that swallows everything ------------------------------------------

# The times of each path while the breaker is open, without those of the probes:
# these are told by the counters, not by the clock, and so many answers, the
# longest ones of the paths with a store, are left out. A path comes once in
# three.
sub watch_open {
    my ($load, $each) = @_;
    my $began = time;
    my $dials = $proxy->stats->{accepted};
    my ($failed, $blocked) = count_failures('hole');
    SHS::Process::wait_for("$each requests of each kind", 120, sub {
        die "the load is over\n" if $load->is_over;
        $load->since($began) >= 3 * $each });
    my $ended = time;
    my ($failed_now, $blocked_now) = count_failures('hole');
    $dials = $proxy->stats->{accepted} - $dials;
    my $seconds = time - $began;
    my $probes = max(0, $failed_now - $failed - ($blocked_now - $blocked));
    my @answers = grep { $_->[0] + $_->[1] < $ended } $load->since($began);
    my @with = sort { $b->[1] <=> $a->[1] } grep { $_->[4] != 2 } @answers;
    splice @with, 0, $probes;
    return { seconds => $seconds, dials => $dials, probes => $probes,
             blocked => $blocked_now - $blocked,
             2 => [ grep { $_->[4] == 2 } @answers ],
             map { my $n = $_; $n => [ grep { $_->[4] == $n } @with ] } 0, 1 };
}

# Microseconds of lookups that were blocked, as the log tells them.
sub blocked_lookups {
    return sort { $a <=> $b }
        map { /SHS007: session unavailable: .*circuit breaker.*, (\d+) us\)/ }
        $httpd->logged(qr/SHS007: /);
}

subtest 'black hole' => sub {
    is(status('hole'), 'found', 'at first all is well');
    $proxy->blackhole;
    my $load = load('hole', path => ['/page.html', '/deny/page.html',
                                     '/off/page.html']);
    ok($httpd->wait_logged(qr{SHS003: .* \Q$url{hole}\E .*}, 20),
       'the log tells of it');
    SHS::Process::wait_for('it to open', 20, sub {
        (seen('hole')->{Breaker} // '') ne 'closed' });
    my $opened = time;
    SHS::Process::wait_for('those that were on their way', 20, sub {
        $load->have_all_begun_since($opened) });
    # The promise is 5 ms. On a machine that others use it can be the
    # scheduler's time that is measured: then the page that needs no store is
    # slow as well, and it is measured again, three times at most.
    my ($is, $p99, $deny, $plain, $limit);
    for my $try (1 .. 3) {
        my $now = watch_open($load, 2000);
        my @p99 = map { SHS::Load::percentile(99, @{ $now->{$_} }) } 0 .. 2;
        note sprintf 'p99 %.2f ms, deny %.2f ms, without a store %.2f ms; %d'
            . ' probes and %d dials in %.1f s', map({ 1000 * $_ } @p99),
            @$now{qw(probes dials seconds)};
        cmp_ok($now->{probes}, '<=', $now->{seconds} + 2,
               "probes: $now->{probes}, one in a second at most");
        cmp_ok($now->{dials}, '<=', $now->{seconds} + 2,
               "Redis sees no more: $now->{dials} connections");
        cmp_ok($now->{blocked}, '>=', 3900, 'all others do not ask');
        if (!$is || max(@p99[0, 1]) < max($p99, $deny)) {
            $is = $now;
            ($p99, $deny, $plain) = @p99;
        }
        last if max($p99, $deny) < 0.005;
    }
    $limit = $plain < 0.002 ? 0.005 : 0.005 + 2 * $plain;
    my $words = sprintf 'p99 is %s (without a store it is %.1f ms)',
        $plain < 0.002 ? 'below 5 ms'
                       : 'below 5 ms and twice a page without a store',
        1000 * $plain;
    cmp_ok(scalar @{ $is->{0} }, '>=', 1900, 'outside the probes');
    cmp_ok($p99, '<', $limit, "... allow: $words");
    cmp_ok($deny, '<', $limit, "... deny: $words");
    my $r = ask('hole', '/deny/page.html');
    is($r->code, 503, 'deny: 503');
    is($r->header('Retry-After'), '5', '... with Retry-After');
    is(seen('hole')->{Outages}, 1, 'it is one outage');
    is(downs('hole'), 1, '... told once');
    is(ups('hole'), 0, '... and not over');

    # What such a lookup costs, by the module's own clock.
    SHS::Load::run(port => $httpd->port, path => '/page.html',
                   host => 'traced.test', sessions => \@sessions, workers => 2,
                   requests => 1000);
    my @us;
    ok(eval { SHS::Process::wait_for('the log', 20, sub {
        @us = blocked_lookups(); @us >= 900 }) },
       'lookups that were blocked, as the log tells them');
    my ($median, $us_p99) = map { $us[ int($#us * $_ + 0.5) ] // 1e6 } 0.5, 0.99;
    cmp_ok($median, '<', 1000, "... half of them took $median us at most:"
           . ' less than a millisecond');

    $proxy->pass;
    my $passed = time;
    ok(eval { SHS::Process::wait_for('recovery', 20, sub {
        grep { $_->[4] == 0 } $load->since($passed, 'found') }) },
       'Redis is back: found');
    my $took = $load->first_found($passed) - $passed;
    cmp_ok($took, '<', 0.3 + 5 * 1 + 2, sprintf '... after %.2f s', $took);
    ok($httpd->wait_logged(qr{:notice\].*SHS004: .* \Q$url{hole}\E }),
       'SHS004 tells that it is over');
    ok(eval { SHS::Process::wait_for('all to be well', 20, sub {
        my @last = grep { $_->[4] == 0 } $load->since($passed);
        splice @last, 0, -30;
        @last == 30 && !grep { $_->[2] ne 'found' } @last }) },
       'all are found');
    my $sum = $load->stop;
    is($sum->{strangers}, 0, 'no wrong answer');
    is($sum->{status_absent} // 0, 0, 'no session is called absent');
    is($sum->{broken} + $sum->{lost}, 0, 'no request is lost');
    is(downs('hole'), 1, 'SHS003 came once');
    is(ups('hole'), 1, 'SHS004 came once');
    is(seen('hole')->{Breaker}, 'closed', 'it is closed');
    SHS::Report::figure('black-holed Redis, breaker=5/1s: p99 with allow',
                        sprintf('%.2f', 1000 * $p99), 'ms');
    SHS::Report::figure('black-holed Redis, breaker=5/1s: p99 with deny',
                        sprintf('%.2f', 1000 * $deny), 'ms');
    SHS::Report::figure('black-holed Redis, breaker=5/1s: p99 without a store',
                        sprintf('%.2f', 1000 * $plain), 'ms');
    SHS::Report::figure('black-holed Redis, breaker=5/1s: requests that waited',
                        $is->{probes}, sprintf 'in %.1f s', $is->{seconds});
    SHS::Report::figure('black-holed Redis, breaker=5/1s: a lookup that is'
                        . ' blocked, median', $median, 'us');
    SHS::Report::figure('black-holed Redis, breaker=5/1s: a lookup that is'
                        . ' blocked, p99', $us_p99, 'us');
    SHS::Report::figure('black-holed Redis, breaker=5/1s: recovery',
                        sprintf('%.2f', $took), 's');
};

# --- how it closes ----------------------------------------------------------------

subtest 'recovery' => sub {
    is(status('quick'), 'found', 'at first all is well');
    my $load = load('quick', workers => 3);
    my @took;
    for my $mode (qw(blackhole deaf refuse)) {
        $proxy->$mode;
        ok(eval { SHS::Process::wait_for('it to open', 20, sub {
            (seen('quick')->{Breaker} // '') ne 'closed' }) }, "$mode: open");
        my $opened = time;
        SHS::Process::wait_for('those that were on their way', 20, sub {
            $load->have_all_begun_since($opened) });
        my $began = time;
        my $dials = $proxy->stats->{accepted};
        SHS::Process::let_pass(1);
        $dials = $proxy->stats->{accepted} - $dials;
        my $seconds = time - $began;
        cmp_ok($dials, '<=', $seconds / 0.2 + 2, "$dials probes");
        $proxy->pass;
        my $passed = time;
        ok(eval { SHS::Process::wait_for('recovery', 20, sub {
            defined $load->first_found($passed) }) }, '... and closed again');
        push @took, $load->first_found($passed) - $passed;
        cmp_ok($took[-1], '<', 1 + 5 * 0.2 + 2, sprintf '... after %.2f s',
               $took[-1]);
        ok(eval { SHS::Process::wait_for('all to be found', 20, sub {
            $load->settled($passed) > 100 }) }, '... for all');
    }
    my $sum = $load->stop;
    is($sum->{strangers}, 0, 'no wrong answer');
    is($sum->{status_absent} // 0, 0, 'no session is called absent');
    is(downs('quick'), 3, 'each outage is told once');
    is(ups('quick'), 3, '... and its end too');
    SHS::Report::figure('recovery with breaker=2/200ms', sprintf('%.2f',
                        max(@took)), 's');
};

# The probe's child is killed as it waits: another probes, when the time of
# the first is over.
subtest 'a child that is killed as it probes' => sub {
    is(status('killed'), 'found', 'at first all is well');
    $proxy->slam;
    is(status('killed'), 'unavailable', "failure $_") for 1, 2;
    is(seen('killed')->{Breaker}, 'open', 'it is open');
    $proxy->blackhole;
    my $load = load('killed', pause => 0.01);
    my $is_killed = 0;
    ok(eval { SHS::Process::wait_for('a probe to be killed', 20, sub {
        my $stats = $proxy->stats;
        my $pid = pid_of_port($stats->{last}) or return 0;
        kill 'KILL', $pid;
        $is_killed = time;
        SHS::Process::wait_for('its end', 10,
                               sub { !SHS::Process::is_alive($pid) });
        return 1;
    }) }, 'the child that probes is killed');
    $proxy->pass;
    ok(eval { SHS::Process::wait_for('recovery', 20, sub {
        defined $load->first_found($is_killed) }) }, 'another one probes');
    my $took = ($load->first_found($is_killed) // $is_killed + 99) - $is_killed;
    cmp_ok($took, '<', 1.1 + 5 * 0.3 + 2, sprintf '... after %.2f s', $took);
    is($load->stop->{strangers}, 0, 'no wrong answer');
    is(seen('killed')->{Breaker}, 'closed', 'it is closed');
};

# The child of httpd that has a connection from that port of its own.
sub pid_of_port {
    my ($local) = @_;
    my $hex = sprintf '%04X', $local;
    open my $in, '<', '/proc/net/tcp' or return;
    my ($inode) = map { /^ *\d+: [0-9A-F]{8}:$hex (?:\S+ +){7}(\d+)/ ? $1 : () }
        <$in>;
    return if !$inode;
    for my $pid ($httpd->children) {
        for my $fd (glob "/proc/$pid/fd/*") {
            return $pid if (readlink($fd) // '') eq "socket:[$inode]";
        }
    }
    return;
}

# --- what does not open it, and what it does not stop --------------------------

subtest 'breaker=off' => sub {
    is(status('off'), 'found', 'at first all is well');
    $proxy->slam;
    my $asked = $proxy->stats->{accepted};
    is(status('off'), 'unavailable', "failure $_") for 1 .. 12;
    is($proxy->stats->{accepted}, $asked + 12, 'each has asked');
    is(seen('off')->{Blocked}, 0, 'none was blocked');
    is(downs('off'), 1, 'it is told, once');
    $proxy->pass;
    is(status('off'), 'found', 'the first after Redis is back is found');
    is(ups('off'), 1, '... which is told');
};

# An event or worker child has many threads, here with one connection, which they
# do not share.
subtest 'a pool that is full' => sub {
    is(status('narrow'), 'found', 'at first all is well');
    $proxy->delay(150);
    my $sum = SHS::Load::run(port => $httpd->port, path => '/page.html',
                             host => 'narrow.test', sessions => \@sessions,
                             workers => 24, requests => 48);
    note SHS::Load::words($sum);
    $proxy->pass;
    cmp_ok($sum->{status_found}, '>', 0, 'some have their turn');
    is($sum->{strangers}, 0, 'no wrong answer');
    if (mpm() ne 'prefork') {
        cmp_ok($sum->{status_unavailable}, '>', 0, 'others have not');
        cmp_ok(seen('narrow')->{PoolFull}, '>', 0, 'they are counted');
        ok(scalar $httpd->logged(qr/SHS007: .*unavailable: all connections of the pool are busy/),
           'the reason names the pool');
    }
    is(seen('narrow')->{Breaker}, 'closed', 'it stays closed');
    is(downs('narrow'), 0, 'the log does not say that Redis is down');
    is(status('narrow'), 'found', 'and then all is well');
};

# A Redis that loads for long: once it is open, one waits and the others not.
subtest 'LOADING without end' => sub {
    is(status('loading'), 'found', 'at first all is well');
    open my $out, '>', $loading or die $!;
    close $out;
    my $load = load('loading', workers => 6, sessions =>
                    [ map { [ $_->[0], "of session:$_->[0]" ] } @sessions ]);
    ok(eval { SHS::Process::wait_for('it to open', 20, sub {
        (seen('loading')->{Breaker} // '') ne 'closed' }) }, 'it opens');
    my $opened = time;
    SHS::Process::wait_for('those that were on their way', 20, sub {
        $load->have_all_begun_since($opened) });
    my $began = time;
    my $commands = grep { / HGETALL / } $fake->journal;
    my ($failed, $blocked) = count_failures('loading');
    SHS::Process::let_pass(2);
    my ($failed_now, $blocked_now) = count_failures('loading');
    $commands = grep({ / HGETALL / } $fake->journal) - $commands;
    my $probes = int((time - $began) / 0.4) + 2;
    $failed = $failed_now - $failed;
    $blocked = $blocked_now - $blocked;
    my $waited = $failed - $blocked;
    cmp_ok($blocked, '>', 100, 'nearly all do not ask');
    cmp_ok($waited, '<=', $probes, "$waited of $failed requests waited");
    # A probe asks again after 5, 10, 20 ms, ... until the deadline.
    cmp_ok($commands, '<=', 10 * $probes, "Redis got $commands commands");
    unlink $loading;
    my $ended = time;
    ok(eval { SHS::Process::wait_for('recovery', 20, sub {
        $load->settled($ended) > 100 }) }, 'it has loaded: all are found');
    is($load->stop->{strangers}, 0, 'no wrong answer');
};

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died by itself');

done_testing;
