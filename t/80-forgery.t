# The same with worker as with event.
#
# No client can pretend: headers the module may set never come from outside, in
# no spelling, also where the module is Off; nor can a client have ours removed.
use strict;
use warnings;

use SHS;
use SHS::Module;

my $id = hash_session(user => 'anna', role => 'chef');

sub at {
    my ($path, %more) = @_;
    return get($path, host => 'forge.test', %more);
}

# Every name that CGI, WSGI or a servlet could take for ours.
sub like_ours {
    my ($r, $kind) = @_;
    return [ grep { (my $n = lc) =~ tr/a-z0-9/-/c;
                    $n =~ /^(?:http-)?x-(?:user|session|elsewhere)/ }
             $r->names($kind) ];
}

my @spellings = qw(X-User x-user X-USER X_User x_user X_USER X-user X.User
    X-Session-Role x-session-role X_Session_Role X-Session_Role
    X-Session-Anything X-SESSION- X_SESSION_ X-Elsewhere x_elsewhere);
for my $name (@spellings) {
    my @forged = (headers => [[$name, 'forged']]);
    for my $row (['/off', 'where the module is Off'], ['/x', 'in no place'],
                 ['/on', 'where it is On, without a cookie'],
                 ['/on/none', 'where the header list was cleared']) {
        my ($path, $where) = @$row;
        subtest "$name from a client, $where" => sub {
            my $mark = log_mark();
            is_deeply(like_ours(at("$path/backend", @forged), 'header'), [],
                      'does not reach a backend');
            log_like($mark, qr/SHS008: /, 'SHS008 tells so');
            unlike(log_since($mark), qr/forged/, '... without the value');
            is_deeply(like_ours(at("$path/lua", @forged), 'header'), [],
                      'nor a handler');
            is_deeply(like_ours(at("$path/cgi", @forged), 'env'), [],
                      'nor CGI');
        };
    }
    my $r = at('/on/backend', @forged, cookie => "JSESSIONID=$id");
    is($r->hdr('X-User'), 'anna', "$name beside a session: ours is there");
    is($r->hdr('X-Session-Role'), 'chef', '... the wildcard too');
    unlike($r->body, qr/forged/, '... and the forged one is nowhere');
    is(at('/on/cgi', @forged, cookie => "JSESSIONID=$id")->env('HTTP_X_USER'),
       'anna', '... CGI sees ours');
}

# Several at once, folded lines, and what merely looks alike.
my $r = at('/off/backend', headers => [map { [$_, 'forged'] } @spellings]);
is_deeply(like_ours($r, 'header'), [], 'all spellings at once');
$r = at('/off/backend', headers => [['X-Users', 'mine'], ['XX-User', 'mine'],
                                    ['X-Use', 'mine'], ['My-X-User', 'mine'],
                                    ['X-Sess', 'mine'], ['XUser', 'mine']]);
is($r->hdr($_), 'mine', "$_ is another header and passes")
    for qw(X-Users XX-User X-Use My-X-User X-Sess XUser);
$r = get('/x/backend', host => 'forge-other.test',
         headers => [['X-User', 'mine']]);
is($r->hdr('X-User'), 'mine', "another virtual host's names are not taken");

