//! Objects that are defined twice.

use super::{SubjectKind, repository};

const OTHER: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: gateway, namespace: obs}\nspec: {selector: {app: gateway}, ports: [{port: 4317}]}\n";

/// How many objects clash, and what says so.
fn clashes(endpoint: &str, others: &[(&str, &str)]) -> Vec<(usize, i64)> {
    let repository = repository(endpoint, others);
    let clashes = repository.subjects.iter();
    let clashes = clashes.filter(|subject| subject.kind == SubjectKind::Clash);
    let counts = clashes.map(|subject| {
        let clash = &subject.bindings[0];
        let objects = clash.get("objects").unwrap().items().len();
        (objects, clash.get("shared").unwrap().as_int().unwrap())
    });
    counts.collect()
}

#[test]
fn what_is_defined_twice_matters_where_a_way_depends_on_it() {
    let to = "http://gateway.obs:4318";
    assert_eq!(clashes(to, &[("obs/other.yaml", OTHER)]), [(1, 1)]);
    assert_eq!(
        clashes("http://a.example.com", &[("obs/other.yaml", OTHER)]),
        []
    );
    // Another environment, another namespace, the same again, a template.
    assert_eq!(clashes(to, &[("other/other.yaml", OTHER)]), []);
    let apart = OTHER.replace("namespace: obs", "namespace: edge");
    assert_eq!(clashes(to, &[("obs/other.yaml", &apart)]), []);
    let same = "apiVersion: v1\nkind: Service\nmetadata: {namespace: obs, name: gateway}\nspec:\n  selector: {app: gateway}\n  ports: [{name: grpc, port: 4317}, {name: http, port: 4318}]\n";
    assert_eq!(clashes(to, &[("obs/other.yaml", same)]), []);
    let template = format!("{OTHER}  {{{{- if .Values.a }}}}\n  {{{{- end }}}}\n");
    assert_eq!(clashes(to, &[("obs/templates/other.yaml", &template)]), []);
}

#[test]
fn steps_of_a_test_follow_each_other() {
    let own = OTHER.replace("name: gateway,", "name: steps,");
    let other = own.replace("4317", "4318");
    let both = |one, two| clashes("http://steps.obs:4317", &[(one, &own), (two, &other)]);
    assert_eq!(both("obs/00-install.yaml", "obs/01-update.yaml"), []);
    assert_eq!(both("obs/install.yaml", "obs/update.yaml"), [(1, 1)]);
}

#[test]
fn a_service_that_only_other_environments_have_is_named_with_them() {
    let service = |port: u16| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: edge, namespace: obs}}\nspec: {{selector: {{app: gateway}}, ports: [{{port: {port}}}]}}\n"
        )
    };
    let (one, two) = (service(4317), service(4318));
    let others = [
        ("envs/one/edge.yaml", one.as_str()),
        ("envs/two/edge.yaml", two.as_str()),
    ];
    assert_eq!(
        super::hop("http://edge.obs:4318", &others),
        "? unknown (Service `edge` is in another environment: `envs/one`, `envs/two`)"
    );
}

#[test]
fn services_of_one_name_that_come_to_the_same_are_followed() {
    let others = [("obs/other.yaml", OTHER)];
    assert_eq!(
        super::hop("grpc:http://gateway.obs:4317", &others),
        "obs/gateway inferred (several Services are called `gateway`)"
    );
    assert_eq!(
        super::hop("http://gateway.obs:4319", &others),
        "? unknown (several Services of the name lead to different ends, or nowhere)"
    );
}
