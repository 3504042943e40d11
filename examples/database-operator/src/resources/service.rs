//! The DNS names of the servers.

use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};
use kube::api::ObjectMeta;

use super::names::{Names, labels, selector};
use crate::api::Database;

/// The headless Service: every server answers as `NAME-0.NAME-headless`, also while it is not ready yet, since servers
/// must find each other to become ready.
pub fn service(database: &Database) -> Service {
    let engine = database.spec.engine;
    Service {
        metadata: ObjectMeta {
            name: Some(Names::of(database).service),
            labels: Some(labels(database)),
            ..ObjectMeta::default()
        },
        spec: Some(ServiceSpec {
            cluster_ip: Some("None".into()),
            publish_not_ready_addresses: Some(true),
            selector: Some(selector(database)),
            ports: Some(vec![ServicePort {
                name: Some(engine.name().into()),
                port: engine.port(),
                target_port: Some(IntOrString::String(engine.name().into())),
                protocol: Some("TCP".into()),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}
