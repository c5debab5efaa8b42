# Stores that need a login: a password, an ACL user, a password-file; and
# two virtual hosts that name the same store share its connections.
use strict;
use warnings;

use SHS;

my $locked = SHS::Redis->start(
    acl => "user default on >SeCrEt-default ~* &* +\@all\n"
         . "user app on >SeCrEt-app/\@:%1 ~session:* &* +\@read +\@connection\n"
         . "user file on >SeCrEt-file ~session:* &* +\@read +\@connection\n"
         . "user other on >SeCrEt-other ~other:* &* +\@read +\@connection\n");
$locked->{login} = ['SeCrEt-default'];
my $port = $locked->port;
my $id = fresh_id();
$locked->put_hash("session:$id", { user => 'anna' });
my $db3 = SHS::Redis::Client->new(port => $port, login => ['SeCrEt-default'],
                                  db => 3);
$db3->cmd('HSET', "session:$id", 'user', 'anna of db 3');

my $httpd = private_httpd(
    files => { 'password' => "SeCrEt-file\nsecond line\n",
               'default-password' => "SeCrEt-default", 'gone' => "SeCrEt-old" },
    conf => <<"CONF");
<VirtualHost *:\${SHS_PORT}>
    ServerName default.test
    SharedSessionStore redis://:SeCrEt-default\@127.0.0.1:$port timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName db3.test
    SharedSessionStore redis://:SeCrEt-default\@127.0.0.1:$port/3 timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName app.test
    SharedSessionStore redis://app:SeCrEt-app%2F%40%3A%251\@127.0.0.1:$port timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName file.test
    SharedSessionStore redis://file\@127.0.0.1:$port password-file=\${HOME_DIR}/password timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName default-file.test
    SharedSessionStore unix://@{[$locked->sock]} password-file=\${HOME_DIR}/default-password
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName gone.test
    SharedSessionStore redis://file\@127.0.0.1:$port/0 password-file=\${HOME_DIR}/gone timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName anonymous.test
    SharedSessionStore redis://127.0.0.1:$port timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName wrong.test
    SharedSessionStore redis://app:SeCrEt-wrong\@127.0.0.1:$port timeout=5s
    SharedSession On
</VirtualHost>
<VirtualHost *:\${SHS_PORT}>
    ServerName other.test
    SharedSessionStore redis://other:SeCrEt-other\@127.0.0.1:$port timeout=5s
    SharedSession On
</VirtualHost>
CONF

sub ask { return $httpd->get('/x/lua', host => "$_[0].test",
                             cookie => "JSESSIONID=$id") }

is(ask('default')->note('session.user'), 'anna', 'a password in the URL');
is(ask('db3')->note('session.user'), 'anna of db 3', 'a password and a database');
is(ask('app')->note('session.user'), 'anna',
   'an ACL user, a password with escaped characters');
is(ask('file')->note('session.user'), 'anna', 'an ACL user and a password-file');
is(ask('default-file')->note('session.user'), 'anna',
   'a password-file without an end of line, over a Unix socket');

# Refusals: unavailable, SHS006 names the code word, what to do, no secret.
unlink $httpd->{root} . '/gone' or die "gone: $!";
for my $row (['anonymous', 'NOAUTH Authentication required', 'no password given'],
             ['wrong', '(?:WRONGPASS|password)', 'a wrong password'],
             ['other', 'NOPERM (?:this user has no permissions to access one of the keys|No permissions to access a key)',
              'a user who may not read the key'],
             ['gone', 'WRONGPASS .* password-file \S+/gone cannot be read: No such file',
              'a wrong password, and a file that is gone']) {
    my ($host, $word, $why) = @$row;
    is(ask($host)->note('SHARED_SESSION'), 'unavailable',
       "$why: unavailable");
    ok($httpd->wait_logged(qr/:error\].*SHS006: .*$word/),
       "... SHS006 at error says why");
}
is(ask('default')->note('session.user'), 'anna',
   'the other virtual hosts go on');

# The start line tells each store, without its password.
my @start = $httpd->logged(qr/:notice\].*SHS001: /);
ok(@start >= 8, 'SHS001: one line for each store');
ok(scalar(grep { /127\.0\.0\.1:$port\/3.*timeout/ } @start),
   '... with address, database and timeout');

done_testing;
