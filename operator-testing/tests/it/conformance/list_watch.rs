//! Conversations of the group list-watch.

super::scenarios! {
    "list-watch":
    list_form_and_order = "list form and order",
    list_across_namespaces = "list across namespaces",
    label_selectors = "label selectors",
    bad_label_selectors = "bad label selectors",
    field_selectors_of_every_kind = "field selectors of every kind",
    field_selectors_of_pods = "field selectors of pods",
    pages = "pages",
    pages_over_writes = "pages over writes",
    bad_page_requests = "bad page requests",
    list_at_a_resource_version = "list at a resource version",
    watch_from_now_on = "watch from now on",
    watch_starts = "watch starts",
    watch_event_versions = "watch event versions",
    watch_with_a_label_selector = "watch with a label selector",
    watch_with_a_field_selector = "watch with a field selector",
    watch_of_all_namespaces = "watch of all namespaces",
    watch_deletion_with_a_finalizer = "watch deletion with a finalizer",
    watch_list = "watch list",
    watch_list_with_wrong_parameters = "watch list with wrong parameters",
    watch_requests_that_are_refused = "watch requests that are refused",
    other_ways_to_watch = "other ways to watch",
    watch_as_table_and_as_metadata = "watch as table and as metadata",
    watch_of_custom_resources = "watch of custom resources",
    watch_of_a_lease_and_of_an_empty_kind = "watch of a lease and of an empty kind",
}