# Connection: a client names our header as hop-by-hop.
for my $value ('X-User', 'close, X-User', 'x-user', 'X_User', 'X-User, X-User',
               'X-Session-Role', ' , X-User ,,', 'keep-alive,X-User,x-session-role',
               'foo;X-User', 'foo; X-User;x-session-role', 'X-User;q=1', ';X_User',
               'close;X-User', "foo\tX-User", 'foo X-User X-Session-Role') {
    my $b = at('/on/backend', cookie => "JSESSIONID=$id", one => 1,
               raw => SHS::HTTP::text(path => '/on/backend', host => 'forge.test',
                                      version => '1.0',
                                      cookie => "JSESSIONID=$id",
                                      headers => [['Connection', $value]]));
    is($b->hdr('X-User'), 'anna', "'Connection: $value' does not delete ours");
    is($b->hdr('X-Session-Role'), 'chef', '... nor the wildcard');
}
# mod_proxy ends a token at a vertical tab and a form feed too. An httpd that
# refuses them also with Unsafe spares us; one that does not finds ours in place.
# The option is the server's, as it counts before a request names its host.
my $redis_port = redis()->port;
my $unsafe = private_httpd(near => 1, conf => <<"CONF");
HttpProtocolOptions Unsafe
SharedSessionStore redis://127.0.0.1:$redis_port timeout=2s
SharedSession On
SharedSessionHeader X-User user
SharedSessionHeader X-Session-* *
CONF
for my $value ("close\x0bX-User", "close,\x0cX-User", "\x0bX-User\x0c",
               "X-User\x0bX-Session-Role", "close\x0cx_user\x0bX-SESSION-ROLE",
               "close\rX-User", "close,\x0b\x0c\rX-User;q=1") {
    my $b = $unsafe->get('/on/backend', version => '1.0',
                         cookie => "JSESSIONID=$id",
                         headers => [['Connection', $value]]);
    (my $shown = $value) =~ s/([\x00-\x1f])/sprintf '\\x%02x', ord $1/ge;
    my $got = $b->code == 400 ? 'refused' : join ' ',
        map { $b->hdr($_) // 'deleted' } qw(X-User X-Session-Role);
    like($got, qr/^(?:refused|anna chef)$/, "'Connection: $shown' deletes nothing");
}
for my $value ("close\tX-User", 'X-User;x-session-role') {
    is($unsafe->get('/on/backend', cookie => "JSESSIONID=$id", one => 1,
                    headers => [['Connection', $value]])->hdr('X-User'), 'anna',
       "... nor does '$value' there");
}
$unsafe->stop;
$r = at('/on/backend', cookie => "JSESSIONID=$id",
        raw => SHS::HTTP::text(path => '/on/backend', host => 'forge.test',
            version => '1.0', cookie => "JSESSIONID=$id",
            headers => [['Connection', 'close'], ['Connection', 'X-User']]));
is($r->hdr('X-User'), 'anna', 'two Connection lines do not delete ours');
$r = at('/on/backend', raw => SHS::HTTP::text(path => '/on/backend',
    host => 'forge.test', version => '1.0', cookie => "JSESSIONID=$id",
    headers => [['Connection', 'close, X-Mine, X-User'], ['X-Mine', 'hop']]));
is($r->hdr('X-Mine'), undef, "... and the client's own tokens still count");

# A client's own control headers: no request has any, so none can become one of
# the response, wherever the module is On or Off.
my $echo = private_httpd(conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:$redis_port timeout=2s
SharedSessionNote session.* *
Header echo ^X
<Location /on>
    SharedSession On
    SharedSessionControl On
</Location>
CONF
my @forged = (['X-Session-Action', 'create'], ['X-Session-Set', 'userId=admin'],
              ['X-Session-Unset', 'user']);
for my $id (undef, hash_session(user => 'anna')) {
    for my $path ('/on/lua', '/on/backend', '/off/lua', '/off/backend', '/on/none.html') {
        my $r = $echo->get($path, headers => [@forged, ['X-Mine', 'echo']],
                           defined $id ? (cookie => "JSESSIONID=$id") : ());
        is($r->header('X-Mine'), $path =~ /none/ ? undef : 'echo', # no error page is echoed to
           "$path: mod_headers echoes a client's header");
        is($r->header('Set-Cookie'), undef, '... but a control header orders nothing');
        unlike($r->raw, qr/^X-Session-(?:Set|Unset|Action):/mi, '... nor comes back');
        is_deeply([ grep { /session.(?:set|unset|action)/i } $r->names('header') ], [],
                  '... nor reaches what is behind');
    }
    is_deeply({ redis()->hash("session:$id") }->{user}, 'anna', '... nothing was written')
        if defined $id;
}
for my $name (qw(X_Session_Set x-session-set X-SESSION_ACTION x.session.unset)) {
    is_deeply([ $echo->get('/off/backend', headers => [[$name, 'a=b']])->names('header') ],
              [ grep { !/session/i } $echo->get('/off/backend')->names('header') ],
              "$name does not reach a backend");
}
ok(scalar $echo->logged(qr/SHS008: removed the request's header X-Session-Action/),
   'SHS008 tells of what was removed');
$echo->stop;

# An attribute can name itself so.
$echo = private_httpd(conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:$redis_port timeout=2s
Header echo ^X
<Location /on>
    SharedSession On
    SharedSessionControl On
    SharedSessionHeader X-Session-* *
</Location>
CONF
my $named = hash_session(Set => 'userId=admin', Action => 'create', user => 'anna');
my $out = $echo->get('/on/backend', cookie => "JSESSIONID=$named");
is($out->hdr('X-Session-user'), 'anna', 'PREFIX* exposes attributes');
is_deeply([ grep { /session-(?:set|action)/i } $out->names('header') ], [],
          '... but for those that would make a control header');
is($out->header('Set-Cookie'), undef, '... which would have been an order');
$echo->stop;

# Notes, variables and status cannot come from outside either.
$r = at('/on/cgi', headers => [['SHARED_SESSION', 'found'],
                               ['Shared-Session', 'found']]);
is($r->env('SHARED_SESSION'), 'none', 'the status cannot be forged');
is(at('/off/cgi', headers => [['SHARED_SESSION', 'found']])
       ->env('SHARED_SESSION'), undef, '... nor where the module is Off');

# The cookie still reaches the backend, with the others.
$r = at('/on/backend', cookie => "a=b; JSESSIONID=$id.r1; c=d");
is($r->hdr('Cookie'), "a=b; JSESSIONID=$id.r1; c=d", 'the cookie is left alone');

# A trailer in a chunked request is no header.
$r = at('/on/cgi', raw => "POST /on/cgi HTTP/1.1\r\nHost: forge.test\r\n"
    . "Transfer-Encoding: chunked\r\nTrailer: X-User\r\nConnection: close\r\n"
    . "\r\n1\r\nx\r\n0\r\nX-User: forged\r\n\r\n");
is($r->env('HTTP_X_USER'), undef, 'a trailer does not become our header');

# With MergeTrailers a trailer would become a header wherever the body is read: also
# by another module at fixups, after MultiViews has turned the request into another
# one without its input filters. Neither a program nor the access log gets a forged
# header, and a header that the session has set stays unchanged.
my $libexec = (slurp("$ENV{SHS_TMP}/t/conf/modules.@{[mpm()]}.conf")
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m)[0];
my $probe = SHS::Module::build('mod_reader_probe');
my $shows = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\n"
    . "env | sed 's/^/env /' | tr '=' ' '; echo end\n";
my %readers = (
    'mod_security2 at its fixups' => <<"CONF",
LoadModule unique_id_module $libexec/mod_unique_id.so
LoadModule security2_module $libexec/mod_security2.so
SecRuleEngine On
SecRequestBodyAccess On
SecDataDir \${HOME_DIR}
SecTmpDir \${HOME_DIR}
CONF
    'a module before all other fixups' => "ReaderProbe earliest\n",
    'a module at its first fixups' => "ReaderProbe first\n",
    'a module after all other fixups' => "ReaderProbe latest\n",
    'a module in a lookup' => "ReaderProbe lookup\n",
);
my $denies = <<'CONF';
<LocationMatch "^/mv/denied">
    ReaderProbe WHEN 403
</LocationMatch>
<LocationMatch "^/mv/done">
    ReaderProbe WHEN -2
</LocationMatch>
CONF
my $anna = hash_session(owner => 'anna');
for my $reader (sort keys %readers) {
    my ($when) = $readers{$reader} =~ /^ReaderProbe (\w+)$/m;
    my $reads = private_httpd(
        files => { (map { ("htdocs/$_/app.cgi" => $shows) } qw(mv index rewritten acted)),
                   (map { ("htdocs/mv/$_.cgi" => $shows) } qw(denied done)),
                   'htdocs/mv/typed.var' => "URI: app.cgi\nContent-type: text/plain\n",
                   'htdocs/rewritten/there.txt' => "there\n", 'htdocs/acted/page.act' => '' },
        conf => <<"CONF" . ($when && $when ne 'lookup' ? $denies =~ s/WHEN/$when/gr : ''));
LoadModule negotiation_module $libexec/mod_negotiation.so
LoadModule actions_module $libexec/mod_actions.so
LoadModule reader_probe_module $probe
$readers{$reader}
LogLevel notice shared_session:trace8
MergeTrailers On
CustomLog logs/trailers.log "%U: %{X-Sum}i %{X-Owner}i %{x_owner}i %{X-Session-Set}i %{X-Owner}^ti %{X-Session-Set}^ti %{Connection}i"
SharedSessionStore redis://127.0.0.1:$redis_port timeout=2s
SharedSession On
SharedSessionHeader X-Owner owner
AddHandler cgi-script .cgi
AddHandler type-map .var
ErrorDocument 404 /mv/app
Header always set X-Echo "expr=%{req_novary:X-Session-Set} %{req_novary:X-Owner}"
Action act /mv/app
<Directory \${HOME_DIR}/htdocs>
    Options +MultiViews +ExecCGI
    MultiviewsMatch Any
</Directory>
<Location /index>
    DirectoryIndex app
</Location>
<Location /acted>
    AddHandler act .act
</Location>
<Location /rewritten>
    RewriteEngine On
    RewriteCond /rewritten/there.txt -U
    RewriteRule "from\$" /mv/app
</Location>
CONF
    chmod 0755, glob($reads->root . '/htdocs/*/*.cgi');
    my @ways = qw(/mv/app.cgi /mv/app /mv/app/more /mv/typed.var /index/ /rewritten/app
                  /rewritten/from /acted/page.act /none);
    push @ways, qw(/mv/denied /mv/denied.cgi /mv/done) if $when && $when ne 'lookup';
    my $seen = 0;
    for my $path (@ways) {
        for my $cookie (undef, $anna) {
            my $name = "$reader, $path, " . ($cookie ? 'with a session' : 'without');
            my $from = -e $reads->root . '/logs/trailers.log'
                ? length slurp($reads->root . '/logs/trailers.log') : 0;
            my $r = SHS::HTTP::request(port => $reads->port, raw =>
                "POST $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                . ($cookie ? "Cookie: JSESSIONID=$cookie\r\n" : '')
                . "Content-Type: application/x-www-form-urlencoded\r\n"
                . "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n"
                . "X-Owner: admin\r\nx_owner: admin\r\nX-Session-Set: userId=admin\r\n"
                . "X-Sum: 1\r\nConnection: X-Owner\r\n\r\n");
            is($r->code, $path =~ /denied/ ? 403 : $path eq '/none' ? 404 : 200, $name);
            unlike($r->raw, qr/admin/, '... gives no program a forged header');
            is($r->body, '', '... runs none') if $path =~ /done/;
            if ($path !~ /denied|done/) {
                like($r->body, qr/^end$/m, '... it has run');
                is($r->env('HTTP_X_OWNER'), $cookie ? 'anna' : undef, '... with the session\'s own');
                is($r->env('HTTP_X_SESSION_SET'), undef, '... and no order');
                isnt($r->env('READER_SAW'), 'forged', '... nor has the reader seen one')
                    if $reader !~ /before all/;
                ++$seen if ($r->env('HTTP_X_SUM') // '') eq '1';
            }
            my $line = SHS::Process::wait_for('the log of trailers', 10, sub {
                my $log = substr slurp($reads->root . '/logs/trailers.log'), $from;
                $log =~ /\n/ ? $log : undef });
            like($line, qr{^\S+: [1-] [a-]\S* - - - - close$}, '... and the log has none');
            unlike($line, qr/admin/, '... in any field');
        }
    }
    ok($seen > 0, "$reader: it has read before the program") or diag($reads->error_log);
    is(scalar $reads->logged(qr/exit signal/), 0, 'no child has died');
    $reads->stop;
}

done_testing;
