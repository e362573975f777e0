// SPDX-License-Identifier: MIT
/*
 * y4m.c - the header of a YUV4MPEG2 stream, and the same as a format text.
 *
 * Source: yuv4mpeg(5) of mjpegtools; the tags for high bit depths and
 * subsampling are those that FFmpeg and x264 write.  Names of pixel formats
 * are those of GStreamer's video/x-raw.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "y4m.h"

/* How the planes of a frame are laid out.  Chroma planes are
 * ceil(width / 2^x) by ceil(height / 2^y). */
struct y4m_pixels {
	const char *tag;  /* value of the header's C tag */
	const char *name; /* in the format text; the first of a name is used
			   * to write a header */
	uint8_t chroma_planes;
	uint8_t alpha_planes;
	uint8_t shift_x;
	uint8_t shift_y;
	uint8_t sample_bytes;
};

static const struct y4m_pixels pixel_table[] = {
	{"420jpeg", "I420", 2, 0, 1, 1, 1},
	{"420mpeg2", "I420", 2, 0, 1, 1, 1},
	{"420paldv", "I420", 2, 0, 1, 1, 1},
	{"420", "I420", 2, 0, 1, 1, 1},
	{"411", "Y41B", 2, 0, 2, 0, 1},
	{"422", "Y42B", 2, 0, 1, 0, 1},
	{"444", "Y444", 2, 0, 0, 0, 1},
	{"444alpha", "A444", 2, 1, 0, 0, 1},
	{"mono", "GRAY8", 0, 0, 0, 0, 1},
	{"420p9", "I420_9LE", 2, 0, 1, 1, 2},
	{"422p9", "I422_9LE", 2, 0, 1, 0, 2},
	{"444p9", "Y444_9LE", 2, 0, 0, 0, 2},
	{"420p10", "I420_10LE", 2, 0, 1, 1, 2},
	{"422p10", "I422_10LE", 2, 0, 1, 0, 2},
	{"444p10", "Y444_10LE", 2, 0, 0, 0, 2},
	{"420p12", "I420_12LE", 2, 0, 1, 1, 2},
	{"422p12", "I422_12LE", 2, 0, 1, 0, 2},
	{"444p12", "Y444_12LE", 2, 0, 0, 0, 2},
	{"420p14", "I420_14LE", 2, 0, 1, 1, 2},
	{"422p14", "I422_14LE", 2, 0, 1, 0, 2},
	{"444p14", "Y444_14LE", 2, 0, 0, 0, 2},
	{"420p16", "I420_16LE", 2, 0, 1, 1, 2},
	{"422p16", "I422_16LE", 2, 0, 1, 0, 2},
	{"444p16", "Y444_16LE", 2, 0, 0, 0, 2},
	{"mono9", "GRAY9_LE", 0, 0, 0, 0, 2},
	{"mono10", "GRAY10_LE16", 0, 0, 0, 0, 2},
	{"mono12", "GRAY12_LE", 0, 0, 0, 0, 2},
	{"mono16", "GRAY16_LE", 0, 0, 0, 0, 2},
};

#define PIXELS (sizeof(pixel_table) / sizeof(pixel_table[0]))
#define SIDE_MOST 65535u

static bool refuse(char *why, const char *text, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(char *why, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	vsnprintf(why, Y4M_WHY_BYTES, text, args);
	va_end(args);
	return false;
}

/* Is [@text, @text + @length) the word @word? */
static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(text, word, length) == 0;
}

static const struct y4m_pixels *find_tag(const char *tag, size_t length)
{
	size_t i;

	for (i = 0; i < PIXELS; i++) {
		if (is_word(tag, length, pixel_table[i].tag))
			return &pixel_table[i];
	}
	return NULL;
}

static const struct y4m_pixels *find_name(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < PIXELS; i++) {
		if (is_word(name, length, pixel_table[i].name))
			return &pixel_table[i];
	}
	return NULL;
}

/* The whole word is a number of at most nine digits. */
static bool read_number(const char *text, size_t length, uint32_t *out)
{
	uint32_t value = 0;
	size_t i;

	if (length < 1 || length > 9)
		return false;
	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(text[i] - '0');
	}
	*out = value;
	return true;
}

static bool read_ratio(const char *text, size_t length, char between,
		       uint32_t *numerator, uint32_t *denominator)
{
	const char *mark = memchr(text, between, length);
	size_t first;

	if (!mark)
		return false;
	first = (size_t)(mark - text);
	return read_number(text, first, numerator) &&
	       read_number(mark + 1, length - first - 1, denominator);
}

