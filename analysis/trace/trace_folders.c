// SPDX-License-Identifier: MIT
/*
 * trace_folders.c - the traces below a folder: whatever holds `metadata`.
 *
 * One recording has one such folder for each user, process and word size.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "trace/trace_folders.h"

static bool add(struct trace_folders *f, const char *path)
{
	char **grown = realloc(f->paths, (f->n + 1) * sizeof(*grown));

	if (!grown)
		return false;
	f->paths = grown;
	f->paths[f->n] = strdup(path);
	if (!f->paths[f->n])
		return false;
	f->n++;
	return true;
}

/* "snapshot-1-20261121-..." is one of several recordings of the same time. */
static const char *snapshot_of(const char *path, size_t *out_bytes)
{
	const char *at = strstr(path, "/snapshot-");

	*out_bytes = at ? strcspn(at + 1, "/") : 0;
	return at ? at + 1 : NULL;
}

static bool one_snapshot(const struct trace_folders *f, const char *folder,
			 char why[TRACE_WHY_BYTES])
{
	size_t skip = strlen(folder);
	size_t first_bytes;
	const char *first;
	size_t i;

	first = snapshot_of(f->paths[0] + skip, &first_bytes);
	for (i = 1; first && i < f->n; i++) {
		size_t bytes;
		const char *other = snapshot_of(f->paths[i] + skip, &bytes);

		if (other && bytes == first_bytes &&
		    strncmp(first, other, bytes) == 0)
			continue;
		snprintf(why, TRACE_WHY_BYTES,
			 "holds several snapshots, which overlap; give one of "
			 "them, e.g. %.200s/%.*s",
			 folder, (int)first_bytes, first);
		return false;
	}
	return true;
}

static bool walk(struct trace_folders *f, FTS *tree, char why[TRACE_WHY_BYTES])
{
	FTSENT *entry;

	while ((entry = fts_read(tree))) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
			snprintf(why, TRACE_WHY_BYTES, "cannot read %.300s: %s",
				 entry->fts_path, strerror(entry->fts_errno));
			return false;
		}
		if (entry->fts_info != FTS_F ||
		    strcmp(entry->fts_name, "metadata") != 0)
			continue;
		entry->fts_path[entry->fts_pathlen - strlen("/metadata")] = 0;
		if (!add(f, entry->fts_path)) {
			snprintf(why, TRACE_WHY_BYTES, "out of memory");
			return false;
		}
	}
	return true;
}

static int compare(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

bool trace_folders_find(struct trace_folders *f, const char *folder,
			char why[TRACE_WHY_BYTES])
{
	char *copy = strdup(folder);
	char *roots[] = {copy, NULL};
	struct stat status;
	FTS *tree = NULL;
	bool good = false;

	if (stat(folder, &status) < 0)
		snprintf(why, TRACE_WHY_BYTES, "cannot open: %s",
			 strerror(errno));
	else if (!S_ISDIR(status.st_mode))
		snprintf(why, TRACE_WHY_BYTES,
			 "is no folder; give the folder that `dsi trace` or "
			 "`lttng create --output` wrote");
	else if (!copy || !(tree = fts_open(roots, FTS_LOGICAL, compare)))
		snprintf(why, TRACE_WHY_BYTES, "cannot open: %s",
			 strerror(errno));
	else
		good = walk(f, tree, why);
	if (tree)
		fts_close(tree);
	free(copy);
	if (good && f->n == 0) {
		snprintf(why, TRACE_WHY_BYTES,
			 "no trace below it: no file 'metadata'; was anything "
			 "recorded, and was the session stopped?");
		good = false;
	}
	return good && one_snapshot(f, folder, why);
}

void trace_folders_free(struct trace_folders *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->paths[i]);
	free(f->paths);
	*f = (struct trace_folders){0};
}
