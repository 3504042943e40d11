//! Sets of fields.
//!
//! A set is a tree: each node is one step of a path and says whether the field it leads to is a member. One sorted list of
//! nodes per level holds members and ways to deeper members alike, so every operation is one pass over two sorted lists.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/v6/fieldpath/set.go`.

use std::cmp::Ordering;

use super::{element::Element, shape::Type};

/// A set of fields below one field (or below the whole object).
///
/// # Guarantees
/// Nodes are sorted, and no node is there that is neither a member nor leads to one: equal sets are equal trees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    element: Element,
    member: bool,
    below: FieldSet,
}

impl Node {
    fn is_useless(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

/// A field of a set: whether it is a member, and what is below it.
#[derive(Clone, Copy, Debug)]
pub struct Branch<'a> {
    /// The step that leads here.
    pub element: &'a Element,
    /// Whether the field is a member itself.
    pub member: bool,
    /// The members below.
    pub below: &'a FieldSet,
}

impl FieldSet {
    /// The set of the fields with these paths; every step is a field name.
    pub fn of_fields(paths: &[&[&str]]) -> Self {
        let mut set = Self::default();
        for path in paths {
            let path: Vec<_> = path.iter().map(|name| Element::field(name)).collect();
            set.insert(&path);
        }
        set
    }

    /// Whether the set has no members.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The first steps of the members, in order.
    pub fn branches(&self) -> impl ExactSizeIterator<Item = Branch<'_>> {
        self.nodes.iter().map(|node| Branch {
            element: &node.element,
            member: node.member,
            below: &node.below,
        })
    }

    /// Adds the field at `path`. The whole object is never a member.
    pub fn insert(&mut self, path: &[Element]) {
        let Some((last, way)) = path.split_last() else {
            return;
        };
        let mut set = self;
        for element in way {
            set = &mut set.node_mut(element).below;
        }
        set.node_mut(last).member = true;
    }

    fn node_mut(&mut self, element: &Element) -> &mut Node {
        let place = match self.find(element) {
            Ok(place) => place,
            Err(place) => {
                self.nodes.insert(
                    place,
                    Node {
                        element: element.clone(),
                        member: false,
                        below: Self::default(),
                    },
                );
                place
            }
        };
        &mut self.nodes[place]
    }

    fn find(&self, element: &Element) -> Result<usize, usize> {
        self.nodes.binary_search_by(|node| node.element.cmp(element))
    }

    /// Adds a branch; the set is sorted again by [`Self::finish`].
    pub(super) fn push(&mut self, element: Element, member: bool, below: Self) {
        if member || !below.is_empty() {
            self.nodes.push(Node {
                element,
                member,
                below,
            });
        }
    }

    /// Sorts what [`Self::push`] added, and joins branches that were pushed twice.
    pub(super) fn finish(&mut self) {
        if self
            .nodes
            .windows(2)
            .all(|pair| pair[0].element.cmp(&pair[1].element).is_lt())
        {
            return;
        }
        self.nodes.sort_by(|left, right| left.element.cmp(&right.element));
        let mut joined: Vec<Node> = Vec::with_capacity(self.nodes.len());
        for node in std::mem::take(&mut self.nodes) {
            match joined.last_mut() {
                Some(last) if last.element == node.element => {
                    last.member |= node.member;
                    last.below = std::mem::take(&mut last.below).union(node.below);
                }
                _ => joined.push(node),
            }
        }
        self.nodes = joined;
    }

    /// Whether the field that `element` leads to is a member.
    pub fn has(&self, element: &Element) -> bool {
        self.find(element).is_ok_and(|place| self.nodes[place].member)
    }

    /// Whether the field at `path` is a member.
    pub fn has_path(&self, path: &[Element]) -> bool {
        let Some((last, way)) = path.split_last() else {
            return false;
        };
        let mut set = self;
        for element in way {
            match set.below(element) {
                Some(below) => set = below,
                None => return false,
            }
        }
        set.has(last)
    }

    /// The members below `element`, if there are any.
    pub fn below(&self, element: &Element) -> Option<&Self> {
        let place = self.find(element).ok()?;
        let below = &self.nodes[place].below;
        (!below.is_empty()).then_some(below)
    }

