//! Conversations of the group status-scale.

super::scenarios! {
    "status-scale":
    deployment_status = "deployment status",
    status_is_dropped_on_create = "status is dropped on create",
    wrong_methods_and_missing_status = "wrong methods and missing status",
    custom_resource_with_a_status_subresource = "custom resource with a status subresource",
    custom_resource_without_subresources = "custom resource without subresources",
    scale_of_a_deployment = "scale of a deployment",
    scale_of_a_stateful_set = "scale of a stateful set",
    scale_of_a_custom_resource = "scale of a custom resource",
    scale_with_nested_paths_and_no_status_subresource = "scale with nested paths and no status subresource",
}
