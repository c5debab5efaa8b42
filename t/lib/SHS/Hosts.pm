# SPDX-License-Identifier: Apache-2.0
#
# A name service of one process: a file of hosts that the test rewrites, as if
# the DNS said otherwise from one moment to the next. nss_wrapper
# (cwrap.org/nss_wrapper.html) answers getaddrinfo() from it, which needs no
# right, no namespace and no change of the system's own files.

package SHS::Hosts;

use strict;
use warnings;

use File::Temp qw(tempdir);
use SHS::Process;

# new(name => [addresses], ...)
sub new {
    my ($class, %addresses) = @_;
    my $dir = tempdir('hosts-XXXXXX', DIR => SHS::Process::tmp());
    chmod 0755, $dir;
    my $self = bless { path => "$dir/hosts", version => 0, addresses => {} },
        $class;
    $self->move(%addresses);
    return $self;
}

# From now on these names have those addresses, in that order; others keep
# theirs. The file is another one, and of another second, in one step: by that
# nss_wrapper sees that it has changed.
sub move {
    my ($self, %addresses) = @_;
    my $all = $self->{addresses} = { %{ $self->{addresses} }, %addresses };
    my $time = 1_000_000_000 + $self->{version}++;
    open my $out, '>', "$self->{path}.new" or die "$self->{path}: $!";
    print $out "127.0.0.1 localhost\n";
    for my $name (sort keys %$all) {
        print $out "$_ $name\n" for @{ $all->{$name} };
    }
    close $out or die "$self->{path}: $!";
    chmod 0644, "$self->{path}.new";
    utime $time, $time, "$self->{path}.new" or die "$self->{path}: $!";
    rename "$self->{path}.new", $self->{path} or die "$self->{path}: $!";
    return;
}

# The environment of a process that looks there.
sub env {
    my ($self) = @_;
    return (LD_PRELOAD => 'libnss_wrapper.so',
            NSS_WRAPPER_HOSTS => $self->{path});
}

1;
