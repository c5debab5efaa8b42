# SharedSessionFailure: when the store gives no answer the request goes on
# without a session, or is refused with 503. Other states are never refused.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my $port = $store->port;
my $found = fresh_id();
my $bad = fresh_id();
my $unused = SHS::Process::free_port();

my $httpd = private_httpd(
    files => { 'htdocs/plain.html' => "the page\n",
               'htdocs/deny/sorry.html' => "sorry, come back\n",
               'htdocs/deny/page.html' => "SeCrEt page of the application\n",
               'htdocs/ssi/page.html' =>
                   qq(<!--#include virtual="/deny/part.html" -->|end\n),
               'htdocs/ssi/two.html' =>
                   qq(<!--#include virtual="/deny/part.html" -->|)
                   . qq(<!--#include virtual="/redirect?/deny/part.html" -->|)
                   . qq(<!--#include virtual="/deny/part.html" -->|end\n),
               'redirect' => "#!/bin/sh\nprintf 'Location: %s\\r\\n\\r\\n' \"\$QUERY_STRING\"\n",
               'htdocs/deny/part.html' => "SeCrEt part\n",
               'htdocs/bare/part.html' => "SeCrEt part\n",
               'htdocs/ht/.htaccess' => "SharedSession On\n",
               'htdocs/ht/page.html' => "page\n" },
    conf => <<"CONF");
<VirtualHost *:\${SHS_PORT}>
    ServerName store.test
    SharedSessionStore redis://127.0.0.1:$port timeout=300ms connect-timeout=300ms breaker=off
    SharedSession On
    <Location /deny>
        SharedSessionFailure deny
        ErrorDocument 503 /deny/sorry.html
    </Location>
    <Location /deny/allow>
        SharedSessionFailure allow
    </Location>
    <Location /bare>
        SharedSessionFailure deny
    </Location>
    ScriptAlias /redirect \${HOME_DIR}/redirect
    <Location /ssi>
        Options +Includes
        SetOutputFilter INCLUDES
    </Location>
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName nostore.test
    <Directory "\${DOCS}/ht">
        AllowOverride AuthConfig
    </Directory>
</VirtualHost>
CONF
$store->put_hash("session:$found", { user => 'anna' });
$store->put_string("session:$bad", 'a string, no hash');

sub ask {
    my ($path, $id, %more) = @_;
    return $httpd->get($path, host => 'store.test',
                       defined $id ? (cookie => "JSESSIONID=$id") : (), %more);
}

# While the store answers no request is refused.
for my $row ([$found, 'found'], [fresh_id(), 'absent'], [$bad, 'malformed'],
             [undef, 'none'], ['short', 'none']) {
    my $r = ask('/bare/lua', $row->[0]);
    is($r->code, 200, "deny, $row->[1]: served");
    is($r->note('SHARED_SESSION'), $row->[1], '... with that status');
}

chmod 0755, $httpd->root . '/redirect';
is(() = ask('/ssi/two.html', $found)->body =~ /SeCrEt part/g, 3,
   'three parts in a denying place, one by a redirect, while the store answers');

is(ask('/redirect/deny/x?/deny/part.html', $found)->body, "SeCrEt part\n",
   'a redirect into a denying place, while the store answers');

$store->stop('KILL');

my $r = ask('/x/lua', $found);
is($r->code, 200, 'allow is the default: served');
is($r->note('SHARED_SESSION'), 'unavailable', '... without a session');
is($r->note('session.user'), undef, '... without an attribute');
is(ask('/x/cgi', $found)->env('SHARED_SESSION'), 'unavailable',
   'CGI can tell unavailable from absent');

$r = ask('/bare/lua', $found);
is($r->code, 503, 'deny: refused with 503');
is($r->header('Retry-After'), '5', '... with Retry-After');
unlike($r->body, qr/note /, '... and the handler did not run');
unlike($r->raw, qr/SeCrEt/, '... and nothing of the request is in the answer');
ok($httpd->wait_logged(qr/:info\].*SHS010: /), 'SHS010 tells of the refusal');
is(ask('/bare/lua')->code, 200, 'deny, no cookie: served, Redis was not needed');
is(ask('/bare/lua', 'short')->code, 200, 'deny, garbage: served');
is(ask('/bare/cgi', $found)->code, 503, 'deny: CGI');
is(ask('/bare/backend', $found)->code, 503, 'deny: a proxied backend');
is(ask('/bare/lua', $found, method => 'POST', body => 'x=y')->code, 503,
   'deny: POST');
is(ask('/bare/lua', $found, method => 'OPTIONS')->code, 503, 'deny: OPTIONS');
is(ask('/bare/lua', $found, method => 'HEAD')->code, 503, 'deny: HEAD');

$r = ask('/deny/page.html', $found);
is($r->code, 503, 'an ErrorDocument in the denying location itself: 503');
like($r->body, qr/^sorry, come back$/m, '... with its text');
is($r->header('Retry-After'), '5', '... with Retry-After');
is(ask('/deny/allow/lua', $found)->code, 200, 'allow again below deny');

# What httpd looks up of a request's PATH_INFO is no denial of it.
for my $path ('/redirect?/deny/part.html', '/redirect/deny/x?/deny/part.html',
              '/redirect/deny/part.html?/deny/part.html',
              '/redirect/bare/x?/bare/part.html') {
    $r = ask($path, $found);
    is($r->code, 503, "a redirect into a denying place is refused: $path");
    unlike($r->raw, qr/SeCrEt part/, '... and not served');
}

my $refusals = $httpd->logged(qr/SHS010: /);
$r = ask('/ssi/page.html', $found);
is(scalar $httpd->logged(qr/SHS010: /), $refusals,
   'SHS010 counts what clients get: not a part that is left out');
is($r->code, 200, 'a subrequest into a denying place: the page itself is served');
unlike($r->body, qr/SeCrEt part/, '... without the part');

unlike(ask('/ssi/two.html', $found)->body, qr/SeCrEt part/,
       '... nor a second one, nor by a redirect');

$store->run;
$store->put_hash("session:$found", { user => 'anna' });
is(ask('/bare/lua', $found)->code, 200, 'the store is back: served');
like(ask('/ssi/page.html', $found)->body, qr/SeCrEt part/,
     '... the part too');

# On in .htaccess where no store is: SHS002, and the request goes on.
$r = $httpd->get('/ht/lua', host => 'nostore.test', cookie => "JSESSIONID=$found");
is($r->code, 200, 'On in .htaccess without a store: served');
is($r->note('SHARED_SESSION'), 'unavailable', '... unavailable');
ok($httpd->wait_logged(qr/:error\].*SHS002: /), 'SHS002 tells what is missing');

done_testing;
