/* SPDX-License-Identifier: MIT */
/* component_private.h - how a control application reaches a component of
 * its own process. */
#ifndef DSI_COMPONENT_PRIVATE_H
#define DSI_COMPONENT_PRIVATE_H

#include <dsi/component.h>

/* A fresh connection to @component, as if dialled by name. */
int dsi__component_dial(struct dsi_component *component, int32_t *out_conn);

#endif /* DSI_COMPONENT_PRIVATE_H */
