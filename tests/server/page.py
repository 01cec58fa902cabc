"""A page of documentation, read as what a reader would do with it.

Blocks are run in the order in which they stand:

    ```console     "$ command" and what it prints; "> command" and what redis-cli prints; "^C" ends the server that the
                   page has started in the foreground
    ```sh          a script; only its exit status counts
    ```sql         a query of data/ledger.db, and the block behind it, which has no name, what sqlite3 prints

"…" stands for anything within a line, as "..." does at the end of one; a line that is nothing else, for any number of lines. A line before a
block may tell what to do with it:

    <!-- file: NAME -->       it is no example but the contents of that file
    <!-- not run: WHY -->     it is left out, and counted
"""
import re
import shlex
from dataclasses import dataclass, field

FENCE = re.compile(r"^(?:<!-- (?P<mark>file|not run): (?P<text>.*?) -->\n+)?```(?P<kind>\w*)\n(?P<body>.*?)^```$",
                   re.MULTILINE | re.DOTALL)
PROMPTS = {"$ ": "shell", "> ": "redis", "127.0.0.1:7171> ": "redis"}
KINDS = ("console", "sh", "sql", "")


@dataclass
class Example:
    kind: str  # shell, redis, interrupt, script, sql, file
    line: int
    command: str
    expected: list = field(default_factory=list)
    checked: bool = True  # whether what it prints is told


def prompt_of(line):
    return next((prompt for prompt in PROMPTS if line.startswith(prompt)), None)


def unfinished(command):
    """Whether a shell would ask for more: a backslash, a quote or a here-document is open."""
    if command.endswith("\\"):
        return True
    here = re.search(r"<<-?\s*'?(\w+)'?", command.split("\n", maxsplit=1)[0])
    if here:
        return here.group(1) not in command.split("\n")[1:]
    try:
        shlex.split(command)
    except ValueError:
        return True
    return False


def session(body, line):
    """The examples of a console block."""
    found = []
    lines = body.splitlines()
    at = 0
    while at < len(lines):
        prompt = prompt_of(lines[at])
        start = at
        if lines[at] == "^C":
            found.append(Example("interrupt", line + at, "^C"))
        elif prompt:
            command = lines[at][len(prompt):]
            while PROMPTS[prompt] == "shell" and unfinished(command) and at + 1 < len(lines):
                at += 1
                command += "\n" + lines[at]
            found.append(Example(PROMPTS[prompt], line + start, command))
        elif found:
            found[-1].expected.append(lines[at])
        else:
            raise ValueError(f"line {line + at}: a console block begins with a command")
        at += 1
    return found


def transactions_joined(found):
    """The same, with the commands of a transaction as one of several lines: they are one connection's."""
    joined = []
    inside = False
    for example in found:
        if inside and example.kind == "redis":
            joined[-1].command += "\n" + example.command
            joined[-1].expected += example.expected
        else:
            joined.append(example)
        last = example.command.split("\n")[-1]
        inside = example.kind == "redis" and (last == "MULTI" or (inside and last not in ("EXEC", "DISCARD")))
    return joined


def read(text):
    """The examples of a page in order, and how many blocks it says not to run."""
    found = []
    skipped = 0
    behind_query = None
    for fence in FENCE.finditer(text):
        kind, body = fence["kind"], fence["body"]
        line = text.count("\n", 0, fence.start("body")) + 1
        near = behind_query is not None and text[behind_query:fence.start()].strip() == ""
        behind_query = None
        if fence["mark"] == "not run":
            skipped += 1
        elif fence["mark"] == "file":
            found.append(Example("file", line, fence["text"], body.splitlines()))
        elif kind == "console":
            found += session(body, line)
        elif kind == "sh":
            found.append(Example("script", line, body, checked=False))
        elif kind == "sql":
            found.append(Example("sql", line, body, checked=False))
            behind_query = fence.end()
        elif kind == "" and near:
            found[-1].expected, found[-1].checked = body.splitlines(), True
        elif kind not in KINDS:
            raise ValueError(f"line {line}: a block of {kind} is neither a file nor marked as not run")
    return transactions_joined(found), skipped


def matches(expected, printed):
    """Whether lines that were printed are those that the page shows."""
    pattern = ""
    for line in expected:
        if line.strip() in ("...", "…"):
            pattern += r"(?:[^\n]*\n)*"
        else:
            line = re.sub(r"\.\.\.$", "…", line.rstrip())
            pattern += r"[^\n]*".join(re.escape(part) for part in line.split("…")) + r"\n"
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in printed)) is not None
