# The same with worker as with event.
#
# A real Redis Cluster: every session is found at the node that has its slot,
# while slots move and masters die, and is written to there; and nodes that lie
# mislead no request.
use strict;
use warnings;

use SHS;
use SHS::Certs;
use SHS::Cluster;
use SHS::Load;
use SHS::Report;
use SHS::Vhosts;
use SHS::Watch;
use Time::HiRes qw(time);

sub figure { return SHS::Report::figure(@_) }

my $slack = 2; # what a busy machine may take of its own

# --- the servers ---------------------------------------------------------------

my $certs = SHS::Certs->new;
$certs->sign('server', 'DNS:localhost,IP:127.0.0.1');
my $cluster = SHS::Cluster->start(
    tls => $certs,
    acl => "user default on nopass ~* &* +\@all\n"
         . "user app on >SeCrEt-app ~session:* &* +get +hgetall +pttl"
         . " +cluster|slots +asking +readonly\n");
my @nodes = $cluster->nodes;
my $unused = SHS::Process::free_port();
my $loner = SHS::Redis->start;

# --- nodes that lie ------------------------------------------------------------------

sub bulk { return defined $_[0] ? SHS::Fake::Conn::bulk($_[0]) : "\$-1\r\n" }

# The reply to CLUSTER SLOTS: [first, last, host, port], ...
sub slots {
    my @shards = @_;
    return '*' . @shards . "\r\n" . join '', map {
        my ($first, $last, $host, $port) = @$_;
        "*3\r\n:$first\r\n:$last\r\n*3\r\n" . bulk($host) . ":$port\r\n"
            . bulk('0' x 40)
    } @shards;
}

my $anna = '*2' . "\r\n" . bulk('owner') . bulk('anna');

# fake(port, what CLUSTER SLOTS says, what HGETALL says): the last is a sub,
# given the key's slot and whether ASKING came before.
sub fake {
    my ($port, $slots, $value) = @_;
    return SHS::Fake->start(sub {
        my ($c) = @_;
        my $is_asking = 0;
        while (1) {
            my ($word, @more) = $c->read_any;
            $word = uc $word;
            my $was_asking = $is_asking;
            $is_asking = $word eq 'ASKING';
            my $says = $word eq 'HGETALL' || $word eq 'PTTL'
                ? $value->(SHS::Cluster::slot($more[0]), $was_asking) : undef;
            $c->send($word eq 'CLUSTER' ? $slots
                     : !defined $says ? "+OK\r\n"
                     : $word eq 'PTTL' && $says !~ /^-/ ? ":-1\r\n" : $says);
        }
    }, port => $port);
}

my %port = map { $_ => SHS::Process::free_port() }
    qw(round1 round2 empty empty2 ask ask2 null garbage unknown far);
my $local = '127.0.0.1';
my %fake = (
    # Two that know that the other has it.
    round1 => fake($port{round1}, slots([ 0, 16383, $local, $port{round1} ]),
                   sub { "-MOVED $_[0] $local:$port{round2}\r\n" }),
    round2 => fake($port{round2}, slots([ 0, 16383, $local, $port{round1} ]),
                   sub { "-MOVED $_[0] $local:$port{round1}\r\n" }),
    # MOVED and ASK without a host: the same one, another port.
    empty => fake($port{empty}, slots([ 0, 16383, $local, $port{empty} ]),
                  sub { "-MOVED $_[0] :$port{empty2}\r\n" }),
    empty2 => fake($port{empty2}, slots([ 0, 16383, '', $port{empty2} ]),
                   sub { $anna }),
    ask => fake($port{ask}, slots([ 0, 16383, $local, $port{ask} ]),
                sub { "-ASK $_[0] :$port{ask2}\r\n" }),
    ask2 => fake($port{ask2}, slots([ 0, 16383, $local, $port{ask2} ]),
                 sub { $_[1] ? $anna : "-MOVED $_[0] $local:$port{ask}\r\n" }),
    # CLUSTER SLOTS without a host: the one that was asked.
    null => fake($port{null}, slots([ 0, 16383, undef, $port{null} ]),
                 sub { $anna }),
    # What cannot be meant.
    garbage => fake($port{garbage},
                    slots([ 0, 16383, $local, $port{garbage} ]),
                    sub { "-MOVED 99999 SeCrEt:999999:\x01\r\n" }),
    # A node has the slots, and no node says which one.
    unknown => fake($port{unknown}, slots([ 0, 16383, '?', 0 ]),
                    sub { $anna }),
    # MOVED to an address without a server.
    far => fake($port{far}, slots([ 0, 16383, $local, $port{far} ]),
                sub { "-MOVED $_[0] $local:$unused\r\n" }),
);

