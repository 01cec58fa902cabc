#!/usr/bin/env python3
"""Runs the examples of docs/protocol.md on a real server and compares each reply with what the page shows.

    documented.py BUILD_DIR

A block that begins with ```console is part of one session: "> command", then what redis-cli prints. "…" stands for
anything up to the end of its line. What begins with MULTI and ends with EXEC or DISCARD is said on one connection. Ends with a line that counts the commands.
"""
import os
import re
import socket
import subprocess
import sys
import tempfile
import time


def examples(page):
    """The (command, expected lines) pairs of the page, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("> "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def transactions_joined(found):
    """The same, with the commands of a transaction as one of several lines."""
    joined = []
    inside = False
    for command, expected in found:
        if inside:
            joined[-1] = (joined[-1][0] + "\n" + command, joined[-1][1] + expected)
        else:
            joined.append((command, expected))
        inside = command == "MULTI" or (inside and command not in ("EXEC", "DISCARD"))
    return joined


def matches(expected, printed):
    pattern = ".*".join(re.escape(part) for part in expected.split("…"))
    return re.fullmatch(pattern, printed) is not None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_serving(port):
    for _ in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(b"PING\r\n")
                if connection.recv(5) == b"+PONG":
                    return
        except ConnectionError:
            pass
        time.sleep(0.05)  # not there yet, or loading
    sys.exit("the server did not start")


def run_session(port, found):
    failed = 0
    for command, expected in transactions_joined(found):
        # One call a command: fed as a script, redis-cli would print without telling where a reply ends.
        printed = subprocess.run(["redis-cli", "--no-raw", "-p", str(port)], input=command + "\n", text=True,
                                 stdout=subprocess.PIPE, check=True).stdout.rstrip("\n").split("\n")
        if printed and printed[-1] == "" and (not expected or expected[-1] != ""):
            printed.pop()
        if len(printed) != len(expected) or not all(map(matches, expected, printed)):
            failed += 1
            print(f"> {command}\nthe page says:\n" + "\n".join(expected) + "\nthe server says:\n" + "\n".join(printed))
    return failed


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "../../docs/protocol.md"), encoding="utf-8") as file:
        found = examples(file.read())
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        server = subprocess.Popen([os.path.join(sys.argv[1], "bursard"), "--dir", directory, "--port", str(port),
                                   "--workers", "3"], stderr=subprocess.DEVNULL)
        try:
            wait_until_serving(port)
            failed = run_session(port, found)
        finally:
            server.terminate()
            server.wait()
    print(f"{len(found) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not found else 0)


main()
