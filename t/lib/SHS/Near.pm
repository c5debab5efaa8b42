# SPDX-License-Identifier: Apache-2.0
#
# What the tests of the near-cache (t/55-*) have in common: a server whose
# sessions are notes and whose status page shows its stores.

package SHS::Near;

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use SHS::Httpd;
use SHS::Process;

our @EXPORT = qw(near_places status wait_live wait_kept);

sub near_places {
    my ($modules) = SHS::Httpd::slurp("$ENV{SHS_TMP}/t/conf/modules.$ENV{SHS_MPM}.conf")
        =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
    return <<"CONF";
SharedSession On
SharedSessionNote session.* *
LoadModule status_module $modules/mod_status.so
<Location /status>
    SetHandler server-status
    SharedSession Off
</Location>
CONF
}

# What the page says of the server's nth store: { Cache => 'live', ... }
sub status {
    my ($httpd, $store) = @_;
    $store //= 0;
    my %is = map { /^SharedSessionStore$store(\D\S*): (.*)$/ ? ($1 => $2) : () }
        split /\n/, $httpd->get('/status?auto')->body;
    return \%is;
}

# Passes when that store's near-cache is in use within 20 s.
sub wait_live {
    my ($httpd, $words, $store) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok(eval { SHS::Process::wait_for('live', 20, sub {
        (status($httpd, $store)->{Cache} // '') eq 'live' }) }, $words // 'live')
        || diag explain status($httpd, $store);
}

# Until the near-cache has that session: a read before the invalidations of its own
# creation is not kept.
sub wait_kept {
    my ($httpd, $id) = @_;
    return SHS::Process::wait_for('a hit', 20, sub {
        my $hits = status($httpd)->{CacheHits};
        $httpd->get('/x/lua', cookie => "JSESSIONID=$id");
        status($httpd)->{CacheHits} > $hits });
}

1;
