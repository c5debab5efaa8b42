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

for my $codec (qw(Kryo5Codec JsonJacksonCodec SerializationCodec)) {
    story("Redisson, $codec", kept => 1, app => ['tomcat', codec => $codec],
          profile => 'redisson', name => 'userNm', forged => \&forged);
}
done_testing;
