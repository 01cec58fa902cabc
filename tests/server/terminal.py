"""Terminals for the examples of documentation: a shell that is told one command after another, and programs that stay
in the foreground of a terminal of their own. What is told is in a pseudoterminal, so it is what a person would see."""
import os
import pty
import select
import signal
import subprocess
import termios
import threading
import time

COMMAND_SECONDS = 60  # no command of a page takes longer
END = "\x1e"          # ASCII's record separator: no command prints it


def terminal():
    """Both sides of a pseudoterminal that changes nothing of what goes through it."""
    ours, theirs = pty.openpty()
    settings = termios.tcgetattr(theirs)
    settings[1] &= ~termios.OPOST
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    termios.tcsetwinsize(theirs, (40, 120))
    return ours, theirs


def end(process):
    """Ends a process and all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            pass


class Shell:
    """A bash in a directory; what it keeps between commands (variables, the directory, jobs) it keeps here."""

    def __init__(self, directory, environment):
        self.screen, theirs = terminal()
        reading, self.keyboard = os.pipe()
        self.bash = subprocess.Popen(["bash", "--norc", "--noprofile", f"/dev/fd/{reading}"], cwd=directory,
                                     env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                                     pass_fds=[reading], start_new_session=True)
        self.stuck = False
        os.close(reading)
        os.close(theirs)

    def run(self, command):
        """The lines that a command prints, and its exit status. After one that does not end, nothing is run any more."""
        if self.stuck:
            return ["(the command before has not ended)"], 124
        line = f"{command}\n{{ __is=$?; printf '{END}%s\\n' $__is; (exit $__is); }}\n"
        os.write(self.keyboard, line.encode())
        text = b""
        until = time.monotonic() + COMMAND_SECONDS
        while not (text.endswith(b"\n") and END.encode() in text):
            if not select.select([self.screen], [], [], max(0, until - time.monotonic()))[0]:
                self.stuck = True
                return text.decode(errors="replace").split("\n") + [f"(nothing more in {COMMAND_SECONDS} s)"], 124
            try:
                text += os.read(self.screen, 65536)
            except OSError:
                self.stuck = True
                return text.decode(errors="replace").split("\n") + ["(the shell ended)"], 125
        printed, _, status = text.decode(errors="replace").partition(END)
        printed = printed.removesuffix("\n")
        return printed.split("\n") if printed else [], int(status)

    def close(self):
        os.close(self.keyboard)
        end(self.bash)
        os.close(self.screen)


class Foreground:
    """A program that stays in the foreground of its terminal, such as a server."""

    def __init__(self, directory, environment, command):
        self.screen, theirs = terminal()
        self.text = ""
        self.program = subprocess.Popen(["bash", "-c", "exec " + command], cwd=directory, env=environment,
                                        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                self.text += os.read(self.screen, 65536).decode(errors="replace")
            except OSError:
                return

    def printed_when(self, good):
        """The lines since this was last asked, once they are good or the time is over."""
        until = time.monotonic() + COMMAND_SECONDS / 2
        while not good(self.text.splitlines()) and time.monotonic() < until and self.reader.is_alive():
            time.sleep(0.02)
        lines = self.text.splitlines()
        self.text = ""
        return lines

    def interrupt(self):
        os.killpg(self.program.pid, signal.SIGINT)
        self.program.wait(COMMAND_SECONDS)

    def close(self):
        end(self.program)
        os.close(self.screen)
