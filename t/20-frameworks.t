# Sessions that frameworks wrote, captured from running applications: with one line
# of configuration each is found, and is what the application says it is; its end is
# the one that the framework keeps; what cannot be read costs no other attribute; and
# places that read different attributes see their own.
# The same with every MPM.
use strict;
use warnings;

use JSON::PP ();
use SHS;
use SHS::Framework;
use Time::HiRes ();

my $store = SHS::Redis->start;
my $json = JSON::PP->new->canonical;
my $httpd = frameworks_httpd($store, places => <<'CONF');
SharedSessionUser %USER%
SharedSessionNote session.* *
SharedSessionNote ttl @ttl
SharedSessionNote deep nested.a[1]
SharedSessionNote name.bean scopedTarget.userInfo.userNm
SharedSessionNote name.quoted ['scopedTarget.userInfo'].userNm
SharedSessionNote name.vo loginVO.userNm
SharedSessionNote principal SPRING_SECURITY_CONTEXT.authentication.principal.username
SharedSessionEnv SESSION_* *
SharedSessionHeader X-User %USER%
SharedSessionHeader X-Session-* * encoding=base64
Header set X-Expression "expr=%{session:%USER%}"
LogFormat "%v %u" user
CustomLog logs/user user
<Location /session>
    SetHandler shared-session
</Location>
<Location /alice>
    AuthType SharedSession
    Require shared-session %USER% alice
</Location>
<Location /bob>
    AuthType SharedSession
    Require shared-session %USER% bob
</Location>
<Location /admin>
    AuthType SharedSession
    Require shared-session SPRING_SECURITY_CONTEXT.authentication.authorities[*].role ROLE_ADMIN
    Require shared-session SPRING_SECURITY_CONTEXT.authentication.authorities[*].authority ROLE_ADMIN
</Location>
<Location /root>
    AuthType SharedSession
    Require shared-session SPRING_SECURITY_CONTEXT.authentication.authorities[*].role ROLE_ROOT
    Require shared-session SPRING_SECURITY_CONTEXT.authentication.authorities[*].authority ROLE_ROOT
</Location>
<Location /chosen>
    Require expr "session('%USER%') == 'alice' && 'alice' -in session_values('%USER%')"
</Location>
CONF

