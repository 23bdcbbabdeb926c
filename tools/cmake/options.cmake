# Compiler, linker and warning options of the whole tree.
option(WATCHRIG_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(WATCHRIG_PCH "Precompile the headers that most files include" OFF)
set(WATCHRIG_SANITIZE "" CACHE STRING "Sanitizers: empty, address (with undefined) or thread")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(WATCHRIG_FUZZ OR WATCHRIG_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
else()
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
endif()

find_program(WATCHRIG_CCACHE ccache)
if(WATCHRIG_CCACHE)
  # Paths below the source folder are hashed relative to it, so that one clone's build serves the next.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=true ${WATCHRIG_CCACHE})
  if(WATCHRIG_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Without this ccache takes no file that uses precompiled headers; GCC checks itself that they fit.
    list(INSERT CMAKE_CXX_COMPILER_LAUNCHER 1 CCACHE_SLOPPINESS=pch_defines,time_macros)
    add_compile_options(-fpch-preprocess)
  endif()
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
add_compile_options(-Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 warns wrongly of Asio's coroutine frames where it inlines only one of the two; ASan finds real mismatches.
  add_compile_options(-Wno-mismatched-new-delete)
endif()
if(WATCHRIG_SANITIZE)
  # The same at -O1 and instrumented.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
if(WATCHRIG_SANITIZE STREQUAL "thread")
  # Asio's fences are of no use to ThreadSanitizer, but it knows the atomics and locks around them.
  add_compile_options(-Wno-tsan)
endif()
add_link_options(-fuse-ld=mold)
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
include_directories(${CMAKE_SOURCE_DIR})

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # clang 14 has coroutines in namespace std but does not announce them to libstdc++.
  add_compile_options(-D__cpp_impl_coroutine=201902L -Wno-builtin-macro-redefined)
endif()
if(WATCHRIG_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(WATCHRIG_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(WATCHRIG_SANITIZE)
  message(FATAL_ERROR "WATCHRIG_SANITIZE=${WATCHRIG_SANITIZE}: use address or thread")
endif()
if(WATCHRIG_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "WATCHRIG_FUZZ needs clang: configure with -DCMAKE_CXX_COMPILER=clang++")
  endif()
  # clang 14 cannot emit a coroutine with the function sanitizer.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
