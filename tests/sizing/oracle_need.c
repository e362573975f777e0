/* SPDX-License-Identifier: MIT */
/* oracle_need.c - the oracle for a question about one reader. */
#include "oracle.h"

bool oracle_need(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader,
		 struct oracle_need *need)
{
	switch (reader->pace) {
	case DSI_PACE_GRID:
		return oracle_grid(writer, reader, need);
	case DSI_PACE_ANCHORED:
		return oracle_anchored(writer, reader, need);
	case DSI_PACE_STALL:
		return oracle_stall(writer, reader, need);
	case DSI_PACE_SERVICE:
		return oracle_service(writer, reader, need);
	default:
		return oracle_response(writer, reader, need);
	}
}
