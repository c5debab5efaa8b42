# Every directive goes down server -> virtual host -> directory -> .htaccess; a
# list given deeper adds to the outer one; `none` clears it.
use strict;
use warnings;

use SHS;

my %htaccess = (
    'add' => "SharedSessionNote from.htaccess name\n"
           . "SharedSessionEnv FROM_HTACCESS name\n",
    'clear' => "SharedSessionNote none\nSharedSessionEnv none\n",
    'replace' => "SharedSessionNote none\nSharedSessionNote only.this name\n",
    'off' => "SharedSession Off\n",
    # No paths, though they begin like some: names as a whole.
    'whole' => "SharedSessionNote whole a[0]bc\n"
             . "SharedSessionNote long a[0]" . 'xb[0]' x 200 . "\n"
             . "SharedSessionEnv WHOLE a[0]bc\n",
);
my %refused = (
    cookie => 'SharedSessionCookie X', key => 'SharedSessionKey x:%{id}',
    store => 'SharedSessionStore redis://127.0.0.1',
    header => 'SharedSessionHeader X-A name', format => 'SharedSessionFormat json',
    failure => 'SharedSessionFailure allow', size => 'SharedSessionMaxSize 1M',
);
my $httpd = private_httpd(
    files => { (map { ("htdocs/ht/$_/.htaccess" => $htaccess{$_}) }
                keys %htaccess),
               (map { ("htdocs/no/$_/.htaccess" => "$refused{$_}\n") }
                keys %refused),
               'htdocs/shut/note/.htaccess' => "SharedSessionNote x name\n",
               'htdocs/shut/on/.htaccess' => "SharedSession On\n",
               'htdocs/shut/env/.htaccess' => "<Files *>\nSharedSessionEnv X name\n</Files>\n",
               'htdocs/passed/.htaccess' => "SharedSessionNote passed name\n",
               'htdocs/listed/.htaccess' => "SharedSessionNote listed name\n",
               'htdocs/ht/on/x' => '' },
    conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[redis()->port]}
SharedSessionNote from.server name
SharedSessionEnv FROM_SERVER name
SharedSessionHeader X-From-Server name
SharedSessionKey merge:%{id}
<Directory "\${DOCS}">
    AllowOverride AuthConfig
</Directory>
<VirtualHost *:\${SHS_PORT}>
    ServerName full.test
    SharedSession On
    SharedSessionNote from.vhost name
    SharedSessionEnv FROM_VHOST name
    SharedSessionHeader X-From-Vhost name
    <Location /deep>
        SharedSessionNote from.location name
        SharedSessionEnv FROM_LOCATION name
        SharedSessionHeader X-From-Location name
    </Location>
    <Location /deep/deeper>
        SharedSessionKey deeper:%{id}
        SharedSessionCookie OTHER
        SharedSessionFormat json
        SharedSessionMaxSize 100
    </Location>
    <Location /cleared>
        SharedSessionNote none
        SharedSessionEnv none
        SharedSessionHeader none
    </Location>
    <Location /cleared/again>
        SharedSessionNote again name
        SharedSessionHeader X-Again name
    </Location>
    <Location /off>
        SharedSession Off
    </Location>
    <Location /off/on>
        SharedSession On
    </Location>
    <Directory "\${DOCS}/shut">
        AllowOverride FileInfo
    </Directory>
    <Directory "\${DOCS}/passed">
        AllowOverride FileInfo Nonfatal=Override
    </Directory>
    <Directory "\${DOCS}/listed">
        AllowOverride FileInfo
        AllowOverrideList SharedSessionNote
    </Directory>
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName cleared.test
    SharedSessionNote none
    SharedSessionEnv none
    SharedSessionHeader none
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName off.test
</VirtualHost>
CONF

my $id = fresh_id();
redis()->put_hash("merge:$id", { name => 'anna', more => 'x',
                                'a[0]bc' => 'by its whole name' });
my $json_id = fresh_id();
redis()->put_string("deeper:$json_id", '{"name":"json-anna"}');
my $long_id = fresh_id();
redis()->put_string("deeper:$long_id", '{"name":"' . 'x' x 200 . '"}');

sub at {
    my ($path, %more) = @_;
    return $httpd->get("$path/lua", host => 'full.test',
                       cookie => "JSESSIONID=$id", %more);
}

my $r = at('/x');
is($r->note('from.server'), 'anna', 'a note of the server reaches a request');
is($r->note('from.vhost'), 'anna', 'a note of the virtual host adds to it');
is($r->note('from.location'), undef, 'a note of another place does not');
is($r->note('session.more'), undef,
   'the default session.* is gone where a note is given');
is($r->env('FROM_SERVER'), 'anna', 'a variable of the server');
is($r->env('FROM_VHOST'), 'anna', 'a variable of the virtual host');
is($r->hdr('X-From-Server'), 'anna', 'a header of the server');
is($r->hdr('X-From-Vhost'), 'anna', 'a header of the virtual host');

