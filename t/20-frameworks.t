# Sessions that real frameworks have written (t/fixtures/frameworks.json): what is in
# them, when they are over, what a request and a logout leave in Redis.
# The same with every MPM.
use strict;
use warnings;

use File::Temp qw(tempdir);
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use POSIX qw(strftime);
use SHS;
use Time::HiRes qw(time);
use Time::Local qw(timegm);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $captured = $json->decode(slurp("$ENV{SHS_TMP}/t/fixtures/frameworks.json"));
$captured = [grep { $_->{profile} =~ /express|koa|fastify|lemon/ } @$captured];
my $store = SHS::Redis->start;

# ------------------------------------- a session as if it had been written just now

sub zigzag {
    my ($octets) = @_;
    my ($n, $shift) = (0, 0);
    for (unpack 'C*', $octets) {
        $n |= ($_ & 127) << $shift;
        $shift += 7;
    }
    return $n >> 1;
}

sub varint {
    my ($n) = @_;
    my $octets = '';
    for ($n *= 2; $n > 127; $n >>= 7) {
        $octets .= chr($n & 127 | 128);
    }
    return $octets . chr $n;
}

sub milliseconds {
    my ($y, $mon, $d, $h, $min, $s, $ms) = $_[0] =~ /(\d+)/g;
    return timegm($s, $min, $h, $d, $mon - 1, $y) * 1000 + $ms;
}

sub iso {
    my ($ms) = @_;
    return strftime('%Y-%m-%dT%H:%M:%S', gmtime int $ms / 1000) . sprintf '.%03dZ', $ms % 1000;
}

# The octets with all times of the session moved by so many milliseconds. A time is
# a number between its login and its end, in whatever form.
sub moved {
    my ($octets, $session, $by) = @_;
    my ($from, $to) = ($session->{begun_ms}, $session->{captured_ms}) or return $octets;
    return $octets if !$from;
    $to += $session->{idle_s} * 1000;
    my $is = sub { $_[0] >= $from - 1000 && $_[0] <= $to };
    if ($octets =~ /^\xac\xed/) {       # Java: 64 bits
        $octets =~ s/(\0\0\x01[\x90-\xff].{4})/
            my $t = unpack 'q>', $1; $is->($t) ? pack 'q>', $t + $by : $1/gsex;
    }
    elsif ($octets =~ /^\x09([\x80-\xff]+[\0-\x7f])\z/) {  # Kryo: a Long
        $octets = "\x09" . varint(zigzag($1) + $by) if $is->(zigzag($1));
    }
    else {                              # JSON
        $octets =~ s/(?<!\d)(\d{13})(?!\d)/$is->($1) ? $1 + $by : $1/ge;
        $octets =~ s/(?<!\d)(\d{10})(?!\d)/$is->($1 * 1000) ? int $1 + $by \/ 1000 : $1/ge;
        $octets =~ s/(\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z)/iso(milliseconds($1) + $by)/ge;
    }
    return $octets;
}

