"""Reads reports as their consumers would: GitLab, a JUnit parser, reviewdog and a renderer of Markdown.

usage: read_outputs.py REPORTS_DIR [FOLDER]; the paths in the reports start from FOLDER, by default this repository
"""

import html.parser
import json
import pathlib
import sys

import tools

tools.enter()
import jsonschema
import junitparser
import markdown_it

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORTS = pathlib.Path(sys.argv[1])
FOLDER = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT
TEXT = {"type": "string", "minLength": 1}
# From the top of the repository, without `./` and without a way out of it.
PATH = TEXT | {"pattern": r"^(?!\.{0,2}/)(?!.*(^|/)\.\.?(/|$))(?![A-Za-z]:)[^\\]+$"}
LINE = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}


def record(required, **others):
    """An object with some fields and no unknown ones."""
    return {"type": "object", "properties": required | others, "required": list(required), "additionalProperties": False}


# GitLab's documentation, "Code Quality report format".
GITLAB = {"type": "array", "items": record({
    "description": TEXT,
    "check_name": TEXT,
    "fingerprint": TEXT,
    "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
    "location": record({"path": PATH, "lines": record({"begin": LINE}, end=LINE)}),
})}

# reviewdog's `proto/rdf/reviewdog.proto`, in the form that its JSON has.
POSITION = record({"line": LINE}, column=LINE)
LOCATION = record({"path": PATH}, range=record({"start": POSITION}, end=POSITION))
SOURCE = record({"name": TEXT}, url=TEXT)
SEVERITY = {"enum": ["ERROR", "WARNING", "INFO"]}
RDJSON = record({"diagnostics": {"type": "array", "items": record(
    {"message": TEXT, "location": LOCATION},
    severity=SEVERITY, source=SOURCE, code=record({"value": TEXT}, url=TEXT), original_output=TEXT,
    suggestions={"type": "array", "items": record({"range": LOCATION["properties"]["range"], "text": {"type": "string"}})},
    related_locations={"type": "array", "items": record({"location": LOCATION}, message=TEXT)},
)}}, source=SOURCE, severity=SEVERITY)


def must(holds, complaint):
    if not holds:
        sys.exit(complaint)


def valid(name, schema):
    """The content of a file that keeps to a schema."""
    content = json.loads((REPORTS / name).read_text(encoding="utf-8"))
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(content), key=str)
    must(not errors, f"{name}: {errors and errors[0].json_path}: {errors and errors[0].message}")
    return content


def lines_of(path):
    """The lines of a file of the repository, as bytes."""
    must((FOLDER / path).is_file(), f"{path} is no file of the repository")
    return (FOLDER / path).read_bytes().split(b"\n")


def gitlab():
    issues = valid("fixtures.gitlab.json", GITLAB)
    prints = {issue["fingerprint"] for issue in issues}
    must(len(prints) == len(issues), "gitlab: a fingerprint occurs twice, and GitLab drops the second")
    for issue in issues:
        place = issue["location"]
        begin, end = place["lines"]["begin"], place["lines"].get("end", place["lines"]["begin"])
        must(begin <= end <= len(lines_of(place["path"])), f"gitlab: {place} is not in the file")
        must(issue["description"].startswith(issue["check_name"]), "gitlab: a description, which is all that is shown, lacks the rule")
    return issues


def junit(findings):
    suites = junitparser.JUnitXml.fromfile(str(REPORTS / "fixtures.junit.xml"))
    kinds = {"failures": junitparser.Failure, "errors": junitparser.Error, "skipped": junitparser.Skipped}
    total, names = dict.fromkeys(["tests", *kinds], 0), []
    for suite in suites:
        cases = list(suite)
        counts = {"tests": len(cases)} | {
            name: sum(any(isinstance(result, kind) for result in case.result) for case in cases) for name, kind in kinds.items()}
        for name, count in counts.items():
            must(getattr(suite, name) == count, f"junit: {suite.name} says {getattr(suite, name)} {name} and has {count}")
            total[name] += count
        must(all(case.name and case.classname for case in cases), f"junit: a case of {suite.name} has no name")
        names += [(case.classname, case.name) for case in cases]
    for name, count in total.items():
        must(getattr(suites, name) == count, f"junit: the whole says {getattr(suites, name)} {name} and has {count}")
    must(total["tests"] - total["skipped"] - total["errors"] == findings, f"junit: {total} for {findings} findings")
    must(len(names) == len(set(names)), "junit: two cases have one class and name, and GitLab shows the first alone")
    return total


