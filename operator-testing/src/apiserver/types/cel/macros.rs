//! What macros stand for: loops that gather a result.

use super::{
    problem::Problem,
    tree::{Call, Entry, Field, Form, Literal, Loop, Node, Select},
};

/// Makes nodes and counts them.
#[derive(Debug, Default)]
pub(super) struct Builder {
    nodes: usize,
    deepest: usize,
    /// Something was made that the interpreter's own parser does not know.
    is_beyond: bool,
}

/// How deep a tree may be: what walks it needs room for each level.
const DEEPEST: usize = 300;

/// What loops gather in.
pub(super) const GATHERED: &str = "@result";

/// The variable of a loop that goes through nothing.
const UNUSED: &str = "#unused";

/// The name that a macro gives to the list it sorts.
const SORTED: &str = "@__sortBy_input__";

impl Builder {
    pub(super) fn count(&self) -> usize {
        self.nodes
    }

    pub(super) fn is_beyond(&self) -> bool {
        self.is_beyond
    }

    pub(super) fn go_beyond(&mut self) {
        self.is_beyond = true;
    }

    pub(super) fn node(&mut self, at: usize, form: Form) -> Node {
        let node = Node {
            id: self.nodes,
            at,
            depth: 0,
            form,
        };
        self.nodes += 1;
        let below = node.children().into_iter().map(|child| child.depth);
        let depth = below.max().map_or(0, |depth| depth + 1);
        self.deepest = self.deepest.max(depth);
        Node { depth, ..node }
    }

    /// Refuses a tree that has become too deep.
    pub(super) fn check_depth(&self, at: usize) -> Result<(), Problem> {
        if self.deepest <= DEEPEST {
            return Ok(());
        }
        Err(Problem::known(
            at,
            format!("expression recursion limit exceeded: {DEEPEST}"),
        ))
    }

    /// Terms joined by an operator that stands between them, as a tree of even depth.
    pub(super) fn balanced(&mut self, function: &str, mut terms: Vec<Node>, places: &[usize]) -> Node {
        let middle = places.len() / 2;
        let Some(at) = places.get(middle) else {
            return terms.remove(0);
        };
        let right = terms.split_off(middle + 1);
        let left = self.balanced(function, terms, &places[..middle]);
        let right = self.balanced(function, right, &places[middle + 1..]);
        self.call(*at, function, vec![left, right])
    }

    pub(super) fn literal(&mut self, at: usize, literal: Literal) -> Node {
        self.node(at, Form::Literal(literal))
    }

    pub(super) fn call(&mut self, at: usize, function: &str, args: Vec<Node>) -> Node {
        let call = Call {
            function: function.to_owned(),
            target: None,
            args,
        };
        self.node(at, Form::Call(call))
    }

    fn method(&mut self, at: usize, target: Node, function: &str, args: Vec<Node>) -> Node {
        let call = Call {
            function: function.to_owned(),
            target: Some(Box::new(target)),
            args,
        };
        self.node(at, Form::Call(call))
    }

    fn name(&mut self, at: usize, name: &str) -> Node {
        self.node(at, Form::Name(name.to_owned()))
    }

    fn list(&mut self, at: usize, items: Vec<Node>) -> Node {
        let optional = Vec::new();
        self.node(at, Form::List { items, optional })
    }

    /// A name for a value within a result.
    fn named(&mut self, at: usize, name: &str, value: Node, result: Node) -> Node {
        self.go_beyond();
        let inner = Loop {
            range: self.list(at, Vec::new()),
            variable: UNUSED.to_owned(),
            second: None,
            gathered: name.to_owned(),
            start: value,
            condition: self.literal(at, Literal::Bool(false)),
            step: self.name(at, name),
            result,
        };
        self.node(at, Form::Loop(Box::new(inner)))
    }

    fn copies(&mut self, nodes: &[Node]) -> Vec<Node> {
        nodes.iter().map(|node| self.copy(node)).collect()
    }

