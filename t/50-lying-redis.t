# A Redis that lies. Every lie costs one request its deadline, never more; its
# connection is thrown away; and no lie ever gives a request a session that is
# not its own.
use strict;
use warnings;

use SHS;

my $deadline = 0.3;
my $good = SHS::Fake::Conn->hash_reply(owner => 'anna');
my $stranger = SHS::Fake::Conn->hash_reply(owner => 'SeCrEt-stranger');

# What every connection after the first does: the owner is the key asked for.
sub honest {
    my ($c) = @_;
    while (1) {
        my $key = $c->load;
        $c->send($c->hash_reply(owner => $key));
    }
}

# [name, what a connection does once it has read a load, status, why, log tag]
# A connection that has answered with whole replies is still in step and may
# be used again: there the script is honest afterwards.
my @lies = (
    ['half', sub { $_[0]->send(substr $good, 0, 20); $_[0]->stall },
     'unavailable', 'half a reply, then silence'],
    ['first', sub { $_[0]->send('*'); $_[0]->stall },
     'unavailable', 'one octet, then silence'],
    ['nopttl', sub { $_[0]->send(substr $good, 0, -5); $_[0]->stall },
     'unavailable', 'the session, and never its time to live'],
    ['drip', sub { $_[0]->drip($good, 30) },
     'unavailable', 'one octet each 30 ms'],
    ['silent', sub { $_[0]->stall }, 'unavailable', 'no reply at all'],
    ['http', sub { $_[0]->send("HTTP/1.1 400 Bad Request\r\n\r\n") ;
                   $_[0]->stall }, 'unavailable', 'another protocol'],
    ['binary', sub { $_[0]->send(join '', map { chr } 0 .. 255);
                     $_[0]->stall }, 'unavailable', 'noise'],
    ['hugebulk', sub { $_[0]->send("\$2147483647\r\nSeCrEt"); $_[0]->stall },
     'malformed|unavailable', 'a bulk of 2 GiB'],
    ['hugebulk2', sub { $_[0]->send("*2\r\n\$1\r\na\r\n\$9223372036854775807\r\n");
                        $_[0]->stall }, 'malformed|unavailable',
     'a bulk of 8 EiB'],
    ['hugebulk3', sub { $_[0]->send("\$99999999999999999999999\r\n");
                        $_[0]->stall }, 'malformed|unavailable',
     'a bulk length no integer holds'],
    ['hugearray', sub { $_[0]->send("*4294967296\r\n\$1\r\na\r\n");
                        $_[0]->stall }, 'malformed|unavailable',
     'an array of 4 G elements'],
    ['negative', sub { $_[0]->send("*-7\r\n:-1\r\n"); $_[0]->stall },
     'unavailable', 'an array of -7 elements'],
    ['negbulk', sub { $_[0]->send("*2\r\n\$1\r\na\r\n\$-9\r\n:-1\r\n");
                      $_[0]->stall }, 'malformed|unavailable',
     'a bulk of -9 octets'],
    ['nilvalue', sub { $_[0]->send("*2\r\n\$1\r\na\r\n\$-1\r\n:-1\r\n");
                       honest($_[0]) }, 'malformed|unavailable',
     'a field without a value'],
    ['odd', sub { $_[0]->send("*3\r\n\$1\r\na\r\n\$1\r\nb\r\n\$1\r\nc\r\n:-1\r\n");
                  honest($_[0]) }, 'malformed|unavailable',
     'an odd number of fields and values'],
    ['integer', sub { $_[0]->send(":5\r\n:-1\r\n"); honest($_[0]) },
     'malformed|unavailable', 'a number instead of a hash'],
    ['ok', sub { $_[0]->send("+OK\r\n+OK\r\n"); honest($_[0]) },
     'malformed|unavailable', 'OK instead of a hash'],
    ['badttl', sub { $_[0]->send(substr($good, 0, -5) . "+OK\r\n");
                     honest($_[0]) }, 'unavailable', 'OK instead of a time to live'],
    ['noend', sub { $_[0]->send("*2\r\n\$1\r\naXX\$1\r\nbXX:-1\r\n");
                    $_[0]->stall }, 'malformed|unavailable',
     'bulks that do not end where they should'],
    ['deep', sub { $_[0]->send("*1\r\n" x 20000); $_[0]->stall },
     'malformed|unavailable', 'arrays in arrays, 20,000 deep'],
    ['resp3', sub { $_[0]->send("%1\r\n\$1\r\na\r\n\$1\r\nb\r\n:-1\r\n");
                    $_[0]->stall }, 'malformed|unavailable',
     'a protocol that was not asked for'],
    ['endless', sub { $_[0]->send('+' . 'x' x 65536);
                      $_[0]->send('x' x 65536) while 1 },
     'malformed|unavailable', 'a line that never ends'],
    ['flood', sub { $_[0]->send("*1000000\r\n");
                    $_[0]->send("\$1\r\na\r\n" x 1000) while 1 },
     'malformed|unavailable', 'elements without end'],
    ['cut', sub { $_[0]->send(substr $good, 0, 15); $_[0]->close_now },
     'unavailable', 'closed after 15 octets'],
    ['cutttl', sub { $_[0]->send(substr $good, 0, -3); $_[0]->close_now },
     'unavailable', 'closed within the time to live'],
    ['noauth', sub { $_[0]->send("-NOAUTH SeCrEt\r\n-NOAUTH SeCrEt\r\n");
                     honest($_[0]) }, 'unavailable', 'NOAUTH', 'SHS006'],
    ['noperm', sub { $_[0]->send("-NOPERM SeCrEt\r\n-NOPERM SeCrEt\r\n");
                     honest($_[0]) }, 'unavailable', 'NOPERM', 'SHS006'],
    ['loading', sub { $_[0]->send("-LOADING SeCrEt text\r\n" x 2);
                      $_[0]->stall }, 'unavailable', 'no reply', 'SHS003'],
    ['moved', sub { $_[0]->send("-MOVED 1 SeCrEt:6379\r\n" x 2);
                    honest($_[0]) }, 'unavailable',
     'it is a member of a Redis Cluster: write redis\+cluster://', 'SHS003'],
    ['err', sub { $_[0]->send("-ERR unknown SeCrEt\r\n" x 2);
                  honest($_[0]) }, 'unavailable', 'ERR', 'SHS003'],
    ['full', sub { $_[0]->send("-ERR max number of clients reached\r\n");
                   $_[0]->close_now }, 'unavailable',
     'it has reached its maxclients', 'SHS003'],
    ['denied', sub { $_[0]->send("-DENIED SeCrEt protected mode\r\n");
                     $_[0]->close_now }, 'unavailable', 'it replies DENIED',
     'SHS003'],
    ['errttl', sub { $_[0]->send(substr($good, 0, -5) . "-ERR SeCrEt\r\n");
                     honest($_[0]) }, 'unavailable', 'an error for the time to live'],
    ['errinject', sub { $_[0]->send("-\e[31mSeCrEt\x01\x02\r\n" x 2);
                        honest($_[0]) }, 'unavailable',
     'an error reply with escape sequences'],
);

