-- SPDX-License-Identifier: Apache-2.0
--
-- Requests the addresses in turn, each a hundred times and with its own Cookie
-- header:
--   wrk ... -s interleave.lua URL -- 'HOST/PATH COOKIE' ...
local requests, n = {}, -1

function init(args)
    for i, arg in ipairs(args) do
        local host, path, cookie = arg:match("^([^/]*)(%S*) (.*)$")
        wrk.headers["Host"], wrk.headers["Cookie"] = host, cookie
        requests[i] = wrk.format("GET", path)
    end
end

function request()
    n = n + 1
    return requests[math.floor(n / 100) % #requests + 1]
end
