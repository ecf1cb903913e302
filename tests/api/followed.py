"""What is followed of a patient: medication, measures, wounds; over the interface and the command line. For records.py, on its devices.

`ask` is kinds.asker()'s.
"""
import datetime

import world as lib
from kinds import SAVED
from world import check, today


class Followed:
    def __init__(self, world, ask, patient):
        self.world, self.ask, self.patient = world, ask, patient

    def post(self, kind, wrong=None, **values):
        """The id of what was saved; with `wrong` it is refused by the problem of that number, which names a label in both languages."""
        status, reply = self.ask("POST", f"/api/records/{kind}?in={self.patient}", values)
        problems = [one for one in reply.get("error", {}).get("problems", []) if one["number"] == wrong]
        said = problems and "« " in problems[0]["fr"] and "“" in problems[0]["en"]
        check(status in SAVED if wrong is None else status == 400 and said, f"{kind} {values}: {status} {reply}")
        return reply.get("id")

    def get(self, what):
        status, reply = self.ask("GET", f"/api/patients/{self.patient}/{what}", None)
        check(status == 200, f"{what}: {reply}")
        return reply

    # ---- Medication ----

    def medication(self):
        day = lambda n: (today() + datetime.timedelta(days=n)).isoformat()
        whole = self.post("prescription", prescriber="Dr Haddad", date=day(-50), validUntil=day(5))
        line = self.post("prescriptionLine", prescription=whole[:12], drug="Lantus", dose="12 UI", schedule="1-0-0-1", cip13="3400930000007")
        other = self.post("prescriptionLine", prescription=whole[:12], drug="Paracétamol 1 g", dose="1 cp", schedule="si besoin, max 3 par jour")
        shown = self.get("medication")
        one = shown["prescriptions"][0]
        check((one["id"], one["state"], one["endsIn"]) == (whole, "ends", 5), f"{one}")
        check([(f["days"], f["state"]) for f in one["followUps"]] == [(45, "due"), (90, "not-due")], f"{one['followUps']}")
        check([slot["at"] for slot in shown["schedule"]] == ["08:00", "22:00"] and [n["line"] for n in shown["asNeeded"]] == [other], f"{shown}")
        check({item["type"] for item in shown["attention"]} == {"prescription-ends", "follow-up"}, f"{shown['attention']}")
        at = day(-1)
        doses, said = [], []
        for hour in ("07:50", "09:10"):
            status, reply = self.ask("POST", f"/api/patients/{self.patient}/dose", {"line": line[:12], "outcome": "given", "at": f"{at}T{hour}:00+01:00"})
            doses.append(reply["id"])
            said.append([one["number"] for one in reply["warnings"]])
        check(said == [[], [120]], f"given already: {said}")
        status, reply = self.ask("POST", f"/api/patients/{self.patient}/dose", {"line": other[:12], "outcome": "given", "at": f"{day(-60)}T08:00:00+01:00"})
        said = [(one["number"], "« Ligne de prescription »" in one["fr"]) for one in reply["warnings"]]
        check(status == 201 and said == [(122, True)], f"whoever saves it is warned: {reply}")
        self.post("dose", corrects=reply["id"], reason="erreur", line=other[:12], outcome="given", mistaken=True)
        shown = self.get("medication")
        check([(a["type"], sorted(a["doses"])) for a in shown["alarms"]] == [("double", sorted(doses))], f"both stay: {shown['alarms']}")
        work = self.ask("GET", "/api/work", None)[1]
        mine = [item for item in work["items"] if item["type"] in ("doses", "prescription", "follow-up")]
        check({item["type"] for item in mine} == {"doses", "prescription", "follow-up"}, f"in the list of work: {work}")
        self.post("medicationReview", 1, about="doses", words="vu")  # it names none
        self.post("medicationReview", about="doses", words="Glycémie surveillée", doses=[one[:12] for one in doses])
        self.post("medicationReview", about="follow-up-45", words="Fait avec le pharmacien", prescription=whole[:12])
        shown = self.get("medication")
        check(shown["alarms"][0]["settled"]["words"] == "Glycémie surveillée" and len([one for one in shown["doses"] if "mistaken" not in one]) == 2, f"settled, and both stay: {shown['alarms']}")
        self.refused_medication(whole, line)
        self.renewed(whole, day)
        self.medication_commands(other)

    def refused_medication(self, whole, line):
        self.post("prescriptionLine", 23, prescription=whole[:12], drug="X", dose="1", schedule="matin", cip13="3400930000000")
        self.post("prescriptionLine", 30, prescription="ab" * 6, drug="X", dose="1", schedule="matin")
        self.post("prescription", 18, prescriber="Dr X", date="2026-03-05", validUntil="2026-03-04")
        self.post("prescription", 30, prescriber="Dr X", date="2026-03-05", renews="ab" * 6)
        self.post("prescriptionStop", 30, prescription="ab" * 6, stoppedOn="2026-03-05", by="Dr X", why="x")
        self.post("dose", 1, line=line[:12], outcome="refused")  # without why
        self.post("dose", 1, line=line[:12], outcome="given", day="2026-03-05")  # of which slot?
        self.post("dose", 30, line="ab" * 6, outcome="given")
        self.post("dose", 43, line=line[:12], outcome="given", mistaken=True)
        self.post("medicationReview", 1, about="lines", words="vu")
        self.post("medicationReview", 1, about="follow-up-90", words="vu")

    def renewed(self, whole, day):
        status, reply = self.ask("POST", f"/api/patients/{self.patient}/prescriptions",
                                 {"renews": whole[:12], "prescriber": "Dr Haddad", "date": day(0), "validFrom": day(6), "validUntil": day(36)})
        check(status == 201 and [one["kind"] for one in reply["records"]] == ["prescription"] + 2 * ["prescriptionLine"], f"renewed with its lines: {reply}")
        shown = self.get("medication")
        one, former = shown["prescriptions"]
        check((one["renews"], one["state"], len(one["lines"])) == (whole, "future", 2) and former["renewedBy"] == [one["id"]], f"{one}")
        check("prescription-ends" not in {item["type"] for item in shown["attention"]}, f"{shown['attention']}")
        check("duplicates" not in shown, f"a renewal doubles nothing: {shown}")
        later = self.get(f"medication?day={day(6)}")
        check([line["state"] for line in later["prescriptions"][1]["lines"]] == ["over", "over"], f"{later['prescriptions'][1]}")
        check([slot["at"] for slot in later["schedule"]] == ["08:00", "22:00"], f"{later['schedule']}")

    def medication_commands(self, other):
        run = lambda *words, **more: self.world.run("anna", "medication", *words, **more)
        run("show", self.patient, says="Dr Haddad")
        whole = self.get("medication")["prescriptions"][0]["id"]
        run("renew", self.patient, whole[:8], "prescriber=Dr Haddad", "date=2199-01-01", says="with 2 lines of the former")
        run("renew", self.patient, "abcdabcd", "prescriber=Dr Haddad", "date=2199-01-01", expect=lib.NOT_FOUND, says="has no prescription")
        run("day", self.patient, says="AS NEEDED")
        run("give", self.patient, other[:8], "at=2026-03-05 08:00")
        run("refuse", self.patient, other[:8], "why=nausées")
        run("omit", self.patient, other[:8], "why=à jeun", "at=2026-03-05 12:00")
        run("give", self.patient, "abcdabcd", expect=lib.NOT_FOUND, says="has no prescription line")
        run("refuse", self.patient, other[:8], "dose=1", expect=lib.INVALID, says="Why")
        run("give", self.patient, other[:8], "at=2026-03-06 08:00")
        self.world.run("anna", "undo", self.patient, "--yes", "--reason", "autre patient", says="Entered by mistake")
        given = [one for one in self.get("medication?since=2026-03-06")["doses"] if one["at"].startswith("2026-03-06")]
        check([one.get("mistaken") for one in given] == [True], f"taken back, and it stays: {given}")
        run("day", self.patient, "2026-02-30", expect=lib.INVALID, says="A day is written")

    # ---- Measures ----

    def measures(self):
        one = self.post("vital", at="2026-03-05T08:00:00+01:00", measures={"gluc": "5.5 mmol/L", "sys": "13,5 cmHg", "kg": 72.4})
        self.post("vital", at="2026-03-06T08:00:00+01:00", measures={"gluc": "4.80 g/L"}, context="à jeun")
        for wrong, measures in ((45, {"gluc": "5.5 mol"}), (45, {"temp": "98.6 °F"}), (45, {"kg": "3450 g"}), (41, {"spo2": 101}), (41, {"sys": 1300}),
                                (41, {"temp": "4.6"}), (12, {"temp": "37.25"}), (12, {"temp": "chaud"}), (12, {"iq": 100}), (12, [37]), (3, {})):
            self.post("vital", wrong, measures=measures)
        gluc = lambda: self.get("vitals?type=gluc&from=2026-03-05&to=2026-03-31")["vitals"][0]
        found = gluc()
        check([value["value"] for value in found["values"]] == ["0.99", "4.80"], f"{found}")
        check(found["values"][0]["in"][0] == {"value": "5.5", "unit": "mmol/L"} and found["change"] == "3.81", f"as it was typed: {found}")
        self.post("vitalDoubt", 1, measures={"gluc": "4.80"}, why="?")  # of what?
        self.post("vitalDoubt", vital=found["values"][1]["id"][:12], measures={"gluc": "4.80"}, why="bandelette périmée")
        found = gluc()
        check([value.get("opinion") for value in found["values"]] == [None, "suspect"] and found["last"]["value"] == "0.99", f"kept and marked: {found}")
        limit = self.post("vitalLimit", high={"gluc": "5 mmol/L"}, by="Dr Haddad", setOn="2026-03-01")
        self.post("vitalLimit", 1, by="Dr Haddad", setOn="2026-03-01")
        self.post("vitalLimit", 42, low={"sys": 150}, high={"sys": 100}, by="Dr Haddad", setOn="2026-03-01")
        check(gluc()["values"][0]["beyond"] == "high" and gluc()["limits"] == {"high": "0.90"}, f"{gluc()}")
        status, reply = self.ask("PATCH", f"/api/records/vitalLimit/{limit}?in={self.patient}", {"low": {"gluc": "1.20"}})
        check(status == 400 and reply["error"]["problems"][0]["number"] == 42, f"against what stands there: {reply}")
        status, reply = self.ask("PATCH", f"/api/records/vitalLimit/{limit}?in={self.patient}", {"state": "ended"})
        check(status == 200 and "limits" not in gluc(), f"lifted: {gluc()}")
        check(self.ask("GET", f"/api/patients/{self.patient}/vitals?type=iq", None)[0] == 404, "no such vital")
        check(self.ask("GET", f"/api/patients/{self.patient}/vitals?from=hier", None)[0] == 400, "no such day")
        self.world.run("anna", "vitals", self.patient, "--type", "gluc", "--from", "2026-03-01", "--to", "2026-03-31", says="5.5 mmol/L")
        self.world.run("anna", "record", "add", "vital", self.patient, "measures=gluc:5.5 mol", expect=lib.INVALID, says="the unit is not one of that measure")
        return one

    # ---- Wounds ----

    def wounds(self, picture):
        """`picture` sends the pieces of a photo."""
        wound = self.post("wound", type="pressure", site="talon gauche")
        status, reply = picture()
        check(status == 200, f"the pieces: {reply}")
        upload = reply["upload"]
        save = lambda: self.ask("POST", f"/api/patients/{self.patient}/photos", {"upload": upload, "wound": wound[:12]})
        self.post("consent", scope="photo", decision="withdrawn", how="oral")
        status, reply = save()
        problem = reply["error"]["problems"][0]
        check(status == 400 and problem["number"] == 44 and "« Plaie »" in problem["fr"] and "consent" in problem["en"], f"no consent: {reply}")
        consent = self.post("consent", scope="photo", decision="given", how="oral, à moi")
        status, reply = save()  # what was sent of it is still there
        check(status == 201, f"with a consent: {reply}")
        photo = reply["id"]
        check([one.get("consent") for one in self.get("photos")["photos"] if one["id"] == photo] == [consent[:12]], "the consent is noted with it")
        check_of = lambda at, **more: self.post("woundCheck", wound=wound[:12], at=at, **more)
        first = check_of("2026-03-01T08:00:00+01:00", length="4", width="3", photo=photo[:12], exudate="high")
        check_of("2026-03-08T08:00:00+01:00", length="3,0", width="2.5", exudate="low")
        self.post("consent", scope="photo", decision="withdrawn", how="oral")
        check_of("2026-03-09T08:00:00+01:00", photo=photo[:12])  # saved when there was one
        other = self.ask("GET", f"/api/patients/{self.patient}/photos", None)[1]["photos"]
        for one in other:
            if "consent" not in one:
                self.post("woundCheck", 44, wound=wound[:12], photo=one["id"][:12])
        # nor as a draft, which stays, and is saved once a consent is there
        scan = [one["id"] for one in other if "consent" not in one][0]
        status, reply = self.ask("PUT", "/api/drafts/check", {"kind": "woundCheck", "in": self.patient, "values": {
            "wound": wound[:12], "photo": scan[:12], "at": "2026-02-01T08:00:00+01:00"}})
        check(status == 201, f"a draft: {reply}")
        status, reply = self.ask("POST", "/api/drafts/check/save", None)
        check(status == 400 and reply["error"]["problems"][0]["number"] == 44, f"{status} {reply}")
        check(self.ask("GET", "/api/drafts/check", None)[1]["values"]["photo"] == scan[:12], "the draft is kept")
        # the original of a prescription is a photo of the dossier
        self.post("prescription", prescriber="Dr Haddad", date="2026-03-05", scan=scan[:12])
        check(self.get("medication")["prescriptions"][0]["scan"] == scan[:12], "its original is shown")
        self.post("prescription", 30, prescriber="Dr Haddad", date="2026-03-05", scan="ab" * 6)
        self.post("consent", scope="photo", decision="given", how="oral", until="2020-01-01")
        check(self.get("wounds")["photoConsent"] is False, "over")
        shown = self.get("wounds")
        one = [one for one in shown["wounds"] if one["id"] == wound][0]
        check(isinstance(one["on"], list) and all(0 <= place < len(shown["holders"]) for place in one["on"]), f"where it is: {one} {shown['holders']}")
        middle = one["checks"][1]
        check(shown["photoConsent"] is False and len(one["checks"]) == 3, f"{shown}")
        check(middle["surface"] == "7.50" and middle["sinceWeek"]["check"] == first and middle["sinceWeek"]["photo"] == photo[:12], f"{middle}")
        check((middle["sinceWeek"]["trend"], middle["sinceWeek"]["surface"], middle["sinceWeek"]["percent"]) == ("better", "-4.50", -37), f"{middle}")
        self.world.run("anna", "wound", self.patient, says="talon gauche")
        self.post("consent", scope="photo", decision="given", how="oral", until="2199-01-01")
        status, reply = self.ask("POST", "/api/drafts/check/save", None)
        check(status in SAVED, f"saved as it was left: {status} {reply}")
        self.post("woundCheck", 30, wound="ab" * 6)
        self.post("woundCheck", 4, wound=wound[:12], length="100.5")
        self.post("woundCheck", 4, wound=wound[:12], pain=11)
