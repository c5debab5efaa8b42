# One lookup for a client's request, whatever subrequests and internal redirects
# it makes; and each of those runs with its own directory's settings. Without a
# near-cache, and with one, where it is none once the session is kept.
use strict;
use warnings;

use SHS;

my ($host, $db, $is_near, $store, $id);
my $most; # lookups of one request of the last ask()

# The reply, and how often Redis was asked for it. With a near-cache the reply for
# which it was not: a read before the invalidations of its own creation is not kept,
# and a machine that stalls for longer than the lease has to ask again.
sub ask {
    my ($path, %more) = @_;
    my ($r, $n);
    $most = 0;
    for my $round (1 .. ($is_near ? 5 : 1)) {
        $n = redis()->lookups_during(sub {
            $r = get($path, host => $host, cookie => "JSESSIONID=$id", %more);
        }, db => $db);
        $most = $n if $n > $most;
        last if !$n;
    }
    return ($r, $n);
}

sub asked {
    my ($n, $wanted, $name) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is($n, $wanted, $name) if !$is_near;
    cmp_ok($most, '<=', $wanted, "$name at most");
    return is($n, 0, "$name, and none once it is kept");
}

for my $row (['sub.test', 2, 0], ['sub-near.test', 3, 1]) {
    ($host, $db, $is_near) = @$row;
    $store = SHS::Redis::Client->new(port => redis()->port, db => $db);
    $id = fresh_id();
    $store->cmd('HSET', "session:$id", 'user', 'anna');

    SHS::Process::wait_for('the session to be kept', 20, sub { !(ask('/outer/lua'))[1] })
        if $is_near;
    my ($r, $n) = ask('/outer/lua');
    asked($n, 1, 'a plain request: one lookup');
    is($r->env('OUTER_USER'), 'anna', '... with its session');

    # --- SSI ---------------------------------------------------------------------
    ($r, $n) = ask('/ssi/many.html');
    is(() = $r->body =~ /^part$/mg, 5, 'SSI with five parts');
    asked($n, 1, '... one lookup');

    ($r, $n) = ask('/ssi/lua.html');
    asked($n, 1, 'SSI including a Lua handler: one lookup');
    is($r->note('SHARED_SESSION'), 'found', '... the part knows the session');
    is($r->note('inner.user'), 'anna', '... with the notes of its own place');
    is($r->note('outer.user'), undef, '... not with those of the page');
    is($r->env('INNER_USER'), 'anna', '... the variables of its own place');
    is($r->env('OUTER_USER'), undef, '... not those of the page');
    is($r->hdr('X-Inner'), 'anna', '... the headers of its own place');
    is($r->hdr('X-Outer'), undef, '... not those of the page');
    like($r->header('X-Seen'), qr/outer=anna inner=\(null\)/,
         '... and the page keeps its own');

    ($r, $n) = ask('/ssi/cgi.html');
    asked($n, 1, 'SSI including CGI: one lookup');
    is($r->env('INNER_USER'), 'anna', '... the variables of its own place');
    is($r->env('OUTER_USER'), undef, '... not those of the page');
    is($r->env('HTTP_X_INNER'), 'anna', '... the headers of its own place');
    is($r->env('HTTP_X_OUTER'), undef, '... not those of the page');

    ($r, $n) = ask('/ssi/backend.html');
    asked($n, 1, 'SSI including a proxied part: one lookup');
    is($r->hdr('X-Inner'), 'anna', '... the headers of its own place');
    is($r->hdr('X-Outer'), undef, '... not those of the page');

    ($r, $n) = ask('/ssi/off.html');
    is($r->note('SHARED_SESSION'), undef, 'a part where the module is Off: no status');
    is($r->env('SHARED_SESSION'), undef, '... no variable of the page either');
    is($r->env('OUTER_USER'), undef, '... no attribute of the page either');
    is($r->hdr('X-Outer'), undef, '... no header of the page either');

    # A part with another key template gets what lies under that key, not the
    # page's session; and every store is asked once for each key.
    $store->cmd('HSET', "other:$id", 'user', 'other-anna');
    ($r, $n) = ask('/ssi/otherkey.html');
    is(join(' ', $r->body =~ /^note other\.user (\S+)$/mg), 'other-anna other-anna',
       'two parts with a key of their own: the session under that key');
    asked($n, 2, '... one lookup for each key');

    # Require in a part is about the part's own settings.
    ($r, $n) = ask('/required/part.txt');
    is($r->code, 200, 'Require env: the session opens the place');
    ($r, $n) = ask('/ssi-off/required.html');
    like($r->body, qr/^required part$/m, '... also for a part of a page that is Off');
    unlike(get('/ssi-off/required.html', host => $host)->body, qr/required part/,
       '... not without a session');
    # A session without the attribute opens nothing.
    my $guest = fresh_id();
    $store->cmd('HSET', "session:$guest", 'name', 'guest');
    is(get('/required/part.txt', host => $host, cookie => "JSESSIONID=$guest")
           ->code, 403, '... not a session without the attribute');
    for my $page ('/ssi-off/required.html', '/ssi/required-on.html') {
        my %as = (host => $host);
        like(get($page, %as, cookie => "JSESSIONID=$id")->body, qr/^required part$/m,
             "$page: the part is there for the session that may");
        unlike(get($page, %as, cookie => "JSESSIONID=$guest")->body,
               qr/required part/, '... not for another');
    }
    is((ask('/required-off/part.txt'))[0]->code, 403,
       'a place that is Off has no variable to require');
    ($r, $n) = ask('/ssi/required.html');
    unlike($r->body, qr/required part/,
           "... and a page's variable does not open it for its parts");

    # --- ErrorDocument ---------------------------------------------------------------
    ($r, $n) = ask('/missing/page.html');
    is($r->code, 404, 'ErrorDocument 404');
    asked($n, 1, '... one lookup');
    is($r->note('inner.user'), 'anna', '... the notes of its own place');
    is($r->note('outer.user'), undef, '... not those of the place that failed');
    is($r->env('INNER_USER'), 'anna', '... the variables of its own place');
    is($r->env('OUTER_USER'), undef, '... not those of the place that failed');
    is_deeply([grep { /^REDIRECT_(?:OUTER|INNER|SHARED)/ } $r->names('env')], [],
              '... and no REDIRECT_ copies');
    is($r->hdr('X-Inner'), 'anna', '... the headers of its own place');
    is($r->hdr('X-Outer'), undef, '... not those of the place that failed');

    ($r, $n) = ask('/missing-cgi/page.html');
    is($r->env('INNER_USER'), 'anna', 'ErrorDocument by CGI: variables');
    is_deeply([grep { /^REDIRECT_(?:OUTER|INNER|SHARED)/ } $r->names('env')], [],
              '... no REDIRECT_ copies');
    is($r->env('HTTP_X_INNER'), 'anna', '... headers of its own place');
    is($r->env('HTTP_X_OUTER'), undef, '... not those of the place that failed');
    asked($n, 1, '... one lookup');

    ($r, $n) = ask('/missing-backend/page.html');
    is($r->hdr('X-Inner'), 'anna', 'ErrorDocument by a backend: headers');
    is($r->hdr('X-Outer'), undef, '... not those of the place that failed');
    is(scalar(grep { lc eq 'x-inner' } $r->names('header')), 1, '... once');

    ($r, $n) = ask('/missing-off/page.html');
    is($r->code, 404, 'an ErrorDocument where the module is Off');
    is($r->note('SHARED_SESSION'), undef, '... no status');
    is_deeply([grep { /SHARED_SESSION|OUTER_USER|INNER_USER/ } $r->names('env')], [],
              '... nothing of the place that failed in the environment');
    is($r->hdr('X-Outer'), undef, '... nor in the headers');

    ($r, $n) = ask('/offstart/page.html');
    is($r->note('inner.user'), 'anna', 'On in the ErrorDocument, Off before it: loaded');
    asked($n, 1, '... with one lookup');

    ($r, $n) = ask('/forbidden/page.html');
    is($r->code, 403, 'ErrorDocument 403');
    asked($n, 1, '... one lookup');
    is($r->env('INNER_USER'), 'anna', '... the variables of its own place');

    # --- mod_dir, mod_negotiation, mod_rewrite ---------------------------------------
    ($r, $n) = ask('/dir/');
    is($r->body, "the index\n", 'DirectoryIndex');
    asked($n, 1, '... one lookup');
    like($r->header('X-Seen'), qr/^found outer=anna/, '... exposed');

    ($r, $n) = ask('/mv/page', headers => [['Accept-Language', 'de']]);
    is($r->body, "deutsch\n", 'MultiViews');
    asked($n, 1, '... one lookup');
    like($r->header('X-Seen'), qr/^found outer=anna/, '... exposed');

    # The file has settings of its own, which are not those of the name that was
    # asked for.
    for my $row (['/swap/', 'DirectoryIndex'], ['/swap/page', 'MultiViews']) {
        my ($path, $what) = @$row;
        ($r, $n) = ask($path, headers => [['Accept-Language', 'de']]);
        is($r->note('SHARED_SESSION'), 'found', "$what to a file with its own rules");
        asked($n, 1, '... one lookup');
        is($r->note('inner.user'), 'anna', "... the file's notes");
        is($r->env('INNER_USER'), 'anna', "... the file's variables");
        is($r->hdr('X-Inner'), 'anna', "... the file's headers");
        is($r->note('outer.user'), undef, "... not the directory's notes");
        is($r->env('OUTER_USER'), undef, "... nor the directory's variables");
        is($r->hdr('X-Outer'), undef, "... nor the directory's headers");
    }
    for my $row (['/swap-off/', 'DirectoryIndex'], ['/swap-off/page', 'MultiViews']) {
        my ($path, $what) = @$row;
        ($r, $n) = ask($path, headers => [['Accept-Language', 'de']]);
        is($r->code, 200, "$what to a file where the module is Off");
        is_deeply([grep { /SHARED_SESSION|user/i } $r->names('note')], [],
                  '... no notes');
        is_deeply([grep { /SHARED_SESSION|_USER$/ } $r->names('env')], [],
                  '... no variables');
        is($r->hdr('X-Outer'), undef, '... no headers');
    }

    ($r, $n) = ask('/from/page');
    is($r->code, 200, 'mod_rewrite in a directory');
    asked($n, 1, '... one lookup');
    is($r->note('inner.user'), 'anna', '... the notes of where it leads');
    is($r->note('outer.user'), undef, '... not of where it began');
    is($r->env('INNER_USER'), 'anna', '... the variables of where it leads');
    is($r->env('OUTER_USER'), undef, '... not of where it began');
    is_deeply([grep { /^REDIRECT_(?:OUTER|INNER|SHARED)/ } $r->names('env')], [],
              '... and no REDIRECT_ copies');
    is($r->hdr('X-Inner'), 'anna', '... the headers of where it leads');
    is($r->hdr('X-Outer'), undef, '... not of where it began');

    # --- forged and redirected: what was ours is not taken for the client's, ----------
    # --- and what was the client's is not taken for ours
    ($r, $n) = ask('/missing/page.html', headers => [['X-Inner', 'forged'],
                                                     ['X_Outer', 'forged']]);
    is($r->hdr('X-Inner'), 'anna', 'a forged header does not survive a redirect');
    is($r->hdr('X_Outer'), undef, '... in no spelling');

    # --- HTTP/1.1 keep-alive: the next request begins anew ------------------------------
    my $other = fresh_id();
    $store->cmd('HSET', "session:$other", 'user', 'bert');
    my $reply = SHS::HTTP::request(port => server_port(), raw => join '',
        map { SHS::HTTP::text(path => $_->[0], host => $host,
                              cookie => $_->[1], keep_alive => $_->[2]) }
            ['/ssi/lua.html', "JSESSIONID=$id", 1], ['/outer/lua', 'a=b', 1],
            ['/outer/lua', "JSESSIONID=$other", 0]);
    my @status = $reply->raw =~ /^note SHARED_SESSION (\S+)$/mg;
    is_deeply(\@status, [qw(found none found)],
              'three requests on one connection: each with its own status');
    my @users = $reply->raw =~ /^note \S+\.user (\S+)$/mg;
    is_deeply(\@users, [qw(anna bert)], '... and its own user');
}
done_testing;
