# Places that share a store, and not a meaning: what one has stored is no session
# of another, however an id is put together; and httpd -t tells where two places
# can be taken for one another.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my $url = 'redis://127.0.0.1:' . $store->port;
my $extra = 'id-chars=+/=:@!';
my %conf = (near => 1, conf => <<"CONF");
SharedSessionStore $url timeout=5s
SharedSession On
SharedSessionNote session.* *
SharedSessionNote reason \@reason
SharedSessionControl On
<Location /a>
    SharedSessionKey session:%{id}
</Location>
<Location /b>
    SharedSessionKey session:b:%{id}
</Location>
<Location /narrow>
    ErrorDocument 404 /wider/lua
</Location>
<Location /wider>
    SharedSessionCookie JSESSIONID id-chars=:
</Location>
<Location /wider/away>
    ErrorDocument 404 /narrow/lua
</Location>
<Location /wide>
    SharedSessionKey session:%{id}
    SharedSessionCookie JSESSIONID $extra route=none
</Location>
<Location /under>
    SharedSessionKey s_%{id}
</Location>
<Location /under-x>
    SharedSessionKey s_x%{id}
</Location>
<Location /plain>
    SharedSessionKey h:%{id}
</Location>
<Location /hashed>
    SharedSessionKey h:%{sha256:id}
</Location>
<Location /digits>
    SharedSessionKey h:a%{id}
</Location>
<Location /json>
    SharedSessionKey mixed:%{id}
    SharedSessionFormat json
</Location>
<Location /form>
    SharedSessionKey mixed:%{id}
    SharedSessionFormat form
</Location>
CONF
my $httpd = private_httpd(%conf);
my $r;

sub ask {
    my ($place, $id) = @_;
    return $httpd->get("/$place/lua", cookie => "JSESSIONID=$id");
}

# Of the near-cache and of Redis alike: each is asked twice.
sub is_not_found {
    my ($place, $id, $why) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $time (1, 2) {
        my $r = ask($place, $id);
        isnt($r->note('SHARED_SESSION'), 'found', $why) || return;
        is($r->note('session.user'), undef, '... and nothing of it is shown');
    }
    return;
}

my $id = fresh_id();
$store->put_hash("session:b:$id", { user => 'bert' });
is(ask('b', $id)->note('session.user'), 'bert', 'a session of one place');
is_not_found('a', "b:$id", 'is none of the other by a colon in the id');
is_not_found('wide', "b:$id", '... not even where ids may have colons');
is(ask('wide', "b:$id")->note('reason'),
   "the value's key belongs to another SharedSessionKey", '... and this is said');
my $n = $store->lookups_during(sub { ask('wide', "b:$id") });
is($n, 0, '... and Redis is not asked');
$store->put_hash("session:c:$id", { user => 'carl' });
is(ask('wide', "c:$id")->note('session.user'), 'carl', 'other ids there may have one');

$r = $httpd->get('/narrow/none', cookie => "JSESSIONID=c:$id");
is($r->note('session.user'), 'carl', 'an error document has the ids of its own place');
$r = $httpd->get('/wider/away/none', cookie => "JSESSIONID=c:$id");
is($r->note('SHARED_SESSION'), 'none', '... and none that only the other may have');

my $under = 'x' . fresh_id();
$store->put_hash("s_$under", { user => 'emil' });
is_not_found('under', $under, 'without a special character too');
is(ask('under-x', substr $under, 1)->note('session.user'), 'emil',
   '... for the longer prefix has it');

my $secret = fresh_id();
$secret = fresh_id() while sha256_hex($secret) =~ /^a/;
$store->put_hash('h:' . sha256_hex($secret), { user => 'fred' });
is(ask('hashed', $secret)->note('session.user'), 'fred', 'a key that is a digest');
is_not_found('plain', sha256_hex($secret), 'is not opened by the digest');

# A new id is given whose key the other place would not read. Of a hundred
# digests six begin so.
my @made;
for (1 .. 100) {
    my $r = $httpd->get('/hashed/cgi?action=create&set=user%3Dmallory');
    my ($new) = ($r->header('Set-Cookie') // '') =~ /^JSESSIONID=([^;]+)/;
    push @made, $new if !defined $new || sha256_hex($new) =~ /^a/;
}
is_deeply(\@made, [], 'no session is made that the longer prefix has');

# JSON that a form would read attributes from.
$store->put_string("mixed:$id", '{"name":"x&userId=admin&y="}', 600);
is(ask('json', $id)->note('session.name'), 'x&userId=admin&y=', 'a value in JSON');
$r = ask('form', $id);
is($r->note('SHARED_SESSION'), 'malformed', '... is not in the format form');
is($r->note('session.userId'), undef, '... and gives no rights');
is(ask('json', $id)->note('SHARED_SESSION'), 'found', '... whatever is near');
is(ask('form', $id)->note('SHARED_SESSION'), 'malformed', '... of the other format');
my $other = fresh_id();
$store->put_string("mixed:$other", " \n{\"a\":\"&userId=admin&\"}", 600);
is(ask('form', $other)->note('SHARED_SESSION'), 'malformed', '... nor behind blanks');
$httpd->stop;

# What httpd -t and the log tell. A line of the configuration is "httpd.conf:N".
like($httpd->error_log, qr/:warn\].*SHS019: SharedSessionKey session:b:%\{id\}/,
     'the log has the warning too');
