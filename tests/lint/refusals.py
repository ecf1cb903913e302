#!/usr/bin/env python3
"""Every sentence that a refusal says has its French (node/french), with the same places; and the table has no sentence that nobody says.

What is said is found by following the argument of a call that takes a sentence: a literal, each branch of `a ? b : c`, a variable's assignments, what is printed into it by
snprintf(), what a function of the same files returns. A function that takes `bool french` says both languages itself, as does a call that gives "fr" beside.
"""
import pathlib
import re
import sys

TABLES = "node/french/words_*.c"
SOURCES = ("node/api*.c", "node/uv_*.c", "node/visit/draft.c", "node/survey/form.c", "tools/uv_*.c")
# function -> which of its arguments is the sentence
SAYS = {"api_call_fail": 2, "api_call_fail_with": 2, "refuse": 2, "hash_or_reply": 2, "refuse_form": 3, "answer_error": 3, "problem_is": 2,
        "uv_database_problem_is": 2, "error_json": 1}
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\w+|->|\s+|.', re.S)
PLACE = re.compile(r"%[-0-9.]*(?:ll|l|z)?[sdu]")
WITH_FRENCH = {"%s Nothing was changed."}  # the call gives the French of the whole


def tokens(text):
    """Tokens without comments and spaces, literals that stand side by side joined: a literal keeps its opening quote alone."""
    out = []
    for match in TOKEN.finditer(text):
        token = match.group()
        if token.isspace() or token == "\\" or token.startswith(("/*", "//")):
            continue
        if token[0] == '"':
            token = token[:-1]
            if out and out[-1][0] == '"':
                out[-1] += token[1:]
                continue
        out.append(token)
    return out


def closing(row, start):
    """The place of what closes the bracket at `start`."""
    depth = 0
    for i in range(start, len(row)):
        depth += (row[i] in "([{") - (row[i] in ")]}")
        if depth == 0:
            return i
    return len(row) - 1


def split(row, separator):
    parts, depth = [[]], 0
    for token in row:
        depth += (token in "([{") - (token in ")]}")
        if token == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def branches(row):
    """The values that an expression may have: conditions of ? are left out."""
    while len(row) > 2 and row[0] == "(" and closing(row, 0) == len(row) - 1:
        row = row[1:-1]
    depth, start, values = 0, 0, []
    for i, token in enumerate(row):
        depth += (token in "([{") - (token in ")]}")
        if depth == 0 and token == "?":
            start = i + 1
        elif depth == 0 and token == ":":
            values.append(row[start:i])
            start = i + 1
    return values + [row[start:]]


def is_sentence(text):
    return " " in text and re.search(r"[a-z].*[.?](%s)?$", text) is not None


class Said:
    """What the sources say."""

    def __init__(self):
        self.sentences = {}  # sentence -> where
        self.names = {("node/visit/draft.c", "why"), ("node/survey/form.c", "why")}  # variables that hold one, by file
        self.functions = set()  # that return one

    def size(self):
        return len(self.sentences), len(self.names), len(self.functions)

    def say(self, literal, where):
        if is_sentence(literal[1:]) and literal[1:] not in WITH_FRENCH:
            self.sentences.setdefault(literal[1:], where)

    def take(self, expression, where):
        for value in branches(expression):
            if len(value) > 1 and value[-1] == ")" and value[1] == "(":
                if value[-2] != "false":  # it says both languages
                    self.functions.add(value[0])
            elif len(value) == 1 and value[0][0] == '"':
                self.say(value[0], where)
            elif value and re.fullmatch(r"\w+", value[-1]) and value[-1] not in ("NULL", "data"):
                self.names.add((where, value[-1]))

    def take_call(self, given, at, where):
        french = any('"fr' in token for one in given[at + 1:] for token in one)
        if len(given) > at and not french and "char" not in given[at]:
            self.take(given[at], where)

    def take_returns(self, row, start, where):
        end = closing(row, start)
        if row[end + 1:end + 2] != ["{"] or "french" in row[start:end]:
            return
        body = row[end + 1:closing(row, end + 1)]
        for i, token in enumerate(body):
            if token == "return":
                self.take(split(body[i + 1:i + 200], ";")[0], where)

    def read(self, row, where):
        for i, token in enumerate(row[:-4]):
            holds = token == "sentence" or (where, token) in self.names
            if row[i + 1] == "(" and token in SAYS:
                self.take_call(split(row[i + 2:closing(row, i + 1)], ","), SAYS[token], where)
            elif row[i + 1] == "(" and token == "snprintf":
                given = split(row[i + 2:closing(row, i + 1)], ",")
                if given[0][-1] == "sentence" or (where, given[0][-1]) in self.names:
                    self.say(given[2][0], where)
            elif holds and row[i + 1] == "=":
                self.take(split(row[i + 2:i + 200], ";")[0], where)
            elif holds and row[i + 1:i + 4] == ["[", "]", "="]:
                self.take(split(row[i + 4:i + 200], ";")[0], where)
            elif row[i + 1] == "(" and token in self.functions:
                self.take_returns(row, i + 1, where)


def said_by(root):
    rows = {path.relative_to(root).as_posix(): tokens(path.read_text()) for glob in SOURCES for path in sorted(root.glob(glob))}
    said, before = Said(), None
    while before != said.size():
        before = said.size()
        for where, row in rows.items():
            said.read(row, where)
    errors = tokens((root / "crdt/base/err.h").read_text()) + tokens((root / "crdt/base/err.c").read_text())
    said.sentences.update((token[1:], "crdt/base/err.h") for token in errors if token[0] == '"' and token.endswith("."))
    faults = re.findall(r'\[SCRUB_\w+\] = \{"\w+", "([^"]+)"\}', (root / "store/scrub.c").read_text())
    said.sentences.update((fault, "store/scrub.c") for fault in faults)
    return said.sentences


def all_literals(root):
    skipped = [path for path in root.glob("node/french/*.c")]
    return {token[1:] for top in ("crdt", "node", "store", "tools") for path in (root / top).rglob("*.[ch]") if path not in skipped
            for token in tokens(path.read_text()) if token[0] == '"'}


def main(root):
    root = pathlib.Path(root)
    said, french, bad = said_by(root), {}, []
    for path in sorted(root.glob(TABLES)):
        row = tokens(path.read_text())
        for i in range(len(row) - 4):
            if row[i] == "{" and row[i + 1][0] == '"' and row[i + 2] == "," and row[i + 3][0] == '"':
                en, fr, where = row[i + 1][1:], row[i + 3][1:], path.relative_to(root).as_posix()
                if en in french:
                    bad.append(f"{where}: stands twice: {en}")
                if PLACE.findall(en) != PLACE.findall(fr):
                    bad.append(f"{where}: other places than the English: {fr}")
                if re.search(r"[^ ][;:?!»]( |$)|«[^ ]|\"", fr):
                    bad.append(f"{where}: a space is missing, or quotes are not « »: {fr}")
                french[en] = where
    bad += [f"{where}: no French in node/french for: {en}" for en, where in said.items() if en not in french]
    literals = all_literals(root)
    bad += [f"{where}: nobody says any more: {en}" for en, where in french.items() if en not in literals]
    print("\n".join(bad) if bad else f"{len(said)} sentences of refusals, each with its French")
    return 1 if bad or not said or not french else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
