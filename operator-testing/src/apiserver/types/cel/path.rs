//! The way from a variable to a part of it.

use std::{cell::RefCell, rc::Rc};

/// Steps from a variable. A path that is made longer may share the memory of the shorter one, and with it that of other paths
/// made longer from the same: the step that was made last then holds for all of them. The real server's paths do (they are slices
/// of Go), and what it estimates depends on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    memory: Rc<RefCell<Vec<Rc<str>>>>,
    length: usize,
}

impl Path {
    /// The path to a variable itself.
    pub(super) fn to(variable: &str) -> Self {
        Self::default().then(variable)
    }

    /// One step further.
    pub(super) fn then(&self, step: &str) -> Self {
        // Memory is doubled when it is full.
        let is_full = self.length == 0 || self.length.is_power_of_two();
        let memory = if is_full {
            let copy = self.memory.borrow()[..self.length].to_vec();
            Rc::new(RefCell::new(copy))
        } else {
            Rc::clone(&self.memory)
        };
        let mut steps = memory.borrow_mut();
        match steps.get_mut(self.length) {
            Some(place) => *place = step.into(),
            None => steps.push(step.into()),
        }
        drop(steps);
        Self {
            memory,
            length: self.length + 1,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The steps as they are now.
    pub(super) fn steps(&self) -> Vec<Rc<str>> {
        self.memory.borrow()[..self.length].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &Path) -> String {
        path.steps().join(".")
    }

    #[test]
    fn paths_share_memory_as_slices_do() {
        let pair = Path::to("a").then("b");
        let (c, d) = (pair.then("c"), pair.then("d"));
        assert_eq!((shown(&c), shown(&d)), ("a.b.c".to_owned(), "a.b.d".to_owned()));
        // The fourth step finds room in the memory of the third.
        let (e, f) = (c.then("e"), c.then("f"));
        assert_eq!(
            (shown(&e), shown(&f)),
            ("a.b.c.f".to_owned(), "a.b.c.f".to_owned())
        );
        assert_eq!(shown(&c), "a.b.c");
    }
}
