/* SPDX-License-Identifier: MIT */
/*
 * module.c - a part of the library that is not always there.
 *
 * Place in the data flow: beside it; the trace provider and the placement are
 * shared objects that are loaded when somebody wants them.
 *
 * Looked for beside this library, where it was installed, and where the system
 * looks; never in the current folder.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "linux.h"

static const char here;

/* Load @file from @folder, of @bytes; "" = where the system looks. */
static void *load_from(const char *folder, size_t bytes, const char *file)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%.*s%s%s", (int)bytes, folder,
			 bytes ? "/" : "", file);

	if (n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

void *dsi__module_load(const char *file)
{
	const char *slash = NULL;
	void *object = NULL;
	Dl_info info;

	if (dladdr(&here, &info) && info.dli_fname)
		slash = strrchr(info.dli_fname, '/');
	if (slash)
		object = load_from(info.dli_fname,
				   (size_t)(slash - info.dli_fname), file);
	if (!object)
		object = load_from(DSI__LIBDIR, strlen(DSI__LIBDIR), file);
	return object ? object : load_from("", 0, file);
}
