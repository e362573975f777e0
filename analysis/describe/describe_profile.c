// SPDX-License-Identifier: MIT
/*
 * describe_profile.c - common media by name.  A profile is a list of keys and
 * values; what the user gives is left as it is.
 *
 * Sources of the numbers:
 *   v210     10 bits 4:2:2: 6 pixels in 16 bytes, a line padded to a multiple
 *            of 48 pixels = 128 bytes (Apple TN2162; FFmpeg
 *            libavcodec/v210enc.c).  1920 x 1080: 40 x 128 x 1080 = 5,529,600
 *            bytes, 3840 x 2160: 80 x 128 x 2160 = 22,118,400 bytes.
 *   rates    60000/1001, 50, 25: ITU-R BT.709, BT.2020
 *   4:2:0    8 bits: 3/2 bytes for a pixel: 1920 x 1080 x 3/2 = 3,110,400
 *   AES67    48 kHz, packet times of 1 ms (48 samples) and 125 us (6 samples),
 *            L24: 3 bytes for a sample (AES67-2018, 7.2; RFC 3190).  2
 *            channels: 48 x 2 x 3 = 288 and 6 x 2 x 3 = 36 bytes.
 *   ALSA     a ring of N periods: snd_pcm_hw_params_set_period_size,
 *            _set_periods
 *   PipeWire one quantum of frames each cycle: default.clock.quantum 1024 at
 *            default.clock.rate 48000
 */
#include <stdio.h>
#include <string.h>

#include "describe/describe_keys.h"

const struct describe_profile describe_profiles[] = {
	{"1080p59.94", "video, 10 bits 4:2:2 (v210)",
	 "rate=60000/1001/s,packet=5529600B", "ITU-R BT.709; v210"},
	{"1080p50", "video, 10 bits 4:2:2 (v210)", "rate=50/s,packet=5529600B",
	 "ITU-R BT.709; v210"},
	{"1080p25", "video, 8 bits 4:2:0", "rate=25/s,packet=3110400B",
	 "ITU-R BT.709; 1920 x 1080 x 3/2 bytes"},
	{"2160p59.94", "video, 10 bits 4:2:2 (v210)",
	 "rate=60000/1001/s,packet=22118400B", "ITU-R BT.2020; v210"},
	{"30000/1001", "video at the rate of NTSC, any size",
	 "rate=30000/1001/s", "ITU-R BT.1700; SMPTE 170M"},
	{"aes67-1ms", "audio, 48 kHz, 2 channels, 24 bits",
	 "in=48@48k,packet=288B", "AES67-2018, 7.2"},
	{"aes67-125us", "audio, 48 kHz, 2 channels, 24 bits",
	 "in=6@48k,packet=36B", "AES67-2018, 7.2"},
	{"alsa:FRAMESxPERIODS@RATE",
	 "a ring of so many periods, for example alsa:1024x2@48k", NULL,
	 "snd_pcm_hw_params_set_period_size(3), _set_periods(3)"},
	{"pipewire:FRAMES@RATE",
	 "one quantum in each cycle, for example pipewire:1024@48k", NULL,
	 "PipeWire, default.clock.quantum"},
};

const size_t describe_n_profiles =
	sizeof(describe_profiles) / sizeof(describe_profiles[0]);

static bool is_pace(enum key key)
{
	return key == KEY_PERIOD || key == KEY_RATE || key == KEY_BANDWIDTH ||
	       key == KEY_IN;
}

/* What the profile would say was said otherwise. */
static bool superseded(const struct describe_raw *raw, enum key key)
{
	const size_t *at = raw->given.at;

	if (is_pace(key))
		return at[KEY_PERIOD] || at[KEY_RATE] || at[KEY_BANDWIDTH] ||
		       at[KEY_IN];
	if (key == KEY_PACKET)
		return at[KEY_PACKET] || at[KEY_PATTERN];
	return at[key];
}

static bool take_setting(void *user, const char *name, size_t name_bytes,
			 const char *value, size_t value_bytes, char *why)
{
	struct describe *d = user;
	enum key key = describe_find(name, name_bytes);
	size_t at;

	if (superseded(d->raw, key))
		return true;
	at = describe_keep(d->raw, value, value_bytes);
	if (!at)
		return describe_refuse(why, "profile: no memory");
	d->raw->given.at[key] = at;
	d->raw->of_profile[key] = true;
	return true;
}

/* "alsa:1024x2@48k" -> "in=1024@48k,slots=2" */
static bool alsa_settings(const char *text, char *settings, size_t bytes)
{
	size_t frames = strspn(text, "0123456789");
	const char *periods = text + frames + 1;
	size_t digits;

	if (frames == 0 || text[frames] != 'x')
		return false;
	digits = strspn(periods, "0123456789");
	if (digits == 0 || periods[digits] != '@' || strchr(text, ','))
		return false;
	return (size_t)snprintf(settings, bytes, "in=%.*s%s,slots=%.*s",
				(int)frames, text, periods + digits,
				(int)digits, periods) < bytes;
}

static bool pipewire_settings(const char *text, char *settings, size_t bytes)
{
	return !strchr(text, ',') &&
	       (size_t)snprintf(settings, bytes, "in=%s", text) < bytes;
}

static bool make_settings(const char *name, char *settings, size_t bytes)
{
	if (strlen(name) > 64)
		return false;
	if (strncmp(name, "alsa:", 5) == 0)
		return alsa_settings(name + 5, settings, bytes);
	if (strncmp(name, "pipewire:", 9) == 0)
		return pipewire_settings(name + 9, settings, bytes);
	return false;
}

static bool unknown_profile(const char *name, char *why)
{
	char all[DESCRIBE_WHY_BYTES] = "";
	size_t used = 0;
	size_t i;

	for (i = 0; i < describe_n_profiles; i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
					 i ? ", " : "",
					 describe_profiles[i].name);
	return describe_refuse(why,
			       "profile: '%.60s' is not known; there are "
			       "%.300s",
			       name, all);
}

bool describe_apply_profile(struct describe *d, char why[DESCRIBE_WHY_BYTES])
{
	size_t at = d->raw->given.at[KEY_PROFILE];
	const char *settings = NULL;
	char made[160];
	char name[80];
	size_t i;

	if (!at)
		return true;
	snprintf(name, sizeof(name), "%s", d->raw->memory + at);
	for (i = 0; i < describe_n_profiles; i++) {
		if (strcmp(name, describe_profiles[i].name) == 0)
			settings = describe_profiles[i].settings;
	}
	if (!settings && make_settings(name, made, sizeof(made)))
		settings = made;
	if (!settings)
		return unknown_profile(name, why);
	return describe_split(settings, d, take_setting, why);
}
