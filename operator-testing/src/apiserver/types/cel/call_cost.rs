//! What the functions of the language cost at worst.
//!
//! Source: `github.com/google/cel-go/checker/cost.go`, `github.com/google/cel-go/ext`, `k8s.io/apiserver/pkg/cel/library/cost.go`.

use super::{
    cost::CallCost,
    interval::Interval,
    kind::Kind,
    path::Path,
    tree::{Form, Literal, Node},
};

/// Going once through a text, for each character.
const THROUGH_TEXT: f64 = 0.1;
/// Matching a text against a regular expression, for each character of the expression.
const THROUGH_PATTERN: f64 = 0.25;
/// The longest regular expression of a named format.
const FORMAT_PATTERN: f64 = 128.0;
/// The longest name of a format.
const FORMAT_NAME: u64 = 64;
/// A new list.
const NEW_LIST: u64 = 10;
/// A question to the authorizer.
const AUTHORIZATION: u64 = 350_000;

/// An argument of a call, or what it is called on.
#[derive(Debug)]
pub(super) struct Argument<'a> {
    pub(super) node: &'a Node,
    pub(super) kind: &'a Kind,
    pub(super) path: Path,
    pub(super) size: Option<Interval>,
}

impl Argument<'_> {
    pub(super) fn size_or_unknown(&self) -> Interval {
        self.size.unwrap_or(Interval::UNKNOWN)
    }

    /// The whole number that is written there.
    fn written(&self) -> Option<i64> {
        match self.node.form {
            Form::Literal(Literal::Int(value)) => Some(value),
            _ => None,
        }
    }

    fn written_count(&self, otherwise: u64) -> u64 {
        match self.written() {
            Some(value) => u64::try_from(value).unwrap_or(0),
            None => otherwise,
        }
    }
}

/// The elements of a list: their type, and how large they are as declared.
type Elements<'a, 'b> = &'b dyn Fn(&Argument<'a>) -> Option<(&'a Kind, Option<Interval>)>;

/// What a call costs beyond its arguments.
pub(super) fn of<'a>(
    function: &str,
    overload: &str,
    target: Option<&Argument<'a>>,
    args: &[Argument<'a>],
    elements: Elements<'a, '_>,
) -> CallCost {
    of_collection(overload, target, args)
        .or_else(|| of_library(function, overload, target, args, elements))
        .or_else(|| of_language(overload, target, args))
        .unwrap_or_else(|| costing(Interval::ONE))
}

fn costing(cost: Interval) -> CallCost {
    CallCost { cost, size: None }
}

fn giving(cost: Interval, size: Interval) -> CallCost {
    let size = Some(size);
    CallCost { cost, size }
}

/// Functions of lists and sets.
fn of_collection(overload: &str, target: Option<&Argument<'_>>, args: &[Argument<'_>]) -> Option<CallCost> {
    let making = |factor: f64, size: Interval| {
        let cost = size.scaled(factor).plus(Interval::exactly(NEW_LIST + 1));
        Some(giving(cost, size))
    };
    let square = |size: Interval| size.times(size);
    match (overload, target, args) {
        ("list_slice", Some(list), [start, end]) => {
            let end = end.written_count(list.size_or_unknown().most);
            let count = end.wrapping_sub(start.written_count(0));
            making(1.0, Interval::exactly(count))
        }
        ("lists_range", None, [count]) => making(1.0, Interval::exactly(count.written_count(u64::MAX))),
        ("list_reverse" | "list_flatten", Some(list), []) => making(1.0, list.size_or_unknown()),
        ("list_flatten_int", Some(list), [depth]) => {
            #[allow(clippy::cast_precision_loss)]
            let depth = depth.written_count(u64::MAX) as f64;
            making(depth, list.size_or_unknown())
        }
        ("list_distinct", Some(list), []) => making(2.0, square(list.size_or_unknown())),
        (_, Some(list), []) if overload.ends_with("_sort") => {
            making(sorting(overload), square(list.size_or_unknown()))
        }
        (_, Some(_), [keys]) if overload.ends_with("_sortByAssociatedKeys") => {
            making(sorting(overload), square(keys.size_or_unknown()))
        }
        (
            "list_sets_contains_list" | "list_sets_intersects_list" | "list_sets_equivalent_list",
            _,
            [a, b],
        ) => {
            let factor = if overload == "list_sets_equivalent_list" {
                2.0
            } else {
                1.0
            };
            let pairs = a.size_or_unknown().times(b.size_or_unknown());
            Some(costing(pairs.scaled(factor).plus(Interval::ONE)))
        }
        _ => None,
    }
}

/// Comparing texts takes longer.
fn sorting(overload: &str) -> f64 {
    if overload.starts_with("list_string") || overload.starts_with("list_bytes") {
        2.0 + THROUGH_TEXT
    } else {
        2.0
    }
}

