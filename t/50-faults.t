# The same with worker as with event.
#
# Everything that can happen to one Redis and to the way there, under load:
# every answer is compared with the session its cookie names, none is another's,
# no session that exists is called absent, no request waits for longer than the
# deadline, and all is well as soon as it can be.
#
# SHS_FAULTS_REQUESTS: so many requests in all, shared out among the faults,
# each of which comes and goes until its share is done; `t/run faults` takes
# 500,000. Without it each comes once.
use strict;
use warnings;

use SHS;
use SHS::Load;
use SHS::Proxy;
use SHS::Report;
use SHS::Status;
use List::Util qw(max sum0);
use Time::HiRes qw(time);

my $in_all = $ENV{SHS_FAULTS_REQUESTS} || 0;
my $timeout = 0.5;
my $slack = 2; # what a busy machine may take of its own
my $workers = 6;

# It keeps its sessions when it is killed: what is lost here is our loss.
my $store = SHS::Redis->start(args => ['--appendonly', 'yes',
                                       '--enable-debug-command', 'local']);
my $port = $store->port;
my $proxy = SHS::Proxy->start(to => $port);
my $proxy_port = $proxy->port;

# A server that answers with the error that a file names, while it names one.
my $mood = "$ENV{SHS_TMP}/mood.$$";
my $fake = SHS::Fake->start(sub {
    my ($c) = @_;
    while (1) {
        my $key = $c->load;
        my $error = slurp($mood);
        $c->send($error ? "-$error\r\n" x 2
                        : $c->hash_reply(owner => "of $key"));
    }
});
my $fake_port = $fake->port;

my $password = 0;
my $password_file = "$ENV{SHS_TMP}/password.$$";
sub write_file {
    my ($path, $text) = @_;
    open my $out, '>', "$path.new" or die "$path: $!";
    print $out $text;
    close $out;
    chmod 0644, "$path.new";
    rename "$path.new", $path or die "$path: $!";
    return;
}
sub grant {
    $store->cmd('ACL', 'SETUSER', 'app', 'on', 'resetpass',
                ">SeCrEt-token-$password", '~session:*', '+@read',
                '+@connection');
    return;
}
sub rotate {
    write_file($password_file, 'SeCrEt-token-' . ++$password . "\n");
    return grant();
}
rotate();
sub start_again { $store->run; return grant() }

my $times = 'timeout=500ms connect-timeout=500ms breaker=5/200ms pool=8';
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n" },
                          loglevel => 'notice shared_session:info',
                          conf => <<"CONF");
SharedSession On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
@{[status_place()]}
<VirtualHost *:\${SHS_PORT}>
    ServerName direct.test
    SharedSessionStore redis://127.0.0.1:$port $times
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName proxy.test
    SharedSessionStore redis://127.0.0.1:$proxy_port $times
</VirtualHost>
# As users have it: what is near is found, for as long as the lease.
<VirtualHost *:\${SHS_PORT}>
    ServerName near.test
    SharedSessionStore redis://127.0.0.1:$proxy_port $times name=near
    SharedSessionCache On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName acl.test
    SharedSessionStore redis://app\@127.0.0.1:$port password-file=$password_file timeout=5s breaker=5/200ms pool=8
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName fake.test
    SharedSessionStore redis://127.0.0.1:$fake_port $times
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName steady.test
    SharedSessionStore redis://127.0.0.1:$port timeout=5s pool=8
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName far.test
    SharedSessionStore redis://127.0.0.1:$proxy_port timeout=5s pool=8
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName patient.test
    SharedSessionStore redis://127.0.0.1:$fake_port timeout=5s pool=8
</VirtualHost>
<IfModule mpm_prefork_module>
    StartServers 10
    MinSpareServers 4
</IfModule>
CONF
my %port_of = (direct => $port, steady => $port, proxy => $proxy_port,
               far => $proxy_port, near => $proxy_port, acl => $port, fake => $fake_port,
               patient => $fake_port);
