# SPDX-License-Identifier: Apache-2.0
# LibTorch, which a new CMAKE_PREFIX_PATH also finds from a build folder that has found another one before: find_package and
# the files of LibTorch keep in the cache what they found first. A Torch_DIR that was given stands.
if(DEFINED MONODR_TORCH_DIR AND Torch_DIR STREQUAL MONODR_TORCH_DIR
   AND NOT MONODR_TORCH_SEARCHED_IN STREQUAL "${CMAKE_PREFIX_PATH}")
  foreach(found Torch_DIR Caffe2_DIR TORCH_LIBRARY C10_LIBRARY C10_CUDA_LIBRARY kineto_LIBRARY)
    unset(${found} CACHE)
  endforeach()
endif()
find_package(Torch REQUIRED)
set(MONODR_TORCH_DIR "${Torch_DIR}" CACHE INTERNAL "where LibTorch was found")
set(MONODR_TORCH_SEARCHED_IN "${CMAKE_PREFIX_PATH}" CACHE INTERNAL "the CMAKE_PREFIX_PATH by which it was found")
