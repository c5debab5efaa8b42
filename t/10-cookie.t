# Which cookie is the session's, which octets of it are the id, and what never
# costs a round trip to Redis.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis::Client->new(port => redis()->port, db => 1);

sub session {
    my ($owner, $id) = @_;
    $id //= fresh_id();
    $store->cmd('HSET', "session:$id", 'owner', $owner);
    return $id;
}

sub ask {
    my ($cookie, %more) = @_;
    my $path = delete $more{path} || '/x/lua';
    return get($path, host => 'cookie.test',
               defined $cookie ? (cookie => $cookie) : (), %more);
}

# [cookie, status, owner or undef, why]
my $anna = session('anna');
my $bert = session('bert');
my $gone = fresh_id();
my @gone = map { fresh_id() } 1 .. 5;
my @rows = (
    ["JSESSIONID=$anna", 'found', 'anna', 'one cookie, a session behind it'],
    ["JSESSIONID=$gone", 'absent', undef, 'an id without a session'],
    ["jsessionid=$anna", 'none', undef, "a cookie's name has a case"],
    ["XJSESSIONID=$anna", 'none', undef, 'a longer name that ends like ours'],
    ["JSESSIONIDX=$anna", 'none', undef, 'a longer name that begins like ours'],
    ["a=JSESSIONID=$anna", 'none', undef, 'the name inside another value'],
    ["a=b; JSESSIONID=$anna; c=d", 'found', 'anna', 'among others'],
    ["a=b;JSESSIONID=$anna;c=d", 'found', 'anna', 'without blanks'],
    ["a=b, JSESSIONID=$anna", 'found', 'anna',
     'separated by a comma, as two header lines become one'],
    ["q=x, JSESSIONID=$bert; JSESSIONID=$anna", 'found', 'anna',
     'a pair inside the value of another cookie in front of ours'],
    ["JSESSIONID=$anna; q=x, JSESSIONID=$bert", 'found', 'anna', '... behind it'],
    [join('; ', map({ "q$_=x, JSESSIONID=$_" } @gone[0 .. 4]), "JSESSIONID=$anna"),
     'found', 'anna', '... or many of them: they take no place of ours'],
    ["q=x, JSESSIONID=$bert; JSESSIONID=$gone", 'found', 'bert',
     'but two header lines may have been joined'],
    ["JSESSIONID=$gone, JSESSIONID=$anna", 'found', 'anna',
     'also where both lines are of our name'],
    ["a=b,JSESSIONID=$anna", 'none', undef,
     'behind a comma alone it is part of another value'],
    ["JSESSIONID=$anna,x", 'none', undef, 'with such a comma it is no id'],
    [";; ;JSESSIONID=$anna;;", 'found', 'anna', 'among empty pieces'],
    ["JSESSIONID=\"$anna\"", 'found', 'anna', 'a quoted value'],
    ["JSESSIONID=$anna.node1", 'found', 'anna', 'a route after the first dot'],
    ["JSESSIONID=$anna.a.b.c", 'found', 'anna', 'a route with dots in it'],
    ["JSESSIONID=$anna.", 'found', 'anna', 'an empty route'],
    ["JSESSIONID=\"$anna.node1\"", 'found', 'anna', 'quoted, with a route'],
    ["JSESSIONID=$gone; JSESSIONID=$anna", 'found', 'anna',
     'the second of two of one name, when the first has no session'],
    ["JSESSIONID=$anna; JSESSIONID=$bert", 'found', 'anna',
     'the first of two that both have one'],
    ["JSESSIONID=; JSESSIONID=$anna", 'found', 'anna', 'after an empty one'],
    ["JSESSIONID=garbage; JSESSIONID=$anna", 'found', 'anna',
     'after one that is no id'],
    [join('; ', map { "JSESSIONID=$_" } @gone[0 .. 2], $anna), 'found', 'anna',
     'the fourth candidate'],
    [join('; ', map { "JSESSIONID=$_" } @gone[0 .. 3], $anna), 'absent', undef,
     'the fifth is not tried'],
    [join('; ', map { "JSESSIONID=$_" } ($gone) x 6, $anna), 'found', 'anna',
     'equal ids count once'],
    [join('; ', ('JSESSIONID=garbage') x 40, "JSESSIONID=$anna"), 'found', 'anna',
     'after forty that are no ids: only candidates count'],
    [join('; ', map({ ("JSESSIONID=!$_", 'JSESSIONID=') } 1 .. 20),
          "JSESSIONID=$gone", ('JSESSIONID=x') x 20, "JSESSIONID=$anna"),
     'found', 'anna', 'garbage before and after another candidate'],
    ["x=\"; JSESSIONID=$anna; y=\"", 'found', 'anna',
     'between two cookies with a quotation mark each'],
    ["x=\"; JSESSIONID=$anna", 'found', 'anna',
     'after a quotation mark that is never closed'],
    ["x=\"a, JSESSIONID=$anna\"", 'none', undef,
     'inside quotation marks, behind a comma'],
    [undef, 'none', undef, 'no cookie at all'],
    ['', 'none', undef, 'an empty Cookie line'],
    ['JSESSIONID', 'none', undef, 'a name without a value'],
    ['JSESSIONID=', 'none', undef, 'an empty value'],
    ['=' . $anna, 'none', undef, 'a value without a name'],
    [';;;;', 'none', undef, 'separators only'],
);
for my $row (@rows) {
    my ($cookie, $status, $owner, $why) = @$row;
    my $r = ask($cookie);
    subtest $why => sub {
        is($r->code, 200, 'answered');
        is($r->note('SHARED_SESSION'), $status, "status $status");
        is($r->note('session.owner'), $owner, 'whose session');
    };
}

