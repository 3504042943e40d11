//! `scale(...)`: the scale subresource by paths, as a list or as JSON text.

use super::{Fields, Item, item::Value};
use crate::errors::Errors;

/// The three paths of the scale subresource.
#[derive(Debug, Clone)]
pub(crate) struct ScaleAttrs {
    pub(crate) spec_replicas: String,
    pub(crate) status_replicas: String,
    pub(crate) label_selector: Option<String>,
    /// Where it is written.
    pub(crate) key: syn::Ident,
}

impl ScaleAttrs {
    /// Reads `scale(spec_replicas_path = "...", ...)` or `scale = r#"{...}"#`.
    pub(crate) fn read(item: &Item, errors: &mut Errors) -> Option<Self> {
        match &item.value {
            Value::List(tokens) => {
                let items = errors.ok(Item::list(tokens.clone()))?;
                let mut fields = Fields::new(items, errors);
                let spec = fields.one("spec_replicas_path", Item::text);
                let status = fields.one("status_replicas_path", Item::text);
                let label_selector = fields.one("label_selector_path", Item::text);
                fields.finish();
                let missing = |name: &str, example: &str| {
                    format!("`scale` needs `{name}`: write `scale({name} = \"{example}\", ...)`")
                };
                if spec.is_none() {
                    errors.at(&item.key, missing("spec_replicas_path", ".spec.replicas"));
                }
                if status.is_none() {
                    errors.at(&item.key, missing("status_replicas_path", ".status.replicas"));
                }
                Some(Self {
                    spec_replicas: spec?,
                    status_replicas: status?,
                    label_selector,
                    key: item.key.clone(),
                })
            }
            _ => errors.ok(Self::read_json(item)),
        }
    }

    fn read_json(item: &Item) -> syn::Result<Self> {
        const SHAPE: &str = "takes `scale(spec_replicas_path = \"...\", status_replicas_path = \"...\")`, or the same as \
                             JSON text with `specReplicasPath` and `statusReplicasPath`";
        let text = item.string().map_err(|_| item.wants(SHAPE))?;
        let json: serde_json::Value = serde_json::from_str(&text.value())
            .map_err(|error| item.wants(&format!("is not JSON: {error}")))?;
        let path = |key: &str| {
            json.get(key)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
        };
        match (path("specReplicasPath"), path("statusReplicasPath")) {
            (Some(spec_replicas), Some(status_replicas)) => Ok(Self {
                spec_replicas,
                status_replicas,
                label_selector: path("labelSelectorPath"),
                key: item.key.clone(),
            }),
            _ => Err(item.wants(SHAPE)),
        }
    }
}
