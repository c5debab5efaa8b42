# SPDX-License-Identifier: Apache-2.0
#
# Sessions of frameworks without the frameworks: those that t/fixtures/frameworks.json
# has, as if they were in use now. What stands here follows the frameworks, not this
# module: how a time is stored, how a cookie is signed, which keys belong together.
#
#   my $s = framework('express', idle => 60);    a capture by its name
#   $s->put($store)                               into its database of that Redis
#   $httpd->get('/x/lua', $s->client)             its host and its cookies
#
# framework(NAME, used => ms since 1970 (now), idle => seconds (as captured),
#           fresh => 1: a new id, as the framework makes it and signs it)
#
# start_frameworks($store, conf => ..., places => ...) is an httpd with a virtual host
# for each profile that a capture has. Each has a database of its own, so that no key
# of one profile can be that of another.

package SHS::Framework;

use strict;
use warnings;

use Digest::SHA qw(hmac_sha1 hmac_sha256);
use Exporter qw(import);
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64 encode_base64url);
use POSIX qw(strftime);
use Time::HiRes qw(time);

use SHS;

our @EXPORT = qw(captures framework framework_hosts frameworks_httpd number_like number_of protect
                 same_json unquoted);

my $json = JSON::PP->new->canonical->allow_nonref;
my @all = @{ JSON::PP->new->utf8->decode(
    SHS::Httpd::slurp("$ENV{SHS_TMP}/t/fixtures/frameworks.json")) };
my %capture = map { $_->{capture} => $_ } @all;

# The attribute that is the user, and the path to the user's name.
my %user = (lemonldap => 'uid');

# The names of all captures, or of those that match.
sub captures {
    my ($pattern) = @_;
    return grep { !$pattern || $_ =~ $pattern } map { $_->{capture} } @all;
}

