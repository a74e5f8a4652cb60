/* SPDX-License-Identifier: MIT */
/* Recordings of gradients, plain and gzip. Where the digest is zero the right one is put in, else no input would pass.
 */
#include "data/recording.h"
#include "fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define DIGEST_AT 200
#define HEADER_BYTES 204

static void read_one(const char *path)
{
	struct failure f = {""};
	struct recording r;
	int rc = recording_read(&r, path, &f);

	fuzz_expect_sentence(rc, &f);
	if (rc)
		return;
	for (size_t i = 0; i < (size_t)r.rows * r.n; i++)
		if (!isfinite(r.dy[i]))
			fuzz_broken("a value that is not finite was taken");
	recording_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	uint32_t digest = 0;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (size >= HEADER_BYTES && !memcmp(copy + DIGEST_AT, &digest, sizeof(digest))) {
		digest = (uint32_t)crc32(0, copy, DIGEST_AT);
		digest = (uint32_t)crc32(digest, copy + HEADER_BYTES, (unsigned)(size - HEADER_BYTES));
		memcpy(copy + DIGEST_AT, &digest, sizeof(digest));
	}
	read_one(fuzz_file(copy, size));
	if (fuzz_one_in(8, data, size))
		read_one(fuzz_gzip(copy, size));
	free(copy);
	return 0;
}
