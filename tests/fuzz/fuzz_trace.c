// SPDX-License-Identifier: MIT
/*
 * fuzz_trace.c - a recorded trace, as `dsi latency` reads it.
 *
 * The input is the one stream file of a trace in CTF; its metadata is fixed: an
 * event is a number, a time, and fields of 64 bits.  The reading of the format
 * is libbabeltrace2's; what becomes of its events, up to the model of the
 * streams, is ours.  Its plug-ins lose some memory with each metadata, and are
 * unloaded before anybody could ask whose it was: nobody looks for leaks here.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "trace/trace_model.h"
#include "trace/trace_read.h"

#define INT64 "integer { size = 64; align = 8; signed = false; }"

static const char head[] =
	"/* CTF 1.8 */\n"
	"typealias " INT64 " := uint64_t;\n"
	"typealias integer { size = 8; align = 8; signed = false; } "
	":= uint8_t;\n"
	"trace { major = 1; minor = 8; byte_order = le; };\n"
	"clock { name = mono; freq = 1000000000; };\n"
	"typealias integer { size = 64; align = 8; signed = false; "
	"map = clock.mono.value; } := time_t;\n"
	"stream { event.header := struct { uint8_t id; time_t timestamp; }; "
	"};\n";

static const char *const events[] = {
	"stream_open\"; id = 0; fields := struct { uint64_t _stream; "
	"uint64_t _endpoint; uint64_t _role; string _name; }; };\n",
	"commit\"; id = 1; fields := struct { uint64_t _stream; uint64_t _seq; "
	"}; };\n",
	"get\"; id = 2; fields := struct { uint64_t _stream; uint64_t _seq; "
	"uint64_t _reader; }; };\n",
	"violation\"; id = 3; fields := struct { uint64_t _stream; "
	"uint64_t _seq; integer { size = 64; align = 8; signed = true; } "
	"_kind; "
	"}; };\n",
	"reader_attach\"; id = 4; fields := struct { uint64_t _stream; "
	"uint64_t _reader; uint64_t _policy; }; };\n",
	"release\"; id = 5; fields := struct { uint64_t _stream; uint64_t "
	"_seq; "
	"uint64_t _reader; }; };\n",
	"reclaim\"; id = 6; fields := struct { uint64_t _stream; uint64_t "
	"_seq; "
	"}; };\n",
	"drop\"; id = 7; fields := struct { uint64_t _stream; uint64_t _seq; "
	"}; };\n",
	"reader_detach\"; id = 8; fields := struct { uint64_t _stream; "
	"uint64_t _reader; }; };\n",
};

int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}

static char folder[] = "/tmp/fuzz-trace-XXXXXX";
static char stream_path[sizeof(folder) + 16];
static char metadata_path[sizeof(folder) + 16];

static void end(void)
{
	(void)unlink(stream_path);
	(void)unlink(metadata_path);
	(void)rmdir(folder);
}

static void begin(void)
{
	FILE *out;

	if (stream_path[0])
		return;
	FUZZ_MUST(mkdtemp(folder));
	snprintf(stream_path, sizeof(stream_path), "%s/stream", folder);
	snprintf(metadata_path, sizeof(metadata_path), "%s/metadata", folder);
	FUZZ_MUST(atexit(end) == 0);
	out = fopen(metadata_path, "w");
	FUZZ_MUST(out);
	fputs(head, out);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		fprintf(out, "event { name = \"dsi:%s", events[i]);
	FUZZ_MUST(fclose(out) == 0);
}

static bool take(void *data, const struct trace_event *event)
{
	struct trace_model *model = data;

	FUZZ_MUST(event->what < TRACE_KINDS);
	FUZZ_MUST(event->name);
	fuzz_sink(event, sizeof(*event));
	fuzz_sink(event->name, strlen(event->name));
	return trace_model_take(model, event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char why[TRACE_WHY_BYTES] = "";
	struct trace_model model = {.after_begin_ns = 0};
	struct trace_reading reading = {
		.folder = folder, .take = take, .data = &model};
	enum trace_status status;
	int fd;

	if (bytes > 4096)
		return 0;
	begin();
	fd = open(stream_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_MUST(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes);
	close(fd);
	trace_model_init(&model);
	status = trace_read(&reading, why);
	FUZZ_MUST(reading.events <= bytes / 25); /* of the smallest */
	trace_model_finish(&model);
	trace_model_fini(&model);
	if (status != TRACE_OK)
		FUZZ_MUST(why[0] && memchr(why, '\0', sizeof(why)));
	return 0;
}
