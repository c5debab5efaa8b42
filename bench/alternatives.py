# SPDX-License-Identifier: Apache-2.0
"""Other ways to do the same work: cookie -> session -> user's name in the
response. The base of each ratio is the same program without a session."""
import http.cookiejar
import json
import shutil
import socket
import ssl
import sqlite3
import subprocess
import urllib.request
import uuid

import load
import machine as m
import store
from target import Target, Variant


def cookie_from(url):
    """The Cookie header that a browser would send after it has fetched url."""
    jar = http.cookiejar.CookieJar()
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    browser = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(jar),
        urllib.request.HTTPSHandler(context=unverified))
    browser.addheaders = [('Accept', 'text/html')]
    browser.open(url, timeout=20).read()
    pairs = '; '.join(f'{c.name}={c.value}' for c in jar)
    if not pairs:
        raise RuntimeError(f'{url} sets no cookie')
    return {'Cookie': pairs}


def target(process, url, headers=None):
    return Target('', url, process if isinstance(process, list)
                       else [process], headers or {}, expect='alice')


# -------------------------------------------------------------- httpd's modules

def session_cookie(bench):
    httpd = bench.httpd
    process, url = httpd.start('session-cookie', '\n'.join([
        httpd.module('session'), httpd.module('session_cookie'),
        httpd.module('session_crypto'),
        'SessionCookieName session path=/',
        'SessionCryptoPassphrase benchbenchbench', 'SessionEnv On',
        '<Location />', 'Session On', '</Location>',
        '<Location /login>', 'SetHandler hello-login',
        'SessionHeader X-Replace-Session', '</Location>']))
    return target(process, f'{url}/hello', cookie_from(f'{url}/login'))


def session_dbd(bench):
    httpd = bench.httpd
    key = str(uuid.uuid4())
    directory = bench.machine.dir('sqlite')
    directory.chmod(0o777)
    with sqlite3.connect(directory / 'sessions.db') as database:
        database.execute('create table session (key text primary key,'
                         ' value text, expiry integer)')
        database.execute('insert into session values (?, ?, 0)',
                         (key, 'user=alice'))
    (directory / 'sessions.db').chmod(0o666)
    process, url = httpd.start('session-dbd', '\n'.join([
        httpd.module('session'), httpd.module('dbd'),
        httpd.module('session_dbd'), 'DBDriver sqlite3',
        f'DBDParams {directory}/sessions.db', 'DBDPersist On',
        'DBDMin 16', 'DBDKeep 32', 'DBDMax 32',
        'DBDPrepareSQL "select value from session where key = %s'
        ' and (expiry = 0 or expiry > %lld)" selectsession',
        'DBDPrepareSQL "insert into session (value, expiry, key)'
        ' values (%s, %lld, %s)" insertsession',
        'DBDPrepareSQL "update session set value = %s, expiry = %lld, key = %s'
        ' where key = %s" updatesession',
        'DBDPrepareSQL "delete from session where key = %s" deletesession',
        'DBDPrepareSQL "delete from session where expiry != 0 and expiry < %lld"'
        ' cleansession',
        'SessionEnv On', 'SessionDBDCookieName session path=/',
        '<Location />', 'Session On', '</Location>']))
    return target(process, f'{url}/hello', {'Cookie': f'session={key}'})


