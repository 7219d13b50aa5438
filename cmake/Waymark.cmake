# How every target of this tree is built. A library is
#   waymark_library(NAME stats SRCS a.cc DEPS waymark_base [PCH grpc])
# which makes the target waymark_stats; a test binary is
#   waymark_test(NAME stats_test SRCS a_test.cc DEPS waymark_stats [PCH grpc] [LABELS system])
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

set(WAYMARK_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(WAYMARK_WERROR "Warnings are errors" OFF)
option(WAYMARK_FUZZ "Build the fuzz targets; needs clang" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  # The sloppiness is what lets ccache serve objects that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# -pthread everywhere: a precompiled header is refused by code that was compiled with other macros.
add_compile_options(-pthread)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options(-fpch-preprocess)
endif()
if(WAYMARK_SANITIZE)
  add_compile_options(-fsanitize=${WAYMARK_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WAYMARK_SANITIZE})
  if(WAYMARK_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()

find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)

if(WAYMARK_SANITIZE MATCHES thread)
  add_library(waymark_tsan OBJECT ${CMAKE_CURRENT_LIST_DIR}/tsan/absl_sync.cc)
  target_link_libraries(waymark_tsan PUBLIC absl::synchronization ${CMAKE_DL_LIBS})
endif()

set(WAYMARK_WARNINGS -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers)
if(WAYMARK_WERROR)
  # Not these: from -O2 on g++ 12 raises them falsely in std::string and std::variant (GCC bugs 105651,
  # 105329, 105562).
  list(APPEND WAYMARK_WARNINGS -Werror -Wno-error=restrict -Wno-error=array-bounds
       -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow -Wno-error=stringop-overread)
endif()

function(waymark_options target)
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  target_compile_options(${target} PRIVATE ${WAYMARK_WARNINGS})
endfunction()

function(waymark_library)
  cmake_parse_arguments(A "" "NAME;PCH" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target waymark_${A_NAME})
  add_library(${target} STATIC ${A_SRCS})
  waymark_options(${target})
  target_link_libraries(${target} PUBLIC ${A_DEPS} PRIVATE ${A_PRIVATE_DEPS})
  if(A_PCH)
    target_link_libraries(${target} PRIVATE waymark_pch_${A_PCH})
    target_precompile_headers(${target} REUSE_FROM waymark_pch_${A_PCH})
  endif()
endfunction()

function(waymark_binary)
  cmake_parse_arguments(A "" "NAME;PCH" "SRCS;DEPS" ${ARGN})
  add_executable(${A_NAME} ${A_SRCS})
  waymark_options(${A_NAME})
  target_link_libraries(${A_NAME} PRIVATE ${A_DEPS} $<TARGET_NAME_IF_EXISTS:waymark_tsan>)
  if(A_PCH)
    target_link_libraries(${A_NAME} PRIVATE waymark_pch_${A_PCH})
    target_precompile_headers(${A_NAME} REUSE_FROM waymark_pch_${A_PCH})
  endif()
endfunction()

# PCH is `test` unless it is given; a test of something with gRPC in its headers takes `grpc_test`.
function(waymark_test)
  cmake_parse_arguments(A "" "NAME;PCH;TIMEOUT" "SRCS;DEPS;LABELS;ARGS" ${ARGN})
  if(NOT A_PCH)
    set(A_PCH test)
  endif()
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 300)
  endif()
  waymark_binary(NAME ${A_NAME} PCH ${A_PCH} SRCS ${A_SRCS} DEPS ${A_DEPS} GTest::gmock GTest::gtest_main)
  # Half of the tree's code is tests: they are compiled for the builder's time, not for theirs.
  target_compile_options(${A_NAME} PRIVATE -O1)
  add_test(NAME ${A_NAME} COMMAND ${A_NAME} ${A_ARGS} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  if(A_LABELS)
    # These start processes, and watch the clock: alone on the machine.
    set_tests_properties(${A_NAME} PROPERTIES RUN_SERIAL TRUE)
  endif()
  set_tests_properties(${A_NAME} PROPERTIES TIMEOUT ${A_TIMEOUT} LABELS "${A_LABELS}"
      ENVIRONMENT "TSAN_OPTIONS=ignore_noninstrumented_modules=1:suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan/suppressions.txt")
endfunction()
