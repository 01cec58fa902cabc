# shellcheck shell=bash
# pgbench.sh: writes pgbench's scripts. Sourced by scripts/compare.

# One transfer; `payee` is what SQL makes of :b, or the hot account. Names as the generator of the others makes them.
pgbench_transfer() { # pgbench_transfer KIND
    local payee="'bench:' || lpad(:b::text, 9, '0')"
    [ "$1" = uniform ] || payee="'bench:' || 'hot'" # :hot would be a variable of pgbench
    printf '%s\n' '\set a random(0, :accounts - 1)'
    [ "$1" != uniform ] || printf '%s\n' '\set b (:a + random(1, :accounts - 1)) % :accounts'
    printf '%s\n' '\set n :n + 1'
    echo "\\set units random(1, 100)"
    echo "select transfer(:run::text || '-' || :client_id::text || '-' || :n::text," \
        "'bench:' || lpad(:a::text, 9, '0'), $payee, :units);"
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

# A batch: one call, one transaction.
pgbench_batch() { # pgbench_batch KIND SIZE
    local hot=false
    [ "$1" = uniform ] || hot=true
    echo "\\set n :n + $2"
    echo "select transfer_random(:run::text || '-' || :client_id::text || '-', :n, $2, :accounts, $hot);"
}
