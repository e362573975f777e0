/* SPDX-License-Identifier: MIT */
/*
 * oracle.h - what the calculator must answer, by trying everything.
 *
 * Each oracle takes a question with small whole numbers and walks through all
 * that the two peers may do: every jitter with the least distance kept, every
 * lateness, hold, wake-up and service time, every corner of the two clocks.
 * The slots are counted as a ring has them: packet i needs the slot of packet
 * i - N.  None of the closed formulas of the calculator is used here.
 */
#ifndef SIZING_ORACLE_H
#define SIZING_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/sizing.h>

/* Times are whole numbers of 1/den tick. */
struct oracle_need {
	int64_t den;
	int64_t start;
	int64_t get_min;
	int64_t get_max;
	int64_t release_max;
	uint64_t slots;
	uint64_t units;
	uint64_t backlog;
	bool underrun;
};

/**
 * oracle_need - the least slots and start, the worst latency and backlog.
 *
 * Return: false if the question is outside of what is enumerated here.
 */
bool oracle_need(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader,
		 struct oracle_need *need);

/* The oracle of each pace. */
bool oracle_grid(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader,
		 struct oracle_need *need);
bool oracle_anchored(const struct dsi_sizing_writer *writer,
		     const struct dsi_sizing_reader *reader,
		     struct oracle_need *need);
bool oracle_stall(const struct dsi_sizing_writer *writer,
		  const struct dsi_sizing_reader *reader,
		  struct oracle_need *need);
bool oracle_service(const struct dsi_sizing_writer *writer,
		    const struct dsi_sizing_reader *reader,
		    struct oracle_need *need);
bool oracle_coalesced(const struct dsi_sizing_writer *writer,
		      const struct dsi_sizing_reader *reader,
		      struct oracle_need *need);
bool oracle_response(const struct dsi_sizing_writer *writer,
		     const struct dsi_sizing_reader *reader,
		     struct oracle_need *need);

/* The first few packets with all choices at once, nothing projected. */
bool oracle_joint(const struct dsi_sizing_writer *writer,
		  const struct dsi_sizing_reader *reader,
		  struct oracle_need *need);

/* All orders of reading that keep to early and late. */
bool oracle_reordered(const struct dsi_sizing_writer *writer,
		      const struct dsi_sizing_reader *reader,
		      struct oracle_need *need);

/* Only slots, release_max and backlog. */
bool oracle_merge(const struct dsi_jcs *streams, uint32_t n_streams,
		  uint32_t ties, uint64_t wake, uint64_t service,
		  struct oracle_need *need);

/* Do @slots sustain one packet in every @period? */
bool oracle_self_timed(uint64_t period, uint64_t write, uint64_t write_wake,
		       uint64_t read, uint64_t read_wake, uint64_t slots);

/* Has an area of @bytes always room for a packet?  1: yes, 0: no, -1: too
 * many ways to try. */
int oracle_area_holds(const struct dsi_sizing_area *area, uint64_t bytes);

/* Most packets of @of in a row that find no slot among @slots. */
bool oracle_lost(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader, uint64_t slots,
		 uint64_t of, uint64_t *lost);

/* Longest wait of a producer for one of @slots, the reader on a grid. */
bool oracle_wait(const struct dsi_sizing_writer *writer,
		 const struct dsi_sizing_reader *reader, uint64_t slots,
		 int64_t *wait);

#endif /* SIZING_ORACLE_H */
