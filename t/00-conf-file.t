# conf/shared_session.conf, copied whole, changes nothing but the store: a server
# with it does for each request, and to each session, what one without it does.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $all = slurp("$ENV{SHS_INCLUDE}/conf/shared_session.conf");
my @directives = $all =~ /^(\w+)/mg;
is(scalar @directives, 23, 'the file has a line for each of the directives');

my $store = SHS::Redis->start;
my $url = 'redis://127.0.0.1:' . $store->port;
my $places = <<'CONF';
<Location />
    SharedSession On
</Location>
<Location /control>
    SharedSessionControl On
    SharedSessionEnv SESSION_* *
    SharedSessionHeader X-User user
</Location>
<Location /json>
    SharedSessionKey json:%{id}
    SharedSessionFormat json
</Location>
<Location /off>
    SharedSession Off
</Location>
CONF
(my $copied = $all) =~ s{^(SharedSessionStore) \S+}{$1 $url}m
    or die 'no store in the file';
my %server = (without => private_httpd(near => 1, conf => "SharedSessionStore $url\n$places"),
              with => private_httpd(near => 1, conf => "$copied\n$places"));

my %members = (plain => {}, max => { '@max' => 1800 },
               created => { '@max' => 1800, '@created' => int(1000 * (time - 3600)) },
               old => { '@created' => int(1000 * (time - 13 * 3600)) });

# What a server makes of a request and of the session: the same text for the same
# behaviour.
sub behaviour {
    my ($server, $path, $kind, $ttl, $cookie) = @_;
    my $id = fresh_id();
    my %is = (user => 'anna', %{ $members{$kind} });
    for my $key ("session:$id", "json:$id") {
        $key =~ /^json/ ? $store->put_string($key, '{' . join(',', map {
                              "\"$_\":\"$is{$_}\"" } sort keys %is) . '}')
                        : $store->put_hash($key, \%is);
        $store->cmd('PEXPIRE', $key, $ttl);
    }
    my $r = $server->get($path, cookie => sprintf $cookie, $id);
    my $tens = sub {
        my $left = $store->cmd('PTTL', $_[0]);
        return $left < 0 ? $left : 10 * int(($left + 5_000) / 10_000);
    };
    my @ttl = map { $tens->("$_:$id") } qw(session json);
    my ($new) = ($r->header('Set-Cookie') // '') =~ /=([\w-]+)/;
    my @seen = map { my $kind = $_;
        map { "$kind $_ " . ($r->value($kind, $_) // '') }
            grep { /^(?:session|shared|http_x|x-)/i } $r->names($kind) } qw(note env hdr);
    my $said = join "\n", $r->code, map({ "$_: " . ($r->header($_) // '') }
        qw(Set-Cookie Cache-Control Vary)), @seen;
    $said =~ s/\Q$_\E/.../g for $id, $new ? $new : ();
    $new = $tens->(($path =~ /json/ ? 'json' : 'session') . ":$new") if $new;
    return join "\n", "seconds left: @ttl", $new ? "seconds of the new one: $new" : (), $said;
}

for my $kind (sort keys %members) {
    for my $path (qw(/x/lua /x/cgi /json/lua /control/lua /off/lua /control/cgi?action=rotate
                     /control/cgi?action=create&set=a%3Db /control/cgi?set=a%3Db
                     /control/cgi?action=destroy)) {
        for my $ttl (600_000, 30_000) {
            for my $cookie ('JSESSIONID=%s', 'JSESSIONID=%s.node', 'other=%s') {
                my %is = map { $_ => behaviour($server{$_}, $path, $kind, $ttl, $cookie) }
                    keys %server;
                is($is{with}, $is{without}, "$path, a session $kind with $ttl ms, $cookie");
            }
        }
    }
}
like(behaviour($server{with}, '/x/lua', 'plain', 600_000, 'JSESSIONID=%s'),
     qr/^seconds left: 600 .*note session\.user anna/s, 'what is compared is there');

done_testing;
