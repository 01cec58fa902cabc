#!/usr/bin/env python3
"""Lives of a ledger, with all that can go wrong around it; then the judge decides whether anything went wrong in it.

    chaos.py BUILD_DIR [SECONDS [FAULT ...]]
    chaos.py BUILD_DIR SECONDS rollback

In a life, clients ask for everything the protocol has, while a server is killed and started again on another number of
workers, stopped and let go on, its disk fails or is full, its clock jumps, its memory and its files run out, and its
clients leave, never read, never end what they began, or come by the thousand. Lives of some seconds follow each other
until SECONDS (60) are over; FAULTs, names below, limit what happens. BURSAR_SEED=n replays the choices, though not the
moments. A history that is wrong is kept in a file, and judge.py judges it again.

With rollback, each server finds the directory as it was when the one before it started: acknowledged transfers are
lost, and the judge has to find that.
"""
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
from clients import Client, Crowd, Place
from command import Command
from invent import ACCOUNTS, World
from judge import Judge, Wrong, save
from wire import Connection, said, serve

CLIENTS = 4
LIFE_S = 12
HOUR_NS = 3600 * 10**9

# What a server may say, and how it may end, once its memory is limited.
ENDS_WITHOUT_MEMORY = (0, 1, -signal.SIGABRT, -signal.SIGKILL)


