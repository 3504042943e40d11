//! The items of a list of kind set or map, found by what identifies them.

use serde_json::Value;

use super::{element::Element, shape::List};

/// Items in the order of their list, and the way to each by its element.
pub(super) struct Index<'v> {
    items: Vec<Item<'v>>,
    /// The places in `items`, sorted by element; those of one element in the order of the list.
    order: Vec<usize>,
}

struct Item<'v> {
    element: Element,
    value: &'v Value,
    /// Where it stands in the list, items without identity counted.
    place: usize,
}

impl<'v> Index<'v> {
    /// The items of a list in which elements may occur twice; what is wrong with the others is added to `misfits`.
    pub(super) fn of(items: &'v [Value], list: List<'_>, misfits: &mut Vec<String>) -> Self {
        let mut problems = Vec::new();
        let index = Self::build(items, list, &mut problems);
        misfits.extend(problems.into_iter().map(|(_, problem)| problem));
        index
    }

    /// The same for a list in which an element that occurs twice is wrong.
    pub(super) fn of_distinct(items: &'v [Value], list: List<'_>, misfits: &mut Vec<String>) -> Self {
        let mut problems = Vec::new();
        let index = Self::build(items, list, &mut problems);
        for pair in index.order.windows(2) {
            let (first, second) = (&index.items[pair[0]], &index.items[pair[1]]);
            if first.element == second.element {
                let problem = format!("duplicate entries for key {}", second.element);
                problems.push((second.place, problem));
            }
        }
        problems.sort_by_key(|(place, _)| *place);
        misfits.extend(problems.into_iter().map(|(_, problem)| problem));
        index
    }

    fn build(values: &'v [Value], list: List<'_>, problems: &mut Vec<(usize, String)>) -> Self {
        let mut items = Vec::with_capacity(values.len());
        for (place, value) in values.iter().enumerate() {
            match list.identify(value) {
                Ok(element) => items.push(Item {
                    element,
                    value,
                    place,
                }),
                Err(why) => problems.push((place, format!("element {place}: {why}"))),
            }
        }
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by(|left, right| items[*left].element.cmp(&items[*right].element));
        Self { items, order }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The item at a place among those that have an identity.
    pub(super) fn at(&self, place: usize) -> Option<(&Element, &'v Value)> {
        let item = self.items.get(place)?;
        Some((&item.element, item.value))
    }

    /// Every element once, in the order in which they first occur.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.items
            .iter()
            .enumerate()
            .filter(|(place, item)| self.place_of(&item.element) == Some(*place))
            .map(|(_, item)| &item.element)
    }

    /// The items that have this identity, in the order of the list.
    pub(super) fn get(&self, element: &Element) -> impl ExactSizeIterator<Item = &'v Value> {
        self.places(element).iter().map(|place| self.items[*place].value)
    }

    pub(super) fn contains(&self, element: &Element) -> bool {
        self.place_of(element).is_some()
    }

    /// Where an element first occurs among the items that have an identity.
    pub(super) fn place_of(&self, element: &Element) -> Option<usize> {
        self.places(element).first().copied()
    }

    fn places(&self, element: &Element) -> &[usize] {
        let from = self
            .order
            .partition_point(|place| self.items[*place].element < *element);
        let places = &self.order[from..];
        let count = places
            .iter()
            .take_while(|place| self.items[**place].element == *element)
            .count();
        &places[..count]
    }
}
