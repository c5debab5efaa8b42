-- What a handler inside httpd is given: lines "note|env|header name value",
-- percent-encoded.

local function encode(text)
    return (text:gsub("[^A-Za-z0-9._~-]", function(c)
        return string.format("%%%02X", c:byte())
    end))
end

local function dump(r, kind, values)
    for name, value in pairs(values) do
        r:write(kind .. " " .. encode(name) .. " " .. encode(value) .. "\n")
    end
end

function handle(r)
    r.content_type = "text/plain"
    dump(r, "note", r:notes_table())
    dump(r, "env", r:subprocess_env_table())
    dump(r, "header", r:headers_in_table())
    return apache2.OK
end
