//! Ways into a cluster from outside it.

use super::hop;

fn ingress(annotations: &str, path: &str, port: &str) -> String {
    format!(
        "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: otel
  namespace: obs
  annotations: {{{annotations}}}
spec:
  ingressClassName: nginx
  tls: [{{hosts: [otel.example.com], secretName: otel-tls}}]
  rules:
    - host: otel.example.com
      http:
        paths: [{{path: {path}, pathType: Prefix, backend: {{service: {{name: gateway, port: {{{port}}}}}}}}}]
"
    )
}

fn through(endpoint: &str, (annotations, path, port): (&str, &str, &str)) -> String {
    hop(
        endpoint,
        &[("obs/ingress.yaml", &ingress(annotations, path, port))],
    )
}

const GRPC: &str = r#"nginx.ingress.kubernetes.io/backend-protocol: "GRPC""#;

#[test]
fn an_ingress_leads_to_its_service() {
    let plain = ("", "/", "number: 4318");
    assert_eq!(
        through("https://otel.example.com:443", plain),
        "obs/gateway exact via Ingress `obs/otel`"
    );
    assert_eq!(
        through("https://otel.example.com", plain),
        "obs/gateway inferred (the port is that of the scheme) via Ingress `obs/otel`"
    );
    assert_eq!(
        through(
            "https://otel.example.com:443",
            ("", "/v1/traces", "name: http")
        ),
        "obs/gateway exact via Ingress `obs/otel`"
    );
    assert_eq!(
        through(
            "grpc:https://otel.example.com:443",
            (GRPC, "/", "name: grpc")
        ),
        "obs/gateway exact via Ingress `obs/otel`"
    );
    assert_eq!(
        through("https://other.example.com:443", plain),
        "other.example.com exact"
    );
}

#[test]
fn an_ingress_breaks_a_way() {
    let broken = |endpoint: &str, ingress| through(endpoint, ingress);
    assert!(
        broken(
            "grpc:https://otel.example.com:443",
            ("", "/", "number: 4317")
        )
        .starts_with("ingress-mismatch: Ingress `obs/otel` passes on HTTP/1.1 to port 4317")
    );
    assert!(
        broken("http://otel.example.com:443", ("", "/", "number: 4318"))
            .starts_with("tls-mismatch: plain text is sent to port 443")
    );
    assert!(
        broken("https://otel.example.com:443", ("", "/", "number: 4317"))
            .starts_with("protocol-mismatch: http is spoken to port 4317")
    );
    assert!(
        broken("https://otel.example.com:443", ("", "/", "number: 4319"))
            .starts_with("port-not-served: Service `obs/gateway` does not serve port 4319")
    );
    let rewrites = "nginx.ingress.kubernetes.io/rewrite-target: /";
    assert!(
        broken(
            "https://otel.example.com:443",
            (rewrites, "/", "number: 4318")
        )
        .starts_with("ingress-mismatch: Ingress `obs/otel` sends everything to `/`")
    );
    assert!(
        broken(
            "https://otel.example.com:443/otlp",
            ("", "/otlp", "number: 4318")
        )
        .starts_with("ingress-mismatch: Ingress `obs/otel` leaves `/otlp` in front of every path")
    );
}

#[test]
fn what_an_ingress_does_not_tell_is_unknown() {
    assert_eq!(
        through("https://otel.example.com:4318", ("", "/", "number: 4318")),
        "? unknown (Ingress `obs/otel` is not known to take port 4318) via Ingress `obs/otel`"
    );
    assert_eq!(
        through(
            "https://otel.example.com:443",
            ("", "/shop", "number: 4318")
        ),
        "? unknown (`/v1/traces` of `otel.example.com` is not among the paths in the files) via Ingress `obs/otel`"
    );
    let rewrites = r#"nginx.ingress.kubernetes.io/rewrite-target: "/$2""#;
    assert_eq!(
        through(
            "https://otel.example.com:443/otlp",
            (rewrites, "/otlp(/|$)(.*)", "number: 4318")
        ),
        "obs/gateway exact via Ingress `obs/otel`"
    );
    let listens = r#"alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS": 8443}]'"#;
    assert!(
        through(
            "https://otel.example.com:4318",
            (listens, "/", "number: 4318")
        )
        .starts_with("port-not-served: Ingress `obs/otel` takes no port 4318")
    );
    assert_eq!(
        through(
            "https://otel.example.com:443",
            (listens, "/", "number: 4318")
        ),
        "? unknown (Ingress `obs/otel` is not known to take port 443) via Ingress `obs/otel`"
    );
}

