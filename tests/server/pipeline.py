#!/usr/bin/python3
"""MULTI and EXEC as redis-py says them: its pipelines are transactions unless told otherwise.

    pipeline.py BUILD_DIR

Debian's own python3, which is the one that its package python3-redis is for. Ends with a line that counts the checks.
"""
import os
import subprocess
import sys
import tempfile
import time

import redis

passed = 0
failed = 0


def expect(name, got, wanted):
    global passed, failed
    if got == wanted:
        passed += 1
        return
    failed += 1
    print(f"FAILED: {name}\n  got      {got!r}\n  expected {wanted!r}")


def error_of(call):
    try:
        return f"no error, but {call()!r}"
    except redis.RedisError as error:
        return f"{type(error).__name__} {error}"


def client_of(path):
    client = redis.Redis(unix_socket_path=path, decode_responses=True)
    for _ in range(100):
        try:
            client.ping()
            return client
        except redis.RedisError:  # not there yet, or loading
            time.sleep(0.05)
    sys.exit("the server did not start")


def check(client):
    ask = client.execute_command
    for command in ("OPEN alice USD", "OPEN bob USD", "DEPOSIT d1 alice 100"):
        ask(*command.split())

    pipe = client.pipeline()
    pipe.execute_command("TRANSFER", "t1", "alice", "bob", "10.00", "NOTE", "two words")
    pipe.execute_command("HOLD", "h1", "alice", "bob", "5", "TTL", "100")
    pipe.execute_command("BALANCE", "bob")
    expect("a pipeline is a transaction", pipe.execute(), [4, 5, "10.00"])

    expect("an empty pipeline", client.pipeline().execute(), [])

    pipe = client.pipeline()
    pipe.execute_command("DEPOSIT", "d2", "alice", "1")
    pipe.execute_command("TRANSFER", "t2", "alice", "bob", "500")
    expect("a rejection names the command", error_of(pipe.execute),
           "ExecAbortError command 2, TRANSFER: INSUFFICIENT alice has 86.00 USD available, 500.00 needed")
    expect("and nothing happened", ask("LOOKUP", "d2"), None)

    pipe = client.pipeline()
    pipe.execute_command("DEPOSIT", "d2", "alice", "1")
    pipe.execute_command("OPEN", "carol", "USD")
    expect("what can't be queued is what is raised", error_of(pipe.execute).split(";", maxsplit=1)[0],
           "ResponseError Command # 2 (OPEN carol USD) of pipeline caused error: "
           "OPEN is not allowed in a transaction")
    expect("and nothing happened either", ask("LOOKUP", "d2"), None)

    pipe = client.pipeline()
    expect("WATCH is refused", error_of(lambda: pipe.watch("alice")).split(";", maxsplit=1)[0],
           "ResponseError there is no WATCH here")
    pipe.reset()

    pipe = client.pipeline(transaction=False)
    for i in range(1000):
        pipe.execute_command("TRANSFER", f"many-{i}", "alice", "bob", "0.01")
    expect("a pipeline that is none", pipe.execute()[::999], [6, 1005])

    pipe = client.pipeline()
    for i in range(128):
        pipe.execute_command("TRANSFER", f"more-{i}", "alice", "bob", "0.01")
    expect("128 commands", pipe.execute(), list(range(1006, 1006 + 128)))
    expect("where it all went", ask("BALANCES", "alice", "bob"), ["78.72", "21.28"])


def main():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "socket")
        server = subprocess.Popen([os.path.join(sys.argv[1], "bursard"), "--dir", directory, "--port", "0",
                                   "--unix-socket", path, "--durability", "none", "--workers", "3"],
                                  stderr=subprocess.DEVNULL)
        try:
            check(client_of(path))
        finally:
            server.terminate()
            server.wait()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