# Those whose deadline no busy machine makes them miss: where hardly any request
# may go without.
my %deadline_of = map { $_ => 5 } qw(steady acl far patient);
# Stores at the same port times children times pool=, of which a child uses no
# more than it has threads.
my $most = mpm() eq 'prefork' ? 24 : 2 * 8;
my %most_connections = (direct => 3 * $most, steady => 3 * $most,
                        acl => 3 * $most, proxy => 3 * $most, far => 3 * $most,
                        near => 3 * $most, fake => 2 * $most, patient => 2 * $most);

my @real = map { [ sprintf('SeCrEt-fault-%06d-%d', $_, $$),
                   "owner-$_-" . 'x' x ($_ % 300) ] } 1 .. 500;
$store->put_hash("session:$_->[0]", { owner => $_->[1], pad => 'y' x 500 },
                 3600) for @real;
my @faked = map { [ $_->[0], "of session:$_->[0]" ] } @real;

# --- what is measured --------------------------------------------------------

# Connections to a port that are open at both ends, as the kernel counts them:
# this works whatever the server at the port is doing. What was there while it
# was read twice was there at one moment, between; one that is read once may have
# come when another, counted too, had gone.
sub connections {
    my ($to) = @_;
    my $hex = sprintf '%04X', $to;
    my $open = sub {
        open my $in, '<', '/proc/net/tcp' or return;
        # Local port and inode.
        return map { /^ *\d+: \w+:(\w+) \w+:$hex 01 (?:\S+ +){5}(\d+) / ? "$1 $2" : () }
            <$in>;
    };
    my %before = map { $_ => 1 } $open->();
    return scalar grep { $before{$_} } $open->();
}

# The store's lines in ?auto: { Breaker => ..., Timeouts => ..., ... }
sub counters {
    my ($of) = @_;
    return store_status($httpd, qr/.*:$of\b.*/, host => 'direct.test');
}

my %all = (requests => 0, strangers => 0, absent => 0);
my $faults = 0;
my @faults;

# A fault is a hash: name, host, begin, end, and what is expected:
#   seconds  how long it lasts, but not before 40 requests were answered
#   freezes  ... of which there are none
#   hurts    some request must have gone without
#   times    how often it comes, at least
#   spares   so many may go without each time, on average
#   before, after  what else is looked at
sub fault { push @faults, { @_ }; return }

