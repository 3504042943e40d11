//! Alternatives: what an enum looks like to Kubernetes.
//!
//! schemars writes each variant out. Here the structure of all of them is unified and moves up to the place itself; what
//! only restricts values stays in the alternatives, so the server still tells the variants apart.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::structural::{INT_OR_STRING, PRESERVE, Problems, Schema};

/// Keywords that restrict values. All others introduce structure or describe it, and may not be in an alternative.
const RESTRICTIONS: [&str; 19] = [
    "allOf",
    "anyOf",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "required",
];

/// Moves the structure of `branches` up into `parent` and puts back under `key` what is left of them.
pub(super) fn hoist(parent: &mut Schema, key: &str, branches: Vec<Value>, at: &str, problems: &mut Problems) {
    let mut branches: Vec<Schema> = branches
        .into_iter()
        .map(|branch| match branch {
            Value::Object(branch) => branch,
            _ => Schema::new(),
        })
        .collect();
    if key == "oneOf" {
        branches.iter_mut().for_each(describe_property);
    }
    for branch in &mut branches {
        // What a variant is for is said at its property, if it has one; an alternative cannot say it.
        branch.remove("description");
        branch.remove("title");
    }
    let (unified, mut rests) = if branches.iter().all(|branch| branch.contains_key("enum")) {
        one_enum(branches, at, problems)
    } else {
        unify(branches, true, at, problems)
    };
    merge(parent, unified, at, problems);
    let empty = rests.iter().filter(|rest| rest.is_empty()).count();
    if key == "allOf" {
        rests.retain(|rest| !rest.is_empty());
    } else if empty == rests.len() || (key == "oneOf" && empty > 1) {
        // Alternatives that all allow everything do not tell anything apart.
        rests.clear();
    }
    if !rests.is_empty() {
        parent.insert(key.into(), rests.into_iter().map(Value::Object).collect());
    }
}

/// What variants without a tag must agree on: a reader of the schema cannot tell which of them a field belongs to.
///
/// Tagged variants may differ: their fields belong to the tag.
pub(super) fn check_untagged(branches: &[Value], at: &str, problems: &mut Problems) {
    let mut seen: BTreeMap<&str, &Schema> = BTreeMap::new();
    let fields = branches
        .iter()
        .filter_map(|branch| properties(branch.as_object()?))
        .flatten()
        .filter_map(|(name, property)| Some((name.as_str(), property.as_object()?)));
    for (name, property) in fields {
        let Some(first) = seen.get(name) else {
            seen.insert(name, property);
            continue;
        };
        let place = format!("{at}.{name}");
        let types = [*first, property].map(|schema| schema.get("type").and_then(Value::as_str));
        if types.contains(&Some("integer")) && types.contains(&Some("string")) {
            problems.add(
                &place,
                "is an integer in one variant and a string in another, and Kubernetes allows one type: write \
                 `IntOrString` in both, or tag the enum with `#[serde(tag = \"...\")]`",
            );
        }
        let said = [*first, property].map(|schema| schema.get("description"));
        if let [Some(one), Some(other)] = said
            && one != other
        {
            problems.add(
                &place,
                "is described in two ways, and Kubernetes allows one type with one description: write the same \
                 comment in both variants, or in one of them only",
            );
        }
    }
}

/// A variant with one field is described by its comment: the comment moves to the field.
fn describe_property(branch: &mut Schema) {
    let Some(description) = branch.remove("description") else {
        return;
    };
    if let Some(Value::Object(properties)) = branch.get_mut("properties")
        && properties.len() == 1
        && let Some(Value::Object(only)) = properties.values_mut().next()
        && !is_tag(only)
    {
        only.insert("description".into(), description);
    }
}

/// The field that names the variant of an internally tagged enum.
fn is_tag(property: &Schema) -> bool {
    property
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|values| values.len() == 1)
}

/// Variants that are constants: one enum with all their values.
fn one_enum(branches: Vec<Schema>, at: &str, problems: &mut Problems) -> (Schema, Vec<Schema>) {
    let mut unified = Schema::new();
    unify_kinds(branches.iter(), at, problems).write(&mut unified);
    let mut values: Vec<Value> = Vec::new();
    for branch in branches {
        if let Some(Value::Array(more)) = branch.get("enum") {
            for value in more
                .iter()
                .filter(|value| !values.contains(value))
                .cloned()
                .collect::<Vec<_>>()
            {
                values.push(value);
            }
        }
    }
    unified.insert("enum".into(), values.into());
    (unified, Vec::new())
}

