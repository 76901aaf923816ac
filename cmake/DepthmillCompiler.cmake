# Flags shared by all targets, in an interface target that is never exported.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
string(REPLACE "-O2" "-O3" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(depthmill_flags INTERFACE)
# No contraction: a fused multiply-add would make results depend on the baseline chosen, and the toolbox's
# roundings (ties in undistorted RGB) are part of what is reproduced. Kernels that want FMA say std::fma.
target_compile_options(depthmill_flags INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(depthmill_flags INTERFACE
    "$<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/gcc12_string.h>")
endif()
if(DEPTHMILL_WERROR)
  target_compile_options(depthmill_flags INTERFACE -Werror)
endif()
if(DEPTHMILL_X86_64_V3)
  # Global, not per target: Eigen's alignment, and so the layout of its types, follows the baseline.
  add_compile_options(-march=x86-64-v3)
endif()
# Eigen frees what malloc gave in one way without AVX and in another with it. Always the second: then whoever links the
# installed library may be compiled for another processor than it.
add_compile_definitions(EIGEN_MALLOC_ALREADY_ALIGNED=0)
if(DEPTHMILL_SANITIZE)
  add_compile_options(-fsanitize=${DEPTHMILL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${DEPTHMILL_SANITIZE})
endif()
if(DEPTHMILL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
