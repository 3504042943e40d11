//! The kinds that the simulated controllers work with.

use std::borrow::Cow;

use crate::apiserver::store::ResourceKey;

/// A kind as a client addresses it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Kind {
    /// The API group; empty for the core group.
    pub(crate) group: Cow<'static, str>,
    /// The API version.
    pub(crate) version: Cow<'static, str>,
    /// The plural name used in paths.
    pub(crate) plural: Cow<'static, str>,
    /// The kind, as in `kind:`.
    pub(crate) kind: Cow<'static, str>,
}

impl Kind {
    const fn fixed(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            plural: Cow::Borrowed(plural),
            kind: Cow::Borrowed(kind),
        }
    }

    /// `group/version`, or the version alone in the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Whether a change in the store concerns this kind.
    pub(crate) fn is(&self, resource: &ResourceKey) -> bool {
        *resource.plural == *self.plural && *resource.group == *self.group
    }
}

pub(crate) const CLUSTER_ROLES: Kind =
    Kind::fixed("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");
pub(crate) const CONFIG_MAPS: Kind = Kind::fixed("", "v1", "configmaps", "ConfigMap");
pub(crate) const CONTROLLER_REVISIONS: Kind =
    Kind::fixed("apps", "v1", "controllerrevisions", "ControllerRevision");
pub(crate) const DEPLOYMENTS: Kind = Kind::fixed("apps", "v1", "deployments", "Deployment");
pub(crate) const EVENTS: Kind = Kind::fixed("", "v1", "events", "Event");
pub(crate) const NAMESPACES: Kind = Kind::fixed("", "v1", "namespaces", "Namespace");
pub(crate) const NODES: Kind = Kind::fixed("", "v1", "nodes", "Node");
pub(crate) const PERSISTENT_VOLUMES: Kind = Kind::fixed("", "v1", "persistentvolumes", "PersistentVolume");
pub(crate) const PERSISTENT_VOLUME_CLAIMS: Kind =
    Kind::fixed("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim");
pub(crate) const PODS: Kind = Kind::fixed("", "v1", "pods", "Pod");
pub(crate) const REPLICA_SETS: Kind = Kind::fixed("apps", "v1", "replicasets", "ReplicaSet");
pub(crate) const SERVICE_ACCOUNTS: Kind = Kind::fixed("", "v1", "serviceaccounts", "ServiceAccount");
pub(crate) const STATEFUL_SETS: Kind = Kind::fixed("apps", "v1", "statefulsets", "StatefulSet");
pub(crate) const CRON_JOBS: Kind = Kind::fixed("batch", "v1", "cronjobs", "CronJob");
pub(crate) const DAEMON_SETS: Kind = Kind::fixed("apps", "v1", "daemonsets", "DaemonSet");
pub(crate) const ENDPOINTS: Kind = Kind::fixed("", "v1", "endpoints", "Endpoints");
pub(crate) const ENDPOINT_SLICES: Kind =
    Kind::fixed("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
pub(crate) const JOBS: Kind = Kind::fixed("batch", "v1", "jobs", "Job");
pub(crate) const SERVICES: Kind = Kind::fixed("", "v1", "services", "Service");
