/* SPDX-License-Identifier: MIT */
/*
 * module.c - a part of the library that is not always there.
 *
 * Place in the data flow: beside it; the trace provider and the placement are
 * shared objects that are loaded when somebody wants them.
 *
 * Looked for beside this library, where it was installed, and where the system
 * looks; never in the current folder.  Of a program that has the library in
 * itself the loader knows no path but what the program was called by (argv[0]),
 * which whoever starts it chooses; so there is no looking beside it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
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

/* The path of the shared object that this is in; "" = in the program. */
static const char *own_path(void)
{
	const struct link_map *map = NULL;
	void *extra = NULL;
	Dl_info info;

	if (dladdr1(&here, &info, &extra, RTLD_DL_LINKMAP))
		map = extra;
	return map && map->l_name ? map->l_name : "";
}

void *dsi__module_load(const char *file)
{
	const char *path = own_path();
	const char *slash = strrchr(path, '/');
	void *object = NULL;

	if (slash)
		object = load_from(path, (size_t)(slash - path), file);
	if (!object)
		object = load_from(DSI__LIBDIR, strlen(DSI__LIBDIR), file);
	return object ? object : load_from("", 0, file);
}
