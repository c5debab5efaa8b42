# Beside other modules, those that keep pointers in notes and variables among
# them: each request has its session and each module finds what it kept; no child
# dies. Loaded before and after.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::H2;
use SHS::Module;

my $store = SHS::Redis->start;
my ($id, $bob) = (fresh_id(), fresh_id());
$store->put_hash("session:$id", { user => 'anna', role => 'chef', pointer => 'x' });
$store->put_hash("session:$bob", { user => 'bob' });

chomp(my $libexec = `$ENV{SHS_APXS} -q LIBEXECDIR`);
# Debian 12 links mod_qos without the libpcre that it calls.
my ($pcre) = `/sbin/ldconfig -p` =~ /libpcre\.so\.3 .*=> (\S+)/;
sub so { return (glob("$libexec/mod_$_[0].so"))[0] }
my ($php) = glob("$libexec/libphp*.so");
# Debian 12 has version 1, which calls itself so, and is on when it is loaded.
my $evasive = -e so('evasive20') ? 'evasive20' : 'evasive';

# A page with all that makes a request of a request: a part, an error document,
# an index.
my %files = (
    'htdocs/page.txt' => "the page\n",
    'htdocs/ssi/page.html' => qq(<!--#include virtual="/page.txt" -->)
        . qq(<!--#include virtual="/other/page.txt" -->),
    'htdocs/other/page.txt' => "another page\n",
    'htdocs/index/index.txt' => "the index\n",
);
my $place = <<"CONF";
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s
SharedSession On
SharedSessionEnv SESSION_* *
SharedSessionHeader X-User user
Header always set X-Seen "%{SHARED_SESSION}e user=%{SESSION_user}e"
ErrorDocument 404 /other/page.txt
<Location /ssi>
    Options +Includes
    SetOutputFilter INCLUDES
</Location>
<Location /index>
    DirectoryIndex index.txt
</Location>
<Location /other>
    SharedSessionNote other.* *
    SharedSessionEnv none
    SharedSessionEnv OTHER_USER user
</Location>
CONF

my @neighbours = (
    # name, MPM, its configuration, further files, and what it is asked
    {   name => 'a module that keeps pointers', so => SHS::Module::build('mod_pointer_probe'),
        module => 'pointer_probe_module',
        conf => "<Location /probe>\nSetHandler pointer-probe\n</Location>\n"
            . "<Location /probe/wild>\nSharedSessionNote point* *\n</Location>\n",
        ask => \&ask_pointer_probe },
    {   name => 'mod_security2', so => so('security2'), module => 'security2_module',
        conf => <<'CONF',
SecRuleEngine On
SecRequestBodyAccess On
SecDataDir ${SHS_RUN}
SecRule ARGS "@contains attack" "id:1,phase:2,deny,status:403"
CONF
        ask => sub {
            my ($httpd) = @_;
            is($httpd->get('/page.txt?a=attack', cookie => "JSESSIONID=$id")->code, 403,
               '... which goes on guarding');
        } },
    {   name => 'mod_session with mod_session_cookie', so => so('session_cookie'),
        module => 'session_cookie_module',
        before => "LoadModule session_module $libexec/mod_session.so\n", conf => <<'CONF',
<Location />
    Session On
    SessionCookieName other path=/
    SessionEnv On
    SessionHeader X-Put
</Location>
Header always set X-Put "k=v"
Header always set X-Other "%{HTTP_SESSION}e"
CONF
        ask => sub {
            my ($httpd) = @_;
            my $r = $httpd->get('/page.txt', cookie => "JSESSIONID=$id; other=k=v&n=1");
            is($r->header('X-Other'), 'k=v&n=1', '... which has its own session');
        } },
    {   name => 'mod_php', so => $php, module => 'php_module', mpm => 'prefork',
        conf => qq(<FilesMatch "\\.php\$">\nSetHandler application/x-httpd-php\n</FilesMatch>\n),
        files => { 'htdocs/app.php' => <<'PHP' },
<?php
header('Content-Type: text/plain');
echo implode(' ', [$_SERVER['SHARED_SESSION'], $_SERVER['SESSION_user'] ?? '-',
    $_SERVER['HTTP_X_USER'] ?? '-', getenv('SESSION_user') ?: '-',
    apache_note('session.user') ?: '-']), "\n";
PHP
        ask => sub { ask_program($_[0], '/app.php', 'found NAME NAME NAME NAME',
                                 'none - - - -') } },
    {   name => 'mod_wsgi', so => so('wsgi'), module => 'wsgi_module',
        conf => "WSGIScriptAlias /app.wsgi \${DOCS}/app.wsgi\n",
        files => { 'htdocs/app.wsgi' => <<'PYTHON' },
def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    names = ('SHARED_SESSION', 'SESSION_user', 'HTTP_X_USER')
    return [(' '.join(environ.get(name, '-') for name in names) + '\n').encode()]
PYTHON
        ask => sub { ask_program($_[0], '/app.wsgi', 'found NAME NAME', 'none - -') } },
    {   name => 'mod_perl', so => so('perl'), module => 'perl_module', conf => <<'CONF',
PerlSwitches -I${HOME_DIR}/perl
PerlModule Neighbour
<Location /app.pl>
    SetHandler perl-script
    PerlResponseHandler Neighbour
</Location>
CONF
        files => { 'perl/Neighbour.pm' => <<'PERL' },
package Neighbour;
use strict;
use warnings;
use APR::Table ();
use Apache2::RequestIO ();
use Apache2::RequestRec ();
use Apache2::Const -compile => 'OK';
sub handler {
    my ($r) = @_;
    $r->content_type('text/plain');
    $r->print(join(' ', map { $_ // '-' } @ENV{qw(SHARED_SESSION SESSION_user HTTP_X_USER)},
                   scalar($r->notes->get('session.user')) // '-'), "\n");
    return Apache2::Const::OK;
}
1;
PERL
        ask => sub { ask_program($_[0], '/app.pl', 'found NAME NAME NAME', 'none - - -') } },
    {   name => 'mod_http2', so => so('http2'), module => 'http2_module',
        conf => "Protocols h2c http/1.1\nH2Direct on\n",
        ask => sub {
            my ($httpd) = @_;
            my @body = SHS::H2::fetch($httpd->port, map {
                ['/x/lua', ['Cookie', "JSESSIONID=$_"]] } ($id, $bob) x 10);
            is(join(' ', map { (/^note session\.user (\S+)$/m)[0] // '-' } @body),
               join(' ', qw(anna bob) x 10), '... whose streams have their own sessions');
        } },
    {   name => 'mod_md', so => so('md'), module => 'md_module',
        before => "LoadModule ssl_module $libexec/mod_ssl.so\n", conf => <<'CONF',
MDStoreDir ${SHS_RUN}/md
MDCertificateAuthority http://127.0.0.1:9/directory
MDRenewMode manual
MDomain md.test manual
CONF
        ask => sub {
            my ($httpd) = @_;
            is($httpd->get('/.well-known/acme-challenge/none', host => 'md.test',
                           cookie => "JSESSIONID=$id")->code, 404,
               '... which answers for its own paths');
        } },
    {   name => 'mod_qos', so => so('qos'), module => 'qos_module',
        before => ($pcre ? "LoadFile $pcre\n" : ''), conf => <<'CONF',
QS_SrvMaxConnPerIP 100
QS_LocRequestLimit /page.txt 50
QS_ClientEntries 1000
QS_SetEnvIf REMOTE_ADDR=127 QS_Probe=yes
CONF
        },
    {   name => 'mod_evasive', so => so($evasive), module => "${evasive}_module",
        conf => ($evasive eq 'evasive' ? "DOSEnabled true\n" : '')
            . "DOSPageCount 60\nDOSSiteCount 10000\nDOSPageInterval 60\n"
            . "DOSBlockingPeriod 60\nDOSLogDir \"\${SHS_RUN}\"\n", mpm => 'worker',
        ask => sub {
            my ($httpd) = @_;
            my %code;
            ++$code{ $httpd->get('/page.txt', cookie => "JSESSIONID=$id")->code }
                for 1 .. 150;
            ok($code{403}, '... which goes on counting')
                or diag explain \%code;
        } },
);

for my $neighbour (@neighbours) {
    ok($neighbour->{so}, "$neighbour->{name} is installed") or next;
    for my $order (qw(before after)) {
        try_beside($neighbour, $order);
    }
}

sub try_beside {
    my ($neighbour, $order) = @_;
    my $load = ($neighbour->{before} // '')
        . "LoadModule $neighbour->{module} $neighbour->{so}\n";
    my $ours = "LoadModule shared_session_module $ENV{SHS_MODULE}\n";
    my $httpd = SHS::Httpd->start(
        mpm => $neighbour->{mpm} || mpm(), near => 1, no_module => 1,
        files => { %files, %{ $neighbour->{files} || {} } },
        conf => ($order eq 'before' ? $load . $ours : $ours . $load)
            . ($neighbour->{conf} // '') . $place);
    my $name = "$neighbour->{name}, loaded $order";
    for my $row (['/page.txt', 200, 'found user=anna', 'the page'],
                 ['/ssi/page.html', 200, 'found user=anna', "the page\nanother page"],
                 ['/index/', 200, 'found user=anna', 'the index'],
                 ['/missing', 404, '', 'another page']) {
        my ($path, $code, $seen, $body) = @$row;
        for my $user ([$id, $seen], [$bob, $seen =~ s/anna/bob/r], [$id, $seen]) {
            my $r = $httpd->get($path, cookie => "JSESSIONID=$user->[0]");
            is($r->code, $code, "$name: $path");
            is($r->body, "$body\n", '... is the page');
            is($r->header('X-Seen'), $user->[1], '... of its own session') if $seen;
        }
    }
    like($httpd->get('/page.txt')->header('X-Seen'), qr/^none /, "$name: no session");
    $neighbour->{ask}->($httpd) if $neighbour->{ask};
    is_deeply([ $httpd->logged(qr/exit signal|pointer_probe:/) ], [],
              '... no child has died, and no pointer is another');
    ok($httpd->stop, "$name: httpd has ended");
    return;
}

# What a program inside httpd is given.
sub ask_program {
    my ($httpd, $path, $found, $none) = @_;
    for my $user ([$id, 'anna'], [$bob, 'bob'], [undef, undef], [$id, 'anna']) {
        my ($cookie, $name) = @$user;
        my $r = $httpd->get($path, $cookie ? (cookie => "JSESSIONID=$cookie") : ());
        is($r->body, ($name ? $found =~ s/NAME/$name/gr : $none) . "\n",
           "... whose programs have the session of " . ($name // 'none'));
    }
    return;
}

sub ask_pointer_probe {
    my ($httpd) = @_;
    my $at = sub {
        return $httpd->get("$_[0]?$_[1]", cookie => "JSESSIONID=$id")->body };
    is($at->('/probe', 'note:pointer-probe'), '(the pointer)', 'a note is left alone');
    is($at->('/probe', 'env:pointer-probe'), '(the pointer)', '... and a variable');
    is($at->('/probe', 'note:session.user'), 'anna', '... beside notes of ours');
    is($at->('/probe', 'note:session.pointer'), '(the pointer)',
       "a wildcard makes no note of another module's another");
    return;
}

done_testing;
