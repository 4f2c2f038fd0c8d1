#!/usr/bin/env python3
"""Hold what the documents name against what exists.

Fails when a page names a test (`Suite.Name`) or a story (`file: test_name`) that does not exist; when
ARCHITECTURE.md, docs/threat-model.md or docs/tuf-cases.md name a journey, a fuzzer or a file that does not; when the
threat model does not say which bytes a fuzzer reads; when a
relative link in any Markdown file is dead; when a test or journey named under "What can never happen"
has no entry in tools/without.json, or one of the threat model's table that is not excused below it;
when an entry there names a test or quotes a check that is no longer in the code; and when README.md and its
translation differ in what is the same in every language: headings, commands byte for byte, names in code, and links.
Usage: check_docs.py [ROOT]
"""
import json
import pathlib
import re
import sys

PROMISES = ("ARCHITECTURE.md", "docs/threat-model.md", "docs/tuf-cases.md")
SOURCES = ("core", "host", "trust", "engine", "publish", "server", "device", "fleet", "apps", "tests")
NOT_A_JOURNEY = re.compile(r"stage|attack_[a-z]+")  # as in tests/CMakeLists.txt
LANGUAGES = ("README.md", "README.zh-CN.md")
JOURNEY = r"`?([a-z]+(?:_[a-z]+)*)`?"


def tests_of(root):
    """Every `Suite.Name` that a test binary has."""
    names = set()
    for top in SOURCES:
        for source in (root / top).rglob("*_test.cc"):
            found = re.findall(r"^TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", source.read_text(), re.M)
            names.update(f"{suite}.{name}" for suite, name in found)
    return names


def stories_of(root):
    """{journey: its stories}."""
    return {path.stem: set(re.findall(r"^    def (test_\w+)\(", path.read_text(), re.M))
            for path in (root / "tests" / "journeys").glob("*.py") if not NOT_A_JOURNEY.fullmatch(path.stem)}


def journeys_named(text):
    """Names after "journey", and in lists after "journeys"; prose ("journeys act") is none."""
    for one in re.findall(rf"\b[Jj]ourney\s+{JOURNEY}", text):
        yield one
    for many in re.findall(rf"\bjourneys\s+({JOURNEY}(?:,\s+{JOURNEY})+|`\w+`)", text):
        yield from re.findall(r"[a-z_]+", many[0])