# --- the httpd ---------------------------------------------------------------------

my $ca = $certs->path('ca.crt');
my $here = "redis+cluster://$local";
my @seeds = map { $_->port } @nodes;
my %stores = (
    all => $cluster->url . ' timeout=2s',
    others => $cluster->url . ' timeout=2s name=others',
    circle => $cluster->url . ' timeout=2s name=circle',
    struck => $cluster->url . ' timeout=400ms name=struck',
    # Asks again within a second.
    down => $cluster->url . ' timeout=400ms breaker=5/200ms name=down',
    fallback => $cluster->url
        . ' read-from=replica-on-failure timeout=300ms breaker=3/1s',
    next => "$here:$unused,$local:$seeds[1] timeout=2s",
    tls => $cluster->url(tls => 1, user => 'app', password => 'SeCrEt-app')
        . " ca=$ca timeout=2s",
    untrusted => $cluster->url(tls => 1) . ' timeout=2s',
    loner => "$here:" . $loner->port . ' timeout=2s',
    dead => "$here:$unused timeout=2s",
    intruder => $cluster->url(user => 'app', password => 'SeCrEt-wrong')
        . ' timeout=2s',
    (map { ("seed$_" => "$here:$seeds[$_] timeout=2s") } 0 .. 5),
    (map { $_ => "$here:$port{$_} timeout=2s" } keys %fake),
);
$stores{writes} = $cluster->url . ' timeout=3s name=writes';
my %more = (
    tagged => 'SharedSessionKey session:{7}:%{id}',
    around => 'SharedSessionKey session:{%{id}}:data',
);
my $common = <<'CONF';
<Location /server-status>
    SetHandler server-status
</Location>
<Location /session>
    SetHandler shared-session
