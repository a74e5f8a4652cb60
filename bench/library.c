/* SPDX-License-Identifier: MIT */
/*
 * See library.h. The file is copied into memory and looked at before the dynamic linker sees it, which would map what a
 * truncated file lacks and die of it.
 */
#define _GNU_SOURCE /* memfd_create */
#include "library.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOULD_BE "should be a libmepkernels.so, as `ninja` leaves it in build/kernels"
#define MAX_BYTES ((off_t)1 << 28)

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_NONE
#endif

struct source {
	const char *flag, *path;
	struct failure *f;
};

static int refuse(const struct source *s, const char *what)
{
	return fail(s->f, -EINVAL, "--%s=%.200s: %.200s; " SHOULD_BE, s->flag, s->path, what);
}

static int open_file(const struct source *s, int *fd)
{
	struct stat st = {.st_mode = 0};

	*fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return refuse(s, strerror(errno));
	if (!fstat(*fd, &st) && S_ISREG(st.st_mode) && st.st_size <= MAX_BYTES)
		return 0;
	close(*fd);
	return refuse(s, S_ISDIR(st.st_mode)	? "it is a folder"
			 : !S_ISREG(st.st_mode) ? "it is not a regular file"
						: "it is larger than 256 MiB");
}

static int copy_bytes(const struct source *s, int from, int to)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			return fail(s->f, -ENOMEM, "--%s=%.200s: no memory for a copy of it", s->flag, s->path);
	return n < 0 ? refuse(s, strerror(errno)) : 0;
}

static int copy_file(const struct source *s, int *copy)
{
	int fd, rc = open_file(s, &fd);

	if (rc)
		return rc;
	*copy = memfd_create("mepkernels", MFD_CLOEXEC);
	if (*copy < 0)
		rc = fail(s->f, -errno, "--%s=%.200s: no copy can be made of it: %s", s->flag, s->path,
			  strerror(errno));
	else
		rc = copy_bytes(s, fd, *copy);
	if (rc && *copy >= 0)
		close(*copy);
	close(fd);
	return rc;
}

/* Every byte that its header says will be mapped is there. */
static bool is_whole(int fd, const Elf64_Ehdr *header, off_t size)
{
	for (int i = 0; i < header->e_phnum; i++) {
		off_t at = (off_t)header->e_phoff + i * (off_t)sizeof(Elf64_Phdr);
		Elf64_Phdr p;

		if (header->e_phoff > (Elf64_Off)size || pread(fd, &p, sizeof(p), at) != sizeof(p) ||
		    p.p_offset > (Elf64_Off)size || p.p_filesz > (Elf64_Xword)size - p.p_offset)
			return false;
	}
	return header->e_phnum > 0;
}

static int check_elf(const struct source *s, int fd)
{
	struct stat st;
	Elf64_Ehdr h;

	if (fstat(fd, &st) || pread(fd, &h, sizeof(h), 0) != sizeof(h) || memcmp(h.e_ident, ELFMAG, SELFMAG) ||
	    h.e_type != ET_DYN)
		return refuse(s, "it is not a shared library");
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_machine != MACHINE || h.e_phentsize != sizeof(Elf64_Phdr))
		return refuse(s, "it is built for another kind of machine");
	return is_whole(fd, &h, st.st_size) ? 0 : refuse(s, "the file is cut off");
}

static int map_copy(const struct source *s, struct library *l)
{
	char name[32];
	const char *why;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", l->fd);
	l->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (l->handle)
		return 0;
	why = dlerror();
	if (!strncmp(why, name, strlen(name)))
		why += strlen(name) + strspn(why + strlen(name), ": ");
	return refuse(s, why);
}

static int check_kernels(const struct source *s, struct library *l)
{
	static const struct kernel_library own = {.version = KERNEL_LIBRARY_VERSION, .layout = KERNEL_LIBRARY_LAYOUT};
	const struct kernel_library *k = dlsym(l->handle, KERNEL_LIBRARY_SYMBOL);

	if (!k || strncmp(k->magic, KERNEL_LIBRARY_MAGIC, sizeof(k->magic)))
		return refuse(s, "it is a library of something else");
	if (k->version != own.version || memcmp(k->layout, own.layout, sizeof(own.layout)))
		return fail(s->f, -EINVAL,
			    "--%s=%.200s: its kernels take operands of another layout; should be of a revision with "
			    "the same kernels/kernel.h as this program",
			    s->flag, s->path);
	if (strncmp(k->openmp, KERNEL_LIBRARY_OPENMP, sizeof(k->openmp)))
		return fail(s->f, -EINVAL,
			    "--%s=%.200s: its threads are those of %.15s, this program's of " KERNEL_LIBRARY_OPENMP
			    "; should be built by the same kind of compiler",
			    s->flag, s->path, k->openmp);
	l->kernels = k;
	return 0;
}

int library_open(struct library *l, const char *flag, const char *path, struct failure *f)
{
	const struct source s = {flag, path, f};
	int rc;

	*l = (struct library){.fd = -1};
	rc = copy_file(&s, &l->fd);
	if (rc) {
		*l = (struct library){.kernels = NULL};
		return rc;
	}
	rc = check_elf(&s, l->fd);
	rc = rc ? rc : map_copy(&s, l);
	rc = rc ? rc : check_kernels(&s, l);
	if (rc)
		library_close(l);
	return rc;
}

void library_close(struct library *l)
{
	if (l->handle)
		dlclose(l->handle);
	if (l->handle || l->fd > 0)
		close(l->fd);
	*l = (struct library){.kernels = NULL};
}
