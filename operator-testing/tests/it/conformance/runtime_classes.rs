//! Conversations about pods that name the class of their runtime.

super::scenarios! {
    "runtime-classes":
    pods_get_what_their_class_says = "pods get what the class of their runtime says",
}