# Stores a session that was used so many seconds ago; ttl => ms of its key.
sub put {
    my ($session, $ago, %is) = @_;
    $store->cmd('FLUSHALL');
    my $by = int((time - $ago) * 1000 - ($session->{captured_ms} // 0));
    for my $key ($session, @{ $session->{companions} }) {
        my $name = $key->{redis_key};
        if ($key->{fields_base64}) {
            my $fields = $key->{fields_base64};
            $store->cmd('HSET', $name, map { ($_ => moved(decode_base64($fields->{$_}),
                $session, $by)) } sort keys %$fields);
        }
        elsif ($key->{members_base64}) {
            $store->cmd('SADD', $name, map { decode_base64($_) } @{ $key->{members_base64} });
        }
        else {
            $store->cmd('SET', $name, moved(decode_base64($key->{value_base64}), $session, $by));
        }
        my $ttl = $key == $session && $is{ttl} || $key->{ttl_ms} || 1_800_000;
        $store->cmd('PEXPIRE', $name, $ttl) if $ttl > 0;
    }
    return;
}

# What a key holds, whatever its type.
sub content {
    my ($key) = @_;
    my $type = $store->cmd('TYPE', $key);
    return join ' ', $type eq 'hash' ? do { my %is = $store->hash($key);
                                            map { "$_=$is{$_}" } sort keys %is }
        : $type eq 'string' ? $store->cmd('GET', $key)
        : $type eq 'set' ? sort @{ $store->cmd('SMEMBERS', $key) } : $type;
}

# --------------------------------------------------------------------- the server

my $secrets = tempdir('secrets-XXXXXX', DIR => $ENV{SHS_TMP});
my @places;
for my $n (0 .. $#$captured) {
    my $session = $captured->[$n];
    my $profile = $session->{profile};
    if (defined $session->{secret}) {
        open my $out, '>:utf8', "$secrets/$n" or die $!;
        print $out "$session->{secret}\n";
        close $out;
        chmod 0600, "$secrets/$n";
        $profile .= " secret-file=$secrets/$n";
    }
    $profile .= " cookie=$session->{cookie}[0]{name}" if $session->{earlier};
    $places[$n] = <<"CONF";
<Location /$n>
    SharedSession On
    SharedSessionProfile $profile
    SetHandler shared-session
</Location>
CONF
}
my $httpd = private_httpd(conf => <<"CONF");
SharedSessionStore redis://127.0.0.1:@{[$store->port]} timeout=5s
@{[join '', @places]}
CONF

my @write = (method => 'PATCH', body => '{"userId":"root"}',
             headers => [['Content-Type', 'application/merge-patch+json']]);
for my $n (0 .. $#$captured) {
    my $session = $captured->[$n];
    my ($label, $key, $idle) = @$session{qw(capture redis_key idle_s)};
    my $profile = $session->{profile} =~ s/ .*//r;
    my $cookie = join '; ', map { "$_->{name}=$_->{value}" } @{ $session->{cookie} };
    my $ask = sub { $httpd->get("/$n", cookie => $cookie, @_) };

    put($session, 1);
    my $before = content($key);
    my $r = $ask->();
    is($r->code, 200, "$label: the session is found");
    my $is = eval { $json->decode($r->body) } // {};
    for my $name (sort keys %{ $session->{decoded} }) {
        is($json->encode($is->{$name}), $json->encode($session->{decoded}{$name}),
           "$label: $name");
    }
    is($is->{SPRING_SECURITY_CONTEXT}{authentication}{principal}{username}, 'alice',
       "$label: the user of Spring Security")
        if $session->{fields_base64} && $session->{fields_base64}{'sessionAttr:SPRING_SECURITY_CONTEXT'};
    is(join(' ', grep { /^(?:_session.*|_expire|_maxAge|_utime|cookie|session:.*|@.*)$/ }
                  sort keys %$is), '',
       "$label: nothing of the framework's own");
    is(content($key), $before, "$label: a request that comes soon changes nothing");
    is($httpd->get("/$n")->code, 404, "$label: nothing without the cookie");
    is($ask->(@write)->code, 405, "$label: a change is refused");
    is(content($key), $before, "$label: ... and changes nothing");

    # Used long ago, by the time that the session itself has.
    if ($profile =~ /spring|redisson|fastify|koa|lemonldap/) {
        put($session, $idle - 5);
        is($ask->()->code, 200, "$label: used almost an idle timeout ago");
        put($session, $idle + 1);
        is($ask->()->code, 404, "$label: used more than an idle timeout ago");
    }

    # A touch is due.
    put($session, $idle && $profile ne 'lemonldap' ? $idle / 2 : 0, ttl => 900_000);
    $before = content($key);
    my @keys = sort @{ $store->cmd('KEYS', '*') };
    $ask->();
    my $ttl = $store->cmd('PTTL', $key);
    my $seconds = $profile eq 'lemonldap' || !$idle ? 0 : $profile eq 'redisson' ? $idle + 60
        : $session->{profile} =~ /indexed/ ? $idle + 300 : $idle;
    if ($profile =~ /^(?:fastify|koa|lemonldap)$/) {
        is(content($key), $before, "$label: never touched");
        within($ttl / 1000, 890, 900, "$label: ... nor extended");
    }
    elsif ($seconds) {
        within($ttl / 1000, $seconds - 10, $seconds, "$label: touched");
        my $after = content($key);
        is(length $after, length $before, "$label: ... each value keeps its form");
        is($after ne $before ? 1 : 0, $profile =~ /spring|redisson/ ? 1 : 0,
           "$label: ... with the time of the request, where the framework has one");
        is($ask->()->code, 200, "$label: ... and is found");
    }
    is(join(' ', sort @{ $store->cmd('KEYS', '*') }), "@keys", "$label: ... and no key is new");

    put($session, 1);
    is($ask->(method => 'DELETE')->code, 204, "$label: a logout");
    is($ask->()->code, 404, "$label: ... ends the session");
    is($ask->(@write)->code, 405, "$label: ... and none is created");
    my @left = grep { !/expirations/ } @{ $store->cmd('KEYS', '*') };
    is("@left", $session->{profile} =~ /indexed/ ? $key : '', "$label: what is left in Redis");
}
is(join("\n", grep { !/SHS025/ } $httpd->logged(qr/:(?:error|crit)\]/)), '', 'no error is logged');
done_testing;
