# SPDX-License-Identifier: Apache-2.0
#
# An application of t/interop, started from where t/interop/install has put it.
#
#   start('express', ...), start('fastify', ...), start('koa', ...)
#   start('spring', line => '3.5.7' | '4.0.7', repository => 'default' | 'indexed',
#         serializer => 'jdk' | 'json', ...)
#   start('tomcat', codec => 'Kryo5Codec', ..., manager => 'attribute="..."')
#
#   redis => port, idle => seconds (the idle timeout of its sessions), cookie => name
#
# One at a time, mostly: an application in Java takes 200 MB.

package SHS::App;

use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp qw(tempdir);
use POSIX ();
use SHS::HTTP;
use SHS::Process;

my %family = (express => 'node', fastify => 'node', koa => 'node');

# The folder of an installed application; dies with what is missing. In
# SHS_INTEROP is the folder t/interop.
sub installed {
    my ($name) = @_;
    my $said = `$ENV{SHS_INTEROP}/install $name 2>&1`;
    my ($folder) = $said =~ m{^(/.*)$}m;
    die $said if $? != 0 || !$folder;
    return $folder;
}

sub start {
    my ($class, $name, %want) = @_;
    my $family = $family{$name} || $name;
    my $self = bless { name => $name, port => SHS::Process::free_port(), %want,
                       installed => installed($family),
                       dir => tempdir("$name-XXXXXX", DIR => SHS::Process::tmp()) },
        $class;
    my @command = $family eq 'node' ? $self->node : $self->$family;
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        POSIX::setsid();
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        exec(@command) or POSIX::_exit(127);
    }
    $self->{pid} = SHS::Process::note($pid, $name);
    eval {
        SHS::Process::wait_for($name, 120, sub {
            die "it ended\n" if !SHS::Process::is_alive($pid);
            SHS::HTTP::request(port => $self->{port}, path => '/ready')->code == 200;
        }, 0.1);
    } or die "$name did not start: $@" . $self->log;
    return $self;
}

sub port { $_[0]{port} }
sub stop { SHS::Process::stop($_[0]{pid}, 'TERM', 20); return }

sub log {
    my ($self) = @_;
    open my $in, '<', "$self->{dir}/log" or return '';
    local $/;
    return scalar(<$in>) // '';
}

# Lines of its log that say that something is wrong.
sub bad_lines {
    return grep { /\b(?:ERROR|SEVERE|FATAL)\b|[Ee]xception|^\s+at |Unhandled|"level":[56]0/ }
        split /\n/, $_[0]->log;
}

# ------------------------------------------------------------ how each starts

sub idle { return $_[0]{idle} // 1800 }

sub node {
    my ($self) = @_;
    return ('env', "APP_PORT=$self->{port}", "APP_REDIS_PORT=$self->{redis}",
            'APP_IDLE_S=' . $self->idle, "APP_COOKIE=" . ($self->{cookie} // ''),
            "APP_SECRET=" . ($self->{secret} // ''),
            'node', "$self->{installed}/$self->{name}.js");
}

# The client compiler only, and few threads: most of a test is the start.
sub java { return qw(java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1) }

sub spring {
    my ($self) = @_;
    my $target = "$self->{installed}/target-$self->{line}";
    my $idle = $self->idle . 's';
    my %property = (
        'server.address' => '127.0.0.1', 'server.port' => $self->{port},
        'spring.data.redis.host' => '127.0.0.1', 'spring.data.redis.port' => $self->{redis},
        'spring.session.timeout' => $idle, 'server.servlet.session.timeout' => $idle,
        'spring.main.banner-mode' => 'off',
        'interop.serializer' => $self->{serializer} // 'jdk',
        # The line 4 has a new name for each.
        (map { ("spring.session.${_}redis.repository-type" => $self->{repository} // 'default',
                "spring.session.${_}redis.namespace" => $self->{namespace} // 'spring:session') }
             '', 'data.'),
        $self->{cookie} ? ('server.servlet.session.cookie.name' => $self->{cookie}) : (),
    );
    return (java(), '-cp', "$target/classes:$target/lib/*", 'interop.Application',
            map { "--$_=$property{$_}" } sort keys %property);
}

sub write {
    my ($self, $name, $text) = @_;
    my $path = "$self->{dir}/$name";
    (my $folder = $path) =~ s{/[^/]*$}{};
    make_path($folder);
    open my $out, '>', $path or die "$path: $!";
    print $out $text;
    close $out;
    return;
}

# A CATALINA_BASE of its own, with one web application. Sessions that are over end
# within a second: by default Tomcat looks for them once a minute, and Redisson
# revives the others.
sub tomcat {
    my ($self) = @_;
    my ($home) = glob "$self->{installed}/apache-tomcat-*";
    my $base = $self->{dir};
    my $cookie = $self->{cookie} ? qq{ sessionCookieName="$self->{cookie}"} : '';
    my $manager = $self->{manager} // 'readMode="REDIS" updateMode="DEFAULT"';
    my $codec = $self->{codec} // 'Kryo5Codec';
    my $route = $self->{route} ? qq{ jvmRoute="$self->{route}"} : '';
    make_path(map { "$base/$_" } qw(logs temp work webapps/ROOT/WEB-INF));
    system('cp', '-R', "$self->{installed}/build/classes", "$base/webapps/ROOT/WEB-INF/") == 0
        or die "cp classes\n";
    $self->write('conf/server.xml', <<"XML");
<Server port="-1">
  <Service name="Catalina">
    <Connector port="$self->{port}" address="127.0.0.1" maxThreads="20" minSpareThreads="2"/>
    <Engine name="Catalina" defaultHost="localhost"
            backgroundProcessorDelay="1"$route>
      <Host name="localhost" appBase="webapps" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
XML
    $self->write('conf/web.xml', <<'XML');
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"/>
XML
    $self->write('conf/catalina.properties', <<"PROPERTIES");
common.loader="$home/lib","$home/lib/*.jar","$self->{installed}/redisson/*.jar"
tomcat.util.scan.StandardJarScanFilter.jarsToSkip=*.jar
PROPERTIES
    $self->write('webapps/ROOT/META-INF/context.xml', <<"XML");
<Context$cookie>
  <Manager className="org.redisson.tomcat.RedissonSessionManager"
           configPath="$base/redisson.yaml" processExpiresFrequency="1" $manager/>
</Context>
XML
    $self->write('redisson.yaml', <<"YAML");
singleServerConfig:
  address: "redis://127.0.0.1:$self->{redis}"
  connectionMinimumIdleSize: 2
  connectionPoolSize: 8
  subscriptionConnectionMinimumIdleSize: 1
codec: !<org.redisson.codec.$codec> {}
threads: 4
nettyThreads: 4
YAML
    return (java(), "-Dcatalina.home=$home", "-Dcatalina.base=$base",
            "-Djava.io.tmpdir=$base/temp", '-Dapp.idle=' . $self->idle,
            '-cp', "$home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar",
            'org.apache.catalina.startup.Bootstrap', 'start');
}

1;
