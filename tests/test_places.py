#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Where the programs read from and write to when that is no plain file of theirs: pipes, links, redirected and closed
streams, a disk that is full, folders that others use too.

    test_places.py MEPBENCH MEPREPORT MEPCOMPARE
"""
import csv
import fcntl
import gzip
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

WRAPPER = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))
MEPBENCH, MEPREPORT, MEPCOMPARE = (WRAPPER + [os.path.abspath(sys.argv.pop(-3 + i))] for i in range(3))
CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fuzz", "corpus")
CEILINGS = ["ceilings", "--threads=1", "--min-time=1x", "--repetitions=2", "--no-progress"]
SELECT = ["select", "--n=33", "--batch=2", "--k=3", "--min-time=1x", "--repetitions=2", "--threads=1", "--no-progress"]
KERNEL = os.path.join(CORPUS, "record", "kernel")


def dead_process():
    """A number that no process has, for a while."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


class Place(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="places-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def put(self, name, text=""):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def get(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def run_tool(self, *words, status=0, **options):
        options = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        done = subprocess.run(words, stderr=subprocess.PIPE, timeout=200, cwd=self.folder, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        return (done.stdout or b"").decode(), done.stderr.decode()

    def run_shell(self, script, status=0, **names):
        """The script with $mepbench and the like, their words unquoted."""
        env = {**os.environ, "mepbench": shlex.join(MEPBENCH), "mepreport": shlex.join(MEPREPORT), "mepcompare": shlex.join(MEPCOMPARE),
               **names}
        return self.run_tool("bash", "-c", script, status=status, env=env)


class Folders(Place):
    def plan(self):
        return self.put("a.plan", f"a: {shlex.join(CEILINGS)} --json=a.json\n")

    def test_leftovers_of_others_stay(self):
        plan, dead = self.plan(), dead_process()
        others = ["backup.2.tmp", "notes.1.tmp", f"report.md.{dead}.tmp", f"a.json.{os.getpid()}.tmp", "context.json.x.tmp",
                  "context.json.1x.tmp", "context.json.tmp"]
        for name in others:
            self.put(name)
        self.run_tool(*MEPBENCH, "plan", plan, "--out=.", "--no-progress")
        ours = [f"context.json.{dead}.tmp", f"a.json.{dead}.tmp", f"tuning.json.{dead}.tmp"]
        for name in ours:
            self.put(name)
        self.run_tool(*MEPBENCH, "plan", plan, "--out=.", "--no-progress", "--resume")
        self.assertEqual({name for name in os.listdir(self.folder) if name.endswith(".tmp")}, set(others))

    def test_new_run_removes_nothing(self):
        mine = f"context.json.{dead_process()}.tmp"
        self.put("r/" + mine)
        self.run_tool(*MEPBENCH, "plan", self.plan(), "--out=r", "--no-progress")
        self.assertIn(mine, os.listdir(self.path("r")))

    def test_costs_of_a_line_lie_in_the_folder(self):
        plan = self.put("a.plan", "a: backward --method=auto --shape=4x9x33 --k=3 --min-time=1x --repetitions=2 --threads=1 "
                                  "--no-progress --tuning=t.json\n")
        self.run_tool(*MEPBENCH, "plan", plan, "--out=r", "--no-progress")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.plan", "r"])
        self.assertIn("t.json", os.listdir(self.path("r")))
        self.run_tool(*MEPBENCH, "plan", plan, "--out=s", "--no-progress", "--tuning=mine.json")
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.plan", "mine.json", "r", "s"])

    def test_lock_comes_before_the_context(self):
        """What the holder of the lock writes until it lets go is not lost, and its rest of a second is waited for."""
        plan = self.plan()
        self.run_tool(*MEPBENCH, "plan", plan, "--out=r", "--no-progress")
        context = json.loads(self.get("r/context.json"))
        holder = os.open(self.path("r"), os.O_RDONLY)
        fcntl.flock(holder, fcntl.LOCK_EX)

        def let_go():
            time.sleep(0.7)
            self.put("r/context.json", json.dumps({**context, "last words": "here"}))
            os.close(holder)

        thread = threading.Thread(target=let_go)
        thread.start()
        self.run_tool(*MEPBENCH, "plan", plan, "--out=r", "--no-progress", "--resume")
        thread.join()
        self.assertEqual(json.loads(self.get("r/context.json")).get("last words"), "here")


class Links(Place):
    def test_link_stays(self):
        for option in "--json", "--markdown":
            self.put("there/file", "old")
            os.symlink("there/file", self.path("link"))
            self.run_tool(*MEPBENCH, *CEILINGS, option + "=link")
            self.assertTrue(os.path.islink(self.path("link")))
            self.assertGreater(len(self.get("there/file")), 100)
            os.unlink(self.path("link"))

    def test_link_to_nothing_yet(self):
        os.symlink("new", self.path("link"))
        self.run_tool(*MEPBENCH, *CEILINGS, "--json=link")
        self.assertTrue(os.path.islink(self.path("link")))
        json.loads(self.get("new"))

    def test_standard_output_in_a_file(self):
        """A link of our own stands for /dev/stdout: a program that replaces it does no harm to the machine."""
        os.symlink("/proc/self/fd/1", self.path("link"))
        for path in "link", "/proc/self/fd/1", "out":
            with open(self.path("out"), "wb") as out:
                self.run_tool(*MEPBENCH, *CEILINGS, "--markdown=" + path, stdout=out)
                self.assertEqual(os.fstat(out.fileno()).st_ino, os.stat(self.path("out")).st_ino)
            self.assertIn("| --- |", self.get("out").replace("---:", "---").replace("--:", "---"))
            self.assertEqual(sorted(os.listdir(self.folder)), ["link", "out"])
        self.assertEqual(os.readlink(self.path("link")), "/proc/self/fd/1")

    def test_comparison_through_a_link(self):
        self.put("file", "old")
        os.symlink("file", self.path("link"))
        self.run_tool(*MEPCOMPARE, KERNEL, KERNEL, "--csv=link", status=3)
        self.assertTrue(os.path.islink(self.path("link")))
        self.assertNotEqual(self.get("file"), "old")


class Pipes(Place):
    def setUp(self):
        super().setUp()
        with open(KERNEL, "rb") as file:
            content = file.read()
        with gzip.open(self.path("a.csv.gz"), "wb") as file:
            file.write(content)
        with open(self.path("a.csv"), "wb") as file:
            file.write(content)

    def test_records(self):
        for script in ("zcat a.csv.gz | $mepbench check /dev/stdin", "$mepbench check /dev/stdin <a.csv.gz",
                       "cat a.csv.gz | $mepbench check /dev/fd/0", "$mepbench check <(zcat a.csv.gz) <(cat a.csv)",
                       "(sleep 0.3; cat a.csv) | $mepbench check /proc/self/fd/0"):
            with self.subTest(script):
                self.assertIn("valid kernel records", self.run_shell(script)[0])

    def test_comparison(self):
        self.run_shell("$mepcompare <(zcat a.csv.gz) <(cat a.csv)", status=3)

    def test_plan(self):
        self.run_shell("$mepbench plan <(echo a: list) --out=r --no-progress")
        self.assertIn("context.json", os.listdir(self.path("r")))

    def test_refused(self):
        os.mkfifo(self.path("pipe"))
        for script in ("$mepbench check pipe", "$mepbench check /dev/stdin </dev/zero", "$mepbench check /dev/fd/77",
                       "cat a.csv.gz a.csv.gz | $mepbench check /dev/stdin", "head -c 300 a.csv.gz | $mepbench check /dev/stdin",
                       ": | $mepbench check /dev/stdin"):
            with self.subTest(script):
                self.assertIn("should be", self.run_shell(script, status=2)[1])


class Streams(Place):
    def test_torn_row_of_standard_output_is_cut_off(self):
        for mode in "wb", "ab":
            self.put("out", "before\n" if mode == "ab" else "")

            def limit():
                resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

            with open(self.path("out"), mode) as out:
                self.run_tool(*MEPBENCH, *SELECT, "--csv=-", status=99, stdout=out, preexec_fn=limit)
            text = self.get("out")
            self.assertTrue(text.endswith("\n"), text[-200:])
            self.assertEqual(text.startswith("before\n"), mode == "ab")
            rows = list(csv.reader(text.splitlines()[mode == "ab":]))
            self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_closed_streams(self):
        os.mkdir(self.path("r"))
        shutil.copy(KERNEL, self.path("r/a.csv"))
        for closed in ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-":
            with self.subTest(closed):
                subprocess.run(["bash", "-c", f"{shlex.join(MEPREPORT)} --no-plots r {closed}"], cwd=self.folder, check=False,
                               timeout=100, capture_output=True)
                for name in "report.md", "report.html":
                    self.assertTrue(self.get("r/" + name).startswith(("# ", "<!")), name)
                    os.unlink(self.path("r/" + name))
                subprocess.run(["bash", "-c", f"{shlex.join(MEPCOMPARE)} r r --all --csv=c.csv {closed}"], cwd=self.folder, check=False,
                               timeout=100, capture_output=True)
                self.assertTrue(self.get("c.csv").strip())
                self.assertEqual(1, len({len(row) for row in csv.reader(self.get("c.csv").splitlines())}))

    def test_reader_that_leaves(self):
        """The files are written all the same."""
        os.mkdir(self.path("r"))
        shutil.copy(KERNEL, self.path("r/a.csv"))
        self.run_shell('$mepreport --no-plots r | true; test "${PIPESTATUS[0]}" = 141 -o "${PIPESTATUS[0]}" = 0')
        self.assertTrue(self.get("r/report.html"))
        self.run_shell("$mepcompare r r --all --csv=c.csv | true")
        self.assertTrue(self.get("c.csv"))

    def test_full_device(self):
        os.mkdir(self.path("r"))
        shutil.copy(KERNEL, self.path("r/a.csv"))
        with open("/dev/full", "wb") as full:
            _, said = self.run_tool(*MEPREPORT, "--no-plots", "r", stdout=full, status=99)
        self.assertIn("mepreport: standard output could not be written", said)


if __name__ == "__main__":
    unittest.main(verbosity=1)
