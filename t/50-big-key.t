# The same with worker as with event.
#
# Big keys: a huge hash, a huge string, a huge field. Redis serves one client at a
# time, so a cookie that names such a key makes all other requests wait, unless
# the module asks for its size first. Other sessions are found all the while, from
# the first request on, and one key opens no circuit breaker.
#
# What Redis cannot do at once it does once, in a sixth of a second of its own
# time; on a busy machine that is two seconds and more, and a request that asks it
# meanwhile rightly gets no reply. So where all are to be found the deadline is
# one that no machine misses: that a value is asked for again and again is seen by
# the number of commands. With prefork, each client that keeps its connection has
# a child of its own: there are more of them than clients, or some are never
# served.
use strict;
use warnings;

use SHS;
use SHS::Load;
use SHS::Relay;
use SHS::Status;

my $redis = SHS::Redis->start(args => ['--proto-max-bulk-len', '512mb']);
my $client = SHS::Redis::Client->new(port => $redis->port);
my $url = 'redis://127.0.0.1:' . $redis->port;

# Each store is another database, and so has counters of its own. The last number
# is the deadline in seconds.
my @places = (['hash', 1, 'hash', 'Off', 20], ['string', 2, 'json', 'Off', 20],
              ['near', 3, 'hash', 'On', 20], ['denied', 4, 'hash', 'Off', 20],
              ['list', 5, 'hash', 'Off', 20], ['starved', 6, 'hash', 'Off', 20],
              ['many', 7, 'hash', 'Off', 5], ['single', 8, 'hash', 'Off', 2]);
my $user = 'SeCrEt-heavy';
$client->cmd('ACL', 'SETUSER', 'reader', 'on', ">$user", '~session:*',
             '+hgetall', '+pttl', '+select');
# Where a size may not be asked for, and the value of one key does not come.
my $relay = SHS::Relay->start(to => $redis->port, before => sub {
    my (undef, @words) = @_;
    return "-NOPERM this user has no permissions to run the 'hlen' command\r\n"
        if uc $words[0] eq 'HLEN';
    die "the connection ends\n" if uc $words[0] eq 'HGETALL' && $words[1] =~ /poison/;
    return undef;
});
my $vhosts = join '', map {
    my ($name, $db, $format, $cache, $deadline) = @$_;
    my $where = $url;
    $where =~ s{//}{//reader:$user@} if $name eq 'denied';
    $where = 'redis://127.0.0.1:' . $relay->port if $name eq 'starved';
    <<"CONF" } @places;
<VirtualHost *:\${SHS_PORT}>
    ServerName $name.test
    SharedSessionStore $where/$db timeout=${deadline}s connect-timeout=${deadline}s breaker=3/2m
    SharedSessionCache $cache
    SharedSessionFormat $format
</VirtualHost>
CONF
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n" },
                          loglevel => 'notice shared_session:debug',
                          conf => <<"CONF");
SharedSession On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
@{[status_place()]}
<IfModule mpm_prefork_module>
    StartServers 30
    ServerLimit 40
    MaxRequestWorkers 40
    MaxSpareServers 40
</IfModule>
$vhosts
CONF

sub id { return sprintf 'SeCrEt-heavy-%s-%06d', @_ }

sub in_db {
    my ($db, @command) = @_;
    $client->cmd('SELECT', $db);
    return $client->cmd(@command);
}

my %db = map { $_->[0] => $_->[1] } @places;
my %good;
for my $place (@places) {
    my ($name, $db, $format) = @$place;
    for my $n (1 .. 100) {
        my $id = id($name, $n);
        in_db($db, $format eq 'json' ? ('SET', "session:$id", qq({"owner":"o$n"}))
                                     : ('HSET', "session:$id", 'owner', "o$n"));
        push @{ $good{$name} }, [ $id, "o$n" ];
    }
}
# 600,000 fields: an HGETALL takes Redis a sixth of a second or more.
my $many = <<'LUA';
for i = 1, 600000 do redis.call('HSET', KEYS[1], 'session:' .. i, 'of user ' .. i) end
LUA
in_db($db{$_}, 'EVAL', $many, 1, 'session:' . id('poison', 1))
    for qw(hash near denied);
