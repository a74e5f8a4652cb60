/* SPDX-License-Identifier: MIT */
/* See fenced.h: a mapping is a forbidden page, the room for the operand in whole pages, and a forbidden page. */
#include "fenced.h"

#include "kernel.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define CANARY 0xc5

static char subject[256];

static void on_fault(int number)
{
	static const char what[] = ": touched memory that it must not touch\n";
	ssize_t done = write(STDERR_FILENO, subject, strlen(subject));

	done += write(STDERR_FILENO, what, sizeof(what) - 1);
	(void)done;
	(void)number;
	_exit(1);
}

void fenced_subject(const char *text)
{
	struct sigaction action = {.sa_handler = on_fault};

	if (!subject[0]) {
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGBUS, &action, NULL);
	}
	strncpy(subject, text, sizeof(subject) - 1);
}

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

struct fenced fenced_create(size_t bytes, enum fenced_kind kind, enum fenced_place place)
{
	size_t page = page_bytes(), align = kind == FENCED_SCRATCH || place != FENCED_FLUSH ? KERNEL_ALIGN : 1;
	size_t room = (bytes + page - 1) / page * page, back = (bytes + align - 1) / align * align;
	struct fenced f = {.bytes = bytes, .kind = kind, .room = room, .map_bytes = room + 2 * page};

	f.map = mmap(NULL, f.map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(f.map != MAP_FAILED);
	assert_int_equal(room ? mprotect(f.map + page, room, PROT_READ | PROT_WRITE) : 0, 0);
	f.lead = place == FENCED_START ? 0 : room - back;
	f.data = f.map + page + f.lead;
	if (kind == FENCED_INOUT) {
		f.first = malloc(bytes + 1);
		assert_non_null(f.first);
		f.first[bytes] = 0; /* not filled in yet */
	}
	return f;
}

void fenced_destroy(struct fenced *f)
{
	munmap(f->map, f->map_bytes);
	free(f->first);
}

/* The content that the caller has filled in is kept at the first call. */
static void restore(struct fenced *f)
{
	if (!f->first[f->bytes])
		memcpy(f->first, f->data, f->bytes);
	f->first[f->bytes] = 1;
	memcpy(f->data, f->first, f->bytes);
}

void fenced_arm(struct fenced *f, int poison)
{
	char *room = f->map + page_bytes(), *end = f->data + f->bytes;

	if (!f->room)
		return;
	if (f->kind == FENCED_IN) {
		assert_int_equal(mprotect(room, f->room, PROT_READ | PROT_WRITE), 0);
	} else if (f->kind == FENCED_INOUT) {
		restore(f);
	} else {
		memset(f->data, poison, f->bytes);
	}
	memset(room, CANARY, f->lead);
	memset(end, CANARY, (size_t)(room + f->room - end));
	if (f->kind == FENCED_IN)
		assert_int_equal(mprotect(room, f->room, PROT_READ), 0);
}

static bool whole(const char *begin, const char *end)
{
	unsigned char wrong = 0;

	for (const char *p = begin; p < end; p++)
		wrong |= (unsigned char)*p ^ CANARY;
	return !wrong;
}

bool fenced_intact(const struct fenced *f)
{
	const char *room = f->map + page_bytes();

	return whole(room, f->data) && whole(f->data + f->bytes, room + f->room);
}