sub framework {
    my ($name, %want) = @_;
    my $is = $capture{$name} or die "no capture $name\n";
    my $self = bless { %$is, now => $want{used} // int(time * 1000) }, __PACKAGE__;
    ($self->{kind}) = $self->{profile} =~ /^(\w+)/;
    $self->{idle} = $want{idle} // $is->{idle_s};
    utf8::encode($self->{secret}) if defined $self->{secret};
    $self->{fields} = { map { octets($_) => decode_base64($is->{fields_base64}{$_}) }
                        keys %{ $is->{fields_base64} } } if $is->{fields_base64};
    $self->{value} = decode_base64($is->{value_base64}) if defined $is->{value_base64};
    $self->{keys} = [map { { %$_, members => [map { decode_base64($_) }
                                              @{ $_->{members_base64} || [] }] } }
                     @{ $is->{companions} }];
    # Some were captured without it.
    push @{ $self->{keys} }, { redis_key => $self->shadow, members => [] }
        if $self->{profile} =~ /indexed/ && !$self->companion(qr/:expires:/);
    ($self->{id}) = $is->{redis_key} =~ /([^:]*)$/;
    $self->take_id($want{id} // new_id($self->{id})) if $want{fresh} || $want{id};
    $self->move;
    return $self;
}

sub octets { my ($text) = @_; utf8::encode($text); return $text }

# ---------------------------------------------------------------------- its name

sub kind   { return $_[0]{kind} }
sub id     { return $_[0]{id} }
sub key    { return $_[0]{redis_key} }
sub fields { return $_[0]{fields} }
sub value  { return $_[0]{value} }
sub idle   { return $_[0]{idle} }
sub user   { return $user{ $_[0]{kind} } // 'userId' }

# The keys that Spring Session's indexed repository has besides the hash.
sub shadow { my ($self) = @_; return $self->key =~ s/sessions:\K/expires:/r }
sub expirations { return ($_[0]->companion(qr/:expirations:/) // {})->{redis_key} }
sub principal_index { return ($_[0]->companion(qr/:index:/) // {})->{redis_key} }
sub companion { my ($self, $like) = @_; return (grep { $_->{redis_key} =~ $like } @{ $self->{keys} })[0] }

# An id of the same form that no other test uses.
sub new_id {
    my ($id) = @_;
    my ($head, $route) = $id =~ /^([^.]*)(.*)$/;
    return join '', 'SeCrEt', map { ('A' .. 'Z', 'a' .. 'z', 0 .. 9)[rand 62] } 7 .. length $id
        if $head !~ /^[0-9A-Fa-f-]+$/;
    my @digits = $head =~ /[A-F]/ ? (0 .. 9, 'A' .. 'F') : (0 .. 9, 'a' .. 'f');
    $head =~ s/[0-9A-Fa-f]/$digits[rand 16]/ge;
    return "$head$route";
}

# It has the same length: then it is the id wherever the old one is.
sub take_id {
    my ($self, $id) = @_;
    my $old = quotemeta $self->{id};
    my $cut = sub { defined $_ and s/$old/$id/g for @_ };
    $cut->($self->{redis_key}, $self->{value}, values %{ $self->{fields} || {} });
    $cut->($_->{redis_key}, @{ $_->{members} }) for @{ $self->{keys} };
    $self->{id} = $id;
    $self->{cookie} = $self->make_cookies($self->{secret});
    return;
}

sub base64 { my ($octets) = @_; return encode_base64($octets, '') =~ s/=+$//r }

sub percent { my ($text) = @_; return $text =~ s{([^A-Za-z0-9_.!~*'()-])}{sprintf '%%%02X', ord $1}ger }

# The cookies with which the framework would send it; signed with that secret.
sub make_cookies {
    my ($self, $secret) = @_;
    my $name = $self->{cookie}[0]{name};
    my ($id, $kind) = @$self{qw(id kind)};
    my $signed = defined $secret && "$id." . base64(hmac_sha256($id, $secret));
    return [{ name => $name, value => $id },
            { name => "$name.sig", value => encode_base64url(hmac_sha1("$name=$id", $secret)) }]
        if $kind eq 'koa';
    return [{ name => $name, value => $kind eq 'express' ? percent("s:$signed")
              : $kind eq 'fastify' ? percent($signed)
              : $kind eq 'spring' ? encode_base64($id, '') : $id }];
}

# The Cookie header.
sub cookie {
    my ($self) = @_;
    return join '; ', map { "$_->{name}=$_->{value}" } @{ $self->{cookie} };
}

# -------------------------------------------------------------- times and numbers

# A number as the octets of a value of the same kind: Java's serialization, JSON with
# or without a class, Kryo.
sub number_like {
    my ($sample, $number) = @_;
    return substr($sample, 0, -8) . pack 'q>', $number if $sample =~ /^\xac\xed.*java\.lang\.Long/s;
    return substr($sample, 0, -4) . pack 'l>', $number if $sample =~ /^\xac\xed.*java\.lang\.Integer/s;
    return $sample =~ s/-?\d+\]$/$number]/r if $sample =~ /^\[/;
    return $number if $sample =~ /^-?\d+$/;
    my $zigzag = $number < 0 ? -2 * $number - 1 : 2 * $number;
    my $varint = '';
    while ($zigzag > 127) {
        $varint .= chr($zigzag & 127 | 128);
        $zigzag >>= 7;
    }
    return substr($sample, 0, 1) . $varint . chr $zigzag;
}

# The number that such octets are; undef: none.
sub number_of {
    my ($octets) = @_;
    return unpack 'q>', substr $octets, -8 if $octets =~ /^\xac\xed.*java\.lang\.Long/s;
    return unpack 'l>', substr $octets, -4 if $octets =~ /^\xac\xed.*java\.lang\.Integer/s;
    return 0 + $1 if $octets =~ /^(?:\["java\.lang\.Long",)?(-?\d+)\]?$/;
    return undef if $octets !~ /^[\x02\x09]/;
    my ($zigzag, $shift) = (0, 0);
    for my $octet (unpack 'x C*', $octets) {
        $zigzag |= ($octet & 127) << $shift;
        $shift += 7;
    }
    return $zigzag & 1 ? -(($zigzag + 1) >> 1) : $zigzag >> 1;
}

sub set_number {
    my ($self, $field, $number) = @_;
    $self->{fields}{$field} = number_like($self->{fields}{$field}, $number);
    return;
}

# As if it had been used at `now`, for the idle timeout that it has.
sub move {
    my ($self) = @_;
    my ($now, $idle) = @$self{qw(now idle)};
    my $end = $now + 1000 * ($idle // 0);
    if ($self->{fields}) {
        my $of = $self->{kind} eq 'redisson' ? 'session:' : '';
        $self->set_number("$of$_", $now)
            for grep { exists $self->{fields}{"$of$_"} } qw(creationTime lastAccessedTime thisAccessedTime);
        $self->set_number("${of}maxInactiveInterval", $idle);
    }
    for ($self->{value} // ()) {
        my $iso = strftime('%Y-%m-%dT%H:%M:%S', gmtime $end / 1000) . sprintf '.%03dZ', $end % 1000;
        my $ms = 1000 * ($idle // 0);
        if ($idle) {
            s/"originalMaxAge":\K(?:null|\d+)/$ms/;
            s/"(?:expires|originalExpires)":\K(?:null|"[^"]*")/"$iso"/g;
        }
        s/"_expire":\K\d+/$end/;
        s/"_maxAge":\K\d+/$ms/;
        my $s = int($now / 1000);
        s/"(?:_utime|_lastSeen)":\K\d+/$s/g;
        s/(java\.lang\.Integer.{8}\x02\x00\x01I\x00\x05valuexq.{4})..../$1 . pack 'l>', $idle/se
            if $self->{kind} eq 'tomcat';
    }
    my $minute = 60_000 * (1 + int($end / 60_000));
    $_->{redis_key} =~ s/(:expirations:)\d+$/$1$minute/ for @{ $self->{keys} };
    return;
}

# The time to live that the framework would give the key, in ms; undef: none.
sub ttl {
    my ($self) = @_;
    my ($kind, $idle) = @$self{qw(kind idle)};
    return undef if $kind eq 'lemonldap' || defined $idle && $idle < 0;
    my $more = $self->{profile} =~ /indexed/ ? 300 : $kind eq 'koa' ? 10 : $kind eq 'redisson' ? 60 : 0;
    return $self->left + 1000 * $more;
}

# How long it may be unused from here, in ms.
sub left {
    my ($self) = @_;
    return int($self->{now} + 1000 * ($self->{idle} // 86_400) - 1000 * time);
}

# ------------------------------------------------------------------------ in Redis

my %database;
for my $profile (map { $_->{profile} } @all) {
    $database{$profile} //= scalar keys %database;
}

# The client of its database of that Redis.
sub client_of {
    my ($self, $store) = @_;
    my $n = $database{ $self->{profile} };
    return $store->{"db$n"} //= SHS::Redis::Client->new(port => $store->port, db => $n);
}

# put($store): writes it, with all keys that belong to it. ttl => ms or undef: other
# than the framework's own; client => instead of its database.
sub put {
    my ($self, $store, %want) = @_;
    my $redis = $want{client} // $self->client_of($store);
    $redis->cmd('DEL', $self->key);
    $self->{fields} ? $redis->cmd('HSET', $self->key, %{ $self->{fields} })
                    : $redis->cmd('SET', $self->key, $self->{value});
    my $ttl = exists $want{ttl} ? $want{ttl} : $self->ttl;
    $redis->cmd('PEXPIRE', $self->key, $ttl) if defined $ttl;
    for my $other (@{ $self->{keys} }) {
        my ($key, @members) = ($other->{redis_key}, @{ $other->{members} });
        @members ? $redis->cmd('SADD', $key, @members) : $redis->cmd('SET', $key, '');
        $redis->cmd('PEXPIRE', $key, $self->left) if !@members && $self->{idle} > 0;
    }
    return $self;
}

# --------------------------------------------------------------- what is expected

# The attributes that the application has set: { name => value }.
sub decoded { return $_[0]{decoded} }

# The names of all attributes, and of those that only Java could read (opaque).
sub names {
    my ($self) = @_;
    my $kind = $self->{kind};
    return sort map { octets($_) } keys %{ $self->{decoded} } if $kind eq 'tomcat';
    return sort map { octets($_) } grep { !/^(?:_session_(?:id|kind)|_utime|cookie|_expire|_maxAge)$/ }
        keys %{ $json->decode(do { utf8::decode(my $text = $self->{value}); $text }) } if !$self->{fields};
    my %is = %{ $self->{fields} };
    my $of = $kind eq 'spring' ? qr/^sessionAttr:(.+)$/s : qr/^(?!session:)(.+)$/s;
    # An object of Kryo: its fields have no names.
    return sort map { $_ =~ $of ? $1 : () }
        grep { length $is{$_} && !($kind eq 'redisson' && $is{$_} =~ /^\x01/) } keys %is;
}

# The same value, as JSON: { name => value } or one value against a text.
sub same_json {
    my ($text, $value, $words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    utf8::decode($text //= 'null');
    my $is = eval { $json->decode($text) };
    return is(octets($json->encode($is)), octets($json->encode($value)), $words);
}

# ------------------------------------------------------------------------- httpd

# The name of the virtual host of its profile, and a request as its browser makes it.
sub host { return host_of($_[0]{profile}) }
sub host_of { return ($_[0] =~ s/[^a-z]+/-/gr =~ s/-$//r) . '.test' }
sub client { return (host => $_[0]->host, cookie => $_[0]->cookie) }

my %is_signed = map { $_ => 1 } qw(express fastify koa);

# ({ file => text }, the virtual hosts): for each profile, its one line. `only`: a
# pattern of profiles; port => instead of that Redis'; store => options; places => text of each host, with %USER% for its user's attribute.
sub framework_hosts {
    my ($store, %want) = @_;
    my (%files, $conf);
    for my $profile (sort keys %database) {
        next if $want{only} && $profile !~ $want{only};
        my ($kind, $options) = $profile =~ /^(\w+)(.*)$/;
        my $file = "secrets/$kind";
        my $line = "SharedSessionProfile $kind" . ($is_signed{$kind} ? " secret-file=$file" : '') . $options;
        my $user = $user{$kind} // 'userId';
        my %secrets = map { octets($_->{secret} // '') => 1 } grep { $_->{profile} =~ /^$kind\b/ } @all;
        $files{$file} = join "\n", '# the newest signs', 'SeCrEt-of-tomorrow', '', sort(keys %secrets), '';
        my $places = ($want{places} // '') =~ s/%USER%/$user/gr;
        my $options_of = $want{store} // 'timeout=2s';
        $conf .= <<"CONF";
<VirtualHost *:\${SHS_PORT}>
    ServerName @{[host_of($profile)]}
    SharedSessionStore redis://127.0.0.1:@{[$want{port} // $store->port]}/$database{$profile} $options_of
    SharedSession On
    $line
$places
</VirtualHost>
CONF
    }
    return (\%files, $conf);
}

# An httpd with these virtual hosts. %want: those of SHS::Httpd->start, and of
# framework_hosts.
sub frameworks_httpd {
    my ($store, %want) = @_;
    my ($files, $hosts) = framework_hosts($store, %want);
    my $httpd = SHS::Httpd->new(%want, files => { %$files, %{ $want{files} || {} } },
                                conf => ($want{conf} // '') . $hosts);
    protect($httpd, keys %$files);
    $httpd->run;
    return $httpd;
}

# Makes files of that httpd as secrets should be: for it and its children alone.
sub protect {
    my ($httpd, @names) = @_;
    my $group = (getgrnam 'nogroup')[2];
    for my $path (map { $httpd->root . "/$_" } @names) {
        chown 0, $group, $path if $> == 0;
        chmod 0640, $path;
    }
    return;
}

# The octets of a word of MONITOR.
sub unquoted {
    my ($word) = @_;
    my %is = (n => "\n", r => "\r", t => "\t", a => "\a", b => "\b");
    return $word =~ s{\\(?:x([0-9a-f]{2})|(.))}{defined $1 ? chr hex $1 : $is{$2} // $2}ger;
}

1;
