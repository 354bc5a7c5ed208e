//! Our builds against those of kustomize, and what several builds leave of an object.
//!
//! `tests/kustomize/expected.yaml` is what `kubectl kustomize tests/kustomize/live` prints.

use super::*;
use crate::document::yaml::{Dialect, Input, parse};
use crate::document::{Map, Value};
use crate::source::sources;

/// What all builds agree on, as if they were of one environment.
fn agreed(files: &[SourceFile]) -> (Vec<Reading>, Vec<Made>) {
    let mut readings: Vec<Reading> = files.iter().map(crate::artifact::read).collect();
    set_patches_aside(files, &mut readings);
    let builds = Builds::new(files, &readings).unwrap();
    let reaches = builds.reaches();
    let tops: Vec<usize> = builds.tops(&reaches).collect();
    let versions = builds.versions((&tops, &reaches), Names::Given, MAX_BUILT);
    let built = builds.built((&versions, &reaches), &tops.into_iter().collect());
    built.applied(&readings)
}

fn built(files: &[(&str, &str)]) -> Vec<Node> {
    let (readings, _) = agreed(&sources(files));
    let objects = readings.iter().flat_map(|reading| &reading.artifacts);
    let objects = objects.filter_map(Artifact::object);
    objects.map(|object| object.root.clone()).collect()
}

/// A value as text without its places; keys of a map in the order of the alphabet.
fn plain(node: &Node) -> String {
    match &node.value {
        Value::Map(map) => {
            let Map { entries, open, .. } = map.as_ref();
            let mut entries: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key, plain(&entry.value)))
                .collect();
            entries.sort();
            format!("{{{}}}{}", entries.join(", "), mark(open.is_some()))
        }
        Value::List(list) => {
            let items: Vec<String> = list.items.iter().map(plain).collect();
            format!("[{}]{}", items.join(", "), mark(list.open.is_some()))
        }
        Value::Unknown(_) => "?".to_owned(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => {
            format!("{:?}", node.value)
        }
    }
}

fn mark(is_open: bool) -> &'static str {
    if is_open { "+" } else { "" }
}

macro_rules! kustomization {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../../tests/kustomize/", $path)))),*]
    };
}

#[test]
fn a_build_is_what_kustomize_builds() {
    let files = kustomization![
        "base/account.yaml",
        "base/cart.yaml",
        "base/collector.yaml",
        "base/kustomization.yaml",
        "components/traced/kustomization.yaml",
        "live/cart.yaml",
        "live/kustomization.yaml",
        "live/service.yaml",
    ];
    let [(_, expected)] = kustomization!["expected.yaml"];
    let mut ours: Vec<String> = built(&files).iter().map(plain).collect();
    let stream = parse(Input::plain(FileId(0), expected, Dialect::Kubernetes));
    let documents = stream.documents.into_iter();
    let mut theirs: Vec<String> = documents
        .map(|document| plain(&document.root.unwrap()))
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours.join("\n"), theirs.join("\n"));
    let args = ["kustomize", "live"];
    let kubectl = std::process::Command::new("kubectl")
        .args(args)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kustomize"))
        .output();
    if let Some(output) = kubectl.ok().filter(|output| output.status.success()) {
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected,
            "expected.yaml is stale"
        );
    }
}

