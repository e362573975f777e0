/* SPDX-License-Identifier: MIT */
/* media_store.c - see media_store.h. */
#include "media_store.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gio/gio.h>

#include "media_header.h"

#define MEMORY_TYPE "DsiFrame"
#define PAGE 4096u

struct _MediaStore {
	GstAllocator parent;
	int fd;
	guint8 *area;
	guint64 bytes, frames_at;
	gsize frame_bytes;
	GMutex lock;
	guint *free; /* a stack: the last one given back is on top */
	guint n_free;
	void (*freed)(void *user);
	void *user;
};

struct frame {
	GstMemory memory;
	guint8 *data;
	guint index; /* of a memory without parent */
};

G_DEFINE_FINAL_TYPE(MediaStore, media_store, GST_TYPE_ALLOCATOR)

/* ---- GstMemory ----------------------------------------------------------- */

static gpointer frame_map(GstMemory *memory, gsize bytes, GstMapFlags flags)
{
	(void)bytes;
	(void)flags;
	return ((struct frame *)memory)->data;
}

static void frame_unmap(GstMemory *memory)
{
	(void)memory;
}

static GstMemory *frame_share(GstMemory *memory, gssize offset, gssize size)
{
	GstMemory *parent = memory->parent ? memory->parent : memory;
	struct frame *part = g_new0(struct frame, 1);

	if (size == -1)
		size = (gssize)memory->size - offset;
	gst_memory_init(&part->memory,
			GST_MINI_OBJECT_FLAGS(parent) |
				GST_MINI_OBJECT_FLAG_LOCK_READONLY,
			memory->allocator, parent, memory->maxsize,
			memory->align, memory->offset + (gsize)offset,
			(gsize)size);
	part->data = ((struct frame *)memory)->data;
	return &part->memory;
}

static void give_back(MediaStore *store, guint index)
{
	void (*freed)(void *);

	g_mutex_lock(&store->lock);
	store->free[store->n_free++] = index;
	freed = store->freed;
	if (freed)
		freed(store->user);
	g_mutex_unlock(&store->lock);
}

/* Of GstAllocator: the last reference to a memory is gone. */
static void store_free(GstAllocator *allocator, GstMemory *memory)
{
	if (!memory->parent)
		give_back(DSI_MEDIA_STORE(allocator),
			  ((struct frame *)memory)->index);
	g_free(memory);
}

GstMemory *media_store_take(MediaStore *store)
{
	struct frame *frame;
	guint index;

	g_mutex_lock(&store->lock);
	if (store->n_free == 0) {
		g_mutex_unlock(&store->lock);
		return NULL;
	}
	index = store->free[--store->n_free];
	g_mutex_unlock(&store->lock);
	frame = g_new0(struct frame, 1);
	gst_memory_init(&frame->memory, 0, GST_ALLOCATOR(store), NULL,
			store->frame_bytes, PAGE - 1, 0, store->frame_bytes);
	frame->index = index;
	frame->data =
		store->area + store->frames_at + index * store->frame_bytes;
	return &frame->memory;
}

gboolean media_store_place(const MediaStore *store, GstMemory *memory,
			   guint64 *out_offset, guint32 *out_bytes)
{
	const struct frame *frame = (const struct frame *)memory;

	if (memory->allocator != (const GstAllocator *)store)
		return FALSE;
	*out_offset =
		(guint64)(frame->data - store->area) + frame->memory.offset;
	*out_bytes = (guint32)frame->memory.size;
	return TRUE;
}

/* ---- the area ------------------------------------------------------------ */

static gboolean fail(GError **error, const char *what, guint64 bytes)
{
	int code = errno;

	g_set_error(error, G_IO_ERROR, g_io_error_from_errno(code),
		    "%s of %" G_GUINT64_FORMAT " bytes for the frames: %s",
		    what, bytes, g_strerror(code));
	return FALSE;
}

static gboolean store_open(MediaStore *store, GError **error)
{
	/* libdsi seals it: a descriptor that cannot shrink can also become a
	 * dma-buf by /dev/udmabuf. */
	store->fd = memfd_create("dsi-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (store->fd < 0 || ftruncate(store->fd, (off_t)store->bytes) != 0)
		return fail(error, "a memfd", store->bytes);
	store->area = mmap(NULL, store->bytes, PROT_READ | PROT_WRITE,
			   MAP_SHARED, store->fd, 0);
	if (store->area == MAP_FAILED) {
		store->area = NULL;
		return fail(error, "a mapping", store->bytes);
	}
	return TRUE;
}

MediaStore *media_store_new(guint packets, guint frames, gsize frame_bytes,
			    GError **error)
{
	MediaStore *store = g_object_new(MEDIA_STORE_TYPE, NULL);

	gst_object_ref_sink(store);
	store->frame_bytes = (frame_bytes + PAGE - 1) / PAGE * PAGE;
	store->frames_at = (guint64)packets * MEDIA_HEADER_SLOT;
	store->bytes = store->frames_at + (guint64)frames * store->frame_bytes +
		       MEDIA_BOARD_BYTES;
	store->free = g_new(guint, frames);
	while (store->n_free < frames) {
		store->free[store->n_free] = frames - 1 - store->n_free;
		store->n_free++;
	}
	if (!store_open(store, error))
		gst_clear_object(&store);
	return store;
}

void media_store_on_free(MediaStore *store, void (*freed)(void *user),
			 void *user)
{
	g_mutex_lock(&store->lock);
	store->freed = freed;
	store->user = user;
	g_mutex_unlock(&store->lock);
}

gsize media_store_frame_bytes(const MediaStore *store)
{
	return store->frame_bytes;
}

int media_store_fd(const MediaStore *store)
{
	return store->fd;
}

guint64 media_store_bytes(const MediaStore *store)
{
	return store->bytes;
}

struct media_board *media_store_board(const MediaStore *store)
{
	return (struct media_board *)(store->area + store->bytes -
				      MEDIA_BOARD_BYTES);
}

/* ---- GObject ------------------------------------------------------------- */

/* Memory comes from media_store_take(), which knows whom to wait for. */
static GstMemory *store_alloc(GstAllocator *allocator, gsize size,
			      GstAllocationParams *params)
{
	(void)allocator;
	(void)size;
	(void)params;
	return NULL;
}

static void media_store_finalize(GObject *object)
{
	MediaStore *store = DSI_MEDIA_STORE(object);

	if (store->area)
		(void)munmap(store->area, store->bytes);
	if (store->fd >= 0)
		(void)close(store->fd);
	g_free(store->free);
	g_mutex_clear(&store->lock);
	G_OBJECT_CLASS(media_store_parent_class)->finalize(object);
}

static void media_store_class_init(MediaStoreClass *klass)
{
	GstAllocatorClass *allocator = GST_ALLOCATOR_CLASS(klass);

	allocator->alloc = store_alloc;
	allocator->free = store_free;
	G_OBJECT_CLASS(klass)->finalize = media_store_finalize;
}

static void media_store_init(MediaStore *store)
{
	GstAllocator *allocator = GST_ALLOCATOR(store);

	allocator->mem_type = MEMORY_TYPE;
	allocator->mem_map = frame_map;
	allocator->mem_unmap = frame_unmap;
	allocator->mem_share = frame_share;
	GST_OBJECT_FLAG_SET(store, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
	store->fd = -1;
	g_mutex_init(&store->lock);
}
