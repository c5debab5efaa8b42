# SPDX-License-Identifier: Apache-2.0
#
# A bad network: a TCP proxy between httpd and a real Redis, on a free loopback
# port, in a process of its own, that is told what to do while it runs. Every
# command is in effect when it returns, also for connections that are open.
#
#   pass                  all octets go through
#   delay(ms)             ... each chunk of a reply so much later
#   late(to => text)      the reply to the next command with that text in it
#                         comes after the next command; all else goes through
#   halve(every => n)     of every n-th chunk of a reply the first half, then
#                         nothing more; with close => 1, then the end
#   corrupt(every => n)   one octet of every n-th chunk of a reply is another:
#                         one of RESP's own (type, length, line end), for
#                         nothing protects the octets of a value
#   blackhole             takes connections, and swallows every octet
#   deaf                  swallows every octet, and its queue of connections is
#                         full: new ones are neither taken nor refused
#   hold                  as if stopped: what is sent comes late, after the next
#                         command
#   slam                  takes connections and closes them at once
#   refuse                new connections are refused; what was open is closed
#   strand                of the connections that are open no octet goes through
#                         any more, in either direction, and neither end
#                         notices: a firewall has forgotten them. New ones are
#                         not affected
#   lead(to => port)      new connections lead to that server; what is open stays
#   drop                  closes what is open (reset => 1: with a reset), and
#                         goes on as before
#
# A connection that has lost octets says nothing more, whatever comes next.

package SHS::Proxy;

use strict;
use warnings;

use File::Temp ();
use IO::Socket::INET;
use IO::Socket::UNIX;
use SHS::Process;
use Socket qw(SOMAXCONN);

# start(to => port of the server, host => '127.0.0.1', port => N)
sub start {
    my ($class, %want) = @_;
    my ($fh, $control) = File::Temp::tempfile('proxy-XXXXXX', UNLINK => 1,
                                              DIR => SHS::Process::tmp());
    close $fh;
    unlink $control;
    my $self = bless { to => $want{to}, host => $want{host} || '127.0.0.1',
                       control => $control }, $class;
    my $commands = IO::Socket::UNIX->new(Local => $control, Listen => 16)
        or die "proxy: $control: $!";
    my $listener;
    for (1 .. 50) {
        $self->{port} = $want{port} || SHS::Process::free_port();
        $listener = listen_on(@$self{qw(host port)}) and last;
    }
    die "proxy: $!" if !$listener;
    $self->{pid} = SHS::Process::fork_child('proxy', sub {
        SHS::Proxy::Server->new($self, $commands, $listener)->run });
    return $self;
}

sub listen_on {
    my ($host, $port) = @_;
    return IO::Socket::INET->new(Listen => SOMAXCONN, ReuseAddr => 1,
        Blocking => 0, LocalAddr => "$host:$port");
}

sub port { $_[0]{port} }
sub pid  { $_[0]{pid} }
sub stop { SHS::Process::stop($_[0]{pid}); unlink $_[0]{control}; return }

# Sends one command and waits for its acknowledgement: a hash of counts.
sub tell {
    my ($self, $what, %more) = @_;
    my $line = join ' ', $what, map { "$_=$more{$_}" } sort keys %more;
    my $answer;
    eval {
        local $SIG{ALRM} = sub { die "no answer\n" };
        alarm 20;
        my $s = IO::Socket::UNIX->new(Peer => $self->{control}) or die "$!\n";
        syswrite $s, "$line\n";
        $answer = <$s>;
        alarm 0;
        1;
    } or die "proxy: $line: $@";
    alarm 0;
    $answer //= "no answer\n";
    die "proxy: $line: $answer" if $answer !~ s/^ok //;
    return { map { split /=/ } split ' ', $answer };
}

sub pass      { return shift->tell('pass') }
sub delay     { return $_[0]->tell('delay', ms => $_[1]) }
sub late      { return shift->tell('late', @_) }
sub halve     { return shift->tell('halve', every => 1, @_) }
sub corrupt   { return shift->tell('corrupt', every => 1, @_) }
sub blackhole { return shift->tell('blackhole') }
sub deaf      { return shift->tell('deaf') }
sub hold      { return shift->tell('hold') }
sub slam      { return shift->tell('slam') }
sub refuse    { return shift->tell('refuse') }
sub strand    { return shift->tell('strand') }
sub lead      { return shift->tell('lead', @_) }
sub drop      { return shift->tell('drop', @_) }

