//! Conversations of the group builtin-defaults.

super::scenarios! {
    "builtin-defaults":
    pod = "pod",
    containers = "containers",
    workloads = "workloads",
    jobs = "jobs",
    services = "services",
    networking = "networking",
    scaling_and_policy = "scaling and policy",
    cluster_objects = "cluster objects",
}
