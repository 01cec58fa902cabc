-- postgres.sql: accounts, transfers, and the functions that move money. psql -v accounts=N.
-- Half of each page is left free, so that an update stays on its page (HOT) and no index is touched.
create table accounts (id text collate "C" primary key, balance bigint not null check (balance >= 0))
    with (fillfactor = 50);
create table transfers (id text collate "C" primary key, number bigint generated always as identity (cache 1000),
                        payer text collate "C" not null, payee text collate "C" not null,
                        amount bigint not null check (amount > 0));
insert into accounts select 'bench:' || lpad(n::text, 9, '0'), 1000000 from generate_series(0, :accounts - 1) n;
insert into accounts values ('bench:hot', 0);

-- The transfer's number. The same id again gets the same number. Both accounts are locked in the order of their names,
-- so transfers do not deadlock; whatever is wrong raises an error, and nothing has happened.
create function transfer(new_id text, from_id text, to_id text, units bigint) returns bigint language plpgsql as $$
declare answer bigint;
begin
    insert into transfers (id, payer, payee, amount) values (new_id, from_id, to_id, units)
        on conflict (id) do nothing returning number into answer;
    if not found then
        select number into answer from transfers where id = new_id;
        return answer;
    end if;
    if from_id > to_id then
        update accounts set balance = balance + units where id = to_id;
        if not found then raise exception 'no account %', to_id; end if;
    end if;
    update accounts set balance = balance - units where id = from_id and balance >= units;
    if not found then raise exception 'no account %, or insufficient funds', from_id; end if;
    if from_id < to_id then
        update accounts set balance = balance + units where id = to_id;
        if not found then raise exception 'no account %', to_id; end if;
    end if;
    return answer;
end $$;

-- Many transfers in one transaction, each account changed once, in the order of names. Only new ids are counted. Where
-- one payer could not pay all that the batch asks of it, or an account is missing, the whole batch is refused: who
-- batches would then send its transfers one by one.
create function transfer_many(ids text[], payers text[], payees text[], amounts bigint[]) returns bigint[]
    language plpgsql as $$
declare change record; answers bigint[];
begin
    for change in
        with made as (
            insert into transfers (id, payer, payee, amount)
                select * from unnest(ids, payers, payees, amounts) as t (id, payer, payee, amount) order by id
                on conflict (id) do nothing returning payer, payee, amount)
        select leg.id, sum(leg.units)::bigint as units, -sum(leg.units) filter (where leg.units < 0) as spent
            from made, lateral (values (payer, -amount), (payee, amount)) as leg (id, units) group by leg.id order by leg.id
    loop
        update accounts set balance = balance + change.units
            where id = change.id and balance >= coalesce(change.spent, 0);
        if not found then raise exception 'no account %, or insufficient funds', change.id; end if;
    end loop;
    select array_agg(t.number order by asked.place) into answers
        from unnest(ids) with ordinality as asked (id, place) join transfers t using (id);
    return answers;
end $$;

-- The load: a batch of random transfers. Made in the server, which spares it the reading of the arrays.
create function transfer_random(prefix text, first bigint, count int, accounts int, hot boolean) returns int
    language plpgsql as $$
declare ids text[]; payers text[]; payees text[]; amounts bigint[];
begin
    select array_agg(prefix || first + n), array_agg('bench:' || lpad(payer::text, 9, '0')),
           array_agg(case when hot then 'bench:hot'
                     else 'bench:' || lpad(((payer + 1 + step) % accounts)::text, 9, '0') end),
           array_agg(1 + n % 100)
        into ids, payers, payees, amounts
        from (select n, floor(random() * accounts)::int as payer, floor(random() * (accounts - 1))::int as step
              from generate_series(0, count - 1) n) made;
    return cardinality(transfer_many(ids, payers, payees, amounts));
end $$;
