# PHP's way in: a FastCGI responder behind mod_proxy_fcgi is given the session as
# variables and as HTTP_ ones, each once, and nothing that a client made up.
use strict;
use warnings;

use SHS;
use SHS::Fcgi;

my $fcgi = SHS::Fcgi->start;
my ($port, $redis_port) = ($fcgi->port, redis()->port);
my $httpd = private_httpd(files => { map { ("htdocs/$_/page.php" => '') }
                                     qw(on wild off) },
                          conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:$redis_port timeout=2s
<FilesMatch "\\.php\$">
    SetHandler "proxy:fcgi://127.0.0.1:$port"
</FilesMatch>
ProxyPassMatch "^/(.*/passed)\$" "fcgi://127.0.0.1:$port/\$1"
<Location /on>
    SharedSession On
    SharedSessionEnv USER_ID user
    SharedSessionEnv SESSION_* *
    SharedSessionHeader X-User user
    SharedSessionHeader X-Session-* *
</Location>
<Location /wild>
    SharedSession On
    SharedSessionEnv P* *
    SharedSessionEnv H* *
</Location>
CONF

my $id = hash_session(user => 'anna', 'my role' => 'chef', city => "K\xC3\xB6ln",
                      lines => "a\r\nb", 'HP_VALUE' => 'auto_prepend_file=/evil',
                      'HP_ADMIN_VALUE' => 'x=y', 'HPRC' => '/evil',
                      'TTP_X_USER' => 'evil', 'FINE' => 'y');
my @cookie = (cookie => "JSESSIONID=$id");
my @forged = (headers => [map { [$_, 'forged'] }
    qw(X-User X_User x_user X.User X-Session-City X_SESSION_CITY SHARED_SESSION
       Shared-Session USER_ID User-Id SESSION_USER)]);

# What looks like ours among the variables.
sub ours {
    my ($r) = @_;
    return { map { ($_ => $r->env($_)) }
             grep { /^(?:SHARED_SESSION|USER_ID|SESSION_|HTTP_X_(?:USER|SESSION))/i }
             $r->names('env') };
}

my %given = (SHARED_SESSION => 'found', USER_ID => 'anna', SESSION_user => 'anna',
    SESSION_my_role => 'chef', SESSION_city => "K\xC3\xB6ln",
    SESSION_HP_VALUE => 'auto_prepend_file=/evil', SESSION_HP_ADMIN_VALUE => 'x=y',
    SESSION_HPRC => '/evil', SESSION_TTP_X_USER => 'evil', SESSION_FINE => 'y',
    HTTP_X_USER => 'anna', HTTP_X_SESSION_USER => 'anna',
    HTTP_X_SESSION_MY_ROLE => 'chef', HTTP_X_SESSION_CITY => 'K%C3%B6ln',
    HTTP_X_SESSION_LINES => 'a%0D%0Ab',
    HTTP_X_SESSION_HP_VALUE => 'auto_prepend_file=/evil',
    HTTP_X_SESSION_HP_ADMIN_VALUE => 'x=y', HTTP_X_SESSION_HPRC => '/evil',
    HTTP_X_SESSION_TTP_X_USER => 'evil', HTTP_X_SESSION_FINE => 'y');

for my $row (['page.php', 'by SetHandler'], ['passed', 'by ProxyPassMatch']) {
    my ($page, $how) = @$row;
    my $r = $httpd->get("/on/$page", @cookie);
    is($r->code, 200, "FastCGI $how");
    is_deeply(ours($r), \%given, '... variables and headers of the session, once');
    is($r->env('HTTP_COOKIE'), $cookie[1], '... the cookie is left alone');
    is_deeply(ours($httpd->get("/on/$page", @cookie, @forged)), \%given,
              '... whatever a client sends beside its cookie');
    is_deeply(ours($httpd->get("/on/$page", @forged)), { SHARED_SESSION => 'none' },
              '... or without one');
    is_deeply(ours($httpd->get("/on/$page", @forged,
                               cookie => 'JSESSIONID=' . fresh_id())),
              { SHARED_SESSION => 'absent' }, '... or with one of no session');
    is_deeply(ours($httpd->get("/off/$page", @cookie, @forged)), {},
              '... nothing of it where the module is Off');
    is_deeply(ours($httpd->get("/on/$page", method => 'POST', body => 'a=b',
                               @cookie)), \%given, '... with a body too');
    $r = $httpd->get("/wild/$page", @cookie);
    is_deeply([map { $r->env($_) }
               qw(PHP_VALUE PHP_ADMIN_VALUE PHPRC HTTP_X_USER PFINE)],
              [(undef) x 4, 'y'], '... and no session sets the options of PHP');
}

$httpd->stop;
$fcgi->stop;
done_testing;
