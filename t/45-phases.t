# docs/request-phases.md: which components of httpd see the session by session(),
# and what they do while the store gives no answer.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Backend;

my $store = SHS::Redis->start;
my $backend = SHS::Backend->start;
my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
my $httpd = private_httpd(
    backend => $backend->port,
    files => {
        'htdocs/part.shtml' => "<!--#if expr=\"session('role') == 'admin'\" -->yes<!--#endif -->\n",
        'htdocs/of-.html' => "none\n", 'htdocs/of-alice.html' => "alice\n",
        'tenants.txt' => 'acme 127.0.0.1:' . $backend->port . "\n",
    },
    conf => <<"CONF");
LoadModule substitute_module $modules/mod_substitute.so
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=500ms breaker=off
SharedSession On
SharedSessionNote none
RewriteEngine On

# In the server
<VirtualHost *:\${SHS_PORT}>
    ServerName early
    SharedSession On
    SetEnvIfExpr "session('userId') =~ /(.+)/" SERVER_SETENVIFEXPR=\$1
    RequestHeader set X-Early "expr=%{session:userId}" early
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName main
    RewriteEngine On
    RewriteCond expr "session('userId') =~ /(.+)/"
    RewriteRule ^/server/ - [E=SERVER_REWRITE:%1]
    RewriteRule ^/server/ - [E=NOT_EXPR:%{session:userId}]
    RewriteCond expr "session('userId') == ''"
    RewriteRule ^/server-login/ /login [R]
    RewriteCond expr "session('userId') == ''"
    RewriteRule ^/server-none/ /login [R]
    RewriteMap tenants "txt:\${HOME_DIR}/tenants.txt"
    RewriteCond expr "session('tenant') =~ /^([a-z0-9-]+)\$/"
    RewriteCond "\${tenants:%1|none}" "^([0-9.]+:[0-9]+)\$"
    RewriteRule "^/tenant/(.*)\$" "http://%1/tenant/\$1" [P,L]

    # In a directory
    <Location /setenvifexpr>
        SetEnvIfExpr "session('userId') =~ /(.+)/" SEEN=\$1
    </Location>
    <Location /if>
        <If "session('userId') == 'alice'">
            SetEnv SEEN alice
        </If>
    </Location>
    <Location /inside>
        SharedSession Off
        <If "session('userId') == 'alice'">
            SharedSession On
            SetEnv SEEN alice
        </If>
    </Location>
    <Location /list>
        <If "'b' -in session_values('groups[*]')">
            SetEnv SEEN alice
        </If>
    </Location>
    <Location /rewrite>
        RewriteEngine On
        RewriteCond expr "session('userId') =~ /(.+)/"
        RewriteRule . - [E=SEEN:%1]
    </Location>
    <Location /rewrite-login>
        RewriteEngine On
        RewriteCond expr "session('userId') == ''"
        RewriteRule . /login [R]
    </Location>
    <Location /rewrite-forbid>
        RewriteEngine On
        RewriteCond expr "session('userId') == ''"
        RewriteRule . - [F]
    </Location>
    <Location /requestheader>
        RequestHeader set X-Seen "expr=%{session:userId}"
    </Location>
    <Location /header>
        Header set X-Seen "expr=%{session:userId}"
    </Location>
    <Location /filter>
        FilterDeclare of_users
        FilterProvider of_users SUBSTITUTE "session('userId') == 'alice'"
        FilterChain of_users
        Substitute s/SHARED/FILTERED/
    </Location>
    <Location /missing>
        ErrorDocument 404 "sorry %{session:userId}"
    </Location>
    <Location /redirect>
        Redirect 303 "/user/%{session:userId}"
    </Location>
    <Location /alias>
        Alias "\${DOCS}/of-%{session:userId}.html"
    </Location>
    <Location /part.shtml>
        Options +Includes
        SetOutputFilter INCLUDES
    </Location>
    <Location /require>
        Require expr "session('userId') == 'alice'"
    </Location>
    <Location /off>
        SharedSession Off
        Require shared-session
    </Location>
    <LocationMatch ^/none>
        SharedSessionFailure decide=none
        <If "session('userId') == ''">
            SetEnv SEEN stranger
        </If>
    </LocationMatch>
    CustomLog logs/some "%U" "expr=session('userId') == 'alice'"
