//! Conversations of the group crud.

super::scenarios! {
    "crud":
    configmap_lifecycle = "configmap lifecycle",
    generatename = "generateName",
    missing_and_generated_names = "missing and generated names",
    name_and_namespace_in_body_against_path = "name and namespace in body against path",
    kind_and_apiversion_in_body = "kind and apiVersion in body",
    unknown_paths = "unknown paths",
    missing_namespace = "missing namespace",
    methods_not_allowed = "methods not allowed",
    server_owned_metadata_on_create = "server owned metadata on create",
    server_owned_metadata_on_update = "server owned metadata on update",
    resource_version_and_uid_on_update = "resource version and uid on update",
    kinds_that_need_a_resource_version = "kinds that need a resource version",
    put_to_a_missing_object = "put to a missing object",
    updates_without_a_change = "updates without a change",
    generation = "generation",
    labels_annotations_finalizers_and_owners = "labels, annotations, finalizers and owners",
    bodies_that_cannot_be_read = "bodies that cannot be read",
    content_types = "content types",
    dry_run = "dry run",
    quantities_and_times_are_canonical = "quantities and times are canonical",
    query_parameters = "query parameters",
    namespace_lifecycle = "namespace lifecycle",
}
