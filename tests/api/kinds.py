"""A record of every kind, made from what the program says of its kinds (GET /api/schema): a kind that is new is tested without a word here.

`ask` is (method, path, body or None) -> (status, JSON).
"""
import json

IDENTIFIERS = {"nir": "269054958815780", "rpps": "10102727017", "commune": "2A004", "adeli": "356012345", "finess": "350005179",
               "cip13": "3400930000007", "mssante": "lea.martin@inf.mssante.fr", "recurrence": "FREQ=DAILY;INTERVAL=2"}
CODES = {"omahaProblem": "PB26", "omahaTarget": "TG14", "omahaSign": ["SS2601"]}
SHORT_HEX = 12
SAVED = (200, 201)
FRAME = {"id", "kind", "author", "saved", "seen", "concurrent", "corrects", "reason", "corrected", "unknown", "on"}


class Kinds:
    def __init__(self, ask, person):
        self.ask, self.person = ask, person
        self.all = ask("GET", "/api/schema", None)[1]
        self.documents = {one["number"]: one for one in self.all["documents"]}
        self.by_number = {one["number"]: one for one in self.all["kinds"]}
        self.by_name = {one["name"]: one for one in self.all["kinds"]}
        self.vitals = self.all["vitals"]

    def per(self, kind):
        return self.documents[kind["document"]]["per"]

    def typed(self):
        """Those that people type, in the order of their numbers."""
        return [kind for kind in self.all["kinds"] if not kind["isMade"] and not kind["isCorrection"]]

    def is_head(self, kind):
        return kind["shape"] == "one"


class Records:
    """Records that were made at one place: of each kind one, which the later ones refer to."""

    def __init__(self, kinds, ask, canary):
        self.kinds, self.ask, self.canary = kinds, ask, canary
        self.ids = {"person": kinds.person}

    def reference(self, field):
        kind = self.kinds.by_number.get(field.get("refers"))
        if kind is None or kind["isMade"]:
            return None
        if kind["name"] not in self.ids and self.add(kind)[0] not in SAVED:
            return None
        return self.ids[kind["name"]]

    def word(self, kind):
        """What texts begin with: the canary in dossiers alone, which can be erased."""
        return self.canary if self.kinds.per(kind) == "patient" else "mot"

    def text(self, kind, field):
        rule = field.get("rule")
        return IDENTIFIERS[rule] if rule else f"{self.word(kind)} {field['name']}"[:field["max"]]

    def value(self, kind, field):
        """None: nothing can be said there."""
        kind_of = field["type"]
        if field.get("refers") == kind["number"]:
            return None  # the one before it, of which there is none
        if kind_of == "text":
            return self.text(kind, field)
        if kind_of == "date":
            return "2026-03-05"
        if kind_of == "instant":
            return "2026-03-05T08:00:00+01:00"
        if kind_of == "after":
            return "2026-03-05T08:30:00+01:00"
        if field.get("rule") in CODES:
            return CODES[field["rule"]]
        if kind_of in ("int", "cents", "minutes"):
            return max(field.get("min", 0), 1)
        if kind_of == "decimal":
            return "1.5"
        if kind_of == "enum":
            return field["choices"][0]["name"]
        if kind_of == "bool":
            return True
        if kind_of == "vitals":
            return {vital["name"]: str((vital.get("min", 0) + vital["max"]) // 2 // 10 ** vital["scale"]) for vital in self.kinds.vitals}
        if field.get("refers") == kind["number"]:  # the first of its kind comes after none
            return None
        if kind_of in ("ref", "short", "shorts"):
            found = self.reference(field)
            return None if found is None else [found[:SHORT_HEX]] if kind_of == "shorts" else found if kind_of == "ref" else found[:SHORT_HEX]
        return None  # bytes are made by the program

    def record(self, kind):
        values = {}
        for field in kind["fields"]:
            value = self.value(kind, field)
            if value is not None and field["name"] not in ("coNurse", "mistaken"):  # the latter is for corrections alone
                values[field["name"]] = value
        if kind["name"] == "patient":
            values.pop("archivedOn")
        return values

    def place(self, kind):
        """?in=...: the document that holds it."""
        per = self.kinds.per(kind)
        head = {"patient": "patient"}.get(per) or next(
            (one["name"] for one in self.kinds.all["kinds"] if one["document"] == kind["document"] and one["shape"] == "one"), None)
        if per not in ("patient", "itself") or self.kinds.is_head(kind):
            return ""
        if head not in self.ids:
            self.add(self.kinds.by_name[head])
        return f"?in={self.ids[head]}" if head in self.ids else "?in=0000"

    def body(self, kind, **more):
        """What is sent to add one: patients are all alike here."""
        return {**self.record(kind), **({"anyway": True} if kind["name"] == "patient" else {}), **more}

    def add(self, kind, **more):
        values = self.body(kind, **more)
        status, reply = self.ask("POST", f"/api/records/{kind['name']}{self.place(kind)}", {k: v for k, v in values.items() if v is not None})
        if status in SAVED:
            self.ids[kind["name"]] = reply["id"]
        return status, reply

    def shown(self, kind):
        """The record that was added, as the program shows it now; None."""
        place = self.place(kind) or (f"?in={self.ids[kind['name']]}" if self.kinds.is_head(kind) and kind["name"] in self.ids else "")
        status, reply = self.ask("GET", f"/api/records/{kind['name']}{place}", None)
        found = [one for one in reply.get("records", []) if one["id"] == self.ids.get(kind["name"])] if status == 200 else []
        return found[0] if found else None

    def change(self, kind, **values):
        return self.ask("PATCH", f"/api/records/{kind['name']}/{self.ids[kind['name']]}{self.place(kind)}", values)


def asker(ask, program):
    """`ask` of story.py over JSON."""
    def one(method, path, body=None):
        status, text, _ = ask(program, method, path, None if body is None else json.dumps(body))
        return status, json.loads(text)
    return one
