# The near-cache: hits that cost Redis nothing, changes that are seen at once,
# and nothing that is older than the lease, whatever becomes of the tracker.
use strict;
use warnings;

use SHS;
use SHS::Near;
use SHS::Proxy;
use Time::HiRes qw(time);

my $store = SHS::Redis->start;
my $httpd = private_httpd(conf => one_child() . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
# Longer than the machine may stall: then the counts below are exact.
SharedSessionCache On lease=20s negative=60s
@{[near_places()]}
CONF

sub at { return $httpd->get('/x/lua', cookie => "JSESSIONID=$_[0]") }
sub user { return at($_[0])->note('session.user') // at($_[0])->note('SHARED_SESSION') }
wait_live($httpd, 'the near-cache is live');

my $id = fresh_id();
$store->put_hash("session:$id", { user => 'anna' }, 60);
is(user($id), 'anna', 'a session');
# Until the invalidations of its own creation have arrived.
SHS::Process::wait_for('a hit', 10, sub {
    my $hits = status($httpd)->{CacheHits};
    user($id);
    status($httpd)->{CacheHits} > $hits;
});
# The lookups in Redis of five reads.
sub lookups {
    my ($wanted) = @_;
    return scalar $store->lookups_during(sub {
        is(user($id), $wanted, "... $wanted again") for 1 .. 5 });
}
my $before = status($httpd)->{CacheHits};
is(lookups('anna'), 0, '... costs Redis nothing');
is(status($httpd)->{CacheHits} - $before, 5, '... and counts as hits');

my @took;
for my $n (1 .. 50) {
    my $began = time;
    $store->cmd('HSET', "session:$id", user => "anna$n");
    SHS::Process::wait_for("change $n", 5, sub { user($id) eq "anna$n" });
    push @took, time - $began;
    user($id);
}
@took = sort { $a <=> $b } @took;
note sprintf 'a change is seen after: median %.1f ms, longest %.1f ms', 1000 * $took[25], 1000 * $took[-1];
ok($took[-1] < 1, 'changes are seen at once');
$store->cmd('DEL', "session:$id");
ok(eval { SHS::Process::wait_for('the end', 5, sub { user($id) eq 'absent' }) },
   'a session that was ended is gone');
is(lookups('absent'), 0, 'that it is absent is remembered');
$store->put_hash("session:$id", { user => 'new' }, 60);
ok(eval { SHS::Process::wait_for('the new one', 4, sub { user($id) eq 'new' }) },
   '... until it is there again');

$store->cmd('FLUSHALL');
ok(eval { SHS::Process::wait_for('nothing', 5, sub { user($id) eq 'absent' }) },
   'FLUSHALL empties it');

# --- requests that miss the same at once -----------------------------------------

# One asks, the others wait for its result. The result is not used for those that
# began after the session was changed. A child of prefork has no two threads.
if (mpm() ne 'prefork') {
    my $proxy = SHS::Proxy->start(to => $store->port);
    my $host = private_httpd(conf => one_child() . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$proxy->port]} timeout=20s
SharedSessionCache On lease=20s
@{[near_places()]}
# A read for a change is a lookup of its own, and waits for no other one.
<Location /session>
    SetHandler shared-session
    SharedSessionMaxSize 32K
</Location>
CONF
    my $is = sub {
        my ($name) = @_;
        return $host->get('/status?auto')->body =~ /^\Q$name\E: (\S+)/m ? $1 : ''; };
    wait_live($host);

    my $await = sub {
        my ($change) = @_;
        my $before = $is->('SharedSessionStore0CacheInvalidations');
        $change->();
        SHS::Process::wait_for('an invalidation', 10, sub {
            $is->('SharedSessionStore0CacheInvalidations') > $before }); };

    # The reply is read when it is asked for: ->().
    my $begin = sub {
        my ($key) = @_;
        my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . $host->port) or die $!;
        syswrite $s, SHS::HTTP::text(path => '/x/lua', cookie => "JSESSIONID=$key");
        return sub {
            my $in = '';
            while (sysread $s, $in, 65536, length $in) { }
            my $r = SHS::HTTP::Reply->parse($in);
            return $r->note('session.v') // $r->note('SHARED_SESSION') // 'broken'; } };
    my $lookups = sub {
        return $store->cmd('INFO', 'commandstats') =~ /^cmdstat_hgetall:calls=(\d+)/m ? $1 : 0 };
    # The versions that the first request and the others get, and how often Redis
    # was asked. The others begin when the sub is done.
    my $fly = sub {
        my ($during) = @_;
        my $key = fresh_id();
        $await->(sub { $store->cmd('HSET', "session:$key", v => 1) });
        my ($asked, $hurt) = ($lookups->(), $proxy->late(to => "session:$key")->{hurt});
        my $first = $begin->($key);
        SHS::Process::wait_for('an answer on its way', 10, sub { $proxy->stats->{hurt} > $hurt });
        $during->($key);
        my @others = map { $begin->($key) } 1 .. 3;
        # And the request for the status.
        SHS::Process::wait_for('the others', 10, sub { $is->('BusyWorkers') >= 5 });
        $proxy->pass;
        my @versions = map { $_->() } $first, @others;
        return ("@versions", $lookups->() - $asked); };

    is(join(', ', $fly->(sub { })), '1 1 1 1, 1', 'of four that miss at once one asks');
    my ($versions) = $fly->(sub {
        my ($key) = @_;
        $await->(sub { $store->cmd('HSET', "session:$key", v => 2) }); });
    is($versions, '1 2 2 2', '... but its result is not for those that came after a change');
    ($versions) = $fly->(sub {
        is($host->get('/session', cookie => "JSESSIONID=$_[0]", method => 'PATCH',
                      headers => [['Content-Type', 'application/json']],
                      body => '{"v":"2"}')->code, 200, 'a change that is made here'); });
    is($versions, '1 2 2 2', '... likewise');
    $host->stop;
    $proxy->stop;
}
done_testing;
