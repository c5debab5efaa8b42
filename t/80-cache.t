# The same with worker as with event.
#
# A page made from a session is not for shared caches: what it says in
# Cache-Control and Vary, and that mod_cache never hands one user's page to
# another.
use strict;
use warnings;

use SHS;

my $anna = hash_session(user => 'anna');
my $bert = hash_session(user => 'bert');

# A page in the tree of cache.test.
sub write_page {
    my ($name, $text) = @_;
    my $path = "$ENV{SHS_TMP}/t/htdocs/cache/$name";
    (my $dir = $path) =~ s{/[^/]*$}{};
    mkdir $dir;
    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out;
    return;
}

sub at {
    my ($path, $id, %more) = @_;
    return get($path, host => 'nocache.test',
               defined $id ? (cookie => "JSESSIONID=$id") : (), %more);
}

sub words {
    my ($value) = @_;
    return join ' ', sort map { lc } grep { length } split /\s*,\s*/, $value // '';
}

# [path, Cache-Control, Vary, why], with a session
my @rows = (
    ['/x/cgi', 'private', 'cookie', 'nothing said'],
    ['/x/cgi?cc=public', 'private', 'cookie', 'public is taken out'],
    ['/x/cgi?cc=public,%20max-age=60', 'max-age=60 private', 'cookie',
     'public is taken out, max-age stays'],
    ['/x/cgi?cc=s-maxage=60', 'private', 'cookie', 's-maxage is taken out'],
    ['/x/cgi?cc=S-MaxAge=60,%20PUBLIC', 'private', 'cookie',
     'whatever the letters'],
    ['/x/cgi?cc=no-store', 'no-store', 'cookie', 'no-store says more'],
    ['/x/cgi?cc=private', 'private', 'cookie', 'private is there already'],
    ['/x/cgi?cc=no-cache', 'no-cache private', 'cookie', 'no-cache stays'],
    ['/x/cgi?cc=max-age=0,%20must-revalidate',
     'max-age=0 must-revalidate private', 'cookie', 'others stay'],
    ['/x/cgi?vary=Accept-Encoding', 'private', 'accept-encoding cookie',
     'Vary is added to'],
    ['/x/cgi?vary=cookie', 'private', 'cookie', 'Vary: cookie is there already'],
    ['/x/cgi?vary=*', 'private', '*', 'Vary: * says more'],
    ['/x/cgi?status=404', 'private', 'cookie', 'an error of the application'],
    ['/x/cgi?status=302', 'private', 'cookie', 'a redirect'],
    ['/missing/page', 'private', 'cookie', 'an ErrorDocument'],
    ['/nothing/here', 'private', 'cookie', "httpd's own 404"],
    ['/x/lua', 'private', 'cookie', 'a Lua handler'],
    ['/x/backend', 'private', 'cookie', 'a proxied backend'],
);
for my $row (@rows) {
    my ($path, $control, $vary, $why) = @$row;
    my $r = at($path, $anna);
    is(words($r->header('Cache-Control')), $control, "Cache-Control: $why");
    my $got = words($r->header('Vary'));
    $got = '*' if $got eq '* cookie' && $vary eq '*';
    is($got, $vary, "Vary: $why");
}

