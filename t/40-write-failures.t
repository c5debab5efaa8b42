# The same with every MPM.
#
# When Redis takes no write: the client gets 503, and neither a cookie of a
# session that does not exist nor the page that belongs to it. Nothing incomplete
# is left in Redis. Reads go on, however many writes failed. The first write after
# the outage works.
use strict;
use warnings;

use SHS;
use SHS::Relay;

my $store = SHS::Redis->start;
my $replica = SHS::Redis->start;
my $port = $store->port;
$store->cmd('ACL', 'SETUSER', 'reader', 'on', '>SeCrEt-reader', '~session:*',
            '+get', '+hgetall', '+pttl', '+select');
$replica->cmd('REPLICAOF', '127.0.0.1', $port);
SHS::Process::wait_for('the replica', 20, sub {
    $replica->cmd('INFO', 'replication') =~ /master_link_status:up/ });

# What happens to a script on its way to Redis.
my $mode = SHS::Process::tmp() . "/relay-mode.$$";
sub set_mode {
    open my $out, '>', "$mode.new" or die $!;
    print $out $_[0];
    close $out;
    rename "$mode.new", $mode;
    return;
}
set_mode('');
my $relay = SHS::Relay->start(to => $port, before => sub {
    my ($redis, @words) = @_;
    die "the connection ends\n" if $words[0] eq 'HGETALL' && $words[1] =~ /poison/;
    return undef if uc $words[0] ne 'EVAL';
    my $is = slurp($mode);
    # It is done, but the reply is lost.
    SHS::Relay::pass($redis, @words) if $is eq 'lost';
    die "the connection ends\n" if $is =~ /^(?:lost|closed)$/;
    SHS::Process::wait_for('another mode', 30, sub { slurp($mode) ne 'stalled' })
        if $is eq 'stalled';
    return "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to"
        . " persist to disk.\r\n" if $is eq 'disk';
    # As Redis says it: on one line, whatever is in the script.
    (my $script = substr $words[1], 0, 128) =~ tr/\r\n/ /;
    return "-ERR unknown command 'EVAL', with args beginning with: '$script' '1' '$words[3]'\r\n"
        if $is eq 'noeval';
    return "-ERR something unknown SeCrEt\r\n" if $is eq 'error';
    return "+strange\r\n" if $is eq 'strange';
    return undef;
});

my %store = (
    plain => "redis://127.0.0.1:$port timeout=1s breaker=off",
    oom => "redis://127.0.0.1:$port/0 timeout=2s name=oom breaker=5/30s",
    replicas => "redis://127.0.0.1:$port/0 timeout=2s name=replicas breaker=5/30s",
    disk => 'redis://127.0.0.1:' . $relay->port . ' timeout=2s name=disk breaker=5/30s',
    noeval => 'redis://127.0.0.1:' . $relay->port . ' timeout=2s name=noeval breaker=5/30s',
    shaky => 'redis://127.0.0.1:' . $relay->port . ' timeout=2s name=shaky breaker=5/30s',
    reader => "redis://reader:SeCrEt-reader\@127.0.0.1:$port timeout=2s breaker=5/30s",
    replica => 'redis://127.0.0.1:' . $replica->port . ' timeout=2s breaker=5/30s',
    relay => 'redis://127.0.0.1:' . $relay->port . ' timeout=700ms breaker=off',
    errors => 'redis://127.0.0.1:' . $relay->port . ' timeout=2s name=errors breaker=5/30s',
    breaker => "redis://127.0.0.1:$port/1 timeout=500ms breaker=2/500ms",
);
my $vhosts = join '', map { <<"CONF" } sort keys %store;
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore $store{$_}
</VirtualHost>
CONF
my $httpd = private_httpd(
    files => { 'htdocs/sorry.html' => "sorry\n" },
    conf => <<"CONF");
SharedSession On
SharedSessionControl On
SharedSessionNote session.* *
ErrorDocument 503 /sorry.html
<Location /session>
    SetHandler shared-session
</Location>
<Location /server-status>
    SetHandler server-status
</Location>
<Location /json>
    SharedSessionKey session:json:%{id}
    SharedSessionFormat json
</Location>
<Location /json/session>
    SetHandler shared-session
</Location>
<Location /form>
    SharedSessionKey session:form:%{id}
    SharedSessionFormat form
</Location>
<Location /form/session>
    SetHandler shared-session
</Location>
$vhosts
CONF

