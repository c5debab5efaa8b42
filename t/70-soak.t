# Many workers over many sessions, while Redis is paused, killed and restarted:
# every answer belongs to its cookie. Half of the requests are made with the
# near-cache, as users have it. The other half are made without it, by many clients
# at once, so that their lookups are sent together (share=on). All are without the
# circuit breaker, so that as many requests as can be meet the trouble.
# SHS_SOAK_REQUESTS (30000) and SHS_SOAK_SESSIONS (1000) set the size; `t/run soak`
# takes 200,000.
use strict;
use warnings;

use SHS;
use SHS::Load;
use Time::HiRes qw(time);

my $requests = $ENV{SHS_SOAK_REQUESTS} || 30000;
my $count = $ENV{SHS_SOAK_SESSIONS} || 1000;

my $store = SHS::Redis->start;
my $port = $store->port;
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n" },
                          loglevel => 'notice shared_session:info', near => 1,
                          conf => <<"CONF");
SharedSession On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
<VirtualHost *:\${SHS_PORT}>
    ServerName soak.test
    SharedSessionStore redis://127.0.0.1:$port timeout=60ms connect-timeout=60ms pool=8 breaker=off name=soak
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName batch.test
    SharedSessionStore redis://127.0.0.1:$port timeout=60ms connect-timeout=60ms pool=8 breaker=off name=batch
    SharedSessionCache Off
</VirtualHost>
# Where all must be found, however busy the machine is.
<VirtualHost *:\${SHS_PORT}>
    ServerName steady.test
    SharedSessionStore redis://127.0.0.1:$port timeout=5s pool=8 breaker=off name=steady
</VirtualHost>
CONF

my @sessions = map { [ sprintf('SeCrEt-soak-%06d-%d', $_, $$),
                       "owner-$_-" . 'x' x ($_ % 300) ] } 1 .. $count;

sub plant {
    my $client = SHS::Redis::Client->new(port => $port);
    $client->cmd('HSET', "session:$_->[0]", 'owner', $_->[1], 'pad',
                 'y' x 500) for @sessions;
    return;
}
plant();

sub of_load {
    my ($host) = @_;
    return (port => $httpd->port, path => '/page.html', host => "$host.test",
            sessions => \@sessions, workers => 8, requests => $requests);
}
sub load {
    my ($host, %more) = @_;
    return SHS::Load::run(of_load($host), %more);
}

