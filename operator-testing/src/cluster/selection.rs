//! Which controllers run, said as kube-controller-manager is told: `*,-deployment-controller`.

use std::{fmt, str::FromStr};

/// A controller that can be chosen.
struct Known {
    name: &'static str,
    alias: &'static str,
    simulated: bool,
}

const fn simulated(name: &'static str, alias: &'static str) -> Known {
    Known {
        name,
        alias,
        simulated: true,
    }
}

const fn accepted(name: &'static str, alias: &'static str) -> Known {
    Known {
        name,
        alias,
        simulated: false,
    }
}

/// The names of kube-controller-manager 1.36 with their older ones, then the two parts of a cluster that are programs of their own.
///
/// Names of controllers that are not simulated are accepted, so that a command line for the real one works here too.
const KNOWN: &[Known] = &[
    accepted("bootstrap-signer-controller", "bootstrapsigner"),
    accepted("certificatesigningrequest-approving-controller", "csrapproving"),
    accepted("certificatesigningrequest-cleaner-controller", "csrcleaner"),
    accepted("certificatesigningrequest-signing-controller", "csrsigning"),
    accepted("cloud-node-lifecycle-controller", "cloud-node-lifecycle"),
    simulated("clusterrole-aggregation-controller", "clusterrole-aggregation"),
    simulated("cronjob-controller", "cronjob"),
    simulated("daemonset-controller", "daemonset"),
    simulated("deployment-controller", "deployment"),
    accepted("device-taint-eviction-controller", ""),
    accepted("disruption-controller", "disruption"),
    simulated("endpoints-controller", "endpoint"),
    simulated("endpointslice-controller", "endpointslice"),
    accepted("endpointslice-mirroring-controller", "endpointslicemirroring"),
    accepted("ephemeral-volume-controller", "ephemeral-volume"),
    simulated("garbage-collector-controller", "garbagecollector"),
    accepted("horizontal-pod-autoscaler-controller", "horizontalpodautoscaling"),
    simulated("job-controller", "job"),
    accepted(
        "kube-apiserver-serving-clustertrustbundle-publisher-controller",
        "",
    ),
    accepted(
        "legacy-serviceaccount-token-cleaner-controller",
        "legacy-service-account-token-cleaner",
    ),
    simulated("namespace-controller", "namespace"),
    accepted("node-ipam-controller", "nodeipam"),
    accepted("node-lifecycle-controller", "nodelifecycle"),
    accepted("node-route-controller", "route"),
    accepted("persistentvolume-attach-detach-controller", "attachdetach"),
    simulated("persistentvolume-binder-controller", "persistentvolume-binder"),
    accepted(
        "persistentvolume-expander-controller",
        "persistentvolume-expander",
    ),
    simulated("persistentvolume-protection-controller", "pv-protection"),
    simulated("persistentvolumeclaim-protection-controller", "pvc-protection"),
    accepted("pod-garbage-collector-controller", "podgc"),
    accepted("podcertificaterequest-cleaner-controller", ""),
    accepted("podgroup-protection-controller", ""),
    simulated("replicaset-controller", "replicaset"),
    accepted("replicationcontroller-controller", "replicationcontroller"),
    accepted("resourceclaim-controller", "resource-claim-controller"),
    accepted("resourcepoolstatusrequest-controller", ""),
    accepted("resourcequota-controller", "resourcequota"),
    simulated(
        "root-ca-certificate-publisher-controller",
        "root-ca-cert-publisher",
    ),
    accepted("selinux-warning-controller", ""),
    accepted("service-cidr-controller", ""),
    accepted("service-lb-controller", "service"),
    simulated("serviceaccount-controller", "serviceaccount"),
    accepted("serviceaccount-token-controller", "serviceaccount-token"),
    simulated("statefulset-controller", "statefulset"),
    accepted("storage-version-migrator-controller", "svm"),
    accepted(
        "storageversion-garbage-collector-controller",
        "storage-version-gc",
    ),
    accepted("taint-eviction-controller", ""),
    accepted("token-cleaner-controller", "tokencleaner"),
    accepted("ttl-after-finished-controller", "ttl-after-finished"),
    accepted("ttl-controller", "ttl"),
    accepted("validatingadmissionpolicy-status-controller", ""),
    accepted("volumeattributesclass-protection-controller", ""),
    simulated("kube-scheduler", ""),
    simulated("kubelet", ""),
];

