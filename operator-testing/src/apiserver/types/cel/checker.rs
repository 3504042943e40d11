//! Gives every part of an expression its type.
//!
//! Source: `github.com/google/cel-go/checker/checker.go`.

use std::sync::Arc;

use super::{
    declared::{Declared, Objects},
    functions::{self, Overload},
    kind::Kind,
    literals,
    parser::{Parsed, parse},
    problem::{Problem, mismatch, no_overload, report, undeclared},
    tree::{Call, Form, Literal, Loop, Node, Select},
    unify::{Bindings, instantiate, most_general},
};

/// What an expression knows.
#[derive(Clone, Copy, Debug)]
pub(in crate::apiserver::types) struct Variables<'a> {
    /// What `self` and `oldSelf` hold.
    pub(in crate::apiserver::types) value: &'a Declared,
    /// Whether `oldSelf` may be missing.
    pub(in crate::apiserver::types) is_old_optional: bool,
}

/// An expression whose parts have types.
#[derive(Debug)]
pub(in crate::apiserver::types) struct Checked {
    pub(super) root: Node,
    pub(super) kinds: Vec<Kind>,
    pub(super) meanings: Vec<Meaning>,
    /// Whether it looks at the old value.
    pub(in crate::apiserver::types) uses_old: bool,
}

/// What the name in a node turned out to be.
#[derive(Clone, Debug, Default)]
pub(super) enum Meaning {
    #[default]
    Nothing,
    /// A variable or type; the node may be a chain of fields as it is written.
    Name(String),
    /// A function with this name, called without a target even if one is written.
    Function(String, Vec<&'static Overload>),
    Method(Vec<&'static Overload>),
}

impl Checked {
    /// The type of the whole.
    pub(in crate::apiserver::types) fn kind(&self) -> &Kind {
        &self.kinds[self.root.id]
    }

    /// Why the expression cannot be made ready to run, if it cannot.
    pub(in crate::apiserver::types) fn unprepared(&self) -> Option<String> {
        let nameless = self.meanings.iter().find_map(|meaning| match meaning {
            Meaning::Name(name) if functions::is_only_declared(name) => Some(name),
            _ => None,
        });
        match nameless {
            Some(name) => Some(format!("reference to undefined type: {name}")),
            None => literals::unprepared(&self.root),
        }
    }
}

/// Why an expression cannot be used: all that is wrong with it, with places.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::apiserver::types) struct Refusal {
    pub(in crate::apiserver::types) why: String,
    /// Whether these are the words of a real server.
    pub(in crate::apiserver::types) is_known: bool,
}

/// Reads and checks an expression.
///
/// # Errors
/// Why it cannot be used.
pub(in crate::apiserver::types) fn check(text: &str, variables: Variables<'_>) -> Result<Checked, Refusal> {
    let Parsed { root, count, .. } = parse(text).map_err(|problem| Refusal {
        is_known: problem.is_known,
        why: report(text, vec![problem]),
    })?;
    let mut objects = Objects::new();
    let value = variables.value.kind("selfType0", &mut objects);
    let old = if variables.is_old_optional {
        Kind::optional(value.clone())
    } else {
        value.clone()
    };
    let mut checker = Checker {
        objects,
        scopes: vec![("self".to_owned(), value), ("oldSelf".to_owned(), old)],
        bindings: Bindings::default(),
        kinds: vec![Kind::Dyn; count],
        meanings: vec![Meaning::Nothing; count],
        problems: Vec::new(),
        uses_old: false,
    };
    checker.node(&root);
    let settled = checker.kinds.iter().map(|kind| checker.bindings.settle(kind));
    let checked = Checked {
        kinds: settled.collect(),
        meanings: checker.meanings,
        uses_old: checker.uses_old,
        root,
    };
    let mut problems = checker.problems;
    if problems.is_empty() {
        problems = literals::problems(&checked.root, &checked.kinds);
    }
    if problems.is_empty() {
        Ok(checked)
    } else {
        Err(Refusal {
            why: report(text, problems),
            is_known: true,
        })
    }
}

struct Checker<'a> {
    objects: Objects<'a>,
    /// Variables, the innermost last.
    scopes: Vec<(String, Kind)>,
    bindings: Bindings,
    kinds: Vec<Kind>,
    meanings: Vec<Meaning>,
    problems: Vec<Problem>,
    uses_old: bool,
}

