/* SPDX-License-Identifier: MIT */
/* Plans: of measurements and, where the first byte of the file is an 's', of a study. */
#include "commands.h"
#include "fuzz.h"
#include "plan.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct command *self = command_find(size && data[0] == 's' ? "study" : "plan");
	struct failure f = {""};
	struct plan *plan;
	struct options o;
	int rc = options_parse(&o, self, 1, (char *const[]){(char[]){"none"}}, &f);

	if (rc)
		fuzz_broken(f.text);
	rc = plan_create(&plan, fuzz_file(data, size), &o, self, &f);
	fuzz_expect_sentence(rc, &f);
	if (rc)
		return 0;
	for (int i = 0; i < plan->n; i++)
		if (strpbrk(plan->lines[i].name, "./"))
			fuzz_broken("the name of a line could leave the folder");
	plan_destroy(plan);
	return 0;
}
