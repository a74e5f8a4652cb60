#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does anything grow in a long run? One mepbench process runs all commands over and over (a plan of 120 lines), while its
memory, file handles and threads are sampled and its records give the time of each cell as a ratio to the reference of
the same round; then reports are made in process after process. Each series gets a slope by Theil and Sen with a 95 %
interval: it grows where the whole interval lies above 0 and the growth over the run above the bound in the table, and
does not where the whole interval lies below the bound. Status 0: no growth, 1: growth, 3: unsure, the machine was too
noisy."""
import argparse
import collections
import csv
import math
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import faults_lib as lib

TURNS = 20
SHORT = "--threads=2 --min-time=200us"
# A line of each turn: its words, and the option that makes it longer.
LINES = {
    "ceilings": (f"ceilings {SHORT}", "repetitions"),
    "select": (f"select --n=67,500 --batch=16 --k=5,20 --dist=gaussian,relu {SHORT}", "repetitions"),
    "backward": (f"backward --shape=16x61x50 --k=5,20 --dist=relu {SHORT}", "repetitions"),
    "forward": (f"forward --shape=16x61x50 {SHORT}", "repetitions"),
    "update": (f"update --shape=16x61x50 --k=5 --dist=relu {SHORT}", "repetitions"),
    "train": ("train --method=dense,topk --k=4 --layers=4,64,10 --batch=10 --threads=2", "epochs"),
}
WORDS = {0: "no growth", 1: "GROWTH", 3: "unsure: the interval is wider than the bound"}
IN_PLAN = 0.75  # share of the time for the one long process


def slope(values):
    """Theil and Sen: the median of all pairs' slopes per step, with Sen's 95 % interval from Kendall's variance."""
    n = len(values)
    pairs = sorted((values[j] - values[i]) / (j - i) for i in range(n) for j in range(i + 1, n))
    if not pairs:
        return math.nan, -math.inf, math.inf
    half = 1.96 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low, high = int((len(pairs) - half) / 2), math.ceil((len(pairs) + half) / 2)
    return statistics.median(pairs), pairs[max(low, 0)], pairs[min(high, len(pairs) - 1)]


