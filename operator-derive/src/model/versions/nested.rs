//! Which changes to a struct are those of the structs it holds.

use std::cell::RefCell;

use proc_macro2::Ident;
use syn::{GenericArgument, PathArguments, Type};

use super::{
    ChangeModel, Versioned,
    life::{Life, State},
    order::Order,
};
use crate::{
    errors::Errors,
    fields::{bare, inner},
};

/// What values are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WithinModel {
    List,
    Map,
}

/// All structs that are versioned together.
pub(super) struct Structs<'a> {
    all: &'a [Versioned<'a>],
    order: &'a Order<'a>,
    /// The structs whose changes are being collected, from the outside in.
    open: RefCell<Vec<Ident>>,
}

impl<'a> Structs<'a> {
    pub(super) fn new(all: &'a [Versioned<'a>], order: &'a Order<'a>) -> Self {
        Self {
            all,
            order,
            open: RefCell::default(),
        }
    }

    /// The changes to the struct `name` between the version before `next` and `next`; none if it is not one of these.
    pub(super) fn changes(&self, name: &Ident, next: usize, errors: &mut Errors) -> Vec<ChangeModel> {
        let Some(found) = self.all.iter().find(|one| one.item.ident == *name) else {
            return Vec::new();
        };
        if self.open.borrow().contains(name) {
            errors.at(
                &found.item.ident,
                format!(
                    "`{name}` holds itself, and its versions have no end: take the `#[version]` attributes off it, and \
                     retype the field that holds it"
                ),
            );
            return Vec::new();
        }
        self.open.borrow_mut().push(name.clone());
        let changes = found
            .lives
            .iter()
            .flat_map(|life| self.field(life, next, errors))
            .collect();
        self.open.borrow_mut().pop();
        changes
    }

    /// The changes of one field, or those of the struct it holds.
    fn field(&self, life: &Life, next: usize, errors: &mut Errors) -> Vec<ChangeModel> {
        let own = life.change(self.order, next, errors);
        let (Some(old), Some(new)) = (&life.states[next - 1], &life.states[next]) else {
            return own.into_iter().collect();
        };
        if matches!(own, Some(ChangeModel::Retyped { .. })) {
            return own.into_iter().collect();
        }
        let (within, held) = held(&new.field.ty);
        let nested = match name_of(held) {
            Some(name) => self.changes(name, next, errors),
            None => Vec::new(),
        };
        if nested.is_empty() {
            return own.into_iter().collect();
        }
        merged(old, new, within, nested)
    }
}

fn merged(old: &State, new: &State, within: Vec<WithinModel>, changes: Vec<ChangeModel>) -> Vec<ChangeModel> {
    if new.flatten {
        // The fields are the struct's own on the wire.
        return changes;
    }
    vec![ChangeModel::Nested {
        from: old.wire.clone(),
        to: new.wire.clone(),
        within,
        changes,
    }]
}

/// The struct that a field holds, and what it holds it in, from the outside in.
pub(super) fn held(ty: &Type) -> (Vec<WithinModel>, &Type) {
    const LISTS: [&str; 6] = ["BTreeSet", "HashSet", "IndexSet", "LinkedList", "Vec", "VecDeque"];
    const MAPS: [&str; 3] = ["BTreeMap", "HashMap", "IndexMap"];
    let ty = bare(ty);
    let (one, element) = match ty {
        Type::Array(array) => (WithinModel::List, &*array.elem),
        _ => match (inner(ty, &LISTS), value_of(ty, &MAPS)) {
            (Some(element), _) => (WithinModel::List, element),
            (None, Some(value)) => (WithinModel::Map, value),
            (None, None) => return (Vec::new(), ty),
        },
    };
    let (mut within, held) = held(element);
    within.insert(0, one);
    (within, held)
}

/// The second parameter of a map.
fn value_of<'t>(ty: &'t Type, maps: &[&str]) -> Option<&'t Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.iter().nth(1)? {
        GenericArgument::Type(value) if maps.iter().any(|map| last.ident == map) => Some(value),
        _ => None,
    }
}

/// The name of a type that is one.
pub(super) fn name_of(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn collections_are_looked_into() {
        use WithinModel::{List, Map};
        let table: [(Type, &[WithinModel]); 5] = [
            (parse_quote!(Storage), &[]),
            (parse_quote!(Option<Box<Storage>>), &[]),
            (parse_quote!(Vec<Option<Storage>>), &[List]),
            (parse_quote!(Option<BTreeMap<String, Vec<Storage>>>), &[Map, List]),
            (parse_quote!([Storage; 2]), &[List]),
        ];
        for (ty, expected) in table {
            let (within, found) = held(&ty);
            assert_eq!(within, expected);
            assert_eq!(
                name_of(found).map(ToString::to_string).as_deref(),
                Some("Storage")
            );
        }
    }
}