def openid(bench):
    httpd = bench.httpd
    secret = 'bench' * 8
    port = bench.machine.free_port()
    provider = bench.machine.start('provider', [
        m.need('python3'), bench.machine.root / 'bench/alternatives/openid.py',
        port, 'bench', secret, bench.redis.ca, bench.redis.key])
    m.wait_until('provider', lambda: not socket.create_connection(
        ('127.0.0.1', port)).close(), provider)
    issuer = f'https://127.0.0.1:{port}'
    process, url = httpd.start('openid', '\n'.join([
        httpd.module('authn_core'), httpd.module('authz_user'),
        httpd.module('auth_openidc', 'libapache2-mod-auth-openidc'),
        f'OIDCProviderIssuer {issuer}',
        f'OIDCProviderAuthorizationEndpoint {issuer}/authorize',
        f'OIDCProviderTokenEndpoint {issuer}/token',
        'OIDCProviderTokenEndpointAuth client_secret_post',
        'OIDCIDTokenSignedResponseAlg HS256', 'OIDCScope openid',
        'OIDCSSLValidateServer Off',
        'OIDCClientID bench', f'OIDCClientSecret {secret}',
        'OIDCCryptoPassphrase bench', 'OIDCRedirectURI /hello/back',
        'OIDCCacheType redis', 'OIDCSessionType server-cache',
        f'OIDCRedisCacheServer 127.0.0.1:{bench.redis.port}',
        'OIDCSessionInactivityTimeout 86400',
        '<Location />', 'AuthType openid-connect', 'Require valid-user',
        '</Location>', '<Location /index.txt>', 'AuthType None',
        'Require all granted', '</Location>']))
    headers = cookie_from(f'{url}/hello')
    bench.machine.end(provider)
    return target(process, f'{url}/hello', headers)


def lua(function):
    def start(bench):
        httpd = bench.httpd
        m.need_file('/usr/share/lua/5.3/redis.lua', 'lua-redis')
        script = bench.machine.root / 'bench/alternatives/whoami.lua'
        copy = bench.machine.work / 'whoami.lua'
        copy.write_text(script.read_text())
        process, url = httpd.start(f'lua-{function}', '\n'.join([
            httpd.module('lua'), httpd.module('env'),
            f'SetEnv REDIS_PORT {bench.redis.port}', 'LuaScope thread',
            'LuaCodeCache forever',
            f'LuaMapHandler ^/whoami$ {copy} {function}']))
        return target(process, f'{url}/whoami', store.cookie_of(200))
    return start


# ---------------------------------------------------------------------- others

NGINX = '''
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
user nobody nogroup;
worker_processes 2;
pid {dir}/pid;
error_log {dir}/error.log warn;
daemon off;
events {{ worker_connections 256; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    default_type text/plain;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            content_by_lua_block {{
                {code}
            }}
        }}
    }}
}}
'''

NGINX_BARE = 'ngx.say("hello alice")'

NGINX_REDIS = '''
local is_there, module = pcall(require, "nginx.redis")
local redis = (is_there and module or require("resty.redis")):new()
redis:set_timeout(1000)
assert(redis:connect("127.0.0.1", %d))
local user = redis:hget("session:" .. (ngx.var.cookie_JSESSIONID or ""), "userId")
redis:set_keepalive(60000, 32)
ngx.say("hello ", user == ngx.null and "stranger" or user)
'''


def nginx(name, code):
    def start(bench):
        m.need_file('/usr/lib/nginx/modules/ngx_http_lua_module.so',
                    'libnginx-mod-http-lua')
        if code is NGINX_REDIS and not resty_redis():
            raise m.Missing('lua-resty-redis is not there'
                            ' (package lua-nginx-redis)')
        directory = bench.machine.dir(name)
        port = bench.machine.free_port()
        conf = directory / 'nginx.conf'
        text = code % bench.redis.port if code is NGINX_REDIS else code
        conf.write_text(NGINX.format(dir=directory, port=port, code=text))
        process = bench.machine.start(name, [m.need('nginx'), '-c', conf, '-p',
                                             directory, '-e',
                                             directory / 'error.log'])
        url = f'http://127.0.0.1:{port}/'
        m.wait_until(name, lambda: load.get(url, store.cookie_of(200)), process)
        return target(process, url, store.cookie_of(200))
    return start


def resty_redis():
    """Whether the library is where Debian or upstream installs it."""
    return any(m.pathlib.Path(f'/usr/share/lua/5.1/{below}/redis.lua').exists()
               for below in ('nginx', 'resty'))