my %fake;
for my $lie (@lies) {
    my ($name, $what) = @$lie;
    $fake{$name} = SHS::Fake->start(sub {
        my ($c, $n) = @_;
        honest($c) if $n > 1;
        $c->load;
        $what->($c);
        $c->stall;
    });
}

# Two replies to one command, late replies: on the wire before the next one.
$fake{twice} = SHS::Fake->start(sub {
    my ($c) = @_;
    while (1) {
        my $key = $c->load;
        $c->send($c->hash_reply(owner => $key) . $stranger);
    }
});
$fake{twicelater} = SHS::Fake->start(sub {
    my ($c) = @_;
    while (1) {
        my $key = $c->load;
        $c->send($c->hash_reply(owner => $key));
        $c->wait_ms(50);
        $c->send($stranger);
        $c->note('stranger');
    }
});
$fake{late} = SHS::Fake->start(sub {
    my ($c, $n) = @_;
    honest($c) if $n > 1;
    $c->load;
    $c->wait_ms(600);
    $c->send($stranger);
    honest($c);
});
# Closes without a word after each answer, and before the first on connection 2.
$fake{deadpool} = SHS::Fake->start(sub {
    my ($c, $n) = @_;
    my $key = $c->load;
    $c->send($c->hash_reply(owner => $key));
    $c->close_now;
});
$fake{stumble} = SHS::Fake->start(sub {
    my ($c, $n) = @_;
    my $key = $c->load;
    $c->send($c->hash_reply(owner => $key));
    $c->load;
    $c->close_now;
});
$fake{ttlgone} = SHS::Fake->start(sub {
    my ($c) = @_;
    while (1) {
        $c->load;
        $c->send(substr($good, 0, -5) . ":-2\r\n");
    }
});

# Answers a hash with numbers, and the next command with the first one's session.
$fake{shifted} = SHS::Fake->start(sub {
    my ($c) = @_;
    my $before;
    while (1) {
        my $key = $c->load;
        $c->send(defined $before ? $c->hash_reply(owner => $before)
                                 : ":0\r\n:0\r\n");
        $before = $key;
    }
});
# A string of 50 MB where 64 KiB are allowed: how much of it is taken?
$fake{large} = SHS::Fake->start(sub {
    my ($c) = @_;
    $c->load;
    $c->send("\$52428800\r\n");
    my $taken = 0;
    while ($taken < 52428800) {
        $c->send('x' x 65536);
        $taken += 65536;
        $c->note("taken $taken");
    }
    $c->send("\r\n:-1\r\n");
    $c->stall;
});

# A session that cannot be read. Another host rotates it during its logout, and then
# Redis does not say what its new id is.
my $rotated = SHS::Process::tmp() . '/rotated';
$fake{rotating} = SHS::Fake->start(sub {
    my ($c) = @_;
    while (1) {
        my @words = $c->command;
        if (uc $words[0] eq 'EVAL') {
            $c->send(-e $rotated ? ":1\r\n" : ":-1\r\n");
            open my $mark, '>', $rotated or die "$rotated: $!";
            next;
        }
        $c->command;
        $c->send(-e $rotated ? "-LOADING\r\n" x 2 : "\$1\r\n{\r\n:-1\r\n");
    }
});

