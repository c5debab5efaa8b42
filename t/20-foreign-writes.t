# The same with every MPM.
#
# Sessions of other programs in a real Redis, through the provider's own
# interface: reads of some fields, and what a touch and an end write. A touch
# makes no key, ends no session and gives none an end that had none; a session
# that is not the one that was read stays as it is.
use strict;
use warnings;

use POSIX ();
use SHS;
use SHS::Module;

my $probe = SHS::Module::build('mod_provider_probe');
my $acl = "user default on nopass ~* &* +\@all\n"
    . "user reader on >SeCrEt ~* &* +hmget +pttl +hstrlen\n"
    . "user half on >SeCrEt ~s:* &* +\@all\n"
    . "user toucher on >SeCrEt ~* &* +eval +pttl +pexpire\n"
    . "user framework on >SeCrEt ~* &* +hgetall +hmget +pttl +hlen +memory|usage +hstrlen"
    . " +eval +exists +hexists +hget +hset +del +pexpire +srem +zrem +echo\n";
my $redis = SHS::Redis->start(acl => $acl);
my $port = $redis->port;
sub server {
    my ($login) = @_;
    return private_httpd(conf => one_child() . <<"CONF");
LoadModule provider_probe_module $probe
ProviderProbe redis://${login}127.0.0.1:$port timeout=5s
<Location /probe>
    SetHandler provider-probe
</Location>
CONF
}
my $httpd = server('framework:SeCrEt@');

