/* SPDX-License-Identifier: MIT */
/*
 * describe_keys.h - what the files of a description share: the keys by number,
 * and the texts that were given for them.
 */
#ifndef DSI_DESCRIBE_KEYS_H
#define DSI_DESCRIBE_KEYS_H

#include "describe/describe.h"

enum key {
	KEY_PERIOD,
	KEY_RATE,
	KEY_BANDWIDTH,
	KEY_IN,
	KEY_PROFILE,
	KEY_JITTER,
	KEY_JITTER_IN,
	KEY_EARLY_LATE,
	KEY_DISTANCE,
	KEY_HOLD_IN,
	KEY_DRIFT,
	KEY_DRIFT_IN,
	KEY_FOR,
	KEY_PACKETS,
	KEY_BATCH_IN,
	KEY_TIES,
	KEY_PACKET,
	KEY_PACKET_MIN,
	KEY_PATTERN,
	KEY_MEAN,
	KEY_BURST,
	KEY_ALIGN,
	KEY_PAGE,
	KEY_CONTROL,
	KEY_LAYOUT,
	KEY_SLOTS,
	KEY_NAME,
	KEY_CONSUMER,
	KEY_POLICY,
	KEY_START,
	KEY_DELAY,
	KEY_PREFILL,
	KEY_JITTER_OUT,
	KEY_HOLD_OUT,
	KEY_WAKE,
	KEY_WORK,
	KEY_RESPONSE,
	KEY_DRIFT_OUT,
	KEY_BATCH_OUT,
	KEY_OUT,
	KEY_EARLY,
	KEY_LATE,
	KEY_COALESCE,
	KEY_COALESCE_WAIT,
	KEY_QUEUE,
	KEY_READER,
	KEYS, /* their number; also: no key */
};

/* For each key where its text begins, 0 = not given. */
struct texts {
	size_t at[KEYS];
};

struct describe_raw {
	char *memory; /* all texts, one behind the other */
	size_t used;
	size_t room;
	struct texts given;
	bool of_profile[KEYS];
	size_t readers[DESCRIBE_MAX_READERS];
	uint32_t n_readers;
};

/* KEYS if there is none of that name */
enum key describe_find(const char *name, size_t bytes);
bool describe_unknown(const char *name, char why[DESCRIBE_WHY_BYTES]);
bool describe_refuse(char why[DESCRIBE_WHY_BYTES], const char *text, ...)
	__attribute__((format(printf, 2, 3)));

/* Copy a text behind the others; 0: no memory.  Texts move. */
size_t describe_keep(struct describe_raw *raw, const char *text, size_t bytes);

/* "key=value,key=value": calls @take for each; false as soon as it does. */
bool describe_split(const char *settings, void *user,
		    bool (*take)(void *user, const char *key, size_t key_bytes,
				 const char *value, size_t value_bytes,
				 char why[DESCRIBE_WHY_BYTES]),
		    char why[DESCRIBE_WHY_BYTES]);

bool describe_apply_profile(struct describe *d, char why[DESCRIBE_WHY_BYTES]);
/* What stands for the bytes of packets, after which the period is known. */
bool describe_read_bytes(struct describe *d, char why[DESCRIBE_WHY_BYTES]);
bool describe_read_readers(struct describe *d, char why[DESCRIBE_WHY_BYTES]);

/* One side's texts, being read.  @who: "" or "reader 'b': ", put before every
 * reason. */
struct reading {
	struct describe *d;
	const struct texts *texts;
	const char *who;
	char *why;
};

/* The text for a key, NULL if it was not given. */
const char *describe_text(const struct reading *reading, enum key key);
bool describe_has(const struct reading *reading, enum key key);
enum describe_origin describe_origin_of(const struct reading *reading,
					enum key key);
/* Each leaves *out as it is if the key was not given. */
bool describe_time(const struct reading *reading, enum key key,
		   struct describe_value *out);
bool describe_bytes(const struct reading *reading, enum key key,
		    struct describe_value *out);
bool describe_drift(const struct reading *reading, enum key key,
		    struct describe_value *out);
bool describe_count(const struct reading *reading, enum key key, uint64_t least,
		    uint64_t most, struct describe_count *out);
/* One of @n words; its index. */
bool describe_word(const struct reading *reading, enum key key,
		   const char *const *words, uint32_t n, uint32_t *out);
/* Not both of them.  @advice ends the sentence. */
bool describe_not_both(const struct reading *reading, enum key a, enum key b,
		       const char *advice);
/* False, with the reason "who key: sentence". */
bool describe_bad(const struct reading *reading, enum key key, const char *text,
		  ...) __attribute__((format(printf, 3, 4)));

/* One consumer made of these texts. */
bool describe_read_reader(const struct reading *reading);
/* One made of the --reader text at @at. */
bool describe_reader_text(struct describe *d, size_t at,
			  char why[DESCRIBE_WHY_BYTES]);

#endif /* DSI_DESCRIBE_KEYS_H */
