/* SPDX-License-Identifier: MIT */
/*
 * root_policy.c - boot.conf, a text file in the boot archive:
 *
 *   # what to run if the command line does not say
 *   run=names,monitor,producer,consumer
 *   names quota=1M priority=110 log
 *
 * The words after a name are what that program gets and no more.  A program
 * without a line gets everything.
 */
#include "root_task.h"

#define LINES 32u
#define WORD_BYTES 256u
#define PRIORITY 100u
/* For all programs without a line together. */
#define QUOTA_SUM (12ul << 20)
#define QUOTA_LEAST (64ul << 10)

struct entry {
	char name[MK_NAME_BYTES];
	struct policy policy;
};

struct text {
	const char *at, *end;
	unsigned line;
};

static struct entry entries[LINES];
static unsigned entry_count;
static char run[WORD_BYTES];

static bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of this line; false at the line's end or at a comment. */
static bool next_word(struct text *t, char *out)
{
	unsigned n = 0;

	while (t->at < t->end && blank(*t->at))
		t->at++;
	while (t->at < t->end && !blank(*t->at) && *t->at != '\n' &&
	       *t->at != '#') {
		if (n == WORD_BYTES - 1)
			fail("boot.conf, line %u: a word is longer than %u\n",
			     t->line, WORD_BYTES - 1);
		out[n++] = *t->at++;
	}
	out[n] = 0;
	return n > 0;
}

static void next_line(struct text *t)
{
	while (t->at < t->end && *t->at != '\n')
		t->at++;
	t->at++;
	t->line++;
}

/* What follows `name=` in a word; NULL if it is another word. */
static const char *value_of(const char *word, const char *name)
{
	while (*name && *word == *name) {
		word++;
		name++;
	}
	return !*name && *word == '=' ? word + 1 : NULL;
}

/* The number of `name=number`, with K or M for 2^10 or 2^20. */
static uint64_t read_number(const struct text *t, const char *name,
			    const char *s, uint64_t least, uint64_t most)
{
	const char *p = s;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9' && n <= most; p++)
		n = n * 10 + (uint64_t)(*p - '0');
	if (p != s && (*p == 'K' || *p == 'M'))
		n <<= *p++ == 'K' ? 10 : 20;
	if (p == s || *p || n < least || n > most)
		fail("boot.conf, line %u: %s='%s' is no number from %lu to "
		     "%lu\n",
		     t->line, name, s, least, most);
	return n;
}

static bool read_flag(const char *word, struct policy *p)
{
	bool *flag = same(word, "icu")	   ? &p->icu
		     : same(word, "sched") ? &p->sched
		     : same(word, "log")   ? &p->log
		     : same(word, "exit")  ? &p->exit
					   : NULL;

	if (!flag)
		return false;
	*flag = true;
	return true;
}

/* Up to four hexadecimal digits; what follows them, or NULL. */
static const char *read_hex(const char *s, uint16_t *out)
{
	const char *p = s;

	for (*out = 0; p < s + 4; p++) {
		char c = *p;

		if (c >= '0' && c <= '9')
			*out = (uint16_t)(*out << 4 | (c - '0'));
		else if (c >= 'a' && c <= 'f')
			*out = (uint16_t)(*out << 4 | (c - 'a' + 10));
		else
			break;
	}
	return p == s ? NULL : p;
}

/* device=VENDOR:NUMBER.BAR */
static void add_device(const struct text *t, const char *value,
		       struct policy *policy)
{
	struct device d = {.given = true};
	unsigned i = 0;
	const char *p = read_hex(value, &d.vendor);

	p = p && *p == ':' ? read_hex(p + 1, &d.number) : NULL;
	if (!p || *p != '.' || p[1] < '0' || p[1] > '5' || p[2])
		fail("boot.conf, line %u: device='%s' is no PCI device and "
		     "base address register, as in device=1234:1111.0\n",
		     t->line, value);
	d.bar = (unsigned)(p[1] - '0');
	while (i < MK_DEVICES && policy->device[i].given)
		i++;
	if (i == MK_DEVICES)
		fail("boot.conf, line %u: more than %u times device=\n",
		     t->line, MK_DEVICES);
	policy->device[i] = d;
}

/* A port, in hexadecimal; *@s moves behind it. */
static uint32_t read_port(const char **s)
{
	uint32_t n = 0;

	for (; n < MK_IO_PORTS; ++*s) {
		if (**s >= '0' && **s <= '9')
			n = n * 16 + (uint32_t)(**s - '0');
		else if (**s >= 'a' && **s <= 'f')
			n = n * 16 + (uint32_t)(**s - 'a') + 10;
		else
			break;
	}
	return n;
}

