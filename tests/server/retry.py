#!/usr/bin/env python3
"""Cuts the client's connections and kills the server under it: each transfer is applied exactly once.

    retry.py BUILD_DIR

A proxy between the client and the server cuts the first connection after so many bytes one way or the other, at every
byte of a small session. What the client prints must be what it prints without a cut. Then a server is killed and
started again while a file of transfers runs. Ends with a line that counts the checks.
"""
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from wire import Connection, serve

SESSION = """open {0}a USD
open {0}b USD
deposit {0}1 {0}a 100.00
transfer {0}2 {0}a {0}b 30.00
transfer {0}3 {0}a {0}b 500.00
multi
transfer {0}4 {0}a {0}b 5.00
balance {0}b
exec
balance {0}a {0}b
"""

HELLO = b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n"


class Proxy:
    """Passes bytes between a client and a server. The first connection ends after `requests` bytes from the client or
    `replies` bytes to it; the server has got, and may have answered, what came before. `mute`: it ends at the first
    answer to what follows the greeting."""

    def __init__(self, port, requests=None, replies=None, mute=False):
        self.mute = mute
        self.server_port = port
        self.limits = {"requests": requests, "replies": replies}
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.connections = 0
        self.passed = {"requests": 0, "replies": 0}
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            self.join(client, self.connections == 1)

    def join(self, client, first):
        """Passes bytes until one side is gone or a limit is reached."""
        with client, socket.create_connection(("127.0.0.1", self.server_port)) as server, \
                selectors.DefaultSelector() as waiting:
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(client, selectors.EVENT_READ, (server, "requests"))
            waiting.register(server, selectors.EVENT_READ, (client, "replies"))
            while True:
                for key, _ in waiting.select():
                    to, way = key.data
                    data = key.fileobj.recv(65536)
                    limit = self.limits[way] if first else None
                    if limit is not None:
                        data = data[:limit - self.passed[way]]
                    if first and self.mute and way == "replies" and self.passed["requests"] > len(HELLO):
                        return
                    if first:
                        self.passed[way] += len(data)
                    try:
                        to.sendall(data)
                    except OSError:
                        return
                    if not data or (limit is not None and self.passed[way] >= limit):
                        return

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


