#!/usr/bin/env python3
"""What the interface withstands: real programs on loopback, clients that mean no good. Usage: attack.py RELEVE GENERATOR."""
import fcntl
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios

sys.dont_write_bytecode = True
from story import ask  # noqa: E402
from world import CONFLICT, DENIED, ERROR, GENERATOR, INVALID, NOT_FOUND, OK, RELEVE, USAGE, World, check  # noqa: E402


def call(program, method, path, body=None, expect=200):
    status, text, _ = ask(program, method, path, None if body is None else json.dumps(body))
    check(status == expect, f"{method} {path}: {status}, expected {expect}: {text[:200]}")
    return json.loads(text)


def send(program, method, path, body):
    """A request whose last byte is still to be sent, and that byte."""
    connection = socket.create_connection(("127.0.0.1", program.url.port), timeout=60)
    head = (f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{program.url.port}\r\nConnection: close\r\n"
            f"Authorization: Bearer {program.url.fragment}\r\nContent-Length: {len(body)}\r\n\r\n")
    connection.sendall(head.encode() + body[:-1])
    return connection, body[-1:]


def receive(connection):
    text = b""
    while piece := connection.recv(65536):
        text += piece
    connection.close()
    return int(text.split()[1]), json.loads(text.split(b"\r\n\r\n", 1)[1])


def running_visit(program):
    """A visit that was started is there until it is stopped, whoever asks for what at the same moment."""
    one = call(program, "POST", "/api/patients", {"lastName": "Un", "firstName": "A"})["id"]
    two = call(program, "POST", "/api/patients", {"lastName": "Deux", "firstName": "B"})["id"]
    start = f"/api/patients/{one}/visits/start"
    for bad in ({"start": "soon"}, {"colour": "red"}, {"vitals": {"temp": "hot"}}, {"end": 5}, {"note": "x" * 100000}):
        call(program, "POST", start, bad, expect=400)  # what could never be stopped does not start
    sent = [send(program, "POST", f"/api/patients/{who}/visits/start", b"{}") for who in (one, two, one, two)]
    os.kill(program.pid, signal.SIGSTOP)  # so that all of them come in one turn
    for connection, last in sent:
        connection.sendall(last)
    os.kill(program.pid, signal.SIGCONT)
    replies = [receive(connection) for connection, _ in sent]
    check(sorted(status for status, _ in replies) == [201, 409, 409, 409], f"one visit at a time: {replies}")
    visit = next(body for status, body in replies if status == 201)
    check(call(program, "GET", "/api/visits/running")["visit"] == visit, "the one that was answered runs")
    other = two if visit["patient"] == one else one
    call(program, "POST", "/api/visits/stop", {"patient": other}, expect=409)
    call(program, "POST", "/api/visits/stop", {"id": "0" * 32}, expect=409)
    check(call(program, "GET", f"/api/patients/{other}/visit")["records"] == [], "nothing in another dossier")
    stopped = call(program, "POST", "/api/visits/stop", {"patient": visit["patient"]})
    check(stopped["id"] == visit["id"], "the visit that ran is saved")


def converse(program, request):
    """All that comes back for these bytes, when nothing more is sent."""
    with socket.create_connection(("127.0.0.1", program.url.port), timeout=60) as connection:
        reply = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                reply += piece
        except OSError as error:  # it was ended before all of it was taken
            check(not isinstance(error, TimeoutError), f"{request[:80]} is never ended")
    return reply


