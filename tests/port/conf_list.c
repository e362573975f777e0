/* SPDX-License-Identifier: MIT */
/* conf_list.c - the groups of the conformance suite, in the order in which they
 * run. */
#include <stddef.h>

#include "conf.h"

const struct conf_suite conf_suites[] = {
	{"region", conf_region_tests},
	{"wait", conf_wait_tests},
	{"bell", conf_bell_tests},
	{"conn", conf_conn_tests},
	{"names", conf_names_tests},
	{"loop", conf_loop_tests},
#ifndef CONF_PORT_ONLY
	{"stream", conf_stream_tests},
	{"policy", conf_policy_tests},
	{"packet", conf_packet_tests},
	{"transfer", conf_transfer_tests},
	{"physical", conf_physical_tests},
	{"refuse", conf_refuse_tests},
	{"death", conf_death_tests},
	{"select", conf_select_tests},
	{"control", conf_control_tests},
	{"sized", conf_sized_tests},
	{"stats", conf_stats_tests},
	{"watch", conf_watch_tests},
#endif
	{NULL, NULL},
};
