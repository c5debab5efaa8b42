# Reload and restart: no request is lost, none gets a stranger's session, nothing leaks;
# and a Redis that is not there at start is no start failure.
use strict;
use warnings;

use SHS;
use SHS::Load;
use Time::HiRes qw(time);

my $store = SHS::Redis->start;
my $port = $store->port;
my $other = SHS::Redis->start;

sub conf {
    my ($store_port) = @_;
    return <<"CONF";
SharedSessionStore redis://127.0.0.1:$store_port timeout=2s pool=8 name=reload
SharedSession On
SharedSessionEnv OWNER owner
SharedSessionNote session.* *
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
CONF
}
my $httpd = SHS::Httpd->new(files => { 'htdocs/page.html' => "page\n" },
                            loglevel => 'notice shared_session:info', near => 1,
                            conf => conf($port));
my @sessions = map { [ sprintf('SeCrEt-reload-%06d-%d', $_, $$), "owner$_" ] }
    1 .. 200;
$store->put_hash("session:$_->[0]", { owner => $_->[1] }) for @sessions;
$other->put_hash("session:$_->[0]", { owner => "other $_->[1]" }) for @sessions;

# Connections of children's pools; those and the subscription.
sub clients {
    my ($redis) = @_;
    return scalar grep { /\bname=reload\b.* cmd=(?:pttl|hgetall|info)\b/ }
        split /\n/, $redis->cmd('CLIENT', 'LIST');
}
sub all_clients {
    my ($redis) = @_;
    return scalar grep { /\bname=reload\b/ } split /\n/, $redis->cmd('CLIENT', 'LIST');
}

sub fds { my ($pid) = @_; return scalar(() = glob "/proc/$pid/fd/*") }

sub ask { return $httpd->get('/x/lua', cookie => "JSESSIONID=$_[0]") }

$httpd->run;
is(clients($store), 0, 'no connection for a lookup is made before the first request');
wait_tracked($store, 'reload');
is(all_clients($store), 1, '... and one subscription');
is(ask($sessions[0][0])->note('session.owner'), 'owner1', 'started');

# Reloads while requests come in.
my $before_fds = fds($httpd->pid);
my $reloads = 0;
my $loader = SHS::Process::fork_child('reloads', sub {
    my $go_on = 1;
    $SIG{TERM} = sub { $go_on = 0 };
    while ($go_on) {
        SHS::Process::let_pass(0.7);
        $httpd->graceful;
        open my $out, '>>', "$ENV{SHS_TMP}/reloads" or next;
        syswrite $out, '.';
    }
});
my $sum = { requests => 0 };
my $end = time + 5;
while (time < $end) {
    my $part = SHS::Load::run(port => $httpd->port, path => '/page.html',
                              host => 'reload.test', sessions => \@sessions,
                              workers => 4, requests => 4000);
    $sum->{$_} += $part->{$_} for keys %$part;
}
SHS::Process::stop($loader);
$reloads = length slurp("$ENV{SHS_TMP}/reloads");
note SHS::Load::words($sum);
cmp_ok($reloads, '>=', 3, "$reloads graceful restarts under load");
is($sum->{broken}, 0, '... no request was lost');
is($sum->{lost}, 0, '... no worker was lost');
is($sum->{code_200}, $sum->{requests}, '... every one was answered with 200');
is($sum->{status_found}, $sum->{requests}, '... every one found its session');
is($sum->{strangers}, 0, '... its own');

# Old children go, and with them their connections.
my $children = mpm() eq 'prefork' ? 24 : 3;
ok(eval { SHS::Process::wait_for('the old children to go', 20, sub {
    all_clients($store) <= 8 * $children + 1 && $httpd->children <= $children + 1 }) },
   'the old children end, and their connections with them')
    || diag(all_clients($store) . ' connections, ' . $httpd->children . ' children');
wait_tracked($store, 'reload');
cmp_ok(fds($httpd->pid), '<=', $before_fds + 2,
       'the parent has no more descriptors than before');

# A new configuration is a new store.
$httpd->configure(conf($other->port));
$httpd->graceful;
ok(eval { SHS::Process::wait_for('the new store', 10, sub {
    (ask($sessions[0][0])->note('session.owner') // '') eq 'other owner1' }) },
   'a reload with another store uses that');
ok(eval { SHS::Process::wait_for('the end of the old connections', 20,
                                 sub { all_clients($store) == 0 }) },
   '... and no connection to the old one is left') || diag all_clients($store);

# A hard restart, twice; not in the moment in which a child is being started,
# which httpd itself does not always survive.
for my $n (1, 2) {
    SHS::Process::wait_for('the children', 30, sub { $httpd->is_settled });
    kill 'HUP', $httpd->pid;
    ok(eval { SHS::Process::wait_for('the restart', 20, sub {
        $httpd->logged(qr/AH00494|SIGHUP/) >= $n
            && ask($sessions[1][0])->code == 200 }) },
       "restart $n: back again");
    is(ask($sessions[1][0])->note('session.owner'), 'other owner2',
       '... with sessions');
}

# Stopping closes everything, cleanly; not amid a restart, in which httpd loses
# a signal to end.
SHS::Process::wait_for('the children', 20, sub { $httpd->is_settled });
ok($httpd->stop, 'httpd ends when told');
ok(eval { SHS::Process::wait_for('the end of the connections', 10,
                                 sub { all_clients($other) == 0 }) },
   '... and leaves no connection');
is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');

# Redis absent at start.
my $late_port = SHS::Process::free_port();
$httpd->configure(conf($late_port));
eval { $httpd->run };
is($@, '', 'httpd starts although Redis is not there');
is(ask($sessions[0][0])->note('SHARED_SESSION'), 'unavailable',
   '... says unavailable');
my $late = SHS::Redis->start(port => $late_port);
$late->put_hash("session:$sessions[0][0]", { owner => 'late' });
is(ask($sessions[0][0])->note('session.owner'), 'late',
   '... and finds the session once Redis is there');
my @start = $httpd->logged(qr/:notice\].*SHS001: .*:$late_port\b/);
is(scalar @start, 1, 'SHS001: one line at start, not two');
$httpd->stop;

done_testing;
