# Attacks on access by the session: what an attacker has tried so that a child of httpd
# ends, a decision is made without the session, or a request gets another user.
# SHS::Access says what the letters are.
# The same with every MPM.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use SHS;
use SHS::Access;

my $store = SHS::Redis->start;
my $id = people($store);
# A line for each request that reaches the backend.
my $reached = "$ENV{SHS_TMP}/reached.$$";
my $backend = SHS::Backend->start(before => sub {
    open my $out, '>>', $reached or die $!;
    print $out "x\n";
    close $out;
});
$id->{banned} = hash_session($store, userId => 'eve', user => '{"roles":["banned"]}');
$id->{other} = hash_session($store, userId => 'bob');
my $all = sub { join "\n", '<RequireAll>', 'Require all granted', @_, '</RequireAll>' };

# [name, lines, the answers to a navigation: no cookie, an anonymous session, the user,
# the administrator, a banned user; and while Redis is down: no cookie, an id; why]
my @places = (
    ['alias', 'Require is-banned', 'LFFFo', 'LX', 'an alias of a requirement'],
    ['aliasNot', $all->('Require not is-banned'), '....F', '.X', '... behind not'],
    ['aliasNone', $all->("<RequireNone>\nRequire is-banned\n</RequireNone>"), '....F', '.X',
     '... in <RequireNone>'],
    ['aliasEvil', $all->('Require not is-evil'), '.....', '.X', '... of a regular expression'],
    ['named', "SharedSessionUser userId\nRequire shared-session user.roles admin", 'LLFoF', 'LX',
     'a session without a user: a login helps'],
    ['unnamed', 'Require shared-session user.roles admin', 'LFFoF', 'LX',
     '... where sessions name no user, it does not'],
);

# [name, lines, what a session of 200 seconds shows, and one of 50, why]. The status, and
# X-Is.
my $is_long = q{session('@ttl') -gt 100};
my @times = (
    ['ttl', 'Require shared-session @ttl ~ ^(19[0-9]|200)$', '200 no', '403 no', 'a requirement'],
    ['ttlExpr', qq{Require expr "$is_long"}, '200 no', '403 no', 'an expression of one'],
    ['ttlIf', qq{<If "$is_long">\nHeader set X-Is yes\n</If>}, '200 yes', '200 no', 'a section'],
    ['ttlHeader', qq{Header set X-Is yes "expr=$is_long"}, '200 yes', '200 no',
     'a header of the answer'],
    ['ttlLate', qq{Require shared-session userId\nHeader set X-Is yes "expr=$is_long"}, '200 yes',
     '200 no', '... after a requirement that needs none'],
);

# [name, lines, the answer, by the attribute `name`, why]
my $steps = '"([a-z0-9]+[-._]?)+@evil\.com"';
my @patterns = (
    ['evil', 'Require shared-session name ~ evil'],
    ['evilNot', $all->('Require not shared-session name ~ evil')],
    ['evilAlias', $all->('Require not is-evil')],
    ['steps', "Require shared-session name ~ $steps"],
    ['stepsNot', $all->("Require not shared-session name ~ $steps")],
);
my $slow = 'a' x 40 . '! bob@evil.com';
my @names = (
    ['evil', 'x' x 4092 . 'evil', 'o', 'the longest text that is searched'],
    ['evil', 'x' x 4093 . 'evil', 'F', 'a longer one: not met'],
    ['evilNot', 'x' x 4096, '.', 'the longest text, behind not'],
    ['evilNot', 'x' x 4092 . 'evil', 'F', '... that matches'],
    ['evilNot', 'x' x 4093 . 'evil', 'E', '... a longer one'],
    ['evilNot', 'x' x 4097, 'E', '... whatever it contains'],
    ['evilNot', "good\0evil", 'F', '... a NUL hides nothing behind it'],
    ['evil', "good\0evil", 'o', '... likewise without not'],
    ['evilAlias', 'x' x 4097, 'E', '... an alias'],
    ['evilAlias', 'good', '.', '... that does not match'],
    ['steps', 'bob@evil.com', 'o', 'an expression that may take long'],
    ['steps', $slow, 'F', '... and does: not met'],
    ['stepsNot', 'bob@good.com', '.', '... behind not'],
    ['stepsNot', 'bob@evil.com', 'F', '... that matches'],
    ['stepsNot', $slow, 'E', '... that takes long'],
);