/// Which simulated controllers run.
///
/// Written as the value of kube-controller-manager's `--controllers`: `*` stands for all, a name adds one, a name with `-` in
/// front takes one away, and what is named explicitly wins over `*`; the first mention of a name counts. An empty value is none.
/// The names are kube-controller-manager's, and `kube-scheduler` and `kubelet` for what binds Pods and runs them.
///
/// # Example
/// ```
/// use operator_testing::cluster::Controllers;
///
/// let controllers: Controllers = "*,-deployment-controller".parse()?;
/// assert!(controllers.includes("replicaset-controller"));
/// assert!(!controllers.includes("deployment-controller"));
/// # Ok::<(), operator_testing::cluster::UnknownController>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controllers {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    All,
    With(&'static str),
    Without(&'static str),
}

/// A name that no controller has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not in the list of known controllers: {}", known_names())]
pub struct UnknownController {
    /// The name as it was given.
    pub name: String,
}

fn known_names() -> String {
    KNOWN
        .iter()
        .map(|known| known.name)
        .collect::<Vec<_>>()
        .join(", ")
}

impl Controllers {
    /// All of them: `*`.
    pub fn all() -> Self {
        Self {
            entries: vec![Entry::All],
        }
    }

    /// None of them: the empty value.
    pub fn none() -> Self {
        Self { entries: Vec::new() }
    }

    /// Whether the controller of this name runs.
    pub fn includes(&self, name: &str) -> bool {
        let explicit = self.entries.iter().find_map(|entry| match entry {
            Entry::With(known) if *known == name => Some(true),
            Entry::Without(known) if *known == name => Some(false),
            Entry::All | Entry::With(_) | Entry::Without(_) => None,
        });
        explicit.unwrap_or_else(|| self.entries.contains(&Entry::All))
    }

    /// The names of those that run and are simulated, in alphabetical order but for `kube-scheduler` and `kubelet` at the end.
    pub fn names(&self) -> Vec<&'static str> {
        KNOWN
            .iter()
            .filter(|known| known.simulated && self.includes(known.name))
            .map(|known| known.name)
            .collect()
    }
}

impl Default for Controllers {
    fn default() -> Self {
        Self::all()
    }
}

impl FromStr for Controllers {
    type Err = UnknownController;

    fn from_str(value: &str) -> Result<Self, UnknownController> {
        let entries = value
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                if entry == "*" {
                    return Ok(Entry::All);
                }
                let name = entry.strip_prefix('-').unwrap_or(entry);
                let known = KNOWN
                    .iter()
                    .find(|known| known.name == name || known.alias == name && !name.is_empty())
                    .ok_or_else(|| UnknownController {
                        name: name.to_owned(),
                    })?;
                Ok(if entry.starts_with('-') {
                    Entry::Without(known.name)
                } else {
                    Entry::With(known.name)
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }
}

impl fmt::Display for Controllers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            match entry {
                Entry::All => f.write_str("*")?,
                Entry::With(name) => f.write_str(name)?,
                Entry::Without(name) => write!(f, "-{name}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_reads_as_kube_controller_manager_reads_it() {
        let cases = [
            ("*", "deployment-controller", true),
            ("*", "kubelet", true),
            ("", "deployment-controller", false),
            ("*,-deployment-controller", "deployment-controller", false),
            ("*,-deployment-controller", "replicaset-controller", true),
            ("-deployment-controller,*", "deployment-controller", false),
            (
                "garbage-collector-controller,namespace-controller",
                "namespace-controller",
                true,
            ),
            (
                "garbage-collector-controller,namespace-controller",
                "kubelet",
                false,
            ),
            ("-deployment-controller", "replicaset-controller", false),
            ("deployment", "deployment-controller", true),
            ("*,-garbagecollector", "garbage-collector-controller", false),
            ("job-controller,-job-controller", "job-controller", true),
        ];
        for (value, name, expected) in cases {
            let controllers: Controllers = value.parse().unwrap();
            assert_eq!(controllers.includes(name), expected, "{value:?} {name}");
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = "*,-deploymnt".parse::<Controllers>().unwrap_err().to_string();
        assert!(
            error.starts_with(r#""deploymnt" is not in the list of known controllers: "#),
            "{error}"
        );
        assert!(error.contains("deployment-controller, "), "{error}");
        "-".parse::<Controllers>().unwrap_err();
    }

    #[test]
    fn names_are_written_as_they_are_read() {
        for value in [
            "*",
            "",
            "*,-deployment-controller",
            "statefulset-controller,kubelet",
        ] {
            assert_eq!(value.parse::<Controllers>().unwrap().to_string(), value);
        }
    }

    #[test]
    fn accepted_but_not_simulated_controllers_are_not_started() {
        let controllers: Controllers = "ttl-controller,statefulset-controller".parse().unwrap();
        assert_eq!(controllers.names(), ["statefulset-controller"]);
    }
}
