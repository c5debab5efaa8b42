# Several ids in one request. After a logout the user is logged out, whichever
# cookie would be tried next. After a login or a rotation the next request does not
# find another user's session.
use strict;
use warnings;

use SHS;
use SHS::Module;

my $probe = SHS::Module::build('mod_session_probe');
my $store = SHS::Redis->start;
my $httpd = private_httpd(near => 1, conf => <<"CONF");
LoadModule session_probe_module $probe
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s
SharedSession On
SharedSessionNote session.* *
SharedSessionControl On
SharedSessionHeader X-User user
SharedSessionCookie A B __Host-C url=sid path=/app domain=example.org
<Location /session>
    SetHandler shared-session
</Location>
<Location /probe>
    SetHandler session-probe
</Location>
<Location /zero>
    SharedSessionRotateGrace 0
</Location>
<Location /small>
    SharedSessionMaxSize 1K
</Location>
<Location /json>
    SharedSessionKey json:%{id}
    SharedSessionFormat json
</Location>
<LocationMatch ^/(json|small)/session>
    SetHandler shared-session
</LocationMatch>
<LocationMatch ^/(json|small)/probe>
    SetHandler session-probe
</LocationMatch>
CONF
my $port = $httpd->port;

sub session {
    my ($user) = @_;
    my $id = fresh_id();
    $store->put_hash("session:$id", { user => $user });
    $store->cmd('PEXPIRE', "session:$id", 600_000);
    return $id;
}

sub exists_ { return $store->cmd('EXISTS', "session:$_[0]") }

# The cookies that the response takes away, and the one that it gives.
sub cleared {
    my ($r) = @_;
    return sort map { $_->[1] =~ /^([^=]+)=;/ ? $1 : () }
        grep { lc $_->[0] eq 'set-cookie' } @{ $r->{headers} };
}
sub given {
    my ($r) = @_;
    return map { $_->[1] =~ /^A=([^;]+);/ ? $1 : () }
        grep { lc $_->[0] eq 'set-cookie' } @{ $r->{headers} };
}

