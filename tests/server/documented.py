#!/usr/bin/env python3
"""Does what README.md and the pages of docs/ show, on real servers, and compares what is printed with what they say.

    documented.py BUILD_DIR [PAGE ...]

Each page has a directory of its own, which stands for the checkout: build/ and scripts/ are there, data/ is the ledger.
A page that doesn't start a server finds one; whatever port it is on, pages call it 7171. page.py tells what a page may
have. Ends with a line that counts the commands.
"""
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile

import page
from terminal import Foreground, Shell

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SERVES = re.compile(r"^(\./)?(build/bursard|bursard|scripts/up)\b(?!.*--(verify|dump-journal|help|version)\b)")
QUERY = "sqlite3 -readonly -box data/ledger.db"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def starts_server(example):
    lines = example.command.split("\n") if example.kind in ("shell", "script") else []
    return any(SERVES.match(line) for line in lines)


def executable(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + text + "\n")
    os.chmod(path, 0o755)


class Checkout:
    """A directory that looks like the one that a reader works in, and the terminals open there."""

    def __init__(self, directory, build, needs_server):
        self.directory = directory
        self.port = free_port()
        self.server = None
        self.shell = None
        self.lay(os.path.abspath(build))
        self.environment = dict(os.environ, TERM="dumb", NO_COLOR="1", LC_ALL="C.UTF-8", HOME=directory,
                                BURSAR_URL=f"bursar://127.0.0.1:{self.port}",
                                PATH=f"{directory}/build:{os.environ['PATH']}")
        if needs_server:
            self.serve("build/bursard --dir data --workers 3", lambda lines: any("serves on" in line for line in lines))
        self.shell = Shell(directory, self.environment)

    def lay(self, build):
        """build/ with the real programs and scripts/ with the real ones; servers are told the page's port."""
        os.makedirs(f"{self.directory}/build")
        for name in os.listdir(build):
            if name != "bursard":
                os.symlink(f"{build}/{name}", f"{self.directory}/build/{name}")
        executable(f"{self.directory}/build/bursard", f'exec {shlex.quote(build)}/bursard --port {self.port} "$@"')
        os.makedirs(f"{self.directory}/scripts")
        for name in os.listdir(f"{ROOT}/scripts"):
            executable(f"{self.directory}/scripts/{name}", f'exec {shlex.quote(ROOT)}/scripts/{name} "$@"')
        executable(f"{self.directory}/scripts/up", f'exec {shlex.quote(ROOT)}/scripts/up --port {self.port} '
                                                   f'--dir {self.directory}/data "$@"')

    def here(self, text):
        return text.replace("7171", str(self.port))

    def serve(self, command, good):
        if self.server:
            self.server.close()
        self.server = Foreground(self.directory, self.environment, self.here(command))
        return self.server.printed_when(good)

    def redis(self, commands):
        # One call each: fed as a script, redis-cli would print without telling where a reply ends.
        printed = subprocess.run(["redis-cli", "--no-raw", "-p", str(self.port)], input=commands + "\n", text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60).stdout
        lines = printed.rstrip("\n").split("\n")
        return lines[:-1] if lines[-1] == "" else lines

    def run(self, example):
        """The lines that an example prints, and its exit status."""
        expected = [self.here(line) for line in example.expected]
        if example.kind == "file":
            with open(f"{self.directory}/{example.command}", "w", encoding="utf-8") as file:
                file.write("\n".join(expected) + "\n")
            return expected, 0
        if example.kind == "redis":
            return self.redis(self.here(example.command)), 0
        if example.kind == "interrupt":
            self.server.interrupt()
            return self.server.printed_when(lambda lines: page.matches(expected, lines)), 0
        if example.kind == "shell" and starts_server(example) and not example.command.endswith("&"):
            return self.serve(example.command, lambda lines: page.matches(expected, lines)), 0
        command = example.command
        if example.kind == "sql":
            command = f"{QUERY} <<'END'\n{command}END"
        return self.shell.run(self.here(command))

    def close(self):
        if self.shell:
            self.shell.close()
        if self.server:
            self.server.close()


def check(checkout, name, example):
    printed, status = checkout.run(example)
    expected = [checkout.here(line) for line in example.expected]
    if page.matches(expected, printed) if example.checked else status == 0:
        return True
    print(f"{name}:{example.line}: {example.command}\nthe page says:")
    print("\n".join(expected) if example.checked else "(exit status 0)")
    print("it is:\n" + "\n".join(printed) + f"\n(exit status {status})")
    return False


def check_page(build, path):
    """How many commands of a page passed, failed, and were not run."""
    with open(path, encoding="utf-8") as file:
        found, skipped = page.read(file.read())
    if not found:
        return 0, 0, skipped
    name = os.path.relpath(path, ROOT)
    with tempfile.TemporaryDirectory() as directory:
        checkout = Checkout(directory, build, not any(map(starts_server, found)))
        try:
            good = sum(check(checkout, name, example) for example in found)
        finally:
            checkout.close()
    return good, len(found) - good, skipped


def main():
    pages = sys.argv[2:] or [f"{ROOT}/README.md", f"{ROOT}/ledger/README.md"] + sorted(
        f"{ROOT}/docs/{name}" for name in os.listdir(f"{ROOT}/docs") if name.endswith(".md"))
    counts = [check_page(sys.argv[1], path) for path in pages]
    passed, failed, skipped = (sum(column) for column in zip(*counts))
    print(f"{skipped} blocks are marked as not run")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
