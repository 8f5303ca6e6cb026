# SPDX-License-Identifier: Apache-2.0
# The building blocks of the tree: modules (core/NAME) and the libraries they make, tests. Plugins: MonodrPlugin.cmake.

add_library(monodr_warnings INTERFACE)
target_compile_options(monodr_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter)
if(MONODR_WERROR)
  target_compile_options(monodr_warnings INTERFACE -Werror)
endif()
# GCC 12 takes the moved-from values of nlohmann::json for uninitialised ones.
target_compile_options(monodr_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)

# monodr_add_library(NAME): the shared library libmonodr_NAME.so, put together from the modules that name
# it. What it uses but does not link is an error, so that a light library stays light.
function(monodr_add_library name)
  add_library(monodr_library_${name} SHARED)
  set_target_properties(monodr_library_${name} PROPERTIES OUTPUT_NAME monodr_${name}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}
    BUILD_RPATH "$ORIGIN" INSTALL_RPATH "$ORIGIN")
  target_link_options(monodr_library_${name} PRIVATE -Wl,--no-undefined -Wl,--as-needed)
endfunction()

# monodr_add_module(NAME LIBRARY core SOURCES a.cpp ... LINKS lib ...): the folder core/NAME as a part of
# libmonodr_LIBRARY.so. To link monodr::NAME is to link that library and to see the module's headers.
function(monodr_add_module name)
  cmake_parse_arguments(MODULE "" "LIBRARY" "SOURCES;LINKS" ${ARGN})
  list(TRANSFORM MODULE_LINKS REPLACE "^monodr::([a-z_]+)$" "monodr_\\1_headers")
  list(TRANSFORM MODULE_LINKS REPLACE "^monodr_torch_headers$" "monodr::torch")

  add_library(monodr_${name}_headers INTERFACE)
  target_include_directories(monodr_${name}_headers INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/core> $<INSTALL_INTERFACE:include/monodr>)
  target_compile_features(monodr_${name}_headers INTERFACE cxx_std_20)
  target_link_libraries(monodr_${name}_headers INTERFACE ${MODULE_LINKS})

  add_library(monodr_${name}_objects OBJECT ${MODULE_SOURCES})
  target_link_libraries(monodr_${name}_objects PRIVATE monodr_${name}_headers monodr_warnings)
  target_sources(monodr_library_${MODULE_LIBRARY} PRIVATE $<TARGET_OBJECTS:monodr_${name}_objects>)
  target_link_libraries(monodr_library_${MODULE_LIBRARY} PUBLIC monodr_${name}_headers)

  add_library(monodr_${name} INTERFACE)
  target_link_libraries(monodr_${name} INTERFACE monodr_${name}_headers monodr_library_${MODULE_LIBRARY})
  add_library(monodr::${name} ALIAS monodr_${name})
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
