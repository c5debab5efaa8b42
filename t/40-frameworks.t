# Sessions of frameworks are touched and ended as the framework itself does it, to the
# octet, and are never created, changed or rotated: nothing else reaches Redis. What
# happens between the read and the write, such as a logout, wins.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Framework;
use SHS::Module;
use SHS::Relay;
use Time::HiRes qw(time);

my $store = SHS::Redis->start(args => ['--notify-keyspace-events', 'Egx']);
my $probe = SHS::Module::build('mod_session_probe');
my $places = <<'CONF';
SharedSessionNote session.* *
<Location /session>
    SetHandler shared-session
</Location>
<Location /probe>
    SetHandler session-probe
</Location>
<Location /control>
    SharedSessionControl On
</Location>
<Location /often>
    SharedSessionTouch 1s
</Location>
<Location /never>
    SharedSessionTouch Off
</Location>
CONF
my $load = "LoadModule session_probe_module $probe\n";
my $httpd = frameworks_httpd($store, conf => $load, places => $places);

my $connecting = qr/^(?:AUTH|SELECT|HELLO|PING|CLIENT|INFO|ROLE|SUBSCRIBE|ECHO)$/;

# What reaches Redis, and what scripts do there: [NAME, words ...].
sub commands {
    my ($code) = @_;
    my @all = grep { $_->[1] !~ $connecting } $store->commands_during($code);
    return map { my (undef, @words) = @$_; [map { unquoted($_) } @words] } @all;
}
my $write = qr/^(?:SET|GETEX|P?EXPIRE(?:AT)?|HSET|HMSET|HDEL|DEL|UNLINK|SREM|ZREM|SADD|PERSIST|RENAME|APPEND|PUBLISH)$/;
sub writes { return grep { $_->[0] =~ $write } @_ }