def run(build, port, text, *options):
    """Status, stdout and stderr of the client that is given a file of commands."""
    done = subprocess.run([os.path.join(build, "bursar"), "-p", str(port), "--timeout", "10", *options],
                          input=text, text=True, capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def equal(self, name, got, expected):
        if got == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {name}\ngot {got!r}\nexpected {expected!r}")


def told(result, prefix):
    """The result without the session's prefix, with N for each sequence number, and how many numbers there are and
    were taken: shards work at once, so their order is no matter. A rejection is made anew when it is asked for again,
    and tells what is available then."""
    status, out, err = result
    lines = out.replace(prefix, "").split("\n")
    numbers = {int(line) for line in lines if line.isdigit()}
    taken = max(numbers) - min(numbers) + 1 if numbers else 0
    return status, ["N" if line.isdigit() else line for line in lines], len(numbers), taken, \
        re.sub(r"has (at most )?\d+\.\d\d", "has N", err.replace(prefix, ""))


def cut_everywhere(build, port, checks):
    proxy = Proxy(port)
    expected = told(run(build, proxy.port, SESSION.format("whole:")), "whole:")
    proxy.close()
    checks.equal("a session without a cut", expected,
                 (1, ["N", "N", "N", "N", "OK", "QUEUED", "QUEUED", "N", "35.00", "a\t65.00", "b\t35.00", ""], 5, 5,
                  "line 5: INSUFFICIENT: a has N USD available, 500.00 needed\n"))
    for way in ("requests", "replies"):
        length = proxy.passed[way]
        for position in range(length):
            prefix = f"{way[2]}{position:04}:"  # as long as "whole:"
            cut = Proxy(port, **{way: position})
            result = run(build, cut.port, SESSION.format(prefix))
            cut.close()
            checks.equal(f"a cut after {position} bytes of {way}", told(result, prefix), expected)
            checks.equal(f"a cut after {position} bytes of {way}: connections", cut.connections, 2)


def cut_what_is_not_safe(build, port, checks):
    """Connections that end when everything was sent and nothing was answered but the greeting."""
    run(build, port, "open un:a USD\nopen un:b USD unlimited\n")
    closed = "bursar: lost the connection to 127.0.0.1:PORT: it was closed\n"
    first = "bursar: lines 1 to {} may or may not have been done, and line {}, done twice, is not the same as once: " \
            "look before you send them again\n"
    cases = [
        ("freeze un:a\n", 1, 1),
        ("ping\nlimit un:a unlimited\n", 2, 2),
        ("transfer * un:b un:a 1\nping\n", 2, 1),
        ("multi\ntransfer un:1 un:b un:a 1\ntransfer * un:b un:a 1\nexec\n", 4, 3),
    ]
    for text, lines, unsafe in cases:
        cut = Proxy(port, mute=True)
        status, out, err = run(build, cut.port, text)
        cut.close()
        checks.equal(text, (status, out, err.replace(str(cut.port), "PORT")),
                     (4, "", closed + first.format(lines, unsafe)))
        checks.equal(f"{text}: connections", cut.connections, 1)
    # A transaction that was not executed is begun again, whatever is in it.
    cut = Proxy(port, mute=True)
    result = run(build, cut.port, "multi\ntransfer * un:b un:a 1\ndiscard\n")
    cut.close()
    checks.equal("a transaction without its end", result, (0, "OK\nQUEUED\nOK\n", ""))
    # One command from the words of the client.
    for words, expected in [
            (["thaw", "un:a"], (4, "", closed + "bursar: thaw may or may not have been done, and done twice it is not "
                                "the same as once: look before you send it again\n")),
            (["balance", "nobody"], (1, "", "NOACCOUNT: nobody does not exist\n"))]:
        cut = Proxy(port, mute=True)
        status, out, err = run(build, cut.port, "", *words)
        cut.close()
        checks.equal(" ".join(words), (status, out, err.replace(str(cut.port), "PORT")), expected)


def nobody_comes_back(build, checks):
    """A server that greets and ends, and is not there again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def greet_once():
            client, _ = listening.accept()
            client.recv(100)
            client.sendall(b"%0\r\n")
            client.recv(100)
            listening.close()
            client.close()

        threading.Thread(target=greet_once, daemon=True).start()
        begin = time.monotonic()
        result = run(build, port, "transfer 1 a b 1\nbalance a\n", "--timeout", "1")
        took = time.monotonic() - begin
    checks.equal("nobody comes back", result,
                 (3, "", f"bursar: cannot connect to 127.0.0.1:{port}: Connection refused\n"
                  "bursar: lines 1 to 2 may or may not have been done; it is safe to send them again\n"))
    checks.equal("nobody comes back, in time", 0.9 < took < 5, True)


def kill_and_restart(build, directory, checks):
    """A file of transfers, and a server that is killed and started again on the same port while it runs."""
    count = 30000
    server = serve(build, directory)
    port = server.port
    run(build, port, "open k:a USD\nopen k:b USD\ndeposit k:0 k:a 1000000.00\n")
    with tempfile.TemporaryFile("w+") as file:
        file.writelines(f"transfer k:{number} k:a k:b 1.00\n" for number in range(1, count + 1))
        file.seek(0)
        client = subprocess.Popen([os.path.join(build, "bursar"), "-p", str(port)], stdin=file, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        numbers = []
        kills = 0
        for line in client.stdout:
            numbers.append(int(line))
            if len(numbers) % (count // 4) == 1000:
                server.send_signal(signal.SIGKILL)
                server.wait()
                server = serve(build, directory, ["--port", str(port)])
                kills += 1
        err = client.stderr.read()
        checks.equal("a killed server: the client", (client.wait(), err), (0, ""))
    checks.equal("a killed server: kills", kills, 4)
    checks.equal("a killed server: answers", len(set(numbers)), count)
    connection = Connection(server.port)
    checks.equal("a killed server: each once", connection.ask("BALANCES k:a k:b"),
                 [f"{1000000 - count}.00", f"{count}.00"])
    connection.close()
    server.terminate()
    server.wait()


def main():
    build = sys.argv[1]
    checks = Checks()
    os.environ.pop("BURSAR_URL", None)
    with tempfile.TemporaryDirectory() as directory:
        os.environ["XDG_CONFIG_HOME"] = directory
        server = serve(build, os.path.join(directory, "cut"), ["--workers", "2", "--durability", "async"])
        try:
            cut_everywhere(build, server.port, checks)
            cut_what_is_not_safe(build, server.port, checks)
        finally:
            server.terminate()
            server.wait()
        nobody_comes_back(build, checks)
        kill_and_restart(build, os.path.join(directory, "kill"), checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    sys.exit(1 if checks.failed else 0)


main()
