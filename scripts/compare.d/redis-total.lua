-- redis-total.lua: the sum of all balances. ARGV: how many accounts. Below 2^53 here, so exact.
local total, keys = tonumber(redis.call('GET', 'bench:hot')), {}
for account = 0, tonumber(ARGV[1]) - 1 do
    keys[#keys + 1] = string.format('bench:%09d', account)
    if #keys == 1000 or account == ARGV[1] - 1 then
        for _, balance in ipairs(redis.call('MGET', unpack(keys))) do total = total + tonumber(balance) end
        keys = {}
    end
end
return string.format('%.0f', total)
