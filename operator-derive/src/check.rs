//! Rules that no attribute can check by itself. Errors are accumulated.

use std::collections::BTreeSet;

use crate::{
    attrs::ScaleMark,
    errors::Errors,
    fields::{Entry, FieldsModel, Place},
    model::{Model, Shape},
};

/// Everything that must hold for a custom resource.
pub(crate) fn model(model: &Model, errors: &mut Errors) {
    no_spec(model, errors);
    cel(model, errors);
    scale(model, errors);
    scale_marks(model, errors);
    fields(&model.fields, errors);
    column_names(model, errors);
    names(model, errors);
}

/// What must hold for the fields of one type.
pub(crate) fn fields(fields: &FieldsModel, errors: &mut Errors) {
    // kubectl would show both, and a reader could not tell them apart.
    let mut seen = BTreeSet::new();
    for column in fields.columns() {
        if !seen.insert(column.name.to_lowercase()) {
            errors.at_span(
                column.span,
                format!(
                    "there is a column \"{}\" already: write `#[printcolumn(name = \"...\")]`",
                    column.name
                ),
            );
        }
    }
    for wanted in [ScaleMark::Replicas, ScaleMark::Selector] {
        let spans = fields.entries.iter().filter_map(|entry| match entry {
            Entry::Scale { mark, span, .. } if *mark == wanted => Some(*span),
            _ => None,
        });
        for span in spans.skip(1) {
            errors.at_span(
                span,
                "the scale subresource has one such field, and there is one already: remove this one",
            );
        }
    }
    let selectable = fields.entries.iter().filter_map(|entry| match entry {
        Entry::Selectable { span, .. } => Some(*span),
        _ => None,
    });
    for span in selectable.skip(8) {
        errors.at_span(
            span,
            "the server takes eight selectable fields of a kind, and this is one more: remove one",
        );
    }
}

fn column_names(model: &Model, errors: &mut Errors) {
    for column in &model.options.columns {
        let Some(name) = &column.name else { continue };
        let twice = model
            .fields
            .columns()
            .find(|field| field.name.eq_ignore_ascii_case(name));
        if let (Some(field), Some(span)) = (twice, column.span) {
            errors.at_span(
                span,
                format!(
                    "the column \"{name}\" is declared on a field too: remove one, or give it another name"
                ),
            );
            errors.at_span(
                field.span,
                format!("the column \"{name}\" is declared here as well"),
            );
        }
    }
    for column in model.fields.columns() {
        if let Place::Root(path) = &column.path
            && path.starts_with(".status")
            && model.options.status.is_none()
        {
            errors.at_span(
                column.span,
                format!("`{path}` is in the status, and there is none: write `#[kube(status = \"...\")]`"),
            );
        }
    }
}

/// Fields that the root object has itself.
const RESERVED: [&str; 4] = ["apiVersion", "kind", "metadata", "status"];

fn no_spec(model: &Model, errors: &mut Errors) {
    if !model.options.no_spec {
        return;
    }
    match &model.shape {
        Shape::Enum => errors.at(
            &model.spec,
            "`no_spec` puts the fields at the root of the object, and an enum has none: write a struct with named fields",
        ),
        Shape::Unnamed => errors.at(
            &model.spec,
            "`no_spec` puts the fields at the root of the object by name: write a struct with named fields",
        ),
        Shape::Named(fields) => {
            for (ident, wire) in fields {
                if RESERVED.contains(&wire.as_str()) {
                    errors.at(
                        ident,
                        format!("`no_spec` puts `{wire}` at the root of the object, which has one already: rename the field"),
                    );
                }
            }
        }
    }
}

fn cel(model: &Model, errors: &mut Errors) {
    if let Some(item) = &model.options.cel
        && !model.options.schema.derives()
    {
        errors.at(
            &item.key,
            "`cel` checks the rules in the derived schema, and there is none: remove `schema = \"...\"` or `cel`",
        );
    }
}

fn scale(model: &Model, errors: &mut Errors) {
    if let Some(scale) = &model.options.scale {
        if model.options.status.is_none() {
            errors.at(
                &scale.key,
                "`scale` reads the replicas from the status, and there is none: write `status = \"...\"`",
            );
        }
        for (what, path, root) in [
            ("spec_replicas_path", &scale.spec_replicas, ".spec."),
            ("status_replicas_path", &scale.status_replicas, ".status."),
        ] {
            if !path.starts_with(root) && !model.options.no_spec {
                errors.at(
                    &scale.key,
                    format!("`{what}` is below `{root}`: write `{what} = \"{root}replicas\"`"),
                );
            }
        }
    }
}

/// The scale subresource from marks: complete, and not given twice.
fn scale_marks(model: &Model, errors: &mut Errors) {
    let replicas = model.fields.scale(ScaleMark::Replicas);
    let Some(span) = replicas.or_else(|| model.fields.scale(ScaleMark::Selector)) else {
        return;
    };
    if model.options.scale.is_some() {
        errors.at_span(
            span,
            "the scale subresource is on the type already: remove `#[kube(scale(...))]` or this",
        );
    }
    if model.options.status.is_none() {
        errors.at_span(
            span,
            "scaling reads the present replicas from the status, and there is none: write `#[kube(status = \"...\")]` \
             and `#[scale(replicas)]` on a field of it",
        );
    }
    if replicas.is_none() {
        errors.at_span(span, "the selector needs the wanted replicas beside it: write `#[scale(replicas)]` on a field of the spec");
    }
}

fn names(model: &Model, errors: &mut Errors) {
    let span = model.spec.span();
    let label = |text: &str| {
        !text.is_empty()
            && text.len() <= 63
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !text.ends_with('-')
    };
    if !model.group.contains('.')
        || !model
            .group
            .split('.')
            .all(|part| label(part) || part.starts_with(|c: char| c.is_ascii_digit()))
    {
        errors.at_span(
            span,
            format!(
                "group \"{}\" is not a domain name: write something like `group = \"example.com\"`",
                model.group
            ),
        );
    }
    for (key, text) in [
        ("version", &model.version),
        ("plural", &model.plural),
        ("singular", &model.singular),
    ] {
        if !label(text) {
            errors.at_span(
                span,
                format!("{key} \"{text}\" must be lower-case letters, digits and dashes, like a DNS label: write `{key} = \"...\"`"),
            );
        }
    }
    for (key, all) in [
        ("shortname", &model.options.shortnames),
        ("category", &model.options.categories),
    ] {
        for text in all.iter().filter(|text| !label(text)) {
            errors.at_span(
                span,
                format!("{key} \"{text}\" must be lower-case letters, digits and dashes, like a DNS label"),
            );
        }
    }
}