# Two Cookie lines.
my $r = ask(undef, headers => [[Cookie => "JSESSIONID=$gone"],
                               [Cookie => "JSESSIONID=$anna"]]);
is($r->note('session.owner'), 'anna', 'a second Cookie line is read');

# Length and characters of an id.
for my $row ([15, 'none', 'one octet too short'], [16, 'found', 'the shortest'],
             [256, 'found', 'the longest'], [257, 'none', 'one octet too long'],
             [5000, 'none', 'far too long']) {
    my ($length, $status, $why) = @$row;
    my $id = substr('SeCrEt' . sprintf('%x', rand 2**32) . 'y' x 6000, 0,
                    $length);
    session('carl', $id);
    is(ask("JSESSIONID=$id")->note('SHARED_SESSION'), $status,
       "an id of $length octets is $why");
}
my $odd = 'SeCrEt-Az09_~' . $$ . 'yyyyyyyy';
session('dora', $odd);
is(ask("JSESSIONID=$odd")->note('session.owner'), 'dora',
   'every character an id may have');
for my $character (qw(+ / = : @ !)) {
    my $id = session('dora', "$odd$character");
    is(ask("JSESSIONID=$id")->note('SHARED_SESSION'), 'none',
       "an id with $character is none where nothing says so");
    is(ask("JSESSIONID=$id", path => '/wide/lua')->note('session.owner'), 'dora',
       '... but where id-chars= does');
    my $is_equals = $character eq '=';
    is(ask("JSESSIONID=$id", path => '/padded/lua')->note('SHARED_SESSION'),
       $is_equals ? 'found' : 'none', '... id-chars== is of = alone');
}

# A name with a prefix: what only a comma sets apart is not looked at.
for my $name ('__Host-SID', '__Secure-SID') {
    my %at = (path => "/$name/lua");
    is(ask("$name=$anna", %at)->note('session.owner'), 'anna', "$name is read");
    is(ask("q=x, $name=$bert; $name=$anna", %at)->note('session.owner'), 'anna',
       '... and not what another host has put into a value');
    for my $cookie ("q=x, $name=$bert", "$name=$gone; q=x, $name=$bert",
                    "q=x, $name=$bert; $name=short", "$name=$anna, q=x") {
        isnt(ask($cookie, %at)->note('SHARED_SESSION'), 'found',
             '... nor where there is no other');
    }
    $r = ask(undef, %at, headers => [[Cookie => 'q=x'], [Cookie => "$name=$anna"]]);
    is($r->note('SHARED_SESSION'), 'none', '... not even of a second Cookie line');
}

