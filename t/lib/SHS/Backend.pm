# SPDX-License-Identifier: Apache-2.0
#
# An HTTP server behind the proxy: answers with the request line and every
# header as it came over the wire (lines "header name value", percent-encoded),
# and with the route of its own, so that a balancer's choice can be seen. set=,
# unset= and action= in the query are sent as the X-Session- headers that change
# the session, status= as the status, cookie= as Set-Cookie; more= are lines of
# the header as they stand. trailer= sends the body in chunks, with these lines as
# trailer fields. raw= is the whole answer.
#
#   start(route => name, before => sub that is run when a request has come, and
#         before it is answered, limit => octets: what has more before its body
#         is answered 400)

package SHS::Backend;

use strict;
use warnings;

use IO::Socket::INET;
use SHS::Process;

sub start {
    my ($class, %want) = @_;
    my $listener = IO::Socket::INET->new(Listen => 128, ReuseAddr => 1,
                                         LocalAddr => '127.0.0.1:0') or die $!;
    my $self = bless { port => $listener->sockport }, $class;
    $self->{pids} = [ map {
        SHS::Process::fork_child('backend', sub {
            $SIG{PIPE} = 'IGNORE';
            while (1) {
                my $s = $listener->accept or next;
                serve($s, %want);
                close $s;
            }
        });
    } 1 .. 3 ];
    close $listener;
    return $self;
}

sub port { $_[0]{port} }
sub stop { SHS::Process::stop($_) for @{ $_[0]{pids} }; return }

# So many octets of a socket; undef if it ends before.
sub take {
    my ($s, $length) = @_;
    my $in = '';
    while (length $in < $length) {
        sysread $s, $in, $length - length $in, length $in or return undef;
    }
    return $in;
}

sub encode {
    my ($text) = @_;
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

sub decode {
    my ($text) = @_;
    $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return $text;
}

sub serve {
    my ($s, %want) = @_;
    my $route = $want{route} // 'none';
    my $in = '';
    while ($in !~ /\r\n\r\n/) {
        sysread $s, $in, 65536, length $in or return;
    }
    $want{before}->() if $want{before};
    my ($first, @lines) = split /\r\n/, ($in =~ /^(.*?)\r\n\r\n/s)[0];
    my $body = 'request line ' . encode($first) . "\nrequest route $route\n";
    for my $line (@lines) {
        $body .= "header " . encode($1) . ' ' . encode($2) . "\n"
            if $line =~ /^([^:]+):\s*(.*)$/s;
    }
    my %query = map { my ($n, $v) = split /=/, $_, 2; ($n => decode($v // '')) }
        split /&/, ($first =~ /\?(\S*)/)[0] // '';
    my $status = $query{status} // '200 OK';
    $status = '400 Bad Request' if $want{limit} && index($in, "\r\n\r\n") > $want{limit};
    my $control = join '', map { defined $query{$_} ? "X-Session-\u$_: $query{$_}\r\n" : () }
        qw(set unset action);
    $control .= "Set-Cookie: $query{cookie}\r\n" if defined $query{cookie};
    $control .= "$query{more}\r\n" if defined $query{more};
    my $out = $query{raw} // "HTTP/1.1 $status\r\nContent-Type: text/plain\r\n$control"
        . "Connection: close\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body";
    $out = "HTTP/1.1 $status\r\nContent-Type: text/plain\r\n$control"
        . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        . sprintf("%x\r\n%s\r\n0\r\n", length $body, $body)
        . "$query{trailer}\r\n\r\n" if defined $query{trailer};
    while (length $out) {
        my $n = syswrite $s, $out or last;
        substr $out, 0, $n, '';
    }
    return;
}

1;
