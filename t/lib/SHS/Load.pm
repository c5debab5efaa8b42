# SPDX-License-Identifier: Apache-2.0
#
# Many requests for many sessions over keep-alive connections, from several
# processes. Every answer is compared with its cookie: a session that is not
# the cookie's own is a stranger. Nothing here waits or retries to look good.
#
#   run(...)            the load, to its end; returns what it counted
#   SHS::Load->start(...)  the load beside the test, each answer with its time;
#                       ends when it has made its requests or when told to

package SHS::Load;

use strict;
use warnings;

use Errno qw(EAGAIN);
use File::Temp ();
use IO::Socket::INET;
use List::Util qw(max);
use POSIX ();
use SHS::Process;
use Socket qw(SOL_SOCKET SO_RCVTIMEO);
use Time::HiRes ();

# run(port => N, path => '/x', host => ..., sessions => [[id, owner], ...],
#     requests => N, workers => N, pause => seconds between two of a worker)
#     -> { requests, strangers, status_..., code_..., broken, seconds, lost,
#          longest: the seconds of the request that took longest }
# The server must answer with the headers X-Status and X-Owner. `path` may be
# a list: a worker asks for one after the other.
sub run {
    my (%q) = @_;
    return begin(%q)->sum;
}

# The same, beside the test: the answers are written down. Then, at any time:
# answers, found, settled, ...; at last stop.
sub start {
    my ($class, %q) = @_;
    return begin(%q, journal => 1);
}

sub begin {
    my (%q) = @_;
    my $workers = $q{workers} || 4;
    my ($fh, $stop) = File::Temp::tempfile('load-XXXXXX', UNLINK => 1,
                                           DIR => SHS::Process::tmp());
    close $fh;
    my $self = bless { began => Time::HiRes::time(), base => $stop,
                       stop => "$stop.stop", workers => [], answers => [],
                       good => [], bad => 0 },
        __PACKAGE__;
    for my $w (0 .. $workers - 1) {
        pipe(my $from, my $to) or die $!;
        my $share = int($q{requests} / $workers)
            + ($w < $q{requests} % $workers ? 1 : 0);
        my $journal = $q{journal} ? "$stop.$w" : undef;
        my $pid = SHS::Process::fork_child("load $w", sub {
            close $from;
            my $sum = work(%q, share => $share, seed => $w, stop => $self->{stop},
                           journal => $journal);
            print {$to} join(' ', map { "$_=$sum->{$_}" } sort keys %$sum), "\n";
            close $to;
        });
        close $to;
        push @{ $self->{workers} }, { pid => $pid, from => $from,
                                      journal => $journal, read => 0 };
    }
    return $self;
}

# Waits for all workers and adds up what they counted.
sub sum {
    my ($self) = @_;
    return $self->{sum} if $self->{sum};
    my %total = (requests => 0, strangers => 0, broken => 0, lost => 0,
                 longest => 0);
    for my $worker (@{ $self->{workers} }) {
        my $line = readline $worker->{from};
        if (!defined $line) {
            $total{lost}++;
            next;
        }
        for my $pair (split ' ', $line) {
            my ($name, $n) = split /=/, $pair;
            add(\%total, $name, $n);
        }
    }
    for my $worker (@{ $self->{workers} }) {
        waitpid $worker->{pid}, 0;
        SHS::Process::forget($worker->{pid});
    }
    $total{seconds} = Time::HiRes::time() - $self->{began};
    $self->answers;
    unlink $self->{base}, $self->{stop},
        grep { defined } map { $_->{journal} } @{ $self->{workers} };
    return $self->{sum} = \%total;
}

