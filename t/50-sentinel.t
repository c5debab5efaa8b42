# The same with worker as with event.
#
# Real Sentinels: the current master serves the sessions, also after a failover
# and without a restart. A former master serves none. A session that could not be
# read is `unavailable`, never `absent`.
use strict;
use warnings;

use SHS;
use SHS::Certs;
use SHS::Load;
use SHS::Report;
use SHS::Sentinel;
use SHS::Vhosts;
use SHS::Watch;
use List::Util qw(max);
use Time::HiRes qw(time);

sub figure { return SHS::Report::figure(@_) }

my $slack = 2; # what a busy machine may take of its own

# --- the servers ---------------------------------------------------------------

my $certs = SHS::Certs->new;
$certs->sign('server', 'DNS:localhost,IP:127.0.0.1');
my $plain = SHS::Sentinel->start;
my $secured = SHS::Sentinel->start(
    tls => $certs,
    acl => "user default on >SeCrEt-not-given ~* &* +\@all\n"
         . "user boss on >SeCrEt-boss ~* &* +\@all\n"
         . "user app on >SeCrEt-app ~session:* &* +get +hgetall +pttl +role\n"
         . "user behind on >SeCrEt-app ~session:* &* +get +hgetall +pttl +info\n"
         . "user blind on >SeCrEt-app ~session:* &* +get +hgetall +pttl\n",
    login => [ 'boss', 'SeCrEt-boss' ],
    sentinel_acl => "user default on >SeCrEt-not-given &* +\@all\n"
         . "user boss on >SeCrEt-chief &* +\@all\n"
         . "user web on >SeCrEt-web &* resetchannels -\@all +auth"
         . " +sentinel|get-master-addr-by-name +sentinel|master"
         . " +sentinel|replicas\n",
    sentinel_login => [ 'boss', 'SeCrEt-chief' ]);

my $unused = SHS::Process::free_port();

# A Sentinel that says what a test wants: the file holds "port epoch", or
# nothing if it knows no master.
sub fake_sentinel {
    my ($file) = @_;
    return SHS::Fake->start(sub {
        my ($c) = @_;
        while (1) {
            my @words = map { lc } $c->read_any;
            my ($port, $epoch) = split ' ', slurp($file);
            if ($words[0] eq 'ping') {
                $c->send("+PONG\r\n");
            }
            elsif ($words[0] ne 'sentinel') {
                $c->send("+OK\r\n");
            }
            elsif ($words[1] eq 'get-master-addr-by-name') {
                $c->send(defined $port ? bulks('127.0.0.1', $port)
                                       : "*-1\r\n");
            }
            elsif (!defined $port) {
                $c->send("-ERR No such master with that name\r\n");
            }
            elsif ($words[1] eq 'master') {
                $c->send(bulks(name => 'mymaster', ip => '127.0.0.1',
                               port => $port, flags => 'master',
                               'config-epoch' => $epoch, quorum => 1));
            }
            else {
                $c->send("*0\r\n");
            }
        }
    });
}

sub bulks { return '*' . @_ . "\r\n" . join '', map { SHS::Fake::Conn::bulk($_) } @_ }

my $role_of_master = "*3\r\n\$6\r\nmaster\r\n:0\r\n*0\r\n";
my $role_of_replica = '*5' . "\r\n" . join '', map { SHS::Fake::Conn::bulk($_) }
    'slave', '127.0.0.1', '6379', 'connected';
$role_of_replica .= ":0\r\n";

# A server with one session for every id. What it says of its role and of the
# session is the script's: $role->(how often it was asked), $value->(likewise).
sub fake_server {
    my ($role, $value) = @_;
    return SHS::Fake->start(sub {
        my ($c, $n) = @_;
        my ($roles, $values) = (0, 0);
        while (1) {
            my $word = uc(($c->read_any)[0]);
            $c->send($word eq 'ROLE' ? $role->($n, ++$roles)
                     : $word eq 'HGETALL' ? $value->($n, ++$values)
                     : $word eq 'PTTL' ? ":-1\r\n" : "+OK\r\n");
        }
    });
}

