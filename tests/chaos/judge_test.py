#!/usr/bin/env python3
"""Proves that the judge can find what it is for: plants lies in histories that are right.

    judge_test.py

The histories are the model's own, with several clients at once. BURSAR_SEED=n replays the choices.
"""
import copy
import os
import random
import sys
import time

from books import moment_write
from command import Command
from invent import ACCOUNTS, Inventor, World
from judge import Judge, Request, Wrong
from model import Model

CLIENTS = 4
STEPS = 4000


class Clock(dict):
    """The times of numbers: a nanosecond apart."""

    def get(self, number, _default=None):
        return 10**18 + number


def history(dice):
    """What clients of a server without fault hear: each command happens somewhere between its sending and its answer."""
    model, world, now = Model(Clock()), World(), 0
    feed, requests, flying = [], [], {}
    inventors = [Inventor(world, dice, f"c{i}", list(ACCOUNTS)[i::CLIENTS]) for i in range(CLIENTS)]
    opening = [["ASSET", "GOLD", "3"]] + [["OPEN", name] + options for name, options in ACCOUNTS.items()]
    queues = [[[Command(words)] for words in opening], [], [], []]
    for step in range(STEPS):
        now += 10
        client = 0 if step < 3 * len(opening) else dice.randrange(CLIENTS)
        if client not in flying:
            batch = queues[client].pop(0) if queues[client] else inventors[client].batch()
            commands = [command for command in batch if command.word != "FEED" and command.id != "*"][-1:]
            if commands:
                flying[client] = Request(commands[0], now, (client, step))
                requests.append(flying[client])
        elif flying[client].reply is None and not flying[client].placed:
            request = flying[client]
            request.reply = model.execute(request.command)
            request.placed = True
            model.commit()
            feed += model.made
            world.newest = max(1, model.last)
        else:
            request = flying.pop(client)
            request.placed = False
            if dice.random() < 0.98:
                request.end = now
            else:
                request.reply = None
    for request in requests:
        if request.end is None:
            request.reply = None
        request.placed = False
    return feed, requests


def renumber(feed):
    number = 1
    for record in feed:
        legs = record["last"] - record["seq"]
        record.update(seq=number, last=number + legs, time=moment_write(10**18 + number))
        number += legs + 1


def told(feed, requests, dice, kinds=("transfer", "deposit", "withdraw")):
    """A record whose number somebody was told, and its request."""
    answered = {request.reply: request for request in requests if isinstance(request.reply, int)
                and request.command.word.lower() in kinds}
    record = dice.choice([record for record in feed[:-20] if record["kind"] in kinds and record["seq"] in answered])
    return record, answered[record["seq"]]


# Each lie changes the history, which is its own.

def drop_acknowledged(feed, requests, dice):
    feed.remove(told(feed, requests, dice)[0])
    renumber(feed)


def leave_a_gap(feed, requests, dice):
    feed.remove(told(feed, requests, dice)[0])


def lose_the_end(feed, requests, dice):
    del feed[feed.index(told(feed, requests, dice)[0]):]


def swap_two(feed, requests, dice):
    place = feed.index(told(feed, requests, dice)[0])
    one, other = feed[place], feed[place + 1]
    feed[place], feed[place + 1] = other, one
    renumber(feed)


def repeat_one(feed, requests, dice):
    place = feed.index(told(feed, requests, dice)[0])
    feed.insert(place + 1, copy.deepcopy(feed[place]))
    renumber(feed)


def invent_one(feed, requests, dice):
    record = told(feed, requests, dice)[0]
    feed.append(copy.deepcopy(record))
    feed[-1]["id"] = "nobody-asked"
    renumber(feed)


def change_an_amount(feed, requests, dice):
    leg = told(feed, requests, dice)[0]["legs"][0]
    leg["amount"] = leg["amount"][:-1] + ("1" if leg["amount"][-1] != "1" else "2")


def change_a_payee(feed, requests, dice):
    leg = told(feed, requests, dice)[0]["legs"][0]
    leg["to"] = "elsewhere"


def answer_another_number(_feed, requests, dice):
    dice.choice([request for request in requests if request.command.id and isinstance(request.reply, int)]).reply += 1


