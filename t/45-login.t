# Where a request goes that has no session that would do: a person's navigation to the
# login page, with the page asked for as a parameter, which is always one of this
# server; any other request to a 401 with a body for programs.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Access;

my $store = SHS::Redis->start;

# [the request's target, the page that the login page gets, why]; '' : none.
my $long = 2048;
my @targets = (
    ['/a', '/a', 'a path'],
    ['/a?b=c&d=e%20f+g', '/a%3Fb%3Dc%26d%3De%2520f%2Bg', 'with a query, as sent'],
    ['/a?', '/a%3F', 'an empty query'],
    ['/a?return=/b#c', '/a%3Freturn%3D/b%23c', 'no octet ends the parameter'],
    ['/', '/', 'the root'],
    ['//evil.example/x', '/evil.example/x', 'two slashes: a URL with a host'],
    ['////evil.example', '/evil.example', '... and more of them'],
    ['/\\/evil.example', '/evil.example', 'a backslash is a slash to a browser'],
    ['//\\evil.example', '', '... and begins no path'],
    ['/\\evil.example', '', '... also alone'],
    ['//', '/', 'nothing but slashes'],
    ['/a//b\\c', '/a//b%5Cc', 'slashes behind the first name'],
    ['/%2Fevil.example', '/%252Fevil.example', 'an encoded slash stays encoded'],
    ['/%5Cevil.example', '/%255Cevil.example', '... and a backslash'],
    ['/a%0D%0ASet-Cookie:x', '/a%250D%250ASet-Cookie%3Ax', 'an encoded end of a line'],
    ["/caf\xc3\xa9", '/caf%C3%A9', 'octets beyond ASCII'],
    [q{/a'"<>}, '/a%27%22%3C%3E', 'HTML'],
    ['http://localhost/a?b', '/a%3Fb', 'an absolute URI: without its host'],
    ['http://evil.example/a', '/a', '... of another host'],
    ['http://evil.example//evil.example', '/evil.example', '... with two slashes'],
    ['http://localhost', '', '... without a path'],
    ['/xxx' x ($long / 4), '/xxx' x ($long / 4), 'the longest path'],
    ['/xxx' x ($long / 4) . '/', '', 'a longer one'],
    ['/p?' . 'q' x ($long - 3), '/p%3F' . 'q' x ($long - 3), 'the longest path with query'],
    ['/p?' . 'q' x ($long - 2), '/p', 'a longer query: the path alone'],
    ['/%20' x ($long / 4), '/%2520' x ($long / 4), 'the bound is for what was sent'],
);

# [what SharedSessionLogin is, Location with the page /X/p, status, why]
my @logins = (
    ['/login', '/login?return=/X/p', 302, 'a path'],
    ['/login?a=b', '/login?a=b&return=/X/p', 302, 'a path with a query'],
    ['/login#top', '/login?return=/X/p#top', 302, '... with a fragment'],
    ['/login?a=b#top?', '/login?a=b&return=/X/p#top?', 302, '... with both'],
    ['https://sso.example/login', 'https://sso.example/login?return=/X/p', 302, 'another host'],
    ['/login param=next', '/login?next=/X/p', 302, 'the parameter by another name'],
    ['/login param=none', '/login', 302, '... or none'],
    ['/login status=303', '/login?return=/X/p', 303, 'another status'],
    ['/login status=303 param=to', '/login?to=/X/p', 303, '... in any order'],
    ['/login?a=/../b', '/login?a=/../b&return=/X/p', 302, 'dots in the query are no segments'],
);

# [method, Sec-Fetch-Mode, Accept, Upgrade, L or J, why]
my $browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
my @requests = (
    ['GET', 'navigate', $browser, undef, 'L', 'a browser'],
    ['GET', 'navigate', undef, undef, 'L', '... by Sec-Fetch-Mode alone'],
    ['HEAD', 'navigate', undef, undef, 'L', 'HEAD'],
    ['GET', 'navigate', 'application/json', undef, 'L', 'Accept counts without it only'],
    ['GET', 'cors', $browser, undef, 'J', 'fetch()'],
    ['GET', 'same-origin', $browser, undef, 'J', '... of the same origin'],
    ['GET', 'no-cors', $browser, undef, 'J', 'an image'],
    ['GET', 'websocket', $browser, undef, 'J', 'a WebSocket'],
    ['GET', '', $browser, undef, 'J', 'an empty value'],
    ['POST', 'navigate', $browser, undef, 'J', 'a form: its body would be lost'],
    ['PUT', 'navigate', $browser, undef, 'J', 'PUT'],
    ['DELETE', undef, $browser, undef, 'J', 'DELETE'],
    ['OPTIONS', 'navigate', $browser, undef, 'J', 'OPTIONS'],
    ['GET', 'navigate', $browser, 'websocket', 'J', 'a handshake, whatever else it says'],
    ['GET', undef, $browser, 'websocket', 'J', '... without Sec-Fetch-Mode'],
    ['GET', undef, $browser, undef, 'L', 'an old browser'],
    ['HEAD', undef, 'text/html', undef, 'L', '... HEAD'],
    ['GET', undef, undef, undef, 'J', 'no Accept'],
    ['GET', undef, '', undef, 'J', 'an empty one'],
    ['GET', undef, '*/*', undef, 'J', 'curl'],
    ['GET', undef, 'text/*', undef, 'J', 'a range does not name HTML'],
    ['GET', undef, 'application/json', undef, 'J', 'JSON'],
    ['GET', undef, 'image/avif,image/webp,*/*;q=0.8', undef, 'J', 'an image'],
    ['GET', undef, 'application/xhtml+xml', undef, 'L', 'XHTML'],
    ['GET', undef, 'TEXT/HTML', undef, 'L', 'types have no case'],
    ['GET', undef, 'text/htmlx', undef, 'J', 'another type'],
    ['GET', undef, 'text/html;q=0', undef, 'J', 'HTML is refused'],
    ['GET', undef, 'text/html;q=0.000', undef, 'J', '... in full'],
    ['GET', undef, 'text/html;q=0.001', undef, 'L', 'HTML at least'],
    ['GET', undef, 'application/json, text/html', undef, 'L', 'both alike'],
    ['GET', undef, 'application/json, text/html;q=0.9', undef, 'J', 'rather JSON'],
    ['GET', undef, 'application/json;q=0.8, text/html;q=0.9', undef, 'L', 'rather HTML'],
    ['GET', undef, 'application/problem+json, text/html;q=0.5', undef, 'J', 'a type of JSON'],
    ['GET', undef, 'text/html ; level=1 ; q=0.5 , application/json ; q=0.4', undef, 'L', 'spaces'],
);

my $places = join '', map { <<"CONF" } 0 .. $#logins;
<Location /form$_>
    SharedSessionLogin $logins[$_][0]
</Location>
CONF
my $httpd = private_httpd(files => {
    'htdocs/open/sorry.html' => "sorry\n", 'htdocs/dir/index.html' => "index\n",
    'htdocs/perDir/x' => "x\n" }, conf => <<"CONF");
HttpProtocolOptions Unsafe
AllowEncodedSlashes On
DirectoryIndex index.html
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s
SharedSession On
<Location />
    SharedSessionLogin /login
    Require shared-session
</Location>
$places
<Location /open>
    Require all granted
</Location>
<Location /page>
    SharedSessionLogin none
</Location>
<Location /doc>
    SharedSessionLogin none
    ErrorDocument 401 /open/sorry.html
    AuthName 'the "inner" circle'
</Location>
<Location /docLogin>
    ErrorDocument 401 /open/sorry.html
</Location>
<Location /own>
    SharedSessionLogin http://localhost/own/login
</Location>
<Location /url>
    SharedSessionCookie JSESSIONID url=jsessionid
</Location>
<Location /url/off>
    SharedSession Off
</Location>
<Location /slash>
    AuthName "a\\\\\\\\"
</Location>
<Location /slashes>
    AuthName "a\\\\\\\\\\\\\\\\"
</Location>
<Location /quote>
    AuthName 'a\\"'
</Location>
<Location /pt>
    SharedSessionLogin /pt/login
</Location>
<Location /front>
    SharedSessionLogin /front/login
</Location>
RewriteEngine On
RewriteRule ^/rewritten\$ /elsewhere [PT]
RewriteRule ^/pt/login\$ /pt/pages/login.html [PT]
RewriteRule ^/front/ /front/index.html [PT]
<Directory \${HOME_DIR}/htdocs/perDir>
    RewriteEngine On
    RewriteRule ^old\$ /new [L]
</Directory>
CONF

sub go { return $httpd->get($_[0], headers => [navigation()], @_[1 .. $#_]) }

# --- the page to return to ---------------------------------------------------------------

for my $row (@targets) {
    my ($target, $value, $why) = @$row;
    my $r = go($target);
    is($r->header('Location'), $value eq '' ? '/login' : "/login?return=$value", $why);
    is(problem('L', $r), '', '... with the headers of a redirect') if $value ne '';
}
is(go("/a\x01/b")->code, 400, 'a control character: httpd itself refuses it');
is(go('/rewritten?a')->header('Location'), '/login?return=/rewritten%3Fa',
   'a URL that is rewritten: as it was asked for');
is(go('/dir/')->header('Location'), '/login?return=/dir/', 'DirectoryIndex: likewise');
is(go('/perDir/old')->header('Location'), '/login?return=/perDir/old',
   'an internal redirect: likewise');
is(go('/a', host => 'evil.example')->header('Location'), '/login?return=/a',
   'no host of the client is in it');

# --- the login page ------------------------------------------------------------------------

for my $n (0 .. $#logins) {
    my ($login, $location, $status, $why) = @{ $logins[$n] };
    my $r = go("/form$n/p");
    is($r->header('Location'), $location =~ s{/X/}{/form$n/}r, "SharedSessionLogin $login: $why");
    is($r->code, $status, "... $status");
}
for my $path (qw(/login /login?return=/login //login /x/../login /%6Cogin /./login)) {
    my $r = go($path);
    is($r->code, 401, "$path is the login page: no redirect to it");
    is($r->header('Location'), undef, '... indeed');
}
for my $path (qw(/pt/login /pt/login?a /pt/%6Cogin /front/login /front/login?return=/front/a)) {
    is(go($path)->code, 401, "$path is a login page by its first name, whatever it is rewritten to");
}
is(go('/pt/pages/login.html')->header('Location'), '/pt/login?return=/pt/pages/login.html',
   '... by its second name it is not');
is(go('/front/a')->header('Location'), '/front/login?return=/front/a',
   'another page of a front controller is none');
is(go('/login/help')->header('Location'), '/login?return=/login/help', 'a page below it is another');
is(go('/own/login')->code, 401, 'the same by a URL of this host');
is(go('/own/login', host => 'localhost:8080')->code, 401, '... with a port');
is(go('/own/login', host => 'www.example')->header('Location'),
   'http://localhost/own/login?return=/own/login', '... asked for by another host');

# --- which requests go there -----------------------------------------------------------------

for my $row (@requests) {
    my ($method, $mode, $accept, $upgrade, $is, $why) = @$row;
    my $r = $httpd->get('/x', method => $method, headers => [
        defined $mode ? ['Sec-Fetch-Mode', $mode] : (), defined $accept ? ['Accept', $accept] : (),
        $upgrade ? (['Upgrade', $upgrade], ['Connection', 'Upgrade, close']) : ()]);
    is(answer($r), $is, join ', ', $method, $why);
    for my $header (qw(Cookie Sec-Fetch-Mode Accept)) {
        like($r->header('Vary'), qr/\b$header\b/, "... Vary: $header");
    }
}

# --- the 401 -------------------------------------------------------------------------------------

my $r = go('/page/x');
is($r->code, 401, 'no login page: a navigation gets 401');
like($r->header('Content-Type'), qr{^text/html}, '... with a page');
is($r->header('Cache-Control'), 'no-store', '... that no cache stores');
like($r->header('WWW-Authenticate'), qr/^SharedSession realm="/, '... and a challenge');
is(answer($httpd->get('/page/x')), 'J', '... a script gets the problem');

$r = go('/doc/x');
is($r->code, 401, 'an ErrorDocument 401');
is($r->body, "sorry\n", '... is what a navigation gets');
is($r->header('WWW-Authenticate'), 'SharedSession realm="the \\"inner\\" circle"',
   '... with the name of the place');
is($r->header('Cache-Control'), 'no-store', '... stored by no cache');
is(answer($httpd->get('/doc/x')), 'J', '... a script gets the problem all the same');
is(answer(go('/docLogin/x')), 'L', '... and a navigation with a login page is redirected');
is(answer($httpd->get('/docLogin/x')), 'J', '... a script is not');

$r = $httpd->get('/x', method => 'HEAD');
is($r->code, 401, 'HEAD of a script');
is($r->header('Content-Type'), 'application/problem+json', '... names the type');
is($r->body, '', '... and has no body');

# --- a realm is a quoted-string (RFC 9110 section 5.6.4) -----------------------------------------

for my $row (['/slash', 'a\\\\', 'a backslash at the end'], ['/slashes', 'a\\\\', 'two of them'],
             ['/quote', 'a\\"', 'a quotation mark']) {
    my ($path, $realm, $why) = @$row;
    is($httpd->get("$path/x")->header('WWW-Authenticate'), qq{SharedSession realm="$realm"}, $why);
}

# --- an id in the path (url= of SharedSessionCookie) ------------------------------------------------

# [what follows /url/x, what the login page gets of it, why]; ID: an id.
for my $row ([';jsessionid=ID', '', 'alone'], [';jsessionid=ID?a=b', '%3Fa%3Db', 'before a query'],
             [';v=1;jsessionid=ID;w=2/y', '%3Bv%3D1%3Bw%3D2/y', 'among other parameters'],
             [';xjsessionid=1', '%3Bxjsessionid%3D1', 'another parameter stays']) {
    my ($rest, $value, $why) = @$row;
    my $id = fresh_id();
    is(go('/url/x' . $rest =~ s/ID/$id/r)->header('Location'), "/login?return=/url/x$value",
       "an id in the path: $why");
}
$httpd->new_lines;
is($httpd->get('/url/off/x;jsessionid=' . fresh_id())->code, 500, 'an id where sessions are Off');
like($httpd->new_lines, qr{SHS038: .* /url/off/x, where}, '... is not in the line that says so');
unlike($httpd->error_log, qr/SeCrEt/, '... nor in any other');

is($store->cmd('DBSIZE'), 0, 'no session was begun');
$httpd->stop;

# --- what httpd -t says --------------------------------------------------------------------------

# [lines, what it says, why]
my @refused = (
    ['SharedSessionLogin login', qr/^SharedSessionLogin: .*\//m, 'a relative URL'],
    ['SharedSessionLogin //sso.example/', qr/^SharedSessionLogin: /m, 'a URL without a scheme'],
    ['SharedSessionLogin /\\sso.example/', qr/^SharedSessionLogin: /m, '... by a backslash'],
    ['SharedSessionLogin /a/../login', qr/^SharedSessionLogin: /m, 'dot segments'],
    ['SharedSessionLogin /./login', qr/^SharedSessionLogin: /m, '... that say nothing'],
    ['SharedSessionLogin /login/..', qr/^SharedSessionLogin: /m, '... at the end'],
    ['SharedSessionLogin http://localhost/a/../login', qr/^SharedSessionLogin: /m,
     '... in a URL with a host'],
    ['SharedSessionLogin javascript:alert(1)', qr/^SharedSessionLogin: /m, 'another scheme'],
    ['SharedSessionLogin http:///login', qr/^SharedSessionLogin: /m, 'a URL without a host'],
    ['SharedSessionLogin /login status=307', qr/^SharedSessionLogin: .*302.*303/m,
     'a status that repeats a method'],
    ['SharedSessionLogin /login param=', qr/^SharedSessionLogin: .*param/m, 'an empty name'],
    ['SharedSessionLogin /login param=a&b', qr/^SharedSessionLogin: .*param/m, 'a name that is two'],
    ['SharedSessionLogin /login param=a param=b', qr/^SharedSessionLogin: .*twice/m,
     'an option twice'],
    ['SharedSessionLogin /login colour=red', qr/^SharedSessionLogin: .*colour/m,
     'an unknown option'],
    ['SharedSessionLogin none status=303', qr/^SharedSessionLogin: /m, 'an option of none'],
    ['SharedSessionForbidden sorry', qr/^SharedSessionForbidden: /m, 'a relative path'],
    ['SharedSessionForbidden http://sso.example/', qr/^SharedSessionForbidden: /m,
     'a page of another host: its status would not be 403'],
);
my $checked = SHS::Httpd->new;
for my $row (@refused) {
    my ($lines, $says, $why) = @$row;
    $checked->configure("$lines\n");
    my ($code, $said) = $checked->check;
    isnt($code, 0, "refused: $why");
    like($said, $says, '... as it says');
}
done_testing;
