#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every file that the programs read, in every way that it can be wrong. A refusal is one line that names the file, ends the
program with status 2 within seconds, and leaves nothing behind.

    test_hostile.py MEPBENCH MEPREPORT MEPCOMPARE        TAP, like the cmocka programs
    test_hostile.py --table MEPBENCH MEPREPORT MEPCOMPARE    what each program says to each fault
"""
import os
import shutil
import subprocess
import sys
import tempfile

from hostile_inputs import LIMIT_S, MEPBENCH, accept_saved_elsewhere, all_inputs, put
from hostile_words import OPTIONS, TOOLS


# --- what a refusal is ------------------------------------------------------------------------------------------------

SKIPPED = "nobody may not run the program where it lies"


def listing(folder):
    return sorted(os.path.join(at, name) for at, folders, names in os.walk(folder) for name in folders + names)


def limit_user():
    """Nobody: root may read whatever has no permission."""
    return {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}


def run(item, folder, fault):
    words = [word.replace("{}", folder) for word in item.words]
    options = {}
    if fault == "no permission":
        os.chmod(folder, 0o777)
        options = limit_user()
    env = dict(os.environ, MEPBENCH_CACHE=folder + "/cache")
    return subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S, env=env, cwd=folder, **options)


def complaint(item, fault, done, before, after, folder):
    """What is wrong with the way that a fault was met; None: nothing."""
    said = done.stderr.decode(errors="replace")
    lines = [line for line in said.split("\n") if line and not line.startswith(("note: ", "warning: "))]
    if fault == "nothing":
        return None if done.returncode in (0, 3) else f"the good file was refused: {said}"  # 3: nothing to conclude
    if done.returncode != 2:
        return f"status {done.returncode}, should be 2: {said[-300:]}"
    if len(lines) != 1:
        return f"{len(lines)} lines, should be one: {said[-300:]}"
    if os.path.basename(item.name) not in said and "lacks " + os.path.basename(item.name) not in said:
        return f"does not name the file: {said}"
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in lines[0]):
        return f"control characters: {said!r}"
    if "should " not in said and "see mepbench" not in said:
        return f"does not say what would be right: {said}"
    if after != before:
        return f"left behind: {sorted(set(after) - set(before))}, {said}"
    return None


def meet(item, fault, content):
    folder = tempfile.mkdtemp(prefix="hostile-")
    try:
        item.lay(folder, content)
        before = listing(folder)
        try:
            done = run(item, folder, fault)
        except subprocess.TimeoutExpired:
            return f"still running after {LIMIT_S} s", ""
        except PermissionError:
            return None, SKIPPED
        return complaint(item, fault, done, before, listing(folder), folder), done.stderr.decode(errors="replace")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_words(program, words, sentence, status=2):
    folder = tempfile.mkdtemp(prefix="hostile-")
    try:
        put(folder + "/a.txt", b"dear diary\n")
        put(folder + "/a.plan", b"a: list\n")
        before = listing(folder)
        raw = [word.encode("latin-1") if "\xff" in word else word for word in words]
        done = subprocess.run([*program, *raw], capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S, cwd=folder)
        said = done.stderr.decode(errors="replace")
        lines = [line for line in said.split("\n") if line and not line.startswith(("note: ", "warning: "))]
        if done.returncode != status or sentence not in said:
            return f"status {done.returncode}, should be {status} and say '{sentence}': {said[-300:]}"
        if (len(lines) != 1 and words) or any(ord(c) < 32 or 127 <= ord(c) < 160 for c in lines[0]):
            return f"not one plain line: {said[-300:]!r}"
        if listing(folder) != before:
            return f"left behind: {sorted(set(listing(folder)) - set(before))}"
        return None
    except subprocess.TimeoutExpired:
        return f"still running after {LIMIT_S} s"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def all_tests():
    """Pairs of a name and a function that returns what is wrong, None if nothing, and what was said."""
    for item in all_inputs():
        for fault, content in item.cases():
            yield f"{item.label}: {fault}", lambda: meet(item, fault, content)
    for item in accept_saved_elsewhere():
        yield f"{item.label}: a byte order mark and CRLF", lambda: meet(item, "nothing", None)
    for program, words, sentence in [(MEPBENCH, words, sentence) for words, sentence in OPTIONS] + TOOLS:
        yield f"words: {' '.join(words)[:60]!r}", lambda: (refuse_words(program, words, sentence), "")


def main():
    table = sys.argv[1] == "--table"
    failed = number = 0
    for name, test in all_tests():
        number += 1
        wrong, said = test()
        failed += bool(wrong)
        print(f"{'not ' if wrong else ''}ok {number} - {name}{' # SKIP ' + said if said == SKIPPED else ''}", flush=True)
        if wrong or table:
            print("# " + (wrong or said.strip()).replace("\n", "\n# "), flush=True)
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
