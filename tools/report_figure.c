/* SPDX-License-Identifier: MIT */
/*
 * Runs gnuplot and fits its SVG into a page: colours become CSS variables, identifiers get a prefix of their own,
 * the XML head goes. Nothing of a record reaches gnuplot unfiltered (plot_quote).
 */
#include "report.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SVG ((size_t)8 << 20)

void figure_list_destroy(struct figure_list *list)
{
	for (int i = 0; i < list->count; i++)
		free(list->v[i].svg);
	free(list->v);
	*list = (struct figure_list){0};
}

const char *plot_color(int i)
{
	static const char *const colors[PLOT_COLORS] = {"#010300", "#010301", "#010302", "#010303",
							"#010304", "#010305", "#010306", "#010307"};

	return colors[i % PLOT_COLORS];
}

const char *plot_shade(int i)
{
	static const char *const shades[PLOT_SHADES] = {"#010400", "#010401", "#010402", "#010403",
							"#010404", "#010405", "#010406"};

	return shades[i < 0 ? 0 : i < PLOT_SHADES ? i : PLOT_SHADES - 1];
}

const char *plot_on_shade(int i)
{
	return i < PLOT_SHADES / 2 + 1 ? "#010500" : "#010501";
}

int plot_point(int i)
{
	static const int points[] = {7, 5, 9, 11, 13, 15};

	return points[i % (int)(sizeof(points) / sizeof(points[0]))];
}

struct label plot_quote(const char *text)
{
	struct label l;
	size_t n = 0;

	for (; *text && n + 1 < sizeof(l.s); text++) {
		if (isascii(*text) && (isalnum(*text) || strchr(" _.,:;+-=/()[]>%#*", *text)))
			l.s[n++] = *text;
	}
	l.s[n] = '\0';
	return l;
}

struct label plot_slug(const char *text)
{
	struct label l;

	format_slug(l.s, sizeof(l.s), text);
	return l;
}

static void plot_begin(FILE *script, int width, int height)
{
	fprintf(script,
		"set encoding utf8\n"
		"set term svg size %d,%d dynamic noenhanced linewidth 1.4 font 'sans-serif,14'\n"
		"set border 3 lc rgb '" PLOT_INK "' lw 0.7\n"
		"set tics nomirror out scale 0.5 textcolor rgb '" PLOT_INK "'\n"
		"set grid lc rgb '" PLOT_GRID "' lw 0.7 dt solid\n"
		"set xlabel offset 0,0.3 textcolor rgb '" PLOT_INK "'\n"
		"set ylabel textcolor rgb '" PLOT_INK "'\n"
		"set title textcolor rgb '" PLOT_INK "'\n"
		"set key outside top center horizontal Left reverse textcolor rgb '" PLOT_INK
		"' samplen 1.2 width 1 font ',12'\n"
		"set pointintervalbox 0\n"
		"set errorbars small lw 1\n",
		width, height);
}

FILE *plot_open(struct plot *plot, int width, int height)
{
	*plot = (struct plot){.script = NULL};
	plot->out = open_memstream(&plot->script, &plot->size);
	if (plot->out)
		plot_begin(plot->out, width, height);
	return plot->out;
}

