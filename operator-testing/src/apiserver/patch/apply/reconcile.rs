//! Fits old ownership to a schema that has changed since: a part of something that is now one value becomes the whole.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/typed/reconcile_schema.go`.

use super::{
    element::Element,
    set::FieldSet,
    shape::{Shape, Type},
};

/// The set as the schema has it now; `None` if nothing changes.
pub(super) fn fit(set: &FieldSet, kind: Type<'_>) -> Option<FieldSet> {
    let mut walk = Walk {
        path: Vec::new(),
        whole: FieldSet::default(),
    };
    walk.visit(Some(set), kind, false);
    if walk.whole.is_empty() {
        return None;
    }
    Some(
        set.clone()
            .difference_with_all_below(&walk.whole)
            .union(walk.whole),
    )
}

struct Walk {
    path: Vec<Element>,
    /// Fields that are owned as a whole, while the set has something below them.
    whole: FieldSet,
}

impl Walk {
    /// `leaf` tells whether the set holds the field itself and nothing below it.
    fn visit(&mut self, set: Option<&FieldSet>, kind: Type<'_>, leaf: bool) {
        match kind.shape(None) {
            Shape::Scalar(_) => {}
            Shape::List(list) => {
                if list.is_atomic() && !leaf {
                    self.whole.insert(&self.path);
                    return;
                }
                for branch in set.into_iter().flat_map(FieldSet::branches) {
                    self.descend(branch.element, branch.member, branch.below, list.items);
                }
            }
            Shape::Map(fields) => {
                if fields.is_deduced() {
                    return;
                }
                if fields.atomic && !leaf {
                    if set.is_some_and(|set| !set.is_empty()) {
                        self.whole.insert(&self.path);
                    }
                    return;
                }
                for branch in set.into_iter().flat_map(FieldSet::branches) {
                    let kind = match branch.element {
                        Element::Field(name) => fields.get(name).map(|(_, kind)| kind),
                        _ => None,
                    };
                    if let Some(kind) = kind {
                        self.descend(branch.element, branch.member, branch.below, kind);
                    }
                }
            }
        }
    }

    fn descend(&mut self, element: &Element, member: bool, below: &FieldSet, kind: Type<'_>) {
        self.path.push(element.clone());
        let nothing_below = below.is_empty();
        self.visit((!nothing_below).then_some(below), kind, member && nothing_below);
        self.path.pop();
    }
}
