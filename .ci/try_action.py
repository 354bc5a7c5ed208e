"""Runs action.yml as a workflow would, with a small runner of composite actions, and looks at all that it leaves.

usage: try_action.py BINARY; with SPANGUARD_FULL=1 the action also builds the program itself.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import tools

tools.enter()
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
BINARY = pathlib.Path(sys.argv[1]).resolve()
SCRATCH = pathlib.Path(tempfile.mkdtemp(prefix="try action "))
# Stands in for cargo: says where and how it was called, and installs the program that is there.
CARGO = f"""#!/bin/bash
pwd
printf "cargo %s\\n" "$@"
mkdir -p "$6/bin"
cp {shlex.quote(str(BINARY))} "$6/bin/spanguard"
"""


class Refused(Exception):
    """What a runner, or this one, does not take."""


def value_of(term, context):
    """One operand of an expression: a text, or a name with dots."""
    term = term.strip()
    if text := re.fullmatch(r"'((?:[^']|'')*)'", term):
        return text[1].replace("''", "'")
    if not re.fullmatch(r"(inputs|steps|runner|github)(\.[\w-]+)+", term):
        raise Refused(f"cannot evaluate `{term}`")
    found = context
    for part in term.split("."):
        found = found.get(part, "") if isinstance(found, dict) else ""
    return found


def filled(text, context):
    """A text with its expressions replaced."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(value_of(match[1], context)), str(text))


def holds(condition, context, failed):
    """Whether a step runs: success() is understood unless a status is asked for."""
    condition = re.sub(r"^\$\{\{(.*)\}\}$", r"\1", str(condition)).strip()
    if condition in ("", "success()"):
        return not failed
    if condition == "always()":
        return True
    if comparison := re.fullmatch(r"(.+?)\s*(==|!=)\s*(.+)", condition):
        same = value_of(comparison[1], context) == value_of(comparison[3], context)
        return not failed and same == (comparison[2] == "==")
    raise Refused(f"cannot evaluate `{condition}`")


def file_commands(text):
    """What a step wrote to GITHUB_OUTPUT: lines, and blocks with a delimiter."""
    values, lines = {}, iter(text.splitlines())
    for line in lines:
        if block := re.fullmatch(r"([\w-]+)<<(.+)", line):
            body = []
            for inner in lines:
                if inner == block[2]:
                    break
                body.append(inner)
            else:
                raise Refused(f"no end of `{block[1]}`")
            values[block[1]] = "\n".join(body)
        elif "=" in line:
            name, _, value = line.partition("=")
            values[name] = value
        elif line:
            raise Refused(f"not an output: {line!r}")
    return values


def obeyed(log):
    """The workflow commands that a runner would obey, and the log without them."""
    commands, stop = [], None
    for line in log.splitlines():
        command = re.match(r"\s*::([\w-]+)(?: (.*?))?::(.*)$", line)
        if stop is not None:
            stop = None if line.strip() == f"::{stop}::" else stop
        elif command and command[1] == "stop-commands":
            stop = command[3]
        elif command:
            commands.append((command[1], command[2] or "", command[3]))
        # The old form is obeyed wherever it stands.
        if re.search(r"##\[|##vso\[", line):
            raise Refused(f"the log holds an old command: {line!r}")
    if stop is not None:
        raise Refused("commands are stopped for good")
    return commands


