# valgrind on a live httpd (prefork, one process): no error and no definite leak
# with the module in its stack, over every outcome of a lookup.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my $port = $store->port;
my $fake = SHS::Fake->start(sub {
    my ($c, $n) = @_;
    my $key = $c->load;
    my @lies = ('*2', "\$99999999999\r\n", "*1\r\n" x 50, "-NOAUTH x\r\n" x 2,
                "*3\r\n\$1\r\na\r\n");
    $c->send($lies[ $n % @lies ]);
    $c->close_now if $n % 2;
    $c->stall;
});

my $httpd = SHS::Httpd->new(
    mpm => 'prefork', loglevel => 'notice shared_session:trace8', near => 1,
    files => { 'htdocs/ssi/page.html' =>
                   qq(<!--#include virtual="/x/lua" --><!--#include virtual="/json/lua" -->) },
    conf => <<"CONF");
<VirtualHost *:\${SHS_PORT}>
    ServerName vg.test
    SharedSessionStore redis://127.0.0.1:$port timeout=3s
    SharedSession On
    SharedSessionCookie JSESSIONID url=jsessionid
    SharedSessionNote s.* *
    SharedSessionNote path user.roles[0]
    SharedSessionEnv S_* *
    SharedSessionEnv ID \@id
    SharedSessionHeader X-S-* *
    SharedSessionHeader X-Raw value encoding=raw
    SharedSessionHeader X-B64 value encoding=base64
    <Location /json>
        SharedSessionFormat json
        SharedSessionKey json:%{sha256:id}
    </Location>
    <Location /form>
        SharedSessionFormat form
        SharedSessionKey form:%{id}
    </Location>
    <Location /missing>
        ErrorDocument 404 /json/lua
    </Location>
    <Location /ssi>
        Options +Includes
        SetOutputFilter INCLUDES
    </Location>
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName liar.test
    SharedSessionStore redis://127.0.0.1:@{[$fake->port]} timeout=500ms
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName deny.test
    SharedSessionStore redis://127.0.0.1:@{[SHS::Process::free_port()]}
    SharedSession On
    SharedSessionFailure deny
</VirtualHost>
CONF

my $report = $httpd->root . '/logs/valgrind.log';
$httpd->run('valgrind', '--vgdb=no', '--leak-check=full', '--show-leak-kinds=definite,reachable',
            '--keep-debuginfo=yes', '--num-callers=40', "--log-file=$report",
            '--track-fds=yes');

my %id = map { $_ => fresh_id() } qw(hash json form bad big gone);
$store->put_hash("session:$id{hash}", { user => 'anna', "we\r\nird" => "a\0b",
                                        value => "\xFF%\r\n", '@max' => 5 }, 100);
$store->put_string('json:' . sha256_hex($id{json}),
    '{"user":{"roles":["a",{"b":null}]},"value":"x\u0000y","n":1.5,"z":null}', 100);
$store->put_string("form:$id{form}", 'a=b%20c&value=%FF&expiry=99999999999999999');
$store->put_string("session:$id{bad}", 'no hash');
$store->put_hash("session:$id{big}", { map { ("a$_" => 'x' x 100) } 1 .. 900 });

sub ask {
    my ($path, $cookie, $expected, %more) = @_;
    my $r = $httpd->get($path, host => 'vg.test', cookie => $cookie,
                        timeout => 60, %more);
    is($r->code . ' ' . ($r->note('SHARED_SESSION') // ''), $expected,
       "under valgrind: $path ends as '$expected'");
    return;
}
for my $round (1, 2) {
    ask('/x/lua', "JSESSIONID=$id{hash}", '200 found');
    ask('/json/lua', "JSESSIONID=$id{json}.route", '200 found');
    ask('/form/lua', "JSESSIONID=\"$id{form}\"", '200 found');
    ask('/x/lua', "JSESSIONID=$id{gone}; JSESSIONID=$id{hash}", '200 found');
    ask("/x;jsessionid=$id{hash}/lua", 'a=b', '200 found');
    ask('/x/lua', "JSESSIONID=$id{gone}", '200 absent');
    ask('/x/lua', "JSESSIONID=$id{bad}", '200 malformed');
    ask('/x/lua', "JSESSIONID=$id{big}", '200 malformed');
    ask('/json/lua', "JSESSIONID=$id{hash}", '200 absent');
    ask('/x/lua', 'JSESSIONID=; JSESSIONID="', '200 none');
    ask('/missing/page', "JSESSIONID=$id{json}", '404 found');
    ask('/ssi/page.html', "JSESSIONID=$id{hash}", '200 found, absent');
    ask('/x/lua', "JSESSIONID=$id{hash}", '200 found',
        headers => [['X_S_a', 'f'], ['X-RAW', 'f'],
                    ['Connection', 'close, X-Raw, X-S-a']]);
    ask('/x/lua', "JSESSIONID=$id{hash}", '503 ', host => 'deny.test');
    ask('/x/lua', "JSESSIONID=$id{hash}", '200 unavailable', host => 'liar.test')
        for 1 .. 5;
    $store->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}
ok($httpd->stop('TERM'), 'httpd ends when told');

my $text = slurp($report);
like($text, qr/ERROR SUMMARY/, 'valgrind wrote its report to the end');
my @blocks = split /^==\d+== *\n/m, $text;
my $ours = qr/mod_shared_session|\bshs_\w+ \(|\bon_\w+ \(/;
# What a child keeps to its end is still reachable: its stacks show that one of the
# module's is recognised.
cmp_ok(scalar(grep { /still reachable in loss record/ && $_ =~ $ours } @blocks), '>', 0,
       'the report has stacks with the module in them');
my @errors = grep { /\bat 0x/ && !/ in loss record /
                    && !/^==\d+== (?:Open file|Open AF)/m && $_ =~ $ours }
    @blocks;
is_deeply(\@errors, [], 'no error with the module in its stack');
my @leaks = grep { /definitely lost in loss record/ && $_ =~ $ours } @blocks;
is_deeply(\@leaks, [], 'no definite leak with the module in its stack');

done_testing;
