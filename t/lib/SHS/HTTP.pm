# SPDX-License-Identifier: Apache-2.0
#
# A client that sends exactly the octets a test wants (several Cookie lines,
# names with '_', Connection tokens), and the reply taken apart.

package SHS::HTTP;

use strict;
use warnings;

use IO::Socket::INET;
use Time::HiRes qw(time);

# request(port => N, path => '/x', headers => [[Name => value], ...],
#         cookie => 'text', method => 'GET', host => 'name', body => '...',
#         timeout => seconds, raw => 'whole request', one => 1, from => address)
#
# one: no request follows, and httpd is told so by the end of the client's side. For
# requests without "Connection: close", which would have it wait for another one.
sub request {
    my (%q) = @_;
    my $t0 = time;
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$q{port}",
                                  $q{from} ? (LocalAddr => $q{from}) : (),
                                  Timeout => $q{timeout} || 20);
    return SHS::HTTP::Reply->failed("no connection: $!") if !$s;
    binmode $s;
    my $out = $q{raw} // text(%q);
    local $SIG{PIPE} = 'IGNORE';
    my $in = '';
    my $ok = eval {
        local $SIG{ALRM} = sub { die "timeout\n" };
        alarm($q{timeout} || 30);
        syswrite $s, $out;
        shutdown $s, 1 if $q{one};
        while (sysread $s, $in, 65536, length $in) { }
        alarm 0;
        1;
    };
    alarm 0;
    my $reply = SHS::HTTP::Reply->parse($in);
    $reply->{error} = $@ if !$ok;
    $reply->{seconds} = time - $t0;
    return $reply;
}

sub text {
    my (%q) = @_;
    my $method = $q{method} || 'GET';
    my @lines = ("$method $q{path} HTTP/" . ($q{version} || '1.1'),
                 'Host: ' . ($q{host} || 'localhost'));
    push @lines, "Cookie: $q{cookie}" if defined $q{cookie};
    push @lines, map { "$_->[0]: $_->[1]" } @{ $q{headers} || [] };
    push @lines, 'Content-Length: ' . length $q{body} if defined $q{body};
    push @lines, 'Connection: close'
        if !$q{keep_alive} && !grep { lc $_->[0] eq 'connection' }
                                    @{ $q{headers} || [] };
    return join("\r\n", @lines) . "\r\n\r\n" . ($q{body} // '');
}

package SHS::HTTP::Reply;

use strict;
use warnings;

sub failed {
    my ($class, $why) = @_;
    return bless { code => 0, headers => [], body => '', error => $why,
                   seconds => 0 }, $class;
}

sub parse {
    my ($class, $in) = @_;
    my $self = bless { code => 0, headers => [], body => '', raw => $in },
        $class;
    my ($head, $body) = split /\r\n\r\n/, $in, 2;
    return $self if !defined $head || $head !~ s{^HTTP/\S+ (\d+)[^\r\n]*}{};
    $self->{code} = $1;
    for my $line (split /\r\n/, $head) {
        push @{ $self->{headers} }, [ $1, $2 ] if $line =~ /^([^:]+):\s*(.*)$/s;
    }
    $body //= '';
    if (($self->header('Transfer-Encoding') // '') =~ /chunked/i) {
        my $whole = '';
        while ($body =~ s/^([0-9A-Fa-f]+)[^\r\n]*\r\n//) {
            my $len = hex $1;
            last if !$len;
            $whole .= substr $body, 0, $len, '';
            $body =~ s/^\r\n//;
        }
        $body = $whole;
    }
    $self->{body} = $body;
    return $self;
}

sub code    { $_[0]{code} }
sub body    { $_[0]{body} }
sub raw     { $_[0]{raw} // '' }
sub seconds { $_[0]{seconds} }
sub error   { $_[0]{error} // '' }

# All values of a header, joined as a list; undef when it is not there.
sub header {
    my ($self, $name) = @_;
    my @values = map { $_->[1] } grep { lc $_->[0] eq lc $name }
        @{ $self->{headers} };
    return @values ? join(', ', @values) : undef;
}

# The id that its Set-Cookie gives, or 'none'.
sub new_id {
    my ($self, $cookie) = @_;
    $cookie //= 'JSESSIONID';
    return ($self->header('Set-Cookie') // '') =~ /^\Q$cookie\E=([^;,]+)/ ? $1 : 'none';
}

# --- what a probe wrote: lines "kind name value", percent-encoded ----------

sub decode {
    my ($text) = @_;
    $text =~ s/%([0-9A-F]{2})/chr hex $1/ge;
    return $text;
}

sub seen {
    my ($self, $kind) = @_;
    if (!$self->{seen}) {
        my %seen;
        for my $line (split /\n/, $self->{body}) {
            next if $line !~ /^(note|env|header|request) (\S+) (\S*)$/;
            push @{ $seen{$1}{ decode($2) } }, decode($3);
        }
        $self->{seen} = \%seen;
    }
    return $self->{seen}{$kind} || {};
}

sub value {
    my ($self, $kind, $name) = @_;
    my $values = $self->seen($kind)->{$name} or return undef;
    return join ', ', @$values;
}

sub note { return $_[0]->value('note', $_[1]) }
sub env  { return $_[0]->value('env', $_[1]) }

# A request header as the probe saw it, whatever the case of its name.
sub hdr {
    my ($self, $name) = @_;
    my $seen = $self->seen('header');
    my @values = map { @{ $seen->{$_} } } grep { lc $_ eq lc $name }
        sort keys %$seen;
    return @values ? join(', ', @values) : undef;
}

sub names { my ($self, $kind) = @_; return sort keys %{ $self->seen($kind) } }

1;