/// Functions that Kubernetes adds or has costs of its own for.
fn of_library<'a>(
    function: &str,
    overload: &str,
    target: Option<&Argument<'a>>,
    args: &[Argument<'a>],
    elements: Elements<'a, '_>,
) -> Option<CallCost> {
    let through = |size: Interval| size.scaled(THROUGH_TEXT);
    let text = |argument: &Argument<'_>| costing(through(argument.size_or_unknown()));
    match function {
        "check" => Some(costing(Interval::exactly(AUTHORIZATION))),
        "fieldSelector" | "labelSelector" => args.first().map(selector),
        "isSorted" | "sum" | "max" | "min" | "indexOf" | "lastIndexOf" => {
            target.map(|target| of_elements(target, elements))
        }
        "url" | "jsonpatch.escapeKey" => args.first().map(|arg| {
            let size = arg.size_or_unknown();
            giving(through(size), size)
        }),
        "lowerAscii" | "upperAscii" | "substring" | "trim" => target.map(|target| {
            let size = target.size_or_unknown();
            giving(through(size), size)
        }),
        "replace" => match (target, args) {
            (Some(target), [old, new, ..]) => Some(replacing(target, old, new)),
            _ => None,
        },
        "split" => target.map(|target| {
            let size = target.size_or_unknown();
            // A limit may be negative; as a size it is large then.
            let limit = args.get(1).and_then(Argument::written);
            let most = limit.map_or(size.most, i64::cast_unsigned);
            giving(size.scaled(2.0 * THROUGH_TEXT), Interval::new(0, most))
        }),
        "join" => target.map(|target| joining(target, args.first(), elements)),
        "find" | "findAll" => match (target, args) {
            (Some(target), [pattern, ..]) => {
                let size = target.size_or_unknown();
                let cost = matching(size, pattern.size_or_unknown());
                Some(giving(cost, Interval::new(0, size.most)))
            }
            _ => None,
        },
        "ip" if overload == "cidr_ip" => Some(costing(Interval::ONE)),
        "ip" | "cidr" | "isIP" | "isCIDR" | "quantity" | "isQuantity" | "semver" | "isSemver" => {
            args.first().map(text)
        }
        "ip.isCanonical" => args
            .first()
            .map(|arg| costing(arg.size_or_unknown().scaled(2.0 * THROUGH_TEXT))),
        "containsIP" | "containsCIDR" => args.first().map(|arg| containing(overload, arg)),
        "validate" => args.first().map(|arg| {
            let cost = through(arg.size_or_unknown()).scaled(FORMAT_PATTERN * THROUGH_PATTERN);
            costing(cost)
        }),
        "_==_" => match args {
            [a, b] if a.kind == b.kind => equality(a.kind, b),
            _ => None,
        },
        _ if NOMINAL.contains(&function) => Some(costing(Interval::ONE)),
        _ => None,
    }
}

/// Functions that only read what is there, whatever they are called on.
const NOMINAL: &[&str] = &[
    "serviceAccount",
    "path",
    "group",
    "resource",
    "subresource",
    "namespace",
    "name",
    "allowed",
    "reason",
    "error",
    "errored",
    "masked",
    "prefixLength",
    "family",
    "isUnspecified",
    "isLoopback",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isGlobalUnicast",
    "format.named",
    "sign",
    "asInteger",
    "isInteger",
    "asApproximateFloat",
    "isGreaterThan",
    "isLessThan",
    "compareTo",
    "add",
    "sub",
    "major",
    "minor",
    "patch",
    "getScheme",
    "getHostname",
    "getHost",
    "getPort",
    "getEscapedPath",
    "getQuery",
];

/// A selector becomes a list of requirements, of which the shortest take two characters.
fn selector(text: &Argument<'_>) -> CallCost {
    const REQUIREMENT: f64 = 50.0;
    let size = text.size_or_unknown();
    let requirements = size.scaled(0.5).scaled(REQUIREMENT);
    costing(
        Interval::exactly(NEW_LIST)
            .plus(size.scaled(THROUGH_TEXT))
            .plus(requirements),
    )
}

/// Going through the elements of a list, or through a text.
fn of_elements<'a>(target: &Argument<'a>, elements: Elements<'a, '_>) -> CallCost {
    let size = target.size_or_unknown();
    let Some((kind, of)) = elements(target) else {
        return costing(size.scaled(THROUGH_TEXT));
    };
    let each = if matches!(kind, Kind::Text | Kind::Bytes) {
        Interval::ONE.plus(of.unwrap_or(Interval::UNKNOWN).scaled(THROUGH_TEXT))
    } else {
        Interval::ONE
    };
    costing(size.times(each))
}

/// Going through a text with a regular expression; an empty text counts as a character.
fn matching(text: Interval, pattern: Interval) -> Interval {
    text.plus(Interval::ONE)
        .scaled(THROUGH_TEXT)
        .times(pattern.scaled(THROUGH_PATTERN))
}

