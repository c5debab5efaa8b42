# SharedSessionUser: whom the session makes the user of a request (%u, REMOTE_USER), and
# that no other name becomes it: neither a user whom another authentication has set, nor
# one of other settings, after DirectoryIndex or an internal redirect.
# The same with every MPM.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use SHS;
use SHS::Access;
use SHS::Ajp;
use SHS::Fcgi;

my $store = SHS::Redis->start;
my $ajp = SHS::Ajp->start;
my $fcgi = SHS::Fcgi->start;
my $id = people($store);

# [JSON of the attribute, the user, why]; '' : none.
my @names = (
    ['"alice"', 'alice', 'a text'],
    ['"Al Ice <a@x>"', 'Al Ice <a@x>', 'a text with other characters'],
    ['"caf\u00e9"', "caf\xc3\xa9", 'UTF-8'],
    ['42', '42', 'a number'],
    ['-1.5', '-1.5', '... with a fraction'],
    ['0', '0', '... zero'],
    ['"false"', 'false', 'a text that reads like something else'],
    ['""', '', 'an empty text'],
    ['true', '', 'true'],
    ['false', '', 'false'],
    ['null', '', 'null'],
    ['["alice"]', '', 'an array'],
    ['{"name":"alice"}', '', 'an object'],
    ['"' . 'x' x 1024 . '"', 'x' x 1024, 'the longest'],
    ['"' . 'x' x 1025 . '"', '', 'a longer one'],
    ['"a\tb"', "a\tb", 'TAB, which a header may have'],
    ['"a\u001bb"', '', 'a control character'],
    ['"alice\n"', '', '... an end of a line'],
    ['"alice\u0000root"', '', '... NUL'],
    ['"a\u007f"', '', '... DEL'],
);

