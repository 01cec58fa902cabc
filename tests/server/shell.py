#!/usr/bin/env python3
"""Types into the client's shell on a terminal of its own and looks at what it shows.

    shell.py BUILD_DIR
"""
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time
import fcntl
import signal

from wire import Connection, serve


class Shell:
    """The client on a pseudo-terminal of 100 columns."""

    def __init__(self, build, port, home, columns=100):
        self.shown = ""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            # libedit 3.1 never frees the names of the functions it is given.
            environment = {"ASAN_OPTIONS": "detect_leaks=0", "HOME": home, "TERM": "xterm", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
            os.execve(os.path.join(build, "bursar"),
                      ["bursar", "-p", str(port), "--colour", "never", "--timeout", "5"], environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))

    def type(self, text):
        self.shown = ""
        os.write(self.terminal, text.encode())

    def until(self, pattern, seconds=10):
        """Reads until the pattern is shown, escape sequences aside. None when it is not, in time."""
        end = time.monotonic() + seconds
        while True:
            plain = re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z@]|[=>])", "", self.shown).replace("\r", "")
            found = re.search(pattern, plain)
            if found:
                return found
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.terminal], [], [], left)[0]:
                print(f"not shown: {pattern!r}; but\n{plain}")
                return None
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                data = b""
            if not data:
                print(f"ended before {pattern!r} was shown; but\n{plain}")
                return None
            self.shown += data.decode(errors="replace")

    def status(self, seconds=10):
        """The exit status; None when it goes on."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                while select.select([self.terminal], [], [], 0)[0] and os.read(self.terminal, 65536):
                    pass
            except OSError:
                pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.terminal)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, name, holds):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED: " + name)


def first_session(checks, shell, port):
    prompt = f"127.0.0.1:{port}> "
    checks.that("the prompt", shell.until(re.escape(prompt)))
    shell.type("open alice USD\r")
    checks.that("a reply", shell.until(r"\n\d+\n.*> "))
    shell.type("open bertha USD\r")
    checks.that("another", shell.until(r"\n\d+\n.*> "))
    shell.type("deposit d1 ali\t")
    checks.that("an account's id is completed", shell.until(r"ali\s*ce "))
    shell.type("100\r")
    checks.that("and sent", shell.until(r"\n\d+\n.*> "))
    shell.type("withd\t")
    checks.that("a command is completed", shell.until("WITHDRAW "))
    checks.that("and its syntax hinted", shell.until(r"id account amount \[NOTE text\]"))
    shell.type("\x03")
    checks.that("Ctrl-C clears the line", shell.until(r"\^C\s*\n?.*> $"))
    shell.type("balance\t\t")
    checks.that("candidates are listed", shell.until(r"BALANCE +BALANCES"))
    shell.type("s alice bertha\r")
    checks.that("a table", shell.until(r"account +balance\nalice +100\.00\nbertha +0\.00\n"))
    shell.type("limit alice over\t")
    checks.that("an option is completed", shell.until("OVERDRAFT "))
    shell.type("\x03")
    shell.until(r"\^C")
    shell.type("transfer t1 alice bertha 1 note \"two\r")
    checks.that("an open quote", shell.until("a quote in argument 7 is not closed"))
    shell.type("transfr\r")
    checks.that("an unknown command", shell.until("there is no command 'transfr'; near it: TRANSFER"))
    shell.type("help lookup\r")
    checks.that("help", shell.until(r"LOOKUP id\n\nTells what became of a transfer\."))
    shell.type("balance nobody\r")
    checks.that("a rejection", shell.until("NOACCOUNT: nobody does not exist"))


def transaction(checks, shell):
    shell.type("multi\r")
    checks.that("the prompt of a transaction", shell.until(r"OK\n.*\(multi\)> "))
    shell.type("transfer t1 alice bertha 5 note \"two books\"\r")
    checks.that("a command is queued", shell.until(r"QUEUED\n.*\(multi\)> "))
    shell.type("balance ber\t")
    checks.that("completion in a transaction does not disturb it", shell.until(r"ber\s*tha "))
    shell.type("\r")
    shell.until(r"QUEUED\n.*\(multi\)> ")
    shell.type("exec\r")
    checks.that("it is executed", shell.until(r"\n\d+\n5\.00\n127\.0\.0\.1:\d+> "))


def interruption(checks, shell):
    shell.type("feed from 100000 block 0\r")
    time.sleep(0.5)
    shell.type("\x03")
    checks.that("Ctrl-C ends the waiting", shell.until(r"interrupted.*\n.*> "))
    shell.type("ping\r")
    checks.that("and the shell goes on", shell.until("PONG"))
    shell.type("feed from 100000 block 300\r")
    checks.that("the time of a slow reply", shell.until(r"\(0\.3\d s\)"))


def lost_server(build, directory, checks, shell, server):
    port = server.port
    server.kill()
    server.wait()
    shell.type("balance alice\r")
    checks.that("no server", shell.until("is bursard running there", 15))
    server = serve(build, directory, ["--port", str(port)])
    shell.type("balance alice\r")
    checks.that("the server is back", shell.until(r"connected again\n95\.00\n"))
    shell.type("multi\r")
    shell.until(r"\(multi\)> ")
    server.kill()
    server.wait()
    server = serve(build, directory, ["--port", str(port)])
    shell.type("transfer t2 alice bertha 5\r")
    checks.that("a transaction is lost", shell.until(r"the transaction with it: nothing of it was done\n.*\d> "))
    shell.type("transfer t2 alice bertha 5\r")
    checks.that("and the next command is sent", shell.until(r"connected again\n\d+\n"))
    return server


def main():
    build = os.path.abspath(sys.argv[1])
    checks = Checks()
    with tempfile.TemporaryDirectory() as home:
        ledger = os.path.join(home, "ledger")
        server = serve(build, ledger)
        port = server.port
        try:
            shell = Shell(build, port, home)
            first_session(checks, shell, port)
            transaction(checks, shell)
            interruption(checks, shell)
            server = lost_server(build, ledger, checks, shell, server)
            shell.type("echo remembered\r")
            shell.until(r"\nremembered\n")
            shell.type("echo remembered\r")
            shell.until(r"\nremembered\n")
            shell.type("auth user secret\r")
            shell.until("> $")
            shell.type("\x04")
            status = shell.status()
            checks.that(f"Ctrl-D leaves: {status}", status == 0)
            history = os.path.join(home, ".local/state/bursar/history")
            with open(history, encoding="utf-8") as file:
                lines = file.read().split("\n")
            checks.that("the history has no line twice in a row", lines.count("echo remembered") == 1)
            checks.that("and no password", not any("secret" in line for line in lines))
            checks.that("and is nobody else's", os.stat(history).st_mode & 0o777 == 0o600)
            shell = Shell(build, port, home, columns=40)
            shell.until("> ")
            shell.type("\x1b[A")
            checks.that("an earlier session's line", shell.until("echo remembered"))
            shell.type("\r")
            checks.that("is sent again", shell.until(r"\nremembered\n"))
            shell.type("transfer a-rather-long-id alice bertha 1.00\r")
            checks.that("a line longer than the terminal", shell.until(r"\n\d+\n"))
            connection = Connection(port)
            checks.that("is sent whole", connection.ask("LOOKUP a-rather-long-id") is not None)
            connection.close()
            shell.type("exit\r")
            checks.that("exit leaves", shell.status() == 0)
        finally:
            server.terminate()
            server.wait()
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


main()