my $ours = bulks(owner => 'anna');
my $stale = bulks(owner => 'stale');
my %fake = (
    # The Sentinel names it, and it says that it is a replica.
    replica => fake_server(sub { $role_of_replica }, sub { $stale }),
    # It was a master when it was dialled, and is none when it is asked again.
    demoted => fake_server(sub { $_[1] <= 2 ? $role_of_master
                                            : $role_of_replica },
                           sub { $_[1] == 1 ? $ours : $stale }),
    # It serves once, and has become read-only since.
    readonly => fake_server(sub { $role_of_master }, sub {
        $_[0] == 1 && $_[1] == 1 ? $ours
            : "-READONLY You can't write against a read only replica.\r\n" }),
);

my $dir = SHS::Process::tmp();
sub say_master {
    my ($file, $port, $epoch) = @_;
    open my $out, '>', "$dir/$file.tmp" or die $!;
    print $out "$port $epoch\n" if $port;
    close $out;
    chmod 0644, "$dir/$file.tmp";
    rename "$dir/$file.tmp", "$dir/$file";
    return "$dir/$file";
}

my %sentinel = map {
    $_ => fake_sentinel(say_master("master-$_", $fake{$_}->port, 1))
} keys %fake;
my $other = fake_server(sub { $role_of_master }, sub { bulks(owner => 'berta') });
my $stranger = fake_sentinel(say_master('master-none'));
my $stalled = SHS::Fake->start(sub { $_[0]->stall });

# Two servers that know nothing of each other, for changes behind our back.
my ($first, $second) = map { SHS::Redis->start } 1, 2;
my @tellers = map { fake_sentinel(say_master("master-told-$_", $first->port, 1)) }
    1, 2;

# --- the httpd ---------------------------------------------------------------------

my @real = $plain->ports;
my $ca = $certs->path('ca.crt');
my $secure = $secured->url(user => 'app', password => 'SeCrEt-app');
my %stores = (
    plain => $plain->url . ' timeout=400ms',
    quiet => $plain->url . ' timeout=1s name=quiet',
    fallback => $plain->url
        . ' read-from=replica-on-failure timeout=300ms breaker=3/1s',
    db3 => $plain->url(db => 3) . ' timeout=2s',
    skip => $plain->url(ports => [ $unused, $stranger->port, $real[0] ])
        . ' timeout=2s',
    stalled => $plain->url(ports => [ $stalled->port, $real[1] ])
        . ' timeout=300ms connect-timeout=200ms',
    dead => $plain->url(ports => [ $unused, $unused + 1 ]) . ' timeout=2s',
    unknown => $plain->url(name => 'nosuch') . ' timeout=2s',
    secured => "$secure ca=$ca sentinel-user=web"
        . ' sentinel-password-file=${HOME_DIR}/web timeout=2s',
    (map { $_ => $secured->url(user => $_, password => 'SeCrEt-app')
               . " ca=$ca sentinel-user=web"
               . ' sentinel-password-file=${HOME_DIR}/web timeout=2s' } qw(behind blind)),
    locked => "$secure ca=$ca sentinel-user=web"
        . ' sentinel-password-file=${HOME_DIR}/wrong timeout=2s',
    intruder => $secured->url(user => 'app', password => 'SeCrEt-wrong')
        . " ca=$ca sentinel-user=web sentinel-password-file=\${HOME_DIR}/web"
        . ' timeout=2s',
    untrusted => "$secure sentinel-user=web"
        . ' sentinel-password-file=${HOME_DIR}/web timeout=2s',
    told => 'redis+sentinel://' . join(',', map { '127.0.0.1:' . $_->port }
        @tellers) . '/mymaster timeout=2s',
    map { $_ => "redis+sentinel://127.0.0.1:@{[$sentinel{$_}->port]}/mymaster"
              . ' timeout=2s' } keys %fake,
);
my $httpd = private_httpd(
    files => { 'htdocs/page.html' => "page\n",
               'htdocs/off/page.html' => "page\n", 'web' => "SeCrEt-web\n",
               'wrong' => "SeCrEt-wrong\n" },
    loglevel => 'notice shared_session:info',
    conf => <<'CONF' . join '', map { <<"CONF" } sort keys %stores);
<Location /server-status>
    SetHandler server-status
</Location>
<Location /off>
    SharedSession Off
</Location>
# Of each request: the child, the moments it began and ended, what came of it.
LogFormat "%P %{begin:usec}t %{end:usec}t %{SHARED_SESSION}e" times
<Location /session>
    SetHandler shared-session
</Location>
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
CONF
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore $stores{$_}
    SharedSession On
    CustomLog logs/times-$_ times
