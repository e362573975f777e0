# SPDX-License-Identifier: MIT
# 64 bits, big-endian
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(DSI_TUPLE s390x-linux-gnu)
set(DSI_LIBRARIES s390x-linux-gnu)
set(DSI_QEMU s390x)
include("${CMAKE_CURRENT_LIST_DIR}/cross.cmake")