/* `io` is all ports, `io=FIRST-LAST` are these. */
static bool read_ports(const struct text *t, const char *word, struct policy *p)
{
	const char *value = value_of(word, "io"), *s = value;

	if (same(word, "io")) {
		p->io_last = MK_IO_PORTS - 1;
		p->io = true;
		return true;
	}
	if (!value)
		return false;
	p->io_first = read_port(&s);
	p->io = s != value && *s == '-' && s[1];
	s += p->io;
	p->io_last = read_port(&s);
	if (!p->io || *s || p->io_last >= MK_IO_PORTS ||
	    p->io_first > p->io_last)
		fail("boot.conf, line %u: io='%s' is no range of ports such as "
		     "2f8-2ff\n",
		     t->line, value);
	return true;
}

static void read_word(const struct text *t, const char *word, struct policy *p)
{
	const char *value;

	if (read_flag(word, p) || read_ports(t, word, p))
		return;
	value = value_of(word, "quota");
	if (value) {
		p->quota =
			read_number(t, "quota", value, QUOTA_LEAST, 1ul << 30);
		return;
	}
	value = value_of(word, "memory");
	if (value) {
		p->memory = read_number(t, "memory", value, 0, 1ul << 34) &
			    ~(MK_PAGE_BYTES - 1);
		return;
	}
	value = value_of(word, "device");
	if (value) {
		add_device(t, value, p);
		return;
	}
	value = value_of(word, "priority");
	if (value) {
		p->priority = (unsigned)read_number(t, "priority", value, 0,
						    ROOT_PRIORITY - 1);
		return;
	}
	value = value_of(word, "cpu");
	if (!value)
		fail("boot.conf, line %u: unknown word '%s': there are quota= "
		     "memory= device= priority= cpu= io io= icu sched log "
		     "exit\n",
		     t->line, word);
	p->cpu = (unsigned)read_number(t, "cpu", value, 0, 255);
}

static const struct entry *entry_find(const char *name)
{
	for (unsigned i = 0; i < entry_count; i++)
		if (same(entries[i].name, name))
			return &entries[i];
	return NULL;
}

static struct entry *entry_new(const struct text *t, const char *name)
{
	struct entry *e = &entries[entry_count];
	unsigned i = 0;

	if (entry_find(name))
		fail("boot.conf, line %u: a second line for '%s'\n", t->line,
		     name);
	if (entry_count == LINES)
		fail("boot.conf, line %u: more than %u programs\n", t->line,
		     LINES);
	for (; name[i]; i++) {
		if (i == MK_NAME_BYTES - 1)
			fail("boot.conf, line %u: '%s' is longer than a name "
			     "can be\n",
			     t->line, name);
		e->name[i] = name[i];
	}
	e->name[i] = 0;
	e->policy = (struct policy){.priority = PRIORITY, .limited = true};
	entry_count++;
	return e;
}

static void read_line(struct text *t)
{
	char word[WORD_BYTES];
	const char *value;
	struct entry *e;

	if (!next_word(t, word))
		return;
	value = value_of(word, "run");
	if (value) {
		__builtin_memcpy(run, value, WORD_BYTES - 4);
		if (next_word(t, word))
			fail("boot.conf, line %u: '%s' after run=: names are "
			     "separated by commas alone\n",
			     t->line, word);
		return;
	}
	e = entry_new(t, word);
	while (next_word(t, word))
		read_word(t, word, &e->policy);
	if (!e->policy.quota)
		fail("boot.conf, line %u: '%s' needs quota=, e.g. quota=1M\n",
		     t->line, e->name);
}

void policy_read(void)
{
	struct mk_file file;
	struct text t = {.line = 1};

	if (!archive_find("boot.conf", &file))
		return;
	t.at = (const char *)file.start;
	t.end = t.at + file.bytes;
	for (; t.at < t.end; next_line(&t))
		read_line(&t);
}

const char *policy_run(void)
{
	return run;
}

struct policy policy_of(const char *name, unsigned count)
{
	const struct entry *e = entry_find(name);
	unsigned last_cpu = mk_boot_info()->cpus - 1;
	struct policy p = {.quota = QUOTA_SUM / count & ~(MK_PAGE_BYTES - 1),
			   .priority = PRIORITY,
			   .io = true,
			   .io_last = MK_IO_PORTS - 1,
			   .icu = true,
			   .sched = true,
			   .log = true,
			   .exit = true};

	if (e)
		p = e->policy;
	if (p.cpu > last_cpu)
		p.cpu = last_cpu;
	return p;
}
