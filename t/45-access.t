# Access by the session: who gets which answer, by which lines, for which kind of
# page. The tables say it; SHS::Access says what each letter is, and checks the
# headers of each answer. The columns of the tables are the visitors:
#
#   without Redis's trouble            while Redis is down
#   1  no cookie                       7  no cookie
#   2  an id that is not in the store  8  an id: the store gives no answer
#   3  an entry that is no session     9  a stale session of the user (stale=)
#   4  an anonymous session           10  ... of the administrator
#   5  a user's, alice, a chef
#   6  an administrator's, root
use strict;
use warnings;

use Digest::SHA qw(sha1_base64);
use SHS;
use SHS::Access;
use SHS::H2;

my $store = SHS::Redis->start;
my $id = people($store);
my @up = ([undef], [fresh_id()], map { [$id->{$_}] } qw(malformed anon user admin));
my @down = ([undef], [fresh_id()], [$id->{user}], [$id->{admin}]);

my $role = 'user.roles admin';
my $any = sub { "<RequireAny>\n@{[join qq(\n), @_]}\n</RequireAny>" };
my $all = sub { "<RequireAll>\n@{[join qq(\n), @_]}\n</RequireAll>" };
my $none = sub { "<RequireNone>\n@{[join qq(\n), @_]}\n</RequireNone>" };
my $ours = "AuthType SharedSession\nAuthName staff\nSharedSessionUser userId\n";
my $basic = "AuthType Basic\nAuthName realm\nAuthUserFile \${HOME_DIR}/users\n";
my $refuse_root = "RewriteEngine On\nRewriteCond expr \"session('userId') == 'root'\"\n"
    . 'RewriteRule .* - [F]';

# [name, lines of the place, up, down, why], for a person's navigation to a file.
# A script's request: the same, but J in place of L (B in a place of AuthType Basic),
# and . in place of o.
my @lines = (
    # Require shared-session
    ['any', 'Require shared-session', 'LLLooo', 'LXoo', 'any session will do'],
    ['has', 'Require shared-session userId', 'LLLFoo', 'LXoo', 'a session without the attribute'],
    ['value', 'Require shared-session userId bob alice', 'LLLFoF', 'LXoF', 'one of two values'],
    ['role', "Require shared-session $role", 'LLLFFo', 'LXFo', 'an element of an array'],
    ['part', 'Require shared-session user.roles dmi adm', 'LLLFFF', 'LXFF', 'never a substring'],
    ['regex', 'Require shared-session user.roles ~ ^(ad|wait)', 'LLLFoo', 'LXoo',
     'one element matches'],
    ['member', 'Require shared-session user.groups[*].name admins', 'LLLFFo', 'LXFo',
     'a member of an element of an array'],
    # combinations
    ['two', "Require shared-session userId alice\nRequire shared-session $role", 'LLLFoo', 'LXoo',
     'lines beside each other are alternatives'],
    ['all', $all->('Require shared-session userId', "Require shared-session $role"),
     'LLLFFo', 'LXFo', 'both'],
    ['not', $all->('Require all granted', "Require not shared-session $role"), '.....F', '.X.F',
     'all but ...: without an answer it may be one of those'],
    ['none', $all->('Require all granted', $none->("Require shared-session $role")),
     '.....F', '.X.F', 'the same by RequireNone'],
    ['notAny', $all->('Require shared-session', "Require not shared-session $role"),
     'LLLooF', 'LXoF', 'a session, but not that of an administrator'],
    ['ip', $any->('Require shared-session userId', 'Require ip 127.0.0.1'), '....oo', '..oo',
     'an alternative that needs no session lets in without an answer'],
    ['noIp', $any->('Require shared-session userId', 'Require ip 192.0.2.1'), 'LLLFoo', 'LXoo',
     '... if it does'],
    ['ipNot', $any->('Require ip 127.0.0.1', $all->('Require all granted',
                                                  "Require not shared-session $role")),
     '......', '....', 'an alternative before `not`: the session is not looked at'],
    ['notIp', $any->($all->('Require all granted', "Require not shared-session $role"),
                     'Require ip 127.0.0.1'), '......', '.X..',
     '... behind it: the missing answer ends the evaluation'],
    # expressions
    ['expr', q{Require expr "session('userId') == 'alice'"}, 'LLLFoF', 'LXoF', 'an expression'],
    ['variable', 'Require expr "%{session:userId} == \'alice\'"', 'LLLFoF', 'LXoF',
     'the same as a variable'],
    ['list', q{Require expr "'admin' -in session_values('user.roles')"}, 'LLLFFo', 'LXFo',
     'an element of an array'],
    ['notExpr', q{Require expr "session('userId') != 'root'"}, '...ooF', '.XoF',
     'an expression that no session fulfils: not without an answer'],
    ['if', qq{<If "session('userId') == 'root'">\nRequire all denied\n</If>}, '.....F', '.X.F',
     'a section that would not be applied without an answer'],
    ['ifNot', qq{<If "session('userId') != 'alice'">\nRequire all denied\n</If>}, 'FFFF.F', 'FX.F',
     'a refusal that no login would lift, as it says'],
    ['ifRequire', qq{<If "%{REQUEST_METHOD} == 'GET'">\nRequire shared-session userId\n</If>},
     'LLLFoo', 'LXoo', 'our line in a section'],
    ['rewrite', $refuse_root, '.....f', '.X.f', 'a rule of mod_rewrite, in a fixup'],
    # a user
    ['type', "${ours}Require valid-user", 'LLLLoo', 'LXoo', 'AuthType SharedSession'],
    ['typeUser', "${ours}Require user alice", 'LLLLoF', 'LXoF', '... a user by name'],
    ['typeAny', "${ours}Require shared-session", 'LLLLoo', 'LXoo', '... no user, no entry'],
    ['typeRole', "${ours}Require shared-session $role", 'LLLLFo', 'LXFo', '... with our line'],
    ['typeIp', $ours . $any->('Require valid-user', 'Require ip 127.0.0.1'), '....oo', '..oo',
     '... or an address'],
    ['user', "SharedSessionUser userId\nRequire valid-user", 'LLLL..', 'LX..',
     'SharedSessionUser without an AuthType'],
    ['userName', "SharedSessionUser userId\nRequire user alice", 'LLLL.F', 'LX.F', '... by name'],
    # another AuthType (see below for who logs in there)
    ['basic', $basic . $any->('Require valid-user', 'Require shared-session userId'),
     'LLLBoo', 'LXoo', 'Basic for those without a session'],
    ['basicOnly', "${basic}SharedSessionUser userId\nRequire valid-user", 'BBBBBB', 'BBBB',
     'a session is no login of another AuthType'],
    # trouble that is configured
    ['off', "SharedSession Off\nRequire shared-session", 'EEEEEE', 'EEEE',
     'without SharedSession On no request is let in'],
    ['strict', "SharedSessionFailure allow\nRequire shared-session userId", 'LLLFoo', 'LXXX',
     'without stale= no stale session'],
    ['deny', "SharedSessionFailure deny\nRequire shared-session userId", 'LLLFoo', 'LXXX',
     'deny: 503 as well'],
    ['decide', "SharedSessionFailure allow decide=none\nRequire shared-session userId",
     'LLLFoo', 'LLLL', 'decide=none: as without a session'],
    ['decideNot', "SharedSessionFailure allow decide=none\n"
     . $all->('Require all granted', "Require not shared-session $role"), '.....F', '....',
     '... also behind `not`'],
    ['decideExpr', "SharedSessionFailure allow decide=none\n"
     . q{Require expr "session('userId') == 'alice'"}, 'LLLFoF', 'LLLL', '... and expressions'],
    ['decideType', "SharedSessionFailure allow decide=none\n${ours}Require valid-user",
     'LLLLoo', 'LLLL', '... and AuthType SharedSession'],
);

