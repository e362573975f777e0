/* SPDX-License-Identifier: MIT */
/* trace_folders.h - the traces below a folder: whatever holds `metadata`. */
#ifndef DSI_TRACE_FOLDERS_H
#define DSI_TRACE_FOLDERS_H

#include <stddef.h>

#include "trace/trace_read.h"

struct trace_folders {
	char **paths;
	size_t n;
};

/* At least one; false with @why.  Free @f in both cases. */
bool trace_folders_find(struct trace_folders *f, const char *folder,
			char why[TRACE_WHY_BYTES]);
void trace_folders_free(struct trace_folders *f);

#endif /* DSI_TRACE_FOLDERS_H */
