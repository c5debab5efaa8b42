# What a client sends costs memory in proportion to its length: requests of 32 KB
# in each place that the module reads. (The parsers one by one, and exactly:
# t/unit/test_cost.c and t/check/cost.sh.) Nor does one end a child, by a request
# line of which httpd knows no path.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my $id = fresh_id();
$store->put_hash("session:$id", { user => 'anna' });
my $size = 32_000;
my $httpd = SHS::Httpd->start(mpm => 'prefork', loglevel => 'warn', near => 1,
                              files => {
    'htdocs/parts/page.html' => qq(<!--#include virtual="part.txt" -->\n) x 300,
    'htdocs/parts/part.txt' => "part\n" }, conf => one_child() . <<"CONF");
LimitRequestFieldSize 32768
LimitRequestLine 32768
LimitRequestFields 0
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=2s
SharedSessionCookie JSESSIONID url=jsessionid
SharedSessionHeader X-Session-* *
SharedSession On
SharedSessionControl On
ErrorDocument 400 /x/lua
ErrorDocument 414 /x/lua
<Location /parts>
    Options +Includes
    SetOutputFilter INCLUDES
</Location>
<Location /session>
    SetHandler shared-session
</Location>
CONF
my $child;
SHS::Process::wait_for('the child', 20, sub { ($child) = $httpd->children });

# By how many KB the child was larger at most than before, while it answered.
sub growth {
    my ($text) = @_;
    my $status = sub { slurp("/proc/$child/status") =~ /^$_[0]:\s*(\d+) kB/m ? $1 : die };
    open my $out, '>', "/proc/$child/clear_refs" or die "clear_refs: $!";
    print $out "5\n";    # the peak begins at what is now
    close $out or die "clear_refs: $!";
    my $before = $status->('VmHWM');
    my $r = SHS::HTTP::request(port => $httpd->port, raw => $text, one => 1);
    return ($r, $status->('VmHWM') - $before);
}

sub repeat { return substr $_[0] x (1 + $size / length $_[0]), 0, $size }

my $cookie = "JSESSIONID=$id";
my @rows = (
    ['Connection: a,a,a,...', headers => [['Connection', repeat('a,')]]],
    ['Connection: a,a,... and one of ours',
     headers => [['Connection', 'X-Session-User,' . repeat('a,')]]],
    ['Connection: only ours', headers => [['Connection', repeat('X-Session-User,')]]],
    ['a header of ours', headers => [['X-Session-User', repeat('a')]]],
    ['2,000 headers of ours', headers => [map { ["X-Session-$_", 'a'] } 1 .. 2000]],
    ['2,000 other headers', headers => [map { ["X-Other-$_", 'a'] } 1 .. 2000]],
    ['a header 2,000 times', headers => [map { ['X-Session-User', 'a'] } 1 .. 2000]],
    ['Cookie: a=b; ...', cookie => "$cookie; " . repeat('a=b; ')],
    ['Cookie: a, a, ...', cookie => "$cookie; " . repeat('a, ')],
    ['Cookie: of one name', cookie => "$cookie; " . repeat('JSESSIONID=x; ')],
    ['2,000 lines Cookie', headers => [map { ['Cookie', "c$_=d"] } 1 .. 2000]],
    [';jsessionid=...', path => '/x/lua' . repeat(';jsessionid=x')],
    ['a request line that is too long', path => '/' . 'a' x 33_000],
    ['a request line without a path', path => ''],
    ['If-Match', headers => [['If-Match', repeat('"a", ')]], path => '/session'],
    ['If-None-Match', headers => [['If-None-Match', repeat('"a", ')]], path => '/session'],
    ['a JSON body', path => '/session', method => 'PATCH', json => '{'
         . join(',', map { qq("k$_":"v") } 1 .. 2000) . '}'],
    ['a deep JSON body', path => '/session', method => 'PATCH', json => repeat('[')],
    ['a merge patch of objects', path => '/session', method => 'PATCH', json => '{'
         . join(',', map { qq("k$_":{"a":null}) } 1 .. 1500) . '}'],
    ['Cache-Control of a CGI', path => '/x/cgi?cc=' . 'a,' x 3900],
    ['an order of a CGI', path => '/x/cgi?set=' . join '%26', map { "k$_%3Dv" } 1 .. 500],
);
growth(SHS::HTTP::text(path => $_, cookie => $cookie)) for qw(/x/lua /x/cgi /session);
for my $row (@rows) {
    my ($what, %request) = @$row;
    if (my $json = delete $request{json}) {
        $request{body} = $json;
        $request{headers} = [['Content-Type', 'application/merge-patch+json']];
    }
    my $text = SHS::HTTP::text(path => '/x/lua', cookie => $cookie, %request);
    my ($r, $kilobytes) = growth($text);
    like($r->code, qr/^(?:200|304|400|403|412|414)$/, "$what: an answer");
    cmp_ok($kilobytes, '<', 6 * 1024, '... for a few megabytes at most')
        or diag("$kilobytes KB for " . length $text);
}
# Trailers that are not ours are looked at for each part of a page, and cost nothing.
my @trailers = map { "X-Other-$_: a\r\n" } 1 .. 80;
my @growth = map {
    my ($r, $kilobytes) = growth("POST /parts/page.html HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
        . join('', @trailers[0 .. $_ - 1]) . "\r\n");
    is(() = $r->body =~ /part/g, 300, "a page of 300 parts, with $_ trailers");
    $kilobytes;
} 0, 80;
cmp_ok($growth[1], '<', $growth[0] + 3 * 1024, '... for as much memory as without')
    or diag("@growth KB");
is_deeply([ $httpd->children ], [ $child ], 'it was one child all the time');

done_testing;