static bool check_size(const struct y4m *y4m, char *why)
{
	if (y4m->width < 1 || y4m->width > SIDE_MOST || y4m->height < 1 ||
	    y4m->height > SIDE_MOST)
		return refuse(why,
			      "needs a width and a height of 1 to %u pixels, "
			      "has %" PRIu32 " x %" PRIu32,
			      SIDE_MOST, y4m->width, y4m->height);
	return true;
}

static bool parse_tag(const char *tag, size_t length, struct y4m *out,
		      char *why)
{
	const char *value = tag + 1;
	bool good = true;

	switch (tag[0]) {
	case 'W':
		good = read_number(value, length - 1, &out->width);
		break;
	case 'H':
		good = read_number(value, length - 1, &out->height);
		break;
	case 'F':
		good = read_ratio(value, length - 1, ':', &out->numerator,
				  &out->denominator);
		break;
	case 'C':
		out->pixels = find_tag(value, length - 1);
		if (!out->pixels)
			return refuse(why,
				      "has pixel format '%.*s', which is not "
				      "supported; 420, 422, 444 and mono are",
				      (int)length, tag);
		break;
	default:
		break; /* I, A and X say nothing about the size of a frame */
	}
	return good || refuse(why, "has the malformed tag '%.*s'",
			      (int)(length < 40 ? length : 40), tag);
}

/* Calls of parse_tag() for each tag of @out->tags. */
static bool parse_tags(struct y4m *out, char *why)
{
	const char *p = out->tags;

	while (*p) {
		size_t length = strcspn(p, " ");

		if (length && !parse_tag(p, length, out, why))
			return false;
		p += length;
		p += strspn(p, " ");
	}
	return true;
}

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

bool y4m_parse(const char *line, struct y4m *out, char why[Y4M_WHY_BYTES])
{
	*out = (struct y4m){.pixels = &pixel_table[0], .tags_all = true};
	if (strlen(line) >= sizeof(out->tags) || !is_printable(line))
		return refuse(why, "is no YUV4MPEG2 header: too long, or not "
				   "printable");
	strcpy(out->tags, line);
	return parse_tags(out, why) && check_size(out, why);
}

uint64_t y4m_frame_bytes(const struct y4m *y4m)
{
	const struct y4m_pixels *pixels = y4m->pixels;
	uint64_t width = y4m->width;
	uint64_t height = y4m->height;
	uint64_t columns =
		(width + (1u << pixels->shift_x) - 1) >> pixels->shift_x;
	uint64_t rows =
		(height + (1u << pixels->shift_y) - 1) >> pixels->shift_y;

	return (width * height * (1u + pixels->alpha_planes) +
		columns * rows * pixels->chroma_planes) *
	       pixels->sample_bytes;
}

bool y4m_header(const struct y4m *y4m, char line[Y4M_LINE_BYTES])
{
	int n;

	if (y4m->tags_all)
		n = snprintf(line, Y4M_LINE_BYTES, Y4M_MAGIC "%s\n", y4m->tags);
	else
		n = snprintf(line, Y4M_LINE_BYTES,
			     Y4M_MAGIC "W%" PRIu32 " H%" PRIu32 " F%" PRIu32
				       ":%" PRIu32 "%s%s\n",
			     y4m->width, y4m->height, y4m->numerator,
			     y4m->denominator, y4m->tags[0] ? " " : "",
			     y4m->tags);
	return n > 0 && (uint32_t)n < Y4M_LINE_BYTES;
}

/* Tags of @from into @to, without those whose letter is in @without. */
static void copy_tags(char *to, const char *from, const char *without)
{
	*to = '\0';
	while (*from) {
		size_t length = strcspn(from, " ");

		if (length && !strchr(without, *from)) {
			if (*to)
				strcat(to, " ");
			strncat(to, from, length);
		}
		from += length;
		from += strspn(from, " ");
	}
}

static bool compose(const struct y4m *y4m, const char *tags, char *format)
{
	uint32_t denominator = y4m->denominator ? y4m->denominator : 1;
	int n = snprintf(format, DSI_FORMAT_BYTES,
			 "video/x-raw,format=%s,width=%" PRIu32
			 ",height=%" PRIu32 ",framerate=%" PRIu32 "/%" PRIu32
			 "%s%s%s",
			 y4m->pixels->name, y4m->width, y4m->height,
			 y4m->numerator, denominator, tags ? ",y4m=\"" : "",
			 tags ? tags : "", tags ? "\"" : "");

	return n > 0 && (uint32_t)n < DSI_FORMAT_BYTES;
}

