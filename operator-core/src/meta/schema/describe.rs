//! How long descriptions may be.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};

/// The limit where none is given: longer than what Kubernetes says of its own types, and short enough that a definition with
/// many comments stays below what the server stores.
pub const DESCRIPTION_LIMIT: usize = 4_000;

/// Shortens every description to at most `limit` characters, at the end of a sentence if there is one not too far before
/// it, else at the end of a word. A limit of 0 leaves descriptions out.
pub fn limit_descriptions(schema: &mut JSONSchemaProps, limit: usize) {
    schema.description = schema.description.take().and_then(|text| shortened(text, limit));
    let properties = schema
        .properties
        .iter_mut()
        .flat_map(|properties| properties.values_mut());
    properties.for_each(|property| limit_descriptions(property, limit));
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => limit_descriptions(items, limit),
        Some(JSONSchemaPropsOrArray::Schemas(all)) => {
            all.iter_mut().for_each(|items| limit_descriptions(items, limit));
        }
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        limit_descriptions(values, limit);
    }
}

/// The text within the limit; `None` if nothing is left of it.
fn shortened(text: String, limit: usize) -> Option<String> {
    let Some((end, _)) = text.char_indices().nth(limit) else {
        return Some(text);
    };
    let kept = &text[..end];
    let sentence = kept
        .char_indices()
        .filter(|(at, letter)| ".!?".contains(*letter) && text[at + 1..].starts_with(char::is_whitespace))
        .map(|(at, _)| at + 1)
        .next_back()
        .filter(|at| *at >= end / 2);
    if let Some(at) = sentence {
        return Some(kept[..at].to_owned());
    }
    // Room for the sign that something is missing.
    let before = kept.char_indices().next_back().map_or(0, |(at, _)| at);
    let word = kept[..before].rfind(char::is_whitespace).unwrap_or(before);
    let short = kept[..word].trim_end();
    (!short.is_empty()).then(|| format!("{short}…"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn short(text: &str, limit: usize) -> Option<String> {
        shortened(text.to_owned(), limit)
    }

    #[test]
    fn a_sentence_or_a_word_is_the_end() {
        let text = "How many members. There is one leader among them.";
        assert_eq!(short(text, 100).as_deref(), Some(text));
        assert_eq!(short(text, 30).as_deref(), Some("How many members."));
        assert_eq!(
            short(text, 46).as_deref(),
            Some("How many members. There is one leader among…")
        );
        assert_eq!(short(text, 10).as_deref(), Some("How many…"));
        assert_eq!(short(text, 0), None);
    }

    #[test]
    fn every_place_has_the_limit() {
        let mut schema: JSONSchemaProps = serde_json::from_value(serde_json::json!({
            "type": "object", "description": "a b c",
            "properties": {
                "list": {"type": "array", "description": "a b c", "items": {"type": "string", "description": "a b c"}},
                "map": {"type": "object", "additionalProperties": {"type": "string", "description": "a b c"}},
            },
        }))
        .unwrap();
        limit_descriptions(&mut schema, 4);
        let text = serde_json::to_string(&schema).unwrap();
        assert_eq!(text.matches("\"description\":\"a…\"").count(), 4, "{text}");
        limit_descriptions(&mut schema, 0);
        assert!(!serde_json::to_string(&schema).unwrap().contains("description"));
    }

    proptest! {
        #[test]
        fn the_limit_holds_for_any_text(text in "\\PC{0,40}", limit in 0_usize..50) {
            let kept = short(&text, limit).unwrap_or_default();
            prop_assert!(kept.chars().count() <= limit, "{kept:?}");
            let start = kept.strip_suffix('…').unwrap_or(&kept);
            prop_assert!(text.starts_with(start));
        }
    }
}
