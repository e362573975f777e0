# SPDX-License-Identifier: MIT
# 32 bits, little-endian
set(CMAKE_SYSTEM_PROCESSOR i386)
set(DSI_TUPLE i686-linux-gnu)
set(DSI_LIBRARIES i386-linux-gnu)
set(DSI_QEMU i386)
# A remark at each 64-bit atomic: older compilers aligned it otherwise.  The layout's
# places are checked as it is compiled.
set(CMAKE_C_FLAGS_INIT -Wno-psabi)
include("${CMAKE_CURRENT_LIST_DIR}/cross.cmake")

# Most x86-64 kernels run these programs themselves; -DDSI_EMULATE=ON emulates them
# all the same.
set(loader "${DSI_SYSROOT}/lib/ld-linux.so.2")
execute_process(COMMAND "${loader}" --version
	RESULT_VARIABLE cannot OUTPUT_QUIET ERROR_QUIET)
if(NOT cannot AND NOT DSI_EMULATE)
	set(CMAKE_CROSSCOMPILING_EMULATOR "${loader};--library-path"
		"${DSI_SYSROOT}/lib/i386-linux-gnu:${DSI_SYSROOT}/usr/lib/i386-linux-gnu")
endif()
