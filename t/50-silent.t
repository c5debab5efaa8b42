# The same with worker as with event.
#
# All pooled connections fall silent at once, with no end that either side would
# notice, and new ones are answered: a firewall or a proxy has lost what it knew
# of them. One request waits for the deadline; then none of the older ones is
# relied on, in any child, and all is well over new ones.
use strict;
use warnings;

use SHS;
use SHS::Certs;
use SHS::Load;
use SHS::Proxy;

my $certs = SHS::Certs->new;
$certs->sign('server', 'IP:127.0.0.1');
my $tls_port = SHS::Process::free_port();
my $redis = SHS::Redis->start(
    args => ['--tls-port', $tls_port, '--tls-auth-clients', 'no',
             '--tls-cert-file', $certs->path('server.crt'),
             '--tls-key-file', $certs->path('server.key'),
             '--tls-ca-cert-file', $certs->path('ca.crt')]);
my %proxy = (plain => SHS::Proxy->start(to => $redis->port),
             shared => SHS::Proxy->start(to => $redis->port),
             tls => SHS::Proxy->start(to => $tls_port));
my $options = 'timeout=2s connect-timeout=2s breaker=5/1s pool=60';
my %store = (plain => 'redis://127.0.0.1:' . $proxy{plain}->port . ' share=off',
             shared => 'redis://127.0.0.1:' . $proxy{shared}->port,
             tls => 'rediss://127.0.0.1:' . $proxy{tls}->port
                 . ' share=off ca=' . $certs->path('ca.crt'));
# Workers' requests need a connection each; with share=on a child has a few.
my %least = (plain => 12, shared => 4, tls => 12);
my $vhosts = join '', map { <<"CONF" } sort keys %store;
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore $store{$_} $options
</VirtualHost>
CONF
my $httpd = private_httpd(files => { 'htdocs/page.html' => "page\n" },
                          conf => <<"CONF");
SharedSession On
SharedSessionCache Off
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
<IfModule mpm_event_module>
    StartServers 4
    MinSpareThreads 100
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 40
    MinSpareServers 10
</IfModule>
$vhosts
CONF

my @sessions = map { [ sprintf('SeCrEt-silent-%06d', $_), "owner$_" ] } 1 .. 200;
$redis->cmd('HSET', "session:$_->[0]", 'owner', $_->[1]) for @sessions;

for my $name (sort keys %store) {
    subtest "$name: one request waits, and no more" => sub {
        my $proxy = $proxy{$name};
        # Slow answers: each worker's request needs a connection of its own.
        $proxy->delay(40);
        my $load = SHS::Load::run(port => $httpd->port, path => '/page.html',
                                  host => "$name.test", sessions => \@sessions,
                                  workers => 24, requests => 240);
        is($load->{status_found}, 240, 'at first all are found')
            or diag(join ' ', map { "$_=$load->{$_}" } sort keys %$load);
        $proxy->pass;
        my $open = $proxy->stats->{open};
        cmp_ok($open, '>=', $least{$name}, "$open connections are open");
        $proxy->strand;
        my %seen;
        for my $session (@sessions) {
            my $r = $httpd->get('/page.html', host => "$name.test",
                                cookie => "JSESSIONID=$session->[0]");
            $seen{ $r->header('X-Status') }++;
            is($r->header('X-Owner'), $session->[1], 'its own')
                if $r->header('X-Status') eq 'found';
        }
        cmp_ok($seen{unavailable} // 0, '<=', 1,
               'one of 200 goes without, or none');
        is($seen{found}, 200 - ($seen{unavailable} // 0), '... the others not');
    };
}

done_testing;
