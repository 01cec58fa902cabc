# Fuzz targets, each in one program of its own: fuzz_resp, fuzz_amount. They need clang's libFuzzer, so this file is
# included only when the compiler is clang and BURSAR_FUZZ is ON:
#   CC=clang cmake -B build/fuzz -DBURSAR_FUZZ=ON && cmake --build build/fuzz --target fuzz_resp
#   mkdir build/fuzz/found
#   build/fuzz/fuzz_resp -max_total_time=60 -dict=tests/fuzz/resp.dict build/fuzz/found tests/fuzz/corpus/resp
foreach(subject resp amount)
  add_executable(fuzz_${subject} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${subject}.c ${PROTO_SOURCES})
  target_link_libraries(fuzz_${subject} PRIVATE strict PkgConfig::XXHASH)
  target_compile_options(fuzz_${subject} PRIVATE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
  target_link_options(fuzz_${subject} PRIVATE -fsanitize=fuzzer,address,undefined)
endforeach()
