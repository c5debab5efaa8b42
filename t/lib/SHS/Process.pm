# SPDX-License-Identifier: Apache-2.0
#
# Processes that a test starts: each is noted by its pid in $SHS_TMP/pids as
# long as it lives, and is ended by that pid, whatever way the test ends.
# A note holds the start time of the process too, so that a pid that the
# system has given to another process is never signalled.

package SHS::Process;

use strict;
use warnings;

use Fcntl qw(O_CREAT O_EXCL O_WRONLY);
use File::Path qw(make_path);
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

my %mine;
my $owner = $$;
my $is_interrupted = 0;

sub tmp { $ENV{SHS_TMP} or die "SHS_TMP is not set: run the tests by t/run\n" }

sub start_time {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return '';
    my $line = <$in> // '';
    $line =~ s/^.*\)\s+//s;
    return (split ' ', $line)[19] // '';
}

sub note {
    my ($pid, $what) = @_;
    my $dir = tmp() . '/pids';
    make_path($dir);
    if (open my $out, '>', "$dir/$pid") {
        print $out start_time($pid), " $what\n";
        close $out;
    }
    $mine{$pid} = $what;
    return $pid;
}

sub forget {
    my ($pid) = @_;
    delete $mine{$pid};
    unlink tmp() . "/pids/$pid";
    return;
}

# Pids of the children of a process, straight from /proc.
sub children_of {
    my ($parent) = @_;
    my @pids;
    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $stat or next;
        my $line = <$in> // '';
        push @pids, $1 if $line =~ /^(\d+) \(.*\) \S+ (\d+) /s && $2 == $parent;
    }
    return @pids;
}

# Ends children that were not noted: tests that a harness has started.
sub stop_unnoted_children {
    for my $pid (grep { !$mine{$_} } children_of($$)) {
        kill 'TERM', $pid;
        eval { wait_for("end of $pid", 15, sub { !is_alive($pid) }) };
    }
    return;
}

sub is_alive {
    my ($pid) = @_;
    waitpid $pid, WNOHANG;
    return 0 if !kill 0, $pid;
    # One that another process has started may be dead and not yet reaped.
    open my $in, '<', "/proc/$pid/stat" or return 0;
    return (<$in> // '') !~ /\) Z /;
}

# Nothing in the server tests sleeps but these two.
#
# Polls the sub until it is true, every 10 ms or $pause seconds; dies after
# $seconds.
sub wait_for {
    my ($words, $seconds, $condition, $pause) = @_;
    my $end = time + $seconds;
    while (1) {
        my $value = $condition->();
        return $value if $value;
        die "gave up after $seconds s waiting for $words\n" if time > $end;
        sleep($pause // 0.01);
    }
}

# Lets so many seconds pass. Only for time that is itself part of the test: how
# long a fault lasts, how slow a fake server is, how often a load or a probe sends
# its next request. To wait for something is wait_for().
sub let_pass { sleep $_[0]; return }

# Waits, for a moment at most, until no connection to the port is open at the
# server's end. httpd's event MPM, told to end at once, looks through its
# workers' connections while these may be closing them, and a child may die of
# that (apr_os_sock_get() of a socket that is gone).
sub await_quiet {
    my ($port) = @_;
    my $address = sprintf '0100007F:%04X', $port;
    return eval { wait_for("the connections to $port", 2, sub {
        open my $in, '<', '/proc/net/tcp' or return 1;
        # Local address, state (not listening), inode (a process has it).
        return !grep { $_->[1] eq $address && $_->[3] ne '0A' && $_->[9] }
            map { [split] } <$in>;
    }) };
}

sub stop {
    my ($pid, $signal, $seconds) = @_;
    return if !$pid;
    await_quiet($1) if ($mine{$pid} // '') =~ /^httpd (\d+)$/;
    kill $signal || 'TERM', $pid;
    my $gone = eval { wait_for("end of $pid", $seconds || 10,
                               sub { !is_alive($pid) }) };
    if (!$gone) {
        kill 'KILL', $pid;
        eval { wait_for("end of $pid", 5, sub { !is_alive($pid) }) };
    }
    forget($pid);
    return $gone;
}

# Forks; the child runs the sub and leaves without running the END blocks of
# the test.
sub fork_child {
    my ($what, $code) = @_;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        %mine = ();
        $SIG{INT} = 'IGNORE';
        $SIG{TERM} = $SIG{CHLD} = 'DEFAULT';
        eval { $code->(); 1 } or print STDERR "# $what: $@";
        POSIX::_exit(0);
    }
    return note($pid, $what);
}

# Below the ports that the system gives to outgoing connections: one of those
# could take the port of a server that is being restarted.
# Each is given once in a run, for another test may run at the same time.
sub is_ours {
    my ($port) = @_;
    my $note = tmp() . "/ports/$port";
    return sysopen(my $out, $note, O_CREAT | O_EXCL | O_WRONLY);
}

sub free_port {
    for (1 .. 200) {
        my $port = 10_240 + int rand 20_000;
        my $s = IO::Socket::INET->new(Listen => 1, ReuseAddr => 1,
                                      LocalAddr => '127.0.0.1',
                                      LocalPort => $port) or next;
        close $s;
        return $port if is_ours($port);
    }
    die "no free port: $!";
}

sub wait_for_port {
    my ($port, $pid, $seconds) = @_;
    return wait_for("port $port", $seconds || 20, sub {
        die "process $pid ended before it listened\n"
            if $pid && !is_alive($pid);
        IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 1);
    });
}

sub stop_all {
    return if $$ != $owner;
    for my $pid (sort { $b <=> $a } keys %mine) {
        kill 'CONT', $pid;
        stop($pid, 'TERM', $is_interrupted ? 1 : 10);
    }
    return;
}

$SIG{INT} = $SIG{TERM} = sub { $is_interrupted = 1; exit 130 };

END { my $code = $?; stop_all(); $? = $code; }

1;
