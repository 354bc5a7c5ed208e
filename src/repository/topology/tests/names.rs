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
    assert_eq!(to("own-0.own"), "shop/own exact");
    assert_eq!(to("own-0.own.shop.svc"), "shop/own exact");
    assert!(to("a.own.shop").contains("may be the host name of a pod"));
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
