# A graceful restart lets no request wait. httpd's parent looks once, as soon as it
# has read its configuration, whether the old children have ended, and then again a
# second later: till then no child serves. A child that takes its time to end, with
# threads that sleep or wait for a server, costs every request that second. The same
# without a near-cache, which has no such threads, tells what is the machine's.
use strict;
use warnings;

use SHS;
use SHS::Near;
use SHS::Report;
use List::Util qw(max min sum);
use Time::HiRes qw(time);

# On a busy machine httpd's parent looks too early now and then, with or without a
# near-cache. So one series of restarts without a slow request is enough, of at most
# so many; the first one is usually the last.
my $restarts = 30;
my $max_series = 4;
my $most = 0.15;

my $store = SHS::Redis->start;
my $id = fresh_id();
$store->put_hash("session:$id", { owner => 'anna' }, 600);

# /etc/apache2/mods-available/mpm_*.conf of Debian; and no place for a new child
# until an old one has ended.
my %children = (
    "Debian's defaults" => <<'CONF',
<IfModule !mpm_prefork_module>
    StartServers 2
    MinSpareThreads 25
    MaxSpareThreads 75
    ThreadLimit 64
    ThreadsPerChild 25
    MaxRequestWorkers 150
    MaxConnectionsPerChild 0
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 5
    MinSpareServers 5
    MaxSpareServers 10
    MaxRequestWorkers 150
    MaxConnectionsPerChild 0
</IfModule>
CONF
    'tight slots' => <<'CONF',
<IfModule !mpm_prefork_module>
    StartServers 2
    ServerLimit 2
    MinSpareThreads 25
    MaxSpareThreads 50
    ThreadsPerChild 25
    MaxRequestWorkers 50
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 4
    ServerLimit 4
    MinSpareServers 1
    MaxSpareServers 4
    MaxRequestWorkers 4
</IfModule>
CONF
);

sub start {
    my ($children, $cache) = @_;
    return private_httpd(loglevel => 'notice', conf => $children . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s connect-timeout=5s
SharedSessionCache $cache
@{[near_places()]}
CONF
}

sub ask { return $_[0]->get('/x/lua', cookie => "JSESSIONID=$id", timeout => 20) }

# The children that serve: not the daemon of mod_cgid, which stays.
sub serving {
    my ($httpd) = @_;
    return grep { mpm() eq 'prefork' || (() = glob "/proc/$_/task/*") > 1 } $httpd->children;
}

# How long it is from now until the last of these children has ended: read it
# from the handle. httpd's parent may reap it much later.
sub watch_end {
    my (@pids) = @_;
    my $began = time;
    pipe my $out, my $in or die "pipe: $!";
    my $watcher = SHS::Process::fork_child('the old children', sub {
        SHS::Process::wait_for('their end', 20, sub {
            !grep { SHS::Process::is_alive($_) } @pids }, 0.002);
        syswrite $in, time - $began;
    });
    close $in;
    return sub {
        my $took = <$out>;
        SHS::Process::stop($watcher);
        return $took // die "the old children did not end\n";
    };
}

# The longest that a request took, from the signal until the next generation has
# answered some; and how long the old children took to end.
sub restart {
    my ($httpd, $wrong) = @_;
    my @old;
    # A child that is being started does not end at once, whatever is loaded.
    SHS::Process::wait_for('the children', 20, sub {
        @old = serving($httpd);
        # Of prefork one may be all there are, after restarts in a row.
        mpm() eq 'prefork' ? @old > 0 : $httpd->is_complete($httpd->children) });
    my $before = () = $httpd->logged(qr/resuming normal operations/);
    my ($longest, $after) = (0, 0);
    my $end = watch_end(@old);
    $httpd->graceful;
    my $until = time + 20;
    while ($after < 10 && time < $until) {
        $after++ if $before < $httpd->logged(qr/resuming normal operations/);
        my $began = time;
        my $reply = ask($httpd);
        $longest = max($longest, time - $began);
        $$wrong++ if ($reply->code // 0) != 200
            || ($reply->note('session.owner') // '') ne 'anna';
    }
    SHS::Process::wait_for('the end of the old ones', 20, sub {
        my %is = map { $_ => 1 } $httpd->children;
        !grep { $is{$_} } @old });
    return ($longest, $end->());
}

sub median { return (sort { $a <=> $b } @_)[ @_ / 2 ] }

# A series of restarts of each server in turn, added to %$measured. Returns how many
# of them were slow with the near-cache.
sub run_series {
    my ($name, $httpd, $measured) = @_;
    my %slow = (On => 0, Off => 0);
    for my $n (1 .. $restarts) {
        for my $cache ('On', 'Off') {
            # Now and then while one of them tracks, mostly while none is the leader.
            wait_live($httpd->{On}) if $n % 10 == 0;
            my ($took, $ended) = restart($httpd->{$cache}, \$measured->{wrong});
            push @{ $measured->{took}{$cache} }, $took;
            push @{ $measured->{ended}{$cache} }, $ended;
            $slow{$cache}++ if $took > $most;
        }
    }
    push @{ $measured->{slow}{$_} }, $slow{$_} for keys %slow;
    note "$name: slower than $most s of $restarts: $slow{On}; without the near-cache $slow{Off}";
    return $slow{On};
}

for my $name (sort keys %children) {
    my %httpd = map { $_ => start($children{$name}, $_) } 'On', 'Off';
    wait_live($httpd{On}, "$name: live");
    my %measured = (wrong => 0);
    my $count = 1;
    $count++ while run_series($name, \%httpd, \%measured) > 0 && $count < $max_series;
    is($measured{wrong}, 0, "$name: each request has its session");
    my %slow = map { $_ => sum(@{ $measured{slow}{$_} }) } 'On', 'Off';
    my %longest = map { $_ => max(@{ $measured{took}{$_} }) } 'On', 'Off';
    my %median = map { $_ => median(@{ $measured{ended}{$_} }) } 'On', 'Off';
    my $figures = sprintf 'the longest %.2f s, without the near-cache %.2f s; an old child ends'
        . ' after %.3f s (the median), without it %.3f s', @longest{'On', 'Off'},
        @median{'On', 'Off'};
    note "$name: $figures";
    my $all = join "\n", map { my $is = $_; "$is: " . join ' ', map {
        sprintf '%.2f/%.2f', $measured{took}{$is}[$_], $measured{ended}{$is}[$_]
        } 0 .. $#{ $measured{took}{$is} } } 'On', 'Off';
    # If a busy machine slows each series, the near-cache causes no more slow restarts
    # than there are without it, within what is chance.
    ok(min(@{ $measured{slow}{On} }) == 0 || $slow{On} <= 2 * $slow{Off} + 3 * $count,
       "$name: no request waits in a series of restarts") || diag "$figures\n$all";
    cmp_ok($median{On}, '<=', 2 * $median{Off} + 0.02, "$name: the old children end as soon")
        || diag "$figures\n$all";
    SHS::Report::figure("$restarts graceful restarts, $name: longest request",
                        sprintf('%.2f', $longest{On}), 's');
    SHS::Report::figure("... without the near-cache", sprintf('%.2f', $longest{Off}), 's');
    is(scalar $_->logged(qr/exit signal/), 0, '... no child has died') for values %httpd;
    $_->stop for values %httpd;
}

done_testing;
