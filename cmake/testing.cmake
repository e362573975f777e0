# SPDX-License-Identifier: MIT
# dsi_add_test(NAME name SOURCES file... [LABELS label...] [LIBS target...]
#              [TIMEOUT seconds] [ARGS argument...] [ENVIRONMENT name=value...]
#              [DEFINITIONS name=value...] [PROCESSORS n])
#
# One program, one test.  LIBS defaults to dsi_static, whose internal
# functions a test may call; LABELS to unit; TIMEOUT to 60.  A test that cannot
# run here prints why and exits with 77.
function(dsi_add_test)
	cmake_parse_arguments(PARSE_ARGV 0 T "" "NAME;TIMEOUT;PROCESSORS"
		"SOURCES;LABELS;LIBS;ARGS;ENVIRONMENT;DEFINITIONS")
	if(NOT T_NAME OR NOT T_SOURCES OR T_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "dsi_add_test: NAME and SOURCES needed, "
			"not understood: ${T_UNPARSED_ARGUMENTS}")
	endif()
	if(NOT T_LIBS)
		set(T_LIBS dsi_static)
	endif()
	dsi_test_program(${T_NAME} SOURCES ${T_SOURCES} LIBS ${T_LIBS}
		DEFINITIONS ${T_DEFINITIONS})
	add_test(NAME ${T_NAME} COMMAND ${T_NAME} ${T_ARGS})
	dsi_test_properties(${T_NAME} LABELS ${T_LABELS} TIMEOUT ${T_TIMEOUT}
		PROCESSORS ${T_PROCESSORS} ENVIRONMENT ${T_ENVIRONMENT})
endfunction()

# dsi_test_program(name SOURCES file... LIBS target... [DEFINITIONS ...])
# A program for tests, e.g. a helper that a test starts.
function(dsi_test_program name)
	cmake_parse_arguments(PARSE_ARGV 1 T "" "" "SOURCES;LIBS;DEFINITIONS")
	add_executable(${name} ${T_SOURCES})
	set_target_properties(${name} PROPERTIES
		C_EXTENSIONS ON
		RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/bin")
	target_include_directories(${name} PRIVATE
		"${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
	# assert() in a test is a check, also in a release build.
	target_compile_options(${name} PRIVATE -UNDEBUG)
	target_compile_definitions(${name} PRIVATE ${T_DEFINITIONS})
	target_link_libraries(${name} PRIVATE ${T_LIBS} dsi_headers
		Threads::Threads)
	if(DSI_COVERAGE)
		target_sources(${name} PRIVATE
			$<TARGET_OBJECTS:dsi_exit_counted>)
	endif()
endfunction()

# dsi_test_properties(name [LABELS ...] [TIMEOUT s] [PROCESSORS n]
#                     [ENVIRONMENT ...])
function(dsi_test_properties name)
	cmake_parse_arguments(PARSE_ARGV 1 T "" "TIMEOUT;PROCESSORS"
		"LABELS;ENVIRONMENT")
	if(NOT T_LABELS)
		set(T_LABELS unit)
	endif()
	if(NOT T_TIMEOUT)
		set(T_TIMEOUT 60)
	endif()
	if(CMAKE_CROSSCOMPILING OR DSI_COVERAGE)
		math(EXPR T_TIMEOUT "${T_TIMEOUT} * 5")
	endif()
	set_tests_properties(${name} PROPERTIES
		LABELS "${T_LABELS}"
		TIMEOUT ${T_TIMEOUT}
		SKIP_RETURN_CODE 77)
	if(T_PROCESSORS)
		set_tests_properties(${name} PROPERTIES
			PROCESSORS ${T_PROCESSORS})
	endif()
	set(T_ENVIRONMENT "${DSI_TEST_ENVIRONMENT};${T_ENVIRONMENT}")
	set_tests_properties(${name} PROPERTIES
		ENVIRONMENT "${T_ENVIRONMENT}")
endfunction()

# dsi_add_command_test(NAME name COMMAND ... [LABELS ...] [TIMEOUT ...] ...)
# A script or an existing program as a test.  A program of this project is given
# by the name of its target: CMake then starts it by the emulator, if it was
# compiled for another machine.
function(dsi_add_command_test)
	cmake_parse_arguments(PARSE_ARGV 0 T "" "NAME;TIMEOUT;PROCESSORS"
		"COMMAND;LABELS;ENVIRONMENT")
	add_test(NAME ${T_NAME} COMMAND ${T_COMMAND} COMMAND_EXPAND_LISTS)
	dsi_test_properties(${T_NAME} LABELS ${T_LABELS} TIMEOUT ${T_TIMEOUT}
		PROCESSORS ${T_PROCESSORS} ENVIRONMENT ${T_ENVIRONMENT})
endfunction()

# dsi_mutant_source(copy source old new [old new]...)
# Make @copy of a source, weakened on purpose: the one place of each text old is
# new there.  A test that does not fail with it proves nothing.
function(dsi_mutant_source copy source old new)
	set(make "${PROJECT_SOURCE_DIR}/cmake/mutant-make.sh")
	cmake_path(GET copy PARENT_PATH folder)
	file(MAKE_DIRECTORY "${folder}")
	add_custom_command(OUTPUT "${copy}"
		COMMAND "${make}" "${source}" "${copy}" "${old}" "${new}"
			${ARGN}
		DEPENDS "${source}" "${make}" VERBATIM)
	# What is left out leaves names unused.
	set_source_files_properties("${copy}" PROPERTIES COMPILE_OPTIONS -w)
endfunction()

# What is missing is left out with a word about it, or, where everything is
# asked for (./run-tests), an error.
function(dsi_missing what)
	if(DSI_REQUIRE_ALL)
		message(FATAL_ERROR "${what}")
	endif()
	message(STATUS "${what}")
endfunction()
