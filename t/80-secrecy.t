# Nothing secret leaves the module by the log, at no level, in no state; and
# the client is told nothing about the store. (The run also searches every
# error_log of every test.)
use strict;
use warnings;

use SHS;

my $locked = SHS::Redis->start(
    acl => "user default on >SeCrEt-password ~* &* +\@all\n");
$locked->{login} = ['SeCrEt-password'];
my $port = $locked->port;
my $down = SHS::Process::free_port();
my $talker = SHS::Fake->start(sub {
    my ($c) = @_;
    while (1) {
        my $key = $c->load;
        $c->send("-ERR SeCrEt text about $key\r\n" x 2);
    }
});

my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;

my $httpd = private_httpd(
    # mod_proxy would log the queries that a test makes.
    loglevel => 'debug shared_session:trace8 proxy:info proxy_http:info',
    near => 1,
    files => { 'password' => "SeCrEt-password\n", 'secrets' => "SeCrEt-signing\n" },
    conf => <<"CONF");
LoadModule info_module $modules/mod_info.so
<Location /info>
    SetHandler server-info
</Location>
SharedSessionStore redis://:SeCrEt-password\@127.0.0.1:$port timeout=5s
<VirtualHost *:\${SHS_PORT}>
    ServerName found.test
    SharedSession On
    SharedSessionHeader X-User user
    SharedSessionEnv USER_ID user
    SharedSessionNote id \@id
    <Location /json>
        SharedSessionFormat json
        SharedSessionKey json:%{id}
    </Location>
    <Location /form>
        SharedSessionFormat form
        SharedSessionKey form:%{id}
    </Location>
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName write.test
    SharedSession On
    SharedSessionControl On
    SharedSessionIdleTimeout 30m adopt
    SharedSessionNote session.* *
    <Location /json>
        SharedSessionFormat json
        SharedSessionKey json:%{id}
    </Location>
    <Location /form>
        SharedSessionFormat form
        SharedSessionKey form:%{id}
    </Location>
    <LocationMatch /session\$>
        SetHandler shared-session
    </LocationMatch>
    <LocationMatch /off>
        SharedSessionControl Off
    </LocationMatch>
    <LocationMatch /small>
        SharedSessionMaxSize 1K
    </LocationMatch>
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName file.test
    SharedSessionStore redis://127.0.0.1:$port password-file=\${HOME_DIR}/password timeout=5s
    SharedSession On
    <Location /signed>
        SharedSessionCookie SID sign=fastify secret-file=secrets
    </Location>
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName wrong.test
    SharedSessionStore redis://:SeCrEt-wrong\@127.0.0.1:$port timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName down.test
    SharedSessionStore redis://us:SeCrEt-down\@127.0.0.1:$down
    SharedSession On
    SharedSessionFailure deny
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName talker.test
    SharedSessionStore redis://127.0.0.1:@{[$talker->port]}
    SharedSession On
</VirtualHost>
CONF

my $id = fresh_id();
$locked->put_hash("session:$id", { user => 'SeCrEt-value',
                                   broken => "SeCrEt\r\nvalue" });
my %bad;
for my $format (qw(json form)) {
    $bad{$format} = fresh_id();
    $locked->put_string("$format:$bad{$format}", '{"SeCrEt": %zz');
}
my @states = (
    ['found', '/x/lua', $id, 'found'], ['file', '/x/lua', $id, 'found'],
    ['found', '/x/lua', fresh_id(), 'absent'],
    ['found', '/json/lua', $bad{json}, 'malformed'],
    ['found', '/form/lua', $bad{form}, 'malformed'],
    ['found', '/x/lua', 'SeCrEt+but$no{id', 'none'],
    ['wrong', '/x/lua', $id, 'unavailable'],
    ['talker', '/x/lua', $id, 'unavailable'],
    ['down', '/x/lua', $id, 503],
);
for my $state (@states) {
    my ($host, $path, $session, $expected) = @$state;
    my $r = $httpd->get($path, host => "$host.test",
                        cookie => "JSESSIONID=$session.SeCrEt-route; "
                                  . 'other=SeCrEt-cookie',
                        headers => [['X-User', 'SeCrEt-forged']]);
    is($expected eq 503 ? $r->code : $r->note('SHARED_SESSION'), $expected,
       "a request to $host$path ends as $expected");
    if ($expected eq 503) {
        unlike($r->raw, qr/SeCrEt|$down|redis/i,
               '... and the client learns nothing about the store');
    }
}
# TRACE sends a request back to the client: not with what is in the session.
my $trace = $httpd->get('/x/page', host => 'found.test', method => 'TRACE',
                        cookie => "JSESSIONID=$id");
