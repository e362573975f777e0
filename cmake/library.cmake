# SPDX-License-Identifier: MIT
# libdsi: the core and the port of this system, shared and static, and all
# that goes into a prefix with them.

add_library(dsi SHARED)
add_library(dsi_static STATIC)
set(DSI_MAP "${PROJECT_SOURCE_DIR}/dsi/libdsi.map")
set_target_properties(dsi PROPERTIES
	VERSION ${PROJECT_VERSION}
	SOVERSION ${PROJECT_VERSION_MAJOR}
	LINK_DEPENDS "${DSI_MAP}")
set_target_properties(dsi_static PROPERTIES OUTPUT_NAME dsi)
target_link_options(dsi PRIVATE
	-Wl,--version-script=${DSI_MAP} -Wl,-z,now -Wl,-z,relro)
if(NOT DSI_SANITIZE)
	# clang leaves the sanitizers' symbols to the program.
	target_link_options(dsi PRIVATE -Wl,--no-undefined)
endif()
foreach(lib dsi dsi_static)
	add_library(dsi::${lib} ALIAS ${lib})
	target_sources(${lib} PRIVATE
		$<TARGET_OBJECTS:dsi_core> $<TARGET_OBJECTS:dsi_port_linux>)
	target_include_directories(${lib} INTERFACE
		$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
		$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
		$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
	# Linking C objects only: tell CMake which linker to take.
	set_target_properties(${lib} PROPERTIES LINKER_LANGUAGE C)
endforeach()
target_link_libraries(dsi PRIVATE Threads::Threads)
target_link_libraries(dsi_static PUBLIC Threads::Threads)

# ---- install -----------------------------------------------------------------

include(CMakePackageConfigHelpers)
set(dsi_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/dsi")

install(TARGETS dsi dsi_static EXPORT dsiTargets
	RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${DSI_PUBLIC_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dsi)

install(EXPORT dsiTargets NAMESPACE dsi:: DESTINATION ${dsi_config_dir})
configure_package_config_file(cmake/dsiConfig.cmake.in dsiConfig.cmake
	INSTALL_DESTINATION ${dsi_config_dir})
write_basic_package_version_file(dsiConfigVersion.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES
	"${PROJECT_BINARY_DIR}/dsiConfig.cmake"
	"${PROJECT_BINARY_DIR}/dsiConfigVersion.cmake"
	DESTINATION ${dsi_config_dir})

# dsi.pc finds its prefix from where it lies, so that an installed tree can be
# moved and `cmake --install --prefix` needs no second configure.
set(dsi_pc_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
	set(DSI_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
	set(DSI_PC_LIBDIR "${CMAKE_INSTALL_LIBDIR}")
else()
	file(RELATIVE_PATH up "/${dsi_pc_dir}" "/")
	string(REGEX REPLACE "/$" "" up "${up}")
	set(DSI_PC_PREFIX "\${pcfiledir}/${up}")
	set(DSI_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
	set(DSI_PC_INCLUDEDIR "${CMAKE_INSTALL_INCLUDEDIR}")
else()
	set(DSI_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(cmake/dsi.pc.in dsi.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/dsi.pc" DESTINATION ${dsi_pc_dir})
if(TARGET dsi_placement)
	configure_file(cmake/dsi-placement.pc.in dsi-placement.pc @ONLY)
	install(FILES "${PROJECT_BINARY_DIR}/dsi-placement.pc"
		DESTINATION ${dsi_pc_dir})
endif()
