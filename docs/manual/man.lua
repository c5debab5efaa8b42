-- SPDX-License-Identifier: Apache-2.0
--
-- The frame of a manual page (*.8.md, *.5.md) with the documents' own text
-- (pandoc). A comment in the frame says what is included, whole sections or all:
--
--   <!-- include docs/operations.md: The Redis user; Connections -->
--   <!-- include docs/directives.md -->
--
-- Links become text, tables lists. The tree is the variable `srcdir`.

local srcdir

local function read(path)
  local file = assert(io.open(srcdir .. '/' .. path))
  local text = file:read('*a')
  file:close()
  return pandoc.read(text, 'gfm').blocks
end

-- The sections of a file whose headings are named; nil: all after its title.
local function sections_of(path, wanted)
  local taken = pandoc.List()
  local seen = {}
  local is_wanted = false
  for _, block in ipairs(read(path)) do
    if block.t == 'Header' and block.level <= 2 then
      local heading = pandoc.utils.stringify(block)
      seen[heading] = true
      is_wanted = block.level == 2 and (not wanted or wanted[heading])
    end
    if is_wanted then taken:insert(block) end
  end
  for heading in pairs(wanted or {}) do
    assert(seen[heading], path .. ' has no section ' .. heading)
  end
  return taken
end

local function include(text)
  local path, names = text:match('^<!%-%- include ([^:%s]+):?%s*(.-)%s*%-%->')
  if not path then return nil end
  local wanted
  for name in names:gmatch('[^;]+') do
    wanted = wanted or {}
    wanted[name:match('^%s*(.-)%s*$')] = true
  end
  return sections_of(path, wanted)
end

-- A row as an entry of a list: its first cell, and the others below it, each
-- with the head of its column where there are several.
local function row_as_entry(row, heads)
  local body = pandoc.List()
  for i = 2, #row do
    if #row[i] > 0 then
      local words = pandoc.utils.blocks_to_inlines(row[i])
      if #row > 2 and #heads[i] > 0 then
        words = pandoc.Inlines(heads[i]) .. pandoc.Inlines(': ') .. words
      end
      body:insert(pandoc.Para(words))
    end
  end
  return { pandoc.utils.blocks_to_inlines(row[1]), { body } }
end

local function Table(el)
  local simple = pandoc.utils.to_simple_table(el)
  local heads = {}
  for i, head in ipairs(simple.headers) do
    heads[i] = pandoc.utils.blocks_to_inlines(head)
  end
  local entries = {}
  for _, row in ipairs(simple.rows) do
    table.insert(entries, row_as_entry(row, heads))
  end
  return pandoc.DefinitionList(entries)
end

local function Header(el)
  el.level = el.level - 1
  if el.level == 1 then
    return pandoc.walk_block(el, { Str = function(word)
      -- A directive keeps its spelling.
      if word.text:match('^SharedSession') then return nil end
      return pandoc.Str(word.text:upper())
    end })
  end
  return el
end

local function Link(el)
  if el.target:match('^https?:') then return nil end
  return el.content
end

local function RawInline(el)
  return el.text:match('^<br') and pandoc.LineBreak() or nil
end

local function Pandoc(doc)
  local blocks = pandoc.List()
  srcdir = pandoc.utils.stringify(doc.meta.srcdir)
  for _, block in ipairs(doc.blocks) do
    local included = block.t == 'RawBlock' and include(block.text)
    if included then
      blocks:extend(included)
    else
      blocks:insert(block)
    end
  end
  doc.blocks = blocks
  return doc
end

return { { Pandoc = Pandoc }, { Link = Link, RawInline = RawInline }, { Table = Table, Header = Header } }