# Adds one count of a part to that of all parts.
sub add {
    my ($total, $name, $n) = @_;
    $total->{$name} = $name eq 'longest' ? max($total->{$name} // 0, $n)
                                         : ($total->{$name} // 0) + $n;
    return;
}

# Ends it after the requests that are under way; returns the sum.
sub stop {
    my ($self) = @_;
    if (!$self->{sum}) {
        open my $out, '>', $self->{stop} or die "$self->{stop}: $!";
        close $out;
    }
    return $self->sum;
}

sub is_over {
    my ($self) = @_;
    return $self->{sum} || !grep { SHS::Process::is_alive($_->{pid}) }
        @{ $self->{workers} };
}

# --- the answers of a load that was started --------------------------------

my @statuses = qw(missing none found absent malformed unavailable broken);
my %number_of = map { $statuses[$_] => $_ } 0 .. $#statuses;
my $record = 'd f C S C';
my $record_size = length pack $record, (0) x 5;

# All so far, a reference to [begun, took, status, code, number of its path].
sub answers {
    my ($self) = @_;
    for my $worker (grep { $_->{journal} } @{ $self->{workers} }) {
        open my $in, '<:raw', $worker->{journal} or next;
        seek $in, $worker->{read}, 0;
        local $/;
        my $octets = <$in> // '';
        my $whole = int(length($octets) / $record_size);
        $worker->{read} += $whole * $record_size;
        for my $n (0 .. $whole - 1) {
            my @is = unpack $record, substr $octets, $n * $record_size,
                $record_size;
            $is[2] = $statuses[ $is[2] ];
            push @{ $self->{answers} }, \@is;
            $worker->{begun} = $is[0];
            $self->note_settled(\@is);
        }
    }
    return $self->{answers};
}

sub note_settled {
    my ($self, $answer) = @_;
    if ($answer->[2] ne 'found') {
        my $bad = $self->{bad} = max($self->{bad},
                                     $answer->[0] + $answer->[1]);
        @{ $self->{good} } = grep { $_->[0] > $bad } @{ $self->{good} };
    }
    elsif ($answer->[0] > $self->{bad}) {
        push @{ $self->{good} }, $answer;
    }
    return;
}

sub count { return scalar @{ $_[0]->answers } }

# Those that began at that moment or later, also only those of one status.
sub since {
    my ($self, $moment, $status) = @_;
    return grep { $_->[0] >= $moment && (!$status || $_->[2] eq $status) }
        @{ $self->answers };
}

# Whether every worker has had an answer to what it asked for at that moment or
# later: what was under way then is over.
sub have_all_begun_since {
    my ($self, $moment) = @_;
    $self->answers;
    return !grep { ($_->{begun} // 0) < $moment } @{ $self->{workers} };
}

# When the first that was found ended after that moment; undef: none yet.
sub first_found {
    my ($self, $moment) = @_;
    my $first;
    for my $answer (@{ $self->answers }) {
        my $ended = $answer->[0] + $answer->[1];
        $first = $ended if $answer->[2] eq 'found' && $ended >= $moment
            && (!defined $first || $ended < $first);
    }
    return $first;
}

# How many were found, of those that began after the last one that was not
# ended, and not before a moment.
sub settled {
    my ($self, $moment) = @_;
    $self->answers;
    my $good = $self->{good};
    return scalar @$good if !defined $moment;
    my $from = max(0, @$good - 2000);
    return scalar grep { $_->[0] >= $moment } @$good[$from .. $#$good];
}

# Seconds: the longest of some answers, and below which so many of 100 are.
sub longest { return max(0, map { $_->[1] } @_) }

sub percentile {
    my ($of_100, @answers) = @_;
    my @took = sort { $a <=> $b } map { $_->[1] } @answers;
    return @took ? $took[ int($#took * $of_100 / 100 + 0.5) ] : 0;
}

# --- a worker ----------------------------------------------------------------

sub work {
    my (%q) = @_;
    my @sessions = @{ $q{sessions} };
    my @paths = ref $q{path} ? @{ $q{path} } : ($q{path});
    my %sum = (requests => 0, strangers => 0, broken => 0, longest => 0);
    my ($s, $buf, $fresh_connection, $turn) = (undef, '', 0, 0);
    my $journal;
    if ($q{journal}) {
        open $journal, '>>:raw', $q{journal} or die "$q{journal}: $!";
    }
    my $begun;
    my $write_down = sub {
        my ($status, $code) = @_;
        my $took = Time::HiRes::time() - $begun;
        $sum{longest} = $took if $took > $sum{longest};
        return if !$journal;
        syswrite $journal, pack($record, $begun, $took,
            $number_of{$status} // 0, $code, $turn % @paths);
    };
    local $SIG{PIPE} = 'IGNORE';
    srand(1000 + $q{seed});
    while ($sum{requests} < $q{share} && !-e $q{stop}) {
        my ($id, $owner) = @{ $sessions[int rand @sessions] };
        SHS::Process::let_pass($q{pause}) if $q{pause};
        $begun = Time::HiRes::time();
        if (!$s) {
            $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$q{port}");
            $buf = '';
            if (!$s) {
                $sum{broken}++;
                $sum{requests}++;
                $write_down->('broken', 0);
                SHS::Process::let_pass(0.01);
                next;
            }
            setsockopt $s, SOL_SOCKET, SO_RCVTIMEO, pack('l!l!', 30, 0);
            $fresh_connection = 1;
            $sum{connections}++;
        }
        my $fresh = $fresh_connection;
        $fresh_connection = 0;
        syswrite $s, "GET $paths[$turn % @paths] HTTP/1.1\r\nHost: $q{host}\r\n"
            . "Cookie: JSESSIONID=$id\r\n\r\n";
        my $gone = $! = 0;
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
            $fresh ||= $! == EAGAIN; # no answer for 30 s
            close $s;
            undef $s;
            if ($fresh) {
                $sum{broken}++;
                $sum{requests}++;
                $write_down->('broken', 0);
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
        $write_down->($status // 'missing', $code);
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
        $turn++;
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
