# Two Debian packages by CPack: the program, and the engines on Debian's LibTorch, which the first recommends. What they
# depend on, dpkg-shlibdeps finds in the files.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME depthmill)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The depthmill authors <depthmill@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME depthmill)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${PROJECT_DESCRIPTION}
 Raw Kinect scenes or folders of RGB-D images in; registered and filled depth,
 predictions of depth networks, metrics under the published protocols, tables
 and pictures out.")
if(TARGET depthmill_torch_engines)
  list(APPEND CPACK_COMPONENTS_ALL engines)
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS depthmill-torch)
  set(CPACK_DEBIAN_ENGINES_PACKAGE_NAME depthmill-torch)
  set(CPACK_DEBIAN_ENGINES_PACKAGE_DEPENDS "depthmill (= ${PROJECT_VERSION})")
  set(CPACK_DEBIAN_ENGINES_PACKAGE_RECOMMENDS libopenblas0-pthread)
  set(CPACK_COMPONENT_ENGINES_DESCRIPTION "engines of depthmill that run depth networks with Debian's LibTorch
 Needed by depthmill's commands infer, train, export, baseline and bench-infer.")
endif()
include(CPack)