# A field of 100 MB in a hash of one; a string of 200 MB.
in_db($db{hash}, 'SETRANGE', 'large', 100 * 2**20, 'x');
in_db($db{hash}, 'EVAL', "redis.call('HSET', KEYS[1], 'f', redis.call('GET', 'large'))"
      . " return redis.call('DEL', 'large')", 1, 'session:' . id('poison', 2));
in_db($db{string}, 'SETRANGE', 'session:' . id('poison', 1), 200 * 2**20, 'x');
in_db($db{list}, 'EVAL', "for i = 1, 2000 do local t = {} for j = 1, 500 do t[j] = 'x' end"
      . " redis.call('RPUSH', KEYS[1], unpack(t)) end", 1, 'session:' . id('poison', 1));

sub seen {
    my ($name) = @_;
    return store_status($httpd, qr{\S+/$db{$name}}, host => 'hash.test');
}

# How often Redis ran a command, and its microseconds for it, since reset().
sub reset_calls { return $client->cmd('CONFIG', 'RESETSTAT') }
sub calls {
    my ($name) = @_;
    my ($n) = $client->cmd('INFO', 'commandstats') =~ /^cmdstat_$name:calls=(\d+)/m;
    return $n // 0;
}

sub load {
    my ($name, $sessions, %more) = @_;
    return SHS::Load->start(port => $httpd->port, path => '/page.html',
                            host => "$name.test", sessions => $sessions,
                            pause => 0.001, requests => 60_000, %more);
}

# --- others are not touched ---------------------------------------------------

