/* SPDX-License-Identifier: MIT */
/* libc_text.c - strings, and formatting: %s %.*s %c %d %i %u %x %p %% with
 * h, hh, l, ll, z, j, a width, a precision, 0 and -. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t bytes)
{
	size_t i = 0;

	while (i < bytes && a[i] && a[i] == b[i])
		i++;
	if (i == bytes)
		return 0;
	return (unsigned char)a[i] - (unsigned char)b[i];
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)(uintptr_t)found;
}

char *strcpy(char *to, const char *from)
{
	return memcpy(to, from, strlen(from) + 1);
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (; *s || !n; s++)
		if (!strncmp(s, what, n))
			return (char *)(uintptr_t)s;
	return NULL;
}

/* ---- formatting ---------------------------------------------------------- */

struct out {
	char *to;
	size_t room, used; /* used may be more than room */
};

struct field {
	size_t width;
	size_t precision; /* SIZE_MAX: none */
	char pad;
	int left, longs; /* -2 for hh, -1 for h */
};

static void put(struct out *o, char c)
{
	if (o->used + 1 < o->room)
		o->to[o->used] = c;
	o->used++;
}

static void put_padded(struct out *o, const struct field *f, const char *s,
		       size_t n)
{
	size_t fill = f->width > n ? f->width - n : 0;

	for (; fill && !f->left; fill--)
		put(o, f->pad);
	for (size_t i = 0; i < n; i++)
		put(o, s[i]);
	for (; fill; fill--)
		put(o, ' ');
}

static void put_number(struct out *o, const struct field *f, uint64_t n,
		       unsigned base, int minus)
{
	char text[24];
	size_t at = sizeof(text);
	struct field rest = *f;

	do {
		text[--at] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	if (minus && f->pad == '0') {
		put(o, '-');
		rest.width -= rest.width > 0;
	} else if (minus) {
		text[--at] = '-';
	}
	put_padded(o, &rest, text + at, sizeof(text) - at);
}

static int64_t signed_argument(const struct field *f, va_list *a)
{
	int64_t n = f->longs > 0 ? va_arg(*a, long) : va_arg(*a, int);

	return f->longs == -1 ? (int16_t)n : f->longs == -2 ? (int8_t)n : n;
}

static uint64_t unsigned_argument(const struct field *f, va_list *a)
{
	uint64_t n = f->longs > 0 ? va_arg(*a, unsigned long)
				  : va_arg(*a, unsigned int);

	return f->longs == -1 ? (uint16_t)n : f->longs == -2 ? (uint8_t)n : n;
}

static void put_string(struct out *o, const struct field *f, const char *s)
{
	size_t n = 0;

	while (n < f->precision && s[n])
		n++;
	put_padded(o, f, s, n);
}

static size_t read_size(const char **format, va_list *a, int *out_minus)
{
	size_t n = 0;

	*out_minus = 0;
	if (**format == '*') {
		int given = va_arg(*a, int);

		++*format;
		*out_minus = given < 0;
		return given < 0 ? 0 - (size_t)given : (size_t)given;
	}
	for (; **format >= '0' && **format <= '9'; ++*format)
		n = n * 10 + (size_t)(**format - '0');
	return n;
}

static struct field read_field(const char **format, va_list *a)
{
	struct field f = {.pad = ' ', .precision = SIZE_MAX};
	int minus;

	for (; **format == '0' || **format == '-'; ++*format) {
		if (**format == '-')
			f.left = 1;
		else
			f.pad = '0';
	}
	f.width = read_size(format, a, &minus);
	f.left |= minus;
	if (**format == '.') {
		++*format;
		f.precision = read_size(format, a, &minus);
		if (minus)
			f.precision = SIZE_MAX;
	}
	if (f.left)
		f.pad = ' ';
	for (; **format == 'l' || **format == 'z' || **format == 'j'; ++*format)
		f.longs = 1;
	for (; **format == 'h'; ++*format)
		f.longs--;
	return f;
}

static void put_argument(struct out *o, char what, const struct field *f,
			 va_list *a)
{
	int64_t n;
	char c;

	switch (what) {
	case 's':
		put_string(o, f, va_arg(*a, const char *));
		break;
	case 'c':
		c = (char)va_arg(*a, int);
		put_padded(o, f, &c, 1);
		break;
	case 'd':
	case 'i':
		n = signed_argument(f, a);
		put_number(o, f, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10,
			   n < 0);
		break;
	case 'u':
		put_number(o, f, unsigned_argument(f, a), 10, 0);
		break;
	case 'x':
		put_number(o, f, unsigned_argument(f, a), 16, 0);
		break;
	case 'p':
		put_number(o, f, (uintptr_t)va_arg(*a, void *), 16, 0);
		break;
	default:
		put(o, what);
	}
}

int vsnprintf(char *to, size_t bytes, const char *format, va_list arguments)
{
	struct out o = {.to = to, .room = bytes};
	va_list a;

	va_copy(a, arguments);
	while (*format) {
		struct field f;

		if (*format != '%') {
			put(&o, *format++);
			continue;
		}
		format++;
		f = read_field(&format, &a);
		if (*format)
			put_argument(&o, *format++, &f, &a);
	}
	va_end(a);
	if (bytes)
		to[o.used < bytes ? o.used : bytes - 1] = 0;
	return (int)o.used;
}

int snprintf(char *to, size_t bytes, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(to, bytes, format, arguments);
	va_end(arguments);
	return n;
}