sub at { my ($s, $path) = @_; return $httpd->get($path // '/x/lua', $s->client) }
sub octets { my ($text) = @_; utf8::encode($text); return $text }

# --- what the application says ------------------------------------------------------

cmp_ok(scalar(captures()), '>=', 25, 'there are captures');
for my $name (captures()) {
    subtest $name => sub {
        my $s = framework($name);
        is(at($s)->note('SHARED_SESSION'), 'absent', 'not there yet');
        $s->put($store);
        my $r = at($s);
        is($r->note('SHARED_SESSION'), 'found', 'found') or return;
        is($r->env('SHARED_SESSION'), 'found', '... in the environment');
        my %is = %{ $s->decoded };
        my @names = $s->names;
        is_deeply([grep { /^session\./ } $r->names('note')], [map { "session.$_" } @names],
                  'notes: exactly its attributes');
        is_deeply([grep { /^SESSION_/ } $r->names('env')],
                  [sort map { 'SESSION_' . s/[^A-Za-z0-9]/_/gr } @names], 'environment: the same');
        for my $attribute (sort keys %is) {
            my $value = $is{$attribute};
            my $note = $r->note("session.$attribute");
            is($r->env('SESSION_' . $attribute =~ s/[^A-Za-z0-9]/_/gr), $note,
               "$attribute: the same in the environment");
            if (ref $value && !JSON::PP::is_bool($value)) {
                same_json($note, $value, "$attribute: as JSON");
            }
            else {
                is($note, JSON::PP::is_bool($value) ? ($value ? 'true' : 'false') : octets($value),
                   $attribute);
            }
        }
        my $user = $s->user;
        is($r->note('name.bean'), octets($is{'scopedTarget.userInfo'}{userNm}), 'a member of a bean')
            if $is{'scopedTarget.userInfo'};
        is($r->note('name.quoted'), $r->note('name.bean'), '... whose name is quoted');
        is($r->note('name.vo'), octets($is{loginVO}{userNm}), 'a member of an object') if $is{loginVO};
        is($r->note('deep'), 2, 'an element of a list in a map') if $is{nested};
        is($r->hdr('X-User'), $is{$user}, 'a header');
        is(at($s, '/x/cgi')->env('REMOTE_USER'), $is{$user}, 'the user of the request');
        is($r->header('X-Expression'), $is{$user}, 'an expression');
        my $left = $r->note('ttl');
        # Some keys live longer than the session.
        within($left // -1, $s->left / 1000 - 5, $s->left / 1000, '@ttl') if defined $s->ttl;
        is(join(' ', map { at($s, "/$_/lua")->code } qw(alice bob chosen)), '200 403 200',
           'Require tells users apart');

        if (grep { $_ eq 'SPRING_SECURITY_CONTEXT' } @names) {
            is($r->note('principal'), 'alice', 'the principal of Spring Security');
            is(join(' ', map { at($s, "/$_/lua")->code } qw(admin root)), '200 403', '... and the roles');
        }

        $r = at($s, '/session');
        is($r->code, 200, 'the resource');
        my $all = JSON::PP->new->utf8->decode($r->body);
        is_deeply([sort map { octets($_) } keys %$all], \@names, '... has exactly its attributes');
        is(octets($json->encode({ map { $_ => $all->{$_} } keys %is })), octets($json->encode(\%is)),
           '... as the application has them: texts, numbers, booleans, lists and maps');
        $s->client_of($store)->cmd('DEL', $s->key);
    };
}
like(SHS::slurp($httpd->root . '/logs/user'), qr/^express\.test alice$/m, '%u is the user');

# --- when it is over --------------------------------------------------------------------

# The status of a session of which something was changed before it was stored.
sub status_of {
    my ($name, $change, %more) = @_;
    my $put = delete $more{put};
    my $s = framework($name, fresh => 1, %more);
    # As it is, it is found: so it is the change that ends it.
    $change->($s) if $change;
    $s->put($store, %{ $put || {} });
    my $status = at($s)->note('SHARED_SESSION');
    my @names = grep { /^session\./ } at($s)->names('note');
    $status .= ' with attributes' if $status ne 'found' && @names;
    $status .= ', and a user' if $status ne 'found' && at($s, '/alice/lua')->code != 401;
    return $status;
}
sub ago { my ($s) = @_; return int(1000 * (Time::HiRes::time() - $s)) }
my %there = (put => { ttl => 600_000 });

# A hash of Spring Session stays for up to 5 minutes after its end.
for my $name (captures(qr/^spring/)) {
    my $is = sub {
        my ($wanted, $words, $change, %more) = @_;
        local $Test::Builder::Level = $Test::Builder::Level + 1;
        return is(status_of($name, $change, %there, %more), $wanted, "$name: $words");
    };
    $is->('found', 'unused for a while', undef, used => ago(1790));
    $is->('absent', 'unused for too long, and the key is there', undef, used => ago(1801));
    $is->('absent', 'a timeout of 0: logged out', undef, idle => 0);
    $is->('found', 'a negative timeout: never over', undef, idle => -1, used => ago(1e8));
    $is->('found', '... whatever it is', undef, idle => -1800, used => ago(1e8));
    $is->('found', 'without an expiry of the key', undef, put => { ttl => undef });
    $is->('malformed', 'the remainder of a session that was written after its end', sub {
        %{ $_[0]->fields } = (lastAccessedTime => $_[0]->fields->{lastAccessedTime}) });
    for my $field (qw(creationTime lastAccessedTime maxInactiveInterval)) {
        $is->('malformed', "without $field", sub { delete $_[0]->fields->{$field} });
        $is->('malformed', "$field is empty", sub { $_[0]->fields->{$field} = '' });
        $is->('malformed', "$field is a text", sub { $_[0]->fields->{$field} = "\xac\xed\0\5t\0\1x" });
    }
    $is->('malformed', 'lastAccessedTime is cut off', sub {
        $_[0]->fields->{lastAccessedTime} =~ s/.\z//s }) if $name =~ /jdk/;
}
for my $name (captures(qr/^koa/)) {
    is(status_of($name, undef, %there, used => ago(86_500)), 'absent', "$name: after _expire, and the key is there");
    is(status_of($name, undef, %there, idle => 1800, used => ago(1790)), 'found', '... before it');
    is(status_of($name, sub { $_[0]{value} =~ s/"_expire":\d+,"_maxAge":\d+/"_session":true/ }, %there),
       'found', '... for as long as the browser is open');
}
for my $name (captures(qr/^fastify/)) {
    is(status_of($name, undef, %there, used => ago(86_500)), 'absent', "$name: after cookie.expires, and the key is there");
    is(status_of($name, undef, %there, idle => 1800, used => ago(1790)), 'found', '... before it');
    is(status_of($name, sub { $_[0]{value} =~ s/"expires":"[^"]+"/"expires":null/ }, %there), 'found', '... without one');
    is(status_of($name, sub { $_[0]{value} =~ s/"expires":"[^"]+"/"expires":"soon"/ }, %there), 'malformed',
       '... with one that is not a time');
}
for my $name (captures(qr/^express/)) {
    is(status_of($name, undef, %there, idle => 60, used => ago(86_500)), 'found',
       "$name: cookie.expires was not written again, the key counts");
}
for my $name (captures(qr/^lemonldap/)) {
    is(status_of($name, undef, used => ago(72_010)), 'absent', "$name: _utime and the timeout are over");
    is(status_of($name, undef, used => ago(71_900)), 'found', '... not yet');
    is(status_of($name, sub { $_[0]{value} =~ s/"SSO"/"Persistent"/ }), 'malformed', '... a record of another kind');
    is(status_of($name, sub { $_[0]{value} =~ s/"_utime":\d+,// }), 'malformed', '... without _utime');
}
for my $name (captures(qr/^redisson/)) {
    my $is = sub {
        my ($wanted, $words, $change, %more) = @_;
        local $Test::Builder::Level = $Test::Builder::Level + 1;
        return like(status_of($name, $change, %there, %more), qr/^(?:$wanted)$/, "$name: $words");
    };
    my $as = sub { my ($name, $like) = @_; return sub { my $is = $_[0]->fields;
                   $is->{"session:$name"} = $is->{"session:$like"} } };
    $is->('found', 'unused for a while', undef, used => ago(1790));
    $is->('absent', 'unused for too long, and the key is there', undef, used => ago(1801));
    $is->('found', 'never over', undef, idle => -1, used => ago(1e8));
    $is->('absent|malformed', 'not valid', $as->('isValid', 'isNew'));
    $is->('absent|malformed', 'locked by a logout', $as->('isExpirationLocked', 'isValid'));
    $is->('found', '... not locked', $as->('isExpirationLocked', 'isNew'));
    for my $field (qw(isValid creationTime maxInactiveInterval)) {
        $is->('absent|malformed', "without $field", sub { delete $_[0]->fields->{"session:$field"} });
    }
    $is->('absent', 'what the application writes after a logout here', sub {
        my $is = $_[0]->fields;
        delete $is->{$_} for grep { !/AccessedTime/ } keys %$is });
}
for my $name (captures(qr/^tomcat/)) {
    is(status_of($name, sub { $_[0]{value} = 'null' }), 'absent', "$name: reserved, not begun");
    # Of the two Booleans, the second is whether it is valid.
    is(status_of($name, sub { $_[0]{value} =~ s/(java\.lang\.Boolean.{14}valuexp)(.)(sq.{4})\x01/$1$2$3\0/s
                                  or die 'no Boolean' }), 'absent', '... not valid');
}

done_testing;