my $vhosts = '';
for my $name (sort keys %fake) {
    my $port = $fake{$name}->port;
    $vhosts .= <<"CONF";
<VirtualHost *:\${SHS_PORT}>
    ServerName $name.test
    SharedSessionStore redis://127.0.0.1:$port timeout=300ms connect-timeout=300ms breaker=off
    SharedSession On
    <Location /json>
        SharedSessionFormat json
    </Location>
    <Location /json/session>
        SetHandler shared-session
    </Location>
</VirtualHost>
CONF
}
my $httpd = private_httpd(conf => <<"CONF");
$vhosts
@{[one_child()]}
CONF

sub ask {
    my ($name, $id) = @_;
    return $httpd->get('/x/lua', host => "$name.test",
                       cookie => "JSESSIONID=$id");
}

for my $lie (@lies) {
    my ($name, undef, $status, $why, $tag) = @$lie;
    subtest $why => sub {
        my $r = ask($name, fresh_id());
        is($r->code, 200, 'the request is answered');
        like($r->note('SHARED_SESSION') // '', qr/^(?:$status)$/, $status);
        is($r->note('session.owner'), undef, 'without a session');
        within($r->seconds, 0, $deadline + 1, 'within its deadline');
        my $id = fresh_id();
        $r = ask($name, $id);
        is($r->note('session.owner'), "session:$id",
           'the next request gets its own session');
        if ($tag) {
            ok($httpd->wait_logged(qr/$tag: .*$why/),
               "$tag names the code word $why");
        }
    };
}

for my $name (qw(twice twicelater)) {
    my @wrong;
    for my $n (1 .. 6) {
        my $id = fresh_id();
        my $r = ask($name, $id);
        my $owner = $r->note('session.owner');
        push @wrong, $owner if defined $owner && $owner ne "session:$id";
        # It was there before the next request asks: what comes after a command
        # cannot be told from the reply to it.
        SHS::Process::wait_for('the reply to no command', 10, sub {
            $name eq 'twice' || $n == grep { / stranger$/ } $fake{$name}->journal });
    }
    is_deeply(\@wrong, [], "$name: a reply to no command reaches no request");
}

my $r = ask('late', fresh_id());
is($r->note('SHARED_SESSION'), 'unavailable', 'a late reply: unavailable');
within($r->seconds, 0.2, $deadline + 1, '... at the deadline');
my $end = Time::HiRes::time() + 1.2;
my ($asked, @wrong) = (0);
while (Time::HiRes::time() < $end) {
    my $id = fresh_id();
    my $owner = ask('late', $id)->note('session.owner') // 'none';
    push @wrong, $owner if $owner ne "session:$id";
    $asked++;
}
ok($asked >= 5, "asked $asked times while the late reply came in");
is_deeply(\@wrong, [], '... and it reached none of them');

my @strangers;
for my $n (1 .. 6) {
    my $id = fresh_id();
    my $owner = ask('shifted', $id)->note('session.owner');
    push @strangers, $owner if defined $owner && $owner ne "session:$id";
}
is_deeply(\@strangers, [],
          'a connection with an answer of the wrong kind is not used again');
is($fake{shifted}->connections, 6, '... it was closed, each of the six times');

$r = $httpd->get('/json/lua', host => 'large.test',
                 cookie => 'JSESSIONID=' . fresh_id());
is($r->note('SHARED_SESSION'), 'malformed', 'a string of 50 MB is malformed');
my ($taken) = map { / taken (\d+)/ ? $1 : () } reverse $fake{large}->journal;
cmp_ok($taken // 0, '<', 16 * 1024 * 1024,
       '... and is refused long before it is read');

for my $n (1 .. 5) {
    my $id = fresh_id();
    is(ask('deadpool', $id)->note('session.owner'), "session:$id",
       "a pooled connection that was closed is replaced ($n)");
}
for my $n (1 .. 4) {
    my $id = fresh_id();
    is(ask('stumble', $id)->note('session.owner'), "session:$id",
       "one that dies under the command too ($n)");
}
is(ask('ttlgone', fresh_id())->note('SHARED_SESSION'), 'absent',
   'a key that was gone when its time to live was asked is absent');

$r = $httpd->get('/json/session', method => 'DELETE', host => 'rotating.test',
                 cookie => 'JSESSIONID=' . fresh_id());
is($r->code, 503, 'a logout of a session with a new id, which Redis does not say');
is($r->header('Set-Cookie'), undef, '... and the client keeps its cookie');
my @ends = grep { / EVAL / } $fake{rotating}->journal;
is(scalar @ends, 1, '... and the mark of the old id stays') || diag @ends;

ok(SHS::Process::is_alive($httpd->pid), 'httpd lives');
is(scalar $httpd->logged(qr/exit signal/), 0, 'and no child has died');

done_testing;
