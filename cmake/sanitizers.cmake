# SPDX-License-Identifier: MIT
# Sanitizers and hardening: flags for all targets, because code with and
# without a sanitizer does not mix.

set(DSI_SANITIZE "" CACHE STRING
	"Sanitizers to build with: empty, thread, or address,undefined")
option(DSI_HARDEN "Stack protector and checked libc calls" OFF)

if(DSI_SANITIZE)
	add_compile_options(
		-fsanitize=${DSI_SANITIZE}
		-fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	add_link_options(-fsanitize=${DSI_SANITIZE})
	if(DSI_SANITIZE MATCHES "thread" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
		# gcc says that it cannot see fences.  We know; no data is
		# published by one (dsi/ring.h, dsi/notify.h).
		add_compile_options(-Wno-tsan)
	endif()
endif()

option(DSI_FUZZ "Coverage for libFuzzer in all targets: clang, and tests/fuzz" OFF)
if(DSI_FUZZ)
	if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
		message(FATAL_ERROR "DSI_FUZZ needs clang: cmake --preset fuzz")
	endif()
	add_compile_options(-fsanitize=fuzzer-no-link)
	add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(DSI_HARDEN)
	add_compile_options(
		-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()

# What a freestanding target takes back: all that would call a runtime.
set(DSI_FREESTANDING_FLAGS
	-ffreestanding
	-fno-pic
	-fno-sanitize=all
	-fno-stack-protector
	-U_FORTIFY_SOURCE)
