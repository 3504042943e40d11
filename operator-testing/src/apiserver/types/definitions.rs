//! The schemas of the built-in kinds, read from the committed table.
//!
//! The table is indexed at first use and a definition is parsed when somebody looks into it: a server starts without
//! paying for the five hundred definitions that its clients never touch.

use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use super::{published, schema::Schema};

static TABLE: &str = include_str!("../../../data/definitions.tsv");

/// Names one definition of the built-in kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(pub(crate) u16);

impl DefinitionId {
    /// The definition of that name, for example `io.k8s.api.core.v1.Pod`.
    pub fn named(name: &str) -> Option<Self> {
        let index = DEFINITIONS.binary_search_by(|line| line.name.cmp(name)).ok()?;
        u16::try_from(index).ok().map(Self)
    }

    /// The metadata of every object. Asked for at every request, so it is looked up once.
    pub(crate) fn object_meta() -> Self {
        static ID: LazyLock<DefinitionId> = LazyLock::new(|| {
            DefinitionId::named("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
                .expect("the committed table holds the metadata of objects")
        });
        *ID
    }

    /// The definition on that line of the table.
    pub(super) fn at(line: u16) -> Option<Self> {
        (usize::from(line) < DEFINITIONS.len()).then_some(Self(line))
    }

    /// The name it goes by in OpenAPI documents.
    pub fn name(self) -> &'static str {
        DEFINITIONS[usize::from(self.0)].name
    }

    /// The OpenAPI schema as published: compact JSON without descriptions, with references into `#/components/schemas/`.
    pub fn openapi(self) -> &'static str {
        DEFINITIONS[usize::from(self.0)].json
    }

    /// The schema.
    pub fn schema(self) -> &'static Schema {
        let line = &DEFINITIONS[usize::from(self.0)];
        line.schema.get_or_init(|| {
            let json: Value = serde_json::from_str(line.json).expect("the committed table holds JSON");
            published::parse(self, &json, line.forms)
        })
    }
}

struct Line {
    name: &'static str,
    json: &'static str,
    forms: &'static str,
    schema: OnceLock<Schema>,
}

static DEFINITIONS: LazyLock<Vec<Line>> = LazyLock::new(|| {
    TABLE
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, rest)| (name, rest.split_once('\t').unwrap_or((rest, ""))))
        .map(|(name, (json, forms))| Line {
            name,
            json,
            forms,
            schema: OnceLock::new(),
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_can_be_parsed_and_found_by_name() {
        for line in DEFINITIONS.iter() {
            let id = DefinitionId::named(line.name).unwrap();
            assert_eq!(id.name(), line.name);
            id.schema();
        }
        assert!(DEFINITIONS.len() > 500);
    }

    #[test]
    fn recursive_definitions_lead_back_to_themselves() {
        let props = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";
        let schema = DefinitionId::named(props).unwrap().schema();
        let inner = schema.properties["properties"].additional.as_ref().unwrap();
        assert!(std::ptr::eq::<Schema>(&**inner, schema));
    }
}
