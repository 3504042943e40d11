//! What an expression costs at worst.
//!
//! Source: `github.com/google/cel-go/checker/cost.go`, whose units are those of the limits.

use std::collections::HashMap;

use super::{
    call_cost::{self, Argument},
    checker::{Checked, Meaning},
    declared::Declared,
    functions::Overload,
    interval::Interval,
    kind::Kind,
    macros::GATHERED,
    path::Path,
    tree::{Call, Form, Literal, Loop, Node, Select},
};

const LIST: u64 = 10;
const MAP: u64 = 30;
const MESSAGE: u64 = 40;

/// The most that an expression can cost, asked of a value as it is declared.
pub(in crate::apiserver::types) fn estimate(checked: &Checked, value: &Declared) -> u64 {
    let count = checked.kinds.len();
    let mut walk = Walk {
        checked,
        value,
        paths: vec![Path::default(); count],
        sizes: vec![None; count],
        entries: vec![None; count],
        locals: HashMap::new(),
    };
    walk.cost(&checked.root).most
}

/// How large the keys and values of a list or map are.
#[derive(Clone, Copy, Debug)]
struct Entries {
    is_list: bool,
    key: Interval,
    value: Interval,
}

impl Entries {
    fn around(self, other: Self) -> Self {
        Self {
            is_list: self.is_list,
            key: self.key.around(other.key),
            value: self.value.around(other.value),
        }
    }
}

/// A variable of a loop.
#[derive(Clone, Debug)]
struct Local {
    path: Path,
    size: Option<Interval>,
    entries: Option<Entries>,
}

/// Goes through a tree; what is found out about a node is kept by its number.
struct Walk<'a> {
    checked: &'a Checked,
    value: &'a Declared,
    paths: Vec<Path>,
    sizes: Vec<Option<Interval>>,
    entries: Vec<Option<Entries>>,
    locals: HashMap<&'a str, Vec<Local>>,
}

/// What a call costs beyond its arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallCost {
    pub(super) cost: Interval,
    /// How large its result is, if that follows from the arguments.
    pub(super) size: Option<Interval>,
}

impl<'a> Walk<'a> {
    fn cost(&mut self, node: &'a Node) -> Interval {
        if let Meaning::Name(name) = &self.checked.meanings[node.id] {
            return self.name(node, name);
        }
        match &node.form {
            Form::Literal(_) => Interval::ZERO,
            Form::Name(name) => self.name(node, name),
            Form::Select(select) => self.select(node, select),
            Form::Call(call) => self.call(node, call),
            Form::List { items, .. } => {
                let (cost, size) = self.elements(items.iter());
                self.entries[node.id] = Some(Entries {
                    is_list: true,
                    key: Interval::ONE,
                    value: size,
                });
                cost.plus(Interval::exactly(LIST))
            }
            Form::Map(entries) => {
                let (keys, key) = self.elements(entries.iter().map(|entry| &entry.key));
                let (values, value) = self.elements(entries.iter().map(|entry| &entry.value));
                let is_list = false;
                self.entries[node.id] = Some(Entries { is_list, key, value });
                keys.plus(values).plus(Interval::exactly(MAP))
            }
            Form::Message { fields, .. } => {
                let (cost, _) = self.elements(fields.iter().map(|field| &field.value));
                cost.plus(Interval::exactly(MESSAGE))
            }
            Form::Loop(inner) if inner.only_names() => self.named(node, inner),
            Form::Loop(inner) => self.each(node, inner),
        }
    }

    /// What elements cost together, and how large one of them is.
    fn elements(&mut self, nodes: impl Iterator<Item = &'a Node>) -> (Interval, Interval) {
        let (mut cost, mut size) = (Interval::ZERO, Interval::NOTHING);
        let mut is_empty = true;
        for node in nodes {
            cost = cost.plus(self.cost(node));
            size = size.around(self.size_or_unknown(node));
            is_empty = false;
        }
        (cost, if is_empty { Interval::ZERO } else { size })
    }

    fn name(&mut self, node: &Node, name: &str) -> Interval {
        self.paths[node.id] = match self.local(name) {
            Some(local) => local.path.clone(),
            None => Path::to(name),
        };
        Interval::ONE
    }

    fn select(&mut self, node: &'a Node, select: &'a Select) -> Interval {
        let cost = self.cost(&select.of);
        if select.is_test {
            return cost;
        }
        self.paths[node.id] = self.path(&select.of).then(&select.field);
        match self.checked.kinds[select.of.id] {
            Kind::Map(..) | Kind::Object(_) => cost.plus(Interval::ONE),
            _ => cost,
        }
    }

