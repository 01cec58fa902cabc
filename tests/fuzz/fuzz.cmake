# Fuzzers, each a program of its own. They need clang's libFuzzer, so this file is included only when BURSAR_FUZZ is ON:
#   CC=clang cmake -G Ninja -B build/fuzz -DBURSAR_FUZZ=ON && cmake --build build/fuzz --target fuzz_resp
#   mkdir build/fuzz/found_resp
#   build/fuzz/fuzz_resp -max_total_time=60 -dict=tests/fuzz/resp.dict build/fuzz/found_resp tests/fuzz/corpus/resp
# Everything of such a build is instrumented; tests/fuzz/run builds the fuzzers and runs them.
target_compile_options(strict INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
target_link_options(strict INTERFACE -fsanitize=address,undefined)

function(bursar_fuzzer subject) # bursar_fuzzer(SUBJECT LAYER [SOURCE ...])
  list(POP_FRONT ARGN layer)
  add_executable(fuzz_${subject} EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${subject}.c ${ARGN})
  target_link_libraries(fuzz_${subject} PRIVATE ${layer} PkgConfig::XXHASH)
  target_link_options(fuzz_${subject} PRIVATE -fsanitize=fuzzer)
endfunction()

bursar_fuzzer(resp proto)
bursar_fuzzer(inline proto)
bursar_fuzzer(amount proto)

# The files of the server that they are about, alone: clang 14 can't compile all of it.
set(SERVER ${CMAKE_SOURCE_DIR}/server)
set(READING ${SERVER}/journal_reader.c ${SERVER}/journal_record.c ${SERVER}/segment.c ${SERVER}/directory.c
            ${SERVER}/memory.c ${SERVER}/log.c)
bursar_fuzzer(config ledger ${SERVER}/config.c)
bursar_fuzzer(record ledger ${SERVER}/journal_record.c)
bursar_fuzzer(journal ledger ${READING})

# The model without its tests.
set(MODEL ${CMAKE_SOURCE_DIR}/tests/model)
bursar_fuzzer(script ledger ${MODEL}/call.c ${MODEL}/cluster.c ${MODEL}/reference.c ${MODEL}/reference_accounts.c
              ${MODEL}/reference_deeds.c ${MODEL}/reference_holds.c ${MODEL}/reference_leg.c
              ${MODEL}/reference_look.c ${MODEL}/render.c ${MODEL}/script.c ${MODEL}/script_whole.c
              ${MODEL}/sight.c)
