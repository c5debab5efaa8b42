# SPDX-License-Identifier: Apache-2.0
#
# Tomcat's way in: a server of AJP/1.3 behind mod_proxy_ajp, whose packets hold
# 8,192 octets. It answers each request with what the packet says: lines "header
# name value" and "env name value" (the request's attributes), percent-encoded.

package SHS::Ajp;

use strict;
use warnings;

use IO::Socket::INET;
use SHS::Backend;
use SHS::Process;

my @common = (undef, qw(accept accept-charset accept-encoding accept-language
    authorization connection content-type content-length cookie cookie2 host
    pragma referer user-agent));

sub start {
    my ($class) = @_;
    my $listener = IO::Socket::INET->new(Listen => 16, ReuseAddr => 1,
                                         LocalAddr => '127.0.0.1:0') or die $!;
    my $self = bless { port => $listener->sockport }, $class;
    $self->{pids} = [ map {
        SHS::Process::fork_child('ajp', sub {
            $SIG{PIPE} = 'IGNORE';
            while (1) {
                my $s = $listener->accept or next;
                binmode $s;
                while (defined(my $packet = packet_of($s))) { answer($s, $packet) }
                close $s;
            }
        });
    } 1 .. 4 ];
    close $listener;
    return $self;
}

sub port { $_[0]{port} }

sub packet_of {
    my ($s) = @_;
    my $head = SHS::Backend::take($s, 4) // return undef;
    my ($magic, $length) = unpack 'nn', $head;
    return undef if $magic != 0x1234;
    return SHS::Backend::take($s, $length);
}

sub send_packet {
    my ($s, $payload) = @_;
    syswrite $s, 'AB' . pack('n', length $payload) . $payload;
    return;
}

sub answer {
    my ($s, $packet) = @_;
    my $type = ord $packet;
    return send_packet($s, chr 9) if $type == 10;    # CPing
    return if $type != 2;                            # a body: none is wanted
    my $body = describe($packet);
    send_packet($s, pack('Cnn/a*xn', 4, 200, 'OK', 0));
    while (length(my $part = substr $body, 0, 8000, '')) {
        send_packet($s, pack('Cn/a*x', 3, $part));
    }
    send_packet($s, pack('CC', 5, 1));
    return;
}

# What a forward request says (apache.org/tomcat: AJP/1.3, its tables).
sub describe {
    my ($packet) = @_;
    my $at = 1 + 1;    # type and method
    my $text = sub {
        my $length = unpack 'n', substr $packet, $at, 2;
        $at += 2;
        return '' if $length == 0xffff;
        my $is = substr $packet, $at, $length;
        $at += $length + 1;
        return $is;
    };
    $text->() for 1 .. 5;
    $at += 2 + 1;
    my $count = unpack 'n', substr $packet, $at, 2;
    $at += 2;
    my $out = '';
    for (1 .. $count) {
        my $code = unpack 'n', substr $packet, $at, 2;
        my $name = ($code & 0xff00) == 0xa000 ? $common[ $code & 0xff ] : undef;
        $at += 2 if defined $name;
        $name //= $text->();
        $out .= 'header ' . SHS::Backend::encode($name) . ' '
            . SHS::Backend::encode($text->()) . "\n";
    }
    while ((my $code = ord substr $packet, $at++, 1) != 0xff) {
        my $name = $code == 0x0a ? $text->() : "code-$code";
        my $value = $code == 0x0b ? do { $at += 2; '' } : $text->();
        $out .= 'env ' . SHS::Backend::encode($name) . ' '
            . SHS::Backend::encode($value) . "\n";
    }
    return $out;
}

1;
