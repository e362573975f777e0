# SPDX-License-Identifier: MIT
# 32 bits, little-endian
set(CMAKE_SYSTEM_PROCESSOR i386)
set(DSI_TUPLE i686-linux-gnu)
set(DSI_LIBRARIES i386-linux-gnu)
set(DSI_QEMU i386)
include("${CMAKE_CURRENT_LIST_DIR}/cross.cmake")

# Most x86-64 kernels run these programs themselves.
set(loader "${DSI_SYSROOT}/lib/ld-linux.so.2")
execute_process(COMMAND "${loader}" --version
	RESULT_VARIABLE cannot OUTPUT_QUIET ERROR_QUIET)
if(NOT cannot)
	set(CMAKE_CROSSCOMPILING_EMULATOR "${loader};--library-path"
		"${DSI_SYSROOT}/lib/i386-linux-gnu:${DSI_SYSROOT}/usr/lib/i386-linux-gnu")
endif()
