# SPDX-License-Identifier: Apache-2.0
# How plugins are built: the same functions in this tree and for whoever says find_package(monodr).

# LibTorch, imported so that its headers' warnings stay out of ours.
if(NOT TARGET monodr::torch)
  add_library(monodr::torch INTERFACE IMPORTED GLOBAL)
  target_include_directories(monodr::torch INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(monodr::torch INTERFACE ${TORCH_LIBRARIES})
endif()

# monodr_plugin_kinds(VARIABLE): the kinds of base/plugin_kinds.def, in this tree or installed, and of the list that
# MONODR_MORE_PLUGIN_KINDS names.
function(monodr_plugin_kinds variable)
  set(lines "")
  foreach(list ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../core/base/plugin_kinds.def
               ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../include/monodr/base/plugin_kinds.def
               ${MONODR_MORE_PLUGIN_KINDS})
    if(EXISTS ${list})
      file(STRINGS ${list} more REGEX "^MONODR_PLUGIN_KIND")
      list(APPEND lines ${more})
    endif()
  endforeach()
  list(TRANSFORM lines REPLACE "^MONODR_PLUGIN_KIND\\(([a-z_]+).*" "\\1" OUTPUT_VARIABLE kinds)
  set(${variable} ${kinds} PARENT_SCOPE)
endfunction()

# monodr_add_plugin(KIND NAME a.cpp ... [LINKS lib ...]): the target KIND_NAME, which makes
# KIND_NAME.so in MONODR_PLUGIN_OUTPUT_DIRECTORY, or in plugins/ of the build folder. KIND is
# one of base/plugin_kinds.def. SOURCES before the files is allowed and changes nothing.
function(monodr_add_plugin kind name)
  monodr_plugin_kinds(kinds)
  if(NOT kind IN_LIST kinds)
    message(FATAL_ERROR "monodr_add_plugin(${kind} ${name} ...): '${kind}' is no kind of plugin; "
                        "the kinds are: ${kinds}")
  endif()
  cmake_parse_arguments(PLUGIN "" "" "SOURCES;LINKS" ${ARGN})
  set(target ${kind}_${name})
  add_library(${target} MODULE ${PLUGIN_UNPARSED_ARGUMENTS} ${PLUGIN_SOURCES})
  target_link_libraries(${target} PRIVATE monodr::plugin ${PLUGIN_LINKS}
                                          $<TARGET_NAME_IF_EXISTS:monodr_warnings>)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  # GCC joins `inline int calls = 0;` of all libraries of a process (STB_GNU_UNIQUE), however they are loaded: two
  # plugins of one template would count together.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  set(folder ${CMAKE_BINARY_DIR}/plugins)
  if(MONODR_PLUGIN_OUTPUT_DIRECTORY)
    set(folder ${MONODR_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  set_target_properties(${target} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${folder})
  set_property(GLOBAL APPEND PROPERTY MONODR_PLUGINS ${target})
endfunction()

# monodr_add_plugin_test(KIND NAME a_test.cpp ...): a GoogleTest program that finds the folder of the
# plugin's file in the environment variable MONODR_PLUGIN_FOLDER.
function(monodr_add_plugin_test kind name)
  find_package(GTest REQUIRED)
  set(target ${kind}_${name}_test)
  add_executable(${target} ${ARGN})
  target_link_libraries(${target} PRIVATE monodr::plugin GTest::gtest_main
                                          $<TARGET_NAME_IF_EXISTS:monodr_warnings>)
  add_dependencies(${target} ${kind}_${name})
  add_test(NAME ${kind}_${name} COMMAND ${target})
  set_tests_properties(${kind}_${name} PROPERTIES
    ENVIRONMENT "MONODR_PLUGIN_FOLDER=$<TARGET_FILE_DIR:${kind}_${name}>")
endfunction()
