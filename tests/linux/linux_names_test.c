/* SPDX-License-Identifier: MIT */
/*
 * linux_names_test.c - names: offer, take over, race, list, wait, and who is
 * let in.  Everything in a directory of its own.
 */
#define _GNU_SOURCE
#include "linux_test.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

static char place[512];

static void place_path(char *out, size_t size, const char *file)
{
	(void)snprintf(out, size, "%s/%s", place, file);
}

static mode_t mode_of(const char *file)
{
	char path[600];
	struct stat st;

	place_path(path, sizeof(path), file);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	return st.st_mode & 07777;
}

static int exists(const char *file)
{
	char path[600];
	struct stat st;

	place_path(path, sizeof(path), file);
	return lstat(path, &st) == 0;
}

static int make_place(void **state)
{
	static const char template[] = "/tmp/dsi-names-XXXXXX";

	(void)state;
	memcpy(place, template, sizeof(template));
	if (!mkdtemp(place))
		return -1;
	return setenv("DSI_RUNTIME_DIR", place, 1);
}

static int drop_place(void **state)
{
	struct dirent *entry;
	DIR *dir = opendir(place);
	char path[800];

	(void)state;
	while (dir && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", place,
			       entry->d_name);
		(void)unlink(path);
	}
	if (dir)
		(void)closedir(dir);
	return rmdir(place);
}

static struct dsi_port_listener *offer(const char *name, uint32_t kind)
{
	struct dsi_port_listener *listener = NULL;

	assert_int_equal(dsi_port_listen(name, kind, NULL, &listener), 0);
	assert_non_null(listener);
	return listener;
}

static int try_listen(const char *name)
{
	struct dsi_port_listener *listener = NULL;
	int result = dsi_port_listen(name, DSI_PORT_STREAM, NULL, &listener);

	if (result == 0)
		dsi_port_listener_close(listener);
	return result;
}

static int try_connect(const char *name, uint32_t kind)
{
	int32_t conn;
	int result = dsi_port_connect(name, kind, &conn);

	if (result == 0)
		dsi_port_handle_close(conn);
	return result;
}

static void offer_and_connect(void **state)
{
	int before = test_open_fds();
	struct dsi_port_listener *listener = offer("cam", DSI_PORT_STREAM);
	struct dsi_peer self, peer;
	int32_t conn, other;

	(void)state;
	assert_int_equal(dsi_port_accept(listener, &other, &peer), -DSI_EAGAIN);
	assert_int_equal(dsi_port_connect("cam", DSI_PORT_STREAM, &conn), 0);
	assert_int_equal(dsi_port_conn_wait(dsi_port_listener_handle(listener),
					    DSI_FOREVER),
			 0);
	assert_int_equal(dsi_port_accept(listener, &other, &peer), 0);
	dsi_port_self(&self);
	assert_memory_equal(&peer, &self, sizeof(peer));
	assert_int_equal(dsi_port_peer(conn, &peer), 0);
	assert_memory_equal(&peer, &self, sizeof(peer));
	assert_int_equal(dsi_port_send(conn, "hello", 5, NULL, 0), 0);
	dsi_port_handle_close(conn);
	dsi_port_handle_close(other);

	assert_int_equal(try_connect("cam", DSI_PORT_COMPONENT), -DSI_ENOENT);
	assert_int_equal(try_connect("camera", DSI_PORT_STREAM), -DSI_ENOENT);
	dsi_port_listener_close(listener);
	assert_false(exists("cam"));
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), -DSI_ENOENT);
	dsi_port_listener_close(NULL);
	assert_int_equal(test_open_fds(), before);
}

static void bad_names(void **state)
{
	static const char *const names[] = {"",	   ".",	   "..",   ".x",
					    "a/b", "../x", "sys:", "sys:../x"};
	char big[200];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(try_listen(names[i]), -DSI_EINVAL);
		assert_int_equal(try_connect(names[i], DSI_PORT_STREAM),
				 -DSI_EINVAL);
	}
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(try_listen(big), -DSI_ENAMETOOLONG);
	big[DSI_NAME_BYTES - 1] = '\0';
	assert_int_equal(try_listen(big), 0);
}

static void live_owner_keeps_it(void **state)
{
	int before = test_open_fds();
	struct dsi_port_listener *listener = offer("cam", DSI_PORT_STREAM);
	struct dsi_port_listener *component = offer("cam", DSI_PORT_COMPONENT);

	(void)state;
	assert_true(exists("cam@component"));
	assert_int_equal(try_listen("cam"), -DSI_EEXIST);
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), 0);
	dsi_port_listener_close(listener);
	dsi_port_listener_close(component);
	assert_int_equal(try_listen("cam"), 0);
	assert_int_equal(test_open_fds(), before);
}

