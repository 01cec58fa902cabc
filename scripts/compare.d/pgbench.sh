# shellcheck shell=bash
# pgbench.sh: writes pgbench's scripts. Sourced by scripts/compare.

# Chooses the payer as variable a, with `suffix`, and unless the payee is the hot account, that as b.
pgbench_choose() { # pgbench_choose KIND [SUFFIX]
    printf '%s\n' "\\set a${2:-} random(1000000, 999999 + :accounts)"
    if [ "$1" = uniform ]; then
        printf '%s\n' "\\set b${2:-} 1000000 + (:a${2:-} - 1000000 + random(1, :accounts - 1)) % :accounts"
    fi
}

# One transfer; `payee` is what SQL makes of :b, or the hot account.
pgbench_transfer() { # pgbench_transfer KIND
    local payee="'bench:00' || :b::int"
    [ "$1" = uniform ] || payee="'bench:' || 'hot'" # :hot would be a variable of pgbench
    pgbench_choose "$1"
    printf '%s\n' '\set n :n + 1'
    echo "\\set units random(1, 100)"
    echo "select transfer(:run::text || '-' || :client_id::text || '-' || :n::text," \
        "'bench:00' || :a::int, $payee, :units);"
}

# A pipeline of transfers, each a transaction of its own: without BEGIN and COMMIT a pipeline would be one. pgbench 15
# prepares a script's statements with its first one, and can't within a pipeline: hence one before the first pipeline.
pgbench_pipeline() { # pgbench_pipeline KIND DEPTH
    printf '%s\n' '\if :n = 0' 'select 1;' '\endif' '\startpipeline'
    for _ in $(seq "$2"); do
        echo 'begin;'
        pgbench_transfer "$1"
        echo 'commit;'
    done
    printf '%s\n' '\endpipeline'
}

# A batch: one call, one transaction. SIZE is at most PGBENCH_BATCH_MAX: pgbench gives a statement at most 255 values.
# All transfers of a batch have the same amount.
# shellcheck disable=SC2034  # for who sources this
PGBENCH_BATCH_MAX=120
pgbench_batch() { # pgbench_batch KIND SIZE
    local i payers='' payees=''
    for i in $(seq "$2"); do
        pgbench_choose "$1" "$i"
        payers+=", 'bench:00' || :a$i::int"
        payees+=", 'bench:00' || :b$i::int"
    done
    payees="array[${payees#, }]"
    [ "$1" = uniform ] || payees="array_fill('bench:' || 'hot', array[$2])"
    echo "\\set units random(1, 100)"
    echo "select transfer_all(array(select :run::text || '-' || :client_id::text || '-' || (:n::int + i)" \
        "from generate_series(1, $2) i), array[${payers#, }], $payees, array_fill(:units::bigint, array[$2]));"
    echo "\\set n :n + $2"
}
