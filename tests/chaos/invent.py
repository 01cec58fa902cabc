"""Commands at random, of the whole protocol."""
import collections

from command import Command, transaction

# Accounts, with what they are opened with. What has one tag in braces lives on one shard.
ACCOUNTS = {f"usd{i}": ["USD"] for i in range(6)}
ACCOUNTS |= {f"{{shop}}:{i}": ["USD", "OVERDRAFT", "50.00"] for i in range(3)}
ACCOUNTS |= {"capped": ["USD", "CEILING", "300.00"], "bank": ["USD", "UNLIMITED"], "pit": ["USD", "UNLIMITED"],
             "eur0": ["EUR"], "eur1": ["EUR", "OVERDRAFT", "20.00", "CEILING", "500.00"], "eur2": ["EUR", "UNLIMITED"],
             "gold0": ["GOLD"], "gold1": ["GOLD", "OVERDRAFT", "1.500"]}
NAMES = list(ACCOUNTS)
OF_ASSET = {code: [name for name in NAMES if ACCOUNTS[name][0] == code] for code in ("USD", "EUR", "GOLD")}
DIGITS = {"USD": 2, "EUR": 2, "GOLD": 3}

# Who may freeze, thaw and limit is one client for each account: so that it is plain whose record is whose.
STEADY = ("FREEZE", "THAW", "LIMIT", "OPEN", "CLOSE")


class World:
    """What all clients know: ids that were used, and what was asked without an answer."""

    def __init__(self):
        self.ids = collections.deque(["none"], 80)
        self.holds = collections.deque(["none"], 30)
        self.lost = collections.deque([], 200)
        self.newest = 1      # a number that was told
        self.moment = None   # a time that was told


