/* SPDX-License-Identifier: MIT */
/*
 * ffmpeg.h - frames of FFmpeg through a stream, without a copy.
 *
 * The library libdsi-ffmpeg (-ldsi-ffmpeg).  A decoder writes its pictures or
 * sound where the consumers read them: dsi_ffmpeg_attach() gives it slots of the
 * stream for its frames.  A consumer gets each as a read-only AVFrame, whose last
 * reference gives the packet back.  What describes a frame (format, size, strides,
 * times, colours) crosses with it, so all of it may change from frame to frame as
 * long as the frame fits into a slot.  A packet's first element is that
 * description, the others are the planes; all lie in the packet's own slot.
 *
 * The socket stays the caller's.  It must stay open until the decoder is freed
 * and all frames are unreferenced, see dsi_ffmpeg_writer_stats() and
 * dsi_ffmpeg_reader_held(); from dsi_ffmpeg_writer_create() on nobody else may
 * get or commit its packets.
 *
 * Who waits here is told by dsi_socket_stop() to return, not by
 * dsi_packet_get_abort().
 *
 * All functions here may be called from any thread; frames may be unreferenced
 * and decoders may ask for memory on any thread.  Codes are those of dsi/errno.h,
 * which on Linux are those of AVERROR().
 */
#ifndef DSI_FFMPEG_H
#define DSI_FFMPEG_H

#include <dsi/errno.h>
#include <dsi/socket.h>

struct AVCodecContext;
struct AVFrame;
struct dsi_packet;
struct dsi_ffmpeg_writer;
struct dsi_ffmpeg_reader;

/* Text in dsi_stream_desc.format of such a stream. */
#define DSI_FFMPEG_FORMAT "ffmpeg/1"

/* Flags of a writer. */
#define DSI_FFMPEG_COPY 0x0001u /* never decode into slots, to compare */

/**
 * struct dsi_ffmpeg_writer_options - how a writer works.
 * @size:    sizeof(struct dsi_ffmpeg_writer_options)
 * @flags:   DSI_FFMPEG_*
 * @wait_ns: how long a decoder may wait for a slot when the stream has none
 *           left.  Then, and with 0 at once, it gets memory of its own; that
 *           frame is copied into the stream when it is sent.
 */
struct dsi_ffmpeg_writer_options {
	uint32_t size;
	uint32_t flags;
	uint64_t wait_ns;
};

/**
 * struct dsi_ffmpeg_writer_stats - counters of a writer.
 * @size:     sizeof(struct dsi_ffmpeg_writer_stats)
 * @held:     slots that a decoder, or whoever has frames in them, holds now
 * @held_max: and most at once
 * @reserved: 0
 * @in_place: frames sent that were decoded or written into their slot
 * @repeated: frames sent once more, by a packet that points to the same slot
 * @copied:   frames sent that had to be copied into a slot
 * @no_slot:  frames that a decoder wanted and no slot was left for
 * @no_fit:   frames that a decoder wanted and no slot is large enough for
 */
struct dsi_ffmpeg_writer_stats {
	uint32_t size;
	uint32_t held;
	uint32_t held_max;
	uint32_t reserved;
	uint64_t in_place;
	uint64_t repeated;
	uint64_t copied;
	uint64_t no_slot;
	uint64_t no_fit;
};

