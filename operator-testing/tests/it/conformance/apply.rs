//! Conversations of the group apply.

super::scenarios! {
    "apply":
    create_and_update_by_apply = "create and update by apply",
    two_managers_share_an_object = "two managers share an object",
    conflicts_between_appliers = "conflicts between appliers",
    dropping_fields = "dropping fields",
    dropping_fields_of_a_deployment_restores_defaults = "dropping fields of a deployment restores defaults",
    lists_merge_by_key = "lists merge by key",
    set_lists = "set lists",
    atomic_lists_and_maps = "atomic lists and maps",
    plain_updates_and_applies = "plain updates and applies",
    metadata_in_the_applied_configuration = "metadata in the applied configuration",
    cleared_managed_fields = "cleared managed fields",
    apply_to_the_status_subresource = "apply to the status subresource",
    custom_resource_with_list_types = "custom resource with list types",
    custom_resource_without_list_types = "custom resource without list types",
    owner_references_merge_by_uid = "owner references merge by uid",
    ownership_after_the_scale_subresource = "ownership after the scale subresource",
    dry_run_of_apply = "dry run of apply",
    yaml_bodies = "yaml bodies",
    unknown_fields_and_wrong_types = "unknown fields and wrong types",
    nulls_in_the_applied_configuration = "nulls in the applied configuration",
    apply_makes_the_object_invalid = "apply makes the object invalid",
    services = "services",
    apply_while_deleting = "apply while deleting",
    apply_a_definition_and_its_object = "apply a definition and its object",
}
