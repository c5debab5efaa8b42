# SPDX-License-Identifier: Apache-2.0
#
# A module of t/module, built against httpd's headers and mod_shared_session.h
# as another project would; a warning fails the test.

package SHS::Module;

use strict;
use warnings;

# build('mod_session_probe') -> path of the .so
sub build {
    my ($name) = @_;
    my $tmp = $ENV{SHS_TMP};
    my %is = map { $_ => query($_) } qw(CC INCLUDEDIR EXTRA_CPPFLAGS APR_CONFIG);
    chomp(my $apr = `$is{APR_CONFIG} --includes --cppflags`);
    $apr =~ s/\n/ /g;
    my $so = "$tmp/$name.$$.so";
    my $said = `$is{CC} -std=gnu11 -O1 -g -Wall -Wextra -Werror \\
        -Wno-missing-field-initializers -fPIC -shared \\
        $is{EXTRA_CPPFLAGS} -isystem $is{INCLUDEDIR} $apr -I$ENV{SHS_INCLUDE} \\
        -o $so $tmp/t/module/$name.c 2>&1`;
    die "$name does not compile:\n$said" if $? != 0;
    chmod 0755, $so;
    return $so;
}

sub query {
    my ($what) = @_;
    chomp(my $is = `$ENV{SHS_APXS} -q $what` // '');
    die "apxs -q $what: failed\n" if $? != 0;
    return $is;
}

1;
