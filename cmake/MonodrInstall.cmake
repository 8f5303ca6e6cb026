# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` and `cpack -G DEB` put where:
#
#   bin/runexp, bin/monodr-worker         the programs
#   lib/monodr/plugins/*.so               renderers, losses, rules, shape priors
#   share/monodr/{experiments,queries}    what `runexp experiments/NAME.toml` finds in any directory
#   lib/monodr/*.so                       what programs and plugins share
#   include/monodr,                       what plugins are built against: find_package(monodr)
#   lib/cmake/monodr
#   share/doc/monodr                      docs/
include(CMakePackageConfigHelpers)

# Installing does not wait for tests and benchmarks: `cmake --build build --target runexp_all` is enough.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

install(TARGETS runexp monodr-worker RUNTIME DESTINATION bin)
get_property(plugins GLOBAL PROPERTY MONODR_PLUGINS)
install(TARGETS ${plugins} LIBRARY DESTINATION lib/monodr/plugins)

install(DIRECTORY experiments DESTINATION share/monodr FILES_MATCHING PATTERN "*.toml")
install(DIRECTORY results/queries DESTINATION share/monodr FILES_MATCHING PATTERN "*.sql")
install(DIRECTORY docs/ DESTINATION share/doc/monodr FILES_MATCHING PATTERN "*.md")
install(FILES CHANGELOG.md DESTINATION share/doc/monodr)
install(FILES LICENSE DESTINATION share/doc/monodr RENAME copyright)

install(TARGETS monodr_library_engine monodr_library_methods LIBRARY DESTINATION lib/monodr)
# Of the exported libraries each module; its headers where a plugin's author includes them.
set(exported monodr_library_kernels monodr_library_core monodr_library_plugin)
foreach(module base kernels settings metrics geometry data evaluation plugin)
  list(APPEND exported monodr_${module} monodr_${module}_headers)
  set_target_properties(monodr_${module} PROPERTIES EXPORT_NAME ${module})
endforeach()
foreach(module base geometry plugin)
  install(DIRECTORY core/${module} DESTINATION include/monodr FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
endforeach()
install(FILES core/kernels/monodr_kernels.h DESTINATION include/monodr/kernels)
install(TARGETS ${exported} EXPORT monodr LIBRARY DESTINATION lib/monodr)
install(EXPORT monodr NAMESPACE monodr:: FILE monodrTargets.cmake DESTINATION lib/cmake/monodr)
configure_package_config_file(cmake/monodrConfig.cmake.in ${CMAKE_BINARY_DIR}/monodrConfig.cmake
                              INSTALL_DESTINATION lib/cmake/monodr)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/monodrConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/monodrConfig.cmake ${CMAKE_BINARY_DIR}/monodrConfigVersion.cmake
              cmake/MonodrPlugin.cmake
        DESTINATION lib/cmake/monodr)

# The Debian package. What the programs need to run is read from them; what building a plugin needs
# is recommended, so that apt installs it unless told not to.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME monodr)
set(CPACK_PACKAGE_CONTACT "The monodr authors <monodr@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS
    "cmake, g++, make, libboost-dev, libboost-program-options-dev, libeigen3-dev, libfmt-dev, libgtest-dev, \
libssl-dev, libtomlplusplus-dev, libtorch-dev, nlohmann-json3-dev, sqlite3")
include(CPack)
