# A near-cache larger than the memory that the system gives: httpd does not
# start, and says which directive; a graceful restart goes on with less.
# The same with every MPM.
use strict;
use warnings;

use SHS;

my $store = SHS::Redis->start;
my $id = fresh_id();
$store->put_hash("session:$id", { owner => 'alice' });

sub conf {
    my ($size) = @_;
    # Small stacks, so that a child fits into what the limit leaves.
    my $threads = $ENV{SHS_MPM} eq 'prefork' ? '' : <<'CONF';
ThreadStackSize 262144
ServerLimit 2
StartServers 1
ThreadsPerChild 4
MinSpareThreads 4
MaxSpareThreads 8
MaxRequestWorkers 8
CONF
    return $threads . <<"CONF";
SharedSessionStore redis://127.0.0.1:@{[ $store->port ]} name=memory
SharedSessionCache On size=$size
SharedSession On
SharedSessionNote session.* *
CONF
}

sub address_space {
    my ($pid) = @_;
    my ($kb) = SHS::Httpd::slurp("/proc/$pid/status") =~ /^VmSize:\s*(\d+)/m;
    return $kb * 1024;
}

# --- start ----------------------------------------------------------------------
my $httpd = SHS::Httpd->new(near => 1, conf => conf('512M'));
my $limit = 400 * 1024;
my $code = system 'timeout', '-k', 5, 30, 'bash', '-c', "ulimit -v $limit && exec \"\$0\" -f \"\$1\" -D FOREGROUND >\"\$2\" 2>&1 </dev/null",
    $ENV{SHS_HTTPD}, $httpd->root . '/httpd.conf', $httpd->root . '/logs/stdout';
is($code >> 8, 1, 'with no memory for size=512M httpd does not start');
my ($line) = $httpd->logged(qr/SHS011/);
like($line, qr/Cannot allocate memory.*near-cache of the session store redis:.* \(near-cache of 512M, .*size= of SharedSessionCache/,
     '... and says what it is for, and which directive asks for it')
    || diag $httpd->output;

# --- graceful restart -----------------------------------------------------------
$httpd = SHS::Httpd->start(near => 1, loglevel => 'notice', conf => conf('16M'));
sub owner { $httpd->get('/x/lua', cookie => "JSESSIONID=$id")->note('session.owner') }
is(owner(), 'alice', 'it serves with 16M');
is(scalar($httpd->logged(qr/SHS001.*near-cache of 16M/)), 1, '... as the log says');

$limit = address_space($httpd->pid) + 400 * 1024 * 1024;
is(system('prlimit', '--pid', $httpd->pid, "--as=$limit"), 0, 'its memory is limited');
$httpd->configure(conf('512M'));
$httpd->graceful;
ok($httpd->wait_logged(qr/SHS036: .*near-cache of 512M, .*continues with near-cache of 256M/, 20),
   'restarted with 512M it goes on with what can be had, and says so')
    || diag $httpd->output;
ok($httpd->wait_logged(qr/SHS001.*near-cache of 256M/, 20), '... in SHS001 too');
is(owner(), 'alice', '... and serves');
ok(kill(0, $httpd->pid), '... in the same process');

$httpd->configure(conf('32M'));
$httpd->graceful;
ok($httpd->wait_logged(qr/SHS001.*near-cache of 32M/, 20), 'what fits is taken whole');
is(scalar($httpd->logged(qr/SHS036/)), 1, '... without another error');
is(owner(), 'alice', '... and serves');
ok($httpd->stop, 'it ends as it should');

done_testing;
