//! Panics of what the user wrote: they are caught where it is called, so that nothing else ends with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What `call` answers, or the message of its panic.
///
/// What the call has changed half-way stays changed; nothing of ours is lent to it for writing.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| message_of(panic.as_ref()).to_owned())
}

/// What a panic says.
pub(crate) fn message_of(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "(no message)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        let number = std::hint::black_box(3);
        assert_eq!(caught(|| number), Ok(3));
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".to_owned()));
        assert_eq!(
            caught(|| panic!("number {number}")),
            Err::<(), _>("number 3".to_owned())
        );
        let odd = caught(|| std::panic::panic_any(number));
        assert_eq!(odd, Err::<(), _>("(no message)".to_owned()));
    }
}
