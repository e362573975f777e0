// SPDX-License-Identifier: MIT
/* size_options.c - the keys of a description as options of a command. */
#include <string.h>

#include "size_options.h"

void size_options(struct argp_option *out, const struct argp_option *own,
		  size_t n_own)
{
	size_t n = 0;

	out[n++] = (struct argp_option){.doc = "The stream and its readers:",
					.group = 1};
	for (size_t i = 0; i < describe_n_keys && i < SIZE_MAX_KEYS; i++)
		out[n++] = (struct argp_option){
			.name = describe_keys[i].name,
			.key = SIZE_KEY_OF_STREAM + (int)i,
			.arg = describe_keys[i].arg,
			.doc = describe_keys[i].help,
			.group = 1,
		};
	memcpy(&out[n], own, n_own * sizeof(*own));
}

bool size_option_place(int key, size_t *place)
{
	if (key < SIZE_KEY_OF_STREAM ||
	    (size_t)(key - SIZE_KEY_OF_STREAM) >= describe_n_keys)
		return false;
	*place = (size_t)(key - SIZE_KEY_OF_STREAM);
	return true;
}