sub run_fault {
    my ($f) = @_;
    my $share = $in_all ? int($in_all / @faults) + 1 : 0;
    my $host = $f->{host};
    my $peak = 0;
    my $sampled_at = 0;
    my @recoveries;
    my $load = SHS::Load->start(
        port => $httpd->port, path => '/page.html', host => "$host.test",
        sessions => $host =~ /^(?:fake|patient)$/ ? \@faked : \@real,
        workers => $workers, requests => $share ? $share + 100_000 : 100_000,
        pause => $share ? 0 : 0.002);
    my $watch = sub {
        my ($words, $condition) = @_;
        return eval { SHS::Process::wait_for($words, 20, sub {
            if (time > $sampled_at + 0.05) {
                $peak = max($peak, connections($port_of{$host}));
                $sampled_at = time;
            }
            die "the load ended before $words\n" if $load->is_over;
            return $condition->();
        }) };
    };
    my $is_well = 1;
    my $state = $f->{before} ? $f->{before}->() : undef;
    while ($is_well) {
        $watch->('a good start', sub { $load->settled > 60 }) or last;
        my $began = time;
        my $count = $load->count;
        $f->{begin}->();
        $is_well = $watch->('the fault', sub {
            time > $began + ($f->{seconds} // 0.9)
                && ($f->{freezes} || $load->count >= $count + 40) });
        $f->{end}->();
        my $ended = time;
        $is_well &&= $watch->('the end', sub { $load->settled($ended) > 60 });
        push @recoveries, max(0, ($load->first_found($ended) // $ended + 20)
                                 - $ended);
        last if $load->count >= $share && @recoveries >= ($f->{times} // 1);
    }
    diag("$f->{name}: $@") if !$is_well;
    my $answers = $load->answers;
    my $sum = $load->stop;
    my $longest = SHS::Load::longest(@$answers);
    my $absent = $sum->{status_absent} // 0;
    my $without = $sum->{status_unavailable} // 0;
    $all{requests} += $sum->{requests};
    $all{strangers} += $sum->{strangers};
    $all{absent} += $absent;
    subtest $f->{name} => sub {
        note SHS::Load::words($sum);
        ok($is_well, 'it came, it went, and all are found again');
        is($sum->{strangers}, 0, 'no wrong answer');
        is($absent, 0, 'no session that exists is called absent');
        is($sum->{broken} + $sum->{lost}, 0, 'no request is lost');
        is($sum->{code_200} // 0, $sum->{requests}, 'each is answered with 200');
        is($sum->{requests}, sum0(map { $sum->{"status_$_"} // 0 }
                                      qw(found unavailable malformed absent)),
           '... and with a status');
        is($sum->{status_malformed} // 0, 0, 'none is malformed')
            if !$f->{malforms};
        cmp_ok($longest, '<', ($deadline_of{$host} // $timeout) + $slack,
               'none waited for longer than its deadline');
        cmp_ok($peak, '<=', $most_connections{$host} + 2,
               'no more connections than pool= allows');
        cmp_ok($without, '>', 0, 'some went without') if $f->{hurts};
        cmp_ok($without, '<=', $f->{spares} * @recoveries,
               'no request goes without, or hardly any')
            if defined $f->{spares};
        $f->{after}->($sum, $state, scalar @recoveries) if $f->{after};
        SHS::Report::fault($f->{name}, requests => $sum->{requests},
                           wrong => $sum->{strangers}, lost => $absent,
                           stall => $longest, recovery => max(@recoveries, 0),
                           connections => $peak);
    };
    return;
}

# --- the server -----------------------------------------------------------------

fault(name => 'killed with -9, started again', host => 'direct', hurts => 1,
      begin => sub { $store->stop('KILL') }, end => \&start_again);

fault(name => 'ended and started again', host => 'direct', hurts => 1,
      begin => sub { $store->stop('TERM') }, end => \&start_again,
      seconds => 0.3);

fault(name => 'stopped for longer than the deadline', host => 'direct',
      hurts => 1, seconds => 1.2,
      begin => sub { $store->pause }, end => sub { $store->resume });

fault(name => 'stopped for a moment', host => 'steady', seconds => 0.3,
      spares => 0, freezes => 1,
      begin => sub { $store->pause }, end => sub { $store->resume });

# A connection that is killed before its first answer is not dialled again. How
# many of these there are is chance, hence five times.
fault(name => 'CLIENT KILL', host => 'steady', seconds => 0.2, spares => 2,
      times => 5,
      begin => sub { $store->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME',
                                 'yes') }, end => sub { });

fault(name => 'CLIENT PAUSE', host => 'direct', hurts => 1,
      begin => sub { $store->cmd('CLIENT', 'PAUSE', 900, 'ALL') },
      end => sub { $store->cmd('PING') });

my $sleeper;
fault(name => 'DEBUG SLEEP', host => 'direct', hurts => 1,
      begin => sub {
          $sleeper = SHS::Redis::Client->new(port => $port);
          syswrite $sleeper->{s}, "DEBUG SLEEP 0.9\r\n";
      }, end => sub { $sleeper->read_reply });

# Fewer clients than connections: Redis refuses each new connection.
fault(name => 'maxclients reached', host => 'direct', hurts => 1,
      before => sub { counters($port) },
      begin => sub {
          $store->cmd('CONFIG', 'SET', 'maxclients', 1);
          $store->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      end => sub { $store->cmd('CONFIG', 'SET', 'maxclients', 1000) },
      after => sub {
          my ($sum, $before) = @_;
          cmp_ok(counters($port)->{MaxClients}, '>', $before->{MaxClients},
                 'they are counted');
          ok(scalar $httpd->logged(qr/SHS003: .*:$port.*it has reached its maxclients/),
             'the log tells the reason');
      });

# --- permissions ----------------------------------------------------------------

# Short-lived tokens: the file is written, the server takes the new one only,
# and all connections are closed.
fault(name => 'password rotated', host => 'acl', seconds => 0.2, spares => 2,
      times => 5,
      begin => sub {
          rotate();
          $store->cmd('CLIENT', 'KILL', 'USER', 'app');
      }, end => sub { });

fault(name => 'NOPERM', host => 'acl', hurts => 1,
      before => sub { [ received(), scalar refusals(), time ] },
      begin => sub { $store->cmd('ACL', 'SETUSER', 'app', '-hgetall') },
      end => sub { $store->cmd('ACL', 'SETUSER', 'app', '+hgetall') },
      after => sub {
          my ($sum, $before) = @_;
          my @lines = refusals();
          my $lines = @lines - $before->[1];
          cmp_ok($lines, '>', 0, 'SHS006 tells of it');
          cmp_ok($lines, '<=', 1 + int((time - $before->[2]) / 60),
                 '... once a minute at most');
          like($lines[-1], qr/:error\].*NOPERM.*ACL/, '... the cure too');
          cmp_ok(received() - $before->[0], '<=', 2 * $workers,
                 'no connection is given up for it');
      });
sub refusals { return $httpd->logged(qr/SHS006: /) }
sub received { return ($store->cmd('INFO', 'stats')
                       =~ /total_connections_received:(\d+)/)[0] }

# --- answers that are none ------------------------------------------------------

for my $row (['OOM command not allowed', 'OutOfMemory'],
             ['LOADING Redis is loading', 'NotReady'],
             ['MASTERDOWN Link with MASTER is down', 'NotReady'],
             ['BUSY Redis is busy running a script', 'OtherErrors'],
             ['READONLY You can\'t write', 'ReadOnly']) {
    my ($error, $counter) = @$row;
    my ($code) = $error =~ /^(\w+)/;
    fault(name => "-$code", host => 'fake', hurts => 1,
          before => sub { counters($fake_port) },
          begin => sub { write_file($mood, $error) },
          end => sub { write_file($mood, '') },
          after => sub {
              my ($sum, $before) = @_;
              cmp_ok(counters($fake_port)->{$counter}, '>',
                     $before->{$counter}, 'it is counted');
          });
}

for my $error ('LOADING Redis is loading', 'MASTERDOWN Link with MASTER is down') {
    my ($code) = $error =~ /^(\w+)/;
    fault(name => "-$code for a moment", host => 'patient', seconds => 0.3,
          spares => 0, freezes => 1,
          begin => sub { write_file($mood, $error) },
          end => sub { write_file($mood, '') });
}

# --- the way there --------------------------------------------------------------

my $passes = sub { $proxy->pass };
fault(name => 'connections dropped', host => 'far', seconds => 0.2, times => 5,
      spares => 2, begin => sub { $proxy->drop }, end => $passes);
fault(name => 'connections reset', host => 'far', seconds => 0.2, times => 5,
      spares => 2, begin => sub { $proxy->drop(reset => 1) }, end => $passes);
# Every request is waiting for a reply then, and asks once more.
fault(name => 'connections dropped, replies 40 ms late', host => 'far',
      seconds => 0.2, times => 5, spares => 2,
      before => sub { $proxy->delay(40); return },
      begin => sub { $proxy->drop }, end => sub { }, after => $passes);
fault(name => 'closed at once', host => 'proxy', hurts => 1,
      begin => sub { $proxy->slam }, end => $passes);
fault(name => 'connections refused', host => 'proxy', hurts => 1,
      begin => sub { $proxy->refuse }, end => $passes);
fault(name => '40 ms late', host => 'far', spares => 0, seconds => 0.5,
      begin => sub { $proxy->delay(40) }, end => $passes);
fault(name => 'later than the deadline', host => 'proxy', hurts => 1,
      begin => sub { $proxy->delay(700) }, end => $passes);
fault(name => 'half a reply, then silence', host => 'proxy', hurts => 1,
      begin => sub { $proxy->halve(every => 5) }, end => $passes);
fault(name => 'half a reply, then the end', host => 'proxy', hurts => 1,
      begin => sub { $proxy->halve(every => 5, close => 1) }, end => $passes);
fault(name => 'octets changed', host => 'proxy', hurts => 1, malforms => 1,
      begin => sub { $proxy->corrupt(every => 3) }, end => $passes);
fault(name => 'black hole', host => 'proxy', hurts => 1,
      begin => sub { $proxy->blackhole }, end => $passes);
fault(name => 'black hole, connections too', host => 'proxy', hurts => 1,
      begin => sub { $proxy->deaf }, end => $passes);
fault(name => 'held up, then all at once', host => 'proxy', hurts => 1,
      begin => sub { $proxy->hold }, end => $passes);

# --- with the near-cache ---------------------------------------------------------

# The claims are the same, but no request has to go without before the lease has
# ended. The tracker meets the same faults.
fault(name => 'near-cache: killed with -9, started again', host => 'near',
      begin => sub { $store->stop('KILL') }, end => \&start_again);
fault(name => 'near-cache: stopped for a moment', host => 'near', seconds => 0.3,
      freezes => 1, begin => sub { $store->pause }, end => sub { $store->resume });
fault(name => 'near-cache: octets changed', host => 'near', malforms => 1,
      begin => sub { $proxy->corrupt(every => 3) }, end => $passes);
fault(name => 'near-cache: black hole', host => 'near', hurts => 1, seconds => 3.2,
      begin => sub { $proxy->blackhole }, end => $passes);

run_fault($_) for @faults;

# --- idle connections closed by the server ---------------------------------------

sub burst {
    my ($requests) = @_;
    return SHS::Load->start(port => $httpd->port, path => '/page.html',
                            host => 'steady.test', sessions => \@real,
                            workers => $workers, requests => $requests);
}
subtest 'timeout 1: idle connections closed by the server' => sub {
    $store->cmd('CONFIG', 'SET', 'timeout', 1);
    my %sum;
    my ($peak, $longest) = (0, 0);
    for my $round (1 .. 3) {
        my $load = burst(300);
        my $part = $load->sum;
        $sum{$_} += $part->{$_} for keys %$part;
        $longest = max($longest, SHS::Load::longest(@{ $load->answers }));
        $peak = max($peak, connections($port));
        next if $round == 3;
        ok(eval { SHS::Process::wait_for('idle connections to be closed', 20,
                                         sub { connections($port) <= 1 }) },
           'the server closes what is idle, but no subscription');
    }
    delete $store->{client};
    $store->cmd('CONFIG', 'SET', 'timeout', 0);
    is($sum{status_found}, 900, 'all are found, also by requests that meet'
       . ' a closed connection');
    is($sum{strangers}, 0, '... no wrong answer');
    $all{requests} += $sum{requests};
    SHS::Report::fault('timeout 1', requests => $sum{requests},
                       wrong => $sum{strangers},
                       lost => $sum{status_absent} // 0, stall => $longest,
                       connections => $peak);
};

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
note "$all{requests} requests in all";
diag "$all{requests} requests in all" if $in_all;
is($all{strangers}, 0, "no wrong answer in $all{requests} requests");
is($all{absent}, 0, '... and no session lost');
cmp_ok($all{requests}, '>=', $in_all, '... as many as were asked for') if $in_all;
SHS::Report::figure('all faults: requests', $all{requests});
SHS::Report::figure('all faults: wrong answers', $all{strangers});
SHS::Report::figure('all faults: sessions lost', $all{absent});

done_testing;
