# What `httpd -t` says of SharedSessionProfile, SharedSessionExpiry and
# SharedSessionAttributes: errors with the cure, warnings (SHS034 and those of places
# that share a store), and what it accepts in silence.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = 'SharedSessionStore redis://127.0.0.1:6379';
my $httpd = SHS::Httpd->new(near => 1, files => {
    'secret' => "SeCrEt-one\n", 'open' => "SeCrEt-one\n", 'empty' => "# none\n\n",
    'long' => 'SeCrEt' x 3000, 'many' => join('', map { "SeCrEt$_\n" } 1 .. 17) });
my $root = $httpd->root;
chmod 0644, "$root/open";
chmod 0640, map { "$root/$_" } qw(secret empty long many);
my $file = 'secret-file=secret';

sub said {
    my ($conf, $code, $words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $httpd->configure("$store\n$conf");
    my ($is, $said) = $httpd->check;
    is($is, $code, "$words: httpd -t " . ($code ? 'refuses it' : 'accepts it')) || diag $said;
    unlike($said, qr/SeCrEt/, '... without a secret');
    return $said;
}
sub place { my ($lines) = @_; return "<Location /x>\nSharedSession On\n$lines\n</Location>" }

# --- errors ---------------------------------------------------------------------------

my $profiles = 'none, spring, tomcat, redisson, express, fastify, koa, lemonldap';
my @refused = (
    ['SharedSessionProfile django', qr/^SharedSessionProfile: unknown profile 'django'; there are $profiles$/m,
     'an unknown profile'],
    ['SharedSessionProfile', qr/^SharedSessionProfile: a profile is needed: $profiles/m, 'no profile'],
    ['SharedSessionProfile none prefix=x:', qr/^SharedSessionProfile: none has no options/m, 'none with an option'],
    ["SharedSessionProfile express $file colour=red", qr/^SharedSessionProfile: unknown option 'colour'; there are .*prefix=/m,
     'an unknown option'],
    ["SharedSessionProfile express $file prefix", qr/^SharedSessionProfile: .*prefix/m, 'an option without a value'],
    ["SharedSessionProfile express $file prefix=a: prefix=b:", qr/^SharedSessionProfile: prefix= is given twice/m,
     'an option twice'],
    ["SharedSessionProfile express $file namespace=a", qr/^SharedSessionProfile: the profile express has no option namespace=/m,
     "Spring's option"],
    ["SharedSessionProfile express $file repository=indexed", qr/^SharedSessionProfile: the profile express has no option repository=/m,
     '... and the other'],
    ['SharedSessionProfile spring prefix=a:', qr/^SharedSessionProfile: the profile spring has no option prefix=/m,
     'a prefix for Spring'],
    ["SharedSessionProfile spring $file", qr/^SharedSessionProfile: the profile spring has no option secret-file=/m,
     'secrets for Spring'],
    ['SharedSessionProfile tomcat prefix=a:', qr/^SharedSessionProfile: the profile tomcat has no option prefix=/m,
     'a prefix for Tomcat'],
    ['SharedSessionProfile spring timeout=1h', qr/^SharedSessionProfile: the profile spring has no option timeout=/m,
     'a timeout that the session has itself'],
    ["SharedSessionProfile express $file sign=none", qr/^SharedSessionProfile: the profile express has no option sign=/m,
     'Express always signs'],
    ['SharedSessionProfile koa sign=express', qr/^SharedSessionProfile: .*write none/m, "another framework's signature"],
    ['SharedSessionProfile lemonldap timeout=soon', qr/^SharedSessionProfile: .*timeout/m, 'a timeout that is not a time'],
    ['SharedSessionProfile lemonldap timeout=0', qr/^SharedSessionProfile: .*timeout/m, '... of nothing'],
    ['SharedSessionProfile spring namespace=', qr/^SharedSessionProfile: option 'namespace' needs a value/m,
     'an empty namespace'],
    ['SharedSessionProfile spring repository=sorted', qr/^SharedSessionProfile: .*write default or indexed/m,
     'an unknown repository'],
    ["SharedSessionProfile express $file cookie=", qr/^SharedSessionProfile: .*cookie/m, 'an empty name of the cookie'],
    ["SharedSessionProfile express $file cookie=a;b", qr/^SharedSessionProfile: .*cookie/mi, 'a name that no cookie has'],
    (map { ["SharedSessionProfile $_", qr/^SharedSessionProfile: needs secret-file=PATH.*one in each line/m, "$_ without its secrets"] }
         qw(express fastify koa)),
    ['SharedSessionProfile express secret-file=', qr/^SharedSessionProfile: option 'secret-file' needs a value/m, 'no path'],
    ['SharedSessionProfile express secret-file=missing', qr/^SharedSessionProfile: .*\Q$root\E\/missing.*(?:No such file|cannot be read)/m,
     'a file of secrets that is not there'],
    ['SharedSessionProfile express secret-file=logs', qr/^SharedSessionProfile: .*not a regular file/m, 'a folder'],
    ['SharedSessionProfile express secret-file=empty', qr/^SharedSessionProfile: .*has no secret: write each/m, 'a file without a secret'],
    ['SharedSessionProfile express secret-file=long', qr/^SharedSessionProfile: .*longer than 16384 octets/m, 'a file that is too long'],
    ['SharedSessionProfile express secret-file=many', qr/^SharedSessionProfile: .*more than 16 secrets/m, 'too many secrets'],
    ["SharedSessionProfile spring\nSharedSessionProfile tomcat", qr/^SharedSessionProfile: is configured twice in this place: keep one/m,
     'two profiles in one place'],
    ["SharedSessionProfile spring\nSharedSessionProfile spring", qr/^SharedSessionProfile: is configured twice/m, '... the same twice'],
    ["SharedSessionProfile express $file\nSharedSessionCookie sid decode=base64", qr/^SharedSessionCookie: decode=base64 beside sign=/m,
     "a cookie's option that the profile excludes"],
    (map { ["SharedSessionProfile $_->[0]\nSharedSessionCookie $_->[1] id-chars=:",
            qr/^SharedSessionCookie: id-chars= does not apply to the ids of this profile: remove it/m, "other characters, $_->[0]"] }
         ['koa sign=none', 'koa.sess'], ['lemonldap', 'lemonldap'], ['tomcat', 'JSESSIONID'], ['redisson', 'JSESSIONID']),
    ['SharedSessionExpiry soon', qr/^SharedSessionExpiry: unknown rule 'soon'; there are ttl, expire, fixed, spring, spring-indexed, redisson/m,
     'an unknown rule'],
    ['SharedSessionExpiry', qr/^SharedSessionExpiry/m, 'no rule'],
    ['SharedSessionAttributes', qr/^SharedSessionAttributes: .*names of attributes are needed, or all/m, 'no attribute'],
    ['SharedSessionAttributes user.name[0]', qr/^SharedSessionAttributes: .*without a path.*as in userInfo/m, 'a path'],
    ['SharedSessionAttributes login_web_*', qr/^SharedSessionAttributes: .*without a path and without \*/m, 'a beginning of a name'],
    ['SharedSessionAttributes *', qr/^SharedSessionAttributes: .*without \*/m, 'a star'],
    ['SharedSessionFormat php', qr/^SharedSessionFormat: .*hash, json, form, .*spring.*tomcat.*redisson|^SharedSessionFormat: .*express/m,
     'an unknown format, with those that there are'],
);
like(said(place($_->[0]), 1, $_->[2]), $_->[1], "... and says so") for @refused;

# --- warnings ------------------------------------------------------------------------------

my $at = qr/\(\S+:\d+\)/;
my $unsigned = qr/SharedSessionKey sess:%\{id\} $at in the store \S+ is read without a signature of the cookie, and elsewhere with one/;
my @warned = (
    # an expiry rule beside a native format
    ['SharedSessionExpiry expire', qr/SharedSessionExpiry expire is for sessions of a framework, and has no effect on the format hash $at: remove it/,
     'a rule beside hash'],
    ["SharedSessionFormat json\nSharedSessionKey json:%{id}\nSharedSessionExpiry fixed",
     qr/SharedSessionExpiry fixed .*no effect on the format json $at/, '... beside json'],
    ["SharedSessionProfile spring\nSharedSessionFormat hash", qr/SharedSessionExpiry spring .*no effect on the format hash/,
     '... beside hash, which replaces the format of a profile'],
    # a framework's format without a rule
    ['SharedSessionFormat express', qr/sessions of the format express $at are not touched, because SharedSessionExpiry does not say how: add it/,
     "a framework's format alone"],
    ["SharedSessionProfile express $file\nSharedSessionExpiry ttl", qr/sessions of the format express .*are not touched/,
     '... with the rule of other formats'],
    # attributes beside a native format
    ['SharedSessionAttributes user', qr/SharedSessionAttributes is for sessions of a framework, and has no effect on the format hash $at: remove it/,
     'a list of attributes beside hash'],
    # rules that do not fit
    ["SharedSessionProfile spring repository=indexed\nSharedSessionKey other:%{id}",
     qr/SharedSessionExpiry spring-indexed beside other:%\{id\} $at: .*sessions:/, 'an indexed repository whose keys do not end in sessions:'],
    ["SharedSessionProfile express $file\nSharedSessionExpiry spring", qr/SharedSessionExpiry spring beside sess:%\{id\} $at: /,
     "Spring's rule beside a string"],
    ["SharedSessionProfile express $file\nSharedSessionExpiry redisson", qr/SharedSessionExpiry redisson beside sess:%\{id\} $at: /,
     "Redisson's rule beside a string"],
    # places that share a key
    ["SharedSessionProfile express $file\n</Location>\n<Location /y>\nSharedSession On\nSharedSessionProfile fastify $file",
     qr/SharedSessionKey sess:%\{id\} in the store \S+ is read as (?:express|fastify) .*and as (?:express|fastify)/, 'two formats under one key'],
    # a signature that one of them does not need
    ["SharedSessionProfile express $file\n</Location>\n<Location /y>\nSharedSession On\nSharedSessionProfile express $file\n"
     . 'SharedSessionCookie connect.sid sign=none', $unsigned, 'a signature, and none for the same key'],
    ["SharedSessionProfile express $file\n</Location>\n<Location /x/y>\nSharedSessionCookie connect.sid sign=none", $unsigned,
     '... in a place within'],
    ["SharedSessionCookie connect.sid decode=percent sign=express $file\nSharedSessionKey sess:%{id}\nSharedSessionFormat json\n"
     . "</Location>\n<Location /x/y>\nSharedSessionCookie connect.sid samesite=Strict", $unsigned,
     '... which loses it, because there is no profile'],
    # a native format under a key without a prefix
    ["SharedSessionProfile koa sign=none\nSharedSessionFormat json", qr/the format json $at beside the keys of a framework's profile, which have no prefix: sessions are only read and ended/,
     'a native format beside a profile without a prefix'],
);
for my $row (@warned) {
    my ($lines, $pattern, $words) = @$row;
    my $said = join "\n", grep { /SHS\d+: / } split /\n/, said(place($lines), 0, $words);
    like($said, $pattern, '... with a warning');
    is(scalar(split /\n/, $said), 1, '... and with no other') || diag $said;
}

# --- silence ----------------------------------------------------------------------------------

my $options = "cookie=SID $file";
for my $row ((map { [$_, "the profile $_"] } 'none', 'spring', 'spring repository=default', 'spring repository=indexed',
              'spring namespace=app:session repository=indexed cookie=JSESSIONID', 'tomcat', 'tomcat cookie=SID',
              'redisson', 'redisson prefix=app', "express $options", "express prefix=app: $options",
              "fastify prefix=app: $options", "koa $options", "koa prefix=app: $options", 'koa sign=none',
              'lemonldap', 'lemonldap timeout=8h', 'SPRING REPOSITORY=Indexed'),
             ["spring\nSharedSessionAttributes userInfo SPRING_SECURITY_CONTEXT", 'attributes'],
             ["spring\nSharedSessionAttributes scopedTarget.userInfo", 'a name with a dot'],
             ["spring\nSharedSessionAttributes all", 'all attributes'],
             ["express $file\nSharedSessionExpiry fixed", 'Express with disableTouch'],
             ["spring\nSharedSessionKey app:sessions:%{id}", 'another key'],
             ["spring\nSharedSessionCookie JSESSIONID", 'another cookie'],
             ["spring\nSharedSessionCookie decode=none", 'a cookie of the name that the profile has'],
             ["koa sign=none\nSharedSessionCookie koa.sess route=.", 'a route'],
             ["express $file\nSharedSessionCookie connect.sid id-chars=:", 'other characters, where the key has a prefix'],
             ["express $file\n</Location>\n<Location /x/y>\nSharedSessionCookie connect.sid samesite=Strict",
              'a place within, which inherits the signature']) {
    my $said = said(place("SharedSessionProfile $row->[0]"), 0, $row->[1]);
    is(join("\n", grep { /SHS\d+: / } split /\n/, $said), '', '... in silence');
}
my $said = said("SharedSession On\nSharedSessionProfile spring\n<Location /x>\nSharedSessionProfile none\n</Location>", 0,
                'none within another');
is(join("\n", grep { /SHS\d+: / } split /\n/, $said), '', '... in silence');
$said = said(place("SharedSessionCookie sid decode=percent sign=express $file\nSharedSessionProfile express"), 0,
             'the secrets before the profile');
is(join("\n", grep { /SHS\d+: / } split /\n/, $said), '', '... in silence');

$said = said(place("SharedSessionCookie connect.sid decode=percent sign=express SECRET-FILE=secret\nSharedSessionKey sess:%{id}"), 0,
             "an option in capital letters, whose path is relative to ServerRoot");
is(join("\n", grep { /SHS\d+: / } split /\n/, $said), '', '... in silence');

# In .htaccess they are no directives.
$httpd->configure("<Directory \${DOCS}>\nAllowOverride All\n</Directory>\n$store");
$httpd->run;
$httpd->write('htdocs/index.html', "page\n");
for my $line ('SharedSessionProfile spring', 'SharedSessionExpiry fixed', 'SharedSessionAttributes a') {
    $httpd->write('htdocs/.htaccess', "$line\n");
    is($httpd->get('/index.html')->code, 500, ".htaccess: $line is refused");
}

done_testing;
