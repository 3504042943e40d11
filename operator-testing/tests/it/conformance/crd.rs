//! Conversations of the group crd.

super::scenarios! {
    "crd":
    minimal_crd_and_what_the_server_fills_in = "minimal CRD and what the server fills in",
    names_given_in_full_and_discovery = "names given in full and discovery",
    cluster_scoped_crd = "cluster scoped CRD",
    version_priority_in_group_discovery = "version priority in group discovery",
    protected_group_with_an_unapproved_annotation = "protected group with an unapproved annotation",
    deprecated_versions_warn = "deprecated versions warn",
    conversion_service_defaults = "conversion service defaults",
    server_side_apply_of_a_crd = "server side apply of a CRD",
    selectable_fields = "selectable fields",
    scale_subresource = "scale subresource",
    status_subresource = "status subresource",
    no_status_subresource = "no status subresource",
}