/**
 * dsi_ffmpeg_desc - describe a stream for the frames of a decoder.
 * @decoder:  opened, with the size or the sample format known
 * @queue:    packets on their way to the consumers and with them, beside those
 *            that the decoder needs itself
 * @out_desc: packets, elements, alignment, bytes of a slot and format are set.
 *            Set @out_desc->size before; the caller may change and add to it.
 *
 * A decoder holds reference pictures, those that wait for their turn to be
 * shown, and one for each of its threads.  For frames that become larger on the
 * way, set `packet_bytes` by dsi_ffmpeg_picture_bytes().
 *
 * Return: 0, or -DSI_EINVAL: not a decoder of pictures or sound, its size or
 *         format is not known yet, or more packets than there can be.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_desc(struct AVCodecContext *decoder,
					   uint32_t queue,
					   struct dsi_stream_desc *out_desc);

/**
 * dsi_ffmpeg_picture_bytes - a slot for pictures of up to this size.
 * @decoder: opened; its pixel format is known
 * @width:   pixels
 * @height:  rows
 *
 * With the description, the decoder's own alignment, and its padding.
 *
 * Return: bytes, up to INT32_MAX, or -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API int32_t dsi_ffmpeg_picture_bytes(struct AVCodecContext *decoder,
					 uint32_t width, uint32_t height);

/**
 * dsi_ffmpeg_frame_bytes - a slot for frames like this one.
 * @frame: format and size are set: `width` and `height`, or `nb_samples` and the
 *         channels; needs no data
 *
 * For streams whose frames come from no decoder, see dsi_ffmpeg_get_frame().
 *
 * Return: bytes, up to INT32_MAX, or -DSI_EINVAL: it cannot lie in a slot.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API int32_t dsi_ffmpeg_frame_bytes(const struct AVFrame *frame);

/**
 * dsi_ffmpeg_writer_create - send frames through a producer socket.
 * @sock:       connected or running; its stream has data slots, and as many
 *              elements as dsi_ffmpeg_desc() says
 * @options:    NULL = defaults; copied
 * @out_writer: the writer
 *
 * Return: 0, -DSI_EINVAL, -DSI_ENOTCONN, -DSI_ENOMEM, -DSI_EMFILE.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_writer_create(
	struct dsi_socket *sock,
	const struct dsi_ffmpeg_writer_options *options,
	struct dsi_ffmpeg_writer **out_writer);

/**
 * dsi_ffmpeg_attach - let a decoder write into the stream.
 * @writer:  writer
 * @decoder: opened, but has not decoded anything yet; its `get_buffer2` and
 *           `opaque` are set
 *
 * Not before it is opened: libavcodec 59 warns of frame threads then, although
 * this callback may be called on any thread.
 *
 * For a program that needs `opaque` itself there is dsi_ffmpeg_get_buffer().
 * More than one decoder may be attached, one after the other or at once.
 *
 * Return: 0, -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API int dsi_ffmpeg_attach(struct dsi_ffmpeg_writer *writer,
			      struct AVCodecContext *decoder);

/**
 * dsi_ffmpeg_get_buffer - memory for a frame, for a `get_buffer2` of one's own.
 * @writer:  writer
 * @decoder: who asks
 * @frame:   as FFmpeg gives it to `get_buffer2`
 * @flags:   likewise
 *
 * A slot of the stream if there is one; else what
 * avcodec_default_get_buffer2() gives.
 *
 * Return: 0, or a negative AVERROR for the decoder.
 * Context: any thread; waits at most as long as the writer was told.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_get_buffer(
	struct dsi_ffmpeg_writer *writer, struct AVCodecContext *decoder,
	struct AVFrame *frame, int flags);

/**
 * dsi_ffmpeg_get_frame - a slot for a frame that no decoder makes.
 * @writer:      writer
 * @frame:       format and size are set as for av_frame_get_buffer(), and it has
 *               no data; on 0 it references a free slot, contents undefined
 * @deadline_ns: how long to wait for a slot, as for dsi_packet_get()
 *
 * The frame may be written to until it is sent by dsi_ffmpeg_send(), then no
 * more: unreference it.  One that is unreferenced before gives its slot back,
 * and nothing is sent.
 *
 * Return: 0, or
 *   -DSI_EAGAIN, -DSI_ETIMEDOUT  no slot is free
 *   -DSI_ENOSPC  the frame is larger than a slot
 *   -DSI_EINVAL  an argument is NULL, the frame has data, or its format or size
 *                is none that can lie in a slot
 *   -DSI_ENOMEM  no memory for the reference
 *   and as dsi_packet_get().
 * Context: any thread.
 * Lifetime: the data is valid while it is referenced and the socket is open.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_get_frame(
	struct dsi_ffmpeg_writer *writer, struct AVFrame *frame,
	uint64_t deadline_ns);

/**
 * dsi_ffmpeg_writer_packet - the packet that will carry a frame.
 * @writer:     writer
 * @frame:      a decoder's, or from dsi_ffmpeg_get_frame(); not sent yet
 * @out_packet: the packet; NULL: only tell whether there is one
 *
 * For dsi_packet_set_number(), dsi_packet_set_time(), dsi_packet_link() and such.
 * Its elements and its size are the library's, and so are commit and discard.
 *
 * Return: 0, or -DSI_EINVAL: the frame does not lie in a slot of this writer, was
 *         sent before, or an argument is NULL.
 * Context: any thread, but not while another sends or unreferences this frame.
 * Lifetime: the packet is valid until the frame is sent or unreferenced.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_writer_packet(
	struct dsi_ffmpeg_writer *writer, const struct AVFrame *frame,
	struct dsi_packet **out_packet);

/**
 * dsi_ffmpeg_send - hand a frame to the consumers.
 * @writer:      writer
 * @frame:       picture or sound; stays the caller's
 * @deadline_ns: for a frame that does not lie in a slot of its own: how long to
 *               wait for one, as for dsi_packet_get()
 *
 * A frame that lies in a slot is committed where it is, and the slot is used
 * again when the consumers have given it back and nobody references the frame.
 * One that was sent before is sent as a packet that points there.  Any other is
 * copied.
 *
 * Return: 0, or
 *   -DSI_EAGAIN, -DSI_ETIMEDOUT  there was no slot; the frame is not sent
 *   -DSI_ENOSPC  the frame is larger than a slot
 *   -DSI_EINVAL  not a frame with data, or more than 8 planes
 *   and as dsi_packet_get().
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_send(struct dsi_ffmpeg_writer *writer,
					   const struct AVFrame *frame,
					   uint64_t deadline_ns);

/**
 * dsi_ffmpeg_send_end - tell the consumers that this was the last frame.
 * @writer:      writer
 * @deadline_ns: how long to wait for a packet
 *
 * Return: 0, or as dsi_packet_get().
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_send_end(struct dsi_ffmpeg_writer *writer,
					       uint64_t deadline_ns);

/**
 * dsi_ffmpeg_writer_stats - what became of the frames.
 * @writer:    writer
 * @out_stats: filled.  Set @out_stats->size before.
 *
 * Return: 0, -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_writer_stats(
	struct dsi_ffmpeg_writer *writer,
	struct dsi_ffmpeg_writer_stats *out_stats);

/**
 * dsi_ffmpeg_writer_destroy - send no more.
 * @writer: writer or NULL; free its decoders before
 *
 * Frames that somebody still references stay valid as long as the socket is
 * open.
 *
 * Context: any thread.
 * Since:   0.1
 */