is($trace->code, 200, 'TRACE is answered');
unlike($trace->raw, qr/X-User|SeCrEt-value/i, '... without a header of ours');
# Of a proxied place httpd answers it late, or the backend does.
for my $row ([[['Max-Forwards', '0']], 'by the proxy'], [[], 'by the backend']) {
    my ($headers, $what) = @$row;
    $trace = $httpd->get('/x/backend', host => 'found.test', method => 'TRACE',
                         cookie => "JSESSIONID=$id", headers => $headers);
    is($trace->code, 200, "TRACE is answered $what");
    like($trace->raw, qr/JSESSIONID/, '... with the headers of the request');
    unlike($trace->raw, qr/X-User|SeCrEt-value/i, '... without a header of ours');
}

# mod_info shows every directive with its arguments.
for my $query ('', '?config', '?mod_shared_session.c', '?server') {
    my $info = $httpd->get("/info$query", host => 'down.test');
    is($info->code, 200, "/info$query is answered");
    like($info->body, qr/SharedSessionStore/, '... and shows the stores')
        if $query !~ /server/;
    unlike($info->raw, qr/SeCrEt/, '... without a password');
}

# A value that is refused, and the file of the secrets that is gone then.
my $forged = 'SID=SeCrEt-forged-value.' . 'A' x 43;
is($httpd->get('/signed/lua', host => 'file.test', cookie => $forged)->note('SHARED_SESSION'),
   'none', 'a forged signature');
unlink $httpd->root . '/secrets' or die $!;
ok(eval { SHS::Process::wait_for('SHS040', 10, sub {
    $httpd->get('/signed/lua', host => 'file.test', cookie => $forged);
    $httpd->logged(qr/SHS040/) }) }, '... without the file of the secrets');

# --- what is written -----------------------------------------------------------------