def php(name, query):
    def start(bench):
        if name == 'php' and 'redis' not in m.output_of(m.need('php-cgi'), '-m'):
            raise m.Missing('phpredis is not there (package php-redis)')
        source = bench.machine.root / 'bench/alternatives/page.php'
        (bench.machine.dir('htdocs') / 'page.php').write_text(source.read_text())
        port = bench.machine.free_port()
        ini = {'session.save_handler': 'redis', 'session.save_path':
               f'"tcp://127.0.0.1:{bench.redis.port}?persistent=1"',
               'session.name': 'JSESSIONID', 'session.cache_limiter': '',
               'session.gc_probability': '0'}
        options = [word for k, v in ini.items() for word in ('-d', f'{k}={v}')]
        if name == 'php':
            bench.redis.command('SET', f'PHPREDIS_SESSION:{store.id_of(200)}',
                            'userId|s:5:"alice";')
        fcgi = bench.machine.start(
            name, [m.need('php-cgi'), '-b', f'127.0.0.1:{port}', *options],
            {'PHP_FCGI_CHILDREN': '8', 'PHP_FCGI_MAX_REQUESTS': '0'})
        m.wait_until(name, lambda: not socket.create_connection(
            ('127.0.0.1', port)).close(), fcgi)
        httpd = bench.httpd
        process, url = httpd.start(f'{name}-httpd', '\n'.join([
            httpd.module('proxy'), httpd.module('proxy_fcgi'),
            f'<Proxy fcgi://127.0.0.1:{port}/ enablereuse=on max=8>', '</Proxy>',
            'ProxyFCGIBackendType GENERIC', '<Files page.php>',
            f'SetHandler proxy:fcgi://127.0.0.1:{port}/', '</Files>']))
        return target([process, fcgi], f'{url}/page.php{query}',
                      store.cookie_of(200))
    return start


def express_modules(bench):
    """The directory of node_modules, which npm installs once per work tree."""
    directory = bench.machine.root / 'build/bench'
    directory.mkdir(parents=True, exist_ok=True)
    source = bench.machine.root / 'bench/alternatives'
    for name in ('package.json', 'app.js'):
        shutil.copy(source / name, directory / name)
    wanted = json.loads((source / 'package.json').read_text())['dependencies']
    if all((directory / 'node_modules' / name).exists() for name in wanted):
        return directory
    npm = m.need('npm')
    try:
        subprocess.run([npm, 'install', '--no-audit', '--no-fund', '--silent'],
                       cwd=directory, check=True, timeout=120,
                       stdin=subprocess.DEVNULL, capture_output=True)
    except (subprocess.SubprocessError, OSError) as error:
        raise m.Missing(f'npm install: {error}') from error
    return directory


def express(name, *arguments):
    def start(bench):
        directory = express_modules(bench)
        port = bench.machine.free_port()
        process = bench.machine.start(
            name, [m.need('node'), directory / 'app.js', port, bench.redis.port,
                   *arguments], {'NODE_ENV': 'production'})
        url = f'http://127.0.0.1:{port}/'
        m.wait_until(name, lambda: load.get(url), process)
        headers = store.cookie_of(200) if arguments else cookie_from(f'{url}login')
        return target(process, url, headers)
    return start


# name, label, start, base
ALL = (
    ('session-cookie', 'mod_session_cookie and _crypto', session_cookie, 'bare'),
    ('session-dbd', 'mod_session_dbd, SQLite', session_dbd, 'bare'),
    ('openidc', 'mod_auth_openidc, Redis', openid, 'bare'),
    ('lua-bare', 'mod_lua, bare', lua('handle_bare'), 'lua-bare'),
    ('lua', 'mod_lua, lua-redis', lua('handle'), 'lua-bare'),
    ('nginx-bare', 'nginx with Lua, bare', nginx('nginx-bare', NGINX_BARE),
     'nginx-bare'),
    ('nginx', 'nginx with Lua, lua-resty-redis', nginx('nginx', NGINX_REDIS),
     'nginx-bare'),
    ('php-bare', 'PHP behind httpd, bare', php('php-bare', '?bare'), 'php-bare'),
    ('php', 'PHP behind httpd, phpredis', php('php', ''), 'php-bare'),
    ('express-bare', 'Express, bare', express('express-bare', 'bare'),
     'express-bare'),
    ('express', 'Express, connect-redis', express('express'), 'express-bare'),
)


def variants():
    return [Variant(*row, is_optional=True) for row in ALL]