const HEAD: &str = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
const OBJECTS: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: edge}\nspec: {ports: [{port: 4317}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec: {containers: [{name: c, image: 'a:1', env: [{name: A, value: one}]}], volumes: [{name: v, configMap: {name: conf}}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n";

/// What two overlays leave of a base, each with some lines of its own.
fn overlays(one: &str, two: &str) -> Vec<String> {
    let base = format!("{HEAD}resources: [objects.yaml]\n");
    let [one, two] = [one, two].map(|more| format!("{HEAD}resources: [../base]\n{more}"));
    let files = [
        ("base/kustomization.yaml", base.as_str()),
        ("base/objects.yaml", OBJECTS),
        ("one/kustomization.yaml", &one),
        ("two/kustomization.yaml", &two),
    ];
    built(&files).iter().map(plain).collect()
}

#[test]
fn what_builds_agree_on_is_known_and_what_they_differ_in_is_not() {
    let apart = overlays("namespace: one\n", "namespace: two\n");
    assert!(
        apart[0].contains("metadata: {name: Str(\"edge\")}"),
        "{apart:?}"
    );
    let noted = overlays("commonAnnotations: {owner: shop}\n", "");
    assert!(noted[0].contains("annotations: {}+"), "{noted:?}");
    let images = "images: [{name: a, newTag: '2'}]\n";
    let same = overlays(images, images);
    assert!(same[1].contains("image: Str(\"a:2\")"), "{same:?}");
    let other = overlays(images, "");
    assert!(other[1].contains("image: ?"), "{other:?}");
    assert!(other[1].contains("value: Str(\"one\")"), "{other:?}");
    let patch = "patches: [{patch: '{kind: Pod, apiVersion: v1, metadata: {name: pod}, spec: {containers: [{name: c, env: [{name: B, value: two}]}]}}'}]\n";
    let added = overlays(patch, "");
    let expected = "env: [{name: Str(\"A\"), value: Str(\"one\")}]+";
    assert!(added[1].contains(expected), "{added:?}");
}

#[test]
fn an_object_with_two_names_is_reached_by_neither_and_referred_to_by_what_is_written() {
    let both = overlays("namePrefix: dev-\n", "namePrefix: live-\n");
    assert!(both[0].contains("name: ?"), "{both:?}");
    assert!(
        both[1].contains("configMap: {name: Str(\"conf\")}"),
        "{both:?}"
    );
    assert!(both[2].contains("name: Str(\"conf\")"), "{both:?}");
    let same = overlays("namePrefix: live-\n", "namePrefix: live-\n");
    assert!(same[0].contains("name: Str(\"live-edge\")"), "{same:?}");
    assert!(
        same[1].contains("configMap: {name: Str(\"live-conf\")}"),
        "{same:?}"
    );
}

#[test]
fn what_nobody_can_follow_is_unknown_and_nothing_else() {
    let targeted = "patches: [{path: lost.yaml, target: {kind: Pod}}]\n";
    let lost = overlays(targeted, targeted);
    assert!(lost[1].contains("spec: ?"), "{lost:?}");
    assert!(lost[0].contains("port: Int(4317)"), "{lost:?}");
    let filled = "replacements: [{source: {kind: ConfigMap, name: conf, fieldPath: data.A}, targets: [{select: {kind: Pod}, fieldPaths: ['spec.containers.[name=c].env.[name=A].value']}]}]\n";
    let filled = overlays(filled, filled);
    assert!(
        filled[1].contains("name: Str(\"A\"), value: ?"),
        "{filled:?}"
    );
    let vars = "vars: [{name: GATE, objref: {kind: Service, name: edge, apiVersion: v1}}]\npatches: [{target: {kind: Pod}, patch: '[{op: replace, path: /spec/containers/0/env/0/value, value: http://$(GATE)}]'}]\n";
    let vars = overlays(vars, vars);
    assert!(vars[1].contains("name: Str(\"A\"), value: ?"), "{vars:?}");
    let circle = overlays("components: [../two]\n", "components: [../one]\n");
    assert!(circle[1].contains("value: Str(\"one\")"), "{circle:?}");
}

const CONFIG: &str = "receivers: {otlp: {protocols: {grpc: }}}\nexporters: {debug: }\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}}\n";

/// Objects and configurations of a file in their order; of a configuration the index of its object and its places.
fn artifacts(files: &[(&str, &str)]) -> Vec<String> {
    let files = sources(files);
    let (readings, _) = agreed(&files);
    let all = readings.iter().flat_map(|reading| &reading.artifacts);
    let shown = all.filter_map(|artifact| {
        let Some(collector) = artifact.collector() else {
            let name = artifact.object()?.root.str_at(&["metadata", "name"]);
            return name.map(str::to_owned);
        };
        let file = &files[collector.root.span.file.0 as usize];
        let place = collector.root.get("exporters").unwrap().span;
        let line = file.position(place.start).line;
        Some(format!("{:?} at {}:{line}", collector.home, file.path))
    });
    shown.collect()
}

#[test]
fn a_configuration_that_a_patch_brings_is_read_where_it_stands() {
    let text = |exporter: &str| CONFIG.replace("debug", exporter).replace('\n', "\n    ");
    let map = |exporter: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  a.yaml: |\n    {}\n",
            text(exporter)
        )
    };
    let two = format!(
        "{}---\n{}",
        map("debug"),
        map("debug").replace("conf", "other")
    );
    let (patch, over) = (
        map("otlp"),
        format!("{HEAD}resources: [../base]\npatches: [{{path: p.yaml}}]\n"),
    );
    let base = format!("{HEAD}resources: [m.yaml]\n");
    let files = [
        ("base/kustomization.yaml", base.as_str()),
        ("base/m.yaml", &two),
        ("over/kustomization.yaml", &over),
        ("over/p.yaml", &patch),
    ];
    let home = |object: usize| format!("ConfigMap {{ object: {object}, key: \"a.yaml\" }}");
    let expected = [
        "conf".to_owned(),
        format!("{} at over/p.yaml:7", home(0)),
        "other".to_owned(),
        format!("{} at base/m.yaml:17", home(2)),
    ];
    assert_eq!(artifacts(&files), expected);
    // A second build leaves it as it is: there are two configurations.
    let second = [&files[..], &[("second/kustomization.yaml", base.as_str())]].concat();
    let second: Vec<_> = second
        .iter()
        .map(|(path, text)| match *path {
            "second/kustomization.yaml" => (*path, "kind: Kustomization\nresources: [../base]\n"),
            _ => (*path, *text),
        })
        .collect();
    let places = artifacts(&second);
    assert_eq!(
        places[1..3],
        [expected[1].clone(), format!("{} at base/m.yaml:7", home(0))]
    );
    assert_eq!(places[4], format!("{} at base/m.yaml:17", home(3)));
}

#[test]
fn a_generator_makes_a_map_of_literals_files_and_variables() {
    let generator =
        "configMapGenerator: [{name: made, literals: [A=1], envs: [x.env], files: [f.txt]}]\n";
    let base = format!("{HEAD}namespace: shop\n{generator}");
    let over = format!(
        "{HEAD}resources: [../base]\nnamePrefix: live-\nconfigMapGenerator: [{{name: made, behavior: merge, literals: [A=2]}}]\n"
    );
    let files = sources(&[
        ("base/kustomization.yaml", &base),
        (
            "base/x.env",
            "# a comment\nB = two\n\n C=3=4\nD\nE=\"q\"\r\n",
        ),
        ("base/f.txt", "any"),
        ("over/kustomization.yaml", &over),
    ]);
    let (_, made) = agreed(&files);
    let [made] = &made[..] else {
        panic!("one map");
    };
    assert_eq!(
        plain(&made.root),
        "{apiVersion: Str(\"v1\"), data: {A: Str(\"2\"), B : Str(\" two\"), C: Str(\"3=4\"), D: ?, E: Str(\"\\\"q\\\"\"), f.txt: ?}, kind: Str(\"ConfigMap\"), metadata: {name: Str(\"live-made\"), namespace: Str(\"shop\")}}"
    );
    assert!(made.is_called("live-made-6ct58987ht"));
}

#[test]
fn builds_that_grow_without_end_are_cut() {
    let deep: Vec<(String, String)> = (0..40)
        .map(|at| {
            let below = at + 1;
            let text = format!("{HEAD}resources: [../k{below}, ../k{below}]\n");
            (format!("k{at}/kustomization.yaml"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = deep.iter().map(|(path, text)| (&**path, &**text)).collect();
    assert!(built(&files).is_empty());
}

#[test]
fn what_stands_behind_the_limit_is_unknown() {
    let over = format!("{HEAD}resources: [../base]\n");
    let base = format!("{HEAD}resources: [objects.yaml]\n");
    let files = sources(&[
        ("base/kustomization.yaml", &base),
        ("base/objects.yaml", OBJECTS),
        ("one/kustomization.yaml", &over),
        ("two/kustomization.yaml", &over),
    ]);
    let readings: Vec<Reading> = files.iter().map(crate::artifact::read).collect();
    let builds = Builds::new(&files, &readings).unwrap();
    let reaches = builds.reaches();
    let tops: Vec<usize> = builds.tops(&reaches).collect();
    let versions = |limit| builds.versions((&tops, &reaches), Names::Given, limit);
    let is_open = |all: &Vec<Version>| {
        all.iter()
            .any(|one| plain(&one.object.root).contains("spec: ?"))
    };
    assert!(
        versions(6)
            .values()
            .all(|all| all.len() == 2 && !is_open(all))
    );
    assert!(
        versions(1)
            .values()
            .all(|all| all.len() == 2 && is_open(all))
    );
}

#[test]
fn what_every_build_deletes_is_not_there_and_what_one_deletes_has_no_sure_address() {
    let gone = "patches: [{patch: '{kind: Service, apiVersion: v1, metadata: {name: edge}, $patch: delete}'}]\n";
    let both = overlays(gone, gone);
    assert!(both.len() == 2 && !both[0].contains("Service"), "{both:?}");
    let one = overlays(gone, "");
    assert!(one.len() == 3 && one[0].contains("name: ?"), "{one:?}");
    let selected = overlays(
        &gone.replace(
            "patches: [{",
            "patches: [{target: {labelSelector: 'app=x'}, ",
        ),
        "",
    );
    assert!(selected[0].contains("name: Str(\"edge\")"), "{selected:?}");
}

/// What each environment makes of the replicas of a workload, with what is judged elsewhere.
fn environments(files: &[(&str, &str)]) -> Vec<String> {
    let files = sources(files);
    let mut readings: Vec<Reading> = files.iter().map(crate::artifact::read).collect();
    let views = views(&files, &mut readings);
    assert!(readings.iter().all(|reading| !reading.differs));
    let told = views.iter().map(|view| {
        let objects = view.readings.iter().flat_map(|reading| &reading.artifacts);
        let replicas = objects.filter_map(|artifact| {
            let root = &artifact.object()?.root;
            let name = root.str_at(&["metadata", "name"])?;
            let is_elsewhere = view.built.elsewhere.contains(&root.span.file);
            let sign = if is_elsewhere { "elsewhere" } else { "here" };
            Some(format!(
                "{name} {} {sign}",
                plain(root.at(&["spec", "replicas"])?)
            ))
        });
        format!(
            "{}: {}",
            view.built.name,
            replicas.collect::<Vec<_>>().join(", ")
        )
    });
    told.collect()
}

#[test]
fn overlays_of_one_name_are_one_environment_and_those_of_others_are_judged_with_theirs() {
    let object = |name: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: 9}}\n"
        )
    };
    let base = format!("{HEAD}resources: [o.yaml]\n");
    let over = |name: &str, count: u8| {
        format!("{HEAD}resources: [../base]\nreplicas: [{{name: {name}, count: {count}}}]\n")
    };
    let [cart, gate, other] = ["cart", "gate", "other"].map(object);
    let overlays = [
        over("cart", 1),
        over("cart", 2),
        over("gate", 3),
        over("gate", 4),
        over("other", 5),
        over("other", 6),
    ];
    let files = [
        ("cart/base/kustomization.yaml", base.as_str()),
        ("cart/base/o.yaml", &cart),
        ("cart/live/kustomization.yaml", &overlays[0]),
        ("cart/test/kustomization.yaml", &overlays[1]),
        ("gate/base/kustomization.yaml", &base),
        ("gate/base/o.yaml", &gate),
        ("gate/live/kustomization.yaml", &overlays[2]),
        ("gate/test/kustomization.yaml", &overlays[3]),
        ("other/base/kustomization.yaml", &base),
        ("other/base/o.yaml", &other),
        ("other/east/kustomization.yaml", &overlays[4]),
        ("other/west/kustomization.yaml", &overlays[5]),
    ];
    let four = [
        "cart Int(1) here, gate Int(3) here",
        "cart Int(2) here, gate Int(4) here",
    ];
    let named = [format!("live: {}", four[0]), format!("test: {}", four[1])];
    assert_eq!(environments(&files[..8]), named);
    let elsewhere = "cart ? elsewhere, gate ? elsewhere, other";
    let expected = [
        format!("east: {elsewhere} Int(5) here"),
        format!("live: {}, other ? elsewhere", four[0]),
        format!("test: {}, other ? elsewhere", four[1]),
        format!("west: {elsewhere} Int(6) here"),
    ];
    assert_eq!(environments(&files), expected);
    assert_eq!(environments(&files[..2]), [": cart Int(9) here"]);
    // A single overlay is one of the environment that its folder names.
    let single = "test: cart Int(2) here, gate Int(3) elsewhere";
    assert_eq!(environments(&files[..7]), [named[0].as_str(), single]);
    // Settings may call them otherwise.
    let settings = "environments: {production: ['*/live'], staging: [cart/test]}\n";
    let set = [&files[..8], &[("spanguard.yaml", settings)]].concat();
    let starts = ["production: ", "staging: ", "test: "];
    let told = environments(&set);
    assert!(
        told.iter()
            .zip(starts)
            .all(|(told, start)| told.starts_with(start))
    );
    assert!(environments(&files[1..2]).is_empty());
}
