//! Conversations of the group rbac.

super::scenarios! {
    "rbac":
    no_token_bad_token = "no token, bad token",
    what_every_authenticated_user_may_do = "what every authenticated user may do",
    forbidden_in_every_form = "forbidden in every form",
    role_and_binding_in_a_namespace = "role and binding in a namespace",
    cluster_role_bound_in_a_namespace_and_in_the_cluster = "cluster role bound in a namespace and in the cluster",
    groups_and_service_accounts_as_subjects = "groups and service accounts as subjects",
    resource_names = "resource names",
    patch_update_and_apply_are_different_rights = "patch, update and apply are different rights",
    wildcards = "wildcards",
    custom_resources_and_their_subresources = "custom resources and their subresources",
    escalation_and_bind = "escalation and bind",
    validation_of_roles_and_bindings = "validation of roles and bindings",
    access_reviews = "access reviews",
    impersonation = "impersonation",
    system_masters_and_namespaces_that_do_not_exist = "system masters and namespaces that do not exist",
}
