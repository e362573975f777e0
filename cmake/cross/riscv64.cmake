# SPDX-License-Identifier: MIT
# 64 bits, little-endian, weakly ordered
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(DSI_TUPLE riscv64-linux-gnu)
set(DSI_LIBRARIES riscv64-linux-gnu)
set(DSI_QEMU riscv64)
include("${CMAKE_CURRENT_LIST_DIR}/cross.cmake")
