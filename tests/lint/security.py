#!/usr/bin/env python3
"""What node/SECURITY.md promises is shown by tests that there are; its files and commands, and those of the README.md files that people read first, exist.

Usage: security.py ROOT [BUILD]. The tests are those of the build folder BUILD; without it, of the newest one below ROOT/build that has tests.

In a table whose last column is called "Shown by" each word between backticks is `TEST`, a name of meson test --list, or `TEST: PLACE`, a word of
one of that test's own source files.
"""
import json
import pathlib
import re
import sys

PAGE = "node/SECURITY.md"
READ_FIRST = ("README.md", "node/README.md", PAGE)
TICKED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FILE = re.compile(r"[\w.-]+(/[\w.-]+)+\.(md|c|h|py|json)|(tools|tests)/[\w./-]+")
COMMAND = re.compile(r"releve ([a-z][a-z -]*)")


def tests_of(root, build):
    """Name of each test -> its source files; None where nothing was configured."""
    if build is None:
        every = root.glob("build/*/meson-info/intro-tests.json")
        found = sorted((path for path in every if json.loads(path.read_text())), key=lambda path: path.stat().st_mtime)
        if not found:
            return None
        build = found[-1].parent.parent
    info = build / "meson-info"
    targets = {}
    for target in json.loads((info / "intro-targets.json").read_text()):
        sources = [source for part in target["target_sources"] for source in part.get("sources", [])]
        targets.update((name, sources) for name in target["filename"])
    tests = {}
    for test in json.loads((info / "intro-tests.json").read_text()):
        program = next((word for word in test["cmd"] if word in targets or word.endswith(".py")), test["cmd"][0])
        tests[test["name"]] = targets.get(program, [program])
    return tests


def named_tests(text):
    """(line number, test, place or None) of each test that a table names."""
    shown = False
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            shown = False
        elif cells[-1] == "Shown by":
            shown = True
        elif shown:
            for word in TICKED.findall(cells[-1]):
                test, _, place = word.partition(": ")
                yield number, test, place or None


def has_word(paths, word):
    pattern = re.compile(r"\b" + re.escape(word) + r"\b")
    return any(pattern.search(pathlib.Path(path).read_text(encoding="utf-8", errors="replace")) for path in paths)


def check_tests(text, tests):
    seen = 0
    for number, test, place in named_tests(text):
        seen += 1
        if test not in tests:
            yield f"{PAGE}:{number}: there is no test {test}"
        elif place and not has_word(tests[test], place):
            yield f"{PAGE}:{number}: {place} is nowhere in the sources of {test}"
    if not seen:
        yield f"{PAGE}: names no test"


def check_files(root, name, text):
    here = (root / name).parent
    for number, line in enumerate(text.splitlines(), 1):
        for link in LINK.findall(line):
            if "://" not in link and not (here / link).exists():
                yield f"{name}:{number}: there is no file {link}"
        for word in TICKED.findall(line):
            if FILE.fullmatch(word) and not any((place / word).exists() for place in (root, here)):
                yield f"{name}:{number}: there is no file {word}"


def check_commands(name, text, commands):
    groups = {command.split()[0] for command in commands}
    for number, line in enumerate(text.splitlines(), 1):
        for word in TICKED.findall(line) + re.findall(r"^ {4}(releve .*)", line):
            match = COMMAND.match(word)
            words = match.group(1).split() if match else []
            if words and " ".join(words[:2]) not in commands and words[0] not in commands and not (
                    len(words) == 1 and words[0] in groups):
                yield f"{name}:{number}: there is no command releve {' '.join(words[:2])}"


def main(root, build=None):
    root = pathlib.Path(root)
    tests = tests_of(root, pathlib.Path(build) if build else None)
    commands = set(re.findall(r'^\s*\{"([a-z -]+)", "[^"]*", \d+, \d+,', (root / "tools/cli_table.c").read_text(encoding="utf-8"), re.M))
    page, bad = (root / PAGE).read_text(encoding="utf-8"), []
    if tests is not None:
        bad += check_tests(page, tests)
    for name in READ_FIRST:
        text = (root / name).read_text(encoding="utf-8")
        bad += check_files(root, name, text)
        bad += check_commands(name, text, commands)
    print("\n".join(bad) if bad else
          f"{len(list(named_tests(page)))} tests are named" + ("" if tests is not None else "; nothing is built here, so they were not looked for"))
    return 1 if bad else 0


sys.exit(main(*sys.argv[1:3]))
