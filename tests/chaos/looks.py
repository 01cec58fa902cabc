"""What the commands that only look see: a part of the model."""
import bisect

from books import Rejection, moment_read, moment_write, units_write


class Looks:
    """Needs what Books has."""

    def do_balance(self, command):
        account = self.find(command.accounts[0])
        return account.show(account.balance())

    def do_balances(self, command):
        found = [self.accounts.get(name) for name in command.accounts]
        return [account and account.show(account.balance()) for account in found]

    def do_account(self, command):
        account = self.find(command.accounts[0])
        show = account.show
        return dict({"account": account.name, "asset": account.asset, "balance": show(account.balance()),
                     "available": "UNLIMITED" if account.overdraft is None else show(account.available()),
                     "debits": show(account.debits), "credits": show(account.credits),
                     "held_out": show(account.held_out), "held_in": show(account.held_in), "state": account.state,
                     "opened_at": moment_write(account.opened_at), "last_seq": account.last}, **account.limits())

    def opened(self):
        return sorted((account.opened, name) for name, account in self.accounts.items() if account.opened)

    def do_accounts(self, command):
        after, count = int(command.words[1]), int(command.words[3])
        rest = [(number, name) for number, name in self.opened() if number > after]
        page = rest[:count]
        return [str(page[-1][0]) if len(rest) > count else "0", [name for _, name in page]]

    def do_dbsize(self, _command):
        return len(self.opened())

    def asset_totals(self):
        totals = {}
        for account in self.accounts.values():
            row = totals.setdefault(account.asset, [0, 0, 0])
            row[0] += account.debits
            row[1] += account.credits
            row[2] += bool(account.opened)
        return totals

    def do_assets(self, _command):
        return {code: self.scales[code] for code, row in self.asset_totals().items() if any(row) or code in self.defined}

    def do_trial(self, _command):
        rows = [{"asset": code, "debits": units_write(row[0], self.scales[code]),
                 "credits": units_write(row[1], self.scales[code]), "accounts": row[2]}
                for code, row in self.asset_totals().items() if any(row)]
        return {"seq": self.last, "assets": rows}

    def do_lookup(self, command):
        deed = self.deeds.get(command.id)
        if deed is None:
            return None
        seen = {"id": command.id, "seq": deed.seq, "kind": deed.kind, "legs": self.legs_show(deed), "state": deed.state,
                "note": deed.command.note, "time": moment_write(deed.time)}
        if deed.kind == "hold":
            seen["remaining"] = deed.legs[0][0].show(deed.remaining)
            seen["expires_at"] = deed.deadline and moment_write(deed.deadline)
        return seen

    def do_save(self, _command):
        return "+OK"

    def place_read(self, text, side):
        """A number; of a time, that of the first change from then on (bisect_left), or the last until then."""
        if text.isdigit():
            return int(text)
        return side(self.moments, moment_read(text)) + (side is bisect.bisect_left)

    def do_history(self, command):
        account = self.find(command.accounts[0])
        words = command.words[2:]
        first = self.place_read(words[words.index("FROM") + 1], bisect.bisect_left) if "FROM" in words else 0
        last = self.place_read(words[words.index("TO") + 1], bisect.bisect_right) if "TO" in words else self.last
        count = int(words[words.index("COUNT") + 1])
        entries = [entry for entry in account.entries if first <= entry[0] <= last]
        if "REV" in words:
            entries.reverse()
        return [{"seq": number, "time": moment_write(moment), "id": deed.command.id, "kind": deed.kind,
                 "account": other.name, "amount": account.show(units), "balance": account.show(balance),
                 "note": deed.command.note}
                for number, moment, deed, other, units, balance in entries[:count]]

    def do_at(self, command):
        number = self.place_read(command.words[3], bisect.bisect_right)
        if command.words[3].isdigit() and number > self.last:
            raise Rejection(f"ERR number {number} is in the future; the newest one is {self.last}")
        account = self.find(command.accounts[0])
        if account.opened > number:
            raise Rejection(f"NOACCOUNT {account.name} was opened later, by number {account.opened}")
        return account.show(next((entry[5] for entry in reversed(account.entries) if entry[0] <= number), 0))
