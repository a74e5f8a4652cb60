#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Text of records, file names and context.json that would do harm if it were taken as more than text: a page that runs it,
a plot that gnuplot refuses or obeys, a terminal that obeys it, a path that leaves the folder. All programs, end to end.

    test_escape.py MEPBENCH MEPREPORT MEPCOMPARE
"""
import csv
import html.parser
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

WRAPPER = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))
MEPBENCH, MEPREPORT, MEPCOMPARE = (WRAPPER + [os.path.abspath(sys.argv.pop(-3 + i))] for i in range(3))
SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fuzz", "corpus")
HARM = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]><script>alert(1)</script>", "';system('touch harm')#",
        "`touch harm`", "$(touch harm)", "@{}_^\\`$'\"", "%s%n%d", "[a](javascript:alert(1))", "| a | b |", "../../harm",
        "/harm", "&lt;b&gt;", "--><!--", "\u202eevil", "\u009b31m", "javascript:alert(1)", "${x}", "#{x}", "<%= x %>"]
ALLOWED_TAGS = {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "strong", "details", "summary", "dl", "div",
                "dt", "dd", "nav", "a", "section", "pre", "code", "ul", "li", "figure", "figcaption", "span", "table", "caption",
                "thead", "tbody", "tr", "th", "td", "label", "input", "svg", "g", "defs", "circle", "path", "text", "tspan", "use",
                "rect", "polygon", "desc", "clippath", "line", "mask", "filter", "feflood", "fecomposite", "pattern", "polyline"}


class Page(html.parser.HTMLParser):
    """What a browser would make of a page: its tags, its links and its attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.attributes = set(), [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src", "xlink:href"):
                self.links.append(value or "")


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


def text_columns(kind):
    """The texts of a kind of record and their sizes, from the header that declares them."""
    source = re.sub(r"/\*.*?\*/", "", read(os.path.join(SEEDS, "..", "..", "..", "src", "report", "record.h")), flags=re.S)
    block = re.search(r"struct " + kind + r"_record {(.*?)^};", source, re.M | re.S).group(1)
    texts = re.findall(r"\bchar\s+([^;]*);", block)
    return {name: int(size) for text in texts for name, size in re.findall(r"(\w+)\[(\d+)\]", text)}


def write_hostile(path, kind, seed, shift, keep):
    """The seed's rows with harm in each text but those of `keep`, cut to what the column takes."""
    with open(os.path.join(SEEDS, seed), encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    sizes = text_columns(kind)
    for row in table:
        for i, name in enumerate(row):
            if name in sizes and name not in keep:
                row[name] = HARM[(shift + i) % len(HARM)].encode()[:sizes[name] - 1].decode(errors="ignore")
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


class Escape(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="escape-")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_tool(self, *words, status=(0,)):
        done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, timeout=100, cwd=self.folder)
        said = done.stdout.decode(errors="surrogateescape") + done.stderr.decode(errors="surrogateescape")
        self.assertIn(done.returncode, status, said)
        self.check_terminal(said)
        return said

    def check_terminal(self, said):
        """Nothing that a terminal obeys: no control characters, no change of the writing direction."""
        self.assertIsNone(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said), ascii(said)[:2000])

    def check_page(self, path, files):
        page = Page(read(path))
        self.assertLessEqual(page.tags, ALLOWED_TAGS)
        self.assertFalse([name for name in page.attributes if name.startswith("on")])
        for link in page.links:
            self.assertRegex(link, r"^(#[\w.-]*|[A-Za-z0-9_.%-]+)$")
        self.assertNotIn("\u202e", read(path))
        self.assertGreaterEqual(len([link for link in page.links if ".csv" in link]), files)

    def check_markdown(self, path):
        text = re.sub(r"(?m)^    .*$", "", read(path))  # blocks of code show as they are
        self.assertNotRegex(text, r"(?<!\\)<(?!a id=\"|/a>)[A-Za-z/!?]")
        self.assertNotRegex(text, r"(?<!\\)\]\((?!plots/[\w.-]+\)|[A-Za-z0-9_.%-]+\)|#)")
        self.check_terminal(text)

    def check_plots(self, folder):
        plots = os.path.join(folder, "plots")
        for name in os.listdir(plots) if os.path.isdir(plots) else []:
            self.assertRegex(name, r"^[a-z0-9.-]+\.svg$")
            for element in xml.etree.ElementTree.fromstring(read(os.path.join(plots, name))).iter():
                self.assertIn(element.tag.split("}")[-1].lower(), ALLOWED_TAGS)

    def check_run(self, folder, files):
        self.run_tool(*MEPREPORT, "--color=never", folder)
        self.check_page(os.path.join(folder, "report.html"), files)
        self.check_markdown(os.path.join(folder, "report.md"))
        self.check_plots(folder)
        self.assertEqual([], [name for at, _, names in os.walk(self.folder) for name in names if name == "harm"])

    def test_texts_of_records(self):
        for shift in range(0, len(HARM), 5):
            with self.subTest(shift=shift):
                folder = tempfile.mkdtemp(dir=self.folder)
                for seed, kind, keep in (("backward", "kernel", ("op", "method", "check", "dw")), ("kernel", "kernel", ("op", "check")),
                                         ("train", "train", ()), ("dist", "dist", ())):
                    write_hostile(os.path.join(folder, seed + ".csv"), kind, "report/" + seed, shift, keep)
                self.check_run(folder, 4)
                self.run_tool(*MEPBENCH, "check", os.path.join(folder, "kernel.csv"))
                path = os.path.join(folder, "backward.csv")
                self.run_tool(*MEPCOMPARE, "--color=never", path, path, status=(0, 3))

    def test_names_of_files(self):
        folder = os.path.join(self.folder, "r")
        os.mkdir(folder)
        names = ["javascript:alert(1).csv", "<img src=x onerror=alert(1)>.csv", "a](javascript:alert(1)).csv", "\x1b[31m.csv",
                 "a\nb.csv", '"onclick="alert(1).csv', "`x`.csv", "\u202ea.csv"]
        for name in names:
            shutil.copy(os.path.join(SEEDS, "report", "kernel"), os.path.join(folder, name))
        with open(os.path.join(folder, "\x1b[2Jtorn.csv"), "wb") as file, \
                open(os.path.join(SEEDS, "record", "torn"), "rb") as torn:
            file.write(torn.read())
        with open(os.path.join(folder, "\x1b[2Jother.csv"), "w", encoding="ascii") as file:
            file.write("a,b\n1,2\n")
        self.check_run(folder, len(names))

    def test_context(self):
        keys = ("title", "command", "host", "cpu", "run_id", "dataset")
        more = HARM + ["a\n\n<script>alert(1)</script>", "a\x1b[31mb", "x" * 5000]
        for i in range(0, len(more), 4):
            with self.subTest(first=i):
                folder = tempfile.mkdtemp(dir=self.folder)
                shutil.copy(os.path.join(SEEDS, "report", "kernel"), os.path.join(folder, "a.csv"))
                context = {key: more[(i + j) % len(more)] for j, key in enumerate(keys)}
                harm = more[i]
                with open(os.path.join(folder, "context.json"), "w", encoding="ascii") as file:
                    json.dump({**context, harm[:200]: harm, "warnings": more[i:i + 4], "conditions": {"os": harm, harm[:99]: harm},
                               "plan": {"file": harm, "text": harm, "lines": [{"name": harm}]}, "resumed": [{"command": harm}]},
                              file)
                self.check_run(folder, 1)

    def test_names_in_plans_stay_in_the_folder(self):
        for line in ("../a: list", "/a: list", "a/b: list", "..: list", ".a: list", "a: list --json=../x", "a: list --markdown=/x",
                     "a: train --record-gradients=..", "a: list --json=b/../../x",
                     "a: backward --tuning=../x", "a: train --tuning=/x"):
            with open(os.path.join(self.folder, "a.plan"), "w", encoding="ascii") as file:
                file.write(line + "\n")
            self.run_tool(*MEPBENCH, "plan", "a.plan", "--out=r", status=(2,))
            self.assertEqual(os.listdir(self.folder), ["a.plan"])

    def test_outputs_of_a_plan_lie_in_its_folder(self):
        with open(os.path.join(self.folder, "a.plan"), "w", encoding="ascii") as file:
            file.write("a: ceilings --threads=1 --min-time=1x --repetitions=2 --json=x.json --markdown=x.md --no-progress\n")
        self.run_tool(*MEPBENCH, "plan", "a.plan", "--out=r", "--no-progress")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.plan", "r"])
        self.assertLessEqual({"a.csv", "x.json", "x.md"}, set(os.listdir(os.path.join(self.folder, "r"))))


if __name__ == "__main__":
    unittest.main(verbosity=1)
