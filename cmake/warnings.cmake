# SPDX-License-Identifier: MIT
# Warnings for everything in the tree, the same list for gcc and clang.  A user
# who builds a release with a newer compiler is not stopped by a new warning;
# every other preset turns DSI_WERROR on.

option(DSI_WERROR "Treat warnings as errors" OFF)

set(DSI_WARNINGS
	-Wall
	-Wextra
	-Wpedantic
	-Wshadow
	$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
	$<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
	$<$<COMPILE_LANGUAGE:C>:-Wold-style-definition>
	-Wundef
	-Wpointer-arith
	-Wcast-align
	-Wcast-qual
	-Wwrite-strings
	-Wconversion
	-Wsign-conversion
	-Wvla
	-Wformat=2
	-Wswitch-enum
	-Wnull-dereference
	-Wdouble-promotion)

if(DSI_WERROR)
	list(APPEND DSI_WARNINGS -Werror)
endif()

add_compile_options(${DSI_WARNINGS})