/* A child that has the name and is then killed. */
static void die_with_name(const char *name, const struct dsi_access *access)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct dsi_port_listener *listener;

		TEST_CHILD(dsi_port_listen(name, DSI_PORT_STREAM, access,
					   &listener) == 0);
		TEST_CHILD(write(ready[1], "x", 1) == 1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(test_reap(child), 128 + SIGKILL);
}

static void dead_owner_loses_it(void **state)
{
	(void)state;
	die_with_name("cam", NULL);
	assert_true(exists("cam"));
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), -DSI_ENOENT);
	assert_int_equal(try_listen("cam"), 0);
	assert_false(exists("cam"));
}

/* Its rule locks out the owner's own probe; not for root, who passes all. */
static void dead_owner_with_group_rule(void **state)
{
	struct dsi_access access = {.size = sizeof(access), .mode = 0060};
	struct dsi_port_listener *listener;
	pid_t child;

	(void)state;
	assert_int_equal(chmod(place, 0777), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0) {
			TEST_CHILD(setgroups(0, NULL) == 0);
			TEST_CHILD(setresgid(65534, 65534, 65534) == 0);
			TEST_CHILD(setresuid(65534, 65534, 65534) == 0);
		}
		die_with_name("cam", &access);
		TEST_CHILD(mode_of("cam") == 0060);
		TEST_CHILD(dsi_port_listen("cam", DSI_PORT_STREAM, &access,
					   &listener) == 0);
		TEST_CHILD(try_listen("cam") == -DSI_EEXIST);
		TEST_CHILD(mode_of("cam") == 0060);
		dsi_port_listener_close(listener);
		_exit(0);
	}
	assert_int_equal(test_reap(child), 0);
}

static void what_is_no_name_stays(void **state)
{
	char path[600], target[600];
	int fd;

	(void)state;
	place_path(path, sizeof(path), "file");
	fd = open(path, O_CREAT | O_RDWR, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(try_listen("file"), -DSI_EEXIST);
	assert_true(exists("file"));

	die_with_name("dead", NULL);
	place_path(path, sizeof(path), "link");
	place_path(target, sizeof(target), "dead");
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(try_listen("link"), -DSI_EEXIST);
	assert_true(exists("link"));
	assert_true(exists("dead"));
}

/* Many want the name of a dead owner at once; one gets it. */
static void one_of_many_wins(void **state)
{
	enum { RACERS = 4, ROUNDS = 25 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int go[2], result[2], stay[2], won = 0;
		pid_t racers[RACERS];

		die_with_name("race", NULL);
		assert_int_equal(pipe(go), 0);
		assert_int_equal(pipe(result), 0);
		assert_int_equal(pipe(stay), 0);
		for (int i = 0; i < RACERS; i++) {
			racers[i] = fork();
			assert_true(racers[i] >= 0);
			if (racers[i] == 0) {
				struct dsi_port_listener *listener;
				int code;
				char byte;

				(void)close(go[1]);
				(void)close(stay[1]);
				(void)!read(go[0], &byte, 1); /* end of file */
				code = dsi_port_listen("race", DSI_PORT_STREAM,
						       NULL, &listener);
				TEST_CHILD(code == 0 || code == -DSI_EEXIST);
				byte = code == 0 ? 'w' : 'l';
				TEST_CHILD(write(result[1], &byte, 1) == 1);
				(void)!read(stay[0], &byte, 1);
				_exit(0);
			}
		}
		(void)close(go[0]);
		(void)close(go[1]);
		for (int i = 0; i < RACERS; i++) {
			char byte = 0;

			assert_int_equal(read(result[0], &byte, 1), 1);
			won += byte == 'w';
		}
		assert_int_equal(won, 1);
		assert_int_equal(try_connect("race", DSI_PORT_STREAM), 0);
		(void)close(stay[0]);
		(void)close(stay[1]);
		(void)close(result[0]);
		(void)close(result[1]);
		for (int i = 0; i < RACERS; i++)
			assert_int_equal(test_reap(racers[i]), 0);
	}
}

/* ---- who is let in ------------------------------------------------------ */

static int allow(void *user, const struct dsi_peer *peer)
{
	(void)user;
	(void)peer;
	return 1;
}

static void mode_of_the_file(void **state)
{
	static const struct {
		uint32_t given;
		mode_t is;
	} cases[] = {
		{0, 0600},    {0600, 0600}, {0660, 0660}, {0666, 0666},
		{0060, 0060}, {0006, 0006}, {0777, 0666}, {06666, 0666},
		{0640, 0600}, {0622, 0600}, {0400, 0000},
	};
	static const mode_t masks[] = {0, 022, 077, 0777};
	struct dsi_access access = {.size = sizeof(access)};
	struct dsi_port_listener *listener;

	(void)state;
	for (size_t m = 0; m < sizeof(masks) / sizeof(*masks); m++) {
		mode_t before = umask(masks[m]);

		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			access.mode = cases[i].given;
			assert_int_equal(dsi_port_listen("cam", DSI_PORT_STREAM,
							 &access, &listener),
					 0);
			assert_int_equal(mode_of("cam"), cases[i].is);
			dsi_port_listener_close(listener);
		}
		listener = offer("cam", DSI_PORT_STREAM);
		assert_int_equal(mode_of("cam"), 0600);
		dsi_port_listener_close(listener);
		(void)umask(before);
	}
	access.permit = allow;
	access.mode = 0600;
	assert_int_equal(
		dsi_port_listen("cam", DSI_PORT_STREAM, &access, &listener), 0);
	assert_int_equal(mode_of("cam"), 0666);
	dsi_port_listener_close(listener);
}

