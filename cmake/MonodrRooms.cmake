# SPDX-License-Identifier: Apache-2.0
# The building blocks of the tree: rooms (core/NAME), plugins, tests, benchmarks.

add_library(monodr_warnings INTERFACE)
target_compile_options(monodr_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter)

# LibTorch, as a system library so that its headers' warnings stay out of ours.
add_library(monodr_torch INTERFACE)
target_include_directories(monodr_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(monodr_torch INTERFACE ${TORCH_LIBRARIES})

# What a plugin must have been built with to be loaded; becomes part of its exported symbol's name.
string(REPLACE "." "_" monodr_torch_version "${Torch_VERSION}")
string(REGEX MATCH "^[0-9]+" monodr_compiler_major "${CMAKE_CXX_COMPILER_VERSION}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(monodr_compiler "gcc")
else()
  string(TOLOWER "${CMAKE_CXX_COMPILER_ID}" monodr_compiler)
endif()
set(MONODR_BUILD_IDENTITY
    "torch${monodr_torch_version}_${monodr_compiler}${monodr_compiler_major}_cxx11abi1")

# monodr_add_room(NAME SOURCES a.cpp ... LINKS lib ...): static library monodr::NAME in core/NAME.
function(monodr_add_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS" ${ARGN})
  add_library(monodr_${name} STATIC ${ROOM_SOURCES})
  add_library(monodr::${name} ALIAS monodr_${name})
  target_include_directories(monodr_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core)
  target_link_libraries(monodr_${name} PUBLIC ${ROOM_LINKS} PRIVATE monodr_warnings)
endfunction()

# monodr_add_plugin(KIND NAME SOURCES a.cpp ... [LINKS lib ...]): <kind>_<name>.so in plugins/ beside
# the binaries.
function(monodr_add_plugin kind name)
  cmake_parse_arguments(PLUGIN "" "" "SOURCES;LINKS" ${ARGN})
  set(target ${kind}_${name})
  add_library(${target} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${target} PRIVATE monodr::plugin ${PLUGIN_LINKS} monodr_warnings)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  set_target_properties(${target} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin/plugins)
  set_property(GLOBAL APPEND PROPERTY MONODR_PLUGINS ${target})
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
