//! Conversations of the group patch.

super::scenarios! {
    "patch":
    json_patch_operations = "json patch operations",
    json_patch_failures_leave_the_object_alone = "json patch failures leave the object alone",
    json_patch_leniencies = "json patch leniencies",
    json_patch_arrays_and_escapes = "json patch arrays and escapes",
    merge_patch_on_a_configmap = "merge patch on a configmap",
    merge_patch_on_a_deployment_replaces_lists = "merge patch on a deployment replaces lists",
    merge_patch_on_a_custom_resource = "merge patch on a custom resource",
    strategic_merge_keys = "strategic merge keys",
    strategic_merge_directives = "strategic merge directives",
    strategic_merge_of_finalizers_and_owners = "strategic merge of finalizers and owners",
    immutable_metadata = "immutable metadata",
    resource_version_as_a_precondition = "resource version as a precondition",
    patches_that_change_nothing = "patches that change nothing",
    patch_of_a_missing_object = "patch of a missing object",
    content_types_and_malformed_patches = "content types and malformed patches",
    dry_run = "dry run",
    patches_that_make_built_ins_invalid = "patches that make built-ins invalid",
    field_validation = "field validation",
}
