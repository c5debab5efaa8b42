# The same with every MPM.
#
# Sessions of other programs in a real Redis Cluster: what belongs to a session
# is in other slots, so a touch and an end take several steps. If a later step
# of an end fails, the session has ended all the same.
use strict;
use warnings;

use SHS;
use SHS::Cluster;
use SHS::Module;

my $probe = SHS::Module::build('mod_provider_probe');
my $cluster = SHS::Cluster->start(
    acl => "user default on nopass ~* &* +\@all\n"
         . "user app on >SeCrEt-app ~{a}* ~{b}* &* +\@all\n");
sub server {
    my (%login) = @_;
    my $url = $cluster->url(%login);
    return private_httpd(conf => one_child() . <<"CONF");
LoadModule provider_probe_module $probe
ProviderProbe $url timeout=5s
<Location /probe>
    SetHandler provider-probe
</Location>
CONF
}
my $httpd = server();

sub encode { return $_[0] =~ s/([^A-Za-z0-9])/sprintf '%%%02x', ord $1/ger }
sub ask {
    my ($kind, @parts) = @_;
    my $query = $kind;
    while (my ($name, $value) = splice @parts, 0, 2) {
        $query .= "&$name=" . join ':', map { encode($_) } ref $value ? @$value : $value;
    }
    my @lines = split /\n/, $httpd->get("/probe?$query")->body;
    return join '|', (grep { !/^trace/ } @lines), grep { /^trace/ } @lines;
}
sub word { return (split /[ |]/, ask(@_))[0] }

# A command at the node that has the key.
sub cmd {
    my ($name, $key, @more) = @_;
    return $cluster->owner_of($key)->cmd($name, $key, @more);
}
sub left { return int((cmd('PTTL', $_[0]) + 999) / 1000) }

# Each key is at another master.
my ($key, $companion, $set, $sorted) = ('{a}k', '{b}c', '{c}s', '{c}z');
my @masters = map { $cluster->owner_of($_)->port } $key, $companion, $set;
is(scalar(keys %{ { map { ($_ => 1) } @masters } }), 3, 'three keys at three masters');

sub reset_all {
    my ($with) = @_;
    cmd('DEL', $_) for $key, $companion, $set, $sorted;
    cmd('HSET', $key, 'a', 1, 't', 1) if $with =~ /k/;
    cmd('PEXPIRE', $key, 100_000) if $with =~ /k/;
    cmd('SET', $companion, '', 'EX', 100) if $with =~ /c/;
    cmd('SADD', $set, 'm', 'other');
    cmd('ZADD', $sorted, 1, 'm', 2, 'other');
    return;
}
sub members { return join ' ', @{ cmd('SMEMBERS', $set) }, @{ cmd('ZRANGE', $sorted, 0, -1) } }

my @touch = (touch => key => $key, exists => 'a', set => ['t', 2], ttl => 600_000, due => 300_000,
             companion => $companion, 'companion-ttl' => 500_000);
for my $row (
    ['kc', [@touch], 'DONE', 600, 500, '2', 'both live longer'],
    ['k', [@touch], 'GONE', 100, -1, '1', 'the companion has gone'],
    ['c', [@touch], 'GONE', -1, 500, undef, 'the session has gone'],
    ['kc', [@touch, equal => ['t', 7]], 'GONE', 100, 500, '1', 'it is another one'],
) {
    my ($with, $asked, $result, $ttl, $companion_ttl, $field, $why) = @$row;
    reset_all($with);
    is(word(@$asked), $result, "touch: $why");
    is(left($key), $ttl, '... the key') if $ttl > 0;
    is(left($companion), $companion_ttl, '... the companion') if $companion_ttl > 0;
    is(cmd('HGET', $key, 't'), $field, '... the field');
    is(cmd('EXISTS', $companion), $with =~ /c/ ? 1 : 0, '... and none is made');
}

my @end = (remove => key => $key, exists => 'a', companion => $companion,
           srem => [$set, 'm'], zrem => [$set, 'm'], zrem => [$sorted, 'm'], srem => [$sorted, 'm']);
for my $row (
    ['kc', [@end], 'DONE', '', 0, 'other other', 'all of it'],
    ['k', [@end], 'DONE', '', 0, 'other other', 'without a companion'],
    ['c', [@end], 'GONE', '', 0, 'other other', 'what remains of a session'],
    ['kc', [@end, set => ['t', 0], keeps => 300_000], 'DONE', 'a 1 t 0', 0, 'other other',
     'the key is kept for a while'],
    ['kc', [@end, equal => ['t', 7]], 'GONE', 'a 1 t 1', 1, undef, 'another session'],
) {
    my ($with, $asked, $result, $fields, $companion_stays, $members, $why) = @$row;
    reset_all($with);
    my $said = ask(@$asked);
    is((split /[ |]/, $said)[0], $result, "end: $why");
    unlike($said, qr/leave/, '... and nothing is left');
    is(join(' ', @{ cmd('HGETALL', $key) }), $fields, '... the key');
    is(cmd('EXISTS', $companion), $companion_stays, '... the companion');
    is(join(' ', sort split / /, members()), $members // 'm m other other', '... and the members');
}

# Reads of some fields, also while the slot moves.
reset_all('k');
like(ask('load', key => $key, name => 't', name => 'x', name => 'a'), qr/^FOUND \d+\|t:1\|a:1$/,
     'some fields');

# A user who may not use the set: the session has ended, and the trace says what
# is left.
$httpd = server(user => 'app', password => 'SeCrEt-app');
reset_all('kc');
my $said = ask(@end);
like($said, qr/^DONE\|/, 'an end of which a step fails');
like($said, qr/\|trace leave a member: .*NOPERM/, '... which is reported');
unlike($said, qr/leave the companion/, '... and no other');
is(cmd('EXISTS', $key) . cmd('EXISTS', $companion), '00', '... has ended the session');
is(join(' ', sort split / /, members()), 'm m other other', '... and left the members');

done_testing;