</VirtualHost>
CONF

my @sessions = map { [ sprintf('SeCrEt-sentinel-%06d-%d', $_, $$),
                       "owner-$_" ] } 1 .. 60;

# The sessions, with both replicas when this returns.
sub plant {
    my ($sentinel) = @_;
    my $master = $sentinel->master;
    $master->cmd('HSET', "session:$_->[0]", 'owner', $_->[1]) for @sessions;
    return $sentinel->wait_replicated($master);
}
plant($plain);
plant($secured);

serve(httpd => $httpd, stores => \%stores, sessions => \@sessions, requests => 120);

# --- which server is asked, for what -----------------------------------------------

all_found('plain', 'the sessions are found at the master that Sentinels name');
all_found('skip', 'a Sentinel that is down is skipped, and one that does not'
          . ' know the name');
all_found('secured', 'TLS for all; one password for servers, one for Sentinels');
all_found('behind', 'a user that may not ask for ROLE asks INFO replication');
{
    my $client = SHS::Redis::Client->new(port => $plain->master->port, db => 3);
    my $id = fresh_id();
    $client->cmd('HSET', "session:$id", 'owner', 'dora');
    is(owner(ask('db3', $id)), 'dora', 'db3: the URL names a database');
    is(status(ask('plain', $id)), 'absent', '... and no other has the session');
}

# [host, log tag, what the log says, why]
for my $row (
    ['dead', 'SHS003', qr/no Sentinel.*refused/, 'no Sentinel is reachable'],
    ['unknown', 'SHS003', qr/Sentinel.*knows? no master of that name/,
     'no Sentinel knows the name'],
    ['locked', 'SHS006', qr/no Sentinel.*refuses the user or password.*sentinel-password-file=/,
     'the Sentinels refuse our password'],
    ['intruder', 'SHS006', qr/refuses the user or password/, 'the master refuses our password'],
    ['blind', 'SHS006', qr/neither to ROLE nor to INFO replication/,
     'a master that does not tell whether it is one'],
    ['untrusted', 'SHS003', qr/not trusted/, 'the Sentinels\' certificate is'
     . ' of no authority that we know']) {
    my ($host, $tag, $like, $why) = @$row;
    my $r = ask($host);
    is(status($r), 'unavailable', "$why: unavailable");
    within($r->seconds, 0, 2 + $slack, '... in time');
    ok($httpd->wait_logged(qr/$tag: .*$like/),
       "... and $tag says so: $like")
        || diag(join "\n", $httpd->logged(qr/SHS00[36]: /));
}
is(scalar $httpd->logged(qr/SHS003: .*refused.*no master of that/),
   0, 'the log tells the one from the other');

# One that accepts and never answers costs its time, once for each child.
my $r = SHS::Process::wait_for('an answer past a Sentinel that hangs', 10, sub {
    my $reply = ask('stalled');
    status($reply) eq 'found' && $reply });
is(owner($r), $sessions[0][1], 'a Sentinel that hangs is passed by');

# --- servers that are no masters -----------------------------------------------------

for my $n (1 .. 3) {
    $r = ask('replica');
    is(status($r), 'unavailable', "a master that says it is a replica ($n)");
    is(owner($r), '(null)', '... its sessions are not used');
}
ok($httpd->wait_logged(qr/SHS003: .*is not the master/), '... and SHS003 says why');
is(scalar(grep { / HGETALL / } $fake{replica}->journal), 0,
   '... it was never even asked for one');

{
    my @owners = map { owner(ask('demoted')) } 1 .. 6;
    is(scalar(grep { $_ eq 'stale' } @owners), 0,
       'one that ceased to be master between two commands: its reply is not'
       . ' used') || diag("@owners");
    ok((grep { $_ eq 'anna' } @owners), '... those it gave before are');
}
is(owner(ask('readonly')), 'anna', 'a master serves, and becomes read-only');
say_master('master-readonly', $other->port, 2);
is(owner(ask('readonly')), 'berta',
   'READONLY: looked up anew, and found in the same request');

# An operator says REPLICAOF to the master; the Sentinel does not know yet.
my $id = fresh_id();
$first->put_hash("session:$id", { owner => 'old' });
$second->put_hash("session:$id", { owner => 'new' });
is(owner(ask('told', $id)), 'old', 'a master serves');
SHS::Load::run(of_load('told'), requests => 60, workers => 3,
               sessions => [ [ $id, 'old' ] ]);
