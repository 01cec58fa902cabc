"""What moves money or sets it aside, and what becomes of holds: a part of the model.

Checks come in the order of docs/protocol.md. What a command has done when it fails is undone by who executes it.
"""
from books import SECOND, Deed, Rejection, moment_write
from command import number_read


class Moves:
    """Needs what Books has."""

    def answered(self, command):
        """The number that a retry is answered with; None: the id is new."""
        deed = self.deeds.get(command.id)
        if deed is None:
            return None
        if deed.command.same != command.same:
            raise Rejection(f"IDREUSED id {command.id} was used before for something else; a new transfer needs a new id")
        return deed.seq

    def side(self, name, other):
        """An account of a leg; a bare "@world" is that of the other account's asset."""
        if name != "@world":
            return self.find(name)
        return self.accounts[f"@world/{self.find(other).asset}"]

    def sides(self, leg):
        if leg[0] == leg[1]:
            raise Rejection(f"SAMEACCOUNT from and to are both {leg[0]}")
        payer, payee = self.side(leg[0], leg[1]), self.side(leg[1], leg[0])
        for account in (payer, payee):
            if account.state == "closed":
                raise Rejection(f"CLOSED {account.name} is closed")
        self.not_frozen(payer, payee)
        if payer.asset != payee.asset:
            raise Rejection(f"ASSET {payer.name} holds {payer.asset}, {payee.name} holds {payee.asset}")
        return payer, payee

    @staticmethod
    def not_frozen(payer, payee):
        for account in (payer, payee):
            if account.state == "frozen":
                raise Rejection(f"FROZEN {account.name} is frozen")

    @staticmethod
    def units(account, text, sign=""):
        mantissa, digits = number_read(text)
        if digits > account.scale:
            raise Rejection(f"AMOUNT {sign}{text} has {digits} fraction digits, {account.asset} has {account.scale}")
        return mantissa * 10**(account.scale - digits)

    def amount(self, account, text):
        if number_read(text)[0] == 0:
            raise Rejection("AMOUNT the amount is zero; it must be more")
        return self.units(account, text)

    def conditions(self, command):
        for name, relation, text in command.conditions:
            account = self.find(name)
            sign = "-" if text[0] == "-" else ""
            needed = self.units(account, text.lstrip("-"), sign) * (-1 if sign else 1)
            has = account.balance()
            if not {"GE": has >= needed, "LE": has <= needed, "EQ": has == needed}[relation]:
                word = {"GE": "at least", "LE": "at most", "EQ": "exactly"}[relation]
                raise Rejection(f"CONDITION {name} has {account.show(has)} {account.asset}, needed is {word} "
                                f"{account.show(needed)}")

    @staticmethod
    def bearable(payer, payee, units):
        if payer.overdraft is not None and payer.available() < units:
            raise Rejection(f"INSUFFICIENT {payer.name} has {payer.show(payer.available())} {payer.asset} available, "
                            f"{payer.show(units)} needed")
        if payee.ceiling is not None and payee.balance() + payee.held_in + units > payee.ceiling:
            room = payee.ceiling - payee.balance() - payee.held_in
            raise Rejection(f"CEILING {payee.name} has room for {payee.show(room)} {payee.asset} below its ceiling, "
                            f"{payee.show(units)} would come in")

    def legs_check_and_post(self, command, deed, legs, units=None):
        """Checks and posts leg by leg; `units` are the amounts where the client wrote none."""
        deed.seq, deed.time = self.last + 1, self.times.get(self.last + 1, 0)
        for place, leg in enumerate(legs):
            try:
                payer, payee = self.sides(leg)
                value = units[place] if units else self.amount(payer, leg[2])
                if place == 0:
                    conditions_wrong = self.trouble(lambda: self.conditions(command))
                    if conditions_wrong:
                        break
                self.bearable(payer, payee, value)
            except Rejection as rejection:
                raise Rejection(self.of_leg(rejection, place) if len(legs) > 1 else str(rejection)) from None
            self.post(deed, payer, payee, value)
        else:
            return
        raise Rejection(conditions_wrong)

    @staticmethod
    def trouble(check):
        try:
            check()
        except Rejection as rejection:
            return str(rejection)
        return None

    @staticmethod
    def of_leg(rejection, place):
        code, sentence = str(rejection).split(" ", 1)
        return f"{code} leg {place + 1}: {sentence}"

    def post(self, deed, payer, payee, units):
        number, moment = self.number()
        deed.legs.append((payer, payee, units))
        self.put(payer, "debits", payer.debits + units)
        self.put(payee, "credits", payee.credits + units)
        for account, other, sign in ((payer, payee, -1), (payee, payer, 1)):
            self.put(account, "last", number)
            self.touched.add(account.name)
            self.push(account.entries, (number, moment, deed, other, sign * units, account.balance()))

    def finish(self, deed, command, **more):
        """Remembers a deed, writes its record, and answers its number."""
        self.add(self.deeds, command.id, deed)
        self.touched.add(command.id)
        self.record(deed.kind, deed.seq, id=command.id, legs=self.legs_show(deed), note=command.note, **more)
        return deed.seq

    @staticmethod
    def legs_show(deed):
        return [{"from": payer.name, "to": payee.name, "amount": payer.show(units), "asset": payer.asset}
                for payer, payee, units in deed.legs]

    def do_transfer(self, command, _before=None):
        known = self.answered(command)
        if known is not None:
            return known
        deed = Deed(command, command.word.lower(), "posted")
        self.legs_check_and_post(command, deed, command.legs)
        return self.finish(deed, command)

    do_deposit = do_withdraw = do_transfer

    def do_sweep(self, command, _before=None):
        known = self.answered(command)
        if known is not None:
            return known
        payer, payee = self.sides(command.legs[0])
        most = self.amount(payer, command.amount) if command.amount is not None else None
        if payer.overdraft is None:
            raise Rejection(f"INSUFFICIENT {payer.name} is unlimited; a sweep needs an account that can be emptied")
        units = payer.available() if most is None else min(most, payer.available())
        if units <= 0:
            raise Rejection(f"INSUFFICIENT {payer.name} has {payer.show(payer.available())} {payer.asset} available, "
                            "nothing to sweep")
        deed = Deed(command, "sweep", "posted")
        self.legs_check_and_post(command, deed, command.legs, [units])
        return self.finish(deed, command)

    def do_reverse(self, command, _before=None):
        known = self.answered(command)
        if known is not None:
            return known
        done = self.deeds.get(command.target)
        if done is None or done.state not in ("posted", "reversed"):
            raise Rejection(f"NOTRANSFER {command.target} is not a transfer that is remembered")
        if done.state == "reversed":
            raise Rejection(f"REVERSED {command.target} was reversed before")
        deed = Deed(command, "reverse", "posted")
        legs = [(payee.name, payer.name, None) for payer, payee, _ in reversed(done.legs)]
        self.legs_check_and_post(command, deed, legs, [units for _, _, units in reversed(done.legs)])
        self.put(done, "state", "reversed")
        self.touched.add(command.target)
        return self.finish(deed, command, transfer=command.target)

    def life(self, command, moment):
        """The deadline, and what a record tells of it."""
        if not command.seconds:
            return None, {"ttl": None, "expires_at": None}
        deadline = moment + command.seconds * SECOND
        return deadline, {"ttl": command.seconds, "expires_at": moment_write(deadline)}

    def hold_take(self, hold, units):
        payer, payee, _ = hold.legs[0]
        self.put(hold, "remaining", hold.remaining - units)
        self.put(payer, "held_out", payer.held_out - units)
        self.put(payee, "held_in", payee.held_in - units)
        self.touched |= {payer.name, payee.name}

    def hold_number(self, hold):
        """A number for what moves no money; accounts that have something held are marked by it."""
        number, moment = self.number()
        for account in hold.legs[0][:2]:
            self.put(account, "last", number)
        return number, moment

    def do_hold(self, command, _before=None):
        known = self.answered(command)
        if known is not None:
            return known
        payer, payee = self.sides(command.legs[0])
        units = self.amount(payer, command.legs[0][2])
        self.bearable(payer, payee, units)
        deed = Deed(command, "hold", "held")
        deed.legs = [(payer, payee, units)]
        self.hold_take(deed, -units)
        deed.seq, deed.time = self.hold_number(deed)
        deed.deadline, life = self.life(command, deed.time)
        return self.finish(deed, command, **life)

    def hold_find(self, name, before=None):
        hold = self.deeds.get(name)
        if hold is None or hold.kind != "hold" or (before is not None and name not in before):
            raise Rejection(f"NOHOLD {name} is not a hold")
        sentence = {"captured": "CAPTURED hold {} was captured before", "voided": "VOIDED hold {} was voided",
                    "expired": "EXPIRED hold {} has expired", "held": None}[hold.state]
        if sentence:
            raise Rejection(sentence.format(name))
        return hold

    def do_capture(self, command, before=None):
        known = self.answered(command)
        if known is not None:
            return known
        hold = self.hold_find(command.target, before)
        payer, payee, _ = hold.legs[0]
        left = hold.remaining
        units = left if command.amount is None else self.amount(payer, command.amount)
        if units > left:
            raise Rejection(f"AMOUNT hold {command.target} has {payer.show(left)} {payer.asset} left, "
                            f"{payer.show(units)} asked")
        self.not_frozen(payer, payee)
        released = 0 if command.keep else left - units
        self.hold_take(hold, units + released)
        if hold.remaining == 0:
            self.put(hold, "state", "captured")
        deed = Deed(command, "capture", "posted")
        deed.seq, deed.time = self.last + 1, self.times.get(self.last + 1, 0)
        self.post(deed, payer, payee, units)
        self.touched.add(command.target)
        return self.finish(deed, command, hold=command.target, released=payer.show(released))

    def do_extend(self, command, before=None):
        known = self.answered(command)
        if known is not None:
            return known
        hold = self.hold_find(command.target, before)
        deed = Deed(command, "extend", "done")
        deed.legs = [hold.legs[0][:2] + (0,)]
        deed.seq, deed.time = self.number()
        deadline, life = self.life(command, deed.time)
        self.put(hold, "deadline", deadline)
        self.touched.add(command.target)
        return self.finish(deed, command, hold=command.target, **life)

    def hold_end(self, hold, state):
        deed = Deed(None, None, "done")
        deed.legs = [hold.legs[0][:2] + (hold.remaining,)]
        deed.seq, deed.time = self.hold_number(hold)
        self.hold_take(hold, hold.remaining)
        self.put(hold, "state", state)
        self.touched.add(hold.command.id)
        return deed

    def do_void(self, command, before=None):
        known = self.answered(command)
        if known is not None:
            return known
        deed = self.hold_end(self.hold_find(command.target, before), "voided")
        deed.command, deed.kind = command, "void"
        return self.finish(deed, command, hold=command.target)

    def expire(self, name):
        """What no client asks for: the time of a hold is over. None: it is not."""
        self.made, self.touched = [], set()
        hold = self.deeds.get(name)
        moment = self.times.get(self.last + 1, 0)
        if not hold or hold.state != "held" or hold.deadline is None or hold.deadline > moment:
            return
        deed = self.hold_end(hold, "expired")
        self.record("expire", deed.seq, id=None, legs=self.legs_show(deed), note=None, hold=name)