# mod_expires and mod_headers have their say before the last word is spoken.
my $r = at('/expires/cgi', $anna);
like(words($r->header('Cache-Control')), qr/\bprivate\b/, 'mod_expires: private');
unlike($r->header('Cache-Control') // '', qr/public|s-maxage/, '... nothing shared');
for my $path ('/headers/cgi', '/always/cgi') {
    $r = at($path, $anna);
    my $said = words($r->header('Cache-Control'));
    like($said, qr/\bprivate\b/, "mod_headers in $path: private");
    unlike($said, qr/public|s-maxage/, '... nothing shared');
    like(words($r->header('Vary')), qr/\bcookie\b/, '... Vary: Cookie');
}

# Other states.
for my $row ([undef, 'none', ''], [fresh_id(), 'absent', 'private']) {
    my ($id, $status, $control) = @$row;
    $r = at('/x/cgi', $id);
    is($r->env('SHARED_SESSION'), $status, "a request with status $status");
    is(words($r->header('Cache-Control')), $control, "... Cache-Control '$control'");
    is(words($r->header('Vary')), 'cookie', '... Vary: Cookie');
}
$r = at('/x/cgi?cc=public,%20s-maxage=60');
is(words($r->header('Cache-Control')), 'public s-maxage=60',
   'without a cookie the page is for all users, and stays so');
$r = at('/off/cgi', $anna);
is($r->header('Cache-Control'), undef, 'Off: no Cache-Control');
is($r->header('Vary'), undef, 'Off: no Vary');

# A response that begins a session is one user's.
for my $row (['/x/cgi?cookie=JSESSIONID=new', 'private', 'nothing else said'],
             ['/x/cgi?cookie=JSESSIONID=new&cc=public,%20max-age=60',
              'max-age=60 private', 'public is taken out'],
             ['/x/cgi?cookie=theme=dark&cc=s-maxage=60', 'private',
              'whatever the cookie'],
             ['/setcookie/cgi', 'private', 'by mod_headers'],
             ['/setcookie/nothing', 'private', 'with an error']) {
    my ($path, $control, $why) = @$row;
    $r = at($path);
    ok($r->header('Set-Cookie'), "Set-Cookie for a request without a cookie, $why");
    is(words($r->header('Cache-Control')), $control, "... Cache-Control '$control'");
    is(words($r->header('Vary')), 'cookie', '... Vary: Cookie');
}
is(at('/off/cgi?cookie=JSESSIONID=new')->header('Cache-Control'), undef,
   'Off: Set-Cookie is not our business');

# What is meant for shared caches only is not for a private response.
my $shared = '/x/cgi?cdn=max-age=60&surrogate=max-age=60';
for my $path ($shared, '/cdn/cgi') {
    for my $row ([$anna, 'of a session'], [fresh_id(), 'of an absent one']) {
        $r = at($path, $row->[0]);
        is($r->header('CDN-Cache-Control'), undef,
           "$path: no CDN-Cache-Control in a page $row->[1]");
        is($r->header('Surrogate-Control'), undef, '... and no Surrogate-Control');
    }
    $r = at($path);
    is($r->header('CDN-Cache-Control'), 'max-age=60',
       '... in one for all users it stays');
    is($r->header('Surrogate-Control'), 'max-age=60', '... and Surrogate-Control');
}

# So is every field that is targeted at some of them (RFC 9213), and older ones.
my @targeted = qw(Cloudflare-CDN-Cache-Control Netlify-CDN-Cache-Control
                  x-litespeed-cache-control Edge-Control X-Accel-Expires);
for my $name (@targeted) {
    is(at('/cdn/cgi', $anna)->header($name), undef, "no $name in a page of a session");
    is(at('/cdn/cgi')->header($name), $name eq 'X-Accel-Expires' ? 60 : 'max-age=60',
       '... in one for all users it stays');
}
is(at('/cdn/cgi', $anna)->header('X-Cache-Control-Kept'), 'yes',
   'a field that only begins so stays');

# --- mod_cache ------------------------------------------------------------------
# Before all modules, as a handler, and as a handler that stores where its CACHE
# marker stands among the filters: there it decides before our filter has spoken.
my $n = 0;
my $host;
sub cached {
    my ($path, $id, @headers) = @_;
    return get($path, host => $host, headers => [@headers],
               defined $id ? (cookie => "JSESSIONID=$id") : ());
}
sub user_of { return $_[0]->raw =~ /(anna|bert)/ ? $1 : 'none' }

# A page under a URL that was never asked for. Without a query, as mod_cache is
# more careful with one.
sub new_page {
    my ($path) = @_;
    my $unique = "$$-" . ++$n;
    if ($path =~ m{^/(.*)\.html$}) {
        write_page("$1-$unique.html",
                   slurp("$ENV{SHS_TMP}/t/htdocs/cache/$1.html"));
        return "/$1-$unique.html";
    }
    $path =~ s{/(cgi|lua|backend)\b}{/$unique/$1} or die $path;
    return $path;
}

my @places = ('/on/cgi', '/on/cgi?cc=max-age=600', '/on/cgi?cc=public,max-age=600',
    '/on/cgi?cc=s-maxage=600', '/on/cgi?cc=public,s-maxage=600&vary=Accept',
    '/expires/cgi', '/set/cgi', '/always/cgi', '/on/backend',
    '/on/lua', '/rewrite/page.html', '/home/page.html',
    '/first/page.html',
    '/on/cgi?expires=Thu,%2031%20Dec%202037%2023:59:59%20GMT',
    '/store-private/cgi?cc=max-age=600', '/store-private/cgi?cc=public,max-age=600');

sub each_user_gets_his_own {
    my ($page) = @_;
    is(user_of(cached($page, $anna)), 'anna', 'the page of anna');
    is(user_of(cached($page, $bert)), 'bert', 'bert gets his own');
    is(user_of(cached($page)), 'none', 'a request without a session gets the page for none');
    is(user_of(cached($page, undef, ['X-User', 'anna'])), 'none',
       'nor by a forged header');
    is(user_of(cached($page, undef, ['Cookie', 'x=y'])), 'none',
       'nor with another cookie');
    is(user_of(cached($page, fresh_id())), 'none',
       'nor with an id without a session');
    is(user_of(cached($page, $anna)), 'anna', 'anna again');
    return;
}

sub places_are_kept_apart {
    for my $place (@places) {
        subtest "$host$place" => sub {
            each_user_gets_his_own(new_page($place));
        };
        # The other way round: what was stored for no session hides no session.
        my $page = new_page($place);
        cached($page) for 1 .. 2;
        is(user_of(cached($page, $anna)), 'anna',
           '... and a page stored for no session is not served to a session');
    }
    return;
}

# A response that begins a session is not the next client's.
sub beginnings_are_not_kept {
    for my $cc ('max-age=600', 'public,%20max-age=600', 's-maxage=600') {
        my $begins = new_page("/on/cgi?cookie=JSESSIONID=new&cc=$cc");
        my @tokens = map { cached($begins)->env('RANDOM_OF_THIS_RUN') } 1 .. 2;
        isnt($tokens[1], $tokens[0],
             "a Set-Cookie is not handed to the next client ($cc)");
    }
    return;
}

# A part of a page by SSI is kept under no URL: not under its own, not in another
# page.
sub parts_are_not_kept {
    for my $row (map { my $place = $_; map { [$place, "/on/$place/$_"] }
                       qw(lua backend cgi?cc=max-age=600&etag) }
                     qw(home first onpage)) {
        # mod_cache sees a part only if no file is behind it: not cgi.
        my ($place, $part) = @$row;
        write_page("$place/part.html", ($place eq 'first' ? '' : "<html>\n")
                   . qq(<!--#include virtual="$part" -->\n));
        my $page = new_page("/$place/part.html");
        is(user_of(cached($page, $anna)), 'anna',
           "/$place: a page with anna's $part");
        is(user_of(cached($part)), 'none', "... is not found under the part's URL");
        is(user_of(cached($part, $bert)), 'bert', '... by no other user');
        is(user_of(cached($page, $bert)), 'bert', "... nor under the page's");
        is(user_of(cached($page)), 'none', '... nor without a session');
        is(user_of(cached(new_page("/$place/part.html"), $bert)), 'bert',
           '... nor in another page');
        $page = new_page("/$place/part.html");
        cached($page) for 1 .. 2;
        is(user_of(cached($page, $anna)), 'anna',
           "... and a page kept for no session does not hide anna's");
    }
    return;
}

# A page is held back till its parts are there, but not without end.
sub long_pages_go_out_in_time {
    my $long = 'x' x 100;
    write_page('home/long.html', "<html>\n" . "$long\n" x 2000
               . qq(<!--#include virtual="/on/lua" -->\n));
    my $page = new_page('/home/long.html');
    my $reply = cached($page, $anna);
    is(user_of($reply), 'anna', '200 KB of text and then a part with a session');
    like($reply->body, qr/^<html>\n(?:$long\n){2000}/, '... all of the text is there');
    is(words($reply->header('Cache-Control')), 'max-age=600 private',
       '... private, as the request had a Cookie header');
    is(words($reply->header('Vary')), 'cookie', '... Vary: Cookie');
    is(user_of(cached($page, $bert)), 'bert', '... and is not kept for bert');
    is(user_of(cached($page)), 'none', '... nor for a request without a session');
    $reply = cached(new_page('/home/long.html'), undef, ['Cookie', 'x=y']);
    is(words($reply->header('Cache-Control')), 'max-age=600 private',
       '... also when the Cookie header holds no session');
    $page = new_page('/home/long.html');
    $reply = cached($page);
    is(words($reply->header('Cache-Control')), 'max-age=600',
       '... without a Cookie header it is for all users');
    is(words($reply->header('Vary')), 'cookie', '... that sends no cookie');
    is(user_of(cached($page, $anna)), 'anna', '... so anna gets her own');
    return;
}

# A page without any such part stays what it was.
sub plain_pages_are_not_marked {
    write_page('home/plain.html', "<html>\n<!--#echo var=\"DOCUMENT_NAME\" -->\n");
    my $reply = cached("/home/plain.html?run=$$", $anna);
    is(words($reply->header('Cache-Control')), 'max-age=600',
       'a page by SSI without a part with a session is not marked');
    is($reply->header('Vary'), undef, '... in no way');
    return;
}

# [host, whether it keeps what a place with sessions says to a request without one]
for my $row (['cache.test', 1], ['cache-handler.test', 1],
             ['cache-marker.test', 0]) {
    ($host, my $keeps) = @$row;
    my $url = new_page('/open/cgi?cc=max-age=600');
    my $token = cached($url)->env('RANDOM_OF_THIS_RUN');
    is(cached($url)->env('RANDOM_OF_THIS_RUN'), $token,
       "$host: the cache works: a page without sessions comes out of it");
    $url = new_page('/on/cgi?cc=max-age=600');
    $token = cached($url)->env('RANDOM_OF_THIS_RUN');
    my $again = cached($url)->env('RANDOM_OF_THIS_RUN');
    is($again eq $token ? 1 : 0, $keeps,
       '... and where the module is On, a page without a session '
       . ($keeps ? 'does too' : 'does not'));
    places_are_kept_apart();
    beginnings_are_not_kept();
    parts_are_not_kept();
    long_pages_go_out_in_time();
    plain_pages_are_not_marked();
}

done_testing;
