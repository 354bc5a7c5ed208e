//! Hosts of several words.

use super::hop;

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
    assert_eq!(to("gateway-0.pods.obs"), "obs/gateway exact");
    assert_eq!(to("gateway-0.pods.obs.svc"), "obs/gateway exact");
    assert_eq!(to("own-0.own"), "shop/own exact");
    // Not headless, no number, no such Service: names of the internet.
    for host in [
        "gateway-0.gateway.obs",
        "gateway.pods.obs",
        "gateway-0.pots.obs",
    ] {
        assert_eq!(to(host), format!("{host} exact"));
    }
}

#[test]
fn a_name_in_the_domain_of_the_cluster_needs_svc() {
    for host in ["gateway.obs.cluster.local", "gateway.svc.obs.cluster.local"] {
        assert_eq!(
            to(host),
            format!(
                "no-service: `{host}` is no name of a Service without `svc` after the namespace exact"
            )
        );
    }
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
