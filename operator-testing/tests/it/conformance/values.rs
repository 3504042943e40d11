//! Conversations about what the expressions of rules give.

super::scenarios! {
    "values":
    what_expressions_give = "what expressions give",
    what_is_wrong_with_the_values_of_expressions = "what is wrong with the values of expressions",
    what_can_be_told_of_expressions_before_they_are_asked = "what can be told of expressions before they are asked",
}
