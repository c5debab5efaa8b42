# Paths into a hash: where an attribute's text is a JSON object or array, a path
# leads into it. README's first example and conf/examples/proxied-backend.conf do
# what they say, run as they are printed.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my $source = $ENV{SHS_INCLUDE};
my $redis_port = $store->port;
my $backend = $ENV{SHS_BACKEND} || SHS::vars('backend_port');

# The text with our ports in the place of those that are printed.
sub localize {
    my ($text) = @_;
    $text =~ s{redis://127\.0\.0\.1:6379/0}{redis://127.0.0.1:$redis_port/0 name=inside};
    $text =~ s{127\.0\.0\.1:8080}{127.0.0.1:$backend}g;
    return $text;
}

# Runs a line that is printed, as a shell does.
sub run_printed {
    my ($line) = @_;
    ok($line, 'a command is printed') or return;
    $line =~ s/^redis-cli/redis-cli -p $redis_port/;
    is(system("$line >/dev/null"), 0, $line);
    return;
}

# Twice: from Redis, and from the near-cache.
sub twice {
    my ($code) = @_;
    my @lookups = map { my $how = $_; scalar $store->lookups_during(sub { $code->($how) }) }
        'from Redis', 'from the near-cache';
    is_deeply(\@lookups, [1, 0], '... asked for once');
    return;
}

# --- README -----------------------------------------------------------------------
my $readme = slurp("$source/README.md");
my ($example) = $readme =~ /^A backend that should know the user.*?^```apache\n(.*?)^```/ms;
my @commands = $readme =~ /^(redis-cli (?:HSET|EXPIRE) session:4f1d8c2be07a95d3 .*)$/mg;
my ($cookie) = $readme =~ /^curl -H 'Cookie: (JSESSIONID=4f1d8c2be07a95d3\S*)' /m;
ok($example && $cookie, "README's first example is found");
my $httpd = SHS::Httpd->start(near => 1, backend => $backend, conf => localize($example // ''));
wait_tracked($store, 'inside');
run_printed($_) for @commands[0, 1];
twice(sub {
    my $r = $httpd->get('/app/', cookie => $cookie);
    is($r->code, 200, "README's first example, $_[0]");
    is($r->hdr('X-Session-User'), 'alice', '... the user');
    is($r->hdr('X-Session-Roles'), '["chef"]', '... and the roles, by a path');
});
$httpd->stop;

# --- conf/examples/proxied-backend.conf ----------------------------------------------
$example = slurp("$source/conf/examples/proxied-backend.conf");
my ($command) = $example =~ /^\s*# (redis-cli hset .*)$/m;
my $id = fresh_id();
run_printed(($command // '') =~ s/<id>/$id/r);
$httpd = SHS::Httpd->start(near => 1, backend => $backend, conf => localize($example));
wait_tracked($store, 'inside');
twice(sub {
    my $r = $httpd->get('/shop', cookie => "JSESSIONID=$id");
    is($r->code, 200, "proxied-backend.conf, $_[0]");
    is($r->hdr('X-User'), 'alice', '... the user');
    is($r->hdr('X-Role'), 'admin', '... the role');
    is($r->hdr('X-Cart-Items'), '3', '... a part of the cart, by a path');
    is($r->hdr('X-Session-Status'), 'found', '... the status');
});
$httpd->stop;

# --- whatever is in it ----------------------------------------------------------------
$httpd = SHS::Httpd->start(near => 1, conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:$redis_port timeout=2s name=inside
SharedSession On
SharedSessionNote n.* *
SharedSessionNote role user.roles[0]
SharedSessionEnv ROLE user.roles[0]
SharedSessionEnv NAME user.name
SharedSessionHeader X-Role user.roles[0]
SharedSessionHeader X-User user
SharedSessionHeader X-Name user.name
<Location /json>
    SharedSessionFormat json
    SharedSessionKey json:%{id}
</Location>
<Location /form>
    SharedSessionFormat form
    SharedSessionKey form:%{id}
</Location>
CONF

wait_tracked($store, 'inside');

sub seen {
    my ($path, $id) = @_;
    my $r = $httpd->get("$path/lua", cookie => "JSESSIONID=$id");
    return join '|', map { $_ // '-' } $r->note('SHARED_SESSION'), $r->note('role'),
        $r->env('ROLE'), $r->env('NAME'), $r->hdr('X-Role'), $r->hdr('X-Name');
}

my $deep = '{"roles":' . '[' x 70 . ']' x 70 . '}';
for my $row (
    ['{"name":"Anna","roles":["chef","x"]}', 'found|chef|chef|Anna|chef|Anna', 'an object'],
    [' { "roles" : [ "chef" ] } ', 'found|chef|chef|-|chef|-', 'space in it'],
    ['{"roles":[{"a":[1, 2]}]}', 'found|{"a":[1,2]}|{"a":[1,2]}|-|{"a":[1,2]}|-',
     'a structure in it, as compact JSON'],
    ['{"roles":[7],"name":true}', 'found|7|7|true|7|true', 'a number and a boolean'],
    ['{"roles":[null],"name":null}', 'found|-|-|-|-|-', 'null: absent'],
    ['{"roles":["a\nb"]}', 'found|-|-|-|-|-', 'no JSON: a line end in a string'],
    ['{"roles":["a\u000ab"],"name":"n"}', 'found|-|-|n|a%0Ab|n',
     'a control character: left out, or escaped'],
    ['{"roles":["chef"]', 'found|-|-|-|-|-', 'malformed: absent, not a malformed session'],
    ['["chef"]', 'found|-|-|-|-|-', 'an array has no names'],
    ['roles', 'found|-|-|-|-|-', 'plain text'],
    ['', 'found|-|-|-|-|-', 'nothing'],
    [$deep, 'found|-|-|-|-|-', 'nested too deeply: absent'],
) {
    my ($text, $wanted, $what) = @$row;
    $text =~ s/\\n/\n/;
    my $id = fresh_id();
    $store->put_hash("session:$id", { user => $text, other => 'there' });
    for my $how ('from Redis', 'from the near-cache') {
        is(seen('', $id), $wanted, "$what, $how");
    }
    my $r = $httpd->get('/lua', cookie => "JSESSIONID=$id");
    is($r->note('n.user'), $text, '... the attribute itself is its text as before')
        if $text !~ /\n/;
    is($r->note('n.other'), 'there', '... and the others are there');
}

# A user of each request gets the inside of his own session.
my @ids = map { my $id = fresh_id();
    $store->put_hash("session:$id", { user => qq({"roles":["role$_"]}) }); $id } 1 .. 5;
for my $round (1 .. 2) {
    is(seen('', $ids[$_ - 1]), "found|role$_|role$_|-|role$_|-", "session $_: its own")
        for 1 .. 5;
}

# Formats that have types, or none inside.
$id = fresh_id();
$store->put_string("json:$id", '{"user":"{\"name\":\"evil\",\"roles\":[\"admin\"]}"}');
is(seen('/json', $id), 'found|-|-|-|-|-', 'json: a string stays a string');
$store->put_string("json:$id", '{"user":{"name":"Anna","roles":["chef"]}}');
SHS::Process::wait_for('the change to be seen', 10, sub {
    seen('/json', $id) eq 'found|chef|chef|Anna|chef|Anna' });
is(seen('/json', $id), 'found|chef|chef|Anna|chef|Anna', '... an object is one');
$id = fresh_id();
$store->put_string("form:$id", 'user=%7B%22name%22%3A%22Anna%22%7D');
is(seen('/form', $id), 'found|-|-|-|-|-', 'form: has nothing inside');

done_testing;
