#!/usr/bin/env python3
"""Kills real servers and makes their disks fail, and checks that nothing acknowledged is ever lost.

    durability.py BUILD_DIR [KILLS [FAULTS]]

KILLS (25) times: clients move money at random through a server, which is killed with SIGKILL at a random moment and
started again on another number of workers. FAULTS (40) times: one file operation of a server fails, and it is started
again on a disk that works. After each start every acknowledged transfer must be there exactly once, under the number
that was told; one that was not acknowledged must be there whole or not at all; retries must answer the same; balances
must be what the transfers add up to. BURSAR_SEED=n replays the choices, though not the moments.
"""
import os
import random
import subprocess
import sys
import tempfile
import threading
import time

import wire
from wire import Connection, said

ACCOUNTS = [f"account{i}" for i in range(24)]
CLIENTS = 4


class Ledger:
    """What must be true: every transfer that is known to have happened, and those of which nobody knows yet."""

    def __init__(self, dice):
        self.dice = dice
        self.lock = threading.Lock()
        self.made = {}     # id: (number, legs)
        self.unknown = {}  # id: legs
        self.ids = 0

    def invent(self):
        with self.lock:
            self.ids += 1
            name = f"t{self.ids}"
            if self.dice.random() < 0.1:
                legs = [("@world/USD", self.dice.choice(ACCOUNTS), self.dice.randint(1, 10000))]
            else:
                legs = []
                for _ in range(1 if self.dice.random() < 0.8 else self.dice.randint(2, 5)):
                    payer, payee = self.dice.sample(ACCOUNTS, 2)
                    legs.append((payer, payee, self.dice.randint(1, 300)))
            self.unknown[name] = legs
            return name, legs

    def settle(self, name, reply):
        with self.lock:
            legs = self.unknown.pop(name)
            if isinstance(reply, int):
                self.made[name] = (reply, legs)
            elif not reply.startswith("-INSUFFICIENT"):
                sys.exit(f"transfer {name} was answered {reply}")


def command(name, legs):
    return f"TRANSFER {name} " + " ".join(f"{a} {b} {c // 100}.{c % 100:02}" for a, b, c in legs)


def serve(build, directory, dice, extra=(), environment=None):
    """Starts a server on some number of workers. It may end instead of serving."""
    return wire.serve(build, directory, ("--workers", str(dice.randint(1, 4)), "--segment-size",
                                         str(dice.choice([64, 256, 4096])), *extra), environment)


def move_money(ledger, port, stop):
    """One client, until the server is gone or it is told to stop."""
    try:
        connection = Connection(port)
        while not stop.is_set():
            batch = [ledger.invent() for _ in range(ledger.dice.choice([1, 1, 5, 40]))]
            connection.send([command(name, legs) for name, legs in batch])
            for name, _ in batch:
                ledger.settle(name, connection.read())
        connection.close()
    except (ConnectionError, OSError):
        pass


