# SPDX-License-Identifier: Apache-2.0
#
# A Redis that lies. It listens on a free loopback port; for every connection
# a process of its own runs the script, a Perl sub: script($conn, $n), n
# counting connections from 1. What a connection can do is in SHS::Fake::Conn.
# Only for what a real redis-server will not do on command.

package SHS::Fake;

use strict;
use warnings;

use File::Temp qw(tempfile);
use IO::Socket::INET;
use POSIX ();
use SHS::Process;

sub start {
    my ($class, $script, %want) = @_;
    my $listener = IO::Socket::INET->new(
        Listen => 128, ReuseAddr => 1,
        LocalAddr => '127.0.0.1:' . ($want{port} || 0)) or die "fake: $!";
    my ($fh, $journal) = tempfile('fake-XXXXXX', DIR => SHS::Process::tmp());
    close $fh;
    my $self = bless { port => $listener->sockport, journal => $journal },
        $class;
    $self->{pid} = SHS::Process::fork_child('fake redis', sub {
        my $n = 0;
        my %children;
        $SIG{TERM} = sub { kill 'KILL', keys %children; POSIX::_exit(0) };
        $SIG{PIPE} = 'IGNORE';
        while (1) {
            my $s = $listener->accept or next;
            $n++;
            while ((my $done = waitpid -1, POSIX::WNOHANG()) > 0) {
                delete $children{$done};
            }
            my $pid = fork // die $!;
            if ($pid == 0) {
                $SIG{TERM} = 'DEFAULT';
                close $listener;
                binmode $s;
                my $conn = bless { s => $s, buf => '', n => $n,
                                   journal => $journal }, 'SHS::Fake::Conn';
                $conn->note('connect');
                eval { $script->($conn, $n) };
                POSIX::_exit(0);
            }
            $children{$pid} = 1;
            close $s;
        }
    });
    close $listener;
    return $self;
}

sub port { $_[0]{port} }
sub stop { SHS::Process::stop($_[0]{pid}); return }

# Lines "connection-number what": connects and commands, in order.
sub journal {
    my ($self) = @_;
    open my $in, '<', $self->{journal} or return;
    chomp(my @lines = <$in>);
    return @lines;
}

sub connections { scalar grep { / connect$/ } $_[0]->journal }

package SHS::Fake::Conn;

use strict;
use warnings;

use Time::HiRes ();

sub note {
    my ($self, $text) = @_;
    open my $out, '>>', $self->{journal} or return;
    syswrite $out, "$self->{n} $text\n";
    return;
}

sub fill {
    my ($self) = @_;
    my $n = sysread $self->{s}, $self->{buf}, 65536, length $self->{buf};
    die "peer closed\n" if !$n;
    return;
}

sub line {
    my ($self) = @_;
    $self->fill while $self->{buf} !~ /\r\n/;
    $self->{buf} =~ s/^(.*?)\r\n//s;
    return $1;
}

sub read_any {
    my ($self) = @_;
    my $head = $self->line;
    $head =~ /^\*(\d+)$/ or die "not a command: $head\n";
    my @words;
    for (1 .. $1) {
        $self->line =~ /^\$(\d+)$/ or die "not a bulk\n";
        my $len = $1;
        $self->fill while length $self->{buf} < $len + 2;
        push @words, substr $self->{buf}, 0, $len, '';
        substr $self->{buf}, 0, 2, '';
    }
    $self->note(join ' ', uc $words[0], @words[1 .. $#words]);
    return @words;
}

# The next command that is not part of making the connection ready; those
# are answered +OK here.
sub command {
    my ($self) = @_;
    while (1) {
        my @words = $self->read_any;
        return @words
            if $words[0] !~ /^(?:AUTH|SELECT|CLIENT|HELLO|PING|READONLY)$/i;
        $self->send($words[0] =~ /^PING$/i ? "+PONG\r\n" : "+OK\r\n");
    }
}

# The load of one session: reads both commands, returns the key. If its size is
# asked for before, it is a small one.
sub load {
    my ($self) = @_;
    my @get = $self->command;
    while ($get[0] =~ /^(?:HLEN|STRLEN)$/i) {
        $self->command if uc $get[0] eq 'HLEN'; # MEMORY USAGE
        $self->send(uc $get[0] eq 'HLEN' ? ":1\r\n\$-1\r\n" : ":1\r\n");
        @get = $self->command;
    }
    my @ttl = $self->command;
    return $get[1];
}

sub send {
    my ($self, $octets) = @_;
    while (length $octets) {
        my $n = syswrite $self->{s}, $octets;
        die "peer closed\n" if !$n;
        substr $octets, 0, $n, '';
    }
    return;
}

sub drip {
    my ($self, $octets, $ms) = @_;
    for my $octet (split //, $octets) {
        $self->send($octet);
        SHS::Process::let_pass($ms / 1000);
    }
    return;
}

sub wait_ms { SHS::Process::let_pass($_[1] / 1000); return }

# Holds the connection open and says nothing, till the peer closes it.
sub stall {
    my ($self) = @_;
    my $junk;
    return if !defined fileno $self->{s};
    while (sysread $self->{s}, $junk, 4096) { }
    return;
}

sub close_now { close $_[0]{s}; return }

# --- replies -----------------------------------------------------------

sub bulk { my $v = $_[-1]; return '$' . length($v) . "\r\n$v\r\n" }

# The reply to HGETALL + PTTL for a hash with one attribute.
sub hash_reply {
    my ($self, %attributes) = @_;
    my @pairs = map { ($_ => $attributes{$_}) } sort keys %attributes;
    return '*' . @pairs . "\r\n" . join('', map { bulk($_) } @pairs)
        . ":-1\r\n";
}

1;