/// What several schemas have in common, and what each restricts beyond it.
///
/// `top` is the alternatives themselves, whose required fields tell them apart and stay even if they are the same.
fn unify(schemas: Vec<Schema>, top: bool, at: &str, problems: &mut Problems) -> (Schema, Vec<Schema>) {
    if !top && schemas.windows(2).all(|pair| pair[0] == pair[1]) {
        let rests = vec![Schema::new(); schemas.len()];
        return (schemas.into_iter().next().unwrap_or_default(), rests);
    }
    let mut unified = Schema::new();
    let mut rests = vec![Schema::new(); schemas.len()];
    let kind = unify_kinds(schemas.iter(), at, problems);
    if kind == Kind::Anything {
        kind.write(&mut unified);
        let description = schemas.iter().find_map(|schema| schema.get("description"));
        unified.extend(description.map(|text| ("description".into(), text.clone())));
        return (unified, rests);
    }
    unify_properties(&schemas, &mut unified, &mut rests, at, problems);
    unify_below(
        "items",
        &format!("{at}[*]"),
        &schemas,
        &mut unified,
        &mut rests,
        problems,
    );
    unify_maps(&schemas, &mut unified);
    unify_enums(&schemas, &mut unified, &mut rests, top);
    for (schema, rest) in schemas.iter().zip(&mut rests) {
        for (key, value) in schema {
            let structure =
                ["properties", "items", "additionalProperties", "type", "enum"].contains(&key.as_str());
            if structure {
                continue;
            }
            if RESTRICTIONS.contains(&key.as_str()) {
                rest.insert(key.clone(), value.clone());
            } else if key != "default" {
                // A default would be filled in for every variant, whichever it belongs to.
                unified.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    kind.write(&mut unified);
    (unified, rests)
}

/// What a schema says about the type of its values.
#[derive(Clone, PartialEq, Eq)]
enum Kind {
    /// Nothing: it only restricts.
    Unsaid,
    /// Any value is one.
    Anything,
    /// An integer or a string.
    Either,
    /// A type of JSON.
    Named(String),
}

impl Kind {
    fn of(schema: &Schema) -> Self {
        let has = |keys: &[&str]| keys.iter().any(|key| schema.contains_key(*key));
        if schema.get(INT_OR_STRING).is_some_and(|flag| *flag == true) {
            Self::Either
        } else if let Some(name) = schema.get("type").and_then(Value::as_str) {
            Self::Named(name.into())
        } else if has(&["properties", "additionalProperties"]) {
            Self::Named("object".into())
        } else if has(&["items"]) {
            Self::Named("array".into())
        } else if has(&RESTRICTIONS) && !schema.contains_key(PRESERVE) {
            Self::Unsaid
        } else {
            Self::Anything
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Unsaid | Self::Anything => "anything",
            Self::Either => "integer or string",
            Self::Named(name) => name,
        }
    }

    /// The type of values of either kind, if there is one.
    fn with(self, other: Self, constants: bool) -> Result<Self, (Self, Self)> {
        let pair = [self.name(), other.name()];
        let both = |a, b| pair.contains(&a) && pair.contains(&b);
        match (&self, &other) {
            (Self::Unsaid, _) => Ok(other),
            (_, Self::Unsaid) => Ok(self),
            (Self::Anything, _) | (_, Self::Anything) => Ok(Self::Anything),
            _ if self == other => Ok(self),
            _ if both("integer", "number") => Ok(Self::Named("number".into())),
            _ if both("integer", "string") && !constants => Ok(Self::Either),
            (Self::Either, Self::Named(name)) | (Self::Named(name), Self::Either)
                if name == "integer" || name == "string" =>
            {
                Ok(Self::Either)
            }
            _ => Err((self, other)),
        }
    }

    fn write(self, schema: &mut Schema) {
        schema.remove("type");
        schema.remove(INT_OR_STRING);
        match self {
            Self::Unsaid => {}
            Self::Anything => {
                schema.insert(PRESERVE.into(), true.into());
            }
            Self::Either => {
                schema.remove(PRESERVE);
                schema.insert(INT_OR_STRING.into(), true.into());
            }
            Self::Named(name) => {
                schema.insert("type".into(), name.into());
            }
        }
    }
}

/// The one type of all these; what cannot be one is reported.
fn unify_kinds<'s>(schemas: impl Iterator<Item = &'s Schema>, at: &str, problems: &mut Problems) -> Kind {
    let mut unified = Kind::Unsaid;
    for schema in schemas {
        let constants = schema.contains_key("enum");
        unified = match unified.with(Kind::of(schema), constants) {
            Ok(kind) => kind,
            Err((one, other)) => {
                let advice = if constants || one.name() == "object" || other.name() == "object" {
                    "give every variant fields (`Variant {}` instead of `Variant`), or tag the enum with \
                     `#[serde(tag = \"...\")]`"
                } else {
                    "use one type, or `#[schemars(with = \"...\")]`"
                };
                problems.add(
                    at,
                    format!(
                        "is {} in one variant and {} in another, and Kubernetes allows one type: {advice}",
                        one.name(),
                        other.name()
                    ),
                );
                return one;
            }
        };
    }
    unified
}

fn unify_properties(
    schemas: &[Schema],
    unified: &mut Schema,
    rests: &mut [Schema],
    at: &str,
    problems: &mut Problems,
) {
    let mut names: Vec<&String> = Vec::new();
    for schema in schemas {
        for name in properties(schema).into_iter().flatten().map(|(name, _)| name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut all = Schema::new();
    for name in names {
        let (owners, found): (Vec<usize>, Vec<Schema>) = schemas
            .iter()
            .enumerate()
            .filter_map(|(index, schema)| {
                let property = properties(schema)?.get(name)?.as_object()?;
                Some((index, property.clone()))
            })
            .unzip();
        let (property, left) = unify(found, false, &format!("{at}.{name}"), problems);
        all.insert(name.clone(), Value::Object(property));
        for (owner, rest) in owners.into_iter().zip(left) {
            if !rest.is_empty()
                && let Value::Object(properties) =
                    rests[owner].entry("properties").or_insert_with(|| json!({}))
            {
                properties.insert(name.clone(), Value::Object(rest));
            }
        }
    }
    if !all.is_empty() {
        unified.insert("properties".into(), Value::Object(all));
    }
}

fn properties(schema: &Schema) -> Option<&Schema> {
    schema.get("properties")?.as_object()
}

fn unify_below(
    key: &str,
    at: &str,
    schemas: &[Schema],
    unified: &mut Schema,
    rests: &mut [Schema],
    problems: &mut Problems,
) {
    let (owners, found): (Vec<usize>, Vec<Schema>) = schemas
        .iter()
        .enumerate()
        .filter_map(|(index, schema)| Some((index, schema.get(key)?.as_object()?.clone())))
        .unzip();
    if found.is_empty() {
        return;
    }
    let (below, left) = unify(found, false, at, problems);
    unified.insert(key.into(), Value::Object(below));
    for (owner, rest) in owners.into_iter().zip(left) {
        if !rest.is_empty() {
            rests[owner].insert(key.into(), Value::Object(rest));
        }
    }
}

/// Maps beside fields, or maps of different values: the server keeps what it does not know.
fn unify_maps(schemas: &[Schema], unified: &mut Schema) {
    let mut maps = schemas
        .iter()
        .filter_map(|schema| schema.get("additionalProperties"))
        .filter(|map| **map != false);
    let Some(first) = maps.next() else { return };
    if maps.any(|map| map != first) || unified.contains_key("properties") {
        unified.insert(PRESERVE.into(), true.into());
    } else {
        unified.insert("additionalProperties".into(), first.clone());
    }
}

fn unify_enums(schemas: &[Schema], unified: &mut Schema, rests: &mut [Schema], top: bool) {
    let mut values: Vec<Value> = Vec::new();
    for (schema, rest) in schemas.iter().zip(rests) {
        if let Some(Value::Array(more)) = schema.get("enum") {
            rest.insert("enum".into(), more.clone().into());
            for value in more {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
        }
    }
    if !top && !values.is_empty() && schemas.iter().all(|schema| schema.contains_key("enum")) {
        unified.insert("enum".into(), values.into());
    }
}

/// Adds the structure of the alternatives to what the place has itself, as when an enum is flattened into a struct.
fn merge(parent: &mut Schema, mut unified: Schema, at: &str, problems: &mut Problems) {
    let own = Kind::of(parent);
    let own = if own == Kind::Anything { Kind::Unsaid } else { own };
    // Alternatives that are structural already only restrict, and leave nothing to be moved up.
    let theirs = if unified.is_empty() {
        Kind::Unsaid
    } else {
        Kind::of(&unified)
    };
    match own.with(theirs, false) {
        // What is beside the alternatives stays known even if they can be anything.
        Ok(Kind::Anything) if parent.contains_key("type") => {
            if parent.get("type").is_some_and(|type_| type_ == "object") {
                parent.insert(PRESERVE.into(), true.into());
            }
            return;
        }
        Ok(kind) => kind.write(parent),
        Err((one, other)) => {
            let both = format!("is {} and {} at once", one.name(), other.name());
            problems.add(
                at,
                format!("{both}, and Kubernetes allows one type: do not flatten one into the other"),
            );
        }
    }
    unified.remove("type");
    unified.remove(INT_OR_STRING);
    if let Some(Value::Object(more)) = unified.remove("properties")
        && let Value::Object(properties) = parent.entry("properties").or_insert_with(|| json!({}))
    {
        for (name, property) in more {
            properties.entry(name).or_insert(property);
        }
    }
    for (key, value) in unified {
        parent.entry(key).or_insert(value);
    }
}
