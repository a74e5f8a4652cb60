#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program from outside: exit statuses, what goes to which stream, full disks, and Ctrl-C. Asserts no timing."""
import csv
import io
import os
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

# Where an emulator runs the program, Meson names it.
MEPBENCH = shlex.split(os.environ.get("MESON_EXE_WRAPPER", "")) + [os.path.abspath(sys.argv.pop())]
SHORT = ["--min-time=1x", "--repetitions=2", "--threads=1", "--no-progress"]
SELECT = ["select", "--n=33", "--batch=2", "--k=3", "--dist=ties"] + SHORT


def run(*words, **options):
    return subprocess.run([*MEPBENCH, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100,
                          **options)


class BadInput(unittest.TestCase):
    def refuse(self, words, sentence, status=2, **options):
        done = run(*words, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(sentence, done.stderr)
        self.assertRegex(done.stderr, "(?m)^(mepbench|usage): ")
        self.assertEqual(done.stdout, "")

    def test_commands(self):
        self.refuse([], "usage: mepbench COMMAND")
        self.refuse(["selct"], "did you mean 'select'?")
        self.refuse(["x" * 5000], "unknown command")
        self.refuse(["--threads=1"], "unknown command")

    def test_options(self):
        self.refuse(["select", "--threads=x"], "invalid value 'x' for --threads; should be a number 1..1024 or a list")
        self.refuse(["select", "--thread=1"], "did you mean '--threads'?")
        self.refuse(["select", "--n=1,1"], "twice")
        self.refuse(["select", "--isa=vax"], "for --isa")
        self.refuse(["train", "--isa=all"], "train takes one instruction set")
        for command in "backward", "update":
            self.refuse([command, "--method=error_feedback"], "should be topk, whose kernels it runs")
        self.refuse(["list", "--filter=["], "for --filter")
        for pattern in "a{500}b{501}", "((x{9}|y)z){200}", "a{2}{501}", "[]a]{2000}", "[^]]{2000}":
            self.refuse(["dist", "--filter=" + pattern], "repeat at most 1000")
        self.refuse(["train", "--record-gradients", "g2"], "should be --record-gradients=g2")
        self.refuse(["dist", "--json=x"], "not an option of 'dist'")
        self.refuse(["dist", "--filter=nothing"], "nothing to look at: --filter=nothing")
        self.refuse(["dist", "--batch=65536", "--n=16777216"], "should be a smaller --batch or --n")
        self.refuse(["backward", "--tuning=/nonexistent/x.json"], "--tuning=/nonexistent/x.json: cannot be made")
        self.refuse(["update", "--method=dense,auto"], "auto has no step of its own; should be dense")
        self.refuse(["backward", "--cold-cache", "--method=auto"], "should be without --cold-cache")
        self.refuse(["backward", "--shape=1x2"], "for --shape")
        self.refuse(["backward", "extra"], "unexpected word 'extra'")

    def test_files(self):
        self.refuse(["check", "/nonexistent"], "/nonexistent: No such file")
        self.refuse(["check", "/dev/zero"], "/dev/zero: not a regular file; should be a CSV file")
        self.refuse(["check", "/dev/null"], "/dev/null: not a regular file")
        self.refuse(["check", "/"], "/: a folder; should be a CSV file")
        self.refuse(["select", "--dist=/dev/zero"], "/dev/zero: not a regular file; should be a recording of gradients")
        self.refuse(["backward", "--dist=./none"], "./none: No such file")
        self.refuse(["dist", "--dist=" + __file__], "should be \"mepgrad\"")
        self.refuse(["plan", "/dev/zero"], "/dev/zero: not a regular file; should be a plan")
        self.refuse(["plan", "/nonexistent"], "/nonexistent: No such file")
        self.refuse(SELECT + ["--csv=/nonexistent/x.csv"], "/nonexistent/x.csv")
        self.refuse(["backward", "--tuning=/dev/zero"], "/dev/zero: not a regular file; should be a tuning file")
        self.refuse(["train", "--tuning=/"], "/: a folder")
        self.refuse(["train", "--tuning=/dev/null"], "/dev/null: not a regular file")

    def test_full_disk(self):
        done = run(*SELECT, "--csv=/dev/full")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/dev/full", done.stderr)


class Output(unittest.TestCase):
    def test_help(self):
        for words in [["--help"], ["--version"], ["list"], ["list", "--columns"], ["select", "--help"],
                      ["plan", "--help"], ["check", "--help"]]:
            done = run(*words)
            self.assertEqual(done.returncode, 0, words)
            self.assertEqual(done.stderr, "")
            self.assertGreater(len(done.stdout), 10)

    def test_csv_on_stdout(self):
        done = run(*SELECT, "--csv=-")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertGreater(len(rows), 0)
        self.assertEqual({row["op"] for row in rows} - {"topk_select", "fma_peak", "bandwidth"}, set())
        self.assertNotIn(None, rows[0])

    def test_tuned_methods_are_no_part_of_all(self):
        for words in [["update", "--method=all"], ["backward", "--cold-cache"]]:
            done = run(*words, "--dry-run", "--shape=4x9x33", "--k=3", *SHORT)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("/topk/", done.stdout)
            self.assertNotIn("/auto/", done.stdout)

    def test_gradients(self):
        done = run("dist", "--dist=gaussian,zeros90", "--n=100", "--batch=50", "--csv=-")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {row["dist"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
        self.assertEqual(float(rows["gaussian"]["zeros"]), 0)
        self.assertAlmostEqual(float(rows["zeros90"]["zeros"]), 0.9, delta=0.03)
        self.assertLess(float(rows["zeros90"]["k99"]), 20)

    def test_gradients_dry_run(self):
        with tempfile.TemporaryDirectory() as folder:
            done = run("dist", "--filter=^zeros9", "--n=100", "--batch=50", "--dry-run", "--csv=a.csv", cwd=folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("zeros90: 50 rows of 100 entries", done.stdout)
            self.assertNotIn("gaussian", done.stdout)
            self.assertEqual(os.listdir(folder), [])

    def test_repetitions_of_a_filter(self):
        for pattern in "^zeros9|a{500}|b{500}", "^zeros9|[{]9999", "^zeros9|[[:alpha:]{9999}]", "^zeros9|\\{9999", "^zeros9|(x{9}){99}":
            done = run("dist", "--filter=" + pattern, "--n=100", "--batch=50", "--dry-run")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_csv_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.csv")
            for _ in range(2):
                self.assertEqual(run(*SELECT, "--csv=" + path).returncode, 0)
            done = run("check", path)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path, "a", encoding="ascii") as file:
                file.write("torn")
            self.assertEqual(run("check", path).returncode, 2)
            self.assertEqual(run(*SELECT, "--csv=" + path).returncode, 0)
            self.assertEqual(run("check", path).returncode, 0)


class Training(unittest.TestCase):
    """On a small data set of noise: what a training writes, and what it says."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for part, n in ("train", 5100), ("t10k", 50):
            noise = bytes(i * i % 251 for i in range(4 * n))
            self.put(part + "-images-idx3-ubyte", struct.pack(">4I", 2051, n, 2, 2) + noise)
            self.put(part + "-labels-idx1-ubyte", struct.pack(">2I", 2049, n) + bytes(i % 10 for i in range(n)))

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def put(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)

    def train(self, *words):
        return run("train", "--data=" + self.folder.name, "--layers=4,6,10", "--k=2", "--epochs=2", "--batch=10",
                   "--no-progress", *words, cwd=self.folder.name)

    def rows(self, name):
        with open(self.path(name), encoding="ascii") as file:
            return list(csv.DictReader(file))

    def test_resume_tells_settings_apart(self):
        words = ["--threads=1", "--experiment=x", "--method=topk", "--resume", "--csv=a.csv"]
        anneal = ["--policy=anneal-k", "--spike=0.5"]
        for more, n in ([], 2), (["--momentum=0.5"], 2), (["--lr=0.5"], 4), (["--lr=0.5"], 4), (anneal, 6), (anneal, 6):
            done = self.train(*words, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(self.rows("a.csv")), n)
        done = self.train(*words, "--record-gradients", "--record-at=step1")
        self.assertIn("note: nothing is recorded of the 1 training", done.stderr)

    def test_columns_say_what_was_asked_and_kept(self):
        done = self.train("--method=dense,topk,norm", "--tau=0.5", "--lr=0.5", "--threads=1", "--csv=a.csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        for row in self.rows("a.csv"):
            self.assertEqual(row["settings"], "lr=0.5")
            kept = [float(row["kept_" + name]) for name in ("p10", "p50", "p90")]
            self.assertEqual(sorted(kept), kept)
            self.assertAlmostEqual(float(row["kept_mean"]), float(row["mean_k"]), places=4)
            if row["method"] != "norm":
                self.assertEqual(kept, 3 * [{"dense": 6, "topk": 2}[row["method"]]])

    def plan_rows(self, **lines):
        """The rows of each line of a plan of trainings, by name, of a net 4-6-8-10 with k = 2."""
        usual = " --threads=1 --layers=4,6,8,10 --epochs=5 --batch=10 "
        self.put("a.plan", "".join(f"{name}: train{usual}{line}\n" for name, line in lines.items()).encode())
        done = run("plan", "a.plan", "--out=r", "--no-progress", "--data=" + self.folder.name, cwd=self.folder.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {name: self.rows(f"r/{name}.csv") for name in lines}

    def test_variants_from_a_plan(self):
        rows = self.plan_rows(plain="--k=2 --method=dense,relu_skip,topk,unified_topk,random_k,tinyprop,error_feedback",
                              tau="--method=norm,threshold --tau=0.01", rescaled="--method=random_k --rescale --k=2",
                              ratio="--method=topk --ratio=0.5", layers="--method=topk --k=2/4",
                              paper="--method=topk --k=2/2/3 --output=sparse --bias=kept",
                              memory="--method=error_feedback --k=2 --memory=0.5 --lazy --fused",
                              damped="--method=tinyprop --tinyprop-damp=0.1 --lazy --fused")
        self.assertEqual(len(rows["plain"]), 7 * 5)
        self.assertEqual({row["method"] for row in rows["tau"]}, {"norm", "threshold"})
        digests = {tuple(row["weights_digest"] for row in some[-5:]) for some in rows.values()}
        self.assertEqual(len(digests), len(rows))
        for name, column, value in (("rescaled", "settings", "rescale"), ("ratio", "kept_mean", "3/4"),
                                    ("layers", "kept_p90", "2/4"), ("paper", "output", "sparse"),
                                    ("paper", "bias", "kept"), ("paper", "k", "2/2/3"),
                                    ("memory", "settings", "memory=0.5"), ("memory", "fused", "yes"),
                                    ("damped", "settings", "tinyprop-damp=0.1"), ("damped", "kept_p90", "1/1")):
            self.assertEqual({row[column] for row in rows[name]}, {value}, name)

    def test_schedules_from_a_plan(self):
        kept = {"constant": [2, 2, 2, 2, 2], "linear": [7, 6, 4.5, 3.5, 2], "cosine": [7, 6, 4.5, 3, 2],
                "step": [7, 4.5, 3.5, 3, 3], "warmup": [7, 2, 2, 2, 2]}
        rows = self.plan_rows(**{name: f"--method=topk --k=2 --policy={name}" for name in kept})
        for name, k in kept.items():
            self.assertEqual([float(row["mean_k"]) for row in rows[name]], k, name)
            self.assertEqual({row["policy"] for row in rows[name]}, {name})

    def test_annealing_follows_its_events(self):
        rows = self.plan_rows(**{name: f"--method=topk --k=6/8 --lr=0.9 --policy=anneal-{name} --spike=0"
                                       " --anneal-factor=0.5 --floor=0.25" for name in ("k", "lr", "both")})
        events = 0
        for name, some in rows.items():
            scale = 1
            for row in some:
                self.assertEqual(row["settings"], "lr=0.9 spike=0 floor=0.25")  # the factor is the default
                self.assertEqual(float(row["mean_k"]), {1: 7, 0.5: 3.5, 0.25: 2}[scale if name != "lr" else 1])
                self.assertAlmostEqual(float(row["lr"]), 0.9 * (scale if name != "k" else 1))
                events += row["event"] != ""
                self.assertIn(row["event"], ("", "anneal_" + name))
                scale = max(0.25, scale * 0.5) if row["event"] else scale
        self.assertGreater(events, 2)

    def test_what_cannot_anneal_has_no_events(self):
        rows = self.plan_rows(a="--method=dense,tinyprop,topk --k=2 --lr=0.9 --policy=anneal-k --spike=0")
        self.assertEqual({row["method"] for row in rows["a"] if row["event"]}, {"topk"})

    def test_recordings(self):
        words = ["--method=topk", "--record-at=step1", "--record-gradients=g"]
        done = self.train(*words, "--threads=1,2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(self.path("g"))),
                         ["topk-k2-layer1-step1.grad.gz", "topk-k2-threads2-layer1-step1.grad.gz"])
        self.assertNotIn("replaced", self.train(*words, "--threads=1").stderr)
        self.assertNotIn("replaced", self.train(*words, "--threads=1").stderr)
        self.assertIn("seed 1; it will be replaced", self.train(*words, "--threads=1", "--seed=2").stderr)

    def test_a_plan_keeps_costs_and_takes_one_isa(self):
        self.put("a.plan", b"a: train --method=auto --layers=4,6,10 --k=2 --epochs=1 --threads=1\n")
        done = run("plan", "a.plan", "--out=r", "--isa=all", "--no-progress", "--data=" + self.folder.name,
                   cwd=self.folder.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("a.plan:1: train takes one instruction set", done.stderr)
        self.assertIn("r/tuning.json does not exist yet, it will be made", done.stderr)
        self.assertTrue(os.path.exists(self.path("r/tuning.json")))

    def test_a_recording_that_fails_loses_no_epoch(self):
        os.makedirs(self.path("g/topk-k2-layer1-epoch1.grad.gz/x"))
        done = self.train("--method=topk", "--threads=1", "--record-at=epoch1", "--record-gradients=g", "--csv=a.csv")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("topk-k2-layer1-epoch1.grad.gz", done.stderr)
        self.assertEqual([row["epoch"] for row in self.rows("a.csv")], ["1"])
        self.assertIn("topk", done.stdout)

    def test_a_file_is_no_folder_for_recordings(self):
        self.put("g", b"")
        for more in [], ["--dry-run"]:
            done = self.train("--threads=1", "--record-gradients=g", "--csv=a.csv", *more)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--record-gradients=g is no folder", done.stderr)
            self.assertFalse(os.path.exists(self.path("a.csv")))


class Interrupt(unittest.TestCase):
    def test_records_are_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.csv")
            words = ["select", "--repetitions=1000", "--min-time=1ms", "--threads=1", "--csv=" + path]
            process = subprocess.Popen([*MEPBENCH, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None and not os.path.exists(path):
                time.sleep(0.05)
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=60), 130)
            self.assertEqual(run("check", path).returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
