# Twenty graceful restarts under load: no request is lost, none gets a stranger's
# session, and afterwards there is as much of everything as after the first: connections,
# descriptors, shared memory, children. With one Redis, and with Sentinels, which
# a thread of each child asks again and again.
use strict;
use warnings;

use SHS;
use SHS::Load;
use SHS::Report;
use SHS::Sentinel;
use List::Util qw(max);
use Time::HiRes qw(time);

my $restarts = 20;
my $pool = 4;
my $store = SHS::Redis->start;
my $port = $store->port;
# No failover shall come of a machine that stalls.
my $sentinel = SHS::Sentinel->start(down_after => 10_000);
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n",
                                     'htdocs/off/page.html' => "page\n" },
                          loglevel => 'notice shared_session:info',
                          conf => <<"CONF");
SharedSession On
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
<Location /off>
    SharedSession Off
</Location>
GracefulShutdownTimeout 10
<VirtualHost *:\${SHS_PORT}>
    ServerName restarts.test
    SharedSessionStore redis://127.0.0.1:$port timeout=5s pool=$pool
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName sentinel.test
    SharedSessionStore @{[$sentinel->url]} timeout=5s pool=$pool name=restarted
</VirtualHost>
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
for my $server ($store, $sentinel->master) {
    $server->put_hash("session:$_->[0]", { owner => $_->[1] }) for @sessions;
}
$sentinel->wait_replicated($sentinel->master);

sub connections {
    my @lines = grep { !/cmd=client/ } split /\n/, $store->cmd('CLIENT', 'LIST');
    return scalar @lines;
}

# ... of the store that Sentinels watch.
sub watched_connections {
    my @lines = grep { /\bname=restarted\b/ } split /\n/,
        $sentinel->master->cmd('CLIENT', 'LIST');
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
        serving() <= $children && connections() <= $pool * $children
            && watched_connections() <= $pool * $children }) }
        || diag(serving() . ' children, ' . connections() . ' and '
                . watched_connections() . ' connections');
}

sub count {
    return { fds => fds(), shared => shared(), segments => segments(),
             files => files() };
}

sub load {
    my ($host, $requests) = @_;
    return SHS::Load->start(port => $httpd->port,
                            path => ['/page.html', '/off/page.html'],
                            host => "$host.test", sessions => \@sessions,
                            workers => 3, requests => $requests,
                            pause => 0.001);
}
my @hosts = qw(restarts sentinel);

# The first is different: httpd reads its configuration once more at start.
my %load = map { $_ => load($_, 500) } @hosts;
ok(restart(), 'the first restart');
$_->sum for values %load;
ok(settle(), 'it has settled');
my $first = count();

my $began = time;
%load = map { $_ => load($_, 200_000) } @hosts;
my $done = 0;
my %peak = map { $_ => 0 } @hosts;
for my $n (1 .. $restarts) {
    my %answered = map { $_ => $load{$_}->count } @hosts;
    restart() or last;
    $peak{restarts} = max($peak{restarts}, connections());
    $peak{sentinel} = max($peak{sentinel}, watched_connections());
    # Each generation has served a request before the next one comes.
    eval { SHS::Process::wait_for('some answers', 20, sub {
        !grep { $load{$_}->count < $answered{$_} + 150 } @hosts }) } or last;
    $done++;
}
my $seconds = time - $began;
my %sum = map { $_ => $load{$_}->stop } @hosts;
is($done, $restarts, sprintf '%d graceful restarts under load, in %.1f s',
   $restarts, $seconds);
# Every other request did not need the store: httpd starts new children as old
# ones end, or when a second is over, and till then all have to wait.
my (%with, @without);
for my $host (@hosts) {
    my $sum = $sum{$host};
    $with{$host} = [ grep { $_->[4] == 0 } @{ $load{$host}->answers } ];
    push @without, grep { $_->[4] == 1 } @{ $load{$host}->answers };
    note SHS::Load::words($sum);
    is($sum->{broken} + $sum->{lost}, 0, "$host: no request is lost");
    is($sum->{code_200}, $sum->{requests}, '... each is answered with 200');
    is($sum->{status_found}, scalar @{ $with{$host} },
       '... each has found its session');
    is($sum->{strangers}, 0, '... its own');
}

ok(settle(), 'it has settled');
my $last = count();
is($last->{fds}, $first->{fds}, "the parent's descriptors: $first->{fds}");
is($last->{shared}, $first->{shared},
   "its shared mappings: $first->{shared}");
is($last->{files}, $first->{files}, "... those of memory: $first->{files}");
is($last->{segments}, $first->{segments},
   "its System V segments: $first->{segments}");
cmp_ok(connections(), '<=', $pool * $children, 'connections to Redis');
cmp_ok(watched_connections(), '<=', $pool * $children,
       '... to the master that Sentinels name');
cmp_ok(serving(), '<=', $children, "children: $children at most");
is(scalar $httpd->logged(qr/exit signal|SHS003/), 0,
   'no child has died, and no store was called down');

for my $host (@hosts) {
    my $name = '20 graceful restarts'
        . ($host eq 'sentinel' ? ' with Sentinel' : '');
    my $sum = $sum{$host};
    my $figure = sub { SHS::Report::figure("$name: $_[0]", @_[1, 2]) };
    $figure->('requests', scalar @{ $with{$host} });
    $figure->('lost requests', $sum->{broken} + $sum->{lost});
    $figure->('wrong answers', $sum->{strangers});
    $figure->('longest stall',
              sprintf('%.2f', SHS::Load::longest(@{ $with{$host} })), 's');
    $figure->('connections at peak', $peak{$host});
}
SHS::Report::figure('20 graceful restarts: longest stall without a store',
                    sprintf('%.2f', SHS::Load::longest(@without)), 's');
SHS::Report::figure('20 graceful restarts: descriptors more than after the first',
                    $last->{fds} - $first->{fds});
SHS::Report::figure('20 graceful restarts: shared mappings more than after the first',
                    $last->{shared} - $first->{shared});

done_testing;