for my $row (['hash', 'hgetall', [1], 'a hash of 600,000 fields'],
             ['hash', 'hgetall', [2], 'a hash with a field of 100 MB'],
             ['string', 'get', [1], 'a string of 200 MB'],
             ['near', 'hgetall', [1], 'a huge hash, with a near-cache'],
             ['list', 'hgetall', [1], 'a list of a million']) {
    my ($name, $command, $poisons, $why) = @$row;
    subtest "$why, and the sessions of others" => sub {
        my @poison = map { [ id('poison', $_), 'none' ] } @$poisons;
        # That a store has never answered would be told at its first failure.
        is($httpd->get('/page.html', host => "$name.test", cookie =>
                       "JSESSIONID=$good{$name}[0][0]")->header('X-Status'),
           'found', 'at first all is well');
        reset_calls();
        my $attack = load($name, \@poison, workers => 24);
        my $others = load($name, $good{$name}, workers => 3);
        SHS::Process::wait_for('answers', 60, sub {
            @{ $others->answers } >= 600 && @{ $attack->answers } >= 200 });
        my $bad = $attack->stop;
        my $well = $others->stop;
        is($well->{status_found}, $well->{requests},
           "all of $well->{requests} are found");
        is($well->{strangers}, 0, '... and no other user\'s');
        is($bad->{status_found} // 0, 0, 'the key is not a session');
        cmp_ok($bad->{status_malformed} // 0, '>=', $bad->{requests} - 24,
               "... but malformed, as $bad->{requests} were told");
        my $seen = seen($name);
        is($seen->{Breaker}, 'closed', 'the breaker is closed');
        is($seen->{Outages}, 0, '... and never was open');
        my $good_calls = $well->{requests};
        cmp_ok(calls($command), '<=', $good_calls + ($name eq 'list' ? $bad->{requests} : 2),
               'its value was asked for once, or twice');
    };
}

# --- one that is no larger than what may fit ------------------------------------

# Each time that it is asked for it goes over the network, and takes the
# connection with it. So it is remembered to be no session, until it changes.
subtest 'a hash that is too large by a little is asked for once a second' => sub {
    my $id = id('medium', 1);
    my $ask = sub { $httpd->get('/page.html', host => 'near.test',
                                cookie => "JSESSIONID=$id") };
    in_db($db{near}, 'HSET', "session:$id", 'owner', 'alice',
          'cart', 'x' x 70_000);
    my $is_kept = sub { my $before = calls('hlen') + calls('hgetall');
                        $ask->();
                        return calls('hlen') + calls('hgetall') == $before };
    SHS::Process::wait_for('a session that is remembered', 20, $is_kept);
    my $before = calls('hgetall');
    my $began = Time::HiRes::time();
    my $attack = load('near', [ [ $id, 'none' ] ], workers => 8);
    SHS::Process::wait_for('answers', 60, sub { @{ $attack->answers } >= 500 });
    my $bad = $attack->stop;
    is($bad->{status_malformed}, $bad->{requests}, 'it is malformed');
    cmp_ok(calls('hgetall') - $before, '<=',
           8 * (2 + Time::HiRes::time() - $began), 'and asked for no more often');
    $client->cmd('HDEL', "session:$id", 'cart');
    ok(eval { SHS::Process::wait_for('its change', 5, sub {
        ($ask->()->header('X-Owner') // '') eq 'alice' }) }, '... until it has changed');
};

# --- a user that may not ask for a size ------------------------------------------

subtest 'a user that may not ask for a size opens no breaker either' => sub {
    my $poison = id('poison', 1);
    my $ask = sub { $httpd->get('/page.html', host => 'denied.test',
                                cookie => "JSESSIONID=$_[0]")->header('X-Status') };
    for (1 .. 5) {
        like($ask->($poison), qr/^(?:malformed|unavailable)$/, 'the huge hash');
        is(seen('denied')->{Breaker}, 'closed', '... opens none');
        is($ask->($good{denied}[$_][0]), 'found', 'another session');
    }
    is(seen('denied')->{Refused}, 0, 'and nothing is told to be refused');
};

subtest '... nor does one key whose value does not come' => sub {
    my $ask = sub { $httpd->get('/page.html', host => 'starved.test',
                                cookie => "JSESSIONID=$_[0]")->header('X-Status') };
    is($ask->($good{starved}[0][0]), 'found', 'at first all is well');
    for (1 .. 5) {
        is($ask->(id('poison', 1)), 'unavailable', 'the key');
        is(seen('starved')->{Breaker}, 'closed', '... opens none');
    }
    is($ask->($good{starved}[1][0]), 'found', 'another session');
    is(seen('starved')->{Outages}, 0, '... and it never was open');
};

# --- one that becomes a session ------------------------------------------------------

subtest 'a key that has become a session is found' => sub {
    my $key = 'session:' . id('poison', 1);
    in_db($db{hash}, 'DEL', $key);
    my $ask = sub { $httpd->get('/page.html', host => 'hash.test', cookie =>
                                'JSESSIONID=' . id('poison', 1)) };
    is($ask->()->header('X-Status'), 'absent', 'it is gone');
    in_db($db{hash}, 'HSET', $key, 'owner', 'alice');
    is($ask->()->header('X-Owner'), 'alice', 'it is there');
    reset_calls();
    is($ask->()->header('X-Owner'), 'alice', '... and again');
    is(calls('hlen'), 0, 'and no size is asked for');
};

# --- many that ask for one key at once ------------------------------------------

# As a value that takes Redis longer than the deadline: no request for the key
# meanwhile learns more of the server than that.
subtest 'one key that keeps all waiting past the deadline opens no breaker' => sub {
    my $ask = sub { $httpd->get('/page.html', host => 'many.test',
                                cookie => "JSESSIONID=$good{many}[0][0]")
                        ->header('X-Status') };
    is($ask->(), 'found', 'at first all is well');
    $redis->pause;
    my $sum = load('many', [ [ id('many', 200), 'none' ] ], workers => 12,
                   requests => 12)->sum;
    $redis->resume;
    is($sum->{status_unavailable}, 12, 'twelve get no reply');
    is($ask->(), 'found', '... and the next one does');
    my $seen = seen('many');
    is($seen->{Breaker}, 'closed', 'the breaker is closed');
    is($seen->{Outages}, 0, '... and never was open');
};

# --- an outage where one key is all that is asked for -------------------------------

subtest 'one user alone learns of an outage as soon as many' => sub {
    my $id = $good{single}[0][0];
    my $ask = sub { $httpd->get('/page.html', host => 'single.test',
                                cookie => "JSESSIONID=$id")->header('X-Status') };
    is($ask->(), 'found', 'at first all is well');
    $redis->pause;
    is($ask->(), 'unavailable', "no reply, $_") for 1 .. 3;
    is(seen('single')->{Breaker}, 'open', 'three failures open it');
    $redis->resume;
};

done_testing;
