-- A Wireshark dissector for Sotto's wire (SPEC.md): frames, their types and streams, and the fields of their payloads.
--
-- What is inside TLS must be decrypted first: run a client with SSLKEYLOGFILE where its build allows it (Python's ssl
-- does), and name the file in Preferences > Protocols > TLS. Load this with `wireshark -X lua_script:sotto.lua`.

local sotto = Proto("sotto", "Sotto")

local kinds = { [0] = "request", [1] = "response", [2] = "push", [3] = "refusal" }

-- The frame types are read from the specification beside this file, so that they are never out of date.
local names = {}
local here = debug.getinfo(1, "S").source:match("^@(.*[/\\])") or "./"
local spec = io.open(here .. "SPEC.md")
if spec then
  for line in spec:lines() do
    local number, name = line:match("^| (0x%x%x%x%x) | (%w+) |")
    if number then names[tonumber(number)] = name end
  end
  spec:close()
end

local f = {
  length = ProtoField.uint32("sotto.length", "Length", base.DEC),
  type = ProtoField.uint16("sotto.type", "Type", base.HEX, names),
  kind = ProtoField.uint8("sotto.kind", "Kind", base.DEC, kinds, 0x03),
  more = ProtoField.bool("sotto.more", "More follow", 8, nil, 0x04),
  grease = ProtoField.uint8("sotto.grease", "Means nothing", base.HEX, nil, 0xF8),
  reserved = ProtoField.uint8("sotto.reserved", "Reserved", base.HEX),
  stream = ProtoField.uint32("sotto.stream", "Stream", base.DEC),
  payload = ProtoField.bytes("sotto.payload", "Payload"),
  field = ProtoField.string("sotto.field", "Field"),
}
sotto.fields = f

local HEADER = 12

local function varint(buffer, at, past)
  local value, shift = UInt64(0), 0
  while at < past and shift < 64 do
    local byte = buffer(at, 1):uint()
    at = at + 1
    value = value:bor(UInt64(bit.band(byte, 0x7F)):lshift(shift))
    if byte < 0x80 then return value, at end
    shift = shift + 7
  end
  return nil, at
end

-- Every field of a protobuf message, by number; what a field is called, the .proto files say.
local function fields(buffer, at, past, tree)
  while at < past do
    local from = at
    local tag, value, shown
    tag, at = varint(buffer, at, past)
    if not tag then return end
    local number, wire = tag:rshift(3):tonumber(), tag:band(UInt64(7)):tonumber()
    if wire == 0 then
      value, at = varint(buffer, at, past)
      if not value then return end
      shown = tostring(value)
    elseif wire == 1 or wire == 5 then
      local size = wire == 1 and 8 or 4
      if at + size > past then return end
      shown = size == 8 and tostring(buffer(at, 8):le_uint64()) or tostring(buffer(at, 4):le_uint())
      at = at + size
    elseif wire == 2 then
      local size
      size, at = varint(buffer, at, past)
      if not size or at + size:tonumber() > past then return end
      size = size:tonumber()
      local text = size > 0 and buffer(at, size):string() or ""
      shown = text:match("^[%g ]*$") and ('"' .. text .. '"') or (size .. " bytes " .. tostring(buffer(at, size):bytes()))
      at = at + size
    else
      return
    end
    tree:add(f.field, buffer(from, at - from), shown):set_text("Field " .. number .. ": " .. shown)
  end
end

local function one(buffer, pinfo, tree)
  local length, number = buffer(0, 4):uint(), buffer(4, 2):uint()
  local kind, stream = kinds[bit.band(buffer(6, 1):uint(), 3)], buffer(8, 4):uint()
  local name = names[number] or string.format("0x%04x", number)
  local title = name .. " " .. kind .. (stream > 0 and (" #" .. stream) or "")
  local branch = tree:add(sotto, buffer(), "Sotto " .. title)
  branch:add(f.length, buffer(0, 4))
  branch:add(f.type, buffer(4, 2))
  for _, flag in ipairs({ f.kind, f.more, f.grease }) do branch:add(flag, buffer(6, 1)) end
  branch:add(f.reserved, buffer(7, 1))
  branch:add(f.stream, buffer(8, 4))
  local past = 4 + length
  if past > HEADER then
    local payload = branch:add(f.payload, buffer(HEADER, past - HEADER))
    fields(buffer, HEADER, past, payload)
  end
  pinfo.cols.protocol = "Sotto"
  pinfo.cols.info:append((tostring(pinfo.cols.info) == "" and "" or ", ") .. title)
end

local function whole_length(buffer, _, offset)
  return buffer(offset, 4):uint() + 4
end

function sotto.dissector(buffer, pinfo, tree)
  pinfo.cols.info:set("")
  return dissect_tcp_pdus(buffer, tree, HEADER, whole_length, one)
end

-- By the name that both sides agree on in TLS, and by the port.
DissectorTable.get("tls.alpn"):add("sotto/1", sotto)
DissectorTable.get("tls.port"):add(7688, sotto)