/* What another user gets, and how the name looks in its list. */
static void count_name(void *user, const char *name)
{
	(void)name;
	++*(int *)user;
}

static int as_nobody(uint32_t gid)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		int seen = 0;

		if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
		    setresuid(65534, 65534, 65534) < 0)
			_exit(77);
		/* Visible also where not permitted. */
		TEST_CHILD(dsi_port_names(DSI_PORT_STREAM, count_name, &seen) >=
			   1);
		TEST_CHILD(seen >= 1);
		_exit(-try_connect("cam", DSI_PORT_STREAM));
	}
	return test_reap(child);
}

static void other_users(void **state)
{
	struct dsi_access access = {.size = sizeof(access), .mode = 0660};
	struct dsi_port_listener *listener;

	(void)state;
	if (geteuid() != 0)
		TEST_SKIP("other users are a matter of root");
	assert_int_equal(chmod(place, 0755), 0);
	listener = offer("cam", DSI_PORT_STREAM);
	assert_int_equal(as_nobody(65534), DSI_EACCES);
	dsi_port_listener_close(listener);

	access.owner_given = 1;
	access.uid = 4242;
	access.gid = 4343;
	assert_int_equal(
		dsi_port_listen("cam", DSI_PORT_STREAM, &access, &listener), 0);
	assert_int_equal(as_nobody(65534), DSI_EACCES);
	assert_int_equal(as_nobody(4343), 0);
	dsi_port_listener_close(listener);

	access.uid = 65534;
	assert_int_equal(
		dsi_port_listen("cam", DSI_PORT_STREAM, &access, &listener), 0);
	assert_int_equal(as_nobody(65534), 0);
	dsi_port_listener_close(listener);
}

/* Neither may we give files away, nor write into a stranger's place. */
static void without_permission(void **state)
{
	struct dsi_access access = {
		.size = sizeof(access), .owner_given = 1, .uid = 0, .gid = 0};
	struct dsi_port_listener *listener;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		TEST_SKIP("other users are a matter of root");
	for (int writable = 0; writable < 2; writable++) {
		assert_int_equal(chmod(place, writable ? 0777 : 0755), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			TEST_CHILD(setresgid(65534, 65534, 65534) == 0);
			TEST_CHILD(setresuid(65534, 65534, 65534) == 0);
			TEST_CHILD(dsi_port_listen("cam", DSI_PORT_STREAM,
						   writable ? &access : NULL,
						   &listener) == -DSI_EACCES);
			TEST_CHILD(!exists("cam"));
			_exit(0);
		}
		assert_int_equal(test_reap(child), 0);
	}
}

/* ---- copies, strangers, and full tables --------------------------------- */

static void child_does_not_withdraw(void **state)
{
	struct dsi_port_listener *listener = offer("cam", DSI_PORT_STREAM);
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		dsi_port_listener_close(listener);
		_exit(0);
	}
	assert_int_equal(test_reap(child), 0);
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), 0);
	dsi_port_listener_close(listener);
	assert_false(exists("cam"));
}

