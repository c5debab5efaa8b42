# What `httpd -t` says about a configuration: the directive's name, what is
# wrong and the cure; and what it accepts. One row, one promise.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = 'SharedSessionStore redis://127.0.0.1:6379';
my $sentinel = 'SharedSessionStore redis+sentinel://127.0.0.1/mymaster';
my $httpd = SHS::Httpd->new(near => 1, files => {
    'empty-password' => '', 'blank-password' => "\nSeCrEt-second-line\n",
    'good-password' => "SeCrEt-password\n" });
my $root = $httpd->root;

# [text of the configuration, pattern of the error, why]
my @refused = (
    # the store
    ["SharedSessionStore http://127.0.0.1/",
     qr/^SharedSessionStore: .*redis:\/\//m, 'a URL of another scheme'],
    ["SharedSessionStore redis", qr/^SharedSessionStore: /m, 'no URL at all'],
    ["SharedSessionStore redis://", qr/^SharedSessionStore: /m, 'no host'],
    ["SharedSessionStore redis://127.0.0.1:0/",
     qr/^SharedSessionStore: .*port/m, 'port 0'],
    ["SharedSessionStore redis://127.0.0.1:65536/",
     qr/^SharedSessionStore: /m, 'a port that does not exist'],
    ["SharedSessionStore redis://127.0.0.1:abc/",
     qr/^SharedSessionStore: /m, 'a port that is not a number'],
    ["SharedSessionStore redis://127.0.0.1/x",
     qr/^SharedSessionStore: .*database/m, 'a database that is not a number'],
    ["SharedSessionStore redis://127.0.0.1/-1",
     qr/^SharedSessionStore: .*database/m, 'a negative database'],
    ["SharedSessionStore redis://127.0.0.1/1/2",
     qr/^SharedSessionStore: /m, 'two databases'],
    ["SharedSessionStore redis://127.0.0.1/?db=1",
     qr/^SharedSessionStore: /m, 'a query on redis://'],
    ["SharedSessionStore redis://us%zzer:SeCrEt\@127.0.0.1/",
     qr/^SharedSessionStore: .*%/m, 'a broken escape in the user'],
    ["SharedSessionStore redis://u:SeCrEt%00\@127.0.0.1/",
     qr/^SharedSessionStore: /m, 'a NUL in the password'],
    ["SharedSessionStore redis://user\@127.0.0.1/",
     qr/^SharedSessionStore: .*password/m, 'a user without a password'],
    ["SharedSessionStore unix://run/redis.sock",
     qr/^SharedSessionStore: .*unix:\/\/\//m, 'a relative socket path'],
    ["SharedSessionStore unix:///" . 'x' x 200,
     qr/^SharedSessionStore: .*long/m, 'a socket path longer than the system takes'],
    ["SharedSessionStore unix:///run/redis.sock?base=1",
     qr/^SharedSessionStore: .*db=/m, 'another query on unix://'],
    ["$store colour=red", qr/^SharedSessionStore: .*colour/m,
     'an unknown option'],
    ["$store timeout", qr/^SharedSessionStore: /m, 'an option without a value'],
    ["$store timeout=", qr/^SharedSessionStore: .*timeout/m,
     'an option with an empty value'],
    ["$store timeout=0", qr/^SharedSessionStore: .*timeout/m, 'no time at all'],
    ["$store timeout=-5ms", qr/^SharedSessionStore: .*timeout/m,
     'a negative time'],
    ["$store timeout=5parsecs", qr/^SharedSessionStore: .*timeout/m,
     'an unknown unit'],
    ["$store connect-timeout=often", qr/^SharedSessionStore: .*connect-timeout/m,
     'a connect-timeout that is not a time'],
    ["$store pool=0", qr/^SharedSessionStore: .*pool/m, 'a pool of nothing'],
    ["$store pool=many", qr/^SharedSessionStore: .*pool/m,
     'a pool that is not a number'],
    ["$store idle=soon", qr/^SharedSessionStore: .*idle/m,
     'an idle time that is not a time'],
    ["$store password-file=$root/missing",
     qr/^SharedSessionStore: .*missing.*(?:No such file|cannot be read)/m,
     'a password-file that is not there'],
    ["$store password-file=$root/empty-password",
     qr/^SharedSessionStore: .*empty/m, 'a password-file with nothing in it'],
    ["$store password-file=$root/blank-password",
     qr/^SharedSessionStore: .*empty/m,
     'a password-file whose first line is empty'],
    # said twice, or against itself
    ["$store\nSharedSessionStore redis://:SeCrEt\@127.0.0.1:6380",
     qr/^SharedSessionStore: is configured twice in this server.*redis:\/\/127\.0\.0\.1:6379\/0/m,
     'two stores in the main server'],
    ["<VirtualHost *:1>\n$store\n$store name=far\n</VirtualHost>",
     qr/^SharedSessionStore: is configured twice in this server/m,
     'two stores in a virtual host'],
    ["$store timeout=1s pool=2 timeout=2s",
     qr/^SharedSessionStore: timeout= is given twice/m, 'an option twice'],
    ["SharedSessionStore redis://app:SeCrEt\@127.0.0.1 password-file=$root/good-password",
     qr/^SharedSessionStore: password-file=: the URL has a password too.*one of the two/m,
     'a password-file beside a password'],
    ["$store timeout=1s connect-timeout=2s",
     qr/^SharedSessionStore: connect-timeout=2s is longer than timeout=1s,.*raise timeout=/m,
     'a dial that is longer than the whole lookup'],
    ["$store connect-timeout=2s",
     qr/^SharedSessionStore: connect-timeout=2s is longer than timeout=200ms \(the default\)/m,
     '... than the lookup without a word on it'],
    ["SharedSessionStore rediss://127.0.0.1 ca=$root/ca.pem verify=off",
     qr/^SharedSessionStore: ca= beside verify=off/m,
     'trusted certificates beside verify=off'],
    # Sentinel and Cluster
    ["SharedSessionStore redis+sentinels://127.0.0.1/m",
     qr/^SharedSessionStore: .*redis\+sentinel:\/\//m,
     'a scheme misspelt, with those there are'],
    ["SharedSessionStore redis+sentinel://127.0.0.1,127.0.0.2",
     qr/^SharedSessionStore: .*master's name/m, 'Sentinels without a name to ask for'],
    ["SharedSessionStore redis+sentinel://127.0.0.1/my,master",
     qr/^SharedSessionStore: .*letters, digits/m, 'a name that Sentinel does not take'],
    ["SharedSessionStore redis+sentinel://127.0.0.1,,127.0.0.2/mymaster",
     qr/^SharedSessionStore: .*comma/m, 'nothing between two commas'],
    ["SharedSessionStore redis+sentinel://127.0.0.1,127.0.0.1:26379/mymaster",
     qr/^SharedSessionStore: .*twice/m, 'one Sentinel twice'],
    ["SharedSessionStore redis+sentinel://127.0.0.1:0/mymaster",
     qr/^SharedSessionStore: .*port/m, 'port 0 of a Sentinel'],
    ["SharedSessionStore redis+sentinel://::1/mymaster",
     qr/^SharedSessionStore: .*\[::1\]/m, 'an IPv6 address without brackets'],
    ["SharedSessionStore redis+cluster://" . join(',', map { "h$_" } 1 .. 17),
     qr/^SharedSessionStore: .*more than 16/m, 'seventeen nodes'],
    ["SharedSessionStore redis+cluster://127.0.0.1/1",
     qr/^SharedSessionStore: .*database 0 only/m, 'a database of a cluster'],
    ["SharedSessionStore redis://127.0.0.1,127.0.0.2",
     qr/^SharedSessionStore: .*redis\+sentinel/m, 'two servers without a mode'],
    ["SharedSessionStore redis+cluster://u:SeCrEt\@h1,u:SeCrEt\@h2",
     qr/^SharedSessionStore: .*once/m, 'a password before each node'],
    ["SharedSessionStore redis+sentinel://u:12/SeCrEt\@h1,h2/mymaster",
     qr/^SharedSessionStore: .*%XX/m, 'a slash in the password before Sentinels'],
    ["$sentinel sentinel-user=bob",
     qr/^SharedSessionStore: .*sentinel-password-file=/m,
     "a Sentinel's user without a password"],
    ["$sentinel sentinel-password-file=$root/missing",
     qr/^SharedSessionStore: sentinel-password-file=.*missing.*No such file/m,
     'a sentinel-password-file that is not there'],
    ["$sentinel password-file=$root",
     qr/^SharedSessionStore: password-file=.*not a regular file/m,
     'a password-file that is a directory'],
    ["$store sentinel-password-file=$root/good-password",
     qr/^SharedSessionStore: .*redis\+sentinel/m, 'a Sentinel\'s password without one'],
    ["$store read-from=replica-on-failure",
     qr/^SharedSessionStore: .*no replicas/m, 'replicas of a single server'],
    ["$sentinel read-from=replica",
     qr/^SharedSessionStore: .*replica-on-failure/m, 'an unknown read-from'],
    ["$sentinel ca=$root/missing", qr/^SharedSessionStore: .*rediss\+sentinel/m,
     'TLS without its scheme'],
    ["$store retry=2", qr/^SharedSessionStore: .*retry/m, 'two retries'],
    ["$store breaker=0/1s", qr/^SharedSessionStore: .*breaker/m,
     'a breaker that opens before it began'],
    ["$store breaker=5", qr/^SharedSessionStore: .*5\/1s/m,
     'a breaker that never closes'],
    ["$store breaker=on", qr/^SharedSessionStore: .*5\/1s/m,
     'a breaker that does not say when'],
    # no part of a password comes back, however wrong the URL is
    ["SharedSessionStore redis://user/SeCrEtpw\@host:6379/0",
     qr/^SharedSessionStore: /m, 'a password with a slash'],
    ["SharedSessionStore redis://user:12/SeCrEt\@host/0",
     qr/^SharedSessionStore: /m, 'a slash in the password'],
    ["SharedSessionStore redis://user:12 SeCrEt\@host/0",
     qr/^SharedSessionStore: /m, 'a blank in the password'],
    ["SharedSessionStore user:SeCrEt//ret\@host://",
     qr/^SharedSessionStore: /m, 'no scheme, a password'],
    ["SharedSessionStore redis://user/SeCrEt\@host:6379/0",
     qr/^SharedSessionStore: /m, 'a slash for the colon before the password'],
    ["SharedSessionStore redis://user:1234/5SeCrEt\@host/0",
     qr/^SharedSessionStore: /m, 'a password that begins like a port'],
    ["SharedSessionStore redis://user:SeCrEt\@host/SeCrEt2",
     qr/^SharedSessionStore: /m, 'what stands for the database'],
    ["SharedSessionStore redis://user:12\@host/0 SeCrEt=1",
     qr/^SharedSessionStore: /m, 'an option that is none'],
    ["SharedSessionStore redis://user:SeCrEt?\@host/",
     qr/^SharedSessionStore: /m, 'a question mark in the password'],
    # the near-cache
    ['SharedSessionCache', qr/^SharedSessionCache: On or Off/m, 'no word at all'],
    ['SharedSessionCache size=16M', qr/^SharedSessionCache: On or Off/m, 'options alone'],
    ['SharedSessionCache On lease=100ms', qr/^SharedSessionCache: .*1s to 60s/m,
     'a lease too short to be kept up'],
    ["SharedSessionCache On lease=2s\nSharedSessionCache On size=32M",
     qr/^SharedSessionCache: is configured twice in this server: keep one/m,
     'two near-caches in one server'],
    ['SharedSessionCache On ttl=1m lease=2s ttl=2m',
     qr/^SharedSessionCache: ttl= is given twice/m, 'an option twice'],
    ['SharedSessionCache On colour=red', qr/^SharedSessionCache: .*colour.*lease=/m,
     'an unknown option, with those there are'],
    # the cookie
    ['SharedSessionCookie "a b"', qr/^SharedSessionCookie: /m,
     'a cookie name with a blank'],
    ['SharedSessionCookie a;b', qr/^SharedSessionCookie: /m,
     'a cookie name with a separator'],
    ['SharedSessionCookie route=.', qr/^SharedSessionCookie: .*name/m,
     'options only, no name'],
    ['SharedSessionCookie JSESSIONID route=ab', qr/^SharedSessionCookie: .*route/m,
     'a route separator of two characters'],
    ['SharedSessionCookie JSESSIONID route=', qr/^SharedSessionCookie: .*route/m,
     'an empty route separator'],
    ['SharedSessionCookie JSESSIONID url=', qr/^SharedSessionCookie: .*url/m,
     'an empty url parameter'],
    ['SharedSessionCookie JSESSIONID url=a/b', qr/^SharedSessionCookie: .*url/m,
     'a url parameter that cannot stand in a path'],
    ['SharedSessionCookie JSESSIONID color=red', qr/^SharedSessionCookie: .*color.*samesite=/m,
     'an unknown cookie option'],
    ['SharedSessionCookie JSESSIONID path=app', qr/^SharedSessionCookie: path=: write/m,
     'a cookie path that is none'],
    ['SharedSessionCookie JSESSIONID "path=/;Secure"', qr/^SharedSessionCookie: path=: write/m,
     'a cookie path with another attribute in it'],
    ['SharedSessionCookie JSESSIONID domain=a;b', qr/^SharedSessionCookie: domain=: write/m,
     'a cookie domain that is none'],
    ['SharedSessionCookie JSESSIONID samesite=Some', qr/^SharedSessionCookie: samesite=: write/m,
     'an unknown SameSite'],
    ['SharedSessionCookie JSESSIONID httponly=no', qr/^SharedSessionCookie: httponly=: write/m,
     'HttpOnly is on or off'],
    ['SharedSessionCookie JSESSIONID max-age=1y', qr/^SharedSessionCookie: .*not a time.*s, m, h or d/m,
     'a Max-Age in an unknown unit'],
    ['SharedSessionCookie __Host-sid domain=example.org', qr/^SharedSessionCookie: .*__Host-.*remove domain=/m,
     'a __Host- cookie with a domain'],
    ['SharedSessionCookie __Host-sid path=/app', qr/^SharedSessionCookie: .*__Host-.*path=/m,
     'a __Host- cookie with a path'],
    ['SharedSessionCookie __Secure-sid insecure', qr/^SharedSessionCookie: .*remove insecure/m,
     'a __Secure- cookie that is not'],
    ['SharedSessionCookie sid samesite=None insecure', qr/^SharedSessionCookie: .*SameSite=None.*remove insecure/m,
     'SameSite=None without Secure'],
    ['SharedSessionCookie sid partitioned insecure', qr/^SharedSessionCookie: .*Partitioned.*remove insecure/m,
     'Partitioned without Secure'],
    # what a route cannot be: a character of the ids that are made here, or none
    # of a cookie
    (map { ["SharedSessionCookie JSESSIONID route=$_",
            qr/^SharedSessionCookie: route=: write none, or one character/m,
            "a route $_ that ids of our own may have"] } qw(- _ a Z 0 9)),
    (map { ["SharedSessionCookie JSESSIONID 'route=$_'",
            qr/^SharedSessionCookie: route=: write /m,
            "a route ($_) that no cookie can hold"] } ';', ',', ' ', '"', "\x7f"),
    ['SharedSessionCookie JSESSIONID id-chars=', qr/^SharedSessionCookie: option 'id-chars' needs a value: id-chars=/m,
     'no characters of ids'],
    ['SharedSessionCookie JSESSIONID id-chars=:%', qr/^SharedSessionCookie: id-chars=: write .*\+\/=:\@!/m,
     'a character that no id may have'],
    ['SharedSessionCookie JSESSIONID id-chars=:! route=!', qr/^SharedSessionCookie: '!' cannot be both/m,
     'a route that ids may have'],
    # what is meant for an option, or for nothing, and not for a name
    (map { ["SharedSessionCookie SID $_", qr/^SharedSessionCookie: option '$_' needs a value: $_=/m,
            "the option $_ alone"] } qw(Path domain Max-Age SameSite route URL id-chars)),
    (map { ["SharedSessionCookie SID $_", qr/^SharedSessionCookie: '$_' is a cookie's attribute that/m,
            "the attribute $_"] } qw(Expires Priority Version comment)),
    (map { ["SharedSessionCookie SID $_", qr/^SharedSessionCookie: '$_' is a value without its option/m,
            "the value $_"] } qw(none Off On Lax strict)),
    ['SharedSessionCookie SID secure=on', qr/^SharedSessionCookie: option 'secure' takes no value/m,
     'a value of an option that takes none'],
    # options in two forms, or twice
    (map { ["SharedSessionCookie SID $$_[0]", qr/^SharedSessionCookie: \Q$$_[1]\E is given twice: keep one/m,
            "$$_[0]: an option twice"] }
     ['path=/a samesite=Lax Path=/b', 'path='], ['secure secure', 'secure'],
     ['httponly=off httponly', 'httponly']),
    ['SharedSessionCookie SID insecure secure', qr/^SharedSessionCookie: secure beside insecure: remove/m,
     'secure and insecure'],
    ['SharedSessionCookie none', qr/^SharedSessionCookie: 'none' .*SharedSession Off/m,
     'none for a name'],
    ["SharedSessionCookie " . join(' ', map { "c$_" } 1 .. 33),
     qr/^SharedSessionCookie: .*32 names/m, '33 names'],
    (map { ["SharedSessionCookie JSESSIONID domain=$_", qr/^SharedSessionCookie: domain=: write/m,
            "a domain $_"] }
     '.', '..', '-', 'a..b', 'example.org.', '..example.org', '-a.org', 'a-.org',
     'a_b.org', 'x' x 64 . '.org', join('.', ('abcdefghi') x 26)),
    (map { ["SharedSessionCookie JSESSIONID path=$_", qr/^SharedSessionCookie: path=: write/m,
            "a cookie path $_, which no request has"] }
     '/a?b', '/a#b', "/\xc3\xa9", '/a;b', '/a,b', '""'),
    ['SharedSessionCookie JSESSIONID path=', qr/^SharedSessionCookie: option 'path' needs a value: path=/m,
     'an empty cookie path'],
    ['SharedSessionCookie __Http-sid insecure', qr/^SharedSessionCookie: .*__Http-.*remove insecure/m,
     'an __Http- cookie without Secure'],
    # lifetimes
    ['SharedSessionIdleTimeout 30', qr/^SharedSessionIdleTimeout: .*not a time/m,
     'an idle timeout without a unit'],
    ['SharedSessionIdleTimeout 30m all', qr/^SharedSessionIdleTimeout: 'all': .*only adopt/m,
     'an idle timeout with an unknown word'],
    ['SharedSessionIdleTimeout 0s', qr/^SharedSessionIdleTimeout: .*out of range/m,
     'an idle timeout of nothing'],
    ['SharedSessionAbsoluteTimeout 401d', qr/^SharedSessionAbsoluteTimeout: .*out of range/m,
     'an absolute timeout past what browsers keep'],
    ['SharedSessionTouch never', qr/^SharedSessionTouch: .*not a time/m,
     'an unknown word for Touch'],
    ['SharedSessionTouch 0s', qr/^SharedSessionTouch: .*out of range/m,
     'a touch interval of nothing'],
    ['SharedSessionRotateGrace 2m', qr/^SharedSessionRotateGrace: at most 60s/m,
     'a grace that is too long'],
    ['SharedSessionControl Maybe', qr/SharedSessionControl must be On or Off/m,
     'Control is On or Off'],
    # the key
    ['SharedSessionKey %{id}', qr/^SharedSessionKey: .*prefix/m,
     'a template without a literal prefix'],
    ['SharedSessionKey %{sha256:id}', qr/^SharedSessionKey: .*prefix/m,
     'a digest without a literal prefix'],
    ['SharedSessionKey session:', qr/^SharedSessionKey: .*%\{id\}/m,
     'a template without an id: all users would share one session'],
    ['SharedSessionKey {%{id}}:%{id}', qr/^SharedSessionKey: .*two/m,
     'two placeholders'],
    ['SharedSessionKey a%b:%{id}', qr/^SharedSessionKey: .*%%/m,
     'a single percent sign'],
    ['SharedSessionKey session:%{user}', qr/^SharedSessionKey: /m,
     'an unknown placeholder'],
    ['SharedSessionKey session:%{md5:id}', qr/^SharedSessionKey: /m,
     'an unknown digest'],
    ['SharedSessionKey session:%{id', qr/^SharedSessionKey: /m,
     'a placeholder that never ends'],
    ['SharedSessionKey ""', qr/^SharedSessionKey\b/m, 'an empty template'],
    # format, failure, size, switch
    ['SharedSessionFormat xml', qr/^SharedSessionFormat: .*xml.*hash.*json.*form/m,
     'an unknown format, with those there are'],
    ['SharedSessionFailure maybe', qr/^SharedSessionFailure: .*allow.*deny/m,
     'neither allow nor deny'],
    ['SharedSessionMaxSize 0', qr/^SharedSessionMaxSize: /m, 'size 0'],
    ['SharedSessionMaxSize -1', qr/^SharedSessionMaxSize: /m, 'a negative size'],
    ['SharedSessionMaxSize big', qr/^SharedSessionMaxSize: /m,
     'a size that is not a number'],
    ['SharedSessionMaxSize 1Q', qr/^SharedSessionMaxSize: /m,
     'an unknown unit of size'],
    ['SharedSession maybe', qr/^SharedSession must be On or Off/m,
     'neither On nor Off'],
    # lists
    ['SharedSessionNote user', qr/^SharedSessionNote: .*attribute/m,
     'a note without an attribute'],
    ['SharedSessionNote x.* name', qr/^SharedSessionNote: .*\*/m,
     'a wildcard name for one attribute'],
    ['SharedSessionNote user *', qr/^SharedSessionNote: .*\*/m,
     'every attribute in one note'],
    ['SharedSessionNote SHARED_SESSION user', qr/^SharedSessionNote: /m,
     "the module's own note"],
    ['SharedSessionNote shared_session user', qr/^SharedSessionNote: /m,
     "the module's own note, in other letters"],
    ['SharedSessionNote shared_session x', qr/^SharedSessionNote: .*shared_session/m,
     '... whatever the attribute'],
    ['SharedSessionExposeLimit 4Q', qr/^SharedSessionExposeLimit: '4Q' is not a size/m,
     'a limit that is not a size'],
    ['SharedSessionExposeLimit 4K env=0', qr/^SharedSessionExposeLimit: '0' is not a size/m,
     'a limit of variables that is not a size'],
    ['SharedSessionExposeLimit 4K 8K',
     qr/^SharedSessionExposeLimit: after the size of headers there is only env=SIZE.*'8K'/m,
     'a limit of something else'],
    ['SharedSessionNote modsecurity-tx-context x',
     qr/^SharedSessionNote: .*'modsecurity-tx-context'.*choose a name of your own/m,
     'a note that mod_security2 reads as a pointer'],
    ['SharedSessionEnv UWSGI_FILE x', qr/^SharedSessionEnv: 'UWSGI_FILE'/m,
     'a variable that uWSGI acts on'],
    ['SharedSessionNote error-notes x', qr/^SharedSessionNote: .*error-notes/m,
     "httpd's note that error pages print as it is"],
    ['SharedSessionNote Error-Notes x', qr/^SharedSessionNote: .*Error-Notes/m,
     '... in other letters'],
    ['SharedSessionNote verbose-error-to x',
     qr/^SharedSessionNote: .*verbose-error-to/m, "httpd's note that has it printed"],
    ['SharedSessionNote * *', qr/^SharedSessionNote: /m, "every note, httpd's too"],
    ['SharedSessionNote user @nothing', qr/^SharedSessionNote: .*\@nothing/m,
     'a pseudo attribute that does not exist'],
    ['SharedSessionEnv user', qr/^SharedSessionEnv: .*attribute/m,
     'a variable without an attribute'],
    ['SharedSessionEnv my-user user', qr/^SharedSessionEnv: .*my-user/m,
     'a variable name no shell can use'],
    ['SharedSessionEnv 1USER user', qr/^SharedSessionEnv: /m,
     'a variable name that begins with a digit'],
    ['SharedSessionEnv * *', qr/^SharedSessionEnv: /m,
     'every variable there is'],
    ['SharedSessionHeader X-User', qr/^SharedSessionHeader: .*attribute/m,
     'a header without an attribute'],
    ['SharedSessionHeader "X User" user', qr/^SharedSessionHeader: /m,
     'a header name with a blank'],
    ['SharedSessionHeader X:User user', qr/^SharedSessionHeader: /m,
     'a header name with a colon'],
    ['SharedSessionHeader X-User user encoding=rot13',
     qr/^SharedSessionHeader: .*(?:rot13|encoding)/m, 'an unknown encoding'],
    ['SharedSessionHeader X-User user encoding',
     qr/^SharedSessionHeader: /m, 'a third word that is no option'],
    ['SharedSessionHeader * *', qr/^SharedSessionHeader: /m,
     'every header there is'],
    ["SharedSessionHeader X-User userId\nSharedSessionHeader X-User name",
     qr/^SharedSessionHeader: X-User has a rule in this place already.*remove one/m,
     'two rules for one header'],
    ["SharedSessionHeader X-User userId\nSharedSessionHeader x_user name",
     qr/^SharedSessionHeader: x_user has a rule in this place already, as X-User/m,
     '... that is one to backends'],
    ["SharedSessionHeader X-S-* *\nSharedSessionHeader X-S-* * encoding=raw",
     qr/^SharedSessionHeader: X-S-\* has a rule in this place already/m,
     'two rules for one beginning'],
    ["<Location /x>\nSharedSessionEnv USER_ID a\nSharedSessionEnv user_id b\n</Location>",
     qr/^SharedSessionEnv: user_id has a rule in this place already, as USER_ID/m,
     'two rules for one variable'],
    ["SharedSessionNote user a\nSharedSessionNote User b",
     qr/^SharedSessionNote: User has a rule in this place already/m,
     'two rules for one note'],
);
push @refused, map { ["SharedSessionEnv $_ user",
                      qr/^SharedSessionEnv: .*\Q$_\E/m,
                      "the reserved variable $_"] }
    qw(HTTP_X SERVER_NAME REMOTE_USER REDIRECT_X SSL_CLIENT AUTH_TYPE
       CONTENT_TYPE CONTEXT_PREFIX DOCUMENT_ROOT SCRIPT_NAME REQUEST_URI
       QUERY_STRING PATH PATH_INFO GATEWAY_INTERFACE UNIQUE_ID LD_PRELOAD
       DYLD_LIBRARY_PATH GCONV_PATH BALANCER_NAME PROXY_X SHARED_SESSION HOME
       IFS ENV BASH_ENV SHELL TZ LANG LC_ALL PERL5LIB PERL5OPT PYTHONPATH
       RUBYOPT NODE_OPTIONS JAVA_TOOL_OPTIONS nokeepalive PHP_VALUE
       PHP_ADMIN_VALUE PHPRC php_value PERL_UNICODE FCGI_ROLE HTTPS CLASSPATH
       _JAVA_OPTIONS OPENSSL_CONF GLIBC_TUNABLES SHELLOPTS BASHOPTS
       BASH_XTRACEFD PS4 CDPATH LUA_PATH LUA_INIT GEM_HOME TMPDIR tmpdir
       HOSTALIASES RES_OPTIONS LOCPATH NLSPATH JDK_JAVA_OPTIONS
       DOTNET_STARTUP_HOOKS GIT_SSH_COMMAND HTTPS_PROXY);
push @refused, map { ["SharedSessionEnv $_ *", qr/^SharedSessionEnv: /m,
                      "the wildcard $_ begins a reserved name"] }
    qw(HTTP_* REMOTE_* LD_* LD_PRE* SERVER_* PHP_* PHP* PERL5* FCGI_* LUA_* GEM_*
       BASH_* DOTNET_* GIT_*);
push @refused, map { ["SharedSessionHeader $_ user",
                      qr/^SharedSessionHeader: .*\Q$_\E/m,
                      "the header $_ is not ours"] }
    qw(Host host HOST Cookie Connection Content-Length Content_Type
       Transfer-Encoding Transfer_Encoding TE Trailer Upgrade Expect Keep-Alive
       Proxy-Authorization Range If-Match If_None_Match Authorization Accept
       Accept-Encoding Proxy X-Forwarded-For X_Forwarded_Proto Forwarded Via
       Origin Referer User-Agent Sec-Fetch-Site);
push @refused, map { ["SharedSessionHeader $_ *",
                      qr/^SharedSessionHeader: /m,
                      "the wildcard $_ could cover a header that is not ours"] }
    qw(C* Co* Content-* Hos* If-* I* T* Proxy-* Proxy-Aut* A* Au* P* X-* X* X-F*
       X-Forwarded-* x_* O* R* S* U* V*);

for my $row (@refused) {
    my ($conf, $pattern, $why) = @$row;
    my $with = $conf =~ /^SharedSessionStore/ ? '' : "$store\n";
    $httpd->configure("$with$conf");
    my ($code, $said) = $httpd->check;
    subtest "refused: $why" => sub {
        isnt($code, 0, 'httpd -t fails');
        like($said, $pattern, 'and says which directive and why');
        unlike($said, qr/SeCrEt/, 'without the secret in it');
    };
}

# Contexts: what names keys, cookies, stores or headers is not for .htaccess,
# and a store belongs to a server.
for my $row (["<Location /x>\n$store\n</Location>", 'a store in a Location'],
             ["<Directory /tmp>\n$store\n</Directory>", 'a store in a Directory']) {
    $httpd->configure($row->[0]);
    my ($code, $said) = $httpd->check;
    isnt($code, 0, "refused: $row->[1]");
    like($said, qr/SharedSessionStore.*not allowed/, "... by its context");
}

for my $row (['SharedSession On', 'in the main server'],
             ["<VirtualHost *:1>\nSharedSession On\n</VirtualHost>",
              'in a virtual host'],
             ["<VirtualHost *:1>\n$store\n</VirtualHost>\n"
              . "<VirtualHost *:1>\nSharedSession On\n</VirtualHost>",
              "in a virtual host beside one with a store"],
             ["SharedSession Off\nSharedSession On", 'after an Off'],
             ["SharedSession On\n<Location /x>\nSharedSession Off\n</Location>",
              'outside of a place that is Off'],
             ["<Location /x>\nSharedSession On\n</Location>\n"
              . "<Location /y>\nSharedSession On\nSharedSession Off\n</Location>",
              'beside a place where it was taken back']) {
    $httpd->configure($row->[0]);
    my ($code, $said) = $httpd->check;
    isnt($code, 0, "refused: SharedSession On without a store $row->[1]");
    like($said, qr{SHS011: .*SharedSession\b.*SharedSessionStore},
         '... SHS011 names the cure');
}

# Of one store there is one near-cache.
for my $row (["SharedSessionCache Off", 'Off beside one that says nothing, which is On'],
             ["SharedSessionCache On lease=5s", 'another lease']) {
    $httpd->configure("$store\n<VirtualHost *:1>\n$row->[0]\n</VirtualHost>");
    my ($code, $said) = $httpd->check;
    isnt($code, 0, "refused: two virtual hosts, one store: $row->[1]");
    like($said, qr{SHS011: SharedSessionCache differs.*configure it once, in the main server},
         '... SHS011 names the cure');
}

my @accepted = (
    ["SharedSessionStore redis://127.0.0.1", 'the shortest URL'],
    ["SharedSessionStore redis://localhost:6380/15", 'port and database'],
    ["SharedSessionStore redis://[::1]:6379/", 'an IPv6 address'],
    ["SharedSessionStore redis://:SeCrEt\@127.0.0.1/", 'a password only'],
    ["SharedSessionStore redis://us%65r:SeC%40rEt\@127.0.0.1/0", 'escapes'],
    ["SharedSessionStore unix:///run/redis/redis.sock", 'a socket'],
    ["SharedSessionStore unix:///run/redis/redis.sock?db=3", 'a socket, a database'],
    ["$store connect-timeout=50ms timeout=1s pool=4 idle=2m",
     'every option with a unit'],
    ["$store password-file=$root/good-password", 'a password-file'],
    ["SharedSessionStore redis://app\@127.0.0.1/ password-file=$root/good-password",
     'a user and a password-file'],
    ["SharedSessionStore redis+sentinel://127.0.0.1,[::1]:26380,h3/my.master-1/2",
     'Sentinels, a name, a database'],
    ["SharedSessionStore redis+sentinel://app:SeCrEt\@h1/mymaster"
     . " read-from=replica-on-failure sentinel-user=watch"
     . " sentinel-password-file=$root/good-password",
     'credentials of the master and of its Sentinels'],
    ["$sentinel sentinel-password-file=$root/good-password read-from=master",
     'a password of the Sentinels alone'],
    ["$sentinel sentinel-password-file=good-password",
     'a sentinel-password-file below ServerRoot'],
    ["SharedSessionStore redis+cluster://127.0.0.1,[::1]:7001,h3", 'a cluster'],
    ["SharedSessionStore redis+cluster://:SeCrEt\@clustercfg.example/0 retry=0",
     "a cluster's one name and its only database"],
    ["SharedSessionStore rediss+sentinel://h1,h2/mymaster", 'Sentinels over TLS'],
    ["SharedSessionStore rediss+cluster://h1 servername=h2", 'a cluster over TLS'],
    ["$store breaker=10/500ms retry=1", 'a breaker of its own'],
    ["$store breaker=off", 'no breaker'],
    ["$store\nSharedSession On\nSharedSessionCookie A B route=none url=jsid\n"
     . "SharedSessionKey app:%{sha256:id}:s\nSharedSessionFormat json\n"
     . "SharedSessionNote n.* *\nSharedSessionNote u user.roles[0]\n"
     . "SharedSessionEnv S_* *\nSharedSessionHeader X-S-* *\n"
     . "SharedSessionHeader X-User \@label encoding=base64\n"
     . "SharedSessionFailure deny\nSharedSessionMaxSize 1M",
     'every directive in a server'],
    ["$store\nSharedSessionCookie SID Secure HttpOnly SameSite=strict PATH=/a Domain=.example.org"
     . " Partitioned Max-Age=1h ROUTE=None URL=none ID-Chars=+/=",
     'flags and keys in any case, as Set-Cookie has them'],
    ["$store\nSharedSessionCookie SID domain=a-b.example.org path=/caf%C3%A9 route=!",
     'a domain with a hyphen, a path with an escape'],
    ["$store\nSharedSessionCookie " . join(' ', map { "c$_" } 1 .. 32), '32 names'],
    ["$store\n<Location /a>\nSharedSession On\nSharedSessionCookie A\n"
     . "SharedSessionKey a:%{id}\nSharedSessionFormat form\n"
     . "SharedSessionNote none\nSharedSessionEnv none\n"
     . "SharedSessionHeader none\nSharedSessionHeader X-User user\n"
     . "SharedSessionFailure allow\nSharedSessionMaxSize 100\n</Location>",
     'every directive but the store in a Location'],
    ["$store\n<VirtualHost *:1>\nSharedSession On\n</VirtualHost>",
     "a virtual host with the main server's store"],
    ["$store\n<VirtualHost *:1>\n$store name=far\n</VirtualHost>",
     'a store in the main server, and another in a virtual host'],
    ["$store timeout=50ms", 'a timeout below the default of connect-timeout'],
    ["$store\nSharedSessionHeader X-User userId\nSharedSessionHeader X-User-* *\n"
     . "SharedSessionNote a.b x\nSharedSessionNote a-b y\n"
     . "<Location /x>\nSharedSessionHeader X-User name\n</Location>\n"
     . "<Location /y>\nSharedSessionHeader X-User name\nSharedSessionHeader none\n"
     . "SharedSessionHeader X-User role\n</Location>",
     'a header again in a deeper place, after none, and with a *'],
    ["$store\nSharedSessionCache Off\n<VirtualHost *:1>\n</VirtualHost>",
     'the near-cache Off, once for all'],
    ["$store\n<VirtualHost *:1>\n$store name=far\nSharedSessionCache Off\n</VirtualHost>",
     'the near-cache Off for a store of its own'],
    ["SharedSessionCache Off", 'the near-cache Off, without a store'],
    ["$store\nSharedSessionCache On size=32M max-entry=8K ttl=1m lease=1s negative=500ms",
     'the near-cache with every option'],
    ["SharedSession On\nSharedSession Off", 'On taken back, without a store'],
    ["<Location /x>\nSharedSession On\nSharedSession Off\n</Location>",
     'On taken back in a Location, without a store'],
    ["$store\nSharedSessionHeader X-S* *\nSharedSessionHeader X-G-* *\n"
     . "SharedSessionEnv S* *\nSharedSessionNote SHARED_* *\n"
     . "SharedSessionNote error-* *",
     'beginnings that reserved names have too, where these are left out'],
);
for my $row (@accepted) {
    $httpd->configure($row->[0]);
    my ($code, $said) = $httpd->check;
    is($code, 0, "accepted: $row->[1]") || diag $said;
}

# An OpenSSL whose configuration has no digests.
$httpd->write('openssl.cnf', "openssl_conf = o\n[o]\nproviders = p\n[p]\nbase = b\n[b]\nactivate = 1\n");
local $ENV{OPENSSL_CONF} = "$root/openssl.cnf";
for my $row (['%{id}', 0, qr/Syntax OK/],
             ['%{sha256:id}', 1, qr/SHS011: SharedSessionKey s:%\{sha256:id\} has no keys: /]) {
    my ($id, $is, $says) = @$row;
    $httpd->configure("$store\nSharedSessionKey s:$id");
    my ($code, $said) = $httpd->check;
    is(!!$code, !!$is, "an OpenSSL without digests, and $id: " . ($is ? 'refused' : 'accepted'));
    like($said, $says, '... in words');
}

done_testing;
