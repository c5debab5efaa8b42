# SPDX-License-Identifier: Apache-2.0
#
# A headless Chromium with one tab, which the test drives by the DevTools protocol
# over a pipe: it visits addresses, runs JavaScript, and reports what it has got.
#
#   start(tls => certificate file that it trusts, host => name that leads to the
#         loopback, as in *.site.test; no other name leads anywhere,
#         args => [...])

package SHS::Browser;

use strict;
use warnings;

use Fcntl qw(F_DUPFD);
use File::Temp qw(tempdir);
use IO::Select;
use JSON::PP ();
use POSIX ();
use SHS::Process;
use Time::HiRes qw(time);

# How long anything in the browser may take, on a machine that is busy.
my $patience_s = 60;

my $json = JSON::PP->new->utf8->allow_nonref;

sub is_here { return system('command -v chromium >/dev/null') == 0 }

sub start {
    my ($class, %want) = @_;
    my $profile = tempdir('chromium-XXXXXX', DIR => SHS::Process::tmp());
    pipe(my $theirs_in, my $to) or die "pipe: $!";
    pipe(my $from, my $theirs_out) or die "pipe: $!";
    my @argv = (qw(chromium --headless --no-sandbox --disable-gpu --disable-quic
        --no-first-run --disable-background-networking --disable-component-update
        --disable-sync --remote-debugging-pipe), "--user-data-dir=$profile",
        "--host-resolver-rules=MAP $want{host} 127.0.0.1, MAP * ~NOTFOUND",
        $want{tls} ? '--ignore-certificate-errors-spki-list=' . key_hash($want{tls}) : (),
        @{ $want{args} || [] });
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        $ENV{HOME} = $profile;
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$profile/stdout";
        open STDERR, '>', "$profile/stderr";
        # Chromium reads the descriptor 3 and writes to 4, which may be taken.
        my @free = map { fcntl $_, F_DUPFD, 20 } $theirs_in, $theirs_out;
        POSIX::dup2($free[$_], 3 + $_) for 0, 1;
        exec(@argv) or POSIX::_exit(127);
    }
    close $theirs_in;
    close $theirs_out;
    SHS::Process::note($pid, 'chromium');
    my $self = bless { pid => $pid, to => $to, from => $from, in => '', last_id => 0,
                       profile => $profile, responses => [], loaded => {} }, $class;
    $self->open_tab;
    return $self;
}

# The hash of a certificate's key. Chromium caches nothing from a server whose
# certificate is wrong and only ignored; the key in its list makes it a right one.
sub key_hash {
    my ($file) = @_;
    chomp(my $hash = `openssl x509 -in $file -noout -pubkey | openssl pkey -pubin \\
        -outform der | openssl dgst -sha256 -binary | openssl base64`);
    die "no key in $file\n" if !$hash;
    return $hash;
}

sub open_tab {
    my ($self) = @_;
    my $tab = $self->call('Target.createTarget', url => 'about:blank');
    $self->{session} = $self->call('Target.attachToTarget', flatten => JSON::PP::true,
                                   targetId => $tab->{targetId})->{sessionId};
    $self->call("$_.enable") for qw(Page Network Runtime);
    $self->call('Page.setLifecycleEventsEnabled', enabled => JSON::PP::true);
    return;
}

sub stop {
    my ($self) = @_;
    return if !$self->{pid};
    close $self->{$_} for qw(to from);
    SHS::Process::stop(delete $self->{pid});
    return;
}

# --- the protocol ---------------------------------------------------------

# One command, and what it returns.
sub call {
    my ($self, $method, %params) = @_;
    my $id = ++$self->{last_id};
    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{to}, $json->encode({ id => $id, method => $method, params => \%params,
        $self->{session} ? (sessionId => $self->{session}) : () }) . "\0";
    my $reply;
    $self->read_until($method, sub { $reply = delete $self->{reply}{$id} });
    die "$method: $reply->{error}{message}\n" if $reply->{error};
    return $reply->{result};
}

sub read_until {
    my ($self, $words, $condition) = @_;
    my $end = time + $patience_s;
    while (!$condition->()) {
        my $left = $end - time;
        die "gave up waiting for chromium: $words\n"
            if $left <= 0 || !IO::Select->new($self->{from})->can_read($left);
        sysread $self->{from}, $self->{in}, 65536, length $self->{in}
            or die "chromium ended: " . SHS::Httpd::slurp("$self->{profile}/stderr");
        while ($self->{in} =~ s/^([^\0]*)\0//) {
            $self->take($json->decode($1));
        }
    }
    return;
}

sub take {
    my ($self, $message) = @_;
    if (exists $message->{id}) {
        $self->{reply}{ $message->{id} } = $message;
        return;
    }
    my ($event, $params) = @$message{qw(method params)};
    if ($event eq 'Page.lifecycleEvent') {
        $self->{loaded}{ $params->{loaderId} } = 1 if $params->{name} eq 'load';
    }
    my $response = $event eq 'Network.requestWillBeSent' ? $params->{redirectResponse}
        : $event eq 'Network.responseReceived' ? $params->{response} : undef;
    if ($response && $params->{type} eq 'Document') {
        my %headers = map { (lc $_ => $response->{headers}{$_}) }
            keys %{ $response->{headers} };
        push @{ $self->{responses} },
            { url => $response->{url}, status => $response->{status}, headers => \%headers };
    }
    return;
}

# --- what a test does -----------------------------------------------------

# Visits the address, and returns when the page is loaded. Redirects are followed.
# Dies if there is no page.
sub visit {
    my ($self, $url) = @_;
    $self->{responses} = [];
    my $page = $self->call('Page.navigate', url => $url);
    die "$url: $page->{errorText}\n" if $page->{errorText};
    $self->read_until("the end of $url", sub { $self->{loaded}{ $page->{loaderId} } });
    return;
}

# The value of a JavaScript expression in the page. Waits for a promise.
sub value {
    my ($self, $script) = @_;
    my $result = $self->call('Runtime.evaluate', expression => $script,
        awaitPromise => JSON::PP::true, returnByValue => JSON::PP::true);
    die $result->{exceptionDetails}{exception}{description} // "error in: $script"
        if $result->{exceptionDetails};
    return $result->{result}{value};
}

# Polls the expression until it is true. A page that is going has no value.
sub wait_until {
    my ($self, $words, $script) = @_;
    return SHS::Process::wait_for($words, $patience_s,
                                  sub { eval { $self->value($script) } }, 0.05);
}

# Runs the script, and waits for the loaded page that it leads to.
sub leave_by {
    my ($self, $script) = @_;
    $self->{responses} = [];
    $self->value("window.isLeft = true; $script; 0");
    $self->wait_until("the page after $script",
                      "!window.isLeft && document.readyState == 'complete'");
    return;
}

sub text { return $_[0]->value('document.body.innerText') }
sub url  { return $_[0]->value('location.href') }

# The responses that the last visit has brought, redirects first: { url, status,
# headers => { lower-case name => value } }.
sub responses { return @{ $_[0]{responses} } }
sub statuses  { return join ' ', map { $_->{status} } $_[0]->responses }

# Name and value of each cookie that an address gets.
sub cookies {
    my ($self, $url) = @_;
    return { map { ($_->{name} => $_->{value}) }
             @{ $self->call('Network.getCookies', urls => [$url])->{cookies} } };
}

1;
