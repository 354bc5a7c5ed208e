//! Files that are made from the program: they are compared, and rewritten with `UPDATE=1`.

use std::fmt::Write as _;
use std::path::Path;

use spanguard::expr::documentation;
use spanguard::repository::schema::{RECORDS, SubjectKind};

use crate::sandbox::here;

fn compare(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is stale: UPDATE=1 cargo test rewrites it"
    );
}

#[test]
fn schemas_are_fresh() {
    for of in ["policy", "settings", "report", "topology"] {
        compare(&format!("schemas/{of}.json"), &here(&["schema", of]).stdout);
    }
}

#[test]
fn rule_pages_are_fresh() {
    compare(
        "policies/README.md",
        &here(&["rules", "--no-config", "-o", "markdown"]).stdout,
    );
}

#[test]
fn the_reference_of_subjects_and_functions_is_fresh() {
    let mut page = String::from(
        "# Subjects and functions\n\nWhat the expressions of a policy may use. Generated from the tables that expressions are checked against.\n\n## Subjects\n",
    );
    for kind in SubjectKind::ALL {
        let variables: Vec<String> = kind
            .variables()
            .iter()
            .map(|variable| format!("`{}`", variable.name))
            .collect();
        writeln!(page, "\n- `{}` sees {}", kind.name(), variables.join(", ")).unwrap();
    }
    page.push_str(
        "\n`params.name` stands for a parameter of the rule, `item` for the element of `each`.\n",
    );
    for record in RECORDS {
        writeln!(page, "\n### {}\n\n{}\n", record.name, record.doc).unwrap();
        for field in record.fields {
            writeln!(
                page,
                "- `{}` ({}): {}",
                field.name,
                field.ty.name(),
                field.doc
            )
            .unwrap();
        }
    }
    page.push_str("\n## Functions\n\nCEL's operators and `has`, `all`, `exists`, `exists_one`, `map` and `filter`; `.orValue(x)` is the value, or `x` where it is absent; and:\n\n");
    for function in documentation() {
        writeln!(
            page,
            "- {} gives {}: {}",
            function.usage, function.returns, function.doc
        )
        .unwrap();
    }
    compare("policies/REFERENCE.md", &page);
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let excerpt = readme
        .split("```text\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let printed = here(&["check", "fixtures/repos/shop"]).stdout;
    for block in excerpt.split("...\n") {
        assert!(printed.contains(block.trim_end()), "not printed:\n{block}");
    }
}
