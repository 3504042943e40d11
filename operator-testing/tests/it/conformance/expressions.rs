//! Conversations about what the functions of CEL give, told by the messages of rules that do not hold.

super::scenarios! {
    "expressions":
    what_expressions_say = "what expressions say",
}
