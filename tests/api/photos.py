#!/usr/bin/env python3
"""Photos and scans by the command line: added, read, listed, refused; on a colleague's device; nothing of them in any file; erased.

Usage: photos.py RELEVE GENERATOR SEARCH MAKE_PICTURE. Waiting is for what another program says, never for a time.
"""
import base64
import json
import subprocess
import sys

sys.dont_write_bytecode = True
import world as lib
from followed import Followed
from kinds import asker
from story import ask
from world import INVALID, NOT_FOUND, World, check

SEARCH, MAKE = sys.argv[3], sys.argv[4]
CANARY = b"47N02.5521W-chez-Mme-Dugenou"
PIECE = 64 * 1024


def make(world, form, width, height, seed):
    path = world.root / f"{form}-{seed}"
    subprocess.run([MAKE, form, str(width), str(height), str(seed), str(path)], check=True)
    return path


def photos(world, who, patient):
    return world.json(who, "photo", "list", patient)["photos"]


def read_back(world, who, patient, photo):
    path = world.root / f"{who}-{photo[:8]}"
    world.run(who, "photo", "save", patient, photo, str(path))
    return path.read_bytes()


def in_files(world, who, *contents):
    """What of these stands in any file of the data directory, or in the log."""
    paths = [path for path in (world.root / who).rglob("*") if path.is_file()] + [world.root / f"{who}.log"]
    return [content[:8] for path in paths if path.exists() for content in contents if content in path.read_bytes()]


def exported(world, patient, kept):
    """Pictures leave in a bundle when they are asked for, and not otherwise."""
    for words, expected in (((), None), (("--photos",), kept)):
        bundle = json.loads(world.run("anna", "fhir", "export", patient, "--yes", *words))
        found = {entry["resource"]["id"]: entry["resource"]["content"][0]["attachment"] for entry in bundle["entry"]
                 if entry["resource"]["resourceType"] == "DocumentReference"}
        check(len(found) == 3, f"each is told of: {found.keys()}")
        for photo, (form, content) in kept.items():
            attachment = found[photo]
            check("data" not in attachment if expected is None else
                  attachment["contentType"] == form and base64.b64decode(attachment["data"]) == content, f"{words}: {form}")


