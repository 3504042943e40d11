//! The fast answer for an operator's most frequent request: the same configuration once more.
//!
//! One walk over the configuration compares it with the live object and with the manager's `fieldsV1` side by side. If the
//! live object holds every value and the manager owns exactly these fields, the merge could only give the live object again,
//! whoever else owns what.

use serde_json::{Map, Value};

use super::{
    element::{encode_field, same},
    owned::is_blank,
    request::Request,
    shape::{Fields, List, Scalar, Shape, Type},
    validate::check_scalar,
};

/// Whether applying `config` leaves the live object and its `managedFields` as they are.
///
/// `false` says nothing: the full merge decides then.
pub(super) fn changes_nothing(live: &Value, config: &Value, request: &Request<'_>) -> bool {
    let Some(fields) = own_fields(live, request) else {
        return false;
    };
    let mut walk = Walk { key: String::new() };
    walk.root(live, config, fields, request).is_some()
}

/// The `fieldsV1` of the applier, if its entry is in the version of the request.
fn own_fields<'v>(live: &'v Value, request: &Request<'_>) -> Option<&'v Map<String, Value>> {
    let entries = live.get("metadata")?.get("managedFields")?.as_array()?;
    let text = |entry: &'v Value, name: &str| entry.get(name).and_then(Value::as_str).unwrap_or("");
    // An entry in another version has to be looked at in that version.
    if entries
        .iter()
        .any(|entry| text(entry, "apiVersion") != request.api_version)
    {
        return None;
    }
    let own = entries.iter().find(|entry| {
        text(entry, "operation") == "Apply"
            && text(entry, "manager") == request.manager
            && text(entry, "subresource") == request.subresource
    })?;
    own.get("fieldsV1")?.as_object()
}

struct Walk {
    /// The encoded step that is looked up; reused, so that the walk does not allocate.
    key: String,
}

impl Walk {
    /// The members of the root and of its metadata that nobody can own are compared, but not looked up.
    fn root(
        &mut self,
        live: &Value,
        config: &Value,
        owned: &Map<String, Value>,
        request: &Request<'_>,
    ) -> Option<()> {
        let Shape::Map(fields) = request.root().shape(Some(config)) else {
            return None;
        };
        let (live, config) = (live.as_object()?, config.as_object()?);
        let mut seen = 0;
        for (name, value) in config {
            match name.as_str() {
                "apiVersion" | "kind" => (live.get(name)? == value).then_some(())?,
                "metadata" => {
                    seen += self.metadata(live.get(name)?, value, owned, fields.type_of(name))?;
                }
                _ if request.reset.has(&super::element::Element::field(name)) => return None,
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
        live: &Value,
        config: &Value,
        owned: &Map<String, Value>,
        kind: Type<'_>,
    ) -> Option<usize> {
        let Shape::Map(fields) = kind.shape(Some(config)) else {
            return None;
        };
        let (live, config) = (live.as_object()?, config.as_object()?);
        let nothing = Map::new();
        let owned = match owned.get("f:metadata") {
            Some(owned) => owned.as_object()?,
            None => &nothing,
        };
        let mut seen = 0;
        for (name, value) in config {
            match name.as_str() {
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
        live: &Value,
        name: &str,
        config: &Value,
        owned: &Map<String, Value>,
        fields: Fields<'_>,
    ) -> Option<()> {
        let (declared, kind) = fields.get(name)?;
        self.key.clear();
        encode_field(name, &mut self.key);
        let owned = owned.get(&self.key)?.as_object()?;
        let itself = !declared || is_blank(config);
        self.value(live, config, owned, itself, kind)
    }

    /// `itself` tells whether the field is owned for itself besides what is below it.
    fn value(
        &mut self,
        live: &Value,
        config: &Value,
        owned: &Map<String, Value>,
        itself: bool,
        kind: Type<'_>,
    ) -> Option<()> {
        match (kind.shape(Some(config)), config) {
            (Shape::Scalar(scalar), _) => {
                check_leaf(scalar, config)?;
                (owned.is_empty() && same(live, config)).then_some(())
            }
            (Shape::List(list), _) if list.is_atomic() => {
                (owned.is_empty() && config.is_array() && same(live, config)).then_some(())
            }
            (Shape::Map(fields), _) if fields.atomic => {
                (owned.is_empty() && config.is_object() && same(live, config)).then_some(())
            }
            (Shape::List(list), Value::Array(items)) if !items.is_empty() => {
                self.list(live.as_array()?, items, owned, itself, list)
            }
            (Shape::Map(fields), Value::Object(members)) if !members.is_empty() => {
                let live = live.as_object()?;
                for (name, member) in members {
                    self.member(live.get(name)?, name, member, owned, fields)?;
                }
                all_seen(owned, members.len(), itself)
            }
            // an empty map is a value of its own
            (Shape::Map(_), Value::Object(_)) => (owned.is_empty() && live == config).then_some(()),
            _ => None,
        }
    }

    /// The elements have to stand in the live list in the order of the configuration, each of them once.
    fn list(
        &mut self,
        live: &[Value],
        config: &[Value],
        owned: &Map<String, Value>,
        itself: bool,
        list: List<'_>,
    ) -> Option<()> {
        let mut rest = live.iter();
        for item in config {
            let twin = rest.find(|live| is_twin(live, item, list))?;
            self.key.clear();
            list.encode_identity(item, &mut self.key)?;
            let owned = owned.get(&self.key)?.as_object()?;
            self.value(twin, item, owned, true, list.items)?;
        }
        let once = |item: &Value| live.iter().filter(|live| is_twin(live, item, list)).count() == 1;
        config.iter().all(once).then_some(())?;
        all_seen(owned, config.len(), itself)
    }
}

fn check_leaf(scalar: Scalar, config: &Value) -> Option<()> {
    (!config.is_null() && check_scalar(scalar, config).is_ok()).then_some(())
}

/// Whether `owned` holds `seen` steps, and the mark of the field itself where it is owned for itself.
fn all_seen(owned: &Map<String, Value>, seen: usize, itself: bool) -> Option<()> {
    (owned.contains_key(".") == itself && owned.len() == seen + usize::from(itself)).then_some(())
}

fn is_twin(live: &Value, item: &Value, list: List<'_>) -> bool {
    if list.keys.is_empty() {
        return same(live, item);
    }
    list.keys
        .iter()
        .all(|key| match (list.key_of(live, key), list.key_of(item, key)) {
            (Some(live), Some(item)) => same(live, item),
            (None, None) => true,
            _ => false,
        })
}
