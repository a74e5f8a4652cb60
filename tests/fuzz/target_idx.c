/* SPDX-License-Identifier: MIT */
/* IDX files, plain and gzip: what is taken has as many bytes as its header says. */
#include "data/idx.h"
#include "fuzz.h"

#include <zlib.h>

static void read_one(const char *path, int n_dims)
{
	struct failure f = {""};
	struct idx idx;
	int rc = idx_read(&idx, path, n_dims, &f);

	fuzz_expect_sentence(rc, &f);
	if (rc)
		return;
	if (crc32(0, idx.data, (unsigned)(idx.dims[0] * idx.dims[1] * idx.dims[2])) == idx.crc)
		fuzz_broken("the checksum leaves the header out");
	idx_release(&idx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);

	read_one(path, 1);
	read_one(path, 3);
	if (fuzz_one_in(8, data, size))
		read_one(fuzz_gzip(data, size), size > 3 && data[3] == 3 ? 3 : 1);
	return 0;
}