def alone(world):
    world.run("anna", "init", "--cheap-key")
    world.run("anna", "team", "create", "Anna")
    patient = world.run("anna", "patient", "add", "lastName=Dugenou", "firstName=Zoé").strip()
    raw = make(world, "jpeg", 900, 600, 7)
    check(CANARY in raw.read_bytes() and len(raw.read_bytes()) > 4 * PIECE, "a photo of several pieces, with its place")
    photo = world.run("anna", "photo", "add", patient, str(raw), "caption=Talon gauche", "at=2026-03-05 08:10").strip()
    world.run("anna", "photo", "list", patient, says="on this device only")
    world.run("anna", "status", says="1 known, 1 here, 1 of them on no other device")
    check("1 photos are on no other device" in world.attempt("anna", "wipe", stdin="no\n").stdout, "wiping says so")
    row = photos(world, "anna", patient)[0]
    check(row["id"] == photo and row["caption"] == "Talon gauche" and row["at"] == "2026-03-05T08:10:00+01:00", f"listed: {row}")
    check((row["width"], row["height"]) == (600, 900), f"upright: {row}")
    check(row["complete"] and row["received"] == row["pieces"] > 4 and row["otherDevices"] == 0, f"all of it is here: {row}")
    kept = read_back(world, "anna", patient, photo)
    check(CANARY not in kept and len(kept) == row["bytes"], "place and camera are gone")
    check(kept[600:-2] in raw.read_bytes(), "the picture itself is as the camera made it")
    middle = kept[len(kept) // 2:][:48]
    check(in_files(world, "anna", middle, CANARY, b"Talon gauche") == [], "nothing of it stands in a file")
    world.run("anna", "photo", "add", patient, str(make(world, "png", 64, 64, 3)), "caption=Ordonnance")
    scan = world.run("anna", "photo", "add", patient, str(make(world, "pdf", 60, 80, 1))).strip()
    check(CANARY in (world.root / "pdf-1").read_bytes(), "a scan of somebody's")
    kept_scan = read_back(world, "anna", patient, scan)
    exported(world, patient, {photo: ("image/jpeg", kept), scan: ("application/pdf", kept_scan)})
    check(kept_scan.startswith(b"%PDF-") and CANARY not in kept_scan, "a scan, without what its maker wrote in it")
    check([row["mediaType"] for row in photos(world, "anna", patient)] == ["application/pdf", "image/png", "image/jpeg"], "newest first")
    return patient, photo, middle, kept


def refused(world, patient):
    text = world.root / "text"
    text.write_text("GIF89a")
    before = photos(world, "anna", patient)
    world.run("anna", "photo", "add", patient, str(text), says="not a photo", expect=None)
    text.write_bytes(b"")
    world.run("anna", "photo", "add", patient, str(text), expect=INVALID)
    world.run("anna", "photo", "add", patient, str(text), "purpose=wound", expect=2, says='there is no field "purpose"')
    text.write_bytes((world.root / "jpeg-7").read_bytes()[:5000])
    world.run("anna", "photo", "add", patient, str(text), says="damaged", expect=None)
    text.write_bytes(b"%PDF-1.4\nno pages\n%%EOF\n")
    world.run("anna", "photo", "add", patient, str(text), says="damaged", expect=None)
    text.write_bytes(b"\xff\xd8\xff" + bytes(17 * 1024 * 1024))
    world.run("anna", "photo", "add", patient, str(text), says="may have 16 MiB. Take the pages one by one", expect=None)
    world.run("anna", "photo", "add", patient, str(world.root / "none"), expect=NOT_FOUND)
    world.run("anna", "photo", "add", patient, str(world.root / "jpeg-7"), "manifest=00", expect=None)
    world.run("anna", "photo", "add", patient, str(world.root / "jpeg-7"), "width=7", expect=INVALID, says="measured")
    world.run("anna", "photo", "save", patient, "0000", str(text) + "2", expect=NOT_FOUND, says="no such photo")
    check(photos(world, "anna", patient) == before, "nothing was saved of it")


def looked_at(world, patient):
    rows = world.json("anna", "access", patient)["accesses"]
    check("photo" in {row["kind"] for row in rows}, f"opening a photo is noted: {rows}")
    out = world.run("anna", "history", patient)
    check("Photo" in out and CANARY.decode() not in out, f"the history tells of it: {out}")
    world.run("anna", "fsck", says=" 0 bad")


def until(condition):
    while not condition():
        pass


def state_of(world, who, patient, photo):
    return next(row for row in photos(world, who, patient) if row["id"] == photo)


def search(world, who, *texts):
    return subprocess.run([SEARCH, str(world.root / who), str(world.secret), *texts], stdout=subprocess.PIPE, text=True, timeout=60)


def with_a_colleague(world, patient, photo, middle, kept):
    # the records alone at first: the photo is not there yet, and says so
    anna = world.start("anna")
    world.run("bea", "init", "--cheap-key")
    invitation = world.run("anna", "invite", "--no-qr").strip()
    world.run("bea", "join", "Béa", f"127.0.0.1:{anna.port}", "--invitation", invitation, says="All records are here")
    world.run("bea", "photo", "policy", "asked", says="when somebody opens")
    world.end(anna)
    big = world.run("anna", "photo", "add", patient, str(make(world, "jpeg", 2900, 2800, 11)), "caption=Grande").strip()
    anna = world.start("anna")
    peer = ("--peer", f"127.0.0.1:{anna.port}")
    bea = world.start("bea", *peer)
    until(lambda: big in [row["id"] for row in photos(world, "bea", patient)])
    row = state_of(world, "bea", patient, big)
    check(row["received"] == 0 and row["pieces"] > 100 and not row["complete"], f"nothing of it came unasked: {row}")
    until(lambda: state_of(world, "bea", patient, big)["otherDevices"] == 1)
    there = world.json("anna", "status")["device"]
    check(state_of(world, "bea", patient, big)["devices"] == [there], "and which device that is")
    # of a device that is lost it is told which photos were nowhere else
    world.run("bea", "lost", there[:12], says="photos were on that device only")
    world.run("bea", "photo", "list", patient, says=f"not yet received (0 of {row['pieces']} pieces), on 1 other device")
    # it is opened, and comes; the program is killed again and again amid that, and goes on where it was
    world.run("bea", "photo", "save", patient, big, str(world.root / "early"), expect=NOT_FOUND, says="not been received yet")
    counts = [0]
    while counts[-1] < row["pieces"]:
        until(lambda: state_of(world, "bea", patient, big)["received"] > counts[-1])
        bea.kill()
        bea.wait()
        bea.stdout.close()
        world.programs.remove(bea)
        counts.append(state_of(world, "bea", patient, big)["received"])
        if counts[-1] > row["pieces"] // 3:
            break
        bea = world.start("bea", *peer)
        world.attempt("bea", "photo", "save", patient, big, str(world.root / "early"))  # asked for again
    check(counts == sorted(counts) and counts[-1] > 0, f"what came stays: {counts}")
    bea = world.start("bea", *peer)
    world.run("bea", "photo", "policy", "all")
    until(lambda: all(row["complete"] for row in photos(world, "bea", patient)))
    until(lambda: all(row["otherDevices"] == 1 for row in photos(world, "anna", patient)))
    world.run("anna", "photo", "list", patient, says="here and on 1 other device")
    check(world.json("anna", "status")["photos"] == {"known": 4, "complete": 4, "onlyHere": 0, "onlyHereAndRelays": 0, "which": "all", "bytesPerSecond": 0}, "counted in the status")
    check(read_back(world, "bea", patient, photo) == kept, "the same picture, byte for byte")
    check(len(read_back(world, "bea", patient, big)) == row["bytes"] > 6 * 1024 * 1024, "the large one")
    check(in_files(world, "bea", middle, CANARY, b"Talon gauche") == [], "nothing of it stands in a file")
    world.run("bea", "fsck", says=" 0 bad")
    return anna, bea


def erased(world, patient, anna, bea, middle):
    refusal = world.attempt("anna", "patient", "erase", patient, "--reason", "request", stdin="oui\n").stderr
    confirmation = refusal.split("type: ")[1].splitlines()[0]
    world.run("anna", "patient", "erase", patient, "--reason", "request", "--confirm", confirmation)

    def states():
        return [row["state"] for erasure in world.json("anna", "erasures")["erasures"] for row in erasure["devices"]]
    until(lambda: states() == ["confirmed", "confirmed"])
    world.end(bea)
    world.end(anna)
    for who in ("anna", "bea"):
        size = sum(path.stat().st_size for path in (world.root / who / "db").glob("data.mdb"))
        check(size < 2 * 1024 * 1024, f"{who}: no chunk of it is left: {size} bytes")
        done = search(world, who, patient, "Talon gauche", "Dugenou")
        check(done.returncode == 0 and "found 0" in done.stdout, f"{who}: {done.stdout}")
        world.run(who, "photo", "list", patient, expect=NOT_FOUND)
        world.run(who, "fsck", says=" 0 bad")


def pages(world):
    """A scan of three pages as three photos of one document; one page that is no photo leaves the others saved, and says so."""
    patient = world.json("anna", "patient", "add", "lastName=Kermarec", "firstName=Yves")["id"]
    files = [str(make(world, "jpeg", 80, 120, seed)) for seed in (21, 22)] + [str(make(world, "pdf", 60, 80, 23))]
    ids = world.run("anna", "photo", "add", patient, *files, "caption=Compte rendu").split()
    rows = {row["id"]: row for row in photos(world, "anna", patient)}
    check([rows[one]["page"] for one in ids] == [1, 2, 3], f"pages in their order: {rows}")
    check("document" not in rows[ids[0]] and all(ids[0].startswith(rows[one]["document"]) for one in ids[1:]), f"of one document: {rows}")
    check(all(rows[one]["caption"] == "Compte rendu" for one in ids), "each with its caption")
    (world.root / "none-1").write_bytes(b"GIF89a")
    world.run("anna", "photo", "add", patient, files[0], str(world.root / "none-1"), says="1 of 2 pages are saved", expect=None)
    check(len(photos(world, "anna", patient)) == 4, "the first page is saved")
    # a backup holds them
    kept = read_back(world, "anna", patient, ids[2])
    world.run("anna", "backup", str(world.root / "saved"))
    world.run("again", "restore", str(world.root / "saved"))
    check(read_back(world, "again", patient, ids[2]) == kept, "from a backup")


def of_wounds(world, anna):
    """A photo of a wound takes a consent; what was sent of it waits for that."""
    patient = world.run("anna", "patient", "add", "lastName=Plaie", "firstName=Une").strip()
    world.run("anna", "photo", "add", patient, str(make(world, "png", 48, 48, 5)), "caption=Ordonnance")

    def pieces():
        status, text, _ = ask(anna, "POST", "/api/photos/pieces", make(world, "png", 64, 64, 9).read_bytes())
        return status, json.loads(text)
    Followed(world, asker(ask, anna), patient).wounds(pieces)
    refused_in_words(anna, patient)


def refused_in_words(anna, patient):
    """What is refused is said in both languages, as on a screen."""
    def save(content, words):
        sent = json.loads(ask(anna, "POST", "/api/photos/pieces", content)[1])
        status, text, _ = ask(anna, "POST", f"/api/patients/{patient}/photos", json.dumps({"upload": sent["upload"]}).encode())
        error = json.loads(text)["error"]
        check(status >= 400 and words in error["fr"] and "Nothing was saved" in error["message"], f"in both languages: {text}")
    save(b"GIF89a", "ni un scan")
    save(b"\xff\xd8\xff\xe0", "abîmé ou incomplet")
    status, text, _ = ask(anna, "POST", "/api/photos/pieces?upload=99999", b"x")
    check(status == 404 and "abandonn" in json.loads(text)["error"]["fr"], f"another one began: {text}")


def main():
    world = World()
    try:
        patient, photo, middle, kept = alone(world)
        refused(world, patient)
        looked_at(world, patient)
        anna, bea = with_a_colleague(world, patient, photo, middle, kept)
        of_wounds(world, anna)
        erased(world, patient, anna, bea, middle)
        pages(world)
    finally:
        world.close()
    print(f"{lib.checks} checks")


main()
