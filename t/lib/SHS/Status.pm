# SPDX-License-Identifier: Apache-2.0
#
# mod_status of a server: its place in the configuration, and what its page says.

package SHS::Status;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(status_place store_status busy_workers);

sub status_place {
    return <<'CONF';
<Location /server-status>
    SetHandler server-status
    SharedSession Off
</Location>
CONF
}

sub page {
    my ($httpd, %more) = @_;
    return $httpd->get('/server-status?auto', %more)->body;
}

# The lines of the store whose URL matches: { Breaker => 'closed', Timeouts => 3, ... }.
# Without one: {}. `more`: of the request, such as its host.
sub store_status {
    my ($httpd, $url, %more) = @_;
    my $page = page($httpd, %more);
    my ($i) = $page =~ /^SharedSessionStore(\d+): $url$/m or return {};
    return { $page =~ /^SharedSessionStore$i([A-Za-z]+): (.*)$/mg };
}

# The threads that serve a request, except for this one.
sub busy_workers { return page(@_) =~ /^BusyWorkers: (\d+)/m ? $1 - 1 : 0 }

1;
