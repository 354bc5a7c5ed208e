//! What build files come to.

use proptest::prelude::*;

use super::*;
use crate::artifact::{DocumentState, Skip, read};
use crate::source::FileId;

/// What a file builds: the tool, the images, the Dockerfile, its stage and its arguments.
fn builds(path: &str, text: &str) -> Vec<String> {
    let reading = read(&SourceFile::new(FileId(0), path, text));
    assert!(reading.errors.is_empty(), "{:?}", reading.errors);
    let told = |recipe: &Recipe| {
        let arguments = recipe.arguments.iter().map(|(name, value)| {
            let value = value.as_deref().unwrap_or("?");
            format!("{name}={value}")
        });
        let target = recipe.target.as_deref();
        let parts = [
            recipe.images.join(","),
            recipe.dockerfile.clone().unwrap_or("-".to_owned()),
            target.unwrap_or_default().to_owned(),
            arguments.collect::<Vec<String>>().join(","),
        ];
        parts.join(" ").trim_end().replace(UNTOLD, "*")
    };
    reading.recipes.iter().map(told).collect()
}

#[test]
fn compose_files_say_what_services_are_built_from() {
    let text = "\
services:
  cart:
    image: ${REGISTRY:-registry.example.com}/shop/cart:${TAG:-latest}
    build:
      context: ./services/cart
      dockerfile: docker/Dockerfile
      target: run
      args: {PYTHON: '3.13', TOKEN: , COMMIT: '${COMMIT}'}
  order:
    build: services/order
  web:
    image: ${IMAGE}
    build: {context: ../web, args: [A=1, B]}
  inline:
    build:
      dockerfile_inline: FROM scratch
  far:
    build: https://example.com/far.git
  database:
    image: postgres:17
";
    assert_eq!(
        builds("deploy/compose.yaml", text),
        [
            "registry.example.com/shop/cart:latest deploy/services/cart/docker/Dockerfile run PYTHON=3.13,TOKEN=?,COMMIT=?",
            "order deploy/services/order/Dockerfile",
            "inline -",
            "far -",
        ]
    );
    assert!(builds("deploy/services.yaml", text).is_empty());
}

#[test]
fn what_a_compose_file_changes_of_another_one_is_not_whole() {
    let text = "services:\n  cart: {build: {target: dev}}\n  web: {build: ./web}\n";
    assert_eq!(
        builds("compose.override.yaml", text),
        ["web web/Dockerfile"]
    );
    assert_eq!(
        builds("compose.yaml", text),
        ["cart Dockerfile dev", "web web/Dockerfile"]
    );
}

#[test]
fn skaffold_says_which_artifacts_have_dockerfiles() {
    let text = "\
apiVersion: skaffold/v4beta11
kind: Config
build:
  artifacts:
    - image: cart
      context: src/cart
      docker: {dockerfile: Dockerfile.prod, target: run, buildArgs: {JAVA: '21', TAG: '{{.IMAGE_TAG}}'}}
    - image: registry.example.com/shop/web
    - {image: auth, context: auth, jib: {}}
    - {image: pay, context: pay, kaniko: {dockerfile: build/Dockerfile}}
profiles:
  - name: debug
    build: {artifacts: [{image: cart, context: debug}]}
";
    assert_eq!(
        builds("skaffold.yaml", text),
        [
            "cart src/cart/Dockerfile.prod run JAVA=21,TAG=?",
            "registry.example.com/shop/web Dockerfile",
            "auth -",
            "pay pay/build/Dockerfile",
        ]
    );
    let reading = read(&SourceFile::new(FileId(0), "skaffold.yaml", text));
    assert!(reading.artifacts.is_empty(), "it is no object");
    assert_eq!(reading.documents, [DocumentState::Skipped(Skip::BuildFile)]);
}

#[test]
fn bake_files_are_read_in_both_forms() {
    let hcl = r#"
# What everything shares.
variable "REGISTRY" { default = "registry.example.com/shop" }
variable "TAG" {
  default = null
}
group "default" { targets = ["cart", "web"] }
target "_base" {
  context = "services"
  args = { BASE = "python:3.13", COMMIT = env("COMMIT") }
}
target "cart" {
  inherits   = ["_base"]
  dockerfile = "cart/Dockerfile" // beside its program
  target     = "run"
  tags       = ["${REGISTRY}/cart:${TAG}", "${REGISTRY}/cart:latest"]
}
target "jobs" {
  name    = "job-${item.name}"
  matrix  = { item = [{ name = "report" }, { name = "export" }] }
  context = "jobs/${item.name}"
  tags    = ["${REGISTRY}/${item.name}"]
}
target "web" {
  context = WEB
  tags = notequal("", REGISTRY) ? formatlist("${REGISTRY}/web:%s", compact(["a", "b"])) : []
  labels = <<EOT
} not a bracket
EOT
}
"#;
    let wanted = [
        "registry.example.com/shop/cart:,registry.example.com/shop/cart:latest services/cart/Dockerfile run BASE=python:3.13,COMMIT=?",
        "registry.example.com/shop/report jobs/report/Dockerfile",
        "registry.example.com/shop/export jobs/export/Dockerfile",
        "web -",
    ];
    let found = builds("docker-bake.hcl", hcl);
    assert_eq!(
        found,
        ["_base services/Dockerfile  BASE=python:3.13,COMMIT=?"]
            .into_iter()
            .chain(wanted)
            .collect::<Vec<&str>>()
    );
    let json = r#"{"variable": {"REGISTRY": {"default": "registry.example.com/shop"}},
        "target": {"cart": {"context": "cart", "tags": ["${REGISTRY}/cart"]}}}"#;
    assert_eq!(
        builds("docker-bake.json", json),
        ["registry.example.com/shop/cart cart/Dockerfile"]
    );
}

