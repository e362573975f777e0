/* SPDX-License-Identifier: MIT */
/* listing.h - the named streams, and the two forms to print them. */
#ifndef DSI_CLI_LISTING_H
#define DSI_CLI_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include <dsi/socket.h>

struct json_object;

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

/* Likewise for a code alone. */
const char *listing_error(int error);

/* Copy what comes from another process: a control character in it could
 * command the terminal. */
void listing_copy_printable(char *to, const char *from, size_t bytes);

/* Add a member to a JSON object; @value is taken over, also on failure. */
bool listing_json_add(struct json_object *object, const char *key,
		      struct json_object *value);
bool listing_json_number(struct json_object *object, const char *key,
			 uint64_t value);
bool listing_json_text(struct json_object *object, const char *key,
		       const char *text);
/* A peer as an object, or NULL. */
struct json_object *listing_json_peer(const struct dsi_peer *peer);

/* Both print to standard output.  Return: 0, or -1 if there is no memory. */
int listing_print_table(const struct listing *listing);
int listing_print_json(const struct listing *listing);

#endif /* DSI_CLI_LISTING_H */
