//! Which types fit together, and what that says of the parameters in them.
//!
//! Source: `github.com/google/cel-go/checker/types.go`.

use std::{collections::HashMap, sync::Arc};

use super::kind::Kind;

/// What is known of parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Bindings {
    known: HashMap<Arc<str>, Kind>,
    fresh: usize,
}

impl Bindings {
    /// A parameter of which nothing is known.
    pub(super) fn fresh(&mut self) -> Kind {
        self.fresh += 1;
        Kind::Parameter(format!("_var{}", self.fresh - 1).into())
    }

    /// Whether a value of one type can stand where the other is wanted. What follows for parameters is kept if so.
    pub(super) fn accept(&mut self, given: &Kind, wanted: &Kind) -> bool {
        self.accept_all(std::slice::from_ref(given), std::slice::from_ref(wanted))
    }

    /// The same for several types together.
    pub(super) fn accept_all(&mut self, given: &[Kind], wanted: &[Kind]) -> bool {
        let before = self.known.clone();
        let fits = self.fit_all(given, wanted);
        if !fits {
            self.known = before;
        }
        fits
    }

    fn fit_all(&mut self, given: &[Kind], wanted: &[Kind]) -> bool {
        given.len() == wanted.len()
            && given
                .iter()
                .zip(wanted)
                .all(|(given, wanted)| self.fit(given, wanted))
    }

    fn fit(&mut self, given: &Kind, wanted: &Kind) -> bool {
        if let Kind::Parameter(name) = wanted {
            let was_known = self.known.contains_key(name);
            if self.substitutes(given, name) {
                return true;
            }
            if was_known {
                return false;
            }
        }
        if let Kind::Parameter(name) = given {
            return self.substitutes(wanted, name);
        }
        if given.is_dyn_or_error() || wanted.is_dyn_or_error() {
            return true;
        }
        match (given, wanted) {
            (Kind::Null, other) | (other, Kind::Null) => other.is_nullable(),
            (Kind::Type(_), Kind::Type(_)) => true,
            (Kind::List(given), Kind::List(wanted)) => self.fit(given, wanted),
            (Kind::Map(key, value), Kind::Map(wanted_key, wanted_value)) => {
                self.fit(key, wanted_key) && self.fit(value, wanted_value)
            }
            (Kind::Opaque(name, given), Kind::Opaque(wanted_name, wanted)) => {
                name == wanted_name && self.fit_all(given, wanted)
            }
            _ => given == wanted,
        }
    }

    /// Whether a type can stand for a parameter.
    fn substitutes(&mut self, kind: &Kind, parameter: &Arc<str>) -> bool {
        if matches!(kind, Kind::Parameter(name) if name == parameter) {
            return true;
        }
        if let Some(known) = self.known.get(parameter).cloned() {
            if *kind == known {
                return true;
            }
            if !self.fit(kind, &known) {
                return false;
            }
            let general = most_general(kind, &known);
            if self.is_free_of(general, parameter) {
                self.known.insert(parameter.clone(), general.clone());
            }
            return true;
        }
        let is_free = self.is_free_of(kind, parameter);
        if is_free {
            self.known.insert(parameter.clone(), kind.clone());
        }
        is_free
    }

    /// Whether a parameter does not stand in a type, not even through what other parameters stand for.
    fn is_free_of(&self, kind: &Kind, parameter: &Arc<str>) -> bool {
        match kind {
            Kind::Parameter(name) if name == parameter => false,
            Kind::Parameter(name) => self
                .known
                .get(name)
                .is_none_or(|known| self.is_free_of(known, parameter)),
            _ => kind
                .parameters()
                .into_iter()
                .all(|of| self.is_free_of(of, parameter)),
        }
    }

    /// A type with all that is known of its parameters put in.
    pub(super) fn apply(&self, kind: &Kind) -> Kind {
        self.substitute(kind, false)
    }

    /// The same, and what is not known can be anything.
    pub(super) fn settle(&self, kind: &Kind) -> Kind {
        self.substitute(kind, true)
    }

