# SPDX-License-Identifier: MIT
# What the toolchain files of all machines have in common.  DSI_SYSROOT is the
# folder that make-sysroot.sh filled; programs run under QEMU's user emulation.

set(CMAKE_SYSTEM_NAME Linux)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES DSI_SYSROOT)
if(NOT DSI_SYSROOT)
	message(FATAL_ERROR "say where the C library of that machine is: "
		"-DDSI_SYSROOT=FOLDER, which cmake/cross/make-sysroot.sh fills")
endif()
set(CMAKE_SYSROOT "${DSI_SYSROOT}")
set(CMAKE_C_COMPILER "${DSI_TUPLE}-gcc")
set(CMAKE_C_LIBRARY_ARCHITECTURE "${DSI_LIBRARIES}")
set(CMAKE_LIBRARY_ARCHITECTURE "${DSI_LIBRARIES}")
set(CMAKE_CROSSCOMPILING_EMULATOR
	"qemu-${DSI_QEMU}-static;-L;${DSI_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${DSI_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR} "${DSI_SYSROOT}/usr/lib/${DSI_LIBRARIES}/pkgconfig")
