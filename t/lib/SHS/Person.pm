# SPDX-License-Identifier: Apache-2.0
#
# A person with a browser: keeps the cookies that any server of the test sets, and
# sends them to every server, as a browser does with servers behind one name.

package SHS::Person;

use strict;
use warnings;

use JSON::PP ();
use SHS::HTTP;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub new { return bless { cookies => {} }, $_[0] }

sub cookies { $_[0]{cookies} }

# The Cookie header.
sub cookie {
    my ($self) = @_;
    my $cookies = $self->{cookies};
    return %$cookies ? join('; ', map { "$_=$cookies->{$_}" } sort keys %$cookies) : undef;
}

sub request {
    my ($self, $port, $method, $path, %more) = @_;
    my $r = SHS::HTTP::request(port => $port, method => $method, path => $path,
                               cookie => $self->cookie, %more);
    for my $line (map { $_->[1] } grep { lc $_->[0] eq 'set-cookie' } @{ $r->{headers} }) {
        my ($name, $value) = $line =~ /^([^=;]+)=([^;]*)/ or next;
        if ($value eq '' || $line =~ /;\s*max-age=0\b|;\s*expires=[^;]*1970/i) {
            delete $self->{cookies}{$name};
        }
        else {
            $self->{cookies}{$name} = $value;
        }
    }
    return $r;
}

sub get { my ($self, $port, $path, %more) = @_; return $self->request($port, 'GET', $path, %more) }

# Sends a Perl structure as JSON.
sub post {
    my ($self, $port, $path, $body, %more) = @_;
    return $self->request($port, 'POST', $path, body => $json->encode($body // {}), %more,
        headers => [['Content-Type', 'application/json'], @{ $more{headers} || [] }]);
}

# Sends a form.
sub form {
    my ($self, $port, $path, %fields) = @_;
    return $self->request($port, 'POST', $path,
        body => join('&', map { "$_=$fields{$_}" } sort keys %fields),
        headers => [['Content-Type', 'application/x-www-form-urlencoded']]);
}

# The JSON of a reply, or undef.
sub json {
    my ($r) = @_;
    return eval { $json->decode($r->body) };
}

1;
