//! `attr = "..."`: attributes for the generated root type.

use syn::Meta;

use super::Item;

/// An attribute that the root type gets as it is.
#[derive(Debug)]
pub(crate) struct RootAttribute(pub(crate) Meta);

impl RootAttribute {
    /// Reads `attr = "..."`, refusing what the generated code decides itself.
    pub(crate) fn read(item: &Item) -> syn::Result<Self> {
        let text = item.string()?;
        let meta: Meta = syn::parse_str(&text.value()).map_err(|error| {
            item.wants(&format!(
                "is not an attribute ({error}): write `attr = \"allow(deprecated)\"`"
            ))
        })?;
        let path = meta.path();
        if path.is_ident("derive") {
            return Err(item.wants("cannot set derives: write `derive = \"...\"` instead"));
        }
        if path.is_ident("serde") || path.is_ident("schemars") {
            return Err(item.wants(
                "cannot set `serde` or `schemars` attributes, which would change what is generated: \
                 put them on the spec type or its fields",
            ));
        }
        Ok(Self(meta))
    }
}
