# SPDX-License-Identifier: Apache-2.0
#
# Just enough HTTP/2 (RFC 9113, prior knowledge) to send many requests with
# different headers at the same time over one connection, and to collect the
# bodies. Headers are sent as HPACK literals; those of the answers are not read:
# the probes write into the body what a test wants to know.

package SHS::H2;

use strict;
use warnings;

use IO::Socket::INET;

sub frame {
    my ($type, $flags, $stream, $payload) = @_;
    return substr(pack('N', length $payload), 1)
        . pack('CCN', $type, $flags, $stream) . $payload;
}

sub text {    # a length in the 7-bit prefix code, then the octets
    my ($t) = @_;
    my $n = length $t;
    return chr($n) . $t if $n < 127;
    $n -= 127;
    my $out = chr 127;
    while ($n >= 128) {
        $out .= chr($n % 128 + 128);
        $n = int($n / 128);
    }
    return $out . chr($n) . $t;
}

sub literals { return join '', map { "\0" . text($_->[0]) . text($_->[1]) } @_ }

# serve(listener, sub { my ($stream) = @_; ...; return octets }): answers each
# request of each connection with the frames that the sub makes, whatever was
# asked. Ends with its process.
sub serve {
    my ($listener, $answer) = @_;
    $SIG{PIPE} = 'IGNORE';
    while (my $s = $listener->accept) {
        my $in = '';
        syswrite $s, frame(4, 0, 0, '');
        sysread($s, $in, 65536, length $in) or last while length $in < 24;
        substr $in, 0, 24, '';
        while (1) {
            while (length $in >= 9) {
                my ($a, $b, $type, $flags, $stream) = unpack 'CnCCN', $in;
                my $length = $a * 65536 + $b;
                last if length $in < 9 + $length;
                substr $in, 0, 9 + $length, '';
                syswrite $s, frame(4, 1, 0, '') if $type == 4 && !($flags & 1);
                syswrite $s, $answer->($stream) if $type == 1;
            }
            sysread $s, $in, 65536, length $in or last;
        }
    }
    return;
}

# The frames of one request: [path, [name => value], ...]. A method, data and
# trailers go in a hash in place of the path: { path => ..., method => ...,
# data => ..., trailers => [[name => value], ...] }.
sub request {
    my ($stream, $what, @headers) = @_;
    my %is = (method => 'GET', ref $what ? %$what : (path => $what));
    my $has_more = defined $is{data} || $is{trailers};
    my $out = frame(1, $has_more ? 4 : 5, $stream, literals([':method', $is{method}],
        [':scheme', 'http'], [':authority', 'localhost'], [':path', $is{path}],
        map { [lc $_->[0], $_->[1]] } @headers));
    $out .= frame(0, $is{trailers} ? 0 : 1, $stream, $is{data} // '') if $has_more;
    $out .= frame(1, 5, $stream, literals(map { [lc $_->[0], $_->[1]] } @{ $is{trailers} }))
        if $is{trailers};
    return $out;
}

# fetch(port, request, ...) -> bodies, in order; undef for a stream that was
# reset.
sub fetch {
    my ($port, @requests) = @_;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die $!;
    binmode $s;
    my $out = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0, '');
    my $stream = -1;
    for my $request (@requests) {
        $stream += 2;
        $out .= request($stream, @$request);
    }
    syswrite $s, $out;
    my (%body, %done, $in);
    $in = '';
    local $SIG{ALRM} = sub { die "no end of the answers by HTTP/2\n" };
    alarm 30;
    while (keys %done < @requests) {
        while (length $in >= 9) {
            my ($a, $b, $type, $flags, $id) = unpack 'CnCCN', $in;
            my $length = $a * 65536 + $b;
            last if length $in < 9 + $length;
            my $payload = substr $in, 9, $length;
            substr $in, 0, 9 + $length, '';
            $body{$id} .= $payload if $type == 0;
            $done{$id} = 1 if $type <= 1 && $flags & 1;
            if ($type == 3) {
                $done{$id} = 1;
                delete $body{$id};
            }
            syswrite $s, frame(4, 1, 0, '') if $type == 4 && !($flags & 1);
            die "GOAWAY\n" if $type == 7 && unpack('x4N', $payload);
        }
        last if keys %done >= @requests;
        sysread $s, $in, 65536, length $in or die "closed\n";
    }
    # httpd shall have ended the connection before the test stops it: prefork
    # takes a child's memory away in the middle of whatever it does.
    shutdown $s, 1;
    1 while sysread $s, my $rest, 65536;
    alarm 0;
    return map { $body{ 2 * $_ + 1 } } 0 .. $#requests;
}

1;
