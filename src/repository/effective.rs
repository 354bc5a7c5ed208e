//! What a process of a container finally sees of its variables, and what sets each.
//!
//! Kubernetes puts `env` over `envFrom` over what the image sets. The operator adds to `env` what is not in it, and so
//! stands over the other two. Variables win over what the configuration of an Erlang release says of the same, and system
//! properties of a JVM, such as `-Dotel.service.name=cart`, and flags of `opentelemetry-instrument` win over variables.

use std::collections::BTreeMap;

use crate::document::{Entry, MapBuilder, Node, Reason};
use crate::repository::options::{flags, properties};
use crate::source::Span;

/// What sets a variable, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setter {
    Release,
    Image,
    EnvFrom,
    Operator,
    Env,
    Property,
    Flag,
}

impl Setter {
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Image => "image",
            Self::EnvFrom => "envFrom",
            Self::Operator => "operator",
            Self::Env => "env",
            Self::Property => "property",
            Self::Flag => "flag",
        }
    }
}

/// The variables of a container with what sets them; `operator` are those that an Instrumentation gives.
pub(super) struct Effective {
    pub(super) variables: Node,
    /// For each variable the name of what sets it.
    pub(super) set_by: Node,
}

impl Effective {
    pub(super) fn of<'n>(container: &'n Node, operator: Option<&'n Node>) -> Self {
        let list = container.get("env_entries").map_or(&[][..], Node::items);
        let listed: Vec<&str> = list
            .iter()
            .filter_map(|entry| entry.str_at(&["name"]))
            .collect();
        let of_image = container.at(&["built", "env"]);
        let of_release = container.get("release");
        let own = container.get("env");
        let setter = |name: &str| {
            if listed.contains(&name) {
                Setter::Env
            } else {
                Setter::EnvFrom
            }
        };
        let entries = |map: Option<&'n Node>| map.map_or(&[][..], Node::entries).iter();
        let from_release = entries(of_release).map(|entry| (Setter::Release, entry));
        let from_image = entries(of_image).map(|entry| (Setter::Image, entry));
        let from_manifest = entries(own).map(|entry| (setter(&entry.key), entry));
        let added = entries(operator).map(|entry| (Setter::Operator, entry));
        let mut set: BTreeMap<&str, (Setter, &Entry)> = BTreeMap::new();
        for (setter, entry) in from_release
            .chain(from_image)
            .chain(from_manifest)
            .chain(added)
        {
            let before = set.get(entry.key.as_str());
            if before.is_none_or(|(other, _)| *other <= setter) {
                set.insert(&entry.key, (setter, entry));
            }
        }
        let words = container.get("command_line");
        let flags = flags(words);
        let properties = properties(words, |name| set.get(name).map(|(_, entry)| &entry.value));
        for entry in &properties {
            set.insert(&entry.key, (Setter::Property, entry));
        }
        for entry in &flags {
            set.insert(&entry.key, (Setter::Flag, entry));
        }
        let at = own.map_or(container.label(), Node::label);
        let untold = || Reason::Elsewhere("what its image sets".into());
        let open = own.and_then(Node::openness);
        let open = open.or_else(|| of_release.and_then(Node::openness));
        let open = open.or_else(|| match of_image {
            Some(env) => env.openness(),
            None => Some(untold()),
        });
        Self::new(at, set, open)
    }

    fn new(at: Span, set: BTreeMap<&str, (Setter, &Entry)>, open: Option<Reason>) -> Self {
        let (mut variables, mut set_by) = (MapBuilder::new(at), MapBuilder::new(at));
        variables.label(at);
        set_by.label(at);
        for (name, (setter, entry)) in set {
            let key = entry.key_span;
            variables.put_at(name, key, entry.value.clone());
            set_by.put_at(name, key, Node::string(key, setter.name()));
        }
        if let Some(reason) = open {
            variables.open(reason.clone());
            set_by.open(reason);
        }
        Self {
            variables: variables.build(),
            set_by: set_by.build(),
        }
    }

    /// Whether a variable is set by the operator.
    pub(super) fn is_of_operator(&self, name: &str) -> bool {
        self.set_by.str_at(&[name]) == Some(Setter::Operator.name())
    }

    /// Puts it into the environment of a process.
    pub(super) fn put(&self, environment: &mut MapBuilder) {
        environment
            .put("effective", self.variables.clone())
            .put("set_by", self.set_by.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::repository::Repository;
    use crate::source::sources;

    fn repository(files: &[(&str, &str)]) -> Repository {
        Repository::build(sources(files))
    }

    #[test]
    fn a_process_finally_sees_what_the_nearest_sets() {
        let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec:\n  template:\n    metadata: {annotations: {instrumentation.opentelemetry.io/inject-java: 'true'}}\n    spec:\n      containers:\n        - name: app\n          image: r.example/shop/cart:1\n          envFrom: [{configMapRef: {name: m}}]\n          env: [{name: A, value: env}]\n";
        let config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: shop}\ndata: {A: from, B: from, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://from:4317'}\n";
        let dockerfile = "FROM scratch\nENV A=image B=image C=image OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://image:4318/v1/traces\n";
        let instrumentation = "apiVersion: opentelemetry.io/v1alpha1\nkind: Instrumentation\nmetadata: {name: i, namespace: shop}\nspec:\n  exporter: {endpoint: 'http://operator:4317'}\n  env: [{name: A, value: operator}, {name: C, value: operator}]\n  java: {env: [{name: D, value: operator}]}\n";
        let files = [
            ("cart/Dockerfile", dockerfile),
            ("d.yaml", manifest),
            ("i.yaml", instrumentation),
            ("m.yaml", config),
        ];
        let repository = repository(&files);
        let mut subjects = repository.subjects.iter();
        let environment =
            subjects.find(|subject| subject.object == "Deployment/shop/cart/app/environment");
        let environment = &environment.unwrap().bindings[0];
        let told = |name: &str| {
            let part = |part: &str| environment.str_at(&[part, name]).unwrap_or("-");
            format!("{} {}", part("effective"), part("set_by"))
        };
        assert_eq!(told("A"), "env env");
        assert_eq!(told("B"), "from envFrom");
        assert_eq!(told("C"), "operator operator");
        assert_eq!(told("D"), "operator operator");
        assert_eq!(told("E"), "- -");
        assert_eq!(
            told("OTEL_EXPORTER_OTLP_ENDPOINT"),
            "http://operator:4317 operator"
        );
        assert!(environment.get("effective").unwrap().openness().is_none());
        let senders: Vec<&str> = repository
            .picture
            .hops
            .iter()
            .map(|hop| &*hop.sender)
            .collect();
        assert_eq!(senders, ["`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`"]);
    }

    #[test]
    fn system_properties_of_a_jvm_win_over_variables() {
        let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: cart}\nspec: {containers: [{name: app, image: 'r.example/shop/cart:1', command: [java, '-Dotel.exporter.otlp.protocol=grpc', -jar, a.jar, '-Dotel.service.name=late'], env: [{name: JAVA_TOOL_OPTIONS, value: '-javaagent:/a.jar -Dotel.exporter.otlp.endpoint=http://b:4317 -Dx=1'}, {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://a:4317'}, {name: OTEL_SERVICE_NAME, value: early}]}]}\n";
        let repository = repository(&[("p.yaml", manifest)]);
        let mut subjects = repository.subjects.iter();
        let environment = subjects.find(|subject| subject.object == "Pod//cart/app/environment");
        let environment = &environment.unwrap().bindings[0];
        let told = |name: &str| {
            let part = |part: &str| environment.str_at(&[part, name]).unwrap_or("-");
            format!("{} {}", part("effective"), part("set_by"))
        };
        assert_eq!(
            told("OTEL_EXPORTER_OTLP_ENDPOINT"),
            "http://b:4317 property"
        );
        assert_eq!(told("OTEL_EXPORTER_OTLP_PROTOCOL"), "grpc property");
        assert_eq!(told("OTEL_SERVICE_NAME"), "early env");
        let hop = &repository.picture.hops[0];
        assert_eq!(
            (&*hop.sender, &*hop.protocol),
            ("`-Dotel.exporter.otlp.endpoint`", "grpc")
        );
    }

    #[test]
    fn the_configuration_of_a_release_sets_what_no_variable_does() {
        let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: chat, namespace: shop}\nspec: {containers: [{name: app, image: 'r.example/shop/chat:1', env: [{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}]}]}\n";
        let config = "[{opentelemetry_exporter, [{otlp_protocol, http_protobuf}, {otlp_endpoint, \"http://gateway:4317\"}]}].\n";
        let senders = |others: &[(&str, &str)]| {
            let mut files = vec![
                ("chat/Dockerfile", "FROM scratch\n"),
                ("p.yaml", manifest),
                ("chat/config/sys.config", config),
            ];
            files.extend(others);
            let repository = repository(&files);
            let told = repository.picture.hops.iter();
            told.map(|hop| format!("{} {}", hop.sender, hop.protocol))
                .collect::<Vec<_>>()
        };
        assert_eq!(senders(&[]), ["`otlp_endpoint` grpc"]);
        // A release that is called like the image is it, wherever its Dockerfile stands.
        let elsewhere = repository(&[
            ("p.yaml", manifest),
            (
                "app/rebar.config",
                "{relx, [{release, {chat, \"1\"}, [chat]}]}.\n",
            ),
            ("app/config/sys.config", config),
        ]);
        assert_eq!(elsewhere.picture.hops[0].sender, "`otlp_endpoint`");
        // Which of two goes into the image is not told.
        let staging = [("chat/config/staging/sys.config", config)];
        assert_eq!(senders(&staging).len(), 1);
        assert!(!senders(&staging)[0].contains("ENDPOINT"));
    }

    #[test]
    fn an_image_shows_that_a_container_is_traced() {
        let manifest = |more: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: cart}}\nspec: {{containers: [{{name: app, image: 'r.example/shop/cart:1'{more}}}]}}\n"
            )
        };
        let traced = |dockerfile: &str, more: &str| {
            let files = [
                ("cart/Dockerfile", dockerfile),
                ("p.yaml", &*manifest(more)),
            ];
            let repository = repository(&files);
            let mut subjects = repository.subjects.iter();
            let environment =
                subjects.find(|subject| subject.object == "Pod//cart/app/environment");
            environment.unwrap().bindings[0]
                .get("is_traced")
                .unwrap()
                .as_bool()
        };
        let agent = "FROM python:3.13\nCMD [\"opentelemetry-instrument\", \"python\", \"a.py\"]\n";
        assert_eq!(traced(agent, ""), Some(true));
        assert_eq!(traced(agent, ", command: [python, a.py]"), Some(false));
        assert_eq!(
            traced("FROM a\nENV OTEL_SERVICE_NAME=cart\n", ", command: [x]"),
            Some(true)
        );
        assert_eq!(traced("FROM a\n", ""), Some(false));
    }
}
