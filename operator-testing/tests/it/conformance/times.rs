//! Conversations about times, as texts that fit and texts that do not.

super::scenarios! {
    "times":
    times_of_events = "times of Events",
    times_of_leases_to_the_microsecond = "times of Leases, to the microsecond",
}
