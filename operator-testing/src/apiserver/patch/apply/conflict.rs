//! What an applier hears when it sets fields that belong to others.
//!
//! Source: `k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go`.

use serde_json::json;

use super::{element::Element, manager_id::ManagerId, set::FieldSet};
use crate::apiserver::status::StatusError;

/// The fields that an apply would take from their managers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conflicts {
    of: Vec<(ManagerId, FieldSet)>,
}

impl Conflicts {
    pub(super) fn add(&mut self, manager: &ManagerId, fields: FieldSet) {
        if !fields.is_empty() {
            self.of.push((manager.clone(), fields));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&ManagerId, &FieldSet)> {
        self.of.iter().map(|(manager, fields)| (manager, fields))
    }

    /// The conflicts about fields that are not in `allowed`.
    pub(super) fn beyond(&self, allowed: &FieldSet) -> Self {
        let mut left = Self::default();
        for (manager, fields) in &self.of {
            left.add(manager, fields.clone().difference(allowed));
        }
        left
    }

    /// The answer: 409 with one cause for every field.
    pub(super) fn into_error(mut self) -> StatusError {
        self.of.sort_by(|(left, _), (right, _)| left.message_order(right));
        let mut causes = Vec::new();
        let mut lines = Vec::new();
        let mut only = String::new();
        for (manager, fields) in &self.of {
            lines.push(format!("conflicts with {manager}:"));
            fields.each(&mut |path| {
                let field = print(path);
                let message = format!("conflict with {manager}");
                only = format!("{message}: {field}");
                lines.push(format!("- {field}"));
                causes.push(json!({"reason": "FieldManagerConflict", "message": message, "field": field}));
            });
        }
        let message = match causes.len() {
            1 => format!("Apply failed with 1 conflict: {only}"),
            many => format!("Apply failed with {many} conflicts: {}", lines.join("\n")),
        };
        StatusError {
            details: Some(json!({ "causes": causes })),
            ..StatusError::new(409, "Conflict", message)
        }
    }
}

fn print(path: &[Element]) -> String {
    path.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_conflict_is_one_sentence_and_more_are_a_list() {
        let mut conflicts = Conflicts::default();
        conflicts.add(
            &ManagerId::updater("hpa", "apps/v1", "scale"),
            FieldSet::of_fields(&[&["spec", "replicas"]]),
        );
        assert_eq!(
            conflicts.clone().into_error().message,
            r#"Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using apps/v1: .spec.replicas"#
        );
        conflicts.add(
            &ManagerId::applier("alpha", ""),
            FieldSet::of_fields(&[&["top"], &["spec", "b"]]),
        );
        let error = conflicts.into_error();
        assert_eq!(
            error.message,
            "Apply failed with 3 conflicts: conflicts with \"alpha\":\n- .top\n- .spec.b\nconflicts with \"hpa\" with subresource \"scale\" using apps/v1:\n- .spec.replicas"
        );
        assert_eq!(error.body()["details"]["causes"][0]["field"], ".top");
    }
}
