//! Conversations about built-in objects with parts left out or wrong, as the areas of the differential tester draw them.

super::scenarios! {
    "mistakes":
    pods_with_mistakes = "Pods with mistakes",
    workloads_with_mistakes = "workloads with mistakes",
    jobs_with_mistakes = "Jobs with mistakes",
    services_and_endpoints_with_mistakes = "Services and endpoints with mistakes",
    volumes_claims_and_classes_with_mistakes = "volumes, claims and classes with mistakes",
    ingresses_and_policies_with_mistakes = "ingresses and policies with mistakes",
    autoscalers_and_budgets_with_mistakes = "autoscalers and budgets with mistakes",
    configuration_and_roles_with_mistakes = "configuration and roles with mistakes",
    bodies_of_several_wrong_types = "bodies of several wrong types",
    patches_of_wrong_types = "patches of wrong types",
    who_owns_nothing = "who owns nothing",
    defaults_that_do_not_fit = "defaults that do not fit",
    the_status_of_jobs = "the status of Jobs",
    values_brought_into_form = "values brought into form",
}
