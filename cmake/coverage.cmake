# SPDX-License-Identifier: MIT
# Which lines and branches of the library do the tests run?  See
# docs/assurance-coverage.md, and cmake/coverage-tests.sh, which builds, runs and
# reports.

option(DSI_COVERAGE "Count lines and branches: gcc, cmake --preset coverage" OFF)

if(DSI_COVERAGE AND NOT CMAKE_C_COMPILER_ID STREQUAL "GNU")
	message(FATAL_ERROR "DSI_COVERAGE needs gcc: cmake --preset coverage")
endif()
if(DSI_COVERAGE)
	add_link_options(--coverage)
endif()

# dsi_count_coverage(target...): of the sources of these targets.  The counters
# are atomic, because they are those of all threads.  DSI_USUAL functions are not
# inlined, or each of their branches would be counted once for every caller.
function(dsi_count_coverage)
	if(NOT DSI_COVERAGE)
		return()
	endif()
	foreach(target ${ARGN})
		target_compile_options(${target} PRIVATE
			--coverage -fprofile-update=atomic
			-Dalways_inline=noinline)
	endforeach()
endfunction()
