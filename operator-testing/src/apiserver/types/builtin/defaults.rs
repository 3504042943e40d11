//! What built-in kinds fill in where the client left a field out, as a table of fields.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/*/*/defaults.go`.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::Value;

use super::{default_rules, fields};
use crate::apiserver::types::schema::{FieldForm, Schema, TypedFields};

/// A definition without its `io.k8s.api.`, and its fields with the JSON each gets.
type Row = (&'static str, &'static [(&'static str, &'static str)]);

/// Defaults that hold wherever the definition is used.
const TABLE: &[Row] = &[
    (
        "admissionregistration.v1.MatchResources",
        &[
            ("matchPolicy", r#""Equivalent""#),
            ("namespaceSelector", "{}"),
            ("objectSelector", "{}"),
        ],
    ),
    (
        "admissionregistration.v1.MutatingAdmissionPolicySpec",
        &[("failurePolicy", r#""Fail""#)],
    ),
    (
        "admissionregistration.v1.MutatingWebhook",
        &[
            ("failurePolicy", r#""Fail""#),
            ("matchPolicy", r#""Equivalent""#),
            ("namespaceSelector", "{}"),
            ("objectSelector", "{}"),
            ("reinvocationPolicy", r#""Never""#),
            ("timeoutSeconds", "10"),
        ],
    ),
    (
        "admissionregistration.v1.NamedRuleWithOperations",
        &[("scope", r#""*""#)],
    ),
    (
        "admissionregistration.v1.RuleWithOperations",
        &[("scope", r#""*""#)],
    ),
    ("admissionregistration.v1.ServiceReference", &[("port", "443")]),
    (
        "admissionregistration.v1.ValidatingAdmissionPolicySpec",
        &[("failurePolicy", r#""Fail""#)],
    ),
    (
        "admissionregistration.v1.ValidatingWebhook",
        &[
            ("failurePolicy", r#""Fail""#),
            ("matchPolicy", r#""Equivalent""#),
            ("namespaceSelector", "{}"),
            ("objectSelector", "{}"),
            ("timeoutSeconds", "10"),
        ],
    ),
    ("apps.v1.DaemonSetSpec", &[("revisionHistoryLimit", "10")]),
    (
        "apps.v1.DaemonSetUpdateStrategy",
        &[("type", r#""RollingUpdate""#)],
    ),
    (
        "apps.v1.DeploymentSpec",
        &[
            ("replicas", "1"),
            ("revisionHistoryLimit", "10"),
            ("progressDeadlineSeconds", "600"),
        ],
    ),
    ("apps.v1.DeploymentStrategy", &[("type", r#""RollingUpdate""#)]),
    ("apps.v1.ReplicaSetSpec", &[("replicas", "1")]),
    (
        "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
        &[("whenDeleted", r#""Retain""#), ("whenScaled", r#""Retain""#)],
    ),
    (
        "apps.v1.StatefulSetSpec",
        &[
            ("replicas", "1"),
            ("podManagementPolicy", r#""OrderedReady""#),
            ("revisionHistoryLimit", "10"),
            ("persistentVolumeClaimRetentionPolicy", "{}"),
        ],
    ),
    (
        "apps.v1.StatefulSetUpdateStrategy",
        &[("type", r#""RollingUpdate""#)],
    ),
    (
        "autoscaling.v1.HorizontalPodAutoscalerSpec",
        &[("minReplicas", "1")],
    ),
    (
        "autoscaling.v2.HorizontalPodAutoscalerSpec",
        &[("minReplicas", "1")],
    ),
    (
        "batch.v1.CronJobSpec",
        &[
            ("concurrencyPolicy", r#""Allow""#),
            ("suspend", "false"),
            ("successfulJobsHistoryLimit", "3"),
            ("failedJobsHistoryLimit", "1"),
        ],
    ),
    (
        "batch.v1.PodFailurePolicyOnPodConditionsPattern",
        &[("status", r#""True""#)],
    ),
    (
        "core.v1.AzureDiskVolumeSource",
        &[
            ("cachingMode", r#""ReadWrite""#),
            ("kind", r#""Shared""#),
            ("fsType", r#""ext4""#),
            ("readOnly", "false"),
        ],
    ),
    ("core.v1.ConfigMapVolumeSource", &[("defaultMode", "420")]),
    (
        "core.v1.Container",
        &[
            ("terminationMessagePath", r#""/dev/termination-log""#),
            ("terminationMessagePolicy", r#""File""#),
        ],
    ),
    ("core.v1.ContainerPort", &[("protocol", r#""TCP""#)]),
    ("core.v1.DownwardAPIVolumeSource", &[("defaultMode", "420")]),
    ("core.v1.EndpointPort", &[("protocol", r#""TCP""#)]),
    (
        "core.v1.EphemeralContainer",
        &[
            ("terminationMessagePath", r#""/dev/termination-log""#),
            ("terminationMessagePolicy", r#""File""#),
        ],
    ),
    ("core.v1.GRPCAction", &[("service", r#""""#)]),
    (
        "core.v1.HTTPGetAction",
        &[("path", r#""/""#), ("scheme", r#""HTTP""#)],
    ),
    ("core.v1.HostPathVolumeSource", &[("type", r#""""#)]),
    (
        "core.v1.ISCSIPersistentVolumeSource",
        &[("iscsiInterface", r#""default""#)],
    ),
    ("core.v1.ISCSIVolumeSource", &[("iscsiInterface", r#""default""#)]),
    ("core.v1.ObjectFieldSelector", &[("apiVersion", r#""v1""#)]),
    (
        "core.v1.PersistentVolumeClaimSpec",
        &[("volumeMode", r#""Filesystem""#)],
    ),
    (
        "core.v1.PersistentVolumeClaimStatus",
        &[("phase", r#""Pending""#)],
    ),
    (
        "core.v1.PersistentVolumeSpec",
        &[
            ("persistentVolumeReclaimPolicy", r#""Retain""#),
            ("volumeMode", r#""Filesystem""#),
        ],
    ),
    ("core.v1.PersistentVolumeStatus", &[("phase", r#""Pending""#)]),
    (
        "core.v1.PodSpec",
        &[
            ("dnsPolicy", r#""ClusterFirst""#),
            ("restartPolicy", r#""Always""#),
            ("schedulerName", r#""default-scheduler""#),
            ("securityContext", "{}"),
            ("terminationGracePeriodSeconds", "30"),
        ],
    ),
    (
        "core.v1.Probe",
        &[
            ("failureThreshold", "3"),
            ("periodSeconds", "10"),
            ("successThreshold", "1"),
            ("timeoutSeconds", "1"),
        ],
    ),
    ("core.v1.ProjectedVolumeSource", &[("defaultMode", "420")]),
    (
        "core.v1.RBDPersistentVolumeSource",
        &[
            ("keyring", r#""/etc/ceph/keyring""#),
            ("pool", r#""rbd""#),
            ("user", r#""admin""#),
        ],
    ),
    (
        "core.v1.RBDVolumeSource",
        &[
            ("keyring", r#""/etc/ceph/keyring""#),
            ("pool", r#""rbd""#),
            ("user", r#""admin""#),
        ],
    ),
    ("core.v1.ReplicationControllerSpec", &[("replicas", "1")]),
    (
        "core.v1.ScaleIOPersistentVolumeSource",
        &[("fsType", r#""xfs""#), ("storageMode", r#""ThinProvisioned""#)],
    ),
    (
        "core.v1.ScaleIOVolumeSource",
        &[("fsType", r#""xfs""#), ("storageMode", r#""ThinProvisioned""#)],
    ),
    ("core.v1.Secret", &[("type", r#""Opaque""#)]),
    ("core.v1.SecretVolumeSource", &[("defaultMode", "420")]),
    (
        "core.v1.ServiceAccountTokenProjection",
        &[("expirationSeconds", "3600")],
    ),
    ("core.v1.ServicePort", &[("protocol", r#""TCP""#)]),
    (
        "core.v1.ServiceSpec",
        &[("sessionAffinity", r#""None""#), ("type", r#""ClusterIP""#)],
    ),
    (
        "discovery.v1.EndpointPort",
        &[("name", r#""""#), ("protocol", r#""TCP""#)],
    ),
    (
        "flowcontrol.v1.ExemptPriorityLevelConfiguration",
        &[("lendablePercent", "0"), ("nominalConcurrencyShares", "0")],
    ),
    (
        "flowcontrol.v1.LimitedPriorityLevelConfiguration",
        &[("lendablePercent", "0"), ("nominalConcurrencyShares", "30")],
    ),
    ("flowcontrol.v1.FlowSchemaSpec", &[("matchingPrecedence", "1000")]),
    (
        "flowcontrol.v1.QueuingConfiguration",
        &[("handSize", "8"), ("queues", "64"), ("queueLengthLimit", "50")],
    ),
    (
        "networking.v1.IngressClassParametersReference",
        &[("scope", r#""Cluster""#)],
    ),
    ("networking.v1.NetworkPolicyPort", &[("protocol", r#""TCP""#)]),
    (
        "rbac.v1.RoleRef",
        &[("apiGroup", r#""rbac.authorization.k8s.io""#)],
    ),
    ("resource.v1.DeviceToleration", &[("operator", r#""Equal""#)]),
    (
        "resource.v1.ExactDeviceRequest",
        &[("allocationMode", r#""ExactCount""#)],
    ),
    (
        "resource.v1.DeviceSubRequest",
        &[("allocationMode", r#""ExactCount""#)],
    ),
    (
        "scheduling.v1.PriorityClass",
        &[("preemptionPolicy", r#""PreemptLowerPriority""#)],
    ),
    (
        "storage.v1.CSIDriverSpec",
        &[
            ("attachRequired", "true"),
            ("fsGroupPolicy", r#""ReadWriteOnceWithFSType""#),
            ("podInfoOnMount", "false"),
            ("requiresRepublish", "false"),
            ("seLinuxMount", "false"),
            ("storageCapacity", "false"),
            ("volumeLifecycleModes", r#"["Persistent"]"#),
        ],
    ),
    (
        "storage.v1.StorageClass",
        &[
            ("reclaimPolicy", r#""Delete""#),
            ("volumeBindingMode", r#""Immediate""#),
        ],
    ),
];

static DEFAULTS: LazyLock<HashMap<&'static str, Vec<(&'static str, Value)>>> = LazyLock::new(|| {
    let read = |json: &str| serde_json::from_str(json).expect("the table above holds JSON");
    let row = |(name, fields): &Row| {
        let fields = fields.iter().map(|(field, json)| (*field, read(json)));
        (*name, fields.collect())
    };
    TABLE.iter().map(row).collect()
});

/// The name that the table and the rules know a definition by.
pub(super) fn short_name(typed: &TypedFields) -> &'static str {
    let name = typed.definition.name();
    name.strip_prefix("io.k8s.api.").unwrap_or(name)
}

/// Whether a plain field counts as not set.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(flag) => !flag,
        _ => false,
    }
}

/// Fills in defaults in a value and everything in it.
pub(in crate::apiserver::types) fn fill(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(_) => {
            if let Some(typed) = &schema.typed {
                let name = short_name(typed);
                default_rules::before(name, value);
                for (field, default) in DEFAULTS.get(name).into_iter().flatten() {
                    let is_zero = typed
                        .fields
                        .get(*field)
                        .is_some_and(|shape| shape.form == FieldForm::Scalar && is_zero(&value[*field]));
                    if is_zero {
                        value[*field] = default.clone();
                    }
                    fields::default(value, field, default.clone());
                }
                default_rules::after(name, value);
            }
            for (name, value) in value.as_object_mut().into_iter().flatten() {
                if let Some(child) = schema
                    .properties
                    .get(name.as_str())
                    .or(schema.additional.as_ref())
                {
                    fill(child, value);
                }
            }
            if let Some(typed) = &schema.typed {
                default_rules::last(short_name(typed), value);
            }
        }
        Value::Array(items) => {
            let Some(child) = &schema.items else { return };
            for item in items {
                fill(child, item);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::types::DefinitionId;

    #[test]
    fn every_row_names_fields_that_exist() {
        for (name, fields) in TABLE {
            let schema = DefinitionId::named(&format!("io.k8s.api.{name}"))
                .expect(name)
                .schema();
            for (field, _) in *fields {
                assert!(schema.properties.contains_key(*field), "{name}.{field}");
            }
        }
        assert_eq!(DEFAULTS.len(), TABLE.len());
    }
}
