//! Where ways break at a Service: it is elsewhere, has another name, or does not serve the port.

use crate::repository::topology::services::Service;
use crate::repository::topology::trail::{Route, Trail, numbers};
use crate::repository::topology::works::Work;

/// Notes the Service that there is instead.
fn show(trail: &mut Trail, service: &Service<'_>) {
    trail.step(
        service.place,
        format!("there is Service `{}`", service.full_name()),
    );
}

/// The end of a way whose short name is that of a Service in another namespace.
pub(super) fn in_other_namespace(
    mut trail: Trail,
    (name, wanted): (&str, Option<&str>),
    service: &Service<'_>,
) -> Route {
    show(&mut trail, service);
    let own = service.namespace.unwrap_or("");
    let detail = format!(
        "a short name is looked for in namespace `{}`, and Service `{name}` is in `{own}`",
        wanted.unwrap_or(""),
    );
    trail.fault("wrong-namespace", detail, format!("{name}.{own}.svc"))
}

/// The end of a way to a Service that does not exist, where another one was meant.
pub(super) fn missing(
    mut trail: Trail,
    (name, wanted): (&str, Option<&str>),
    service: &Service<'_>,
) -> Route {
    show(&mut trail, service);
    let place = wanted.map_or(String::new(), |namespace| {
        format!(" in namespace `{namespace}`")
    });
    let detail = format!("there is no Service `{name}`{place}");
    trail.fault("no-service", detail, service.full_name())
}

/// The end of a way to a Service under the name that is written: a kustomization makes another one of it, and leaves
/// addresses as they are.
pub(super) fn built(mut trail: Trail, name: &str, service: &Service<'_>) -> Route {
    let own = &service.name;
    trail.step(
        service.place,
        format!("a kustomization calls this Service `{own}`"),
    );
    let detail = format!("`namePrefix` and `nameSuffix` make `{own}` of Service `{name}`");
    trail.fault("no-service", detail, own.clone())
}

/// The end of a way to a port that takes datagrams only.
pub(super) fn by_datagram(trail: Trail, service: &Service<'_>, number: u16) -> Route {
    let name = service.full_name();
    let detail =
        format!("Service `{name}` takes datagrams on port {number}, and traces come by TCP");
    trail.fault("port-not-served", detail, String::new())
}

/// The end of a way to a port that wants TLS and is spoken to in plain text, or the other way round.
pub(super) fn other_security(trail: Trail, service: &Service<'_>, wants_tls: bool) -> Route {
    let words = |is_tls| if is_tls { "TLS" } else { "plain text" };
    let (own, wanted, name) = (words(!wants_tls), words(wants_tls), service.full_name());
    let detail = format!("{own} is spoken to `{name}`, where this port wants {wanted}");
    trail.fault("tls-mismatch", detail, wanted.to_owned())
}

/// The end of a way to a port that cannot be.
pub(super) fn out_of_range(port: &str) -> Route {
    let detail = format!("there is no port {port}: the last one is 65535");
    Trail::default().fault("port-out-of-range", detail, String::new())
}

/// The end of a way to a host in which a reference to a variable is left that nothing defines.
pub(super) fn with_reference(address: &str) -> Route {
    let reference = address.find("$(").and_then(|at| address.get(at..));
    let reference = reference.and_then(|rest| rest.get(..=rest.find(')')?));
    let detail = format!(
        "`{}` stays in the address as text",
        reference.unwrap_or("$(")
    );
    Trail::default().fault("undefined-reference", detail, String::new())
}

/// The end of a way to a Service in a domain that no cluster has.
pub(super) fn misspelt_domain(mut trail: Trail, domain: &str, service: &Service<'_>) -> Route {
    show(&mut trail, service);
    let namespace = service.namespace.unwrap_or("");
    let nearest = format!("{}.{namespace}.svc.cluster.local", service.name);
    let detail = format!("no cluster has the domain `{domain}`");
    trail.fault("no-service", detail, nearest)
}

/// The end of a way to a name in the domain of the cluster that has no `svc` after the namespace.
pub(super) fn misplaced(mut trail: Trail, host: &str, service: &Service<'_>) -> Route {
    show(&mut trail, service);
    let detail =
        format!("`{host}` names no Service: the namespace, then `svc`, must follow the name");
    let namespace = service.namespace.unwrap_or("");
    let nearest = format!("{}.{namespace}.svc.cluster.local", service.name);
    trail.fault("no-service", detail, nearest)
}

/// The end of a way at a Service that does not select the pods of the workload of its name.
pub(super) fn without_own_pods(mut trail: Trail, service: &Service<'_>, work: &Work<'_>) -> Route {
    trail.step(work.label, format!("{} `{}`", work.kind(), work.name()));
    let detail = format!(
        "Service `{}` selects no pods: those of {} `{}` do not carry all of its labels",
        service.full_name(),
        work.kind(),
        work.name()
    );
    trail.fault("misses-own-pods", detail, String::new())
}

/// The end of a way to a pod that has no name of its own.
pub(super) fn unnamed_pod(mut trail: Trail, pod: &str, service: &Service<'_>) -> Route {
    show(&mut trail, service);
    let why = if service.is_headless {
        "its pods have no host names"
    } else {
        "only a headless Service gives names to pods"
    };
    let name = service.full_name();
    let detail = format!("Service `{name}` has no name for a pod `{pod}`: {why}");
    let namespace = service.namespace.unwrap_or("");
    let nearest = format!("{}.{namespace}.svc", service.name);
    trail.fault("no-service", detail, nearest)
}

/// The end of a way to a pod of a StatefulSet that has no such number.
pub(super) fn without_pod(
    mut trail: Trail,
    (pod, count): (&str, i64),
    service: &Service<'_>,
) -> Route {
    show(&mut trail, service);
    let pods = if count == 1 {
        "1 pod"
    } else {
        &*format!("{count} pods")
    };
    let detail = format!("there is no pod `{pod}`: the StatefulSet has {pods}, counted from 0");
    trail.fault("no-service", detail, String::new())
}

/// The end of a way at a Service that does not serve a port.
pub(super) fn unserved(trail: Trail, service: &Service<'_>, number: u16) -> Route {
    if !service.knows_ports() {
        return trail.unknown("the ports of the Service are not all known");
    }
    let served = service
        .ports
        .iter()
        .filter_map(|port| port.number)
        .collect();
    let detail = format!(
        "Service `{}` does not serve port {number}",
        service.full_name()
    );
    trail.fault("port-not-served", detail, numbers(served))
}