# "\0" => "%00"
sub encode { return $_[0] =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ger }
# ask('touch', key => 's:k', equal => ['n', "\0"], ...): the lines of the answer.
sub ask {
    my ($kind, @parts) = @_;
    my $query = $kind;
    while (my ($name, $value) = splice @parts, 0, 2) {
        $query .= "&$name=" . join ':', map { encode($_) } ref $value ? @$value : $value;
    }
    my $r = $httpd->get("/probe?$query");
    is($r->code, 200, "... $kind is asked") if $r->code != 200;
    return split /\n/, $r->body;
}
sub answer { return (grep { !/^trace / } ask(@_))[0] // '' }
sub word { return (split / /, answer(@_))[0] }

my $key = 's:k';
my $companion = 's:expires:k';
# What is under a key: "a=1 b=2", or "(string)", or "".
sub stored {
    my ($at) = @_;
    my $type = $redis->cmd('TYPE', $at);
    return $type eq 'none' ? '' : "($type)" if $type ne 'hash';
    my %is = $redis->hash($at);
    return join ' ', map { "$_=$is{$_}" } sort keys %is;
}
# PTTL, in about so many seconds.
sub left { return int(($redis->cmd('PTTL', $_[0]) + 999) / 1000) }
sub reset_to {
    my ($fields, $ttl, $with_companion) = @_;
    $redis->cmd('FLUSHALL');
    $redis->put_hash($key, $fields, $ttl) if $fields;
    $redis->cmd('SET', $companion, '', 'EX', 100) if $with_companion;
    return;
}

# --- reads ----------------------------------------------------------------------

reset_to({ a => 1, b => "\0\r\n", c => '', d => 'x' x 70_000 }, 100);
for my $row (
    [[qw(a b)], "a:1|b:%00%0d%0a", 'two fields'],
    [[qw(b a)], "b:%00%0d%0a|a:1", '... in the order of the names'],
    [[qw(c)], 'c:', 'an empty field exists'],
    [[qw(x a y)], 'a:1', 'those that exist'],
) {
    my ($names, $fields, $why) = @$row;
    my @is = ask('load', key => $key, map { (name => $_) } @$names);
    like(shift @is, qr/^FOUND (?:100000|99\d\d\d)$/, "$why: found, with the time to live");
    is(join('|', @is), $fields, '... and no others');
}
is(word('load', key => $key, name => 'x', name => 'y'), 'ABSENT', 'none of the fields');
is(word('load', key => 's:none', name => 'a'), 'ABSENT', 'no key');
is(word('load', key => $key, name => 'd'), 'MALFORMED', 'a field that is too large');
is(word('load', key => $key, name => 'd'), 'MALFORMED', '... whose size is asked for then');
is(word('load', key => $key, name => 'a'), 'FOUND', '... which does not matter to other fields');
$redis->cmd('SET', 's:string', 'v');
is(word('load', key => 's:string', name => 'a'), 'MALFORMED', 'no hash');
my @sent = grep { !/^AUTH/ } map { join ' ', @$_[1 .. $#$_] } $redis->commands_during(sub {
    ask('load', key => $key, name => 'a', name => 'b');
    ask('load', key => $key, name => 'd', name => 'a') for 1 .. 2;
});
is(join('|', @sent), "HMGET $key a b|PTTL $key|HMGET $key d a|PTTL $key|HSTRLEN $key d|HSTRLEN $key a",
   'the commands; after too large fields their sizes');

# Many threads at once: each gets its own fields, also in a batch.
reset_to();
my $users = 40;
$redis->put_hash("s:$_", { a => "a$_", $_ % 2 ? (b => "b$_") : (), c => 'c' x 50 }, 100) for 1 .. $users;
sub batches {
    my %info = map { /^cmdstat_(\w+):calls=(\d+)/ ? ($1 => $2) : () }
        split /\r\n/, $redis->cmd('INFO', 'commandstats');
    return $info{echo} // 0;
}
my $ready = batches();
my $wrong = 0;
SHS::Process::wait_for('lookups that are sent together', 40, sub {
    my @pipes;
    for my $client (1 .. 12) {
        open my $pipe, '-|' or do {
            my $bad = 0;
            for my $round (1 .. 60) {
                my $n = ($round * 7 + $client * 13) % $users + 1;
                my @is = ask('load', key => "s:$n", name => 'b', name => 'a');
                my $rest = join '|', grep { !/^(?:FOUND \d+|trace .*)$/ } @is;
                ++$bad if $rest ne ($n % 2 ? "b:b$n|" : '') . "a:a$n";
            }
            print "$bad\n";
            POSIX::_exit(0) if close STDOUT;
        };
        push @pipes, $pipe;
    }
    for my $pipe (@pipes) {
        my $bad = <$pipe>;
        $wrong += $bad // 1;
        close $pipe;
    }
    return $wrong || batches() > $ready + 20;
});
is($wrong, 0, 'no thread gets the fields of another');
# After a batch that failed there would be a pause, each longer than the last.
cmp_ok(batches(), '>', $ready + 20, '... and many are sent together');

# --- touches --------------------------------------------------------------------

my @due = (ttl => 600_000, due => 300_000);
my @extended = (companion => $companion, 'companion-ttl' => 500_000);
for my $row (
    # fields, ttl, companion, what is asked; result, fields, ttl, companion's
    [{ a => 1, t => 1 }, 100, 1, [exists => 'a', equal => ['t', 1], set => ['t', 2], @due, @extended],
     'DONE', 'a=1 t=2', 600, 500, 'all of it'],
    [{ a => 1, t => 1 }, 100, 0, [exists => 'a', set => ['t', 2], set => ['n', ''], @due],
     'DONE', 'a=1 n= t=2', 600, -1, 'without a companion'],
    [{ a => 1 }, 100, 0, [@due], 'DONE', 'a=1', 600, -1, 'the expiry alone'],
    [{ a => 1 }, 400, 1, [set => ['a', 2], @due, @extended],
     'DONE', 'a=1', 400, 100, 'not due'],
    [{ a => 1 }, 0, 1, [set => ['a', 2], @due, @extended],
     'DONE', 'a=1', 0, 100, 'a key without an expiry keeps none'],
    [undef, 0, 1, [set => ['a', 2], @due, @extended],
     'GONE', '', -1, 100, 'no key: none is made'],
    [undef, 0, 1, [exists => 'a', set => ['a', 2], @due, @extended],
     'GONE', '', -1, 100, 'no key'],
    [{ b => 1 }, 100, 1, [exists => 'a', set => ['b', 2], @due, @extended],
     'GONE', 'b=1', 100, 100, 'a field is missing'],
    [{ a => '' }, 100, 1, [exists => 'a', set => ['b', 2], @due, @extended],
     'DONE', 'a= b=2', 600, 500, 'an empty field exists'],
    [{ a => 1 }, 100, 1, [equal => ['a', 2], set => ['b', 2], @due, @extended],
     'GONE', 'a=1', 100, 100, 'a field has another value'],
    [{ a => '1 ' }, 100, 1, [equal => ['a', 1], set => ['b', 2], @due, @extended],
     'GONE', 'a=1 ', 100, 100, '... to the octet'],
    [{ a => "\0\xff" }, 100, 1, [equal => ['a', "\0\xff"], set => ['a', 2], @due, @extended],
     'DONE', 'a=2', 600, 500, 'any octets'],
    [{ a => "\0\xff" }, 100, 1, [equal => ['a', "\0"], set => ['a', 2], @due, @extended],
     'GONE', "a=\0\xff", 100, 100, '... all of them'],
    [{ a => '' }, 100, 1, [equal => ['a', ''], set => ['b', 2], @due, @extended],
     'DONE', 'a= b=2', 600, 500, '... and can be what is expected'],
    [{ a => 1 }, 100, 0, [set => ['a', 2], @due, @extended],
     'GONE', 'a=1', 100, -1, 'the companion has gone'],
    [{ map { ("f$_" => $_) } 1 .. 9 }, 100, 1,
     [(map { (equal => ["f$_", $_]) } 1 .. 9), (map { (set => ["f$_", 0]) } 1 .. 9), @due, @extended],
     'DONE', join(' ', map { "f$_=0" } 1 .. 9), 600, 500, 'many fields'],
) {
    my ($fields, $ttl, $with, $asked, $result, $after, $after_ttl, $companion_ttl, $why) = @$row;
    reset_to($fields, $ttl, $with);
    is(word('touch', key => $key, @$asked), $result, "touch: $why");
    is(stored($key), $after, '... the fields');
    is(left($key), $after_ttl, '... the time to live') if $fields;
    is(left($companion), $companion_ttl, '... and that of the companion') if $with;
    is(stored($companion), $with ? '(string)' : '', '... and none is made');
    is(word('touch', key => $key, @$asked), $result, '... the same a second time')
        if $result eq 'GONE' || !grep { $_ eq 'equal' } @$asked;
}
reset_to({ a => 1 }, 100);
$redis->cmd('SET', $companion, '');
is(word('touch', key => $key, @due, @extended), 'DONE', 'touch: a companion without an expiry');
is(left($companion), 0, '... keeps none');
reset_to();
$redis->cmd('SET', $key, 'v', 'EX', 100);
is(word('touch', key => $key, @due, string => ''), 'DONE', 'touch: a string');
is(left($key) . $redis->cmd('GET', $key), '600v', '... lives longer');
is(word('touch', key => $key, @due, exists => 'a'), 'MALFORMED', '... and is no hash');
is(word('touch', key => 's:none', @due, string => ''), 'GONE', 'touch: no string');

# --- ends -----------------------------------------------------------------------

sub reset_sets {
    $redis->cmd('SADD', 'i:user', 'k', 'other');
    $redis->cmd('ZADD', 'i:expirations', 5, 'k', 6, 'other');
    $redis->cmd('SET', 'i:string', 'k');
    return;
}
sub sets {
    return join ' ', sort @{ $redis->cmd('SMEMBERS', 'i:user') },
        @{ $redis->cmd('ZRANGE', 'i:expirations', 0, -1) };
}
my @members = (srem => ['i:string', 'k'], srem => ['i:user', 'k'], zrem => ['i:user', 'k'],
               zrem => ['i:expirations', 'k'], srem => ['i:expirations', 'k'],
               zrem => ['i:none', 'k'], srem => ['i:last', 'k']);
for my $row (
    # fields, companion, what is asked; result, fields, ttl, companion, sets
    [{ a => 1 }, 1, [], 'DONE', '', undef, 1, 1, 'the key alone'],
    [{ a => 1 }, 1, [exists => 'a', companion => $companion, @members],
     'DONE', '', undef, 0, 0, 'with all that belongs to it'],
    [{ a => 1 }, 0, [companion => $companion, @members],
     'DONE', '', undef, 0, 0, '... some of which is not there'],
    [{ a => 1, max => 5 }, 1, [exists => 'a', set => ['max', 0], keeps => 300_000,
                               companion => $companion, @members],
     'DONE', 'a=1 max=0', 300, 0, 0, 'the key is kept for a while'],
    [{ a => 1 }, 1, [keeps => 300_000], 'DONE', 'a=1', 300, 1, 1, '... as it is'],
    [undef, 1, [exists => 'a', set => ['max', 0], keeps => 300_000,
                companion => $companion, @members],
     'GONE', '', undef, 0, 0, 'no key: none is made, and the rest is removed'],
    [{ b => 1 }, 1, [exists => 'a', set => ['max', 0], keeps => 300_000,
                     companion => $companion, @members],
     'GONE', 'b=1', 100, 1, 1, 'another session: nothing is removed'],
    [{ a => 1 }, 1, [equal => ['a', 2], companion => $companion, @members],
     'GONE', 'a=1', 100, 1, 1, '... nor by a value'],
) {
    my ($fields, $with, $asked, $result, $after, $ttl, $companion_stays, $sets_stay, $why) = @$row;
    for my $time (1, 2) {
        if ($time == 1) {
            reset_to($fields, 100, $with);
            reset_sets();
        }
        my $wanted = $time == 2 && $after eq '' ? 'GONE' : $result;
        is(word('remove', key => $key, @$asked), $wanted, "end: $why" . ($time == 2 ? ', again' : ''));
        is(stored($key), $after, '... the fields');
        is(left($key), $ttl, '... the time to live') if $after ne '';
        is(stored($companion), $companion_stays && $with ? '(string)' : '', '... the companion');
        is(sets(), $sets_stay ? 'k k other other' : 'other other', '... the sets');
        is($redis->cmd('GET', 'i:string'), 'k', '... and a key of another type');
    }
}
reset_to();
$redis->cmd('SET', $key, 'v');
is(word('remove', key => $key, set => ['a', 1], keeps => 1000), 'MALFORMED', 'end: no hash');
is(word('remove', key => $key, string => ''), 'DONE', 'end: a string');
is(stored($key), '', '... is gone');

# --- what Redis gets --------------------------------------------------------------

reset_to({ a => 1, t => 1 }, 100, 1);
@sent = map { $_->[1] . ' ' . $_->[-1] } $redis->commands_during(sub {
    ask('touch', key => $key, exists => 'a', set => ['t', 2], @due, @extended);
    ask('remove', key => $key, companion => $companion);
}, without_scripts => 1);
is(scalar(grep { /^EVAL/ } @sent), 2, 'one EVAL each');
is(scalar(@sent), 2, '... and nothing else') || diag "@sent";

# Commands of the scripts, for the list of permissions in docs/operations.md.
reset_to({ a => 1, t => 1 }, 100, 1);
reset_sets();
my %used = map { ($_->[1] => 1) } $redis->commands_during(sub {
    ask('touch', key => $key, exists => 'a', equal => ['a', 1], set => ['t', 2], @due, @extended);
    ask('remove', key => $key, set => ['t', 3], keeps => 1000, companion => $companion, @members);
    ask('remove', key => $key);
});
is(join(' ', sort keys %used), 'DEL EVAL EXISTS HEXISTS HGET HSET PEXPIRE PTTL SREM ZREM',
   'the commands that a user needs');

# --- without permission --------------------------------------------------------------

for my $row (
    ['reader:SeCrEt@', [touch => key => $key, @due], qr/^UNAVAILABLE .*NOPERM/, 'may not EVAL'],
    ['toucher:SeCrEt@', [touch => key => $key, set => ['t', 2], @due], qr/^UNAVAILABLE /, 'may not HSET'],
    ['toucher:SeCrEt@', [touch => key => $key, @due], qr/^DONE/, '... but set an expiry'],
    ['toucher:SeCrEt@', [remove => key => $key], qr/^UNAVAILABLE /, '... and end nothing'],
    ['half:SeCrEt@', [touch => key => $key, @due, companion => 'i:c', 'companion-ttl' => 1000],
     qr/^UNAVAILABLE .*NOPERM/, 'may not use the companion'],
    ['half:SeCrEt@', [remove => key => $key, companion => 'i:c'],
     qr/^UNAVAILABLE .*NOPERM/, '... nor remove it'],
) {
    my ($login, $asked, $wanted, $why) = @$row;
    $httpd = server($login);
    reset_to({ a => 1, t => 1 }, 100);
    like(answer(@$asked), $wanted, "a user who $why");
    is(stored($key) eq '' ? 'gone' : 'there', 'there', '... ends no session');
}

done_testing;
