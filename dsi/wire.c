/* SPDX-License-Identifier: MIT */
/* wire.c - send and receive messages of the control plane; see wire.h. */
#include "dsi/wire.h"

#include <string.h>

static uint32_t bytes_of(uint32_t type)
{
	switch (type) {
	case DSI_WIRE_HELLO:
		return sizeof(struct dsi_wire_hello);
	case DSI_WIRE_OFFER:
		return sizeof(struct dsi_wire_offer);
	case DSI_WIRE_ACCEPT:
	case DSI_WIRE_READY:
	case DSI_WIRE_BYE:
		return sizeof(struct dsi_wire_head);
	case DSI_WIRE_REFUSE:
		return sizeof(struct dsi_wire_refuse);
	case DSI_WIRE_INFO:
		return sizeof(struct dsi_wire_info);
	case DSI_WIRE_REQUEST:
		return sizeof(struct dsi_wire_request);
	case DSI_WIRE_REPLY:
		return sizeof(struct dsi_wire_reply);
	case DSI_WIRE_EVENT:
		return sizeof(struct dsi_wire_event);
	case DSI_WIRE_WATCH:
		return sizeof(struct dsi_wire_watch);
	case DSI_WIRE_PEERS:
		return sizeof(struct dsi_wire_peers);
	case DSI_WIRE_PARTED:
		return sizeof(struct dsi_wire_parted);
	case DSI_WIRE_REGIONS:
		return sizeof(struct dsi_wire_regions);
	default:
		return 0;
	}
}

int dsi__wire_send(int32_t conn, union dsi_wire *msg, uint32_t type,
		   uint32_t bytes, const int32_t *handles, uint32_t n_handles)
{
	msg->head = (struct dsi_wire_head){
		.magic = DSI_SHM_MAGIC,
		.endian = DSI_SHM_ENDIAN,
		.abi_major = DSI_SHM_ABI_MAJOR,
		.abi_minor = DSI_SHM_ABI_MINOR,
		.type = type,
		.bytes = bytes,
	};
	return dsi_port_send(conn, msg, bytes, handles, n_handles);
}

void dsi__wire_refuse(int32_t conn, int err, const char *text)
{
	union dsi_wire msg = {.refuse = {.err = err}};
	struct dsi_text out = dsi__text(msg.refuse.text, DSI_WIRE_TEXT_BYTES);

	dsi__text_add(&out, text);
	(void)dsi__wire_send(conn, &msg, DSI_WIRE_REFUSE, sizeof(msg.refuse),
			     NULL, 0);
}

int dsi__wire_error(int32_t said)
{
	switch (said) {
#define SAID(name, number, text) case -DSI_##name:
		DSI_ERRNO_MAP(SAID)
#undef SAID
		return said;
	default:
		return -DSI_EPROTO;
	}
}

/* What a peer of the other byte order says. */
#define MAGIC_SWAPPED __builtin_bswap32(DSI_SHM_MAGIC)

/* Is this one of our messages, and whole? */
static int check(const union dsi_wire *msg, uint32_t bytes)
{
	const struct dsi_wire_head *head = &msg->head;

	if (bytes < sizeof(*head))
		return -DSI_EPROTO;
	if (head->magic == MAGIC_SWAPPED)
		return -DSI_EPROTONOSUPPORT;
	if (head->magic != DSI_SHM_MAGIC)
		return -DSI_EPROTO;
	if (head->endian != DSI_SHM_ENDIAN ||
	    head->abi_major != DSI_SHM_ABI_MAJOR)
		return -DSI_EPROTONOSUPPORT;
	if (head->bytes != bytes || bytes_of(head->type) != bytes)
		return -DSI_EPROTO;
	return (int)head->type;
}

int dsi__wire_recv(int32_t conn, struct dsi_wire_in *in)
{
	int32_t bytes;
	int type;

	memset(in, 0, sizeof(*in));
	bytes = dsi_port_recv(conn, &in->msg, sizeof(in->msg), in->handles,
			      &in->n_handles);
	if (bytes < 0) {
		in->n_handles = 0;
		return bytes;
	}
	type = check(&in->msg, (uint32_t)bytes);
	if (type < 0)
		dsi__wire_drop(in);
	return type;
}

int dsi__wire_wait(int32_t conn, struct dsi_wire_in *in, uint64_t deadline_ns)
{
	int type;

	while ((type = dsi__wire_recv(conn, in)) == -DSI_EAGAIN) {
		int err = dsi_port_conn_wait(conn, deadline_ns);

		if (err)
			return err;
	}
	return type;
}

int32_t dsi__wire_take(struct dsi_wire_in *in, uint32_t index)
{
	int32_t handle = -1;

	if (index < in->n_handles) {
		handle = in->handles[index];
		in->handles[index] = -1;
	}
	return handle;
}

void dsi__wire_drop(struct dsi_wire_in *in)
{
	for (uint32_t i = 0; i < in->n_handles; i++)
		dsi_port_handle_drop(in->handles[i]);
	in->n_handles = 0;
}
