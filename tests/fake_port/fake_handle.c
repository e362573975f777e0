/* SPDX-License-Identifier: MIT */
/*
 * fake_handle.c - handles: numbers that name an object for one process.
 *
 * One table for the whole world, lowest free number first, beginning with 0:
 * a number that was closed is soon somebody else's, so that a second close
 * is noticed.
 */
#include <stdlib.h>

#include "fake_world.h"

/* Takes over the caller's reference on @object, also on failure. */
int32_t fake__handle_new(struct fake_object *object)
{
	struct fake_world *w = &fake__world;

	for (uint32_t i = 0; i < FAKE_HANDLES; i++) {
		if (w->handles[i].object)
			continue;
		w->handles[i].object = object;
		w->handles[i].process = fake__process();
		return (int32_t)i;
	}
	fake__object_put(object);
	return -DSI_EMFILE;
}

/* The object of one of the caller's handles; NULL and a report if it is
 * not one. */
struct fake_object *fake__handle_object(int32_t handle)
{
	struct fake_world *w = &fake__world;

	if (handle < 0 || handle >= (int32_t)FAKE_HANDLES ||
	    !w->handles[handle].object) {
		fake_report("fiber %d uses handle %d, which is not open",
			    w->current->id, (int)handle);
		return NULL;
	}
	if (w->handles[handle].process != fake__process()) {
		fake_report("fiber %d uses handle %d of process %u",
			    w->current->id, (int)handle,
			    w->handles[handle].process->id);
		return NULL;
	}
	return w->handles[handle].object;
}

/* The same for a certain type; NULL without report for another type. */
void *fake__handle_get(int32_t handle, enum fake_type type)
{
	struct fake_object *object = fake__handle_object(handle);

	return object && object->type == type ? object : NULL;
}

void fake__object_put(struct fake_object *object)
{
	if (--object->refs)
		return;
	switch (object->type) {
	case FAKE_REGION:
		fake__region_end((struct fake_region *)(void *)object);
		break;
	case FAKE_BELL:
		fake__bell_end((struct fake_bell *)(void *)object);
		break;
	case FAKE_CONN:
		fake__conn_end((struct fake_conn *)(void *)object);
		break;
	case FAKE_LISTENER:
		fake__listener_end((struct fake_listener *)(void *)object);
		break;
	case FAKE_LOAN:
		fake__loan_end((struct fake_loan *)(void *)object);
		break;
	case FAKE_LOOP:
		break;
	}
	free(object);
}

void dsi_port_handle_close(int32_t handle)
{
	struct fake_object *object;

	fake__point();
	if (handle == -1)
		return;
	object = fake__handle_object(handle);
	if (!object)
		return;
	fake__world.handles[handle].object = NULL;
	fake__object_put(object);
}

uint32_t fake__handles_end(struct fake_process *process)
{
	struct fake_world *w = &fake__world;
	uint32_t n = 0;

	for (uint32_t i = 0; i < FAKE_HANDLES; i++) {
		struct fake_object *object = w->handles[i].object;

		if (!object || w->handles[i].process != process)
			continue;
		w->handles[i].object = NULL;
		fake__object_put(object);
		n++;
	}
	return n;
}

uint32_t fake_handles(void)
{
	const struct fake_world *w = &fake__world;
	uint32_t n = 0;

	for (uint32_t i = 0; i < FAKE_HANDLES; i++)
		n += w->handles[i].object &&
		     w->handles[i].process == fake__process();
	return n;
}

int fake_handle_open(int32_t handle)
{
	const struct fake_world *w = &fake__world;

	return handle >= 0 && handle < (int32_t)FAKE_HANDLES &&
	       w->handles[handle].object &&
	       w->handles[handle].process == fake__process();
}

/* What a loop and dsi_port_conn_wait() wait for. */
bool fake__object_readable(const struct fake_object *object)
{
	switch (object->type) {
	case FAKE_BELL: {
		const struct fake_bell *bell = (const void *)object;

		return bell->rung || !bell->peer;
	}
	case FAKE_CONN: {
		const struct fake_conn *conn = (const void *)object;

		return conn->first || !conn->peer;
	}
	case FAKE_LISTENER: {
		const struct fake_listener *listener = (const void *)object;

		return listener->n_waiting > 0;
	}
	case FAKE_LOOP: {
		const struct fake_watch *watch = (const void *)object;

		return watch->loop && fake__loop_busy(watch->loop);
	}
	case FAKE_REGION:
	case FAKE_LOAN:
		break;
	}
	return false;
}

static bool readable(void *object)
{
	return fake__object_readable(object);
}

int fake_readable(int32_t handle, uint64_t deadline_ns)
{
	struct fake_sleep sleep = {.what = "watch a handle",
				   .ready = readable,
				   .object = fake__handle_object(handle),
				   .deadline_ns = deadline_ns};

	return sleep.object && fake__block(&sleep) == 0;
}
