# SPDX-License-Identifier: Apache-2.0
#
# Requests that go on while a test does something to the servers behind them.
#
#   SHS::Watch->probe    one client, one request after the other; each answer
#                        is written down with the moments it began and ended
#   SHS::Watch->load     SHS::Load again and again; the sum of its counts
#   SHS::Watch->peak     how many connections an httpd has to some ports at most
#
# All run in processes of their own until stop().

package SHS::Watch;

use strict;
use warnings;

use File::Temp qw(tempfile);
use SHS::HTTP;
use SHS::Load;
use SHS::Process;
use Time::HiRes qw(time);

sub journal {
    my ($fh, $path) = tempfile('watch-XXXXXX', DIR => SHS::Process::tmp());
    close $fh;
    return $path;
}

# probe(port => N, host => ..., path => ..., ids => [...], pause => seconds
#       between two requests): asks for each id in turn
sub probe {
    my ($class, %q) = @_;
    my $self = bless { journal => journal(), kind => 'probe' }, $class;
    my $path = $self->{journal};
    $self->{pid} = SHS::Process::fork_child("probe $q{host}", sub {
        open my $out, '>>', $path or die "$path: $!";
        my @ids = @{ $q{ids} };
        while (!-e "$path.stop") {
            my $id = shift @ids;
            push @ids, $id;
            my $begun = time;
            my $r = SHS::HTTP::request(port => $q{port}, path => $q{path},
                                       host => $q{host},
                                       cookie => "JSESSIONID=$id");
            syswrite $out, join("\t", $begun, time, $id, $r->code,
                                $r->header('X-Status') // 'missing',
                                $r->header('X-Owner') // '') . "\n";
            SHS::Process::let_pass($q{pause} // 0.005);
        }
    });
    return $self;
}

# load(what SHS::Load::run takes; requests => N of one round)
sub load {
    my ($class, %q) = @_;
    my $self = bless { journal => journal(), kind => 'load' }, $class;
    my $path = $self->{journal};
    $self->{pid} = SHS::Process::fork_child("load $q{host}", sub {
        my %total;
        while (!-e "$path.stop") {
            my $sum = SHS::Load::run(requests => 200, workers => 2, %q);
            SHS::Load::add(\%total, $_, $sum->{$_}) for keys %$sum;
            open my $out, '>', "$path.tmp" or die "$path: $!";
            print $out map { "$_\t$total{$_}\n" } keys %total;
            close $out;
            rename "$path.tmp", $path;
        }
    });
    return $self;
}

# peak(httpd => SHS::Httpd, ports => [...]): stop() returns the number.
sub peak {
    my ($class, %q) = @_;
    my $self = bless { journal => journal(), kind => 'peak' }, $class;
    my $path = $self->{journal};
    my %is_there = map { sprintf('%04X', $_) => 1 } @{ $q{ports} };
    $self->{pid} = SHS::Process::fork_child('connections', sub {
        open my $out, '>>', $path or die "$path: $!";
        my $peak = -1;
        while (!-e "$path.stop") {
            my $now = count_connections(\%is_there, $q{httpd}->children);
            if ($now > $peak) {
                syswrite $out, "$now\n";
                $peak = $now;
            }
            SHS::Process::let_pass(0.05);
        }
    });
    return $self;
}

# Connections of some processes to ports, as the kernel counts them: whatever
# the servers there are doing.
sub count_connections {
    my ($is_there, @pids) = @_;
    my %is_theirs;
    for my $fd (map { glob "/proc/$_/fd/*" } @pids) {
        $is_theirs{$1} = 1 if (readlink($fd) // '') =~ /^socket:\[(\d+)\]/;
    }
    open my $in, '<', '/proc/net/tcp' or return 0;
    return scalar grep {
        /^ *\d+: \S+ [0-9A-F]{8}:([0-9A-F]{4}) 01 (?:\S+ +){5}(\d+) /
            && $is_there->{$1} && $is_theirs{$2} } <$in>;
}

sub read_journal {
    my ($self) = @_;
    open my $in, '<', $self->{journal} or return;
    # The last line may be on its way.
    return map { [ split /\t/, substr($_, 0, -1), -1 ] } grep { /\n\z/ } <$in>;
}

# The answers of a probe so far, oldest first.
sub answers {
    my ($self) = @_;
    return map { my %a; @a{qw(begun ended id code status owner)} = @$_; \%a }
        $self->read_journal;
}

# The counts of a load so far.
sub sum {
    my ($self) = @_;
    my %sum = (requests => 0, strangers => 0, broken => 0, lost => 0,
               seconds => 0, longest => 0);
    $sum{ $_->[0] } = $_->[1] for $self->read_journal;
    return \%sum;
}

# The first answer that the sub likes; waits for it.
sub wait_for {
    my ($self, $words, $seconds, $likes) = @_;
    return SHS::Process::wait_for($words, $seconds, sub {
        die "the probe ended before $words\n"
            if !SHS::Process::is_alive($self->{pid});
        (grep { $likes->($_) } $self->answers)[0] });
}

# The first that was found and had not begun before that moment.
sub wait_found_since {
    my ($self, $moment, $seconds) = @_;
    return $self->wait_for('an answer that was found', $seconds // 20, sub {
        $_[0]{begun} >= $moment && $_[0]{status} eq 'found' });
}

# Waits till so many more requests were answered from now on.
sub wait_for_more {
    my ($self, $count, $seconds) = @_;
    my $now = sub { $self->{kind} eq 'load' ? $self->sum->{requests}
                                            : scalar $self->read_journal };
    my $goal = $now->() + $count;
    return SHS::Process::wait_for("$count more requests", $seconds // 30,
                                  sub { $now->() >= $goal });
}

# Ends it after the request, or round, that is under way. Returns what it saw:
# the list of answers of a probe, the sum of a load, the number of a peak.
sub stop {
    my ($self) = @_;
    open my $out, '>', "$self->{journal}.stop" or die $!;
    close $out;
    eval { SHS::Process::wait_for('the last request', 60, sub {
        !SHS::Process::is_alive($self->{pid}) }) };
    SHS::Process::stop($self->{pid});
    return $self->sum if $self->{kind} eq 'load';
    return $self->answers if $self->{kind} eq 'probe';
    my @numbers = $self->read_journal;
    return @numbers ? $numbers[-1][0] : 0;
}

1;
