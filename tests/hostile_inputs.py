# SPDX-License-Identifier: MIT
"""What the programs read, good and spoilt: inputs with their faults, for test_hostile.py."""
import csv
import gzip
import io
import json
import os
import shlex
import struct
import sys
import zlib

WRAPPER = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))
MEPBENCH, MEPREPORT, MEPCOMPARE = (WRAPPER + [os.path.abspath(path)] for path in sys.argv[-3:])
LIMIT_S = int(os.environ.get("LIMIT_S", "60"))  # for an emulator or a sanitizer; a hang ends the test
SHORT = ["--min-time=1x", "--repetitions=2", "--threads=1", "--no-progress"]
TRAIN = ["train", "--layers=4,6,10", "--k=2", "--epochs=1", "--batch=10", "--threads=1", "--no-progress"]


# --- faults: from the bytes of a good file to those of a bad one ------------------------------------------------------

def bomb(good):
    """What the file starts with, then zeros without end: 256 MiB in 250 KiB."""
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
    return squeeze.compress(good) + b"".join(squeeze.compress(bytes(1 << 20)) for _ in range(256)) + squeeze.flush()


def flip(good, at):
    return good[:at] + bytes([good[at] ^ 0xff]) + good[at + 1:]


BINARY = {
    "empty": lambda good: b"",
    "one byte": lambda good: good[:1],
    "truncated": lambda good: good[:-3],
    "half": lambda good: good[:len(good) // 2],
    "wrong magic": lambda good: flip(good, 3),
    "trailing byte": lambda good: good + b"x",
    "text": lambda good: b"dear diary\n" * 20,
    "gzip, empty": lambda good: gzip.compress(b""),
    "gzip, truncated": lambda good: gzip.compress(good)[:-9],
    "gzip, cut in the header": lambda good: gzip.compress(good)[:5],
    "gzip, damaged": lambda good: flip(gzip.compress(good), len(gzip.compress(good)) - 6),
    "gzip, trailing bytes": lambda good: gzip.compress(good) + b"more",
    "gzip, second member": lambda good: gzip.compress(good) + gzip.compress(b"more"),
    "gzip of gzip": lambda good: gzip.compress(gzip.compress(good)),
    "gzip bomb": bomb,
}
# Each is bad wherever a text is expected.
TEXT = {
    "empty": lambda good: b"",
    "binary": lambda good: bytes(range(256)) * 4,
    "zero byte": lambda good: good[:-2] + b"\0\n",
    "escape code": lambda good: good[:-2] + b"\x1b[31m\n",
    "broken UTF-8": lambda good: b"\xff\xfe" + good,
}
PLACES = ["missing", "a folder", "a named pipe", "/dev/zero", "/dev/full", "no permission", "a loop of links"]


def put(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def make_place(path, fault):
    """Something that is no readable file at `path`."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if fault == "a folder":
        os.mkdir(path)
    elif fault == "a named pipe":
        os.mkfifo(path)
    elif fault == "no permission":
        put(path, b"x")
        os.chmod(path, 0)
    elif fault == "a loop of links":
        os.symlink(path, path)
    elif fault != "missing":
        os.symlink(fault, path)


# --- inputs: a good file, and the program that reads it ---------------------------------------------------------------

class Input:
    """`good` at `name` in a folder, beside `others`; `words` read it, with {} the folder. `faults`: name -> bytes."""

    def __init__(self, label, name, good, words, faults, others=(), places=PLACES):
        self.label, self.name, self.good, self.words = label, name, good, words
        self.faults, self.others, self.places = faults, dict(others), places

    def cases(self):
        yield "nothing", None
        for fault, content in self.faults.items():
            yield fault, content if isinstance(content, bytes) else content(self.good)
        for place in self.places:
            yield place, place

    def lay(self, folder, content):
        for name, other in {**self.others, self.name: self.good}.items():
            if name != self.name or content is None:
                put(os.path.join(folder, name), other)
        if isinstance(content, bytes):
            put(os.path.join(folder, self.name), content)
        elif content:
            make_place(os.path.join(folder, self.name), content)


def images(n):
    return struct.pack(">4I", 0x803, n, 2, 2) + bytes(i * i % 251 for i in range(4 * n))


def labels(n):
    return struct.pack(">2I", 0x801, n) + bytes(i % 10 for i in range(n))


def data_set():
    """A data set that is just large enough to be held out of."""
    return {"data/train-images-idx3-ubyte": images(5100), "data/train-labels-idx1-ubyte": labels(5100),
            "data/t10k-images-idx3-ubyte": images(20), "data/t10k-labels-idx1-ubyte": labels(20)}


def idx_inputs():
    words = [*MEPBENCH, *TRAIN, "--data={}/data", "--csv={}/out.csv"]
    header = {"count too large": lambda good: good[:4] + b"\x7f\xff\xff\xff" + good[8:],
              "no items": lambda good: good[:4] + bytes(4) + good[8:]}
    per_file = {
        "data/train-images-idx3-ubyte": {"rows too many": lambda good: good[:8] + b"\0\0\1\1" + good[12:],
                                         "beyond all memory": lambda good: good[:4] + b"\0\x10\0\0\0\0\1\0\0\0\1\0"},
        "data/t10k-labels-idx1-ubyte": {"label beyond 9": lambda good: good[:-1] + b"\x0a",
                                        "one label short": lambda good: labels(19)},
    }
    for name, more in per_file.items():
        yield Input("IDX " + name[5:-11], name, data_set()[name], words, {**BINARY, **header, **more}, data_set())


def seed(name):
    """Good rows, from the seeds of the fuzzer."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "fuzz", "corpus", name), "rb") as file:
        return file.read()


def csv_faults(header, row):
    def table(*rows, end="\n"):
        return (end.join(",".join(r) for r in (header, *rows)) + end).encode()

    def with_field(column, value):
        changed = list(row)
        changed[header.index(column)] = value
        return table(row, changed)

    def with_header(changed):
        return (",".join(changed) + "\n" + ",".join(row) + "\n").encode()

    number = next(c for c in ("elapsed_ns", "epoch", "runs", "rows", "rounds") if c in header)
    real = next(c for c in ("tau", "dev_acc", "wanted", "zeros") if c in header)
    word = next(c for c in ("method", "target", "dist") if c in header)
    return {
        "header only, torn": ",".join(header).encode(),
        "torn row": table(row)[:-4],
        "unknown column": with_header([*header[:-1], "bogus"]),
        "duplicate column": with_header([*header[:-1], header[0]]),
        "missing column": (",".join(header[1:]) + "\n" + ",".join(row[1:]) + "\n").encode(),
        "field too many": table([*row, "1"]),
        "field too few": table(row[:-1]),
        "empty line": table(row) + b"\n" + table(row)[len(table()):],
        "number: huge": with_field(number, "9" * 30),
        "number: negative": with_field(number, "-1"),
        "number: hexadecimal": with_field(number, "0x10"),
        "number: nan": with_field(number, "nan"),
        "real: text": with_field(real, "fast"),
        "real: -nan": with_field(real, "-nan"),
        "real: beyond doubles": with_field(real, "1e999"),
        "real: negative": with_field(real, "-0.5"),
        "text: too long": with_field(word, "x" * 900),
        "text: longer than any": with_field(word, "x" * 5000),
        "text: a line break within quotes": with_field(word, '"a\nb"'),
        "text: a stray quote": with_field(word, 'a"b'),
        "text: an open quote": with_field(word, '"ab'),
        "text: a carriage return": with_field(word, "a\rb"),
        "long line": table(["x" * 100000]),
        "gzip bomb": bomb,
        "gzip, truncated": BINARY["gzip, truncated"],
        "gzip, damaged": BINARY["gzip, damaged"],
        "gzip, trailing bytes": BINARY["gzip, trailing bytes"],
        "gzip, second member": BINARY["gzip, second member"],
        **TEXT,
    }


def record_inputs():
    for kind in "kernel", "train", "target", "dist", "history":
        good = seed("record/" + kind)
        header, row = list(csv.reader(io.StringIO(good.decode())))[:2]
        row = [field.replace(",", ";") for field in row]
        faults = csv_faults(header, row)
        yield Input(kind + " records", "a.csv", good, [*MEPBENCH, "check", "{}/a.csv"], faults)
        if kind == "kernel":
            yield Input("records to compare", "a.csv", good, [*MEPCOMPARE, "{}/a.csv", "{}/b.csv"], csv_faults(header, row),
                        {"b.csv": good})
        reported = {name: fault for name, fault in csv_faults(header, row).items()
                    if "header" not in name and "torn" not in name and name not in ("binary", "long line", "broken UTF-8")}
        if kind not in ("target", "history"):  # the one is worked out anew, the other lies elsewhere
            yield Input(kind + " records to report", "r/a.csv", good, [*MEPREPORT, "--no-plots", "--quiet", "{}/r"], reported,
                        {"r/b.csv": seed("record/kernel")}, [place for place in PLACES if place != "missing"])


def plan_inputs():
    good = b"# a plan\na: list --no-progress @1\nb: select --n=33 --batch=2 --k=3 @1\n"
    faults = {**TEXT,
              "comments only": b"# nothing\n",
              "too large": b"# a comment\n" * 10000,
              "no name": b"list\n",
              "name with a slash": b"../a: list\n",
              "name twice": b"a: list\na: list\n",
              "name too long": b"a" * 41 + b": list\n",
              "unknown command": b"a: lst\n",
              "no command": b"a: @5\n",
              "plan within a plan": b"a: plan b.plan\n",
              "unknown option": b"a: list --bogus\n",
              "bad value": b"a: select --n=0\n",
              "huge value": b"a: select --n=" + b"9" * 40 + b"\n",
              "seconds: nan": b"a: list @nan\n",
              "seconds: negative": b"a: list @-1\n",
              "seconds: huge": b"a: list @1e99\n",
              "too many words": b"a: list" + b" --filter=a" * 100 + b"\n",
              "too many lines": b"".join(b"a%d: list\n" % i for i in range(200)),
              "file of its own": b"a: list --csv=x.csv\n",
              "output above": b"a: select --json=../x.json\n",
              "output elsewhere": b"a: select --markdown=/tmp/x.md\n",
              "recordings above": b"a: train --record-gradients=g/../../g\n",
              "costs above": b"a: backward --tuning=../t.json\n",
              "code of a library": b"a: select --kernels=x.so\n",
              "quotes": b'a: select --dist="gaussian"\n'}
    for command in "plan", "study", "targets":
        mine = b"a: train --epochs=1\n" if command == "study" else good
        yield Input(f"plan of {command}", "a.plan", mine,
                    [*MEPBENCH, command, "{}/a.plan", "--out={}/out", "--no-progress", "--dry-run"] +
                    (["--data={}/data"] if command == "study" else []), faults, data_set() if command == "study" else {})


def json_faults(good):
    faults = {**TEXT, "truncated": good[:-3], "trailing": good + b"x", "another type": b"[1, 2]", "a number": b"1",
              "not closed": b"[" * 100000, "duplicate key": b'{"a": 1, "a": 2}', "beyond doubles": b'{"a": 1e999}',
              "NaN": b'{"a": NaN}', "huge integer": b'{"a": 99999999999999999999}', "too large": b" " * (5 << 20)}
    del faults["escape code"]
    faults["escape code"] = b'{"\x1b[31m": 1}'
    return faults


def json_inputs():
    cells = json.loads(seed("tuning/cells-1"))

    def with_cell(**changes):
        return json.dumps({**cells, "cells": [{**cells["cells"][0], **changes}]}).encode()

    tuning = {"other format": json.dumps({**cells, "format": "mepbench tuning 0"}).encode(),
              "cells of another type": json.dumps({**cells, "cells": {}}).encode(),
              "no threads": with_cell(threads=0), "threads: text": with_cell(threads="1"),
              "a huge layer": with_cell(n_in=1 << 40), "long name": with_cell(cpu="x" * 500),
              "negative cost": with_cell(dense_ns=-1), "cost: null": with_cell(dense_ns=None),
              "unsorted": with_cell(topk=[[2, 1, "heap"], [1, 1, "heap"]]),
              "too many points": with_cell(topk=[[i, 1, "heap"] for i in range(100)]),
              "zero in a text": json.dumps(cells).replace('"avx512"', '"avx\\u0000"').encode()}
    yield Input("costs", "t.json", seed("tuning/cells-1"),
                [*MEPBENCH, "backward", "--method=auto", "--dry-run", "--shape=4x9x33", "--k=3", *SHORT, "--tuning={}/t.json"],
                {**json_faults(seed("tuning/cells-1")), **tuning}, places=[p for p in PLACES if p != "missing"])
    yield Input("context to report", "r/context.json", b'{"host": "here"}', [*MEPREPORT, "--no-plots", "--quiet", "{}/r"],
                json_faults(b'{"host": "here"}'), {"r/a.csv": seed("record/kernel")}, [p for p in PLACES if p != "missing"])
    plan = b"a: list\n"
    good = json.dumps({"plan": {"text": plan.decode(), "lines": [{"name": "a", "state": "finished"}]}}).encode()
    more = {"no plan": b"{}", "another plan": good.replace(b"list", b"info"),
            "lines of another type": good.replace(b'[{"name": "a", "state": "finished"}]', b"[1]")}
    yield Input("context to resume", "out/context.json", good,
                [*MEPBENCH, "plan", "{}/a.plan", "--out={}/out", "--resume", "--no-progress"], {**json_faults(good), **more},
                {"a.plan": plan}, [p for p in PLACES if p != "missing"])


def recording(rows=2, n=3, version=1, values=(0.5,) * 6, training=b"topk k=2 adam"):
    body = b"".join(struct.pack("<f", v) for v in values)
    header = struct.pack("<8s6I2Q64s48s40s", b"mepgrad\n", version, rows, n, 1, 1, 1, 7, 1, training, b"custom", b"0")
    return header + struct.pack("<I", zlib.crc32(header + body)) + body


def recording_inputs():
    faults = {**BINARY,
              "another version": recording(version=2), "no rows": recording(rows=0), "rows: huge": recording(rows=0xffffffff),
              "more rows than it has": recording(rows=1000), "beyond all memory": recording(rows=1 << 20, n=65536),
              "NaN": recording(values=(float("nan"),) * 6), "infinity": recording(values=(float("inf"),) * 6),
              "wrong digest": flip(recording(), 201), "escape code in a text": recording(training=b"\x1b[31m"),
              "text without an end": recording(training=b"x" * 64)}
    yield Input("recording", "a.grad.gz", recording(),
                [*MEPBENCH, "select", "--k=1", "--dist={}/a.grad.gz", "--csv={}/out.csv", *SHORT, "--dry-run"], faults)


def all_inputs():
    for make in idx_inputs, record_inputs, plan_inputs, json_inputs, recording_inputs:
        yield from make()


# --- what is no fault: files as spreadsheets and editors save them -----------------------------------------------------

def crlf(content):
    return b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n")


def accept_saved_elsewhere():
    kernel, costs = seed("record/kernel"), seed("tuning/cells-1")
    plan = b"# a comment\n\na: list --no-progress @1\n"
    return [
        Input("records", "a.csv", crlf(kernel), [*MEPBENCH, "check", "{}/a.csv"], {}, places=[]),
        Input("records to compare", "a.csv", crlf(kernel), [*MEPCOMPARE, "{}/a.csv", "{}/b.csv"], {}, {"b.csv": kernel}, []),
        Input("records to report", "r/a.csv", crlf(kernel), [*MEPREPORT, "--no-plots", "{}/r"], {}, places=[]),
        Input("plan", "a.plan", crlf(plan), [*MEPBENCH, "plan", "{}/a.plan", "--out={}/out", "--no-progress"], {}, places=[]),
        Input("costs", "t.json", crlf(costs),
              [*MEPBENCH, "backward", "--method=auto", "--dry-run", "--shape=4x9x33", "--k=3", *SHORT, "--tuning={}/t.json"], {},
              places=[]),
    ]
