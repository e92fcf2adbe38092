"""What Redis does with sessions in one step each, in Lua ("Scripting with Lua", redis.io).

Keys, after the prefix: `session:ID` is a hash of one session, `token:HASH` and `master:HASH` lead to its id, `sessions`
is the sorted set of all ids by expiry; `query:ID` says whose a query is, `queries:ACCOUNT/USER` is the sorted set of a
user's queries. Names of keys are made inside the scripts, from the prefix in KEYS[1].
"""

from __future__ import annotations

from typing import Final

_INDEX: Final = """
local function index(p, id, hashes, expires)
  for name in string.gmatch(hashes, '%S+') do
    redis.call('SET', p .. name, id, 'PXAT', expires)
  end
end
local function unindex(p, id)
  local hashes = redis.call('HGET', p .. 'session:' .. id, 'hashes')
  if hashes then
    for name in string.gmatch(hashes, '%S+') do redis.call('DEL', p .. name) end
  end
end
"""

# takes id, version before (empty: a new session), version, body, sealed, names that lead to it, expiry in ms, last use;
# what has been kept already was asked for once more, as the answer got lost: no two seals are the same
KEEP: Final = (
    _INDEX
    + """
local p, id, expires = KEYS[1], ARGV[1], ARGV[7]
local key = p .. 'session:' .. id
if redis.call('HGET', key, 'sealed') == ARGV[5] then return 1 end
if ARGV[2] ~= '' then
  if redis.call('HGET', key, 'version') ~= ARGV[2] then return 0 end
  unindex(p, id)
else
  redis.call('HSET', key, 'last_used', ARGV[8])
end
redis.call('HSET', key, 'version', ARGV[3], 'body', ARGV[4], 'sealed', ARGV[5], 'hashes', ARGV[6])
redis.call('PEXPIREAT', key, expires)
index(p, id, ARGV[6], expires)
redis.call('ZADD', p .. 'sessions', expires, id)
return 1
"""
)

# takes the name that leads to a session (`token:HASH`), or empty and its id
FIND: Final = """
local id = ARGV[2]
if ARGV[1] ~= '' then id = redis.call('GET', KEYS[1] .. ARGV[1]) end
if not id then return false end
return redis.call('HMGET', KEYS[1] .. 'session:' .. id, 'body', 'sealed', 'last_used')
"""

# takes id, last use
TOUCH: Final = """
local key = KEYS[1] .. 'session:' .. ARGV[1]
if redis.call('EXISTS', key) == 1 then redis.call('HSET', key, 'last_used', ARGV[2]) end
return 1
"""

# takes an id: of a session
REMOVE: Final = (
    _INDEX
    + """
unindex(KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[1] .. 'sessions', ARGV[1])
return redis.call('DEL', KEYS[1] .. 'session:' .. ARGV[1])
"""
)

# takes the time in ms
ALL: Final = """
local set, found = KEYS[1] .. 'sessions', {}
redis.call('ZREMRANGEBYSCORE', set, '-inf', ARGV[1])
for _, id in ipairs(redis.call('ZRANGE', set, 0, -1)) do
  local kept = redis.call('HMGET', KEYS[1] .. 'session:' .. id, 'body', 'sealed', 'last_used')
  if kept[1] then table.insert(found, kept) end
end
return found
"""

# takes query id, owner, the user's key, expiry in ms, now in ms, most queries of one user
OWN: Final = """
local p, mine = KEYS[1], KEYS[1] .. ARGV[3]
if not redis.call('SET', p .. 'query:' .. ARGV[1], ARGV[2], 'NX', 'PXAT', ARGV[4]) then return 0 end
redis.call('ZREMRANGEBYSCORE', mine, '-inf', ARGV[5])
redis.call('ZADD', mine, ARGV[4], ARGV[1])
local over = redis.call('ZCARD', mine) - tonumber(ARGV[6])
if over > 0 then
  local gone = redis.call('ZPOPMIN', mine, over)
  for i = 1, #gone, 2 do redis.call('DEL', p .. 'query:' .. gone[i]) end
end
if redis.call('PTTL', mine) < tonumber(ARGV[4]) - tonumber(ARGV[5]) then redis.call('PEXPIREAT', mine, ARGV[4]) end
return 1
"""