sub ask {
    my ($host, $path, $id, %more) = @_;
    return $httpd->get($path, host => "$host.test", %more,
                       defined $id ? (cookie => "JSESSIONID=$id") : ());
}
sub resource {
    my ($host, $area, $method, $id, $body) = @_;
    return ask($host, "$area/session", $id, method => $method,
               defined $body ? (body => $body, headers => [
                   ['Content-Type', $method eq 'PATCH' ? 'application/merge-patch+json'
                                                       : 'application/json']]) : ());
}
sub found {
    my ($host, $id) = @_;
    return (ask($host, '/x/lua', $id)->note('session.user') // 'none') eq 'anna';
}

# All that is in a Redis, with its values.
sub everything {
    my ($redis) = @_;
    my %all;
    for my $key (@{ $redis->cmd('KEYS', '*') }) {
        $all{$key} = $redis->cmd('TYPE', $key) eq 'hash' ? { $redis->hash($key) }
                                                         : $redis->cmd('GET', $key);
    }
    return \%all;
}

# One session of each format under the same id.
sub sessions {
    my $id = fresh_id();
    $store->put_hash("session:$id", { user => 'anna', '@max' => 1800 }, 2100);
    $store->put_string("session:json:$id", '{"@max":1800,"user":"anna"}', 2100);
    $store->put_string("session:form:$id", '%40max=1800&user=anna', 2100);
    return $id;
}
my $id = sessions();
$store->cmd('WAIT', 1, 5000);

# Everything that writes: [name, sub of (host, area)]
my @creations = (
    ['POST without a session', sub { resource(@_, 'POST', undef, '{"a":"b"}') }],
    ['create by CGI', sub { ask($_[0], "$_[1]/x/cgi?action=create&set=a%3Db") }],
    ['create by a backend', sub { ask($_[0], "$_[1]/x/backend?action=create&set=a%3Db") }],
);
my @changes = (
    ['POST with a session', sub { resource(@_, 'POST', $id, '{"a":"b"}') }],
    ['PATCH', sub { resource(@_, 'PATCH', $id, '{"user":"berta"}') }],
    (map { my $kind = $_;
           (["create with a session by $kind",
             sub { ask($_[0], "$_[1]/x/$kind?action=create&set=a%3Db", $id) }],
            ["a change by $kind", sub { ask($_[0], "$_[1]/x/$kind?set=user%3Dberta", $id) }],
            ["a removal by $kind", sub { ask($_[0], "$_[1]/x/$kind?unset=user", $id) }],
            ["a rotation by $kind", sub { ask($_[0], "$_[1]/x/$kind?action=rotate", $id) }]);
    } qw(cgi backend)),
);
my @ends = (
    ['DELETE', sub { resource(@_, 'DELETE', $id) }],
    ['destroy by CGI', sub { ask($_[0], "$_[1]/x/cgi?action=destroy", $id) }],
    ['destroy by a backend', sub { ask($_[0], "$_[1]/x/backend?action=destroy", $id) }],
);

sub is_refused {
    my ($r, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @wrong;
    push @wrong, 'code ' . $r->code . ' ' . $r->error if $r->code != 503;
    push @wrong, 'a cookie' if defined $r->header('Set-Cookie');
    push @wrong, 'the page' if $r->body =~ /^(?:env|request|header) |anna|berta/m;
    push @wrong, 'a control header' if $r->raw =~ /^X-Session-/mi;
    push @wrong, 'no Retry-After' if !$r->header('Retry-After');
    push @wrong, 'it says what only the log knows' if $r->raw =~ /no reply/i;
    push @wrong, 'words about the store' if $r->raw =~ /SeCrEt|redis|$port|OOM/i;
    return is_deeply(\@wrong, [], "$what: 503, no cookie, no page");
}

sub all_refused {
    my ($host, $trouble, @of) = @_;
    for my $area ('', '/json', '/form') {
        is_refused($_->[1]->($host, $area), "$trouble" . ($area && ", $area") . ": $_->[0]")
            for @of;
    }
    return;
}

sub works {
    my ($host, $why) = @_;
    for my $area ('', '/json', '/form') {
        my $r = resource($host, $area, 'POST', undef, '{"a":"b"}');
        is($r->code, 201, "$host: the next write works, $why $area");
        my ($new) = ($r->header('Set-Cookie') // '') =~ /^JSESSIONID=([^;]+)/;
        is(resource($host, $area, 'DELETE', $new // 'none')->code, 204, '... and its end');
    }
    return;
}

# The breaker has not opened: reads go through, and Redis is asked.
sub reads_work {
    my ($host) = @_;
    my @downs = $httpd->logged(qr/SHS003: /);
    $creations[0][1]->($host, '') for 1 .. 12;
    is(scalar(grep { found($host, $id) } 1 .. 12), 12,
       "$host: all of 12 reads work after 12 writes that failed");
    is_deeply([$httpd->logged(qr/SHS003: /)], \@downs, '... the breaker has not opened');
    return;
}

# --- error replies -----------------------------------------------------------------

# The log says so meanwhile: one warning a minute for the host and store, with
# Redis' own word, a counter of its own, and a notice when it is over.
sub told {
    my ($level, $host, $like) = @_;
    my ($url) = split ' ', $store{$host};
    return scalar $httpd->logged(
        qr/:$level\] .*SHS031: the session store \Q$url\E(?:\/0)? takes $like/);
}
sub counter {
    my ($host, $name) = @_;
    my $number = (grep { (sort keys %store)[$_] eq $host } 0 .. keys(%store) - 1)[0];
    my $page = $httpd->get('/server-status?auto', host => "$host.test")->body;
    return $page =~ /^SharedSessionStore$number$name: (\d+)$/m ? $1 : "no $name in $page";
}
for (['oom', 'OutOfMemory', qr/no writes: it replies OOM command not allowed/,
      sub { $store->cmd('CONFIG', 'SET', 'maxmemory', $_[0] ? 1 : 0) }],
     ['replicas', 'NoReplicas', qr/no writes: it replies NOREPLICAS Not enough good replicas/,
      sub { $store->cmd('CONFIG', 'SET', 'min-replicas-to-write', $_[0] ? 5 : 0) }],
     ['disk', 'Misconf', qr/no writes: it replies MISCONF Redis cannot save/,
      sub { set_mode($_[0] ? 'disk' : '') }],
     ['noeval', 'OtherErrors', qr/no writes: it replies ERR unknown command 'EVAL';/,
      sub { set_mode($_[0] ? 'noeval' : '') }]) {
    my ($host, $counter, $like, $trouble) = @$_;
    my @before = (told('warn', $host, $like), told('notice', $host, qr/writes again/));
    $trouble->(1);
    $creations[0][1]->($host, '') for 1 .. 7;
    $trouble->(0);
    is(counter($host, $counter), 7, "$host: $counter counts seven");
    is(counter($host, 'WritesFailed'), 7, '... writes that were not taken');
    is(told('warn', $host, $like) - $before[0], 1, '... of which SHS031 warns once');
    is(told('notice', $host, qr/writes again/), $before[1], '... and does not say that it is over');
    $creations[0][1]->($host, '') for 1 .. 2;
    is(told('notice', $host, qr/writes again/) - $before[1], 1, '... until it is');
}

# Lookups that fail between others that work open no breaker, and are told too.
ask('shaky', '/x/lua', fresh_id());
for my $n (1 .. 12) {
    is(ask('shaky', '/x/lua', fresh_id() . 'poison')->note('SHARED_SESSION'), 'unavailable',
       "a lookup that fails ($n)");
    is(ask('shaky', '/x/lua', fresh_id())->note('SHARED_SESSION'), 'absent', '... one that works');
    is(scalar $httpd->logged(qr/:warn\] .*SHS033: lookups .* fail intermittently: the server closed/),
       $n >= 5 ? 1 : 0, '... SHS033 warns once, from the fifth on');
}

my $before = everything($store);
$store->cmd('CONFIG', 'SET', 'maxmemory', 1);
all_refused('oom', 'no memory (OOM)', @creations, @changes);
reads_work('oom');
$store->cmd('CONFIG', 'SET', 'maxmemory', 0);
is_deeply(everything($store), $before, 'OOM: nothing has changed in Redis');
works('oom', 'once there is memory');
# A logout needs no memory.
{
    my $saved = $id;
    $store->cmd('CONFIG', 'SET', 'maxmemory', 0);
    for my $end (@ends) {
        $id = sessions();
        $store->cmd('CONFIG', 'SET', 'maxmemory', 1);
        my $r = $end->[1]->('oom', '');
        $store->cmd('CONFIG', 'SET', 'maxmemory', 0);
        like($r->code, qr/^20[04]$/, "OOM: $end->[0] works");
        is($store->cmd('EXISTS', "session:$id"), 0, '... the session has ended');
        like($r->header('Set-Cookie'), qr/^JSESSIONID=;/, '... and its cookie');
    }
    $id = $saved;
}

$before = everything($store);
all_refused('reader', 'NOPERM', @creations, @changes, @ends);
reads_work('reader');
ok($httpd->wait_logged(qr/SHS006: .*ACL/), 'NOPERM: SHS006 says so');
is_deeply(everything($store), $before, 'NOPERM: nothing has changed in Redis');
$store->cmd('ACL', 'SETUSER', 'reader', '+@all');
works('reader', 'once the user may');

$before = everything($replica);
all_refused('replica', 'READONLY', @creations, @changes, @ends);
reads_work('replica');
is_deeply(everything($replica), $before, 'READONLY: nothing has changed');
$replica->cmd('REPLICAOF', 'NO', 'ONE');
works('replica', 'once it is a master');

$before = everything($store);
set_mode('error');
all_refused('errors', 'an unknown error', @creations, @changes, @ends);
reads_work('errors');
is_deeply(everything($store), $before, 'an unknown error: nothing has changed');
set_mode('');
works('errors', 'once there is none');

# --- no answer ------------------------------------------------------------------------

set_mode('closed');
all_refused('relay', 'closed', @creations, @changes, @ends);
is_deeply(everything($store), $before, 'closed: nothing has changed in Redis');
set_mode('strange');
all_refused('relay', 'a strange answer', @creations[0, 1], @changes[0, 1, 2], $ends[0]);
is_deeply(everything($store), $before, 'a strange answer: nothing has changed');
set_mode('stalled');
for my $write (@creations[0, 1], @changes[0, 1, 2, 5], $ends[0]) {
    my $r = $write->[1]->('relay', '');
    is_refused($r, "no answer in time: $write->[0]");
    within($r->seconds, 0, 3, '... in time');
}
is(found('relay', $id), 1, '... reads go on meanwhile');
set_mode('');
works('relay', 'once it answers');

# It is done, but the reply is lost: the client may be told the outcome, or that it
# is unknown; and the session is whole or not there.
{
    set_mode('lost');
    my %was = %{ everything($store) };
    for my $area ('', '/json', '/form') {
        my $r = resource('relay', $area, 'POST', undef, '{"a":"b"}');
        is_refused($r, "an answer that is lost$area: POST");
    }
    my $is = everything($store);
    my @new = grep { !exists $was{$_} } keys %$is;
    is(scalar @new, 3, '... each has begun its session all the same');
    for my $key (@new) {
        my $value = ref $is->{$key} ? join ' ', %{ $is->{$key} } : $is->{$key};
        like($value, qr/\@max|%40max/, '... what it left is whole');
        cmp_ok($store->cmd('PTTL', $key), '>', 0, '... and ends by itself');
        $store->cmd('DEL', $key);
    }
    set_mode('');
    works('relay', 'after that');
}

# --- the server itself --------------------------------------------------------------

$id = sessions();
found('plain', $id);
$store->pause;
for my $write (@creations, @changes[0, 1, 3], @ends) {
    my $r = $write->[1]->('plain', '');
    is_refused($r, "Redis is stopped: $write->[0]");
    within($r->seconds, 0, 3, '... in time');
}
$store->resume;
# What it was sent meanwhile it may still have done: a session is whole then.
SHS::Process::wait_for('Redis to go on', 20, sub { eval { $store->cmd('PING') } });
for my $key (grep { $_ ne "session:$id" && !/session:(?:json|form):/ }
             @{ $store->cmd('KEYS', 'session:*') }) {
    my %is = $store->hash($key);
    next if exists $is{user} || !%is;
    cmp_ok($store->cmd('PTTL', $key), '>', 0, 'what it did afterwards ends by itself')
        || diag(join ' ', map { "$_=$is{$_}" } sort keys %is);
    ok($is{'@created'} && $is{'@max'} && $is{a}, '... and is whole')
        || diag(join ' ', map { "$_=$is{$_}" } sort keys %is);
}
works('plain', 'after it was stopped');

$store->stop('KILL');
all_refused('plain', 'Redis is dead', @creations, @changes, @ends);
my $r = ask('plain', '/x/cgi?set=a%3Db');
is($r->code, 200, 'dead: a client without a session has nothing to change');
$r = ask('plain', '/x/lua', $id);
is($r->note('SHARED_SESSION'), 'unavailable', 'dead: a page is served without a session');
$store->run;
works('plain', 'once it is there again');

# --- the circuit breaker ---------------------------------------------------------------

$store->stop('KILL');
$creations[0][1]->('breaker', '') for 1 .. 3;
ok($httpd->wait_logged(qr{SHS003: .*:$port/1 is unavailable}), 'the breaker opens');
for my $write (@creations, @changes[0, 1, 3], @ends) {
    is_refused($write->[1]->('breaker', ''), "the breaker is open: $write->[0]");
}
$store->run;
SHS::Process::wait_for('the breaker to close', 20, sub {
    $creations[0][1]->('breaker', '')->code == 201 });
works('breaker', 'once it is closed');

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
ok(scalar $httpd->logged(qr/SHS013: .*not (?:created|changed|rotated|ended)/),
   'SHS013 tells what was not done');
unlike($httpd->error_log, qr/SeCrEt/, 'no id, value or password in the log');

done_testing;