class Inventor:
    """One client's ideas."""

    def __init__(self, world, dice, prefix, mine):
        self.world, self.dice, self.prefix, self.mine = world, dice, prefix, mine
        self.count = 0
        self.opened = []

    def id(self):
        self.count += 1
        name = f"{self.prefix}-{self.count}"
        return f"{{shop}}:{name}" if self.dice.random() < 0.1 else name

    def amount(self, code, most=60):
        units = self.dice.randint(1, most * 10**DIGITS[code])
        text = str(units).rjust(DIGITS[code] + 1, "0")
        return self.dice.choice([text[:-DIGITS[code]] + "." + text[-DIGITS[code]:]] * 9 + [str(units // 1000 + 1)])

    def pair(self):
        """Two accounts of one asset, seldom of two or one; and the asset."""
        code = self.dice.choice(["USD"] * 6 + ["EUR", "GOLD"])
        payer, payee = self.dice.sample(OF_ASSET[code] + [f"@world/{code}"], 2)
        if self.dice.random() < 0.02:
            payee = self.dice.choice(NAMES + ["nobody"])
        return payer, payee, code

    def conditions(self):
        words = []
        while self.dice.random() < 0.2:
            name = self.dice.choice(NAMES + ["@world/USD"])
            level = self.dice.choice(["-100.00", "0", "10.00", "40.5", "200"])
            words += ["IF", name, self.dice.choice(["GE", "GE", "LE", "EQ"]), level]
        return words

    def note(self):
        return ["NOTE", self.dice.choice(["rent", "two books"])] if self.dice.random() < 0.2 else []

    def transfer(self):
        words = ["TRANSFER", "*" if self.dice.random() < 0.03 else self.id()]
        for _ in range(self.dice.choice([1, 1, 1, 1, 2, 3, 6])):
            payer, payee, code = self.pair()
            words += [payer, payee, self.amount(code)]
        return words + self.conditions() + self.note()

    def deposit(self):
        name = self.dice.choice(NAMES)
        word = self.dice.choice(["DEPOSIT", "DEPOSIT", "WITHDRAW"])
        return [word, self.id(), name, self.amount(ACCOUNTS[name][0], 90)] + self.note()

    def hold(self):
        payer, payee, code = self.pair()
        name = self.id()
        self.world.holds.append(name)
        ttl = ["TTL", str(self.dice.choice([1, 1, 2, 3600]))] if self.dice.random() < 0.6 else []
        return ["HOLD", name, payer, payee, self.amount(code)] + ttl + self.note()

    def a_hold(self):
        return self.dice.choice(list(self.world.holds))

    def capture(self):
        words = ["CAPTURE", self.id(), self.a_hold()]
        if self.dice.random() < 0.6:
            words.append(f"{self.dice.randint(0, 20)}.{self.dice.randint(0, 99):02}")
        return words + ["KEEP"] * (self.dice.random() < 0.4)

    def void(self):
        return ["VOID", self.id(), self.a_hold()]

    def extend(self):
        return ["EXTEND", self.id(), self.a_hold(), str(self.dice.choice([1, 2, 3600]))]

    def sweep(self):
        payer, payee, code = self.pair()
        return ["SWEEP", self.id(), payer, payee] + (["MAX", self.amount(code)] if self.dice.random() < 0.6 else [])

    def reverse(self):
        return ["REVERSE", self.id(), self.dice.choice(list(self.world.ids))]

    def look(self):
        some = self.dice.sample(NAMES + ["@world/USD", "nobody"], self.dice.randint(1, 5))
        number = self.dice.randint(1, self.world.newest)
        place = self.world.moment if self.world.moment and self.dice.random() < 0.3 else str(number)
        return self.dice.choice([
            ["BALANCE", some[0]], ["BALANCES"] + some, ["BALANCES"] + NAMES, ["ACCOUNT", self.dice.choice(NAMES + ["@world/USD", "@world/EUR"])],
            ["LOOKUP", self.dice.choice(list(self.world.ids))], ["LOOKUP", self.a_hold()], ["TRIAL"], ["ASSETS"], ["DBSIZE"],
            ["ACCOUNTS", "0", "COUNT", str(self.dice.choice([3, 1000]))],
            ["BALANCE", some[0], "AT", place], ["SAVE"],
            ["HISTORY", some[0]] + ["REV"] * self.dice.randint(0, 1) + ["COUNT", str(self.dice.choice([1, 10, 50]))],
            ["HISTORY", some[0], "FROM", place, "TO", str(number + 300), "COUNT", "20"],
            ["HISTORY", some[0], "TO", place, "REV", "COUNT", "5"],
            ["FEED", "FROM", str(self.dice.choice([0, number, number + 20])), "COUNT", "10"]])

    def move(self):
        return self.dice.choice([self.transfer] * 8 + [self.deposit] * 5 + [self.hold] * 4 + [self.capture] * 3 +
                                [self.void, self.extend, self.sweep, self.reverse])()

    def steady(self):
        """What changes an account itself; sent alone, and waited for."""
        name = self.dice.choice(self.mine)
        code = ACCOUNTS[name][0]
        self.count += 1
        # No two of these are the same, so that a record tells which one made it.
        level = f"{self.count % 97 + 1}.{int(self.prefix[1:]) % 10}{self.count // 97 % 10}"
        word = self.dice.choice(STEADY)
        if word == "LIMIT" and name not in ("bank", "pit", "eur2"):
            return ["LIMIT", name, "OVERDRAFT", level] + (["CEILING", "400.00"] if name in ("capped", "eur1") else [])
        if word == "OPEN" or (word == "CLOSE" and not self.opened):
            self.opened.append(f"{self.prefix}:{self.count}")
            return ["OPEN", self.opened[-1], code, "OVERDRAFT", level]
        if word == "CLOSE":
            return ["CLOSE", self.opened.pop() if self.dice.random() < 0.8 else name]
        return ["FREEZE", name] if word == "FREEZE" and self.dice.random() < 0.4 else ["THAW", name]

    def batch(self):
        """Commands to be sent together."""
        if self.dice.random() < 0.15:
            return [Command(self.steady())]
        if self.world.lost and self.dice.random() < 0.2:
            words, several = self.world.lost.popleft()
            return [transaction(words) if several else Command(words)]
        commands = []
        for _ in range(self.dice.choice([1, 1, 2, 5, 20])):
            kind = self.dice.random()
            if kind < 0.1:
                commands.append(self.several())
            else:
                commands.append(Command(self.look() if kind < 0.4 else self.move()))
            if commands[-1].word in ("TRANSFER", "DEPOSIT", "WITHDRAW", "SWEEP", "CAPTURE") and commands[-1].id != "*":
                self.world.ids.append(commands[-1].id)
        return commands

    def several(self):
        parts = []
        for _ in range(self.dice.randint(1, 4)):
            part = self.dice.choice([self.transfer, self.deposit, self.hold, self.capture, self.void])()
            if part[1] != "*":
                parts.append(part)
            if self.dice.random() < 0.3:
                parts.append(["BALANCE", self.dice.choice(NAMES)])
        return transaction(parts or [["BALANCE", NAMES[0]]], self.dice.choice(["EXEC"] * 9 + ["DISCARD"]))