    fn call(&mut self, node: &'a Node, call: &'a Call) -> Interval {
        let checked = self.checked;
        let (name, target, overloads) = match &checked.meanings[node.id] {
            Meaning::Function(name, overloads) => (name.as_str(), None, overloads),
            Meaning::Method(overloads) => (call.function.as_str(), call.target.as_deref(), overloads),
            Meaning::Nothing | Meaning::Name(_) => return Interval::ZERO,
        };
        if let ("dyn", [arg]) = (name, &call.args[..]) {
            let cost = self.cost(arg);
            self.copy_sizes(node, arg);
            return cost.plus(Interval::ONE);
        }
        let mut costs = Vec::new();
        let mut args = Vec::new();
        for arg in &call.args {
            costs.push(self.cost(arg));
            args.push(self.argument(arg));
        }
        let mut sum = Interval::ZERO;
        let target = target.map(|target| {
            sum = self.cost(target);
            self.argument(target)
        });
        let mut cost = Interval::NOTHING;
        let mut size = None;
        for overload in overloads {
            let found = self.overload(node, (name, overload), target.as_ref(), &args, &costs);
            cost = cost.around(found.cost);
            size = match (size, found.size) {
                (Some(size), Some(other)) => Some(Interval::around(size, other)),
                (size, other) => size.or(other),
            };
            if let ("index_list" | "index_map", Some(of)) = (overload.name, call.args.first()) {
                size = self.entries_of(of).map(|entries| entries.value);
                let step = if overload.name == "index_list" {
                    "@items"
                } else {
                    "@values"
                };
                self.paths[node.id] = self.path(of).then(step);
            }
            size = size.or_else(|| self.size(node));
        }
        if size.is_some() {
            self.sizes[node.id] = size;
        }
        sum.plus(cost)
    }

