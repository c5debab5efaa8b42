# docs/request-phases.md: which components of httpd see the session, and which do
# not because they run before it is looked up. And docs/guide/protect-files.md:
# what is a lock, and what is not.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
my $load = join '', map {
    "<IfModule !mod_$_.c>\nLoadModule ${_}_module $modules/mod_$_.so\n</IfModule>\n"
} qw(access_compat env filter headers include rewrite setenvif substitute);

my $hooks = join '', map {
    "function $_(r) r.subprocess_env['LUA_$_'] = tostring(r.notes['session.userId']) "
    . "return apache2.DECLINED end\n"
} qw(translate_name map_to_storage access_checker type_checker fixups);

my $httpd = private_httpd(
    near => 1,
    loglevel => 'notice core:info',
    files => {
        'hooks.lua' => $hooks,
        'htdocs/part.shtml' => '<!--#echo var="SESSION_USER" -->/'
            . "<!--#if expr=\"note('session.role') == 'admin'\" -->yes<!--#endif -->\n",
        'htdocs/gate/page.html' => "page\n",
        'htdocs/of-.html' => "none\n",
        'htdocs/gate/own/page.html' => "page\n",
        'htdocs/gate/own/.htaccess' => "RewriteEngine On\nRewriteRule ^no-such - [F]\n",
    },
    conf => $load . <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]}
SharedSession On
SharedSessionNote session.* *
SharedSessionEnv SESSION_USER userId
SharedSessionEnv SESSION_EMPTY empty
SharedSessionHeader X-User userId

# Before the lookup
SetEnvIf SESSION_USER (.+) SERVER_SETENVIF=\$1
SetEnvIf X-User (.+) SERVER_SETENVIF_HEADER=\$1
SetEnvIfExpr "reqenv('SESSION_USER') =~ /(.+)/" SERVER_SETENVIFEXPR=\$1
<If "reqenv('SESSION_USER') == 'alice'">
    SetEnv SERVER_IF yes
</If>
<If "note('session.userId') == 'alice'">
    SetEnv SERVER_IF_NOTE yes
</If>
RequestHeader set X-Early "%{SESSION_USER}e" early
RewriteEngine On
RewriteRule ^/see/ - [E=SERVER_REWRITE:%{ENV:SESSION_USER}]
LuaHookTranslateName \${HOME_DIR}/hooks.lua translate_name early
LuaHookMapToStorage \${HOME_DIR}/hooks.lua map_to_storage
<Location /see>
    SetEnvIf SESSION_USER (.+) PLACE_SETENVIF=\$1
    SetEnvIf X-User (.+) PLACE_SETENVIF_HEADER=\$1
    <If "reqenv('SESSION_USER') == 'alice'">
        SetEnv PLACE_IF yes
    </If>
</Location>
<Location /redirect>
    Redirect 303 "/user/%{note:session.userId}"
</Location>
<LocationMatch ^/match>
    RedirectMatch 303 "/user/%{note:session.userId}"
</LocationMatch>
<Location /alias>
    Alias "\${DOCS}/of-%{note:session.userId}.html"
</Location>

# Look-ahead
RewriteCond %{IS_SUBREQ} false
RewriteCond %{LA-U:ENV:session.role} !=admin
RewriteRule ^/ahead/ - [F]
RewriteCond %{LA-U:ENV:session.role} !=admin
RewriteRule ^/ahead-alone/ - [F]
RewriteRule ^/see/ - [E=AHEAD:%{LA-U:ENV:SESSION_USER},E=AHEAD_NOTE:%{LA-U:ENV:session.role}]

