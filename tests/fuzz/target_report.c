/* SPDX-License-Identifier: MIT */
/* Valid records with any values in them: the tables of a report are made of them and printed in all formats. */
#include "fuzz.h"
#include "report/record.h"
#include "report/summary_study.h"

#include <stdio.h>
#include <stdlib.h>

static void print(struct table_list *tables)
{
	FILE *out = fopen("/dev/null", "w");

	for (int i = 0; i < tables->count && out; i++)
		for (int format = TABLE_TEXT; format <= TABLE_HTML; format++)
			table_print(&tables->tables[i], (enum table_format)format, out);
	if (out)
		fclose(out);
	table_list_destroy(tables);
}

static int summarize(const struct record_kind *kind, const void *records, size_t n, struct table_list *tables)
{
	if (kind == &kernel_records)
		return summary_kernel(records, n, tables);
	if (kind == &train_records)
		return summary_train(records, n, tables);
	if (kind == &dist_records)
		return summary_dist(records, n, tables);
	*tables = (struct table_list){.count = 0};
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = fuzz_file(data, size);
	const struct record_kind *kind;
	struct table_list tables;
	struct failure f;
	void *records;
	size_t n;

	if (record_detect(path, &kind, &f) || record_read(path, kind, &records, &n, &f))
		return 0;
	if (n && !summarize(kind, records, n, &tables))
		print(&tables);
	if (n && kind == &train_records && !summary_study(records, n, &tables))
		print(&tables);
	free(records);
	return 0;
}
