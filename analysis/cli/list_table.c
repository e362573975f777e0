// SPDX-License-Identifier: MIT
/*
 * list_table.c - the named streams as a table for people.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"

#define COLUMNS 8u
#define CELL_BYTES (DSI_FORMAT_BYTES + 1)

struct row {
	char cells[COLUMNS][CELL_BYTES];
};

static const char *const titles[COLUMNS] = {
	"NAME",	   "STATE", "OWNER",	  "CONSUMERS",
	"PACKETS", "SLOTS", "BYTES/SLOT", "FORMAT",
};

/* Numbers stand at the right. */
static const bool at_right[COLUMNS] = {
	false, false, false, true, true, true, true, false,
};

#define CELL(row, column, ...) \
	snprintf((row)->cells[column], CELL_BYTES, __VA_ARGS__)

static void fill_title(struct row *row)
{
	uint32_t column;

	for (column = 0; column < COLUMNS; column++)
		CELL(row, column, "%s", titles[column]);
}

static void fill_row(struct row *row, const struct listing_entry *entry)
{
	const struct dsi_name_info *info = &entry->info;
	char user[LISTING_OWNER_BYTES];
	uint32_t column;

	CELL(row, 0, "%s", entry->name);
	if (!info->answered) {
		CELL(row, 1, "%s", listing_reason(entry));
		for (column = 2; column < COLUMNS; column++)
			CELL(row, column, "%s", column == 7 ? "" : "-");
		return;
	}
	listing_user(info->owner.uid, user, sizeof(user));
	CELL(row, 1, "%s", dsi_state_name(info->state));
	CELL(row, 2, "%" PRIu32 "/%s", info->owner.pid, user);
	CELL(row, 3, "%" PRIu32, info->consumers);
	CELL(row, 4, "%" PRIu64, info->committed);
	CELL(row, 5, "%" PRIu32, info->desc.packets);
	CELL(row, 6, "%" PRIu32, info->desc.packet_bytes);
	CELL(row, 7, "%s", info->desc.format);
}

static void measure(const struct row *rows, size_t n, int width[COLUMNS])
{
	uint32_t column;
	size_t i;

	for (column = 0; column < COLUMNS; column++) {
		width[column] = 0;
		for (i = 0; i < n; i++) {
			int length = (int)strlen(rows[i].cells[column]);

			if (length > width[column])
				width[column] = length;
		}
	}
}

static void print_row(const struct row *row, const int width[COLUMNS])
{
	uint32_t last = COLUMNS;
	uint32_t column;

	while (last > 1 && !row->cells[last - 1][0])
		last--; /* no blanks at the end of a line */
	for (column = 0; column < last; column++) {
		int field = width[column];

		if (!at_right[column])
			field = column + 1 == last ? 0 : -field;
		printf("%s%*s", column ? "  " : "", field, row->cells[column]);
	}
	putchar('\n');
}

int listing_print_table(const struct listing *listing)
{
	struct row *rows = calloc(listing->n + 1, sizeof(*rows));
	int width[COLUMNS];
	size_t i;

	if (!rows)
		return -1;
	fill_title(&rows[0]);
	for (i = 0; i < listing->n; i++)
		fill_row(&rows[i + 1], &listing->entries[i]);
	measure(rows, listing->n + 1, width);
	for (i = 0; i < listing->n + 1; i++)
		print_row(&rows[i], width);
	free(rows);
	return 0;
}
