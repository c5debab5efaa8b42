# httpd's own mod_session and mod_auth_form over mod_session_shared: a session or
# login of one server is one of the other; a login gives a new id; an attribute that
# did not change is not written, and one that did is written alone; a session that
# has expired by mod_session's own clock does not exist; and a visitor without
# attributes gets no session.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use SHS;
use Time::HiRes qw(time);

my $store = SHS::Redis->start;
my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
my $glue = $ENV{SHS_MODULE} =~ s/mod_shared_session/mod_session_shared/r;
my $load = join '', map { "LoadModule ${_}_module $modules/mod_$_.so\n" }
    qw(session request auth_form authn_file);
$load .= "LoadModule session_shared_module $glue\n";

my $auth = <<'CONF';
    AuthType Form
    AuthName realm
    AuthFormProvider file
    AuthUserFile ${HOME_DIR}/users
    Session On
CONF
my %conf = (
    files => { users => 'alice:{SHA}' . sha1_base64('SeCrEt-alice') . "=\n",
               'htdocs/hello.html' => "hello\n" },
    conf => $load . <<"CONF");
LogLevel session_shared:trace8 session:trace8
SharedSession On
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s
SharedSessionNote session.* *
<Location /private>
$auth
    AuthFormLoginRequiredLocation /login
    Require valid-user
</Location>
<Location /dologin>
    SetHandler form-login-handler
$auth
    AuthFormLoginSuccessLocation /private/lua
    AuthFormLoginRequiredLocation /login
</Location>
<Location /logout>
    SetHandler form-logout-handler
    AuthName realm
    AuthFormLogoutLocation /bye
    Session On
</Location>
<Location /app>
    Session On
    SessionEnv On
    SessionHeader X-Replace-Session
</Location>
<Location /aged>
    Session On
    SessionEnv On
    SessionHeader X-Replace-Session
    SessionMaxAge 1800
    ErrorDocument 404 /plain/lua
</Location>
<Location /aged/changed>
    ErrorDocument 404 /app/cgi?replace=a%3D1%26c%3D3
</Location>
<Location /plain>
    Session On
</Location>
<Location /off>
    Session Off
    SessionHeader X-Replace-Session
</Location>
<Location /foreign>
    SharedSession Off
    Session On
    SessionHeader X-Replace-Session
</Location>
<Location /named>
    Session On
    SessionHeader X-Other-Header
</Location>
<Location /denied>
    Session On
    SessionHeader X-Replace-Session
    Require all denied
    ErrorDocument 403 /app/lua
</Location>
CONF
my %server = map { $_ => private_httpd(%conf) } qw(A B);

