# Access by the session together with what httpd and other modules have for access:
# <Limit>, AuthMerging, Satisfy, .htaccess, <Files>, mod_auth_form, a WebSocket, and a
# module that authenticates by itself. SHS::Access says what the letters are.
# The same with every MPM.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use SHS;
use SHS::Access;
use SHS::Module;

my $store = SHS::Redis->start;
my $backend = SHS::Backend->start;
my $id = people($store);
my $role = 'Require shared-session user.roles admin';
my $compat = "Require shared-session userId\nOrder deny,allow\nDeny from all\n";

# [name, lines, the answers to a navigation: no cookie, an anonymous session, the user,
# the administrator; and while Redis is down: no cookie, an id; why]
my @places = (
    ['limit', "<Limit POST>\n$role\n</Limit>\n<LimitExcept POST>\nRequire all granted\n</LimitExcept>",
     '....', '..', '<Limit>: another method is free'],
    ['except', "<LimitExcept POST>\nRequire shared-session userId\n</LimitExcept>",
     'LFoo', 'LX', '<LimitExcept>: all methods but one'],
    ['m', 'Require shared-session userId', 'LFoo', 'LX', 'a place'],
    ['m/off', $role, 'LFFo', 'LX', '... in it AuthMerging Off: the inner line alone'],
    ['m/and', "AuthMerging And\nRequire shared-session userId alice", 'LFoF', 'LX', '... And: both'],
    ['m/or', "AuthMerging Or\nRequire ip 127.0.0.1", '....', '..', '... Or: one of them'],
    ['m/andIp', "AuthMerging And\nRequire ip 127.0.0.1", 'LFoo', 'LX', '... And, of another kind'],
    ['any', "${compat}Allow from 127.0.0.1\nSatisfy Any", '....', '..',
     'Satisfy Any: the address is enough'],
    ['anyNot', "${compat}Satisfy Any", 'LFoo', 'LX', '... the wrong one: the session is'],
    ['every', "${compat}Allow from 127.0.0.1\nSatisfy All", 'LFoo', 'LX', 'Satisfy All'],
    ['everyNot', "${compat}Satisfy All", 'FFFF', 'FF', '... the wrong address: no login helps'],
    ['files/secret.html', '', 'LFFo', 'LX', '<Files> in an open folder'],
    ['files/open.html', '', '....', '..', '... another file there'],
    ['files/', '', 'LFFo', 'LX', '... as its DirectoryIndex'],
    ['ht/page.html', '', 'LL.F', 'LX', '.htaccess, by AllowOverride AuthConfig'],
    ['inner/outer', "<If \"true\">\n$role\n</If>\nRequire all granted", 'LFFo', 'LX',
     'an <If> over what is open without it'],
);

