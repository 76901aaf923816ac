# DEPTHMILL_PYTHON: the interpreter of the tests that let the tools of others read what we write. Of those on this
# machine the first that imports NumPy (Debian's own first: setup.sh installs NumPy, SciPy, h5py, Pillow, OpenCV and
# torch there, while a python3 earlier on the PATH often has none of them); without any, the first of all, and the
# tests that need NumPy skip and say so. Set it to choose another.
if(NOT DEPTHMILL_PYTHON)
  find_program(_system_python NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH NO_CACHE)
  find_program(_path_python NAMES python3 NO_CACHE)
  set(_python "")
  foreach(_candidate ${_system_python} ${_path_python})
    execute_process(COMMAND ${_candidate} -c "import numpy" RESULT_VARIABLE _result OUTPUT_QUIET ERROR_QUIET)
    if(_result EQUAL 0)
      set(_python ${_candidate})
      break()
    elseif(NOT _python)
      set(_python ${_candidate})
    endif()
  endforeach()
  # Not in the cache: NumPy may be installed before the next configuration.
  set(DEPTHMILL_PYTHON "${_python}")
endif()