/* Reads all that gnuplot prints; *svg is NULL if it printed no SVG. Returns its exit status or a negative errno. */
static int read_output(const char *script_path, char **svg)
{
	char command[128];
	size_t n = 0, got;
	FILE *pipe;
	int status;

	snprintf(command, sizeof(command), "gnuplot -d %s 2>/dev/null", script_path);
	*svg = malloc(MAX_SVG);
	if (!*svg)
		return -ENOMEM;
	pipe = popen(command, "r");
	if (!pipe) {
		free(*svg);
		*svg = NULL;
		return -errno;
	}
	while (n < MAX_SVG - 1 && (got = fread(*svg + n, 1, MAX_SVG - 1 - n, pipe)) > 0)
		n += got;
	(*svg)[n] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

/* Runs the script from a file of a fixed name pattern, so that no path needs quoting. */
static int run_gnuplot(const char *script, char **svg)
{
	char path[] = "/tmp/mepreport-XXXXXX";
	int fd = mkstemp(path), status = -EIO;
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	*svg = NULL;
	if (!file)
		return -errno;
	fputs(script, file);
	if (fclose(file) == 0)
		status = read_output(path, svg);
	unlink(path);
	if (status == 127)
		status = -ENOENT;
	if (status == 0 && !strstr(*svg, "</svg>"))
		status = -EIO;
	if (status) {
		free(*svg);
		*svg = NULL;
	}
	return status > 0 ? -EIO : status;
}

/* `rgb(1,2,1)`, in either of gnuplot's spellings: writes the CSS variable and returns what follows; NULL if not ours.
 */
static const char *put_color(const char *s, FILE *out)
{
	int red, green, blue, length = 0;

	if (sscanf(s, "rgb(%d,%d,%d)%n", &red, &green, &blue, &length) != 3 || length == 0 || red != 1)
		return NULL;
	if (green == 2)
		fputs(blue == 1 ? "var(--ink)" : blue == 2 ? "var(--grid)" : "var(--soft)", out);
	else
		fprintf(out, "var(--%c%d)", green == 4 ? 's' : green == 5 ? 'o' : 'c', blue);
	return s + length;
}

/* Titles that gnuplot makes up ("gnuplot_plot_2") would show as tool tips: returns what follows such a title. */
static const char *skip_title(const char *s)
{
	const char *end = strstr(s, "</title>");

	return end ? end + strlen("</title>") : s;
}

/* Copies the document, one replacement at a time. */
static void put_svg(const char *s, const char *prefix, FILE *out)
{
	static const struct {
		const char *from, *before, *after; /* becomes before, prefix, after; prefix only if after is not NULL */
	} rules[] = {
		{"id='", "id='", ""},
		{"id=\"", "id=\"", ""},
		{"href='#", "href='#", ""},
		{"color=\"black\"", "color=\"var(--ink)\"", NULL},
		{"stroke=\"black\"", "stroke=\"var(--ink)\"", NULL},
		{"fill=\"black\"", "fill=\"var(--ink)\"", NULL},
		{"color='white'", "color='var(--paper)'", NULL},
	};
	const size_t n_rules = sizeof(rules) / sizeof(rules[0]);

	while (*s) {
		const char *next = strncmp(s, "rgb(", 4) == 0 ? put_color(s, out) : NULL;
		size_t i = 0;

		if (!next && strncmp(s, "<title>", 7) == 0 && (next = skip_title(s)) == s)
			next = NULL;
		while (!next && i < n_rules && strncmp(s, rules[i].from, strlen(rules[i].from)) != 0)
			i++;
		if (!next && i < n_rules) {
			fprintf(out, "%s%s%s", rules[i].before, rules[i].after ? prefix : "",
				rules[i].after ? rules[i].after : "");
			next = s + strlen(rules[i].from);
		}
		if (!next)
			fputc(*s, out);
		s = next ? next : s + 1;
	}
}

static int figure_add(struct figure_list *list, const char *name, const char *caption, char *script)
{
	struct figure *v = realloc(list->v, sizeof(*v) * (size_t)(list->count + 1)), *figure;
	char *svg = NULL;
	size_t size;
	FILE *out;
	int rc;

	if (v)
		list->v = v;
	rc = v && script ? run_gnuplot(script, &svg) : -ENOMEM;
	free(script);
	/* One that is refused costs the reader that figure, not the others. */
	if (rc == -EIO) {
		fprintf(stderr, "mepreport: gnuplot refused the figure '%s', which is left out\n", name);
		return 0;
	}
	if (rc)
		return rc;
	figure = &v[list->count];
	*figure = (struct figure){0};
	snprintf(figure->name, sizeof(figure->name), "%s", name);
	snprintf(figure->caption, sizeof(figure->caption), "%s", caption);
	out = open_memstream(&figure->svg, &size);
	if (out) {
		put_svg(strstr(svg, "<svg") ? strstr(svg, "<svg") : svg, name, out);
		rc = fclose(out) ? -ENOMEM : 0;
	}
	free(svg);
	list->count += out != NULL;
	return out ? rc : -ENOMEM;
}

int plot_close(struct plot *plot, struct figure_list *list, const char *name, const char *caption)
{
	if (!fclose(plot->out))
		return figure_add(list, name, caption, plot->script);
	free(plot->script);
	return -ENOMEM;
}
