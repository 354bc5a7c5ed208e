//! What containers are joined with.

use crate::document::Node;
use crate::repository::{Repository, SubjectKind};
use crate::source::sources;

/// A workload with an image.
fn manifest(name: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    spec:\n      containers: [{{name: app, image: '{image}'}}]\n"
    )
}

/// The first container of some files.
fn container(files: &[(&str, &str)]) -> Node {
    let repository = Repository::build(sources(files));
    let mut subjects = repository.subjects.iter();
    let found = subjects.find(|subject| subject.kind == SubjectKind::Container);
    found.unwrap().bindings[0].clone()
}

/// What builds the image, what tells it, and how sure that is.
fn recipe(files: &[(&str, &str)]) -> String {
    let container = container(files);
    let part = |part| container.str_at(&["recipe", part]);
    let told = ["path", "told_by", "certainty"].map(part);
    let is_built = container.get("built").is_some();
    assert_eq!(
        is_built,
        told[2].is_some_and(|certainty| certainty != "guessed")
    );
    told.map(Option::unwrap_or_default).join(" ")
}

const FROM: &str = "FROM scratch\n";

#[test]
fn a_dockerfile_in_a_folder_of_the_name_of_the_image_builds_it() {
    let cart = manifest("web", "registry.example.com/shop/cart:1.0");
    let one = [
        ("deploy/cart.yaml", &*cart),
        ("services/cart/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&one), "services/cart/Dockerfile name inferred");
    let own = [
        ("deploy/cart.yaml", &*cart),
        ("docker/Dockerfile.cart", FROM),
    ];
    assert_eq!(recipe(&own), "docker/Dockerfile.cart name inferred");
    let nearest = [
        ("a/cart/deploy/cart.yaml", &*cart),
        ("a/cart/Dockerfile", FROM),
        ("b/cart/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&nearest), "a/cart/Dockerfile name inferred");
    let several = [
        ("deploy/cart.yaml", &*cart),
        ("a/cart/Dockerfile", FROM),
        ("b/cart/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&several), "  ");
}

#[test]
fn an_image_is_not_built_by_what_starts_from_it() {
    let cache = manifest("web", "example/cache:7");
    let from = |base: &str| {
        let dockerfile = format!("FROM {base}\n");
        recipe(&[
            ("deploy/web.yaml", &*cache),
            ("deploy/other.yaml", &*manifest("other", "other:1")),
            ("images/cache/Dockerfile", &*dockerfile),
        ])
    };
    assert_eq!(from("redis:7"), "images/cache/Dockerfile name inferred");
    assert_eq!(
        from("example/cache:7"),
        "images/cache/Dockerfile place guessed"
    );
}

#[test]
fn an_image_is_not_built_by_a_dockerfile_of_another_repository() {
    let cart = manifest("web", "registry.example.com/shop/cart:1.0");
    let files = [
        ("shop/deploy/cart.yaml", &*cart),
        ("pay/cart/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&files), "pay/cart/Dockerfile name inferred");
    let workflow = "on: push\n";
    let two = [&files[..], &[("pay/.github/workflows/test.yml", workflow)]].concat();
    assert_eq!(recipe(&two), "  ");
}

#[test]
fn a_name_of_the_workload_or_a_lonely_place_lets_guess() {
    let cart = manifest("cart", "registry.example.com/shop/cart-image:1.0");
    let named = [
        ("deploy/cart.yaml", &*cart),
        ("services/cart/src/Dockerfile", FROM),
        ("services/order/src/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&named), "services/cart/src/Dockerfile place guessed");
    let lonely = [("deploy/web.yaml", &*cart), ("Dockerfile", FROM)];
    assert_eq!(recipe(&lonely), "Dockerfile place guessed");
    let own = manifest("cart", "registry.example.com/shop/cart:1.0");
    let overlay = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart}\nspec: {template: {spec: {containers: [{name: cart}]}}}\n";
    let sole = [
        ("deploy/base/web.yaml", &*own),
        ("deploy/overlays/one/web.yaml", overlay),
        ("Dockerfile", FROM),
    ];
    assert_eq!(recipe(&sole), "Dockerfile place inferred");
    let other = manifest("order", "registry.example.com/shop/order:1.0");
    let two = [
        ("deploy/web.yaml", &*cart),
        ("deploy/order.yaml", &*other),
        ("Dockerfile", FROM),
    ];
    assert_eq!(recipe(&two), "  ");
}

#[test]
fn lists_of_packages_beside_the_dockerfile_belong_to_the_image() {
    let cart = manifest("cart", "registry.example.com/shop/cart:1.0");
    let packages = |files: &[(&str, &str)]| {
        let container = container(files);
        let paths = container.get("packages").unwrap().items().iter();
        let paths: Vec<&str> = paths.filter_map(Node::as_str).collect();
        paths.join(" ")
    };
    let beside = [
        ("deploy/cart.yaml", &*cart),
        ("services/cart/Dockerfile", FROM),
        ("services/cart/requirements.txt", "flask==3.0\n"),
        ("services/order/requirements.txt", "flask==3.0\n"),
    ];
    assert_eq!(packages(&beside), "services/cart/requirements.txt");
    let without = [
        ("deploy/cart.yaml", &*cart),
        ("services/cart/requirements.txt", "flask==3.0\n"),
    ];
    assert_eq!(packages(&without), "services/cart/requirements.txt");
}

#[test]
fn what_lists_of_packages_state_is_known_where_the_dockerfile_is() {
    let cart = manifest("cart", "registry.example.com/shop/cart:1.0");
    let lists = |files: &[(&str, &str)]| container(files).get("dependencies").unwrap().clone();
    let beside = [
        ("deploy/cart.yaml", &*cart),
        ("services/cart/Dockerfile", FROM),
        ("services/cart/requirements.txt", "flask==3.0\n"),
    ];
    let found = lists(&beside);
    assert!(found.openness().is_none());
    assert_eq!(found.items()[0].str_at(&["packages", "flask"]), Some("3.0"));
    let without_list = lists(&beside[..2]);
    assert!(without_list.items().is_empty() && without_list.openness().is_some());
    let without_dockerfile = [beside[0], beside[2]];
    assert!(lists(&without_dockerfile).is_unknown());
}

#[test]
fn steps_of_stages_that_files_are_copied_from_make_the_image_too() {
    let cart = manifest("cart", "registry.example.com/shop/cart:1.0");
    let steps = |dockerfile: &str| {
        let container = container(&[
            ("deploy/cart.yaml", &*cart),
            ("services/cart/Dockerfile", dockerfile),
        ]);
        let steps = container.get("steps").unwrap().clone();
        let own = steps.items().iter();
        let own = own.filter(|step| step.str_at(&["keyword"]) != Some("FROM"));
        let texts: Vec<&str> = own.filter_map(|step| step.str_at(&["text"])).collect();
        (texts.join("; "), steps.openness().is_some())
    };
    let staged = "FROM python:3.13 AS base\nRUN a\nFROM base AS build\nRUN b\nFROM base AS test\nRUN c\nFROM base\nCOPY --from=build /x /x\nRUN d\n";
    assert_eq!(steps(staged), ("a; b; /x /x; d".to_owned(), false));
    let numbered = "FROM python:3.13\nRUN a\nFROM python:3.13\nCOPY --from=0 /x /x\n";
    assert_eq!(steps(numbered), ("a; /x /x".to_owned(), false));
    let installer = "FROM python:3.13\nCOPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\n";
    assert_eq!(steps(installer), ("/uv /bin/".to_owned(), false));
    let elsewhere = "FROM python:3.13\nCOPY --from=example.com/base:1 /x /x\n";
    assert_eq!(steps(elsewhere), ("/x /x".to_owned(), true));
}

#[test]
fn arguments_take_the_place_of_cmd_and_a_command_that_of_everything() {
    let started = |lines: &str, dockerfile: &str| {
        let cart = manifest("cart", "registry.example.com/shop/cart:1.0");
        let cart = cart.replace("image:", &format!("{lines}image:"));
        let container = container(&[
            ("deploy/cart.yaml", &*cart),
            ("services/cart/Dockerfile", dockerfile),
        ]);
        let line = container.get("command_line").unwrap();
        let words: Vec<&str> = line.items().iter().filter_map(Node::as_str).collect();
        if line.is_unknown() {
            "?".to_owned()
        } else {
            words.join(" ")
        }
    };
    let both = "FROM python:3.13\nENTRYPOINT [\"a\"]\nCMD [\"b\"]\n";
    assert_eq!(started("", both), "a b");
    assert_eq!(started("args: [c], ", both), "a c");
    assert_eq!(started("command: [d], ", both), "d");
    assert_eq!(started("command: [d], args: [c], ", both), "d c");
    assert_eq!(started("", "FROM python:3.13\n"), "?");
    let shell = "FROM python:3.13\nENTRYPOINT a x\nCMD b\n";
    assert_eq!(started("args: [c], ", shell), "a x");
}

/// A compose file that builds the image in a folder.
fn compose(image: &str, build: &str) -> String {
    format!("services:\n  cart: {{image: '{image}', build: {build}}}\n")
}

#[test]
fn a_build_file_that_names_the_image_is_exact() {
    let cart = manifest("cart", "registry.example.com/shop/cart:1.0");
    let told = compose(
        "registry.example.com/shop/cart:dev",
        "{context: src, dockerfile: web/Dockerfile}",
    );
    let files = [
        ("deploy/cart.yaml", &*cart),
        ("compose.yaml", &told),
        ("src/web/Dockerfile", FROM),
        ("cart/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&files), "src/web/Dockerfile compose exact");
    let skaffold = "apiVersion: skaffold/v4beta11\nkind: Config\nbuild: {artifacts: [{image: registry.example.com/shop/cart, context: src/web}]}\n";
    let agreeing = [&files[..], &[("skaffold.yaml", skaffold)]].concat();
    assert_eq!(recipe(&agreeing), "src/web/Dockerfile compose exact");
    let other = skaffold.replace("src/web", "cart");
    let disagreeing = [&files[..], &[("skaffold.yaml", &other)]].concat();
    assert_eq!(recipe(&disagreeing), "cart/Dockerfile place guessed");
    let elsewhere = [files[0], ("compose.yaml", &told), files[3]];
    assert_eq!(recipe(&elsewhere), "cart/Dockerfile place guessed");
}

#[test]
fn a_pipeline_and_a_name_without_a_registry_are_inferred() {
    let cart = manifest("cart", "ghcr.io/example/cart:1.0");
    let workflow = "jobs:\n  build:\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {context: src/web, tags: 'ghcr.io/${{ github.repository_owner }}/cart:latest'}\n";
    let files = [
        ("deploy/cart.yaml", &*cart),
        (".github/workflows/build.yml", workflow),
        ("src/web/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&files), "src/web/Dockerfile pipeline inferred");
    let local = compose("cart", "src/web");
    let files = [files[0], ("compose.yaml", &local), files[2]];
    assert_eq!(recipe(&files), "src/web/Dockerfile compose inferred");
    let and_a_name = [&files[..], &[("cart/Dockerfile", FROM)]].concat();
    assert_eq!(recipe(&and_a_name), "cart/Dockerfile place guessed");
    let other = compose("quay.io/other/cart", "src/web");
    let files = [files[0], ("compose.yaml", &other), files[2]];
    assert_eq!(recipe(&files), "src/web/Dockerfile place guessed");
}

#[test]
fn a_name_without_a_registry_is_built_near_its_manifest() {
    let plain = manifest("web", "redis:7");
    let told = compose("redis", "images/redis");
    let own = [
        ("shop/deploy/web.yaml", &*plain),
        ("shop/compose.yaml", &told),
        ("shop/images/redis/Dockerfile", FROM),
        ("other/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&own), "shop/images/redis/Dockerfile compose exact");
    let far = [
        ("shop/deploy/web.yaml", &*plain),
        ("shop/deploy/other.yaml", &*manifest("other", "other:1")),
        ("cache/compose.yaml", &told),
        ("cache/images/redis/Dockerfile", FROM),
    ];
    assert_eq!(recipe(&far), "cache/images/redis/Dockerfile place guessed");
}

#[test]
fn stages_and_arguments_of_the_build_decide_what_is_built() {
    let cart = manifest("cart", "r.example.com/cart:1.0");
    let dockerfile = "ARG BASE=debian\nFROM $BASE AS run\nENV A=1\nFROM scratch AS test\n";
    let built = |build: &str| {
        let told = compose("r.example.com/cart", build);
        let files = [
            ("deploy/cart.yaml", &*cart),
            ("compose.yaml", &told),
            ("cart/Dockerfile", dockerfile),
        ];
        let built = container(&files).get("built").cloned();
        built.map(|stage| stage.str_at(&["image"]).unwrap_or("?").to_owned())
    };
    assert_eq!(built("cart").as_deref(), Some("scratch"));
    assert_eq!(
        built("{context: cart, target: run}").as_deref(),
        Some("debian")
    );
    assert_eq!(
        built("{context: cart, target: run, args: {BASE: alpine}}").as_deref(),
        Some("alpine")
    );
    assert_eq!(
        built("{context: cart, target: '0', args: {BASE: '${BASE}'}}").as_deref(),
        Some("?")
    );
    assert_eq!(built("{context: cart, target: nope}"), None);
}

#[test]
fn what_the_settings_say_wins() {
    let cart = manifest("cart", "registry.example.com/shop/cart:1.0");
    let told = compose("registry.example.com/shop/cart", "src/web");
    let with = |settings: &str| {
        recipe(&[
            ("deploy/cart.yaml", &*cart),
            ("compose.yaml", &told),
            ("spanguard.yaml", settings),
            ("src/web/Dockerfile", FROM),
            ("docker/Dockerfile", FROM),
        ])
    };
    let own = "services: {cart: {dockerfile: ./docker/Dockerfile}}";
    assert_eq!(with(own), "docker/Dockerfile settings exact");
    let named = "services: {x: {workload: shop/cart, dockerfile: docker/Dockerfile}}";
    assert_eq!(with(named), "docker/Dockerfile settings exact");
    let other = "services: {cart: {workload: pay/cart, dockerfile: docker/Dockerfile}}";
    assert_eq!(with(other), "src/web/Dockerfile compose exact");
    let image = "services: {cart: {image: example.com/proxy, dockerfile: docker/Dockerfile}}";
    assert_eq!(with(image), "src/web/Dockerfile compose exact");
    let gone = "services: {cart: {dockerfile: nowhere/Dockerfile}}";
    assert_eq!(with(gone), "  ");
}

#[test]
fn the_language_is_that_of_the_dockerfile_a_build_file_names() {
    let cart = manifest("cart", "registry.example.com/shop/cart:1.0");
    let told = compose("registry.example.com/shop/cart", "src/web");
    let files = [
        ("deploy/cart.yaml", &*cart),
        ("compose.yaml", &told),
        (
            "src/web/Dockerfile",
            "FROM node:22-slim\nCMD [\"node\", \"main.js\"]\n",
        ),
    ];
    let repository = Repository::build(sources(&files));
    let mut subjects = repository.subjects.iter();
    let of_container = |own: &str| own.starts_with("Deployment/");
    let found = subjects
        .find(|subject| subject.kind == SubjectKind::Environment && of_container(&subject.object));
    let languages = found.unwrap().bindings[0].get("languages").unwrap().clone();
    assert_eq!(languages.items()[0].as_str(), Some("nodejs"));
}
