# HTTP/2: streams of one connection, each with its own cookie, at the same time.
use strict;
use warnings;

use SHS;
use SHS::H2;

my $store = SHS::Redis->start;
my $httpd = private_httpd(conf => <<"CONF");
Protocols h2c http/1.1
H2Direct on
H2MaxSessionStreams 200
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=1s
SharedSession On
SharedSessionNote session.* *
SharedSessionHeader X-Owner owner
CONF
my $port = $httpd->port;

my (@id, @requests);
for my $n (1 .. 80) {
    push @id, fresh_id();
    $store->put_hash("session:$id[-1]", { owner => "owner$n" })
        if $n % 8;
    push @requests, ['/x/lua', ['Cookie', "JSESSIONID=$id[-1]"],
                     ['X-Owner', 'forged']];
}
for my $round (1 .. 5) {
    my @body = SHS::H2::fetch($port, @requests);
    my @wrong;
    my $found = 0;
    for my $n (1 .. 80) {
        my $r = SHS::HTTP::Reply->parse("HTTP/1.1 200 OK\r\n\r\n"
                                        . ($body[$n - 1] // ''));
        my $seen = join ' ', map { $_ // '-' } $r->note('SHARED_SESSION'),
            $r->note('session.owner'), $r->hdr('X-Owner');
        my $expected = $n % 8 ? "found owner$n owner$n" : 'absent - -';
        push @wrong, "$n: $seen" if $seen ne $expected;
        $found++ if $seen =~ /^found/;
    }
    is_deeply(\@wrong, [], "80 streams at once: each with its own session ($round)");
    is($found, 70, '... those that have one');
}

# A cookie may come in crumbs (RFC 9113, 8.2.3).
my ($body) = SHS::H2::fetch($port, ['/x/lua', ['Cookie', 'a=b'],
                            ['Cookie', "JSESSIONID=$id[0]"], ['Cookie', 'c=d']]);
like($body, qr/^note session\.owner owner1$/m, 'a cookie in crumbs is read');

# Redis stops: every stream has its answer, none has a session.
$store->pause;
my @body = SHS::H2::fetch($port, @requests[0 .. 7]);
$store->resume;
is(scalar(grep { /^note SHARED_SESSION unavailable$/m } @body), 8,
   'a stopped Redis: every stream is answered, unavailable');
is(scalar(grep { /owner/ && !/X-Owner/i } @body), 0, '... with no session');
# Eight failures have opened the circuit breaker; a probe closes it.
$store->cmd('PING');
SHS::Process::wait_for('the store to be asked again', 20, sub {
    my ($probe) = SHS::H2::fetch($port, $requests[0]);
    return ($probe // '') =~ /^note SHARED_SESSION found$/m;
});
@body = SHS::H2::fetch($port, @requests);
is(scalar(grep { ($body[$_] // '') =~ /^note session\.owner owner(\d+)$/m
                 && $1 == $_ + 1 } 0 .. 79), 70,
   'after it goes on each has its own session again');

# Many streams over several connections at once.
my @readers = map {
    pipe(my $from, my $to) or die $!;
    my $pid = SHS::Process::fork_child('h2 client', sub {
        my $own = 0;
        for my $round (1 .. 10) {
            my @bodies = SHS::H2::fetch($port, @requests);
            $own += grep { ($bodies[$_] // '') =~ /^note session\.owner owner(\d+)$/m
                           && $1 == $_ + 1 } 0 .. 79;
        }
        print {$to} "$own\n";
        close $to;
    });
    close $to;
    [ $pid, $from ];
} 1 .. 4;
my @own;
for my $reader (@readers) {
    my ($pid, $from) = @$reader;
    push @own, scalar <$from>;
    waitpid $pid, 0;
    SHS::Process::forget($pid);
}
is_deeply([ map { ($_ // 'nothing') + 0 } @own ], [ (700) x 4 ],
          '3,200 streams over 40 connections: each with its own session');
is(scalar $httpd->logged(qr/exit signal/), 0, 'no child has died');

done_testing;