    /// The same tree with nodes of its own.
    fn copy(&mut self, node: &Node) -> Node {
        let form = match &node.form {
            Form::Literal(literal) => Form::Literal(literal.clone()),
            Form::Name(name) => Form::Name(name.clone()),
            Form::Select(select) => Form::Select(Select {
                of: Box::new(self.copy(&select.of)),
                field: select.field.clone(),
                is_test: select.is_test,
            }),
            Form::Call(call) => Form::Call(Call {
                function: call.function.clone(),
                args: self.copies(&call.args),
                target: call.target.as_ref().map(|target| Box::new(self.copy(target))),
            }),
            Form::List { items, optional } => Form::List {
                items: self.copies(items),
                optional: optional.clone(),
            },
            Form::Map(entries) => {
                let copies = entries.iter().map(|entry| Entry {
                    key: self.copy(&entry.key),
                    value: self.copy(&entry.value),
                    is_optional: entry.is_optional,
                });
                Form::Map(copies.collect())
            }
            Form::Message { name, fields } => Form::Message {
                name: name.clone(),
                fields: fields
                    .iter()
                    .map(|field| Field {
                        value: self.copy(&field.value),
                    })
                    .collect(),
            },
            Form::Loop(inner) => Form::Loop(Box::new(Loop {
                range: self.copy(&inner.range),
                variable: inner.variable.clone(),
                second: inner.second.clone(),
                gathered: inner.gathered.clone(),
                start: self.copy(&inner.start),
                condition: self.copy(&inner.condition),
                step: self.copy(&inner.step),
                result: self.copy(&inner.result),
            })),
        };
        self.node(node.at, form)
    }
}

/// A call of a function, or what the macro of that name stands for.
pub(super) fn function(
    make: &mut Builder,
    at: usize,
    name: &str,
    mut args: Vec<Node>,
) -> Result<Node, Problem> {
    if name != "has" || args.len() != 1 {
        return Ok(make.call(at, name, args));
    }
    let arg = args.remove(0);
    match arg.form {
        Form::Select(select) => Ok(make.node(
            at,
            Form::Select(Select {
                is_test: true,
                ..select
            }),
        )),
        _ => Err(Problem::known(arg.at, "invalid argument to has() macro")),
    }
}

/// A call of a method, or what the macro of that name stands for.
pub(super) fn method(
    make: &mut Builder,
    at: usize,
    name: &str,
    target: Node,
    args: Vec<Node>,
) -> Result<Node, Problem> {
    match (name, args.len()) {
        ("all" | "exists" | "exists_one", 2) | ("all" | "exists" | "exists_one" | "existsOne", 3) => {
            quantifier(make, at, name, target, args)
        }
        ("map", 2 | 3) | ("filter", 2) => one_variable(make, at, name, target, args),
        ("transformList" | "transformMap" | "transformMapEntry", 3 | 4) => {
            two_variables(make, at, name, target, args)
        }
        ("optMap" | "optFlatMap", 2) => optional(make, at, name, target, args),
        ("sortBy", 2) => sorted(make, at, target, args),
        _ => Ok(make.method(at, target, name, args)),
    }
}

/// What is said of a variable that is no name.
const NO_NAME: &str = "argument must be a simple name";

/// What a loop does at each element.
struct Body {
    start: Node,
    condition: Node,
    step: Node,
    result: Node,
}

fn looped(make: &mut Builder, at: usize, range: Node, variables: Vec<String>, body: Body) -> Node {
    let mut variables = variables.into_iter();
    if variables.len() > 1 {
        make.go_beyond();
    }
    let inner = Loop {
        range,
        variable: variables.next().unwrap_or_default(),
        second: variables.next(),
        gathered: GATHERED.to_owned(),
        start: body.start,
        condition: body.condition,
        step: body.step,
        result: body.result,
    };
    make.node(at, Form::Loop(Box::new(inner)))
}

/// The names that a macro gives to the elements: its first arguments.
fn variables(args: &mut Vec<Node>, count: usize, otherwise: &str) -> Result<Vec<String>, Problem> {
    let mut names = Vec::new();
    for arg in args.drain(..count) {
        let Form::Name(name) = arg.form else {
            return Err(Problem::known(arg.at, otherwise));
        };
        if names.contains(&name) {
            return Err(Problem::known(arg.at, format!("duplicate variable name: {name}")));
        }
        if name == GATHERED || name == "__result__" {
            let why = "iteration variable overwrites accumulator variable";
            return Err(Problem::known(arg.at, why));
        }
        names.push(name);
    }
    Ok(names)
}

fn quantifier(
    make: &mut Builder,
    at: usize,
    name: &str,
    target: Node,
    mut args: Vec<Node>,
) -> Result<Node, Problem> {
    let count = args.len() - 1;
    let names = variables(&mut args, count, NO_NAME)?;
    let predicate = args.remove(0);
    let gathered = make.name(at, GATHERED);
    let body = match name {
        "all" => {
            let result = make.name(at, GATHERED);
            Body {
                start: make.literal(at, Literal::Bool(true)),
                condition: make.call(at, "@not_strictly_false", vec![gathered]),
                step: make.call(at, "_&&_", vec![result, predicate]),
                result: make.name(at, GATHERED),
            }
        }
        "exists" => {
            let result = make.name(at, GATHERED);
            let not = make.call(at, "!_", vec![gathered]);
            Body {
                start: make.literal(at, Literal::Bool(false)),
                condition: make.call(at, "@not_strictly_false", vec![not]),
                step: make.call(at, "_||_", vec![result, predicate]),
                result: make.name(at, GATHERED),
            }
        }
        _ => {
            let one = make.literal(at, Literal::Int(1));
            let more = make.call(at, "_+_", vec![gathered, one]);
            let same = make.name(at, GATHERED);
            let (counted, one) = (make.name(at, GATHERED), make.literal(at, Literal::Int(1)));
            Body {
                start: make.literal(at, Literal::Int(0)),
                condition: make.literal(at, Literal::Bool(true)),
                step: make.call(at, "_?_:_", vec![predicate, more, same]),
                result: make.call(at, "_==_", vec![counted, one]),
            }
        }
    };
    Ok(looped(make, at, target, names, body))
}

