# The near-cache: hits that cost Redis nothing, changes that are seen at once,
# and nothing that is older than the lease, whatever becomes of the listener.
use strict;
use warnings;

use SHS;
use Time::HiRes qw(time);

my $store = SHS::Redis->start;
my $httpd = private_httpd(conf => one_child() . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSessionCache On lease=2s negative=5s
SharedSession On
SharedSessionNote session.* *
LoadModule status_module /usr/lib/apache2/modules/mod_status.so
<Location /status>
    SetHandler server-status
    SharedSession Off
</Location>
CONF

sub at { return $httpd->get('/x/lua', cookie => "JSESSIONID=$_[0]") }
sub user { return at($_[0])->note('session.user') // at($_[0])->note('SHARED_SESSION') }
sub status {
    my %is = map { /^SharedSessionStore0(\S+): (.*)$/ ? ($1 => $2) : () }
        split /\n/, $httpd->get('/status?auto')->body;
    return \%is;
}

ok(eval { SHS::Process::wait_for('the listener', 10, sub { status()->{Cache} eq 'live' }) },
   'the near-cache is live') || diag explain status();

my $id = fresh_id();
$store->put_hash("session:$id", { user => 'anna' }, 60);
is(user($id), 'anna', 'a session');
# Until the news of its own making have come.
SHS::Process::wait_for('a hit', 10, sub {
    my $hits = status()->{CacheHits};
    user($id);
    status()->{CacheHits} > $hits;
});
# How often Redis is asked by some reads, at best of five times: a machine that
# stalls for longer than the lease, or the negative time, has to ask.
sub asked {
    my ($wanted, $reads) = @_;
    my $least;
    for (1 .. 5) {
        my $asked = $store->lookups_during(sub {
            is(user($id), $wanted, "... $wanted again") for 1 .. $reads });
        $least = $asked if !defined $least || $asked < $least;
        last if !$least;
    }
    return $least;
}
my $before = status()->{CacheHits};
is(asked('anna', 5), 0, '... costs Redis nothing');
cmp_ok(status()->{CacheHits} - $before, '>=', 5, '... and counts as hits');

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
SHS::Process::wait_for('the end', 5, sub { user($id) eq 'absent' });
pass('a session that was ended is gone');
is(asked('absent', 3), 0, 'that it is absent is remembered');
$store->put_hash("session:$id", { user => 'new' }, 60);
SHS::Process::wait_for('the new one', 4, sub { user($id) eq 'new' });
pass('... until it is there again');

$store->cmd('FLUSHALL');
SHS::Process::wait_for('nothing', 5, sub { user($id) eq 'absent' });
pass('FLUSHALL empties it');
done_testing;
