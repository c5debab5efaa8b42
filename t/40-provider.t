# A store of another module, built against the installed headers alone: found by
# the scheme of its URL, in whatever order the modules are loaded; and used as
# the Redis store is, with the near-cache and without. What is no such store is
# refused by httpd -t.
use strict;
use warnings;

use JSON::PP ();
use SHS;
use SHS::Module;
use SHS::Near;
use Time::HiRes qw(time);

# The example of the documents is compiled as it stands there.
my ($example) = slurp("$ENV{SHS_INCLUDE}/docs/providers.md") =~ /^```c\n(.*?)^```$/ms
    or die 'docs/providers.md has no example';
my $answer = SHS::Module::build('mod_session_answer', source => $example);
my $older = SHS::Module::build('mod_session_answer_old', source => $example,
    edit => sub { s/(SHS_PROVIDER_VERSION )"\d+"/$1"0"/ });
my $files = SHS::Module::build('mod_session_files');
my $probe = SHS::Module::build('mod_session_probe');

my $ours = "LoadModule shared_session_module $ENV{SHS_MODULE}\n";
my $load_files = "LoadModule session_files_module $files\n";
my $load_answer = "LoadModule session_answer_module $answer\n";
my $load_older = "LoadModule session_answer_module $older\n";

# --- the configuration ----------------------------------------------------------