</Location>
SharedSessionControl On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
CONF
my $httpd = private_httpd(
    files => { 'htdocs/page.html' => "page\n" },
    loglevel => 'notice shared_session:info',
    conf => $common . join '', map { <<"CONF" } sort keys %stores, keys %more);
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore @{[ $stores{$_} // $stores{all} ]}
    SharedSession On
    @{[ $more{$_} // '' ]}
</VirtualHost>
CONF
# One child: what it learns, it knows.
my $single = private_httpd(
    files => { 'htdocs/page.html' => "page\n" },
    loglevel => 'notice shared_session:info',
    conf => $common . <<"CONF" . one_child());
SharedSessionStore $stores{all}
SharedSession On
CONF

my @sessions = map { [ sprintf('SeCrEt-cluster-%06d-%d', $_, $$),
                       "owner-$_" ] } 1 .. 300;
# The slots at both ends of each share.
push @sessions, map {
    my $key = SHS::Cluster::key_in_slot($_, "session:SeCrEt-edge-$$-");
    [ $key =~ s/^session://r, "edge-$_" ]
} 0, 5460, 5461, 10_922, 10_923, 16_383;
$cluster->put_hash("session:$_->[0]", { owner => $_->[1] }) for @sessions;

serve(httpd => $httpd, stores => \%stores, sessions => \@sessions, requests => 400);

sub watch_connections {
    return SHS::Watch->peak(httpd => $httpd, ports =>
        [ map { ($_->port, $_->{tls_port}) } @nodes ]);
}

# A counter of the store, as mod_status tells it.
sub counter {
    my ($from, $name) = @_;
    my $text = $from->get('/server-status?auto')->body;
    my @values = $text =~ /^SharedSessionStore\d+\Q$name\E: (\d+)/mg;
    my $sum = 0;
    $sum += $_ for @values;
    return @values ? $sum : -1;
}

# --- every slot, every seed -----------------------------------------------------------

{
    my %at;
    my $map = $cluster->read_map;
    $at{ $map->[ SHS::Cluster::slot("session:$_->[0]") ]->port }++
        for @sessions;
    is(scalar keys %at, 3, 'the sessions are with three masters: '
       . join ', ', map { "$at{$_}" } sort keys %at);
}
for my $n (0 .. 5) {
    my @wrong = grep { owner(ask("seed$n", $_->[0])) ne $_->[1] }
        @sessions[ map { $n + 6 * $_ } 0 .. $#sessions / 6 ];
    is(scalar @wrong, 0, "seed $n alone, "
       . ($n < 3 ? 'a master' : 'a replica') . ': its sixth of the sessions')
        || diag(join ' ', map { $_->[0] } @wrong);
}
all_found('all', 'sessions of all slots', requests => 1200);
all_found('next', 'a seed that is down is passed by');
all_found('tls', 'TLS, an ACL user');

# Hash tags in SharedSessionKey: all in one slot, or each where its id says.
my @tagged = map { [ fresh_id(), "tagged-$_" ] } 1 .. 60;
for (@tagged) {
    $cluster->put_hash("session:{7}:$_->[0]", { owner => $_->[1] });
    $cluster->put_hash("session:{$_->[0]}:data", { owner => $_->[1] });
}
is($cluster->slot_of("session:{7}:$tagged[0][0]"), $cluster->slot_of('7'),
   'a hash tag: its slot');
for my $host (qw(tagged around)) {
    my @wrong = grep { owner(ask($host, $_->[0])) ne $_->[1] } @tagged;
    is(scalar @wrong, 0, "$host: $more{$host}");
}

# [host, log tag, what the log says, why]
for my $row (
    ['loner', 'SHS003', qr/not a member of a Redis Cluster/,
     'a server that is not in a cluster'],
    ['dead', 'SHS003', qr/refused/, 'no seed that answers'],
    ['untrusted', 'SHS003', qr/not trusted/, 'an authority we do not know'],
    ['intruder', 'SHS006', qr/refuses the user or password/,
     'a password that is wrong'],
    ['unknown', 'SHS003', qr/slot/, 'no node says which one has the slots'],
    ['garbage', 'SHS033', qr/redirect/, 'MOVED that cannot be meant'],
    ['far', 'SHS003', qr/refused/, 'MOVED to an address without a server']) {
    my ($host, $tag, $like, $why) = @$row;
    my $r = ask($host);
    is(status($r), 'unavailable', "$why: unavailable");
    within($r->seconds, 0, 2 + $slack, '... in time');
    # What may be of one slot alone opens no circuit breaker: the fifth is told of.
    $tag eq 'SHS033' && ask($host) for 2 .. 5;
    ok($httpd->wait_logged(qr/$tag: .*$like/), "... and $tag says so: $like")
        || diag(join "\n", $httpd->logged(qr/SHS00[36]: /));
}

# --- nodes that lie ------------------------------------------------------------------

for my $row (['empty', 'MOVED without a host: the same host'],
             ['ask', 'ASK without a host, with ASKING before each command'],
             ['null', 'CLUSTER SLOTS without a host: the one that was asked']) {
    my ($host, $why) = @$row;
    is(owner(ask($host)), 'anna', $why);
}
for my $n (1 .. 3) {
    my $before = grep { / HGETALL / } map { $_->journal } @fake{qw(round1 round2)};
    my $r = ask('round1');
    my $after = grep { / HGETALL / } map { $_->journal } @fake{qw(round1 round2)};
    is(status($r), 'unavailable', "MOVED in a circle: unavailable ($n)");
    within($r->seconds, 0, 2 + $slack, '... by the deadline');
    is($after - $before, 6, '... after five redirections');
    figure('Cluster, MOVED in a circle: commands of one lookup',
           $after - $before, '') if $n == 1;
}
ask('round1') for 4, 5;
ok($httpd->wait_logged(qr/SHS033: .*circle/), '... and SHS033 says why, the fifth time');

# A slot whose move was half undone: the one that has it points to the other, which
# points back. Ids of it, which any client can make up, are no evidence of a server.
{
    my $slot = 5;
    my ($from, $to) = ($cluster->owner_of_slot($slot), $cluster->owner_of_slot(16_000));
    my @made_up = map { SHS::Cluster::key_in_slot($slot, "session:SeCrEt-circle-$_-$$-")
        =~ s/^session://r } 1 .. 20;
    $from->cmd('CLUSTER', 'SETSLOT', $slot, 'MIGRATING', $to->id);
    my @circle = map { ask('circle', $_) } @made_up;
    is(scalar(grep { status($_) ne 'unavailable' } @circle), 0,
       'ids of a slot that leads in a circle: unavailable');
    my @others = map { ask('circle', $_->[0]) } @sessions[ 0 .. 59 ];
    is(scalar(grep { status($_) ne 'found' } @others), 0,
       '... and the sessions of all other slots are found');
    $from->cmd('CLUSTER', 'SETSLOT', $slot, 'STABLE');
    is(status(ask('circle', $made_up[0])), 'absent', '... of that slot too, once it is put right');
}

# --- MOVED is followed once, and learnt --------------------------------------------

# How often the nodes were asked for CLUSTER SLOTS, but for the test itself.
sub reads_of_map {
    my $sum = 0;
    for my $node ($cluster->live) {
        my $info = $node->cmd('INFO', 'commandstats');
        $sum += $1 if $info =~ /^cmdstat_cluster\|slots:calls=(\d+)/m;
    }
    return $sum - $cluster->slots_asked;
}

{
    my ($id, $owner) = @{ $sessions[7] };
    my $slot = $cluster->slot_of("session:$id");
    is(owner(ask('single', $id, $single)), $owner, 'one child, before');
    my $from = $cluster->owner_of_slot($slot);
    my ($to) = grep { $_ != $from } $cluster->masters;
    my $begun = time;
    my $reads = reads_of_map();
    my $redirections = counter($single, 'Redirections');
    $cluster->migrate_slot($slot, $from, $to);
    my @wrong = grep { owner(ask('single', $id, $single)) ne $owner } 1 .. 40;
    is(scalar @wrong, 0, 'a slot has moved: all of 40 requests found it');
    $redirections = counter($single, 'Redirections') - $redirections;
    cmp_ok($redirections, '<=', 2, "... with $redirections redirections:"
           . ' MOVED is learnt');
    cmp_ok($redirections, '>=', 1, '... and was needed');

    # One slot after the other, faster than the map may be read again. All to
    # one node: nodes that take each other's slots so fast may come to disagree.
    my @of_others = grep {
        $cluster->owner_of("session:$_->[0]") != $to
    } @sessions[ 10 .. 299 ];
    my ($slots, $sum, @missed) = (0, 0);
    # A busy machine may move none after the second in which the map is not read again.
    while ($slots < @of_others && (time < $begun + 1.5 || reads_of_map() == $reads)) {
        my ($other, $its) = @{ $of_others[ $slots++ ] };
        $slot = $cluster->slot_of("session:$other");
        $from = $cluster->owner_of_slot($slot);
        $cluster->migrate_slot($slot, $from, $to) if $from != $to;
        for (1 .. 5) {
            my $r = ask('single', $other, $single);
            owner($r) eq $its ? $sum++
                : push @missed, sprintf 'slot %d, the %dth: %s', $slot, $slots,
                                        status($r);
        }
    }
    is($sum, 5 * $slots, "$slots slots more: all of 5 requests for each found")
        || diag(join "\n", @missed[ 0 .. ($#missed < 9 ? $#missed : 9) ]);
    my $seconds = time - $begun;
    $reads = reads_of_map() - $reads;
    cmp_ok($reads, '<=', $seconds + 2, sprintf 'the map was read %d times in'
           . ' %.1f s', $reads, $seconds);
    cmp_ok($reads, '>=', 1, '... and it was read');
    figure('Cluster, slots moved: reads of the map a second',
           sprintf('%.1f', $reads / $seconds), '/s');
}

# --- a slot that is moved while requests run ---------------------------------------

{
    my $connections = watch_connections();
    my $load = SHS::Watch->load(of_load('tagged', @tagged));
    $load->wait_for_more(100);
    my $slot = $cluster->slot_of('7');
    my $from = $cluster->owner_of_slot($slot);
    my ($to) = grep { $_ != $from } $cluster->masters;
    my $redirections = counter($httpd, 'Redirections');
    my $begun = time;
    my $reply = sub {
        my ($when, @of) = @_;
        my @wrong = grep { owner(ask('tagged', $_->[0])) ne $_->[1] } @of;
        is(scalar @wrong, 0, "$when: found");
    };

    $cluster->begin_move($slot, $from, $to);
    $reply->('MIGRATING, the key still here', @tagged[ 0 .. 9 ]);
    $load->wait_for_more(200);
    my @keys = $cluster->keys_in($slot, $from);
    my @first = splice @keys, 0, @keys / 2;
    my %gone = map { $_ => 1 } @first;
    for my $key (@first) {
        $cluster->move_key($key, $from, $to);
        ask('tagged', $key =~ s/.*://r);
    }
    $reply->('the key has moved, the slot has not (ASK)',
             grep { $gone{"session:{7}:$_->[0]"} } @tagged);
    $reply->('another is still here',
             grep { !$gone{"session:{7}:$_->[0]"} } @tagged);
    my $id = fresh_id();
    is(status(ask('tagged', $id)), 'absent', 'one that never was: absent');
    $load->wait_for_more(300);
    $cluster->move_key($_, $from, $to) for @keys;
    $reply->('all keys have moved, the slot has not', @tagged[ 0 .. 9 ]);
    $load->wait_for_more(100);
    $cluster->end_move($slot, $from, $to);
    $reply->('the slot has moved (MOVED)', @tagged);
    $load->wait_for_more(200);
    my $sum = $load->stop;
    note SHS::Load::words($sum);
    is($sum->{strangers}, 0, 'no stranger');
    is($sum->{broken} + $sum->{lost}, 0, 'no request was lost');
    is($sum->{status_found} // 0, $sum->{requests},
       "every one of $sum->{requests} requests was found meanwhile")
        || diag(SHS::Load::words($sum));
    $redirections = counter($httpd, 'Redirections') - $redirections;
    cmp_ok($redirections, '>', 0, "$redirections redirections were followed");
    SHS::Report::fault('Cluster, a slot moved under load',
                       requests => $sum->{requests}, wrong => $sum->{strangers},
                       lost => $sum->{status_absent} // 0,
                       stall => $sum->{longest},
                       connections => $connections->stop);
    figure('Cluster, redirections while a slot moved', $redirections);
}

# --- a master is killed ------------------------------------------------------------

# The sessions, by whether their slots are the node's.
sub split_by {
    my ($node) = @_;
    my $map = $cluster->read_map;
    my (@its, @others);
    for (@sessions) {
        my $at = $map->[ SHS::Cluster::slot("session:$_->[0]") ];
        push @{ $at == $node ? \@its : \@others }, $_;
    }
    return (\@its, \@others);
}

# Everything that was written is on the replicas.
$_->cmd('WAIT', 1, 10_000) for $cluster->masters;

{
    my $key = 'session:' . $sessions[0][0];
    my $slot = $cluster->slot_of($key);
    my ($its, $others) = split_by($cluster->owner_of_slot($slot));
    # Connected, every child.
    all_found($_, 'before') for qw(others struck fallback);
    my $connections = watch_connections();
    my $steady = SHS::Watch->load(of_load('others', @$others));
    my $load = SHS::Watch->load(of_load('struck'), requests => 100);
    my $probe = probe('struck', map { $_->[0] } @$its);
    my $fallback = probe('fallback', map { $_->[0] } @$its);
    $_->wait_for_more(30) for $steady, $load, $probe, $fallback;

    my ($old, $since) = $cluster->kill_master_of($key);
    my $dead_at = time;
    my ($new, $taken, $not_yet) = $cluster->wait_for_takeover($slot, $old);
    my $found = $probe->wait_found_since($dead_at);
    my $recovery = $found->{ended} - $taken;
    cmp_ok($recovery, '<', 1, sprintf 'kill -9: a session of its shard found'
           . ' %.3f s after the replica took over', $recovery);
    figure('Cluster, kill -9, on Redis\' side: from kill to takeover',
           sprintf('%.1f', $taken - $since), 's');
    $_->wait_for_more(150) for $steady, $load, $probe, $fallback;
    # It comes back and thinks, for a moment, that all is as it was.
    $cluster->rejoin($old);
    $_->wait_for_more(50) for $steady, $load, $probe;
    my @answers = $probe->stop;
    my @fallback = $fallback->stop;
    my $sum = $load->stop;
    my $others_sum = $steady->stop;

    note 'the other shards: ' . SHS::Load::words($others_sum);
    note 'all shards: ' . SHS::Load::words($sum);
    is($others_sum->{status_found} // 0, $others_sum->{requests},
       "the other shards: all of $others_sum->{requests} requests found,"
       . ' all the time') || diag(SHS::Load::words($others_sum));
    for ($sum, $others_sum) {
        is($_->{strangers}, 0, 'no stranger');
        is($_->{broken} + $_->{lost}, 0, 'no request was lost');
        is($_->{status_absent} // 0, 0, 'no session was lost (load)');
    }
    is(scalar(grep { $_->{status} eq 'absent' } @answers, @fallback), 0,
       'no session was lost (probes)');
    my @down = grep { $_->{begun} > $dead_at && $_->{ended} < $not_yet }
        @answers;
    cmp_ok(scalar @down, '>', 0, 'requests came while there was no master');
    is(scalar(grep { $_->{status} ne 'unavailable' } @down), 0,
       '... and each was told `unavailable` (' . @down . ' requests)');
    @down = grep { $_->{begun} > $dead_at && $_->{ended} < $not_yet }
        @fallback;
    my @served = grep { $_->{status} eq 'found' } @down;
    cmp_ok(scalar @served, '>', 0, sprintf 'replica-on-failure: %d of %d were'
           . ' found meanwhile', scalar @served, scalar @down);
    figure('Cluster, replica-on-failure: found while there was no master',
           sprintf('%.0f', @down ? 100 * @served / @down : 0), '%');
    my ($longest) = sort { $b <=> $a } map { $_->{ended} - $_->{begun} }
        @answers;
    $longest = $sum->{longest} if $sum->{longest} > $longest;
    cmp_ok($longest, '<', 0.4 + $slack, sprintf 'none waited for longer than'
           . ' its deadline: %.3f s', $longest);
    my $absent = grep { $_->{status} eq 'absent' } @answers;
    SHS::Report::fault('Cluster, kill -9',
        requests => $sum->{requests} + $others_sum->{requests} + @answers,
        wrong => $sum->{strangers} + $others_sum->{strangers},
        lost => ($sum->{status_absent} // 0) + $absent, stall => $longest,
        recovery => $recovery, connections => $connections->stop);
    all_found('all', 'afterwards all are found', after_fault => 1);
}

# --- the cluster is down -----------------------------------------------------------

{
    my ($id) = @{ $sessions[1] };
    my $key = "session:$id";
    my $slot = $cluster->slot_of($key);
    my $master = $cluster->owner_of_slot($slot);
    my (undef, $others) = split_by($master);
    my ($heir) = $cluster->replicas_of($master);
    all_found('down', 'before');
    my $before = $sessions[1][1];
    $_->cmd('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes')
        for $cluster->live;
    $heir->cmd('CONFIG', 'SET', 'cluster-replica-no-failover', 'yes');
    my $connections = watch_connections();
    my $load = SHS::Watch->load(of_load('down', @$others), requests => 100);
    my $probe = probe('down', map { $_->[0] } @$others);
    my $changing = probe('down', $id);
    $_->wait_for_more(30) for $load, $probe, $changing;
    my ($old, $since) = $cluster->pause_master_of($key);
    $cluster->wait_until('the cluster to be down', sub {
        $_[0]->cmd('CLUSTER', 'INFO') =~ /cluster_state:fail/ });
    my $down_at = time;
    my @down = map { ask('down', $_->[0]) } @$others[ 0 .. 9 ];
    is(scalar(grep { status($_) ne 'unavailable' } @down), 0,
       'CLUSTERDOWN: what is there is unavailable too, and none is absent');
    my ($longest) = sort { $b <=> $a } map { $_->seconds } @down;
    cmp_ok($longest, '<', 0.4 + $slack, sprintf '... in %.3f s at most',
           $longest);
    ok($httpd->wait_logged(qr/SHS003: .*CLUSTERDOWN/), '... and SHS003 says so');
    $load->wait_for_more(50);

    $heir->cmd('CONFIG', 'SET', 'cluster-replica-no-failover', 'no');
    my ($new, $taken) = $cluster->wait_for_takeover($slot, $old);
    my $well = SHS::Process::wait_for('every node to be well', 20, sub {
        my @ill = grep { $_->cmd('CLUSTER', 'INFO') !~ /cluster_state:ok/ }
            $cluster->live;
        !@ill && time });
    my $found = $probe->wait_found_since($down_at);
    my $recovery = $found->{ended} - $well;
    # A probe comes every 200 ms to a second, and takes its 400 ms.
    cmp_ok($recovery, '<', 5 * 0.2 + 0.4 + $slack, sprintf 'found %.3f s after'
           . ' the cluster was well again', $recovery);

    # The old master goes on, with the session as it was. Until it learns of its
    # successor, some milliseconds later, it answers as before: so does any Redis
    # Cluster (docs/limits.md). A child that has not asked since may ask it then.
    $new->cmd('HSET', $key, 'owner', 'new');
    $changing->wait_found_since(time);
    my $changed = time;
    $old->resume;
    my $deposed = SHS::Process::wait_for('the old master to learn of the new one',
        20, sub { $old->cmd('ROLE')->[0] eq 'slave' && time });
    $changing->wait_found_since($deposed);
    $_->wait_for_more(100) for $load, $probe, $changing;
    my @answers = $probe->stop;
    my @changing = $changing->stop;
    my $sum = $load->stop;
    note SHS::Load::words($sum);
    is($sum->{strangers}, 0, 'no stranger');
    is($sum->{broken} + $sum->{lost}, 0, 'no request was lost');
    is($sum->{status_absent} // 0, 0, 'no session was lost (load)');
    is(scalar(grep { $_->{status} eq 'absent' } @answers, @changing), 0,
       'no session was lost (probes)');
    my $absent = grep { $_->{status} eq 'absent' } @answers, @changing;
    ($longest) = sort { $b <=> $a } $sum->{longest}, map {
        $_->{ended} - $_->{begun} } @answers, @changing;
    cmp_ok($longest, '<', 0.4 + $slack, sprintf 'none waited for longer than'
           . ' its deadline: %.3f s', $longest);
    SHS::Report::fault('Cluster, CLUSTERDOWN',
                       requests => $sum->{requests} + @answers,
                       wrong => $sum->{strangers},
                       lost => ($sum->{status_absent} // 0) + $absent,
                       stall => $longest, recovery => $recovery,
                       connections => $connections->stop);
    my @stale = grep { $_->{begun} > $deposed && $_->{owner} eq $before }
        @changing;
    note sprintf 'the old master learned of it after %.3f s', $deposed - $changed;
    is(scalar @stale, 0, 'SIGCONT of the old master: no request sees a session as it'
       . ' was before') || diag(sprintf '%.3f s after the change',
                                $stale[-1]{begun} - $deposed);
    $cluster->rejoin($old);
    is(owner(ask('all', $id)), 'new', '... but as it is now');
    $cluster->put_hash($key, { owner => $before });
    all_found('all', 'afterwards all are found', requests => 1200, after_fault => 1);
    all_found('tls', 'afterwards all are found', after_fault => 1);
}

# --- writing -------------------------------------------------------------------------

# (code, the id that was given or the one that was used)
sub put {
    my ($host, $method, $id, $body, @path) = @_;
    return $httpd->write_session($method, $id, $body, host => "$host.test", @path);
}
# What the node that has a key's slot says of it.
sub at_node {
    my ($key) = @_;
    return { @{ $cluster->owner_of($key)->cmd('HGETALL', $key) } };
}

{
    my ($elsewhere, @wrong) = (0);
    for my $n (1 .. 30) {
        my ($code, $id) = put('writes', 'POST', undef, "{\"owner\":\"$n\"}");
        my ($changed) = put('writes', 'PATCH', $id, '{"cart":"7"}');
        # A login, or a rotation alone: the copy has another slot.
        my ($rotated, $new) = $n % 3 ? put('writes', 'POST', $id, '{"role":"admin"}')
            : put('writes', 'GET', $id, undef, path => '/x/cgi?action=rotate');
        my %is = %{ at_node("session:$new") };
        my %old = %{ at_node("session:$id") };
        push @wrong, "$n: $code $changed $rotated" if "$code $changed $rotated" ne '201 200 200'
            || $new eq $id || $is{owner} ne $n || $is{cart} ne '7'
            || ($is{role} // 'none') ne ($n % 3 ? 'admin' : 'none') || !exists $old{'@rotated'}
            || grep { owner(ask('writes', $_)) ne $n } $id, $new;
        $elsewhere++ if $cluster->owner_of("session:$id") != $cluster->owner_of("session:$new");
        my ($ended) = put('writes', 'DELETE', $new);
        push @wrong, "$n: end $ended" if $ended != 204 || %{ at_node("session:$new") };
    }
    is_deeply(\@wrong, [], 'sessions are begun, changed, rotated and ended');
    cmp_ok($elsewhere, '>', 5, "... $elsewhere of 30 went to another master when rotated");
}

{
    my $slot = $cluster->slot_of('7');
    my $from = $cluster->owner_of_slot($slot);
    my ($to) = grep { $_ != $from } $cluster->masters;
    my ($count, %expected, @wrong) = (0);
    my $begin = sub {
        my ($code, $id) = put('tagged', 'POST', undef, '{"owner":"begun"}');
        push @wrong, "begin $code" if $code != 201;
        $expected{$id} = 'begun';
        return $id;
    };
    my $change = sub {
        my ($id) = @_;
        my $value = 'change ' . ++$count;
        my ($code) = put('tagged', 'PATCH', $id, "{\"owner\":\"$value\"}");
        push @wrong, "change $code" if $code != 200;
        $expected{$id} = $value;
    };
    my $rotate = sub {
        my ($id) = @_;
        my ($code, $new) = put('tagged', 'POST', $id, '{"role":"admin"}');
        push @wrong, "rotation $code" if $code != 200 || $new eq $id;
        $expected{$new} = delete $expected{$id};
    };
    my @ids = map { $begin->() } 1 .. 24;
    $cluster->begin_move($slot, $from, $to);
    my $moved = 0;
    for my $key ($cluster->keys_in($slot, $from)) {
        my ($id) = $key =~ /^session:\{7\}:(.*)/ or next;
        $cluster->move_key($key, $from, $to);
        next if !exists $expected{$id};
        $change->($id);                                # has moved: ASK
        $change->($_) for grep { $_ ne $id } $ids[ $moved % @ids ];
        $begin->() if $moved % 4 == 0;                 # is nowhere yet: ASK
        $rotate->($id) if $moved % 4 == 1;
        if ($moved % 4 == 2) {
            my ($code) = put('tagged', 'DELETE', $id);
            push @wrong, "end $code" if $code != 204;
            $expected{$id} = '(null)';
        }
        @ids = grep { exists $expected{$_} && $expected{$_} ne '(null)' } @ids;
        $moved++;
    }
    cmp_ok($moved, '>=', 20, "$moved sessions moved with their slot");
    for my $key ($cluster->keys_in($slot, $from)) {
        $cluster->move_key($key, $from, $to);
    }
    $change->($ids[0]);
    $cluster->end_move($slot, $from, $to);
    $change->($ids[1]);                                # MOVED
    is_deeply(\@wrong, [], '... and were written to meanwhile, each time');
    my %is = map { $_ => owner(ask('tagged', $_)) } keys %expected;
    is_deeply(\%is, \%expected, '... nothing of it is lost');
}

{
    my ($code, $id) = put('writes', 'POST', undef, '{"owner":"anna"}');
    my $key = "session:$id";
    $_->cmd('WAIT', 1, 10_000) for $cluster->masters;
    my ($old, $since) = $cluster->kill_master_of($key);
    my ($new, $taken) = $cluster->wait_for_takeover($cluster->slot_of($key), $old);
    my @codes;
    SHS::Process::wait_for('a write after the takeover', 20, sub {
        push @codes, (put('writes', 'PATCH', $id, '{"cart":"8"}'))[0];
        $codes[-1] == 200 });
    my $recovery = time - $taken;
    is_deeply([grep { !/^(?:200|503)$/ } @codes], [], 'kill -9: until then it was 503');
    cmp_ok($recovery, '<', 5, sprintf '... and written %.3f s after the takeover', $recovery);
    figure('Cluster, kill -9: first write after the replica took over',
           sprintf('%.3f', $recovery), 's');
    my %is = $new->hash($key);
    is("$is{owner} $is{cart}", 'anna 8', '... to what the replica had');
    my ($rotated, $next) = put('writes', 'POST', $id, '{"role":"admin"}');
    is($rotated, 200, '... a login works');
    is((put('writes', 'DELETE', $next))[0], 204, '... and a logout');
    $cluster->rejoin($old);
}

# --- afterwards ------------------------------------------------------------------------

for ($httpd, $single) {
    ok(SHS::Process::is_alive($_->pid), 'httpd lives');
    is(scalar $_->logged(qr/exit signal/), 0, 'and no child has died');
    unlike($_->error_log, qr/SeCrEt/, 'no password in the log');
    is(scalar $_->logged(qr/\(null\)/), 0, 'no reason is missing in the log');
}
ok($httpd->wait_logged(qr/SHS004: /), 'SHS004 was logged');

done_testing;
