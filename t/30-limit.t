# A session that is too large for what a request may carry: a part of it, whole
# values, so that no backend refuses all requests of its user.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Ajp;

my $store = SHS::Redis->start;
# As Tomcat and Jetty: what has more than 8 KB before the body is refused.
my $backend = SHS::Backend->start(limit => 8192);
my $ajp = SHS::Ajp->start;
chomp(my $libexec = `$ENV{SHS_APXS} -q LIBEXECDIR`);
my $httpd = SHS::Httpd->start(near => 1, backend => $backend->port,
                              loglevel => 'warn', conf => <<"CONF");
LoadModule proxy_ajp_module $libexec/mod_proxy_ajp.so
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s
SharedSession On
<Location /wild>
    SharedSessionHeader X-Session-* *
    SharedSessionHeader X-User user
    SharedSessionHeader X-Role role
    SharedSessionEnv S_* *
    SharedSessionEnv USER_ID user
    SharedSessionNote n.* *
</Location>
<Location /wild/ajp>
    ProxyPass ajp://127.0.0.1:@{[$ajp->port]}/
    SharedSessionEnv AJP_user user
</Location>
<Location /exact>
    SharedSessionHeader X-A a
    SharedSessionHeader X-B b
    SharedSessionHeader X-C c
    SharedSessionEnv V_A a
    SharedSessionEnv V_B b
    SharedSessionEnv V_C c
    SharedSessionNote a a
    SetEnvIf User-Agent (.*) V_C=\$1
</Location>
<Location /exact/27>
    SharedSessionExposeLimit 27 env=27
</Location>
<Location /exact/28>
    SharedSessionExposeLimit 28 env=28
</Location>
<Location /exact/29>
    SharedSessionExposeLimit 27 env=27
    SharedSessionExposeLimit 29 env=29
</Location>
<Location /exact/28/headers>
    SharedSessionExposeLimit 1
</Location>
<Location /status>
    SetHandler server-status
    SharedSession Off
</Location>
CONF

sub at {
    my ($path, $id, %more) = @_;
    return $httpd->get($path, cookie => "JSESSIONID=$id", %more);
}

# What our headers take on the wire, and how many there are.
sub size_of {
    my ($r, $kind, $pattern) = @_;
    my ($size, $count) = (0, 0);
    for my $name (grep { /$pattern/ } $r->names($kind)) {
        $size += 4 + length($name) + length $r->value($kind, $name);
        ++$count;
    }
    return ($size, $count);
}

sub left_out {
    return $httpd->get('/status?auto')->body =~ /^SharedSessionStore0LeftOut: (\d+)$/m
        ? $1 : 'none';
}

is(left_out(), 0, 'mod_status counts none at first');

# --- 120 attributes -------------------------------------------------------------
my %many = (user => 'anna', role => 'chef',
            map { (sprintf('attribute%03d', $_) => 'v' x 60) } 1 .. 120);
my $id = hash_session($store, %many);
for my $round ('from Redis', 'from the near-cache') {
    my $r = at('/wild/backend', $id);
    is($r->code, 200, "120 attributes, $round: the backend takes the request");
    is($r->hdr('X-User'), 'anna', '... which has what is named');
    is($r->hdr('X-Role'), 'chef', '... all of it');
    my ($size, $count) = size_of($r, 'header', qr/^X-(?:Session|User|Role)/);
    # Two of 14 octets are named. The next 47 take 86 each, and the 26 that are left
    # of 4,096 have room for X-Session-role, which takes 22.
    is("$count of $size", '50 of 4092', '... and as many headers as have room');
    is_deeply([ grep { /^X-Session-attribute/ && $r->hdr($_) ne 'v' x 60 }
                $r->names('header') ], [], '... with whole values');
    $r = at('/wild/lua', $id);
    is(scalar(grep { /^n\./ } $r->names('note')), 122, '... all of them as notes');
    is(scalar(grep { /^S_/ } $r->names('env')), 122, '... and as variables');
}
is(left_out(), 4, 'mod_status counts these requests');
my @lines = $httpd->logged(qr/SHS023: /);
is(@lines, 1, 'SHS023 tells of it once');
like($lines[0], qr/: \d\d headers and 0 variables were left out, the first of them X-Session-\w+;/,
     '... how many, and of what');
unlike($lines[0], qr/vvv|anna/, '... without a value');

# --- one of 9,000 octets ------------------------------------------------------------
my $large = hash_session($store, user => 'anna', role => 'chef', cart => 'c' x 9000, small => 'fits');
for my $path ('/wild/backend', '/wild/ajp/page') {
    my $r = at($path, $large);
    is($r->code, 200, "$path, an attribute of 9,000 octets: the request is served");
    is($r->hdr('X-Session-cart'), undef, '... without it');
    is($r->hdr('X-Session-small'), 'fits', '... with what is smaller');
    is($r->hdr('X-User'), 'anna', '... and what is named');
}
is(at('/wild/ajp/page', $large)->env('user'), 'anna',
   "Tomcat's attributes are given by variables AJP_*");
is(length at('/wild/lua', $large)->env('S_cart'), 9000, 'variables have more room');
my $huge = hash_session($store, user => 'anna', map { ("v$_" => 'x' x 4000) } 1 .. 12);
my $r = at('/wild/lua', $huge);
my ($size, $count) = size_of($r, 'env', qr/^S_/);
# Eight of 4,008 or 4,009 octets, and S_user.
is($count, 9, "... up to 32 KB: as many as have room ($size octets)");
is($r->env('USER_ID'), 'anna', '... with what is named');

# --- exactly ---------------------------------------------------------------------
# "X-A" and "v" x 7 take 3 + 7 + 4 = 14 octets.
my $exact = hash_session($store, a => 'a' x 7, b => 'b' x 7, c => 'c' x 7);
for my $row ([27, 'a'], [28, 'ab'], [29, 'ab']) {
    my ($limit, $seen) = @$row;
    for my $kind (['header', 'X-'], ['env', 'V_']) {
        my $r = at("/exact/$limit/lua", $exact);
        is(join('', map { lc } map { /^\Q$kind->[1]\E([ABC])$/ } $r->names($kind->[0])),
           $seen, "$limit octets of $kind->[0]: what comes first and fits");
    }
}
$r = at('/exact/28/lua', $exact, headers => [['User-Agent', 'forged']]);
is($r->env('V_C'), undef, 'nothing takes the place of a variable that is left out');
is($r->note('a'), 'a' x 7, '... and notes have no limit');
$r = at('/exact/lua', $exact);
is($r->hdr('X-C'), 'c' x 7, 'where nothing is said, the default counts');
# A deeper place says all of it again; what it does not say is the default.
$r = at('/exact/28/headers/lua', $exact);
is($r->hdr('X-A'), undef, 'a deeper place has its own limit');
is($r->env('V_C'), 'c' x 7, '... and where it says none of variables, the default');

done_testing;
