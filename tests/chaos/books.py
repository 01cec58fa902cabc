"""The ledger as plainly as it can be written: accounts and assets, and changes that can be undone. A part of the model."""
import calendar
import time as clock

from command import number_read

SECOND = 10**9


def moment_read(text):
    """Nanoseconds since 1970 of a time as replies show it."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(clock.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) * SECOND + int(fraction.ljust(9, "0"))


def moment_write(nanoseconds):
    return clock.strftime("%Y-%m-%dT%H:%M:%S", clock.gmtime(nanoseconds // SECOND)) + f".{nanoseconds % SECOND:09}Z"


def units_write(units, scale):
    sign, digits = "-" if units < 0 else "", str(abs(units)).rjust(scale + 1, "0")
    return sign + (digits[:-scale] + "." + digits[-scale:] if scale else digits)


class Rejection(Exception):
    """Why a command does nothing: code and sentence."""


class Account:
    def __init__(self, name, asset, scale):
        self.name, self.asset, self.scale = name, asset, scale
        self.overdraft = None  # None: unlimited
        self.ceiling = None
        self.debits = self.credits = self.held_out = self.held_in = 0
        self.state = "open"
        self.opened = self.opened_at = self.last = 0
        self.entries = []  # what HISTORY tells

    def balance(self):
        return self.credits - self.debits

    def available(self):
        return self.balance() + self.overdraft - self.held_out

    def show(self, units):
        return units_write(units, self.scale)

    def limits(self):
        return {"overdraft": "UNLIMITED" if self.overdraft is None else self.show(self.overdraft),
                "ceiling": None if self.ceiling is None else self.show(self.ceiling)}


class Deed:
    """What was done under an id."""

    def __init__(self, command, kind, state):
        self.command, self.kind, self.state = command, kind, state
        self.seq = self.time = 0
        self.legs = []      # (from, to, units): accounts
        self.remaining = 0  # of a hold
        self.deadline = None


class Books:
    def __init__(self, times=None):
        self.scales = {"JPY": 0, "EUR": 2, "USD": 2, "BHD": 3, "BTC": 8, "ETH": 18}
        self.defined = []
        self.accounts = {}
        for code, scale in self.scales.items():
            self.add_world(code, scale)
        self.deeds = {}
        self.last = 0
        self.times = {} if times is None else times  # number: its time
        self.moments = []  # the times of numbers 1, 2, ..., as far as there will be any
        self.undoing = []
        self.made = []     # the records of the command that is being executed
        self.touched = set()

    # Changes, each of which can be undone.

    def add_world(self, code, scale):
        self.accounts[f"@world/{code}"] = Account(f"@world/{code}", code, scale)

    def put(self, thing, field, value):
        self.undoing.append((setattr, thing, field, getattr(thing, field)))
        setattr(thing, field, value)

    def add(self, table, key, value):
        self.undoing.append((lambda t, k, _: t.pop(k), table, key, None))
        table[key] = value

    def push(self, table, value):
        self.undoing.append((lambda t, _, __: t.pop(), table, None, None))
        table.append(value)

    def undo(self):
        while self.undoing:
            what, *rest = self.undoing.pop()
            what(*rest)

    def number(self, count=1):
        """The first of the next numbers, and its time."""
        first = self.last + 1
        self.put(self, "last", self.last + count)
        return first, self.times.get(first, 0)

    def record(self, kind, first, **more):
        self.made.append(dict({"seq": first, "last": self.last, "time": moment_write(self.times.get(first, 0)),
                               "kind": kind, "continues": False}, **more))

    # Commands.

    def execute(self, command):
        """The answer. What it did is in `made` and can be undone, until begin() is called."""
        self.made = []
        self.touched = set()
        try:
            return getattr(self, "do_" + command.word.lower())(command)
        except Rejection as rejection:
            self.undo()
            self.made = []
            return "-" + str(rejection)

    def commit(self):
        self.undoing = []

    def ask(self, command):
        """The answer, and whether it would do something; it is not done."""
        answer = self.execute(command)
        does = bool(self.made)
        self.undo()
        return answer, does

    def do_discard(self, _command):
        return "+OK"

    def do_exec(self, command):
        answers, before = [], set(self.deeds)
        for place, part in enumerate(command.parts):
            try:
                if part.word == "BALANCE":
                    answers.append(self.do_balance(part))
                else:
                    answers.append(getattr(self, "do_" + part.word.lower())(part, before))
            except Rejection as rejection:
                raise Rejection(f"EXECABORT command {place + 1}, {part.word}: {rejection}") from None
        for record in self.made[:-1]:
            record["continues"] = True
        return answers

    def find(self, name):
        if name not in self.accounts:
            raise Rejection(f"NOACCOUNT {name} does not exist")
        return self.accounts[name]

    def do_asset(self, command):
        code, scale = command.words[1], int(command.words[2])
        if self.scales.get(code, scale) != scale:
            raise Rejection(f"EXISTS {code} is defined with scale {self.scales[code]}")
        if code in self.defined:
            return "+OK"
        if code not in self.scales:
            self.add(self.scales, code, scale)
            self.add(self.accounts, f"@world/{code}", Account(f"@world/{code}", code, scale))
        self.push(self.defined, code)
        first, _ = self.number()
        self.record("asset", first, asset=code, scale=scale)
        return "+OK"

    def option_units(self, account, name, text):
        mantissa, digits = number_read(text)
        if digits > account.scale:
            raise Rejection(f"AMOUNT {name} {text} has {digits} fraction digits, {account.asset} has {account.scale}")
        return mantissa * 10**(account.scale - digits)

    def limits_read(self, account, words):
        """The limits that options leave an account with: overdraft and ceiling."""
        overdraft, ceiling = account.overdraft, account.ceiling
        at = 0
        while at < len(words):
            if words[at] == "OVERDRAFT":
                overdraft, at = self.option_units(account, "overdraft", words[at + 1]), at + 1
            elif words[at] == "CEILING":
                ceiling, at = self.option_units(account, "ceiling", words[at + 1]), at + 1
            elif words[at] == "UNLIMITED":
                overdraft = None
            elif words[at] == "NOCEILING":
                ceiling = None
            at += 1
        return overdraft, ceiling

    def do_open(self, command):
        name, code = command.words[1:3]
        if code not in self.scales:
            raise Rejection(f"ASSET {code} is not an asset; ASSET {code} scale defines it")
        wanted = Account(name, code, self.scales[code])
        wanted.overdraft = 0
        wanted.overdraft, wanted.ceiling = self.limits_read(wanted, command.words[3:])
        has = self.accounts.get(name)
        if has:
            if has.state == "closed":
                raise Rejection(f"CLOSED {name} is closed, and its id is never used again")
            if (has.asset, has.overdraft, has.ceiling) == (code, wanted.overdraft, wanted.ceiling):
                return has.opened
            limits = has.limits()
            raise Rejection(f"EXISTS {name} is open with other options: asset {has.asset}, " +
                            ("unlimited" if has.overdraft is None else f"overdraft {limits['overdraft']}") + ", " +
                            (f"ceiling {limits['ceiling']}" if limits["ceiling"] else "no ceiling"))
        wanted.opened, wanted.opened_at = self.number()
        self.add(self.accounts, name, wanted)
        self.record("open", wanted.opened, account=name, asset=code, scale=wanted.scale, **wanted.limits())
        self.touched.add(name)
        return wanted.opened

    def changeable(self, name):
        account = self.find(name)
        if account.state == "closed":
            raise Rejection(f"CLOSED {name} is closed")
        return account

    def change(self, account, kind, **more):
        first, _ = self.number()
        self.put(account, "last", first)
        self.touched.add(account.name)
        self.record(kind, first, account=account.name, asset=account.asset, scale=account.scale, **more)
        return "+OK"

    def do_limit(self, command):
        account = self.changeable(command.words[1])
        overdraft, ceiling = self.limits_read(account, command.words[2:])
        if (overdraft, ceiling) == (account.overdraft, account.ceiling):
            return "+OK"
        self.put(account, "overdraft", overdraft)
        self.put(account, "ceiling", ceiling)
        return self.change(account, "limit", **account.limits())

    def state_set(self, name, state, kind):
        account = self.changeable(name)
        if account.state == state:
            return "+OK"
        self.put(account, "state", state)
        return self.change(account, kind)

    def do_freeze(self, command):
        return self.state_set(command.words[1], "frozen", "freeze")

    def do_thaw(self, command):
        return self.state_set(command.words[1], "open", "thaw")

    def do_close(self, command):
        account = self.find(command.words[1])
        if account.state == "closed":
            return "+OK"
        if account.balance() != 0:
            raise Rejection(f"NOTEMPTY {account.name} has a balance of {account.show(account.balance())} "
                            f"{account.asset}; only an empty account can be closed")
        if account.held_out or account.held_in:
            raise Rejection(f"NOTEMPTY {account.name} has {account.show(account.held_out)} {account.asset} held out and "
                            f"{account.show(account.held_in)} {account.asset} held in; capture or void first")
        return self.state_set(account.name, "closed", "close")
