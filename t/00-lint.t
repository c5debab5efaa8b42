# What `httpd -t` warns of (SHS034): what a configuration says in contradiction,
# or where it has no effect. It is accepted; the warning names the place and the
# cure. And what it is silent about, because it may well be meant.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Certs;

my $store = 'SharedSessionStore redis://127.0.0.1:6379';
my ($modules) = SHS::Httpd::slurp("$ENV{SHS_TMP}/t/conf/modules.$ENV{SHS_MPM}.conf")
    =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
(my $glue = $ENV{SHS_MODULE}) =~ s/mod_shared_session/mod_session_shared/;
my $with_glue = "LoadModule session_module $modules/mod_session.so\n"
    . "LoadModule session_cookie_module $modules/mod_session_cookie.so\n"
    . "LoadModule session_shared_module $glue\n";
my $with_dbd = $with_glue . "LoadModule dbd_module $modules/mod_dbd.so\n"
    . "LoadModule session_dbd_module $modules/mod_session_dbd.so\n";
my $httpd = SHS::Httpd->new(near => 1);

sub warned {
    my ($conf) = @_;
    $httpd->configure("$store\n$conf");
    my ($code, $said) = $httpd->check;
    is($code, 0, 'httpd -t accepts it') || diag $said;
    return join "\n", grep { /SHS034: / } split /\n/, $said;
}

my $at = qr/\(\S+:\d+\)/;

my $on = "SharedSession On\nSharedSessionUser userId\n";

for my $mode (0644, 0640) {
    chmod $mode, $httpd->write(sprintf('secrets.%o', $mode), "SeCrEt\n") or die $!;
}
my $signed = 'SharedSessionCookie SID sign=express secret-file=secrets';

