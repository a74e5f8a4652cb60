#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# tools/get-mnist against a server on loopback: whole, truncated, corrupted, missing, endless and interrupted files.
# The whole ones are the real MNIST (MNIST_DIR, else data/mnist); the cases that need them are skipped without.
# Prints TAP, like the cmocka programs; it never reaches beyond 127.0.0.1.
import gzip
import http.server
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCRIPT = os.path.join(ROOT, "tools", "get-mnist")
DATA = os.environ.get("MNIST_DIR") or os.path.join(ROOT, "data", "mnist")
NAMES = [part + kind for part in ("train-", "t10k-") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]


def read_real():
    """name.gz -> bytes, or {} when MNIST is not on this machine."""
    real = {}
    for name in NAMES:
        path = os.path.join(DATA, name)
        if os.path.exists(path + ".gz"):
            with open(path + ".gz", "rb") as f:
                real[name + ".gz"] = f.read()
        elif os.path.exists(path):
            with open(path, "rb") as f:
                real[name + ".gz"] = gzip.compress(f.read(), 1)
        else:
            return {}
    return real


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        content = server.content.get(self.path.lstrip("/"))
        if content is None:
            self.send_error(404)
        elif callable(content):
            self.send_response(200)
            self.end_headers()
            content(self.wfile, server)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *args):
        pass