my %logout = (
    'the resource' => sub { $httpd->get(($_[1] // '') . '/session', method => 'DELETE',
                                        cookie => $_[0]) },
    'a response' => sub { $httpd->get(($_[1] // '') . '/x/cgi?action=destroy',
                                      cookie => $_[0]) },
    'a module' => sub { $httpd->get(($_[1] // '') . '/probe?destroy', cookie => $_[0]) },
);
for my $by (sort keys %logout) {
    my ($one, $two, $three) = map { session($_) } qw(one two three);
    my $gone = fresh_id();
    my $cookies = "A=$one; A=$gone; A=$two; B=$three; x=y";
    is($httpd->get('/x/lua', cookie => $cookies)->note('session.user'), 'one',
       "logout by $by: the first is the session");
    my $r = $logout{$by}->($cookies);
    like($r->code, qr/^20[04]$/, '... is answered') || diag $r->raw;
    is_deeply([map { exists_($_) } $one, $two, $three], [0, 0, 0],
              '... and ends each session');
    is_deeply([cleared($r)], ['A', 'B'], '... and the cookie of each name');
    is($httpd->get('/x/lua', cookie => $cookies)->note('SHARED_SESSION'), 'absent',
       '... so that the next request is not logged in');
}

# An id that leads nowhere any more, as after a rotation without a grace: a logout
# with it removes the cookie, and the session goes on for the new id.
my %nothing = ('the resource' => [404, qr/no such session/], 'a response' => [200, qr/^env /m],
               'a module' => [200, qr/GONE/]);
my $info = sub { scalar(() = $httpd->error_log =~
                        /:info\].*SHS013: the session was not ended: there is none, and its cookie/g) };
for my $by (sort keys %logout) {
    my ($code, $body) = @{ $nothing{$by} };
    my $old = session('one');
    my ($new) = given($httpd->get('/zero/cgi?action=rotate', cookie => "A=$old"));
    ok($new && !exists_($old) && exists_($new), "logout by $by with the id before a rotation");
    my $told = $info->();
    my $r = $logout{$by}->("A=$old; x=y");
    is($r->code, $code, "... is answered $code");
    like($r->body, $body, '... as ever');
    is_deeply([cleared($r)], ['A'], '... and takes the cookie away');
    is($r->header('Cache-Control'), 'no-store', '... which nothing keeps');
    is(exists_($new), 1, '... but not the session');
    is($info->(), $told + 1, '... and the log says so');
    # By another name it may be another application's.
    my $gone = fresh_id();
    is_deeply([cleared($logout{$by}->("B=$gone"))], [], '... of the first name only');
    is_deeply([cleared($logout{$by}->("A=$gone; B=$old"))], ['A'], '... whatever is beside it');
    is_deeply([cleared($logout{$by}->('x=y'))], [], '... and not where there is no id');
    # No answer is something else.
    $gone = fresh_id();
    $httpd->get('/x/lua', cookie => "A=$gone");
    $store->cmd('ACL', 'SETUSER', 'default', 'resetkeys', '~session:none');
    $r = $logout{$by}->("A=$gone");
    $store->cmd('ACL', 'SETUSER', 'default', 'allkeys');
    is($by eq 'a module' ? $r->body =~ /(NO_ANSWER)/ && $1 : $r->code,
       $by eq 'a module' ? 'NO_ANSWER' : 503, '... nor where Redis gives no answer');
    is_deeply([cleared($r)], [], '... and the client keeps its cookie');
    # Each id is asked for in Redis itself, and not only in the near-cache.
    $gone = fresh_id();
    $httpd->get('/x/lua', cookie => "A=$gone");
    my @keys = map { $_->[1] eq 'HGETALL' ? $_->[2] : () } $store->commands_during(sub {
        $logout{$by}->("A=$gone; A=$old") });
    is_deeply([grep { my $key = $_; !grep { $_ eq $key } @keys } "session:$gone", "session:$old"],
              [], '... which Redis was asked for, for each id') || diag "@keys";
}

# What cannot be read ends too: a program that can read it would go on with it.
my $long = 'x' x 2000;
my @unread = (
    ['a string that is no JSON', '/json', sub { $store->put_string("json:$_[0]", '{', 600) }],
    ['... that begins as one that was rotated', '/json', sub {
        $store->put_string("json:$_[0]", '{"@rotated":"', 600) }],
    ['a hash that is too large', '/small', sub {
        $store->put_hash("session:$_[0]", { a => $long }, 600) }],
    ['... and was rotated', '/small', sub {
        $store->put_hash("session:$_[0]", { a => $long, '@rotated' => '' }, 600) }],
    ['a new id of one that is too large', '/small', sub {
        my $new = fresh_id();
        $store->put_hash("session:$new", { a => $long }, 600);
        $store->put_hash("session:$_[0]", { '@rotated' => "session:$new" }, 600);
        return "session:$new";
    }],
);
sub status_of { return $httpd->get("$_[1]/x/lua", cookie => $_[0])->note('SHARED_SESSION') }
for my $by (sort keys %logout) {
    for my $case (@unread) {
        my ($what, $place, $put) = @$case;
        my $bad = fresh_id();
        my @keys = grep { /:/ } $put->($bad), ($place eq '/json' ? 'json' : 'session') . ":$bad";
        is(status_of("A=$bad", $place), 'malformed', "logout by $by: $what");
        my $r = $logout{$by}->("A=$bad; x=y", $place);
        like($r->code, qr/^20[04]$/, '... is answered') || diag $r->raw;
        like($r->body, qr/DONE/, '... as done') if $by eq 'a module';
        is_deeply([map { $store->cmd('EXISTS', $_) } @keys], [map { 0 } @keys], '... ends it');
        is_deeply([cleared($r)], ['A'], '... and its cookie');
        is($r->header('Cache-Control'), 'no-store', '... which nothing keeps');
        is(status_of("A=$bad", $place), 'absent', '... and is known on this host at once');
    }
    # Beside a session, whichever comes first.
    for my $order ("A=%s; B=%s", "B=%s; A=%s") {
        my ($good, $bad) = (session('one'), fresh_id());
        $store->put_hash("session:$bad", { a => $long }, 600);
        my $r = $logout{$by}->(sprintf($order, $order =~ /^A/ ? ($good, $bad) : ($bad, $good)),
                               '/small');
        is_deeply([map { exists_($_) } $good, $bad], [0, 0],
                  "logout by $by ends one that can be read and one that cannot ($order)");
        is_deeply([cleared($r)], ['A', 'B'], '... and both cookies');
    }
    # Another type of value is no session of this format: it stays, and the client
    # is told so; what else there is has ended.
    my ($good, $other) = (session('one'), fresh_id());
    $store->put_string("session:$other", 'an index', 600);
    for my $cookies ("A=$other", "A=$good; B=$other", "A=$other; B=@{[session('two')]}") {
        my @others = map { /=(.*)/ && $1 ne $other ? $1 : () } split /; /, $cookies;
        my $r = $logout{$by}->($cookies);
        is($by eq 'a module' ? $r->body =~ /(UNREADABLE)/ && $1 : $r->code,
           $by eq 'a module' ? 'UNREADABLE' : 500, "logout by $by: another type of value");
        is(exists_($other), 1, '... is left alone');
        is_deeply([cleared($r)], [], '... the client keeps its cookies');
        is_deeply([map { exists_($_) } @others], [map { 0 } @others], '... and a session has ended');
    }
}
# A condition that is not met is none that what cannot be read would meet.
{
    my $bad = fresh_id();
    $store->put_string("json:$bad", '{', 600);
    my $delete = sub { $httpd->get('/json/session', method => 'DELETE', cookie => "A=$bad",
                                   headers => [[@_]])->code };
    is($delete->('If-Match', '"tag"'), 412, 'DELETE of what cannot be read, if it has a tag');
    is($delete->('If-None-Match', '*'), 412, '... if there is nothing');
    is($store->cmd('EXISTS', "json:$bad"), 1, '... and it is there still');
    is($delete->('If-Match', '*'), 204, '... if there is something');
    is($store->cmd('EXISTS', "json:$bad"), 0, '... which ends it');
}
# A login is no logout: what another cookie leads to, and cannot be read, is no
# session that could come before the new one.
{
    my ($good, $bad) = (session('one'), fresh_id());
    $store->put_hash("session:$bad", { a => $long }, 600);
    $httpd->get('/small/x/cgi?action=rotate', cookie => "A=$bad; A=$good");
    is(exists_($bad), 1, 'a new id leaves what cannot be read alone');
}

# How the cookies are taken away: where they were set, and as browsers want it.
my ($one, $two) = map { session($_) } qw(one two);
my $r = $httpd->get('/session', method => 'DELETE', cookie => "B=$one; __Host-C=$two");
my $ended = 'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
is_deeply([map { $_->[1] } grep { lc $_->[0] eq 'set-cookie' } @{ $r->{headers} }],
          ["A=; Path=/app; Domain=example.org; $ended; HttpOnly; SameSite=Lax",
           "B=; Path=/app; Domain=example.org; $ended; HttpOnly; SameSite=Lax",
           "__Host-C=; Path=/; $ended; Secure; HttpOnly; SameSite=Lax"],
          'with path and domain, but for a name that cannot have them');
is(exists_($one) + exists_($two), 0, '... and both have ended');

# A name whose id leads nowhere may be another application's.
$one = session('one');
$r = $httpd->get('/session', method => 'DELETE', cookie => "A=$one; B=" . fresh_id());
is_deeply([cleared($r)], ['A'], 'a cookie that leads to no session is left alone');

# Whatever brings the id.
for my $row (["B=%s", "A=%s; B=%s", '/session', 'the second name beside the first'],
             ["A=%s", "A=%s, A=%s", '/session', 'a second Cookie line']) {
    my (undef, $cookies, $path, $why) = @$row;
    my @id = (session('one'), session('two'));
    $httpd->get($path, method => 'DELETE', cookie => sprintf $cookies, @id);
    is_deeply([map { exists_($_) } @id], [0, 0], "logout ends both: $why");
}
($one, $two) = map { session($_) } qw(one two);
$httpd->get("/session/x;sid=$two", method => 'DELETE', cookie => "A=$one");
is(exists_($one) + exists_($two), 0, 'logout ends both: the path parameter');

# An id and what it was rotated to; what a login has left behind.
for my $query ('action=rotate', 'action=create&set=role%3Dadmin') {
    my $old = session('one');
    my ($new) = given($httpd->get("/x/cgi?$query", cookie => "A=$old"));
    ok($new && exists_($old) && exists_($new), "$query: an old and a new id");
    $httpd->get('/session', method => 'DELETE', cookie => "A=$new; B=$old");
    is(exists_($new) + exists_($old), 0, '... and logout ends both');
}

# What logins and rotations have left behind ends with a logout by the last id.
for my $more ('', 'action=rotate', 'action=create&set=role%3Dchef') {
    my @id = (session('one'));
    for my $query ('action=create&set=role%3Dadmin', $more || ()) {
        push @id, given($httpd->get("/x/cgi?$query", cookie => "A=$id[-1]"));
    }
    $httpd->get('/session', method => 'DELETE', cookie => "A=$id[-1]");
    is_deeply([map { $httpd->get('/x/lua', cookie => "A=$_")->note('session.user') // 'none' } @id],
              [('none') x @id], "a login, then '$more': logout leaves nothing of the user");
}

# A login while a cookie of the same name for a longer path comes first.
for my $query ('action=create&set=role%3Dadmin', 'action=rotate') {
    for my $order ('longest', 'short', 'third') {
        my ($one, $two) = map { session($_) } qw(one two);
        my $r = $httpd->get("/x/cgi?$query", cookie => "A=$one; A=$two");
        my ($new) = given($r);
        my $next = $order eq 'longest' ? "A=$new; A=$two"
                 : $order eq 'short'   ? "A=$one; A=$new" : "A=$one; A=$two; A=$new";
        my $now = $httpd->get('/x/lua', cookie => $next);
        is($now->note('session.user'), 'one', "$query: next is the same user ($next)");
        is($now->note('session.role'), $query =~ /role/ ? 'admin' : undef,
           '... with what came with it');
        $store->cmd('DEL', "session:$one"); # the grace is over
        is($httpd->get('/x/lua', cookie => $next)->note('session.user'), 'one',
           '... also when the old id leads nowhere any more');
    }
}

# The session's own earlier id is no other session, within one request either.
for my $what ('rotate&rotate', 'begin:role=admin&rotate', 'rotate&begin:role=admin') {
    my $old = session('one');
    my $r = $httpd->get("/probe?$what", cookie => "A=$old");
    is(scalar(() = $r->body =~ /DONE/g), 2, "$what: both are done") || diag $r->body;
    my ($new) = given($r);
    is($httpd->get('/x/lua', cookie => "A=$old; A=$new")->note('session.user'), 'one',
       '... with the session that there was');
    is(exists_($old), 1, '... and requests under way with the old id go on');
}

# A session under another cookie name may be another application's and stays.
($one, $two) = map { session($_) } qw(one two);
$r = $httpd->get('/x/cgi?action=create&set=role%3Dadmin', cookie => "A=$one; B=$two");
is(exists_($two), 1, 'a login leaves what a later name leads to alone');
is_deeply([cleared($r)], [], '... and its cookie');
is($httpd->get('/x/lua', cookie => "A=@{[given($r)]}; B=$two")->note('session.role'),
   'admin', '... for it comes behind the new one');

# When one of them cannot be ended, the client is told that it is not logged out.
($one, $two) = map { session($_) } qw(one two);
my $cookies = "A=$one; B=$two";
$httpd->get('/x/lua', cookie => $cookies);
$store->cmd('ACL', 'SETUSER', 'default', 'resetkeys', "~session:$one");
$r = $httpd->get('/session', method => 'DELETE', cookie => $cookies);
$store->cmd('ACL', 'SETUSER', 'default', 'allkeys');
is($r->code, 503, 'one session cannot be ended: 503');
is_deeply([cleared($r)], [], '... and the client keeps its cookies');
is($httpd->get('/session', method => 'DELETE', cookie => $cookies)->code, 204,
   '... and can try it again');
is(exists_($one) + exists_($two), 0, '... with success');

# One id costs no command more: it is looked up and ended.
$one = session('one');
$httpd->get('/x/lua', cookie => "A=$one");
my @commands = map { $_->[1] } $store->commands_during(sub {
    $httpd->get('/session', method => 'DELETE', cookie => "A=$one; x=y") });
is_deeply([grep { /^(?:HGETALL|EVAL)$/ } @commands], [qw(HGETALL EVAL)],
          'one id: one lookup and one command that ends it') || diag "@commands";

done_testing;
