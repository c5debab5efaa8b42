# What httpd's expressions see of the session, wherever httpd takes one; and that a
# request is not served by what an expression could not see.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Access;

my $store = SHS::Redis->start;
my $id = people($store);
my ($text, $is_chef) = ("%{session:userId}", "'chef' -in session_values('user.roles')");

# [name, lines of the place, what shows it, for a visitor without a session, for the
# user, while Redis is down, why]. What shows it: a header of the answer, a variable of
# CGI ($), or the status (#).
my @places = (
    ['header', qq{Header set X-Is "expr=$text"}, 'X-Is', '', 'alice', 200,
     'a header of the answer, when that is sent'],
    ['headerIf', qq{Header set X-Is yes "expr=$is_chef"}, 'X-Is', '', 'yes', 200,
     '... if the session is of that kind'],
    ['request', qq{RequestHeader set X-Is "expr=$text"}, '$HTTP_X_IS', '', 'alice', 503,
     'a header for the backend, which would take the lack of it for no session'],
    ['requestIf', qq{RequestHeader set X-Is yes "expr=$is_chef"}, '$HTTP_X_IS', '', 'yes', 503,
     '... if the session is of that kind'],
    ['env', qq{SetEnvIfExpr "$is_chef" IS=chef}, '$IS', '', 'chef', 503, 'a variable'],
    ['rewrite', qq{RewriteEngine On\nRewriteCond expr "$is_chef"\nRewriteRule .* - [E=IS:chef]},
     '$IS', '', 'chef', 503, 'mod_rewrite in a place'],
    ['variable', qq{RewriteEngine On\nRewriteCond %{session:userId} ^(a.*)\nRewriteRule .* - [E=IS:%1]},
     '$IS', '', '', 200, 'the variables of mod_rewrite are not those of expressions'],
    ['if', qq{<If "session('userId') == 'alice'">\nHeader set X-Is alice\n</If>}, 'X-Is', '',
     'alice', 503, 'a section'],
    ['else', qq{<If "session('userId') == 'alice'">\n</If>\n<ElseIf "-n session('\@id')">\n</ElseIf>\n}
     . "<Else>\nHeader set X-Is else\n</Else>", 'X-Is', 'else', '', 503, '... and what it leaves'],
    ['redirect', qq{Redirect 307 "https://$text.example/"}, 'Location', 'https://.example/',
     'https://alice.example/', 503, 'a URL of mod_alias'],
    ['error', qq{ErrorDocument 403 "you are $text"\nRequire all denied}, 'body', 'you are ',
     'you are alice', 403, 'the text of an error, which is refused all the same'],
    ['require', qq{Require expr "$is_chef"}, '#', 403, 200, 503, 'Require expr'],
    ['requireNot', qq{<RequireAll>\nRequire all granted\nRequire not expr "$is_chef"\n</RequireAll>},
     '#', 200, 403, 503, '... behind not'],
    ['status', 'Header set X-Is "expr=%{session:@status}"', 'X-Is', 'none', 'found', 200,
     'a pseudo attribute'],
    ['reason', 'Header set X-Is "expr=%{session:@reason}"', 'X-Is',
     'the request has no cookie of the name', '', 200, '... why there is none'],
    ['label', 'Header set X-Is "expr=%{session:@label}"', 'X-Is', '', label($id->{user}), 200,
     '... the label of the log'],
    ['id', 'Header set X-Is "expr=%{session:@id}"', 'X-Is', '', $id->{user}, 200, '... the id'],
    ['array', 'Header set X-Is "expr=%{session:user.roles}"', 'X-Is', '', '["chef","waiter"]', 200,
     'an array is JSON'],
    ['element', 'Header set X-Is "expr=%{session:user.roles[1]}"', 'X-Is', '', 'waiter', 200,
     '... its element'],
    ['lines', 'Header set X-Is "expr=[%{session:lines}]"', 'X-Is', '[]', '[]', 200,
     'a value with an end of a line is empty'],
    ['listed', q{Header set X-Is yes "expr='b' -in session_values('lines')"}, 'X-Is', '', '', 200,
     '... in a list as well'],
    ['missing', 'Header set X-Is "expr=[%{session:nothing}]"', 'X-Is', '[]', '[]', 200,
     'an attribute that is not there'],
    ['one', q{Header set X-Is yes "expr='alice' -in session_values('userId')"}, 'X-Is', '', 'yes',
     200, 'a text is a list of one'],
    ['substring', q{Header set X-Is yes "expr='che' -in session_values('user.roles')"}, 'X-Is', '',
     '', 200, 'a part of an element is none'],
    ['text', q{Header set X-Is yes "expr='chef' -in session_values('chosen')"}, 'X-Is', '', '', 200,
     'a text that reads like a list is one text'],
    ['chosen', q{Header set X-Is yes "expr='chef' -in session_values('chosen[*]')"}, 'X-Is', '',
     'yes', 200, '... unless [*] says so'],
    ['member', q{Header set X-Is yes "expr='ROLE_B' -in session_values('login.rights[*].role')"},
     'X-Is', '', 'yes', 200, 'a member of each element'],
    ['deeper', q{Header set X-Is yes "expr='4' -in session_values('login.rights[*].of.kind')"},
     'X-Is', '', 'yes', 200, '... and of that'],
    ['noMember', q{Header set X-Is yes "expr='ROLE_B' -in session_values('login.rights[*].of')"},
     'X-Is', '', '', 200, '... by its name only'],
    ['ofObject', q{Header set X-Is yes "expr='4' -in session_values('login[*].kind')"},
     'X-Is', '', '', 200, 'an object has no elements'],
    ['memberText', 'Header set X-Is "expr=[%{session:login.rights[*].role}]"', 'X-Is', '[]', '[]',
     200, 'members of many elements are no text'],
    ['off', qq{SharedSession Off\nHeader set X-Is "expr=[$text]"}, 'X-Is', '[]', '[]', 200,
     'a place without sessions'],
    ['offIf', qq{SharedSession Off\n<If "session('userId') != 'alice'">\nHeader set X-Is no\n</If>},
     'X-Is', 'no', 'no', 200, '... where an expression is only empty'],
);
$store->cmd('HSET', "session:$id->{user}", lines => "a\nb", chosen => '["chef"]',
            login => '{"kind":4,"rights":[{"role":"ROLE_A"},7,{"role":"ROLE_B","of":{"kind":4}}]}');

