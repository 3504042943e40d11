//! Conversations of the group deletion.

super::scenarios! {
    "deletion":
    answers_of_delete = "answers of delete",
    finalizers_keep_an_object = "finalizers keep an object",
    ways_to_remove_the_last_finalizer = "ways to remove the last finalizer",
    finalizers_of_a_custom_resource = "finalizers of a custom resource",
    generation_and_deletion = "generation and deletion",
    preconditions = "preconditions",
    options_of_delete = "options of delete",
    pods_and_grace_periods = "pods and grace periods",
    delete_collection = "delete collection",
    owner_references_are_validated = "owner references are validated",
    background_deletion_collects_dependents = "background deletion collects dependents",
    dependents_stay_until_the_owner_is_gone = "dependents stay until the owner is gone",
    orphaning = "orphaning",
    foreground_deletion_waits_for_blocking_dependents = "foreground deletion waits for blocking dependents",
    foreground_deletion_does_not_wait_for_others = "foreground deletion does not wait for others",
    dependents_of_absent_and_wrong_owners = "dependents of absent and wrong owners",
    several_owners = "several owners",
    namespace_with_a_finalizer_inside = "namespace with a finalizer inside",
    namespace_with_its_own_finalizer = "namespace with its own finalizer",
    custom_resource_as_an_owner = "custom resource as an owner",
    protected_namespaces = "protected namespaces",
}
