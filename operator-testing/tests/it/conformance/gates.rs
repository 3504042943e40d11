//! Conversations about pods that scheduling gates hold back.

super::scenarios! {
    "gates":
    what_may_change_of_a_gated_pod = "what may change of a gated pod",
}
