# Sessions that many change at the same time, by two servers with one Redis
# behind a balancer that sends each request anywhere: what 64 writers change is
# all kept, what was ended is never made again, a rotation logs no user out; and
# when many sessions have been made, changed and ended, Redis holds exactly those
# that are alive. With the near-cache, as users have it: a server sees at once what
# it has written itself, and within the lease what the other has.
# SHS_CYCLES_SECONDS: how long that last load runs (10).
use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use SHS;
use SHS::Report;
use Time::HiRes qw(time);

my $json = JSON::PP->new;
my $store = SHS::Redis->start;
my $port = $store->port;

my $places = join '', map {
    my ($area, $more) = @$_;
    <<"CONF" } ['', ''], ['/json', "SharedSessionKey json:%{id}\nSharedSessionFormat json"],
<Location $area/>
    $more
</Location>
<Location $area/session>
    SetHandler shared-session
</Location>
<Location $area/login>
    SetHandler shared-session
</Location>
CONF
    ['/form', "SharedSessionKey form:%{id}\nSharedSessionFormat form"];
my %server = map { my $name = $_;
    $name => private_httpd(
        loglevel => 'notice shared_session:info', near => 1,
        conf => <<"CONF") } qw(A B);
SharedSessionStore redis://127.0.0.1:$port timeout=10s connect-timeout=5s breaker=off
SharedSession On
SharedSessionControl On
SharedSessionNote session.* *
Header always set X-Served-By $name
$places
CONF
my @ports = map { $server{$_}->port } qw(A B);
my $balancer = private_httpd(
    loglevel => 'notice', conf => <<"CONF");
<Proxy balancer://app>
    BalancerMember http://127.0.0.1:$ports[0] retry=1
    BalancerMember http://127.0.0.1:$ports[1] retry=1
</Proxy>
ProxyPass / balancer://app/
CONF

sub ask {
    my ($to, $method, $path, $id, $body) = @_;
    return SHS::HTTP::request(
        port => $to, method => $method, path => $path, timeout => 60,
        headers => [defined $body ? ['Content-Type', 'application/json'] : ()],
        defined $body ? (body => $body) : (), defined $id ? (cookie => "JSESSIONID=$id") : ());
}
sub content { return eval { $json->decode($_[0]->body) } || {} }

# What a server shows once that is so, or at last, when a lease is long over.
my $lease = 2;
sub content_when {
    my ($to, $path, $id, $is_so) = @_;
    my $r;
    eval { SHS::Process::wait_for('the invalidation', $lease + 5, sub {
        $r = ask($to, 'GET', $path, $id);
        $is_so->(content($r), $r->code) }) };
    return content($r);
}
sub all_keys { return sort @{ $store->cmd('KEYS', '*') } }

# --- the scenario ---------------------------------------------------------------------

