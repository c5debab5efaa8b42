# Real applications of Express, Fastify and Koa.
# A campaign: t/run interop.
# The same with every MPM.
use strict;
use warnings;

use Digest::SHA qw(hmac_sha1_base64 hmac_sha256_base64);
use SHS;
use SHS::Interop;

# Express and Fastify write ID.SIGNATURE into one cookie.
sub forged {
    my ($name) = @_;
    return sub {
        my ($cookies) = @_;
        my $value = $cookies->{$name};
        my ($start, $id, $signature) = $value =~ /^(s%3A)?([^.]+)\.(.*)$/ or die "$value\n";
        $start //= '';
        my $other = ($id =~ s/^(.)//r) . ($id =~ /^A/ ? 'B' : 'A');
        my $foreign = hmac_sha256_base64($id, 'another secret');
        s/([\/+])/sprintf '%%%02X', ord $1/ge for $foreign;
        return map { "$name=$_" } "$start$id", "$start$id.", "$start$other.$signature",
            "$start$id.$foreign", substr($value, 0, -1), $start, '',
            $start ? "$id.$signature" : "s%3A$id.$signature";
    };
}

# Koa has the signature in a cookie of its own.
sub forged_koa {
    my ($cookies) = @_;
    my ($id, $signature) = @$cookies{'koa.sess', 'koa.sess.sig'};
    my $foreign = hmac_sha1_base64("koa.sess=$id", 'another secret');
    $foreign =~ tr{+/}{-_};
    my $other = $id =~ tr/0-9/1-90/r;
    return "koa.sess=$id", "koa.sess=$id; koa.sess.sig=", "koa.sess=$id; koa.sess.sig=$foreign",
        "koa.sess=$other; koa.sess.sig=$signature", 'koa.sess=; koa.sess.sig=';
}

story('Express', kept => 1, app => ['express'], profile => 'express secret-file=%SECRET%',
      name => 'userNm', forged => forged('connect.sid'));
story('Fastify', app => ['fastify'], profile => 'fastify secret-file=%SECRET%', name => 'userNm',
      forged => forged('sessionId'));
story('Koa', app => ['koa'], profile => 'koa secret-file=%SECRET%', name => 'userNm', forged => \&forged_koa);
done_testing;