def malformed(program):
    """Requests that no honest client sends: none is taken for another one, none is answered with data, none ends the program."""
    host = b"Host: 127.0.0.1:%d\r\n" % program.url.port
    ours = host + b"Authorization: Bearer %s\r\n" % program.url.fragment.encode()
    status = b"GET /api/status HTTP/1.1\r\n" + ours + b"\r\n"
    add = b"POST /api/patients HTTP/1.1\r\n" + ours
    chunked = b"Transfer-Encoding: chunked\r\n\r\n"
    for request in (
            b"GET\r\n\r\n", b"GET \r\n" + host + b"\r\n", b" / HTTP/1.1\r\n\r\n", b"\r\n" * 100, b"GET / HTTP/0.9\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00" + bytes(range(256)), b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"GET http://evil/ HTTP/1.1\r\n" + ours + b"\r\n", b"GET //api/status HTTP/1.1\r\n" + ours + b"\r\n",
            b"GET /api%2fstatus HTTP/1.1\r\n" + ours + b"\r\n", b"GET /api/status%00 HTTP/1.1\r\n" + ours + b"\r\n",
            b"GET /api/./status HTTP/1.1\r\n" + ours + b"\r\n", b"GET /api/patients/%ff HTTP/1.1\r\n" + ours + b"\r\n",
            b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n" + ours + b"\r\n", b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 200000 + b"\r\n\r\n",
            b"OPTIONS /api/status HTTP/1.1\r\nOrigin: http://evil\r\n" + ours + b"\r\n", b"TRACE /api/status HTTP/1.1\r\n" + ours + b"\r\n",
            b"GET /api/status HTTP/1.1\r\n" + host + b"Cookie: token=%s\r\n\r\n" % program.url.fragment.encode(),
            b"GET /api/status HTTP/1.1\r\nHost: evil\r\n" + ours + b"\r\n",
            b"GET /api/status HTTP/1.1\r\n" + host + b"Authorization: Bearer 0\r\n" + ours + b"\r\n",
            add + b"Content-Length: -1\r\n\r\n{}", add + b"Content-Length: 99999999999999999999\r\n\r\n{}",
            add + b"Content-Length: 18446744073709551615\r\n\r\n{}", add + chunked + b"-1\r\n{}\r\n", add + chunked + b"fffffffffffffffff\r\n{}",
            add + chunked + b"2\r\n{}\r\n0\r\nX"):
        reply = converse(program, request)
        check(b'"database"' not in reply and not reply.startswith(b"HTTP/1.1 2"), f"{request[:80]} is answered: {reply[:80]}")
    # a body that a refused request brings is no request of its own
    for method in (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"MOVE"):
        for body in (b"Content-Length: %d\r\n\r\n" % len(status) + status, chunked + b"%x\r\n" % len(status) + status + b"\r\n0\r\n\r\n"):
            reply = converse(program, method + b" /api/visits/stop HTTP/1.1\r\n" + host + body)
            check(b'"database"' not in reply and reply.count(b"HTTP/1.1") == 1, f"{method}: {reply[:200]}")
    for text in ('{"a":' * 3000 + "1" + "}" * 3000, '{"lastName":"a\\u0000b"}', '{"lastName":"\\ud800"}', "{} x", "[]", '{"lastName":1e999}',
                 '{"lastName":NaN}', '{"a":1,"\\u0061":2}', '{"a":{"b":1,"b":2}}', "\ufeff{}", '{"lastName":"a\0b"}'):
        check(ask(program, "POST", "/api/patients", text.encode())[0] == 400, f"{text[:40]!r} is refused")
    for body in (b'{"lastName":"\xff"}', b'{"lastName":"\xc0\x80"}', b'{"lastName":"\xed\xa0\x80"}'):
        check(ask(program, "POST", "/api/patients", body)[0] == 400, f"{body} is refused")
    check(ask(program, "GET", "/api/status")[0] == 200, "an honest request is answered afterwards")