$first->cmd('REPLICAOF', '127.0.0.1', $unused);
{
    my @owners = map { owner(ask('told', $id)) } 1 .. 10;
    is(scalar(grep { $_ ne '(null)' } @owners), 0,
       'REPLICAOF behind our back: pooled connections to it serve no more')
        || diag("@owners");
}
say_master("master-told-$_", $second->port, 2) for 1, 2;
{
    my $since = time;
    my $when = SHS::Process::wait_for('the other master', 20, sub {
        owner(ask('told', $id)) eq 'new' && time });
    cmp_ok($when - $since, '<', 0.5 + $slack,
           'the Sentinel names another: found there when it is next asked');
    figure('Sentinel names another master: time to the first answer',
           sprintf('%.3f', $when - $since), 's');
}

# It is a master again, and one Sentinel lags behind: it names the old one.
$first->cmd('REPLICAOF', 'NO', 'ONE');
say_master('master-told-1', $first->port, 1);
{
    my $probe = probe('told', $id);
    my $end = time + 2.5;
    $probe->wait_for('2.5 s', 10, sub { $_[0]{begun} > $end });
    my @answers = $probe->stop;
    is(scalar(grep { $_->{owner} eq 'old' } @answers), 0,
       'a Sentinel that lags behind leads no request to the old master');
    is(scalar(grep { $_->{owner} ne 'new' } @answers), 0,
       '... and all to the new one (' . @answers . ' requests)');
}

# All Sentinels are gone: the master that is known still is.
$_->stop for @tellers;
{
    my $probe = probe('told', $id);
    my $end = time + 2.5;
    $probe->wait_for('2.5 s', 10, sub { $_[0]{begun} > $end });
    my @answers = $probe->stop;
    is(scalar(grep { $_->{owner} ne 'new' } @answers), 0,
       'Sentinels that are gone take no session along (' . @answers
       . ' requests)');
}

# --- kill -9 of the master under load --------------------------------------------

# Writes until its connection breaks, and notes what was acknowledged.
my $acknowledged = "$dir/acknowledged";
sub write_on {
    my ($master) = @_;
    return SHS::Process::fork_child('writer', sub {
        my $client = SHS::Redis::Client->new(port => $master->port);
        open my $out, '>', $acknowledged or die $!;
        for (my $n = 1; ; $n++) {
            $client->cmd('HSET', "session:SeCrEt-written-$$-$n", 'owner', $n);
            syswrite $out, "SeCrEt-written-$$-$n\n";
        }
    });
}

# What happens with a store from here on until done().
sub watch {
    my ($host, $watched, @ids) = @_;
    my $self = {
        host => $host, began => time, hurts => $host eq 'plain',
        connections => SHS::Watch->peak(httpd => $httpd,
            ports => [ map { $_->{told_port} } $watched->servers ]),
        load => SHS::Watch->load(of_load($host)), probe => probe($host, @ids),
        # The same httpd and no store: how long the machine itself stalls.
        plain => SHS::Watch->probe(port => $httpd->port, host => "$host.test",
                                   path => '/off/page.html', ids => ['none']),
    };
    $_->wait_for_more(50) for @$self{qw(load probe plain)};
    return $self;
}