# After it
LuaHookAccessChecker \${HOME_DIR}/hooks.lua access_checker
LuaHookTypeChecker \${HOME_DIR}/hooks.lua type_checker
LuaHookFixups \${HOME_DIR}/hooks.lua fixups
FilterDeclare of_users
FilterProvider of_users SUBSTITUTE "reqenv('SESSION_USER') == 'alice'"
<Location /see>
    RewriteEngine On
    RewriteCond %{ENV:SESSION_USER} (.+)
    RewriteRule . - [E=REWRITE_ENV:%1]
    RewriteCond %{ENV:session.role} (.+)
    RewriteRule . - [E=REWRITE_NOTE:%1]
    RewriteCond %{HTTP:X-User} (.+)
    RewriteRule . - [E=REWRITE_HEADER:%1]
    RewriteCond expr "note('session.role') == 'admin'"
    RewriteRule . - [E=REWRITE_EXPR:yes]
    RequestHeader set X-Env "%{SESSION_USER}e"
    RequestHeader set X-Note "expr=%{note:session.role}"
    RequestHeader set X-If-Env yes env=SESSION_USER
    RequestHeader set X-If-Expr yes "expr=note('session.role') == 'admin'"
    Header always set O-Env "%{SESSION_USER}e"
    Header always set O-Note "expr=%{note:session.role}"
    ErrorDocument 404 "sorry %{note:session.userId}"
</Location>
<Location /see/filtered>
    FilterChain of_users
    Substitute s/SHARED/FILTERED/
</Location>
<Location /setenv>
    SetEnv SESSION_USER other
</Location>
<Location /part.shtml>
    Options +Includes
    SetOutputFilter INCLUDES
</Location>
LogFormat "%U %{session.userId}n %{SESSION_USER}e %{X-User}i" phases
CustomLog logs/phases phases
ErrorLogFormat "[%-l] %M, of %{session.userId}n and %{SESSION_USER}e"
CustomLog logs/some "%U" "expr=note('session.role') == 'admin'"
CustomLog logs/some "%U" env=SESSION_USER

# Locks
<Location /lock/note>
    Require expr "note('session.role') == 'admin'"
</Location>
<Location /lock/env>
    Require env SESSION_USER
</Location>
<Location /lock/reqenv>
    Require expr "reqenv('SESSION_USER') == 'alice'"
</Location>
<Location /lock/header>
    Require expr "req('X-User') == 'alice'"
</Location>
<Location /lock/number>
    Require expr "note('session.level') -ge 3"
</Location>
<Location /lock/roles>
    Require expr "note('session.roles') =~ /\\x22chef\\x22/"
</Location>
<Location /lock/compat>
    Order deny,allow
    Deny from all
    Allow from env=SESSION_USER
</Location>
# What looks like one
SetEnvIf Request_URI ^/pick/set SESSION_USER=set
<Location /pick/set>
    Require env SESSION_USER
</Location>
<Location /pick/empty>
    Require env SESSION_EMPTY
</Location>
<Location /pick/negative>
    Require expr "note('session.role') != 'banned'"
</Location>
<Location /pick/if>
    <If "note('session.role') == 'admin'">
        Require all denied
    </If>
</Location>
<Directory "\${DOCS}/gate">
    AllowOverride FileInfo
    RewriteEngine On
    RewriteCond expr "note('session.userId') == ''"
    RewriteRule .* /login [R=303,L]
</Directory>
CONF

my $id = fresh_id();
$store->put_hash("session:$id", { userId => 'alice', role => 'admin', level => 3, empty => '',
                                  roles => '["chef","waiter"]' });
my $visitor = fresh_id();
$store->put_hash("session:$visitor", { level => 2, empty => '', roles => '["chef2"]' });

sub at {
    my ($path, $cookie) = @_;
    return $httpd->get($path, $cookie ? (cookie => "JSESSIONID=$cookie") : ());
}