/// Gathers something for each element, or only for those that a filter lets pass.
fn gathering(make: &mut Builder, at: usize, start: Node, step: Node, filter: Option<Node>) -> Body {
    let step = match filter {
        Some(filter) => {
            let same = make.name(at, GATHERED);
            make.call(at, "_?_:_", vec![filter, step, same])
        }
        None => step,
    };
    Body {
        start,
        condition: make.literal(at, Literal::Bool(true)),
        step,
        result: make.name(at, GATHERED),
    }
}

fn one_variable(
    make: &mut Builder,
    at: usize,
    name: &str,
    target: Node,
    mut args: Vec<Node>,
) -> Result<Node, Problem> {
    let variable_at = args[0].at;
    let names = variables(&mut args, 1, "argument is not an identifier")?;
    let (made, filter) = if name == "filter" {
        (make.name(variable_at, &names[0]), args.pop())
    } else {
        let made = args.remove(args.len() - 1);
        (made, args.pop())
    };
    let start = make.list(at, Vec::new());
    let (gathered, made) = (make.name(at, GATHERED), make.list(at, vec![made]));
    let step = make.call(at, "_+_", vec![gathered, made]);
    let body = gathering(make, at, start, step, filter);
    Ok(looped(make, at, target, names, body))
}

fn two_variables(
    make: &mut Builder,
    at: usize,
    name: &str,
    target: Node,
    mut args: Vec<Node>,
) -> Result<Node, Problem> {
    let names = variables(&mut args, 2, NO_NAME)?;
    let made = args.remove(args.len() - 1);
    let filter = args.pop();
    let gathered = make.name(at, GATHERED);
    let (start, step) = match name {
        "transformList" => {
            let made = make.list(at, vec![made]);
            let step = make.call(at, "_+_", vec![gathered, made]);
            (make.list(at, Vec::new()), step)
        }
        "transformMap" => {
            let key = make.name(at, &names[0]);
            let step = make.call(at, "cel.@mapInsert", vec![gathered, key, made]);
            (make.node(at, Form::Map(Vec::new())), step)
        }
        _ => {
            let step = make.call(at, "cel.@mapInsert", vec![gathered, made]);
            (make.node(at, Form::Map(Vec::new())), step)
        }
    };
    let body = gathering(make, at, start, step, filter);
    Ok(looped(make, at, target, names, body))
}

/// Something made of the value of an optional, if there is one.
fn optional(
    make: &mut Builder,
    at: usize,
    name: &str,
    target: Node,
    mut args: Vec<Node>,
) -> Result<Node, Problem> {
    let made = args.remove(1);
    let variable = args.remove(0);
    let Form::Name(variable) = variable.form else {
        let why = format!("{name}() variable name must be a simple identifier");
        return Err(Problem::known(variable.at, why));
    };
    let again = make.copy(&target);
    let has_value = make.method(at, target, "hasValue", Vec::new());
    let value = make.method(at, again, "value", Vec::new());
    let inner = make.named(at, &variable, value, made);
    let found = if name == "optMap" {
        make.call(at, "optional.of", vec![inner])
    } else {
        inner
    };
    let none = make.call(at, "optional.none", Vec::new());
    Ok(make.call(at, "_?_:_", vec![has_value, found, none]))
}

fn sorted(make: &mut Builder, at: usize, target: Node, args: Vec<Node>) -> Result<Node, Problem> {
    if matches!(
        target.form,
        Form::Literal(_) | Form::Map(_) | Form::Message { .. }
    ) {
        let why =
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression";
        return Err(Problem::known(target.at, why));
    }
    let list = make.name(at, SORTED);
    let keys = one_variable(make, at, "map", list, args)?;
    let list = make.name(at, SORTED);
    let sorted = make.method(at, list, "@sortByAssociatedKeys", vec![keys]);
    Ok(make.named(at, SORTED, target, sorted))
}