# Ways to a folder whose DirectoryIndex has other settings than the folder, whose
# sessions name the user; and such files, with the user, and the user if the client has
# the cookie of another session too.
my @ways = (['/%s/', 'DirectoryIndex'], ['/pt/%s', '... after [PT]'],
            ['/from/%s', '... after an internal redirect'],
            ['/ssi/%s.html', '... as a part of a page'], ['/gone/%s', '... as an ErrorDocument']);
my @targets = (['none', '', '', 'SharedSessionUser none'], ['other', '', 'bob', 'another cookie'],
               ['basic', '', '', 'AuthType Basic']);

# [name, lines, the status of TRACE, with a session and without one, why]
my @traces = (
    ['traceExpr', q{Require expr "session('userId') != 'alice'"}, 405, 'an expression'],
    ['traceAny', 'Require shared-session', 405, 'a requirement'],
    ['traceNot', $all->('Require not shared-session user.roles chef'), 405, '... behind not'],
    ['traceAlias', $all->('Require not is-banned'), 405, '... an alias'],
    ['traceIf', qq{<If "session('userId') == 'alice'">\nRequire all denied\n</If>}, 405, 'a section'],
    ['traceOff', "SharedSession Off\nRequire shared-session", 500, 'a place without sessions'],
);

my %files = (users => 'carl:{SHA}' . sha1_base64('SeCrEt-carl') . "=\n",
             'htdocs/from/x' => '', 'htdocs/lists/page.html' => "the page\n");