def rdjson(issues):
    diagnostics = valid("fixtures.rdjson", RDJSON)["diagnostics"]
    must(len(diagnostics) == len(issues), "rdjson has another number of findings than gitlab")
    for diagnostic in diagnostics:
        for place in [diagnostic["location"]] + [related["location"] for related in diagnostic.get("related_locations", [])]:
            lines, start = lines_of(place["path"]), place["range"]["start"]
            end = place["range"].get("end", start)
            must((start["line"], start["column"]) <= (end["line"], end["column"]), f"rdjson: {place} ends before it starts")
            for at in (start, end):
                must(at["line"] <= len(lines) and at["column"] <= len(lines[at["line"] - 1]) + 1, f"rdjson: {place} is not in the file")
    places = [sorted((item["location"]["path"], line(item)) for item in some) for some, line in (
        (diagnostics, lambda item: item["location"]["range"]["start"]["line"]),
        (issues, lambda item: item["location"]["lines"]["begin"]))]
    must(places[0] == places[1], "rdjson and gitlab name other places")
    return diagnostics


class Page(html.parser.HTMLParser):
    """The elements of a page, and whether those from the repository's text are closed where they began."""

    OURS = {"h2", "p", "strong", "ul", "li", "a", "table", "thead", "tbody", "tr", "th", "td", "code", "br"}

    def __init__(self):
        super().__init__()
        self.open, self.links, self.rows = [], [], 0

    def handle_starttag(self, tag, attrs):
        names = {name for name, _ in attrs}
        must(tag in self.OURS, f"markdown: <{tag}> survives")
        must(names <= {"href"} if tag == "a" else names <= {"style"}, f"markdown: <{tag}> has {sorted(names)}")
        self.links += [text for name, text in attrs if name == "href"]
        self.rows += tag == "tr"
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        must(self.open and self.open.pop() == tag, f"markdown: </{tag}> closes something else")


def markdown(findings):
    text = (REPORTS / "fixtures.md").read_text(encoding="utf-8")
    must(len(text.encode()) < 2**20, "markdown: GitHub refuses a summary of a mebibyte")
    parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in parser.parse(text):
        must(token.type != "html_block", f"markdown: HTML of its own: {token.content!r}")
        for inner in token.children or []:
            raw = inner.type == "html_inline"
            must(not raw or inner.content in ("<code>", "</code>", "<br>"), f"markdown: HTML survives: {inner.content!r}")
    page = Page()
    page.feed(parser.render(text))
    page.close()
    must(not page.open, f"markdown: {page.open} is not closed")
    must(all(link.startswith("https://") for link in page.links), "markdown: a link leads elsewhere")
    rules = len({issue["check_name"] for issue in json.loads((REPORTS / "fixtures.gitlab.json").read_text(encoding="utf-8"))})
    # One to each rule's page, and in a workflow one to each place.
    must(len(page.links) in (rules, rules + findings), f"markdown: {len(page.links)} links for {rules} rules and {findings} findings")
    must(page.rows == 2 + rules + findings, f"markdown: {page.rows} rows for {rules} rules and {findings} findings")
    return len(page.links)


issues = gitlab()
must(issues, "no findings: nothing is shown by that")
cases = junit(len(issues))
diagnostics = rdjson(issues)
links = markdown(len(issues))
print(f"{len(issues)} findings: gitlab keeps to its format, junit has {cases['tests']} cases that add up, "
      f"rdjson's {len(diagnostics)} places are in the files, "
      f"markdown has {links} links and no tags but its own")
