# SPDX-License-Identifier: Apache-2.0
#
# Something that happens between two commands: stands between httpd and a real
# Redis, and before a command is passed on it runs a sub of the test's, which
# may change what is in Redis (as another client would have), or give the
# answer itself.

package SHS::Relay;

use strict;
use warnings;

use SHS::Fake;
use SHS::Redis;

our @ISA = 'SHS::Fake';

# start(to => port of the Redis, before => sub { my ($redis, @words) = @_; ... })
# What the sub returns is sent as the answer, in RESP; undef: Redis answers.
# It runs in a process of its own: what it knows of the test's later doing it
# must read from Redis or from a file.
sub start {
    my ($class, %want) = @_;
    my ($to, $before) = @want{qw(to before)};
    return $class->SUPER::start(sub {
        my ($c) = @_;
        my $server = SHS::Redis::Client->new(port => $to);
        my $redis = SHS::Redis::Client->new(port => $to);
        while (1) {
            my @words = $c->read_any;
            my $said = $before->($redis, map { $_ // '' } @words);
            $c->send($said // pass($server, @words));
        }
    });
}

# The answer of the server, octet by octet.
sub pass {
    my ($server, @words) = @_;
    print { $server->{s} } '*' . @words . "\r\n",
        map { SHS::Fake::Conn::bulk($_) } @words;
    $server->{s}->flush;
    return read_raw($server);
}

sub read_raw {
    my ($server) = @_;
    my $line = $server->read_line;
    my ($type, $count) = $line =~ /^(.)(-?\d*)/;
    my $raw = "$line\r\n";
    if ($type eq '$' && $count >= 0) {
        $server->fill while length $server->{buf} < $count + 2;
        return $raw . substr $server->{buf}, 0, $count + 2, '';
    }
    return $raw if $type ne '*' || $count < 0;
    $raw .= read_raw($server) for 1 .. $count;
    return $raw;
}

1;
