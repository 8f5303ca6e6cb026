# SPDX-License-Identifier: Apache-2.0
# cmake -DSOURCE=monodr -DFOLDER=scratch -P torch_found.cmake: which of two LibTorch, that are no more than the files
# cmake looks for, a project finds when it is configured again.
file(REMOVE_RECURSE ${FOLDER})
foreach(name old new)
  file(WRITE ${FOLDER}/${name}/share/cmake/Torch/TorchConfig.cmake
    "find_library(TORCH_LIBRARY torch PATHS \${CMAKE_CURRENT_LIST_DIR}/../../../lib NO_DEFAULT_PATH)\n")
  file(WRITE ${FOLDER}/${name}/lib/libtorch.so "")
endforeach()
file(WRITE ${FOLDER}/source/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)\nproject(finds LANGUAGES NONE)
set(CMAKE_FIND_LIBRARY_PREFIXES lib)\nset(CMAKE_FIND_LIBRARY_SUFFIXES .so)
include(${SOURCE}/cmake/MonodrTorch.cmake)\nmessage(STATUS \"found \${TORCH_LIBRARY}\")\n")

function(expect name)  # ARGN: what cmake is told
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${FOLDER}/source -B ${FOLDER}/build ${ARGN}
    OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE result)
  if(NOT result EQUAL 0 OR NOT said MATCHES "found [^\n]*/${name}/")
    message(SEND_ERROR "with '${ARGN}' LibTorch '${name}' was expected, cmake said:\n${said}")
  endif()
endfunction()

expect(old -DCMAKE_PREFIX_PATH=${FOLDER}/old)
expect(new -DCMAKE_PREFIX_PATH=${FOLDER}/new)
expect(new)
expect(old -DCMAKE_PREFIX_PATH=${FOLDER}/old)
expect(new -DTorch_DIR=${FOLDER}/new/share/cmake/Torch -DTORCH_LIBRARY=${FOLDER}/new/lib/libtorch.so
  "-DCMAKE_PREFIX_PATH=${FOLDER}/old;${FOLDER}")
