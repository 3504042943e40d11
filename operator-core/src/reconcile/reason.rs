use std::fmt;

/// One cause for a reconcile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
#[non_exhaustive]
pub enum Reason {
    /// The object was there when the controller started.
    Initial = 1,
    /// The object was created or changed.
    Changed = 1 << 1,
    /// The object is being deleted, or is gone.
    Deleted = 1 << 2,
    /// Something it owns changed.
    Owned = 1 << 3,
    /// Something it refers to changed.
    Mapped = 1 << 4,
    /// Something outside Kubernetes asked for it.
    External = 1 << 5,
    /// The last reconcile asked for it.
    Requeued = 1 << 6,
    /// The last reconcile failed.
    Retried = 1 << 7,
    /// Its turn in the periodic round over all objects.
    Resync = 1 << 8,
    /// The cache had not yet caught up with the operator's own writes.
    CaughtUp = 1 << 9,
    /// Its timer went off.
    Timer = 1 << 10,
}

impl Reason {
    const ALL: [Self; 11] = [
        Self::Initial,
        Self::Changed,
        Self::Deleted,
        Self::Owned,
        Self::Mapped,
        Self::External,
        Self::Requeued,
        Self::Retried,
        Self::Resync,
        Self::CaughtUp,
        Self::Timer,
    ];

    /// The word used in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Owned => "owned",
            Self::Mapped => "mapped",
            Self::External => "external",
            Self::Requeued => "requeued",
            Self::Retried => "retried",
            Self::Resync => "resync",
            Self::CaughtUp => "caught-up",
            Self::Timer => "timer",
        }
    }
}

/// All causes that came together in one reconcile.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Reasons(u16);

impl Reasons {
    /// No cause.
    pub const NONE: Self = Self(0);

    /// Whether `reason` is one of them.
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 & reason as u16 != 0
    }

    /// Each of them, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL
            .into_iter()
            .filter(move |reason| self.contains(*reason))
    }

    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }
}

impl From<Reason> for Reasons {
    fn from(reason: Reason) -> Self {
        Self(reason as u16)
    }
}

impl std::ops::BitOr for Reasons {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, reason) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            f.write_str(reason.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_add_up() {
        let reasons = Reasons::from(Reason::Retried) | Reason::Changed.into();
        assert_eq!(reasons.to_string(), "changed,retried");
        assert!(reasons.contains(Reason::Changed) && !reasons.contains(Reason::Owned));
        assert_eq!(Reasons::from_bits(reasons.bits()), reasons);
    }
}
