# One test program per folder of tests/: its files, Criterion, and the layers it needs.
function(bursar_tests name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.c)
  if(sources)
    add_executable(test_${name} ${sources})
    target_link_libraries(test_${name} PRIVATE ${ARGN} PkgConfig::CRITERION)
    add_test(NAME ${name} COMMAND test_${name})
  endif()
endfunction()

bursar_tests(unit serving)
bursar_tests(model ledger)
bursar_tests(server serving)
