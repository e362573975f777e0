# SPDX-License-Identifier: MIT
# dsi_present(out file...): those of the files that exist, with a warning for
# the others.
function(dsi_present out)
	set(found)
	foreach(file IN LISTS ARGN)
		if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
			list(APPEND found "${file}")
		else()
			message(WARNING "not there yet: ${file}")
		endif()
	endforeach()
	if(NOT found)
		set(found "${CMAKE_CURRENT_BINARY_DIR}/nothing_yet.c")
		file(WRITE "${found}" "extern int dsi__nothing_yet;\n")
	endif()
	set(${out} ${found} PARENT_SCOPE)
endfunction()
