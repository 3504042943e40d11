//! Two schemas, place by place.

use std::collections::BTreeSet;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};

use super::{Break, BreakKind, limits};

/// Walks two schemas of one version and notes what breaks.
pub(super) struct Comparison<'a> {
    version: &'a str,
    found: &'a mut Vec<Break>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(version: &'a str, found: &'a mut Vec<Break>) -> Self {
        Self { version, found }
    }

    fn note(&mut self, path: &str, kind: BreakKind, detail: impl Into<String>) {
        let path = if path.is_empty() { "." } else { path };
        self.found.push(Break {
            version: self.version.into(),
            path: path.into(),
            kind,
            detail: detail.into(),
        });
    }

    /// One place and everything below it.
    pub(super) fn place(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        if let Some(detail) = type_change(old, new) {
            // Below another type nothing can be compared.
            self.note(path, BreakKind::TypeChanged, detail);
            return;
        }
        self.null(path, old, new);
        self.default(path, old, new);
        self.values(path, old, new);
        self.embedded(path, old, new);
        self.merge(path, old, new);
        self.properties(path, old, new);
        self.map(path, old, new);
        if let (Some(JSONSchemaPropsOrArray::Schema(old)), Some(JSONSchemaPropsOrArray::Schema(new))) =
            (&old.items, &new.items)
        {
            self.place(&format!("{path}[*]"), old, new);
        }
    }

    fn null(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        if old.nullable == Some(true) && new.nullable != Some(true) {
            self.note(
                path,
                BreakKind::NoLongerNullable,
                "could be null and cannot any more",
            );
        }
    }

    fn default(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        let text = |default: &JSON| default.0.to_string();
        match (&old.default, &new.default) {
            (Some(was), Some(is)) if was != is => self.note(
                path,
                BreakKind::DefaultChanged,
                format!("the default was {} and is {}", text(was), text(is)),
            ),
            (Some(was), None) => {
                self.note(
                    path,
                    BreakKind::DefaultChanged,
                    format!("the default {} is gone", text(was)),
                );
            }
            _ => {}
        }
    }

    fn values(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        let mut tighter = limits::tighter(old, new);
        let was = old.x_kubernetes_validations.as_deref().unwrap_or_default();
        for rule in new.x_kubernetes_validations.iter().flatten() {
            if !was.iter().any(|known| known.rule == rule.rule) {
                tighter.push(format!("must fulfil `{}`", rule.rule));
            }
        }
        for (keyword, was, is) in [
            ("oneOf", &old.one_of, &new.one_of),
            ("anyOf", &old.any_of, &new.any_of),
            ("allOf", &old.all_of, &new.all_of),
        ] {
            if is.is_some() && was != is && !(keyword != "allOf" && only_more(was.as_deref(), is.as_deref()))
            {
                tighter.push(format!(
                    "`{keyword}` changed, and alternatives cannot be compared"
                ));
            }
        }
        if new.not.is_some() && old.not != new.not {
            tighter.push("`not` changed, and exclusions cannot be compared".into());
        }
        for detail in tighter {
            self.note(path, BreakKind::RuleTightened, detail);
        }
    }

    /// The server checks and keeps what every object has only where it knows that there is one.
    fn embedded(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        let is_object = |schema: &JSONSchemaProps| schema.x_kubernetes_embedded_resource == Some(true);
        match (is_object(old), is_object(new)) {
            (false, true) => self.note(
                path,
                BreakKind::RuleTightened,
                "must be a whole object with apiVersion and kind",
            ),
            (true, false) if new.x_kubernetes_preserve_unknown_fields != Some(true) => self.note(
                path,
                BreakKind::PruningStarted,
                "was a whole object, and its apiVersion, kind and metadata are pruned now",
            ),
            _ => {}
        }
    }

    fn merge(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        let list = |schema: &JSONSchemaProps| {
            let type_ = schema
                .x_kubernetes_list_type
                .clone()
                .unwrap_or_else(|| "atomic".into());
            match &schema.x_kubernetes_list_map_keys {
                Some(keys) => format!("{type_} by {}", keys.join(", ")),
                None => type_,
            }
        };
        let map = |schema: &JSONSchemaProps| {
            schema
                .x_kubernetes_map_type
                .clone()
                .unwrap_or_else(|| "granular".into())
        };
        if old.type_.as_deref() == Some("array") && list(old) != list(new) {
            self.note(
                path,
                BreakKind::MergeChanged,
                format!("the list was {} and is {}", list(old), list(new)),
            );
        }
        if old.type_.as_deref() == Some("object") && map(old) != map(new) {
            self.note(
                path,
                BreakKind::MergeChanged,
                format!("the object was {} and is {}", map(old), map(new)),
            );
        }
    }

    fn properties(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        let keeps = |schema: &JSONSchemaProps| schema.x_kubernetes_preserve_unknown_fields == Some(true);
        if keeps(old) && !keeps(new) {
            self.note(
                path,
                BreakKind::PruningStarted,
                "unknown fields were kept and are pruned now",
            );
        }
        let empty = std::collections::BTreeMap::new();
        let (was, is) = (
            old.properties.as_ref().unwrap_or(&empty),
            new.properties.as_ref().unwrap_or(&empty),
        );
        for (name, property) in was {
            let below = format!("{path}.{name}");
            match (is.get(name), &new.additional_properties) {
                (Some(same), _) => self.place(&below, property, same),
                (None, Some(JSONSchemaPropsOrBool::Schema(values))) => self.place(&below, property, values),
                (None, Some(JSONSchemaPropsOrBool::Bool(true))) => {}
                (None, _) if keeps(new) => {}
                (None, _) => self.note(&below, BreakKind::FieldRemoved, "is gone: its values are pruned"),
            }
        }
        let required = |schema: &JSONSchemaProps| -> BTreeSet<String> {
            schema.required.iter().flatten().cloned().collect()
        };
        for name in required(new).difference(&required(old)) {
            if is.get(name).is_none_or(|property| property.default.is_none()) {
                self.note(
                    &format!("{path}.{name}"),
                    BreakKind::NowRequired,
                    "could be left out and is required",
                );
            }
        }
    }

    fn map(&mut self, path: &str, old: &JSONSchemaProps, new: &JSONSchemaProps) {
        use JSONSchemaPropsOrBool::{Bool, Schema};
        match (&old.additional_properties, &new.additional_properties) {
            (Some(Schema(old)), Some(Schema(new))) => self.place(&format!("{path}.*"), old, new),
            (Some(Schema(_) | Bool(true)), None | Some(Bool(false)))
                if new.x_kubernetes_preserve_unknown_fields != Some(true) =>
            {
                self.note(path, BreakKind::FieldRemoved, "was a map and keeps no keys now");
            }
            (Some(Bool(true)), Some(Schema(_))) => {
                self.note(
                    path,
                    BreakKind::RuleTightened,
                    "was a map of anything and has a type of values now",
                );
            }
            _ => {}
        }
    }
}

/// Whether the new alternatives are the old ones and some more.
fn only_more(was: Option<&[JSONSchemaProps]>, is: Option<&[JSONSchemaProps]>) -> bool {
    match (was, is) {
        (Some(was), Some(is)) => was.iter().all(|branch| is.contains(branch)),
        _ => false,
    }
}

/// What changed about the type, if values of the old one are not values of the new one.
fn type_change(old: &JSONSchemaProps, new: &JSONSchemaProps) -> Option<String> {
    let name = |schema: &JSONSchemaProps| {
        if schema.x_kubernetes_int_or_string == Some(true) {
            "int-or-string".to_owned()
        } else {
            schema.type_.clone().unwrap_or_else(|| "anything".into())
        }
    };
    let (was, is) = (name(old), name(new));
    let wider = was == is
        || is == "anything"
        || (was == "integer" && is == "number")
        || (is == "int-or-string" && (was == "integer" || was == "string"));
    (!wider).then(|| format!("was {was} and is {is}"))
}
