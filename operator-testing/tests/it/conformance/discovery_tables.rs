//! Conversations of the group discovery-tables.

super::scenarios! {
    "discovery-tables":
    version_and_health = "version and health",
    api_versions_and_groups = "api versions and groups",
    resources_of_the_core_group = "resources of the core group",
    resources_of_groups = "resources of groups",
    aggregated_discovery = "aggregated discovery",
    discovery_of_custom_resources = "discovery of custom resources",
    openapi = "openapi",
    config_maps_as_tables = "config maps as tables",
    workloads_as_tables = "workloads as tables",
    pod_status_column = "pod status column",
    services_and_volumes_as_tables = "services and volumes as tables",
    custom_resources_as_tables = "custom resources as tables",
    partial_object_metadata = "partial object metadata",
}
