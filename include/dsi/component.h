/* SPDX-License-Identifier: MIT */
/*
 * component.h - what a server implements to take part in streams that a
 * control application joins.
 *
 * A component is a set of callbacks under a name.  A control application
 * asks it to open a socket, hands it a connection to the other end, and
 * starts and stops it.  The component's own thread moves the packets.
 */
#ifndef DSI_COMPONENT_H
#define DSI_COMPONENT_H

#include <dsi/socket.h>

struct dsi_component;

#define DSI_ARGUMENT_BYTES 256u

/**
 * struct dsi_open_request - what a control application asks for.
 * @role:     DSI_ROLE_*
 * @desc:     PRODUCER: the description it wishes; zero fields are the
 *            component's to choose
 * @consumer: CONSUMER: the options it wishes; likewise
 * @argument: text for the component, e.g. a file name
 * @peer:     who asks
 */
struct dsi_open_request {
	uint32_t role;
	struct dsi_stream_desc desc;
	struct dsi_consumer_options consumer;
	char argument[DSI_ARGUMENT_BYTES];
	struct dsi_peer peer;
};

/**
 * struct dsi_component_ops - the callbacks.
 * @size:    sizeof(struct dsi_component_ops)
 * @open:    make a socket with dsi_producer_create() or
 *           dsi_consumer_create() and return it in *@out_sock
 * @connect: the socket has a peer now (a producer: one more); may be NULL
 * @start:   the library has started the socket; let the work thread run;
 *           may be NULL
 * @stop:    the library has stopped the socket: get() returns
 *           -DSI_ECANCELED.  Return when the work thread has left it; may be
 *           NULL
 * @close:   last call for this socket: destroy it
 *
 * All run on the thread that serves the component, one at a time, in the
 * order of the state table.  Return 0 or a negative code, which is handed
 * to the control application.
 */
struct dsi_component_ops {
	uint32_t size;
	uint32_t reserved; /* must be 0 */
	int (*open)(void *user, const struct dsi_open_request *request,
		    struct dsi_socket **out_sock);
	int (*connect)(void *user, struct dsi_socket *sock);
	int (*start)(void *user, struct dsi_socket *sock);
	int (*stop)(void *user, struct dsi_socket *sock);
	void (*close)(void *user, struct dsi_socket *sock);
};

/* The library serves the component on a thread of its own. */
#define DSI_COMPONENT_THREAD 0x0001u

/**
 * dsi_component_create - offer a component.
 * @name:    name under which control applications of other processes find
 *           it, as for dsi_socket_listen(); NULL = only for this process
 * @access:  who may control it; NULL = this uid and root
 * @ops:     callbacks; copied
 * @user:    first argument of the callbacks
 * @flags:   DSI_COMPONENT_*; without DSI_COMPONENT_THREAD somebody must call
 *           dsi_component_serve()
 * @out_component: the component
 *
 * Return: 0, -DSI_EINVAL, or as dsi_socket_listen().
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_component_create(
	const char *name, const struct dsi_access *access,
	const struct dsi_component_ops *ops, void *user, uint32_t flags,
	struct dsi_component **out_component);

/**
 * dsi_component_serve - serve requests until the deadline.
 * @component:   component without DSI_COMPONENT_THREAD
 * @deadline_ns: absolute; 0 = only what is there already
 *
 * Return: 0 after at least one request, -DSI_ETIMEDOUT, -DSI_EAGAIN,
 *         -DSI_ECANCELED after dsi_component_shutdown(), -DSI_EINVAL.
 * Context: one thread at a time.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_component_serve(struct dsi_component *component,
					       uint64_t deadline_ns);

/**
 * dsi_component_shutdown - make dsi_component_serve() return.
 * @component: component
 *
 * Context: any thread, also from a callback; RT-safe.
 * Since:   0.1
 */
DSI_API void dsi_component_shutdown(struct dsi_component *component);

/**
 * dsi_component_sockets - how many sockets are open in a component.
 * @component: component
 *
 * Return: count, or -DSI_EINVAL.
 * Context: thread that serves the component.
 * Since:   0.1
 */
DSI_API int32_t dsi_component_sockets(const struct dsi_component *component);

/**
 * dsi_component_destroy - end a component; its sockets are stopped and
 * closed by the callbacks first.
 * @component: component or NULL
 *
 * Context: any thread, but not from a callback.
 * Since:   0.1
 */
DSI_API void dsi_component_destroy(struct dsi_component *component);

#endif /* DSI_COMPONENT_H */
