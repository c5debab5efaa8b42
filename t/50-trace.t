# At LogLevel shared_session:trace1 each transition of a command to Redis has a
# line: a retry, a pause, a redirection, a refresh of the topology, a replica, a
# failure. Below trace1 there is none.
use strict;
use warnings;

use SHS;
use SHS::Cluster;

my $local = '127.0.0.1';
my $anna = SHS::Fake::Conn->hash_reply(owner => 'anna');
my ($value) = $anna =~ /^(.*):-1\r\n$/s;
my $unused = SHS::Process::free_port();

# A single server: the key says what happens.
my $single = SHS::Fake->start(sub {
    my ($c, $n) = @_;
    my $loads = 0;
    while (1) {
        my $key = $c->load;
        $loads++;
        return $c->close_now if $key =~ /dead/ && $n == 1;
        $c->send($key =~ /loading/ && $loads < 3 ? "-LOADING SeCrEt\r\n" x 2
                 : $key =~ /full/ ? "-OOM SeCrEt\r\n" x 2 : $anna);
    }
});

# A member of a cluster, whose master and replica serve all slots.
sub member {
    my ($port, $says, @nodes) = @_;
    my $slots = "*1\r\n*" . (2 + @nodes) . "\r\n:0\r\n:16383\r\n" . join '', map {
        "*3\r\n" . SHS::Fake::Conn::bulk($local) . ":$_\r\n"
            . SHS::Fake::Conn::bulk('0' x 40) } @nodes;
    return SHS::Fake->start(sub {
        my ($c) = @_;
        while (1) {
            my ($word, $key) = $c->read_any;
            $c->send($word =~ /^CLUSTER$/i ? $slots
                     : $word =~ /^HGETALL$/i ? $says->($key)
                     : $word =~ /^PTTL$/i ? $says->($key) =~ /^(-.*)/s ? $1 : ":-1\r\n"
                     : "+OK\r\n");
        }
    }, port => $port);
}
my %port = map { $_ => SHS::Process::free_port() } qw(moved ask to replica);
my @members = (
    (map { my $word = $_;
           member($port{lc $word}, sub {
               "-$word " . SHS::Cluster::slot($_[0]) . " $local:$port{to}\r\n" },
                  $port{lc $word}) } qw(MOVED ASK)),
    member($port{to}, sub { $value }, $port{to}),
    member($port{replica}, sub { $value }, $unused, $port{replica}),
);

my %stores = (
    single => "redis://$local:" . $single->port . ' breaker=off',
    (map { $_ => "redis+cluster://$local:$port{$_}" } qw(moved ask)),
    replica => "redis+cluster://$local:$port{replica}"
        . ' read-from=replica-on-failure',
    quiet => "redis://$local:" . $single->port . ' name=quiet breaker=off',
);
my $httpd = private_httpd(
    files => { 'htdocs/page.html' => "page\n" },
    loglevel => 'notice shared_session:debug',
    conf => <<'CONF' . one_child() . join '', map { <<"CONF" } sort keys %stores);
SharedSessionEnv OWNER owner
Header always set X-Status "%{SHARED_SESSION}e"
Header always set X-Owner "%{OWNER}e"
CONF
<VirtualHost *:\${SHS_PORT}>
    ServerName $_.test
    SharedSessionStore $stores{$_} timeout=2s
    SharedSession On
    @{[ $_ eq 'quiet' ? '' : 'LogLevel shared_session:trace1' ]}
</VirtualHost>
CONF

# Loads the session of that key, and returns (status, the new trace lines).
sub traced {
    my ($host, $word) = @_;
    my $before = () = $httpd->logged(qr/SHS037: /);
    my $r = $httpd->get('/page.html', host => "$host.test",
                        cookie => 'JSESSIONID=' . fresh_id() . $word);
    my @lines = $httpd->logged(qr/SHS037: /);
    return ($r->header('X-Status'), map { s/.*SHS037: //r } @lines[$before .. $#lines]);
}

sub is_traced {
    my ($why, $status, $got, @wanted) = @_;
    my ($is, @lines) = @$got;
    is($is, $status, "$why: $status");
    is(scalar @lines, scalar @wanted, '... in ' . @wanted . ' lines')
        || diag(join "\n", @lines);
    like($lines[$_], qr/^session store \S+: $wanted[$_]/, "... $wanted[$_]")
        for 0 .. $#wanted;
    return;
}

is_traced('a command without a transition', 'found', [ traced('single', '') ]);
is_traced('a dead connection', 'found', [ traced('single', 'dead') ],
          qr/reconnect: /);
is_traced('LOADING', 'found', [ traced('single', 'loading') ],
          qr/wait: it replies LOADING/);
is_traced('an error', 'unavailable', [ traced('single', 'full') ],
          qr/fail: it replies OOM/);
is_traced('MOVED', 'found', [ traced('moved', '') ],
          qr/follow MOVED: $local:$port{to}/);
is_traced('ASK', 'found', [ traced('ask', '') ],
          qr/follow ASK: $local:$port{to}/);
is_traced('a dead master', 'found', [ traced('replica', '') ],
          qr/refresh the topology: $local:$unused: /,
          qr/read from a replica: $local:$port{replica}/);
is_traced('below trace1', 'unavailable', [ traced('quiet', 'full') ]);
is(scalar $httpd->logged(qr/SHS037: .*SeCrEt/), 0, 'no line shows an id or a reply');

$_->stop for $single, @members;
done_testing;
