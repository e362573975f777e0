/* SPDX-License-Identifier: MIT */
/* unit_access_test.c - rules of the servers: what they allow, and which
 * mistakes are found, in which line. */
#include <access_rules.h>

#include <string.h>

#include "unit_common.h"

enum { ADD, CONNECT, AUDIT };
static const struct access_verb verbs[] = {
	[ADD] = {.name = "add", .object = true},
	[CONNECT] = {.name = "connect", .object = true, .options = true},
	[AUDIT] = {.name = "audit"},
};

static struct access_rules rules;

static unsigned number_of(const char *program)
{
	return !strcmp(program, "one")	 ? 1
	       : !strcmp(program, "two") ? 2
					 : ACCESS_NOBODY;
}

/* From the heap, without an end of its own. */
static bool read_bytes(const char *text, size_t bytes)
{
	char *copy = malloc(bytes ? bytes : 1);
	struct access_text t = {.start = copy,
				.bytes = bytes,
				.verbs = verbs,
				.verb_count = 3,
				.limit = 16,
				.number_of = number_of};
	bool good;

	EXPECT(copy);
	memcpy(copy, text, bytes);
	good = access_read(&rules, &t);
	free(copy);
	EXPECT(good == !rules.why && (good || !rules.count));
	return good;
}

static bool read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static bool may(unsigned verb, unsigned who, const char *object)
{
	return access_find(&rules, verb, who, object);
}

static void allows(void)
{
	EXPECT(read_text("# names\n"
			 "\n"
			 "add one /cam/  # all below\r\n"
			 "\tadd * clock\n"
			 "add absent /else\n"
			 "connect two /cam/left limit=16 pass\n"
			 "connect * * limit=1\n"
			 "audit two"));
	EXPECT(rules.count == 6);
	EXPECT(may(ADD, 1, "/cam/left") && may(ADD, 1, "/cam/a/b"));
	EXPECT(!may(ADD, 1, "/cam") && !may(ADD, 1, "/camera"));
	EXPECT(!may(ADD, 2, "/cam/left") && !may(ADD, 1, "clock2"));
	EXPECT(may(ADD, 1, "clock") && may(ADD, 2, "clock"));
	EXPECT(!may(ADD, 1, "/else") && !may(ADD, 2, "/else"));
	EXPECT(access_find(&rules, CONNECT, 2, "/cam/left")->limit == 16);
	EXPECT(access_find(&rules, CONNECT, 2, "/cam/left")->pass);
	EXPECT(access_find(&rules, CONNECT, 1, "/cam/left")->limit == 1);
	EXPECT(!access_find(&rules, CONNECT, 1, "any")->pass);
	EXPECT(may(AUDIT, 2, "") && !may(AUDIT, 1, ""));
	EXPECT(access_find(&rules, AUDIT, 2, "")->line == 8);
	EXPECT(read_text("") && !may(ADD, 1, "clock"));
}

static void mistakes(void)
{
	static const struct {
		const char *text, *why;
		unsigned line;
	} wrong[] = {
		{"ad one x", "verb", 1},
		{"add one x\nadd\n", "too few", 2},
		{"add one", "too few", 1},
		{"audit one x", "too many", 1},
		{"add one x pass", "too many", 1},
		{"connect one x y", "option", 1},
		{"connect one x limit", "option", 1},
		{"connect one x limit=", "limit", 1},
		{"connect one x limit=0", "limit", 1},
		{"connect one x limit=17", "limit", 1},
		{"connect one x limit=-1", "limit", 1},
		{"connect one x limit=1x", "limit", 1},
		{"connect one x limit=99999999999999999999", "limit", 1},
		{"add one/two x", "program", 1},
		{"add one x/y", "name", 1},
		{"add one //", "name", 1},
		{"add one x/", "name", 1},
		{"add one /../", "name", 1},
		{"add one **", "name", 1},
		{"add one x\n\n#\nadd one x", "line before", 4},
		{"add one \x80", "plain text", 1},
		{"add one x x x x x", "too many words", 1},
	};
	char word[80] = "add one ";

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		EXPECT(!read_text(wrong[i].text));
		EXPECT(strstr(rules.why, wrong[i].why));
		EXPECT(rules.line == wrong[i].line);
		EXPECT(!may(ADD, 1, "x"));
	}
	memset(word + 8, 'n', 63);
	EXPECT(read_text(word));
	word[8 + 63] = 'n';
	EXPECT(!read_text(word) && strstr(rules.why, "too long"));
	EXPECT(!read_bytes("add one a\0b", 11));
}

static void too_many(void)
{
	char text[2048], *end = text;

	for (unsigned i = 0; i < ACCESS_RULES; i++)
		end += sprintf(end, "add one name%u\n", i);
	EXPECT(read_text(text) && rules.count == ACCESS_RULES);
	sprintf(end, "add two x\n");
	EXPECT(!read_text(text) && strstr(rules.why, "too many rules"));
}

static void names(void)
{
	static const char *const good[] = {"a",	  "A-b_c.9", "/a", "/a/b/c",
					   "...", "/a/...",  ".a"};
	static const char *const bad[] = {
		"",   "/",  "//",    "a/",  "a/b", "/a/", "/a//b", ".",
		"..", "/.", "/a/..", "a b", "a*",  "\n",  "/\xff"};

	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		EXPECT(access_name_valid(good[i]));
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT(!access_name_valid(bad[i]));
}

/* Any bytes: no crash, and a mistake allows nothing. */
static void noise(void)
{
	static const char alphabet[] =
		"add connect one two * / limit=3 pass\n#";
	char text[200];

	for (unsigned i = 0; i < 100000; i++) {
		unsigned bytes = below(sizeof(text));

		for (unsigned k = 0; k < bytes; k++)
			text[k] =
				below(50)
					? alphabet[below(sizeof(alphabet) - 1)]
					: (char)below(256);
		(void)read_bytes(text, bytes);
	}
}

int main(void)
{
	allows();
	mistakes();
	too_many();
	names();
	noise();
	return 0;
}