class Mirror(http.server.ThreadingHTTPServer):
    """Serves `content` (name -> bytes, or a function that writes the body) on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.asked, self.stopped = content, [], threading.Event()
        self.url = "http://127.0.0.1:%d/" % self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is part of the tests

    def close(self):
        self.stopped.set()
        self.shutdown()
        self.server_close()


def endless(out, server):
    while not server.stopped.is_set():
        out.write(b"\0" * 65536)


def stalling(out, server):
    out.write(b"\x1f\x8b\x08")
    out.flush()
    server.stopped.wait(60)


class Case:
    """A folder that does not exist yet, the mirrors of the test, and the last run of the script."""

    def __init__(self, *contents):
        self.top = tempfile.mkdtemp(prefix="get-mnist-test-")
        self.dir = os.path.join(self.top, "a", "mnist")
        self.mirrors = [Mirror(c) for c in contents]
        self.env = dict(os.environ, MNIST_DIR=self.dir, MNIST_MIRRORS=" ".join(m.url for m in self.mirrors))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for m in self.mirrors:
            m.close()
        shutil.rmtree(self.top)

    def start(self, *args):
        return subprocess.Popen([SCRIPT, *args], env=self.env, stderr=subprocess.PIPE, text=True)

    def run(self, *args):
        process = self.start(*args)
        self.err = process.communicate(timeout=60)[1]
        self.status = process.returncode

    def put(self, name, content):
        os.makedirs(self.dir, exist_ok=True)
        with open(os.path.join(self.dir, name), "wb") as f:
            f.write(content)

    def expect(self, status, files, word=""):
        found = sorted(os.listdir(self.dir)) if os.path.isdir(self.dir) else []
        assert self.status == status, "exit %d, expected %d: %s" % (self.status, status, self.err)
        assert found == sorted(files), "found %s, expected %s: %s" % (found, sorted(files), self.err)
        assert word in self.err, "no '%s' in: %s" % (word, self.err)

    def expect_nothing(self, word):
        self.expect(2, [], word)
        assert os.listdir(self.top) == [], "left behind: %s" % os.listdir(self.top)


def damaged(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1:]


# --- cases that need the real files ---------------------------------------------------------------------------------

def test_whole(real):
    with Case(real) as c:
        c.run()
        c.expect(0, real)
        for name, content in real.items():
            with open(os.path.join(c.dir, name), "rb") as f:
                assert f.read() == content, name


def test_second_call_asks_nobody(real):
    with Case(real) as c:
        c.run()
        asked = len(c.mirrors[0].asked)
        before = [os.stat(os.path.join(c.dir, n)).st_mtime_ns for n in sorted(real)]
        c.run()
        c.expect(0, real)
        assert len(c.mirrors[0].asked) == asked
        assert before == [os.stat(os.path.join(c.dir, n)).st_mtime_ns for n in sorted(real)]


def test_folder_argument(real):
    with Case(real) as c:
        c.env["MNIST_DIR"] = os.path.join(c.top, "other")
        c.run(c.dir)
        c.expect(0, real)
        assert os.listdir(c.top) == ["a"]


def test_plain_files_are_kept(real):
    with Case({}) as c:
        for name, content in real.items():
            c.put(name[:-3], gzip.decompress(content))
        c.run()
        c.expect(0, NAMES)
        assert c.mirrors[0].asked == []


def test_only_missing_file_is_fetched(real):
    with Case(real) as c:
        for name in list(real)[1:]:
            c.put(name, real[name])
        c.run()
        c.expect(0, real)
        assert c.mirrors[0].asked == ["/" + list(real)[0]]


def test_read_only_folder(real):
    with Case({}) as c:
        for name, content in real.items():
            c.put(name, content)
        os.chmod(c.dir, 0o555)
        c.run()
        os.chmod(c.dir, 0o755)
        c.expect(0, real)


def test_first_mirror_404(real):
    with Case({}, real) as c:
        c.run()
        c.expect(0, real)
        assert len(c.mirrors[0].asked) == 4


def test_first_mirror_truncated(real):
    with Case({n: content[:-9] for n, content in real.items()}, real) as c:
        c.run()
        c.expect(0, real, "damaged or something else")


def test_truncated_last_file(real):
    name = list(real)[3]
    with Case(dict(real, **{name: real[name][:-4]})) as c:
        c.run()
        c.expect_nothing("no mirror gave " + name[:-3])


def test_corrupted(real):
    with Case({n: damaged(content) for n, content in real.items()}) as c:
        c.run()
        c.expect_nothing("damaged or something else")


def test_trailing_bytes(real):
    name = list(real)[1]
    with Case(dict(real, **{name: real[name] + gzip.compress(b"more")})) as c:
        c.run()
        c.expect_nothing("no mirror gave " + name[:-3])


def test_wget(real):
    wget = shutil.which("wget")
    if not wget:
        return "no wget"
    with Case({}, real) as c:
        tools = "env sh gzip head cut sha256sum shasum mkdir mktemp mv rm rmdir dirname wget timeout".split()
        bin_dir = os.path.join(c.top, "bin")
        os.mkdir(bin_dir)
        for tool in filter(shutil.which, tools):
            os.symlink(os.path.realpath(shutil.which(tool)), os.path.join(bin_dir, tool))
        c.env["PATH"] = bin_dir
        c.run()
        c.expect(0, real)


# --- cases that need no data ----------------------------------------------------------------------------------------

def test_no_server():
    with Case({}) as c:
        c.mirrors[0].close()
        c.run()
        c.expect_nothing("Ways out")
        for way in ("MNIST_DIR", "MNIST_MIRRORS", "dataset-fashion-mnist", c.dir):
            assert way in c.err, way
        c.mirrors = []


def test_something_else():
    with Case({n + ".gz": gzip.compress(b"not MNIST") for n in NAMES}) as c:
        c.run()
        c.expect_nothing("damaged or something else")


def test_bomb():
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)
    bomb = b"".join(squeeze.compress(b"\0" * (1 << 20)) for _ in range(256)) + squeeze.flush()
    with Case({n + ".gz": bomb for n in NAMES}) as c:
        c.run()
        c.expect_nothing("damaged or something else")


def test_endless_body():
    with Case({n + ".gz": endless for n in NAMES}) as c:
        c.run()
        c.expect_nothing("could not be downloaded")


def interrupt(number):
    with Case({n + ".gz": stalling for n in NAMES}) as c:
        process = c.start()
        deadline = time.monotonic() + 20
        while not c.mirrors[0].asked and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(number)
        c.err = process.communicate(timeout=20)[1]
        assert process.returncode == 128 + number, process.returncode
        assert os.listdir(c.top) == [], "left behind: %s" % os.listdir(c.top)


def test_terminated():
    interrupt(signal.SIGTERM)


def test_interrupted():
    interrupt(signal.SIGINT)


def test_wrong_file_is_kept():
    with Case({}) as c:
        c.put("t10k-labels-idx1-ubyte", b"mine")
        c.run()
        c.expect(2, ["t10k-labels-idx1-ubyte"], "t10k-labels-idx1-ubyte exists but does not hold")
        assert c.mirrors[0].asked == []


def test_wrong_file_is_no_file():
    for make in os.mkfifo, os.mkdir:
        with Case({}) as c:
            os.makedirs(c.dir)
            make(os.path.join(c.dir, "t10k-labels-idx1-ubyte.gz"))
            c.run()
            c.expect(2, ["t10k-labels-idx1-ubyte.gz"], "t10k-labels-idx1-ubyte.gz is not a regular file")
            assert c.mirrors[0].asked == []


def test_folder_is_a_file():
    with Case({}) as c:
        open(os.path.join(c.top, "a"), "w").close()
        c.run()
        c.expect(2, [], "cannot make the folder")


def test_bad_arguments():
    with Case({}) as c:
        c.run("--force")
        c.expect_nothing("invalid option '--force'")
        c.run(c.dir, c.dir)
        c.expect_nothing("at most one folder")


def main():
    real = read_real()
    tests = [(n, f) for n, f in globals().items() if n.startswith("test_")]
    failed = 0
    print("1..%d" % len(tests))
    for number, (name, test) in enumerate(tests, 1):
        needs_data = test.__code__.co_argcount
        try:
            skip = "no MNIST in " + DATA if needs_data and not real else test(*([real] if needs_data else []))
            print("ok %d - %s%s" % (number, name, " # SKIP " + skip if skip else ""), flush=True)
        except Exception as error:  # one broken case must not hide the others
            failed += 1
            print("not ok %d - %s\n# %r" % (number, name, error), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
