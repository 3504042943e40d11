//! Conversations about what the differential tester found.

super::scenarios! {
    "found":
    text_that_is_no_json = "text that is no JSON",
    keys_written_twice_in_yaml = "keys written twice in YAML",
    versions_that_are_not_served = "versions that are not served",
    warnings_about_the_pods_of_jobs = "warnings about the Pods of Jobs",
    the_template_of_a_suspended_job = "the template of a suspended Job",
    the_revision_of_a_deletion = "the revision of a deletion",
    managers_of_daemonsets = "managers of DaemonSets",
    what_a_new_object_brings_along = "what a new object brings along",
    queries_before_selectors = "queries before selectors",
    endpoint_slices = "endpoint slices",
    containers_of_a_pod = "containers of a Pod",
    ephemeral_containers = "ephemeral containers",
    tokens_of_service_accounts = "tokens of service accounts",
    approval_of_signing_requests = "approval of signing requests",
    storage_classes_and_budgets = "storage classes and budgets",
    applied_values_that_are_none = "applied values that are none",
    replacements_of_what_is_not_there = "replacements of what is not there",
    autoscalers_in_both_versions = "autoscalers in both versions",
    the_end_of_the_initial_events = "the end of the initial events",
    evictions_without_a_budget = "evictions without a budget",
    what_an_eviction_must_say = "what an eviction must say",
    evictions_within_a_budget = "evictions within a budget",
    evictions_that_a_budget_says_nothing_of = "evictions that a budget says nothing of",
    rules_that_cost_too_much_or_do_not_fit = "rules that cost too much or do not fit",
}
