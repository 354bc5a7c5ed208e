//! What containers are joined with.

use crate::document::Node;
use crate::repository::{Repository, SubjectKind};
use crate::source::{FileId, SourceFile};

/// A workload with an image.
fn manifest(name: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    spec:\n      containers: [{{name: app, image: '{image}'}}]\n"
    )
}

/// The first container of some files.
fn container(files: &[(&str, &str)]) -> Node {
    let file = |(index, (path, text)): (usize, &(&str, &str))| {
        SourceFile::new(FileId(u32::try_from(index).unwrap()), *path, *text)
    };
    let repository = Repository::build(files.iter().enumerate().map(file).collect());
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
