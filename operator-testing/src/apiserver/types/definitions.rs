//! The schemas of the built-in kinds.

use std::sync::LazyLock;

use super::schema::Schema;

/// Names one definition of the built-in kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefinitionId(pub(crate) u16);

static ANYTHING: LazyLock<Schema> = LazyLock::new(Schema::default);

/// The schema of a definition.
pub(super) fn get(_id: DefinitionId) -> &'static Schema {
    &ANYTHING
}