# The client notices a stranger: one session holds another session's owner.
$store->cmd('HSET', "session:$sessions[0][0]", 'owner', $sessions[1][1]);
my $sum = load('steady', sessions => [ @sessions[0 .. 3] ], requests => 400);
ok($sum->{strangers} > 20, 'a planted stranger is noticed');
$store->cmd('HSET', "session:$sessions[0][0]", 'owner', $sessions[0][1]);
SHS::Process::wait_for('its invalidation', 20, sub {
    ($httpd->get('/page.html', host => 'steady.test',
                 cookie => "JSESSIONID=$sessions[0][0]")->header('X-Owner') // '')
        eq $sessions[0][1] });

# A quiet Redis: all are found.
$sum = load('steady', requests => int($requests / 10));
is($sum->{status_found} // 0, int($requests / 10),
   'a quiet Redis: all are found');
is($sum->{strangers}, 0, '... no stranger');

# Lookups are sent together only while replies are quick, which on a busy machine
# may be never: t/50-batch.t has what batches do.
my %of_batch = (workers => 20);
my @commands = $store->commands_during(sub {
    $sum = load('batch', %of_batch, requests => 3000) });
is($sum->{strangers}, 0, 'without the near-cache: no stranger');
my $batches = grep { $_->[1] eq 'ECHO' && ($_->[2] // '') =~ /^batch-/ } @commands;
note "$batches batches";
is($batches, 0, '... and with one thread a child no lookups are sent together')
    if mpm() eq 'prefork';

# Trouble, all the time the load lasts: stopped for longer than the deadline,
# slow, connections killed, the server killed and started again.
my $trouble = SHS::Process::fork_child('trouble', sub {
    my %did = map { $_ => 0 } qw(stopped paused killed restarted);
    my $tell = sub {
        open my $out, '>', "$ENV{SHS_TMP}/trouble.$$.tmp" or return;
        print $out join ' ', map { "$_ $did{$_}" } sort keys %did;
        close $out;
        rename "$ENV{SHS_TMP}/trouble.$$.tmp", "$ENV{SHS_TMP}/trouble";
    };
    my $go_on = 1;
    $SIG{TERM} = sub { $go_on = 0 };
    while ($go_on) {
        for my $what (qw(stop pause stop kill stop restart)) {
            last if !$go_on;
            eval {
                if ($what eq 'stop') {
                    $store->pause;
                    SHS::Process::let_pass(0.15);
                    $store->resume;
                    $did{stopped}++;
                }
                elsif ($what eq 'pause') {
                    $store->cmd('CLIENT', 'PAUSE', 120, 'ALL');
                    $did{paused}++;
                }
                elsif ($what eq 'kill') {
                    my $killed = $store->cmd('CLIENT', 'KILL', 'TYPE', 'normal',
                                             'SKIPME', 'yes');
                    $did{killed}++ if $killed > 0;
                }
                else {
                    $store->restart;
                    SHS::Process::let_pass(0.1);
                    plant();
                    $did{restarted}++;
                }
            };
            $tell->();
            SHS::Process::let_pass(0.25);
        }
    }
    $store->resume;
    $store->stop;
});
# The child owns the Redis from here on: it starts it again under new pids.
SHS::Process::forget($store->pid);

# On a fast machine the load may be over before each kind of trouble has come.
my @kinds = qw(stopped paused killed restarted);
my %did;
my $is_complete = sub {
    %did = split ' ', slurp("$ENV{SHS_TMP}/trouble");
    return !grep { !$did{$_} } @kinds;
};
# Both loads at once, of so many requests each.
my ($asked, %found) = (0);
sub load_both {
    my ($each) = @_;
    my @loads = (SHS::Load::begin(of_load('soak'), requests => $each),
                 SHS::Load::begin(of_load('batch'), %of_batch, requests => $each));
    $sum = { map { $_ => 0 } qw(requests seconds) } if !$asked;
    for my $host (qw(soak batch)) {
        my $more = shift(@loads)->sum;
        $sum->{$_} += $more->{$_} for keys %$more;
        $found{$host} += $more->{status_found} // 0;
        $asked += $each;
    }
    return;
}
load_both(int($requests / 2));
for (1 .. 50) {
    last if $is_complete->();
    load_both(int($requests / 20));
}
SHS::Process::stop($trouble, 'TERM', 30);
$is_complete->();

note SHS::Load::words($sum);
diag SHS::Load::words($sum) if $requests >= 100_000;
note join ', ', map { "$_ $did{$_} times" } sort keys %did;
diag join ', ', map { "$_ $did{$_} times" } sort keys %did
    if $requests >= 100_000;
is($sum->{requests}, $asked, "$asked requests, all of them counted");
is($sum->{strangers}, 0, 'no stranger: every answer belonged to its cookie');
is($sum->{broken}, 0, 'no connection broke, no request was lost');
is($sum->{lost}, 0, 'no worker was lost');
is($sum->{code_200} // 0, $asked, 'every request was answered with 200');
ok($found{$_} > $asked / 20, "$_: many were found") || diag(SHS::Load::words($sum))
    for sort keys %found;
ok($sum->{status_unavailable} > 0, 'some met a Redis that was not there')
    || diag(SHS::Load::words($sum));
ok($did{$_}, "meanwhile Redis, or its connections, were $_") for @kinds;
is($sum->{status_missing} // 0, 0, 'every answer had a status');
is($sum->{status_malformed} // 0, 0, 'none was malformed');

# Afterwards all is well: with the store that met the trouble as soon as the
# machine answers within its deadline, and with the patient one at once.
$store = SHS::Redis->start(port => $port);
plant();
# Negative entries of a store without sessions may be valid until it is tracked anew.
wait_tracked($store, qw(soak steady));
my $load = SHS::Load->start(of_load('soak'), requests => 200_000,
                            pause => 0.001);
ok(eval { SHS::Process::wait_for('many to be found in a row', 60, sub {
    die "the load is over\n" if $load->is_over;
    $load->settled >= 500 }) }, 'afterwards the store of the trouble serves:'
   . ' 500 in a row are found') || diag($@);
$sum = $load->stop;
diag(SHS::Load::words($sum)) if !ok(!$sum->{status_absent}
    && !$sum->{strangers}, '... none is called absent, or is a stranger');
$sum = load('steady', requests => int($requests / 10));
is($sum->{status_found} // 0, int($requests / 10), 'afterwards all are found');
is($sum->{strangers}, 0, '... and none is a stranger');
is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
ok(scalar $httpd->logged(qr/SHS003: /), 'SHS003 was logged');
ok(scalar $httpd->logged(qr/SHS004: /), 'SHS004 was logged');

# Connections: no more than pool= for a child, however many came and went, and
# no more than it has threads; and one subscription for the host.
my $limit = mpm() eq 'prefork' ? 24 : 8 * 2;
my @clients = split /\n/, $store->cmd('CLIENT', 'LIST');
for my $host (qw(soak steady)) {
    my @of_host = grep { /\bname=$host\b/ } @clients;
    my $count = grep { / sub=0 / } @of_host;
    cmp_ok($count, '<=', $limit, "$host: at most pool= connections a child");
    cmp_ok($count, '>', 0, '... and some');
    is(@of_host - $count, 1, '... and one subscription');
}

done_testing;
