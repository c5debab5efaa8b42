-- SPDX-License-Identifier: Apache-2.0
--
-- Sends each request with the cookie of a random session:
--   wrk ... -s cookies.lua URL -- FIRST LAST
-- An id is "bench" and the session's number in 21 digits, as in store.py.
local first, last, before, after

function init(args)
    first, last = tonumber(args[1]), tonumber(args[2])
    math.randomseed(os.time())
    wrk.headers["Cookie"] = "JSESSIONID=bench" .. ("%021d"):format(0)
    before, after = wrk.format():match("^(.-bench)%d+(.*)$")
end

function request()
    return before .. ("%021d"):format(math.random(first, last)) .. after
end
