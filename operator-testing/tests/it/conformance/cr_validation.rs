//! Conversations of the group cr-validation.

super::scenarios! {
    "cr-validation":
    types_and_required_fields = "types and required fields",
    limits = "limits",
    formats = "formats",
    anyof_oneof_allof_and_not = "anyOf, oneOf, allOf and not",
    int_or_string_embedded_resources_and_free_fields = "int-or-string, embedded resources and free fields",
    unknown_fields = "unknown fields",
    defaults = "defaults",
    list_types = "list types",
    numbers_and_odd_strings = "numbers and odd strings",
    cel_rules = "CEL rules",
    cel_transition_rules = "CEL transition rules",
    ratcheting_of_values_that_became_invalid = "ratcheting of values that became invalid",
    many_errors_at_once = "many errors at once",
    status_is_validated_through_its_subresource = "status is validated through its subresource",
    metadata_names_and_generation = "metadata, names and generation",
}
