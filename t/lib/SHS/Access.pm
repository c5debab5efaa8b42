# SPDX-License-Identifier: Apache-2.0
#
# What the tests of access by the session (t/45-*) have in common: the sessions of
# some people, a short name for each answer, and modules of httpd that other tests
# do without.
#
#   o    the page, which the session has opened: a navigation's answer is no-store
#   .    the page, for another reason
#   L    the redirect to the login page
#   J    401 with a body for programs (problem+json)
#   B    401 of AuthType Basic
#   F    403
#   f    403 of another module, for no shared cache
#   X    503 with Retry-After
#   E    500

package SHS::Access;

use strict;
use warnings;

use Exporter qw(import);

use SHS;
use SHS::Httpd;

our @EXPORT = qw(answer load_modules navigation people problem);

# The sessions of an anonymous visitor, a user and an administrator; and an entry
# that is no session.
sub people {
    my ($store) = @_;
    my %id = map { $_ => fresh_id() } qw(anon user admin malformed);
    $store->put_hash("session:$id{anon}", { theme => 'dark' });
    $store->put_hash("session:$id{user}", { userId => 'alice',
        user => '{"roles":["chef","waiter"]}' });
    $store->put_hash("session:$id{admin}", { userId => 'root',
        user => '{"roles":["admin"],"groups":[{"name":"admins"}]}' });
    $store->put_string("session:$id{malformed}", 'x');
    return \%id;
}

# The headers of a person's navigation.
sub navigation { return ['Sec-Fetch-Mode', 'navigate'] }

sub load_modules {
    my (@names) = @_;
    my ($folder) = SHS::Httpd::slurp("$ENV{SHS_TMP}/t/conf/modules.$ENV{SHS_MPM}.conf")
        =~ m{^LoadModule \S+ (\S+)/[^/]+\.so$}m;
    return join '', map { "LoadModule ${_}_module $folder/mod_$_.so\n" } @names;
}

sub is_stored_by_none { return ($_[0]->header('Cache-Control') // '') =~ /\bno-store\b/ }
sub varies { return ($_[0]->header('Vary') // '') =~ /\b\Q$_[1]\E\b/i }

# What is wrong with an answer of that letter; '' if nothing is.
sub problem {
    my ($letter, $r) = @_;
    my @wrong;
    # A match that fails is an empty list.
    my $is = sub { my $what = pop; push @wrong, $what if !$_[0] };
    my $auth = $r->header('WWW-Authenticate') // '';
    $is->(varies($r, 'Cookie'), 'no Vary: Cookie') if $letter ne 'E' && $letter ne 'B';
    $is->(!defined $r->header('Set-Cookie'), 'a cookie');
    $is->(!defined $r->header('Location'), 'a Location') if $letter ne 'L';
    $is->($auth eq '', 'WWW-Authenticate') if $letter !~ /[JB]/;
    $is->(is_stored_by_none($r), 'may be stored') if $letter =~ /[LJFX]/;
    $is->(($r->header('Cache-Control') // '') =~ /\bprivate\b/, 'shared caches may store it')
        if $letter eq 'f';
    if ($letter eq 'L') {
        $is->(varies($r, 'Sec-Fetch-Mode'), 'no Vary: Sec-Fetch-Mode');
        $is->(($r->header('Location') // '') =~ m{^/login\?return=/}, 'another Location');
    }
    if ($letter eq 'J') {
        $is->($auth =~ /^SharedSession realm="(?:[^"\\]|\\.)*"$/, "WWW-Authenticate: $auth");
        $is->($r->body =~ /^\{.*"status":401\b.*\}\s*$/s, 'another body');
    }
    $is->(($r->header('Retry-After') // '') =~ /^\d+$/, 'no Retry-After') if $letter eq 'X';
    return join ', ', @wrong;
}

# The letter of an answer; with what is wrong with it, if something is. `text`: what
# the page contains, and no refusal does.
sub answer {
    my ($r, $text) = @_;
    my $code = $r->code;
    my $type = $r->header('Content-Type') // '';
    my $letter = $code == 302 ? 'L'
        : $code == 401 && $type eq 'application/problem+json' ? 'J'
        : $code == 401 && ($r->header('WWW-Authenticate') // '') =~ /^Basic/ ? 'B'
        : $code == 403 ? (is_stored_by_none($r) ? 'F' : 'f') : $code == 503 ? 'X' : $code == 500 ? 'E'
        : $code == 200 ? (is_stored_by_none($r) ? 'o' : '.') : "($code)";
    my $problem = $letter =~ /\(/ ? '' : problem($letter, $r);
    $problem = 'another page' if defined $text
        && ($r->body =~ /\Q$text\E/ ? 1 : 0) != ($letter =~ /[o.]/ ? 1 : 0);
    return $problem ? "$letter ($problem)" : $letter;
}

1;