my %files = (users => 'carl:{SHA}' . sha1_base64('SeCrEt-carl') . "=\n",
    'htdocs/files/secret.html' => "the page\n", 'htdocs/files/open.html' => "the page\n",
    'htdocs/ht/.htaccess' => "SharedSessionUser userId\nSharedSessionLogin /login\n"
        . "SharedSessionForbidden /open/forbidden.html\nRequire user alice\n",
    'htdocs/ht/page.html' => "the page\n", 'htdocs/open/forbidden.html' => "not for you\n",
    'htdocs/open/page.html' => "the page\n", 'htdocs/form/page.html' => "the page\n",
    'htdocs/formOr/page.html' => "the page\n", 'htdocs/count/part.html' => "part\n",
    'htdocs/count/page.html' => qq{<!--#include virtual="part.html" -->} x 3);
my $conf = join '', map {
    $files{"htdocs/$_->[0]/index.html"} = "the page\n" if $_->[1];
    $_->[1] ? "<Location /$_->[0]>\n$_->[1]\n</Location>\n" : ''
} @places;

my $form = <<'CONF';
    AuthType Form
    AuthName realm
    AuthFormProvider file
    AuthUserFile ${HOME_DIR}/users
    Session On
    SessionCookieName formlogin path=/
CONF
my $counter = SHS::Module::build('mod_check_counter');
my $count = <<"CONF";
LoadModule check_counter_module $counter
<Location /count>
    Options +Includes
    SetOutputFilter INCLUDES
    AuthType Count
    AuthName count
    Require valid-user
</Location>
CONF
my $httpd = private_httpd(files => \%files, backend => $backend->port, conf => <<"CONF");
@{[load_modules(qw(access_compat authn_file proxy_wstunnel session session_cookie request auth_form))]}
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s breaker=off
SharedSession On
DirectoryIndex index.html
<Location />
    SharedSessionLogin /login
</Location>
$conf
<Directory \${HOME_DIR}/htdocs/files>
    DirectoryIndex secret.html
    <Files secret.html>
        $role
    </Files>
</Directory>
<Directory \${HOME_DIR}/htdocs/ht>
    AllowOverride AuthConfig
</Directory>
<Location /forbidden>
    SharedSessionForbidden /open/forbidden.html
    ErrorDocument 403 "another page"
    $role
</Location>
<Location /forbidden/not>
    <RequireAll>
        Require all granted
        Require not shared-session userId alice
    </RequireAll>
</Location>
<Location /forbidden/expr>
    Require expr "session('userId') == 'root'"
</Location>
<Location /forbidden/user>
    SharedSessionUser userId
    Require user root
</Location>
<Location /forbidden/denied>
    Require all denied
</Location>
<Location /forbidden/none>
    SharedSessionForbidden none
</Location>
<Location /forbidden/itself>
    SharedSessionForbidden /forbidden/itself
</Location>
<Location /ws>
    Require shared-session userId
    ProxyPass ws://127.0.0.1:@{[$backend->port]}/ws
</Location>
<Location /form>
    SharedSessionUser userId
    SharedSessionLogin none
$form
    AuthFormLoginRequiredLocation /form-login
    Require valid-user
</Location>
<Location /formOr>
$form
    AuthFormLoginRequiredLocation /form-login
    <RequireAny>
        Require valid-user
        Require shared-session userId
    </RequireAny>
</Location>
<Location /dologin>
    SetHandler form-login-handler
$form
    AuthFormLoginSuccessLocation /form/page.html
    AuthFormLoginRequiredLocation /form-login
</Location>
$count
CONF

sub ask {
    my ($path, $who, %more) = @_;
    return $httpd->get($path, $who ? (cookie => "JSESSIONID=$who") : (),
                       headers => [navigation()], %more);
}

# --- what httpd combines ------------------------------------------------------------------------

sub test_places {
    my ($when, $column, @visitors) = @_;
    for my $place (@places) {
        my ($name, $path) = ($place->[0], '/' . $place->[0] . ($place->[1] ? '/' : ''));
        is(join('', map { my $is = ask($path, $_);
                          # Where the session has no say, the answer is httpd's own.
                          $is->code == 403 ? 'F' : answer($is, 'the page') } @visitors),
           $place->[$column], "$when, $name: $place->[-1]");
    }
    return;
}
test_places('up', 2, undef, @$id{qw(anon user admin)});
for my $row ([undef, 'J'], [$id->{user}, 'F'], [$id->{admin}, '.']) {
    my ($who, $is) = @$row;
    is(answer(ask('/limit/', $who, method => 'POST', body => 'x')), $is,
       '<Limit POST>: ' . ($is eq '.' ? 'the administrator' : $is eq 'F' ? 'the user' : 'no session'));
}

# --- the page for those who may not ------------------------------------------------------------------

for my $row (['', 'not for you', 'a line'], ['/not', 'not for you', '... behind not'],
             ['/expr', 'not for you', 'an expression'], ['/user', 'not for you', 'a user'],
             ['/denied', 'another page', 'what is refused to everyone'],
             ['/none', 'another page', 'SharedSessionForbidden none'],
             ['/itself', 'Forbidden', 'a page that is refused itself']) {
    my ($path, $body, $why) = @$row;
    my $r = ask("/forbidden$path", $id->{user});
    is($r->code, 403, "SharedSessionForbidden, $why: 403");
    like($r->body, qr/$body/, '... the page');
    next if $path eq '/denied';
    like($r->header('Cache-Control') // '', qr/no-store/, '... that no cache stores');
    like($r->header('Vary') // '', qr/\bCookie\b/, '... Vary: Cookie');
}
is(answer(ask('/forbidden', undef)), 'L', '... not for those without a session');

# --- mod_auth_form ---------------------------------------------------------------------------------------

my $r = ask('/form/page.html', $id->{user});
is($r->code, 302, 'a session is no login of mod_auth_form');
is($r->header('Location'), '/form-login', '... whose login page is another');
is(ask('/formOr/page.html', $id->{user})->code, 200, '... but may be an alternative');
is(ask('/formOr/page.html', undef)->header('Location'), '/form-login',
   '... whose own login page comes before ours');
$r = $httpd->get('/files/');
is($r->code, 401, 'a folder whose DirectoryIndex is refused: a script gets 401');
like($r->header('WWW-Authenticate') // '', qr/^SharedSession /, '... with the challenge');
$r = $httpd->get('/dologin', method => 'POST', body => 'httpd_username=carl&httpd_password=SeCrEt-carl',
                 headers => [['Content-Type', 'application/x-www-form-urlencoded']]);
my ($login) = ($r->header('Set-Cookie') // '') =~ /(formlogin=[^;,]+)/;
ok($login, 'a login by mod_auth_form');
is($httpd->get($_, cookie => $login)->code, 200, "... opens $_") for '/form/page.html', '/formOr/page.html';
is(answer(ask('/m/', undef, cookie => $login)), 'L', '... and is no session');

# --- a WebSocket ---------------------------------------------------------------------------------------------

my @handshake = map { [split /: /] } 'Upgrade: websocket', 'Connection: Upgrade',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-Fetch-Mode: websocket';
my $switch = '/ws?raw=' . 'HTTP/1.1 101 Switching Protocols%0D%0AUpgrade: websocket%0D%0A'
    =~ s/ /%20/gr . 'Connection:%20Upgrade%0D%0A%0D%0Ahello';
my %handshake = (headers => \@handshake);
$r = ask($switch, $id->{user}, %handshake);
is($r->code, 101, 'a WebSocket with a session is opened');
is($r->body, 'hello', '... by the backend');
is(answer(ask($switch, undef, %handshake)), 'J', '... without one 401');
is(answer(ask($switch, $id->{anon}, %handshake)), 'F', '... with another 403');

# --- while Redis is down -----------------------------------------------------------------------------------

my $any_id = fresh_id();
$store->stop;
test_places('down', 3, undef, $any_id);
is(answer(ask($switch, $any_id, %handshake)), 'X', 'down: a WebSocket');
$r = ask('/forbidden', $any_id);
is(answer($r), 'X', 'down: SharedSessionForbidden has no say');
unlike($r->body, qr/not for you/, '... indeed');

# --- the checks of another module ---------------------------------------------------------------------------

# mod_lua has registered its hooks otherwise, so that httpd checks each subrequest.
sub without_lua {
    my $server = SHS::Httpd->new(files => \%files, loglevel => 'notice', @_);
    my $text = SHS::Httpd::slurp($server->root . '/httpd.conf');
    $text =~ s{^Include (\S+)$}{SHS::Httpd::slurp($1)}gme;
    $server->write('httpd.conf', $text =~ s/^.*lua.*$//gmir);
    $server->run;
    return $server;
}

# With and without mod_shared_session, the checks for a page with three parts.
my $alone = without_lua(no_module => 1, conf => $count);
my $beside = without_lua(conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]}
SharedSession On
SharedSessionUser userId
$count
CONF
my %checks;
for my $row (['alone', $alone], ['beside', $beside]) {
    my ($name, $server) = @$row;
    $server->new_lines;
    is($server->get('/count/page.html')->body, "part\n" x 3, "a page with three parts, $name");
    my @lines = $server->new_lines =~ /check_counter: (\w+ (?:to|for) \S+)/g;
    $checks{$name} = \@lines;
}
is_deeply($checks{alone}, ['access to /count/page.html', 'login for /count/page.html'],
          'another module checks the page, and not the parts, which have its settings');
is_deeply($checks{beside}, $checks{alone}, '... as often beside mod_shared_session');

$_->stop for $httpd, $alone, $beside, $backend;
done_testing;
