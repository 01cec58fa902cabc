-- postgres.sql: accounts, transfers, and the functions that move money. psql -v accounts=N.
-- Half of each page is left free, so that an update stays on its page (HOT) and no index is touched.
create table accounts (id text collate "C" primary key, balance bigint not null check (balance >= 0))
    with (fillfactor = 50);
create table transfers (id text collate "C" primary key, number bigint generated always as identity (cache 1000),
                        payer text collate "C" not null, payee text collate "C" not null check (payee <> payer),
                        amount bigint not null check (amount > 0));
-- pgbench knows numbers without leading zeros only, so they begin at 1000000.
insert into accounts select 'bench:00' || (1000000 + n), 1000000 from generate_series(0, :accounts - 1) n;
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

-- Many transfers in one transaction, for who has many in flight: all rows at once, then the change of each account at
-- once, in the order of names. Where an id was used before, or a payer might have too little, that is undone and they are
-- done one by one; the answer of one that is refused is null.
create function transfer_all(ids text[], payers text[], payees text[], amounts bigint[]) returns bigint[]
    language plpgsql as $$
declare answers bigint[]; wanted bigint; changed bigint;
begin
    begin
        with made as (
            insert into transfers (id, payer, payee, amount) select * from unnest(ids, payers, payees, amounts)
                on conflict (id) do nothing returning number)
        select array_agg(number) into answers from made;
        if cardinality(answers) is distinct from cardinality(ids) then
            raise exception using errcode = 'BU001';
        end if;
        with change as materialized (
            select id, sum(units)::bigint as units, sum(paid)::bigint as paid from (
                select payer as id, -amount as units, amount as paid from unnest(payers, amounts) t (payer, amount)
                union all
                select payee, amount, 0 from unnest(payees, amounts) t (payee, amount)) leg
            group by id order by id),
        done as (
            update accounts set balance = balance + change.units from change
                where accounts.id = change.id and accounts.balance >= change.paid returning 1)
        select (select count(*) from change), (select count(*) from done) into wanted, changed;
        if changed <> wanted then
            raise exception using errcode = 'BU001';
        end if;
        return answers;
    exception when sqlstate 'BU001' then
        answers := null;
    end;
    for i in 1 .. cardinality(ids) loop
        begin
            answers[i] := transfer(ids[i], payers[i], payees[i], amounts[i]);
        exception when raise_exception or check_violation then
            answers[i] := null;
        end;
    end loop;
    return answers;
end $$;