static void only_its_own_is_withdrawn(void **state)
{
	struct dsi_port_listener *first = offer("cam", DSI_PORT_STREAM);
	struct dsi_port_listener *second;
	char path[600];

	(void)state;
	place_path(path, sizeof(path), "cam");
	assert_int_equal(unlink(path), 0); /* somebody tidied up */
	second = offer("cam", DSI_PORT_STREAM);
	dsi_port_listener_close(first);
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), 0);
	dsi_port_listener_close(second);
}

static void stranger_holds_the_lock(void **state)
{
	int dir = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(flock(dir, LOCK_EX), 0);
	assert_int_equal(try_listen("cam"), -DSI_EBUSY);
	(void)close(dir);
	assert_int_equal(try_listen("cam"), 0);
}

static void no_descriptor_for_a_peer(void **state)
{
	struct dsi_port_listener *listener = offer("cam", DSI_PORT_STREAM);
	struct pollfd ready = {.events = POLLIN};
	struct rlimit old, low;
	struct dsi_peer peer;
	int32_t conn, other;

	(void)state;
	assert_int_equal(dsi_port_connect("cam", DSI_PORT_STREAM, &conn), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	ready.fd = dsi_port_listener_handle(listener);
	assert_int_equal(dsi_port_accept(listener, &other, &peer), -DSI_EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	(void)close(conn);
	dsi_port_listener_close(listener);

	/* A limit that leaves the one in reserve: the peer is sent away, and
	 * the loop does not spin on it. */
	listener = offer("cam", DSI_PORT_STREAM);
	ready.fd = dsi_port_listener_handle(listener);
	assert_int_equal(dsi_port_connect("cam", DSI_PORT_STREAM, &conn), 0);
	low.rlim_cur = (rlim_t)dup(0); /* the lowest free number */
	(void)close((int)low.rlim_cur);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(dsi_port_accept(listener, &other, &peer), -DSI_EMFILE);
	assert_int_equal(dsi_port_accept(listener, &other, &peer), -DSI_EAGAIN);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(poll(&ready, 1, 0), 0);
	dsi_port_handle_close(conn);
	dsi_port_listener_close(listener);
}

static void full_queue(void **state)
{
	struct dsi_port_listener *listener = offer("cam", DSI_PORT_STREAM);
	int32_t conns[4096];
	int result, n = 0;

	(void)state;
	do
		result = dsi_port_connect("cam", DSI_PORT_STREAM, &conns[n]);
	while (result == 0 && ++n < 4096);
	assert_int_equal(result, -DSI_EAGAIN);
	assert_int_equal(try_listen("cam"), -DSI_EEXIST); /* alive */
	while (n > 0)
		dsi_port_handle_close(conns[--n]);
	dsi_port_listener_close(listener);
}

/* ---- where ------------------------------------------------------------- */

static void long_path(void **state)
{
	struct dsi_port_listener *listener;
	char longer[300];
	size_t n = strlen(place);

	(void)state;
	memcpy(longer, place, n);
	longer[n++] = '/';
	memset(longer + n, 'd', 150);
	longer[n + 150] = '\0';
	assert_int_equal(setenv("DSI_RUNTIME_DIR", longer, 1), 0);
	listener = offer("cam", DSI_PORT_STREAM); /* makes the directory */
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), 0);
	assert_int_equal(try_listen("cam"), -DSI_EEXIST);
	dsi_port_listener_close(listener);
	assert_int_equal(rmdir(longer), 0);
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), -DSI_ENOENT);
	assert_int_equal(setenv("DSI_RUNTIME_DIR", place, 1), 0);
}

static void xdg_place(void **state)
{
	struct dsi_port_listener *listener;
	char path[600];

	(void)state;
	assert_int_equal(unsetenv("DSI_RUNTIME_DIR"), 0);
	assert_int_equal(setenv("XDG_RUNTIME_DIR", place, 1), 0);
	listener = offer("cam", DSI_PORT_STREAM);
	place_path(path, sizeof(path), "dsi");
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), 0);
	dsi_port_listener_close(listener);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
	assert_int_equal(setenv("DSI_RUNTIME_DIR", place, 1), 0);
}

/* ---- list and wait ------------------------------------------------------ */

struct seen {
	char all[1024];
	int n;
};

/* Not what others have in the system's place. */
static void note_name(void *user, const char *name)
{
	struct seen *seen = user;
	size_t used = strlen(seen->all);

	if (strncmp(name, "sys:", 4) == 0)
		return;
	seen->n++;
	(void)snprintf(seen->all + used, sizeof(seen->all) - used, "<%s>",
		       name);
}

