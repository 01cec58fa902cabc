"""What the tests in Python share: a client that knows as much of the protocol as they need, and servers to talk to."""
import os
import re
import resource
import socket
import subprocess
import sys
import time


class Connection:
    """A client of version 2 or 3 of RESP. Whatever ends the connection is a ConnectionError or another OSError.

    Errors and simple strings keep the byte they begin with: "-NOACCOUNT nobody does not exist", "+OK".
    """

    def __init__(self, port, version=2, timeout=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        if version != 2:
            self.ask(f"HELLO {version}")

    def close(self):
        self.file.close()
        self.socket.close()

    def send(self, lines):
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server is gone")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"$":
            if rest == "-1":
                return None
            text = self.file.read(int(rest) + 2)
            if len(text) != int(rest) + 2:
                raise ConnectionError("the server is gone")
            return text[:-2].decode()
        if kind == b"*":
            return None if rest == "-1" else [self.read() for _ in range(int(rest))]
        if kind == b"%":
            return {self.read(): self.read() for _ in range(int(rest))}
        if kind == b"_":
            return None
        if kind == b"#":
            return rest == "t"
        return int(rest) if kind == b":" else kind.decode() + rest

    def ask(self, line):
        self.send([line])
        return self.read()


def serve(build, directory, options=(), environment=None, files=None):
    """Starts a server on a port of its own and waits until it serves, or ended instead: then poll() is not None.

    `files` is how many the system allows it to open.
    """
    log = open(directory + ".log", "w+", encoding="utf-8")
    server = subprocess.Popen([os.path.join(build, "bursard"), "--dir", directory, "--port", "0", *options], stderr=log,
                              env=dict(os.environ, **(environment or {})),
                              preexec_fn=files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))))
    server.log = log
    server.port = None
    while True:
        ended = server.poll() is not None
        log.seek(0)
        found = re.search(r" port (\d+) ", log.read())
        if found:
            server.port = int(found.group(1))
        if found or ended:
            return server
        time.sleep(0.01)


def said(server):
    """All that a server said, which has ended. What a sanitizer or an assertion says ends the test."""
    server.log.seek(0)
    text = server.log.read()
    server.log.close()
    if "Sanitizer" in text or "Assertion" in text:
        sys.exit(text)
    return text