# The ids that we make have no planted word: they are searched for as they are.
my @made;
sub write_to {
    my ($host, $path, $of, $method, $body, @headers) = @_;
    my $r = $httpd->get($path, host => "$host.test", method => $method // 'GET',
                        headers => [@headers, defined $body ? ['Content-Type', 'application/json'] : ()],
                        defined $body ? (body => $body) : (),
                        cookie => 'JSESSIONID=' . ($of // fresh_id()) . '; other=SeCrEt-cookie');
    push @made, $1 if ($r->header('Set-Cookie') // '') =~ /^JSESSIONID=([^;,]+)/;
    return $r;
}
my $secret = '{"SeCrEt-name":"SeCrEt-new","user":"SeCrEt-user"}';
for my $area ('', '/json', '/form') {
    # Each is done, or not done, in every way.
    is(write_to('write', "$area/session", undef, 'POST', $secret)->code, 201, "$area: created");
    my $id = $made[-1];
    is(write_to('write', "$area/session", $id, 'PATCH', $secret)->code, 200, '... changed');
    is(write_to('write', "$area/session", $id, 'POST', $secret)->code, 200, '... a login');
    write_to('write', "$area/session", $id, 'PATCH', $secret);
    $id = $made[-1];
    for my $kind (qw(cgi backend)) {
        write_to('write', "$area/x/$kind?set=SeCrEt-name%3DSeCrEt-value", $id);
        write_to('write', "$area/x/$kind?unset=SeCrEt-name", $id);
        write_to('write', "$area/x/$kind?action=rotate", $id);
        $id = $made[-1];
        write_to('write', "$area/x/$kind?action=rotate&set=SeCrEt-name%3DSeCrEt-value", $id);
        $id = $made[-1];
        write_to('write', "$area/x/$kind?action=create&set=SeCrEt-name%3DSeCrEt-value");
        write_to('write', "$area/x/$kind?action=destroy", $made[-1]);
        # What is wrong with it is told without it.
        write_to('write', "$area/x/$kind?set=SeCrEt-name%3DSeCrEt%25zz", $id);
        write_to('write', "$area/x/$kind?set=%40SeCrEt-name%3DSeCrEt", $id);
        write_to('write', "$area/x/$kind?action=SeCrEt-action", $id);
        write_to('write', "$area/off/$kind?set=SeCrEt-name%3DSeCrEt", $id);
        write_to('write', "$area/small/x/$kind?set=SeCrEt-name%3D" . 'SeCrEt' x 200, $id);
        write_to('write', "$area/x/$kind?set=SeCrEt-name%3DSeCrEt");
        write_to($_, "$area/x/$kind?action=create&set=SeCrEt-name%3DSeCrEt", $id)
            for qw(wrong down talker);
    }
    for my $body ('{"SeCrEt', '["SeCrEt"]', '{"@SeCrEt":1}', '{"SeCrEt":1,"SeCrEt":2}',
                  "{\"SeCrEt\":\"\xff\"}") {
        write_to('write', "$area/session", $id, 'PATCH', $body);
    }
    is(write_to('write', "$area/session", $id, 'DELETE', undef, ['Origin', 'http://SeCrEt.test'])->code,
       403, '... refused');
    is(write_to('write', "$area/session", $id, 'DELETE')->code, 204, '... ended');
    write_to('write', "$area/session", $id, 'PATCH', $secret);
}
# A touch; and a value that another program has broken meanwhile.
my $kept = fresh_id();
$locked->put_hash("session:$kept", { user => 'SeCrEt-value' }, 60);
is(write_to('write', '/x/lua', $kept)->note('session.user'), 'SeCrEt-value', 'touched');
cmp_ok($locked->cmd('PTTL', "session:$kept"), '>', 60_000, '... it is');
$locked->put_string("session:$id", 'SeCrEt', 60);
write_to('write', '/x/cgi?set=SeCrEt-name%3DSeCrEt', $id);
write_to('write', '/x/cgi?action=create&set=SeCrEt-name%3DSeCrEt', $id);
for my $what (qw(created changed rotated ended)) {
    ok($httpd->wait_logged(qr/SHS012: the session was $what \(id [0-9a-f]{4}\)/),
       "SHS012: $what, by the label of its id");
}
cmp_ok(scalar @made, '>', 20, scalar @made . ' ids were given');

my $label = label($id);
ok($httpd->wait_logged(qr/SHS007: .*\b$label\b/),
   'the log tells a session by the label of its id');
ok(scalar $httpd->logged(qr/SHS00[3-9]: /) >= 8, 'the log is not empty');
for my $tag (map { sprintf 'SHS%03d', $_ } 1, 3, 5 .. 10, 12 .. 14, 16) {
    ok(scalar $httpd->logged(qr/\b$tag: /), "$tag was written here");
}
my $log = $httpd->error_log;
my @shown = $log =~ /^(.*SeCrEt.*)$/mg;
is_deeply(\@shown, [], 'no id, value, cookie or password is in the log');
is_deeply([grep { index($log, $_) >= 0 } @made], [], 'nor an id that we have given');
my @hashes = grep { index($log, substr sha256_hex($_), 0, 8) >= 0 }
    $id, $kept, @made, values %bad;
is_deeply(\@hashes, [], 'nor more of a hash than the label');
unlike($httpd->output, qr/SeCrEt/, 'nor in what httpd says at start');

done_testing;