    fn substitute(&self, kind: &Kind, settles: bool) -> Kind {
        let inner = |of: &Kind| self.substitute(of, settles);
        match kind {
            Kind::Parameter(name) => match self.known.get(name) {
                Some(known) => inner(known),
                None if settles => Kind::Dyn,
                None => kind.clone(),
            },
            Kind::List(of) => Kind::list(inner(of)),
            Kind::Map(key, value) => Kind::map(inner(key), inner(value)),
            Kind::Type(Some(of)) => Kind::Type(Some(Arc::new(inner(of)))),
            Kind::Opaque(name, of) => Kind::Opaque(name.clone(), of.iter().map(inner).collect()),
            _ => kind.clone(),
        }
    }
}

/// Gives the parameters of a declaration names of their own.
pub(super) fn instantiate(kinds: &mut [Kind], bindings: &mut Bindings) {
    let mut names: HashMap<Arc<str>, Kind> = HashMap::new();
    for kind in kinds {
        *kind = rename(kind, &mut names, bindings);
    }
}

fn rename(kind: &Kind, names: &mut HashMap<Arc<str>, Kind>, bindings: &mut Bindings) -> Kind {
    let mut inner = |of: &Kind| rename(of, names, bindings);
    match kind {
        Kind::List(of) => Kind::list(inner(of)),
        Kind::Map(key, value) => Kind::map(inner(key), inner(value)),
        Kind::Type(Some(of)) => Kind::Type(Some(Arc::new(inner(of)))),
        Kind::Opaque(name, of) => Kind::Opaque(name.clone(), of.iter().map(inner).collect()),
        Kind::Parameter(name) => names
            .entry(name.clone())
            .or_insert_with(|| bindings.fresh())
            .clone(),
        _ => kind.clone(),
    }
}

/// The more general of two types that fit together.
pub(super) fn most_general<'a>(a: &'a Kind, b: &'a Kind) -> &'a Kind {
    if is_as_general(a, b) { a } else { b }
}

fn is_as_general(a: &Kind, b: &Kind) -> bool {
    let is_open = |kind: &Kind| matches!(kind, Kind::Dyn | Kind::Parameter(_));
    if is_open(a) {
        return true;
    }
    if is_open(b) {
        return false;
    }
    match (a, b) {
        (Kind::Type(_), Kind::Type(_)) => true,
        (Kind::List(a), Kind::List(b)) => is_as_general(a, b),
        (Kind::Map(key, value), Kind::Map(other_key, other_value)) => {
            is_as_general(key, other_key) && is_as_general(value, other_value)
        }
        (Kind::Opaque(a, of), Kind::Opaque(b, other)) => {
            a == b && of.len() == other.len() && of.iter().zip(other).all(|(a, b)| is_as_general(a, b))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(given: &str, wanted: &str) -> bool {
        Bindings::default().accept(&Kind::parse(given), &Kind::parse(wanted))
    }

    #[test]
    fn types_fit_where_they_are_wanted() {
        for (given, wanted) in [
            ("int", "int"),
            ("dyn", "string"),
            ("list(dyn)", "list(string)"),
            ("null", "kubernetes.Quantity"),
            ("A", "list(string)"),
            ("map(string, int)", "map(A, B)"),
            ("type(int)", "type(string)"),
        ] {
            assert!(fits(given, wanted), "{given} for {wanted}");
        }
        for (given, wanted) in [
            ("int", "double"),
            ("null", "string"),
            ("list(int)", "list(string)"),
            ("map(string, int)", "map(A, A)"),
            ("A", "list(A)"),
            ("net.IP", "net.CIDR"),
        ] {
            assert!(!fits(given, wanted), "{given} for {wanted}");
        }
    }

    #[test]
    fn parameters_learn_from_what_fits() {
        let mut bindings = Bindings::default();
        let wanted = [Kind::parse("A"), Kind::parse("list(A)")];
        assert!(bindings.accept_all(&[Kind::Int, Kind::parse("list(dyn)")], &wanted));
        assert_eq!(bindings.apply(&Kind::parse("A")), Kind::Dyn);
        let mut bindings = Bindings::default();
        assert!(!bindings.accept_all(&[Kind::Int, Kind::parse("list(string)")], &wanted));
        assert_eq!(bindings.settle(&Kind::parse("list(A)")), Kind::parse("list(dyn)"));
    }
}
