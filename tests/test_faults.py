#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the program does where the world fails it: signals, full disks, closed streams, locked folders, missing
processors. What is written stays whole, and a run that goes on ends as if nothing had been. Kills: test_killed.py."""
import ctypes
import os
import platform
import shlex
import signal
import struct
import subprocess
import sys
import time
import unittest

import faults_lib as lib
from faults_lib import SELECT, Case, run, select, start


class Streams(Case):
    def test_a_pipe_that_nobody_reads(self):
        for words in ["list"], select("--csv=-"), select("--csv=" + self.path("a.csv")):
            reader, writer = os.pipe()
            os.close(reader)
            done = run(*words, stdout=writer)
            os.close(writer)
            self.assertEqual(done.returncode, 141, done.stderr)
            self.assertNotIn("mepbench:", done.stderr)
        self.assert_valid(self.path("a.csv"))

    def test_a_reader_that_leaves_costs_a_plan_no_line(self):
        plan = self.put("a.plan", "".join(f"{name}: {shlex.join(SELECT)}\n" for name in "abc"))
        reader, writer = os.pipe()
        os.close(reader)
        self.assertEqual(run("plan", plan, "--out=" + self.path("r"), "--no-progress", stdout=writer).returncode, 141)
        os.close(writer)
        self.assertEqual(lib.states(self.path("r")), 3 * ["finished"])

    def test_closed_streams(self):
        for fd, status in (0, 0), (1, 99), (2, 0):
            path = self.path(f"{fd}.csv")
            words = shlex.join([*lib.PROGRAMS["mepbench"], *SELECT, "--csv=" + path])
            done = subprocess.run(["sh", "-c", f"{words} {fd}>&-"], capture_output=True, text=True, check=False)
            self.assert_ends(done, status, *(["standard output could not be written"] if fd == 1 else []))
            self.assert_valid(path)
            self.assertGreater(len(lib.read_rows(path)[0]), 5)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_full_standard_output(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for words in ["list"], ["info"], ["--version"], ["select", "--help"], SELECT, select("--dry-run"):
                done = run(*words, stdout=full)
                self.assert_ends(done, 99, "mepbench: standard output could not be written whole")
            self.assert_ends(run(*SELECT, "--csv=-", stdout=full), 99, "standard output: cannot be written: No space")


class FullDisk(Case):
    def test_no_torn_row_of_a_kernel(self):
        path = self.path("a.csv")
        whole = run(*SELECT, "--csv=" + self.path("whole.csv"))
        self.assertEqual(whole.returncode, 0)
        size = os.path.getsize(self.path("whole.csv"))
        for limit in 0, 100, size // 3, size // 2, size * 7 // 8:  # sizes differ a little: a busy machine says so in every row
            done = run(*SELECT, "--csv=" + path, preexec_fn=lib.limit_files(limit))
            self.assert_ends(done, 99, f"mepbench: {path}: cannot be written: File too large")
            self.assertEqual(lib.read_rows(path)[1], "")
            if limit:
                self.assertEqual("topk" in done.stdout, len(lib.read_rows(path)[0]) > 1)
            os.unlink(path)

    def test_files_that_replace_others(self):
        for flag in "--json", "--markdown":
            path = self.put("old", "as it was")
            done = run(*SELECT, f"{flag}={path}", preexec_fn=lib.limit_files(64))
            self.assert_ends(done, 99, "old: cannot be written")
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), "as it was")
            self.assertEqual(os.listdir(self.folder), ["old"])
            self.assertEqual(run(*SELECT, f"{flag}=/dev/null").returncode, 0)
            self.assertFalse(os.path.isfile("/dev/null"))

    def full_then_empty(self, command, plan, more):
        """Runs into a limit, once and again, then without: the same rows as of a run that never met one."""
        lib.put_data(self.folder)
        words = [command, self.put("a.plan", plan), "--data=" + self.folder, "--no-progress", *more]
        self.assertEqual(run(*words, "--out=" + self.path("whole")).returncode, 0)
        biggest = max(os.path.getsize(path) for path in lib.files_of(self.path("whole"), ""))
        out, go_on = "--out=" + self.path("r"), []
        for limit in biggest // 4, biggest // 2, biggest * 7 // 8:
            done = run(*words, out, *go_on, preexec_fn=lib.limit_files(limit))
            # A study that goes on begins a file of its own, which may be small enough.
            if done.returncode or not go_on:
                self.assert_ends(done, 99, "cannot be written: File too large")
            for path in lib.files_of(self.path("r")):
                self.assertEqual(lib.read_rows(path)[1], "", path)
            go_on = ["--resume"] if os.path.exists(self.path("r", "context.json")) else []
        done = run(*words, out, "--resume")
        self.assert_ends(done, 0)
        return {name: sum((lib.content(path) for path in lib.files_of(self.path(name)) if "partial" not in path),
                          start=lib.collections.Counter()) for name in ("whole", "r")}

    def test_plan_goes_on(self):
        plan = "".join(f"{name}: {shlex.join(SELECT)}\n" for name in "abc")
        rows = self.full_then_empty("plan", plan, [])
        self.assertEqual(rows["r"], rows["whole"])

    def test_study_goes_on(self):
        plan = f"a: train --method=dense,topk --k=2 --epochs=3 --seeds=1-4 {lib.TRAIN}\n"
        rows = self.full_then_empty("study", plan, ["--jobs=2"])
        self.assertEqual(set(rows["r"]), set(rows["whole"]))

    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid() == 0, "needs root, to mount a tmpfs")
    def test_a_small_file_system(self):
        disk = self.path("disk")
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", disk], capture_output=True,
                          check=False).returncode:
            self.skipTest("cannot mount a tmpfs")
        try:
            words = select("--repetitions=40", "--csv=" + os.path.join(disk, "a.csv"))
            self.assert_ends(run(*words), 99, "a.csv: cannot be written: No space left on device")
            self.assertEqual(lib.read_rows(os.path.join(disk, "a.csv"))[1], "")
        finally:
            subprocess.run(["umount", disk], check=True)


class Folders(Case):
    def test_a_file_in_place_of_a_folder(self):
        plan, file = self.put("a.plan", f"a: {shlex.join(SELECT)}\n"), self.put("file", "")
        for out in file, file + "/below":
            self.assert_ends(run("plan", plan, "--out=" + out), 2, f"folder '{file}", "cannot be made: Not a directory")
        self.assert_ends(run(*SELECT, f"--csv={file}/a.csv"), 2, "Not a directory")

    def test_a_folder_that_must_not_be_written(self):
        locked = self.path("locked")
        os.mkdir(locked, 0o555)
        os.chmod(self.folder, 0o755)
        plan = self.put("a.plan", f"a: {shlex.join(SELECT)}\n")
        # Root may write all the same: be nobody.
        other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            done = run("list", **other)
        except OSError:
            done = None
        if not done or done.returncode:
            self.skipTest("nobody cannot start the program where it lies")
        for words in (["plan", plan, "--out=" + locked], ["plan", plan, "--out=" + locked + "/x"],
                      select(f"--csv={locked}/a.csv"), select(f"--json={locked}/a.json"),
                      select(f"--markdown={locked}/a.md")):
            self.assert_ends(run(*words, **other), 2, locked, "Permission denied")
        self.assertEqual(os.listdir(locked), [])

    def test_a_run_killed_at_its_very_start(self):
        plan = self.put("a.plan", f"a: {shlex.join(SELECT)}\n")
        os.mkdir(self.path("r"))
        self.put("r/context.json.17.tmp", '{"torn')
        self.assert_ends(run("plan", plan, "--out=" + self.path("r"), "--resume", "--no-progress"), 0)
        self.assertEqual(sorted(os.listdir(self.path("r"))), ["a.csv", "context.json"])
        self.assert_ends(run("plan", plan, "--out=" + self.path("typo"), "--resume"), 2, "that mepbench has begun")


class Signals(Case):
    """Ctrl-C wherever it comes. How long it took is told, not judged; only a minute fails."""

    def stop(self, words, after, number=signal.SIGINT, says=""):
        """Stops it some time after it began to heed the signal. Tables may lack where a long step was under way."""
        with start(*words, start_new_session=True) as process:
            lib.wait_to_catch(process, number)
            time.sleep(after)
            if process.poll() is not None:
                self.fail("it had ended before it was stopped: " + process.stderr.read())
            asked = time.monotonic()
            os.killpg(process.pid, number)
            try:
                out, err = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            lib.ARGS.slowest = max(lib.ARGS.slowest, time.monotonic() - asked)
        self.assertEqual(process.returncode, 130, err)
        if "in the midst of a long step" not in err:
            self.assertIn(says, out + err)

    def test_kernels(self):
        shape = ["--isa=portable", "--method=dense,topk", "--k=20", "--threads=1", "--no-progress", "--dist=gaussian"]
        for size, min_time, after in (2048, "1s", 0.4), (3072, "1s", 1.5), (512, "20s", 1.0), (64, "100ms", 1.2):
            path = self.path(f"{size}.csv")
            self.stop(["backward", f"--shape={size}x{size}x{size}", f"--min-time={min_time}", "--repetitions=1000",
                       "--csv=" + path, *shape], after)
            if os.path.exists(path):
                self.assert_valid(path)

    def test_every_signal_that_asks(self):
        for number in lib.SIGNALS:
            self.stop(select("--min-time=1ms", "--repetitions=100000"), 0.6, number, "binding")

    def test_ignored_signals_stay_ignored(self):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

        with start(*select("--repetitions=20"), preexec_fn=ignore) as process:
            lib.wait_to_catch(process, signal.SIGINT)
            process.send_signal(signal.SIGHUP)
            process.communicate(timeout=100)
        self.assertEqual(process.returncode, 0)

    def test_a_training_within_an_epoch(self):
        lib.put_data(self.folder)
        words = ["train", "--data=" + self.folder, "--threads=1", "--method=dense,topk", "--k=20", "--no-progress"]
        for layers, after in ("4,64,10", 0.8), ("4,1500,1500,10", 1.2):
            self.stop([*words, f"--layers={layers}", "--epochs=100000", f"--csv={self.path(layers)}"], after)
            if os.path.exists(self.path(layers)):
                self.assert_valid(self.path(layers))

    def test_a_study_and_its_workers(self):
        lib.put_data(self.folder)
        plan = self.put("a.plan", f"a: train --method=dense,topk --k=2 --epochs=30000 --seeds=1-50 {lib.TRAIN}\n")
        for number in lib.SIGNALS:
            self.stop(["study", plan, "--jobs=3", "--data=" + self.folder, "--out=" + self.path(str(number))],
                      0.8, number, "go on with: mepbench study")
            self.assertTrue(lib.none_left(self.folder), "workers are left")


class Machine(Case):
    def degraded(self, *words, **options):
        """The words for it in the records of a short command, and what it said."""
        path = self.path("a.csv")
        done = run(*select("--csv=" + path, *words), **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(lib.csv.DictReader(file))
        os.unlink(path)
        return set(rows[0]["degraded"].split(",")), done.stderr

    @unittest.skipUnless(platform.machine() in ("x86_64", "aarch64"), "no number of sched_setaffinity")
    def test_a_thread_that_cannot_be_bound(self):
        def deny():
            """A filter of system calls: sched_setaffinity gives EPERM, all others pass."""
            number = {"x86_64": 203, "aarch64": 122}[platform.machine()]
            code = b"".join(struct.pack("HBBI", *i) for i in ((0x20, 0, 0, 0), (0x15, 0, 1, number),
                                                              (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)))
            room = ctypes.create_string_buffer(code)
            program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(room)))
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
                os._exit(77)

        if run("list", preexec_fn=deny).returncode == 77:
            self.skipTest("no seccomp filters here")
        words, err = self.degraded(preexec_fn=deny)
        self.assertIn("unbound", words)
        self.assertIn("warning: threads are not bound", err)
        self.assert_ends(run(*SELECT, "--bind=compact", preexec_fn=deny), 99,
                         "cannot honour --bind=compact for 1 of 1 threads: Operation not permitted")

    def test_fewer_processors_than_asked(self):
        first = min(os.sched_getaffinity(0))
        words, err = self.degraded("--threads=2", preexec_fn=lambda: os.sched_setaffinity(0, [first]))
        self.assertIn("oversubscribed", words)
        self.assertIn("more threads than processors", err)

    def test_a_topology_of_another_machine(self):
        words, _ = self.degraded(env={**os.environ, "HWLOC_SYNTHETIC": "pack:2 core:4 pu:2"})
        self.assertIn("unbound", words)

    def test_a_topology_that_cannot_be_read(self):
        self.degraded(env={**os.environ, "HWLOC_FSROOT": "/nonexistent"})
        done = run(*SELECT, env={**os.environ, "HWLOC_COMPONENTS": "-linux,stop"})
        self.assertIn(done.returncode, (0, 99))
        if done.returncode:
            self.assertIn("cannot read the machine's topology", done.stderr)

    def test_a_quota(self):
        made = None
        for top, name, text in (("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "50000"),
                                ("/sys/fs/cgroup", "cpu.max", "50000 100000")):
            group = os.path.join(top, f"mepbench_faults_{os.getpid()}")
            try:
                os.mkdir(group)
                made = group
                with open(os.path.join(group, name), "w", encoding="ascii") as file:
                    file.write(text)
                break
            except OSError:
                if made:
                    os.rmdir(made)
                made = None
        if not made:
            self.skipTest("no control group can be made here")

        def enter():
            with open(os.path.join(made, "cgroup.procs"), "w", encoding="ascii") as file:
                file.write(str(os.getpid()))

        try:
            seen = subprocess.run(["cat", "/proc/self/cgroup"], preexec_fn=enter, capture_output=True, text=True,
                                  check=False).stdout
            if f"/{os.path.basename(made)}" not in [line.split(":", 2)[2] for line in seen.splitlines()]:
                self.skipTest("this container's own group hides where ours lies")
            words, err = self.degraded(preexec_fn=enter)
        except subprocess.SubprocessError:
            self.skipTest("no process may enter a control group here")
        finally:
            os.rmdir(made)
        self.assertIn("quota", words)
        self.assertIn("quota is below the number of cores", err)


if __name__ == "__main__":
    sys.exit(lib.main(__doc__))
