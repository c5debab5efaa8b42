# A session lives as long as its key in Redis: reading never makes it longer,
# and once it is gone no request gets it from anywhere.
use strict;
use warnings;

use SHS;

sub at { return get('/x/lua', host => 'expiry.test', cookie => "JSESSIONID=$_[0]") }

my $id = hash_session(user => 'anna');
redis()->cmd('PEXPIRE', "session:$id", 600);
is(at($id)->note('session.user'), 'anna', 'before it expires');
my $left = redis()->cmd('PTTL', "session:$id");
ok($left > 0 && $left <= 600, 'reading does not make it longer');
SHS::Process::wait_for('the expiry', 5,
                       sub { !redis()->cmd('EXISTS', "session:$id") });
my $r = at($id);
is($r->note('SHARED_SESSION'), 'absent', 'after it expired');
is($r->note('session.user'), undef, '... without an attribute');

$id = hash_session(user => 'anna');
is(at($id)->note('SHARED_SESSION'), 'found', 'before it is deleted');
redis()->cmd('DEL', "session:$id");
is(at($id)->note('SHARED_SESSION'), 'absent', 'logged out: absent at once');

$id = hash_session(user => 'anna', role => 'chef');
at($id);
redis()->cmd('HSET', "session:$id", 'user', 'berta');
redis()->cmd('HDEL', "session:$id", 'role');
$r = at($id);
is($r->note('session.user'), 'berta', 'a change is seen by the next request');
is($r->note('session.role'), undef, '... a removal too');

$id = hash_session(user => 'anna');
is(at($id)->note('ttl'), undef, 'no @ttl for a key without expiry');
redis()->cmd('PEXPIRE', "session:$id", 5900);
my $ttl = at($id)->note('ttl') // '';
ok($ttl eq '5' || $ttl eq '4', '@ttl is in whole seconds, not rounded up')
    || diag "got '$ttl'";
is(redis()->cmd('TYPE', "session:$id"), 'hash', 'the key is left as it was');

# Nothing is ever written by a request.
$id = hash_session(user => 'anna');
my @written = grep { $_->[1] !~ /^(?:GET|HGETALL|PTTL|SELECT|CLIENT|PING|HELLO
                                    |AUTH|ECHO)$/x }
    redis()->commands_during(sub { at($id) for 1 .. 3; at(fresh_id()) });
is_deeply(\@written, [], 'a request only reads');

done_testing;
