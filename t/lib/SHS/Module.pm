# SPDX-License-Identifier: Apache-2.0
#
# A module of t/module, built as another project would, against httpd's headers
# and those that this one installs; a warning fails the test.

package SHS::Module;

use strict;
use warnings;

use SHS::Httpd;

# build('mod_session_probe') -> path of the .so
#
#   source => text    instead of t/module's file
#   edit => sub       changes the text ($_) of each installed header before
sub build {
    my ($name, %more) = @_;
    my $tmp = $ENV{SHS_TMP};
    my $source = "$tmp/t/module/$name.c";
    my $headers = $more{edit} ? edited($more{edit}) : $ENV{SHS_HEADERS};
    spew($source = "$tmp/$name.$$.c", $more{source}) if $more{source};
    my %is = map { $_ => query($_) } qw(CC INCLUDEDIR EXTRA_CPPFLAGS APR_CONFIG);
    chomp(my $apr = `$is{APR_CONFIG} --includes --cppflags`);
    $apr =~ s/\n/ /g;
    my $so = "$tmp/$name.$$.so";
    my $said = `$is{CC} -std=gnu11 -O1 -g -Wall -Wextra -Werror \\
        -Wno-missing-field-initializers -fPIC -shared \\
        $is{EXTRA_CPPFLAGS} -isystem $is{INCLUDEDIR} $apr -I$headers \\
        -o $so $source 2>&1`;
    die "$name does not compile:\n$said" if $? != 0;
    chmod 0755, $so;
    return $so;
}

my $count = 0;
sub edited {
    my ($edit) = @_;
    mkdir my $to = "$ENV{SHS_TMP}/headers-$$-" . ++$count;
    for my $header (glob "$ENV{SHS_HEADERS}/*.h") {
        local $_ = SHS::Httpd::slurp($header);
        $edit->();
        spew($to . substr($header, rindex $header, '/'), $_);
    }
    return $to;
}

sub spew {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out;
    return;
}

sub query {
    my ($what) = @_;
    chomp(my $is = `$ENV{SHS_APXS} -q $what` // '');
    die "apxs -q $what: failed\n" if $? != 0;
    return $is;
}

1;
