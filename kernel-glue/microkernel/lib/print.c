/* SPDX-License-Identifier: MIT */
/* print.c - see mklib/print.h. */
#include <stdarg.h>

#include <mk/bootinfo.h>
#include <mklib/object_stubs.h>
#include <mklib/print.h>

#define LINE_BYTES 480u

struct line {
	char text[LINE_BYTES];
	size_t used;
};

static void put(struct line *l, char c)
{
	if (l->used < LINE_BYTES)
		l->text[l->used++] = c;
}

static void put_text(struct line *l, const char *s)
{
	for (; *s; s++)
		put(l, *s);
}

static void put_number(struct line *l, uint64_t n, unsigned base)
{
	char digit[20];
	unsigned count = 0;

	do {
		digit[count++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (count)
		put(l, digit[--count]);
}

static void put_signed(struct line *l, int64_t n)
{
	if (n < 0)
		put(l, '-');
	put_number(l, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10);
}

static const char *put_long(struct line *l, const char *f, va_list *arguments)
{
	if (*f == 'd')
		put_signed(l, va_arg(*arguments, int64_t));
	else
		put_number(l, va_arg(*arguments, uint64_t),
			   *f == 'x' ? 16 : 10);
	return f;
}

static const char *put_argument(struct line *l, const char *f, va_list *a)
{
	switch (*f) {
	case 's':
		put_text(l, va_arg(*a, const char *));
		return f;
	case 'c':
		put(l, (char)va_arg(*a, int));
		return f;
	case 'd':
		put_signed(l, va_arg(*a, int));
		return f;
	case 'u':
		put_number(l, va_arg(*a, unsigned), 10);
		return f;
	case 'l':
		return put_long(l, f + 1, a);
	default:
		put(l, *f);
		return f;
	}
}

void mk_print(const char *format, ...)
{
	struct line l = {.used = 0};
	va_list arguments;

	va_start(arguments, format);
	for (const char *f = format; *f; f++) {
		if (*f == '%')
			f = put_argument(&l, f + 1, &arguments);
		else
			put(&l, *f);
	}
	va_end(arguments);
	mk_log_text(MK_CAP_LOG, l.text, l.used);
}
