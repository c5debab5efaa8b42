# SPDX-License-Identifier: Apache-2.0
#
# What every server test uses: Test::More, the server that Apache::Test runs
# (get), the Redis behind it (redis), its log, and ids that are easy to find
# again in a log where they must not be.

package SHS;

use strict;
use warnings;

use Apache::Test ();
use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use Test::More;

use SHS::Backend;
use SHS::Fake;
use SHS::HTTP;
use SHS::Httpd;
use SHS::Process;
use SHS::Redis;

our @EXPORT = (@Test::More::EXPORT,
    qw(get redis mpm server_port fresh_id label sha256_hex log_mark
       log_since log_like within slurp one_child private_httpd
       hash_session wait_tracked is_clean));

# The Redis and httpd of the run, started by TEST.PL; their addresses come
# with the configuration that Apache::Test saved.
my $redis;

sub vars { return Apache::Test::vars(@_) }

sub redis {
    return $redis ||= bless { port => vars('redis_port'),
                              sock => vars('redis_sock') }, 'SHS::Redis';
}

sub mpm { return $ENV{SHS_MPM} }

sub server_port { return vars('port') }

sub get {
    my ($path, %more) = @_;
    return SHS::HTTP::request(port => server_port(), path => $path, %more);
}

# An id that no other test uses. It carries the planted word that no log may show.
my $count = 0;
sub fresh_id {
    my ($length) = @_;
    my $id = sprintf 'SeCrEt%08x%04x%06x', rand 0xffffffff, $$ & 0xffff,
        ++$count;
    $id .= 'x' x ($length - length $id) if $length && $length > length $id;
    return $id;
}

sub label { return substr sha256_hex($_[0]), 0, 4 }

# A session as a hash under the default key, in the shared Redis or in the one
# that comes first; returns its id.
sub hash_session {
    my $store = ref $_[0] ? shift : redis();
    my (%attributes) = @_;
    my $id = fresh_id();
    $store->put_hash("session:$id", \%attributes);
    return $id;
}

sub slurp { return SHS::Httpd::slurp(@_) }

# The shared server's error log: a mark, and what was written after it.
sub error_log { return vars('t_logs') . '/error_log' }

sub log_mark { return -s error_log() || 0 }

sub log_since {
    my ($mark) = @_;
    return substr slurp(error_log()), $mark;
}

# Passes when a line that matches is written after the mark within 3 s.
sub log_like {
    my ($mark, $pattern, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    eval { SHS::Process::wait_for("a log line", 3, sub {
        log_since($mark) =~ $pattern }) };
    return like(log_since($mark), $pattern, $name);
}

sub within {
    my ($seconds, $low, $high, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok($seconds >= $low && $seconds <= $high, $name)
        || diag(sprintf '%.3f s is not within %.3f .. %.3f s', $seconds,
                $low, $high);
}

# Passes when a response has none of the control headers.
sub is_clean {
    my ($r, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return unlike($r->raw, qr/^X-Session-(?:Set|Unset|Action):/mi,
                  $name // '... no header of ours leaves');
}

# The configuration of a server with one child, whatever the MPM: for what is
# logged or counted once a child.
sub one_child {
    return <<'CONF';
<IfModule mpm_event_module>
    StartServers 1
    ServerLimit 1
    MaxRequestWorkers 25
    MaxSpareThreads 25
</IfModule>
<IfModule mpm_worker_module>
    StartServers 1
    ServerLimit 1
    MaxRequestWorkers 25
    MaxSpareThreads 25
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 1
    ServerLimit 1
    MaxRequestWorkers 1
    MinSpareServers 1
</IfModule>
CONF
}

# Passes when a Redis is tracked for each of the stores with these name= that have
# a near-cache: each has a subscription, which has given a heartbeat.
sub wait_tracked {
    my ($redis, @names) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @lines;
    return ok(eval { SHS::Process::wait_for('subscriptions', 20, sub {
        @lines = split /\n/, $redis->cmd('CLIENT', 'LIST', 'TYPE', 'pubsub');
        for my $name (@names) {
            return 0 if 1 != grep { /\bname=$name\b.*\bcmd=ping\b/ } @lines;
        }
        1 }) }, "each of @names has a subscription") || diag join "\n", @lines;
}

sub private_httpd { return SHS::Httpd->start(@_) }

1;
