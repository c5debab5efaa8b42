# A .htaccess file logs no user in. No directive that AllowOverride AuthConfig
# FileInfo Options Indexes Limit lets it have writes a session, neither by the JSON
# resource, nor by control headers, nor by mod_session, nor by another module,
# unless the server's own configuration says so for that place. The administrator's
# directives for the place go on working.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use SHS;
use SHS::Module;

my $store = SHS::Redis->start;
my $probe = SHS::Module::build('mod_session_probe');
my ($modules) = slurp("$ENV{SHS_TMP}/t/conf/modules." . mpm() . '.conf')
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
my $glue = $ENV{SHS_MODULE} =~ s/mod_shared_session/mod_session_shared/r;
my $load = join '', map {
    "<IfModule !mod_$_.c>\nLoadModule ${_}_module $modules/mod_$_.so\n</IfModule>\n"
} qw(session request auth_form authn_core authn_file rewrite actions mime headers asis);
$load .= "LoadModule session_shared_module $glue\n"
       . "LoadModule session_probe_module $probe\n";

my $on = "SharedSession On\n";
my $handler = "SetHandler shared-session\n";
my $header = "Session On\nSessionHeader X-Mine\n";
my $form = <<'CONF';
AuthType Form
AuthName realm
AuthFormProvider file
AuthUserFile ${HOME_DIR}/mine/users
AuthFormLoginRequiredLocation /x.html
Session On
Require valid-user
CONF

# What answers in the place, and its .htaccess. Under /closed the server says
# nothing, under /open SharedSession On and Session On.
my %resource = (
    handler => $handler, upper => "SetHandler Shared-Session\n",
    'add-handler' => "AddHandler shared-session .html\n",
    'force-type' => "ForceType shared-session\n",
    'add-type' => "AddType shared-session .html\n",
    rewrite => "RewriteEngine On\nRewriteRule ^ - [H=shared-session]\n",
    files => "<Files x.html>\n$on$handler</Files>\n",
    files_match => "<FilesMatch .>\n$on$handler</FilesMatch>\n",
    if => "<If \"true\">\n$on$handler</If>\n",
    nested => "<Files x.html>\n<If \"true\">\n$on$handler</If>\n</Files>\n",
    limit => "<IfModule core.c>\n$on$handler</IfModule>\n",
    off_on => "SharedSession Off\n<Files x.html>\n$on$handler</Files>\n",
);
my %control = (
    header => "Header set X-Session-Action create\n"
            . "Header set X-Session-Set userId=admin\n",
    always => "Header always set X-Session-Action create\n"
            . "Header always set X-Session-Set userId=admin\n",
    asis => "AddHandler send-as-is .html\n",
);
my %mod_session = (
    header => $header,
    files => "<Files x.html>\n$header</Files>\n",
    if => "<If \"true\">\n$header</If>\n",
    nested => "<Files x.html>\n<If \"true\">\n$header</If>\n</Files>\n",
    aged => "SessionMaxAge 1800\n$header",
    own => "SessionHeader X-Mine\n",
    proxy => "RewriteEngine On\nRewriteRule ^ http://127.0.0.1:\${SHS_PORT}/mine.asis [P]\n"
           . $header,
    redirect => "RewriteEngine On\nRewriteRule ^x.html\$ /plain.html\n$header",
);
my $asis = "Status: 200 OK\nX-Session-Action: create\nX-Session-Set: userId=admin\n"
         . "Content-Type: text/html\n\npage\n";
my $mine = $asis =~ s/X-Session-.*X-Session[^\n]*/X-Mine: userId=admin/sr;
my $ours = $mine =~ s/Mine: userId=admin/Ours: userId=anna/r;

my %files = ('mine/users' => 'admin:{SHA}' . sha1_base64('mine') . "\n",
             'htdocs/plain.html' => "page\n", 'htdocs/mine.asis' => $mine);
