/* SPDX-License-Identifier: MIT */
/* size_batch.h - what --batch and --budget have in common. */
#ifndef DSI_SIZE_BATCH_H
#define DSI_SIZE_BATCH_H

#include "size_command.h"
#include "size_line.h"

/* Was everything read?  The exit code, after a message. */
int size_check_input(const struct size_lines *lines);

#endif /* DSI_SIZE_BATCH_H */