impl Checker<'_> {
    /// The type of a node, which is kept.
    fn node(&mut self, node: &Node) -> Kind {
        let kind = match &node.form {
            Form::Literal(literal) => literal.kind(),
            Form::Name(name) => self.name(node, name),
            Form::Select(select) => self.select(node, select),
            Form::Call(call) if call.function == "_?._" => self.optional_field(node, call),
            Form::Call(call) => self.call(node, call),
            Form::List { items, optional } => {
                let mut of = None;
                for (index, item) in items.iter().enumerate() {
                    let kind = self.node(item);
                    let kind = self.held(item, kind, optional.contains(&index));
                    of = Some(self.join(of, kind));
                }
                Kind::list(of.unwrap_or_else(|| self.bindings.fresh()))
            }
            Form::Map(entries) => {
                let (mut keys, mut values) = (None, None);
                for entry in entries {
                    let key = self.node(&entry.key);
                    keys = Some(self.join(keys, key));
                    let kind = self.node(&entry.value);
                    let kind = self.held(&entry.value, kind, entry.is_optional);
                    values = Some(self.join(values, kind));
                }
                let keys = keys.unwrap_or_else(|| self.bindings.fresh());
                Kind::map(keys, values.unwrap_or_else(|| self.bindings.fresh()))
            }
            Form::Message { name, fields } => {
                let why = if functions::named_type(name).is_some() {
                    format!("'{name}' is not a message type")
                } else {
                    undeclared(name)
                };
                self.complain(node, why);
                for field in fields {
                    self.node(&field.value);
                }
                Kind::Error
            }
            Form::Loop(inner) => self.each(inner),
        };
        self.kinds[node.id] = kind.clone();
        kind
    }

    fn complain(&mut self, node: &Node, why: String) {
        self.problems.push(Problem::known(node.at, why));
    }

    /// What an element of a literal holds, if it may be missing.
    fn held(&mut self, node: &Node, kind: Kind, is_optional: bool) -> Kind {
        if !is_optional {
            return kind;
        }
        if let Some(held) = kind.held() {
            return held.clone();
        }
        if !kind.is_dyn() {
            let wanted = Kind::optional(kind.clone());
            self.complain(node, mismatch(&wanted, &kind));
        }
        kind
    }

    /// The type of elements of which one more is known.
    fn join(&mut self, before: Option<Kind>, kind: Kind) -> Kind {
        match before {
            None => kind,
            Some(before) if self.bindings.accept(&before, &kind) => most_general(&before, &kind).clone(),
            Some(_) => Kind::Dyn,
        }
    }

    /// What a name stands for.
    fn look_up(&mut self, name: &str) -> Option<Kind> {
        let variable = self.scopes.iter().rev().find(|(known, _)| known == name);
        if let Some((_, kind)) = variable {
            self.uses_old |= name == "oldSelf";
            return Some(kind.clone());
        }
        functions::named_type(name).map(|kind| Kind::Type(Some(Arc::new(kind))))
    }

    fn name(&mut self, node: &Node, name: &str) -> Kind {
        match self.look_up(name) {
            Some(kind) => {
                self.meanings[node.id] = Meaning::Name(name.to_owned());
                kind
            }
            None => {
                self.complain(node, undeclared(name));
                Kind::Error
            }
        }
    }

    fn select(&mut self, node: &Node, select: &Select) -> Kind {
        if let Some(name) = node.qualified_name()
            && let Some(kind) = self.look_up(&name)
        {
            self.meanings[node.id] = Meaning::Name(name);
            return kind;
        }
        let kind = self.field(node, &select.of, &select.field, false);
        if select.is_test {
            Kind::Bool
        } else {
            self.bindings.apply(&kind)
        }
    }

    fn optional_field(&mut self, node: &Node, call: &Call) -> Kind {
        let [of, field] = &call.args[..] else {
            return Kind::Error;
        };
        let Form::Literal(Literal::Text(name)) = &field.form else {
            return Kind::Error;
        };
        let kind = self.field(node, of, name, true);
        let overloads = functions::overloads("_?._").unwrap_or_default();
        self.meanings[node.id] = Meaning::Function(call.function.clone(), overloads.iter().collect());
        self.bindings.apply(&kind)
    }

    fn field(&mut self, node: &Node, of: &Node, field: &str, is_optional: bool) -> Kind {
        let kind = self.node(of);
        let kind = self.bindings.apply(&kind);
        let (target, was_optional) = match kind.held() {
            Some(held) => (held.clone(), true),
            None => (kind, false),
        };
        let found = match &target {
            Kind::Map(_, value) => (**value).clone(),
            Kind::Object(name) => self.declared_field(node, name, field),
            Kind::Parameter(_) => {
                self.bindings.accept(&Kind::Dyn, &target);
                Kind::Dyn
            }
            other => {
                if !other.is_dyn_or_error() {
                    self.complain(node, format!("type '{other}' does not support field selection"));
                }
                Kind::Dyn
            }
        };
        if was_optional || is_optional {
            Kind::optional(found)
        } else {
            found
        }
    }

    fn declared_field(&mut self, node: &Node, object: &Arc<str>, field: &str) -> Kind {
        let declared = self.objects.get(object).and_then(|fields| fields.get(field));
        match declared {
            Some(declared) => declared.kind(&format!("{object}.{field}"), &mut self.objects),
            None => {
                self.complain(node, format!("undefined field '{field}'"));
                Kind::Error
            }
        }
    }

    fn call(&mut self, node: &Node, call: &Call) -> Kind {
        let mut given: Vec<Kind> = call.args.iter().map(|arg| self.node(arg)).collect();
        let Some(target) = &call.target else {
            let Some(overloads) = functions::overloads(&call.function) else {
                self.complain(node, undeclared(&call.function));
                return Kind::Error;
            };
            return self.function(node, call, call.function.clone(), overloads, &given);
        };
        if let Some(prefix) = target.qualified_name() {
            let name = format!("{prefix}.{}", call.function);
            if let Some(overloads) = functions::overloads(&name) {
                return self.function(node, call, name, overloads, &given);
            }
        }
        given.insert(0, self.node(target));
        let Some(overloads) = functions::overloads(&call.function) else {
            self.complain(node, undeclared(&call.function));
            return Kind::Error;
        };
        match self.resolve(overloads, &given, true) {
            Some((kind, found)) => {
                self.meanings[node.id] = Meaning::Method(found);
                kind
            }
            None => {
                let given: Vec<_> = given.iter().map(|kind| self.bindings.settle(kind)).collect();
                let why = no_overload(&call.function, Some(&given[0]), &given[1..]);
                self.complain(node, why);
                Kind::Error
            }
        }
    }

    fn function(
        &mut self,
        node: &Node,
        call: &Call,
        name: String,
        overloads: &'static [Overload],
        given: &[Kind],
    ) -> Kind {
        if matches!(name.as_str(), "_&&_" | "_||_") {
            let mut fits = true;
            for (arg, kind) in call.args.iter().zip(given) {
                if !self.bindings.accept(kind, &Kind::Bool) {
                    self.complain(arg, mismatch(&Kind::Bool, kind));
                    fits = false;
                }
            }
            self.meanings[node.id] = Meaning::Function(name, overloads.iter().collect());
            return if fits { Kind::Bool } else { Kind::Error };
        }
        match self.resolve(overloads, given, false) {
            Some((kind, found)) => {
                self.meanings[node.id] = Meaning::Function(name, found);
                kind
            }
            None => {
                let given: Vec<_> = given.iter().map(|kind| self.bindings.settle(kind)).collect();
                self.complain(node, no_overload(&name, None, &given));
                Kind::Error
            }
        }
    }

    /// The overloads that fit the arguments, and the type of what they give.
    fn resolve(
        &mut self,
        overloads: &'static [Overload],
        given: &[Kind],
        is_method: bool,
    ) -> Option<(Kind, Vec<&'static Overload>)> {
        let mut result: Option<Kind> = None;
        let mut found = Vec::new();
        for overload in overloads
            .iter()
            .filter(|overload| overload.is_method == is_method)
        {
            let mut kinds = overload.args.clone();
            kinds.push(overload.result.clone());
            instantiate(&mut kinds, &mut self.bindings);
            let (gives, wanted) = kinds.split_last()?;
            if !self.bindings.accept_all(given, wanted) {
                continue;
            }
            found.push(overload);
            let gives = self.bindings.apply(gives);
            result = Some(match result {
                None => gives,
                Some(before) if before.is_dyn() || before == gives => before,
                Some(_) => Kind::Dyn,
            });
        }
        result.map(|kind| (kind, found))
    }

    /// A loop: its variables are known within it only.
    fn each(&mut self, inner: &Loop) -> Kind {
        let range = self.node(&inner.range);
        let gathered = self.node(&inner.start);
        let range = self.bindings.apply(&range);
        let depth = self.scopes.len();
        self.scopes.push((inner.gathered.clone(), gathered.clone()));
        let is_keyed = inner.second.is_some();
        let (first, second) = match &range {
            Kind::List(of) if is_keyed => (Kind::Int, (**of).clone()),
            Kind::List(of) => ((**of).clone(), Kind::Dyn),
            Kind::Map(key, value) => ((**key).clone(), (**value).clone()),
            Kind::Dyn | Kind::Error | Kind::Parameter(_) => {
                self.bindings.accept(&Kind::Dyn, &range);
                (Kind::Dyn, Kind::Dyn)
            }
            other => {
                let why = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                self.complain(&inner.range, why);
                (Kind::Error, Kind::Error)
            }
        };
        self.scopes.push((inner.variable.clone(), first));
        if let Some(name) = &inner.second {
            self.scopes.push((name.clone(), second));
        }
        self.expect(&inner.condition, &Kind::Bool);
        self.expect(&inner.step, &gathered);
        self.scopes.truncate(depth + 1);
        let result = self.node(&inner.result);
        self.scopes.truncate(depth);
        self.bindings.apply(&result)
    }

    fn expect(&mut self, node: &Node, wanted: &Kind) {
        let kind = self.node(node);
        if !self.bindings.accept(wanted, &kind) {
            self.complain(node, mismatch(wanted, &kind));
        }
    }
}