# accepted, open, peak (connections), asked (chunks that clients sent), hurt
# (chunks that did not go through as they came), last (the port at the other
# end of the connection that asked last).
sub stats { return shift->tell('stats') }

package SHS::Proxy::Server;

use strict;
use warnings;

use Errno qw(EAGAIN EINTR);
use IO::Poll qw(POLLIN POLLOUT POLLHUP POLLERR);
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER SOCK_STREAM PF_INET SOMAXCONN
              inet_aton pack_sockaddr_in);
use Time::HiRes ();

# A side that has so much to write yet is not read for.
my $most_waiting = 1 << 20;

sub new {
    my ($class, $proxy, $commands, $listener) = @_;
    return bless { host => $proxy->{host}, port => $proxy->{port},
                   to => $proxy->{to},
                   commands => $commands, listener => $listener,
                   poll => IO::Poll->new, ends => {}, fill => [],
                   mode => 'pass', more => {}, chunks => 0,
                   count => { accepted => 0, open => 0, peak => 0, asked => 0,
                              hurt => 0, last => 0 } }, $class;
}

sub run {
    my ($self) = @_;
    local $SIG{PIPE} = 'IGNORE';
    $self->{poll}->mask($self->{commands} => POLLIN);
    $self->watch_listener;
    while (1) {
        $self->{poll}->poll($self->next_due);
        $self->obey if $self->{poll}->events($self->{commands});
        next if $self->{mode} eq 'hold';
        $self->take if $self->{listener}
            && $self->{poll}->events($self->{listener});
        my @ends = values %{ $self->{ends} };
        for my $end (@ends) {
            next if $end->{gone};
            my $events = $self->{poll}->events($end->{s}) or next;
            $self->read_from($end) if $events & (POLLIN | POLLHUP | POLLERR);
        }
        @ends = grep { !$_->{gone} && @{ $_->{out} } } @ends;
        for my $end (@ends) {
            $self->write_to($end) if !$end->{gone};
        }
    }
}

# Seconds until the next delayed chunk is due; without end if there is none.
sub next_due {
    my ($self) = @_;
    return -1 if $self->{mode} eq 'hold';
    my $now = Time::HiRes::time();
    my $due;
    for my $end (values %{ $self->{ends} }) {
        my $first = $end->{out}[0] or next;
        if ($first->[0] <= $now) {
            # It became due since it was looked at: nothing else would wake us.
            $self->watch($end);
            next;
        }
        $due = $first->[0] if !defined $due || $first->[0] < $due;
    }
    return defined $due ? $due - $now : -1;
}

# --- commands ---------------------------------------------------------------

sub obey {
    my ($self) = @_;
    my $s = $self->{commands}->accept or return;
    my ($what, @more) = split ' ', <$s> // '';
    return if !defined $what;
    my %more = map { split /=/ } @more;
    my $said = eval {
        if ($what eq 'drop') {
            $self->close_all($more{reset});
        }
        elsif ($what eq 'strand') {
            $_->{is_mute} = 1 for values %{ $self->{ends} };
        }
        elsif ($what eq 'lead') {
            $self->{to} = $more{to};
        }
        elsif ($what ne 'stats') {
            $self->change($what, \%more);
        }
        my %count = %{ $self->{count} };
        'ok ' . join ' ', map { "$_=$count{$_}" } sort keys %count;
    } // "error $@";
    $said =~ s/\n/ /g;
    syswrite $s, "$said\n";
    return;
}

sub change {
    my ($self, $mode, $more) = @_;
    die "no mode $mode\n" if $mode
        !~ /^(?:pass|delay|late|halve|corrupt|blackhole|deaf|hold|slam|refuse)$/;
    my $before = $self->{mode};
    ($self->{mode}, $self->{more}, $self->{chunks}) = ($mode, $more, 0);
    $self->open_ears if $before =~ /^(?:deaf|refuse)$/;
    $self->close_all if $mode =~ /^(?:slam|refuse)$/;
    if ($mode eq 'refuse') {
        $self->{poll}->remove($self->{listener});
        close delete $self->{listener};
    }
    $self->close_ears if $mode eq 'deaf';
    $self->watch_listener;
    for my $end (values %{ $self->{ends} }) {
        delete $end->{is_late} and map { $_->[0] = 0 } @{ $end->{out} };
        $self->watch($end);
    }
    return;
}