def run(workspace, path_folders=None, **given):
    """Runs the action; names of inputs have underscores for dashes."""
    given = {name.replace("_", "-"): text for name, text in given.items()}
    if unknown := set(given) - set(ACTION["inputs"]):
        raise Refused(f"unknown inputs: {', '.join(sorted(unknown))}")
    temporary = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH, prefix="temp "))
    inputs = {name: facts.get("default", "") for name, facts in ACTION["inputs"].items()} | given
    context = {"inputs": inputs, "steps": {}, "runner": {"os": "Linux", "temp": str(temporary)}, "github": {}}
    summary = temporary / "summary"
    summary.write_text("of an earlier step\n")
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("GITHUB_", "RUNNER_", "INPUT_"))}
    folders = [str(folder) for folder in path_folders or [SCRATCH / "bin"]]
    environment |= {
        "PATH": os.pathsep.join([*folders, environment["PATH"]]),
        "GITHUB_ACTIONS": "true", "RUNNER_OS": "Linux", "RUNNER_TEMP": str(temporary),
        "GITHUB_WORKSPACE": str(workspace), "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_SERVER_URL": "https://github.example", "GITHUB_REPOSITORY": "shop/shop", "GITHUB_SHA": "0" * 40,
    }
    failed, log, last = False, "", 0
    for number, step in enumerate(ACTION["runs"]["steps"]):
        if not holds(step.get("if", ""), context, failed):
            continue
        if "uses" in step:
            context["steps"][step.get("id", "")] = {"outputs": {}}
            continue
        if "${{" in step["run"] or step.get("shell") != "bash":
            raise Refused(f"step {number}: an expression in a script, or another shell")
        output, script = temporary / f"output{number}", temporary / f"step{number}.sh"
        output.touch()
        script.write_text(step["run"])
        own = {name: filled(text, context) for name, text in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script], cwd=workspace, text=True,
            env=environment | own | {"GITHUB_OUTPUT": str(output)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        log += done.stdout
        if done.returncode:
            failed, last = True, done.returncode
        if "id" in step:
            context["steps"][step["id"]] = {"outputs": file_commands(output.read_text())}
    outputs = {name: filled(facts["value"], context) for name, facts in ACTION["outputs"].items()}
    added = summary.read_text().removeprefix("of an earlier step\n")
    if added == summary.read_text():
        raise Refused("the summary of an earlier step is gone")
    return {"code": last, "outputs": outputs, "log": log, "commands": obeyed(log), "summary": added}


def same(what, wanted, got, ran=None):
    """Counts one check, and ends with the log when it does not hold."""
    same.count += 1
    if wanted != got:
        sys.exit(f"{what}: wanted {wanted!r}, got {got!r}\n{ran['log'] if ran else ''}")


same.count = 0


def levels(ran, level):
    return [command for command in ran["commands"] if command[0] == level]


def repository(name):
    """A workspace with a copy of the fixtures."""
    workspace = SCRATCH / name
    shutil.copytree(ROOT / "fixtures", workspace / "fixtures")
    return workspace


def mistakes_and_none():
    space = repository("plain")
    ran = run(space, paths="fixtures/repos/shop", sarif="out/report.sarif")
    same("the step fails with the run's code", 1, ran["code"], ran)
    same("exit-code", "1", ran["outputs"]["exit-code"], ran)
    same("sarif-file", "out/report.sarif", ran["outputs"]["sarif-file"], ran)
    results = json.loads((space / "out/report.sarif").read_text())["runs"][0]["results"]
    reported = [result for result in results if not result.get("suppressions")]
    same("findings", str(len(reported)), ran["outputs"]["findings"], ran)
    same("annotations: ten of each level at most", 10, len(levels(ran, "error")), ran)
    placed = [where for _, where, _ in levels(ran, "error") if "file=" in where]
    same("annotations stand in files of the workspace", True, len(placed) >= 9 and all(
        (space / re.search(r"file=([^,]+)", where)[1]).is_file() for where in placed), ran)
    same("the log has the report for people", True, "Found " in ran["log"], ran)
    same("the summary is there", True, ran["summary"].startswith("## spanguard") and "/blob/000" in ran["summary"], ran)
    ran = run(space, paths="fixtures/repos/clean", profile="strict", fail_on="note")
    same("a clean repository", (0, "0", "0", ""), (ran["code"], *(ran["outputs"][name] for name in ("exit-code", "findings", "sarif-file"))), ran)
    same("no annotation of a clean repository", [], levels(ran, "error") + levels(ran, "warning"), ran)
    same("its summary", True, "No findings." in ran["summary"], ran)
    return space


def inputs_are_heeded(space):
    paths = "fixtures/repos/clean\r\n\nfixtures/repos/shop/deploy\n"
    ran = run(space, paths=paths, fail_on="never", annotations="false", summary="false")
    same("fail-on: never", (0, "0"), (ran["code"], ran["outputs"]["exit-code"]), ran)
    same("several paths", True, int(ran["outputs"]["findings"]) > 10, ran)
    same("neither annotations nor summary", ([], ""), (ran["commands"], ran["summary"]), ran)
    same("a switch that is neither", 2, run(space, paths="fixtures/repos/clean", summary="yes")["code"])
    spaced = space / "two words *"
    shutil.copytree(space / "fixtures/repos/clean", spaced)
    ran = run(space, paths=f"{spaced}\n{spaced.name}", sarif=f"{spaced.name}/a b.sarif")
    same("names with blanks, and absolute ones", (0, True), (ran["code"], (spaced / "a b.sarif").is_file()), ran)
    ran = run(space, paths="deploy", working_directory="fixtures/repos/shop/", sarif="x.sarif")
    same("paths start from working-directory", True, "file=fixtures/repos/shop/deploy/cart.yaml" in ran["log"], ran)
    same("so does sarif", True, (space / ran["outputs"]["sarif-file"]).is_file(), ran)
    (space / "no.yaml").write_text("rules: [")
    ran = run(space, paths="repos/clean", config="../no.yaml", working_directory="fixtures")
    same("a bad config", (2, "2"), (ran["code"], ran["outputs"]["exit-code"]), ran)
    ran = run(space, paths="fixtures/repos/clean", profile="none", sarif="fixtures/repos/shop/x.sarif")
    same("a bad profile", (2, "2", ""), (ran["code"], *(ran["outputs"][name] for name in ("exit-code", "findings"))), ran)
    same("no SARIF of an earlier run is passed on", "", ran["outputs"]["sarif-file"], ran)
    (space / "empty").mkdir()
    same("nothing to check", 3, run(space, paths="empty")["code"])
    same("a missing path", 2, run(space, paths="fixtures/repos/clean\nmissing")["code"])
    for name in ("path", "fail_on_", "args"):
        try:
            run(space, **{name: "x"})
        except Refused as refused:
            same("unknown inputs are refused", True, "unknown inputs" in str(refused))
        else:
            sys.exit(f"the input {name} is unknown and taken")


def nothing_is_run_or_obeyed(space):
    before = {path for path in SCRATCH.rglob("*")}
    nasty = ["$(touch pwned)", "`touch pwned`", "\"; touch pwned; \"", "'; touch pwned; '", "a\ntouch pwned\n", "x && touch pwned",
             "--output=sarif=pwned", "-osarif=pwned", "-", "*", "$HOME", "\nexit-code=0\n", "${{ github.token }}"]
    for text in nasty:
        for names in (["paths"], ["sarif"], ["working-directory"], [name for name in ACTION["inputs"] if name != "version"], ["version"]):
            given = {"paths": "fixtures/repos/shop", "annotations": "false"} | dict.fromkeys(names, text)
            folders = [SCRATCH / "stub", SCRATCH / "bin"]
            ran = run(space, path_folders=folders, **{name.replace("-", "_"): text for name, text in given.items()})
            same(f"{names}: {text!r} does not pass", True, ran["code"] != 0 and ran["outputs"]["exit-code"] in ("", str(ran["code"])), ran)
        same(f"{text!r} runs nothing", [], [path for path in SCRATCH.rglob("pwned*") if path not in before])
    hostile = space / "hostile"
    hostile.mkdir()
    line = "::add-mask::x ##[error]x ##vso[task.setvariable]x <img src=x onerror=x> [x](x)"
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": line}, "spec": {"containers": [
        {"name": f"a\n{line}", "image": "x", "env": [{"name": "OTEL_SDK_DISABLED", "value": f"1\n{line}\n::set-output::"}]}]}}
    (hostile / "::error::x,line=1.yaml").write_text(yaml.safe_dump(manifest))
    ran = run(space, paths="hostile", profile="strict", fail_on="note")
    same("a hostile repository has findings", (1, True), (ran["code"], int(ran["outputs"]["findings"]) > 0), ran)
    same("and commands nothing", set(), {name for name, *_ in ran["commands"]} - {"error", "warning", "notice"}, ran)
    same("nor is it markup", False, "<img" in ran["summary"] or "[x](x)" in ran["summary"], ran)


