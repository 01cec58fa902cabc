#!/usr/bin/env python3
"""Follows the feed of servers that are killed, and rebuilds the ledger from what it tells.

    feed.py BUILD_DIR [KILLS]

KILLS (10) times: clients move money at random, followers read the feed, the server is killed with SIGKILL at a random
moment and started again, and the followers go on from the number behind the last that they know. In the end each of
them must have been told the same, every number once and in order, and what a new follower is told from number 1 on, and
what --dump-journal prints; and the accounts, limits and holds rebuilt from it must be the server's own.
BURSAR_SEED=n replays the choices, though not the moments.
"""
import collections
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal

import wire
from wire import Connection, said

ACCOUNTS = [f"account{i}" for i in range(12)]
CLIENTS = 3
FOLLOWERS = 4


class Place:
    """Where the server is now; it moves with each start."""

    def __init__(self):
        self.port = None
        self.stop = threading.Event()


def serve(build, directory, dice, interval):
    server = wire.serve(build, directory, ("--workers", str(dice.randint(1, 4)), "--segment-size",
                                           str(dice.choice([64, 256])), "--snapshot-interval", str(interval)))
    if server.poll() is not None:
        sys.exit("the server did not start: " + said(server))
    return server, server.port


def known(port, name):
    """Whether the server knows a command."""
    connection = Connection(port, 3)
    reply = connection.ask(f"COMMAND INFO {name}")
    connection.close()
    return reply != [None]


def invent(dice, name, holds):
    """A command at random."""
    payer, payee, third = dice.sample(ACCOUNTS, 3)
    amount = f"{dice.randint(0, 300)}.{dice.randint(1, 99):02}"
    choices = [
        f"DEPOSIT {name} {payer} {amount} NOTE salary",
        f"WITHDRAW {name} {payer} {amount}",
        f"TRANSFER {name} {payer} {payee} {amount} NOTE 'a b'",
        f"TRANSFER {name} {payer} {payee} {amount} {payee} {third} {amount} @world/USD {payer} 1",
        f"OPEN {name} USD OVERDRAFT {amount}",
    ]
    if holds:
        choices += [
            f"HOLD {name} {payer} {payee} {amount}",
            f"HOLD {name} {payer} {payee} {amount} TTL 1",
            f"CAPTURE {name} {dice.choice(holds)} {amount}",
            f"CAPTURE {name} {dice.choice(holds)} {amount} KEEP",
            f"EXTEND {name} {dice.choice(holds)} 1",
            f"VOID {name} {dice.choice(holds)}",
            f"SWEEP {name} {payer} {payee} MAX {amount}",
            f"REVERSE {name} {dice.choice(holds)}",
            f"LIMIT {payer} OVERDRAFT {amount} CEILING 100000",
            f"FREEZE {third}", f"THAW {payer}", f"THAW {payee}",
        ]
    choice = dice.choice(choices)
    if holds and choice.startswith(("HOLD", "TRANSFER", "DEPOSIT")):
        holds.append(name)
        del holds[:-50]
    return choice


def move_money(place, dice, prefix, with_holds):
    """One client, until it is told to stop."""
    count = 0
    holds = ["none"] if with_holds else []
    while not place.stop.is_set():
        try:
            connection = Connection(place.port, 3)
            while not place.stop.is_set():
                batch = []
                for _ in range(dice.choice([1, 1, 5, 60])):
                    count += 1
                    batch.append(invent(dice, f"{prefix}-{count}", holds))
                if with_holds and dice.random() < 0.1:
                    batch = ["MULTI"] + [line for line in batch if line.startswith(("TRANSFER", "HOLD"))] + ["EXEC"]
                connection.send(batch)
                for _ in batch:
                    connection.read()
            connection.close()
        except (ConnectionError, OSError):
            time.sleep(0.01)


class Follower(threading.Thread):
    """Reads the feed from number 1, over all restarts, until it has passed a number."""

    def __init__(self, place, dice):
        super().__init__()
        self.place = place
        self.dice = dice
        self.records = []
        self.next = 1
        self.end = None
        self.failure = None

    def run(self):
        while self.end is None or self.next <= self.end:
            try:
                connection = Connection(self.place.port, 3)
                while self.end is None or self.next <= self.end:
                    reply = connection.ask(f"FEED FROM {self.next} COUNT {self.dice.choice([1, 10, 100, 1000])} BLOCK 50")
                    if isinstance(reply, str):
                        self.failure = f"FEED FROM {self.next} was answered {reply}"
                        return
                    for record in reply or []:
                        if record["seq"] != self.next:
                            self.failure = f"number {self.next} was to come, and {record} came"
                            return
                        self.records.append(record)
                        self.next = record["last"] + 1
                connection.close()
            except (ConnectionError, OSError):
                time.sleep(0.01)


