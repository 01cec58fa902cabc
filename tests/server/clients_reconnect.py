#!/usr/bin/python3
"""hiredis, redis-py and node-redis go on through restarts of the server: what they send again is done once.

    clients_reconnect.py BUILD_DIR

Each sends transfers, one after another, while the server is killed and started again, until it is told to stop. Then its
account has as much as it has answers. Ends with a line that counts the checks.
"""
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

import redis

import wire

HERE = os.path.dirname(os.path.abspath(__file__))
passed = 0
failed = 0


def expect(name, got, wanted):
    global passed, failed
    if got == wanted:
        passed += 1
        return
    failed += 1
    print(f"FAILED: {name}\n  got      {got!r}\n  expected {wanted!r}")


class Py(threading.Thread):
    """redis-py, with its defaults and a pool of connections."""

    def __init__(self, port, stop):
        super().__init__()
        self.client = redis.Redis(port=port)
        self.stop = stop
        self.answered = 0

    def run(self):
        while not os.path.exists(self.stop):
            try:
                self.client.execute_command("TRANSFER", f"py-{self.answered}", "till", "py", "0.01")
                self.answered += 1
            except (redis.ConnectionError, redis.TimeoutError):
                time.sleep(0.02)


def start(build, directory, port):
    return wire.serve(build, directory, ["--port", str(port), "--workers", "3", "--durability", "async"])


def balance(port, name):
    connection = wire.Connection(port)
    found = connection.ask(f"BALANCE {name}")
    connection.close()
    return found


def wait_for_more(port, names):
    """Until each of the clients has moved something again."""
    before = {name: balance(port, name) for name in names}
    until = time.monotonic() + 20
    while any(balance(port, name) == before[name] for name in names) and time.monotonic() < until:
        time.sleep(0.02)
    return [name for name in names if balance(port, name) == before[name]]


def hiredis_built(work):
    program = os.path.join(work, "hiredis")
    subprocess.run(["cc", "-Wall", "-Wextra", "-o", program, os.path.join(HERE, "clients", "hiredis.c"), "-lhiredis",
                    "-levent"], check=True)
    return program


def main():
    names = ("hiredis", "node", "py")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as work:
        ledger, stop = os.path.join(work, "ledger"), os.path.join(work, "stop")
        program = hiredis_built(work)
        server = start(sys.argv[1], ledger, port)
        try:
            connection = wire.Connection(port)
            for command in ("OPEN till USD UNLIMITED", "OPEN hiredis USD", "OPEN node USD", "OPEN py USD", "OPEN async USD"):
                connection.ask(command)
            connection.close()
            node = dict(os.environ, NODE_PATH="/usr/share/nodejs")
            others = [subprocess.Popen([program, str(port), "sync", stop], stdout=subprocess.PIPE, text=True),
                      subprocess.Popen(["node", os.path.join(HERE, "clients", "redis.js"), str(port), stop], env=node,
                                       stdout=subprocess.PIPE, text=True)]
            py = Py(port, stop)
            py.start()
            for again in range(3):
                expect(f"all of them go on after {again} restarts", wait_for_more(port, names), [])
                server.kill()
                server.wait()
                server = start(sys.argv[1], ledger, port)
            expect("all of them go on at the end", wait_for_more(port, names), [])
            with open(stop, "w", encoding="utf-8"):
                pass
            py.join(20)
            counts = [int(other.communicate(timeout=20)[0]) for other in others] + [py.answered]
            for name, count in zip(names, counts):
                expect(f"{name} has as much as it has answers", balance(port, name), f"{count // 100}.{count % 100:02}")
            done = subprocess.run([program, str(port), "async"], stdout=subprocess.PIPE, text=True, timeout=20, check=False)
            expect("a thousand at once", (done.returncode, done.stdout, balance(port, "async")), (0, "1000\n", "10.00"))
        finally:
            server.terminate()
            server.wait()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
