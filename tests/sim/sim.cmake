# The simulator. The calls of the journal to the disk are replaced by the linker, so that the server's code is as it is.
set(SIM_CALLS open close pread pwrite fsync fdatasync fstat stat access mkdir rename unlink opendir readdir closedir
    _exit)
list(TRANSFORM SIM_CALLS PREPEND "-Wl,--wrap=" OUTPUT_VARIABLE SIM_WRAPS)
file(GLOB SIM_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/sim/*.c)
add_executable(sim ${SIM_SOURCES})
target_link_libraries(sim PRIVATE plainmodel serving)
target_link_options(sim PRIVATE ${SIM_WRAPS})
