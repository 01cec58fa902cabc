# One test program per folder of tests/: its files, Criterion, and the layers it needs.
function(bursar_tests name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.c)
  list(FILTER sources EXCLUDE REGEX "/fault\\.c$")
  list(REMOVE_ITEM sources ${PLAINMODEL_SOURCES})
  if(sources)
    add_executable(test_${name} ${sources})
    target_link_libraries(test_${name} PRIVATE ${ARGN} PkgConfig::CRITERION)
    if(BURSAR_SANITIZE MATCHES thread)
      target_sources(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/thread_sanitizer.c)
    endif()
    add_test(NAME ${name} COMMAND test_${name})
  endif()
endfunction()

bursar_tests(unit serving clientside)
bursar_tests(model plainmodel)
bursar_tests(server serving)

# What tests/server/durability.py preloads under a server.
add_library(fault SHARED ${CMAKE_SOURCE_DIR}/tests/server/fault.c)
target_link_libraries(fault PRIVATE strict ${CMAKE_DL_LIBS})

# And what tests/chaos preloads beside it.
add_library(clockshim SHARED ${CMAKE_SOURCE_DIR}/tests/chaos/clock.c)
target_link_libraries(clockshim PRIVATE strict ${CMAKE_DL_LIBS})