    /// The members of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() {
            return other;
        }
        let mut nodes = Vec::with_capacity(self.nodes.len().max(other.nodes.len()));
        let (mut left, mut right) = (
            self.nodes.into_iter().peekable(),
            other.nodes.into_iter().peekable(),
        );
        while let (Some(ours), Some(theirs)) = (left.peek(), right.peek()) {
            match ours.element.cmp(&theirs.element) {
                Ordering::Less => nodes.extend(left.next()),
                Ordering::Greater => nodes.extend(right.next()),
                Ordering::Equal => nodes.extend(left.next().zip(right.next()).map(|(ours, theirs)| Node {
                    element: ours.element,
                    member: ours.member || theirs.member,
                    below: ours.below.union(theirs.below),
                })),
            }
        }
        nodes.extend(left);
        nodes.extend(right);
        Self { nodes }
    }

    /// The members of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut nodes = Vec::new();
        let mut rest = other.nodes.iter().peekable();
        for ours in &self.nodes {
            while rest.next_if(|theirs| theirs.element < ours.element).is_some() {}
            let Some(theirs) = rest.next_if(|theirs| theirs.element == ours.element) else {
                continue;
            };
            let member = ours.member && theirs.member;
            let below = ours.below.intersection(&theirs.below);
            if member || !below.is_empty() {
                nodes.push(Node {
                    element: ours.element.clone(),
                    member,
                    below,
                });
            }
        }
        Self { nodes }
    }

    /// The members of this set that are not members of the other.
    #[must_use]
    pub fn difference(mut self, other: &Self) -> Self {
        self.remove(other, false);
        self
    }

    /// The members of this set that neither are members of the other nor lie below one.
    #[must_use]
    pub fn difference_with_all_below(mut self, other: &Self) -> Self {
        self.remove(other, true);
        self
    }

    fn remove(&mut self, other: &Self, with_all_below: bool) {
        if other.is_empty() {
            return;
        }
        let mut rest = other.nodes.iter().peekable();
        self.nodes.retain_mut(|node| {
            while rest.next_if(|other| other.element < node.element).is_some() {}
            if let Some(other) = rest.next_if(|other| other.element == node.element) {
                if other.member && with_all_below {
                    return false;
                }
                node.member &= !other.member;
                node.below.remove(&other.below, with_all_below);
            }
            !node.is_useless()
        });
    }

    /// The set with every declared field of a struct made a member that leads to a member.
    pub(super) fn with_named_fields(&self, kind: Type<'_>) -> Self {
        let nodes = self
            .nodes
            .iter()
            .map(|node| {
                let (declared, below) = kind.step(&node.element);
                Node {
                    element: node.element.clone(),
                    member: node.member || (declared && !node.below.is_empty()),
                    below: node.below.with_named_fields(below),
                }
            })
            .collect();
        Self { nodes }
    }

    /// Calls `visit` with the path of every member: those of a level first, then those below.
    pub fn each(&self, visit: &mut impl FnMut(&[Element])) {
        self.each_below(&mut Vec::new(), visit);
    }

    fn each_below(&self, path: &mut Vec<Element>, visit: &mut impl FnMut(&[Element])) {
        for node in self.nodes.iter().filter(|node| node.member) {
            path.push(node.element.clone());
            visit(path);
            path.pop();
        }
        for node in self.nodes.iter().filter(|node| !node.below.is_empty()) {
            path.push(node.element.clone());
            node.below.each_below(path, visit);
            path.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type Paths = BTreeSet<Vec<String>>;

    fn paths() -> impl Strategy<Value = Paths> {
        prop::collection::btree_set(prop::collection::vec("[abc]", 1..4), 0..12)
    }

    fn build(paths: &Paths) -> FieldSet {
        let mut set = FieldSet::default();
        for path in paths.iter().rev() {
            let path: Vec<_> = path.iter().map(|name| Element::field(name)).collect();
            set.insert(&path);
        }
        set
    }

    fn list(set: &FieldSet) -> Paths {
        let mut found = Paths::new();
        set.each(&mut |path| {
            let names = path.iter().map(|element| element.to_string()[1..].to_owned());
            assert!(found.insert(names.collect()), "every member is visited once");
        });
        found
    }

    proptest! {
        #[test]
        fn a_set_of_fields_is_a_set_of_paths(left in paths(), right in paths()) {
            let (one, two) = (build(&left), build(&right));
            prop_assert_eq!(list(&one), left.clone());
            prop_assert_eq!(one.intersection(&two), build(&left.intersection(&right).cloned().collect()));
            prop_assert_eq!(one.clone().difference(&two), build(&left.difference(&right).cloned().collect()));
            let outside = left.iter().filter(|path| !right.iter().any(|other| path.starts_with(other)));
            prop_assert_eq!(one.clone().difference_with_all_below(&two), build(&outside.cloned().collect()));
            prop_assert_eq!(one.union(two), build(&left.union(&right).cloned().collect()));
        }
    }

    #[test]
    fn members_come_before_what_is_below_their_siblings() {
        let set = FieldSet::of_fields(&[&["a", "x"], &["b"], &["a"]]);
        let mut seen = Vec::new();
        set.each(&mut |path| seen.push(path.iter().map(ToString::to_string).collect::<String>()));
        assert_eq!(seen, [".a", ".b", ".a.x"]);
    }
}
