# SPDX-License-Identifier: Apache-2.0
#
# Many requests for many sessions over keep-alive connections, from several
# processes. Every answer is compared with its cookie: a session that is not
# the cookie's own is a stranger. Nothing here waits or retries to look good.

package SHS::Load;

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use SHS::Process;
use Time::HiRes ();

# run(port => N, path => '/x', host => ..., sessions => [[id, owner], ...],
#     requests => N, workers => N) -> { requests, strangers, status => {...},
#     codes => {...}, broken, seconds }
# The server must answer with the headers X-Status and X-Owner.
sub run {
    my (%q) = @_;
    my $workers = $q{workers} || 4;
    my $t0 = Time::HiRes::time();
    my @readers;
    my @pids;
    for my $w (0 .. $workers - 1) {
        pipe(my $from, my $to) or die $!;
        my $share = int($q{requests} / $workers)
            + ($w < $q{requests} % $workers ? 1 : 0);
        push @pids, SHS::Process::fork_child("load $w", sub {
            close $from;
            my $sum = work(%q, share => $share, seed => $w);
            print {$to} join(' ', map { "$_=$sum->{$_}" } sort keys %$sum), "\n";
            close $to;
        });
        close $to;
        push @readers, $from;
    }
    my %total = (requests => 0, strangers => 0, broken => 0, lost => 0);
    for my $from (@readers) {
        my $line = <$from>;
        if (!defined $line) {
            $total{lost}++;
            next;
        }
        for my $pair (split ' ', $line) {
            my ($name, $n) = split /=/, $pair;
            $total{$name} += $n;
        }
    }
    for my $pid (@pids) {
        waitpid $pid, 0;
        SHS::Process::forget($pid);
    }
    $total{seconds} = Time::HiRes::time() - $t0;
    return \%total;
}

sub work {
    my (%q) = @_;
    my @sessions = @{ $q{sessions} };
    my %sum = (requests => 0, strangers => 0, broken => 0);
    my ($s, $buf, $fresh_connection) = (undef, '', 0);
    local $SIG{PIPE} = 'IGNORE';
    srand(1000 + $q{seed});
    while ($sum{requests} < $q{share}) {
        my ($id, $owner) = @{ $sessions[int rand @sessions] };
        if (!$s) {
            $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$q{port}");
            $buf = '';
            if (!$s) {
                $sum{broken}++;
                $sum{requests}++;
                Time::HiRes::sleep(0.01);
                next;
            }
            $fresh_connection = 1;
            $sum{connections}++;
        }
        my $fresh = $fresh_connection;
        $fresh_connection = 0;
        syswrite $s, "GET $q{path} HTTP/1.1\r\nHost: $q{host}\r\n"
            . "Cookie: JSESSIONID=$id\r\n\r\n";
        my $gone = 0;
        while ($buf !~ /\r\n\r\n/) {
            if (!sysread $s, $buf, 65536, length $buf) {
                $gone = 1;
                last;
            }
        }
        my ($length) = $buf =~ /^Content-Length: *(\d+)/mi;
        if (!$gone && !defined $length) {
            $gone = 1;
        }
        my $head_end = $gone ? 0 : index($buf, "\r\n\r\n") + 4;
        while (!$gone && length $buf < $head_end + $length) {
            $gone = 1 if !sysread $s, $buf, 65536, length $buf;
        }
        if ($gone) {
            # httpd may close an idle connection as the request is on its way;
            # that is asked again. One that was fresh has lost a request.
            close $s;
            undef $s;
            if ($fresh) {
                $sum{broken}++;
                $sum{requests}++;
            }
            next;
        }
        my $head = substr $buf, 0, $head_end;
        substr $buf, 0, $head_end + $length, '';
        $sum{requests}++;
        my ($code) = $head =~ m{^HTTP/1\.1 (\d+)};
        my ($status) = $head =~ /^X-Status: (\S*)/mi;
        my ($got) = $head =~ /^X-Owner: ([^\r\n]*)/mi;
        $sum{"code_$code"}++;
        $sum{ 'status_' . ($status // 'missing') }++;
        $got = '(null)' if !defined $got;
        if ($got ne '(null)' && $got ne $owner) {
            $sum{strangers}++;
        }
        elsif (($status // '') eq 'found' && $got ne $owner) {
            $sum{strangers}++;
        }
        if ($head =~ /^Connection: close/mi) {
            close $s;
            undef $s;
        }
    }
    return \%sum;
}

sub words {
    my ($sum) = @_;
    my @status = map { /^status_(.*)/ ? "$1 $sum->{$_}" : () } sort keys %$sum;
    my @codes = map { /^code_(.*)/ ? "$1: $sum->{$_}" : () } sort keys %$sum;
    return sprintf '%d requests in %.1f s (%.0f/s), %d strangers, %d broken;'
        . ' status: %s; codes: %s', @$sum{qw(requests seconds)},
        $sum->{requests} / ($sum->{seconds} || 1), @$sum{qw(strangers broken)},
        join(', ', @status), join(', ', @codes);
}

1;
