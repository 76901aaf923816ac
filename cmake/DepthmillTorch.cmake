# LibTorch, from one of two places; sets DEPTHMILL_HAVE_TORCH and, if it is there, the target depthmill::torch.
#  1. DEPTHMILL_LIBTORCH: a folder with include/ and lib/libtorch.so: an unzipped LibTorch, or the `torch` folder of
#     the Python package. Empty: libtorch/torch, if scripts/fetch_libtorch.sh has put one there (looked for at every
#     configuration, so that a build folder from before finds it too). Its own CMake package is not used: that of a
#     CUDA build asks for a CUDA toolkit, which nothing here needs.
#  2. find_package(Torch): Debian's libtorch-dev, or upstream's through CMAKE_PREFIX_PATH. OFF goes straight here.
set(DEPTHMILL_HAVE_TORCH OFF)
set(DEPTHMILL_LIBTORCH "" CACHE PATH
  "Folder of a LibTorch (include/, lib/); empty = libtorch/torch where it is there, else find_package(Torch); OFF = find_package(Torch)")
set(_libtorch "${DEPTHMILL_LIBTORCH}")
if(_libtorch STREQUAL "" AND EXISTS ${PROJECT_SOURCE_DIR}/libtorch/torch/lib/libtorch.so)
  set(_libtorch ${PROJECT_SOURCE_DIR}/libtorch/torch)
endif()

if(DEPTHMILL_WITH_TORCH AND _libtorch)
  if(NOT EXISTS ${_libtorch}/lib/libtorch.so)
    message(FATAL_ERROR "DEPTHMILL_LIBTORCH: there is no lib/libtorch.so in ${_libtorch}")
  endif()
  # Everything else on the system uses the C++11 ABI; packages before 2.6 were built without it.
  if(EXISTS ${_libtorch}/share/cmake/Torch/TorchConfig.cmake)
    file(STRINGS ${_libtorch}/share/cmake/Torch/TorchConfig.cmake _old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(_old_abi)
      message(FATAL_ERROR "DEPTHMILL_LIBTORCH: ${_libtorch} is built with the C++ ABI from before GCC 5; "
                          "take a Python package of torch 2.6 or newer, or a 'cxx11 ABI' LibTorch")
    endif()
  endif()
  set(_version_h ${_libtorch}/include/torch/headeronly/version.h)  # since 2.9
  if(NOT EXISTS ${_version_h})
    set(_version_h ${_libtorch}/include/torch/csrc/api/include/torch/version.h)
  endif()
  set(_version "")
  foreach(part MAJOR MINOR PATCH)
    file(STRINGS ${_version_h} _line REGEX "#define TORCH_VERSION_${part} ")
    string(REGEX MATCH "[0-9]+" _number "${_line}")
    string(APPEND _version ".${_number}")
  endforeach()
  string(SUBSTRING "${_version}" 1 -1 Torch_VERSION)
  set(Torch_DIR ${_libtorch})
  set(_lib ${_libtorch}/lib)

  add_library(depthmill_torch INTERFACE)
  add_library(depthmill::torch ALIAS depthmill_torch)
  target_include_directories(depthmill_torch SYSTEM INTERFACE
    ${_libtorch}/include ${_libtorch}/include/torch/csrc/api/include)
  if(EXISTS ${_lib}/libtorch_cuda.so)
    # Nothing calls into libtorch_cuda by name: without --no-as-needed it would be dropped, and CUDA with it.
    target_link_libraries(depthmill_torch INTERFACE
      -Wl,--push-state,--no-as-needed ${_lib}/libtorch.so ${_lib}/libtorch_cpu.so ${_lib}/libtorch_cuda.so
      ${_lib}/libc10_cuda.so ${_lib}/libc10.so -Wl,--pop-state)
  else()
    target_link_libraries(depthmill_torch INTERFACE
      -Wl,--push-state,--no-as-needed ${_lib}/libtorch.so ${_lib}/libtorch_cpu.so ${_lib}/libc10.so -Wl,--pop-state)
  endif()
  set(DEPTHMILL_HAVE_TORCH ON)
elseif(DEPTHMILL_WITH_TORCH)
  find_package(Torch QUIET)
  if(Torch_FOUND)
    set(DEPTHMILL_HAVE_TORCH ON)
    # The C++ ABI flag of upstream's pre-cxx11 builds must reach every target, not just those with torch.
    if(TORCH_CXX_FLAGS)
      separate_arguments(_torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
      add_compile_options(${_torch_flags})
    endif()
    add_library(depthmill_torch INTERFACE)
    add_library(depthmill::torch ALIAS depthmill_torch)
    target_link_libraries(depthmill_torch INTERFACE ${TORCH_LIBRARIES})
    target_include_directories(depthmill_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  endif()
endif()
