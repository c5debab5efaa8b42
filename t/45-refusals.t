# What else comes with a decision by the session: no cache gives a page to others than
# those for whom it was made; a folder replies as its DirectoryIndex does; and a module that
# replies before the access checks gives no reply while Redis is down.
# SHS::Access says what the letters are.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Access;

my $store = SHS::Redis->start;
my $id = people($store);
my $any = sub { join "\n", '<RequireAny>', @_, 'Require ip 127.0.0.1', '</RequireAny>' };

# Places behind mod_cache that let in alice, and any client at 127.0.0.1: [name, lines,
# the answer to another client, why]
my @places = (
    ['line', $any->('Require shared-session userId'), 'L', 'a requirement'],
    ['expr', $any->(q{Require expr "session('userId') == 'alice'"}), 'L', 'an expression'],
    ['if', qq{<If "session('userId') == ''">\nRequire ip 127.0.0.1\n</If>}, 'F', 'a section'],
    ['type', "AuthType SharedSession\nAuthName x\nSharedSessionUser userId\n"
     . $any->('Require valid-user'), 'L', 'AuthType SharedSession'],
    ['alias', "SharedSession Off\nAuthType Basic\nAuthName x\nAuthUserFile none\n"
     . $any->('Require is-user'), 'B',
     'an alias that has SharedSession On for itself'],
);

# Where every answer has a header with the user's name: [path, status, why]
my @named = (
    ['/moved', 301, 'Redirect permanent'],
    ['/gone', 410, 'a RewriteRule with [G]'],
    ['/a%2Fb', 404, 'a path that httpd refuses to read'],
    ['/missing', 404, 'a file that is not there'],
    ['/open/page.html', 200, 'a page'],
);

# [name, lines, the answer to a navigation without a session or to one of alice, why]: a
# module answers before the access checks, unless the session is that of root.
my $cond = q{RewriteCond expr "session('userId') != 'root'"};
my @rules = (
    ['away', "$cond\nRewriteRule ^/away https://away.example/ [R]", 302, 'RewriteRule [R]'],
    ['keep', "$cond\nRewriteRule ^/keep - [F]", 403, '... [F]'],
    ['rid', "$cond\nRewriteRule ^/rid - [G]", 410, '... [G]'],
    ['tenant', qq{<Location /tenant>\nRedirect 302 "https://x%{session:userId}.example/"\n</Location>},
     302, 'Redirect by an expression'],
    ['section', qq{<If "%{REQUEST_URI} =~ m#^/section# && session('userId') != 'root'">\n}
     . "Redirect 302 https://away.example/\n</If>", 302, 'Redirect in a section'],
);
my $rules = "RewriteEngine On\nErrorDocument 503 /open/sorry.html\n"
    . join '', map { "$_->[1]\n" } @rules;

# Folders whose DirectoryIndex is protected: [name, its files, why]
my @folders = (
    ['one', 'secret.html', 'one file'],
    ['more', 'secret.html other.html', 'one of two files'],
    ['last', 'other.html secret.html', 'the last of two files'],
);

my %files = ('htdocs/open/page.html' => "the page\n", 'htdocs/open/sorry.html' => "come back\n");
$files{"htdocs/$_->[0]/page.html"} = "the page\n" for @places;
$files{"htdocs/$_->[0]/secret.html"} = "the page\n" for @folders;
my $conf = join '', map { "<Location /$_->[0]>\n$_->[1]\n</Location>\n" } @places;
my $folders = join '', map { <<"CONF" } @folders;
<Directory \${HOME_DIR}/htdocs/$_->[0]>
    DirectoryIndex $_->[1]
    <Files secret.html>
        Require shared-session user.roles admin
    </Files>
</Directory>
CONF
my ($cache, $named, $ruled, $decided) = map { SHS::Process::free_port() } 1 .. 4;
my $cached = <<'CONF';
    CacheRoot ${HOME_DIR}/cache
    CacheEnable disk /
    CacheDefaultExpire 600
    CacheHeader on
    Header set Cache-Control max-age=600
CONF
my $httpd = private_httpd(files => \%files, conf => <<"CONF");
@{[load_modules(qw(auth_basic authn_file))]}
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s breaker=off
SharedSession On
<AuthzProviderAlias shared-session is-user userId>
    SharedSession On
</AuthzProviderAlias>
<Location />
    SharedSessionLogin /login
</Location>
$folders
@{[map { "Listen 127.0.0.1:$_\n" } $cache, $named, $ruled, $decided]}
<VirtualHost *:$cache>
    ServerName cache.test