# ask('A', path, id, more)
sub ask {
    my ($where, $path, $id, %more) = @_;
    return $server{$where}->get($path, %more,
                                defined $id ? (cookie => "JSESSIONID=$id") : ());
}
sub entries {
    my %is = %{ $store->session($_[0]) };
    delete @is{ grep { /^\@/ } keys %is };
    return \%is;
}
sub env { return join '&', sort split /&/, $_[0]->env('HTTP_SESSION') // 'none' }
sub replace {
    my ($where, $id, $pairs, $place) = @_;
    return ask($where, ($place // '/app') . '/cgi?replace='
               . $pairs =~ s/([&=%])/sprintf '%%%02X', ord $1/ger, $id);
}
sub login {
    my ($where, $id, $password) = @_;
    return ask($where, '/dologin', $id, method => 'POST',
               headers => [['Content-Type', 'application/x-www-form-urlencoded']],
               body => 'httpd_username=alice&httpd_password=' . ($password // 'SeCrEt-alice'));
}
sub writes {
    my ($code) = @_;
    return grep { $_->[1] eq 'EVAL' } $store->commands_during($code);
}

# --- visitors ---------------------------------------------------------------------

for my $path (qw(/app/cgi /aged/cgi /plain/lua /private/lua)) {
    my $r;
    my @writes = writes(sub { $r = ask('A', $path) });
    is($r->header('Set-Cookie'), undef, "$path: a visitor without a session gets no cookie");
    is(scalar @writes, 0, '... and no session');
    @writes = writes(sub { $r = ask('A', $path, fresh_id()) });
    is(scalar @writes, 0, '... also with the cookie of none');
    is($r->header('Set-Cookie'), undef, '... which is left alone');
}
is($store->cmd('DBSIZE'), 0, 'nothing is in Redis');

# --- a logout whose session is not there, or cannot be read ------------------------

for my $path (qw(/app/cgi?replace= /logout)) {
    my $is = fresh_id();
    my $r = ask('A', $path, $is);
    is(($r->header('Set-Cookie') // 'none') =~ s/;.*//sr, 'JSESSIONID=',
       "$path: a logout takes the cookie of none away");
    for my $value ("\0serialized", 'x' x 70_000) {
        $store->cmd('DEL', "session:$is");
        $store->put_hash("session:$is", { a => $value }, 600);
        is(ask('A', '/aged/cgi', $is)->header('Set-Cookie'), undef, '... a page leaves what cannot be read');
        is($store->cmd('EXISTS', "session:$is"), 1, '... where it is');
    }
    $r = ask('A', $path, $is);
    is(($r->header('Set-Cookie') // 'none') =~ s/;.*//sr, 'JSESSIONID=', '... a logout ends it');
    is($store->cmd('EXISTS', "session:$is"), 0, '... in Redis');
    $store->put_string("session:$is", 'an index', 600);
    $r = ask('A', $path, $is);
    is($r->code, 500, '... another type of value is refused');
    is($r->header('Set-Cookie'), undef, '... with the cookie kept');
    is($store->cmd('EXISTS', "session:$is"), 1, '... and left alone');
    $store->cmd('DEL', "session:$is");
}

# --- SessionHeader, SessionEnv ------------------------------------------------------

my $planted;
my $r = replace('A', undef, 'a=1&b=2');
is($r->code, 200, 'SessionHeader begins a session');
unlike($r->raw, qr/X-Replace-Session/i, '... and is taken out');
my $id = $r->new_id;
like($id, qr/^[A-Za-z0-9_-]{43}$/, '... with an id in a cookie');
is_deeply(entries($id), { a => 1, b => 2 }, '... each entry is an attribute');
is(env(ask('B', '/app/cgi', $id)), 'a=1&b=2', '... SessionEnv shows it on the other server');
is(ask('B', '/plain/lua', $id)->note('session.a'), 1, '... and so does SharedSessionNote');
my $brought = fresh_id();
$r = replace('A', $brought, 'a=1');
isnt($r->new_id, $brought, 'an id that the client brought is not taken');
is($store->cmd('EXISTS', "session:$brought"), 0, '... nor is it in Redis');

is(scalar writes(sub { ask($_, '/app/cgi', $id) for qw(A B A) }), 0,
   'without a change nothing is written');
is(scalar writes(sub { replace('B', $id, 'a=1') }), 0, '... nor where the same is set');
my @writes = writes(sub { $r = replace('B', $id, 'b=3') });
is(scalar @writes, 1, 'a change is one write');
ok(!(grep { $_ eq 'a' } @{ $writes[0] }), '... of what has changed alone');
is($r->header('Set-Cookie'), undef, '... with no new cookie');
is_deeply(entries($id), { a => 1, b => 3 }, '... and is made');
replace('A', $id, 'a=&c=x%26y');
is(env(ask('B', '/app/cgi', $id)), 'b=3&c=x%26y', 'an entry is removed, another set');
$r = replace('A', $id, 'b=&c=');
is($store->cmd('EXISTS', "session:$id"), 0, 'a session without entries has ended');
like($r->header('Set-Cookie') // '', qr/^JSESSIONID=;/, '... and so has its cookie');

# Changes of different entries at the same time, on both servers.
$id = replace('A', undef, 'n=0')->new_id;
my @pids = map { my $w = $_;
    SHS::Process::fork_child("writer $w", sub {
        replace($w % 2 ? 'A' : 'B', $id, "w$w-$_=1") for 1 .. 10;
    }) } 1 .. 4;
for (@pids) {
    waitpid $_, 0;
    SHS::Process::forget($_);
}
is(scalar(keys %{ entries($id) }), 41, 'four writers, ten entries each: all are kept');

# A program's header counts by the words of its own place, also where its response
# leads to another page.
for my $place (qw(/nowhere /plain /off /foreign /named)) {
    for my $to (qw(/app/lua /denied/lua)) {
        my $there = $store->cmd('DBSIZE');
        $planted = fresh_id();
        $store->put_hash("session:$planted", { cart => 7 });
        for my $with (undef, $planted) {
            $r = ask('A', "$place/cgi?location=$to&replace=userId%3Dadmin", $with);
            is($r->new_id, 'none', "SessionHeader of $to is not for $place: no login");
            unlike($r->raw, qr/^X-Replace-Session/mi, '... and the header does not get out');
        }
        is_deeply(entries($planted), { cart => 7 }, '... nor a change');
        is($store->cmd('DBSIZE'), $there + 1, '... nor a session');
    }
}
ok($server{A}->wait_logged(qr/:warn\] .*SHS014: .*X-Replace-Session.*ignored/),
   '... as the log says');
$r = ask('A', '/app/cgi?location=/app/cgi&replace=userId%3Danna');
is(entries($r->new_id)->{userId}, 'anna', '... that of its own place is obeyed');

# --- SessionMaxAge -------------------------------------------------------------------

my $expiry = 'mod_session-expiry';
$r = replace('A', undef, 'a=1', '/aged');
$id = $r->new_id;
my $left = $store->session($id)->{$expiry} / 1e6 - time;
ok($left > 2080 && $left <= 2100, 'SessionMaxAge: the expiry is stored, and a sixth') || diag $left;
is(scalar writes(sub { ask($_, '/aged/cgi', $id) for qw(A B) }), 0,
   '... and not at each request');
$store->cmd('HSET', "session:$id", $expiry, int((time + 1810) * 1e6));
is(scalar writes(sub { ask($_, '/aged/cgi', $id) for qw(A B) }), 0,
   '... nor while more than SessionMaxAge is left');
$store->cmd('HSET', "session:$id", $expiry, int((time + 1800) * 1e6));
is(scalar writes(sub { ask('B', '/aged/cgi', $id) }), 1, '... but when just that is left');
$left = $store->session($id)->{$expiry} / 1e6 - time;
ok($left > 2080 && $left <= 2100, '... anew') || diag $left;
# The expiry of a place without SessionMaxAge is that of the other.
my $was = $store->session($id)->{$expiry};
my @written = writes(sub { replace('A', $id, 'a=1&b=2', '/app') });
is(scalar @written, 1, '... elsewhere a change is written');
is($store->session($id)->{$expiry}, $was, '... and the expiry stays');
is(scalar(grep { $_ eq $expiry } map { @$_ } @written), 0,
   '... because it is not written: another request may have extended it');
is(scalar writes(sub { ask('A', '/aged/missing', $id) for 1 .. 5 }), 0,
   '... also behind an error in the other: nothing is written');
is($store->session($id)->{$expiry}, $was, '... and the expiry stays');
is(scalar writes(sub { ask('A', '/aged/changed/missing', $id) for 1 .. 5 }), 1,
   '... a change is written there');
is(entries($id)->{c}, 3, '... indeed');
$left = $store->session($id)->{$expiry} / 1e6 - time;
ok($left <= 2100, '... and the expiry is that of one use, not of five') || diag $left;
is(env(ask('A', '/aged/cgi', $id)) =~ /\ba=1\b/, 1, '... the session goes on');

# Redis refuses writes.
$store->cmd('HSET', "session:$id", $expiry, int((time + 1700) * 1e6));
$store->cmd('CONFIG', 'SET', 'min-replicas-to-write', 1);
is(ask('A', '/aged/cgi', $id)->code, 200, 'the expiry cannot be written: a page is sent');
is(replace('A', $id, 'a=7', '/aged')->code, 503, '... but not that of a change');
my $hidden = fresh_id();
$store->cmd('CONFIG', 'SET', 'min-replicas-to-write', 0);
$store->put_hash("session:$hidden", { user => "\0\5serialized" });
$store->cmd('CONFIG', 'SET', 'min-replicas-to-write', 1);
is(ask('A', '/logout', $hidden)->code, 503,
   '... nor that of a logout, even if mod_session sees no entry');
$store->cmd('CONFIG', 'SET', 'min-replicas-to-write', 0);
is(scalar writes(sub { ask('A', '/aged/cgi', $id) }), 1, '... and it is written later');

$store->cmd('HSET', "session:$id", $expiry, int((time - 1) * 1e6));
unlike(env(ask('A', '/app/cgi', $id)), qr/\ba=1\b/, 'one whose time is over is empty');
is($store->cmd('EXISTS', "session:$id"), 0, '... and has ended');
is(ask('B', '/plain/lua', $id)->note('SHARED_SESSION'), 'absent', '... everywhere');
$id = replace('A', undef, 'a=1', '/aged')->new_id;
$store->cmd('HSET', "session:$id", $expiry, int((time - 1) * 1e6));
my $next = replace('B', $id, 'z=1', '/aged')->new_id;
isnt($next, $id, 'what begins in its place has another id');
is(entries($next)->{a}, undef, '... and nothing of the old one');
is(entries($next)->{z}, 1, '... but its own');
is($store->cmd('EXISTS', "session:$id"), 0, '... the old one is gone');

# --- mod_auth_form -------------------------------------------------------------------

$r = ask('A', '/private/lua');
is($r->code, 302, 'a visitor that has not logged in is sent to the login');
is($r->header('Location'), '/login', '... that is there');
$r = login('A', undef, 'wrong');
is($r->header('Set-Cookie'), undef, 'a wrong password gives no cookie');
$r = login('A');
is($r->code, 302, 'a login on A');
is($r->header('Location'), '/private/lua', '... that succeeds');
$id = $r->new_id;
is($store->session($id)->{'realm-user'}, 'alice', '... is a session');
is($r->header('Cache-Control'), 'no-store', '... whose cookie no cache may store');
for my $where (qw(A B)) {
    is(ask($where, '/private/lua', $id)->code, 200, "... and is known on $where");
}
is(ask('B', '/private/lua', fresh_id())->code, 302, '... not with another id');
is(scalar writes(sub { ask($_, '/private/lua', $id) for qw(A B A) }), 0,
   '... and its pages write nothing');

$r = ask('A', '/logout', $id);
is($store->cmd('EXISTS', "session:$id"), 0, 'a logout on A ends the session');
like($r->header('Set-Cookie') // '', qr/^JSESSIONID=;/, '... and the cookie');
is(ask('B', '/private/lua', $id)->code, 302, '... on B at once');

my @both = map { login($_)->new_id } qw(A B);
my $both = "$both[0]; JSESSIONID=$both[1]";
is(ask('A', '/private/lua', $both)->code, 200, 'two logins of one browser');
ask('A', '/logout', $both);
is_deeply([map { $store->cmd('EXISTS', "session:$_") } @both], [0, 0],
          '... which a logout ends both');
is(ask('B', '/private/lua', $both)->code, 302, '... on B at once');

# Fixation: the id before the login is not the one after it.
$planted = replace('A', undef, 'cart=7')->new_id;
$r = login('B', $planted);
$id = $r->new_id;
isnt($id, $planted, 'a login gives a new id');
is(entries($id)->{cart}, 7, '... to the session that was there');
is(ask('A', '/private/lua', $id)->code, 200, '... which is logged in');
for my $where (qw(A B)) {
    is(ask($where, '/private/lua', $planted)->code, 302,
       "... the id before it is not, on $where");
}
is($store->session($planted)->{'realm-user'}, undef, '... nor does Redis say so');
my $again = login('A', $id)->new_id;
is(ask('B', '/private/lua', $again eq 'none' ? $id : $again)->code, 200,
   'a second login is one too');

# The same by SessionHeader: a backend that logs its user in by a name of its own.
for my $name (qw(userId USER_ID user-id User.Name my-realm-user my-realm-pw X-User REALM-PW login email
                 role isAdmin)) {
    $planted = replace('A', undef, 'cart=7')->new_id;
    my $new = replace('B', $planted, "$name=alice")->new_id;
    isnt($new, 'none', "SessionHeader adds $name: a new id");
    is_deeply(entries($new), { cart => 7, $name => 'alice' }, '... for what was there, and it');
    unlike(env(ask($_, '/app/cgi', $planted)), qr/alice/, "... the id before sees none of it, on $_")
        for qw(A B);
    is(replace('A', $planted, 'late=1')->code, 503, '... and changes nothing');
    my $other = replace('A', $new, "$name=berta")->new_id;
    isnt($other, 'none', '... a change of it: a new id again');
    unlike(env(ask('B', '/app/cgi', $new)), qr/berta/, '... that alone sees it');
    is(replace('A', $other, 'note=1')->new_id, 'none', '... a change of another keeps the id');
    is(replace('A', $other, "$name=berta")->new_id, 'none', '... and so does the same again');
}
for my $name (qw(cart userAgent users lastLogin pwned puser)) {
    $planted = replace('A', undef, 'n=0')->new_id;
    is(replace('B', $planted, "$name=1")->new_id, 'none', "$name is no user: the id stays");
}
for my $expires (0, 1) {
    $planted = fresh_id();
    $store->cmd('HSET', "session:$planted", '@created', int(time * 1000), '@max', 1800,
                $expires ? ($expiry => int((time + 900) * 1e6)) : ());
    my $new = replace('A', $planted, 'other=alice')->new_id;
    isnt($new, 'none', 'the first attribute of an empty session: a new id');
    is(entries($new)->{other}, 'alice', '... that has it');
    is($store->session($planted)->{other}, undef, '... and the id before has not');
}

# Its time is over, by mod_session.
$id = $again eq 'none' ? $id : $again;
$store->cmd('HSET', "session:$id", $expiry, int((time - 1) * 1e6));
is(ask('B', '/private/lua', $id)->code, 302, 'a login whose time is over is none');
is($store->cmd('EXISTS', "session:$id"), 0, '... and has ended');

# --- trouble ----------------------------------------------------------------------------

$id = replace('A', undef, 'a=1')->new_id;
my $before = entries($id);
my @keys = sort @{ $store->cmd('KEYS', '*') };
$store->cmd('CONFIG', 'SET', 'maxmemory', 1);
$r = login('A');
is($r->code, 503, 'Redis takes no write: a login is answered 503');
is($r->header('Retry-After'), 5, '... to be tried again');
is($r->header('Set-Cookie'), undef, '... without a cookie');
is_deeply([sort @{ $store->cmd('KEYS', '*') }], \@keys, '... and no session with one');
$r = replace('A', $id, 'a=2');
is($r->code, 503, '... and so is a change');
is_deeply(entries($id), $before, '... which is not made');
$store->cmd('CONFIG', 'SET', 'maxmemory', 0);
ok($server{A}->wait_logged(qr/SHS017: .*was not saved/), '... and SHS017 says so');
replace('A', $id, 'a=2');
is(entries($id)->{a}, 2, 'then it is');

$id = login('A')->new_id;
is(ask('A', '/private/lua', $id)->code, 200, 'a login before Redis dies');
$store->stop('KILL');
$r = ask('A', '/private/lua', $id);
isnt($r->code, 200, 'without Redis no user is logged in') || diag $r->body;
$r = login('B');
is($r->header('Set-Cookie'), undef, '... nor gets the cookie of a login');
$store->run;
SHS::Process::wait_for('the store to be asked again', 20, sub {
    ($r = login('B'))->new_id ne 'none' });
is(ask('A', '/private/lua', $r->new_id)->code, 200, 'when it is back a login works');

# Without mod_shared_session it loads, and says what is missing.
my $alone = private_httpd(no_module => 1, loglevel => 'notice',
                          files => { 'htdocs/x.html' => "page\n" },
                          conf => $load . "<Location />\nSession On\n</Location>\n");
is($alone->get('/x.html')->body, "page\n", 'without mod_shared_session pages are served');
ok($alone->wait_logged(qr/SHS017: mod_session_shared needs mod_shared_session/),
   '... and SHS017 says what is missing');

for my $server (values %server, $alone) {
    is(scalar $server->logged(qr/exit signal/), 0, 'no child has died');
    unlike($server->error_log, qr/SeCrEt/, 'no id or password in the log');
}

done_testing;
