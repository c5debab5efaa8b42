# Lookups of many threads that are sent together on a connection (share=on). Each
# request gets its own session, whatever the server replies to a batch, and prefork
# never sends one.
#
# No test waits for a time to pass. A fake Redis, or the proxy, holds its replies
# until all requests are at work in httpd: so a few of them wait for the server, and
# all others for these.
use strict;
use warnings;

use SHS;
use SHS::Certs;
use SHS::Load;
use SHS::Proxy;
use SHS::Status;
use Fcntl qw(O_CREAT O_EXCL O_WRONLY);
use Time::HiRes ();

my $is_prefork = mpm() eq 'prefork';
my $many = $is_prefork ? 6 : 20; # requests at once
my $slack = 3; # what a busy machine may take of its own
# Threads that send at once: four, and two more if these are long at work.
my $senders = 6;

# --- the servers --------------------------------------------------------------

my $certs = SHS::Certs->new;
$certs->sign('server', 'DNS:localhost,IP:127.0.0.1');
my $tls_port = SHS::Process::free_port();
my $redis = SHS::Redis->start(
    args => [ '--tls-port', $tls_port, '--tls-auth-clients', 'no',
              '--tls-cert-file', $certs->path('server.crt'),
              '--tls-key-file', $certs->path('server.key'),
              '--tls-ca-cert-file', $certs->path('ca.crt') ],
    acl => "user default on nopass ~* &* +\@all\n"
         . "user silent on >SeCrEt-app ~session:* &* +\@all -echo\n");
my %proxy = map { $_ => SHS::Proxy->start(to => $_ eq 'tls' ? $tls_port : $redis->port) }
    qw(on lean off acl tls master);

my $sentinel = SHS::Fake->start(sub {
    my ($c) = @_;
    my $port = $proxy{master}->port;
    my $send = sub { $c->send('*' . @_ . "\r\n"
                              . join '', map { SHS::Fake::Conn::bulk($_) } @_) };
    while (1) {
        my @words = map { lc } $c->read_any;
        if ($words[0] ne 'sentinel') {
            $c->send($words[0] eq 'ping' ? "+PONG\r\n" : "+OK\r\n");
        }
        elsif ($words[1] eq 'get-master-addr-by-name') {
            $send->('127.0.0.1', $port);
        }
        elsif ($words[1] eq 'master') {
            $send->(name => 'mymaster', ip => '127.0.0.1', port => $port,
                    flags => 'master', 'config-epoch' => 1, quorum => 1);
        }
        else {
            $c->send("*0\r\n");
        }
    }
});

my $times = 'timeout=10s connect-timeout=10s breaker=off';
my %stores = (
    on => 'redis://127.0.0.1:' . $proxy{on}->port . " $times name=on",
    lean => 'redis://127.0.0.1:' . $proxy{lean}->port . " $times name=lean",
    off => 'redis://127.0.0.1:' . $proxy{off}->port . " $times share=off",
    acl => 'redis://silent:SeCrEt-app@127.0.0.1:' . $proxy{acl}->port . " $times",
    tls => 'rediss://127.0.0.1:' . $proxy{tls}->port . " $times ca="
        . $certs->path('ca.crt'),
    sentinel => 'redis+sentinel://127.0.0.1:' . $sentinel->port . "/mymaster $times",
);

# --- a fake Redis that lies to one batch -----------------------------------------

my $marks = SHS::Process::tmp() . "/batch-$$";
sub has_mark { return -e "$marks-$_[0]" }
# Whether this process is the first that sets it.
sub set_mark {
    return sysopen my $out, "$marks-$_[0]", O_CREAT | O_EXCL | O_WRONLY;
}

my $stranger = '*2' . "\r\n" . SHS::Fake::Conn::bulk('owner')
    . SHS::Fake::Conn::bulk('SeCrEt-stranger');
my $ttl = ":-1\r\n";

sub value_of {
    my ($key) = @_;
    my ($id) = $key =~ /^session:(.*)$/;
    return '*2' . "\r\n" . SHS::Fake::Conn::bulk('owner')
        . SHS::Fake::Conn::bulk("owner of $id");
}
sub number { return SHS::Fake::Conn::bulk($_[0]) }
# The replies that are right.
sub replies { return map { (value_of($_), $ttl) } @_ }

