/* SPDX-License-Identifier: MIT */
/* access_rules.c - see access_rules.h. */
#include "access_rules.h"

#define WORDS 6u
#define NUMBER_MOST 1000000u

struct line {
	unsigned words;
	char word[WORDS][ACCESS_NAME_BYTES];
};

/* ---- names ----------------------------------------------------------- */

bool access_same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

bool access_begins(const char *name, const char *prefix)
{
	for (; *prefix && *name == *prefix; prefix++)
		name++;
	return !*prefix;
}

void access_copy(char *to, const char *name)
{
	size_t i = 0;

	for (; name[i] && i < ACCESS_NAME_BYTES - 1; i++)
		to[i] = name[i];
	to[i] = 0;
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

/* One word of a path; what follows it, or NULL. */
static const char *after_word(const char *name)
{
	const char *p = name;
	bool dots = true;

	for (; name_char(*p); p++)
		dots = dots && *p == '.';
	return dots && p - name <= 2 ? NULL : p;
}

bool access_name_valid(const char *name)
{
	bool path = *name == '/';
	const char *p = after_word(name + path);

	while (p && path && *p == '/')
		p = after_word(p + 1);
	return p && !*p;
}

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static bool object_valid(const char *object)
{
	size_t n = length(object);
	char name[ACCESS_NAME_BYTES];

	if (access_same(object, "*") || access_same(object, "/"))
		return true;
	access_copy(name, object);
	if (name[0] == '/' && name[n - 1] == '/')
		name[n - 1] = 0;
	return access_name_valid(name);
}

static bool object_fits(const char *rule, const char *object)
{
	size_t n = length(rule);

	if (access_same(rule, "*"))
		return true;
	return n && rule[n - 1] == '/' ? access_begins(object, rule)
				       : access_same(rule, object);
}

/* ---- text ------------------------------------------------------------ */

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The line from *@at on, up to a comment; NULL or what is wrong with it. */
static const char *split(const struct access_text *t, size_t *at,
			 struct line *out)
{
	const char *why = NULL;
	bool comment = false, inside = false;
	size_t used = 0;

	out->words = 0;
	for (; *at < t->bytes && t->start[*at] != '\n'; (*at)++) {
		char c = t->start[*at];

		comment = comment || c == '#';
		if (comment || blank(c)) {
			inside = false;
			continue;
		}
		if (!inside) {
			inside = true;
			used = 0;
			if (out->words == WORDS)
				return "too many words";
			out->words++;
		}
		if (c < '!' || c > '~')
			why = "a character that is not plain text";
		if (used == ACCESS_NAME_BYTES - 1)
			return "a word is too long";
		out->word[out->words - 1][used++] = c;
		out->word[out->words - 1][used] = 0;
	}
	(*at)++;
	return why;
}

static const char *read_limit(const char *digits, unsigned most, unsigned *out)
{
	unsigned n = 0;

	for (const char *p = digits; *p; p++) {
		if (*p < '0' || *p > '9' || n > NUMBER_MOST)
			return "limit= needs a number";
		n = n * 10 + (unsigned)(*p - '0');
	}
	if (!*digits || !n || n > most)
		return "limit= is zero or too large";
	*out = n;
	return NULL;
}

static const char *read_option(const char *word, const struct access_text *t,
			       struct access_rule *r)
{
	if (access_same(word, "pass")) {
		r->pass = true;
		return NULL;
	}
	if (access_begins(word, "limit="))
		return read_limit(word + 6, t->limit, &r->limit);
	return "an option that is neither limit=N nor pass";
}

static const char *read_verb(const struct access_text *t, const char *word,
			     unsigned *out)
{
	for (*out = 0; *out < t->verb_count; (*out)++)
		if (access_same(t->verbs[*out].name, word))
			return NULL;
	return "the first word is no verb";
}

static const char *read_rule(const struct access_text *t, const struct line *l,
			     struct access_rule *r)
{
	const char *why = read_verb(t, l->word[0], &r->verb);
	const struct access_verb *v;
	unsigned words;

	if (why)
		return why;
	v = &t->verbs[r->verb];
	words = 2 + v->object;
	if (l->words < words || (l->words > words && !v->options))
		return "too few words, or too many";
	if (!access_same(l->word[1], "*") && !access_name_valid(l->word[1]))
		return "the second word is no program";
	r->who = access_same(l->word[1], "*") ? ACCESS_ANYBODY
					      : t->number_of(l->word[1]);
	access_copy(r->object, v->object ? l->word[2] : "*");
	if (!object_valid(r->object))
		return "the third word is no name";
	r->limit = t->limit;
	for (; words < l->words && !why; words++)
		why = read_option(l->word[words], t, r);
	return why;
}

static const char *add_line(struct access_rules *rules,
			    const struct access_text *t, const struct line *l)
{
	struct access_rule *r = &rules->rule[rules->count];
	const char *why;

	if (!l->words)
		return NULL;
	if (rules->count == ACCESS_RULES)
		return "too many rules";
	*r = (struct access_rule){.line = rules->line};
	why = read_rule(t, l, r);
	for (unsigned i = 0; i < rules->count && !why; i++)
		if (rules->rule[i].verb == r->verb &&
		    rules->rule[i].who == r->who && r->who != ACCESS_NOBODY &&
		    access_same(rules->rule[i].object, r->object))
			why = "the same is in a line before";
	rules->count++;
	return why;
}

bool access_read(struct access_rules *rules, const struct access_text *text)
{
	struct line l = {0};
	size_t at = 0;

	rules->count = 0;
	rules->line = 0;
	rules->why = NULL;
	while (at < text->bytes && !rules->why) {
		rules->line++;
		rules->why = split(text, &at, &l);
		if (!rules->why)
			rules->why = add_line(rules, text, &l);
	}
	if (rules->why)
		rules->count = 0;
	return !rules->why;
}

const struct access_rule *access_find(const struct access_rules *rules,
				      unsigned verb, unsigned who,
				      const char *object)
{
	for (unsigned i = 0; i < rules->count; i++) {
		const struct access_rule *r = &rules->rule[i];

		if (r->verb == verb &&
		    (r->who == ACCESS_ANYBODY || r->who == who) &&
		    object_fits(r->object, object))
			return r;
	}
	return NULL;
}
