"""Clients that write down all they ask and all they hear; and clients that are a nuisance."""
import errno
import socket
import struct
import threading
import time

from command import words_quote
from invent import STEADY, Inventor
from judge import Request
from wire import Connection

ANSWER_S = 60  # who waits longer for an answer has found that somebody was forgotten

# What only a server without file descriptors or memory may say of the past.
STARVED = ("Too many open files", "Cannot allocate memory", "out of memory", "unable to open database file")


class Place:
    """Where the server is now; it moves with each start."""

    def __init__(self):
        self.port = None
        self.stop = threading.Event()
        self.failure = None
        self.starved = False  # whether a server has been without files or memory


def lines_of(command):
    if command.parts:
        return ["MULTI"] + [words_quote(part.words) for part in command.parts] + [command.word]
    return [words_quote(command.words)]


class Client(threading.Thread):
    """Asks at random, in batches of its own connection, until it is told to stop."""

    def __init__(self, place, world, dice, name, mine):
        super().__init__()
        self.place, self.world, self.dice, self.label = place, world, dice, name
        self.inventor = Inventor(world, dice, name, mine)
        self.requests = []
        self.batches = 0
        self.connection = None

    def run(self):
        while not self.place.stop.is_set():
            port = self.place.port
            try:
                if port is None:
                    raise ConnectionError("no server")
                self.connection = Connection(port, 3, ANSWER_S)
                while not self.place.stop.is_set() and self.ask_some():
                    time.sleep(self.dice.choice([0, 0, 0.001, 0.01]))
                self.connection.close()
            except TimeoutError:
                self.place.failure = f"client {self.label} had no answer for {ANSWER_S} seconds"
                return
            except (ConnectionError, OSError):
                time.sleep(0.02)

    def ask_some(self):
        """One batch. False: the connection is of no more use."""
        commands = self.inventor.batch()
        steady = commands[0].word in STEADY
        manner = "whole" if steady else self.dice.choices(["whole", "reset", "half-closed", "torn"], [100, 2, 2, 1])[0]
        lines = [line for command in commands for line in lines_of(command)]
        requests = self.begin(commands)
        try:
            if manner == "torn":
                text = "\r\n".join(lines).encode()
                self.connection.socket.sendall(text[:self.dice.randint(1, len(text))])
            else:
                self.connection.send(lines)
            if manner == "reset":
                time.sleep(self.dice.choice([0, 0, 0.001]))
            if manner in ("reset", "torn"):
                reset(self.connection.socket)
                self.connection.file.close()
                raise ConnectionError("left")
            if manner == "half-closed":
                self.connection.socket.shutdown(socket.SHUT_WR)
            for request in requests:
                self.hear(request)
        except (ConnectionError, OSError):
            self.lose(requests)
            raise
        return manner == "whole"

    def begin(self, commands):
        self.batches += 1
        now = time.monotonic_ns()
        requests = [Request(command, now, f"{self.label}/{self.batches}") for command in commands]
        self.requests += requests
        return requests

    def hear(self, request):
        for _ in lines_of(request.command)[:-1]:
            queued = self.connection.read()
            if queued not in ("+OK", "+QUEUED"):
                self.place.failure = f"of {request.command}, a part was answered {queued}"
        reply = self.connection.read()
        if self.place.starved and isinstance(reply, str) and any(words in reply for words in STARVED):
            return  # that tells nothing
        request.end = time.monotonic_ns()
        request.reply = reply
        if isinstance(reply, int) and reply > self.world.newest and request.command.word != "DBSIZE":
            self.world.newest = reply
        if request.command.word == "LOOKUP" and reply:
            self.world.moment = reply["time"]

    def lose(self, requests):
        """Who got no answer may ask again, under the same id."""
        for request in requests:
            command = request.command
            if request.end is None and (command.word == "EXEC" or (command.id and command.id != "*")):
                self.world.lost.append(([part.words for part in command.parts] or command.words, bool(command.parts)))


def reset(connection):
    """Closes a socket at once, with a reset, whatever is on its way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Crowd:
    """Connections that are a nuisance; each is open until the crowd leaves."""

    def __init__(self, port):
        self.port = port
        self.sockets = []

    def connect(self):
        """One more. None: the server, or the system, wants no more."""
        try:
            one = socket.create_connection(("127.0.0.1", self.port), 5)
        except OSError:
            return None
        one.setblocking(False)
        self.sockets.append(one)
        return one

    def idle(self, count):
        for _ in range(count):
            if self.connect() is None:
                return

    def half_open(self, count):
        """They begin a request and never end it."""
        for _ in range(count):
            self.push(b"*3\r\n$7\r\nDEPOSIT\r\n$4\r\nhal")

    def deaf(self, count):
        """They ask for much, and never read."""
        for _ in range(count):
            self.push(b"FEED FROM 1 COUNT 1000\r\nHISTORY usd0 COUNT 1000\r\nTRIAL\r\n" * 2000)

    def push(self, data):
        """Sends what the server takes."""
        one = self.connect()
        while one and data:
            try:
                data = data[one.send(data):]
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
                    self.sockets.remove(one)
                    one.close()
                return

    def leave(self):
        for one in self.sockets:
            reset(one)
        self.sockets = []