# A load of the key "...-hold-ROUND-..." is replied to when the mark of its round
# is set. While $senders of these wait, all other loads come in one batch. `lie`
# gets the connection, the number of the first batch, and its keys.
sub lying_redis {
    my ($name, $lie) = @_;
    return SHS::Fake->start(sub {
        my ($c) = @_;
        while (1) {
            my @words = $c->read_any;
            my $word = uc $words[0];
            my $key = $words[1] // '';
            if ($word eq 'HGETALL' && $key =~ /-hold-(\d)-/) {
                SHS::Process::wait_for('all requests', 60,
                                       sub { has_mark("$name-go-$1") });
            }
            elsif ($word eq 'HGETALL' && set_mark("$name-lie")) {
                my @keys = $key;
                while (uc $words[0] ne 'ECHO') {
                    @words = $c->read_any;
                    push @keys, $words[1] if uc $words[0] eq 'HGETALL';
                }
                $lie->($c, $words[1], @keys);
                next;
            }
            $c->send($word eq 'HGETALL' ? value_of($key)
                     : $word eq 'PTTL' ? $ttl
                     : $word eq 'HLEN' ? ":1\r\n" : $word eq 'MEMORY' ? "\$-1\r\n"
                     : $word eq 'ECHO' && defined $words[1] ? number($words[1])
                     : $word eq 'ECHO' ? "+PONG\r\n" : "+OK\r\n");
        }
    });
}