$r = at('/deep');
is($r->note("from.$_"), 'anna', "in a directory: the note of the $_")
    for qw(server vhost location);
is($r->env("FROM_$_"), 'anna', "in a directory: the variable of the $_")
    for qw(SERVER VHOST LOCATION);
is($r->hdr("X-From-$_"), 'anna', "in a directory: the header of the $_")
    for qw(Server Vhost Location);

$r = at('/deep/deeper', cookie => "OTHER=$json_id");
is($r->note('from.location'), 'json-anna',
   'cookie, key and format of a deeper directory replace the outer ones');
$r = at('/deep/deeper', cookie => "JSESSIONID=$json_id");
is($r->note('SHARED_SESSION'), 'none', '... and the outer cookie is not read');
$r = at('/deep/deeper', cookie => "OTHER=$long_id");
is($r->note('SHARED_SESSION'), 'malformed',
   'MaxSize of a deeper directory replaces the outer one');

$r = at('/cleared');
is($r->note('SHARED_SESSION'), 'found', 'after none there is still a session');
is_deeply([grep { /^(?:from|session)/ } $r->names('note')], [],
          'SharedSessionNote none leaves no note of an attribute');
is_deeply([grep { /^FROM/ } $r->names('env')], [],
          'SharedSessionEnv none leaves no variable of an attribute');
is_deeply([grep { /^X-From/i } $r->names('header')], [],
          'SharedSessionHeader none leaves no header of an attribute');
$r = at('/cleared/again');
is($r->note('again'), 'anna', 'a list starts anew below none');
is($r->note('from.server'), undef, '... without what was cleared');
is($r->hdr('X-Again'), 'anna', 'a header list starts anew below none');

$r = at('/off');
is($r->note('SHARED_SESSION'), undef, 'Off in a directory: no session');
$r = at('/off/on');
is($r->note('SHARED_SESSION'), 'found', 'On again below Off');

$r = $httpd->get('/lua', host => 'cleared.test', cookie => "JSESSIONID=$id");
is($r->note('SHARED_SESSION'), 'found', 'the virtual host got the key template');
is_deeply([grep { /^(?:from|session)/ } $r->names('note')], [],
          'none in a virtual host clears what the server gave');
$r = $httpd->get('/lua', host => 'off.test', cookie => "JSESSIONID=$id");
is($r->note('SHARED_SESSION'), undef, 'the default is Off');

# .htaccess
$r = at('/ht/add');
is($r->note('from.htaccess'), 'anna', '.htaccess adds a note');
is($r->note('from.server'), 'anna', '... to those of the server');
is($r->env('FROM_HTACCESS'), 'anna', '.htaccess adds a variable');
is($r->env('FROM_VHOST'), 'anna', '... to those of the virtual host');
$r = at('/ht/clear');
is($r->note('SHARED_SESSION'), 'found', 'cleared in .htaccess, still found');
is($r->note('from.server'), undef, '.htaccess clears notes');
is($r->env('FROM_SERVER'), undef, '.htaccess clears variables');
$r = at('/ht/replace');
is($r->note('only.this'), 'anna', 'none and a note in one .htaccess');
is($r->note('from.server'), undef, '... leaves that note only');
$r = at('/ht/off');
is($r->note('SHARED_SESSION'), undef, 'SharedSession Off in .htaccess');
$r = at('/ht/whole') for 1 .. 5;
is($r->note('whole'), 'by its whole name',
   'a[0]bc in .htaccess is no path but a name');
is($r->env('WHOLE'), 'by its whole name', '... for a variable too');
is($r->note('long'), undef, '... however long it goes on');
is(scalar $httpd->logged(qr/exit signal/), 0, '... and no child has died');

for my $what (sort keys %refused) {
    my $reply = at("/no/$what");
    is($reply->code, 500, "refused in .htaccess: $refused{$what}");
    my ($name) = split ' ', $refused{$what};
    ok(scalar $httpd->logged(qr/$name.*not allowed/), '... and the log says so');
}
for my $row (['/shut/note', 'SharedSessionNote'], ['/shut/on', 'SharedSession'],
             ['/shut/env', 'SharedSessionEnv']) {
    my ($path, $name) = @$row;
    is(at($path)->code, 500, "AllowOverride without AuthConfig forbids $name");
    ok(scalar $httpd->logged(qr/htaccess: $name not allowed here: .*AllowOverride AuthConfig, or AllowOverrideList $name/),
       '... and the log names the AllowOverride that would allow it');
}
$r = at('/passed');
is($r->code, 200, '... but is passed over with Nonfatal=Override');
is($r->note('passed'), undef, '... and has no effect');
is(at('/listed')->note('listed'), 'anna', '... and counts where AllowOverrideList names it');

done_testing;
