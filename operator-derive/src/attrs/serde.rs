//! What serde's attributes say about the name a field has on the wire.

use syn::{Attribute, Ident, ext::IdentExt as _};

use super::{Item, item::Value};

/// `#[serde(...)]` on a struct or an enum.
#[derive(Debug, Default, Clone)]
pub(crate) struct ContainerSerde {
    rename_all: Option<String>,
}

/// `#[serde(...)]` on a field.
#[derive(Debug, Default, Clone)]
pub(crate) struct FieldSerde {
    rename: Option<String>,
    /// The field's own fields take its place.
    pub(crate) flatten: bool,
    /// The field is never written or read.
    pub(crate) skip: bool,
}

/// serde's items that can be read; what is malformed is serde's to report.
fn all_items(attributes: &[Attribute]) -> impl Iterator<Item = Item> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .filter_map(|attribute| attribute.meta.require_list().ok())
        .filter_map(|list| Item::list(list.tokens.clone()).ok())
        .flatten()
}

/// `rename = "x"` or `rename(deserialize = "x")`: the schema describes what is read.
fn renamed(item: &Item) -> Option<String> {
    match &item.value {
        Value::List(tokens) => Item::list(tokens.clone())
            .ok()?
            .iter()
            .find(|inner| inner.key == "deserialize")
            .and_then(|inner| inner.text().ok()),
        _ => item.text().ok(),
    }
}

impl ContainerSerde {
    /// Reads the attributes of a type.
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut read = Self::default();
        for item in all_items(attributes) {
            if item.key == "rename_all" {
                read.rename_all = renamed(&item);
            }
        }
        read
    }

    /// Everything that serde is told about a type or a field.
    pub(crate) fn items(attributes: &[Attribute]) -> impl Iterator<Item = Item> {
        all_items(attributes)
    }

    /// The name of `field` on the wire.
    pub(crate) fn name_of(&self, field: &Ident, serde: &FieldSerde) -> String {
        let plain = field.unraw().to_string();
        match (&serde.rename, &self.rename_all) {
            (Some(name), _) => name.clone(),
            (None, Some(rule)) => in_case(&plain, rule),
            (None, None) => plain,
        }
    }
}

impl FieldSerde {
    /// Reads the attributes of a field.
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut read = Self::default();
        for item in all_items(attributes) {
            if item.key == "rename" {
                read.rename = renamed(&item);
            } else if item.key == "flatten" {
                read.flatten = true;
            } else if item.key == "skip" || item.key == "skip_deserializing" {
                read.skip = true;
            }
        }
        read
    }
}

/// A snake_case field name in one of serde's cases.
fn in_case(name: &str, rule: &str) -> String {
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    };
    let pascal = || {
        words
            .iter()
            .map(|word| capital(word))
            .collect::<Vec<String>>()
            .concat()
    };
    match rule {
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            let mut letters = pascal.chars();
            letters
                .next()
                .map(|first| first.to_lowercase().chain(letters).collect())
                .unwrap_or_default()
        }
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_uppercase().replace('_', "-"),
        // `lowercase` and `snake_case` leave a field as it is; serde itself reports an unknown rule.
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_serdes() {
        let all = [
            ("lowercase", "ready_replicas"),
            ("UPPERCASE", "READY_REPLICAS"),
            ("PascalCase", "ReadyReplicas"),
            ("camelCase", "readyReplicas"),
            ("snake_case", "ready_replicas"),
            ("SCREAMING_SNAKE_CASE", "READY_REPLICAS"),
            ("kebab-case", "ready-replicas"),
            ("SCREAMING-KEBAB-CASE", "READY-REPLICAS"),
        ];
        for (rule, expected) in all {
            assert_eq!(in_case("ready_replicas", rule), expected, "{rule}");
        }
    }

    #[test]
    fn a_name_of_its_own_wins_over_the_rule() {
        let container: syn::DeriveInput = syn::parse_quote! {
            #[serde(rename_all = "camelCase")]
            struct S {
                #[serde(rename(deserialize = "kind", serialize = "other"), default)]
                r#type: String,
                #[serde(flatten)]
                api_version: String,
            }
        };
        let syn::Data::Struct(data) = &container.data else {
            panic!("a struct")
        };
        let rule = ContainerSerde::read(&container.attrs);
        let names: Vec<String> = data
            .fields
            .iter()
            .map(|field| rule.name_of(field.ident.as_ref().unwrap(), &FieldSerde::read(&field.attrs)))
            .collect();
        assert_eq!(names, ["kind", "apiVersion"]);
    }
}
