//! The servers and their volumes.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        apps::v1::{StatefulSet, StatefulSetSpec},
        core::v1::{
            Capabilities, ConfigMapVolumeSource, Container, ContainerPort, PersistentVolumeClaim,
            PersistentVolumeClaimSpec, PodSecurityContext, PodSpec, PodTemplateSpec, SeccompProfile,
            SecurityContext, Volume, VolumeMount, VolumeResourceRequirements,
        },
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::LabelSelector},
};
use kube::api::ObjectMeta;

use super::names::{Names, labels, selector};
use crate::api::Database;

/// The name of the volume claim template, and so the first part of every claim's name.
pub const DATA: &str = "data";

/// The StatefulSet: one Pod a server, each with a volume of its own that outlives it.
pub fn stateful_set(database: &Database) -> StatefulSet {
    let names = Names::of(database);
    StatefulSet {
        metadata: ObjectMeta {
            name: Some(names.stateful_set.clone()),
            labels: Some(labels(database)),
            ..ObjectMeta::default()
        },
        spec: Some(StatefulSetSpec {
            replicas: Some(database.spec.replicas),
            service_name: Some(names.service.clone()),
            selector: LabelSelector {
                match_labels: Some(selector(database)),
                ..LabelSelector::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(labels(database)),
                    ..ObjectMeta::default()
                }),
                spec: Some(pod(database, &names)),
            },
            volume_claim_templates: Some(vec![claim(database)]),
            ..StatefulSetSpec::default()
        }),
        ..StatefulSet::default()
    }
}

fn pod(database: &Database, names: &Names) -> PodSpec {
    let user = database.spec.engine.user();
    PodSpec {
        containers: vec![container(database, names)],
        // Databases flush and close their files before they end.
        termination_grace_period_seconds: Some(120),
        automount_service_account_token: Some(false),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(user),
            run_as_group: Some(user),
            fs_group: Some(user),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".into(),
                ..SeccompProfile::default()
            }),
            ..PodSecurityContext::default()
        }),
        volumes: Some(vec![Volume {
            name: "config".into(),
            config_map: Some(ConfigMapVolumeSource {
                name: names.config_map.clone(),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        }]),
        ..PodSpec::default()
    }
}

fn container(database: &Database, names: &Names) -> Container {
    let engine = database.spec.engine;
    let arguments = engine.arguments(&database.spec.config);
    Container {
        name: engine.name().into(),
        image: Some(engine.image(&database.spec.version)),
        args: (!arguments.is_empty()).then_some(arguments),
        env: Some(engine.environment(&names.secret)),
        ports: Some(vec![ContainerPort {
            name: Some(engine.name().into()),
            container_port: engine.port(),
            protocol: Some("TCP".into()),
            ..ContainerPort::default()
        }]),
        startup_probe: Some(engine.startup_probe()),
        readiness_probe: Some(engine.readiness_probe()),
        liveness_probe: Some(engine.liveness_probe()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".into()]),
                ..Capabilities::default()
            }),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(vec![
            VolumeMount {
                name: DATA.into(),
                mount_path: engine.data_directory().into(),
                // A fresh file system holds `lost+found`, which database software refuses as foreign.
                sub_path: Some("data".into()),
                ..VolumeMount::default()
            },
            VolumeMount {
                name: "config".into(),
                mount_path: "/etc/database".into(),
                read_only: Some(true),
                ..VolumeMount::default()
            },
        ]),
        ..Container::default()
    }
}

fn claim(database: &Database) -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(DATA.into()),
            labels: Some(selector(database)),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".into()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([(
                    "storage".into(),
                    Quantity(database.spec.storage.clone()),
                )])),
                ..VolumeResourceRequirements::default()
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}