# A queue of none, and a few connections of our own in it: it is full.
sub close_ears {
    my ($self) = @_;
    listen $self->{listener}, 0;
    for (1 .. 4) {
        socket my $s, PF_INET, SOCK_STREAM, 0 or die $!;
        my $filler = IO::Socket::INET->new_from_fd($s, 'r+');
        $filler->blocking(0);
        connect $filler, pack_sockaddr_in($self->{port}, inet_aton($self->{host}));
        push @{ $self->{fill} }, $s, $filler;
    }
    return;
}

sub open_ears {
    my ($self) = @_;
    @{ $self->{fill} } = ();
    if ($self->{listener}) {
        listen $self->{listener}, SOMAXCONN;
        return;
    }
    SHS::Process::wait_for("port $self->{port}", 10, sub {
        $self->{listener} = SHS::Proxy::listen_on(@$self{qw(host port)}) });
    return;
}

sub watch_listener {
    my ($self) = @_;
    return if !$self->{listener};
    $self->{poll}->mask($self->{listener} =>
                        $self->{mode} =~ /^(?:deaf|hold)$/ ? 0 : POLLIN);
    return;
}

# --- connections ------------------------------------------------------------

sub take {
    my ($self) = @_;
    while (my $s = $self->{listener}->accept) {
        $self->{count}{accepted}++;
        next if $self->{mode} eq 'slam';
        $s->blocking(0);
        my $port = $s->peerport;
        my $client = { s => $s, out => [], is_client => 1,
                       port => $port // 0 };
        my $server;
        if ($self->{mode} eq 'blackhole') {
            $client->{is_mute} = 1;
        }
        else {
            my $to = IO::Socket::INET->new(
                PeerAddr => "127.0.0.1:$self->{to}") or next;
            $to->blocking(0);
            $server = { s => $to, out => [], peer => $client };
            $client->{peer} = $server;
            $self->{ends}{ fileno $to } = $server;
            $self->watch($server);
        }
        $self->{ends}{ fileno $s } = $client;
        $self->watch($client);
        my $open = ++$self->{count}{open};
        $self->{count}{peak} = $open if $open > $self->{count}{peak};
    }
    return;
}

sub watch {
    my ($self, $end) = @_;
    my $mask = 0;
    if ($self->{mode} ne 'hold') {
        my $waiting = 0;
        $waiting += length $_->[1] for @{ ($end->{peer} || {})->{out} || [] };
        my $first = $end->{out}[0];
        $mask |= POLLIN if $waiting < $most_waiting && !$end->{is_over};
        $mask |= POLLOUT if $first && $first->[0] <= Time::HiRes::time();
    }
    $self->{poll}->mask($end->{s} => $mask);
    return;
}

# Copies: closing takes them out of the tables that are being walked.
sub close_all {
    my ($self, $reset) = @_;
    my @ends = values %{ $self->{ends} };
    $self->close_pair($_, $reset) for @ends;
    return;
}

sub close_pair {
    my ($self, $end, $reset) = @_;
    my @sides = ($end, $end->{peer} || ());
    for my $side (@sides) {
        next if $side->{gone};
        $side->{gone} = 1;
        $self->{poll}->remove($side->{s});
        delete $self->{ends}{ fileno $side->{s} };
        $self->{count}{open}-- if $side->{is_client};
        setsockopt $side->{s}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)
            if $reset;
        close $side->{s};
        delete $side->{peer};
    }
    return;
}