my %files = (users => 'carl:{SHA}' . sha1_base64('SeCrEt-carl') . "=\n",
    'htdocs/page.html' => "page\n", 'htdocs/index/x' => '', 'htdocs/indexNone/x' => '',
    'htdocs/mv/page.html.en' => "en\n", 'htdocs/mv/page.html.de' => "de\n",
    'htdocs/from/x' => '', 'htdocs/ht/.htaccess' => "SharedSessionUser userId\n",
    'htdocs/ht/page.html' => "page\n",
    'htdocs/ssi.html' => qq{<!--#include virtual="/own/cgi" -->\n});
my $httpd = private_httpd(files => \%files, conf => <<"CONF");
@{[load_modules(qw(auth_basic authn_file proxy_ajp))]}
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s breaker=off
SharedSession On
SharedSessionUser userId
# Evaluated when the answer is sent: the user at that time.
Header always set X-User "expr=%{REMOTE_USER}"
Header always set X-Type "expr=%{AUTH_TYPE}"
LogFormat "%U %u" users
CustomLog logs/users users
RequestHeader set X-Remote-User "expr=%{REMOTE_USER}"
Alias /fcgi \${HOME_DIR}/htdocs
<Location /fcgi>
    SetHandler "proxy:fcgi://127.0.0.1:@{[$fcgi->port]}"
</Location>
<Location /ajp>
    ProxyPass ajp://127.0.0.1:@{[$ajp->port]}/
</Location>
<Location /json>
    SharedSessionKey json:%{id}
    SharedSessionFormat json
</Location>
<Location /unnamed>
    SharedSessionUser none
</Location>
<Location /own>
    SharedSessionUser user.roles[0]
</Location>
<Location /off>
    SharedSession Off
</Location>
<LocationMatch ^/basic>
    AuthType Basic
    AuthName realm
    AuthUserFile \${HOME_DIR}/users
    Require valid-user
</LocationMatch>
<Location /basicOr>
    Require ip 127.0.0.1
</Location>
<Directory \${HOME_DIR}/htdocs/ht>
    AllowOverride AuthConfig
</Directory>
<Directory \${HOME_DIR}/htdocs/index>
    DirectoryIndex cgi
    SharedSessionUser none
</Directory>
<Location /index/cgi>
    SharedSessionUser user.roles[1]
</Location>
<Directory \${HOME_DIR}/htdocs/indexNone>
    DirectoryIndex cgi
</Directory>
<Location /indexNone/cgi>
    SharedSessionUser none
</Location>
<Directory \${HOME_DIR}/htdocs/mv>
    Options +MultiViews
    AddLanguage en .en
    AddLanguage de .de
    <Files *.de>
        SharedSessionUser none
    </Files>
    <Files *.en>
        SharedSessionUser user.roles[1]
    </Files>
</Directory>
<Directory \${HOME_DIR}/htdocs/from>
    RewriteEngine On
    RewriteRule ^own\$ /own/cgi
    RewriteRule ^unnamed\$ /unnamed/cgi
</Directory>
<Location /gone/own>
    ErrorDocument 404 /own/cgi
</Location>
<Location /gone/unnamed>
    ErrorDocument 404 /unnamed/cgi
</Location>
<Location /ssi.html>
    Options +Includes
    SetOutputFilter INCLUDES
</Location>
CONF

sub ask {
    my ($path, %more) = @_;
    my $who = delete $more{who} // $id->{user};
    return $httpd->get($path, $who ? (cookie => "JSESSIONID=$who") : (), %more);
}

# The user of a request as the answer was sent; '' : none.
sub user { return ($_[0]->header('X-User') // 'no header') =~ s/^\(null\)$//r }
sub type { return ($_[0]->header('X-Type') // 'no header') =~ s/^\(null\)$//r }

# --- who sees it -----------------------------------------------------------------------------

my $r = ask('/page.html?a');
is(user($r), 'alice', 'the user, for expressions');
is(type($r), 'SharedSession', '... and how it logged in');
like($r->header('Vary'), qr/\bCookie\b/, '... Vary: Cookie');
is($r->header('Cache-Control'), 'private', '... for no shared cache');
$r = ask('/x/cgi');
is($r->env('REMOTE_USER'), 'alice', 'CGI');
is($r->env('AUTH_TYPE'), 'SharedSession', '... AUTH_TYPE');
$r = ask('/fcgi/page.html');
is($r->env('REMOTE_USER'), 'alice', 'FastCGI');
is($r->env('AUTH_TYPE'), 'SharedSession', '... AUTH_TYPE');
$r = ask('/ajp/page');
is($r->env('code-3'), 'alice', 'AJP: remote_user');
is($r->env('code-4'), 'SharedSession', '... auth_type');
is($r->hdr('X-Remote-User'), 'alice', '... and a header of mod_headers');
is(user(ask('/x/cgi?read', method => 'POST', body => 'x')), 'alice', 'POST');
is(user(ask('/ht/page.html')), 'alice', '.htaccess, by AllowOverride AuthConfig');

# --- whose session has none --------------------------------------------------------------------

for my $who (qw(anon malformed), 'absent', 'none') {
    my $path = "/page.html?$who";
    $r = ask($path, who => $who eq 'none' ? '' : $id->{$who} // fresh_id());
    is($r->code, 200, "$who: the page is served");
    is(user($r) . type($r), '', '... without a user');
}
for my $row (@names) {
    my ($json, $user, $why) = @$row;
    my $named = fresh_id();
    $store->put_string("json:$named", qq({"userId":$json}));
    $r = ask('/json/cgi', who => $named);
    is(user($r), $user, "a user's name: $why");
    is($r->env('REMOTE_USER') // '', $user, '... likewise in CGI');
    is(type($r), $user eq '' ? '' : 'SharedSession', '... and the type');
}
for my $row (['/unnamed/cgi', '', 'SharedSessionUser none'], ['/off/cgi', '', 'SharedSession Off'],
             ['/own/cgi', 'chef', 'another attribute']) {
    my ($path, $user, $why) = @$row;
    $r = ask($path);
    is($r->env('REMOTE_USER') // '', $user, $why);
    is(type($r), $user ? 'SharedSession' : '', '... and the type');
}

# --- another authentication ----------------------------------------------------------------------

my $carl = [['Authorization', 'Basic Y2FybDpTZUNyRXQtY2FybA==']];
for my $row (
    # path, headers, code, user, type, why
    ['/basic/cgi', $carl, 200, 'carl', 'Basic', 'a user of Basic stays'],
    ['/basic/cgi', [], 401, '', 'Basic', 'a session is no login of Basic'],
    ['/basicOr/cgi', [], 200, 'alice', 'SharedSession', 'where Basic has set none'],
    ['/page.html', $carl, 200, 'alice', 'SharedSession', 'a password that nothing asks for']) {
    my ($path, $headers, $code, $user, $type, $why) = @$row;
    $r = ask($path, headers => $headers);
    is($r->code, $code, "$path: $why");
    is(user($r), $user, '... the user');
    is(type($r), $type, '... the type');
}
is(ask('/basic/cgi', headers => $carl)->env('REMOTE_USER'), 'carl', '... also in CGI');

# --- other settings than at first -------------------------------------------------------------------

my $de = [['Accept-Language', 'de']];
my $en = [['Accept-Language', 'en']];
for my $row (
    ['/index/', [], 'waiter', 'DirectoryIndex: the settings of the file'],
    ['/indexNone/', [], '', '... that has no user'],
    ['/mv/page.html', $en, 'waiter', 'MultiViews: the settings of the variant'],
    ['/mv/page.html', $de, '', '... that has no user'],
    ['/from/own', [], 'chef', 'an internal redirect of mod_rewrite'],
    ['/from/unnamed', [], '', '... to a place without a user'],
    ['/gone/own', [], 'chef', 'an ErrorDocument'],
    ['/gone/unnamed', [], '', '... without a user']) {
    my ($path, $headers, $user, $why) = @$row;
    $r = ask($path, headers => $headers);
    is(user($r), $user, $why);
    is(type($r), $user ? 'SharedSession' : '', '... and the type');
    is($r->env('REMOTE_USER') // '', $user, '... in CGI') if $path !~ /^\/mv/;
}
$r = ask('/ssi.html');
is($r->env('REMOTE_USER'), 'chef', 'a part of a page: by its own settings');
is(user($r), 'alice', '... and the page by its own');

# --- the access log, and a store that gives no answer ---------------------------------------------------

$store->stop;
$r = ask('/down.html');
is($r->code, 404, 'Redis is down: a place that asks for no user is served');
is(user($r), '', '... without one');
my $log = sub { SHS::Httpd::slurp($httpd->root . '/logs/users') };
SHS::Process::wait_for('the access log', 5, sub { $log->() =~ m{^/down\.html }m });
like($log->(), qr{^/page\.html alice$}m, '%u: the user');
like($log->(), qr{^/unnamed/cgi -$}m, '... or none');
like($log->(), qr{^/basic/cgi carl$}m, '... or that of Basic');
like($log->(), qr{^/down\.html -$}m, '... none while Redis is down');
$httpd->stop;

# --- what httpd -t says ------------------------------------------------------------------------------------

my $checked = SHS::Httpd->new;
for my $row (['*', 'all attributes'], ['@id', 'the id'], ['@status', 'the result'],
             ['@nothing', 'an unknown pseudo attribute']) {
    my ($attribute, $why) = @$row;
    $checked->configure(qq{SharedSessionUser "$attribute"\n});
    my ($code, $said) = $checked->check;
    isnt($code, 0, "SharedSessionUser \"$attribute\" is refused: $why");
    like($said, qr/^SharedSessionUser: /m, '... as it says');
}
done_testing;