# Ends it. The sum of the load and the answers of the probe. For each child in
# which requests went without a session it looks how long after the announcement
# the last of them was over: then it had recovered. The promise is a second, of
# which a machine that stalls takes its part: for a connection to Redis and one
# to a Sentinel httpd has to wait its turn several times.
sub done {
    my ($name, $of, $promoted_at) = @_;
    my ($load, $probe, $plain, $connections) =
        @$of{qw(load probe plain connections)};
    $_->wait_for_more(200) for $load, $probe;
    # A child that never recovers shall be seen not to.
    $probe->wait_for('two seconds', 60, sub { $_[0]{begun} > $promoted_at + 2 });
    my @plain = grep { $_->{ended} > $promoted_at } $plain->stop;
    my $sum = $load->stop;
    my @answers = $probe->stop;
    my $stall = max(0, map { $_->{ended} - $_->{begun} } @plain);
    my (%took, %is_well);
    for (split /\n/, slurp($httpd->root . "/logs/times-$of->{host}")) {
        my ($child, $begun, $ended, $status) = split ' ';
        next if $status eq '-' || $ended / 1e6 < $of->{began};
        my $after = $ended / 1e6 - $promoted_at;
        $took{$child} = max($took{$child} // 0, $after) if $status ne 'found';
        $is_well{$child} = 1 if $status eq 'found' && $after > 0;
    }
    my $recovery = max(0, values %took);
    my $part = $stall > 0.1 ? 3 * $stall : 0;
    cmp_ok(scalar keys %took, '>', 0, "$name: " . keys(%took)
           . ' children had to do without a master') if $of->{hurts};
    cmp_ok(scalar keys %is_well, '>', 1, "$name: "
           . keys(%is_well) . ' children serve again');
    cmp_ok($recovery, '<', 1 + $part, sprintf '... each %.3f s after'
           . ' +switch-master at most; without a store an answer took %.3f s',
           $recovery, $stall);
    my $longest = max($sum->{longest}, map { $_->{ended} - $_->{begun} }
        @answers);
    my ($timeout, $unit) = $stores{ $of->{host} } =~ / timeout=(\d+)(m?s)/;
    $timeout /= 1000 if $unit eq 'ms';
    cmp_ok($longest, '<', $timeout + $slack, sprintf 'none waited for longer'
           . ' than its deadline: %.3f s', $longest);
    note SHS::Load::words($sum);
    is($sum->{strangers}, 0, 'no stranger');
    is($sum->{broken} + $sum->{lost}, 0, 'no request was lost');
    is($sum->{status_absent} // 0, 0, 'no session was lost (load)');
    my $absent = grep { $_->{status} eq 'absent' } @answers;
    is($absent, 0, 'no session was lost (probe)');
    SHS::Report::fault($name, requests => $sum->{requests} + @answers,
                       wrong => $sum->{strangers},
                       lost => ($sum->{status_absent} // 0) + $absent,
                       stall => $longest, recovery => $recovery,
                       connections => $connections->stop);
    return ($sum, @answers);
}

{
    my $writer = write_on($plain->master);
    my $watch = watch('plain', $plain, map { $_->[0] } @sessions);
    my $fallback = probe('fallback', map { $_->[0] } @sessions);
    $fallback->wait_for_more(50);

    my ($old, $since) = $plain->kill_master;
    my $dead_at = time;
    SHS::Process::forget($writer);
    my ($new, $promoted_at) = $plain->wait_for_promotion($since);
    my $promoted = $plain->wait_event('+promoted-slave', $since)->{moment};
    my $found = $watch->{probe}->wait_found_since($dead_at);
    note sprintf 'first session found %.3f s after +switch-master was announced',
        $found->{ended} - $promoted_at;
    figure('Sentinel, kill -9, on Redis\' side: from kill to +switch-master',
           sprintf('%.1f', $promoted_at - $since), 's');

    # The old one is started again, as the master that its file says, empty.
    $old->run;
    is($old->cmd('ROLE')->[0], 'master', 'the old master is back, empty, and'
       . ' thinks that it is the master');
    $fallback->wait_for_more(150);
    my (undef, @answers) = done('Sentinel, kill -9', $watch, $promoted_at);
    my @fallback = $fallback->stop;
    $plain->rejoin($old);
    is(scalar(grep { $_->{status} eq 'absent' } @fallback), 0,
       'no session was lost (fallback)');

    my @down = grep { $_->{begun} > $dead_at && $_->{ended} < $promoted }
        @answers;
    cmp_ok(scalar @down, '>', 0, 'requests came while there was no master');
    is(scalar(grep { $_->{status} ne 'unavailable' } @down), 0,
       '... and each was told `unavailable`');
    @down = grep { $_->{begun} > $dead_at && $_->{ended} < $promoted }
        @fallback;
    my @served = grep { $_->{status} eq 'found' } @down;
    cmp_ok(scalar @served, '>', 0, sprintf 'replica-on-failure: %d of %d were'
           . ' found then', scalar @served, scalar @down);
    figure('Sentinel, replica-on-failure: found while there was no master',
           sprintf('%.0f', @down ? 100 * @served / @down : 0), '%');

    # What Redis itself loses: acknowledged, and not on the new master.
    my @written = split /\n/, slurp($acknowledged);
    my @lost = grep { !$new->cmd('EXISTS', "session:$_") } @written;
    note scalar @written . ' writes were acknowledged, the new master lacks '
        . @lost;
    figure('Sentinel, kill -9, on Redis\' side: writes acknowledged before',
           scalar @written);
    figure('Sentinel, kill -9, on Redis\' side: of those, lost by asynchronous'
           . ' replication', scalar @lost);
    my %is_lost = map { $_ => 1 } @lost;
    my @wrong = grep { status(ask('plain', $_))
                       ne ($is_lost{$_} ? 'absent' : 'found') }
        @written[ -30 .. -1 ], @lost > 30 ? @lost[ 0 .. 29 ] : @lost;
    is_deeply(\@wrong, [], 'what the new master has is found, and only what'
              . ' Redis lost is absent');
}

# --- SIGSTOP, promotion, SIGCONT ------------------------------------------------

{
    $id = fresh_id();
    $plain->put_hash("session:$id", { owner => 'old' });
    my $both = [ [ $id, 'old' ] ];
    all_found($_, 'connected to the master', workers => 6, sessions => $both)
        for qw(plain quiet);
    my $watch = watch('plain', $plain, $id);
    my $fallback = probe('fallback', map { $_->[0] } @sessions);
    $fallback->wait_for_more(30);

    # From here on no request asks `quiet` before the old master is back.
    my ($old, $since) = $plain->pause_master;
    my ($new, $promoted_at) = $plain->wait_for_promotion($since);
    my $promoted = $plain->wait_event('+promoted-slave', $since)->{moment};
    my $changed;
    $new->cmd('HSET', "session:$id", 'owner', 'new');
    $changed = time;
    $old->resume;
    is($old->cmd('ROLE')->[0], 'master', 'SIGCONT: the old master still thinks'
       . ' that it is the master');
    is($old->cmd('HGET', "session:$id", 'owner'), 'old',
       '... and has the session as it was');
    my @first = map { ask('quiet', $id) } 1 .. 40;
    eval { SHS::Process::wait_for('the new one to be asked', 20, sub {
        push @first, ask('quiet', $id);
        20 < grep { owner($_) eq 'new' } @first }) };
    is(scalar(grep { owner($_) eq 'old' } @first), 0,
       'a server that was idle meanwhile does not ask it');
    cmp_ok(scalar(grep { owner($_) eq 'new' } @first), '>', 20,
           '... but the new one') || diag(join ' ', map { status($_) } @first);

    $watch->{probe}->wait_found_since($changed);
    # Sentinel makes it a replica some seconds later.
    $plain->wait_event('+convert-to-slave', $changed) if mpm() eq 'event';
    my $turned = time;
    my @quiet = map { ask('quiet', $id) } 1 .. 20;
    my (undef, @answers) = done('Sentinel, SIGSTOP', $watch, $promoted_at);
    my @fallback = $fallback->stop;
    my @after = grep { $_->{begun} > $changed } @answers;
    my @old = grep { $_->{owner} eq 'old' } @after;
    is(scalar @old, 0, 'none of ' . @after . ' requests begun after the change'
       . ' saw the value before it')
        || diag(sprintf 'the last one %.3f s after it',
                $old[-1]{begun} - $changed);
    is(scalar(grep { owner($_) eq 'old' } @quiet), 0, '... nor any other');
    figure('Sentinel, SIGSTOP, SIGCONT: answers of the demoted master',
           scalar @old, '');
    my @down = grep { $_->{begun} > $since + 1 && $_->{ended} < $promoted }
        @fallback;
    my @served = grep { $_->{status} eq 'found' } @down;
    cmp_ok(scalar @served, '>', 0, sprintf 'replica-on-failure: %d of %d were'
           . ' found while the master was stopped', scalar @served,
           scalar @down);
    $plain->rejoin($old);
    all_found('plain', 'afterwards all are found', after_fault => 1);
    all_found('fallback', 'afterwards all are found', after_fault => 1);
}

# --- a failover by hand, with TLS -------------------------------------------------

{
    my $watch = watch('secured', $secured, map { $_->[0] } @sessions);
    my $since = time;
    my $old = $secured->master;
    my $told = qr/:notice\] .*SHS032: the master of the session store \S+ is now/;
    my $words = $told . ' 127\.0\.0\.1:%d, was 127\.0\.0\.1:' . $old->{told_port};
    my $status = sub { $httpd->get('/server-status?auto', host => 'secured.test')->body };
    my $number = (grep { (sort keys %stores)[$_] eq 'secured' } 0 .. keys(%stores) - 1)[0];
    my ($failovers) = $status->() =~ /^SharedSessionStore${number}Failovers: (\d+)$/m;
    like($status->(), qr/^SharedSessionStore${number}Master: 127\.0\.0\.1:@{[$old->{told_port}]}$/m,
         'mod_status names the master');
    (($secured->sentinels)[0])->cmd('SENTINEL', 'FAILOVER', 'mymaster');
    my ($new, $promoted_at) = $secured->wait_for_promotion($since);
    isnt($new->port, $old->port, 'SENTINEL FAILOVER: another master');
    $watch->{probe}->wait_found_since($promoted_at);
    done('Sentinel with TLS, FAILOVER', $watch, $promoted_at);
    all_found('secured', 'afterwards all are found', after_fault => 1);
    my $line = sprintf $words, $new->{told_port};
    is(scalar $httpd->logged(qr/$line/), 1, '... which SHS032 tells, once for the host')
        || diag(join "\n", $httpd->logged($told));
    my $page = $status->();
    like($page, qr/^SharedSessionStore${number}Master: 127\.0\.0\.1:@{[$new->{told_port}]}$/m,
         '... mod_status names the new master');
    my ($for) = $page =~ /^SharedSessionStore${number}MasterSeconds: (\d+)$/m;
    within($for // -1, 0, time - $since + 1, '... and for how long it has been that');
    like($page, qr/^SharedSessionStore${number}Failovers: @{[$failovers + 1]}$/m,
         '... and counts one failover');
    ok($new->cmd('INFO', 'commandstats') =~ /cmdstat_hgetall:calls=[1-9]/,
       '... at the new master');
}

# --- writing, before and after a failover -------------------------------------------

{
    my $put = sub { return $httpd->write_session(@_[0 .. 2], host => 'quiet.test') };
    $plain->wait_settled;
    my ($code, $id) = $put->('POST', undef, '{"owner":"anna"}');
    is($code, 201, 'a session begins at the master');
    is((owner(ask('quiet', $id))), 'anna', '... and is found');
    my $old = $plain->wait_replicated($plain->master);
    my $since = time;
    (($plain->sentinels)[0])->cmd('SENTINEL', 'FAILOVER', 'mymaster');
    my ($new, $promoted_at) = $plain->wait_for_promotion($since);
    isnt($new->port, $old->port, 'another master');
    my @codes;
    SHS::Process::wait_for('a write at the new master', 20, sub {
        push @codes, ($put->('PATCH', $id, '{"cart":"8"}'))[0];
        # What the old one has still taken is gone with it.
        $codes[-1] == 200 && ($new->cmd('HGET', "session:$id", 'cart') // '') eq '8' });
    my $recovery = time - $promoted_at;
    is_deeply([grep { !/^(?:200|503)$/ } @codes], [], '... until it is found writes are 503');
    cmp_ok($recovery, '<', 5, sprintf '... written to %.3f s after it was announced', $recovery);
    figure('Sentinel, FAILOVER: first write after +switch-master',
           sprintf('%.3f', $recovery > 0 ? $recovery : 0), 's');
    my ($rotated, $next) = $put->('POST', $id, '{"role":"admin"}');
    is($rotated, 200, '... a login works');
    my %is = $new->hash("session:$next");
    is("$is{owner} $is{cart} $is{role}", 'anna 8 admin', '... with all that was there');
    is(($put->('DELETE', $next))[0], 204, '... and a logout');
    is($new->cmd('EXISTS', "session:$next"), 0, '... ends it there');
    $plain->wait_settled;
}

# --- afterwards ------------------------------------------------------------------------

ok(SHS::Process::is_alive($httpd->pid), 'httpd lives');
is(scalar $httpd->logged(qr/exit signal/), 0, 'and no child has died');
ok(scalar $httpd->logged(qr/SHS003: .*\Q$real[0]\E/), 'SHS003 was logged');
ok($httpd->wait_logged(qr/SHS004: .*\Q$real[0]\E/), 'SHS004 was logged');
unlike($httpd->error_log, qr/SeCrEt/, 'no password in the log');
is(scalar $httpd->logged(qr/\(null\)/), 0, 'no reason is missing in the log');

done_testing;