my @warned = (
    ["SharedSession On\n$signed.644",
     qr/$signed\.644 $at: all users of this host may read the secrets.*chmod o-r \S+secrets\.644/,
     'secrets that all users may read'],
    ["SharedSession On\nSharedSessionProfile express secret-file=secrets.644",
     qr/SharedSessionProfile express .* $at: all users of this host may read/,
     '... in a profile'],
    # twice in one place
    ["SharedSessionKey a:%{id}\nSharedSessionKey b:%{id}",
     qr/SharedSessionKey a:%\{id\} $at and SharedSessionKey b:%\{id\} $at are in the same place.*remove one/,
     'a key twice in the main server'],
    ["<Location /x>\nSharedSession On\nSharedSessionCookie A\nSharedSessionFormat json\n"
     . "SharedSessionCookie B\n</Location>",
     qr/SharedSessionCookie A $at and SharedSessionCookie B $at/, 'a cookie twice in a Location'],
    ["<VirtualHost *:1>\nSharedSession Off\nSharedSession On\n</VirtualHost>",
     qr/SharedSession Off $at and SharedSession On $at/, 'Off, and On after it'],
    ["SharedSessionMaxSize 1M\nsharedsessionmaxsize 1M",
     qr/SharedSessionMaxSize 1M $at and SharedSessionMaxSize 1M $at/i,
     'the same, in other letters'],
    # lifetimes
    ["SharedSessionIdleTimeout 2h\nSharedSessionAbsoluteTimeout 1h",
     qr/SharedSessionIdleTimeout 2h $at is longer than SharedSessionAbsoluteTimeout 1h $at/,
     'an idle timeout longer than the absolute one'],
    ["SharedSessionAbsoluteTimeout 1h\nSharedSessionIdleTimeout 2h",
     qr/SharedSessionIdleTimeout 2h $at is longer than SharedSessionAbsoluteTimeout 1h $at/,
     '... in the other order'],
    ["SharedSessionIdleTimeout 13h",
     qr/SharedSessionIdleTimeout 13h $at is longer than SharedSessionAbsoluteTimeout 12h \(the default\)/,
     '... than the default'],
    ["SharedSessionIdleTimeout 2h\n<VirtualHost *:1>\n<Location /x>\nSharedSession On\n"
     . "SharedSessionAbsoluteTimeout 1h\n</Location>\n</VirtualHost>",
     qr/SharedSessionIdleTimeout 2h $at is longer than SharedSessionAbsoluteTimeout 1h $at/,
     '... in a place of a virtual host, than the main server says'],
    ["<Location />\nSharedSession On\nSharedSessionIdleTimeout 2h\n</Location>\n"
     . "<Location /x>\nSharedSessionAbsoluteTimeout 1h\n</Location>",
     qr/SharedSessionIdleTimeout 2h $at is longer than SharedSessionAbsoluteTimeout 1h $at/,
     '... in a place within another'],
    ["SharedSessionIdleTimeout 10m\nSharedSessionTouch 20m",
     qr/SharedSessionTouch 20m $at is longer than SharedSessionIdleTimeout 10m $at/,
     'touched less often than it would expire'],
    # without SharedSession On
    ["<Location /x>\nSharedSessionControl On\n</Location>",
     qr/SharedSessionControl On $at has no effect.*add SharedSession On to that place/,
     'Control without SharedSession On'],
    ["SharedSessionControl On", qr/SharedSessionControl On $at has no effect/,
     '... in the main server, and nowhere is it On'],
    ["<Location /app>\nSharedSession On\n</Location>\n"
     . "<Location /application>\nSharedSessionControl On\n</Location>",
     qr/SharedSessionControl On $at has no effect/,
     '... while it is On in a place whose path only looks alike'],
    ["<Location /x>\nSharedSession Off\nSharedSessionControl On\n</Location>\nSharedSession On",
     qr/SharedSessionControl On $at has no effect.*instead of SharedSession Off $at/,
     '... Off in the same place'],
    ["<VirtualHost *:1>\nSharedSession On\n</VirtualHost>\n"
     . "<VirtualHost *:2>\n<Location /x>\nSharedSessionControl On\n</Location>\n</VirtualHost>",
     qr/SharedSessionControl On $at has no effect/, '... On in another virtual host'],
    ["<Location /session>\nSetHandler shared-session\n</Location>",
     qr/SetHandler shared-session $at has no effect.*add SharedSession On/,
     'the JSON resource without SharedSession On'],
    ["<Location /x>\nSharedSessionHeader X-User userId\nSharedSessionFailure deny\n</Location>",
     qr/SharedSessionHeader X-User userId $at only keeps clients from sending.*add SharedSession On/,
     'a header without SharedSession On'],
    ["<Directory /srv>\nAllowOverride AuthConfig\n</Directory>\n"
     . "<Location /x>\nSharedSessionControl On\n</Location>",
     qr/SharedSessionControl On $at has no effect/,
     'Control, where .htaccess may say On, but not write'],
    # without a structure, a near-cache
    ["<Location /x>\nSharedSession On\nSharedSessionFormat form\n"
     . "SharedSessionHeader X-Role user.roles[0]\n</Location>",
     qr/SharedSessionHeader X-Role user\.roles\[0\] $at looks into a structure, and SharedSessionFormat form $at has none/,
     'a path into the format form'],
    ["SharedSessionFormat form\n<Location /x>\nSharedSession On\n"
     . "SharedSessionEnv ROLE user.role\n</Location>",
     qr/SharedSessionEnv ROLE user\.role $at looks into a structure/,
     '... which an outer place names'],
    ["SharedSessionCache Off\n<VirtualHost *:1>\nSharedSession On\n"
     . "SharedSessionFailure allow stale=30s\n</VirtualHost>",
     qr/SharedSessionFailure allow stale=30s $at has no effect.*SharedSessionCache Off $at/,
     'stale= without a near-cache'],
    ["<Location /x>\nSharedSession On\nSharedSessionFormat form\n"
     . "Require shared-session user.roles admin\n</Location>",
     qr/Require shared-session user\.roles admin $at looks into a structure/, '... in a requirement'],
    ["<Location /x>\nSharedSession On\nSharedSessionFormat form\n"
     . "<RequireAll>\nRequire all granted\nRequire not shared-session bans[0]\n</RequireAll>\n</Location>",
     qr/Require not shared-session bans\[0\] $at looks into a structure/, '... behind not'],
    ["SharedSession On\nSharedSessionFormat form\nSharedSessionUser user.name",
     qr/SharedSessionUser user\.name $at looks into a structure/, '... of the user'],
    # requirements and expressions without SharedSession On
    ["<Location /x>\nRequire shared-session userId\n</Location>",
     qr/Require shared-session userId $at answers each request with 500.*add SharedSession On/,
     'a requirement without SharedSession On'],
    ["SharedSession On\n<Location /x>\nSharedSession Off\nRequire shared-session\n</Location>",
     qr/Require shared-session $at answers.*instead of SharedSession Off $at/, '... Off in the same place'],
    ["<Location /x>\n<RequireAll>\nRequire all granted\nRequire not shared-session a\n</RequireAll>\n</Location>",
     qr/Require not shared-session a $at answers/, '... behind not'],
    ["<Location /x>\nRequire expr \"session('a') == 'b'\"\nHeader set B \"expr=%{session:b}\"\n</Location>",
     qr/Require expr "session\('a'\) == 'b'" $at sees no session/, 'an expression, once for the section'],
    ["<If \"'b' -in session_values('a')\">\nHeader set B b\n</If>",
     qr/<If "'b' -in session_values\('a'\)"> $at sees no session/, 'the condition of <If>'],
    ["<Location /x>\n<If \"session('a') == 'b'\">\nSharedSession On\n</If>\n</Location>",
     qr/<If "session\('a'\) == 'b'"> $at sees no session/, '... and it is On only inside'],
    ["SetEnvIfExpr \"%{session:a} == 'b'\" B\n<Location /x>\nSharedSession On\n</Location>",
     qr/SetEnvIfExpr "%\{session:a\} == 'b'" B $at sees no session/,
     'SetEnvIfExpr in the server, and it is On only in a section'],
    # without a user
    ["<Location /x>\nSharedSession On\nAuthType SharedSession\nRequire valid-user\n</Location>",
     qr/AuthType SharedSession $at knows no user.*add SharedSessionUser/, 'a login without a user'],
    ["SharedSessionUser userId\n<Location /x>\nSharedSession On\nSharedSessionUser none\n"
     . "AuthType SharedSession\nRequire valid-user\n</Location>",
     qr/AuthType SharedSession $at knows no user/, '... because it is none there'],
    # a closed login page
    ["<Location />\n${on}SharedSessionLogin /login?a=b\nRequire valid-user\n</Location>",
     qr{SharedSessionLogin /login\?a=b $at leads to a page that Require valid-user $at keeps closed: add <Location "/login">},
     'a login page in the place that it protects'],
    ["<VirtualHost *:1>\n<LocationMatch ^/app/>\n${on}SharedSessionLogin /app/login\n"
     . "<RequireAll>\nRequire all granted\nRequire shared-session userId\n</RequireAll>\n</LocationMatch>\n</VirtualHost>",
     qr{SharedSessionLogin /app/login $at leads to a page that Require shared-session userId $at keeps closed},
     '... that a pattern names, in a virtual host'],
    ["<Location /login>\nRequire all granted\n</Location>\n"
     . "<Location />\n${on}SharedSessionLogin /login\nRequire valid-user\n</Location>",
     qr{SharedSessionLogin /login $at leads to a page.*behind that place},
     '... opened before that place, which httpd applies later'],
    # without a requirement
    ["<Location /x>\n${on}SharedSessionLogin /login\nRequire ip 127.0.0.1\n</Location>",
     qr{SharedSessionLogin /login $at has no effect, as no requirement there needs a session},
     'a login page without a requirement'],
    ["<Location /x>\n${on}SharedSessionForbidden /no.html\n</Location>\n"
     . "<Location /y>\nSharedSession On\nRequire shared-session\n</Location>",
     qr{SharedSessionForbidden /no\.html $at has no effect}, 'a page for 403, and the requirement is elsewhere'],
    # another provider of mod_session
    ["$with_glue<Location /x>\nSharedSession On\nSession On\nSessionCookieName s path=/\n</Location>",
     qr/SessionCookieName s path=\/ $at gives mod_session another store.*remove SessionCookieName/,
     'a cookie of mod_session beside SharedSession'],
    (map { my $word = $_;
           ["$with_dbd<Location /x>\nSharedSession On\nSession On\n$word\n</Location>",
            qr/\Q$word\E $at gives mod_session another store/,
            "... a database of mod_session: $word"] }
     'SessionDBDCookieName s path=/', 'SessionDBDCookieName2 s path=/', 'SessionDBDPerUser On'),
);
for my $row (@warned) {
    my ($conf, $pattern, $why) = @$row;
    subtest "warned: $why" => sub {
        my $said = warned($conf);
        like($said, $pattern, 'SHS034 says where, and the cure');
        is(scalar(split /\n/, $said), 1, '... once') || diag $said;
    };
}

