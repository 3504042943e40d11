//! Conversations about what is the same to rules, to the store and to patches, and about what nobody sent.

super::scenarios! {
    "likeness":
    rules_compare_lists_by_their_type = "rules compare lists by their type",
    empty_metadata_of_applied_resources = "empty metadata of applied resources",
    patches_that_name_an_element_twice = "patches that name an element twice",
    selectors_and_numbers = "selectors of an aggregation and numbers of a keyword",
    rollouts_of_sets = "rollouts of sets",
}
