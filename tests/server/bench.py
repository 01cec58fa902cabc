#!/usr/bin/env python3
"""The load generator against a real server: what it counts, writes and draws, and that a server which stands still
for a while is not let off.

    bench.py BUILD_DIR
"""
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import wire

failed = []
passed = 0


def check(name, good, told=""):
    global passed
    if good:
        passed += 1
    else:
        failed.append(name)
        print(f"{name}: {told}")


def main():
    build = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        server = wire.serve(build, f"{directory}/ledger", ["--workers", "2"])
        if server.port is None:
            sys.exit(wire.said(server))
        port = str(server.port)

        def bench(*options):
            done = subprocess.run([f"{build}/bursar", "-p", port, "bench", *options], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False)
            return done

        try:
            kinds = bench("-n", "20000", "-a", "1000", "--holds", "30", "--reads", "20", "--legs", "2", "--zipf", "0.9",
                          "--amounts", "2-3", "--json")
            result = json.loads(kinds.stdout)
            check("every request is counted", result["requests"] >= 20000 and result["rejected"] == 0, kinds.stdout)
            check("kinds are told apart",
                  sorted(result["kinds"]) == ["BALANCE", "CAPTURE", "HOLD", "TRANSFER", "VOID"], kinds.stdout)
            check("kinds add up", sum(k["requests"] for k in result["kinds"].values()) == result["requests"])
            ended = result["kinds"]["CAPTURE"]["requests"] + result["kinds"]["VOID"]["requests"]
            check("no hold is left open", ended == result["kinds"]["HOLD"]["requests"], kinds.stdout)
            check("the trial balance is told", "trial balance: debits 10000" in kinds.stderr, kinds.stderr)

            mix = os.path.join(directory, "mix")
            with open(mix, "w", encoding="utf-8") as file:
                file.write("# two kinds\n3 TRANSFER <id> <account> <other> 1\n1 TRANSFER <id> <account> nobody 1\n")
            rows = os.path.join(directory, "rows.csv")
            rejected = bench("-n", "4000", "-a", "1000", "--no-setup", "--mix", mix, "--json", "--csv", rows)
            result = json.loads(rejected.stdout)
            check("rejections are counted by their code",
                  rejected.returncode == 1 and list(result["rejections"]) == ["NOACCOUNT"] and
                  800 < result["rejected"] < 1200 and result["requests"] + result["rejected"] == 4000, rejected.stdout)
            check("and the rows are written all the same", os.path.exists(rows))
            with open(mix, "w", encoding="utf-8") as file:
                file.write("1 PING\n1 GET <acount>\n")
            wrong = bench("--mix", mix)
            check("a wrong line is named", wrong.returncode == 2 and "line 2: <acount> is no placeholder" in wrong.stderr,
                  wrong.stderr)
            with open(mix, "w", encoding="utf-8") as file:
                file.write("1 TRANSFER <id> <account> <hot> 1\n")
            hot = bench("-n", "1000", "-a", "1000", "--prefix", "hot:", "--mix", mix)
            check("a mix with the hot account has it opened", hot.returncode == 0, hot.stderr)
            check("open holds are told", "open holds: none" in hot.stderr, hot.stderr)
            both = bench("--mix", mix, "--holds", "10")
            check("what a mix leaves no room for is refused", both.returncode == 2 and "beside --mix" in both.stderr,
                  both.stderr)
            nowhere = bench("-n", "10", "--csv", f"{directory}/none/rows.csv")
            check("a file that can't be written is known before the run", nowhere.returncode == 2 and
                  "can't write" in nowhere.stderr and "setting up" not in nowhere.stderr, nowhere.stderr)

            picture = os.path.join(directory, "it's.svg")
            options = ["-d", "2", "-a", "1000", "--no-setup", "--csv", rows]
            drawn = shutil.which("gnuplot") is not None
            if drawn:
                options += ["--picture", picture]
            bench(*options)
            with open(rows, encoding="utf-8") as file:
                table = list(csv.DictReader(file))
            check("a row for each second", len(table) >= 2 and
                  all(float(r["p50_us"]) <= float(r["p99_us"]) <= float(r["max_us"]) for r in table), str(table))
            if drawn:
                with open(picture, encoding="utf-8") as file:
                    check("a picture", "</svg>" in file.read()[-20:])

            def stall():
                time.sleep(0.5)
                server.send_signal(signal.SIGSTOP)
                time.sleep(0.4)
                server.send_signal(signal.SIGCONT)
            thread = threading.Thread(target=stall)
            thread.start()
            slow = bench("-d", "2", "-a", "1000", "--no-setup", "--rate", "1000", "-c", "4", "-P", "2", "--json")
            thread.join()
            latency = json.loads(slow.stdout)["latency_us"]
            # Of 2,000 requests 400 were due while it stood still, 8 of which could be sent.
            check("a server that stands still is charged for all that was due", latency["p90"] > 100000 and
                  latency["max"] > 300000, slow.stdout)
            result = json.loads(slow.stdout)
            check("an open loop keeps its rate",
                  900 * result["seconds"] <= result["requests"] <= 1000 * result["seconds"] + 50, slow.stdout)
        finally:
            server.terminate()
            server.wait()
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