DSI_API void dsi_ffmpeg_writer_destroy(struct dsi_ffmpeg_writer *writer);

/**
 * dsi_ffmpeg_reader_create - receive frames from a consumer socket.
 * @sock:       connected or running
 * @out_reader: the reader
 *
 * Return: 0, -DSI_EINVAL, -DSI_ENOTCONN, -DSI_ENOMEM, -DSI_EMFILE.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_reader_create(
	struct dsi_socket *sock, struct dsi_ffmpeg_reader **out_reader);

/**
 * dsi_ffmpeg_receive - take the next frame.
 * @reader:      reader
 * @frame:       blank; on 0 it references read-only data in the stream.
 *               av_frame_make_writable() copies it.
 * @deadline_ns: as for dsi_packet_get()
 *
 * @frame->time_base is that of its times.  What the producer wrote is copied
 * and checked first; a packet that is no frame is given back.
 *
 * Return: 0, or
 *   AVERROR_EOF  the stream is at its end
 *   -DSI_EPROTO  the packet is no frame; the next one may be
 *   -DSI_ENOMEM  no memory for the references; the packet is lost
 *   -DSI_EINVAL  an argument is NULL
 *   and as dsi_packet_get(), such as -DSI_EPIPE: the producer is gone.
 * Context: any thread, but not two at once.
 * Lifetime: the data is valid while it is referenced and the socket is open.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_receive(struct dsi_ffmpeg_reader *reader,
					      struct AVFrame *frame,
					      uint64_t deadline_ns);

/**
 * dsi_ffmpeg_reader_packet - the packet that brought a frame.
 * @reader:     reader
 * @frame:      from dsi_ffmpeg_receive(), or one that shares its data
 * @out_packet: the packet
 *
 * For dsi_packet_number(), dsi_packet_time(), dsi_packet_flags(), and as the
 * origin in dsi_packet_link().  The frame gives it back, not the caller.
 *
 * Return: 0, or -DSI_EINVAL: the frame is none of this reader, or an argument is
 *         NULL.
 * Context: any thread.
 * Lifetime: the packet is valid while the frame is referenced.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_ffmpeg_reader_packet(
	struct dsi_ffmpeg_reader *reader, const struct AVFrame *frame,
	struct dsi_packet **out_packet);

/**
 * dsi_ffmpeg_reader_held - frames that are referenced somewhere.
 * @reader: reader
 *
 * Return: their number, or -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API int32_t dsi_ffmpeg_reader_held(struct dsi_ffmpeg_reader *reader);

/**
 * dsi_ffmpeg_reader_destroy - receive no more.
 * @reader: reader or NULL
 *
 * Frames that are referenced stay valid as long as the socket is open.
 *
 * Context: any thread.
 * Since:   0.1
 */
DSI_API void dsi_ffmpeg_reader_destroy(struct dsi_ffmpeg_reader *reader);

#endif /* DSI_FFMPEG_H */