for my $area (qw(closed open)) {
    my %what = (resource => \%resource, control => \%control,
                'mod-session' => \%mod_session, form => { form => $form });
    for my $way (sort keys %what) {
        for my $name (sort keys %{ $what{$way} }) {
            my $dir = "htdocs/$area/$way-$name";
            $files{"$dir/.htaccess"} = $on . $what{$way}{$name};
            $files{"$dir/x.html"} = $name eq 'asis' ? $asis
                                   : $way eq 'mod-session' ? $mine : "page\n";
        }
    }
}
# A request becomes its subrequest, which has another directory's .htaccess.
for my $area (qw(closed open)) {
    my $dir = "/$area/mod-session-sub";
    $files{"htdocs$dir/x.asis"} = $mine;
    $files{"htdocs$dir/.htaccess"} = $on . $header;
    $files{"htdocs/$area/index/.htaccess"} = "DirectoryIndex $dir/x.asis\n";
    $files{"htdocs/$area/twice/.htaccess"} = "DirectoryIndex /$area/index/\n";
    $files{"htdocs/$area/fallback/.htaccess"} = "FallbackResource $dir/x.asis\n";
}
$files{'htdocs/closed/api/.htaccess'} = "${on}SetHandler session-probe\n";
$files{'htdocs/closed/aged/.htaccess'} = "${on}Session On\nSessionMaxAge 1800\n"
                                       . "SharedSessionNote session.* *\n";
$files{"htdocs/$_/x.html"} = "page\n" for qw(closed/api closed/aged open/ours
                                             open/ours/deep);
$files{'htdocs/open/login/x.html'} = $ours;
$files{'htdocs/open/ours/.htaccess'} =
    "SharedSession Off\nOptions -Indexes\nRewriteEngine On\nRewriteRule ^no - [F]\n";
$files{'htdocs/open/ours/deep/.htaccess'} = $on;
$files{'htdocs/open/login/.htaccess'} = "Require all granted\nExpiresActive Off\n"
    . "DirectoryIndex /open/mod-session-sub/none.asis x.html\n";

my $httpd = private_httpd(files => \%files, conf => $load . <<"CONF");
LogLevel session_shared:trace8
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s
<IfModule !mod_expires.c>
LoadModule expires_module $modules/mod_expires.so
</IfModule>
<Directory "\${DOCS}">
    AllowOverride AuthConfig FileInfo Options Indexes Limit
</Directory>
AddHandler send-as-is .asis
<LocationMatch "/control-">
    SharedSessionControl On
</LocationMatch>
<Directory "\${DOCS}/open">
    SharedSession On
</Directory>
<DirectoryMatch "/open/(?:mod-session|form|login)">
    Session On
</DirectoryMatch>
<Directory "\${DOCS}/open/login">
    SessionHeader X-Ours
</Directory>
<LocationMatch "/mod-session-|/login/|/mine.asis">
    SetHandler send-as-is
</LocationMatch>
<Directory "\${DOCS}/open/ours">
    SetHandler shared-session
</Directory>
<LocationMatch "^/open/control-">
    SharedSession Off
</LocationMatch>
CONF

sub anna {
    my $id = fresh_id();
    $store->cmd('HSET', "session:$id", 'user', 'anna', '@max', 1800);
    $store->cmd('PEXPIRE', "session:$id", 1_800_000);
    return $id;
}
sub keys_there { return join ' ', sort @{ $store->cmd('KEYS', '*') } }

sub post {
    my ($path, $id) = @_;
    return $httpd->get($path, method => 'POST', body => '{"userId":"admin"}',
                       headers => [['Content-Type', 'application/json']],
                       defined $id ? (cookie => "JSESSIONID=$id") : ());
}

# An attempt: with no session, and with one, whose owner stays the same.
sub fails {
    my ($name, $try) = @_;
    for my $id (undef, anna()) {
        my $there = keys_there();
        my $r = $try->($id);
        my $with = $name . (defined $id ? ', with a session' : '');
        is($r->header('Set-Cookie'), undef, "$with: no cookie") || diag $r->raw;
        is(keys_there(), $there, '... and no session');
        is($store->cmd('HGET', "session:$id", 'userId'), undef, '... nor is one changed')
            if defined $id;
        # Of an error page mod_headers sets what is "always" after all others.
        unlike($r->raw, qr/^X-Session-/mi, '... and no order gets out')
            if $name !~ /always/;
    }
    return;
}

