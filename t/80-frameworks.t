# Cookies that no framework has made lead to nothing: not to another key of the store,
# not to a session whose id is known without its signature. Most cost Redis nothing.
# Sessions and cookies of frameworks are in no log line.
# The same with every MPM.
use strict;
use warnings;

use MIME::Base64 qw(encode_base64 encode_base64url);
use SHS;
use SHS::Framework;

my $store = SHS::Redis->start;
my $httpd = frameworks_httpd($store, places => <<'CONF');
SharedSessionNote session.* *
SharedSessionUser %USER%
<Location /private>
    AuthType SharedSession
    Require shared-session %USER%
</Location>
<Location /session>
    SetHandler shared-session
</Location>
CONF

my @secret; # what no log line may have

# Passes when a request with these cookies finds nothing, and Redis gets no command;
# `asks`: the load of that key alone.
sub logout {
    my ($s, $cookies) = @_;
    return $httpd->get('/session', host => $s->host, cookie => $cookies, method => 'DELETE')->code;
}

sub refused {
    my ($s, $cookies, $words, %more) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my (@is, $r);
    my $is_malformed = ($more{status} // '') eq 'malformed';
    my @commands = grep { $_->[1] !~ /^(?:AUTH|SELECT|HELLO|PING|CLIENT|INFO|ROLE|SUBSCRIBE)$/ }
        $store->commands_during(sub {
            for my $path ('/x/lua', '/private/lua', '/session') {
                $r = $httpd->get($path, host => $s->host, cookie => $cookies);
                push @is, $r->code . ' ' . ($r->note('SHARED_SESSION') // '-');
                push @is, 'attributes' if grep { /^session\./ } $r->names('note');
            }
            push @is, logout($s, $cookies) if !$is_malformed;
        });
    # A logout removes what is no readable session only under a framework's own prefix.
    push @is, logout($s, $cookies) if $is_malformed;
    my $status = $more{asks} ? $more{status} // 'absent' : 'none';
    my $code = $is_malformed ? 500 : 404;
    is_deeply(\@is, ["200 $status", '401 -', "$code -", $more{ends} // 404], "@{[$s->kind]}: $words")
        or diag join ', ', @is;
    my %asked = map { $_->[1] . ' ' . unquoted($_->[2] // '') => 1 } grep { $_->[1] ne 'PTTL' } @commands;
    my @wanted = map { ($s->fields ? 'HGETALL' : 'GET') . " $_" } $more{asks} // ();
    is_deeply([sort keys %asked], \@wanted, '... and Redis is asked for ' . (@wanted ? 'that key' : 'nothing'));
    return;
}

sub found {
    my ($s, $cookies, $words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $r = $httpd->get('/x/lua', host => $s->host, cookie => $cookies);
    return is($r->note('SHARED_SESSION'), 'found', "@{[$s->kind]}: $words");
}
sub value_of { my ($s) = @_; return $s->{cookie}[0]{value} }
sub base64 { return encode_base64($_[0], '') }

# --- signatures -----------------------------------------------------------------------

for my $name (captures(qr/^(?:express|fastify)$/)) {
    my ($s, $other) = map { framework($name, fresh => 1)->put($store) } 1 .. 2;
    my $cookie = $s->{cookie}[0]{name};
    my $value = value_of($s);
    my ($head, $signature) = $value =~ /^(.*)\.(.*)$/;
    my ($others) = value_of($other) =~ /\.(.*)$/;
    my $id = $s->id;
    my $forged = framework($name, id => $id);
    found($s, "$cookie=$value", 'its own cookie');
    for my $row ([$id, 'the id alone'], ["s%3A$id", 'the id alone, marked'], ["$head.", 'an empty signature'],
                 ["$head.$others", 'the signature of another id'],
                 ["$head." . lc $signature, 'in other letters'],
                 ["$head.$signature%3D", 'with padding'],
                 ["$head.$signature" . 'x', 'a longer one'],
                 [$head . '.' . substr($signature, 0, -1), 'a shorter one'],
                 ["s%3As%3A$id.$signature", 'marked twice'],
                 [($s->kind eq 'express' ? $value =~ s/^s%3A//r : "s%3A$value"), 'marked as another framework does'],
                 [$forged->make_cookies('another secret')->[0]{value}, 'another secret'],
                 [$forged->make_cookies('')->[0]{value}, 'no secret'],
                 [$forged->make_cookies('# the newest signs')->[0]{value}, "a comment of the secrets' file"]) {
        refused($s, "$cookie=$row->[0]", $row->[1]);
    }
    for my $secret ('SeCrEt-of-tomorrow', $s->{secret}) {
        found($s, "$cookie=" . $forged->make_cookies($secret)->[0]{value}, 'each secret of the file signs');
    }
    found($s, "$cookie=$id; $cookie=$value", 'a forged cookie before its own');
    found($s, "$cookie=$value; $cookie=$head.$others", '... behind it');
    refused($s, "JSESSIONID=$value", 'in a cookie of another name');
}
for my $name (captures(qr/^koa$/)) {
    my ($s, $other) = map { framework($name, fresh => 1)->put($store) } 1 .. 2;
    my ($value, $signature) = map { $_->{value} } @{ $s->{cookie} };
    my $others = $other->{cookie}[1]{value};
    found($s, $s->cookie, 'its own cookies');
    found($s, "koa.sess.sig=$signature; koa.sess=$value", '... in the other order');
    for my $row (["koa.sess=$value", 'no signature'], ["koa.sess=$value; koa.sess.sig=", 'an empty signature'],
                 ["koa.sess=$value; koa.sess.sig=$others", 'the signature of another id'],
                 ["koa.sess=$value; koa.sess.sig=$signature=", 'with padding'],
                 ["koa.sess=$value; other.sig=$signature", 'the signature of another cookie'],
                 ["koa.sess=$value.$signature", 'in the same cookie'],
                 ['koa.sess=' . uc($value) . "; koa.sess.sig=$signature", 'in other letters']) {
        refused($s, @$row);
    }
    my ($forged) = $s->make_cookies('another secret');
    refused($s, "koa.sess=$value; koa.sess.sig=$forged->[1]{value}", 'another secret');
    # Signed, so that only what an id may be keeps it from the key of another kind.
    my $redis = $s->client_of($store);
    for my $key (qw(session:SeCrEt-native-session config spring:session:sessions:x), 'a' x 16, '../' . $s->id) {
        $redis->cmd('SET', $key, $s->value);
        my $t = bless { %$s, id => $key }, ref $s;
        refused($s, join('; ', map { "$_->{name}=$_->{value}" } @{ $t->make_cookies($s->{secret}) }),
                'another key, signed');
    }
}

# --- ids that are other keys -------------------------------------------------------------

for my $name (captures(qr/^spring-boot-4.*indexed/)) {
    my $s = framework($name, fresh => 1)->put($store);
    my $id = $s->id;
    found($s, 'SESSION=' . base64($id), 'its own cookie');
    found($s, "SESSION=$id", 'its id as it is: without useBase64Encoding');
    found($s, 'SESSION=' . encode_base64url($id) =~ s/=//gr, '... in the other base64');
    found($s, 'SESSION=' . base64(framework($name, fresh => 1)->id) . '; SESSION=' . base64($id),
          '... behind the cookie of a session that is over');
    my $redis = $s->client_of($store);
    $redis->cmd('HSET', "spring:session:sessions:$_", %{ $s->fields }) for "a:$id", "$id\0", "$id.node1", "x/$id";
    for my $key ("expires:$id", "a:$id", "$id\0", "$id\n", "$id ", " $id", "x/$id", "../$id", "*", '{x}', "$id%00", '') {
        # What base64 does not make an id may be one as it is: a key under the same prefix.
        my $value = base64($key);
        my @asks = $value =~ /^\w{16,}\z/ ? (asks => "spring:session:sessions:$value") : ();
        refused($s, "SESSION=$value", 'another key: ' . ($key =~ s/\Q$id/ID/r =~ s/([\0\n])/sprintf '\\x%02x', ord $1/er),
                @asks);
        refused($s, "SESSION=$key", '... as it is') if $key =~ /^[!-~]+\z/;
    }
    refused($s, 'SESSION=' . base64(base64($id)), 'encoded twice', asks => 'spring:session:sessions:' . base64($id))
        if base64($id) !~ /[=+\/]/;
    # The shadow key of the session is a string: not a session.
    $redis->cmd('SET', "spring:session:sessions:SeCrEt-a-string-not-a-hash", '');
    refused($s, 'SESSION=' . base64('SeCrEt-a-string-not-a-hash'), 'a key of another type',
            asks => 'spring:session:sessions:SeCrEt-a-string-not-a-hash', status => 'malformed');
}
for my $name (captures(qr/^(?:tomcat.*10\.|lemonldap|redisson.*Json)/)) {
    my $s = framework($name, fresh => 1)->put($store);
    my $cookie = $s->{cookie}[0]{name};
    my $id = $s->id;
    my $redis = $s->client_of($store);
    found($s, "$cookie=$id", 'its own cookie');
    my $prefix = $s->key =~ s/\Q$id\E$//r;
    for my $key (qw(config session:SeCrEt-native-session users.list), "$id:x", "x:$id", "$id/../x",
                 ('a' x 32) . 'g', ('a' x 32) . '.' . ('x' x 65), ('a' x 32) . '.x.y', ('a' x 32) . '.', '-' x 32) {
        $redis->cmd('DEL', "$prefix$key");
        $s->fields ? $redis->cmd('HSET', "$prefix$key", %{ $s->fields })
                   : $redis->cmd('SET', "$prefix$key", $s->value);
        refused($s, "$cookie=$key", 'another key: ' . $key =~ s/\Q$id/ID/r);
    }
    # Another program's value under such a name.
    my $key = 'ABCDEF0123456789' x 2;
    $s->fields ? $redis->cmd('SET', "$prefix$key", 'x') : $redis->cmd('HSET', "$prefix$key", 'x', 'y');
    refused($s, "$cookie=$key", 'a key of another type', asks => "$prefix$key", status => 'malformed');
    is($redis->cmd('EXISTS', "$prefix$key"), 1, '... which stays');
    $redis->cmd('DEL', "$prefix$key");
    $s->fields ? $redis->cmd('HSET', "$prefix$key", 'user', 'root') : $redis->cmd('SET', "$prefix$key", 'root');
    refused($s, "$cookie=$key", 'a value of another kind', asks => "$prefix$key", status => 'malformed',
            ends => $prefix ne '' ? 204 : 404);
    is($redis->cmd('EXISTS', "$prefix$key"), $prefix ne '' ? 0 : 1, '... which stays, unless its prefix is the framework\'s');
}

# --- the route ---------------------------------------------------------------------------

{
    # tomcat: the key has the route; Spring: the framework cuts it.
    my ($name) = captures(qr/^tomcat.*10\./);
    if ($name) {
        my $s = framework($name, fresh => 1)->put($store);
        my ($bare) = $s->id =~ /^(\w+)/;
        refused($s, "JSESSIONID=$bare", 'without its route', asks => $bare);
        refused($s, "JSESSIONID=$bare.NODE2", 'with another route', asks => "$bare.NODE2");
    }
    ($name) = captures(qr/^spring-boot-4.*default-json/);
    if ($name) {
        my $s = framework($name, fresh => 1)->put($store);
        found($s, 'SESSION=' . base64($s->id . '.node1'), 'with the route of jvmRoute');
        found($s, 'SESSION=' . $s->id . '.node1', '... as it is');
    }
}

# --- the log --------------------------------------------------------------------------------

for my $name (captures()) {
    my $s = framework($name, fresh => 1)->put($store);
    $httpd->get('/x/lua', $s->client);
    push @secret, $s->id, $s->{secret} // (), map { $_->{value} } @{ $s->{cookie} };
}
my $log = $httpd->error_log;
is_deeply([grep { index($log, $_) >= 0 } @secret, 'SeCrEt', 'alice', 'Alice Kim'], [],
          'no id, no cookie, no secret and no value is in the log');
is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');

done_testing;