/* Would a receiver of @format write the header of @y4m? */
static bool says_all(const char *format, const struct y4m *y4m)
{
	char sent[Y4M_LINE_BYTES], back[Y4M_LINE_BYTES], why[Y4M_WHY_BYTES];
	struct y4m parsed;

	return y4m_from_format(format, &parsed, why) && y4m_header(y4m, sent) &&
	       y4m_header(&parsed, back) && strcmp(sent, back) == 0;
}

/* The shortest form that says everything. */
bool y4m_to_format(const struct y4m *y4m, char format[DSI_FORMAT_BYTES])
{
	char tags[Y4M_LINE_BYTES];

	if (compose(y4m, NULL, format) && says_all(format, y4m))
		return true;
	copy_tags(tags, y4m->tags, "WHF");
	if (compose(y4m, tags, format) && says_all(format, y4m))
		return true;
	if (compose(y4m, y4m->tags, format) && says_all(format, y4m))
		return true;
	copy_tags(tags, y4m->tags, "WHFX");
	if (!compose(y4m, tags, format) && !compose(y4m, NULL, format))
		format[0] = '\0';
	return false;
}

/*
 * One field of a format text: key, and value without quotes and without
 * GStreamer's "(type)".  Returns the rest, NULL at the end.
 */
struct field {
	const char *key;
	size_t key_length;
	const char *value;
	size_t value_length;
};

static const char *next_field(const char *p, struct field *field)
{
	p += strspn(p, ", ");
	if (!*p)
		return NULL;
	field->key = p;
	field->key_length = strcspn(p, "=, ");
	p += field->key_length;
	field->value = p;
	field->value_length = 0;
	if (*p != '=')
		return p;
	p++;
	if (*p == '(') {
		p += strcspn(p, ")");
		p += *p == ')';
	}
	if (*p == '"') {
		field->value = ++p;
		field->value_length = strcspn(p, "\"");
		p += field->value_length;
		return p + (*p == '"');
	}
	field->value = p;
	field->value_length = strcspn(p, ", ");
	return p + field->value_length;
}

static bool use_field(const struct field *field, struct y4m *out, char *why)
{
	const char *value = field->value;
	size_t length = field->value_length;
	bool good = true;

	if (is_word(field->key, field->key_length, "format")) {
		out->pixels = find_name(value, length);
		if (!out->pixels)
			return refuse(why,
				      "has the pixel format '%.*s', which Y4M "
				      "does not know",
				      (int)length, value);
	} else if (is_word(field->key, field->key_length, "width")) {
		good = read_number(value, length, &out->width);
	} else if (is_word(field->key, field->key_length, "height")) {
		good = read_number(value, length, &out->height);
	} else if (is_word(field->key, field->key_length, "framerate")) {
		good = read_ratio(value, length, '/', &out->numerator,
				  &out->denominator);
	} else if (is_word(field->key, field->key_length, "y4m")) {
		memcpy(out->tags, value, length);
		out->tags[length] = '\0';
	}
	return good || refuse(why, "has the malformed field '%.*s'",
			      (int)field->key_length, field->key);
}

/* The y4m field comes from the peer like the rest: it must not contradict
 * the fields that the size of a frame is taken from. */
static bool check_tags(struct y4m *y4m, char *why)
{
	struct y4m claimed = *y4m;

	if (!parse_tags(&claimed, why))
		return false;
	if (y4m_frame_bytes(&claimed) != y4m_frame_bytes(y4m) ||
	    claimed.width != y4m->width || claimed.height != y4m->height)
		return refuse(why, "contradicts itself: y4m=\"%.60s\"",
			      y4m->tags);
	y4m->tags_all = strstr(y4m->tags, "W") == y4m->tags ||
			strstr(y4m->tags, " W") != NULL;
	return true;
}

bool y4m_from_format(const char *format, struct y4m *out,
		     char why[Y4M_WHY_BYTES])
{
	struct field field;
	const char *p = format;

	*out = (struct y4m){.denominator = 1};
	if (strlen(format) >= DSI_FORMAT_BYTES || !is_printable(format))
		return refuse(why, "is too long or not printable");
	p = next_field(p, &field);
	if (!p || !is_word(field.key, field.key_length, "video/x-raw"))
		return refuse(why, "is not video/x-raw");
	while ((p = next_field(p, &field))) {
		if (!use_field(&field, out, why))
			return false;
	}
	if (!out->pixels)
		return refuse(why, "has no field 'format'");
	if (!check_size(out, why))
		return false;
	if (!out->tags[0])
		snprintf(out->tags, sizeof(out->tags), "Ip A1:1 C%s",
			 out->pixels->tag);
	return check_tags(out, why);
}
