#!/usr/bin/env python3
"""Runs the examples of docs/client.md, in their order, against one server, and compares what is printed.

    client_documented.py BUILD_DIR

A block that begins with ```console is part of one session: "$ command", then what it prints. "..." at the end of a line
stands for the rest of it, and alone for any number of lines. Ends with a line that counts the commands.
"""
import os
import re
import subprocess
import sys
import tempfile

from wire import serve


def examples(page):
    """The (command, expected lines) pairs of the page, in order."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def pattern(expected):
    """The expected lines as a regular expression."""
    parts = []
    for line in expected:
        if line == "...":
            parts.append(r"(?:.*\n)*")
        elif line.endswith("..."):
            parts.append(re.escape(line[:-3]) + r".*\n")
        else:
            parts.append(re.escape(line) + r"\n")
    return "".join(parts)


def main():
    build = os.path.abspath(sys.argv[1])
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/client.md"), encoding="utf-8") as file:
        found = examples(file.read())
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        server = serve(build, os.path.join(home, "ledger"))
        environment = {"HOME": home, "PATH": build + ":" + os.environ["PATH"], "LC_ALL": "C.UTF-8",
                       "BURSAR_URL": f"bursar://127.0.0.1:{server.port}"}
        try:
            for command, expected in found:
                done = subprocess.run(["bash", "-c", command], cwd=home, env=environment, text=True, timeout=60,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if re.fullmatch(pattern(expected), done.stdout) is None:
                    failed += 1
                    print(f"$ {command}\nthe page says:\n" + "\n".join(expected) + f"\nit prints:\n{done.stdout}")
        finally:
            server.terminate()
            server.wait()
    print(f"{len(found) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not found else 0)


main()