#[test]
fn a_default_backend_takes_what_no_rule_does() {
    let ingress = r#"
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: otel, namespace: obs}
spec:
  defaultBackend: {service: {name: gateway, port: {number: 4318}}}
  tls: [{hosts: ["*.example.com"]}]
"#;
    assert_eq!(
        hop(
            "https://otel.example.com:443",
            &[("obs/ingress.yaml", ingress)]
        ),
        "obs/gateway inferred (no rule of Ingress `obs/otel` names the host) via Ingress `obs/otel`"
    );
}

const ROUTE: &str = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: gateways}
spec:
  gatewayClassName: envoy
  listeners:
    - {name: https, hostname: "*.example.com", port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}}
    - {name: otlp, hostname: "*.example.com", port: 4317, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}}
    - {name: plain, port: 80, protocol: HTTP}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: otel, namespace: obs}
spec:
  parentRefs: [{name: edge, namespace: gateways, sectionName: https}]
  hostnames: [otel.example.com]
  rules:
    - matches: [{path: {type: PathPrefix, value: /otlp}}]
      filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]
      backendRefs: [{name: gateway, port: 4318}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: otel, namespace: obs}
spec:
  parentRefs: [{name: edge, namespace: gateways, sectionName: otlp}]
  hostnames: [otel.example.com]
  rules: [{backendRefs: [{name: gateway, port: 4317}]}]
"#;

#[test]
fn a_route_leads_to_its_service() {
    let routed = |endpoint: &str| hop(endpoint, &[("obs/route.yaml", ROUTE)]);
    assert_eq!(
        routed("https://otel.example.com:443/otlp"),
        "obs/gateway exact via HTTPRoute `obs/otel`"
    );
    assert_eq!(
        routed("grpc:https://otel.example.com:4317"),
        "obs/gateway exact via GRPCRoute `obs/otel`"
    );
    assert!(
        routed("grpc:https://otel.example.com:4318")
            .starts_with("port-not-served: HTTPRoute `obs/otel` takes no port 4318")
    );
    assert!(
        routed("grpc:http://otel.example.com:4317")
            .starts_with("tls-mismatch: plain text is sent to port 4317")
    );
    let without = ROUTE.split_once("---").unwrap().1;
    assert_eq!(
        hop(
            "grpc:https://otel.example.com:4317",
            &[(
                "obs/route.yaml",
                &without.replace("kind: HTTPRoute", "kind: TCPRoute")
            )]
        ),
        "obs/gateway inferred (Gateway `gateways/edge` is not among the files) via GRPCRoute `obs/otel`"
    );
    let deep = ROUTE.replace("[otel.example.com]", "[\"*.example.com\"]");
    assert_eq!(
        hop(
            "grpc:https://a.otel.example.com:4317",
            &[("obs/route.yaml", &deep)]
        ),
        "obs/gateway inferred (`*.example.com` stands for many hosts) via GRPCRoute `obs/otel`"
    );
}

#[test]
fn a_route_that_its_gateway_does_not_take_leads_nowhere() {
    let to = |route: &str| {
        hop(
            "https://otel.example.com:443/otlp",
            &[("obs/route.yaml", route)],
        )
    };
    let allowed = "allowedRoutes: {namespaces: {from: All}}";
    let refused = [
        (
            ROUTE.replace(&format!(", {allowed}"), ""),
            "takes routes of its own namespace `gateways` only",
        ),
        (
            ROUTE.replace("protocol: HTTPS", "protocol: TLS"),
            "speaks TLS, and takes no HTTPRoute",
        ),
        (
            ROUTE.replace("*.example.com", "*.example.org"),
            "is for `*.example.org`, and the route is not",
        ),
        (
            ROUTE.replace("sectionName: https", "sectionName: web"),
            "has no listener `web`",
        ),
        (
            ROUTE.replace(", namespace: gateways, section", ", section"),
            "there is no Gateway `obs/edge`; there is `gateways/edge`",
        ),
        (
            ROUTE.replace(
                "from: All",
                "from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: shop}}",
            ),
            "labels that `obs` does not have",
        ),
        (
            ROUTE.replace(
                allowed,
                "allowedRoutes: {kinds: [{kind: GRPCRoute}], namespaces: {from: All}}",
            ),
            "takes GRPCRoute only",
        ),
    ];
    for (route, why) in refused {
        let told = to(&route);
        assert!(
            told.starts_with("route-refused: ") && told.contains(why),
            "{told}"
        );
    }
    let selected = ROUTE.replace(
        "from: All",
        "from: Selector, selector: {matchLabels: {team: a}}",
    );
    assert!(
        to(&selected).starts_with("obs/gateway exact"),
        "the labels of the namespace are not known"
    );
}

