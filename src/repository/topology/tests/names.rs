//! Hosts of several words, and those behind which nobody is.

use super::{GATEWAY, Repository, hop, sources};

const PODS: &str = "apiVersion: v1
kind: Service
metadata: {name: pods, namespace: obs}
spec: {clusterIP: None, selector: {app: gateway}, ports: [{port: 4318}]}
---
apiVersion: v1
kind: Service
metadata: {name: own, namespace: shop}
spec: {clusterIP: None, selector: {app: own}, ports: [{port: 4318}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: own, namespace: shop}
spec: {serviceName: own, template: {metadata: {labels: {app: own}}, spec: {containers: [{name: c, image: tempo}]}}}
";

fn to(host: &str) -> String {
    hop(&format!("http://{host}:4318"), &[("obs/pods.yaml", PODS)])
}

#[test]
fn pods_have_names_below_their_headless_service() {
    assert_eq!(to("own-0.own"), "shop/own exact");
    assert_eq!(to("own-0.own.shop.svc"), "shop/own exact");
    assert!(to("a.own.shop").contains("may be the host name of a pod"));
    let beyond =
        "no-service: there is no pod `own-7`: the StatefulSet has 1 pod, counted from 0 exact";
    assert_eq!(to("own-7.own"), beyond);
    let left = "undefined-reference: `$(NOBODY)` stays in the address as text exact";
    assert_eq!(to("$(NOBODY)"), left);
    // No such Service: a name of the internet.
    assert_eq!(to("gateway-0.pots.obs"), "gateway-0.pots.obs exact");
    // Pods of a Deployment have no names, and only a headless Service gives any.
    for (host, why) in [
        ("gateway-0.pods.obs", "its pods have no host names"),
        ("gateway-0.pods.obs.svc", "its pods have no host names"),
        (
            "gateway-0.gateway.obs",
            "only a headless Service gives names to pods",
        ),
    ] {
        assert!(to(host).starts_with("no-service: "), "{}", to(host));
        assert!(to(host).contains(why), "{}", to(host));
    }
}

#[test]
fn a_name_in_the_domain_of_the_cluster_needs_svc() {
    for host in ["gateway.obs.cluster.local", "gateway.svc.obs.cluster.local"] {
        assert_eq!(
            to(host),
            format!(
                "no-service: `{host}` names no Service: the namespace, then `svc`, must follow the name exact"
            )
        );
    }
    assert!(to("gateway.svc").starts_with("no-service: `gateway.svc` names no Service"));
    assert!(to("gateway.obs.svc.cluster").starts_with("no-service: no cluster has the domain"));
    assert_eq!(to("gateway.obs.svc.cluster.local"), "obs/gateway exact");
    assert_eq!(
        to("other.obs.cluster.local"),
        "other.obs.cluster.local exact"
    );
    assert_eq!(
        to("gateway.obs.example.com"),
        "gateway.obs.example.com exact"
    );
}

#[test]
fn what_is_scaled_to_zero_takes_nothing() {
    let client = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: cart, namespace: shop}\nspec: {template: {spec: {containers: [{name: app, image: 'r.example/cart:1', env: [{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}, {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://gateway.obs:4317'}]}]}}}\n";
    let kind = |replicas: u8| {
        let gateway = GATEWAY.replace(
            "spec:\n  template:",
            &format!("spec:\n  replicas: {replicas}\n  template:"),
        );
        let files = [("shop/cart.yaml", client), ("obs/gateway.yaml", &gateway)];
        let picture = Repository::build(sources(&files)).picture;
        let fault = picture.hops.iter().find_map(|hop| hop.fault.as_ref());
        fault.map(|fault| fault.detail.clone())
    };
    assert_eq!(
        kind(0).as_deref(),
        Some("`obs/gateway` has no pods: its replicas are 0")
    );
    assert_eq!(kind(1), None);
}

#[test]
fn who_asks_the_name_server_of_the_node_finds_no_service() {
    let of = |pod: &str| {
        let client = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: cart, namespace: shop}}\nspec: {{template: {{spec: {{{pod}containers: [{{name: app, image: 'r.example/cart:1', env: [{{name: OTEL_EXPORTER_OTLP_PROTOCOL, value: grpc}}, {{name: OTEL_EXPORTER_OTLP_ENDPOINT, value: 'http://gateway.obs:4317'}}]}}]}}}}}}\n"
        );
        let files = [("shop/cart.yaml", &*client), ("obs/gateway.yaml", GATEWAY)];
        let picture = Repository::build(sources(&files)).picture;
        let fault = picture.hops.iter().find_map(|hop| hop.fault.as_ref());
        fault.map(|fault| fault.kind)
    };
    assert_eq!(of("hostNetwork: true, "), Some("asks-the-node"));
    assert_eq!(
        of("hostNetwork: true, dnsPolicy: ClusterFirst, "),
        Some("asks-the-node")
    );
    assert_eq!(
        of("hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, "),
        None
    );
    assert_eq!(of(""), None);
}