# --- what sees it ------------------------------------------------------------------
my $r = at('/see/lua', $id);
for my $row (
    [env => 'REWRITE_ENV', 'alice', 'RewriteCond %{ENV:} in a directory'],
    [env => 'REWRITE_NOTE', 'admin', '... of a note'],
    [env => 'REWRITE_HEADER', 'alice', 'RewriteCond %{HTTP:} in a directory'],
    [env => 'REWRITE_EXPR', 'yes', 'RewriteCond expr in a directory'],
    [env => 'AHEAD', 'alice', '%{LA-U:ENV:} in the server'],
    [env => 'AHEAD_NOTE', 'admin', '... of a note'],
    [hdr => 'X-Env', 'alice', 'RequestHeader %{}e'],
    [hdr => 'X-Note', 'admin', 'RequestHeader expr='],
    [hdr => 'X-If-Env', 'yes', 'RequestHeader with env='],
    [hdr => 'X-If-Expr', 'yes', 'RequestHeader with expr='],
    [env => 'LUA_access_checker', 'alice', 'LuaHookAccessChecker'],
    [env => 'LUA_type_checker', 'alice', 'LuaHookTypeChecker'],
    [env => 'LUA_fixups', 'alice', 'LuaHookFixups'],
) {
    my ($kind, $name, $value, $why) = @$row;
    is($r->$kind($name), $value, "sees it: $why");
}
is($r->header('O-Env'), 'alice', 'sees it: Header %{}e');
is($r->header('O-Note'), 'admin', 'sees it: Header expr=');
like(at('/see/filtered/lua', $id)->body, qr/FILTERED/, 'sees it: FilterProvider');
unlike(at('/see/filtered/lua')->body, qr/FILTERED/, '... and nothing without a session');
like(at('/part.shtml', $id)->body, qr{^alice/yes}, 'sees it: mod_include');
my $missing = at('/see/nothing', $id);
is($missing->body, 'sorry alice', 'sees it: ErrorDocument with an expression');
is($missing->header('O-Env'), 'alice', 'sees it: Header always, in an error');
ok(eval { SHS::Process::wait_for('the access log', 5, sub {
    2 == (() = slurp($httpd->root . '/logs/some') =~ m{^/see/nothing$}mg) }) },
   'sees it: CustomLog with expr=, and with env=');
like(slurp($httpd->root . '/logs/phases'), qr{^/see/lua alice alice alice$}m,
     'sees it: LogFormat');
like($httpd->error_log, qr{/see/nothing, of alice and alice$}m, 'sees it: ErrorLogFormat');

# --- what does not -------------------------------------------------------------------
is($r->env($_), undef, "runs before: $_")
    for qw(SERVER_SETENVIF SERVER_SETENVIF_HEADER SERVER_SETENVIFEXPR SERVER_IF SERVER_IF_NOTE
           PLACE_SETENVIF PLACE_SETENVIF_HEADER PLACE_IF);
is($r->env('SERVER_REWRITE') // '', '', 'runs before: RewriteRule in the server');
is($r->env('LUA_map_to_storage'), 'nil', 'runs before: LuaHookMapToStorage');
is($r->env('LUA_translate_name'), 'nil', 'runs before: LuaHookTranslateName');
is($r->hdr('X-Early'), '(null)', 'runs before: RequestHeader early');
like(at('/redirect', $id)->header('Location'), qr{/user/$}, 'runs before: Redirect in a place');
like(at('/match', $id)->header('Location'), qr{/user/$}, 'runs before: RedirectMatch in a place');
is(at('/alias', $id)->body, "none\n", 'runs before: Alias with an expression');

# --- the look-ahead ------------------------------------------------------------------
is(at('/ahead/lua', $id)->code, 200, 'a look-ahead lets the admin in');
is(at('/ahead/lua', $visitor)->code, 403, '... and no other user');
is(at('/ahead/lua')->code, 403, '... nor a request without a session');
is(at('/ahead-alone/lua', $id)->code, 403,
   'without IS_SUBREQ it forbids its own subrequest, and so all');

# --- what overwrites a value ---------------------------------------------------------
is(at('/setenv/cgi', $id)->env('SESSION_USER'), 'other', 'SetEnv overwrites a variable of CGI');

# --- locks ---------------------------------------------------------------------------
for my $lock (qw(note env reqenv header number roles compat)) {
    is(at("/lock/$lock/lua", $id)->code, 200, "a lock by $lock opens for the admin");
    is(at("/lock/$lock/lua", $visitor)->code, 403, '... not for a visitor');
    is(at("/lock/$lock/lua")->code, 403, '... not without a session');
}
is(at('/pick/set/lua')->code, 200, 'Require env passes by a variable that SetEnvIf sets');
is(at('/pick/empty/lua', $visitor)->code, 200, '... and by one that is empty');
is(at('/pick/negative/lua')->code, 200, 'a negative test passes without a session');
is(at('/pick/if/lua', $id)->code, 200, '<If> never applies');
like(at('/gate/page.html')->header('Location'), qr{/login$}, 'a rewrite rule sends to the login');
is(at('/gate/own/page.html')->code, 200,
   '... but not from a subdirectory with rewrite directives of its own');

done_testing;
