"""A directory with devices in it, and `releve` run on them: what the programs of this folder share.

Their usage: PROGRAM RELEVE GENERATOR.
"""
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

RELEVE, GENERATOR = sys.argv[1], sys.argv[2]
OK, ERROR, USAGE, DENIED, NOT_FOUND, CONFLICT, OFFLINE, INVALID, FULL, DIFFERS = range(10)
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def interrupted(start, count):
    """`start` starts a program again and again: once it comes to its end, then it is killed after ever longer parts of the time that this took.
    Yields each time it is over; which of them did how much is nothing to rely on."""
    one = start()
    began = time.monotonic()
    one.wait(60)
    whole = time.monotonic() - began
    yield
    for i in range(count):
        one = start()
        try:
            one.wait(whole * i / count)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait(60)
        yield


def until(condition, what):
    for _ in range(400):
        got = condition()
        if got:
            return got
        time.sleep(0.05)
    raise SystemExit(f"FAILED: it never came to this: {what}")


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


def last_sunday(year, month):
    """01:00 UTC on it: of March and October, when Paris changes its clocks."""
    last = datetime.datetime(year, month, 31, 1, tzinfo=datetime.timezone.utc)
    return last - datetime.timedelta(days=last.isoweekday() % 7)


def today():
    """The day in Paris, as the program counts. In the last minute of a day it waits, so that the day stays the same for the next checks."""
    while True:
        now = datetime.datetime.now(datetime.timezone.utc)
        summer = last_sunday(now.year, 3) <= now < last_sunday(now.year, 10)
        there = now + datetime.timedelta(hours=2 if summer else 1)
        if (there.hour, there.minute) != (23, 59):
            return there.date()
        time.sleep(1)


class World:
    def __init__(self, root=None):
        self.root = root or pathlib.Path(tempfile.mkdtemp(prefix="releve-"))
        self.secret = self.root / "pass"
        self.secret.touch(0o600)
        self.secret.write_text("une phrase secrète\n")
        self.programs = []

    def attempt(self, who, *words, secret=None, stdin=None, **more):
        env = {**os.environ, "RELEVE_PASSPHRASE_FILE": str(secret or self.secret), "LC_ALL": "C.UTF-8", **more}
        return subprocess.run([RELEVE, *words, "--data", str(self.root / who)], env=env, input=stdin, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def run(self, who, *words, expect=OK, says=None, **more):
        done = self.attempt(who, *words, **more)
        wrong = done.returncode == OK if expect is None else done.returncode != expect  # None: any failure
        check(not wrong, f"{words}: exit {done.returncode}, expected {expect}\n{done.stdout}{done.stderr}")
        if says:
            check(says in done.stdout + done.stderr, f"{words}: {says!r} is missing in\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, who, *words, **more):
        return json.loads(self.run(who, *words, "--json", **more))

    def start(self, who, *words, listen="127.0.0.1:0", command=("run",), **more):
        env = {**os.environ, "RELEVE_PASSPHRASE_FILE": str(self.secret), **more}
        log = self.root / f"{who}.log"
        program = subprocess.Popen([RELEVE, *command, "--data", str(self.root / who), "--listen", listen,
                                    "--no-beacon", "--log", str(log), *words], env=env, stdout=subprocess.PIPE, text=True)
        self.programs.append(program)
        line = program.stdout.readline()
        check(line.startswith("ready port="), f"{who} said {line!r}")
        parts = dict(word.split("=", 1) for word in line.split()[1:])
        url = (self.root / who / "web.url").read_text().strip()
        check(url.startswith(parts["web"] + "#"), f"{who} said {line!r}")
        program.port, program.url = int(parts["port"]), urllib.parse.urlsplit(url)
        return program

    def end(self, program, how=signal.SIGTERM):
        program.send_signal(how)
        check(program.wait(60) == 0, "the program ends in order")
        program.stdout.close()
        self.programs.remove(program)

    def close(self):
        for program in self.programs:
            program.kill()
            program.wait()
        shutil.rmtree(self.root)
