-- SPDX-License-Identifier: Apache-2.0
-- For mod_lua: what the session left in the request's notes.
function handle(r)
    local text = "zone " .. r.subprocess_env["ZONE"] .. ":"
    for _, name in ipairs({ "SHARED_SESSION", "session.user", "session.role" }) do
        text = text .. " " .. name .. "=" .. (r.notes[name] or "(no note)")
    end
    r.content_type = "text/plain"
    r:puts(text, "\n")
    return apache2.OK
end
