# SPDX-License-Identifier: Apache-2.0
#
# What the tests of Sentinel and Cluster have in common: one httpd with a virtual
# host for each store, <name>.test, and the same sessions behind all of them. A page
# says in its headers X-Status and X-Owner what came of the lookup.

package SHS::Vhosts;

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use SHS::Load;
use SHS::Report;
use SHS::Watch;

our @EXPORT = qw(serve ask status owner of_load probe all_found);

# The httpd; the stores, { name => "URL options" }; the sessions, [[id, owner], ...];
# how many requests all_found() makes.
my ($httpd, $stores, $sessions, $requests);

sub serve {
    my (%q) = @_;
    ($httpd, $stores, $sessions, $requests) = @q{qw(httpd stores sessions requests)};
    return;
}

# The page of a host, for the first session or for another one, also of another httpd.
sub ask {
    my ($host, $id, $from) = @_;
    return ($from // $httpd)->get('/page.html', host => "$host.test",
                                  cookie => 'JSESSIONID=' . ($id // $sessions->[0][0]));
}
sub status { return $_[0]->header('X-Status') // 'missing' }
sub owner  { return $_[0]->header('X-Owner') // '(null)' }

# What a load of a host needs, for all sessions or for some.
sub of_load {
    my ($host, @some) = @_;
    return (port => $httpd->port, path => '/page.html', host => "$host.test",
            sessions => @some ? \@some : $sessions);
}

sub probe {
    my ($host, @ids) = @_;
    return SHS::Watch->probe(port => $httpd->port, path => '/page.html',
                             host => "$host.test", ids => \@ids);
}

# Seconds of timeout= of a host's store.
sub timeout_of {
    my ($host) = @_;
    my ($n, $unit) = ($stores->{$host} // '') =~ / timeout=(\d+)(m?s)/ or return 0;
    return $unit eq 'ms' ? $n / 1000 : $n;
}

# Passes when every session is found, by every child. A deadline of less than a
# second is missed now and then where others use the machine; then all are asked for
# once more, four times at most, and the table of `t/run --report` says how often.
# after_fault: without it, nothing is broken, and a round may fail only if a request
# in it has taken as long as its deadline.
sub all_found {
    my ($host, $why, %q) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $after_fault = delete $q{after_fault};
    $q{requests} //= $requests;
    my $timeout = timeout_of($host);
    my ($sum, $failed) = (undef, 0);
    while (1) {
        $sum = SHS::Load::run(of_load($host), workers => 3, %q);
        my $found = $sum->{status_found} // 0;
        last if $found == $q{requests};
        $failed++;
        last if $failed == ($timeout && $timeout < 1 ? 5 : 1) || $sum->{strangers}
            || $found + ($sum->{status_unavailable} // 0) != $q{requests}
            || (!$after_fault && $sum->{longest} < $timeout);
    }
    SHS::Report::figure("$host, $why: rounds with a missed deadline", $failed, '') if $failed;
    return ok($sum->{strangers} == 0 && ($sum->{status_found} // 0) == $q{requests},
              "$host: $why") || diag(SHS::Load::words($sum));
}

1;
