# Real Spring Boot applications, both lines, with each repository and serializer.
# A campaign: t/run interop.
# The same with every MPM.
use strict;
use warnings;

use MIME::Base64 qw(encode_base64);
use SHS;
use SHS::Interop;

# What no id can be.
sub forged {
    my ($cookies) = @_;
    my $id = MIME::Base64::decode_base64($cookies->{SESSION});
    return map { "SESSION=$_" } "expires:$id", "../$id", "$id/", "$id%00", '=', '',
        encode_base64("expires:$id=" . 'x' x 2, '');
}

# Ids that no session has, and values that would lead to other keys of Spring
# Session if they were decoded.
sub unknown {
    my ($cookies) = @_;
    my $id = MIME::Base64::decode_base64($cookies->{SESSION});
    return map { "SESSION=" . encode_base64($_, '') } "expires:$id", "../$id",
        substr($id, 0, 35), "$id$id", 'x' x 36, "sessions:$id", "$id\n", "$id\0";
}

# Spring Security's form login, in the same session.
sub account {
    my ($story, $person) = @_;
    my $app = $story->{app};
    my $r = $person->form($story->{hosts}[0]->port, '/app/account/login',
                          username => 'alice', password => 'SeCrEt');
    is($r->code, 302, "$story->{label}: logged in by the form");
    is(SHS::Person::json($person->get($app->port, '/account'))->{name}, 'alice',
       '... which the application knows');
    for my $host (@{ $story->{hosts} }) {
        my $r = $person->get($host->port, '/account/lua');
        is($r->code, 200, '... and httpd, who is an administrator');
        is($r->note('principal'), 'alice', '... and who the principal is');
    }
    return;
}

my $index = 'spring:session:index:org.springframework.session.FindByIndexNameSessionRepository'
    . '.PRINCIPAL_NAME_INDEX_NAME:alice';

sub events {
    my ($story, $name) = @_;
    my $r = SHS::Person->new->get($story->{app}->port, '/events');
    return SHS::Person::json($r)->{$name} // 0;
}

# The indexed repository has published no event of an end.
sub stayed {
    my ($story) = @_;
    is(events($story, 'SessionExpiredEvent') + events($story, 'SessionDeletedEvent'), 0,
       "$story->{label}: ... and no event of an end was published");
    is($story->{redis}->cmd('SCARD', $index), 1, '... and the user has one session');
    return;
}

# It has published one for a logout at httpd, as for one at the application.
sub logged_out {
    my ($story) = @_;
    my $is = sub { events($story, 'SessionDeletedEvent') == 2 };
    eval { SHS::Process::wait_for('the event', 3, $is, 0.1) };
    ok($is->(), "$story->{label}: ... and an event of each logout was published")
        || diag explain events($story, 'SessionDeletedEvent');
    return;
}

for my $line ('3.5.7', '4.0.7') {
    for my $repository (qw(default indexed)) {
        for my $serializer (qw(jdk json)) {
            # A class has a field, and its JSON has a getter.
            my $authority = $serializer eq 'jdk' ? 'role' : 'authority';
            story("Boot $line, $repository, $serializer", kept => 1,
                app => ['spring', line => $line, repository => $repository,
                        serializer => $serializer],
                profile => "spring repository=$repository",
                name => 'scopedTarget.userInfo.userNm', forged => \&forged,
                unknown => \&unknown, key => qr/^spring:session:sessions:[\w-]+\z/,
                $repository eq 'indexed'
                    ? (stayed => \&stayed, logged_out => \&logged_out) : (),
                more => \&account, conf => <<"CONF");
SharedSessionNote principal SPRING_SECURITY_CONTEXT.authentication.principal.username
<Location /account>
    AuthType SharedSession
    Require shared-session SPRING_SECURITY_CONTEXT.authentication.authorities[*].$authority ROLE_ADMIN
</Location>
CONF
        }
    }
}
done_testing;