#[test]
fn a_route_that_is_refused_stands_in_nobodys_way() {
    let to = |route: &str| {
        hop(
            "https://otel.example.com:443/otlp",
            &[("obs/route.yaml", route)],
        )
    };
    let second = ROUTE
        .rsplit_once("---\n")
        .unwrap()
        .1
        .replace("GRPCRoute", "HTTPRoute");
    let second = second
        .replace("name: otel,", "name: second,")
        .replace("4317", "4318");
    let second = second.replace("sectionName: otlp", "sectionName: https");
    let both = format!(
        "{}---{second}",
        ROUTE.replace("sectionName: https", "sectionName: web")
    );
    assert!(!to(&both).starts_with("route-refused"), "{}", to(&both));
}

#[test]
fn services_have_addresses_outside() {
    let service = |more: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: outside\n  namespace: obs\n  annotations: {{external-dns.alpha.kubernetes.io/hostname: \"otel.example.com,a.example.com\"}}\nspec:\n  selector: {{app: gateway}}\n{more}\n"
        )
    };
    let to = |endpoint: &str, more: &str| hop(endpoint, &[("obs/outside.yaml", &service(more))]);
    let balanced = "  type: LoadBalancer\n  loadBalancerIP: 10.0.0.7\n  ports: [{port: 4318}]";
    for endpoint in [
        "http://otel.example.com:4318",
        "http://a.example.com:4318",
        "http://10.0.0.7:4318",
    ] {
        assert_eq!(
            to(endpoint, balanced),
            "obs/gateway exact via Service `obs/outside`"
        );
    }
    assert!(to("http://otel.example.com:4317", balanced).starts_with("port-not-served"));
    let inside = "  ports: [{port: 4318}]";
    assert_eq!(
        to("http://otel.example.com:4318", inside),
        "otel.example.com exact"
    );
}

#[test]
fn ports_of_nodes_lead_to_the_only_service_that_has_them() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: nodes, namespace: obs}\nspec: {type: NodePort, selector: {app: gateway}, ports: [{port: 4318, nodePort: 30318}]}\n";
    let to = |endpoint: &str, service: &str| hop(endpoint, &[("obs/nodes.yaml", service)]);
    assert_eq!(
        to("http://$(NODE):30318", service),
        "obs/gateway exact via Service `obs/nodes` on every node"
    );
    assert_eq!(
        to("http://node-1.example.com:30318", service),
        "obs/gateway inferred (the host may be any, and the port is one of the nodes) via Service `obs/nodes` on every node"
    );
    assert_eq!(
        to("http://node-1.example.com:30319", service),
        "node-1.example.com exact"
    );
    let inner = service.replace("type: NodePort, ", "");
    assert_eq!(
        to("http://node-1.example.com:30318", &inner),
        "node-1.example.com exact"
    );
}

#[test]
fn tls_that_a_route_keeps_ends_at_the_receiver() {
    let route = ROUTE
        .replace("kind: GRPCRoute", "kind: TLSRoute")
        .replace("port: 4317, protocol: HTTPS", "port: 4317, protocol: TLS");
    let to = hop(
        "grpc:https://otel.example.com:4317",
        &[("obs/route.yaml", &route)],
    );
    assert!(
        to.starts_with(
            "tls-mismatch: TLS is spoken to port 4317, where plain text is taken by receiver"
        ),
        "{to}"
    );
}

#[test]
fn a_canary_takes_a_share_of_another_ingress() {
    let canary = ingress(
        "nginx.ingress.kubernetes.io/canary: \"true\"",
        "/",
        "number: 9",
    );
    let own = ingress("", "/", "number: 4318");
    let files = [
        ("obs/ingress.yaml", own.as_str()),
        ("obs/canary.yaml", canary.as_str()),
    ];
    assert_eq!(
        hop("https://otel.example.com:443", &files),
        "obs/gateway exact via Ingress `obs/otel`"
    );
}