#[test]
fn what_is_no_hcl_builds_nothing() {
    for text in [
        "target \"a\" {",
        "target \"a\" { context = }",
        "}",
        "target \"a\" { tags = [\"${\" ] }",
        "\"",
        "a = <<X",
        "target = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "a \"b\" \"c\" \"d\"",
    ] {
        assert!(builds("docker-bake.hcl", text).is_empty(), "{text}");
    }
    let deep = "a {".repeat(10_000);
    assert!(builds("docker-bake.hcl", &deep).is_empty());
    let labels = format!("a {} {{}}", "\"b\" ".repeat(10_000));
    assert!(builds("docker-bake.hcl", &labels).is_empty());
}

#[test]
fn workflows_build_with_actions_and_commands() {
    let text = r#"
on: push
env: {REGISTRY: ghcr.io/example}
jobs:
  images:
    strategy:
      matrix:
        service: [cart, order]
        include:
          - {service: order, file: docker/order.Dockerfile}
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: services/${{ matrix.service }}
          file: ${{ matrix.file }}
          tags: |
            ${{ env.REGISTRY }}/${{ matrix.service }}:${{ github.sha }}
            ${{ env.REGISTRY }}/${{ matrix.service }}:latest
          build-args: VERSION=${{ github.sha }}
  web:
    env: {IMAGE: "${{ env.REGISTRY }}/${{ github.job }}/web"}
    steps:
      - id: meta
        uses: docker/metadata-action@v5
        with: {images: "ghcr.io/${{ github.repository_owner }}/web"}
      - uses: docker/build-push-action@v6
        with: {tags: "${{ steps.meta.outputs.tags }}", target: run}
      - working-directory: services
        run: |
          cd web && DOCKER_BUILDKIT=1 docker build -t "$IMAGE:$(git rev-parse HEAD)" \
            --platform linux/amd64 --build-arg=NODE=22 -f build/Dockerfile . > out.log 2>&1
      - run: docker buildx build --push --tag ${IMAGE}:latest -
      - run: for s in a b; do docker build -t reg/$s ./$s; done
"#;
    assert_eq!(
        builds(".github/workflows/build.yml", text),
        [
            "ghcr.io/example/cart:*,ghcr.io/example/cart:latest services/cart/Dockerfile  VERSION=?",
            "ghcr.io/example/order:*,ghcr.io/example/order:latest docker/order.Dockerfile  VERSION=?",
            "ghcr.io/*/web Dockerfile run",
            "ghcr.io/example/*/web:* services/web/build/Dockerfile  NODE=22",
            "ghcr.io/example/*/web:latest -",
        ]
    );
    assert!(builds("ci/build.yml", text).is_empty());
}

#[test]
fn pipelines_of_gitlab_build_with_commands() {
    let text = r#"
variables: {NAME: cart}
build:
  variables: {FOLDER: {value: services/cart}}
  script:
    - docker login "$CI_REGISTRY"
    - IMAGE="$CI_REGISTRY_IMAGE/$NAME"
    - docker build -t $IMAGE:$CI_COMMIT_SHA "$FOLDER"
"#;
    assert_eq!(
        builds("shop/.gitlab-ci.yml", text),
        ["*/cart:* shop/services/cart/Dockerfile"]
    );
}

#[test]
fn paths_stay_inside_the_files() {
    assert_eq!(joined("a/b", "../c/./d").as_deref(), Some("a/c/d"));
    assert_eq!(joined("a", "..").as_deref(), Some(""));
    assert_eq!(joined("", "."), Some(String::new()));
    for (folder, path) in [
        ("a", "../.."),
        ("", ".."),
        ("../x", "../.."),
        ("a", "/etc"),
        ("a", "https://example.com/a.git"),
        ("/x", "../.."),
    ] {
        assert_eq!(joined(folder, path), None, "{folder} {path}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_a_reader(text in "[a-z\\\\\"'${}()\\[\\]<>=.,:;&|#/\\n -]{0,80}") {
        for path in ["docker-bake.hcl", "compose.yaml", ".github/workflows/a.yml"] {
            let _reading = read(&SourceFile::new(FileId(0), path, text.as_str()));
        }
        let _recipes = shell::builds(&text, "", Span::new(FileId(0), 0, 0), &|_| None);
        let _text = filled(&text, &|inner| variable(inner, &|_| None));
    }
}
