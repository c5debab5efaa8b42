# SPDX-License-Identifier: Apache-2.0
#
# A redis-server of a cluster, or behind Sentinels: it knows whether it can reply,
# and connects again, because a change of its role closes all its connections.

package SHS::Member;

use strict;
use warnings;

use SHS::Redis;

our @ISA = 'SHS::Redis';

sub pause  { $_[0]{is_paused} = 1; return $_[0]->SUPER::pause }
sub resume { $_[0]{is_paused} = 0; return $_[0]->SUPER::resume }

# Whether it can reply; no command is sent to one that cannot.
sub is_up { return $_[0]{pid} && !$_[0]{is_paused} }

sub spawn {
    my ($self, @args) = @_;
    $self->{is_paused} = 0;
    return $self->SUPER::spawn(@args);
}

sub cmd {
    my ($self, @words) = @_;
    die "Redis is down or paused\n" if !$self->is_up;
    my $reply = eval { [ $self->SUPER::cmd(@words) ] };
    return $reply->[0] if $reply;
    die $@ if $@ =~ /^(?:Redis: |gave up)/;
    delete $self->{client};
    return $self->SUPER::cmd(@words);
}

1;
