# conf/examples: those that protect places by the session do what they promise.
# Each runs as it is printed, with the ports and folders of the test.
# The same with every MPM.
use strict;
use warnings;

use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use SHS;
use SHS::Backend;

my $store = SHS::Redis->start;
my $redis_port = $store->port;
my %id = map { $_ => fresh_id() } qw(visitor alice admin auditor globex initech);
my %session = (
    visitor => { cart => 'full' },
    alice => { userId => 'alice', userNm => 'Alice <Kim>', tenant => 'acme',
               user => '{"roles":["editor"]}' },
    admin => { userId => 'root', user => '{"roles":["editor","admin"]}' },
    auditor => { userId => 'eve', user => '{"roles":["auditor"]}' },
    globex => { userId => 'bob', tenant => 'globex' },
    initech => { userId => 'carl', tenant => 'initech' },
);
sub store_sessions {
    $store->put_hash("session:$id{$_}", $session{$_}) for keys %session;
    return;
}
store_sessions();
my @backends = map { SHS::Backend->start(route => $_) } qw(first second third);
my ($one, $two, $three) = map { $_->port } @backends;

my $httpd;
# Starts a server with the example. Files: name under /srv/www => text.
sub run_example {
    my ($name, %files) = @_;
    my $conf = slurp("$ENV{SHS_INCLUDE}/conf/examples/$name.conf");
    ok($conf, "--- $name.conf") or return;
    $conf =~ s{redis://127\.0\.0\.1:6379/0}{redis://127.0.0.1:$redis_port/0 timeout=1s};
    $conf =~ s{127\.0\.0\.1:8080}{127.0.0.1:$one}g;
    $conf =~ s{127\.0\.0\.1:8081}{127.0.0.1:$two}g;
    $conf =~ s{127\.0\.0\.1:8082}{127.0.0.1:$three}g;
    $conf =~ s{/srv/www}{\${HOME_DIR}/www}g;
    $conf =~ s{^# (CustomLog) "\S+"}{$1 logs/access}m;
    $conf =~ s{/etc/apache2/(\w+)\.secrets}{\${HOME_DIR}/www/$1}g;
    $conf =~ s{\*:443}{*:\${SHS_PORT}}g;
    $httpd = private_httpd(conf => $conf, backend => $one, loglevel => 'info',
                           files => { map { ("www/$_" => $files{$_}) } keys %files });
    return;
}

my %header = (page => [['Sec-Fetch-Mode', 'navigate']], fetch => [['Sec-Fetch-Mode', 'cors']],
              html => [['Accept', 'text/html,*/*;q=0.8']],
              websocket => [['Connection', 'Upgrade'], ['Upgrade', 'websocket'],
                            ['Sec-WebSocket-Version', 13],
                            ['Sec-WebSocket-Key', 'x3JJHMbDL1EzLkh9GBhXDw==']]);
# As a person opens a page, a script fetches, ...; of a stranger, or of one of %id.
sub ask {
    my ($how, $who, $path, %more) = @_;
    my $cookie = $more{cookie} // 'JSESSIONID';
    return $httpd->get($path, headers => $header{$how}, %more,
                       cookie => $id{$who} ? "$cookie=$id{$who}" : undef);
}
sub answers {
    my ($code, @request) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $r = ask(@request);
    is($r->code, $code, "$request[0] of $request[1], $request[2]: $code") || diag $r->raw;
    return $r;
}
sub leads_to {
    my ($location, @request) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is(answers(302, @request)->header('Location'), $location, '... to the login page');
    return;
}
sub is_problem {
    my ($r) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is($r->header('Content-Type'), 'application/problem+json', '... as a program reads it');
    is($r->header('Cache-Control'), 'no-store', '... and no cache stores it');
    return;
}
# Runs the code while Redis is down.
sub while_down {
    my ($code) = @_;
    $store->stop;
    $code->();
    $store->run;
    store_sessions();
    return;
}

# --------------------------------------------------------------------------------
run_example('protected-downloads', 'downloads/a.pdf' => "pdf\n");
leads_to('/login?return=/downloads/a.pdf%3Fpage%3D2', qw(page stranger /downloads/a.pdf?page=2));
ok(scalar $httpd->logged(qr/SHS038: answered 302/), 'SHS038 says so');
leads_to('/login?return=/downloads/a.pdf', qw(html visitor /downloads/a.pdf));
is_problem(answers(401, qw(fetch stranger /downloads/a.pdf)));
is_problem(answers(401, qw(fetch visitor /downloads/a.pdf)));
my $r = answers(200, qw(page alice /downloads/a.pdf));
is($r->body, "pdf\n", '... the file');
is($r->header('Cache-Control'), 'no-store', '... which the history does not show after a logout');
while_down(sub {
    my $down = answers(503, qw(page alice /downloads/a.pdf));
    ok($down->header('Retry-After'), '... with Retry-After');
    is($down->header('Set-Cookie'), undef, '... and the cookie stays');
});
answers(200, qw(page alice /downloads/a.pdf));
$httpd->stop;
like(slurp($httpd->root . '/logs/access'), qr{ alice \[.*/downloads/a\.pdf}, '%u is the user');

# --------------------------------------------------------------------------------
run_example('admin-area', 'admin/index.html' => "admin\n", 'admin/reports/1.html' => "report\n",
            'html/no-admin.html' => "Only for admins.\n");
leads_to('/login?return=/admin/index.html', qw(page stranger /admin/index.html));
$r = answers(403, qw(page alice /admin/index.html));
is($r->body, "Only for admins.\n", '... with the page that says so');
is($r->header('Cache-Control'), 'no-store', '... and no cache stores it');
answers(403, qw(page auditor /admin/index.html));
answers(200, qw(page admin /admin/index.html));
answers(200, qw(page auditor /admin/reports/1.html));
answers(403, qw(page alice /admin/reports/1.html));
answers(200, qw(page stranger /no-admin.html));
while_down(sub { answers(503, qw(page admin /admin/index.html)) });
$httpd->stop;

# --------------------------------------------------------------------------------
run_example('welcome-page', 'html/index.shtml' => "Log in\n",
            'html/home.shtml' => "Hello, <!--#echo var=\"SESSION_NAME\" -->!\n");
is(answers(200, 'page', 'stranger', '/')->body, "Log in\n", '... not by name');
is(answers(200, 'page', 'visitor', '/')->body, "Log in\n", '... not by name');
$r = answers(200, 'page', 'alice', '/');
is($r->body, "Hello, Alice &lt;Kim&gt;!\n", '... by name, escaped');
like($r->header('Cache-Control'), qr/private|no-store/, '... for this user alone');
while_down(sub { is(answers(200, 'page', 'alice', '/')->body, "Log in\n", '... not by name') });
$httpd->stop;

# --------------------------------------------------------------------------------
run_example('one-login-three-vhosts');
leads_to('https://login.example.org/login?site=shop&return=/cart%3Fa%3Db', 'page', 'stranger',
         '/cart?a=b', host => 'shop.example.org');
leads_to('https://login.example.org/login?site=wiki&return=/', 'page', 'stranger', '/',
         host => 'wiki.example.org');
answers(401, 'fetch', 'stranger', '/', host => 'wiki.example.org');
$r = answers(200, 'page', 'stranger', '/login?action=create&set=userId%3Dalice',
             host => 'login.example.org', method => 'POST', body => '');
like($r->header('Set-Cookie'), qr/^__Secure-SID=[^;]+; .*Domain=example\.org.*Secure/i,
     '... for each host of the domain');
my ($new) = $r->header('Set-Cookie') =~ /^(__Secure-SID=[^;]+)/;
for (['shop.example.org', 'second'], ['wiki.example.org', 'third']) {
    my ($host, $route) = @$_;
    my $page = $httpd->get('/', host => $host, cookie => $new, headers => $header{page});
    is($page->code, 200, "... the user is logged in on $host");
    is($page->hdr('X-User'), 'alice', '... whose backend knows the user');
    is($page->value('request', 'route'), $route, '... and it is the right one');
}
$httpd->stop;

# --------------------------------------------------------------------------------
run_example('xhr-application', 'app/index.html' => "app\n");
answers(200, qw(page stranger /app/index.html));
is_problem(answers(401, qw(fetch stranger /api/orders)));
answers(401, qw(page stranger /api/orders));
is(answers(200, qw(fetch alice /api/orders))->hdr('X-User'), 'alice', '... the API knows the user');
answers(403, qw(fetch alice /api/admin));
answers(200, qw(fetch admin /api/admin));
while_down(sub { answers(503, qw(fetch alice /api/orders)) });
$store->cmd('PEXPIRE', "session:$id{alice}", 1_000_000);
$store->cmd('HSET', "session:$id{alice}", '@max', 1800);
answers(200, qw(fetch alice /api/updates));
cmp_ok($store->cmd('PTTL', "session:$id{alice}"), '<=', 1_000_000, '... and the poll did not touch it');
answers(200, qw(fetch alice /api/orders));
cmp_ok($store->cmd('PTTL', "session:$id{alice}"), '>', 1_000_000, '... as another request does');
$httpd->stop;

# --------------------------------------------------------------------------------
run_example('routing-by-tenant');
is(answers(200, qw(page alice /app/x))->value('request', 'route'), 'second', '... of acme');
$r = answers(200, qw(page globex /app/x?a=b));
is($r->value('request', 'route'), 'third', '... of globex');
like($r->value('request', 'line'), qr{^GET /app/x\?a=b }, '... with path and query');
is($r->hdr('X-User'), 'bob', '... the user');
leads_to('/login?return=/app/x', qw(page stranger /app/x));
answers(403, qw(page initech /app/x));
leads_to('/login?return=/app/x', qw(page visitor /app/x));
while_down(sub { answers(503, qw(page alice /app/x)) });
$httpd->stop;

# --------------------------------------------------------------------------------
run_example('protected-backend');
leads_to('/login?return=/app/x', qw(page stranger /app/x));
is(answers(200, qw(page alice /app/x))->hdr('X-User'), 'alice', '... the user');
answers(200, qw(page stranger /app/health));
my $switch = '/app/socket?raw=' . SHS::Backend::encode("HTTP/1.1 101 Switching Protocols\r\n"
    . "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
is_problem(answers(401, 'websocket', 'stranger', $switch));
like(answers(101, 'websocket', 'alice', $switch)->header('Upgrade'), qr/websocket/,
     '... the WebSocket is open');
while_down(sub { answers(503, 'websocket', 'alice', $switch) });
$httpd->stop;

# ------------------------------------------------------- sessions of frameworks
my %framework = map { ($_->{capture} => $_) } @{ JSON::PP->new->utf8->decode(
    slurp("$ENV{SHS_TMP}/t/fixtures/frameworks.json")) };
my $now = int(1000 * time);
my %now = (jdk => sub { substr($_[0], 0, -8) . pack 'q>', $now },
           json => sub { qq{["java.lang.Long",$now]} });

# Stores a captured hash as if it had been used just now, and returns its cookie.
sub restore {
    my ($name, $form) = @_;
    my $session = $framework{$name} or die $name;
    my %field = map { $_ => decode_base64($session->{fields_base64}{$_}) }
        keys %{ $session->{fields_base64} };
    $field{$_} = $now{$form}->($field{$_}) for grep { /Time$/ } keys %field;
    $store->cmd('HSET', $session->{redis_key}, %field);
    $store->cmd('PEXPIRE', $session->{redis_key}, 600_000);
    return "$session->{cookie}[0]{name}=$session->{cookie}[0]{value}";
}
sub is_open {
    my ($path, $cookie) = @_;
    my $r = $httpd->get($path, headers => $header{page}, cookie => $cookie);
    is($r->code, 200, "the user of the application reaches $path") || diag $r->raw;
    return $r;
}
my $spring = restore('spring-boot-3.5.7/default-jdk', 'jdk');

run_example('spring-boot');
is(is_open('/reports/x', $spring)->hdr('X-User'), 'alice', '... whose name the backend gets');
leads_to('/login?return=/reports/x', qw(page stranger /reports/x));
is(is_open('/x', $spring)->value('request', 'route'), 'first', '... the application');
answers(200, qw(page stranger /x));
while_down(sub { is($httpd->get('/reports/x', headers => $header{page}, cookie => $spring)->code,
                    503, 'without Redis, the other backend is closed') });
$httpd->stop;
like(slurp($httpd->root . '/logs/access'), qr{ alice \[[^"]*"GET /x }, '%u is the user');

$spring = restore('spring-boot-3.5.7/default-jdk', 'jdk');
run_example('spring-boot-files', 'files/a.pdf' => "pdf\n");
is(is_open('/files/a.pdf', $spring)->body, "pdf\n", '... which is a file');
cmp_ok($store->cmd('PTTL', $framework{'spring-boot-3.5.7/default-jdk'}{redis_key}), '>', 1_700_000,
       '... and the session lives on');
leads_to('/login', qw(page stranger /files/a.pdf));
is(answers(200, qw(page stranger /x))->value('request', 'route'), 'first', '... the application');
$httpd->stop;

run_example('tomcat-redisson');
my $redisson = restore('redisson/JsonJacksonCodec', 'json');
is(is_open('/app/x', $redisson)->hdr('X-User'), 'alice', '... whose name Tomcat gets');
is($httpd->get('/app/admin/x', headers => $header{page}, cookie => $redisson)->code, 403,
   '... and who is no administrator');
leads_to('/app/login?return=/app/admin/x', qw(page stranger /app/admin/x));
$httpd->stop;

my $express = $framework{'express-connect-redis/default (earlier)'};
$store->cmd('SET', $express->{redis_key}, decode_base64($express->{value_base64}));
run_example('express-json', express => "$express->{secret}\n", fastify => "other\n");
my $cookie = "$express->{cookie}[0]{name}=$express->{cookie}[0]{value}";
is(is_open('/reports/x', $cookie)->hdr('X-User'), 'alice', '... whose name the backend gets');
is(is_open('/reports/x', "x$cookie; $cookie")->hdr('X-User'), 'alice',
   '... behind a longer name of a cookie');
(my $forged = $cookie) =~ s/(.)$/$1 eq 'A' ? 'B' : 'A'/e;
is(is_open('/reports/x', $forged)->hdr('X-User'), undef, '... by this cookie, not by a forged one');
$httpd->stop;

$_->stop for @backends;
done_testing;
