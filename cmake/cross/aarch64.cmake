# SPDX-License-Identifier: MIT
# 64 bits, little-endian, weakly ordered
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(DSI_TUPLE aarch64-linux-gnu)
set(DSI_LIBRARIES aarch64-linux-gnu)
set(DSI_QEMU aarch64)
include("${CMAKE_CURRENT_LIST_DIR}/cross.cmake")