# All of them, through the balancer: (bodies, the servers)
sub many {
    my ($id, $times) = @_;
    my (@is, %by);
    for (1 .. $times) {
        my $r = ask($balancer->port, 'GET', '/session', $id);
        push @is, $r->code == 200 ? content($r) : $r->code;
        $by{ $r->header('X-Served-By') // 'none' }++;
    }
    return (\@is, join ' ', sort keys %by);
}
# By SIGKILL, all of it at once.
sub kill_server {
    my ($name) = @_;
    my $port = $server{$name}->port;
    kill 'KILL', -$server{$name}->pid;
    $server{$name}->stop;
    SHS::Process::wait_for("the end of $name", 20, sub {
        !IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") });
    return;
}
my %alice = (userId => 'alice', userNm => 'Alice Kim');
my $r = ask($balancer->port, 'POST', '/login', undef, $json->encode(\%alice));
is($r->code, 201, 'POST /login');
my $id = $r->new_id;
my ($is, $by) = many($id, 12);
is_deeply($is, [(\%alice) x 12], 'GET /session shows it');
is($by, 'A B', '... on both servers');
($is) = many(fresh_id(), 4);
is_deeply($is, [(404) x 4], '... not to another JSESSIONID');
is_deeply((many(undef, 2))[0], [404, 404], '... nor to none');

kill_server('A');
($is, $by) = many($id, 8);
is_deeply($is, [(\%alice) x 8], 'one server is killed: the other shows it');
is($by, 'B', '... alone');
$r = ask($balancer->port, 'PATCH', '/session', $id, '{"cart":"7"}');
is($r->code, 200, '... and changes it');
my $other = ask($balancer->port, 'POST', '/login', undef, '{"userId":"berta"}');
is($other->code, 201, '... and another user logs in there');
$server{A}->run;
kill_server('B');
SHS::Process::wait_for('the balancer to try it again', 30, sub {
    ask($balancer->port, 'GET', '/session', $id)->code == 200 });
is_deeply((many($id, 6))[0], [({ %alice, cart => 7 }) x 6],
          'the killed one is back, the other killed: nothing is lost');
is(content(ask($balancer->port, 'GET', '/session', $other->new_id))->{userId}, 'berta',
   '... of either user');
$server{B}->run;
is(ask($ports[1], 'DELETE', '/session', $id)->code, 204, 'a logout on one server');
is(ask($ports[1], 'GET', '/session', $id)->code, 404, '... is one there at once');
is_deeply(content_when($ports[0], '/session', $id, sub { $_[1] == 404 })->{status}, 404,
          '... and on the other');
ask($ports[0], 'DELETE', '/session', $other->new_id);
is_deeply([all_keys()], [], 'nothing is left in Redis');

# --- a crew: processes that begin at the same moment -------------------------------------

# crew(64, sub { my ($n, $tell, $is_over) = @_; ... $tell->(words); ... })
sub crew {
    my ($class_count, $code) = @_;
    my $over = SHS::Process::tmp() . "/crew.$$." . int rand 1e9;
    pipe(my $from, my $to) or die $!;
    pipe(my $wait, my $begin) or die $!;
    my @pids = map { my $n = $_;
        SHS::Process::fork_child("member $n of a crew", sub {
            close $from;
            close $begin;
            sysread $wait, my $nothing, 1;
            $code->($n, sub { syswrite $to, join(' ', @_) . "\n" }, sub { -e $over });
        });
    } 1 .. $class_count;
    close $to;
    close $wait;
    close $begin;
    return { from => $from, pids => \@pids, over => $over, said => [], rest => '' };
}
# Reads what they say until the sub likes it, or they have all ended.
sub listen_to {
    my ($crew, $is_enough) = @_;
    while (!$is_enough || !$is_enough->($crew->{said})) {
        my $n = sysread $crew->{from}, $crew->{rest}, 65536, length $crew->{rest};
        last if !$n;
        push @{ $crew->{said} }, [ split ' ', $1 ] while $crew->{rest} =~ s/^(.*)\n//;
    }
    return $crew->{said};
}
sub end {
    my ($crew) = @_;
    open my $out, '>', $crew->{over} or die $!;
    close $out;
    my $said = listen_to($crew);
    for my $pid (@{ $crew->{pids} }) {
        waitpid $pid, 0;
        SHS::Process::forget($pid);
    }
    unlink $crew->{over};
    return $said;
}

# --- 64 writers, 64 attributes ------------------------------------------------------------

my @formats = (['hash', '', 'session:'], ['json', '/json', 'json:'], ['form', '/form', 'form:']);
my $rounds = 3;
for (@formats) {
    my ($format, $area, $prefix) = @$_;
    my $id = ask($ports[0], 'POST', "$area/session", undef, '{"userId":"alice"}')->new_id;
    my $began = time;
    my $said = end(crew(64, sub {
        my ($n, $tell) = @_;
        for my $round (1 .. $rounds) {
            # A writer that gets a conflict tries again.
            for my $try (1 .. 200) {
                my $code = ask($ports[$n % 2], 'PATCH', "$area/session", $id,
                               "{\"w$n\":\"$round\"}")->code;
                $tell->($code);
                last if $code != 409;
            }
        }
    }));
    my $seconds = time - $began;
    my %codes;
    $codes{ $_->[0] }++ for @$said;
    my $done = delete $codes{200} // 0;
    my $conflicts = delete $codes{409} // 0;
    is($done, 64 * $rounds, "$format: 64 writers have all been told of success");
    is_deeply(\%codes, {}, '... or of a conflict, and nothing else');
    is($conflicts, 0, '... which a hash has not') if $format eq 'hash';
    my %all = (userId => 'alice', map { ("w$_" => $rounds) } 1 .. 64);
    is_deeply(content_when($ports[$_], "$area/session", $id,
                           sub { eq_hash($_[0], \%all) }), \%all,
              "$format: nothing of 64 attributes is lost ($_)") for 0, 1;
    SHS::Report::figure("64 writers on one session, $format: changes a second",
                        sprintf('%.0f', $done / $seconds), '/s');
    SHS::Report::figure("64 writers on one session, $format: told of a conflict",
                        $conflicts, '');
    is(ask($ports[1], 'DELETE', "$area/session", $id)->code, 204, '... and it ends');
}
is_deeply([all_keys()], [], 'nothing is left in Redis');

# --- a logout against 64 requests ------------------------------------------------------------

for (@formats) {
    my ($format, $area, $prefix) = @$_;
    my $found = 0;
    for my $round (1 .. 2) {
        my $id = ask($ports[0], 'POST', "$area/session", undef, '{"userId":"alice"}')->new_id;
        my $key = "$prefix$id";
        # Whatever they do, it is in time to be touched.
        my $crew = crew(64, sub {
            my ($n, $tell, $is_over) = @_;
            my $client = $n % 8 ? undef : SHS::Redis::Client->new(port => $port);
            for my $i (1 .. 1000) {
                my $begun = time;
                $client->cmd('PEXPIRE', $key, 60_000) if $client;
                my $r = $n % 4 == 1 ? ask($ports[$i % 2], 'PATCH', "$area/session", $id,
                                          "{\"w$n\":\"$i\"}")
                                    : ask($ports[$i % 2], 'GET', "$area/session", $id);
                $tell->($begun, $r->code, $n % 4 == 1 ? 'changed' : 'read', $i % 2);
                last if $is_over->();
            }
        });
        listen_to($crew, sub { @{ $_[0] } >= 100 });
        my $r = ask($ports[$round % 2], 'DELETE', "$area/session", $id);
        my $ended = time;
        my $was_there = $store->cmd('EXISTS', $key);
        listen_to($crew, sub { scalar(grep { $_->[0] > $ended } @{ $_[0] }) >= 64 });
        my $said = end($crew);
        is($r->code, 204, "$format: a logout among 64 requests ($round)");
        is($was_there, 0, '... after which it is gone');
        # What is read on the other server may be as old as the lease.
        my @late = grep { $_->[0] > $ended && $_->[1] != 404
            && ($_->[2] eq 'changed' || $_->[3] == $round % 2
                || $_->[0] > $ended + $lease) } @$said;
        is_deeply(\@late, [], '... for each request that began afterwards');
        is_deeply([all_keys()], [], '... and it was not made again');
        my @wrong = grep { $_->[1] !~ /^(?:200|404|409)$/ } @$said;
        is_deeply(\@wrong, [], '... nor has a request failed');
        $found += grep { $_->[1] == 200 } @$said;
    }
    cmp_ok($found, '>', 20, "$format: $found requests had the session before");
}

# --- a rotation under 64 requests ---------------------------------------------------------------

for (@formats) {
    my ($format, $area, $prefix) = @$_;
    my $id = ask($ports[0], 'POST', "$area/session", undef, '{"userId":"alice"}')->new_id;
    my $first = $id;
    # The cookie that the browser has at a moment.
    my $jar = SHS::Process::tmp() . "/jar.$$";
    my $keep = sub {
        open my $out, '>', "$jar.new" or die $!;
        print $out $_[0];
        close $out;
        rename "$jar.new", $jar;
    };
    $keep->($id);
    my $crew = crew(64, sub {
        my ($n, $tell, $is_over) = @_;
        for my $i (1 .. 1000) {
            my ($begun, $has) = (time, slurp($jar));
            my $r = $n % 16 == 1
                ? ask($ports[$i % 2], 'PATCH', "$area/session", $has, "{\"w$n\":\"$i\"}")
                : ask($ports[$i % 2], 'GET', "$area/session", $has);
            # A change may find that the session has just got another id.
            my $is_well = $r->code == 200 || $r->code == 409 && $n % 16 == 1;
            $is_well &&= (content($r)->{userId} // '') eq 'alice' if $r->code == 200;
            $tell->($begun, $n, $is_well ? 'well' : $r->code,
                    $n % 16 == 1 && $r->code == 200 ? $i : 0);
            last if $is_over->();
        }
    });
    my @codes;
    for my $round (1 .. 6) {
        # The writers may be faster; then it is asked for again.
        for my $try (1 .. 200) {
            my $r = ask($ports[$round % 2], 'GET', "$area/x/cgi?action=rotate", $id);
            push @codes, $r->code;
            next if $r->code == 503;
            $id = $r->new_id;
            last;
        }
        $keep->($id);
        # All of them have asked since.
        my $kept = time;
        listen_to($crew, sub {
            my %asked = map { $_->[1] => 1 } grep { $_->[0] > $kept } @{ $_[0] };
            keys %asked == 64;
        });
    }
    my $said = end($crew);
    is_deeply([grep { $_ !~ /^(?:200|503)$/ } @codes], [], "$format: rotations among 64 requests");
    is(scalar(grep { $_ == 200 } @codes), 6, '... are done');
    isnt($id, $first, '... with new ids');
    my %ill;
    $ill{ $_->[2] }++ for grep { $_->[2] ne 'well' } @$said;
    is_deeply(\%ill, {}, '... and none of ' . @$said . ' is logged out')
        || diag join ' ', %ill;
    my %written;
    $written{"w$_->[1]"} = $_->[3] for grep { $_->[3] } @$said;
    my $is = content_when($ports[0], "$area/session", $id, sub {
        my ($has) = @_;
        !grep { ($has->{$_} // '') ne $written{$_} } keys %written });
    is($is->{userId}, 'alice', '... nor afterwards');
    is_deeply({ map { $_ => $is->{$_} } keys %written }, \%written,
              '... and no change that was confirmed is lost');
    SHS::Report::figure("6 rotations among 64 requests, $format: told of a conflict",
                        scalar(grep { $_ == 503 } @codes), '');
    $store->cmd('FLUSHALL');

    # All at the same moment, by the same id.
    $id = ask($ports[0], 'POST', "$area/session", undef, '{"userId":"alice"}')->new_id;
    $said = end(crew(24, sub {
        my ($n, $tell) = @_;
        my $r = ask($ports[$n % 2], 'GET', "$area/x/cgi?action=rotate", $id);
        $tell->($r->code, $r->new_id);
    }));
    my @won = grep { $_->[0] == 200 } @$said;
    is(scalar @won, 1, "$format: of 24 rotations at once one is done");
    is(scalar(grep { $_->[0] == 503 && $_->[1] eq 'none' } @$said), 23,
       '... the others are told to come again, and get no cookie');
    is_deeply([all_keys()], [sort "$prefix$id", "$prefix$won[0][1]"],
              '... and leave nothing in Redis');
    for my $has ($id, $won[0][1]) {
        is(content(ask($ports[0], 'GET', "$area/session", $has))->{userId}, 'alice',
           '... no user is logged out');
    }
    $store->cmd('FLUSHALL');
}

# --- cycles -------------------------------------------------------------------------------------

# A connection that stays open: (code, headers, body)
package Client {
    sub new { my ($class, $to) = @_; return bless { to => $to }, $class }
    sub ask {
        my ($self, $method, $id, $body) = @_;
        $self->{s} ||= IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{to}") or die "$!";
        my $out = "$method /session HTTP/1.1\r\nHost: localhost\r\n";
        $out .= "Cookie: JSESSIONID=$id\r\n" if defined $id;
        $out .= "Content-Type: application/json\r\nContent-Length: " . length($body) . "\r\n"
            if defined $body;
        syswrite $self->{s}, "$out\r\n" . ($body // '');
        my $in = '';
        while ($in !~ /\r\n\r\n/) {
            sysread $self->{s}, $in, 65536, length $in or die "closed\n";
        }
        my ($head, $rest) = split /\r\n\r\n/, $in, 2;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        while (length $rest < ($length // 0)) {
            sysread $self->{s}, $rest, 65536, length $rest or die "closed\n";
        }
        delete $self->{s} if $head =~ /^Connection: close/mi;
        return ($head =~ /^HTTP\S+ (\d+)/, $head, $rest);
    }
}
package main;

my $seconds = $ENV{SHS_CYCLES_SECONDS} || 10;
my $began = time;
my $said = end(crew(8, sub {
    my ($n, $tell) = @_;
    my @to = map { Client->new($_) } @ports;
    my ($cycles, @wrong) = (0);
    while (time < $began + $seconds) {
        $cycles++;
        my ($code, $head, $body) = $to[$n % 2]->ask('POST', undef, "{\"owner\":\"$n-$cycles\"}");
        my ($id) = $head =~ /^Set-Cookie: JSESSIONID=([^;\s]+)/mi;
        if ($code != 201 || !$id) {
            push @wrong, "create:$code";
            next;
        }
        ($code) = $to[($n + 1) % 2]->ask('PATCH', $id, "{\"n\":\"$cycles\"}");
        push @wrong, "change:$code" if $code != 200;
        # The change was made by the other server.
        my $changed = time;
        do {
            ($code, $head, $body) = $to[$n % 2]->ask('GET', $id);
        } while ($body !~ /"n":"$cycles"/ && time < $changed + $lease + 5);
        push @wrong, "read:$code"
            if $code != 200 || $body !~ /"$n-$cycles"/ || $body !~ /"n":"$cycles"/;
        if ($cycles % 50 == 0) {
            $tell->('alive', $id, "$n-$cycles");
            next;
        }
        ($code) = $to[($n + 1) % 2]->ask('DELETE', $id);
        push @wrong, "end:$code" if $code != 204;
    }
    $tell->('cycles', $cycles);
    $tell->('wrong', $_) for @wrong;
}));
my $took = time - $began;
my $cycles = 0;
$cycles += $_->[1] for grep { $_->[0] eq 'cycles' } @$said;
is(scalar(grep { $_->[0] eq 'cycles' } @$said), 8, 'all have come to the end');
my @wrong = map { $_->[1] } grep { $_->[0] eq 'wrong' } @$said;
is_deeply(\@wrong, [], "$cycles times a session was created, changed, read and ended");
my @alive = grep { $_->[0] eq 'alive' } @$said;
cmp_ok(scalar @alive, '>', 0, scalar @alive . ' of them were left alive');
is($store->cmd('DBSIZE'), scalar @alive, '... and so many are in Redis');
is_deeply([all_keys()], [sort map { "session:$_->[1]" } @alive], '... exactly those');
my @lost = grep {
    (content(ask($ports[0], 'GET', '/session', $_->[1]))->{owner} // '') ne $_->[2]
} @alive;
is_deeply(\@lost, [], '... each with what it was given');
SHS::Report::figure('Sessions created, changed, read, ended: cycles a second',
                    sprintf('%.0f', $cycles / $took), '/s');
SHS::Report::figure('Sessions created, changed, read, ended: for', sprintf('%.0f', $took), 's');

for my $name (qw(A B)) {
    is(scalar $server{$name}->logged(qr/exit signal/), 0, "$name: no child has died");
    is(scalar $server{$name}->logged(qr/SHS003/), 0, '... and Redis was always there');
}

done_testing;
