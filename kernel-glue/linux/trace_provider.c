/* SPDX-License-Identifier: MIT */
/*
 * trace_provider.c - find who records: linked, preloaded, or named in
 * DSI_TRACE.
 *
 * Place in the data flow: beside it; once in a process, when the first socket
 * is made.
 *
 * A provider is a shared object with one symbol.  One that is linked or
 * preloaded is found by a weak reference.  Otherwise DSI_TRACE says which to
 * load: a path, or a name, for which libdsi-NAME.so is looked up beside this
 * library, where it was installed, and where the system looks.  A process that
 * runs with other rights than its user's does not listen to the environment.
 *
 * Of two providers the second is not even loaded: LTTng would call the probes
 * of both for each event of either.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux.h"

__attribute__((weak)) const struct dsi_trace_provider *dsi_trace_provider(void);

typedef int trace_attach_fn(const struct dsi_trace_provider *provider,
			    char *why, uint32_t why_bytes);

static pthread_mutex_t trace_lock = PTHREAD_MUTEX_INITIALIZER;
static int trace_looked;

/* Its name, or "": what was refused may have no table that can be read. */
static const char *trace_offer(trace_attach_fn *attach, const char *from,
			       const struct dsi_trace_provider *provider)
{
	char why[256] = "";
	int err = attach(provider, why, sizeof(why));

	if (!err || err == -DSI_EEXIST)
		return provider->name;
	fprintf(stderr, "dsi: %s: %s\n", from, why);
	return "";
}

static void trace_load_asked(trace_attach_fn *attach, const char *asked)
{
	const struct dsi_trace_provider *(*find)(void);
	char file[NAME_MAX];
	int n = snprintf(file, sizeof(file), "libdsi-%s.so", asked);
	void *object = strchr(asked, '/') ? dlopen(asked, RTLD_NOW | RTLD_LOCAL)
		       : n > 0 && (size_t)n < sizeof(file)
			       ? dsi__module_load(file)
			       : NULL;
	void *symbol = object ? dlsym(object, "dsi_trace_provider") : NULL;

	if (!symbol) {
		const char *reason = dlerror();

		fprintf(stderr, "dsi: DSI_TRACE=%s: %s; nothing is recorded\n",
			asked, reason ? reason : "is no trace provider");
		return;
	}
	memcpy(&find, &symbol, sizeof(find));
	(void)trace_offer(attach, "DSI_TRACE", find());
}

static void trace_find(trace_attach_fn *attach)
{
	const char *asked = secure_getenv("DSI_TRACE");
	const char *first = "";

	if (dsi_trace_provider)
		first = trace_offer(attach, "linked or preloaded",
				    dsi_trace_provider());
	if (!asked || !*asked)
		return;
	if (dsi_trace_provider)
		fprintf(stderr,
			"dsi: DSI_TRACE=%s is refused: trace provider '%s' is "
			"linked or preloaded; a process has one\n",
			asked, first);
	else
		trace_load_asked(attach, asked);
}

/* Who comes second waits, so that its socket is traced as well. */
void dsi_port_trace(int (*attach)(const struct dsi_trace_provider *provider,
				  char *why, uint32_t why_bytes))
{
	(void)pthread_mutex_lock(&trace_lock);
	if (!trace_looked) {
		trace_looked = 1;
		trace_find(attach);
	}
	(void)pthread_mutex_unlock(&trace_lock);
}
