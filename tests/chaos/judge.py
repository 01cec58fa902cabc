#!/usr/bin/env python3
"""Decides whether what clients heard is strictly serializable, and whether nothing that was acknowledged is lost.

    judge.py FILE        judges a history that chaos.py kept

The feed, from number 1 to the end, is the serial order of everything that changed something. Replayed in the model, each
record must be just what one of the requests that were sent does there. Every other request that was answered, a read, a
rejection, a retry, must be true at some place of that order, and so that real time is kept: what was sent after another
was answered comes behind it. Each request is put at the first place where it can be; so if any order fits, this one does.
What was never answered may have happened, once, or not.
"""
import bisect
import collections
import heapq
import json
import math
import re
import sys

from books import moment_read
from command import ANYTHING, MOVES, Command, transaction
from model import Model

AT_MOST = re.compile(r"(.*(?:has|room for) )at most (-?[\d.]+)( .*, )([\d.]+)( needed| would come in)$")


class Wrong(Exception):
    """What can't be, in words."""


class Request:
    """One command and what was heard of it. Times are nanoseconds of a monotonic clock; end is None without an answer."""

    def __init__(self, command, start, batch):
        self.command, self.start, self.batch = command, start, batch
        self.keys = command.keys()
        self.end = self.reply = None
        self.placed = False
        self.sent = False      # all that was answered before it was sent has its place
        self.blockers = 0      # requests before it on its connection that it must come behind
        self.blocked = []
        self.heard = None      # what the model said when it was asked last

    def save(self):
        parts = [part.words for part in self.command.parts]
        return [parts or self.command.words, self.command.word if parts else None, self.start, self.end, self.batch, self.reply]

    @staticmethod
    def load(saved):
        words, ended_by, start, end, batch, reply = saved
        request = Request(transaction(words, ended_by) if ended_by else Command(words), start, batch)
        request.end, request.reply = end, reply
        return request

    def __str__(self):
        return f"'{self.command}', sent at {self.start}, answered at {self.end} with {self.reply}"


def units(text):
    return int(text.replace(".", ""))


def agrees(heard, true):
    """Whether an answer is the model's, or says "at most" of an amount that is less, and still not enough."""
    if heard == true:
        return True
    bound = AT_MOST.match(heard) if isinstance(heard, str) and isinstance(true, str) else None
    if not bound:
        return False
    head, most, middle, needed, tail = bound.groups()
    if not (true.startswith(head) and true.endswith(middle + needed + tail)):
        return False
    has = true[len(head):len(true) - len(middle + needed + tail)]
    return bool(re.fullmatch(r"-?[\d.]+", has)) and units(has) <= units(most) < units(needed)


def must_follow(request, earlier, boundless):
    """Whether the server promises that a request sees what was before it on its connection.

    Two that only move money of a boundless account can't tell which of them was first, and what becomes of one hold is
    nothing to another.
    """
    if not request.keys or not earlier.keys:
        return False  # what is discarded
    if ANYTHING not in request.keys and ANYTHING not in earlier.keys:
        shared = request.keys & earlier.keys
        return any(name not in boundless and not name.startswith("@world") or
                   name in request.command.looks() | earlier.command.looks() for name in shared)
    ends, ended = request.command.holds(), earlier.command.holds()
    return ends is None or ended is None or bool(ends & ended)


def record_key(record):
    """What a request that made the record is found by."""
    if record["kind"] == "asset":
        return "ASSET", record["asset"]
    if "account" in record:
        return record["kind"].upper(), record["account"]
    return record["id"]


def request_keys(command):
    if command.word == "EXEC":
        return {part.id for part in command.parts if part.id}
    if command.word in ("ASSET", "OPEN", "LIMIT", "FREEZE", "THAW", "CLOSE"):
        return {(command.word, command.words[1])}
    return {command.id} if command.id and command.word != "LOOKUP" else set()


