"""The ledger as plainly as it can be written, after docs/protocol.md: dictionaries, exact integers, one command at a time.

A command is executed, and what it did can be undone: so it can also be asked what it would answer. What it does it
writes down as the records that FEED would tell of it. It shares nothing with the server.
"""
from books import Books
from looks import Looks
from moves import Moves


class Model(Books, Moves, Looks):
    """All of it."""
