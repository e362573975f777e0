/* SPDX-License-Identifier: MIT */
/* linux_region_test.c - seals, and what may not pass for a region. */
#define _GNU_SOURCE
#include "linux_test.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define SEALS_COMPARED                                              \
	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | \
	 F_SEAL_FUTURE_WRITE)
#define SEALS_MIN (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW)

static uint64_t page;

static int memfd(uint64_t bytes, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

/* Attach consumes the handle in any case, so the count must be as before. */
static int attach(int fd, uint64_t bytes, uint32_t access)
{
	struct dsi_port_region region;
	int before = test_open_fds();
	int result = dsi_port_region_attach(&region, fd, bytes, access);
	int expected = fd >= 0 ? before - 1 : before;

	assert_int_equal(test_settled_fds(expected), expected);
	dsi_port_region_fini(&region);
	assert_null(region.addr);
	return result;
}

static void created_region_is_sealed(void **state)
{
	struct dsi_port_region region;
	int before = test_open_fds();

	(void)state;
	assert_int_equal(
		dsi_port_region_create(&region, page + 1, DSI_PORT_READ), 0);
	assert_int_equal(region.bytes, 2 * page);
	for (uint64_t i = 0; i < region.bytes; i++)
		assert_int_equal(((const char *)region.addr)[i], 0);
	assert_int_equal(fcntl(region.handle, F_GET_SEALS) & SEALS_COMPARED,
			 SEALS_MIN | F_SEAL_FUTURE_WRITE);
	assert_int_equal(fcntl(region.handle, F_GETFD) & FD_CLOEXEC,
			 FD_CLOEXEC);
	assert_int_equal(ftruncate(region.handle, 0), -1);
	assert_int_equal(ftruncate(region.handle, (off_t)(9 * page)), -1);
	dsi_port_region_fini(&region);
	dsi_port_region_fini(&region); /* twice is fine */

	assert_int_equal(dsi_port_region_create(&region, 1, DSI_PORT_WRITE), 0);
	assert_int_equal(fcntl(region.handle, F_GET_SEALS) & SEALS_COMPARED,
			 SEALS_MIN);
	dsi_port_region_fini(&region);
	assert_int_equal(test_open_fds(), before);
}

static void impossible_sizes(void **state)
{
	static const uint64_t sizes[] = {0, UINT64_MAX, UINT64_MAX - 4096,
					 INT64_MAX, UINT64_C(1) << 62};
	struct dsi_port_region region;
	int before = test_open_fds();

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		assert_true(dsi_port_region_create(&region, sizes[i],
						   DSI_PORT_READ) < 0);
	assert_int_equal(test_open_fds(), before);
	memset(&region, 0, sizeof(region));
	dsi_port_region_fini(&region); /* must not close descriptor 0 */
	assert_true(fcntl(0, F_GETFD) >= 0);
}

/* Every way to write that the holder of the descriptor could try. */
static void reader_cannot_write(void **state)
{
	struct dsi_port_region region, reader;
	char path[64];
	int copy, again, pipes[2];

	(void)state;
	assert_int_equal(dsi_port_region_create(&region, page, DSI_PORT_READ),
			 0);
	copy = dup(region.handle);
	assert_true(mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, copy,
			 0) == MAP_FAILED);
	assert_int_equal(pwrite(copy, "x", 1, 0), -1);
	assert_int_equal(fallocate(copy,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   0, (off_t)page),
			 -1);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
	again = open(path, O_RDWR | O_CLOEXEC);
	assert_true(again >= 0);
	assert_true(mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, again,
			 0) == MAP_FAILED);
	(void)close(again);
	assert_int_equal(attach(dup(copy), page, DSI_PORT_WRITE), -DSI_EACCES);

	assert_int_equal(
		dsi_port_region_attach(&reader, copy, page, DSI_PORT_READ), 0);
	assert_int_equal(mprotect(reader.addr, page, PROT_READ | PROT_WRITE),
			 -1);
	/* The kernel writes for us, and says EFAULT instead of SIGSEGV. */
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	assert_int_equal(read(pipes[0], reader.addr, 1), -1);
	assert_int_equal(errno, EFAULT);
	(void)close(pipes[0]);
	(void)close(pipes[1]);

	/* It sees what the owner writes. */
	*(char *)region.addr = 'w';
	assert_int_equal(*(const char *)reader.addr, 'w');
	dsi_port_region_fini(&region);
	assert_int_equal(*(const char *)reader.addr, 'w');
	dsi_port_region_fini(&reader);
}

static void shared_to_write(void **state)
{
	struct dsi_port_region region, other;

	(void)state;
	assert_int_equal(dsi_port_region_create(&region, page, DSI_PORT_WRITE),
			 0);
	assert_int_equal(dsi_port_region_attach(&other, dup(region.handle),
						page, DSI_PORT_WRITE),
			 0);
	*(char *)other.addr = 'o';
	assert_int_equal(*(const char *)region.addr, 'o');
	dsi_port_region_fini(&other);
	dsi_port_region_fini(&region);
}

