# A LibTorch that scripts/fetch_libtorch.sh brings into libtorch/ is found by a build folder from before, and can be
# passed over. The folder here is a stand-in: a version and an empty library.
file(REMOVE_RECURSE ${SCRATCH})
file(WRITE ${SCRATCH}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(libtorch_folder NONE)
set(DEPTHMILL_WITH_TORCH ON)
include(${MODULE})
message(STATUS \"there: \${DEPTHMILL_HAVE_TORCH} \${Torch_VERSION}\")
")
function(expect_there text)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${SCRATCH} -B ${SCRATCH}/build -DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON
    ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0 OR NOT output MATCHES "there: ${text}\n")
    message(FATAL_ERROR "expected 'there: ${text}' of ${ARGN}:\n${output}")
  endif()
endfunction()

expect_there("OFF ")
file(WRITE ${SCRATCH}/libtorch/torch/lib/libtorch.so "")
file(WRITE ${SCRATCH}/libtorch/torch/include/torch/csrc/api/include/torch/version.h
  "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 8\n#define TORCH_VERSION_PATCH 0\n")
expect_there("ON 2.8.0")
expect_there("OFF " -DDEPTHMILL_LIBTORCH=OFF)
expect_there("ON 2.8.0" -DDEPTHMILL_LIBTORCH=${SCRATCH}/libtorch/torch)
