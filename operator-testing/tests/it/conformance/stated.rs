//! Conversations about bodies that state to be something else than what their path takes.

super::scenarios! {
    "stated":
    options_of_a_deletion = "options of a deletion",
    bodies_of_built_in_kinds = "bodies of built-in kinds by what they state",
    bodies_of_custom_resources = "bodies of custom resources by what they state",
    bodies_of_a_pod_s_subresources = "status of a Pod and bodies of its subresources",
    managers_in_versions_that_are_gone = "managers in versions that are gone",
    what_a_balancer_reported = "what a balancer reported of a service that has none any more",
}