$cached
$conf
</VirtualHost>
<VirtualHost *:$named>
    ServerName named.test
$cached
    Header always set X-User "expr=%{session:userId}"
    Redirect permanent /moved /elsewhere
    RewriteEngine On
    RewriteRule ^/gone - [G]
</VirtualHost>
<VirtualHost *:$ruled>
$rules
</VirtualHost>
<VirtualHost *:$decided>
    SharedSessionFailure allow decide=none
$rules
</VirtualHost>
CONF

sub ask {
    my ($path, $who, %more) = @_;
    return SHS::HTTP::request(port => $httpd->port, path => $path,
                              $who ? (cookie => "JSESSIONID=$who") : (),
                              headers => [navigation()], %more);
}

# --- mod_cache, which answers before the access checks ------------------------------------------

my %at = (port => $cache, host => 'cache.test');
ask('/open/page.html', undef, %at);
my $r = ask('/open/page.html', undef, %at);
like($r->header('X-Cache'), qr/^HIT/, 'a page that the session does not decide is stored');
for my $row (@places) {
    my ($name, undef, $is, $why) = @$row;
    my $path = "/$name/page.html";
    $r = ask($path, undef, %at);
    is($r->code, 200, "a client that another alternative lets in: $why");
    like($r->header('Cache-Control') // '', qr/private|no-store/, '... for no shared cache');
    like($r->header('Vary') // '', qr/\bCookie\b/, '... Vary: Cookie');
    is(ask($path, $id->{user}, %at, from => '127.0.0.2')->code, 200, '... and alice');
    $r = ask($path, undef, %at, from => '127.0.0.2');
    isnt($r->code, 200, '... another client gets no stored page');
    is($r->code == 403 ? 'F' : answer($r, 'the page'), $is, '... but its own answer');
    unlike(ask($path, undef, %at)->header('X-Cache') // 'none', qr/^HIT/, '... nothing is stored');
}

%at = (port => $named, host => 'named.test');
for my $row (@named) {
    my ($path, $code, $why) = @$row;
    $r = ask($path, $id->{user}, %at);
    is($r->code, $code, "a header with the name of the user: $why");
    is($r->header('X-User'), 'alice', '... the name');
    like($r->header('Cache-Control'), qr/\bprivate\b/, '... for no shared cache');
    like($r->header('Vary') // '', qr/\bCookie\b/, '... Vary: Cookie');
    $r = ask($path, undef, %at);
    is($r->header('X-User') // '', '', '... not for the next client');
    unlike($r->header('X-Cache'), qr/^HIT/, '... as no cache has stored it') if $code == 200;
    like($r->header('Vary') // '', qr/\bCookie\b/, '... without a cookie, Vary: Cookie');
}

# --- a folder, and the file that it is ---------------------------------------------------------------

sub test_folders {
    my ($when, @visitors) = @_;
    for my $row (@folders) {
        my ($name, undef, $why) = @$row;
        for my $headers ([navigation()], []) {
            my @is = map { my $path = $_;
                join '', map { answer(ask($path, $_, headers => $headers), 'the page') } @visitors
            } "/$name/", "/$name/secret.html";
            like($is[1], qr/^[LJFXo.]+$/, "$when, the file alone is in order");
            is($is[0], $is[1], "... and a folder that is $why says the same");
        }
    }
    return;
}
test_folders('up', undef, fresh_id(), @$id{qw(anon user admin)});

# --- modules that answer early ---------------------------------------------------------------------------

sub test_rules {
    my ($when, $who, @ports) = @_;
    for my $port (@ports) {
        for my $row (@rules) {
            my ($name, undef, $code, $why) = @$row;
            is(ask("/$name/x", $who, port => $port)->code, $code, "$when: $why");
        }
    }
    return;
}
test_rules('without a session', undef, $ruled, $decided);
test_rules('alice', $id->{user}, $ruled, $decided);

# --- while Redis is down ------------------------------------------------------------------------------------

$store->stop;
test_folders('down', undef, fresh_id());
test_rules('down, without a cookie', undef, $ruled, $decided);
test_rules('down, decide=none', $id->{user}, $decided);
for my $row (@rules) {
    my ($name, $why) = @$row[0, -1];
    $r = ask("/$name/x", $id->{user}, port => $ruled);
    is(answer($r), 'X', "down: $why");
    is($r->body, "come back\n", '... with the ErrorDocument of 503');
}
$httpd->stop;
done_testing;
