# Twenty graceful restarts under load: no request is lost, nobody is a stranger,
# and afterwards there is as much of everything as after the first: connections,
# descriptors, shared memory, children.
use strict;
use warnings;

use SHS;
use SHS::Load;
use SHS::Report;
use Time::HiRes qw(time);

my $restarts = 20;
my $pool = 4;
my $store = SHS::Redis->start;
my $port = $store->port;
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n",
                                     'htdocs/off/page.html' => "page\n" },
                          loglevel => 'notice shared_session:info',
                          conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:$port timeout=5s pool=$pool
SharedSession On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
<Location /off>
    SharedSession Off
</Location>
GracefulShutdownTimeout 10
# Places for the next children while the last ones finish, and a number of them
# that does not change with the load.
<IfModule !mpm_prefork_module>
    ServerLimit 16
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 8
    MinSpareServers 1
    MaxSpareServers 24
</IfModule>
CONF
my $children = mpm() eq 'prefork' ? 8 : 2;
my @sessions = map { [ sprintf('SeCrEt-restarts-%06d-%d', $_, $$), "owner$_" ] }
    1 .. 200;
$store->put_hash("session:$_->[0]", { owner => $_->[1] }) for @sessions;

sub connections {
    my @lines = grep { !/cmd=client/ } split /\n/, $store->cmd('CLIENT', 'LIST');
    return scalar @lines;
}

sub fds { return glob_count('/proc/' . $httpd->pid . '/fd/*') }

# Mappings of the parent that are shared with the children.
sub shared {
    return scalar grep { /^\S+ ...s / } split /\n/,
        slurp('/proc/' . $httpd->pid . '/maps');
}

# System V segments that it has made.
sub segments {
    my $pid = $httpd->pid;
    return scalar grep { (split)[4] eq $pid } grep { /^ *-?\d/ } split /\n/,
        slurp('/proc/sysvipc/shm');
}

# Files of shared memory that the parent has mapped, which may have a name in
# /dev/shm or none any more. What others on this machine have there is theirs.
sub files {
    return scalar grep { m{ ...s .*(?:/dev/shm/|/dev/zero|/SYSV|deleted)} }
        split /\n/, slurp('/proc/' . $httpd->pid . '/maps');
}

# Children that serve. The daemon of mod_cgid is a child too, with one thread.
sub serving {
    return scalar grep { mpm() eq 'prefork' || glob_count("/proc/$_/task/*") > 1 }
        $httpd->children;
}
sub glob_count { return scalar(() = glob $_[0]) }

sub resumed { return scalar $httpd->logged(qr/resuming normal operations/) }

# Tells it to restart and waits until the next generation is there.
sub restart {
    my $before = resumed();
    $httpd->graceful;
    return eval { SHS::Process::wait_for('the next generation', 20, sub {
        resumed() > $before }) };
}

# When the children of before are gone and their connections with them.
sub settle {
    return eval { SHS::Process::wait_for('the old children to go', 20, sub {
        serving() <= $children && connections() <= $pool * $children }) }
        || diag(serving() . ' children, ' . connections() . ' connections');
}

sub count {
    return { fds => fds(), shared => shared(), segments => segments(),
             files => files() };
}

sub load {
    my ($requests) = @_;
    return SHS::Load->start(port => $httpd->port,
                            path => ['/page.html', '/off/page.html'],
                            host => 'restarts.test', sessions => \@sessions,
                            workers => 4, requests => $requests,
                            pause => 0.001);
}

# The first is different: httpd reads its configuration once more at start.
my $load = load(1000);
ok(restart(), 'the first restart');
$load->sum;
ok(settle(), 'it has settled');
my $first = count();

my $began = time;
$load = load(200_000);
my $done = 0;
my $peak = 0;
for my $n (1 .. $restarts) {
    my $answered = $load->count;
    restart() or last;
    my $now = connections();
    $peak = $now if $now > $peak;
    # Each generation has served somebody before the next one comes.
    eval { SHS::Process::wait_for('some answers', 20, sub {
        $load->count >= $answered + 300 }) } or last;
    $done++;
}
my $seconds = time - $began;
my $sum = $load->stop;
# Of which every other one did not need the store: httpd starts new children as
# old ones end, or when a second is over, and till then all have to wait.
my @with = grep { $_->[4] == 0 } @{ $load->answers };
my @without = grep { $_->[4] == 1 } @{ $load->answers };
note SHS::Load::words($sum);
is($done, $restarts, sprintf '%d graceful restarts under load, in %.1f s',
   $restarts, $seconds);
is($sum->{broken} + $sum->{lost}, 0, 'no request is lost');
is($sum->{code_200}, $sum->{requests}, '... each is answered with 200');
is($sum->{status_found}, scalar @with, '... each has found its session');
is($sum->{strangers}, 0, '... its own');

ok(settle(), 'it has settled');
my $last = count();
is($last->{fds}, $first->{fds}, "the parent's descriptors: $first->{fds}");
is($last->{shared}, $first->{shared},
   "its shared mappings: $first->{shared}");
is($last->{files}, $first->{files}, "... those of memory: $first->{files}");
is($last->{segments}, $first->{segments},
   "its System V segments: $first->{segments}");
cmp_ok(connections(), '<=', $pool * $children, 'connections to Redis');
cmp_ok(serving(), '<=', $children, "children: $children at most");
is(scalar $httpd->logged(qr/exit signal|SHS003/), 0,
   'no child has died, and no store was called down');

SHS::Report::figure('20 graceful restarts: requests', scalar @with);
SHS::Report::figure('20 graceful restarts: lost requests',
                    $sum->{broken} + $sum->{lost});
SHS::Report::figure('20 graceful restarts: wrong answers', $sum->{strangers});
SHS::Report::figure('20 graceful restarts: longest stall',
                    sprintf('%.2f', SHS::Load::longest(@with)), 's');
SHS::Report::figure('20 graceful restarts: longest stall without a store',
                    sprintf('%.2f', SHS::Load::longest(@without)), 's');
SHS::Report::figure('20 graceful restarts: descriptors more than after the first',
                    $last->{fds} - $first->{fds});
SHS::Report::figure('20 graceful restarts: shared mappings more than after the first',
                    $last->{shared} - $first->{shared});
SHS::Report::figure('20 graceful restarts: connections at peak', $peak);

done_testing;
