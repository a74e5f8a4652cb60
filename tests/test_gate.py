#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The gate's scripts from outside: what they refuse, the planted patches, exact counts. Builds nothing, asserts no timing."""
import csv
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(sys.argv.pop())
MEPBENCH = os.path.join(BUILD, "bench", "mepbench")
MEPCOMPARE = os.path.join(BUILD, "tools", "mepcompare")
PATCHES = sorted(glob.glob(os.path.join(ROOT, "tests", "planted", "*.patch")))
IN_GIT = shutil.which("git") and subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True).returncode == 0
# Without its headers --count is refused; an emulator cannot run it.
HAS_VALGRIND = shutil.which("valgrind") and not os.environ.get("MESON_EXE_WRAPPER")


def run(*words, cwd=ROOT, timeout=100, **env):
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout, cwd=cwd,
                          env={**os.environ, "BUILD": BUILD, **env})


class Refusals(unittest.TestCase):
    def refuse(self, sentence, *words, status=2, **options):
        done = run(*words, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertIn(sentence, done.stdout + done.stderr)

    def test_options(self):
        self.refuse("invalid option '--bogus'", "tools/ab", "--bogus")
        self.refuse("should be a number 2..9", "tools/ab", "--processes=1")
        self.refuse("should be a number 2..9", "tools/ab", "--processes=99999999999999999999")
        self.refuse("at most two", "tools/ab", "a", "b", "c")
        self.refuse("no plan 'none.plan'", "tools/ab", "--plan=none.plan")
        self.refuse("invalid argument 'x'", "tools/bench-check", "x")
        self.refuse("without --filter", "tools/bench-check", "--record", "--filter=x")
        self.refuse("usage: tools/ab", "tools/ab", "--help", status=0)
        self.refuse("usage: tools/bench-check", "tools/bench-check", "--help", status=0)

    @unittest.skipUnless(IN_GIT, "no git repository")
    def test_revisions(self):
        self.refuse("no revision 'nonsense'", "tools/ab", "nonsense")
        self.refuse("no build in", "tools/ab", BUILD="/nonexistent")

    def test_no_repository(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "bench"))
            shutil.copy(os.path.join(ROOT, "bench", "gate.plan"), os.path.join(folder, "bench"))
            shutil.copytree(os.path.join(ROOT, "tools"), os.path.join(folder, "tools"))
            self.refuse("not the top of a git repository", os.path.join(folder, "tools", "ab"), cwd=folder)

    def test_no_baseline(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("bench", "tools", "kernels"):  # a build folder whose records are this test's own
                os.symlink(os.path.join(BUILD, name), os.path.join(folder, name))
            self.refuse("bench-baseline", "tools/bench-check", status=3, MEPBENCH_BASELINES=folder, BUILD=folder)

    def test_plan_without_cells(self):
        with tempfile.TemporaryDirectory() as folder:
            self.refuse("no line has a contender left", MEPBENCH, "plan", "bench/gate.plan", "--filter=^none$",
                        "--out=" + os.path.join(folder, "r"), "--no-progress")


class Tools(unittest.TestCase):
    """What the scripts ask of the programs: every option that they pass is one."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def ok(self, *words, statuses=(0,)):
        done = run(*words, cwd=self.folder)
        self.assertIn(done.returncode, statuses, done.stdout + done.stderr)
        return done.stdout

    def bench(self, out, *words):
        small = ("--n=50", "--batch=4", "--k=2", "--algo=heap", "--threads=1", "--repetitions=6", "--min-time=1x")
        os.makedirs(os.path.join(self.folder, os.path.dirname(out)), exist_ok=True)
        self.ok(MEPBENCH, "select", *small, "--no-progress", "--csv=" + out, *words)

    def test_mepcompare(self):
        library = os.path.join(BUILD, "kernels", "libmepkernels.so")
        own = "--kernels=" + library
        self.bench("ab/1.csv", own, "--against=" + library, "--twin", "--order-seed=1")
        self.bench("ab/2.csv", own, "--against=" + library, "--twin", "--order-seed=2", "--against-first")
        for side in ("base", "new"):
            self.bench(side + "/1.csv", "--yardstick", "--order-seed=1")
        self.bench("self/1.csv", own, "--twin")
        self.bench("self/2.csv", own, "--twin", "--inject=20")
        judged = (0, 1, 3)  # times are what they are
        files = ("--markdown=a.md", "--json=a.json", "--github")
        self.ok(MEPCOMPARE, "--threshold=5", "--recheck=suspects", "ab", statuses=(0, 3))
        self.ok(MEPCOMPARE, "--threshold=5", "--csv=a.csv", *files, "ab", statuses=(0, 3))
        self.ok(MEPCOMPARE, "--threshold=5", *files, "--filter=/heap/", "base", "new", statuses=judged)
        self.ok(MEPCOMPARE, *files, "--csv=a.csv", "--turns", "--filter=/heap/", "base", "new", statuses=judged)
        self.ok(MEPCOMPARE, "--self-test", "--threshold=5", "self", statuses=judged)

    def test_filters_of_a_plan(self):
        with open(os.path.join(self.folder, "p.plan"), "w", encoding="ascii") as plan:
            plan.write("a: select --n=50 --batch=4 --k=2 --algo=heap,radix --threads=1 --filter=/heap/\n")
        text = self.ok(MEPBENCH, "plan", "p.plan", "--check", "--filter=^topk_select/", "--no-progress")
        self.assertIn("/heap/", text)
        self.assertNotIn("/radix/", text)


class Planted(unittest.TestCase):
    def test_patches_apply(self):
        self.assertGreaterEqual(len(PATCHES), 6)
        for patch in PATCHES:
            done = run("git", "apply", "--check", patch)
            self.assertEqual(done.returncode, 0, f"{patch} must be made anew: {done.stderr}")


@unittest.skipUnless(HAS_VALGRIND, "no valgrind")
class Counts(unittest.TestCase):
    def count(self, path, *words):
        done = run(MEPBENCH, "backward", "--shape=5x67x50", "--k=7", "--method=topk,relu_skip", "--isa=portable",
                   "--count", "--threads=1,2", "--no-progress", "--csv=" + path, *words)
        if "built without" in done.stderr:
            self.skipTest(done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, encoding="ascii") as file:
            return [[row[name] for name in ("op", "method", "dw", "threads", "instructions", "elapsed_ns")]
                    for row in csv.DictReader(file)]

    def test_counts_are_exact(self):
        with tempfile.TemporaryDirectory() as folder:
            first, second = (self.count(os.path.join(folder, name), "--filter=_(data|select|weights)")
                             for name in ("a.csv", "b.csv"))
            self.assertEqual(first, second)
            self.assertGreater(len(first), 5)
            for row in first:
                self.assertGreater(int(row[4]), 100)
                self.assertEqual(row[3:4] + row[5:], ["1", "0"])
            self.assertEqual(glob.glob(os.path.join(folder, "*")).__len__(), 2)


if __name__ == "__main__":
    unittest.main(verbosity=1)
