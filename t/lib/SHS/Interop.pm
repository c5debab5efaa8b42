# SPDX-License-Identifier: Apache-2.0
#
# The story that every application of t/interop goes through, with two httpd before
# it that share its Redis: a person logs in, the application changes the session,
# only httpd is used, nothing is used, the person logs out here and there, and
# others send cookies that are not theirs.
#
#   story('a name', app => [arguments of SHS::App->start], profile => '...',
#         name => ATTRIBUTE of the name, kept => 1: httpd's requests extend it,
#         forged => sub (cookies of a person) -> Cookie headers that are refused
#         without Redis; unknown => the same with Redis, and key => the keys asked for,
#         conf => more directives for both httpd, logged => what httpd has to log,
#         more => sub, stayed => sub, logged_out => sub (story, person): more steps
#         after the first login, when only httpd has been used for a while, and when
#         the person has logged out at httpd)
#
# In a step there are $story->{app}, {hosts} and {redis}.

package SHS::Interop;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use Time::HiRes qw(time);

use SHS;
use SHS::App;
use SHS::Near;
use SHS::Person;

our @EXPORT = qw(story);

our $IDLE = 4;                          # seconds
my $alice = "Alice Kim \x{ae40}";
my $secret = 'SeCrEt of 32 characters, or more';

sub story {
    my ($label, %want) = @_;
    my $self = bless { %want, label => $label, redis => SHS::Redis->start }, __PACKAGE__;
    my ($kind, %app) = @{ $want{app} };
    $self->{app} = SHS::App->start($kind, redis => $self->{redis}->port, idle => $IDLE,
                                   secret => $secret, %app);
    $self->{hosts} = [map { $self->host } 1 .. 2];
    for my $step (qw(logs_in changes stays ends logs_out_there logs_out_here forges)) {
        eval { $self->$step; 1 } or $self->fail_("$step: $@");
    }
    $self->looks_at_logs;
    $_->stop for @{ $self->{hosts} }, $self->{app}, $self->{redis};
    return;
}

sub is_ { my ($self, $is, $want, $words) = @_;
          local $Test::Builder::Level = $Test::Builder::Level + 1;
          return is($is, $want, "$self->{label}: $words") }
sub fail_ { my ($self, $words) = @_; return fail("$self->{label}: $words") }

# ----------------------------------------------------------------- the servers

