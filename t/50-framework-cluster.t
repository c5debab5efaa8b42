# Spring Session's indexed repository in a Redis Cluster: the hash, the shadow key and
# the index are in different slots. A touch and a logout reach all of them, in the
# order in which a failure between two does no harm; the near-cache sees each change.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Cluster;
use SHS::Framework;
use Time::HiRes qw(time);

my ($name) = captures(qr/^spring-boot-4.*indexed-jdk/);
my $cluster = SHS::Cluster->start;
my $places = <<'CONF';
SharedSession On
SharedSessionProfile spring repository=indexed
SharedSessionNote session.* *
<Location /session>
    SetHandler shared-session
</Location>
<Location /never>
    SharedSessionTouch Off
</Location>
CONF
my $httpd = private_httpd(conf => "SharedSessionStore @{[$cluster->url]} timeout=5s\n$places");
my $near = private_httpd(near => 1, conf => one_child()
    . "SharedSessionStore @{[$cluster->url]} timeout=5s\n$places");

# A client that follows the slots.
{
    package Slots;
    sub cmd {
        my ($self, @words) = @_;
        my $key = $words[1];
        for my $node ($cluster->nodes) {
            my $reply = eval { $node->cmd(@words) };
            return $reply if !$@;
            next if $@ =~ /MOVED/;
            die $@;
        }
        die "no node has $key\n";
    }
}
my $redis = bless {}, 'Slots';

# Keys in at least two shards: with few ids, the hash and its shadow key.
my (%slot, $s, $other);
sub slot { my ($key) = @_; return ($cluster->nodes)[0]->cmd('CLUSTER', 'KEYSLOT', $key) }
sub shard { return int(slot($_[0]) / 5461.34) }
do { $s = framework($name, fresh => 1, used => int(1000 * (time - 900))) }
    until shard($s->key) != shard($s->shadow);
do { $other = framework($name, fresh => 1) } until shard($other->key) != shard($other->shadow);
$_->put($cluster, client => $redis) for $s, $other;

sub status { my ($host, $s, $path) = @_; return $host->get($path // '/never/lua', $s->client)->note('SHARED_SESSION') }
sub ttl { return $redis->cmd('PTTL', $_[0]) }

is(status($httpd, $s), 'found', 'a session in a cluster');
ok(ttl($s->shadow) <= 900_000, '... which was not touched yet');
ok(eval { SHS::Process::wait_for('the near-cache', 20, sub {
    status($near, $s) eq 'found' && $near->get('/never/lua', $s->client)->note('SHARED_SESSION') }) },
   '... in the near-cache too');
my $from = int(1000 * time);
is(status($httpd, $s, '/x/lua'), 'found', 'a request that touches it');
my %is = @{ $redis->cmd('HGETALL', $s->key) };
within(number_of($is{lastAccessedTime}), $from, 1000 * time, '... lastAccessedTime is now');
is($is{lastAccessedTime}, number_like($s->fields->{lastAccessedTime}, number_of($is{lastAccessedTime})),
   '... as Spring Session writes it');
delete $is{lastAccessedTime};
my %was = %{ $s->fields };
delete $was{lastAccessedTime};
is_deeply(\%is, \%was, '... nothing else has changed');
within(ttl($s->key), 2_095_000, 2_100_000, '... the hash lives 300 s longer');
within(ttl($s->shadow), 1_795_000, 1_800_000, '... than the shadow key');

# The shadow key has gone, as when the application logs out, before the touch.
my $t;
do { $t = framework($name, fresh => 1, used => int(1000 * (time - 900))) }
    until shard($t->key) != shard($t->shadow);
$t->put($cluster, client => $redis);
$redis->cmd('DEL', $t->shadow);
status($httpd, $t, '/x/lua');
is($redis->cmd('EXISTS', $t->shadow), 0, 'without the shadow key: it does not come back');
is_deeply({ @{ $redis->cmd('HGETALL', $t->key) } }, $t->fields, '... and the hash is as it was');

# --- the end ----------------------------------------------------------------------------

for my $host ($httpd, $near) {
    my $words = $host == $near ? 'with a near-cache' : 'without a near-cache';
    my $u;
    do { $u = framework($name, fresh => 1) } until shard($u->key) != shard($u->shadow);
    $u->put($cluster, client => $redis);
    ok(eval { SHS::Process::wait_for('both', 5, sub { status($near, $u) eq 'found' && status($httpd, $u) eq 'found' }) },
       "$words: a session");
    is($host->get('/session', $u->client, method => 'DELETE')->code, 204, '... is ended');
    my %left = @{ $redis->cmd('HGETALL', $u->key) };
    is_deeply(\%left, { %{ $u->fields }, maxInactiveInterval => number_like($u->fields->{maxInactiveInterval}, 0) },
              '... the hash says so');
    within(ttl($u->key), 290_000, 300_000, '... for 300 s');
    is($redis->cmd('EXISTS', $u->shadow), 0, '... the shadow key is removed');
    my $id = $u->id;
    for my $set ($u->principal_index, $u->expirations) {
        is(scalar(grep { /\Q$id/ } @{ $redis->cmd('SMEMBERS', $set) }), 0, '... it is not in ' . $set =~ s/.*session:(\w+).*/$1/r);
    }
    my $index = $other->id;
    is(scalar(grep { /\Q$index/ } @{ $redis->cmd('SMEMBERS', $other->principal_index) }), 1,
       '... where the other session of the same user stays');
    is($host->get('/session', $u->client, method => 'DELETE')->code, 404, '... it ends once');
    is(status($host, $u), 'absent', '... and is absent');
    ok(eval { SHS::Process::wait_for('all', 2, sub { status($near, $u) eq 'absent' && status($httpd, $u) eq 'absent' }) },
       '... for the other host too');
    is(status($host, $other), 'found', '... that of another browser goes on');
}
# A logout of the application is seen at a hit: by the invalidation.
ok(eval { SHS::Process::wait_for('a hit', 10, sub { status($near, $other) eq 'found' }) }, 'a session in the near-cache');
$redis->cmd('HSET', $other->key, 'maxInactiveInterval', number_like($other->fields->{maxInactiveInterval}, 0));
ok(eval { SHS::Process::wait_for('the logout', 2, sub { status($near, $other) eq 'absent' }) },
   '... is absent when its application has ended it');
is(scalar $_->logged(qr/exit signal/), 0, 'no child has died') for $httpd, $near;

done_testing;
