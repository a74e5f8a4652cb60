# SPDX-License-Identifier: MIT
"""Words on the command line that are refused, and a part of the sentence that says so, for test_hostile.py."""
from hostile_inputs import MEPCOMPARE, MEPREPORT, SHORT

SELECT = ["select", "--n=33", "--batch=2", "--k=3", *SHORT]
# The words, what stands in the sentence; every program and kind of value, and places that cannot be written to.
OPTIONS = [
    ([], "usage: mepbench"), (["\x1b[31m"], "unknown command"), (["\xff\xfe"], "unknown command"), (["x" * 100000], "unknown command"),
    (["select", "--" + "x" * 100000], "unknown option"), (["select", "--\x1b[2J=1"], "unknown option"),
    (["select", "stray\x1b[31m"], "unexpected word"), (["select", "--n"], "missing value for --n"),
    (["select", "--n="], "missing value for --n"), (["select", "--n=1", "--n=2"], "--n is given twice"),
    (["select", "--n=" + "9" * 4000], "for --n"), (["select", "--n=-1"], "for --n"), (["select", "--n=1e3"], "for --n"),
    (["select", "--n=0x10"], "for --n"), (["select", "--n=1,,2"], "for --n"), (["select", "--n=5-1"], "for --n"),
    (["select", "--n=1-16777216"], "for --n"), (["select", "--n=1-9*0"], "for --n"), (["select", "--n=1-9*1"], "for --n"),
    (["select", "--n=1-9+0"], "for --n"), (["select", "--n=1-9+18446744073709551616"], "for --n"),
    (["select", "--threads=1-1024"], "for --threads"), (["select", "--seed=18446744073709551616"], "for --seed"),
    (["select", "--seed=-1"], "for --seed"), (["select", "--min-time=nan"], "for --min-time"),
    (["select", "--min-time=1e9s"], "for --min-time"), (["select", "--min-time=-1s"], "for --min-time"),
    (["select", "--min-time=0x"], "for --min-time"), (["select", "--min-time=" + "1" * 400 + "s"], "for --min-time"),
    (["select", "--repetitions=0"], "for --repetitions"), (["select", "--csv=" + "x" * 512], "for --csv"),
    (["select", "--csv=a\nb"], "control character in the value for --csv"), (["select", "--color=blue"], "for --color"),
    (["select", "--filter=("], "for --filter"), (["select", "--filter=((a{255}){255}){255}"], "repeat at most"),
    (["select", "--filter=a){2000}"], "repeat at most"), (["select", "--filter=(a{500}|b{501})"], "repeat at most"),
    (["select", "--filter=(a)\\1"], "no back-reference"), (["select", "--dist=" + "./x," * 17 + "./y"], "for --dist"),
    (["select", "--dist=\x1b"], "for --dist"), (["select", "--bind=core:0-99999999999"], "99999999999"),
    (["select", "--bind=\xff"], "bind"), (["backward", "--shape=1x2x3x4"], "for --shape"),
    (["backward", "--shape=99999999999999999999x1x1"], "for --shape"), (["backward", "--tau=nan"], "for --tau"),
    (["backward", "--tau=-1"], "for --tau"), (["backward", "--tau=1e999"], "for --tau"), (["train", "--lr=inf"], "for --lr"),
    (["train", "--layers=784"], "layers"), (["train", "--k=20/"], "for --k"), (["train", "--k=/20"], "for --k"),
    (["train", "--method=topk/"], "for --method"), (["train", "--record-at=step99999999999999999999"], "for --record-at"),
    (["train", "--ratio=2"], "for --ratio"), (["plan"], "needs a file"), (["plan", "a", "b"], "one file too many"),
    (["check"], "needs a file"), (["study", "--jobs=100000"], "for --jobs"), (["targets", "--runs=21"], "for --runs"),
    ([*SELECT, "--csv=."], "cannot be opened for writing"), ([*SELECT, "--csv=none/a.csv"], "cannot be opened for writing"),
    ([*SELECT, "--json=none/a.json"], "none/a.json"), ([*SELECT, "--markdown=none/a.md"], "none/a.md"),
    ([*SELECT, "--csv=a.txt"], "a.txt: exists and does not start with the header"),
    (["plan", "a.plan", "--out=a.txt"], "a.txt"), (["plan", "a.plan", "--out=a.txt/b"], "a.txt"),
    (["plan", "a.plan", "--out=none", "--resume"], "none' cannot be opened: No such file"), (["plan", "a.plan", "--resume"], "--resume needs"),
    (["plan", "a.plan", "--out=" + "x" * 300], "cannot be made"),
    (["train", "--data=none"], "--data 'none' lacks"), (["train", "--data=" + "x" * 511], "xxx"),
    (["train", "--data=a.txt"], "lacks"),
]
TOOLS = [
    (MEPREPORT, ["--what"], "unknown option"), (MEPREPORT, [], "no folder given"), (MEPREPORT, ["none"], "none"),
    (MEPREPORT, ["a.txt"], "a.txt"), (MEPREPORT, ["."], "no records"), (MEPREPORT, ["x" * 5000], "cannot read folder"),
    (MEPREPORT, ["\x1b[31m"], "cannot read folder"), (MEPCOMPARE, [], "should be"), (MEPCOMPARE, ["a.txt"], "should be"),
    (MEPCOMPARE, ["none", "none"], "none"), (MEPCOMPARE, ["a.txt", "a.txt"], "a.txt:1: no column"),
    (MEPCOMPARE, [".", "."], "no kernel records"), (MEPCOMPARE, ["--threshold=nan", "a", "b"], "for --threshold"),
    (MEPCOMPARE, ["--threshold=1e9", "a", "b"], "for --threshold"), (MEPCOMPARE, ["--threshold=", "a", "b"], "for --threshold"),
    (MEPCOMPARE, ["--\x1b[31m", "a", "b"], "unknown option"), (MEPCOMPARE, ["a", "b", "c"], "should be"),
]
