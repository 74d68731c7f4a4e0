#!/usr/bin/env python3
"""Compares a mount with the bare directory, in one run: compare.py [--rounds N] [--files N] [--only REGEX] SETUP...

A setup is `native` (the directory itself), `bindfs`, or any other name with `=FLAGS`: cachefs mounted with these
flags, for example `kernel=` or `libfuse=--transport=jnr-fuse`. Setups take turns within a round, so that a noisy
machine disturbs all alike; the table shows medians and, in brackets, the time as a multiple of `native`'s.
Everything happens below --work (default: a new directory in /var/tmp), which is removed at the end. Needs root,
to drop the kernel's caches; bindfs, fio and git only for the setups and rows that use them.

Rows: `cold` starts with empty kernel caches, `warm` is the same once more. Times are in seconds.
"""
import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LAUNCHER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "cachefs")
MIB = 1 << 20


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300, **options).stdout


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("3")


def prepare(source, files):
    content = random.Random(1).randbytes(4096)
    for i in range(files):
        directory = f"{source}/tree/d{i // 100:03}"
        os.makedirs(directory, exist_ok=True)
        with open(f"{directory}/f{i:05}", "wb") as file:
            file.write(content)
    with open(f"{source}/big", "wb") as file:
        for i in range(256):
            file.write(random.Random(i).randbytes(MIB))
    run("tar", "cf", f"{source}/tree.tar", "-C", source, "tree")
    run("git", "init", "-q", f"{source}/repo")
    for i in range(1000):
        os.makedirs(f"{source}/repo/{i // 50}", exist_ok=True)
        with open(f"{source}/repo/{i // 50}/{i}", "w") as file:
            file.write(str(i) * 300)
    run("git", "-C", f"{source}/repo", "add", ".")


class Rows:
    """The workloads. Each returns nothing; its time is what counts."""

    def __init__(self, root, files):
        self.root, self.files = root, files
        self.names = [f"{root}/tree/d{i // 100:03}/f{i:05}" for i in range(files)]

    def stat(self):
        for name in self.names:
            os.stat(name)

    def ls(self):
        run("ls", "-lR", f"{self.root}/tree")

    def find(self):
        run("find", f"{self.root}/tree", "-ls")

    def small(self):
        for name in self.names:
            descriptor = os.open(name, os.O_RDONLY)
            if len(os.read(descriptor, 8192)) != 4096:
                raise ValueError("short file")
            os.close(descriptor)

    def read(self):
        with open(f"{self.root}/big", "rb", buffering=0) as file:
            buffer = bytearray(MIB)
            while file.readinto(buffer):
                pass

    def git(self):
        run("git", "-c", "safe.directory=*", "-C", f"{self.root}/repo", "status", "--porcelain")

    def direct(self):
        output = run("fio", "--name=r", f"--filename={self.root}/big", "--rw=randread", "--bs=4k", "--direct=1",
                     "--readonly", "--ioengine=psync", "--size=256m", "--number_ios=20000", "--norandommap",
                     "--randrepeat=1", "--allow_file_create=0", "--output-format=json").decode()
        return json.loads(output[output.index("{"):])["jobs"][0]["read"]["runtime"] / 1000

    def write(self):
        with open(f"{self.root}/new", "wb", buffering=0) as file:
            data = bytes(MIB)
            for _ in range(256):
                file.write(data)

    def create(self):
        for i in range(1000):
            if i % 250 == 0:
                os.makedirs(f"{self.root}/many/{i // 250}")
            with open(f"{self.root}/many/{i // 250}/{i}", "wb", buffering=0) as file:
                file.write(b"x" * 1024)

    def remove(self):
        run("rm", "-r", f"{self.root}/many")

    def untar(self):
        os.mkdir(f"{self.root}/out")
        run("tar", "xf", f"{self.root}/tree.tar", "-C", f"{self.root}/out")

    def clean(self):
        for name in ("new", "many", "out"):
            run("rm", "-rf", f"{self.root}/{name}")


READING = ["stat", "ls", "find", "small", "read", "git"]
WRITING = ["direct", "write", "create", "remove", "untar"]


def measure(root, files, only, add):
    rows = Rows(root, files)

    def step(label, action, cold=False):
        if only and not re.search(only, label):
            return
        if cold:
            drop_caches()
        start = time.perf_counter()
        reported = action()
        add(label, time.perf_counter() - start if reported is None else reported)

    for name in READING:
        step(name + "_cold", getattr(rows, name), cold=True)
        step(name + "_warm", getattr(rows, name))
    for name in WRITING:
        step(name, getattr(rows, name))
    rows.clean()


def mount(setup, flags, source, mount_point):
    if setup == "native":
        return source
    if setup == "bindfs":
        run("bindfs", source, mount_point)
    else:
        run(LAUNCHER, "mount", *flags.split(), source, mount_point)
    return mount_point


def unmount(setup, mount_point):
    if setup != "native":
        run("umount", mount_point)
        time.sleep(0.3)


def table(setups, results):
    print(f"{'row':12}" + "".join(f"{name:>22}" for name in setups))
    for label in results[setups[0]]:
        medians = [statistics.median(results[name][label]) for name in setups]
        base = statistics.median(results["native"][label]) if "native" in results else medians[0]
        print(f"{label:12}" + "".join(f"{m:12.4f} ({m / base:6.2f}x)" for m in medians))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--only", help="regular expression of rows")
    parser.add_argument("--work", help="scratch directory")
    parser.add_argument("setups", nargs="+")
    options = parser.parse_args()
    setups = dict(item.partition("=")[::2] for item in options.setups)
    work = options.work or tempfile.mkdtemp(prefix="cachefs-bench-", dir="/var/tmp")
    source, mount_point = f"{work}/source", f"{work}/mnt"
    os.makedirs(source), os.makedirs(mount_point)
    results = {name: {} for name in setups}
    try:
        prepare(source, options.files)
        for round_number in range(options.rounds):
            order = list(setups) if round_number % 2 == 0 else list(reversed(setups))
            for name in order:
                root = mount(name, setups[name], source, mount_point)
                try:
                    measure(root, options.files, options.only,
                            lambda label, value: results[name].setdefault(label, []).append(value))
                finally:
                    unmount(name, mount_point)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"# {os.uname().release}, {os.cpu_count()} processors, {options.files} files, median of {options.rounds}")
    table(list(setups), results)


if __name__ == "__main__":
    sys.exit(main())
