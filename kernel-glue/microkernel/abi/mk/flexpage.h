/* SPDX-License-Identifier: MIT */
/*
 * flexpage.h - a power-of-two piece of memory, of I/O ports or of a table of
 * capabilities, in one word.
 *
 *   bits  0..3   rights
 *   bits  4..5   kind
 *   bits  6..11  order: log2 of bytes (memory), ports, or slots
 *   bits 12..63  first page, port or slot
 *
 * An item of a message is two words: where in the receiver's window it should
 * land (bits 12..63, the "hot spot") with MK_ITEM_GRANT, and the flexpage.
 * After the receive the two words say what became of it.
 */
#ifndef MK_FLEXPAGE_H
#define MK_FLEXPAGE_H

#include <stdint.h>

#define MK_MEMORY 1u
#define MK_IO 2u
#define MK_CAPS 3u

#define MK_X 1u
#define MK_W 2u
#define MK_R 4u

/* May send to a gate, signal an event, use an object. */
#define MK_CAP_SEND 1u
/* May bind a gate or an event, wait for an event, control a thread. */
#define MK_CAP_CONTROL 2u
/* May destroy the object. */
#define MK_CAP_DELETE 4u
/* May give the capability to others. */
#define MK_CAP_PASS 8u
#define MK_ALL_RIGHTS 15u

#define MK_PAGE_ORDER 12u
#define MK_SUPERPAGE_ORDER 21u
#define MK_PAGE_BYTES 4096ul
#define MK_SUPERPAGE_BYTES (2ul << 20)
/* The last page below the non-canonical hole is nobody's: a system call in
 * its last bytes would return to an address that the CPU cannot load. */
#define MK_USER_END 0x7ffffffff000ul
#define MK_IO_PORTS 65536u
#define MK_CAP_SLOTS 32768u

/* in: move instead of share */
#define MK_ITEM_GRANT 1u
/* out: what became of the item */
#define MK_ITEM_NOTHING 0u
#define MK_ITEM_MAPPED 2u
#define MK_ITEM_LABEL 4u

static inline uint64_t mk_flexpage(unsigned kind, uint64_t first,
				   unsigned order, unsigned rights)
{
	return (kind == MK_MEMORY ? first & ~0xffful : first << 12) |
	       (uint64_t)(order & 63) << 6 | (uint64_t)(kind & 3) << 4 |
	       (rights & 15);
}

static inline unsigned mk_flexpage_rights(uint64_t page)
{
	return (unsigned)(page & 15);
}

static inline unsigned mk_flexpage_kind(uint64_t page)
{
	return (unsigned)(page >> 4 & 3);
}

static inline unsigned mk_flexpage_order(uint64_t page)
{
	return (unsigned)(page >> 6 & 63);
}

/* First byte, port or slot. */
static inline uint64_t mk_flexpage_first(uint64_t page)
{
	return mk_flexpage_kind(page) == MK_MEMORY ? page & ~0xffful
						   : page >> 12;
}

static inline uint64_t mk_cap_page(uint64_t slot, unsigned rights)
{
	return mk_flexpage(MK_CAPS, slot, 0, rights);
}

#endif