is(scalar(() = $httpd->error_log =~ /SHS020: SharedSessionKey mixed/g), 1,
   '... once');

sub warnings_of {
    my ($text) = @_;
    my $h = SHS::Httpd->new(near => 1, conf => $text);
    my ($code, $said) = $h->check;
    is($code, 0, 'accepted') || diag $said;
    my %line;
    my $n = 0;
    $line{ ++$n } = $_ for split /\n/, slurp($h->root . '/httpd.conf');
    # The directive that stands on the line, instead of file and number.
    $said =~ s{\(\S+/httpd\.conf:(\d+)\)}{"<" . ($line{$1} =~ s/^\s+|\s+$//gr) . ">"}ge;
    return join "\n", $said =~ /(SHS0(?:19|20): .*)/g;
}
my $base = "SharedSessionStore redis://127.0.0.1:1\n";
my ($on, $off) = ("SharedSession On\n", "SharedSession Off\n");
sub place { return "<Location /$_[0]>\n$on$_[1]</Location>\n" }

for my $row (
    [place('a', "SharedSessionKey session:%{id}\n") . place('b', "SharedSessionKey session:b:%{id}\n"),
     qr/^SHS019: SharedSessionKey session:b:%\{id\} <SharedSessionKey session:b:%\{id\}> overlaps with session:%\{id\} <SharedSessionKey session:%\{id\}> in the store redis:\/\/127\.0\.0\.1:1\/0: .*give each a prefix/,
     'two prefixes'],
    [place('a', '') . place('b', "SharedSessionKey session:b:%{id}\n"),
     qr/^SHS019: .*overlaps with session:%\{id\} <SharedSession On>/, 'the default is one'],
    [place('a', "SharedSessionFormat json\n") . place('b', "SharedSessionFormat form\n"),
     qr/^SHS020: SharedSessionKey session:%\{id\} in the store \S+ is read as form <SharedSessionFormat form> and as json <SharedSessionFormat json>: .*use one SharedSessionFormat, or give each place a SharedSessionKey/,
     'two formats'],
    [place('a', '') . place('b', "SharedSessionFormat json\n"),
     qr/^SHS020: .*read as json <SharedSessionFormat json> and as hash <SharedSession On>/,
     'the default is one'],
    ["SharedSessionKey a:%{id}\nSharedSessionFormat json\n$on" . place('b', "SharedSessionFormat form\n"),
     qr/^SHS020: SharedSessionKey a:%\{id\} /, 'a key of the whole server'],
    [place('a', "SharedSessionFormat json\n")
     . "<VirtualHost *:2>\n${on}SharedSessionStore redis://127.0.0.1:1/0 timeout=1s\n</VirtualHost>\n",
     qr/^SHS020: /, 'two virtual hosts, and two ways to say one store'],
    [place('a', "SharedSessionKey s:%{id}\n") . place('b', "SharedSessionKey s:%{sha256:id}\n"),
     qr/^SHS019: /, 'an id and a digest under one prefix'],
    [place('a', "SharedSessionKey s:%{id}\n") . "<Directory /b>\nSharedSessionKey s:b:%{id}\n</Directory>\n",
     qr/^SHS019: /, 'a section that On may reach from another'],
    (map { my ($one, $two) = @$_;
           ["<VirtualHost *:2>\n${on}SharedSessionStore $one\nSharedSessionKey s:%{id}\n</VirtualHost>\n"
            . "<VirtualHost *:3>\n${on}SharedSessionStore $two\nSharedSessionKey s:b:%{id}\n</VirtualHost>\n",
            qr/^SHS019: SharedSessionKey s:\S+ <SharedSessionKey s:\S+> overlaps with s:\S+ <SharedSessionKey s:\S+> in the store rediss?[^\n]*$/,
            "$one and $two"] }
     ['redis://localhost:6379/1', 'redis://127.0.0.1/1'], ['redis://127.0.0.1:1/0', 'redis://LocalHost:1'],
     ['redis://[::1]:1/0', 'redis://localhost:1/0'], ['redis://[0:0::1]:1/0', 'redis://127.0.0.1:1/0'],
     ['redis+sentinel://localhost:26379,r2:26379/m/0', 'redis+sentinel://127.0.0.1,R2/m'],
     ['redis+cluster://[::1]:6379,r2:1', 'redis+cluster://localhost,r2:1'],
     ['rediss://localhost:1/0', 'rediss://127.0.0.1:1/0 verify=off']),
    ["<VirtualHost *:2>\n${on}SharedSessionStore redis://localhost:1\n</VirtualHost>\n"
     . "<VirtualHost *:3>\n${on}SharedSessionStore redis://127.0.0.1:1\nSharedSessionFormat json\n</VirtualHost>\n",
     qr/^SHS020: /, 'two formats, and two names of one host'],
    # and nothing where there is nothing to tell
    (map { my ($one, $two) = @$_;
           ["<VirtualHost *:2>\n${on}SharedSessionStore $one\nSharedSessionKey s:%{id}\n</VirtualHost>\n"
            . "<VirtualHost *:3>\n${on}SharedSessionStore $two\nSharedSessionKey s:b:%{id}\n</VirtualHost>\n",
            qr/^$/, "$one and $two are two"] }
     ['redis://localhost:1', 'redis://127.0.0.1:2'], ['redis://localhost:1', 'redis://127.0.0.1:1/1'],
     ['redis://localhost:1', 'redis://127.0.0.2:1'], ['redis://localhost:1', 'redis://localhost.test:1'],
     ['redis://[::1]:1', 'redis://[::2]:1']),
    [place('a', '') . place('b', ''), qr/^$/, 'two places alike'],
    [place('a', "SharedSessionKey session:a:%{id}\n") . place('b', "SharedSessionKey session:b:%{id}\n"),
     qr/^$/, 'prefixes apart: the default is not in use'],
    ["SharedSessionKey session:app:%{id}\n$on" . place('a', ''), qr/^$/,
     '... nor where the server says another'],
    [place('a', "SharedSessionKey j:%{id}\nSharedSessionFormat json\n") . place('b', ''), qr/^$/,
     'two formats of two keys'],
    [place('a', "SharedSessionKey j:%{id}\n") . "<Location /a/b>\nSharedSessionFormat json\nSharedSessionKey k:%{id}\n</Location>\n",
     qr/^$/, 'a place inside another'],
    [place('a', "SharedSessionKey j:%{id}\nSharedSessionFormat json\n") . "<Location /a/b>\nSharedSessionKey k:%{id}\n</Location>\n"
     . place('c', "SharedSessionKey k:%{id}\nSharedSessionFormat json\n"), qr/^$/,
     '... has its format from there'],
    [place('a', '') . "<Location /b>\n${off}SharedSessionFormat json\n</Location>\n", qr/^$/,
     'a place that is Off'],
    [place('a', '') . "<VirtualHost *:2>\n${on}SharedSessionFormat json\nSharedSessionStore redis://127.0.0.1:1/1\n</VirtualHost>\n",
     qr/^$/, 'another database'],
) {
    my ($text, $pattern, $why) = @$row;
    like(warnings_of($base . $text), $pattern, "httpd -t: $why");
}

# One Redis that two virtual hosts call by two names of this host.
$httpd = private_httpd(near => 1, conf => <<"CONF");
SharedSession On
SharedSessionNote session.* *
SharedSessionCookie JSESSIONID $extra route=none
<VirtualHost *:\${SHS_PORT}>
    ServerName one.test
    SharedSessionStore $url timeout=5s
    SharedSessionKey session:b:%{id}
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName two.test
    SharedSessionStore redis://localhost:@{[$store->port]} timeout=5s
    SharedSessionKey session:%{id}
</VirtualHost>
CONF
sub user_of {
    my ($host, $id) = @_;
    return $httpd->get('/x/lua', host => $host, cookie => "JSESSIONID=$id")->note('session.user');
}
is(user_of('one.test', $id), 'bert', 'a session of one virtual host');
is(user_of('two.test', "b:$id"), undef, '... is none of another that calls its Redis by another name');
is(user_of('two.test', "c:$id"), 'carl', '... which reaches it');
$httpd->stop;

# Many virtual hosts with a key each, and a place of the main server in all.
my $hosts = $base . place('all', "SharedSessionFormat json\n");
for my $n (1 .. 1000) {
    $hosts .= "<VirtualHost *:2>\nServerName h$n\nSharedSessionKey h$n:%{id}\n</VirtualHost>\n";
}
my $begun = time;
is(warnings_of($hosts), '', 'a thousand virtual hosts with a key each');
within(time - $begun, 0, 20, '... are looked at in no time worth telling');

done_testing;
