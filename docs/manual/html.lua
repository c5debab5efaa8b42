-- SPDX-License-Identifier: Apache-2.0
--
-- A page of docs/ as a page of the HTML manual (pandoc). Its title goes to the
-- template. Links to other pages lead to their HTML; links to files that are not
-- installed become text. The page's path in the tree is the variable `page`.

local page

-- Where a file of the tree is in the manual; nil: nowhere.
local function place_of(path)
  if path == 'README.md' then return 'index.html' end
  if path == 'CHANGES.md' then return 'changes.html' end
  if path:match('^bench/%a+%.svg$') then return path:match('[^/]+$') end
  local name = path:match('^docs/(.*)%.md$')
  return name and name .. '.html'
end

local function directory_of(path)
  return path:match('^(.*/)') or ''
end

-- "docs/guide/" and "../limits.md" -> "docs/limits.md"
local function join(directory, path)
  local parts = {}
  for part in (directory .. path):gmatch('[^/]+') do
    if part == '..' then
      table.remove(parts)
    elseif part ~= '.' then
      table.insert(parts, part)
    end
  end
  return table.concat(parts, '/')
end

-- A link's target as this page has to write it; nil: it is not in the manual.
local function target_of(link)
  if link:match('^%a+:') or link:match('^#') then return link end
  local path, anchor = link:match('^([^#]*)(#?.*)$')
  local place = place_of(join(directory_of(page), path))
  if not place then return nil end
  local up = directory_of(place_of(page)):gsub('[^/]+/', '../')
  return up .. place .. anchor
end

local function Link(el)
  local target = target_of(el.target)
  if not target then return el.content end
  el.target = target
  return el
end

local function Image(el)
  el.src = target_of(el.src) or el.src
  return el
end

-- A table without words in its head describes a directive, as httpd's manual does.
local function Table(el)
  for _, head in ipairs(pandoc.utils.to_simple_table(el).headers) do
    if #head > 0 then return nil end
  end
  el.head.rows = {}
  el.attr.classes:insert('directive')
  return el
end

-- The list of a page's headings at its top: the manual has its own at the side.
local function is_contents(block)
  if block.t ~= 'BulletList' then return false end
  for _, item in ipairs(block.content) do
    local first = item[1] and item[1].content and item[1].content[1]
    if not first or first.t ~= 'Link' or first.target:sub(1, 1) ~= '#' then
      return false
    end
  end
  return true
end

local function Pandoc(doc)
  local blocks = pandoc.List()
  local is_top = true
  for _, block in ipairs(doc.blocks) do
    if block.t == 'Header' and block.level == 1 then
      doc.meta.title = pandoc.MetaInlines(block.content)
    else
      is_top = is_top and block.t ~= 'Header'
      if not (is_top and is_contents(block)) then
        blocks:insert(block)
      end
    end
  end
  doc.blocks = blocks
  local place = place_of(page)
  doc.meta.root = pandoc.MetaString((directory_of(place):gsub('[^/]+/', '../')))
  return doc
end

local function Meta(meta)
  page = pandoc.utils.stringify(meta.page)
end

return { { Meta = Meta }, { Pandoc = Pandoc }, { Link = Link, Image = Image, Table = Table } }
