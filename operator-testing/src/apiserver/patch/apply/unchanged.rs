//! The fast answer for an operator's most frequent request: the same configuration once more.
//!
//! One walk over the configuration compares it with the live object and with the manager's `fieldsV1` side by side, all three
//! read no further than comparing needs. If the live object holds every value and the manager owns exactly these fields, the
//! merge could only give the live object again, whoever else owns what.

use super::{
    element::{Element, compare_numbers, encode_field, push_json, push_json_text},
    request::Request,
    shape::{Fields, List, Looks, Scalar, Shape, Type},
};
use crate::apiserver::lean::{Lean, LeanMap};

/// Whether applying a configuration leaves the live object and its `managedFields` as they are; both are JSON, that of the live
/// object without `kind` and `apiVersion`.
///
/// `false` says nothing: the full merge decides then.
pub(super) fn changes_nothing(live: &[u8], config: &[u8], request: &Request<'_>) -> bool {
    let Some((config, live)) = Lean::read(config).zip(Lean::read(live)) else {
        return false;
    };
    let mut walk = Walk { key: String::new() };
    walk.root(&live, &config, request).is_some()
}

/// The `fieldsV1` of the applier, if its entry is in the version of the request.
fn own_fields<'l, 'v>(metadata: &'l LeanMap<'v>, request: &Request<'_>) -> Option<&'l LeanMap<'v>> {
    let entries = metadata.get("managedFields")?.as_list()?;
    // An entry in another version has to be looked at in that version.
    let is_here = |entry: &LeanMap<'_>| entry.text("apiVersion") == request.api_version;
    if !entries.iter().all(|entry| entry.as_map().is_some_and(is_here)) {
        return None;
    }
    let own = entries.iter().filter_map(Lean::as_map).find(|entry| {
        entry.text("operation") == "Apply"
            && entry.text("manager") == request.manager
            && entry.text("subresource") == request.subresource
    })?;
    own.get("fieldsV1")?.as_map()
}

struct Walk {
    /// The encoded step that is looked up; reused, so that the walk does not allocate.
    key: String,
}

impl Walk {
    /// The members of the root and of its metadata that nobody can own are compared, but not looked up.
    fn root(&mut self, live: &Lean<'_>, config: &Lean<'_>, request: &Request<'_>) -> Option<()> {
        let Shape::Map(fields) = request.root().shape_of(Looks::Map) else {
            return None;
        };
        let (live, config) = (live.as_map()?, config.as_map()?);
        let is_of_kind =
            config.text("apiVersion") == request.api_version && config.text("kind") == request.kind;
        is_of_kind.then_some(())?;
        let metadata = live.get("metadata")?.as_map()?;
        let owned = own_fields(metadata, request)?;
        let mut seen = 0;
        for (name, value) in config.iter() {
            match name {
                "apiVersion" | "kind" => {}
                "metadata" => seen += self.metadata(metadata, value, owned, fields.type_of(name))?,
                _ if request.reset.has(&Element::field(name)) => return None,
                _ => {
                    self.member(live.get(name)?, name, value, owned, fields)?;
                    seen += 1;
                }
            }
        }
        (seen == owned.len()).then_some(())
    }

    fn metadata(
        &mut self,
        live: &LeanMap<'_>,
        config: &Lean<'_>,
        owned: &LeanMap<'_>,
        kind: Type<'_>,
    ) -> Option<usize> {
        let Shape::Map(fields) = kind.shape_of(Looks::Map) else {
            return None;
        };
        let nothing = LeanMap::default();
        let owned = match owned.get("f:metadata") {
            Some(owned) => owned.as_map()?,
            None => &nothing,
        };
        let mut seen = 0;
        for (name, value) in config.as_map()?.iter() {
            match name {
                "name" | "namespace" | "uid" => (live.get(name)? == value).then_some(())?,
                // Rare, and not worth a rule of its own here.
                "creationTimestamp" | "selfLink" | "clusterName" | "generation" | "managedFields"
                | "resourceVersion" => return None,
                _ => {
                    self.member(live.get(name)?, name, value, owned, fields)?;
                    seen += 1;
                }
            }
        }
        (seen == owned.len()).then_some(usize::from(seen > 0))
    }

    fn member(
        &mut self,
        live: &Lean<'_>,
        name: &str,
        config: &Lean<'_>,
        owned: &LeanMap<'_>,
        fields: Fields<'_>,
    ) -> Option<()> {
        let (declared, kind) = fields.get(name)?;
        self.key.clear();
        encode_field(name, &mut self.key);
        let owned = owned.get(&self.key)?.as_map()?;
        let is_blank = matches!(config, Lean::Null) || config.as_map().is_some_and(LeanMap::is_empty);
        self.value(live, config, owned, !declared || is_blank, kind)
    }

    /// `itself` tells whether the field is owned for itself besides what is below it.
    fn value(
        &mut self,
        live: &Lean<'_>,
        config: &Lean<'_>,
        owned: &LeanMap<'_>,
        itself: bool,
        kind: Type<'_>,
    ) -> Option<()> {
        let is_leaf = match (kind.shape_of(looks(config)), config) {
            (Shape::Scalar(scalar), _) => is_scalar(scalar, config),
            (Shape::List(list), Lean::List(_)) if list.is_atomic() => true,
            (Shape::Map(fields), Lean::Map(_)) if fields.atomic => true,
            (Shape::List(list), Lean::List(items)) if !items.is_empty() => {
                return self.list(live.as_list()?, items, owned, itself, list);
            }
            (Shape::Map(fields), Lean::Map(members)) if !members.is_empty() => {
                let live = live.as_map()?;
                for (name, member) in members.iter() {
                    self.member(live.get(name)?, name, member, owned, fields)?;
                }
                return all_seen(owned, members.len(), itself);
            }
            // an empty map is a value of its own
            (Shape::Map(_), Lean::Map(_)) => true,
            _ => false,
        };
        (is_leaf && owned.is_empty() && same(live, config)).then_some(())
    }

