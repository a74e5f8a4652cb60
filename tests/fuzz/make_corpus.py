#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/fuzz/make_corpus.py: writes the seeds of the fuzzing targets, tests/fuzz/corpus, anew. They are heads of committed
results, plans and tuning files, and invented IDX files and recordings: small, and no image of anybody's."""
import csv
import glob
import gzip
import io
import json
import os
import re
import shutil
import struct
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.path.join(ROOT, "tests", "fuzz", "corpus")
RESULTS = os.path.join(ROOT, "results", "2026-11-22-vm-cec4d2a")


def put(target, name, content):
    os.makedirs(os.path.join(CORPUS, target), exist_ok=True)
    with open(os.path.join(CORPUS, target, name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def pack(content):
    return gzip.compress(content, mtime=0)


def images(n, side):
    return struct.pack(">4I", 0x803, n, side, side) + bytes(i * 37 % 256 for i in range(n * side * side))


def labels(n):
    return struct.pack(">2I", 0x801, n) + bytes(i % 10 for i in range(n))


def make_idx():
    for name, content in ("images", images(3, 4)), ("labels", labels(7)):
        put("idx", name, content)
        put("idx", name + ".gz", pack(content))
    for n in 1, 5:
        content = images(n, 4)
        content += bytes(-len(content) % 16)
        put("dataset", f"images-{n}", bytes([len(content) // 16]) + content + labels(n))


def rows(path, n):
    opened = gzip.open(path, "rt") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return list(csv.reader(file))[:n + 1]


def text(table, end="\n"):
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(table)
    return out.getvalue()


def cells(path, n):
    """The first rows of every n-th way, so that a table has something to compare."""
    table = rows(path, 100000)
    header, kept, seen = table[0], [], {}
    for row in table[1:]:
        key = tuple(row[header.index(c)] for c in ("op", "method", "k", "threads"))
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= 2 and len(seen) <= n:
            kept.append(row)
    return [header] + kept


def quoted_in(name, pattern):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return re.findall(pattern, file.read(), re.M)


def make_records():
    kinds = {"kernel": os.path.join(RESULTS, "select.csv.gz"), "train": os.path.join(RESULTS, "train.csv"),
             "dist": os.path.join(RESULTS, "gradients.csv"), "target": os.path.join(RESULTS + "-targets", "targets.csv")}
    for name, path in kinds.items():
        table = rows(path, 2)
        put("record", name, text(table))
        put("report", name, text(table))
        put("record", name + ".gz", pack(text(table).encode()))
    kernel = rows(kinds["kernel"], 1)
    history = quoted_in("src/report/record_columns.c", r"^\t{HISTORY\((\w+)\), COLUMN_(\w+)")
    put("record", "history", text([[name for name, _ in history], ["x" if kind == "TEXT" else "1" for _, kind in history]]))
    put("record", "crlf", text(kernel, "\r\n"))
    put("record", "mark", b"\xef\xbb\xbf" + text(kernel).encode())
    kernel[1][kernel[0].index("cpu")] = 'a "fast" one, of two'
    put("record", "quotes", text(kernel))
    put("record", "header", text(kernel[:1]))
    put("record", "torn", text(kernel)[:-20])
    for name in "backward.csv.gz", "ceilings.csv", "forward.csv.gz":
        put("report", name.split(".")[0], text(cells(os.path.join(RESULTS, name), 12)))
    put("report", "update", text(cells(os.path.join(RESULTS + "-targets", "update.csv.gz"), 6)))


def make_plans():
    for path in glob.glob(os.path.join(ROOT, "bench", "*.plan")):
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file.read().split("\n") if line and line[0] != "#"]
        name = os.path.basename(path)[:-5]
        put("plan", name, "\n".join(lines[:6])[:1500] + "\n")
        for i, line in enumerate(lines[:12]):
            words = re.sub(r"@[0-9.]+ *$", "", line.split("#")[0].split(":", 1)[-1]).split()
            if words:
                put("options", f"{name}-{i}", "\n".join(words)[:500])
    put("plan", "crlf", b"\xef\xbb\xbf# a comment\r\n\r\nselect: select --n=67 --k=5 @5\r\n")
    for i, words in enumerate(("list --columns", "plan a.plan --out=r --resume --lines=^a", "check a.csv b.csv",
                               "study --jobs=2 --seed=3 --dry-run", "targets --runs=5", "ceilings --min-time=200x",
                               "backward --method=auto --tuning=x.json --retune --filter=k:20{1,3}",
                               "train --k=20/40,80 --method=topk/dense --record-at=step1,epoch10 --tau=0.5,1e-3")):
        put("options", f"more-{i}", "\n".join(words.split()))


def make_tuning():
    with open(os.path.join(RESULTS, "tuning.json"), encoding="utf-8") as file:
        whole = json.load(file)
    for cell in whole["cells"]:
        for curve in "relu_skip", "topk":
            cell[curve] = cell[curve][:2]
    for n in 1, 2:
        put("tuning", f"cells-{n}", json.dumps({**whole, "cells": whole["cells"][:n]}, indent=1))


def make_recordings():
    for rows_, n in (1, 1), (2, 3):
        values = b"".join(struct.pack("<f", i * 0.25 - 0.5) for i in range(rows_ * n))
        header = struct.pack("<8s6I2Q64s48s40s", b"mepgrad\n", 1, rows_, n, 1, 1, 1, 7, 1, b"topk k=2 adam", b"custom",
                             b"0-0-0-0")
        put("recording", f"open-{n}", header + bytes(4) + values)
        whole = header + struct.pack("<I", zlib.crc32(header + values)) + values
        put("recording", f"signed-{n}", whole)
        put("recording", f"packed-{n}", pack(whole))


def put_dictionary(target, words):
    quoted = ('"' + "".join(c if " " <= c <= "~" and c not in '"\\\\' else f"\\x{ord(c):02x}" for c in word) + '"' for word in sorted(set(words)))
    with open(os.path.join(ROOT, "tests", "fuzz", target + ".dict"), "w", encoding="ascii") as file:
        file.write("\n".join(quoted) + "\n")


def make_dictionaries():
    columns = quoted_in("src/report/record_columns.c", r"^\t{[A-Z]+\(([a-z0-9_]+)\)") + ["l1_read", "memory_written"]
    put_dictionary("record", columns + ["nan", "inf", "-1", '""', "\r\n", "1e308", "9223372036854775807", "backward"])
    options = ["--" + name for name in quoted_in("bench/options_table.c", r'^\t{"([a-z0-9-]+)", OPTION')]
    commands = quoted_in("bench/commands.c", r'^\t{"([a-z]+)",')
    methods = quoted_in("kernels/dispatch.c", r"\{\.name = \"([a-z_]+)\"")
    put_dictionary("options", options + commands + methods + ["all", "1-8*2", "10-50+10", "4x5x6", "20/40", "200x", "step1"])
    put_dictionary("plan", options + commands + methods + ["a: ", " @5", "#", "\r\n", "=../x", "=/x", "--alone"])
    keys = quoted_in("src/tune/tune_file.c", r"(?:TEXT|NUMBER)\(([a-z_]+)\)")
    put_dictionary("tuning", [f'"{key}"' for key in keys] + ['"cells"', '"topk"', '"relu_skip"', '"dense_ns"', '"nonzeros"',
                                                          "1e308", "-1", "null", "\\u0000", "[[", "{}"])


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    for make in make_idx, make_records, make_plans, make_tuning, make_recordings, make_dictionaries:
        make()
    names = [os.path.join(folder, name) for folder, _, some in os.walk(CORPUS) for name in some]
    print(f"{len(names)} seeds, {sum(map(os.path.getsize, names))} bytes")


if __name__ == "__main__":
    main()
