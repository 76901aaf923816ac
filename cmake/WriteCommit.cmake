# Writes HEADER with the commit of SOURCE and its day, "" and today (or SOURCE_DATE_EPOCH) outside a checkout, and leaves
# it alone when it says so already.
execute_process(COMMAND git describe --always --dirty --abbrev=10 --exclude=* WORKING_DIRECTORY ${SOURCE}
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "")
endif()
execute_process(COMMAND git log -1 --format=%cs WORKING_DIRECTORY ${SOURCE}
  OUTPUT_VARIABLE day OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  string(TIMESTAMP day "%Y-%m-%d" UTC)
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT
  "#pragma once\n#define DEPTHMILL_COMMIT \"${commit}\"\n#define DEPTHMILL_COMMIT_DATE \"${day}\"\n")