# The kinds of pages, each in these places: [where, how a refusal is seen, why]. Whole:
# by the answer. Part: what is refused is not in the answer, whose status is another's.
my @places = qw(value not list type);
my @pages = (
    ['/%s/backend', 'whole', 'a proxied backend'],
    ['/%s/cgi', 'whole', 'CGI'],
    ['/%s/lua', 'whole', 'a handler of another module'],
    ['/%s/', 'whole', 'DirectoryIndex'],
    ['/missing/%s', 'part', 'an ErrorDocument'],
    ['/ssi/%s.html', 'part', 'a part of a page'],
    ['/ssiOff/%s.html', 'part', 'a part of a page where the session is Off'],
    ['/%s/page.html', 'http2', 'HTTP/2'],
);

my %files = (users => 'carl:{SHA}' . sha1_base64('SeCrEt-carl') . "=\n");
my $conf = '';
for my $line (@lines) {
    my ($name, $text) = @$line;
    $files{"htdocs/$name/$_.html"} = "the page of $name\n" for qw(page index);
    $files{"htdocs/$_/$name.html"} = qq{A <!--#include virtual="/$name/page.html" --> B\n}
        for qw(ssi ssiOff);
    $conf .= "<Location /$name>\nSharedSessionLogin /login\n$text\n</Location>\n"
        . "<Location /missing/$name>\nErrorDocument 404 /$name/page.html\n</Location>\n";
}
my $backend = SHS::Backend->start;
my $httpd = private_httpd(files => \%files, backend => $backend->port, conf => <<"CONF");
@{[load_modules(qw(auth_basic authn_file))]}
Protocols h2c http/1.1
DirectoryIndex index.html
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s breaker=off
SharedSessionCache On lease=1s
SharedSessionFailure allow stale=60s
SharedSession On
$conf
<LocationMatch ^/ssi>
    Options +Includes
    SetOutputFilter INCLUDES
</LocationMatch>
<Location /ssiOff>
    SharedSession Off
</Location>
<Location /status>
    SharedSessionNote status \@status
</Location>
<Location /refused>
    Require all denied
</Location>
CONF

sub ask {
    my ($path, $visitor, %more) = @_;
    return $httpd->get($path, defined $visitor ? (cookie => "JSESSIONID=$visitor") : (), %more);
}

# The letters of the answers to these visitors.
sub letters {
    my ($visitors, $path, $text, %more) = @_;
    return join '', map { answer(ask($path, $_->[0], %more), $text) } @$visitors;
}

sub as_script {
    my ($answers, $lines) = @_;
    return $lines =~ /AuthType Basic/ ? $answers =~ tr/Lo/B./r : $answers =~ tr/Lo/J./r;
}

# Whether a page contains the other one, + or -; nothing of a refusal shows.
sub part {
    my ($r, $text, $status) = @_;
    return $r->code if $r->code != $status;
    return '(' . $r->raw . ')' if defined $r->header('Location')
        || defined $r->header('WWW-Authenticate') || defined $r->header('Set-Cookie');
    return $r->body =~ /\Q$text\E/ ? '+' : '-';
}

my %said = ('the page' => 'o', 'document has moved' => 'L', '"status":401' => 'J',
            'Forbidden' => 'F', 'Service Unavailable' => 'X');
sub http2 {
    my ($path, $visitors) = @_;
    return join '', map {
        my ($body) = SHS::H2::fetch($httpd->port, [$path, navigation(),
            defined $_->[0] ? ['cookie', "JSESSIONID=$_->[0]"] : ()]);
        $body //= '';
        my ($is) = grep { $body =~ /\Q$_\E/ } sort keys %said;
        defined $is ? $said{$is} : "($body)";
    } @$visitors;
}

sub test_pages {
    my ($visitors, $when, %answers) = @_;
    for my $page (@pages) {
        my ($where, $how, $why) = @$page;
        for my $name (@places) {
            my ($path, $is) = (sprintf($where, $name), $answers{$name});
            if ($how eq 'whole') {
                is(letters($visitors, $path, undef, headers => [navigation()]), $is,
                   "$when, $why: $path");
            } elsif ($how eq 'http2') {
                is(http2($path, $visitors), $is =~ tr/./o/r, "$when, $why: $path");
            } else {
                my $status = $where =~ /missing/ ? 404 : 200;
                is(join('', map { part(ask($path, $_->[0], headers => [navigation()]),
                                       "the page of $name", $status) } @$visitors),
                   $is =~ tr{LJFXo.}{\-\-\-\-++}r, "$when, $why: $path");
            }
        }
    }
    return;
}

sub test_lines {
    my ($visitors, $column, $when) = @_;
    for my $line (@lines) {
        my ($name, $text, $why) = @$line[0, 1, 4];
        my $is = $line->[$column];
        my @page = ($visitors, "/$name/page.html", "the page of $name");
        is(letters(@page, headers => [navigation()]), $is, "$when, $name: $why");
        is(letters(@page), as_script($is, $text), "$when, $name, a script: $why");
    }
    test_pages($visitors, $when, map { $_->[0] => $_->[$column] } @lines);
    return;
}

# --- while Redis answers -------------------------------------------------------------

test_lines(\@up, 2, 'up');
is(ask('/refused/x', $id->{admin}, headers => [navigation()])->code, 403,
   'a refusal that has nothing to do with the session is 403');
ok($httpd->wait_logged(qr/:error\] .*SHS038: /), 'a place without SharedSession On: SHS038');

# --- while it is down ----------------------------------------------------------------

$store->stop;
for my $who (qw(user admin)) {
    ok(eval { SHS::Process::wait_for('a stale session', 20, sub {
        (ask('/status/lua', $id->{$who})->note('SHARED_SESSION') // '') eq 'stale' }) },
       "the session of the $who is stale");
}
test_lines(\@down, 3, 'down');
is(answer(ask('/has/page.html', $id->{user}, method => 'POST', body => 'x')), 'X',
   'a stale session is for GET and HEAD only: POST');

# --- a login by Basic, where that is an alternative ------------------------------------

my %login = (headers => [navigation(), ['Authorization', 'Basic Y2FybDpTZUNyRXQtY2FybA==']]);
my %wrong = (headers => [navigation(), ['Authorization', 'Basic Y2FybDp3cm9uZw==']]);
is(letters(\@down, '/basic/page.html', 'the page', %login), '..oo',
   'down: the password lets in, also without an answer');
is(letters(\@down, '/basic/page.html', 'the page', %wrong), 'BXoo',
   'down: a wrong one: 401 of Basic, or 503 if the session might have let in');
$store->run;
$httpd->stop;
$backend->stop;
done_testing;