my %files = (
    'htdocs/ht/.htaccess' => qq{Header set X-Is "expr=$text"\n}
        . qq{<If "session('userId') != 'alice'">\nRequire all denied\n</If>\n},
    'htdocs/ht/page.html' => "page\n", 'htdocs/server/page.html' => "page\n",
    'htdocs/ssi/page.html' => qq{<!--#if expr="$is_chef" -->chef<!--#else -->other<!--#endif -->}
        . qq{ <!--#if expr="session('userId') = 'alice'" -->alice<!--#endif -->\n});
my $conf = join '', map { "<Location /$_->[0]>\n$_->[1]\n</Location>\n" } @places;
my ($server, $inner) = map { SHS::Process::free_port() } 1 .. 2;
my $httpd = private_httpd(files => \%files, conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s breaker=off
SharedSession On
TraceEnable On
$conf
<Directory \${HOME_DIR}/htdocs/ht>
    AllowOverride All
</Directory>
<Location /ssi>
    Options +Includes
    SetOutputFilter INCLUDES
</Location>
<Location /trace>
    Header always set X-Is "expr=[$text]"
    RequestHeader set X-Is "expr=[$text]"
</Location>
<Location /many>
    SharedSessionNote user userId
    Header set X-One "expr=$text"
    Header set X-Two yes "expr=$is_chef"
    RequestHeader set X-Three "expr=$text"
    SetEnvIfExpr "$is_chef" FOUR
    <If "-n session('\@id')">
        Require expr "$is_chef"
    </If>
</Location>
CustomLog logs/chefs "%U" "expr=$is_chef"
Listen 127.0.0.1:$server
<VirtualHost *:$server>
    RewriteEngine On
    RewriteCond expr "session('userId') == 'root'"
    RewriteRule ^ - [F]
    RewriteCond expr "$is_chef"
    RewriteRule ^ - [E=IS:chef]
    SetEnvIfExpr "session('userId') == 'alice'" USER=alice
    Header set X-Is "%{IS}e %{USER}e"
</VirtualHost>
Listen 127.0.0.1:$inner
<VirtualHost *:$inner>
    SharedSession Off
    RewriteEngine On
    RewriteCond expr "$is_chef"
    RewriteRule ^ - [F]
    <Directory \${HOME_DIR}/htdocs>
        SharedSession On
        Header set X-Is "expr=$text"
    </Directory>
    <Location /known>
        SharedSession On
    </Location>
</VirtualHost>
CONF

sub ask {
    my ($path, $who, %more) = @_;
    return SHS::HTTP::request(port => $httpd->port, path => $path,
                              $who ? (cookie => "JSESSIONID=$who") : (), %more);
}

sub seen {
    my ($r, $where) = @_;
    return $r->code if $where eq '#';
    return $r->body if $where eq 'body';
    return ($where =~ /^\$(.*)/ ? $r->env($1) : $r->header($where)) // '';
}

# --- wherever httpd takes an expression ------------------------------------------------------------

for my $row (@places) {
    my ($name, undef, $where, $none, $user, undef, $why) = @$row;
    my $r = ask("/$name/cgi", undef);
    is(seen($r, $where), $none, "$name: $why; without a session");
    my $reads = $name !~ /^(?:off|variable)/;
    like($r->header('Vary') // '', qr/\bCookie\b/, '... Vary: Cookie') if $reads;
    $r = ask("/$name/cgi", $id->{user});
    is(seen($r, $where), $user, '... and for the user');
    next if !$reads;
    like($r->header('Vary') // '', qr/\bCookie\b/, '... Vary: Cookie');
    like($r->header('Cache-Control') // '', qr/^(?:private|no-store)$/, '... for no shared cache');
}
is(ask('/ssi/page.html', undef)->body, "other \n", 'mod_include: without a session');
is(ask('/ssi/page.html', $id->{user})->body, "chef alice\n", '... for the user');
is(ask('/ht/page.html', $id->{user})->header('X-Is'), 'alice', '.htaccess');
is(ask('/ht/page.html', $id->{admin})->code, 403, '... a section in it');
is(ask('/ht/page.html', undef)->code, 403, '... without a session');

for my $row ([undef, 200, '(null) (null)', 'no session'], [$id->{user}, 200, 'chef alice', 'the user'],
             [$id->{admin}, 403, undef, 'the one whom mod_rewrite refuses']) {
    my ($who, $code, $is, $why) = @$row;
    my $r = ask('/server/page.html', $who, port => $server);
    is($r->code, $code, "at the level of the server: $why");
    is($r->header('X-Is'), $is, '... what it has seen') if defined $is;
}
my $r = ask('/server/page.html', $id->{user}, port => $inner);
is($r->code, 200, 'SharedSession On in a place alone: the server sees no session');
is($r->header('X-Is'), 'alice', '... and the place does');
is(ask('/known/x', $id->{user}, port => $inner)->code, 403,
   '... in a <Location> also the server: httpd has merged that before');

$r = ask('/trace/x', $id->{user}, method => 'TRACE');
is($r->code, 200, 'TRACE');
is($r->header('X-Is') // '[]', '[]', '... sees no session');
unlike($r->body, qr/alice/, '... nor does it show one');
is($store->lookups_during(sub { ask('/many/cgi', $id->{user}) }), 1, 'many expressions: one lookup');
is($store->lookups_during(sub { ask('/many/cgi', undef) }), 0, '... none without a cookie');

# --- while Redis is down ------------------------------------------------------------------------------

$store->stop;
for my $row (@places) {
    my ($name, $down, $why) = @$row[0, 5, 6];
    $r = ask("/$name/cgi", $id->{user});
    is($r->code, $down, "down, $name: $why");
    is(problem('X', $r), '', '... with the headers of a 503') if $down == 503;
}
is(ask('/ht/page.html', $id->{user})->code, 503, 'down: .htaccess');
is(ask('/ht/page.html', undef)->code, 403, '... not without a cookie');
is(answer(ask('/server/page.html', $id->{user}, port => $server)), 'X', '... mod_rewrite of the server');
is(ask('/ssi/page.html', $id->{user})->body, "other \n", '... a part of a page sees no session');

my $log = SHS::Httpd::slurp($httpd->root . '/logs/chefs');
like($log, qr{^/header/cgi$}m, 'CustomLog: what the user asked for');
is(() = $log =~ m{^/header/cgi$}mg, 1, '... alone');
$httpd->stop;

# --- what httpd -t says ---------------------------------------------------------------------------------

my $checked = SHS::Httpd->new;
for my $row ([q{session('*')}, 'all attributes'], [q{session('@nothing')}, 'an unknown pseudo attribute'],
             [q{session('')}, 'no attribute'],
             [q{'a' -in session_values('*')}, 'all attributes, as a list'],
             [q{'a' -in session('userId')}, 'a text in place of a list'],
             [q{session_values('userId') == 'a'}, 'a list in place of a text']) {
    my ($expression, $why) = @$row;
    $expression = "-n $expression" if $expression !~ /-in|==/;
    $checked->configure(qq{<If "$expression">\n</If>\n});
    my ($code, $said) = $checked->check;
    isnt($code, 0, "$expression is refused: $why");
    like($said, qr/expression|session/i, '... as it says');
}
for my $line ('*', '@nothing', 'userId ~', 'userId ~ (', 'userId ~ a b') {
    $checked->configure("<Location /x>\nRequire shared-session $line\n</Location>\n");
    my ($code, $said) = $checked->check;
    isnt($code, 0, "Require shared-session $line is refused");
    like($said, qr/Require shared-session: /, '... as it says');
}
done_testing;
