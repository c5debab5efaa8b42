# Sessions of frameworks need no other commands of Redis than docs/operations.md says: to
# read them, and to touch and end them in addition.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Framework;
use Time::HiRes qw(time);

# { format => [commands to read, in addition] }, of the table in the document.
my %commands;
for (split /\n/, slurp("$ENV{SHS_INCLUDE}/docs/operations.md")) {
    my (undef, $formats, @cells) = split /(?<!\\)\|/ or next;
    next if @cells < 2 || $cells[0] !~ /\+(?:hgetall|get) /;
    my @lists = map { [map { s/\\//gr } /(\+[a-z|\\]+)/g] } @cells;
    $commands{$_} = \@lists for $formats =~ /`(\w+)`/g;
}
is(join(' ', sort keys %commands),
   'express fastify form hash json koa lemonldap redisson spring tomcat', 'each format has a row');

my $store = SHS::Redis->start;
my @admin = ('admin', 'SeCrEt-admin');
$store->cmd('ACL', 'SETUSER', 'admin', 'on', ">$admin[1]", 'allcommands', 'allkeys', 'allchannels');
my $httpd = frameworks_httpd($store, places => <<'CONF');
<Location /session>
    SetHandler shared-session
</Location>
<Location /untouched>
    SharedSessionTouch Off
</Location>
CONF
$store->cmd('AUTH', @admin);

# From now on, httpd may do no more.
sub allow {
    my (@commands) = @_;
    $store->cmd('ACL', 'SETUSER', 'default', 'resetkeys', '~*', 'nocommands', '+select', @commands);
    return;
}

my %one_of;
$one_of{ framework($_)->host } //= $_ for captures();
for my $name (sort values %one_of) {
    my $s = framework($name, used => int(1000 * (time - 1500)), idle => 1800, fresh => 1);
    my ($read, $more) = @{ $commands{ $s->kind } };
    $s->client_of($store)->cmd('AUTH', @admin);
    $s->put($store);
    allow(@$read);
    is($httpd->get('/untouched/lua', $s->client)->note('SHARED_SESSION'), 'found', "$name: read");
    allow(@$read, @$more);
    my $left = $s->client_of($store)->cmd('PTTL', $s->key);
    is($httpd->get('/x/lua', $s->client)->note('SHARED_SESSION'), 'found', '... read again');
    cmp_ok($s->client_of($store)->cmd('PTTL', $s->key), '>', $left, '... and touched')
        if $s->kind !~ /fastify|koa|lemonldap/;
    is($httpd->get('/session', $s->client, method => 'DELETE')->code, 204, '... and ended');
}
is(join("\n", $httpd->logged(qr/SHS006/)), '', 'Redis has refused nothing');

done_testing;
