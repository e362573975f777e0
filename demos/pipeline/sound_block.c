/* SPDX-License-Identifier: MIT */
/* sound_block.c - the checksum, and what the filter does to the samples. */
#include "sound_block.h"

/* Of the CRC in zip files, its bits in reverse. */
#define POLYNOMIAL 0xedb88320u

static uint32_t table[256];

static void fill_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t value = i;

		for (int bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (value & 1 ? POLYNOMIAL : 0);
		table[i] = value;
	}
}

uint32_t sound_check(uint32_t sum, const uint8_t *bytes, uint32_t n)
{
	if (table[1] == 0)
		fill_table();
	sum = ~sum;
	for (uint32_t i = 0; i < n; i++)
		sum = table[(sum ^ bytes[i]) & 0xff] ^ sum >> 8;
	return ~sum;
}

void sound_turn(uint8_t *to, const uint8_t *from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		to[i] = (uint8_t)~from[i];
}
