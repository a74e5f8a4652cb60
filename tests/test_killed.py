#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Killed at random moments and out of memory at every place: no finished record is lost, no row torn, and --resume ends
with what a run without a kill gives. --kills=N sets how often each command is killed, --allocations=N how many fail."""
import os
import random
import shlex
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import faults_lib as lib
from faults_lib import ARGS, SHORT, TRAIN, Case, run, select, start


class Killed(Case):
    """kill -9 at random moments, then --resume, again and again until a run comes to its end; a new one then."""

    def snapshot(self, out, before):
        now = lib.held(out)
        lost = before - now
        self.assertFalse(lost, "finished records were lost")
        return now

    def one_run(self, name, words_of, length, rng, left):
        """Kills one run until it ends by itself."""
        out, before = self.path(name), lib.collections.Counter()
        while True:
            process = start(*words_of(out, os.path.exists(out)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            killed = False
            if left.acquire(blocking=False):
                try:
                    process.wait(rng.uniform(0, length))
                except subprocess.TimeoutExpired:
                    process.kill()
                    killed = True
                if not killed:
                    left.release()
            status = process.wait(200)
            self.assertTrue(lib.none_left(out), "workers outlive their parent")
            before = self.snapshot(out, before) if os.path.isdir(out) else before
            if not killed:
                self.assertEqual(status, 0, name)
                return out

    def kill_often(self, words_of, judge):
        """words_of(folder, go_on): the words; judge(folder): the content that must be as without a kill."""
        whole = self.path("whole")
        began = time.monotonic()
        done = run(*words_of(whole, False))
        self.assertEqual(done.returncode, 0, done.stderr)
        length, wanted = time.monotonic() - began, judge(whole)
        left = threading.Semaphore(ARGS.kills)

        def chain(number):
            rng, i = random.Random(ARGS.seed * 1000 + number), 0
            while left.acquire(blocking=False):
                left.release()
                out = self.one_run(f"{number}-{i}-", words_of, length, rng, left)
                self.assertEqual(judge(out), wanted)
                for path in lib.files_of(out):
                    self.assert_valid(path)
                shutil.rmtree(out)
                i += 1

        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(chain, number) for number in range(8)]:
                future.result()

    def test_plan(self):
        line = shlex.join(select("--min-time=1ms", "--repetitions=12"))
        plan = self.put("a.plan", "".join(f"{name}: {line}\n" for name in "ab"))

        def words_of(out, go_on):
            return ["plan", plan, "--no-progress", "--out=" + out] + ["--resume"] * go_on

        def judge(out):
            self.assertEqual(lib.states(out), 2 * ["finished"])
            return {name: lib.content(os.path.join(out, name)) for name in ("a.csv", "b.csv")}

        self.kill_often(words_of, judge)

    def test_study(self):
        lib.put_data(self.folder)
        plan = self.put("a.plan", f"a: train --method=dense,topk --k=2 --epochs=4 --seeds=1-12 {TRAIN}\n"
                                  f"b: train --method=topk --k=3 --epochs=4 --seeds=1-12 {TRAIN}\n")

        def words_of(out, go_on):
            return ["study", plan, "--jobs=2", "--data=" + self.folder, "--out=" + out] + ["--resume"] * go_on

        def judge(out):
            return set().union(*(lib.content(path) for path in lib.files_of(out)))

        self.kill_often(words_of, judge)

    def test_train(self):
        lib.put_data(self.folder)

        def words_of(out, go_on):
            os.makedirs(out, exist_ok=True)
            return ["train", "--data=" + self.folder, "--method=dense,topk,random_k", "--k=2", "--epochs=4",
                    "--threads=2", "--seeds=1-8", *TRAIN.split(), f"--csv={out}/a.csv"] + ["--resume"] * go_on

        self.kill_often(words_of, lambda out: set(lib.content(os.path.join(out, "a.csv"))))


class Memory(Case):
    """Every allocation of short commands fails once; the first ones of each for good."""

    def setUp(self):
        super().setUp()
        if not ARGS.fail_malloc:
            self.skipTest("this build has an allocator of its own")

    def attempt(self, words, number, *, ever=False):
        folder = self.path(f"{number}{ever}")
        os.mkdir(folder)
        env = {**os.environ, "LD_PRELOAD": ARGS.fail_malloc, "FAIL_ALLOCATION": str(number), "FAIL_COUNT": "count",
               "FAIL_MODULES": "libjansson libcsv", "MEPBENCH_CACHE": folder, **({"FAIL_EVER": "1"} if ever else {})}
        done = run(*words, cwd=folder, env=env)
        self.assertIn(done.returncode, (0, 99), f"allocation {number}: {done.stderr}")
        if done.returncode:
            self.assertRegex(done.stderr, r"(?m)^mepbench: .*(emory|cannot be written|did not)", f"allocation {number}")
        for path in lib.files_of(folder):
            self.assertEqual(lib.read_rows(path)[1], "", f"allocation {number}")
        with open(os.path.join(folder, "count"), encoding="ascii") as file:
            met = int(file.read())
        rows = sum(len(lib.read_rows(path)[0]) for path in lib.files_of(folder))
        shutil.rmtree(folder)
        return met, rows if done.returncode == 0 else None

    def sweep(self, words):
        met, rows = self.attempt(words, 10**9)
        step = max(1, met * 4 // ARGS.allocations)
        tries = [(n, False) for n in range(1 + ARGS.seed % step, met + 1, step)]
        tries += [(n, True) for n in range(1, met + 1, 4 * step)]
        with ThreadPoolExecutor(8) as pool:
            for _, found in pool.map(lambda t: self.attempt(words, t[0], ever=t[1]), tries):
                self.assertIn(found, (None, rows))

    def test_kernels(self):
        self.sweep(select("--csv=a.csv", "--filter=heap|sort"))
        self.sweep(["backward", "--shape=3x5x7", "--k=2", "--method=dense,topk", "--dist=relu", *SHORT, "--csv=a.csv",
                    "--json=a.json", "--markdown=a.md"])

    def test_train(self):
        lib.put_data(self.folder)
        self.sweep(["train", "--data=" + self.folder, "--method=dense,topk", "--k=2", "--epochs=2", "--threads=1",
                    *TRAIN.split(), "--csv=a.csv"])

    def test_study(self):
        lib.put_data(self.folder)
        plan = self.put("a.plan", f"a: train --method=dense,topk --k=2 --epochs=1 {TRAIN}\n")
        self.sweep(["study", plan, "--jobs=1", "--out=.", "--data=" + self.folder])


if __name__ == "__main__":
    sys.exit(lib.main(__doc__))