class Judge:
    def __init__(self, feed, requests):
        self.feed = feed
        self.lasts = [record["last"] for record in feed]
        self.requests = sorted(requests, key=lambda request: request.start)
        self.model = Model()
        self.unsent = 0  # the first of the requests that is not sent yet, as real time goes
        self.heap = []   # answered and not placed, by when they were answered
        self.waiting = collections.defaultdict(set)
        self.makers = collections.defaultdict(list)
        self.look = []   # to be tried at this place

    def judge(self):
        """Raises Wrong, or returns how many requests found their place."""
        self.check_feed()
        self.prepare()
        self.settle()
        group = []
        for record in self.feed:
            group.append(record)
            if not record["continues"]:
                self.replay(group)
                self.settle()
                group = []
        if group:
            raise Wrong(f"the feed ends inside a transaction: {group}")
        missing = self.earliest()
        if missing:
            raise Wrong(f"{missing}: that is true nowhere between its sending and the end; last it would have been "
                        f"{missing.heard}")
        return sum(request.placed for request in self.requests)

    def check_feed(self):
        expected, moment = 1, 0
        for record in self.feed:
            at = moment_read(record["time"])
            if record["seq"] != expected or record["last"] < record["seq"] or at <= moment:
                raise Wrong(f"after number {expected - 1} at {moment} came {record}")
            for number in range(record["seq"], record["last"] + 1):
                moment = at + number - record["seq"]
                self.model.times[number] = moment
                self.model.moments.append(moment)
            expected = record["last"] + 1

    def prepare(self):
        batches = collections.defaultdict(list)
        boundless = {request.command.words[1] for request in self.requests
                     if request.command.word == "OPEN" and "UNLIMITED" in request.command.words}
        for place, request in enumerate(self.requests):
            batches[request.batch].append(request)
            for key in request_keys(request.command):
                self.makers[key].append(request)
            if request.end is not None:
                heapq.heappush(self.heap, (request.end, place, request))
        for batch in batches.values():
            for place, request in enumerate(batch):
                for earlier in batch[:place]:
                    if None not in (request.end, earlier.end) and must_follow(request, earlier, boundless):
                        request.blockers += 1
                        earlier.blocked.append(request)

    def earliest(self):
        """Of those that were answered and have no place, the one that was answered first."""
        while self.heap and self.heap[0][2].placed:
            heapq.heappop(self.heap)
        return self.heap[0][2] if self.heap else None

    def place(self, request):
        request.placed = True
        for key in request.keys:
            self.waiting[key].discard(request)
        for later in request.blocked:
            later.blockers -= 1
            if later.sent and later.blockers == 0:
                self.look.append(later)

    def settle(self):
        """Places all that can be placed here, between two records."""
        while True:
            while self.look:
                request = self.look.pop()
                if not request.placed and request.end is not None:
                    self.attempt(request)
            earliest = self.earliest()
            limit = earliest.end if earliest else math.inf
            while self.unsent < len(self.requests) and self.requests[self.unsent].start <= limit:
                request = self.requests[self.unsent]
                self.unsent += 1
                request.sent = True
                if request.blockers == 0:
                    self.look.append(request)
            if not self.look:
                return

    def attempt(self, request):
        if self.is_true(request):
            self.place(request)
        else:
            for key in request.keys:
                self.waiting[key].add(request)

    def is_true(self, request):
        command, reply = request.command, request.reply
        if isinstance(reply, int) and command.word in MOVES and reply > self.model.last:
            return False
        if command.word == "FEED":
            return self.feed_is_true(command, reply)
        if command.word == "TRIAL":
            request.heard = f"of number {self.model.last}"
            if reply["seq"] != self.model.last:
                return False
            reply["assets"].sort(key=lambda row: row["asset"])
        answer, does = self.model.ask(command)
        request.heard = "done here" if does else answer
        if command.word == "TRIAL":
            answer["assets"].sort(key=lambda row: row["asset"])
        return not does and agrees(reply, answer)

    def feed_is_true(self, command, reply):
        first = max(1, int(command.words[2]))
        if reply is None:
            return self.model.last < first
        place = bisect.bisect_left(self.lasts, first)
        return isinstance(reply, list) and reply[-1]["last"] <= self.model.last and reply == self.feed[place:place + len(reply)]

    def replay(self, group):
        if group[0]["kind"] == "expire":
            self.model.expire(group[0]["hold"])
            if self.model.made != group:
                raise Wrong(f"{group} is told, and what should happen there is {self.model.made}")
        else:
            self.find_maker(group)
        touched = self.model.touched | {ANYTHING}
        self.model.commit()
        for key in touched:
            self.look.extend(self.waiting[key])

    def candidates(self, group):
        """Who may have asked for it: those who were told so first, then those who were told nothing."""
        known = self.makers[record_key(group[0])]
        if (group[0].get("id") or "").startswith("@"):
            known = known + self.makers["*"]
        found = [request for request in known
                 if request.sent and request.blockers == 0 and not request.placed]
        return sorted(found, key=lambda request: (request.end is None, request.end))

    def find_maker(self, group):
        tried = []
        for request in self.candidates(group):
            command = request.command
            anonymous = command.id == "*"
            if anonymous:
                command.id = group[0].get("id")
            answer = self.model.execute(command)
            if self.model.made == group and (request.end is None or agrees(request.reply, answer)):
                self.place(request)
                return
            tried.append(f"{request}: it makes {self.model.made} and is answered {answer}")
            self.model.undo()
            if anonymous:
                command.id = "*"
        earliest = self.earliest()
        raise Wrong(f"{group} is told, and no request made it there.\nTried:\n" + "\n".join(tried[:5]) +
                    f"\nAsked for by:\n" + "\n".join(map(str, self.makers[record_key(group[0])][:5])) +
                    f"\nThe first without a place, which must come before what was sent after its answer:\n{earliest}; "
                    f"here it would be {earliest and earliest.heard}")


def load(path):
    with open(path, encoding="utf-8") as file:
        saved = json.load(file)
    return saved["feed"], [Request.load(request) for request in saved["requests"]]


def save(path, feed, requests):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"feed": feed, "requests": [request.save() for request in requests]}, file)


if __name__ == "__main__":
    try:
        print(Judge(*load(sys.argv[1])).judge(), "requests have their place")
    except Wrong as wrong:
        sys.exit(str(wrong))
