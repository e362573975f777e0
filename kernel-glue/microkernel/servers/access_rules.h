/* SPDX-License-Identifier: MIT */
/*
 * access_rules.h - who may do what: a text file of the boot archive.
 *
 *   # one rule a line
 *   add camera /cam/
 *   connect player camera limit=2 pass
 *
 * VERB WHO OBJECT and options.  WHO is a program of run= or `*`; a name that is
 * not in run= matches nobody.  An OBJECT that ends with a slash is all that
 * lies below it; `*` is all.  What no rule allows is denied, and a file with a
 * mistake allows nothing.  Pure.
 */
#ifndef MK_ACCESS_RULES_H
#define MK_ACCESS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCESS_RULES 64u
#define ACCESS_NAME_BYTES 64u
#define ACCESS_ANYBODY 0u
#define ACCESS_NOBODY ~0u

struct access_verb {
	const char *name;
	bool object;  /* has an OBJECT */
	bool options; /* may have limit= and pass */
};

struct access_rule {
	unsigned verb; /* its place among the verbs */
	unsigned who;
	unsigned line;
	unsigned limit;
	bool pass;
	char object[ACCESS_NAME_BYTES];
};

struct access_rules {
	unsigned count;
	/* The first mistake; NULL: none. */
	const char *why;
	unsigned line;
	struct access_rule rule[ACCESS_RULES];
};

struct access_text {
	const char *start;
	size_t bytes;
	const struct access_verb *verbs;
	unsigned verb_count;
	unsigned limit; /* the largest, and the one of a rule without */
	/* The number of a program, from 1; ACCESS_NOBODY: not in run=. */
	unsigned (*number_of)(const char *program);
};

/* False: there is a mistake; then there are no rules. */
bool access_read(struct access_rules *rules, const struct access_text *text);
/* The first rule that fits; NULL: denied. */
const struct access_rule *access_find(const struct access_rules *rules,
				      unsigned verb, unsigned who,
				      const char *object);

/* A word of letters, digits, `_`, `-` and `.`; or several, each after a
 * slash.  `.` and `..` are no words. */
bool access_name_valid(const char *name);
bool access_same(const char *a, const char *b);
bool access_begins(const char *name, const char *prefix);
/* @to has ACCESS_NAME_BYTES, and @name fits. */
void access_copy(char *to, const char *name);

#endif