    /// The elements have to stand in the live list in the order of the configuration, each of them once.
    fn list(
        &mut self,
        live: &[Lean<'_>],
        config: &[Lean<'_>],
        owned: &LeanMap<'_>,
        itself: bool,
        list: List<'_>,
    ) -> Option<()> {
        let identities = Identities::of(live, list)?;
        let mut next = 0;
        for item in config {
            self.key.clear();
            encode_identity(list, item, &mut self.key)?;
            let place = identities.only(&self.key).filter(|place| *place >= next)?;
            next = place + 1;
            let owned = owned.get(&self.key)?.as_map()?;
            self.value(&live[place], item, owned, true, list.items)?;
        }
        all_seen(owned, config.len(), itself)
    }
}

/// What tells the items of a list apart, encoded one behind the other.
struct Identities {
    text: String,
    ends: Vec<usize>,
}

impl Identities {
    fn of(items: &[Lean<'_>], list: List<'_>) -> Option<Self> {
        let mut identities = Self {
            text: String::new(),
            ends: Vec::with_capacity(items.len()),
        };
        for item in items {
            encode_identity(list, item, &mut identities.text)?;
            identities.ends.push(identities.text.len());
        }
        Some(identities)
    }

    /// The place of the item with this identity, if there is one only.
    fn only(&self, identity: &str) -> Option<usize> {
        let starts = std::iter::once(&0).chain(&self.ends);
        let places = starts.zip(&self.ends).enumerate();
        let mut found = places
            .filter(|(_, (start, end))| &self.text[**start..**end] == identity)
            .map(|(place, _)| place);
        let place = found.next()?;
        found.next().is_none().then_some(place)
    }
}

/// Appends what tells an item from others, as `fieldsV1` has it; `None` if the item has no identity, or an odd one.
fn encode_identity(list: List<'_>, item: &Lean<'_>, out: &mut String) -> Option<()> {
    if list.keys.is_empty() {
        out.push_str("v:");
        return encode_scalar(item, out);
    }
    let fields = item.as_map()?;
    let mut sorted = Vec::new();
    let keys = if list.keys.is_sorted() {
        list.keys
    } else {
        sorted.extend_from_slice(list.keys);
        sorted.sort_unstable();
        &sorted
    };
    let start = out.len();
    for key in keys {
        let before = out.len();
        out.push_str(if before == start { "k:{" } else { "," });
        push_json_text(key, out);
        out.push(':');
        if let Some(own) = fields.get(key) {
            encode_scalar(own, out)?;
        } else if let Some(default) = list.default_of(key) {
            push_json(default, out);
        } else {
            out.truncate(before);
        }
    }
    if out.len() == start {
        return None;
    }
    out.push('}');
    Some(())
}

fn encode_scalar(value: &Lean<'_>, out: &mut String) -> Option<()> {
    match value {
        Lean::Text(text) => push_json_text(text, out),
        Lean::Number(number) => out.push_str(&number.to_string()),
        Lean::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Lean::Null | Lean::List(_) | Lean::Map(_) => return None,
    }
    Some(())
}

fn looks(value: &Lean<'_>) -> Looks {
    match value {
        Lean::List(_) => Looks::List,
        Lean::Bool(_) | Lean::Number(_) | Lean::Text(_) => Looks::Scalar,
        Lean::Map(_) | Lean::Null => Looks::Map,
    }
}

fn is_scalar(scalar: Scalar, value: &Lean<'_>) -> bool {
    match value {
        Lean::Number(_) => matches!(scalar, Scalar::Number | Scalar::Any),
        Lean::Text(_) => matches!(scalar, Scalar::Text | Scalar::Any),
        Lean::Bool(_) => matches!(scalar, Scalar::Boolean | Scalar::Any),
        Lean::Null | Lean::List(_) | Lean::Map(_) => false,
    }
}

/// Whether two values are the same to the merge.
fn same(live: &Lean<'_>, config: &Lean<'_>) -> bool {
    match (live, config) {
        (Lean::List(live), Lean::List(config)) => {
            live.len() == config.len() && live.iter().zip(config).all(|(live, config)| same(live, config))
        }
        (Lean::Map(live), Lean::Map(config)) => {
            live.len() == config.len()
                && live
                    .iter()
                    .zip(config.iter())
                    .all(|((name, live), (other, config))| name == other && same(live, config))
        }
        (Lean::Number(live), Lean::Number(config)) => compare_numbers(live, config).is_eq(),
        (live, config) => live == config,
    }
}

/// Whether `owned` holds `seen` steps, and the mark of the field itself where it is owned for itself.
fn all_seen(owned: &LeanMap<'_>, seen: usize, itself: bool) -> Option<()> {
    let is_marked = owned.get(".").is_some();
    (is_marked == itself && owned.len() == seen + usize::from(itself)).then_some(())
}