def change_a_balance(_feed, requests, dice):
    request = dice.choice([request for request in requests if request.command.word == "BALANCES" and request.end])
    request.reply[0] = "77777.77" if request.reply[0] is not None else "0.00"


def refuse_without_reason(_feed, requests, dice):
    request = dice.choice([request for request in requests if request.command.word == "BALANCES" and request.end])
    request.reply = "-NOACCOUNT usd0 does not exist"


def see_the_past(_feed, requests, dice):
    """A stale read: what was true when it began, asked again long after."""
    everything = [request for request in requests if request.command.word == "BALANCES" and request.end
                  and len(request.command.accounts) > 5]
    early = dice.choice(everything[:len(everything) // 4])
    late = everything[-1]
    assert early.reply != late.reply
    early.start, early.end = late.start, late.end


def see_the_future(_feed, requests, dice):
    everything = [request for request in requests if request.command.word == "BALANCES" and request.end
                  and len(request.command.accounts) > 5]
    late = dice.choice(everything[len(everything) * 3 // 4:])
    late.start, late.end = everything[0].start, everything[0].end


def acknowledge_too_early(_feed, requests, dice):
    """It was answered before another was sent that comes before it in the log."""
    numbered = sorted((request for request in requests if isinstance(request.reply, int)
                       and request.command.word == "DEPOSIT"), key=lambda request: request.reply)
    place = dice.randrange(10, len(numbered) - 1)
    early, late = numbered[place], numbered[place + 1]
    late.start, late.end = early.start - 2000, early.start - 1990
    early.start = max(early.start, late.end + 1)


def halve_a_transaction(feed, _requests, dice):
    place = dice.choice([place for place, record in enumerate(feed) if record["continues"]])
    feed[place]["continues"] = False


def expire_early(feed, _requests, dice):
    """At the end, a hold that nobody ended is told to have expired."""
    ended = {record.get("hold") for record in feed if record["kind"] != "extend"}
    hold = dice.choice([record for record in feed if record["kind"] == "hold" and record["id"] not in ended])
    feed.append(dict(hold, kind="expire", id=None, note=None, hold=hold["id"]))
    del feed[-1]["ttl"], feed[-1]["expires_at"]
    renumber(feed)


def forget_an_answered_freeze(feed, _requests, dice):
    feed.remove(dice.choice([record for record in feed if record["kind"] == "freeze"]))
    renumber(feed)


def has_everything(feed):
    """Whether there is something to lie about, for each of the lies."""
    ended = {record.get("hold") for record in feed if record["kind"] != "extend"}
    return (any(record["continues"] for record in feed) and any(record["kind"] == "freeze" for record in feed) and
            any(record["kind"] == "hold" and record["id"] not in ended for record in feed))


LIES = [drop_acknowledged, leave_a_gap, lose_the_end, swap_two, repeat_one, invent_one, change_an_amount, change_a_payee,
        answer_another_number, change_a_balance, refuse_without_reason, see_the_past, see_the_future,
        acknowledge_too_early, halve_a_transaction, expire_early, forget_an_answered_freeze]


def main():
    seed = int(os.environ.get("BURSAR_SEED", time.time_ns() % 1000000))
    print(f"BURSAR_SEED={seed}", flush=True)
    dice = random.Random(seed)
    believed = []
    for _ in range(3):
        feed, requests = history(dice)
        while not has_everything(feed):
            feed, requests = history(dice)
        placed = Judge(copy.deepcopy(feed), copy.deepcopy(requests)).judge()
        for lie in LIES:
            false_feed, false_requests = copy.deepcopy((feed, requests))
            lie(false_feed, false_requests, dice)
            try:
                Judge(false_feed, false_requests).judge()
                believed.append(lie.__name__)
            except Wrong as wrong:
                if os.environ.get("BURSAR_SAY"):
                    print(f"{lie.__name__}: {str(wrong)[:300]}")
    print(f"a history of {len(feed)} records and {placed} answers, {len(LIES)} lies in it")
    if believed:
        sys.exit("the judge believed " + ", ".join(believed))


if __name__ == "__main__":
    main()
