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
my @gone = map { fresh_id() } 1 .. 6;
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
my $odd = 'SeCrEt-Az09_~+/=:@!-' . $$;
session('dora', $odd);
is(ask("JSESSIONID=$odd")->note('session.owner'), 'dora',
   'every character an id may have');

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

# The counting itself can tell: a good id is one lookup, four are four.
$n = redis()->lookups_during(sub { ask("JSESSIONID=$anna") }, db => 1);
is($n, 1, 'one round trip for one id');
$n = redis()->lookups_during(sub {
    ask(join '; ', map { "JSESSIONID=$_" } @gone) }, db => 1);
is($n, 4, 'at most four candidates of six are tried');
$n = redis()->lookups_during(sub {
    ask("JSESSIONID=$gone; JSESSIONID=$gone.r1; JSESSIONID=\"$gone\"") },
    db => 1);
is($n, 1, 'one id in three spellings is one lookup');
$n = redis()->lookups_during(sub {
    ask("JSESSIONID=$anna; JSESSIONID=$bert") }, db => 1);
is($n, 1, 'after a session is found no other candidate is asked for');

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
is(ask(undef, path => "/x;jsessionid=$anna/lua")->note('SHARED_SESSION'),
   'none', 'without url= the parameter is not read');
is(ask(undef, path => "/url/lua?jsessionid=$anna")->note('SHARED_SESSION'),
   'none', 'the query string is no path parameter');
is(ask(undef, path => "/url/a;xjsessionid=$anna/lua")->note('SHARED_SESSION'),
   'none', 'a longer parameter name is another one');
is(ask(undef, path => "/url/a;b=c;jsessionid=$anna;d=e/lua")
       ->note('session.owner'), 'anna', 'url=: among other parameters');

done_testing;
