/* SPDX-License-Identifier: MIT */
/*
 * names.c - which named streams are there, and what their producers say.
 */
#include <string.h>

#include "dsi/socket_private.h"
#include "dsi/wire.h"

#define MAX_NAMES 4096u
#define ANSWER_NS UINT64_C(5000000000) /* for each, where no limit is given */

#define NAME_BYTES (DSI_NAME_BYTES + 4u) /* with "sys:" */

struct name_list {
	char (*names)[NAME_BYTES];
	uint32_t n;
};

static void remember(void *user, const char *name)
{
	struct name_list *list = user;

	if (list->n < MAX_NAMES && !dsi__name_check(name) &&
	    !dsi__string_copy(list->names[list->n], name, NAME_BYTES))
		list->n++;
}

static void forget(void *user, const char *name)
{
	(void)user;
	(void)name;
}

/* Ask one producer.  Fills @info; what it says is checked, not believed. */
static int ask(const char *name, uint64_t deadline_ns,
	       struct dsi_name_info *info)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_ASK}};
	struct dsi_wire_in in;
	int32_t conn;
	int err = dsi_port_connect(name, DSI_PORT_STREAM, &conn);

	if (err)
		return err;
	(void)dsi_port_peer(conn, &info->owner);
	err = dsi__wire_send(conn, &msg, DSI_WIRE_HELLO, sizeof(msg.hello),
			     NULL, 0);
	/* Who refused at the door has closed already; its reason is there. */
	if (!err || err == -DSI_EPIPE)
		err = dsi__wire_wait(conn, &in, deadline_ns);
	if (err > 0)
		dsi__wire_drop(&in);
	dsi_port_handle_close(conn);
	if (err == DSI_WIRE_REFUSE)
		return dsi__wire_error(in.msg.refuse.err);
	if (err != DSI_WIRE_INFO)
		return err < 0 ? err : -DSI_EPROTO;
	if (!dsi__desc_complete(&in.msg.info.desc) ||
	    in.msg.info.state >= DSI_N_STATES)
		return -DSI_EPROTO;
	info->state = in.msg.info.state;
	info->consumers = in.msg.info.consumers;
	info->committed = in.msg.info.committed;
	info->desc = in.msg.info.desc;
	return 0;
}

/* Of the time that is left, the share of the first of @n: one that does not
 * answer shall not use up what belongs to the others. */
static uint64_t share(uint64_t deadline_ns, uint32_t n)
{
	uint64_t now = dsi_port_now();

	if (deadline_ns == DSI_FOREVER)
		return now + ANSWER_NS;
	return deadline_ns > now ? now + (deadline_ns - now) / n : deadline_ns;
}

int32_t dsi_names(void (*visit)(void *user, const char *name,
				const struct dsi_name_info *info),
		  void *user, uint64_t deadline_ns)
{
	struct name_list list = {0};
	int32_t visited = 0;
	int32_t err;

	if (!visit)
		return -DSI_EINVAL;
	list.names = dsi_port_alloc(MAX_NAMES * sizeof(*list.names));
	if (!list.names)
		return -DSI_ENOMEM;
	err = dsi_port_names(DSI_PORT_STREAM, remember, &list);
	for (uint32_t i = 0; err >= 0 && i < list.n; i++) {
		struct dsi_name_info info = {.size = sizeof(info)};

		info.error = ask(list.names[i], share(deadline_ns, list.n - i),
				 &info);
		info.answered = !info.error;
		if (info.error == -DSI_ENOENT)
			continue; /* it went away meanwhile */
		visit(user, list.names[i], &info);
		visited++;
	}
	dsi_port_free(list.names);
	/* Components are not listed, but those of the dead are removed. */
	if (err >= 0)
		(void)dsi_port_names(DSI_PORT_COMPONENT, forget, NULL);
	return err < 0 ? err : visited;
}
