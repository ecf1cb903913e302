"""Hosts on a local network: a namespace and a TAP device each, `releve` in them, a switch between them (README.md).

Usage of the programs of this folder: PROGRAM RELEVE GENERATOR SWITCH SECRETS. They end with 77 where namespaces or TAP devices are not allowed.
"""
import ctypes
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "api"))
import world as lib
from world import RELEVE, World, check

SWITCH, SECRETS = sys.argv[3], sys.argv[4]
SKIP = 77
PATIENCE_S = 120  # a limit for what never comes, not a measure
LIBC = ctypes.CDLL(None, use_errno=True)
LIMITS = {name: int(value) for name, value in
          re.findall(r"(LIMIT_\w+_MS) = (\d+)", (pathlib.Path(__file__).parents[2] / "crdt/base/limits.h").read_text())}
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1


def skip(why):
    print(f"SKIPPED, nothing was tested: {why}")
    sys.exit(SKIP)


def as_root():
    """Namespaces and devices need a root, if only one of a user namespace."""
    if os.geteuid() == 0:
        return
    probe = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        skip(f"not root, and no user namespace: {probe.stderr.strip()}")
    os.execvp("unshare", ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv])


def dies_with_us():
    """Between fork and exec: the kernel ends this process when the test ends, whatever ends the test."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def until(condition, what, every_s=0.03):
    """How long it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() > began + PATIENCE_S:
            raise SystemExit(f"FAILED: never {what}")
        time.sleep(every_s)
    return time.monotonic() - began


class Local(http.client.HTTPConnection):
    """The local interface of a program, over its socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Lan(World):
    def __init__(self, seed=None):
        super().__init__()
        self.seed = int(os.environ.get("RELEVE_SEED", seed or random.randrange(1, 2**31)))
        self.spaces, self.running = {}, {}
        self.switch = subprocess.Popen([SWITCH, str(self.seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                       preexec_fn=dies_with_us)
        print(f"RELEVE_SEED={self.seed}")

    # ---- The switch

    def order(self, *words):
        self.switch.stdin.write(" ".join(map(str, words)) + "\n")
        self.switch.stdin.flush()
        said = self.switch.stdout.readline()
        if not said and self.switch.wait(10) == SKIP:
            self.close()
            skip("no network namespace or no TAP device can be made here")
        check(said.startswith("ok"), f"the switch said {said!r} to {words}")
        return said[3:].strip()

    def cable(self, who, **values):
        self.order("set", who, *(f"{key}={value}" for key, value in values.items()))

    def stats(self):
        return {key: int(value) for key, value in (word.split("=") for word in self.order("stats").split())}

    # ---- Hosts

    def host(self, who):
        self.spaces[who] = os.open(self.order("port", who), os.O_RDONLY | os.O_CLOEXEC)

    def enter(self, who):
        space = self.spaces[who]

        def enter():
            dies_with_us()
            if LIBC.setns(space, CLONE_NEWNET):
                os._exit(126)
        return enter

    def within(self, who, command):
        """In the host's namespace."""
        done = subprocess.run(["sh", "-ec", command], preexec_fn=self.enter(who), capture_output=True, text=True, timeout=60)
        check(done.returncode == 0, f"{who}: {command}: {done.stderr}")
        return done.stdout

    def number(self, who):
        return list(self.spaces).index(who) + 1

    def address(self, who, subnet=1):
        return f"192.168.{subnet}.{self.number(who)}"

    def give_v4(self, who, subnet=1):
        """What a home router or a hotspot gives: one address, a way to the others of that network."""
        self.within(who, f"ip -4 addr flush dev lan0; ip addr add {self.address(who, subnet)}/24 dev lan0")

    def take_v4(self, who):
        self.within(who, "ip -4 addr flush dev lan0")

    def let_v6(self, who, on):
        """Link-local addresses, as every machine has them; without the second's wait for doubles."""
        self.within(who, f"echo 0 > /proc/sys/net/ipv6/conf/lan0/accept_dad; echo {int(not on)} > /proc/sys/net/ipv6/conf/lan0/disable_ipv6")

    def introduce_all(self):
        """Everybody is told everybody's hardware address for good. The kernel's table of learnt ones is one for all namespaces (net.*.neigh.default.gc_thresh3, 1024 rows):
        more than 30 hosts that all talk to each other fill it, and nothing can be sent then."""
        for who in self.spaces:
            others = [(other, self.number(other)) for other in self.spaces if other != who]
            rows = [f"neigh replace {ip} lladdr 02:00:00:00:00:{number:02x} nud permanent dev lan0"
                    for other, number in others for ip in (self.address(other), f"fe80::ff:fe00:{number:x}")]
            self.within(who, "ip -batch - <<'END'\n" + "\n".join(rows) + "\nEND")

    # ---- Programs

    def start(self, who, *words, listen=None, beacon=True, **more):
        env = dict(os.environ, RELEVE_PASSPHRASE_FILE=str(self.secret), RELEVE_MAP_MB="256", **more)
        words = [*words, *(["--listen", listen] if listen else []), *([] if beacon else ["--no-beacon"])]
        program = subprocess.Popen([RELEVE, "run", "--data", str(self.root / who), "--log", str(self.root / f"{who}.log"), *words], env=env,
                                   stdout=subprocess.PIPE, text=True, preexec_fn=self.enter(who))
        self.programs.append(program)
        self.running[who] = program
        return program

    def ready(self, who):
        program = self.running[who]
        line = program.stdout.readline()
        check(line.startswith("ready port="), f"{who} said {line!r}")
        parts = dict(word.split("=", 1) for word in line.split()[1:])
        program.port, program.url = int(parts["port"]), urllib.parse.urlsplit(parts["web"])
        return program

    def start_all(self, names, *words, **more):
        for who in names:
            self.start(who, *words, **more)
        for who in names:
            self.ready(who)

    def stop(self, *names):
        for who in names:
            self.running[who].send_signal(signal.SIGTERM)
        for who in names:
            program = self.running.pop(who)
            check(program.wait(60) == 0, f"{who} ends in order")
            program.stdout.close()
            self.programs.remove(program)

    def vanish(self, who):
        """The power fails where no cable is: nobody is told."""
        program = self.running.pop(who)
        program.kill()
        program.wait(60)
        program.stdout.close()
        self.programs.remove(program)

    def forget(self, who):
        """Where colleagues were met."""
        (self.root / who / "meetings").unlink(missing_ok=True)

    def ask(self, who, path, body=None):
        """Of the program's interface; the passphrase is not needed for that."""
        line = Local(self.root / who / "socket")
        line.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body),
                     {} if body is None else {"Content-Type": "application/json"})
        reply = line.getresponse()
        text = reply.read()
        line.close()
        check(reply.status < 300, f"{who} {path}: {reply.status} {text[:500]}")
        return json.loads(text)

    def status(self, who):
        return self.ask(who, "/api/status")

    def close(self):
        for program in self.programs:
            program.send_signal(signal.SIGCONT)
        super().close()
        self.switch.stdin.close()
        self.switch.wait(10)
        for space in self.spaces.values():
            os.close(space)
