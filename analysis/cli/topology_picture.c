// SPDX-License-Identifier: MIT
/*
 * topology_picture.c - the machine as hwloc draws it, with the regions of the
 * streams in the boxes of the nodes that hold their pages.
 *
 * hwloc's own program draws: regions become its "Misc" objects below memory
 * nodes.  That is the picture people know, for each machine that hwloc knows,
 * and with FILE.xml all of lstopo's other forms are there as well.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hwloc.h>

#include "topology.h"

#define DRAWER "lstopo-no-graphics"
#define PATH_BYTES 4096u
#define RIGHT "Background=#c8ecc8"
#define WRONG "Background=#ffa8a0"
#define UNPLANNED "Background=#e8e8e8"

extern char **environ;

static bool fail(char why[TOPOLOGY_WHY_BYTES], const char *what)
{
	snprintf(why, TOPOLOGY_WHY_BYTES, "%s", what);
	return false;
}

static bool ends_in(const char *path, const char *ending)
{
	size_t length = strlen(path), end = strlen(ending);

	return length > end && strcmp(path + length - end, ending) == 0;
}

/* ---- what is drawn ------------------------------------------------------- */

static const char *style_of(const struct topology_region *region, uint32_t node)
{
	if (!region->n_plan)
		return UNPLANNED;
	return topology_has_node(&region->plan, node) ? RIGHT : WRONG;
}

static bool put_box(hwloc_topology_t hwloc, const char *name,
		    const struct topology_region *region, uint32_t node)
{
	hwloc_obj_t where = hwloc_get_numanode_obj_by_os_index(hwloc, node);
	char text[256];
	hwloc_obj_t box;

	if (!where)
		return true;
	snprintf(text, sizeof(text), "%s %s%s%s: %" PRIu64 " page%s", name,
		 topology_kind(region->info.kind),
		 region->info.label[0] ? " " : "", region->info.label,
		 region->on[node], region->on[node] == 1 ? "" : "s");
	box = hwloc_topology_insert_misc_object(hwloc, where, text);
	return box && hwloc_obj_add_info(box, "lstopoStyle",
					 style_of(region, node)) == 0;
}

static bool put_stream(hwloc_topology_t hwloc,
		       const struct topology_stream *stream)
{
	for (uint32_t i = 0; i < stream->n_regions; i++)
		for (uint32_t node = 0; node < DSI_NODES_MAX; node++)
			if (stream->regions[i].on[node] &&
			    !put_box(hwloc, stream->name, &stream->regions[i],
				     node))
				return false;
	return true;
}

static bool load(hwloc_topology_t hwloc)
{
	return hwloc_topology_set_type_filter(hwloc, HWLOC_OBJ_MISC,
					      HWLOC_TYPE_FILTER_KEEP_ALL) ==
		       0 &&
	       hwloc_topology_set_flags(
		       hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0 &&
	       hwloc_topology_load(hwloc) == 0;
}

static bool export(const struct topology_view *view, const char *path,
		   char why[TOPOLOGY_WHY_BYTES])
{
	hwloc_topology_t hwloc;
	bool good;

	if (hwloc_topology_init(&hwloc) < 0)
		return fail(why, "no memory");
	good = load(hwloc) || fail(why, "hwloc cannot read the topology");
	for (size_t i = 0; i < view->n && good; i++)
		good = put_stream(hwloc, view->streams[i]) ||
		       fail(why, "hwloc takes no more regions");
	if (good && hwloc_topology_export_xml(hwloc, path, 0) < 0)
		good = fail(why, strerror(errno));
	hwloc_topology_destroy(hwloc);
	return good;
}

/* ---- who draws ----------------------------------------------------------- */

static bool draw(const char *xml, const char *svg, char why[TOPOLOGY_WHY_BYTES])
{
	/* The file is there already: --force. */
	const char *words[] = {DRAWER,	      "--if",	 "xml", "--input",
			       xml,	      "--of",	 "svg", "--no-io",
			       "--no-legend", "--force", svg,	NULL};
	char *arguments[sizeof(words) / sizeof(words[0])];
	int status;
	pid_t pid;
	int err;

	memcpy(arguments, words, sizeof(words));
	err = posix_spawnp(&pid, DRAWER, NULL, NULL, arguments, environ);
	if (err == ENOENT)
		return fail(why, "no " DRAWER ", which draws it: install "
				 "hwloc; a FILE.xml needs none");
	if (err)
		return fail(why, strerror(err));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return fail(why, DRAWER " could not draw it");
	return true;
}

static bool reserve(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	return fd >= 0 && close(fd) == 0;
}

bool topology_picture(const struct topology_view *view, const char *path,
		      char why[TOPOLOGY_WHY_BYTES])
{
	char xml[PATH_BYTES], svg[PATH_BYTES];
	bool svg_wanted = ends_in(path, ".svg");
	bool good;
	int n;

	if (!svg_wanted && !ends_in(path, ".xml"))
		return fail(why, "the name must end in .svg or .xml");
	n = snprintf(xml, sizeof(xml), "%s.%ld.xml", path, (long)getpid());
	if (n < 0 || (size_t)n + 1 >= sizeof(xml))
		return fail(why, strerror(ENAMETOOLONG));
	snprintf(svg, sizeof(svg), "%s.%ld.svg", path, (long)getpid());
	/* Made here, so that nobody else's file of that name is written to. */
	if (!reserve(xml) || !reserve(svg))
		return fail(why, strerror(errno));
	good = export(view, xml, why) && (!svg_wanted || draw(xml, svg, why));
	if (good && rename(svg_wanted ? svg : xml, path) != 0)
		good = fail(why, strerror(errno));
	unlink(xml);
	unlink(svg);
	return good;
}