/* Memory as it should be, that who gets it may not read: opened with @mode,
 * O_WRONLY, or O_ACCMODE, for ioctl() alone. */
static int not_to_be_read(int mode)
{
	int fd = memfd(page, SEALS_MIN);
	char path[64];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, mode | O_CLOEXEC);
	(void)close(fd);
	return again;
}

/* Access mode 3, which Linux keeps for calls of ioctl() alone.  QEMU's user
 * emulation opens such a file for reading and writing. */
static void only_ioctl(void)
{
	int fd = not_to_be_read(O_ACCMODE);

	assert_true(fd >= 0);
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_ACCMODE) {
		(void)close(fd);
		return;
	}
	assert_int_equal(attach(fd, page, DSI_PORT_READ), -DSI_EPROTO);
	assert_int_equal(
		attach(not_to_be_read(O_ACCMODE), page, DSI_PORT_WRITE),
		-DSI_EPROTO);
}

static void what_is_no_region(void **state)
{
	char path[] = "/tmp/dsi-test-XXXXXX";
	char shm[] = "/dev/shm/dsi-test-XXXXXX";
	int pipes[2], file, tmpfs;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(attach(pipes[0], page, DSI_PORT_READ), -DSI_EPROTO);
	assert_int_equal(
		attach(pipes[1], page, DSI_PORT_READ | DSI_PORT_UNSEALED),
		-DSI_EPROTO);
	assert_int_equal(
		attach(socket(AF_UNIX, SOCK_STREAM, 0), page, DSI_PORT_READ),
		-DSI_EPROTO);
	assert_int_equal(attach(open("/tmp", O_RDONLY), page, DSI_PORT_READ),
			 -DSI_EPROTO);
	assert_int_equal(attach(-1, page, DSI_PORT_READ), -DSI_EPROTO);
	assert_int_equal(attach(not_to_be_read(O_WRONLY), page, DSI_PORT_READ),
			 -DSI_EPROTO);
	assert_int_equal(attach(not_to_be_read(O_WRONLY), page, DSI_PORT_WRITE),
			 -DSI_EPROTO);
	only_ioctl();

	file = mkstemp(path);
	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, (off_t)page), 0);
	assert_int_equal(attach(dup(file), page, DSI_PORT_READ), -DSI_EPROTO);
	assert_int_equal(
		attach(dup(file), page, DSI_PORT_READ | DSI_PORT_UNSEALED), 0);
	assert_int_equal(
		attach(dup(file), 2 * page, DSI_PORT_READ | DSI_PORT_UNSEALED),
		-DSI_EPROTO);
	(void)close(file);
	(void)unlink(path);

	/* It answers F_GET_SEALS, but nothing is sealed. */
	tmpfs = mkstemp(shm);
	if (tmpfs >= 0) {
		assert_int_equal(ftruncate(tmpfs, (off_t)page), 0);
		assert_int_equal(attach(tmpfs, page, DSI_PORT_READ),
				 -DSI_EPROTO);
		(void)unlink(shm);
	}
}

static void seals_and_sizes(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(attach(memfd(page, 0), page, DSI_PORT_READ),
			 -DSI_EPROTO);
	assert_int_equal(attach(memfd(page, F_SEAL_GROW | F_SEAL_WRITE), page,
				DSI_PORT_READ),
			 -DSI_EPROTO);
	assert_int_equal(
		attach(memfd(page, 0), page, DSI_PORT_READ | DSI_PORT_UNSEALED),
		0);
	assert_int_equal(attach(memfd(page, SEALS_MIN), page, DSI_PORT_READ),
			 0);
	assert_int_equal(
		attach(memfd(2 * page, SEALS_MIN), page, DSI_PORT_READ),
		-DSI_EPROTO);
	assert_int_equal(
		attach(memfd(page, SEALS_MIN), 2 * page, DSI_PORT_READ),
		-DSI_EPROTO);
	assert_int_equal(attach(memfd(0, SEALS_MIN), page, DSI_PORT_READ),
			 -DSI_EPROTO);
	assert_int_equal(attach(memfd(page, SEALS_MIN), 0, DSI_PORT_READ),
			 -DSI_EPROTO);
	assert_int_equal(
		attach(memfd(page, SEALS_MIN), page - 1, DSI_PORT_READ),
		-DSI_EPROTO);
	assert_int_equal(
		attach(memfd(page, SEALS_MIN), UINT64_MAX, DSI_PORT_READ),
		-DSI_EPROTO);
	assert_int_equal(attach(memfd(page, SEALS_MIN), UINT64_C(1) << 63,
				DSI_PORT_READ),
			 -DSI_EPROTO);

	/* Shrunk on the way. */
	fd = memfd(2 * page, 0);
	assert_int_equal(ftruncate(fd, (off_t)page), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, SEALS_MIN), 0);
	assert_int_equal(attach(fd, 2 * page, DSI_PORT_READ), -DSI_EPROTO);
}

