/* SPDX-License-Identifier: MIT */
/* one_socket.c - make a socket, so that a trace provider is looked for.  Says
 * whether the kernel takes us for a program with the rights of another. */
#define _GNU_SOURCE
#include <sys/auxv.h>

#include <dsi/dsi.h>

#include "tests/unit/must.h"

int main(void)
{
	struct dsi_socket *sock;

	MUST_BE(dsi_consumer_create(NULL, &sock), 0);
	dsi_socket_destroy(sock);
	puts(getauxval(AT_SECURE) ? "secure" : "usual");
	return 0;
}