my @silent = (
    ["SharedSession On\n$signed.640", 'secrets that not all users may read'],
    ["<Location /x>\n${on}SharedSessionFormat json\nRequire shared-session user.roles[0] admin\n</Location>",
     'a path of a requirement into json'],
    ["<Directory /srv>\nAllowOverride AuthConfig\n</Directory>\n<Directory /srv/x>\n"
     . "Require shared-session\nAuthType SharedSession\n</Directory>",
     'a requirement in a place that .htaccess may turn on'],
    ["<Location /x>\nSharedSession On\n</Location>\n<LocationMatch ^/x/[a-c]>\nRequire shared-session\n</LocationMatch>",
     'a requirement in a part of the place that is On'],
    ["RewriteEngine On\nRewriteCond expr \"session('a') == 'b'\"\nRewriteRule ^/x/ - [E=B:b]\n"
     . "<Location /x>\nSharedSession On\n</Location>", 'a condition in the server for a place that is On'],
    ["SharedSessionUser userId\n<Location />\nSharedSession On\nAuthType SharedSession\nRequire valid-user\n</Location>",
     'a login whose user an outer place names'],
    ["<Location />\n${on}SharedSessionLogin /login\nRequire valid-user\n</Location>\n"
     . "<Location /login>\nRequire all granted\n</Location>", 'a login page that is open'],
    ["<Location />\n${on}SharedSessionLogin /login\nRequire valid-user\n</Location>\n"
     . "<LocationMatch \"^/(login|static)\">\nRequire all granted\n</LocationMatch>", '... by a pattern'],
    ["<Location />\n${on}SharedSessionLogin https://login.example.org/login\nRequire valid-user\n</Location>",
     'a login page on another host'],
    ["<Location /app>\n${on}SharedSessionLogin /application/login\nRequire valid-user\n</Location>",
     'a login page outside of the place'],
    ["<Location />\n${on}SharedSessionLogin /login\nRequire ip 127.0.0.1\nRequire valid-user\n</Location>",
     'a login page that some clients reach without a session'],
    ["<Location /login>\nAuthType Basic\nAuthName a\nRequire valid-user\n</Location>\n"
     . "<Location /x>\n${on}SharedSessionLogin /login\nRequire shared-session\n</Location>",
     'a login page with another AuthType'],
    ["SharedSession On\nSharedSessionLogin none\nSharedSessionForbidden none", 'no login page'],
    ['', 'a store alone'],
    ["SharedSession On\n<Location /x>\nSharedSession Off\nSharedSessionFailure deny\n</Location>",
     'what else is said of a place that is Off'],
    ["<Location /x>\nSharedSessionKey a:%{id}\nSharedSession On\n</Location>\n"
     . "<Location /x>\nSharedSessionKey b:%{id}\n</Location>",
     'two sections of one place, of which the later counts'],
    ["SharedSessionNote a x\nSharedSessionNote b y", 'two notes'],
    ["SharedSessionAbsoluteTimeout 10m", 'an absolute timeout below the default idle one'],
    ["SharedSessionIdleTimeout 12h", 'an idle timeout that is as long'],
    ["SharedSessionIdleTimeout 13h\n<Location /x>\nSharedSessionIdleTimeout 1h\n"
     . "SharedSession On\n</Location>\nSharedSessionAbsoluteTimeout 14h",
     'lifetimes that fit'],
    ["SharedSessionIdleTimeout 10m\nSharedSessionTouch Off", 'Touch Off'],
    ["<Location /app>\nSharedSession On\n</Location>\n"
     . "<LocationMatch ^/app/(login|logout)\$>\nSharedSessionControl On\n</LocationMatch>",
     'Control in a place that a pattern names'],
    ["<Location /app>\nSharedSession On\n</Location>\n"
     . "<Location /app/login>\nSharedSessionControl On\n</Location>",
     'Control in a part of the place that is On'],
    ["<Location />\nSharedSessionControl On\n</Location>\n"
     . "<Location \"/app/\">\nSharedSession On\n</Location>", '... around it'],
    ["SharedSessionControl On\n<VirtualHost *:1>\n<Directory /srv>\nSharedSession On\n"
     . "</Directory>\n</VirtualHost>", '... in the main server'],
    ["<VirtualHost *:1>\nSharedSession On\n</VirtualHost>\n"
     . "<Location /x>\nSharedSessionControl On\n</Location>",
     "... in the main server's place, which holds in a virtual host too"],
    ["<Directory /srv>\nSharedSession On\n</Directory>\n"
     . "<Location /x>\nSharedSessionControl On\nSharedSessionHeader X-User userId\n</Location>",
     'a Directory, and a Location that may lie in it'],
    ["<Location /x>\nSharedSession On\n<If \"true\">\nSharedSessionControl On\n</If>\n</Location>",
     'a condition within'],
    ["<Directory /srv>\nAllowOverride AuthConfig\n</Directory>\n"
     . "<Directory /srv/x>\nSharedSessionCookie A\n</Directory>",
     'a place that .htaccess may turn on'],
    ["<Location /x>\nSetHandler server-status\n</Location>", 'another handler'],
    ["SharedSessionFormat form\nSharedSessionNote a name\nSharedSessionNote t \@ttl\n"
     . "SharedSessionNote s.* *", 'names in the format form'],
    ["SharedSessionFormat json\nSharedSessionNote a user.name", 'a path into json'],
    ["SharedSessionCache Off\n<VirtualHost *:1>\n$store name=x\nSharedSessionCache On\n"
     . "SharedSessionFailure deny stale=30s\n</VirtualHost>",
     'stale= in a virtual host with a near-cache'],
    ["$with_glue<Location /x>\nSharedSession On\nSession On\n</Location>\n"
     . "<Location /y>\nSession On\nSessionCookieName s path=/\n</Location>",
     'a cookie of mod_session where SharedSession is Off'],
    ["$with_dbd<Location /x>\nSharedSession On\nSession On\nSessionDBDPerUser Off\n</Location>",
     'mod_session, and no database of it'],
);
for my $row (@silent) {
    my ($conf, $why) = @$row;
    is(warned($conf), '', "silent: $why");
}