def work(ledger, server, seconds):
    """Lets clients work for a while. Returns what ends them."""
    stop = threading.Event()
    threads = [threading.Thread(target=move_money, args=(ledger, server.port, stop)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    return stop, threads


def check(ledger, server):
    """Everything that was acknowledged is there, whole and once."""
    connection = Connection(server.port)
    ids = list(ledger.unknown) + ledger.dice.sample(list(ledger.made), min(len(ledger.made), 2000))
    connection.send([f"LOOKUP {name}" for name in ids])
    for name in ids:
        reply = connection.read()
        found = dict(zip(reply[::2], reply[1::2])) if reply else None
        if name in ledger.made and (not found or found["seq"] != ledger.made[name][0]):
            sys.exit(f"acknowledged transfer {name} was number {ledger.made[name][0]} and is now {found}")
        if name in ledger.unknown:
            legs = ledger.unknown.pop(name)
            if found:
                ledger.made[name] = (found["seq"], legs)
    retried = ledger.dice.sample(list(ledger.made), min(len(ledger.made), 200))
    connection.send([command(name, ledger.made[name][1]) for name in retried])
    for name in retried:
        reply = connection.read()
        if reply != ledger.made[name][0]:
            sys.exit(f"retried transfer {name} was number {ledger.made[name][0]} and is answered {reply}")
    balances = dict.fromkeys(ACCOUNTS, 0)
    balances["@world/USD"] = 0
    for _, legs in ledger.made.values():
        for payer, payee, cents in legs:
            balances[payer] -= cents
            balances[payee] += cents
    told = connection.ask("BALANCES " + " ".join(balances))
    for (account, cents), text in zip(balances.items(), told):
        if round(float(text) * 100) != cents:
            sys.exit(f"{account} has {text}, and its transfers add up to {cents / 100}")
    connection.close()


def run_kills(build, dice, kills):
    ledger = Ledger(dice)
    with tempfile.TemporaryDirectory() as work_directory:
        directory = os.path.join(work_directory, "ledger")
        server = serve(build, directory, dice)
        opener = Connection(server.port)
        for account in ACCOUNTS:
            opener.ask(f"OPEN {account} USD")
        opener.close()
        for _ in range(kills):
            stop, threads = work(ledger, server, dice.uniform(0.01, 0.3))
            if dice.random() < 0.1:
                stop.set()
                server.terminate()
            else:
                server.kill()
            if server.wait() not in (0, -9):
                sys.exit(f"the server ended with status {server.returncode} and said\n{said(server)}")
            for thread in threads:
                thread.join()
            said(server)
            if dice.random() < 0.2:
                subprocess.run([os.path.join(build, "bursard"), "--verify", directory], check=True,
                               stdout=subprocess.DEVNULL)
            server = serve(build, directory, dice, ("--durability", dice.choice(["sync", "sync", "async"])))
            if server.poll() is not None:
                sys.exit("the server did not start again: " + said(server))
            check(ledger, server)
        server.terminate()
        server.wait()
        said(server)
    return len(ledger.made)


def run_fault(build, dice, shim, at):
    """One server whose file operation number `at` fails. Returns whether the fault was reached."""
    ledger = Ledger(dice)
    fault = dice.choice(["EIO", "ENOSPC", "short"])
    with tempfile.TemporaryDirectory() as work_directory:
        directory = os.path.join(work_directory, "ledger")
        server = serve(build, directory, dice, (), {"LD_PRELOAD": shim, "BURSAR_FAULT": fault, "BURSAR_FAULT_AT": str(at),
                                                    "BURSAR_FAULT_DIR": directory})
        if server.poll() is None:
            try:
                opener = Connection(server.port)
                for account in ACCOUNTS:
                    opener.ask(f"OPEN {account} USD")
                opener.close()
            except (ConnectionError, OSError):
                pass
            stop, threads = work(ledger, server, 0.2)
            stop.set()
            for thread in threads:
                thread.join()
            server.terminate()
        status = server.wait()
        text = said(server)
        if status not in (0, 1) or (status == 1 and " error " not in text):
            sys.exit(f"operation {at} failed with {fault}: the server ended with status {status} and said\n{text}")
        again = serve(build, directory, dice)
        if again.poll() is not None:
            sys.exit(f"after operation {at} failed with {fault} the server did not start again:\n{said(again)}")
        if Connection(again.port).ask(f"BALANCE {ACCOUNTS[-1]}").startswith("-"):
            ledger.unknown.clear()  # it ended before the accounts were open
        if ledger.made:
            check(ledger, again)
        again.terminate()
        again.wait()
        said(again)
    return status == 1


def main():
    build = os.path.abspath(sys.argv[1])
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    faults = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    seed = int(os.environ.get("BURSAR_SEED", time.time_ns() % 1000000))
    print(f"BURSAR_SEED={seed}", flush=True)
    dice = random.Random(seed)
    made = run_kills(build, dice, kills)
    print(f"{kills} kills: all {made} transfers that happened are there", flush=True)
    reached = sum(run_fault(build, dice, os.path.join(build, "libfault.so"), 1 + i * 3 + dice.randint(0, 2))
                  for i in range(faults))
    print(f"{faults} faults, of which {reached} ended the server: nothing acknowledged was lost")
    if kills and not made or faults and not reached:
        sys.exit("nothing was tested")


main()