    /// A call as one of its overloads, its arguments included.
    fn overload(
        &mut self,
        node: &Node,
        (function, overload): (&str, &Overload),
        target: Option<&Argument<'a>>,
        args: &[Argument<'a>],
        costs: &[Interval],
    ) -> CallCost {
        let sum = costs.iter().fold(Interval::ZERO, |sum, cost| sum.plus(*cost));
        let plain = |cost: Interval| CallCost { cost, size: None };
        match (overload.name, args) {
            ("logical_or" | "logical_and", [_, _]) => {
                // The right side may not be asked at all.
                return plain(Interval::new(costs[0].least, costs[0].plus(costs[1]).most));
            }
            ("conditional", [_, holds, otherwise]) => {
                self.entries[node.id] = self.both_entries(holds, otherwise).or(self.entries[node.id]);
                let branches = costs[1].around(costs[2]);
                return CallCost {
                    cost: costs[0].plus(branches),
                    size: Some(holds.size_or_unknown().around(otherwise.size_or_unknown())),
                };
            }
            ("add_list" | "add_string" | "add_bytes", [left, right]) => {
                self.entries[node.id] = self.both_entries(left, right).or(self.entries[node.id]);
            }
            _ => {}
        }
        let elements = |list: &Argument<'a>| self.elements_of(list);
        let found = call_cost::of(function, overload.name, target, args, &elements);
        CallCost {
            cost: found.cost.plus(sum),
            size: found.size,
        }
    }

    fn both_entries(&self, left: &Argument<'a>, right: &Argument<'a>) -> Option<Entries> {
        Some(self.entries_of(left.node)?.around(self.entries_of(right.node)?))
    }

    /// The type of the elements of a list, and how large they are as declared.
    fn elements_of(&self, list: &Argument<'a>) -> Option<(&'a Kind, Option<Interval>)> {
        let of = list.kind.parameters().into_iter().next()?;
        let size = if list.path.is_empty() {
            None
        } else {
            self.declared(&list.path.then("@items"))
        };
        Some((of, size))
    }

    fn argument(&mut self, node: &'a Node) -> Argument<'a> {
        let path = self.path(node);
        let is_gathered = path.steps().first().is_some_and(|step| **step == *GATHERED);
        Argument {
            node,
            kind: &self.checked.kinds[node.id],
            path: if is_gathered { Path::default() } else { path },
            size: self.size(node),
        }
    }

    /// A name for a value: the value is looked up once.
    fn named(&mut self, node: &Node, inner: &'a Loop) -> Interval {
        let cost = self.cost(&inner.range).plus(self.cost(&inner.start));
        self.push_gathered(inner);
        let cost = cost.plus(self.cost(&inner.result));
        self.pop(&inner.gathered);
        self.copy_sizes(node, &inner.result);
        cost
    }

    fn each(&mut self, node: &Node, inner: &'a Loop) -> Interval {
        let mut cost = self.cost(&inner.range).plus(self.cost(&inner.start));
        self.push_gathered(inner);
        if let Some(second) = &inner.second {
            self.push_element(&inner.variable, &inner.range, Some(false));
            self.push_element(second, &inner.range, Some(true));
        } else {
            self.push_element(&inner.variable, &inner.range, None);
        }
        let condition = self.cost(&inner.condition);
        let round = self.cost(&inner.step).plus(condition);
        self.pop(&inner.variable);
        if let Some(second) = &inner.second {
            self.pop(second);
        }
        cost = cost.plus(self.cost(&inner.result));
        self.pop(&inner.gathered);
        let rounds = self.size_or_unknown(&inner.range);
        cost = cost.plus(rounds.times(round));
        match &inner.start.form {
            Form::Literal(_) => {
                if let Some(size) = self.size(&inner.start) {
                    self.sizes[node.id] = Some(size);
                }
            }
            Form::List { .. } | Form::Map(_) => {
                self.sizes[node.id] = Some(rounds);
                if let Some(entries) = self.entries_of(&inner.step) {
                    self.entries[node.id] = Some(entries);
                }
            }
            _ => {}
        }
        cost
    }

    fn push_gathered(&mut self, inner: &'a Loop) {
        let local = Local {
            path: self.path(&inner.start),
            entries: self.entries_of(&inner.start),
            size: self.size(&inner.start),
        };
        self.locals.entry(&inner.gathered).or_default().push(local);
    }

    /// The variable of a loop: the value of an element, its key or index, or what a single variable stands for.
    fn push_element(&mut self, variable: &'a str, range: &Node, wants_value: Option<bool>) {
        let entries = self.entries_of(range);
        let is_list = match &entries {
            Some(entries) => entries.is_list,
            None => matches!(self.checked.kinds[range.id], Kind::List(_)),
        };
        let is_value = wants_value.unwrap_or(is_list);
        let step = match (is_list, is_value) {
            (true, true) => "@items",
            (true, false) => "@indices",
            (false, true) => "@values",
            (false, false) => "@keys",
        };
        let local = Local {
            path: self.path(range).then(step),
            size: entries.map(|entries| if is_value { entries.value } else { entries.key }),
            entries: None,
        };
        self.locals.entry(variable).or_default().push(local);
    }

    fn pop(&mut self, variable: &str) {
        if let Some(stack) = self.locals.get_mut(variable) {
            stack.pop();
        }
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.get(name)?.last()
    }

    /// The variable of a loop that a node names.
    fn named_local(&self, node: &Node) -> Option<&Local> {
        match &node.form {
            Form::Name(name) => self.local(name),
            _ => None,
        }
    }

    fn path(&self, node: &Node) -> Path {
        match self.named_local(node) {
            Some(local) => local.path.clone(),
            None => self.paths[node.id].clone(),
        }
    }

    /// How large what a path leads to may be.
    fn declared(&self, path: &Path) -> Option<Interval> {
        if path.is_empty() {
            return None;
        }
        let most = self.value.most_at(path.steps().iter().map(|step| &**step))?;
        Some(Interval::new(0, most))
    }

    fn size(&mut self, node: &Node) -> Option<Interval> {
        if self.sizes[node.id].is_some() {
            return self.sizes[node.id];
        }
        if let Some(size) = written_size(node) {
            return Some(size);
        }
        if let Some(size) = self.declared(&self.path(node)) {
            self.sizes[node.id] = Some(size);
            return Some(size);
        }
        if self.checked.kinds[node.id].is_scalar() {
            return Some(Interval::ONE);
        }
        self.named_local(node).and_then(|local| local.size)
    }

    fn size_or_unknown(&mut self, node: &Node) -> Interval {
        self.size(node).unwrap_or(Interval::UNKNOWN)
    }

    fn entries_of(&self, node: &Node) -> Option<Entries> {
        self.entries[node.id].or_else(|| self.named_local(node)?.entries)
    }

    fn copy_sizes(&mut self, to: &Node, from: &Node) {
        if let Some(size) = self.size(from) {
            self.sizes[to.id] = Some(size);
        }
        if let Some(entries) = self.entries_of(from) {
            self.entries[to.id] = Some(entries);
        }
    }
}

/// The size of what is written down.
fn written_size(node: &Node) -> Option<Interval> {
    let count = match &node.form {
        Form::Literal(Literal::Text(text)) => text.chars().count(),
        Form::Literal(Literal::Bytes(bytes)) => bytes.len(),
        Form::Literal(_) => 1,
        Form::List { items, .. } => items.len(),
        Form::Map(entries) => entries.len(),
        _ => return None,
    };
    Some(Interval::exactly(count as u64))
}
