/* SPDX-License-Identifier: MIT */
/*
 * regions.c - ask a producer where its regions lie.
 *
 * Contract: include/dsi/regions.h.  Messages: wire.h.
 *
 * Trust: what the producer says is checked for sense, and passed on as its
 * word; nothing is mapped and no address is used here.
 */
#include <dsi/regions.h>

#include <string.h>

#include "dsi/port.h"
#include "dsi/text.h"
#include "dsi/wire.h"

#define ANSWER_NS UINT64_C(5000000000)
/* More than it takes to tell of the most consumers. */
#define MESSAGES_MAX DSI_MAX_CONSUMERS

struct hearing {
	int32_t conn;
	struct dsi_peer producer;
	void (*visit)(void *user, const struct dsi_region_info *info);
	void *user;
	int32_t visited;
	uint32_t complete;
};

static int is_consumers(uint32_t kind)
{
	return kind == DSI_REGION_SIGNAL || kind == DSI_REGION_PAGE;
}

static int region_ok(const struct dsi_wire_region *said)
{
	uint64_t page = dsi_port_page_bytes();

	return said->kind <= DSI_REGION_PAGE &&
	       said->placement <= DSI_PLACEMENT_LIKE &&
	       said->policy <= DSI_POLICY_RECLAIM && said->bytes != 0 &&
	       said->address % page == 0 && said->bytes % page == 0 &&
	       said->bytes <= UINT64_MAX - said->address;
}

static int take_region(struct hearing *hearing,
		       const struct dsi_wire_region *said)
{
	struct dsi_region_info info = {.size = sizeof(info)};
	struct dsi_text label = dsi__text(info.label, sizeof(info.label));

	if (!region_ok(said))
		return -DSI_EPROTO;
	info.kind = said->kind;
	info.producer = hearing->producer;
	info.address = said->address;
	info.bytes = said->bytes;
	info.placement = said->placement;
	info.placement_of = said->placement_of;
	if (is_consumers(said->kind)) {
		info.place = said->place;
		info.policy = said->policy;
		info.consumer = said->who;
		dsi__text_foreign(&label, said->label, sizeof(said->label));
	}
	hearing->visited++;
	hearing->visit(hearing->user, &info);
	return 0;
}

static int take(struct hearing *hearing, int type, const struct dsi_wire_in *in)
{
	const struct dsi_wire_regions *msg = &in->msg.regions;
	int err;

	if (type == DSI_WIRE_REFUSE)
		return dsi__wire_error(in->msg.refuse.err);
	if (type == DSI_WIRE_OFFER) /* it took us for a consumer */
		return -DSI_EPROTONOSUPPORT;
	if (type != DSI_WIRE_REGIONS)
		return type < 0 ? type : -DSI_EPROTO;
	err = msg->n > DSI_REGIONS_MAX ? -DSI_EPROTO : 0;
	for (uint32_t i = 0; i < msg->n && !err; i++)
		err = take_region(hearing, &msg->regions[i]);
	hearing->complete = !msg->more;
	return err;
}

static int hear(struct hearing *hearing, uint64_t deadline_ns)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_REGIONS}};
	struct dsi_wire_in in;
	int err = dsi__wire_send(hearing->conn, &msg, DSI_WIRE_HELLO,
				 sizeof(msg.hello), NULL, 0);

	/* Who refused at the door has closed already; its reason is there. */
	if (err == -DSI_EPIPE)
		err = 0;
	for (uint32_t i = 0; !err && !hearing->complete; i++) {
		int type;

		if (i == MESSAGES_MAX)
			return -DSI_EPROTO;
		type = dsi__wire_wait(hearing->conn, &in, deadline_ns);
		err = take(hearing, type, &in);
		if (type > 0)
			dsi__wire_drop(&in);
	}
	return err;
}

int32_t dsi_regions(const char *name, uint64_t deadline_ns,
		    void (*visit)(void *user,
				  const struct dsi_region_info *info),
		    void *user)
{
	struct hearing hearing = {.visit = visit, .user = user};
	int err;

	if (!name || !visit)
		return -DSI_EINVAL;
	err = dsi__name_check(name);
	if (!err)
		err = dsi_port_connect(name, DSI_PORT_STREAM, &hearing.conn);
	if (err)
		return err;
	err = dsi_port_peer(hearing.conn, &hearing.producer);
	if (!err)
		err = hear(&hearing, deadline_ns ? deadline_ns
						 : dsi_port_now() + ANSWER_NS);
	dsi_port_handle_close(hearing.conn);
	return err ? err : hearing.visited;
}
