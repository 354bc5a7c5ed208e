"""Fails when the SARIF multitool finds anything above a note: the tool itself ends with 0 whatever it finds."""

import json
import pathlib
import stat
import subprocess
import sys

tools, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
found = sorted(tools.glob("node_modules/@microsoft/sarif-multitool-linux/**/Sarif.Multitool"))
if not found:
    sys.exit("the SARIF multitool is not installed")
program = found[0]
program.chmod(program.stat().st_mode | stat.S_IXUSR)
out = target.with_suffix(".validated.sarif")
subprocess.run(
    [program, "validate", target, "--rule-kind", "Sarif;Ghas", "-o", out, "--log", "ForceOverwrite"],
    check=True,
    stdout=subprocess.DEVNULL,
)
run = json.loads(out.read_text(encoding="utf-8-sig"))["runs"][0]
notices = [
    notice
    for invocation in run.get("invocations", [])
    for notice in invocation.get("toolExecutionNotifications", [])
    if notice.get("level") == "error"
]
results = [result for result in run.get("results", []) if result.get("level", "warning") in ("error", "warning")]
for result in (notices + results)[:20]:
    print(json.dumps(result.get("message")), result.get("ruleId"))
subject = json.loads(target.read_text())["runs"][0]
uris = [place["physicalLocation"]["artifactLocation"]["uri"] for result in subject["results"] for place in result["locations"]]
absolute = [uri for uri in uris if uri.startswith(("/", "file:")) or ".." in uri]
print(f"{len(subject['results'])} results, {len(results)} complaints above a note, {len(absolute)} absolute addresses")
sys.exit(1 if results or notices or absolute or not uris else 0)
