"""What a client asks: the words of a command, understood once."""

MOVES = {"TRANSFER", "DEPOSIT", "WITHDRAW", "SWEEP", "CAPTURE", "REVERSE", "HOLD", "EXTEND", "VOID"}
REFERS = {"CAPTURE", "REVERSE", "EXTEND", "VOID"}

# What is asked of the ledger as a whole, or of its past: any change may matter.
WHOLE = {"TRIAL", "FEED", "ASSETS", "DBSIZE", "ACCOUNTS", "HISTORY", "AT"}

ANYTHING = "anything"  # the key of whatever any change may matter to


def number_read(text):
    """Digits and a point, as (mantissa, fraction digits)."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction), len(fraction)


def number_same(text):
    """5.0 and 5.00 are the same: what is equal then."""
    if text is None:
        return None
    mantissa, digits = number_read(text)
    while digits and mantissa % 10 == 0:
        mantissa, digits = mantissa // 10, digits - 1
    return mantissa, digits


def words_quote(words):
    """A line that the server reads as these words."""
    return " ".join(f'"{word}"' if " " in word or not word else word for word in words)


class Command:
    """One command; of an EXEC or DISCARD, `parts` are those that were queued."""

    def __init__(self, words):
        self.words = words
        self.word = words[0]
        self.parts = []
        self.id = self.target = self.amount = self.note = self.seconds = None
        self.legs = []        # (from, to, amount as text)
        self.conditions = []  # (account, GE or LE or EQ, amount as text)
        self.keep = False
        self.accounts = []
        if self.word in MOVES:
            self.read_move()
        elif self.word in ("BALANCE", "BALANCES", "ACCOUNT", "OPEN", "LIMIT", "FREEZE", "THAW", "CLOSE", "HISTORY"):
            self.accounts = words[1:] if self.word == "BALANCES" else words[1:2]
            if self.word == "BALANCE" and len(words) == 4:
                self.word = "AT"
        elif self.word == "LOOKUP":
            self.id = words[1]
        self.same = (self.word, self.target, tuple((a, b, number_same(c)) for a, b, c in self.legs),
                     tuple((a, b, number_same(c.lstrip("-")), c[0] == "-") for a, b, c in self.conditions),
                     self.note, self.seconds, self.keep, number_same(self.amount))

    def read_move(self):
        words = self.words
        self.id = words[1]
        at = 2
        if self.word == "TRANSFER":
            while at < len(words) and words[at] not in ("IF", "NOTE"):
                self.legs.append(tuple(words[at:at + 3]))
                at += 3
        elif self.word == "DEPOSIT":
            self.legs, at = [("@world", words[2], words[3])], 4
        elif self.word == "WITHDRAW":
            self.legs, at = [(words[2], "@world", words[3])], 4
        elif self.word == "HOLD":
            self.legs, at = [tuple(words[2:5])], 5
        elif self.word == "SWEEP":
            self.legs, at = [(words[2], words[3], "0")], 4
        else:
            self.target, at = words[2], 3
            if self.word == "CAPTURE" and at < len(words) and words[at] != "KEEP":
                self.amount, at = words[at], at + 1
            elif self.word == "EXTEND":
                self.seconds, at = int(words[at]), at + 1
        while at < len(words):
            if words[at] == "IF":
                self.conditions.append(tuple(words[at + 1:at + 4]))
                at += 4
            elif words[at] == "KEEP":
                self.keep, at = True, at + 1
            elif words[at] == "NOTE":
                self.note, at = words[at + 1], at + 2
            elif words[at] == "TTL":
                self.seconds, at = int(words[at + 1]), at + 2
            else:
                assert words[at] == "MAX"
                self.amount, at = words[at + 1], at + 2

    def keys(self):
        """The accounts and ids whose change may change the answer."""
        if self.word in WHOLE or self.word in REFERS:
            return {ANYTHING}
        if self.word == "DISCARD":
            return set()
        keys = set(self.accounts)
        for payer, payee, _ in self.legs:
            keys |= {payer, payee}
        keys |= {account for account, _, _ in self.conditions}
        if self.id and self.id != "*":
            keys.add(self.id)
        for part in self.parts:
            keys |= part.keys()
        return keys

    def looks(self):
        """The accounts whose balance the answer tells of."""
        looks = set(self.accounts) | {account for account, _, _ in self.conditions}
        return looks.union(*(part.looks() for part in self.parts))

    def holds(self):
        """The holds that it is about, where it is about nothing else; else None."""
        parts = self.parts or [self]
        if all(part.word in ("CAPTURE", "EXTEND", "VOID") for part in parts):
            return {part.target for part in parts}
        return None

    def __str__(self):
        return "; ".join(map(str, self.parts)) + f"; {self.word}" if self.parts else words_quote(self.words)


def transaction(parts, end="EXEC"):
    """MULTI, these commands, and EXEC or DISCARD."""
    command = Command([end])
    command.parts = [Command(words) for words in parts]
    return command
