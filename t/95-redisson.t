# A real Tomcat with Redisson's session manager, with each codec.
# A campaign: t/run interop.
# The same with every MPM.
use strict;
use warnings;

use SHS;
use SHS::Interop;

sub forged {
    my ($cookies) = @_;
    my $id = $cookies->{JSESSIONID};
    return map { "JSESSIONID=$_" } substr($id, 0, 31) . 'g', "../$id", "x:$id", '';
}

# [codec, manager, what httpd logs, why]
my @cases = (
    ['Kryo5Codec', undef, qr/SHS039.*class/, 'the default, which writes no names of fields'],
    ['JsonJacksonCodec', undef, undef, 'JSON'],
    ['SerializationCodec', undef, undef, "Java's own serialization"],
    ['JsonJacksonCodec', 'readMode="REDIS" updateMode="AFTER_REQUEST" broadcastSessionEvents="true"',
     undef, 'an end that is told to other nodes'],
);
for my $case (@cases) {
    my ($codec, $manager, $logged, $why) = @$case;
    story("Redisson, $codec, $why", kept => 1, logged => $logged,
          app => ['tomcat', codec => $codec, $manager ? (manager => $manager) : ()],
          profile => 'redisson', name => 'userNm', forged => \&forged);
}
done_testing;