# [name, what is sent, how often each load of the batch is sent in all, why]
my @lies = (
    ['honest', sub { my ($c, $n, @k) = @_; $c->send(join '', replies(@k), number($n)) },
     1, 'a batch is replied to in one piece'],
    ['drip', sub { my ($c, $n, @k) = @_; $c->drip(join('', replies(@k), number($n)), 0) },
     1, 'octet by octet'],
    ['extra', sub { my ($c, $n, @k) = @_;
                    $c->send(join '', $stranger, $ttl, replies(@k), number($n)) },
     2, 'a session too many comes first'],
    ['between', sub { my ($c, $n, @k) = @_; my @r = replies(@k);
                      $c->send(join '', @r[0 .. 3], $ttl, @r[4 .. $#r], number($n)) },
     2, 'a number too many'],
    ['before', sub { my ($c, $n, @k) = @_;
                     $c->send(join '', replies(@k), $stranger, $ttl, number($n)) },
     2, 'a session too many comes before the end'],
    ['after', sub { my ($c, $n, @k) = @_;
                    $c->send(join '', replies(@k), number($n), $stranger, $ttl) },
     2, 'a session too many comes after the end'],
    ['swapped', sub { my ($c, $n, @k) = @_; my @r = replies(@k);
                      $c->send(join '', @r[1, 0, 2 .. $#r], number($n)) },
     2, 'the replies to two commands are swapped'],
    ['missing', sub { my ($c, $n, @k) = @_; my @r = replies(@k);
                      $c->send(join '', @r[2 .. $#r], number($n)) },
     2, 'the first session is left out'],
    ['missing1', sub { my ($c, $n, @k) = @_; my @r = replies(@k);
                       $c->send(join '', @r[0, 2 .. $#r], number($n)) },
     2, 'one reply is left out'],
    ['number', sub { my ($c, $n, @k) = @_;
                     $c->send(join '', replies(@k), number("${n}0")) },
     2, 'the number of another batch'],
    ['shorter', sub { my ($c, $n, @k) = @_;
                      $c->send(join '', replies(@k), number(substr $n, 0, -1)) },
     2, 'a number that is cut off'],
    ['garbage', sub { my ($c, $n, @k) = @_; my @r = replies(@k);
                      $c->send(join '', @r[0 .. 4], "?\r\n", @r[5 .. $#r], number($n)) },
     2, 'a reply is not of the protocol'],
    ['nested', sub { my ($c, $n, @k) = @_; my @r = replies(@k);
                     $r[2] = "*2\r\n\$1\r\na\r\n*1\r\n\$1\r\nb\r\n";
                     $c->send(join '', @r, number($n)) },
     2, 'an array in an array'],
    ['odd', sub { my ($c, $n, @k) = @_; my @r = replies(@k);
                  $r[2] = "*1\r\n\$1\r\na\r\n";
                  $c->send(join '', @r, number($n)) },
     2, 'a field without a value'],
    ['half', sub { my ($c, $n, @k) = @_; my $all = join '', replies(@k);
                   $c->send(substr $all, 0, length($all) / 2); $c->close_now },
     2, 'half of the replies, and the end of the connection'],
    ['unended', sub { my ($c, $n, @k) = @_;
                      $c->send(join '', replies(@k)); $c->close_now },
     2, 'all replies but the number, and the end of the connection'],
    ['closed', sub { $_[0]->close_now }, 2, 'no reply, and the end of the connection'],
);
@lies = () if $is_prefork;
my %fake = map { $_->[0] => lying_redis(@$_) } @lies;
# A server that replies to a batch when the deadlines are past, and one that
# replies to one load with an error.
$fake{slow} = lying_redis('slow', sub {
    my ($c, $n, @k) = @_;
    SHS::Process::wait_for('the deadline', 60, sub { has_mark('slow-over') });
    $c->send(join '', replies(@k), number($n));
});
$fake{error} = lying_redis('error', sub {
    my ($c, $n, @k) = @_;
    my @r = replies(@k);
    $r[2] = $r[3] = "-ERR SeCrEt\r\n";
    $c->send(join '', @r, number($n));
});
$stores{$_} = 'redis://127.0.0.1:' . $fake{$_}->port . " $times" for keys %fake;
$stores{slow} =~ s{timeout=10s}{timeout=3s}g;

# --- httpd ----------------------------------------------------------------------

my $vhosts = join '', map { <<"CONF" } sort keys %stores;
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore $stores{$_}
    SharedSessionTouch @{[$_ eq 'lean' ? 'Off' : 'On']}
</VirtualHost>
CONF
my $children = $is_prefork ? <<'CONF' : one_child();
StartServers 8
MinSpareServers 1
ServerLimit 8
MaxRequestWorkers 8
CONF
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n" },
                          loglevel => 'notice shared_session:info', conf => <<"CONF");
SharedSession On
SharedSessionEnv OWNER owner
SharedSessionEnv REASON \@reason
Header always set X-Reason "%{REASON}e"
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
@{[status_place()]}
$vhosts
$children
CONF

sub busy { return busy_workers($httpd, host => 'on.test') }

# Begins a request for each id. A list of connections to httpd.
sub begin {
    my ($host, @ids) = @_;
    return map {
        my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $httpd->port)
            or die "httpd: $!";
        syswrite $s, SHS::HTTP::text(path => '/page.html', host => "$host.test",
                                     cookie => "JSESSIONID=$_");
        $s;
    } @ids;
}

sub end {
    my (@requests) = @_;
    return map {
        my $in = '';
        while (sysread $_, $in, 65536, length $in) { }
        SHS::HTTP::Reply->parse($in);
    } @requests;
}

sub all_asleep {
    my @states = map { slurp($_) =~ /^.*\) (\S)/s } map { glob "/proc/$_/task/*/stat" }
        $httpd->children;
    return !grep { $_ ne 'S' } @states;
}

# Until so many requests wait for their lookup: httpd has begun them, and all its
# threads sleep. Twice, because a thread that has just ended another request may
# still count as busy.
sub all_at_work {
    my ($count) = @_;
    return SHS::Process::wait_for('all requests to be at work', 30, sub {
        return busy() >= $count && all_asleep() && busy() >= $count && all_asleep();
    });
}

sub is_own {
    my ($replies, $ids, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @wrong = grep { ($replies->[$_]->header('X-Owner') // '') ne "owner of $ids->[$_]" }
        0 .. $#$ids;
    return ok(!@wrong, $name)
        || diag(map { "for $ids->[$_]:\n" . ($replies->[$_]->raw || 'no reply') } @wrong);
}

# Ids of sessions in the real Redis.
sub sessions {
    my ($count) = @_;
    my @ids = map { fresh_id(30 + $_ % 10 * 7) } 1 .. $count;
    $redis->put_hash("session:$_", { owner => "owner of $_" }) for @ids;
    return @ids;
}

# Many requests at once, while the proxy holds the replies. `leave`: so many of
# the first clients leave meanwhile. The commands that Redis got, and how many
# connections were opened.
sub ask_held {
    my ($host, $proxy, $ids, %q) = @_;
    my $leave = $q{leave} // 0;
    my $before = $proxy->stats->{accepted};
    my @replies;
    my @commands = $redis->commands_during(sub {
        $proxy->hold;
        my @requests = begin($host, @$ids);
        all_at_work(scalar @$ids);
        close $_ for splice @requests, 0, $leave;
        $proxy->pass;
        @replies = end(@requests);
        SHS::Process::wait_for('the others', 30, sub { busy() == 0 }) if $leave;
    });
    return { replies => \@replies, commands => \@commands,
             accepted => $proxy->stats->{accepted} - $before };
}
sub count_of {
    my ($held, $name) = @_;
    return scalar grep { $_->[1] eq $name } @{ $held->{commands} };
}
# How often Redis has refused ECHO.
sub refusals {
    return $redis->cmd('INFO', 'commandstats')
        =~ /^cmdstat_echo:.*rejected_calls=(\d+)/m ? $1 : 0;
}
sub batches {
    return scalar grep { $_->[1] eq 'ECHO' && $_->[2] =~ /^batch-/ }
        @{ $_[0]{commands} };
}

# --- a real Redis ---------------------------------------------------------------

for my $host (qw(on lean off acl tls sentinel)) {
    my $shares = !$is_prefork && $host ne 'off' && $host ne 'acl';
    my $proxy = $proxy{ $host eq 'sentinel' ? 'master' : $host };
    subtest "$many requests at once: $host" => sub {
        my @ids = sessions($many);
        my $held = ask_held($host, $proxy, \@ids);
        is_own($held->{replies}, \@ids, 'each gets its own session');
        is(count_of($held, 'HGETALL'), $many, 'each session is loaded once')
            if $host ne 'acl';
        is(count_of($held, 'PTTL'), $host eq 'lean' ? 0 : count_of($held, 'HGETALL'),
           $host eq 'lean' ? '... without its expiry' : '... with its expiry');
        if ($shares) {
            cmp_ok($held->{accepted}, '<=', $senders + count_of($held, 'HLEN'),
                   'few connections, and one for each load that goes alone');
            cmp_ok(batches($held), '>=', 1, 'a batch was sent');
            cmp_ok(batches($held), '<=', $many / 2, '... and few of them');
        }
        else {
            is(batches($held), 0, 'no batch was replied to');
        }
        is($held->{accepted}, $many, 'a connection each')
            if $host eq 'off' || ($is_prefork && $host ne 'sentinel');
        my $others = grep { $_->[1] !~ /^(?:HGETALL|PTTL|HLEN|MEMORY|ECHO|ROLE
                                           |AUTH|CLIENT|INFO)$/x }
            @{ $held->{commands} };
        is($others, 0, 'no other command') || diag explain $held->{commands};
        if ($host eq 'sentinel') {
            cmp_ok(count_of($held, 'ROLE'), '>=', 1, 'ROLE is asked');
            cmp_ok(count_of($held, 'ROLE'), '<', $many, '... once a batch')
                if $shares;
        }
        # Without +echo the first batch fails, and for a minute there is no other.
        my $refused = refusals();
        is($refused > 0, $host eq 'acl' && !$is_prefork, 'whether ECHO is refused')
            if $host eq 'acl';
        @ids = sessions($many);
        $held = ask_held($host, $proxy, \@ids);
        is(refusals(), $refused, 'ECHO is not asked again') if $host eq 'acl';
        is_own($held->{replies}, \@ids, 'again: each gets its own session');
        is(count_of($held, 'HGETALL'), $many, '... which is loaded once');
        cmp_ok($held->{accepted}, '<=', $senders + count_of($held, 'HLEN'),
               '... on few connections') if $shares;
        is(batches($held), 0, '... and there is no batch') if !$shares;
    };
}

# A single request is alone: nothing is added to it.
{
    my @ids = sessions(3);
    my @commands = $redis->commands_during(sub {
        is_own([ map { end(begin('on', $_)) } @ids ], \@ids,
               'one after the other: each gets its own session');
    });
    is_deeply([ grep { $_ ne 'CLIENT' } map { $_->[1] } @commands ],
              [ ('HGETALL', 'PTTL') x 3 ],
              '... by two commands each');
}

# Once known as large, a session goes alone.
{
    my @ids = map { fresh_id(30) } 1 .. $many;
    $redis->put_hash("session:$_", { owner => "owner of $_", more => 'x' x 20_000 })
        for @ids;
    is_own([ map { end(begin('on', $_)) } @ids ], \@ids,
           'large sessions, one after the other');
    my $held = ask_held('on', $proxy{on}, \@ids);
    is_own($held->{replies}, \@ids, '... and at once: each gets its own');
    is(batches($held), 0, '... and none is sent with others') if !$is_prefork;
}

# Clients that leave while their lookup waits.
{
    my @ids = sessions($many);
    my $gone = int $many / 2;
    my $held = ask_held('on', $proxy{on}, \@ids, leave => $gone);
    is_own($held->{replies}, [ @ids[$gone .. $#ids] ],
           'while clients leave, the others get their own session');
    @ids = sessions($many);
    is_own(ask_held('on', $proxy{on}, \@ids)->{replies}, \@ids,
           '... and so do those that come later');
}

# Under load, and with the connections as Redis sees them.
{
    my @some = map { [ $_, "owner of $_" ] } sessions(200);
    my $sum = SHS::Load::run(port => $httpd->port, path => '/page.html',
                             host => 'on.test', sessions => \@some,
                             workers => $is_prefork ? 6 : 16, requests => 4000);
    is($sum->{strangers}, 0, 'under load: no stranger');
    is($sum->{status_found} // 0, 4000, '... and all are found')
        || diag(SHS::Load::words($sum));
    my $count = grep { /\bname=on\b/ } split /\n/, $redis->cmd('CLIENT', 'LIST');
    cmp_ok($count, '<=', 8, '... on few connections');
}

# --- a Redis that lies ------------------------------------------------------------

# As many requests wait for the server as there are senders, each alone; all others
# come in one batch.
sub ask_fake {
    my ($name, $round, %q) = @_;
    my @ids = map { fresh_id() . "-hold-$round-x" } 1 .. $senders;
    my @requests;
    for my $id (@ids) {
        push @requests, begin($name, $id);
        SHS::Process::wait_for('the load', 30, sub {
            grep { / HGETALL session:$id$/ } $fake{$name}->journal });
    }
    push @ids, map { fresh_id(30 + $_ % 10 * 7) } $senders + 1 .. $many;
    push @requests, begin($name, @ids[$senders .. $#ids]);
    # After a batch that failed there is none for a second: loads go alone.
    all_at_work(scalar @ids) if $round == 1;
    set_mark("$name-go-$round");
    return (\@ids, [ end(@requests) ]);
}

sub loads_of {
    my ($name, @ids) = @_;
    my %is_wanted = map { ("session:$_" => 1) } @ids;
    return scalar grep { / HGETALL (\S+)$/ && $is_wanted{$1} } $fake{$name}->journal;
}
# Sizes go alone, so each may need a connection (src/redis/health/big_key.h).
sub sizes_of { return scalar grep { / HLEN / } $fake{ $_[0] }->journal }
# The batches. A load that is held may be one of its own, if it has waited before a
# further thread was to send.
sub batches_of {
    my ($name) = @_;
    my %key; # the last one on each connection
    my $count = 0;
    for ($fake{$name}->journal) {
        $key{$1} = $2 if /^(\d+) HGETALL (\S+)/;
        $count++ if /^(\d+) ECHO batch-/ && $key{$1} !~ /-hold-/;
    }
    return $count;
}

for my $lie (@lies) {
    my ($name, undef, $times, $why) = @$lie;
    subtest "lying Redis: $why" => sub {
        my ($ids, $replies) = ask_fake($name, 1);
        is_own($replies, $ids, 'each gets its own session');
        is(batches_of($name), 1, 'one batch has all that waited')
            || diag(map { "$_\n" } $fake{$name}->journal);
        is(loads_of($name, @$ids), $senders + $times * ($many - $senders),
           $times == 1 ? 'each session is loaded once'
                       : 'each session of the batch is loaded again');
        ($ids, $replies) = ask_fake($name, 2);
        is_own($replies, $ids, 'the requests that follow get their own sessions');
        is(loads_of($name, @$ids), scalar @$ids, '... which are loaded once');
        cmp_ok($fake{$name}->connections, '<=', $senders + sizes_of($name),
               'on few connections')
            if $times == 1;
    };
}

if (!$is_prefork) {
    my ($ids, $replies) = ask_fake('error', 1);
    my @failed = grep { $_->header('X-Status') eq 'unavailable' } @$replies;
    is(scalar @failed, 1, 'an error in a batch: one request goes without');
    is(scalar(grep { $replies->[$_]->header('X-Owner') eq "owner of $ids->[$_]" }
              0 .. $#$ids), $many - 1, '... and all others get their own session');

    my $began = Time::HiRes::time();
    ($ids, $replies) = ask_fake('slow', 1);
    within(Time::HiRes::time() - $began, 1, 3 + $slack,
           'a batch is late: it has half of the time');
    set_mark('slow-over');
    is_own($replies, $ids, '... and each of its loads is then sent alone, in time');
    ($ids, $replies) = ask_fake('slow', 2);
    is_own($replies, $ids, 'its late replies reach no request: all get their own');
}

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');

done_testing;