/* Huge pages can be punched out under a reader, unless sealed. */
static void huge_pages_need_more(void **state)
{
	uint64_t huge = UINT64_C(1) << 21;
	int fd = memfd_create("huge",
			      MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);

	(void)state;
	if (fd < 0 || ftruncate(fd, (off_t)huge) < 0 ||
	    fcntl(fd, F_ADD_SEALS, SEALS_MIN) < 0) {
		if (fd >= 0)
			(void)close(fd);
		TEST_SKIP("no huge pages with seals here");
	}
	assert_int_equal(attach(fd, huge, DSI_PORT_READ), -DSI_EPROTO);
}

/* A peer sends a file of holes: looking at it must not fill them. */
static void holes_stay_holes(void **state)
{
	uint64_t bytes = UINT64_C(1) << 30;
	int fd = memfd(bytes, SEALS_MIN | F_SEAL_FUTURE_WRITE);
	struct stat st;

	(void)state;
	assert_int_equal(attach(dup(fd), bytes, DSI_PORT_READ), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_blocks, 0);
	(void)close(fd);
}

static void import_seals_what_it_may(void **state)
{
	struct dsi_port_region region;
	int before = test_open_fds();
	int fd = memfd(3 * page, 0);
	struct stat st;

	(void)state;
	assert_int_equal(
		dsi_port_region_import(&region, fd, 4 * page, DSI_PORT_READ),
		-DSI_ENOSPC);
	assert_int_equal(fcntl(fd, F_GET_SEALS), 0);
	assert_int_equal(
		dsi_port_region_import(&region, fd, page, DSI_PORT_READ), 0);
	assert_int_equal(region.bytes, 3 * page);
	assert_int_not_equal(region.handle, fd);
	assert_int_equal(fcntl(fd, F_GET_SEALS) & SEALS_COMPARED,
			 SEALS_MIN | F_SEAL_FUTURE_WRITE);
	*(char *)region.addr = 'i';
	assert_int_equal(attach(dup(region.handle), 3 * page, DSI_PORT_READ),
			 0);
	dsi_port_region_fini(&region);
	assert_int_equal(fstat(fd, &st), 0); /* still the caller's */
	(void)close(fd);

	fd = memfd(page, 0);
	assert_int_equal(dsi_port_region_import(&region, fd, 0, DSI_PORT_WRITE),
			 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS) & SEALS_COMPARED, SEALS_MIN);
	assert_int_equal(attach(dup(fd), page, DSI_PORT_WRITE), 0);
	dsi_port_region_fini(&region);
	(void)close(fd);
	assert_int_equal(test_open_fds(), before);
}

static void import_takes_what_cannot_be_sealed(void **state)
{
	char path[] = "/tmp/dsi-test-XXXXXX";
	struct dsi_port_region region;
	int before = test_open_fds();
	int fd = memfd_create("test", MFD_CLOEXEC);
	int pipes[2];

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)page), 0);
	assert_int_equal(
		dsi_port_region_import(&region, fd, page, DSI_PORT_READ), 0);
	assert_int_equal(attach(dup(region.handle), page, DSI_PORT_READ),
			 -DSI_EPROTO);
	dsi_port_region_fini(&region);
	(void)close(fd);

	/* The rest of the last page counts. */
	fd = mkstemp(path);
	assert_int_equal(ftruncate(fd, (off_t)page + 1), 0);
	assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
	assert_int_equal(
		dsi_port_region_import(&region, fd, 2 * page, DSI_PORT_READ),
		0);
	assert_int_equal(region.bytes, 2 * page);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 7);
	dsi_port_region_fini(&region);
	(void)close(fd);

	fd = open(path, O_RDONLY);
	assert_int_equal(
		dsi_port_region_import(&region, fd, page, DSI_PORT_READ),
		-DSI_EACCES);
	(void)close(fd);
	(void)unlink(path);

	assert_int_equal(pipe(pipes), 0);
	assert_true(dsi_port_region_import(&region, pipes[0], page,
					   DSI_PORT_READ) < 0);
	assert_true(dsi_port_region_import(&region, -1, page, DSI_PORT_READ) <
		    0);
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	assert_int_equal(test_open_fds(), before);
}

static void private_memory(void **state)
{
	unsigned char *memory = dsi_port_alloc(100);

	(void)state;
	assert_non_null(memory);
	assert_int_equal((uintptr_t)memory % 64, 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(memory[i], 0);
	dsi_port_free(memory);
	dsi_port_free(dsi_port_alloc(0));
	dsi_port_free(NULL);
	assert_null(dsi_port_alloc(SIZE_MAX));
	assert_null(dsi_port_alloc(SIZE_MAX - 63));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(created_region_is_sealed),
		cmocka_unit_test(impossible_sizes),
		cmocka_unit_test(reader_cannot_write),
		cmocka_unit_test(shared_to_write),
		cmocka_unit_test(what_is_no_region),
		cmocka_unit_test(seals_and_sizes),
		cmocka_unit_test(huge_pages_need_more),
		cmocka_unit_test(holes_stay_holes),
		cmocka_unit_test(import_seals_what_it_may),
		cmocka_unit_test(import_takes_what_cannot_be_sealed),
		cmocka_unit_test(private_memory),
	};

	(void)alarm(TEST_HANG_S);
	page = dsi_port_page_bytes();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