class Sampler(threading.Thread):
    """Looks at a process twice a second; `turn` is where it is."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.turn = pid, 0
        self.seen = collections.defaultdict(list)

    def run(self):
        while True:
            try:
                with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
                    status = dict(line.split(":", 1) for line in file)
                handles = len(os.listdir(f"/proc/{self.pid}/fd"))
                self.seen[self.turn].append((int(status["VmRSS"].split()[0]) / 1024, handles, int(status["Threads"])))
            except (OSError, KeyError):
                return
            time.sleep(0.25)

    def series(self, which):
        """The most that each turn has seen, without the first: it warms up."""
        return [max(s[which] for s in self.seen[turn]) for turn in sorted(self.seen) if turn > 1]


def must(*words, **options):
    began = time.monotonic()
    done = lib.run(*words, **options)
    if done.returncode:
        sys.exit(f"{shlex.join(words)}: status {done.returncode}\n{done.stderr}")
    return time.monotonic() - began


def lengths(seconds, data):
    """How long each line must be: seconds of two short tries, then a straight line through them."""
    found = {}
    for name, (words, option) in LINES.items():
        more = [f"--data={data}"] if option == "epochs" else []
        short, long = (min(must(*words.split(), *more, f"--{option}={n}", "--no-progress") for _ in range(2))
                       for n in (6, 36))
        each = max((long - short) / 30, 1e-4)
        found[name] = max(6, min(100000, int((seconds - short) / each)))
    return found


def one_process(folder, minutes):
    """The plan; the sampler, the folder of results, and the minutes that it took."""
    seconds = minutes * 60 / (TURNS * len(LINES))
    counts = lengths(seconds, folder)
    plan = os.path.join(folder, "endurance.plan")
    with open(plan, "w", encoding="ascii") as file:
        for turn in range(1, TURNS + 1):
            for name, (words, option) in LINES.items():
                file.write(f"{name}-{turn}: {words} --{option}={counts[name]} @{seconds:.1f}\n")
    began, out = time.monotonic(), os.path.join(folder, "r")
    with lib.start("plan", plan, "--out=" + out, "--data=" + folder, stdout=subprocess.DEVNULL) as process:
        sampler = Sampler(process.pid)
        sampler.start()
        for line in process.stderr:
            at = re.match(r"\[\d+/\d+\] \w+-(\d+):", line)
            sampler.turn = int(at[1]) if at else sampler.turn
    sampler.join()
    if process.returncode:
        sys.exit(f"the plan ended with status {process.returncode}")
    return sampler, out, (time.monotonic() - began) / 60


def times_of(path):
    """{cell: {round: seconds}} of a file of records."""
    times = collections.defaultdict(dict)
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if "epoch_s" in row:
                times[row["method"]][row["epoch"]] = float(row["epoch_s"])
            elif int(row["calls"]):
                cell = tuple(row[name] for name in lib.KERNEL if name not in ("round", "check")) + (row["optimizer"],)
                times[cell][row["round"]] = int(row["elapsed_ns"]) / int(row["calls"])
    return times


def ratios_of(path):
    """{cell: median ratio}: to the yardstick, else to dense, else to the first cell of the same rounds."""
    times = times_of(path)
    first = [c for c in times if "yardstick" in c] or [c for c in times if c == "dense" or "dense" in c] or list(times)
    base = times[first[0]]
    return {cell: statistics.median(ns / base[i] for i, ns in rounds.items() if i in base)
            for cell, rounds in times.items() if cell != first[0]}


def time_series(out):
    """Per turn the mean over all cells of ln(ratio over the cell's median ratio); and how many cells there are."""
    turns = [{(name, cell): r for name in LINES
              for cell, r in ratios_of(os.path.join(out, f"{name}-{turn}.csv")).items()}
             for turn in range(2, TURNS + 1)]
    cells = set.intersection(*(set(t) for t in turns))
    middle = {c: statistics.median(t[c] for t in turns) for c in cells}
    return [statistics.fmean(math.log(t[c] / middle[c]) for c in cells) for t in turns], len(cells)


def many_processes(out, minutes):
    """Reports and commands, each in a process of its own: how many, and what they left in the folder of results."""
    n, end, before = 0, time.monotonic() + 60 * minutes, None
    while n < 2 or time.monotonic() < end:
        must(out, program="mepreport")
        must("check", os.path.join(out, "select-1.csv"))
        now = sum(len(names) for _, _, names in os.walk(out))
        if n and now != before:
            sys.exit(f"{out} has {now} files, had {before} after the report before")
        before, n = now, n + 1
    return n


def judge(rows, minutes):
    worst = 0
    print(f"{'series':34} {'at first':>9} {'at last':>9} {'change over the run (95 % interval)':>37} {'bound':>7}")
    for name, values, unit, bound in rows:
        steps = len(values) - 1
        middle, low, high = (s * steps for s in slope(values))
        print(f"{name:34} {values[0]:9.3f} {values[-1]:9.3f} {middle:+12.4f} ({low:+.4f} .. {high:+.4f}) {unit:6}"
              f" {bound:6g}", end="")
        status = 1 if low > 0 and middle > bound else 0 if high <= bound else 3
        worst = status if status and worst != 1 else worst
        print(f"  {WORDS[status]}")
    print(f"{minutes:.1f} minutes in one process: {WORDS[worst]}")
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mepbench")
    parser.add_argument("mepreport")
    parser.add_argument("minutes", nargs="?", type=float, default=60)
    a = parser.parse_args()
    if not 1 <= a.minutes <= 10000:
        parser.error(f"invalid value '{a.minutes:g}' for MINUTES; should be a number 1..10000")
    lib.PROGRAMS.update(mepbench=[os.path.abspath(a.mepbench)], mepreport=[os.path.abspath(a.mepreport)])
    with tempfile.TemporaryDirectory(prefix="mepbench_endurance_") as folder:
        os.environ["MEPBENCH_CACHE"] = folder
        lib.put_data(folder)
        sampler, out, minutes = one_process(folder, a.minutes * IN_PLAN)
        ratios, n_cells = time_series(out)
        n = many_processes(out, a.minutes * (1 - IN_PLAN))
    print(f"{TURNS} turns of {len(LINES)} commands in one process, then {n} reports of their results")
    return judge([("memory of a turn, most", sampler.series(0), "MiB", 1),
                  ("file handles, most", sampler.series(1), "", 0.5),
                  ("threads, most", sampler.series(2), "", 0.5),
                  (f"ln time ratio, mean of {n_cells} cells", ratios, "", 0.02)], minutes)


if __name__ == "__main__":
    sys.exit(main())
