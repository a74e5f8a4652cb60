/* SPDX-License-Identifier: MIT */
/*
 * hwloc's locations, as its own tools write them: type:index[.type:index]..., several separated by spaces.
 * An index is all, odd, even, N, N-M, N- or a list of those separated by commas; it counts the usable objects of that
 * type inside the part before the dot. The library does not export its tools' parser, hence this small one.
 */
#include "machine_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the user wrote, for messages, and the topology it is about. */
struct location {
	hwloc_topology_t topology;
	const char *text;
	struct failure *f;
};

struct index_range {
	int first, last, step;
};

static int invalid(const struct location *l, const char *part, const char *should)
{
	return fail(l->f, -EINVAL, "invalid value '%s' for --bind: '%s' %s", l->text, part, should);
}

static int parse_range(const struct location *l, const char *text, int count, struct index_range *r)
{
	char *end;
	long first, last;

	if (!strcmp(text, "all") || !strcmp(text, "odd") || !strcmp(text, "even")) {
		*r = (struct index_range){text[0] == 'o', count - 1, text[0] == 'a' ? 1 : 2};
		return 0;
	}
	if (!isdigit((unsigned char)text[0]))
		return invalid(l, text, "should be an index such as 0, 0-3, 2-, 0,2, all, odd or even");
	first = last = strtol(text, &end, 10);
	if (*end == '-' && end[1] == '\0') {
		last = count - 1;
		end++;
	} else if (*end == '-' && isdigit((unsigned char)end[1])) {
		last = strtol(end + 1, &end, 10);
	}
	if (*end || first > last || last >= count) {
		char should[96];

		snprintf(should, sizeof(should), "should be an index from 0 to %d (there are %d usable)", count - 1,
			 count);
		return invalid(l, text, should);
	}
	*r = (struct index_range){(int)first, (int)last, 1};
	return 0;
}

static int parse_type(const struct location *l, const char *name, hwloc_obj_type_t *type)
{
	int depth;

	if (hwloc_type_sscanf(name, type, NULL, 0))
		return invalid(l, name, "should be none, compact, scatter, core or a location such as core:0-3.pu:0");
	depth = hwloc_get_type_depth(l->topology, *type);
	if (depth == HWLOC_TYPE_DEPTH_UNKNOWN || depth == HWLOC_TYPE_DEPTH_MULTIPLE)
		return invalid(l, name, "should be a type that this machine has, such as package, core or pu");
	return 0;
}

static int add_steps(const struct location *l, char *text, hwloc_const_bitmap_t inside, hwloc_bitmap_t set);

/* The objects `indexes` (a list) of one type inside a set; `rest` is what follows the dot, or NULL. */
static int add_objects(const struct location *l, hwloc_obj_type_t type, const char *indexes, const char *rest,
		       hwloc_const_bitmap_t inside, hwloc_bitmap_t set)
{
	int count = hwloc_get_nbobjs_inside_cpuset_by_type(l->topology, inside, type), rc = 0;
	char list[128], *save = NULL;

	snprintf(list, sizeof(list), "%s", indexes);
	if (!list[0])
		return invalid(l, indexes, "should be an index after the colon, such as core:0");
	for (char *item = strtok_r(list, ",", &save); item && !rc; item = strtok_r(NULL, ",", &save)) {
		struct index_range r = {0, -1, 1};

		rc = parse_range(l, item, count, &r);
		for (int i = r.first; !rc && i <= r.last; i += r.step) {
			hwloc_obj_t o = hwloc_get_obj_inside_cpuset_by_type(l->topology, inside, type, (unsigned)i);
			char copy[128];

			snprintf(copy, sizeof(copy), "%s", rest ? rest : "");
			if (!rest)
				hwloc_bitmap_or(set, set, o->cpuset);
			else
				rc = add_steps(l, copy, o->cpuset, set);
		}
	}
	return rc;
}

static int add_steps(const struct location *l, char *text, hwloc_const_bitmap_t inside, hwloc_bitmap_t set)
{
	char *rest = strchr(text, '.'), *colon;
	hwloc_obj_type_t type;
	int rc;

	if (rest)
		*rest++ = '\0';
	colon = strchr(text, ':');
	if (!colon)
		return invalid(l, text, "should be none, compact, scatter, core or a location such as core:0-3.pu:0");
	*colon = '\0';
	rc = parse_type(l, text, &type);
	return rc ? rc : add_objects(l, type, colon + 1, rest, inside, set);
}

int location_parse(hwloc_topology_t topology, const char *text, hwloc_bitmap_t set, struct failure *f)
{
	const struct location l = {topology, text, f};
	char copy[128], *save = NULL;
	int rc = 0;

	hwloc_bitmap_zero(set);
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *item = strtok_r(copy, " ", &save); item && !rc; item = strtok_r(NULL, " ", &save))
		rc = add_steps(&l, item, hwloc_topology_get_topology_cpuset(topology), set);
	if (!rc && hwloc_bitmap_iszero(set))
		rc = invalid(&l, text, "names no usable processor");
	return rc;
}