static void list_of_names(void **state)
{
	struct dsi_port_listener *one = offer("one", DSI_PORT_STREAM);
	struct dsi_port_listener *two = offer("t.w-o_2", DSI_PORT_STREAM);
	struct dsi_port_listener *part = offer("part", DSI_PORT_COMPONENT);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct seen streams = {{0}, 0}, components = {{0}, 0};
	int before = test_open_fds();
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	char path[600];

	(void)state;
	die_with_name("dead", NULL);
	place_path(path, sizeof(path), "file");
	assert_int_equal(mkfifo(path, 0600), 0);
	/* A name that would write on the terminal of whoever lists it. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/%s",
		       place, "bad\033[2J");
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(fd, 1), 0);

	assert_true(dsi_port_names(DSI_PORT_STREAM, note_name, &streams) >= 2);
	assert_int_equal(streams.n, 2);
	assert_non_null(strstr(streams.all, "<one>"));
	assert_non_null(strstr(streams.all, "<t.w-o_2>"));
	assert_false(exists("dead"));
	assert_true(exists("file"));
	assert_true(dsi_port_names(DSI_PORT_COMPONENT, note_name,
				   &components) >= 1);
	assert_string_equal(components.all, "<part>");
	(void)close(fd);
	assert_int_equal(test_open_fds(), before);
	dsi_port_listener_close(one);
	dsi_port_listener_close(two);
	dsi_port_listener_close(part);
}

static void place_that_is_not_there(void **state)
{
	struct seen seen = {{0}, 0};

	(void)state;
	assert_int_equal(setenv("DSI_RUNTIME_DIR", "/nowhere/at/all", 1), 0);
	assert_int_equal(try_listen("cam"), -DSI_EACCES);
	assert_int_equal(try_connect("cam", DSI_PORT_STREAM), -DSI_ENOENT);
	assert_true(dsi_port_names(DSI_PORT_STREAM, note_name, &seen) >= 0);
	assert_int_equal(seen.n, 0);
	while (dsi_port_names_wait(test_in_ms(1)) == 0)
		;
	assert_int_equal(setenv("DSI_RUNTIME_DIR", place, 1), 0);
}

static void wait_for_a_name(void **state)
{
	int before = test_open_fds();
	int stay[2];
	pid_t child;

	(void)state;
	assert_int_equal(dsi_port_names_wait(0), -DSI_ETIMEDOUT);
	assert_int_equal(pipe(stay), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct dsi_port_listener *listener;
		char byte;

		(void)close(stay[1]);
		(void)usleep(20000);
		TEST_CHILD(dsi_port_listen("late", DSI_PORT_STREAM, NULL,
					   &listener) == 0);
		(void)!read(stay[0], &byte, 1);
		dsi_port_listener_close(listener);
		_exit(0);
	}
	while (try_connect("late", DSI_PORT_STREAM) == -DSI_ENOENT)
		assert_int_equal(dsi_port_names_wait(DSI_FOREVER), 0);
	assert_int_equal(try_connect("late", DSI_PORT_STREAM), 0);
	(void)close(stay[0]);
	(void)close(stay[1]);
	assert_int_equal(test_reap(child), 0);
	assert_int_equal(test_open_fds(), before);
}

#define NAMES_TEST(f) cmocka_unit_test_setup_teardown(f, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NAMES_TEST(offer_and_connect),
		NAMES_TEST(bad_names),
		NAMES_TEST(live_owner_keeps_it),
		NAMES_TEST(dead_owner_loses_it),
		NAMES_TEST(dead_owner_with_group_rule),
		NAMES_TEST(what_is_no_name_stays),
		NAMES_TEST(one_of_many_wins),
		NAMES_TEST(mode_of_the_file),
		NAMES_TEST(other_users),
		NAMES_TEST(without_permission),
		NAMES_TEST(child_does_not_withdraw),
		NAMES_TEST(only_its_own_is_withdrawn),
		NAMES_TEST(stranger_holds_the_lock),
		NAMES_TEST(no_descriptor_for_a_peer),
		NAMES_TEST(full_queue),
		NAMES_TEST(long_path),
		NAMES_TEST(xdg_place),
		NAMES_TEST(list_of_names),
		NAMES_TEST(place_that_is_not_there),
		NAMES_TEST(wait_for_a_name),
	};

	(void)alarm(TEST_HANG_S);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
