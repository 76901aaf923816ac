# depthmill_room(<name> SOURCES ... [PUBLIC libs...] [PRIVATE libs...])
#   One folder, one static library depthmill_<name> with alias depthmill::<name>.
#   What a room may lean on is what it lists here. With DEPTHMILL_UNITY_ROOMS its files are compiled in batches:
#   headers cost most of them more than their own lines. Names in a file's anonymous namespace are therefore
#   the room's.
function(depthmill_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(depthmill_${name} STATIC ${ARG_SOURCES})
  add_library(depthmill::${name} ALIAS depthmill_${name})
  target_include_directories(depthmill_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  set_target_properties(depthmill_${name} PROPERTIES UNITY_BUILD ${DEPTHMILL_UNITY_ROOMS} UNITY_BUILD_BATCH_SIZE 8)
  target_link_libraries(depthmill_${name} PUBLIC ${ARG_PUBLIC}
                        PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:depthmill_flags>)
endfunction()

# depthmill_module(<name> <kind> <file> SOURCES ... EXPORTS functions... LIBS libs...)
#   A part of the program that is loaded when it is needed (stages/module): lib/depthmill/<kind>/<file>.so in the build
#   folder and where it is installed. Of what it holds only the functions EXPORTS are seen from outside, so that the
#   rooms in it do not mix with the program's.
function(depthmill_module name kind file)
  cmake_parse_arguments(ARG "" "" "SOURCES;EXPORTS;LIBS" ${ARGN})
  list(JOIN ARG_EXPORTS "; " exports)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.map CONTENT "{ global: ${exports}; local: *; };\n")
  add_library(depthmill_${name} MODULE ${ARG_SOURCES})
  target_include_directories(depthmill_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(depthmill_${name} PRIVATE ${ARG_LIBS} depthmill_flags)
  target_link_options(depthmill_${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
  set_target_properties(depthmill_${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${file} INSTALL_RPATH_USE_LINK_PATH ON
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/depthmill/${kind})
  # Engines are a package of their own, since what they lean on is large.
  set(component program)
  if(kind STREQUAL engines)
    set(component engines)
  endif()
  install(TARGETS depthmill_${name} DESTINATION lib/depthmill/${kind} COMPONENT ${component})
endfunction()

# Everything that ctest -L "unit|property|fuzz" runs, without the program and the end-to-end tests.
add_custom_target(unit_tests)

# depthmill_test(<name> <source>... LIBS libs... [LABELS labels...] [TIMEOUT s])
#   One GoogleTest program; every TEST in it becomes a ctest entry. With DEPTHMILL_UNITY_TESTS its files are
#   compiled in batches: GoogleTest and OpenCV cost each translation unit more than the tests in it. They are not
#   optimised, which halves what is left of their compilation: what a test waits for is in the rooms. With a
#   sanitizer the whole program is one entry, since its start costs more than most tests. Where data lies is said
#   by tests/support/paths.h.
function(depthmill_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} depthmill_test_paths depthmill_flags GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${DEPTHMILL_UNITY_TESTS} UNITY_BUILD_BATCH_SIZE 8)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE $<$<CONFIG:Dev,Release>:-O0>)
  if(TARGET depthmill_torch_engines AND ARG_LIBS MATCHES "networks|pipeline")
    add_dependencies(${name} depthmill_torch_engines)
  endif()
  if(ARG_LABELS MATCHES "unit|property")
    add_dependencies(unit_tests ${name})
  endif()
  if(DEPTHMILL_SANITIZE AND NOT ARG_LABELS MATCHES "e2e")
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 900)
    return()
  endif()
  set(cost 0)
  if(ARG_LABELS MATCHES "e2e")
    set(cost 100)  # begun first: the longest must not run alone at the end
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT} COST ${cost})
endfunction()

# depthmill_fuzz(<name> <source> LIBS libs...)
#   A fuzz target with LLVMFuzzerTestOneInput. With DEPTHMILL_FUZZ it is a libFuzzer program; otherwise it is
#   linked with a small driver and run as a test over tests/fuzz/corpus/<name> and mutations of it.
function(depthmill_fuzz name source)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  if(DEPTHMILL_FUZZ)
    add_executable(${name} ${source})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    if(NOT TARGET fuzz_replay)
      add_library(fuzz_replay OBJECT ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
      target_link_libraries(fuzz_replay PRIVATE depthmill_flags)
    endif()
    add_executable(${name} ${source} $<TARGET_OBJECTS:fuzz_replay>)
    add_test(NAME ${name} COMMAND ${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
    add_dependencies(unit_tests ${name})
  endif()
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} depthmill_flags)
endfunction()
