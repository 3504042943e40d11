//! Conversations of the group rbac.

super::scenarios! {
    "rbac":
    forbidden_in_every_form = "forbidden in every form",
    role_and_binding_in_a_namespace = "role and binding in a namespace",
    cluster_role_bound_in_a_namespace_and_in_the_cluster = "cluster role bound in a namespace and in the cluster",
    resource_names = "resource names",
    patch_update_and_apply_are_different_rights = "patch, update and apply are different rights",
    custom_resources_and_their_subresources = "custom resources and their subresources",
    impersonation = "impersonation",
    system_masters_and_namespaces_that_do_not_exist = "system masters and namespaces that do not exist",
}
