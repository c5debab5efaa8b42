-- SPDX-License-Identifier: Apache-2.0
--
-- Requests the addresses in turn, each a hundred times:
--   wrk ... -s interleave.lua URL -- HOST/PATH ...
local requests, n = {}, -1

function init(args)
    for i, address in ipairs(args) do
        wrk.headers["Host"] = address:match("^[^/]*")
        requests[i] = wrk.format("GET", address:match("/.*$"))
    end
end

function request()
    n = n + 1
    return requests[math.floor(n / 100) % #requests + 1]
end
