"""Opens what `topology` draws as its readers would: an HTML parser, Graphviz, Mermaid and a browser without a network.

usage: try_topology.py BINARY; a browser is used if there is one, or if Playwright can fetch one, and Graphviz's `dot` if it is there
"""

import collections
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = pathlib.Path(os.environ.get("CI_TOOLS", ROOT / "target/ci-tools")).absolute()
# Apart from the environment of tools.py, whose packages are for the other scripts.
VENV = TOOLS / "topology-venv"
PACKAGES = ["html5lib==1.1", "pydot==4.0.1", "playwright==1.65.2"]
MERMAID = "11.17.2"
STARTED, SECONDS = time.monotonic(), 55
FORMATS = ["html", "mermaid", "dot", "json"]
# What an address or a name may hold to leave its place, or to be read as the language around it.
HOSTILE = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a\"b'c", "x]y)z}", "`tick`", "end", "new\nline", "semi;--> b",
           "#quot; &amp; &lt;", "back\\slash\\", "| pipe |", '"]; n0 --> n1', "</details></html>", "\\N\\G", "\u202eevil", "\x1b[31mred",
           "%%{init: {}}%%", "%%{init: {", "$$\\frac{$$", "**bold**"]
checks = collections.Counter()
faults = []


def left():
    return max(1, SECONDS - (time.monotonic() - STARTED))


def enter():
    """Goes on with the packages: the script is run again from its start."""
    if pathlib.Path(sys.prefix) == VENV:
        return
    if not (VENV / "bin/python").exists():
        venv.create(VENV, with_pip=True)
    subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
    os.execv(VENV / "bin/python", [VENV / "bin/python", *sys.argv])


def check(about, holds, complaint):
    checks[about] += 1
    if not holds:
        faults.append(f"{about}: {complaint}")


def squeezed(text):
    return " ".join(text.split())


def drawn(binary, folder):
    """The outputs for a folder, each made twice, the second time with one thread."""
    outputs = {}
    for name in FORMATS:
        made = [subprocess.run([binary, "topology", "--no-config", "--format", name, "."], cwd=folder, capture_output=True, timeout=left(),
                               env=os.environ | more) for more in ({}, {"RAYON_NUM_THREADS": "1"})]
        check(name, made[0].returncode == 0, f"{folder.name}: ends with {made[0].returncode}: {made[0].stderr.decode()[:200]}")
        check(name, made[0].stdout == made[1].stdout, f"{folder.name}: two runs differ")
        outputs[name] = made[0].stdout.decode("utf-8")
    return outputs


def places(value):
    """Every place in a report."""
    if isinstance(value, list):
        return [place for inner in value for place in places(inner)]
    if not isinstance(value, dict):
        return []
    if value.keys() == {"path", "line", "column"}:
        return [value]
    return [place for inner in value.values() for place in places(inner)]


def read_json(text, folder):
    """The report, whose places hold what they name and whose numbers point to something."""
    report = json.loads(text)

    def at(place):
        lines = (folder / place["path"]).read_text(encoding="utf-8").split("\n")
        return lines[place["line"] - 1][place["column"] - 1:] if 1 <= place["line"] <= len(lines) else ""

    for place in places(report):
        check("json", at(place).strip(), f"{place} is not in the file")
    for end in report["ends"]:
        check("json", end["environment"] < len(report["environments"]), f"{end['name']} is in no environment")
        if end["kind"] in ("service", "collector", "query") and folder.name == "rollout":
            name = end["name"].rsplit("/", 1)[-1]
            check("json", re.match(rf"name: {re.escape(name)}\b", at(end["place"])), f"{end['place']} does not name {name}")
    for hop in report["hops"]:
        ends = [hop["from"]] + ([] if hop["to"] is None else [hop["to"]])
        check("json", all(0 <= end < len(report["ends"]) for end in ends), f"a hop joins {ends}")
    for path in report["paths"]:
        check("json", all(0 <= hop < len(report["hops"]) for hop in path["hops"]), f"a path takes {path['hops']}")
    return report


