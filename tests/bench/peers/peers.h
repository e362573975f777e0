/* SPDX-License-Identifier: MIT */
/*
 * peers.h - what libdsi is compared with: a channel each, used as the authors of
 * the thing advise for one producer and one consumer.
 */
#ifndef DSI_BENCH_PEERS_H
#define DSI_BENCH_PEERS_H

#ifdef __cplusplus
extern "C" {
#endif

#include "bench/bench_channel.h"

extern const struct bench_channel peer_pipe;
extern const struct bench_channel peer_unix_stream;
extern const struct bench_channel peer_unix_seqpacket;
extern const struct bench_channel peer_mqueue;
extern const struct bench_channel peer_sysv;
extern const struct bench_channel peer_zeromq_ipc;
extern const struct bench_channel peer_zeromq_inproc;
extern const struct bench_channel peer_ck;
extern const struct bench_channel peer_ck_ec;
extern const struct bench_channel peer_rte;
extern const struct bench_channel peer_boost;
extern const struct bench_channel peer_readerwriter;
extern const struct bench_channel peer_iceoryx;

#ifdef __cplusplus
}
#endif

#endif /* DSI_BENCH_PEERS_H */
