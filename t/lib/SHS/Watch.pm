# SPDX-License-Identifier: Apache-2.0
#
# Requests that go on while a test does something to the servers behind them.
#
#   SHS::Watch->probe    one client, one request after the other; each answer
#                        is written down with the moments it began and ended
#   SHS::Watch->load     SHS::Load again and again; the sum of its counts
#
# Both run in processes of their own until stop().

package SHS::Watch;

use strict;
use warnings;

use File::Temp qw(tempfile);
use SHS::HTTP;
use SHS::Load;
use SHS::Process;
use Time::HiRes qw(sleep time);

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
            sleep($q{pause} // 0.005);
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
            $total{$_} += $sum->{$_} for keys %$sum;
            open my $out, '>', "$path.tmp" or die "$path: $!";
            print $out map { "$_\t$total{$_}\n" } keys %total;
            close $out;
            rename "$path.tmp", $path;
        }
    });
    return $self;
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
               seconds => 0);
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
# the list of answers of a probe, the sum of a load.
sub stop {
    my ($self) = @_;
    open my $out, '>', "$self->{journal}.stop" or die $!;
    close $out;
    eval { SHS::Process::wait_for('the last request', 60, sub {
        !SHS::Process::is_alive($self->{pid}) }) };
    SHS::Process::stop($self->{pid});
    return $self->{kind} eq 'load' ? $self->sum : $self->answers;
}

1;
