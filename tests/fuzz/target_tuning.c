/* SPDX-License-Identifier: MIT */
/* The file of measured costs of method auto: what is taken from it leads to a choice for any k. */
#include "fuzz.h"
#include "tune/tune_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int ks[] = {0, 1, 7, 1000000};
	struct tune_cells cells = {0};
	struct failure f = {""};
	int rc = tune_file_read(fuzz_file(data, size), &cells, &f);

	fuzz_expect_sentence(rc, &f);
	for (int i = 0; i < cells.n; i++)
		for (int k = 0; k < 4; k++) {
			struct choice c = tune_choose(&cells.v[i]->table, &kernel_sets[0], ks[k], (double)ks[3 - k]);

			if (!c.method || !c.weights || !c.data)
				fuzz_broken("costs led to no choice");
			choice_describe(&c);
		}
	tune_cells_destroy(&cells);
	return 0;
}