def where_the_program_comes_from(space):
    """An installed one wins; without one of the version that is asked for, cargo builds the action's own."""
    ran = run(space, paths="fixtures/repos/clean", version="v" + re.search(r'\nversion = "(.*)"', (ROOT / "Cargo.toml").read_text())[1])
    same("the installed version", 0, ran["code"], ran)
    stub = SCRATCH / "stub"
    ran = run(space, path_folders=[stub, SCRATCH / "bin"], paths="fixtures/repos/clean", version="999.0.0")
    same("a version that there is not", (2, ""), (ran["code"], ran["outputs"]["exit-code"]), ran)
    same("is said", 1, len(levels(ran, "error")), ran)
    if shutil.which("spanguard") is None:
        ran = run(space, path_folders=[stub], paths="fixtures/repos/clean")
        wanted = [str(ROOT), "cargo install", "cargo --locked", "cargo --path", f"cargo {ROOT}", "cargo --root"]
        same("cargo builds it, in the action's folder", (0, wanted), (ran["code"], ran["log"].splitlines()[:6]), ran)
        if os.environ.get("SPANGUARD_FULL") == "1":
            empty = SCRATCH / "empty"
            empty.mkdir()
            ran = run(space, path_folders=[empty], paths="fixtures/repos/shop")
            same("cargo builds it indeed", (1, "1"), (ran["code"], ran["outputs"]["exit-code"]), ran)


try:
    (SCRATCH / "bin").mkdir()
    (SCRATCH / "bin/spanguard").symlink_to(BINARY)
    (SCRATCH / "stub").mkdir()
    (SCRATCH / "stub/cargo").write_text(CARGO)
    (SCRATCH / "stub/cargo").chmod(0o755)
    workspace = mistakes_and_none()
    inputs_are_heeded(workspace)
    nothing_is_run_or_obeyed(workspace)
    where_the_program_comes_from(workspace)
except Refused as refused:
    sys.exit(f"action.yml: {refused}")
finally:
    shutil.rmtree(SCRATCH)
print(f"action.yml: {same.count} checks of exit codes, outputs, annotations, SARIF, summary and hostile inputs hold")
