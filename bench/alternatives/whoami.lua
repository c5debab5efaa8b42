-- SPDX-License-Identifier: Apache-2.0
--
-- mod_lua with lua-redis: one connection per thread.
local redis = require "redis"
local client

function handle(r)
    r.content_type = "text/plain"
    local id = (r.headers_in["Cookie"] or ""):match("JSESSIONID=([^;]+)")
    client = client or redis.connect("127.0.0.1", tonumber(r.subprocess_env["REDIS_PORT"]))
    local session = id and client:hgetall("session:" .. id) or {}
    r:puts("hello ", session.userId or "stranger", "\n")
    return apache2.OK
end

function handle_bare(r)
    r.content_type = "text/plain"
    r:puts("hello alice\n")
    return apache2.OK
end
