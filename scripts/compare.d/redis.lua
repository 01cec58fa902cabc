-- redis.lua: a transfer. KEYS: its id, payer, payee. ARGV: the amount in whole units, above 0. Balances are string keys
-- of 64-bit integers, which only INCRBY and DECRBY change, so they are exact. Lua's numbers are doubles: of DECRBY's
-- answer only the sign is used, and a double has the sign right. The answer is a running number, kept under the id, so
-- that a retry gets it again. A transfer that is rejected leaves nothing, and may be tried again.
local found = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
if found[1] then return tonumber(found[1]) end
if not found[2] then return redis.error_reply('NOACCOUNT ' .. KEYS[2]) end
if not found[3] then return redis.error_reply('NOACCOUNT ' .. KEYS[3]) end
if redis.call('DECRBY', KEYS[2], ARGV[1]) < 0 then
    redis.call('INCRBY', KEYS[2], ARGV[1])
    return redis.error_reply('INSUFFICIENT ' .. KEYS[2])
end
local paid = redis.pcall('INCRBY', KEYS[3], ARGV[1])
if type(paid) == 'table' then
    redis.call('INCRBY', KEYS[2], ARGV[1])
    return redis.error_reply('OVERFLOW ' .. KEYS[3])
end
local number = redis.call('INCR', 'transfers')
redis.call('SET', KEYS[1], number)
return number
