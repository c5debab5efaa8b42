# Redis over TLS: the chain and the name are checked, our certificate is shown,
# the deadline holds through a handshake, and nothing else changes.
use strict;
use warnings;

use SHS;
use SHS::Certs;

my $certs = SHS::Certs->new;
my $strangers = SHS::Certs->new;
$certs->sign('server', 'DNS:localhost,DNS:redis.test,IP:127.0.0.1');
$certs->sign('named', 'DNS:redis.test');
$certs->sign('expired', 'DNS:localhost,IP:127.0.0.1', '-days', '0');
$certs->sign('client', 'DNS:httpd.test');
# A name in CN alone; a certificate of clients; one by an intermediate authority
# that the server does not send; one by an authority that has expired.
$certs->sign('localhost', '');
$certs->sign('purpose', 'DNS:localhost,IP:127.0.0.1',
             extensions => "extendedKeyUsage=clientAuth\n");
$certs->sign('between', 'DNS:between', extensions => "basicConstraints=critical,CA:TRUE\n");
$certs->sign('leaf', 'DNS:localhost,IP:127.0.0.1', by => 'between');
$certs->sign('old', 'DNS:old', extensions => "basicConstraints=critical,CA:TRUE\n",
             '-days', '0');
$certs->sign('ofold', 'DNS:localhost,IP:127.0.0.1', by => 'old');
{
    open my $chain, '>>', $certs->path('ofold.crt') or die $!;
    print $chain slurp($certs->path('old.crt'));
    close $chain;
}
$strangers->sign('client', 'DNS:httpd.test');

