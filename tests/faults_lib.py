# SPDX-License-Identifier: MIT
"""What the tests of faults share: a small data set, programs of the build, and what a folder of results holds."""
import argparse
import collections
import contextlib
import csv
import json
import os
import resource
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAMS = {}  # name: words to start it with
ARGS = argparse.Namespace()
TRAIN = "--layers=4,6,10 --batch=10 --no-progress"
SHORT = ["--min-time=1x", "--repetitions=2", "--threads=1", "--no-progress"]


def select(*words):
    """A short command, with further words or others in place of its own."""
    named = {word.split("=")[0] for word in words}
    usual = ["--n=33", "--batch=2", "--k=3", "--dist=ties", *SHORT]
    return ["select", *(word for word in usual if word.split("=")[0] not in named), *words]


SELECT = select()
# Columns of records of either kind: what two runs of the same work share. A training's others are times and notes.
KERNEL = ("op", "method", "select", "isa", "dist", "batch", "n_in", "n_out", "k", "threads", "round", "check")
TRAINING = ("experiment", "method", "layers", "k", "seed", "epoch", "mean_k", "lr", "train_loss", "dev_loss", "dev_acc",
            "test_acc", "weights_digest")


def put_data(folder, test=50):
    """5100 training images of 2x2 pixels: 5000 are the development set."""
    for part, n in ("train", 5100), ("t10k", test):
        with open(os.path.join(folder, part + "-images-idx3-ubyte"), "wb") as file:
            file.write(struct.pack(">4I", 2051, n, 2, 2) + bytes(i * i % 251 for i in range(4 * n)))
        with open(os.path.join(folder, part + "-labels-idx1-ubyte"), "wb") as file:
            file.write(struct.pack(">2I", 2049, n) + bytes(i % 10 for i in range(n)))


def start(*words, program="mepbench", **options):
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
               **options}
    return subprocess.Popen([*PROGRAMS[program], *words], **options)


def run(*words, **options):
    with start(*words, **options) as process:
        try:
            out, err = process.communicate(timeout=200)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def limit_files(size):
    """For preexec_fn: no file may grow beyond so many bytes; as on a full disk, a part of a row may still fit."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def read_rows(path):
    """The whole rows of a file of records, as text, and what is torn at its end."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = file.read().split("\n")
    return lines[:-1], lines[-1]


def files_of(folder, part=".csv"):
    """Files of records, also those set aside."""
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if part in name)


def held(folder):
    """Counts every whole row of the folder, whichever file it lies in now."""
    rows = collections.Counter()
    for path in files_of(folder) if os.path.isdir(folder) else []:
        rows.update(line for line in read_rows(path)[0][1:])
    return rows


def content(path):
    """The records of a file without what a clock or a scheduler decides: each distinct one, and how often."""
    with open(path, encoding="utf-8", newline="") as file:
        return collections.Counter(tuple(row[name] for name in (KERNEL if "op" in row else TRAINING))
                                   for row in csv.DictReader(file))


def processes_of(word):
    """Those that have the word in their command line, but for this one."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if word.encode() in file.read() and int(pid) != os.getpid():
                    found.append(int(pid))
    return found


def none_left(word, patience=20.0):
    end = time.monotonic() + patience
    while processes_of(word):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class Case(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.holder = tempfile.TemporaryDirectory(prefix="mepbench_faults_")
        self.addCleanup(self.holder.cleanup)
        self.folder = self.holder.name

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def put(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def assert_ends(self, done, status, *sentences):
        """A status, and sentences in the last words; a signal's death is never one."""
        self.assertEqual(done.returncode, status, done.stderr)
        for sentence in sentences:
            self.assertIn(sentence, done.stderr)

    def assert_valid(self, *paths):
        for path in paths:
            rows, torn = read_rows(path)
            self.assertEqual(torn, "", path)
            if len(rows) > 1:
                done = run("check", path)
                self.assertEqual(done.returncode, 0, done.stderr)


def states(folder):
    with open(os.path.join(folder, "context.json"), encoding="utf-8") as file:
        return [line["state"] for line in json.load(file)["plan"]["lines"]]


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed_signals():
    """What nohup or a shell's & made us ignore, the programs we start would ignore too."""
    for number in SIGNALS:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def wait_to_catch(process, number, patience=60.0):
    """Until the program has its handler; where that cannot be seen, until it has surely begun."""
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                caught = next(int(line.split()[1], 16) for line in file if line.startswith("SigCgt"))
        except (OSError, StopIteration):
            time.sleep(1)
            return
        if caught >> (number - 1) & 1:
            return
        time.sleep(0.01)


def main(text):
    """The tests of the program that calls, as told by its words; 0, or 1 where one failed."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--kills", type=int, default=100, help="of each command that can go on (default: 100)")
    parser.add_argument("--allocations", type=int, default=240, help="that fail, in all sweeps (default: 240)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the moments; default: the clock")
    parser.add_argument("--fail-malloc", help="the library that lets allocations fail")
    parser.add_argument("mepbench")
    parser.add_argument("tests", nargs="*")
    parser.parse_args(namespace=ARGS)
    heed_signals()
    ARGS.slowest = 0.0
    ARGS.fail_malloc = ARGS.fail_malloc and os.path.abspath(ARGS.fail_malloc)
    PROGRAMS["mepbench"] = shlex.split(os.environ.get("MESON_EXE_WRAPPER", "")) + [os.path.abspath(ARGS.mepbench)]
    print(f"seed {ARGS.seed}", flush=True)
    done = unittest.main(argv=[sys.argv[0], *ARGS.tests], exit=False, verbosity=2)
    if ARGS.slowest:
        print(f"the slowest stop took {ARGS.slowest:.2f} s")
    return not done.result.wasSuccessful()