sub read_from {
    my ($self, $end) = @_;
    my $n = sysread $end->{s}, my $octets, 65536;
    if (!defined $n) {
        return if $! == EAGAIN || $! == EINTR;
        return $self->close_pair($end, 1);
    }
    if ($n == 0) {
        return $self->end_of($end);
    }
    if ($end->{is_client}) {
        $self->{count}{asked}++;
        $self->{count}{last} = $end->{port};
        $end->{is_late} = !$self->{chunks}++ if $self->{mode} eq 'late'
            && index($octets, $self->{more}{to}) >= 0;
    }
    my $peer = $end->{peer};
    if ($self->{mode} =~ /^(?:blackhole|deaf)$/) {
        $end->{is_mute} = 1;
        $peer->{is_mute} = 1 if $peer;
    }
    if ($end->{is_mute} || !$peer) {
        $self->{count}{hurt}++;
        return;
    }
    $end->{is_client} ? $self->forward($peer, $octets)
                      : $self->answer($peer, $octets);
    $self->watch($end) if !$end->{gone};
    return;
}

# What is on its way to the other side goes there before it is closed.
sub end_of {
    my ($self, $end) = @_;
    my $peer = $end->{peer};
    if ($peer && @{ $peer->{out} } && !$peer->{is_mute}) {
        $peer->{closes} = $end->{is_over} = 1;
        $self->watch($end);
        return;
    }
    return $self->close_pair($end);
}

# A chunk on its way from the server, and what becomes of it.
sub answer {
    my ($self, $client, $octets) = @_;
    my ($mode, $more) = @$self{qw(mode more)};
    if ($mode eq 'delay') {
        $self->{count}{hurt}++;
        return $self->forward($client, $octets, $more->{ms} / 1000);
    }
    if ($client->{is_late}) {
        $self->{count}{hurt}++;
        return $self->forward($client, $octets, 3600);
    }
    if ($mode !~ /^(?:halve|corrupt)$/
        || ++$self->{chunks} % $more->{every} != 0) {
        return $self->forward($client, $octets);
    }
    $self->{count}{hurt}++;
    if ($mode eq 'corrupt') {
        return $self->forward($client, garble($octets));
    }
    my $half = substr $octets, 0, int(length($octets) / 2) || 1;
    $client->{peer}{is_mute} = 1;
    $client->{closes} = 1 if $more->{close};
    return $self->forward($client, $half);
}

# Order is kept: nothing is due before what is queued already.
sub forward {
    my ($self, $end, $octets, $later) = @_;
    my $due = Time::HiRes::time() + ($later || 0);
    my $last = $end->{out}[-1];
    $due = $last->[0] if $last && $last->[0] > $due;
    push @{ $end->{out} }, [ $due, $octets ];
    return $self->write_to($end);
}

sub write_to {
    my ($self, $end) = @_;
    my $out = $end->{out};
    while (@$out && $out->[0][0] <= Time::HiRes::time()) {
        my $n = syswrite $end->{s}, $out->[0][1];
        if (!defined $n) {
            last if $! == EAGAIN || $! == EINTR;
            return $self->close_pair($end, 1);
        }
        substr $out->[0][1], 0, $n, '';
        shift @$out if !length $out->[0][1];
    }
    return $self->close_pair($end) if $end->{closes} && !@$out;
    $self->watch($end);
    $self->watch($end->{peer}) if $end->{peer};
    return;
}

# --- RESP -------------------------------------------------------------------

# Where RESP's own octets are: types, lengths and line ends; of a number and a
# text the type and the line end.
sub frame {
    my ($octets) = @_;
    my @at;
    my $pos = 0;
    while ($pos < length $octets) {
        pos($octets) = $pos;
        $octets =~ /\G([*\$:+-])([^\r\n]*)\r\n/g or last;
        my ($type, $text) = ($1, $2);
        my $end = pos $octets;
        push @at, $pos, $end - 2, $end - 1;
        push @at, $pos + 1 .. $end - 3 if $type =~ /[*\$]/;
        if ($type eq '$' && $text =~ /^\d+$/) {
            $end += $text + 2;
            push @at, grep { $_ < length $octets } $end - 2, $end - 1;
        }
        $pos = $end;
    }
    return @at;
}

sub garble {
    my ($octets) = @_;
    my @at = frame($octets) or return $octets;
    my $at = $at[ rand @at ];
    my $is = ord substr $octets, $at, 1;
    substr $octets, $at, 1, chr(($is + 1 + int rand 255) % 256);
    return $octets;
}

1;