my @refused = (
    ["${ours}SharedSessionStore mem://x",
     qr{^SharedSessionStore: unknown scheme; there are redis://, redis\+cluster://, redis\+sentinel://, rediss://, rediss\+cluster://, rediss\+sentinel://, unix://;}m,
     'an unknown scheme: those there are'],
    ["$ours${load_files}${load_answer}SharedSessionStore http://alice:SeCrEt\@h",
     qr{^SharedSessionStore: unknown scheme; there are answer://, files://, redis://}m,
     '... of other modules too'],
    ["${ours}SharedSessionStore answer://absent", qr{unknown scheme; there are redis://},
     'a module that is not loaded'],
    ["$ours${load_answer}SharedSessionStore answer", qr{^SharedSessionStore: the URL has no scheme; there are answer://}m,
     'no scheme'],
    ["$ours${load_answer}SharedSessionStore answer:/absent", qr{the URL has no scheme}, 'one slash'],
    ["$ours${load_answer}SharedSessionStore ://absent", qr{unknown scheme}, 'an empty scheme'],
    ["$ours${load_answer}SharedSessionStore answe://absent", qr{unknown scheme}, 'a beginning of a scheme'],
    ["$ours${load_answer}SharedSessionStore answers://absent", qr{unknown scheme}, 'a scheme and more'],
    ["$ours${load_older}SharedSessionStore answer://absent",
     qr{^SharedSessionStore: the provider of answer:// was compiled for version 0 of mod_shared_session_provider\.h, and this mod_shared_session has version 2: compile the provider again}m,
     'a provider that was compiled with another version: both'],
    ["$load_older${ours}SharedSessionStore answer://absent",
     qr{for version 0 .* has version 2}, '... in the other order too'],
    ["$ours${load_older}SharedSessionStore mem://x", qr{unknown scheme; there are redis://},
     '... is none of those there are'],
    ["$ours${load_answer}SharedSessionStore answer://",
     qr{^SharedSessionStore: a word is needed, as in answer://absent}m, 'what the provider refuses'],
    ["$ours${load_answer}SharedSessionStore answer://absent timeout=1s",
     qr{^SharedSessionStore: there are no options}m, 'an option that it has not'],
);
my $test = SHS::Httpd->new(no_module => 1, loglevel => 'notice');
for my $row (@refused) {
    my ($conf, $pattern, $why) = @$row;
    $test->configure("$conf\n");
    my ($code, $said) = $test->check;
    isnt($code, 0, "refused: $why");
    like($said, $pattern, '... in these words') || diag $conf;
}
for my $row (
    ["$ours${load_answer}SharedSessionStore answer://absent", 'the provider is loaded after'],
    ["$load_answer${ours}SharedSessionStore answer://absent", '... or before'],
    ["${ours}SharedSessionStore answer://absent\n$load_answer", '... or after the store is named'],
    ["$load_older$ours${load_files}SharedSessionStore files:///tmp", 'an old provider that is not used'],
    ["$load_files$load_answer", 'providers without mod_shared_session'],
) {
    my ($conf, $why) = @$row;
    $test->configure("$conf\n");
    my ($code, $said) = $test->check;
    is($code, 0, "accepted: $why") || diag $said;
}

# --- a server -------------------------------------------------------------------

my $directory = "$ENV{SHS_TMP}/sessions-$$";
mkdir $directory;
chmod 0777, $directory;

# Two stores on the same files: what one of them writes, the other finds.
sub host {
    my ($name, $store) = @_;
    return <<"CONF";
<VirtualHost *:\${SHS_PORT}>
    ServerName $name.test
    SharedSessionStore $store
    SharedSessionControl On
    <Location /json>
        SharedSessionKey json:%{id}
        SharedSessionFormat json
    </Location>
    <LocationMatch "^(/json)?/session\$">
        SetHandler shared-session
    </LocationMatch>
    <LocationMatch "^(/json|/small)?/probe\$">
        SetHandler session-probe
    </LocationMatch>
    <Location /brief>
        SharedSessionIdleTimeout 1s
    </Location>
    <Location /small>
        SharedSessionMaxSize 1K
    </Location>
</VirtualHost>
CONF
}
sub servers {
    my ($cache, @order) = @_;
    return private_httpd(no_module => 1, conf => join('', @order)
        . "LoadModule session_probe_module $probe\n"
        . "SharedSessionCache $cache\n" . near_places() . host('any', "files://$directory")
        . host('other', "files://$directory timeout=3000")
        . join('', map { host($_, "answer://$_") } qw(found absent malformed unavailable)));
}

my $httpd;
my $json = JSON::PP->new->allow_nonref;
sub ask {
    my ($path, $id, %more) = @_;
    my ($host, $place) = $path =~ m{^(?:(\w+):)?(/.*)};
    return $httpd->get($place, host => ($host // 'any') . '.test',
                       defined $id ? (cookie => "JSESSIONID=$id") : (), %more);
}
sub operate {
    my ($path, $id, @operations) = @_;
    my $r = ask("$path?" . join('&', @operations), $id);
    return ($r, join '|', map { /^\S+ (.*)/ ? $1 : $_ } split /\n/, $r->body);
}
sub resource {
    my ($path, $method, $id, $body) = @_;
    my $r = ask($path, $id, method => $method, $body
        ? (body => $body, headers => [['Content-Type', 'application/json']]) : ());
    return ($r, eval { $json->decode($r->body) });
}
sub file_of { return "$directory/" . unpack 'H*', "$_[0]$_[1]" }
sub stored { return slurp(file_of(@_)) }
# With a near-cache, another store's write is seen a moment later.
sub see {
    my ($path, $id, $name, $wanted, $why) = @_;
    my $is;
    eval { SHS::Process::wait_for($why, 5, sub {
        ($is = ask($path, $id)->note($name) // '') eq $wanted }) };
    is($is, $wanted, $why);
    return;
}

my %prefix = ('' => 'session:', '/json' => 'json:');
sub use_store {
    my ($mode) = @_;
    for my $area (sort keys %prefix) {
        my $called = "$mode " . ($area ? 'json' : 'hash');
        my $prefix = $prefix{$area};

        # By control headers.
        my $r = ask("$area/x/cgi?action=create&set=user%3Danna%26cart%3D1");
        my $id = $r->new_id;
        like($id, qr/^[A-Za-z0-9_-]{43}$/, "$called: a session is created");
        like(stored($prefix, $id), $area ? qr/^S \d+\n\{.*"user":"anna"/ : qr/^F \d+\n.*4 4\nuseranna/s,
             '... in a file');
        $r = ask("$area/x/lua", $id);
        is(join('|', map { $r->note($_) // '' } qw(SHARED_SESSION session.user session.cart)),
           'found|anna|1', '... and found');
        ask("$area/x/cgi?set=user%3Dberta&unset=cart", $id);
        $r = ask("$area/x/lua", $id);
        is(join('|', map { $r->note($_) // '' } qw(session.user session.cart)), 'berta|',
           '... and changed');
        see("other:$area/x/lua", $id, 'session.user', 'berta', '... for the other store too');
        ask("other:$area/x/cgi?set=user%3Dcarla", $id);
        see("$area/x/lua", $id, 'session.user', 'carla', '... whose change is seen here');
        my $new = ask("$area/x/cgi?action=rotate", $id)->new_id;
        isnt($new, $id, '... and rotated');
        is(ask("$area/x/lua", $new)->note('session.user'), 'carla', '... to a new id');
        is(ask("$area/x/lua", $id)->note('session.user'), 'carla', '... where the old one leads');
        my $login = ask("$area/x/cgi?action=create&set=user%3Dadmin", $new)->new_id;
        is(ask("$area/x/lua", $login)->note('session.user'), 'admin', '... and a login continues it');
        is(ask("$area/x/lua", $new)->note('session.user') // '(none)', 'carla',
           '... without telling the old id');
        $r = ask("$area/x/cgi?action=destroy", $login);
        like($r->header('Set-Cookie'), qr/^JSESSIONID=; .*Max-Age=0/, '... and ended');
        is(ask("$area/x/lua", $login)->note('SHARED_SESSION'), 'absent', '... and absent');
        ok(!-e file_of($prefix, $login), '... with its file');
        see("other:$area/x/lua", $login, 'SHARED_SESSION', 'absent', '... for the other store too');

        # By the JSON resource.
        my $is;
        ($r) = resource("$area/session", 'POST', undef, '{"user":"dora","n":1}');
        is($r->code, 201, "$called: POST");
        $id = $r->new_id;
        ($r, $is) = resource("$area/session", 'GET', $id);
        is_deeply([sort map { "$_=$is->{$_}" } keys %$is], ['n=1', 'user=dora'], '... GET');
        ($r, $is) = resource("$area/session", 'PATCH', $id, '{"user":"erna","n":null}');
        is($r->code, 200, '... PATCH');
        ($r, $is) = resource("$area/session", 'GET', $id);
        is_deeply($is, { user => 'erna' }, '... is what GET shows');
        is((resource("$area/session", 'DELETE', $id))[0]->code, 204, '... DELETE');
        is((resource("$area/session", 'GET', $id))[0]->code, 404, '... and it is gone');

        # By the C interface.
        ($r, $is) = operate("$area/probe", undef, 'begin:user=frida', 'get:user');
        is($is, 'DONE|frida(5)', "$called: begin");
        $id = $r->new_id;
        is((operate("$area/probe", $id, 'find', 'set:user=greta', 'change:x=1,-y', 'get:user',
                    'get:x', 'unset:x', 'get:x'))[1],
           'FOUND|DONE|DONE|greta(5)|1(1)|DONE|(none)', '... set, change, unset');
        is((operate("$area/probe", $id, 'destroy', 'find'))[1], 'DONE|ABSENT', '... destroy');
        is((operate("$area/probe", $id, 'set:user=x'))[1], 'GONE', '... and nothing brings it back');
    }
    return;
}

# What the writes promise, on a store that other writers use too.
sub race {
    my ($mode) = @_;
    my $id = (resource('/session', 'POST', undef, '{"n":0}'))[0]->new_id;
    my @pids;
    for my $writer (1 .. 4) {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            operate(($writer % 2 ? '' : 'other:') . '/probe', $id, map { "set:w$writer=$_" } 1 .. 200);
            POSIX::_exit(0);
        }
        push @pids, $pid;
    }
    waitpid $_, 0 for @pids;
    see('/x/lua', $id, "session.w$_", 200, "$mode: the last write of writer $_ is there") for 1 .. 4;
    return;
}

sub limits {
    my ($mode) = @_;
    my $text = 'x' x 700;
    my ($r) = operate('/small/probe', undef, "begin:a=$text");
    my $id = $r->new_id;
    is((operate('/small/probe', $id, "set:b=$text", 'get:b'))[1], 'TOO_LARGE|(none)',
       "$mode: what would be too large together is refused");
    $id = ask('/brief/x/cgi?action=create&set=user%3Danna')->new_id;
    my $expiry = sub { stored('session:', $id) =~ /^F (\d+)/ ? $1 / 1e6 : 0 };
    my $at_first = $expiry->();
    ok(eval { SHS::Process::wait_for('a touch', 5, sub {
        ask('/brief/x/lua', $id)->note('session.user') eq 'anna' && $expiry->() > $at_first }) },
       "$mode: a session of a second is touched");
    SHS::Process::wait_for('its end', 5, sub { time > $expiry->() });
    is(ask('/brief/x/lua', $id)->note('SHARED_SESSION'), 'absent', '... and ends by itself');
    return;
}

sub answers {
    my ($mode) = @_;
    my %wanted = (found => ['found', 'FOUND', 'NO_ANSWER', 200, 503],
                  absent => ['absent', 'ABSENT', 'GONE', 404, 404],
                  malformed => ['malformed', 'MALFORMED', 'UNREADABLE', 500, 500],
                  unavailable => ['unavailable', 'UNAVAILABLE', 'NO_ANSWER', 503, 503]);
    my $id = fresh_id();
    for my $host (sort keys %wanted) {
        my ($word, $find, $set, $get, $patch) = @{ $wanted{$host} };
        my $r = ask("$host:/x/lua", $id);
        is($r->note('SHARED_SESSION'), $word, "$mode: a provider that answers $host");
        is($r->note('session.user') // '', $host eq 'found' ? 'anna' : '', '... with no attribute but its own');
        is((operate("$host:/probe", $id, 'find', 'set:user=x'))[1], "$find|$set", '... to a module');
        is((resource("$host:/session", 'GET', $id))[0]->code, $get, '... to GET');
        is((resource("$host:/session", 'PATCH', $id, '{"a":1}'))[0]->code, $patch, '... to PATCH');
    }
    return;
}

for my $case (['Off', $load_files, $load_answer, $ours], ['On lease=2s', $ours, $load_answer, $load_files]) {
    my ($mode, @order) = @$case;
    my ($cache) = $mode =~ /^(\w+)/;
    $httpd = servers($mode, @order);
    ok($httpd->wait_logged(qr{SHS001: session store files://$directory \(timeout=2000ms; }), "$cache: the store at start");
    if ($cache eq 'On') {
        wait_live($httpd, "near-cache $cache", $_) for 0, 1;
        like($httpd->error_log, qr{SHS001: session store answer://absent \(no options; no near-cache\)},
             '... a provider that cannot track has none');
    }
    use_store("near-cache $cache");
    race("near-cache $cache");
    limits("near-cache $cache");
    answers("near-cache $cache");

    # A damaged file, and one of the other shape.
    my $id = ask('/x/cgi?action=create&set=user%3Danna')->new_id;
    for my $text ("F 0\n4 4\nuser", "F 0\n4 99999999\nuseranna", 'x', '', "S 0\nuser=anna") {
        $httpd->write('../' . substr(file_of('session:', $id), length "$ENV{SHS_TMP}/"), $text);
        my $line = unpack('H*', "session:$id") . "\n";
        open my $out, '>>', "$directory/changes" or die $!;
        print $out $line;
        close $out;
        see('/x/lua', $id, 'SHARED_SESSION', 'malformed', "$cache: a damaged file is malformed");
    }
    unlike($httpd->error_log, qr/SHS003/, '... and the store is not down');

    # The directory is gone for a moment.
    $id = ask('/x/cgi?action=create&set=user%3Danna')->new_id;
    rename $directory, "$directory.away" or die $!;
    my $fresh = fresh_id();
    is(ask('/x/lua', $fresh)->note('SHARED_SESSION'), 'unavailable',
       "$cache: without its directory the store is unavailable");
    ok($httpd->wait_logged(qr{SHS003: the session store files://$directory is unavailable: the directory cannot be read}),
       '... which the log says');
    is((operate('/probe', $fresh, 'find', 'begin:user=x'))[1], 'UNAVAILABLE|NO_ANSWER', '... for writes too');
    like($httpd->get('/status')->body, qr{<td>Directory</td><td>&lt;not readable&gt;</td>},
         '... and the status page, which has no markup of a provider');
    rename "$directory.away", $directory or die $!;
    see('/x/lua', $fresh, 'SHARED_SESSION', 'absent', '... and then available');
    ok($httpd->wait_logged(qr{SHS004: the session store files://$directory is available again}),
       '... which the log says');
    is(scalar(() = $httpd->error_log =~ /SHS003: \S+ session store files/g), 1, '... each of them once');

    my $is = status($httpd);
    is($is->{''} // $is->{Directory}, 'readable', "$cache: the provider's report");
    cmp_ok($is->{Reads}, '>', 50, '... its counter of all children');
    if ($cache eq 'On') {
        wait_live($httpd, "$cache: it is live again");
        ask('/x/lua', $id);
        my $wrong = 0;
        my ($before, $after);
        ok(eval { SHS::Process::wait_for('hits', 5, sub {
            $before = status($httpd);
            $wrong += ask('/x/lua', $id)->note('session.user') ne 'anna' for 1 .. 5;
            $after = status($httpd);
            $after->{Reads} == $before->{Reads} }) }, '... and a hit costs the store nothing');
        is($wrong, 0, '... and is the session');
        is($after->{CacheHits} - $before->{CacheHits}, 5, '... and each counts as a hit');
        $httpd->graceful;
        ok($httpd->wait_logged(qr/graceful restart/i), 'a graceful restart');
        wait_live($httpd, '... after which it is live');
        is(ask('/x/lua', $id)->note('session.user'), 'anna', '... and finds the session');
    }
    ok($httpd->stop, "$cache: the server ends");
}

# --- sessions of other programs ---------------------------------------------------

# What the interface says of them, without mod_shared_session.
my $direct = SHS::Module::build('mod_provider_probe');
$httpd = private_httpd(no_module => 1, conf => one_child() . <<"CONF");
$ours${load_files}LoadModule provider_probe_module $direct
ProviderProbe files://$directory
<Location /direct>
    SetHandler provider-probe
</Location>
CONF
sub direct {
    my ($query) = @_;
    return join '|', split /\n/, $httpd->get("/direct?key=k&$query")->body;
}
sub put {
    my ($key, $text) = @_;
    unlink file_of('', $key);
    SHS::Module::spew(file_of('', $key), $text) if defined $text;
    chmod 0666, file_of('', $key);
    return;
}
sub shown {
    my ($key) = @_;
    return '-' if !-e file_of('', $key);
    my ($kind, $at, $rest) = stored('', $key) =~ /^(.) (\d+)\n(.*)/s;
    return join ' ', $at ? int($at / 1e6 - time + 0.5) : 'forever', $rest =~ s/\n//gr;
}
sub expires { return int((time + $_[0]) * 1e6) }

my $fields = "1 1\na11 1\nb2";
for my $row (
    ['load&name=b&name=x&name=a', qr/^FOUND \d+\|b:2\|a:1$/, 'the fields that were asked for'],
    ['load&name=x', qr/^ABSENT /, 'none of them'],
    ['load&name=a&max=2', qr/^FOUND /, 'as large as they may be'],
    ['load&name=a&max=1', qr/^MALFORMED /, '... and larger'],
) {
    my ($query, $wanted, $why) = @$row;
    put('k', 'F ' . expires(100) . "\n$fields");
    like(direct($query), $wanted, "files: a read: $why");
}
my $touch = 'touch&ttl=600000&due=300000&set=b:3&companion=c&companion-ttl=500000';
my $end = 'remove&exists=a&companion=c&srem=s:m';
for my $row (
    # expiry and fields, companion; result, both afterwards
    [100, $fields, 1, $touch, 'DONE', '600 1 1a11 1b3', '500 ', 'a touch'],
    [400, $fields, 1, $touch, 'DONE', '400 1 1a11 1b2', '100 ', '... is not due'],
    [0, $fields, 1, $touch, 'DONE', 'forever 1 1a11 1b2', '100 ', '... of what has no end'],
    [100, $fields, 0, $touch, 'GONE', '100 1 1a11 1b2', '-', '... without the companion'],
    [100, undef, 1, $touch, 'GONE', '-', '100 ', '... of nothing'],
    [100, $fields, 1, "$touch&equal=a:1", 'DONE', '600 1 1a11 1b3', '500 ', '... of the session that was read'],
    [100, $fields, 1, "$touch&equal=a:2", 'GONE', '100 1 1a11 1b2', '100 ', '... of another one'],
    [100, $fields, 1, $end, 'DONE', '-', '-', 'an end'],
    [100, $fields, 0, $end, 'DONE', '-', '-', '... without a companion'],
    [100, undef, 1, $end, 'GONE', '-', '-', '... of what remains'],
    [100, "1 1\nb2", 1, $end, 'GONE', '100 1 1b2', '100 ', '... of another session'],
    [100, $fields, 1, "$end&set=a:0&keeps=300000", 'DONE', '300 1 1a01 1b2', '-', '... that leaves the key'],
) {
    my ($left, $text, $with, $query, $result, $after, $companion, $why) = @$row;
    put('k', defined $text ? 'F ' . ($left ? expires($left) : 0) . "\n$text" : undef);
    put('c', $with ? 'S ' . expires(100) . "\n" : undef);
    is((split / /, direct($query))[0], $result, "files: $why");
    is(shown('k'), $after, '... the session');
    is(shown('c'), $companion, '... its companion');
}

done_testing;