def tests_named(text):
    return re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`", text)


def stories_named(text):
    return re.findall(r"`(\w+):\s+(test_\w+)`", text)


def check_tests(root, page, tests, stories):
    text, name = page.read_text(), page.relative_to(root).as_posix()
    for test in tests_named(text):
        if test not in tests and test != "Suite.Name":  # how a test is named
            yield f"{name}: there is no test {test}"
    for journey, story in stories_named(text):
        if story not in stories.get(journey, ()) and journey != "file":  # how a story is named
            yield f"{name}: there is no story {journey}: {story}"


def check_promises(root, name, journeys):
    text = (root / name).read_text()
    for journey in journeys_named(text):
        if journey not in journeys:
            yield f"{name}: there is no journey {journey}"
    fuzzers = {path.stem for top in SOURCES for path in (root / top).rglob("*_fuzz.cc")}
    named = set(re.findall(r"`(\w+_fuzz)`", text))
    for fuzzer in sorted(named - fuzzers):
        yield f"{name}: there is no fuzzer {fuzzer}"
    if name.endswith("threat-model.md"):
        for fuzzer in sorted(fuzzers - named):
            yield f"{name}: nothing says which bytes {fuzzer} reads"
    for path in re.findall(r"`((?:\w+/)+[\w.]+\.(?:h|cc|py|json))`", text):
        if not (root / path).is_file():
            yield f"{name}: there is no file {path}"


def anchors_of(text):
    """The anchors of a page's headings, as forges make them."""
    for heading in re.findall(r"^#+\s+(.*?)\s*$", text, re.M):
        yield re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.lower()))


def check_links(root, page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    links = re.findall(r"\]\(([^()\s]+)\)", text) + re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.M)
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        name = page.relative_to(root).as_posix()
        if not target.exists():
            yield f"{name}: {link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors_of(target.read_text()):
            yield f"{name}: {link} names no heading of {path or 'this page'}"


def check_without(root, tests, stories):
    entries = json.loads((root / "tools" / "without.json").read_text())
    covered = set()
    for entry in entries:
        for named in entry["tests"]:
            room, test = named.split(": ", 1)
            journey, _, story = test.partition(".")
            covered.update({journey, (journey, story)} if room == "journey" else {test})
            if story not in stories.get(journey, ()) if room == "journey" else test not in tests:
                yield f"tools/without.json: {entry['name']}: there is no test {named}"
        for change in entry["changes"]:
            count = (root / change["file"]).read_text().count(change["take"])
            if count != 1:
                yield (f"tools/without.json: {entry['name']}: its check stands {count} times in "
                       f"{change['file']}, not once")
    yield from check_covered(root, covered)


def check_covered(root, covered):
    section = (root / "ARCHITECTURE.md").read_text().split("## What can never happen")[1].split("\n## ")[0]
    for test in tests_named(section):
        if test not in covered:
            yield f"ARCHITECTURE.md: nothing in tools/without.json is seen by {test}"
    for journey in sorted(set(journeys_named(section)) - covered):
        yield f"ARCHITECTURE.md: nothing in tools/without.json is seen by journey {journey}"
    page = (root / "docs/threat-model.md").read_text().split("\n## ")[0]
    table, excuses = page.split("\n`make without` takes ")
    rows = "\n".join(line for line in table.splitlines() if line.startswith("| "))
    for test in set(tests_named(rows)) - covered - set(tests_named(excuses)):
        yield f"docs/threat-model.md: nothing in tools/without.json is seen by {test}"
    for journey, story in set(stories_named(rows)) - covered - set(stories_named(excuses)):
        yield f"docs/threat-model.md: nothing in tools/without.json is seen by {journey}: {story}"


def skeleton_of(text):
    """What a page has in common with its translation, each part in its order. Remarks behind commands, drawings and the
    links from one language to the other are translated."""
    drawings = re.findall(r"^```.*?^```", text, flags=re.M | re.S)
    written = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return {"headings": re.findall(r"^(#+)\s", written, re.M),
            "drawings": [drawing.split("\n")[0] for drawing in drawings],
            "commands": [re.sub(r" +# .*", "", line) for line in written.split("\n") if line.startswith("    ")],
            "names in code": sorted(set(re.findall(r"`([^`\n]+)`", written))),
            "links": [link for link in re.findall(r"\]\(([^()\s]+)\)", written) if link not in LANGUAGES]}


def check_languages(root):
    first, *others = LANGUAGES
    wanted = skeleton_of((root / first).read_text())
    for name in others:
        for part, found in skeleton_of((root / name).read_text()).items():
            if found != wanted[part]:
                lacks = [one for one in wanted[part] if one not in found]
                adds = [one for one in found if one not in wanted[part]]
                yield f"{name}: not the {part} of {first}: lacks {lacks}, adds {adds}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    tests = tests_of(root)
    stories = stories_of(root)
    pages = [page for page in sorted(root.rglob("*.md")) if page.relative_to(root).parts[0] != "build"]
    faults = [*check_without(root, tests, stories), *check_languages(root)]
    for name in PROMISES:
        faults += check_promises(root, name, set(stories))
    for page in pages:
        faults += [*check_tests(root, page, tests, stories), *check_links(root, page)]
    for fault in faults:
        print(fault)
    print(f"documents: {len(pages)} pages, {len(tests)} tests, {sum(map(len, stories.values()))} stories, {len(faults)} faults")
    return 1 if faults or not pages or not tests or not stories else 0


if __name__ == "__main__":
    sys.exit(main())
