# watchrig_module([THREADS] LINK <folders and libraries>... [TEST_LINK ...] [BENCH_LINK ...])
#
# Makes the one target of a second-level folder from its files (subfolders included):
#   x.cpp          library watchrig::<top>_<folder>
#   x_test.cpp     one test program <top>_<folder>_test, CTest label "unit"
#   x_bench.cpp    one Google Benchmark program <top>_<folder>_bench
#   x_fuzz.cpp     one libFuzzer program each, x_fuzz, only with WATCHRIG_FUZZ
#   testing/*.cpp  fakes, linked into the test program only
# A folder is linked by its path ("system/base"), a library by its CMake target. THREADS: several threads use the classes of
# this folder at once, so its tests also run under the thread sanitizer.
# Targets over all folders: unit_tests, thread_tests, benchmarks, fuzzers.
function(watchrig_module)
  cmake_parse_arguments(arg "THREADS" "" "LINK;TEST_LINK;BENCH_LINK" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "(_test\\.cpp|/testing/[^/]*\\.cpp)$")
  set(benches ${sources})
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER benches EXCLUDE REGEX "/testing/")
  set(fuzzers ${sources})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "(_test|_bench|_fuzz)\\.cpp$|/testing/|/main\\.cpp$")

  if(sources)
    add_library(${name} STATIC ${sources})
    _watchrig_precompile(${name})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(watchrig::${name} ALIAS ${name})
  _watchrig_link(${name} ${scope} ${arg_LINK})

  if(tests AND NOT WATCHRIG_FUZZ)
    add_executable(${name}_test ${tests})
    _watchrig_precompile(${name}_test)
    _watchrig_link(${name}_test PRIVATE ${folder} GTest::gmock GTest::gtest_main ${arg_TEST_LINK})
    add_test(NAME ${name}_test COMMAND ${name}_test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    # Files of their own: two builds may be tested at once.
    file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/test_files)
    set_tests_properties(${name}_test PROPERTIES LABELS unit TIMEOUT 120
                         ENVIRONMENT TEST_TMPDIR=${CMAKE_CURRENT_BINARY_DIR}/test_files/)
    _watchrig_collect(unit_tests ${name}_test)
    if(arg_THREADS)
      set_tests_properties(${name}_test PROPERTIES LABELS "unit;threads")
      _watchrig_collect(thread_tests ${name}_test)
    endif()
  endif()
  if(benches AND NOT WATCHRIG_FUZZ AND NOT WATCHRIG_SANITIZE)
    add_executable(${name}_bench ${benches})
    _watchrig_link(${name}_bench PRIVATE ${folder} benchmark::benchmark_main ${arg_BENCH_LINK})
    _watchrig_collect(benchmarks ${name}_bench)
  endif()
  if(WATCHRIG_FUZZ)
    foreach(file IN LISTS fuzzers)
      get_filename_component(fuzzer ${file} NAME_WE)
      add_executable(${fuzzer} ${file})
      _watchrig_link(${fuzzer} PRIVATE ${folder})
      target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
      _watchrig_collect(fuzzers ${fuzzer})
    endforeach()
  endif()
endfunction()

# watchrig_program(<name> LINK ...): an executable from main.cpp of this folder, beside its library.
function(watchrig_program program)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  add_executable(${program} main.cpp)
  _watchrig_link(${program} PRIVATE ${folder})
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# The precompiled headers are made once, with the flags that every user of system/base has, and used by all folders.
function(_watchrig_precompile target)
  if(NOT WATCHRIG_PCH OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  if(NOT TARGET precompiled)
    file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
    add_library(precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
    target_precompile_headers(precompiled PRIVATE ${CMAKE_SOURCE_DIR}/tools/cmake/precompiled.hpp)
    target_link_libraries(precompiled PRIVATE fmt::fmt Boost::headers)
  endif()
  target_precompile_headers(${target} REUSE_FROM precompiled)
endfunction()

# Makes `target` a part of the target `all`, and notes it in <build>/<all>.txt for scripts.
function(_watchrig_collect all target)
  set(list ${CMAKE_BINARY_DIR}/${all}.txt)
  if(NOT TARGET ${all})
    add_custom_target(${all})
    file(WRITE ${list} "")
  endif()
  add_dependencies(${all} ${target})
  file(APPEND ${list} "${target}\n")
endfunction()

function(_watchrig_link target scope)
  foreach(item IN LISTS ARGN)
    if(item MATCHES "^[a-z]+/[a-z_]+$")
      string(REPLACE "/" "_" item ${item})
    endif()
    target_link_libraries(${target} ${scope} ${item})
  endforeach()
endfunction()
