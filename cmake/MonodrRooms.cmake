# SPDX-License-Identifier: Apache-2.0
# The building blocks of the tree: rooms (core/NAME), tests. Plugins: MonodrPlugin.cmake.

add_library(monodr_warnings INTERFACE)
target_compile_options(monodr_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter)
# GCC 12 takes the moved-from values of nlohmann::json for uninitialised ones.
target_compile_options(monodr_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

# monodr_add_room(NAME SOURCES a.cpp ... LINKS lib ...): static library monodr::NAME in core/NAME.
function(monodr_add_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  add_library(monodr_${name} STATIC ${ROOM_SOURCES})
  add_library(monodr::${name} ALIAS monodr_${name})
  target_include_directories(monodr_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core>
                                                   $<INSTALL_INTERFACE:include/monodr>)
  target_compile_features(monodr_${name} PUBLIC cxx_std_20)
  target_link_libraries(monodr_${name} PUBLIC ${ROOM_LINKS}
                                       PRIVATE $<BUILD_INTERFACE:monodr_warnings>)
endfunction()

# monodr_add_test(NAME SOURCES a_test.cpp ... LINKS lib ... [LABELS slow]): one binary, one ctest
# entry. Tests find the tree and the plugins through the environment.
function(monodr_add_test name)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINKS;LABELS;DEPENDS" ${ARGN})
  add_executable(${name}_test ${TEST_SOURCES})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name}_test PRIVATE ${TEST_LINKS} GTest::gtest_main monodr_warnings)
  if(TEST_DEPENDS)
    add_dependencies(${name}_test ${TEST_DEPENDS})
  endif()
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES
    LABELS "${TEST_LABELS}"
    ENVIRONMENT "MONODR_SOURCE_DIR=${PROJECT_SOURCE_DIR};MONODR_BINARY_DIR=${CMAKE_BINARY_DIR}/bin")
endfunction()
