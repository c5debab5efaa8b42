# SPDX-License-Identifier: Apache-2.0
#
# A FastCGI responder, as php-fpm is one: answers each request with the
# variables that it was given (lines "env NAME value", percent-encoded). Of the
# protocol only what mod_proxy_fcgi speaks: one request a connection.

package SHS::Fcgi;

use strict;
use warnings;

use IO::Socket::INET;
use SHS::Backend;
use SHS::Process;

# Types of records (FastCGI 1.0, section 8).
use constant { FCGI_END => 3, FCGI_PARAMS => 4, FCGI_STDIN => 5,
               FCGI_STDOUT => 6 };

sub start {
    my ($class) = @_;
    my $listener = IO::Socket::INET->new(Listen => 128, ReuseAddr => 1,
                                         LocalAddr => '127.0.0.1:0') or die $!;
    my $self = bless { port => $listener->sockport }, $class;
    $self->{pid} = SHS::Process::fork_child('fcgi', sub {
        $SIG{PIPE} = 'IGNORE';
        while (1) {
            my $s = $listener->accept or next;
            serve($s);
            close $s;
        }
    });
    close $listener;
    return $self;
}

sub port { $_[0]{port} }
sub stop { SHS::Process::stop($_[0]{pid}); return }

sub record {
    my ($type, $id, $content) = @_;
    return pack('CCnnCx', 1, $type, $id, length $content, 0) . $content;
}

# Lengths of one octet, or of four with the highest bit set.
sub params {
    my ($in) = @_;
    my %params;
    while (length $in) {
        my @lengths = map {
            my $n = unpack 'C', $in;
            my $octets = $n & 0x80 ? 4 : 1;
            $n = unpack('N', $in) & 0x7fffffff if $octets == 4;
            substr $in, 0, $octets, '';
            $n;
        } 1 .. 2;
        my $name = substr $in, 0, $lengths[0], '';
        push @{ $params{$name} }, substr $in, 0, $lengths[1], '';
    }
    return \%params;
}

sub serve {
    my ($s) = @_;
    my $given = '';
    my ($type, $id) = (0, 0);
    while (1) {
        my $head = SHS::Backend::take($s, 8) // return;
        (undef, $type, $id, my $length, my $padding) = unpack 'CCnnC', $head;
        my $content = SHS::Backend::take($s, $length) // return;
        SHS::Backend::take($s, $padding) // return;
        $given .= $content if $type == FCGI_PARAMS;
        last if $type == FCGI_STDIN && $length == 0;
    }
    my $params = params($given);
    my $body = '';
    for my $name (sort keys %$params) {
        $body .= 'env ' . SHS::Backend::encode($name) . ' '
            . SHS::Backend::encode($_) . "\n" for @{ $params->{$name} };
    }
    my $out = "Content-Type: text/plain\r\n\r\n$body";
    my $records = '';
    while (length $out) {
        $records .= record(FCGI_STDOUT, $id, substr $out, 0, 8000, '');
    }
    $records .= record(FCGI_STDOUT, $id, '')
        . record(FCGI_END, $id, pack 'NCx3', 0, 0);
    while (length $records) {
        my $n = syswrite $s, $records or last;
        substr $records, 0, $n, '';
    }
    return;
}

1;