def texts_of(report):
    """What is to be read in every drawing; the characters that are written as escapes are the program's affair."""
    texts = {end["name"] for end in report["ends"]} | {hop["address"] or "" for hop in report["hops"]}
    return {squeezed(text) for text in texts if text and not re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e]|\\u\{", text)}


def read_html(text, report, name):
    import html5lib

    parser = html5lib.HTMLParser()
    tree = parser.parse(text)
    check("html", not parser.errors, f"{name}: {parser.errors[:3]}")
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    tags = {element.tag.rpartition("}")[2] for element in elements}
    check("html", not tags & {"script", "img", "link", "iframe", "object", "form", "base", "a"}, f"{name}: has {sorted(tags)}")
    attributes = {attribute for element in elements for attribute in element.attrib}
    check("html", attributes <= {"lang", "charset", "name", "content", "http-equiv", "class", "open", "id", "scope", "colspan"},
          f"{name}: has {sorted(attributes)}")
    body = next(element for element in elements if element.tag.endswith("}body"))
    shown = squeezed("".join(body.itertext()))
    for expected in texts_of(report):
        check("html", expected in shown, f"{name}: does not show {expected!r}")
    for hop in report["hops"]:
        check("html", hop["certainty"] != "broken" or squeezed(hop["reason"]).replace("`", "") in shown.replace("`", ""),
              f"{name}: does not say {hop['reason']!r}")


def read_dot(text, report, name):
    import pydot

    def nodes(graph):
        return [node for node in graph.get_nodes() if re.fullmatch(r"n\d+", node.get_name())] + [
            node for inner in graph.get_subgraphs() for node in nodes(inner)]

    graphs = pydot.graph_from_dot_data(text)
    check("dot", graphs and len(graphs) == 1, f"{name}: pydot does not read it")
    if graphs:
        check("dot", len(nodes(graphs[0])) == len(report["ends"]), f"{name}: {len(nodes(graphs[0]))} nodes for {len(report['ends'])} ends")
        edges = len(graphs[0].get_edges())
        check("dot", edges == len(report["hops"]), f"{name}: {edges} edges for {len(report['hops'])} hops")
    if not shutil.which("dot"):
        return "no `dot` to be found, pydot alone"
    run = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, timeout=left())
    check("dot", run.returncode == 0 and not run.stderr, f"{name}: {run.stderr.decode()[:200]}")
    if run.returncode == 0:
        svg = xml.etree.ElementTree.fromstring(run.stdout)
        shown = {squeezed(node.text or "") for node in svg.iter("{http://www.w3.org/2000/svg}text")}
        for expected in texts_of(report):
            check("dot", expected in shown, f"{name}: Graphviz does not show {expected!r}")
    return "pydot and Graphviz"