</VirtualHost>
CONF

my $id = fresh_id();
sub put { return $store->put_hash("session:$id", { userId => 'alice', role => 'admin', tenant => 'acme',
                                                   groups => '["a","b"]' }) }
put();
sub at {
    my ($path, %more) = @_;
    return $httpd->get($path, host => 'main', cookie => "JSESSIONID=$id", %more);
}

# path, what is there with the session, what without; what follows while the store
# is down: a code, or '' for what is there without a session
my $env = sub { $_[0]->env('SEEN') // '' };
my @rows = (
    ['/server/lua', sub { $_[0]->env('SERVER_REWRITE') // '' }, 'alice', '', 503,
     'RewriteCond expr in the server'],
    ['/setenvifexpr/lua', $env, 'alice', '', 503, 'SetEnvIfExpr in a directory'],
    ['/if/lua', $env, 'alice', '', 503, '<If>'],
    ['/list/lua', $env, 'alice', '', 503, 'a list'],
    ['/rewrite/lua', $env, 'alice', '', 503, 'RewriteCond expr in a directory'],
    ['/require/lua', sub { $_[0]->code }, 200, 403, 503, 'Require expr'],
    ['/requestheader/lua', sub { $_[0]->hdr('X-Seen') // '' }, 'alice', '', 503, 'RequestHeader'],
    ['/header/lua', sub { $_[0]->header('X-Seen') // '' }, 'alice', '', '', 'Header'],
    ['/filter/lua', sub { $_[0]->body =~ /FILTERED/ ? 1 : 0 }, 1, 0, '', 'FilterProvider'],
    ['/missing', sub { $_[0]->body }, 'sorry alice', 'sorry ', '', 'ErrorDocument'],
    ['/part.shtml', sub { $_[0]->body =~ /^yes/ ? 1 : 0 }, 1, 0, '', 'mod_include'],
    ['/redirect', sub { $_[0]->header('Location') =~ m{(/user/.*)} && $1 }, '/user/alice', '/user/', 503,
     'Redirect in a place'],
    ['/alias', sub { $_[0]->body }, "alice\n", "none\n", 503, 'Alias in a place'],
    ['/server-login/lua', sub { $_[0]->code }, 200, 302, 503, 'a rule in the server that redirects'],
    ['/rewrite-login/lua', sub { $_[0]->code }, 200, 302, 503, '... in a directory'],
    ['/rewrite-forbid/lua', sub { $_[0]->code }, 200, 403, 503, '... that forbids'],
    ['/none/lua', $env, '', 'stranger', '', '<If> with decide=none'],
    ['/tenant/x', sub { $_[0]->code }, 200, 404, 503, 'a RewriteMap by tenant'],
);
for my $row (@rows) {
    my ($path, $seen, $with, $without, undef, $why) = @$row;
    is($seen->(at($path)), $with, "$why sees it");
    is($seen->(at($path, cookie => undef)), $without, '... and nothing without a session');
}
is($httpd->get('/lua', host => 'early', cookie => "JSESSIONID=$id")->env('SERVER_SETENVIFEXPR'),
   'alice', 'SetEnvIfExpr in the server sees it');
is($httpd->get('/lua', host => 'early', cookie => "JSESSIONID=$id")->hdr('X-Early'), 'alice',
   'RequestHeader early sees it');
is(at('/inside/lua')->env('SEEN'), undef, 'SharedSession On inside <If> is not for its condition');
is(at('/server/lua')->env('NOT_EXPR'), '', 'mod_rewrite does not know %{session:} outside of expr');
is(at('/off/lua')->code, 500, 'a requirement where SharedSession is Off lets no request in');
ok(scalar $httpd->logged(qr{:error\].*SHS038: Require shared-session applies to /off/lua, where SharedSession is not On}),
   '... and SHS038 has the cure');
ok(eval { SHS::Process::wait_for('the access log', 5, sub {
    slurp($httpd->root . '/logs/some') =~ m{^/missing$}m }) }, 'CustomLog with expr= sees it');

$store->stop;
for my $row (@rows) {
    my ($path, $seen, undef, $without, $code, $why) = @$row;
    my $r = at($path);
    $code ? is($r->code, $code, "the store is down: $why")
          : is($seen->($r), $without, "the store is down: $why sees no session");
}

$backend->stop;
done_testing;
