/* SPDX-License-Identifier: MIT */
/*
 * dsi.h - everything in libdsi.  <dsi/placement.h> is apart: it is of
 * libdsi-placement, a library of its own, which not every system has.
 *
 *   control application   stream.h   join components, start, watch, stop
 *   component             component.h  callbacks a server implements
 *   endpoint              socket.h   create, listen or connect, start, close
 *   data plane            packet.h   get, fill or read, commit
 *   waiting for many      event.h    select
 *   looking from outside  watch.h   figures of a stream, read-only
 *   where its memory is   regions.h  addresses, for placement
 *   how late it was       histogram.h percentiles
 *   who records it        trace.h    providers, links between packets
 *   how large, how late   sizing.h   from descriptions of both ends, jcs.h
 */
#ifndef DSI_DSI_H
#define DSI_DSI_H

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/histogram.h>
#include <dsi/jcs.h>
#include <dsi/packet.h>
#include <dsi/regions.h>
#include <dsi/sizing.h>
#include <dsi/socket.h>
#include <dsi/stream.h>
#include <dsi/component.h>
#include <dsi/trace.h>
#include <dsi/types.h>
#include <dsi/version.h>
#include <dsi/watch.h>

#endif /* DSI_DSI_H */