def vanish(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def billing_beside_saves(program):
    """What waits until everything is durable waits for what others save meanwhile, and says no nonsense."""
    call(program, "POST", "/api/billing/designate", {})
    saves = [send(program, "POST", "/api/patients", b'{"lastName":"Avec","firstName":"%d"}' % i) for i in range(5)]
    looks = [send(program, "GET", f"/api/billing/2026-0{i}/anomalies", b"") for i in range(1, 6)]
    closing = send(program, "POST", "/api/billing/2026-01/close", b"{}")
    os.kill(program.pid, signal.SIGSTOP)
    for connection, last in saves[:3] + [closing] + saves[3:]:
        connection.sendall(last)
    os.kill(program.pid, signal.SIGCONT)
    for connection, _ in saves + looks + [closing]:
        status, body = receive(connection)
        check(status in (200, 201), f"{status} {body}")


def heads_are_committed(world):
    """What waited for a save, and writes when it is told, is not counted as on the disk before it is: what the device says of itself is true."""
    world.run("heads", "init", "--cheap-key")
    world.run("heads", "team", "create", "Anna")
    program = world.start("heads")
    call(program, "POST", "/api/billing/designate", {})
    for path in ("/api/invitations", "/api/billing/2026-01/close"):  # the second comes while the first is being saved
        connection, last = send(program, "POST", path, b"{}")
        connection.sendall(last)
        vanish(connection)
    for _ in range(40):  # longer than it takes to say so
        world.run("heads", "fsck", says=" 0 bad")
    world.end(program)


def follow(program):
    connection = socket.create_connection(("127.0.0.1", program.url.port), timeout=60)
    connection.sendall(f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:{program.url.port}\r\n"
                       f"Authorization: Bearer {program.url.fragment}\r\n\r\n".encode())
    reply = b""
    while b": following" not in reply:
        piece = connection.recv(4096)
        check(piece, f"a stream of events begins: {reply}")
        reply += piece
    return connection


def gone_clients(program):
    """Clients that go away before they are answered, or while they follow, or that do not read what they follow."""
    followers = [follow(program) for _ in range(20)]
    for i, connection in enumerate(followers):
        if i % 3:
            vanish(connection) if i % 2 else connection.close()
    for i in range(40):
        connection, last = send(program, "POST", "/api/patients", b'{"lastName":"Parti","firstName":"%d"}' % i)
        connection.sendall(last)
        vanish(connection) if i % 2 else connection.close()
    call(program, "POST", "/api/patients", {"lastName": "Reste", "firstName": "X"})
    check(call(program, "GET", "/api/patients?search=reste")["total"] == 1, "others are answered")
    return followers[::3]  # they stay, and never read


def answered_is_kept(world, program):
    """Whatever was answered before the program ended is there when it starts again."""
    sent = [send(program, "POST", "/api/patients", b'{"lastName":"Gard\xc3\xa9","firstName":"%d"}' % i) for i in range(40)]
    for connection, last in sent:
        connection.sendall(last)
    first = receive(sent[0][0])[1]["id"]
    world.end(program, signal.SIGINT)
    kept = [first]
    for connection, _ in sent[1:]:
        try:
            kept.append(receive(connection)[1]["id"])
        except (ConnectionResetError, IndexError):
            pass  # it was not told anything
    program = world.start("anna")
    there = {patient["id"] for patient in call(program, "GET", "/api/patients?search=garde")["patients"]}
    check(set(kept) <= there, f"answered, and gone: {set(kept) - there}")
    return program


def colleague_pauses(world, program):
    """Whoever joined waits for records that come late, also without a program of its own."""
    subprocess.run([GENERATOR, "--out", str(world.root), "--patients", "100", "--visits", "5000", "--nurses", "5"], check=True,
                   stdout=subprocess.DEVNULL)
    world.run("anna", "import", str(world.root / "team-00.ndjson"))
    invitation = world.run("anna", "invite", "--no-qr").strip()
    world.run("dora", "init", "--cheap-key")
    env = dict(os.environ, RELEVE_PASSPHRASE_FILE=str(world.secret), LC_ALL="C.UTF-8")
    joining = subprocess.Popen([RELEVE, "join", "Dora", f"127.0.0.1:{program.port}", "--invitation", invitation,
                                "--data", str(world.root / "dora")], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    world.programs.append(joining)
    check(b"You are in the team" in joining.stdout.readline(), "she is in the team")
    os.kill(program.pid, signal.SIGSTOP)
    try:
        joining.wait(1)  # it waits for half a minute at least
    except subprocess.TimeoutExpired:
        pass
    os.kill(program.pid, signal.SIGCONT)
    out, err = joining.communicate(timeout=60)
    check(joining.returncode == OK and b"All records are here" in out, f"it went on: {joining.returncode} {out} {err}")
    world.programs.remove(joining)


def command_line(world):
    """What a command was given does not stand in the list of processes, where other users read it, while it works."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        invitation = world.run("anna", "invite", "--no-qr").strip()
        env = dict(os.environ, RELEVE_PASSPHRASE_FILE=str(world.secret), LC_ALL="C.UTF-8")
        joining = subprocess.Popen([RELEVE, "join", "Béa Petit", "%s:%d" % silent.getsockname(), "--invitation", invitation,
                                    "--data", str(world.root / "mine")], env=env, stderr=subprocess.PIPE)
        world.programs.append(joining)
        silent.accept()[0].recv(1)  # it is at work
        with open(f"/proc/{joining.pid}/cmdline", "rb") as file:
            words = file.read()
        check(b"join" in words, f"the command itself may be seen: {words}")
        for secret in ("Petit".encode(), invitation.encode(), invitation.split()[1].encode()):
            check(secret not in words, f"an argument stands in the list of processes: {words}")
    joining.communicate()
    world.programs.remove(joining)


def arguments_from_standard_input(world):
    """Names need not stand on a command line, which other users can read in the moment before it is wiped."""
    who = world.run("anna", "patient", "add", "-", stdin="lastName=Discret\r\n\nfirstName=Un Deux\n").strip()
    check("Un Deux" in world.run("anna", "patient", "show", who), "each line is a field")
    check(who[:12] in world.run("anna", "patient", "list", "-", stdin="discret"), "or what is searched for")
    world.run("anna", "patient", "edit", who, "-", stdin="town=Lille\nphone=01 02")
    check("Lille" in world.run("anna", "patient", "show", who), "behind others")
    for text in ("", "lastName=Seul\n", "x" * 2000000, "a=b\n" * 100):
        check(world.attempt("anna", "patient", "add", "-", stdin=text).returncode in (USAGE, INVALID), f"{text[:20]} is refused")


def ended_while_joining(world, anna):
    """A program that ends while it waits for a colleague's device ends in order."""
    invitation = world.run("anna", "invite", "--no-qr").strip()
    world.run("bea", "init", "--cheap-key")
    bea = world.start("bea")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ip, port = silent.getsockname()
        connection, last = send(bea, "POST", "/api/join", json.dumps(
            {"invitation": invitation, "name": "Béa", "ip": ip, "port": port}).encode())
        connection.sendall(last)
        silent.accept()
        world.end(bea)
        connection.close()


def wrong_values(program):
    """What was given and is not understood is refused, never taken for what is usual."""
    for body in ({"role": 5}, {"role": None}, {"role": ["reader"]}, {"hours": "1"}, {"hours": 1.5}, {"hours": None},
                 {"hours": 2**63 - 1}, {"hours": -1}, {"hours": True}):
        call(program, "POST", "/api/invitations", body, expect=400)
    call(program, "POST", "/api/billing/designate", {"device": 5}, expect=400)
    call(program, "POST", "/api/billing/2026-03/close", {"territory": 44}, expect=400)
    for ip in ("1.2.3", "1.2.3.4.5", " 1.2.3.4", "+1.2.3.4", "-1.2.3.4", "256.1.1.1", "1.2.3.4 ", "01.2.3.4", "0.0.0.0", "224.0.0.1", "::", ":::", "ff02::1", "fe80::1%eth0", "[2001:db8::1]", "", 5, None):
        call(program, "POST", "/api/peers", {"ip": ip, "port": 1}, expect=400)
    for port in (0, -1, 65536, 2**63 - 1, 1.0, "1", True, None):
        call(program, "POST", "/api/peers", {"ip": "127.0.0.1", "port": port}, expect=400)
    for code in ("", "0", "06BMG", "06BMG 639KQ JJV0C 9VJPD", "RELEVE-AT:", "RELEVE:06BMG", "é"):
        call(program, "POST", "/api/peers", {"code": code}, expect=400)
    for query in ("day=2026-02-31", "day=2026-11", "day=2026-11-22x", "month=2026-11-22", "month=2026-13", "day="):
        call(program, "GET", "/api/visits?" + query, expect=400)


def foreign_directory(world):
    """Nothing is kept in, or sent to, a place where another user could stand in for the program."""
    place = world.root / "shared"
    place.mkdir(0o777)
    place.chmod(0o777)
    world.run("shared", "init", "--cheap-key", expect=DENIED, says="others may write to it")
    check(list(place.iterdir()) == [], "nothing was written there")
    world.run("mine", "init", "--cheap-key")
    (world.root / "mine").chmod(0o770)
    world.run("mine", "status", expect=DENIED, says="others may write to it")
    (world.root / "mine").chmod(0o700)
    if os.geteuid():
        return world.run("/", "init", "--cheap-key", expect=DENIED, says="it is another's")
    # another user made the directory first, and answers there: only root can play that part
    world.root.chmod(0o711)
    with socket.socket(socket.AF_UNIX) as listener:
        os.seteuid(65534)
        listener.bind(str(place / "socket"))
        listener.listen()
        os.seteuid(0)
        world.run("shared", "patient", "add", "lastName=Secret", "firstName=X", expect=DENIED)
        check(listener.accept()[0].recv(1) == b"", "the stranger is told nothing")


def pipe():
    reading, writing = os.pipe()
    return open(writing, "wb", 0), open(reading, "rb", 0)


def token_stays_out_of_files(world):
    """A service's output goes to a log that others may read, or through a pipe to one: the token is not in it."""
    env = dict(os.environ, RELEVE_PASSPHRASE_FILE=str(world.secret), LC_ALL="C.UTF-8")
    for output in (open(world.root / "output", "w+b"), socket.socketpair(), pipe()):
        file, reader = output if isinstance(output, tuple) else (output, output)
        program = subprocess.Popen([RELEVE, "run", "--data", str(world.root / "mine"), "--listen", "127.0.0.1:0", "--no-beacon",
                                    "--log", str(world.root / "mine.log")], env=env, stdout=file)
        world.programs.append(program)
        said = b""
        while b"\n" not in said:
            said += os.read(reader.fileno(), 1000) if isinstance(output, tuple) else open(world.root / "output", "rb").read()
        token = (world.root / "mine" / "web.url").read_text().strip().split("#")[1]
        check(said.startswith(b"ready port=") and token.encode() not in said, f"the token is in the log: {said}")
        program.terminate()
        check(program.wait(60) == 0, "the program ends in order")
        world.programs.remove(program)
        file.close()
        reader.close()


def readable_passphrase(world):
    """A passphrase in a file that others can read is none: whoever gave it is told."""
    secret = world.root / "readable"
    secret.touch(0o600)
    secret.write_text("une phrase secrète\n")
    check("can read" not in world.attempt("mine", "status", secret=secret).stderr, "for this user alone")
    for mode in (0o640, 0o604):
        secret.chmod(mode)
        world.run("mine", "status", secret=secret, says="other users of this machine can read the passphrase file")


def made_at_once(world):
    """Of several programs that make a device in one directory at the same moment, one does, and it can be opened."""
    env = dict(os.environ, RELEVE_PASSPHRASE_FILE=str(world.secret), LC_ALL="C.UTF-8")
    makers = [subprocess.Popen([RELEVE, "init", "--data", str(world.root / "one")], env=env, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL) for _ in range(3)]
    made = sorted(maker.wait() for maker in makers)
    check(made == [OK, CONFLICT, CONFLICT], f"one of three makes it: {made}")
    world.run("one", "status")
    check(sorted(path.name for path in (world.root / "one").glob("device*")) == ["device.key"], "nothing else is left")


def lost_key_file(world):
    """Where a database is, no other device begins: its key file may be found again."""
    key = world.root / "one" / "device.key"
    whole = key.read_bytes()
    key.unlink()
    world.run("one", "init", "--cheap-key", expect=CONFLICT, says="There is a database")
    check(not key.exists(), "no other key stands there")
    key.write_bytes(whole)
    world.run("one", "status")


def interrupted_passphrase(world):
    """The key that interrupts, at the question for the passphrase: the terminal shows again what is typed."""
    try:
        outer, inner = pty.openpty()
    except OSError as error:  # a chroot without /dev/pts
        print(f"NO TERMINAL CAN BE HAD HERE, SO AN INTERRUPTED PASSPHRASE WAS NOT TESTED: {error}", file=sys.stderr)
        return
    echoes = lambda: bool(termios.tcgetattr(inner)[3] & termios.ECHO)  # noqa: E731
    env = {name: value for name, value in os.environ.items() if name != "RELEVE_PASSPHRASE_FILE"}
    asked = subprocess.Popen([RELEVE, "init", "--data", str(world.root / "interrupted")], env=env, stdin=inner, stdout=inner,
                             stderr=inner, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    said = b""
    while b"New passphrase" not in said:
        said += os.read(outer, 1000)
    while echoes():  # it is said just before
        pass
    os.write(outer, b"half a passphr\x03")
    check(asked.wait(60) == ERROR and echoes(), "interrupted, and the terminal is as before")
    check(not (world.root / "interrupted" / "device.key").exists(), "nothing was made")
    os.close(outer)
    os.close(inner)


def bad_arguments(world):
    """Numbers, addresses and paths at the edges of what they may be."""
    for port in ("65536", "70000", "-1", "abc", "80x", " 80", "0x50", "", "99999999999999999999"):
        world.run("mine", "run", "--web", port, expect=USAGE, says="--web takes a port")
    for address in ("127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1x:0", "1.2.3.4.5:0", " 127.0.0.1:0",
                    "-1.0.0.1:0", "999.0.0.1:0", "127.0.0.01:0", "127.0.0.1: 5", "1.2.3:5", "localhost:5", ":5", "::1:5"):
        world.run("mine", "run", "--listen", address, expect=USAGE, says="--listen takes")
        world.run("mine", "run", "--listen", "127.0.0.1:0", "--no-beacon", "--peer", address, expect=USAGE, says="--peer takes")
    world.run("anna", "endorse", "x HTTP/1.1\r\nX: y\r\n\r\n", expect=INVALID, says="not understood")
    for device in ("../../status?", "a b", "é", "%00", "f" * 5000):
        world.run("anna", "endorse", device, expect=NOT_FOUND)
    quoted = world.json('a "quoted" place', "init", "--cheap-key")
    check(quoted["data"].endswith('/a "quoted" place'), "JSON whatever the path holds")


def texts(value):
    """Every text in a piece of JSON."""
    if isinstance(value, str):
        return [value]
    return [text for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()) for text in texts(inner)]


def terminal(world):
    """A name cannot write elsewhere on a colleague's terminal, nor turn the direction of what follows."""
    for evil in ("\x1b[2J", "\x9b2J", "\u202eabc", "\u2066abc", "a\x7fb", "a\u2028b"):
        who = world.run("anna", "patient", "add", "lastName=X" + evil, "firstName=Terminal", "--anyway").strip()
        shown = world.run("anna", "patient", "show", who) + world.run("anna", "patient", "list", "terminal")
        shown += world.run("anna", "history", who) + world.run("anna", "news", "--own") + world.run("anna", "undo", who, "--dry-run")
        shown += world.attempt("anna", "patient", "erase", who, "--reason", "mistake").stderr  # what is to be typed
        told = world.run("anna", "patient", "show", who, "--json")
        check("X" + evil in texts(json.loads(told)), f"{evil!r} is told whole")
        check(not any(c in shown + told for c in "\x1b\x9b\u202e\u2066\x7f\u2028"), f"{evil!r} is shown as it came")


def main():
    world = World()
    try:
        world.run("anna", "init", "--cheap-key")
        world.run("anna", "team", "create", "Anna")
        anna = world.start("anna")
        foreign_directory(world)
        token_stays_out_of_files(world)
        readable_passphrase(world)
        made_at_once(world)
        lost_key_file(world)
        interrupted_passphrase(world)
        malformed(anna)
        silent = gone_clients(anna)
        billing_beside_saves(anna)
        heads_are_committed(world)
        running_visit(anna)
        wrong_values(anna)
        bad_arguments(world)
        terminal(world)
        arguments_from_standard_input(world)
        anna = answered_is_kept(world, anna)
        colleague_pauses(world, anna)
        ended_while_joining(world, anna)
        command_line(world)
        world.end(anna)
        for connection in silent:
            connection.close()
    finally:
        world.close()


if __name__ == "__main__":
    main()