sub host {
    my ($self) = @_;
    my $file = tempdir('secret-XXXXXX', DIR => SHS::Process::tmp()) . '/secret';
    open my $out, '>', $file or die $!;
    print $out "$secret\n";
    close $out;
    # The children of httpd see that it has not changed, and need not read it.
    chmod 0600, $file;
    chmod 0755, $file =~ s{/secret$}{}r;
    my $conf = ($self->{conf} // '') =~ s/%SECRET%/$file/gr;
    my $profile = $self->{profile} =~ s/%SECRET%/$file/gr;
    my $port = $self->{app}->port;
    my $host = SHS::Httpd->start(near => 1, conf => <<"CONF");
SharedSession On
<Location /status>
    SetHandler server-status
    SharedSession Off
</Location>
SharedSessionStore redis://127.0.0.1:@{[$self->{redis}->port]} timeout=2s
SharedSessionProfile $profile
SharedSessionUser @{[$self->{user} // 'userId']}
SharedSessionNote name $self->{name}
RequestHeader set X-User "expr=%{REMOTE_USER}"
$conf
<Location /private>
    AuthType SharedSession
    Require shared-session @{[$self->{user} // 'userId']}
</Location>
<Location /resource>
    SetHandler shared-session
</Location>
ProxyPass /app/ http://127.0.0.1:$port/
CONF
    wait_live($host, "$self->{label}: the near-cache is live");
    return $host;
}

# What a host says of a person: the user, and the name; '-' is none.
sub seen {
    my ($self, $person, $host) = @_;
    my $r = $person->get($host->port, '/private/lua');
    return '-' if $r->code == 401;
    return $r->code if $r->code != 200;
    return ($r->hdr('X-User') || 'no user') . ', ' . ($r->note('name') // 'no name');
}

# What the application says of a person.
sub seen_by_app {
    my ($self, $person) = @_;
    my $r = $person->get($self->{app}->port, '/session');
    return '-' if $r->code == 401;
    return $r->code if $r->code != 200;
    my $is = SHS::Person::json($r) or return 'no JSON';
    utf8::encode(my $text = "$is->{userId}, $is->{userNm}");
    return $text;
}

sub octets { my ($text) = @_; utf8::encode($text); return $text }

# Passes when all see the same within a second, which an invalidation takes at most.
sub all_see {
    my ($self, $person, $want, $words, $seconds) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @hosts = @{ $self->{hosts} };
    for my $i (0 .. $#hosts) {
        eval { SHS::Process::wait_for($words, $seconds // 1,
                   sub { $self->seen($person, $hosts[$i]) eq $want }) };
        $self->is_($self->seen($person, $hosts[$i]), $want, "$words, by host $i");
    }
    return;
}

sub login {
    my ($self) = @_;
    my $person = SHS::Person->new;
    my $port = $self->{hosts}[0]->port;
    my $r = $person->post($port, '/app/login', { userId => 'alice', userNm => $alice });
    die 'login: ' . $r->code . "\n" if $r->code != 200;
    return $person;
}

# ------------------------------------------------------------------- the steps

sub logs_in {
    my ($self) = @_;
    my $person = SHS::Person->new;
    $self->is_($self->seen($person, $self->{hosts}[0]), '-', 'a stranger does not get in');
    $person = $self->{person} = $self->login;
    $self->all_see($person, octets("alice, $alice"), 'logged in at the application');
    $self->is_($self->seen_by_app($person), octets("alice, $alice"), '... which sees the same');
    $self->is_($self->seen(SHS::Person->new, $self->{hosts}[0]), '-', 'others do not get in');
    $self->{more}->($self, $person) if $self->{more};
    return;
}

sub changes {
    my ($self) = @_;
    my $person = $self->{person};
    # Through one host: the other learns it from Redis.
    for my $name ('Bob', $alice) {
        my $r = $person->post($self->{hosts}[0]->port, '/app/change', { userNm => $name });
        $self->is_($r->code, 200, 'the application changes the session');
        $self->all_see($person, octets("alice, $name"), '... the next request shows it');
    }
    return;
}

# Only httpd is used, for much longer than the idle timeout.
sub stays {
    my ($self) = @_;
    my $person = $self->{person};
    return $self->passes if !$self->{kept};
    my $wrong = 0;
    my $end = time + 2.5 * $IDLE;
    my $n = 0;
    while (time < $end) {
        $wrong++ if $self->seen($person, $self->{hosts}[$n++ % 2]) eq '-';
        SHS::Process::let_pass($IDLE / 16);
    }
    $self->is_($wrong, 0, "$n requests to httpd touch the session");
    $self->is_($self->seen_by_app($person), octets("alice, $alice"),
               '... and the application accepts it');
    $self->{stayed}->($self, $person) if $self->{stayed};
    return;
}

# The end is written in the session, where the application alone writes it.
sub passes {
    my ($self) = @_;
    my $person = $self->login;
    my ($from, $wrong, $known) = (time, 0, 0);
    my $n = 0;
    while (time < $from + $IDLE + 1.5) {
        my $t = time;
        my $is = $self->seen($person, $self->{hosts}[$n++ % 2]) ne '-';
        $known++ if $is;
        # The login took a moment too.
        $wrong++ if $is && $t > $from + $IDLE || !$is && time < $from + $IDLE - 1;
        SHS::Process::let_pass($IDLE / 16);
    }
    ok($known > 1, "$self->{label}: httpd knows the session for a while ($known of $n)");
    $self->is_($wrong, 0, '... and not after the end that it contains');
    $self->is_($self->seen_by_app($person), '-', '... nor does the application');
    return;
}

sub ends {
    my ($self) = @_;
    my $person = $self->login;
    $self->all_see($person, octets("alice, $alice"), 'another login');
    SHS::Process::let_pass($IDLE + 0.5);
    # The first request is the one that counts.
    $self->is_($self->seen($person, $_), '-', 'the idle timeout is over')
        for @{ $self->{hosts} };
    # Redisson revives a session that is over, if a request comes before Tomcat has
    # looked for such sessions, which it does once a second.
    SHS::Process::let_pass(2) if $self->{app}{name} eq 'tomcat';
    $self->is_($self->seen_by_app($person), '-', '... for the application too');
    return;
}

sub logs_out_there {
    my ($self) = @_;
    my $person = $self->login;
    my %cookies = %{ $person->cookies };
    $self->all_see($person, octets("alice, $alice"), 'another login');
    my $r = $person->post($self->{app}->port, '/logout');
    $self->is_($r->code, 204, 'logged out at the application');
    %{ $person->cookies } = %cookies;
    $self->all_see($person, '-', '... the old cookie is worth nothing');
    $self->is_($self->seen_by_app($person), '-', '... for the application too');
    return;
}

sub logs_out_here {
    my ($self) = @_;
    my $person = $self->login;
    my %cookies = %{ $person->cookies };
    $self->all_see($person, octets("alice, $alice"), 'another login');
    my $r = $person->request($self->{hosts}[1]->port, 'DELETE', '/resource');
    $self->is_($r->code, 204, 'logged out at httpd');
    my %kept = %{ $person->cookies };
    %{ $person->cookies } = %cookies;
    $self->is_($self->seen_by_app($person), '-', '... the application knows at once');
    $self->all_see($person, '-', '... and every host');
    $self->{logged_out}->($self, $person) if $self->{logged_out};
    %{ $person->cookies } = %kept;
    $r = $person->post($self->{hosts}[0]->port, '/app/login',
                       { userId => 'carol', userNm => 'Carol' });
    $self->is_($r->code, 200, 'the next person logs in with the same browser');
    $self->all_see($person, 'carol, Carol', '... and is seen');
    return;
}

# What reaches Redis while a cookie is sent that is not the person's.
sub asked {
    my ($self, $cookie) = @_;
    my ($host) = @{ $self->{hosts} };
    my $r;
    my @commands = $self->{redis}->commands_during(sub {
        $r = SHS::HTTP::request(port => $host->port, path => '/private/lua',
                                cookie => $cookie) });
    (my $words = $cookie) =~ s/(=.{12}).*?(.{12})$/$1...$2/;
    # Not those of the tracker and of the application.
    return ($r->code, $words, grep { $_->[1] =~ /^(?:GET|HGETALL|HMGET)$/ } @commands);
}

# Cookies that are none: Redis is not asked. Of some the form cannot tell.
sub forges {
    my ($self) = @_;
    my $person = $self->login;
    $self->all_see($person, octets("alice, $alice"), 'another login');
    for my $cookie ($self->{forged}->($person->cookies)) {
        my ($code, $words, @asked) = $self->asked($cookie);
        $self->is_($code, 401, "refused: $words");
        $self->is_(join('; ', map { substr "@$_", 0, 80 } @asked), '', '... without Redis');
    }
    for my $cookie ($self->{unknown} ? $self->{unknown}->($person->cookies) : ()) {
        my ($code, $words, @asked) = $self->asked($cookie);
        $self->is_($code, 401, "refused: $words");
        $self->is_(join('; ', grep { $_ !~ $self->{key} } map { $_->[2] } @asked), '',
                   '... and no other kind of key is asked for');
    }
    return;
}

sub looks_at_logs {
    my ($self) = @_;
    $self->is_(join("\n", $self->{app}->bad_lines), '', "the application's log is clean");
    for my $host (@{ $self->{hosts} }) {
        my @lines = $host->logged(qr/:(?:error|crit|alert|emerg|warn)\]/);
        my $expected = $self->{logged};
        $self->is_(join("\n", grep { !$expected || $_ !~ $expected } @lines), '',
                   "httpd's log is clean");
        ok(scalar(grep { $_ =~ $expected } @lines), '... but for what is expected')
            if $expected;
    }
    return;
}

1;