# Why there is none.
for my $row (
    [undef, 'the request has no cookie of the name', 'no cookie'],
    ['a=b', 'the request has no cookie of the name', 'another cookie'],
    ['JSESSIONID=short', 'the value is shorter than 16 characters', 'too short'],
    ['JSESSIONID=', 'the value is shorter than 16 characters', 'empty'],
    ['JSESSIONID=' . 'x' x 257, 'the value is longer than 256 characters', 'too long'],
    ["JSESSIONID=.node1", 'the value has nothing before the route', 'only a route'],
    ["JSESSIONID=s%3A$anna",
     'the value has a percent sign: an encoded value is not decoded', 'encoded'],
    ["JSESSIONID=b:$anna",
     'the value has one of +/=:@! which id-chars= does not allow', 'a colon'],
    ["JSESSIONID=$anna\x80", 'the value has an octet beyond ASCII', 'not ASCII'],
    ["JSESSIONID=short; JSESSIONID=b:$anna", 'the value is shorter than 16 characters',
     'of several the first'],
    ['JSESSIONID=' . fresh_id(), 'there is no such key (session:...)', 'absent'],
    ["JSESSIONID=$anna", undef, 'found'],
    ["JSESSIONID=$gone; JSESSIONID=$anna", undef, 'found after one that is absent'],
) {
    my ($cookie, $reason, $why) = @$row;
    my $mark = log_mark();
    is(ask($cookie)->note('reason'), $reason, "\@reason: $why");
    my $words = defined $reason ? quotemeta ": $reason" : '';
    log_like($mark, qr/SHS007: session \w+$words \(id /, '... and in the log');
}

# Flags as Set-Cookie writes them are flags, and no names of cookies.
$r = ask(undef, path => '/flags/cgi?action=create&set=owner%3Danna');
my ($given) = ($r->header('Set-Cookie') // '') =~ /^SID=([^;]+)/;
is($r->header('Set-Cookie'), "SID=$given; Path=/; Secure; HttpOnly; SameSite=Strict",
   'Secure, HttpOnly and SameSite in any case');
is(ask("SID=$given", path => '/flags/lua')->note('session.owner'), 'anna',
   '... beside the one name');
is(ask("Secure=$given; HttpOnly=$given", path => '/flags/lua')->note('SHARED_SESSION'),
   'none', '... which has no others');

# What is no id costs no round trip, whatever it is.
my $base = fresh_id();
my @garbage = map { "JSESSIONID=$_" }
    'short', 'x' x 15, 'x' x 257, "$base\$", "${base} x", "$base*", "$base%41",
    "$base\\r\\n", "$base\x80", "$base\xC3\xA9", "<$base>", "{$base}", "$base|",
    "$base'", "$base`", "($base)", "$base?", "$base#", "$base&", "$base^",
    "\"$base", '.node1', '"".x';
for my $cookie (undef, 'a=b', @garbage) {
    my $reply;
    my $n = redis()->lookups_during(sub { $reply = ask($cookie) }, db => 1);
    my $shown = defined $cookie ? $cookie : 'no cookie';
    $shown =~ s/([^ -~])/sprintf '\\x%02X', ord $1/ge;
    $shown = substr $shown, 0, 60;
    is($n, 0, "no round trip for $shown");
    is($reply->note('SHARED_SESSION'), 'none', '... status none');
}
my $n = redis()->lookups_during(sub {
    ask("JSESSIONID=$anna", path => '/off/lua') }, db => 1);
is($n, 0, 'no round trip where SharedSession is Off');

# The counting itself can tell: a good id is one lookup, four are four. The ids are
# new: the near-cache has none of them.
my $new = session('carl');
$n = redis()->lookups_during(sub { ask("JSESSIONID=$new") }, db => 1);
is($n, 1, 'one round trip for one id');
$n = redis()->lookups_during(sub {
    ask(join '; ', map { 'JSESSIONID=' . fresh_id() } 1 .. 6) }, db => 1);
is($n, 4, 'at most four candidates of six are tried');
$new = fresh_id();
$n = redis()->lookups_during(sub {
    ask("JSESSIONID=$new; JSESSIONID=$new.r1; JSESSIONID=\"$new\"") },
    db => 1);
is($n, 1, 'one id in three spellings is one lookup');
my ($first, $second) = (session('first'), session('second'));
$n = redis()->lookups_during(sub {
    ask("JSESSIONID=$first; JSESSIONID=$second") }, db => 1);
is($n, 1, 'after a session is found no other candidate is looked up');

# Names in the directive's order.
is(ask("SECOND=$bert; FIRST=$anna", path => '/two/lua')->note('session.owner'),
   'anna', 'the first name of the directive goes first');
is(ask("SECOND=$bert", path => '/two/lua')->note('session.owner'), 'bert',
   'the second name when the first has no cookie');
is(ask("FIRST=$gone; SECOND=$bert", path => '/two/lua')->note('session.owner'),
   'bert', 'the second name when the first has no session');
is(ask("JSESSIONID=$anna", path => '/two/lua')->note('SHARED_SESSION'), 'none',
   'the default name is not read when others are given');

# Routes.
my $dotted = session('emil', fresh_id() . '.with.dots');
is(ask("JSESSIONID=$dotted", path => '/noroute/lua')->note('session.owner'),
   'emil', 'route=none: the dot belongs to the id');
is(ask("JSESSIONID=$dotted")->note('SHARED_SESSION'), 'absent',
   'route=. (default): it does not');
is(ask("JSESSIONID=$anna!7!8", path => '/bang/lua')->note('session.owner'),
   'anna', 'route=!: what follows the first ! is the route');
is(ask("JSESSIONID=$dotted!7", path => '/bang/lua')->note('session.owner'),
   'emil', 'route=!: a dot belongs to the id');

# The path parameter.
my $url = "/url/a;jsessionid=$anna/lua";
is(ask(undef, path => $url)->note('session.owner'), 'anna',
   'url=: the id in a path parameter');
is(ask(undef, path => "/url/a;jsessionid=$anna.node1/lua")
       ->note('session.owner'), 'anna', 'url=: with a route');
is(ask("JSESSIONID=$bert", path => $url)->note('session.owner'), 'bert',
   'url=: the cookie goes first');
is(ask("JSESSIONID=$gone", path => $url)->note('session.owner'), 'anna',
   'url=: the parameter when the cookie has no session');
is(ask(undef, path => "/url/a;jsessionid=$anna;jsessionid=$bert/lua")
       ->note('session.owner'), 'anna', 'url=: the first of two');
is(ask(undef, path => "/url/a;jsessionid=$anna/b;jsessionid=$bert/lua")
       ->note('session.owner'), 'anna', 'url=: ... also of two segments');
is(ask("q=x, JSESSIONID=$bert", path => $url)->note('session.owner'), 'anna',
   'url=: what a comma sets apart in the cookies comes after it');
is(ask(undef, path => "/x;jsessionid=$anna/lua")->note('SHARED_SESSION'),
   'none', 'without url= the parameter is not read');
is(ask(undef, path => "/url/lua?jsessionid=$anna")->note('SHARED_SESSION'),
   'none', 'the query string is no path parameter');
is(ask(undef, path => "/url/a;xjsessionid=$anna/lua")->note('SHARED_SESSION'),
   'none', 'a longer parameter name is another one');
is(ask(undef, path => "/url/a;b=c;jsessionid=$anna;d=e/lua")
       ->note('session.owner'), 'anna', 'url=: among other parameters');

done_testing;
