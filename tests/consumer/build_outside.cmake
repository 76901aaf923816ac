file(REMOVE_RECURSE ${SCRATCH})
function(step)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}\n${output}")
  endif()
endfunction()
step(${CMAKE_COMMAND} --install ${BUILD} --component colorization --prefix ${SCRATCH}/installed)
# The example of the library's page, word for word.
file(READ ${PAGE} page)
string(REGEX MATCH "```cpp\n([^`]*)```" example "${page}")
if(NOT CMAKE_MATCH_1)
  message(FATAL_ERROR "no example in ${PAGE}")
endif()
file(WRITE ${SCRATCH}/example.cpp "${CMAKE_MATCH_1}")
# For the processor as it comes and for this one: what the library allocates must not hang on either's vectors.
foreach(flags "-O2" "-march=native")
  step(${CMAKE_COMMAND} -S ${SOURCE} -B ${SCRATCH}/build -DCMAKE_PREFIX_PATH=${SCRATCH}/installed
    -DEigen3_DIR=${EIGEN} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS=${flags}
    -DEXAMPLE=${SCRATCH}/example.cpp)
  step(${CMAKE_COMMAND} --build ${SCRATCH}/build)
  step(${SCRATCH}/build/outside)
  step(${SCRATCH}/build/example)
endforeach()