class Life:
    """A ledger and its servers, one after another."""

    def __init__(self, build, dice, directory, faults):
        self.build, self.dice, self.directory, self.faults = build, dice, directory, faults
        self.place, self.world = Place(), World()
        self.server = None
        self.may_end = False     # whether something was done that a server may end of
        self.ends = []           # and how it may
        self.crowds = []
        self.log = []            # what happened
        self.clock = directory + ".clock"
        self.jump(0)
        names = list(ACCOUNTS)
        self.clients = [Client(self.place, self.world, random.Random(dice.random()), f"c{i}", names[i::CLIENTS])
                        for i in range(CLIENTS)]
        self.witness = Client(self.place, self.world, random.Random(dice.random()), "w", names)

    def note(self, text):
        self.log.append(text)
        if os.environ.get("BURSAR_SAY"):
            print(text, flush=True)

    # The server.

    def environment(self, fault):
        shims = [os.path.join(self.build, "libclockshim.so")]
        more = {}
        if fault:
            shims.append(os.path.join(self.build, "libfault.so"))
            more = {"BURSAR_FAULT": fault[0], "BURSAR_FAULT_AT": str(fault[1]), "BURSAR_FAULT_DIR": self.directory}
        return dict({"LD_PRELOAD": ":".join(sanitizers(self.build) + shims), "BURSAR_CLOCK": self.clock}, **more)

    def start(self, fault=None):
        dice = self.dice
        options = ["--workers", str(dice.randint(1, 4)), "--segment-size", str(dice.choice([64, 256, 4096])),
                   "--snapshot-interval", str(dice.choice([1, 1, 3600])), "--id-window", "3153600000",
                   "--durability", dice.choice(["sync", "sync", "async"])]
        files = 150 if "idle" in self.faults and dice.random() < 0.15 else None
        self.note(f"start {' '.join(options)} {fault or ''}" + (f" with {files} files" if files else ""))
        self.may_end, self.ends = bool(fault), [0, 1]
        self.server = serve(self.build, self.directory, options, self.environment(fault), files)
        if self.server.poll() is None:
            self.place.port = self.server.port
        elif not fault:
            sys.exit(f"the server does not start: status {self.server.returncode}\n{said(self.server)}")

    def alive(self):
        return self.server.poll() is None

    def end(self, how=None):
        """Ends the server, or sees how it has ended."""
        for crowd in self.crowds:
            crowd.leave()
        self.crowds = []
        self.place.port = None
        if how is not None and self.alive():
            self.ends = self.ends + [-how] if how == signal.SIGKILL else self.ends or [0]
            self.may_end = True
            self.server.send_signal(how)
        try:
            status = self.server.wait(60)
        except subprocess.TimeoutExpired:
            self.server.kill()
            sys.exit("the server does not stop")
        text = said(self.server)
        if not self.may_end or status not in self.ends or (status == 1 and " error " not in text):
            sys.exit(f"the server ended with status {status} and said\n{text}")
        self.note(f"ended with {status}: {text.splitlines()[-1] if text else ''}")

    # What goes wrong while it serves.

    def jump(self, nanoseconds):
        """Sets the clock this far ahead. In place: the server has the file mapped."""
        file = os.open(self.clock, os.O_WRONLY | os.O_CREAT)
        os.pwrite(file, struct.pack("q", nanoseconds), 0)
        os.close(file)

    def fault_none(self):
        """Nothing goes wrong for a while."""

    def fault_stop(self):
        self.server.send_signal(signal.SIGSTOP)
        time.sleep(self.dice.uniform(0.05, 1))
        self.server.send_signal(signal.SIGCONT)

    def fault_clock(self):
        hours = self.dice.choice([-1000, -1, 0, 0.0003, 1, 50])
        self.note(f"the clock is {hours} hours ahead")
        self.jump(int(hours * HOUR_NS))

    def crowd(self):
        self.crowds.append(Crowd(self.server.port))
        return self.crowds[-1]

    def fault_idle(self):
        self.crowd().idle(self.dice.choice([100, 1000, 3000]))

    def fault_half(self):
        self.crowd().half_open(self.dice.choice([1, 200]))

    def fault_deaf(self):
        self.crowd().deaf(self.dice.choice([1, 8]))

    def fault_files(self):
        """File descriptors run out, for a while or until the end."""
        before = resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE)
        used = len(os.listdir(f"/proc/{self.server.pid}/fd"))
        self.may_end = self.place.starved = True  # it may need a file of its own
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (used + self.dice.randint(0, 5), before[1]))
        self.crowd().idle(50)
        time.sleep(self.dice.uniform(0.1, 1))
        if self.alive() and self.dice.random() < 0.7:
            resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, before)

    def fault_memory(self):
        """Memory runs out."""
        if sanitizers(self.build):
            return  # which need terabytes of addresses
        with open(f"/proc/{self.server.pid}/statm", encoding="ascii") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        self.may_end, self.ends, self.place.starved = True, list(ENDS_WITHOUT_MEMORY), True
        limit = size + self.dice.choice([0, 10**5, 10**6, 10**7])
        resource.prlimit(self.server.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        self.crowd().deaf(20)
        self.crowd().idle(1000)

    def fault_rollback(self):
        """Happens after each server: see serve_a_while()."""

    def fault_disk(self):
        """Is there from the start of a server: see serve_a_while()."""

    def fault_kill(self):
        """Is what ends each server."""

    # All of it.

    def answers(self):
        """Whether it still serves: who asks gets an answer."""
        deadline = time.monotonic() + 60
        while self.alive():
            try:
                connection = Connection(self.server.port, 2, 30)
                reply = connection.ask("BALANCES " + " ".join(ACCOUNTS))
                connection.close()
                if isinstance(reply, list):
                    return
            except (ConnectionError, OSError):
                pass
            if time.monotonic() > deadline:
                sys.exit("the server serves nobody any more")
            time.sleep(0.05)

    def serve_a_while(self):
        disk = None
        if "disk" in self.faults and self.dice.random() < 0.3:
            disk = (self.dice.choice(["EIO", "ENOSPC", "short", "full"]), self.dice.choice([30, 300, 2000]) *
                    self.dice.randint(1, 10) // 10 + self.dice.randint(0, 9))
        old = self.directory + ".old"
        if "rollback" in self.faults:
            shutil.copytree(self.directory, old)
        self.start(disk)
        for _ in range(self.dice.randint(1, 4)):
            time.sleep(self.dice.uniform(0.05, 0.5))
            if not self.alive():
                break
            name = self.dice.choice(self.faults)
            self.note(name)
            try:
                getattr(self, "fault_" + name)()
            except ProcessLookupError:
                break
        time.sleep(self.dice.uniform(0.05, 0.5))
        if self.alive() and not self.server_is_starved():
            self.answers()
        self.end(self.dice.choice([signal.SIGKILL] * 5 + [signal.SIGTERM]))
        if "rollback" in self.faults:
            shutil.rmtree(self.directory)
            os.rename(old, self.directory)

    def server_is_starved(self):
        """Whether it has no file descriptors to serve anybody new, or no memory."""
        files = resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE)
        memory = resource.prlimit(self.server.pid, resource.RLIMIT_AS)
        return files[0] < 1000 or memory[0] != resource.RLIM_INFINITY

    def ask_all(self, commands):
        """The witness asks, while nobody else does."""
        for command in commands:
            requests = self.witness.begin([command])
            self.witness.connection.send([" ".join(command.words)])
            self.witness.hear(requests[0])

    def run(self, seconds):
        """A life. Returns the feed and all requests."""
        self.start()
        self.witness.connection = Connection(self.server.port, 3)
        self.ask_all([Command(["ASSET", "GOLD", "3"])] +
                     [Command(["OPEN", name] + options) for name, options in ACCOUNTS.items()])
        for client in self.clients:
            client.start()
        self.end(signal.SIGKILL)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.place.failure:
            self.serve_a_while()
        self.start()
        time.sleep(0.1)
        self.place.stop.set()
        for client in self.clients:
            client.join()
        if self.place.failure:
            sys.exit(self.place.failure)
        self.witness.connection = Connection(self.server.port, 3)
        lost = sorted({request.command.id for client in self.clients for request in client.requests
                       if request.end is None and request.command.id and request.command.id != "*"})
        self.ask_all([Command(["TRIAL"])] + [Command(["ACCOUNT", name]) for name in list(ACCOUNTS) + ["@world/USD"]] +
                     [Command(["LOOKUP", name]) for name in lost])
        feed = self.read_feed()
        self.end(signal.SIGTERM)
        return feed, [request for client in self.clients + [self.witness] for request in client.requests]

    def read_feed(self):
        feed = []
        while True:
            page = self.witness.connection.ask(f"FEED FROM {feed[-1]['last'] + 1 if feed else 0} COUNT 1000")
            if page is None:
                return feed
            if not isinstance(page, list):
                sys.exit(f"FEED is answered {page}")
            feed += page


def sanitizers(build):
    """What has to be loaded before the shims: libraries of sanitizers that the server is linked with."""
    linked = subprocess.run(["ldd", os.path.join(build, "bursard")], check=True, text=True, stdout=subprocess.PIPE).stdout
    return [line.split()[2] for line in linked.splitlines() if "libasan" in line or "libtsan" in line]


FAULTS = [name[len("fault_"):] for name in dir(Life) if name.startswith("fault_")]


def live(build, dice, seconds, faults):
    """A life, and the judge. Returns what there is to say of it."""
    with tempfile.TemporaryDirectory() as work_directory:
        life = Life(build, dice, os.path.join(work_directory, "ledger"), faults)
        try:
            feed, requests = life.run(seconds)
        finally:
            life.place.stop.set()
            if life.server and life.alive():
                life.server.kill()
                life.server.wait()
    starts = sum(text.startswith("start") for text in life.log)
    told = f"{starts} servers, {len(feed)} records, {len(requests)} requests"
    kept = os.path.join(tempfile.gettempdir(), f"chaos-{os.getpid()}.json")
    save(kept, feed, requests)
    try:
        told += f", {Judge(feed, requests).judge()} answers: in order, nothing lost"
    except Wrong as wrong:
        if "rollback" not in faults:
            sys.exit("\n".join(life.log) + f"\n{wrong}\nThe history is kept in {kept}")
        told += ": found to be wrong, as it is"
    else:
        if "rollback" in faults:
            sys.exit(f"{told}, and much was lost")
    os.remove(kept)
    return told


def main():
    build = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    faults = sys.argv[3:] or [name for name in FAULTS if name != "rollback"]
    if not set(faults) <= set(FAULTS):
        sys.exit(f"the faults are {' '.join(FAULTS)}")
    seed = int(os.environ.get("BURSAR_SEED", time.time_ns() % 1000000))
    print(f"BURSAR_SEED={seed}", flush=True)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        print(f"seed {seed}: {live(build, random.Random(seed), min(LIFE_S, seconds), faults)}", flush=True)
        seed += 1


if __name__ == "__main__":
    main()