def browser():
    """The path of a browser; Playwright's own if none is installed and it can be fetched."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if shutil.which(name):
            return shutil.which(name)
    folder = TOOLS / "browsers"
    caches = [os.environ.get("PLAYWRIGHT_BROWSERS_PATH", ""), str(folder), str(pathlib.Path.home() / ".cache/ms-playwright")]
    patterns = ["chromium*/*/chrome", "chromium*/*/headless_shell", "chromium*/*/chrome-headless-shell"]

    def cached():
        return next((path for cache in caches if cache for pattern in patterns for path in sorted(glob.glob(f"{cache}/{pattern}"))), None)

    if not cached():
        try:
            subprocess.run([VENV / "bin/playwright", "install", "chromium-headless-shell"], timeout=max(1, left() - 20), capture_output=True,
                           env=os.environ | {"PLAYWRIGHT_BROWSERS_PATH": str(folder)})
        except subprocess.TimeoutExpired:
            pass
    return cached()


def mermaid():
    """Mermaid in one file, from npm, or nothing."""
    folder = TOOLS / f"mermaid-{MERMAID}"
    target = folder / "package/dist/mermaid.min.js"
    if not target.is_file() and shutil.which("npm"):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", folder, f"mermaid@{MERMAID}"], stdout=subprocess.DEVNULL, timeout=left())
        for archive in folder.glob("*.tgz"):
            with tarfile.open(archive) as packed:
                packed.extract("package/dist/mermaid.min.js", folder, filter="data")
            archive.unlink()
    return target if target.is_file() else None


def in_browser(program, drawings):
    """Opens the pages without scripts and a network, and has Mermaid draw the charts."""
    from playwright.sync_api import Error, sync_playwright

    library = mermaid()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        try:
            chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error as error:
            return f"{program} does not start: {str(error).splitlines()[0]}"
        for name, (outputs, report) in drawings.items():
            file = pathlib.Path(folder) / f"{name}.html"
            file.write_text(outputs["html"], encoding="utf-8")
            for scripts in (False, True):
                page = chromium.new_context(java_script_enabled=scripts, offline=True).new_page()
                asked, said = [], []
                page.on("request", lambda request: asked.append(request.url))
                page.on("console", lambda message: said.append(message.text))
                page.on("pageerror", lambda error: said.append(str(error)))
                page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
                page.goto(file.as_uri())
                check("browser", asked == [file.as_uri()], f"{name}: asks for {asked}")
                check("browser", not said, f"{name}: says {said}")
                check("browser", "How traces flow" in page.inner_text("h1"), f"{name}: has no title")
                if page.locator("summary").count():
                    page.locator("summary").first.click()
                    check("browser", page.locator("details[open] ol").first.is_visible(), f"{name}: a path does not unfold")
                page.context.close()
            if library:
                page = chromium.new_context(offline=True).new_page()
                page.set_content("<div id=drawn></div>")
                page.add_script_tag(path=str(library))
                page.evaluate("mermaid.initialize({startOnLoad: false})")
                try:
                    shown = page.evaluate(
                        """async text => {
                            document.getElementById('drawn').innerHTML = (await mermaid.render('chart', text)).svg
                            const texts = which => [...document.querySelectorAll(which)].map(one => one.textContent)
                            return {labels: texts('#drawn .nodeLabel, #drawn .edgeLabel'), ends: texts('#drawn .node[id*="-n"]'),
                                hops: texts('#drawn .edgePaths > path')}
                        }""", outputs["mermaid"])
                except Error as error:
                    check("mermaid", False, f"{name}: is not drawn: {squeezed(str(error))[:240]}")
                    continue
                labels = {squeezed(label) for label in shown["labels"]}
                check("mermaid", len(shown["ends"]) == len(report["ends"]), f"{name}: {len(shown['ends'])} nodes for {len(report['ends'])} ends")
                check("mermaid", len(shown["hops"]) == len(report["hops"]), f"{name}: {len(shown['hops'])} lines for {len(report['hops'])} hops")
                for expected in texts_of(report):
                    # What a hop passes on its way into a cluster stands below its address.
                    check("mermaid", expected in labels or any(label.startswith(f"{expected}via ") for label in labels),
                          f"{name}: does not show {expected!r}")
                page.context.close()
        chromium.close()
    return program if library else f"{program}, and no Mermaid from npm"


def hostile(folder):
    """A copy of the rollout with a missing Service, a Jaeger that keeps traces in memory, and hostile names and addresses."""
    shutil.copytree(ROOT / "fixtures/repos/rollout", folder)
    service = folder / "infrastructure/gateway/service.yaml"
    service.write_text(service.read_text().replace("name: otel-collector-gateway,", "name: otel-collector-gatewy,"))

    def workload(name, **container):
        labels = {"app": "x"}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "example.com/c:1", **container}]}}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "hostile"},
                "spec": {"selector": {"matchLabels": labels}, "template": pod}}

    def sender(name, address):
        return workload(name, env=[{"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": address}])

    settings = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "m"}},
        "extensions": {"jaeger_storage": {"backends": {"m": {"memory": {"max_traces": 9}}}}, "jaeger_query": {"storage": {"traces": "m"}}},
        "service": {"extensions": ["jaeger_storage", "jaeger_query"],
                    "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}}}}
    jaeger = workload("memory", args=["--config=/etc/jaeger/config.yaml"], volumeMounts=[{"name": "v", "mountPath": "/etc/jaeger"}])
    jaeger["spec"]["template"]["spec"]["containers"][0]["image"] = "jaegertracing/jaeger:2.11.0"
    jaeger["spec"]["template"]["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "memory"}}]
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": HOSTILE[0], "namespace": "hostile"},
               "spec": {"rules": [{"host": "otlp.example.com", "http": {"paths": [
                   {"path": "/", "backend": {"service": {"name": HOSTILE[2], "port": {"number": 4317}}}}]}}]}}
    documents = [ingress, sender("entering", "https://otlp.example.com:443"), jaeger, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "memory", "namespace": "hostile"},
                          "data": {"config.yaml": json.dumps(settings)}}]
    for index, text in enumerate(HOSTILE):
        documents += [sender(text, "http://$(HOST):4317"), sender(f"address-{index}", text)]
    (folder / "hostile.yaml").write_text("\n---\n".join(json.dumps(document, indent=1) for document in documents), encoding="utf-8")
    return folder


enter()
BINARY = pathlib.Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as scratch:
    drawings, graphs = {}, ""
    for place in (ROOT / "fixtures/repos/rollout", hostile(pathlib.Path(scratch) / "hostile")):
        outputs = drawn(BINARY, place)
        report = read_json(outputs["json"], place)
        check("json", report["ends"] and report["hops"] and report["paths"], f"{place.name}: nothing is shown by that")
        read_html(outputs["html"], report, place.name)
        graphs = read_dot(outputs["dot"], report, place.name)
        drawings[place.name] = outputs, report
    program = browser()
    opened = in_browser(program, drawings) if program else "no Chromium to be found or fetched: pages and charts were not opened"
print(f"dot: {graphs}; browser: {opened}")
print(f"{sum(checks.values())} checks in {time.monotonic() - STARTED:.0f} s: " + ", ".join(f"{name} {count}" for name, count in checks.items()))
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
