//! Conversations of the group builtin-defaults.

super::scenarios! {
    "builtin-defaults":
    pod = "pod",
    containers = "containers",
    workloads = "workloads",
    jobs = "jobs",
    services = "services",
    config_and_storage = "config and storage",
    access = "access",
    networking = "networking",
    scaling_and_policy = "scaling and policy",
    cluster_objects = "cluster objects",
    bad_deployments = "bad deployments",
    bad_containers = "bad containers",
    bad_jobs_and_cron_jobs = "bad jobs and cron jobs",
    bad_services = "bad services",
    bad_configuration_and_storage = "bad configuration and storage",
    bad_access_rules = "bad access rules",
    bad_networking_and_policy = "bad networking and policy",
}