fn replacing(text: &Argument<'_>, old: &Argument<'_>, new: &Argument<'_>) -> CallCost {
    let (size, old, new) = (
        text.size_or_unknown(),
        old.size_or_unknown(),
        new.size_or_unknown(),
    );
    // How often something is put in, and how much of the text is left.
    let (most, most_kept) = if old.least == 0 {
        (size.most.saturating_add(1), size.most)
    } else if new.most <= old.least {
        (0, size.most)
    } else {
        (divide(size.most, old.least), 0)
    };
    let (least, least_kept) = if old.most == 0 {
        (size.least.saturating_add(1), size.least)
    } else if old.most <= new.least {
        (0, size.least)
    } else {
        (divide(size.least, old.most), 0)
    };
    let made = Interval::new(least, most)
        .times(new)
        .plus(Interval::new(least_kept, most_kept));
    giving(size.scaled(2.0 * THROUGH_TEXT), made)
}

/// Rounded up, in the numbers that the real server divides in.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn divide(count: u64, by: u64) -> u64 {
    (count as f64 / by as f64).ceil() as u64
}

fn joining<'a>(
    list: &Argument<'a>,
    separator: Option<&Argument<'a>>,
    elements: Elements<'a, '_>,
) -> CallCost {
    let count = list.size_or_unknown();
    let mut size = match elements(list) {
        Some((_, of)) => count.times(of.unwrap_or(Interval::UNKNOWN)),
        None => Interval::ZERO,
    };
    if let Some(separator) = separator {
        let between = Interval::new(count.least.saturating_sub(1), count.most.saturating_sub(1));
        size = size.plus(separator.size_or_unknown().times(between));
    }
    giving(size.scaled(THROUGH_TEXT), size)
}

/// Whether a network holds an address or another network: both are 4 or 16 bytes long.
fn containing(overload: &str, other: &Argument<'_>) -> CallCost {
    let address = Interval::new(4, 16);
    let mut cost = address.plus(address).scaled(THROUGH_TEXT);
    if overload.starts_with("cidr_contains_cidr") {
        cost = cost.plus(address.scaled(THROUGH_TEXT)).plus(Interval::ONE);
    }
    if overload.ends_with("_string") {
        cost = cost.plus(other.size_or_unknown().scaled(THROUGH_TEXT));
    }
    costing(cost)
}

fn equality(kind: &Kind, right: &Argument<'_>) -> Option<CallCost> {
    let (Kind::Object(name) | Kind::Opaque(name, _)) = kind else {
        return None;
    };
    let most = match &**name {
        "net.IP" | "net.CIDR" | "kubernetes.Quantity" | "kubernetes.Semver" => {
            return Some(costing(Interval::ONE));
        }
        "kubernetes.NamedFormat" => FORMAT_NAME,
        "kubernetes.URL" => right.size.map_or(1, |size| size.most),
        _ => return None,
    };
    Some(costing(Interval::new(1, most).scaled(THROUGH_TEXT)))
}

/// Functions of the language itself.
fn of_language(overload: &str, target: Option<&Argument<'_>>, args: &[Argument<'_>]) -> Option<CallCost> {
    let through = |size: Interval| size.scaled(THROUGH_TEXT);
    let sizes: Vec<_> = args.iter().map(Argument::size_or_unknown).collect();
    let target = target.map(Argument::size_or_unknown);
    match (overload, target, &sizes[..]) {
        ("string_format", Some(target), _) => Some(costing(through(target))),
        ("string_to_bytes", _, [size]) => {
            let bytes = Interval::new(size.least, size.most.wrapping_mul(4));
            Some(giving(through(*size), bytes))
        }
        ("bytes_to_string", _, [size]) => {
            Some(giving(through(*size), Interval::new(size.least / 4, size.most)))
        }
        ("strings_quote", _, [size]) => {
            let most = size.most.wrapping_mul(2).wrapping_add(2);
            Some(giving(through(*size), Interval::new(size.least + 2, most)))
        }
        ("starts_with_string" | "ends_with_string", _, [size]) => Some(costing(through(*size))),
        ("in_list", _, [_, list]) => Some(costing(list.scaled(1.0))),
        ("matches_string", Some(target), [pattern]) => Some(costing(matching(target, *pattern))),
        ("contains_string", Some(target), [part]) => Some(costing(through(target).times(through(*part)))),
        ("add_list", _, [left, right]) => Some(giving(Interval::ONE, left.plus(*right))),
        ("add_string" | "add_bytes", _, [left, right]) => {
            let size = left.plus(*right);
            Some(giving(through(size), size))
        }
        (_, _, [left, right]) if COMPARISONS.contains(&overload) => {
            let most = left.most.min(right.most);
            Some(costing(through(Interval::new(most.min(1), most))))
        }
        _ => None,
    }
}

/// Comparisons that look at what is in the values.
const COMPARISONS: [&str; 10] = [
    "equals",
    "not_equals",
    "less_string",
    "greater_string",
    "less_equals_string",
    "greater_equals_string",
    "less_bytes",
    "greater_bytes",
    "less_equals_bytes",
    "greater_equals_bytes",
];