$files{"htdocs/$_->[0]/page.html"} = "the page\n" for @places, @times, @patterns;
for my $name (map { $_->[0] } @targets) {
    $files{"htdocs/$name/x"} = '';
    $files{"htdocs/ssi/$name.html"} = qq{<!--#include virtual="/$name/" -->\n};
}
my $conf = join '', map { "<Location /$_->[0]>\n$_->[1]\n</Location>\n" }
    @places, @times, @patterns, @traces;
my $gone = join '', map { "<Location /gone/$_->[0]>\nErrorDocument 404 /$_->[0]/\n</Location>\n" }
    @targets;
my $lists = join '', map { qq{<If "'x$_' -in session_values('user.roles')">\n</If>\n} } 1 .. 30;
my $httpd = private_httpd(files => \%files, backend => $backend->port, conf => <<"CONF");
@{[one_child()]}
@{[load_modules(qw(auth_basic authn_file))]}
TraceEnable On
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s breaker=off
SharedSessionCache Off
SharedSessionTouch Off
SharedSession On
CustomLog logs/long "%U" "expr=$is_long"
<AuthzProviderAlias shared-session is-banned "user.roles banned">
</AuthzProviderAlias>
<AuthzProviderAlias shared-session is-evil "name ~ evil">
</AuthzProviderAlias>
<Location />
    SharedSessionLogin /login
</Location>
$conf
<LocationMatch "^/(none|other|basic|pt|from|ssi|gone)(/|\$)">
    SharedSessionUser userId
</LocationMatch>
<DirectoryMatch "/htdocs/(none|other|basic)/?\$">
    DirectoryIndex cgi
</DirectoryMatch>
<Location /none/cgi>
    SharedSessionUser none
</Location>
<Location /other/cgi>
    SharedSessionCookie OTHER
</Location>
<Location /basic/cgi>
    AuthType Basic
    AuthName realm
    AuthUserFile \${HOME_DIR}/users
    <RequireAny>
        Require valid-user
        Require ip 127.0.0.1
    </RequireAny>
</Location>
RewriteEngine On
RewriteRule ^/pt/(\\w+)\$ /\$1/ [PT]
<Directory \${HOME_DIR}/htdocs/from>
    RewriteEngine On
    RewriteRule ^(\\w+)\$ /\$1/
</Directory>
<Location /ssi>
    Options +Includes
    SetOutputFilter INCLUDES
</Location>
$gone
<Location /lists>
    SharedSessionMaxSize 1M
    $lists
</Location>
CONF

sub ask {
    my ($path, $who, %more) = @_;
    return $httpd->get($path, $who ? (cookie => "JSESSIONID=$who") : (),
                       headers => [navigation()], %more);
}

sub test_places {
    my ($when, $column, @visitors) = @_;
    for my $place (@places) {
        my $name = $place->[0];
        is(join('', map { answer(ask("/$name/page.html", $_), 'the page') } @visitors),
           $place->[$column], "$when, $name: $place->[-1]");
    }
    return;
}

# --- @ttl where nothing else needs the time to live -----------------------------------------

my %lasting = map { $_ => fresh_id() } 200, 50;
$store->put_hash("session:$lasting{$_}", { userId => 'alice' }, $_) for keys %lasting;
for my $row (@times) {
    my ($name, undef, $long, $short, $why) = @$row;
    for my $seconds (200, 50) {
        my $r = ask("/$name/page.html", $lasting{$seconds});
        is($r->code . ' ' . ($r->header('X-Is') // 'no'), $seconds == 200 ? $long : $short,
           "\@ttl, $why: a session of $seconds seconds");
    }
}
ask("/?$_", $lasting{$_}) for 50, 200;
my $log = sub { SHS::Httpd::slurp($httpd->root . '/logs/long') };
SHS::Process::wait_for('the access log', 5, sub { $log->() =~ m{^/$}m });
is(() = $log->() =~ m{^/$}mg, 1, '@ttl, CustomLog: the longer one alone');

# --- who gets in ------------------------------------------------------------------------------

test_places('up', 2, undef, @$id{qw(anon user admin banned)});

for my $row (@names) {
    my ($name, $text, $is, $why) = @$row;
    $httpd->new_lines;
    my $who = hash_session($store, name => $text);
    is(answer(ask("/$name/page.html", $who), 'the page'), $is, "a regular expression, $name: $why");
    next if $is ne 'E';
    like($httpd->new_lines, qr/SHS038: Require shared-session cannot tell/, '... as the log says');
}

# --- whose request it is ----------------------------------------------------------------------

for my $target (@targets) {
    my ($name, $user, $both, $settings) = @$target;
    for my $way (@ways) {
        my ($path, $why) = (sprintf($way->[0], $name), $way->[1]);
        for my $more ('', "; OTHER=$id->{other}") {
            my $r = $httpd->get($path, cookie => "JSESSIONID=$id->{user}$more");
            my $is = $more ? $both : $user;
            ok($r->env('SCRIPT_NAME'), "to a file with $settings, $why" . ($more && ': both cookies'));
            is($r->env('REMOTE_USER') // '', $is, '... its user');
            is($r->env('AUTH_TYPE') // '', $is && 'SharedSession',
               '... and how that has logged in');
        }
    }
}

# --- TRACE ----------------------------------------------------------------------------------------

sub reached { return -s $reached // 0 }
my $before = reached();
is(ask('/x/backend', $id->{user}, method => 'TRACE')->code, 200, 'TRACE in a place without access');
isnt(reached(), $before, '... reaches the backend');
$before = reached();
for my $row (@traces) {
    my ($name, undef, $code, $why) = @$row;
    for my $who (undef, @$id{qw(user banned)}) {
        is(ask("/$name/backend", $who, method => 'TRACE')->code, $code, "TRACE, $name: $why");
    }
}
is(reached(), $before, '... the backend gets none of them');

# --- the memory of a long list ------------------------------------------------------------------------

sub most_memory_kb {
    my $sum = 0;
    $sum += (SHS::Httpd::slurp("/proc/$_/status") =~ /^VmHWM:\s*(\d+)/m)[0] // 0
        for $httpd->children;
    return $sum;
}
my $many = join ',', map { qq("r$_") } 1 .. 30_000;
my $busy = hash_session($store, user => qq({"roles":[$many]}));
is(ask('/lists/page.html', $id->{user})->code, 200, 'a place with many expressions');
$before = most_memory_kb();
cmp_ok($before, '>', 1000, '... whose memory is known');
is(ask('/lists/page.html', $busy)->code, 200, '... and a session with a long list');
cmp_ok(most_memory_kb() - $before, '<', 40_000, '... which is read once');

# --- while Redis is down ----------------------------------------------------------------------------------

$store->stop;
test_places('down', 3, undef, fresh_id());
unlike($httpd->error_log, qr/exit signal/, 'no child of httpd has ended');
$_->stop for $httpd, $backend;
unlink $reached;

# --- what httpd -t says -------------------------------------------------------------------------------------

my $checked = SHS::Httpd->new;
for my $row (['shared-session is-banned "user.roles banned"', 1, 'the arguments as one'],
             ['shared-session is-user userId', 1, 'one argument'],
             ['shared-session is-banned user.roles banned', 0, 'two arguments'],
             ['shared-session is-banned user.roles "banned"', 0, '... one of them in quotation marks'],
             ['shared-session is-banned user.roles ~ ^ban', 0, 'three arguments']) {
    my ($args, $is_valid, $why) = @$row;
    $checked->configure("<AuthzProviderAlias $args>\n</AuthzProviderAlias>\n");
    my ($code, $said) = $checked->check;
    is($code == 0, $is_valid == 1, "<AuthzProviderAlias>: $why");
    like($said, qr/Require shared-session: .*quotation marks/, '... as it says') if !$is_valid;
}
done_testing;