def rebuild(records):
    """Accounts as the feed's records make them: id to balance, held_out, held_in, overdraft, ceiling, state."""
    def account():
        return {"balance": Decimal(0), "held_out": Decimal(0), "held_in": Decimal(0), "overdraft": "UNLIMITED",
                "ceiling": None, "state": "open"}
    accounts = collections.defaultdict(account)
    holds = {}
    states = {"freeze": "frozen", "thaw": "open", "close": "closed"}
    for record in records:
        kind = record["kind"]
        if kind in ("open", "limit"):
            accounts[record["account"]].update(overdraft=record["overdraft"], ceiling=record["ceiling"])
        elif kind in states:
            accounts[record["account"]]["state"] = states[kind]
        elif kind == "hold":
            holds[record["id"]] = record["legs"][0]
        for leg in record.get("legs", []):
            payer, payee, amount = accounts[leg["from"]], accounts[leg["to"]], Decimal(leg["amount"])
            held = {"hold": amount, "void": -amount, "expire": -amount}.get(kind, Decimal(0))
            if kind == "capture":
                held = -amount - Decimal(record["released"])
            if held:
                hold = holds[record["id"] if kind == "hold" else record["hold"]]
                accounts[hold["from"]]["held_out"] += held
                accounts[hold["to"]]["held_in"] += held
            if kind in ("transfer", "deposit", "withdraw", "sweep", "capture", "reverse"):
                payer["balance"] -= amount
                payee["balance"] += amount
    return accounts


def check_ledger(connection, records):
    for name, account in rebuild(records).items():
        told = connection.ask(f"ACCOUNT {name}")
        for key, value in account.items():
            same = Decimal(told[key]) == value if isinstance(value, Decimal) else told[key] == value
            if not same:
                sys.exit(f"{name} has {key} {told[key]}, and {value} by the feed")


def check_dump(build, directory, records):
    """What the journal has is what the feed told. Returns how many records that were."""
    dump = subprocess.run([os.path.join(build, "bursard"), "--dump-journal", directory], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.splitlines()
    told = {record["seq"]: record for record in records}
    for line in dump:
        number, moment, kind, *rest = line.split(" ")
        record = told.get(int(number))
        if not record or (record["time"], record["kind"]) != (moment, kind):
            sys.exit(f"the journal has '{line}', and the feed told {record}")
        if "id" in record and record["id"] and record["id"] not in rest:
            sys.exit(f"the journal has '{line}', and the feed told {record}")
    if dump and int(dump[-1].split(" ")[0]) != records[-1]["seq"]:
        sys.exit(f"the journal ends with '{dump[-1]}', and the feed with {records[-1]}")
    return len(dump)


def read_all(connection):
    """The feed from number 0 to its end."""
    records = []
    while True:
        page = connection.ask(f"FEED FROM {records[-1]['last'] + 1 if records else 0} COUNT 1000")
        if page is None:
            return records
        records += page


def run(build, dice, kills, interval):
    """Returns how many records there were, and how many of them the journal had in the end."""
    place = Place()
    with tempfile.TemporaryDirectory() as work_directory:
        directory = os.path.join(work_directory, "ledger")
        server, place.port = serve(build, directory, dice, interval)
        opener = Connection(place.port, 3)
        for name in ACCOUNTS:
            opener.ask(f"OPEN {name} USD")
        opener.close()
        with_holds = known(place.port, "hold")
        seeds = [random.Random(dice.random()) for _ in range(CLIENTS + FOLLOWERS)]
        clients = [threading.Thread(target=move_money, args=(place, seeds.pop(), f"c{i}", with_holds))
                   for i in range(CLIENTS)]
        followers = [Follower(place, seeds.pop()) for _ in range(FOLLOWERS)]
        for thread in clients + followers:
            thread.start()
        for _ in range(kills):
            time.sleep(dice.uniform(0.05, 0.5))
            server.kill()
            server.wait()
            said(server)
            server, place.port = serve(build, directory, dice, interval)
        time.sleep(0.2)
        place.stop.set()
        for thread in clients:
            thread.join()
        if with_holds:
            time.sleep(2.5)  # what lives for a second expires, and then nothing happens any more
        connection = Connection(place.port, 3)
        newest = connection.ask("TRIAL")["seq"]
        for follower in followers:
            follower.end = newest
        for follower in followers:
            follower.join()
            if follower.failure:
                sys.exit(follower.failure)
        records = read_all(connection)
        for follower in followers:
            if follower.records != records[:len(follower.records)] or follower.records[-1]["last"] < newest:
                sys.exit("followers were told different things")
        check_ledger(connection, records)
        connection.close()
        server.kill()
        server.wait()
        said(server)
        return len(records), check_dump(build, directory, records)


def main():
    build = os.path.abspath(sys.argv[1])
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    seed = int(os.environ.get("BURSAR_SEED", time.time_ns() % 1000000))
    print(f"BURSAR_SEED={seed}", flush=True)
    dice = random.Random(seed)
    # Once all of it in the journal, once nearly all in the snapshot, which is taken every second.
    for interval in (3600, 1):
        count, dumped = run(build, dice, kills, interval)
        print(f"snapshot every {interval} s, {kills} kills: {count} records, {dumped} of them in the journal, no gap",
              flush=True)
        if interval == 3600 and dumped != count:
            sys.exit("the journal does not have everything")


main()