for my $area (qw(closed open)) {
    for my $name (sort keys %resource) {
        my $path = "/$area/resource-$name/x.html";
        fails("$path, POST", sub { post($path, $_[0]) });
        is(post($path)->code, 403, '... but 403') if $name =~ /handler|files|if|rewrite/;
        my $id = anna();
        unlike($httpd->get($path, cookie => "JSESSIONID=$id")->body, qr/anna/,
               '... nor is it shown');
        $httpd->get($path, method => 'DELETE', cookie => "JSESSIONID=$id");
        is($store->cmd('EXISTS', "session:$id"), 1, '... nor ended');
    }
}
for my $name (sort keys %control) {
    my $path = "/closed/control-$name/x.html";
    fails($path, sub { $httpd->get($path, $_[0] ? (cookie => "JSESSIONID=$_[0]") : ()) });
    is($httpd->get($path)->code, 500, '... but 500');
}
for my $area (qw(closed open)) {
    for my $name (sort keys %mod_session) {
        my $path = "/$area/mod-session-$name/x.html";
        # Where it is off, mod_session ignores every header.
        next if $area eq 'closed' && $name eq 'own';
        fails($path, sub { $httpd->get($path, $_[0] ? (cookie => "JSESSIONID=$_[0]") : ()) });
        is($httpd->get($path)->code, 500, '... but 500') if $name ne 'redirect';
    }
    fails("/$area/form-form", sub {
        $httpd->get("/$area/form-form/x.html", method => 'POST',
                    headers => [['Content-Type', 'application/x-www-form-urlencoded']],
                    body => 'httpd_username=admin&httpd_password=mine',
                    $_[0] ? (cookie => "JSESSIONID=$_[0]") : ()) });
}
for my $area (qw(closed open)) {
    for my $path (map { "/$area/$_" } qw(index/ twice/ fallback/none)) {
        fails($path, sub { $httpd->get($path, $_[0] ? (cookie => "JSESSIONID=$_[0]") : ()) });
        is($httpd->get($path)->code, 500, '... but 500');
    }
}
ok($httpd->wait_logged(qr/SHS025: the session is not served here/), 'SHS025 says so');
ok($httpd->wait_logged(qr/SHS025: the session is not written: /), '... of both kinds');
ok($httpd->wait_logged(qr/SHS026: .*not saved: \.htaccess/), '... and SHS026');

# Another module's words are no administrator's either.
for my $order (qw(begin:user=admin set:user=admin unset:user rotate destroy)) {
    my $id = anna();
    my $r = $httpd->get("/closed/api/x.html?$order", cookie => "JSESSIONID=$id");
    like($r->body, qr/\bFORBIDDEN\b/, "$order by a module, where only .htaccess says On");
    is($store->cmd('HGET', "session:$id", 'user'), 'anna', '... does nothing');
    is($r->header('Set-Cookie'), undef, '... and gives no cookie');
}

# A session that is only read and touched there is found.
my $id = anna();
$store->cmd('PEXPIRE', "session:$id", 600_000);
my $r = $httpd->get('/closed/aged/x.html', cookie => "JSESSIONID=$id");
is($r->code, 200, 'Session On in .htaccess, and nothing to be saved but its time');
is($store->cmd('HGET', "session:$id", 'mod_session-expiry'), undef, '... which is not');
cmp_ok($store->cmd('PTTL', "session:$id"), '>', 1_700_000, '... a request touches it');

# The administrator's words go on counting, beside a .htaccess.
$r = post('/open/ours/deep/x.html');
is($r->code, 201, 'the resource where the server has it, Off and On in .htaccess')
    || diag $r->raw;
like($r->header('Set-Cookie') // '', qr/^JSESSIONID=/, '... with a cookie');
$r = $httpd->get('/open/login/x.html');
is($r->code, 200, 'mod_session where the server has it, beside a .htaccess');
like($r->header('Set-Cookie') // '', qr/^JSESSIONID=/, '... saves');

$r = $httpd->get('/open/login/');
is($r->code, 200, '... also after a subrequest that is not served') || diag $r->raw;
like($r->header('Set-Cookie') // '', qr/^JSESSIONID=/, '... saves');

is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');
done_testing;