# A virtual host without a store, beside one that has it.
sub warned_of_host {
    my ($main, $words) = @_;
    $httpd->configure("$main\n<VirtualHost *:1>\n$store\n</VirtualHost>\n"
                      . "<VirtualHost *:2>\n$words\n</VirtualHost>");
    my ($code, $said) = $httpd->check;
    is($code, 0, 'httpd -t accepts it') || diag $said;
    return join "\n", grep { /SHS034: / } split /\n/, $said;
}
for my $words ('SharedSessionNote a x', "<Location /x>\nSharedSessionNote a x\n</Location>") {
    like(warned_of_host('SharedSession On', $words),
         qr/SharedSessionNote a x $at and SharedSession On $at find no session.*add SharedSessionStore/,
         'warned: a host without a store inherits On');
}
is(warned_of_host('SharedSession On', "SharedSession Off\nSharedSessionNote a x"), '',
   'silent: a host without a store that is Off');
is(warned_of_host('SharedSession On', 'ServerName plain'), '',
   'silent: a host that says nothing of sessions, and httpd starts');
is(warned_of_host("$store name=main\nSharedSession On", 'SharedSessionNote a x'), '',
   "silent: a host with the main server's store");

# What the documents show is accepted as it stands, without a warning: with the
# modules that it says it needs, and files where it names some.
my $certs = SHS::Certs->new;
sub module_line {
    my ($name) = @_;
    my $file = $name eq 'shared_session' ? return ''
        : $name eq 'session_shared' ? $glue : "$modules/mod_$name.so";
    return "LoadModule ${name}_module $file\n";
}
sub said_of {
    my ($conf) = @_;
    $httpd->configure($conf);
    my ($code, $said) = $httpd->check;
    is($code, 0, 'httpd -t accepts it') || diag $said;
    return join "\n", grep { /SHS\d+: / } split /\n/, $said;
}
my $root = $httpd->root;
my @examples = glob "$ENV{SHS_INCLUDE}/conf/examples/*.conf";
is(scalar @examples, 22, 'the examples are there');
for my $example (@examples) {
    my $conf = SHS::Httpd::slurp($example);
    my ($name) = $example =~ m{([^/]+)$};
    my $needs = '';
    # The list goes on in the next lines of the comment, up to one that is empty.
    if ($conf =~ /^# Needs: (.*(?:\n# .*)*)/m) {
        (my $list = $1) =~ s/\n# / /g;
        $list =~ s/\band after session\b|://g;
        $needs = join '', map { module_line($_) } $list =~ /(\w+)/g;
    }
    $conf =~ s{/etc/apache2/redis\.password}{@{[$httpd->write('password', "SeCrEt\n")]}}g;
    my $secrets = $httpd->write('secrets', "SeCrEt\n");
    chmod 0640, $secrets;
    $conf =~ s{/etc/apache2/\w+\.secrets}{$secrets}g;
    $conf =~ s{/etc/ssl/certs/example-ca\.pem}{@{[$certs->path('ca.crt')]}}g;
    $conf =~ s{^DocumentRoot .*}{DocumentRoot "$root/htdocs"}m;
    is(said_of($needs . $conf), '', "example: $name");
}

