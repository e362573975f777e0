/* SPDX-License-Identifier: MIT */
/*
 * curve_command.h - what the files of `dsi curve` share.
 */
#ifndef DSI_CURVE_COMMAND_H
#define DSI_CURVE_COMMAND_H

#include "curve/curve.h"

#define CURVE_MOST_OPERANDS 16

void curve_print_table(const struct curve *f);
bool curve_print_json(const struct curve *f);
/* A value with its limits, or only @value with @limits false. */
bool curve_print_value(const char *key, struct exact value, bool json);
bool curve_print_limits(const struct curve *f, struct exact t, bool json);

/**
 * curve_plot - draws operands and result.
 * @names: one for each of the @n curves
 * @until: end of the axis, or 0: where all have repeated
 *
 * Return: false, with a message.
 */
bool curve_plot(const struct curve *curves, const char *const *names, size_t n,
		struct exact until, const char *path);

#endif /* DSI_CURVE_COMMAND_H */
