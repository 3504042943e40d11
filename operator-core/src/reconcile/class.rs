use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What an error means for the key whose reconcile returned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Trying again may help: the key comes back with its own exponential back-off.
    Retryable,
    /// Trying again may help, after this time.
    RetryAfter(Duration),
    /// Trying again does not help before something changes.
    Terminal,
}

impl ErrorClass {
    /// Terminal when `error` or one of its sources is [`Terminal`], retryable otherwise.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            if error.is::<Terminal>() {
                return Self::Terminal;
            }
            next = error.source();
        }
        Self::Retryable
    }
}

/// Marks an error as one that a retry does not help.
///
/// # Example
/// ```
/// use operator_core::reconcile::{ErrorClass, Terminal};
///
/// let error = Terminal::new("the engine \"db2\" is not known");
/// assert_eq!(ErrorClass::of(&error), ErrorClass::Terminal);
/// ```
#[derive(Debug)]
pub struct Terminal(crate::BoxError);

impl Terminal {
    /// Marks `error`.
    pub fn new(error: impl Into<crate::BoxError>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Terminal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot reconcile")]
    struct Outer(#[source] crate::BoxError);

    #[test]
    fn terminal_is_found_among_the_sources() {
        let inner = Terminal::new("no such engine");
        assert_eq!(inner.to_string(), "no such engine");
        assert_eq!(ErrorClass::of(&Outer(inner.into())), ErrorClass::Terminal);
        assert_eq!(ErrorClass::of(&Outer("timeout".into())), ErrorClass::Retryable);
    }
}