sub tls_redis {
    my ($name, %more) = @_;
    my $tls_port = SHS::Process::free_port();
    my $redis = SHS::Redis->start(
        args => ['--tls-port', $tls_port,
                 '--tls-cert-file', $certs->path("$name.crt"),
                 '--tls-key-file', $certs->path("$name.key"),
                 '--tls-ca-cert-file', $certs->path('ca.crt'),
                 '--tls-auth-clients', $more{clients} // 'no'],
        acl => $more{acl});
    return ($redis, $tls_port);
}

my ($redis, $port) = tls_redis('server');
my ($named, $named_port) = tls_redis('named');
my ($picky, $picky_port) = tls_redis(
    'server', clients => 'yes',
    acl => "user default on nopass ~* &* +\@all\n"
         . "user app on >SeCrEt-app ~session:* &* +get +hgetall +pttl +select\n");
my ($expired, $expired_port) = tls_redis('expired');
my @faulty = map { [ $_, tls_redis($_) ] } qw(localhost purpose leaf ofold);
my %port_of = map { $_->[0] => $_->[2] } @faulty;
my $id = fresh_id();
$_->put_hash("session:$id", { user => 'anna' })
    for $redis, $named, $picky, $expired, map { $_->[1] } @faulty;
$redis->put_string("session:big-$id", '{"big":"' . 'x' x 200_000 . '"}');

my $fake = SHS::Fake->start(sub { $_[0]->stall });
# What a TLS server of another kind says to a client without it: an alert.
my $alert = SHS::Fake->start(sub { $_[0]->read_any; $_[0]->send("\x15\3\1\0\2\2\x46");
                                   $_[0]->stall });
my $ca = $certs->path('ca.crt');
my $cert = $certs->path('client.crt');
my $key = $certs->path('client.key');
my %stores = (
    address => "rediss://127.0.0.1:$port ca=$ca",
    name => "rediss://localhost:$port ca=$ca",
    servername => "rediss://127.0.0.1:$named_port ca=$ca servername=redis.test",
    othername => "rediss://127.0.0.1:$named_port ca=$ca",
    othername2 => "rediss://127.0.0.1:$port ca=$ca servername=other.test",
    unverified => "rediss://127.0.0.1:$named_port verify=off",
    untrusted => "rediss://127.0.0.1:$port",
    stranger => "rediss://127.0.0.1:$port ca=" . $strangers->path('ca.crt'),
    mutual => "rediss://app:SeCrEt-app\@127.0.0.1:$picky_port/0 ca=$ca"
        . " cert=$cert key=$key",
    expired => "rediss://127.0.0.1:$expired_port ca=$ca",
    nocert => "rediss://127.0.0.1:$picky_port ca=$ca",
    badcert => "rediss://127.0.0.1:$picky_port ca=$ca cert="
        . $strangers->path('client.crt') . ' key=' . $strangers->path('client.key'),
    nosan => "rediss://localhost:$port_of{localhost} ca=$ca",
    purpose => "rediss://localhost:$port_of{purpose} ca=$ca",
    between => "rediss://localhost:$port_of{leaf} ca=$ca",
    ofold => "rediss://localhost:$port_of{ofold} ca=$ca",
    reverse2 => 'redis://127.0.0.1:' . $alert->port,
    plain => 'rediss://127.0.0.1:' . $redis->port . " ca=$ca",
    reverse => "redis://127.0.0.1:$port",
    stalled => 'rediss://127.0.0.1:' . $fake->port . " ca=$ca timeout=400ms",
    labelled => "rediss://127.0.0.1:$port ca=$ca name=httpd-of-this-test",
    unlabelled => "rediss://app:SeCrEt-app\@127.0.0.1:$picky_port ca=$ca"
        . " cert=$cert key=$key name=may-not-be-set",
);
my $httpd = private_httpd(conf => join '', map { <<"CONF" } sort keys %stores);
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore $stores{$_}
    SharedSession On
    <Location /big>
        SharedSessionFormat json
        SharedSessionMaxSize 1M
    </Location>
</VirtualHost>
CONF

sub ask {
    my ($store, $path, $cookie) = @_;
    return $httpd->get($path // '/x/lua', host => "$store.test",
                       cookie => 'JSESSIONID=' . ($cookie // $id));
}

for my $row (['address', 'the certificate names the address'],
             ['name', '... or the host name'],
             ['servername', 'servername= says which name is meant'],
             ['unverified', 'verify=off takes any certificate'],
             ['mutual', 'our certificate is shown, and the user logs in'],
             ['labelled', 'name= is no obstacle'],
             ['unlabelled', '... nor is a user that may not set it']) {
    my ($store, $why) = @$row;
    my $r = ask($store);
    is($r->note('SHARED_SESSION'), 'found', "$store: $why");
    is($r->note('session.user'), 'anna', '... and the session is anna\'s');
}
like($redis->cmd('CLIENT', 'LIST'), qr/\bname=httpd-of-this-test\b/,
     'name= is seen in CLIENT LIST');

for my $row (['othername', 'is for another name', 'an address that the certificate does not name'],
             ['othername2', 'is for another name', 'a servername that it does not name'],
             ['nosan', 'is for no name: it has no subjectAltName', 'a name in CN does not count'],
             ['purpose', 'is not trusted: it is not for a TLS server', 'a certificate for clients'],
             ['between', 'is not trusted: its issuer is not known: .*intermediate',
              'an intermediate certificate that is missing'],
             ['ofold', 'signed by has expired', 'an authority that has expired'],
             ['untrusted', 'is not trusted: .*see ca=', 'an authority that the system does not know'],
             ['stranger', 'is not trusted', 'an authority that did not sign it'],
             ['expired', 'has expired', 'a certificate of yesterday'],
             ['nocert', '.', 'a server that wants our certificate and gets none'],
             ['badcert', '.', '... or gets one it does not trust'],
             ['plain', 'no TLS handshake .*write redis instead of rediss', 'a server that does not speak TLS'],
             ['reverse', 'said nothing .*write rediss instead of redis',
              'a TLS server asked without TLS'],
             ['reverse2', 'it speaks TLS .*write rediss instead of redis',
              'one that says so']) {
    my ($store, $reason, $why) = @$row;
    my $r = ask($store);
    is($r->note('SHARED_SESSION'), 'unavailable', "$store: $why");
    is($r->note('session.user'), undef, '... no attribute');
    my ($tell) = split ' ', $stores{$store};
    ok($httpd->wait_logged(qr/SHS00[36]: the session store \Q$tell\E.*$reason/),
       "... and the log says why ($reason)")
        || diag join "\n", $httpd->logged(qr/SHS00[36]: /);
}

# What it says of ours may be lost when it closes the connection behind it.
for my $row (['nocert', 'it wants our certificate for TLS'],
             ['badcert', 'it does not take our certificate for TLS']) {
    my ($store, $reason) = @$row;
    ok(eval { SHS::Process::wait_for("$store: $reason", 20, sub {
        ask($store);
        return scalar $httpd->logged(qr/SHS007: session unavailable: \Q$reason\E/) }) },
       "$store: ... $reason");
}

# The deadline is for the handshake too.
my $r = ask('stalled');
is($r->note('SHARED_SESSION'), 'unavailable', 'a handshake that never answers');
cmp_ok($r->seconds, '<', 2, '... costs its deadline and no more');
ok($httpd->wait_logged(qr/SHS003: .*no TLS handshake by the deadline/),
   '... and the log says so');

# Many records, many requests, a restart.
$r = ask('address', '/big/lua', "big-$id");
is(length($r->note('session.big') // ''), 200_000, 'a value of many TLS records');
is(scalar(grep { ask('address')->note('session.user') eq 'anna' } 1 .. 50), 50,
   'one request after the other on kept connections');
my $before = (split /connections_received:/, $redis->cmd('INFO', 'stats'))[1];
ask('address') for 1 .. 20;
my $after = (split /connections_received:/, $redis->cmd('INFO', 'stats'))[1];
my ($b, $a) = map { (split /\r?\n/, $_ // '')[0] // 0 } $before, $after;
cmp_ok($a - $b, '<', 20, 'connections are used again, TLS or not');
$redis->restart;
$redis->put_hash("session:$id", { user => 'anna again' });
is(ask('address')->note('session.user'), 'anna again',
   'after a restart the next request finds its session');

# httpd -t
sub refused {
    my ($line, $like, $why) = @_;
    my $check = SHS::Httpd->new(conf => "$line\n");
    my ($code, $said) = $check->check;
    isnt($code, 0, "refused: $why");
    like($said, $like, '... and it says what to do');
    unlike($said, qr/SeCrEt/, '... without the password');
    return;
}
my $url = "rediss://app:SeCrEt-app\@127.0.0.1:$port";
refused("SharedSessionStore $url ca=/no/such/file",
        qr/SharedSessionStore: ca=.*no certificates that can be read/s,
        'no such authority');
refused("SharedSessionStore $url cert=$cert",
        qr/SharedSessionStore: cert= and key= go together/, 'a certificate without its key');
refused("SharedSessionStore $url cert=$cert key=" . $certs->path('server.key'),
        qr/is not the key of cert=/, 'a key of another certificate');
refused("SharedSessionStore $url verify=maybe", qr/neither on nor off/, 'verify=maybe');
refused("SharedSessionStore redis://app:SeCrEt-app\@127.0.0.1 ca=$ca",
        qr/ca= is for TLS: write rediss:/, 'ca= without TLS');
refused("SharedSessionStore $url \"name=two words\"",
        qr/character that a client's name cannot have/, 'a name with a space');

unlike($httpd->error_log, qr/SeCrEt/, 'no password in the log');
done_testing;
