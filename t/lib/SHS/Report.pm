# SPDX-License-Identifier: Apache-2.0
#
# Figures that a test measured. They are notes of the test; when SHS_REPORT
# names a file they are also appended to it, a line each:
# name TAB value TAB unit TAB mpm.

package SHS::Report;

use strict;
use warnings;

use Test::More ();

# figure('time to recovery after a failover', 0.213, 's')
sub figure {
    my ($name, $value, $unit) = @_;
    $unit //= '';
    my $mpm = $ENV{SHS_MPM} // '';
    Test::More::note("figure: $name: $value $unit");
    my $file = $ENV{SHS_REPORT} or return;
    open my $out, '>>', $file or die "SHS_REPORT $file: $!\n";
    my $line = join "\t", map { s/[\t\n]/ /gr } $name, $value, $unit, $mpm;
    syswrite $out, "$line\n";
    close $out;
    return;
}

# A row of the table of faults in docs/reliability.md: fault('black hole', requests => 600,
# wrong => 0, lost => 0, stall => seconds, recovery => seconds or undef where
# there is none to wait for, connections => N)
sub fault {
    my ($name, %of) = @_;
    figure("$name: requests", $of{requests});
    figure("$name: wrong answers", $of{wrong});
    figure("$name: sessions lost", $of{lost});
    figure("$name: longest stall", sprintf('%.2f', $of{stall}), 's');
    figure("$name: recovery", defined $of{recovery}
           ? (sprintf('%.2f', $of{recovery} > 0 ? $of{recovery} : 0), 's')
           : 'none needed');
    figure("$name: connections at peak", $of{connections});
    return;
}

1;
