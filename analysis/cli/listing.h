/* SPDX-License-Identifier: MIT */
/* listing.h - the named streams, and the two forms to print them. */
#ifndef DSI_CLI_LISTING_H
#define DSI_CLI_LISTING_H

#include <stddef.h>

#include <dsi/socket.h>

#define LISTING_OWNER_BYTES 64u

/* @name is printable; so is @info.desc.format. */
struct listing_entry {
	char name[DSI_NAME_BYTES + 8];
	struct dsi_name_info info;
};

struct listing {
	struct listing_entry *entries;
	size_t n;
	size_t room;
};

/* The user's name of a uid, or its number. */
void listing_user(uint32_t uid, char *out, size_t bytes);

/* Why an entry has no data: "(no permission)", "(no answer)", ... */
const char *listing_reason(const struct listing_entry *entry);

/* Both print to standard output.  Return: 0, or -1 if there is no memory. */
int listing_print_table(const struct listing *listing);
int listing_print_json(const struct listing *listing);

#endif /* DSI_CLI_LISTING_H */
