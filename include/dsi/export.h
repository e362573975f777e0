/* SPDX-License-Identifier: MIT */
/*
 * export.h - how the symbols of libdsi are declared.
 *
 * DSI_API marks an exported function, DSI_MUST_CHECK one whose result must
 * not be dropped.  Both are empty for compilers without GNU attributes.
 */
#ifndef DSI_EXPORT_H
#define DSI_EXPORT_H

#ifdef __cplusplus
#define DSI_LINKAGE extern "C"
#else
#define DSI_LINKAGE extern
#endif

#ifdef __GNUC__
#define DSI_API DSI_LINKAGE __attribute__((visibility("default")))
#define DSI_MUST_CHECK __attribute__((warn_unused_result))
#else
#define DSI_API DSI_LINKAGE
#define DSI_MUST_CHECK
#endif

#endif /* DSI_EXPORT_H */
