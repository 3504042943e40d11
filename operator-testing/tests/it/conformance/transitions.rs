//! Conversations about what rules see of an old value, and of fields that are null.

super::scenarios! {
    "transitions":
    rules_with_an_old_value_that_may_be_missing = "rules with an old value that may be missing",
    elements_of_an_old_value_that_may_be_missing = "elements of an old value that may be missing",
    objects_with_fields_that_are_null = "objects with fields that are null",
    a_status_of_null_in_a_schema_that_keeps_unknown_fields = "a status of null in a schema that keeps unknown fields",
    a_status_of_null = "a status of null",
}
