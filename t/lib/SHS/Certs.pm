# SPDX-License-Identifier: Apache-2.0
#
# Certificates of a test's own, by the openssl command: an authority, and what
# it signs. Valid for an hour; keys without a passphrase but where asked for.

package SHS::Certs;

use strict;
use warnings;

use File::Temp qw(tempdir);
use SHS::Process;

sub openssl {
    my ($self, @args) = @_;
    my $log = "$self->{dir}/openssl.log";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log;
        open STDERR, '>&', \*STDOUT;
        exec('openssl', @args) or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    die "openssl @args: see $log\n" if $?;
    return;
}

# new(): a directory with ca.crt and ca.key
sub new {
    my ($class) = @_;
    my $dir = tempdir('certs-XXXXXX', DIR => SHS::Process::tmp());
    chmod 0755, $dir;
    my $self = bless { dir => $dir }, $class;
    $self->openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt',
                   'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
                   '-subj', '/CN=SHS test authority',
                   '-keyout', "$dir/ca.key", '-out', "$dir/ca.crt");
    return $self;
}

sub path { return "$_[0]{dir}/$_[1]" }

# sign(NAME, subjectAltName, more arguments of openssl x509): NAME.crt, NAME.key
# Before those arguments may come extensions => "..." (lines) and by => the NAME
# of another authority. Without a subjectAltName ("") there is a name only in CN.
sub sign {
    my ($self, $name, $san, @more) = @_;
    my $base = "$self->{dir}/$name";
    my %more = (extensions => '', by => 'ca');
    while (@more && exists $more{ $more[0] }) {
        my $what = shift @more;
        $more{$what} = shift @more;
    }
    open my $ext, '>', "$base.ext" or die $!;
    print $ext $san eq '' ? '' : "subjectAltName=$san\n", $more{extensions};
    close $ext;
    $self->openssl('req', '-new', '-newkey', 'ec', '-pkeyopt',
                   'ec_paramgen_curve:P-256', '-nodes', '-subj', "/CN=$name",
                   '-keyout', "$base.key", '-out', "$base.csr");
    @more = ('-days', '1') unless @more;
    $self->openssl('x509', '-req', '-in', "$base.csr", '-CA', $self->path("$more{by}.crt"),
                   '-CAkey', $self->path("$more{by}.key"), '-CAcreateserial',
                   '-extfile', "$base.ext", '-out', "$base.crt", @more);
    chmod 0644, "$base.key";
    return $base;
}

1;