# The two .load files of docs/install.md, as a2enmod enables them: in the order of
# their names.
my $page = SHS::Httpd::slurp("$ENV{SHS_INCLUDE}/docs/install.md");
my %load;
while ($page =~ /`(\w+)\.load`:\s+```apache\n(.*?)```/gs) {
    $load{$1} = $2;
}
is(join(' ', sort keys %load), 'session_shared shared_session', 'docs/install.md shows two .load files');
$_ =~ s{/usr/lib/apache2/modules/mod_shared_session\.so}{$ENV{SHS_MODULE}},
$_ =~ s{/usr/lib/apache2/modules/mod_session_shared\.so}{$glue} for values %load;
my ($depends) = $load{session_shared} =~ /^# Depends: (.*)$/m;
is($depends, 'session shared_session', 'the second says what it needs');
my $bare = SHS::Httpd->new(no_module => 1, near => 1);
for my $enabled (['shared_session'], [split(' ', $depends), 'session_shared']) {
    $bare->configure(join '', map { $load{$_} // module_line($_) } sort @$enabled);
    my ($code, $said) = $bare->check;
    is($code, 0, "... they load: @$enabled") || diag $said;
}

# At start it is told once in the log, and again at each restart.
$httpd->configure("$store\nSharedSessionKey a:%{id}\nSharedSessionKey b:%{id}");
$httpd->run;
ok($httpd->wait_logged(qr/SHS001/), 'httpd starts with a warning');
is(scalar $httpd->logged(qr/SHS034: SharedSessionKey a:/), 1, 'at start the log has it once');

done_testing;