sub at { my ($s, $path, %more) = @_; return $httpd->get($path // '/x/lua', $s->client, %more) }

# All that is in its database but the times to live: { key => value }.
sub everything {
    my ($s) = @_;
    my $redis = $s->client_of($store);
    my %is;
    for my $key (@{ $redis->cmd('KEYS', '*') }) {
        my $type = $redis->cmd('TYPE', $key);
        $is{$key} = $type eq 'hash' ? { @{ $redis->cmd('HGETALL', $key) } }
            : $type eq 'set' ? [sort @{ $redis->cmd('SMEMBERS', $key) }] : $redis->cmd('GET', $key);
    }
    return \%is;
}
sub pttl { my ($s, $key) = @_; return $s->client_of($store)->cmd('PTTL', $key // $s->key) }

# --- a touch -------------------------------------------------------------------------

# [captures, commands that write, more time than the idle timeout, fields that move]
my @touched = (
    [qr/spring-boot.*default|plain-j/, [qw(HSET PEXPIRE)], 0, ['lastAccessedTime']],
    [qr/spring-.*indexed/, [qw(HSET PEXPIRE PEXPIRE)], 300, ['lastAccessedTime']],
    [qr/^redisson/, [qw(HSET HSET PEXPIRE)], 60, ['session:lastAccessedTime', 'session:thisAccessedTime']],
    [qr/^express/, ['PEXPIRE'], 0, []],
    [qr/^tomcat/, ['PEXPIRE'], 0, []],
);
for my $row (@touched) {
    my ($which, $wanted, $more, $moved) = @$row;
    for my $name (captures($which)) {
        subtest "$name is touched" => sub {
            # Two fifths of the idle timeout ago: the default is a sixth.
            my $idle = framework($name)->idle // 86_400;
            my $s = framework($name, used => int(1000 * (time - 0.4 * $idle)), fresh => 1, idle => $idle);
            $s->put($store);
            my $before = everything($s);
            my @all = commands(sub { is(at($s, '/never/lua')->note('SHARED_SESSION'), 'found', 'found') });
            is_deeply([writes(@all)], [], 'where SharedSessionTouch is Off, nothing is written');
            my $from = int(1000 * time);
            @all = commands(sub { at($s) });
            my $to = int(1000 * time);
            is_deeply([sort map { $_->[0] } writes(@all)], $wanted, 'it is touched, with these commands alone');
            is(scalar(grep { $_->[0] eq 'EVAL' } @all), 1, '... in one script')
                || diag join ' ', map { $_->[0] } @all;
            my $after = everything($s);
            for my $field (@$moved) {
                my $time = number_of($after->{ $s->key }{$field});
                within($time, $from, $to, "$field is now");
                is($after->{ $s->key }{$field}, number_like($before->{ $s->key }{$field}, $time),
                   '... as the framework writes it');
                $before->{ $s->key }{$field} = $after->{ $s->key }{$field};
            }
            is_deeply($after, $before, 'nothing else has changed');
            within(pttl($s), 1000 * ($idle + $more) - 5_000, 1000 * ($idle + $more),
                   'the time to live of the key');
            within(pttl($s, $s->shadow), 1000 * $idle - 5_000, 1000 * $idle, '... of the shadow key')
                if $more == 300;
            @all = commands(sub { at($s) for 1 .. 5 });
            is_deeply([writes(@all)], [], 'it is not touched again at once');
            is(at($s)->note('SHARED_SESSION'), 'found', '... and is found');
        };
    }
}

for my $name (captures(qr/^(?:fastify|koa|lemonldap)/)) {
    my $idle = framework($name)->idle;
    my $s = framework($name, used => int(1000 * (time - 0.9 * $idle)), fresh => 1);
    $s->put($store);
    my $before = everything($s);
    my $ttl = pttl($s);
    my @all = commands(sub {
        is(at($s, '/often/lua')->note('SHARED_SESSION'), 'found', "$name: found") for 1 .. 3 });
    is_deeply([grep { $_->[0] !~ /^(?:GET|PTTL)$/ } @all], [], '... and only read');
    is_deeply(everything($s), $before, '... nothing has changed');
    cmp_ok(pttl($s), '<=', $ttl, '... nor is the key extended');
}

# A session that never ends gets no end.
for my $name (captures(qr/^spring-boot-4|^express$|^tomcat.*10\.|^redisson/)) {
    my $s = framework($name, fresh => 1, $name =~ /spring|redisson/ ? (idle => -1) : ());
    $s->put($store, ttl => undef);
    my @all = commands(sub { is(at($s, '/often/lua')->note('SHARED_SESSION'), 'found', "$name: without an end") });
    is_deeply([writes(@all)], [], '... nothing is written');
    is(pttl($s), -1, '... and it gets none');
}

# --- the logout between the read and the touch --------------------------------------------

my $relay = SHS::Relay->start(to => $store->port, before => sub {
    my ($redis, @words) = @_;
    return undef if uc $words[0] !~ /^(?:EVAL|EXPIRE|PEXPIRE)$/;
    my $key = uc $words[0] eq 'EVAL' ? $words[3] : $words[1];
    my $what;
    for my $n (0 .. 15) {
        $redis->cmd('SELECT', $n);
        $what = $redis->cmd('GET', "then:$key") and last;
    }
    $redis->cmd(@$_) for map { [split / /] } split /;/, $what // '';
    $redis->cmd('DEL', "then:$key");
    return undef;
});
my $racer = frameworks_httpd($store, conf => $load, places => $places, port => $relay->port,
                             only => qr/^(?:spring|redisson|express$|tomcat)/);
sub race {
    my ($name, $words, $gone, @then) = @_;
    my $s = framework($name, fresh => 1, used => int(1000 * (time - 0.5 * framework($name)->idle)));
    $s->put($store);
    my $redis = $s->client_of($store);
    my ($key, $shadow) = ($s->key, $s->shadow);
    my $then = join ';', map { s/KEY/$key/gr =~ s/SHADOW/$shadow/gr } @then;
    $redis->cmd('SET', "then:$key", $then);
    my $r = $racer->get('/x/lua', $s->client);
    is($redis->cmd('EXISTS', "then:$key"), 0, "$name: $words between the read and the touch");
    is($r->code, 200, '... the request goes on');
    is($redis->cmd('EXISTS', $key), $gone ? 0 : 1, '... no key comes back') if $gone;
    return ($s, $redis);
}
for my $name (captures(qr/^spring-boot-4.*default|^redisson|^express$|^tomcat.*10\./)) {
    my ($s, $redis) = race($name, 'DEL', 1, 'DEL KEY');
    is(scalar(grep { /\Q@{[$s->id]}/ } @{ $redis->cmd('KEYS', '*') }), 0, '... under no name');
}
for my $name (captures(qr/^spring-boot.*indexed/)) {
    my ($s, $redis) = race($name, 'the hash is deleted', 1, 'DEL KEY');
    ($s, $redis) = race($name, 'the shadow key has expired', 0, 'DEL SHADOW');
    is($redis->cmd('EXISTS', $s->shadow), 0, '... it does not come back');
    is_deeply({ @{ $redis->cmd('HGETALL', $s->key) } }, $s->fields, '... and the hash is as it was');
    my $zero = number_like($s->fields->{maxInactiveInterval}, 0);
    next if $zero =~ /[ ;]/;
    ($s, $redis) = race($name, 'a logout', 0, 'DEL SHADOW', "HSET KEY maxInactiveInterval $zero",
                        'PEXPIRE KEY 300000');
    is($redis->cmd('EXISTS', $s->shadow), 0, '... the shadow key does not come back');
    is_deeply({ @{ $redis->cmd('HGETALL', $s->key) } },
              { %{ $s->fields }, maxInactiveInterval => $zero }, '... and the hash is as the logout left it');
    cmp_ok($redis->cmd('PTTL', $s->key), '<=', 300_000, '... for its 300 s');
}
for my $name (captures(qr/^redisson/)) {
    my $false = framework($name)->fields->{'session:isNew'};
    next if $false =~ /[ ;]/;
    my ($s, $redis) = race($name, 'it becomes invalid', 0, "HSET KEY session:isValid $false");
    is_deeply({ @{ $redis->cmd('HGETALL', $s->key) } },
              { %{ $s->fields }, 'session:isValid' => $false }, '... and nothing else is written');
}
is(scalar $racer->logged(qr/exit signal/), 0, 'no child has died');

# --- the end ----------------------------------------------------------------------------------

# By the resource, and by another module.
sub end_by_resource { my ($s) = @_; return at($s, '/session', method => 'DELETE')->code }
sub end_by_module {
    my ($s) = @_;
    my $said = at($s, '/probe?destroy')->body;
    return $said =~ /DONE/ ? 204 : $said =~ /GONE/ ? 404 : $said;
}

for my $name (captures()) {
    for my $end (\&end_by_resource, \&end_by_module) {
        subtest "$name is ended by " . ($end == \&end_by_resource ? 'DELETE' : 'a module') => sub {
            my ($s, $other) = map { framework($name, fresh => 1) } 1 .. 2;
            $_->put($store) for $s, $other;
            my $before = everything($s);
            my $redis = $s->client_of($store);
            my $db = $redis->cmd('CLIENT', 'INFO') =~ /\bdb=(\d+)/ ? $1 : 0;
            my $events = SHS::Redis::Client->new(port => $store->port);
            $events->cmd('PSUBSCRIBE', "__keyevent\@${db}__:*");
            is($end->($s), 204, 'ended');
            my $after = everything($s);
            my $key = $s->key;
            if ($s->{profile} =~ /indexed/) {
                my $is = delete $after->{$key};
                my $was = delete $before->{$key};
                $was->{maxInactiveInterval} = number_like($was->{maxInactiveInterval}, 0);
                is_deeply($is, $was, 'the hash stays, with 0 as maxInactiveInterval');
                within($redis->cmd('PTTL', $key), 290_000, 300_000, '... for 300 s');
                ok(defined delete $before->{ $s->shadow }, 'the shadow key is removed');
                my $id = $s->id;
                for my $set (grep { ref $before->{$_} eq 'ARRAY' } keys %$before) {
                    $before->{$set} = [grep { !/\Q$id\E/ } @{ $before->{$set} }];
                    delete $before->{$set} if !@{ $before->{$set} };
                }
                is_deeply($after, $before, '... it is in no set, and nothing else has changed');
                my $seen = '';
                $redis->cmd('PUBLISH', "__keyevent\@${db}__:mark", 'end');
                while ((my $event = $events->read_reply)->[3] ne 'end') { $seen .= "$event->[2] $event->[3]\n" }
                like($seen, qr/:del \Q@{[$s->shadow]}\E$/m, '... with the event that the application awaits');
            }
            else {
                delete $before->{$key};
                is_deeply($after, $before, 'its key is removed, and nothing else has changed');
            }
            is(at($s)->note('SHARED_SESSION'), 'absent', 'it is absent');
            is($end->($s), 404, 'it ends once');
            is(at($other)->note('SHARED_SESSION'), 'found', 'that of another browser goes on');
            is_deeply(everything($s)->{ $other->key }, $other->fields // $other->value, '... as it was');
            $redis->cmd('FLUSHDB');
        };
    }
}

# --- what is refused ---------------------------------------------------------------------------

for my $name (captures(qr/^(?:express$|fastify$|koa$|lemonldap|tomcat.*10\.|redisson.*Json|spring-boot-4)/)) {
    subtest "$name is not changed" => sub {
        my $s = framework($name, fresh => 1)->put($store);
        my $before = everything($s);
        my @all = commands(sub {
            for my $method (qw(PUT PATCH POST)) {
                my $r = at($s, '/session', method => $method, body => '{"evil":1}',
                           headers => [['Content-Type', 'application/json']]);
                is($r->code, 405, "$method: 405");
                is($r->header('Allow'), 'GET, HEAD, DELETE', '... with what is allowed');
                is($r->header('Set-Cookie'), undef, '... and without a cookie');
            }
        });
        is_deeply([grep { $_->[0] !~ /^(?:GET|HGETALL|HMGET|PTTL)$/ } @all], [], '... nothing is written');
        is($httpd->get('/session', host => $s->host, method => 'POST', body => '{"evil":1}',
                       headers => [['Content-Type', 'application/json']])->code, 405,
           'POST without a cookie creates none');
        my $r;
        @all = commands(sub { $r = at($s, '/control/backend?set=evil%3D1') });
        is($r->code, 502, 'a control header fails the request');
        is_clean($r);
        is_deeply([grep { $_->[0] !~ /^(?:GET|HGETALL|HMGET|PTTL)$/ } @all], [], '... nothing is written');
        for my $operation (qw(begin begin:a=b set:a=b unset:userId change:a=b rotate)) {
            @all = commands(sub { $r = at($s, "/probe?$operation") });
            like($r->body, qr/^\S+ FOREIGN$/m, "a module, $operation: FOREIGN");
            is_deeply([grep { $_->[0] !~ /^(?:GET|HGETALL|HMGET|PTTL)$/ } @all], [], '... nothing is written');
            is($r->header('Set-Cookie'), undef, '... and without a cookie');
        }
        is_deeply(everything($s), $before, 'it is as it was');
    };
}
is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');

done_testing;
