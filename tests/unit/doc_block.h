/* SPDX-License-Identifier: MIT */
/*
 * doc_block.h - a generated block of a document against what generates it.
 *
 * The block stands between lines "<!-- NAME:begin -->" and "<!-- NAME:end -->".
 */
#ifndef DSI_TEST_DOC_BLOCK_H
#define DSI_TEST_DOC_BLOCK_H

#include <stdio.h>

/* Does the block of the document equal what print() prints?  0, or -1 after
 * a message on stderr that says what to do. */
int doc_block_compare(const char *path, const char *name,
		      void (*print)(FILE *out));

#endif /* DSI_TEST_DOC_BLOCK_H */
