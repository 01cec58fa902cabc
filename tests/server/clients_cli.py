#!/usr/bin/env python3
"""redis-cli as a person sees it, with hints, help and the prompt of a transaction, and redis-benchmark without complaints.

    clients_cli.py BUILD_DIR

Ends with a line that counts the checks.
"""
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import termios
import time

import wire

passed = 0
failed = 0


def check(name, good, seen):
    global passed, failed
    if good:
        passed += 1
        return
    failed += 1
    print(f"FAILED: {name}\n  seen: {seen!r}")


class Typist:
    """redis-cli on a terminal, and somebody who types."""

    def __init__(self, port, home):
        self.process, self.screen = pty.fork()
        if self.process == 0:
            os.environ.update(TERM="xterm", HOME=home)
            termios.tcsetwinsize(0, (40, 200))
            os.execvp("redis-cli", ["redis-cli", "-p", str(port)])
        self.seen_when("> ", "")

    def seen_when(self, wanted, keys):
        """Types keys; what is on the screen then, without its colours, once it has what is wanted."""
        os.write(self.screen, keys.encode())
        text = ""
        until = time.monotonic() + 5
        while wanted not in text and time.monotonic() < until:
            if select.select([self.screen], [], [], 0.1)[0]:
                text += re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", os.read(self.screen, 65536).decode())
        return text

    def expect(self, name, keys, wanted):
        seen = self.seen_when(wanted, keys)
        check(name, wanted in seen, seen)

    def close(self):
        os.close(self.screen)
        os.waitpid(self.process, 0)


def check_person(port, home):
    cli = Typist(port, home)
    cli.expect("redis-cli hints at what follows", "TRANSFER", "TRANSFER id from to amount")
    cli.expect("and at what is left", " x alice", "alice to amount")
    cli.expect("and completes names", "\x15HISTO\t", "HISTORY account")
    cli.expect("help tells about a command", "\x15help capture\r", "KEEP")
    cli.expect("help tells about a group", "help @transfers\r", "WITHDRAW")
    cli.expect("a transaction has its prompt", "MULTI\r", "(TX)> ")
    cli.expect("what it keeps is queued", "BALANCE alice\r", "QUEUED")
    cli.expect("and executed", "EXEC\r", '1) "0.00"')
    cli.expect("the prompt is as before", "PING\r", "PONG")
    cli.close()


def check_benchmark(port):
    for arguments in (["-t", "ping", "-n", "1000"], ["-n", "1000", "-P", "16", "TRANSFER", "*", "till", "alice", "0.01"],
                      ["-3", "-n", "1000", "BALANCE", "alice"]):
        done = subprocess.run(["redis-benchmark", "-p", str(port), "-q", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=30)
        check(f"redis-benchmark {arguments}", done.returncode == 0 and "requests per second" in done.stdout and
              "WARN" not in done.stdout and "rror" not in done.stdout, done.stdout)
    connection = wire.Connection(port)
    moved = connection.ask("BALANCE alice")
    check("it moved what it was asked to, or a pipeline more", 10 <= float(moved) < 11, moved)
    connection.close()


def check_login(port):
    for arguments, wanted in ((["--user", "default", "--pass", "any", "PING"], "PONG"),
                              (["--user", "eve", "--pass", "any", "PING"], "there is no user 'eve'")):
        done = subprocess.run(["redis-cli", "-p", str(port), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, timeout=10)
        check(f"redis-cli {arguments}", wanted in done.stdout, done.stdout)


def main():
    with tempfile.TemporaryDirectory() as home:
        server = wire.serve(sys.argv[1], os.path.join(home, "ledger"), ["--durability", "none", "--workers", "2"])
        try:
            connection = wire.Connection(server.port)
            connection.ask("OPEN till USD UNLIMITED")
            connection.ask("OPEN alice USD")
            connection.close()
            check_person(server.port, home)
            check_benchmark(server.port)
            check_login(server.port)
        finally:
            server.terminate()
            server.wait()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
