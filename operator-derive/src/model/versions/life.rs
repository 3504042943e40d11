//! A field through all versions.

use proc_macro2::Ident;
use syn::{Field, parse_quote};

use super::{ChangeModel, order::Order};
use crate::{
    attrs::{ContainerSerde, FieldSerde, FieldVersions, Item},
    errors::Errors,
    fields::inner,
};

/// What a field is in each version, `None` where it is not.
pub(super) struct Life {
    pub(super) states: Vec<Option<State>>,
    versions: FieldVersions,
}

/// A field in one version.
pub(super) struct State {
    pub(super) field: Field,
    pub(super) wire: String,
    pub(super) flatten: bool,
}

impl Life {
    pub(super) fn read(
        field: &Field,
        order: &Order<'_>,
        container: &ContainerSerde,
        errors: &mut Errors,
    ) -> Self {
        let versions = FieldVersions::read(&field.attrs, errors);
        let mut check =
            |version: Option<&Ident>| version.and_then(|version| order.after_the_first(version, errors));
        let added = check(versions.added.as_ref()).unwrap_or(0);
        let removed = check(versions.removed.as_ref()).unwrap_or(order.count());
        let deprecated = versions
            .deprecated
            .as_ref()
            .and_then(|version| order.place(version));
        for renamed in &versions.renamed {
            check(Some(&renamed.since));
        }
        for retyped in &versions.retyped {
            check(Some(&retyped.since));
        }
        if removed <= added {
            let span = versions.span.unwrap_or_else(proc_macro2::Span::call_site);
            errors.at_span(
                span,
                "the field is removed before it is added: write the later version in `removed`",
            );
        }
        check_gap(field, &versions, errors);
        let states = (0..order.count())
            .map(|index| {
                (added..removed).contains(&index).then(|| {
                    let mut field = field.clone();
                    field
                        .attrs
                        .retain(|attribute| !attribute.path().is_ident("version"));
                    // The earliest change after this version says what the field was.
                    let later = |since: &Ident| order.place(since).filter(|place| *place > index);
                    if let Some((_, renamed)) = versions
                        .renamed
                        .iter()
                        .filter_map(|r| Some((later(&r.since)?, r)))
                        .min_by_key(|(at, _)| *at)
                    {
                        field.ident = Some(renamed.from.clone());
                    }
                    if let Some((_, retyped)) = versions
                        .retyped
                        .iter()
                        .filter_map(|r| Some((later(&r.since)?, r)))
                        .min_by_key(|(at, _)| *at)
                    {
                        field.ty = retyped.from.clone();
                    }
                    if deprecated.is_some_and(|since| since <= index) {
                        field.attrs.push(parse_quote!(#[doc = ""]));
                        field.attrs.push(parse_quote!(#[doc = " Deprecated."]));
                    }
                    let ident = field.ident.clone().expect("only named fields are read");
                    let serde = FieldSerde::read(&field.attrs);
                    State {
                        wire: container.name_of(&ident, &serde),
                        flatten: serde.flatten,
                        field,
                    }
                })
            })
            .collect();
        Self { states, versions }
    }

    /// What happens to the field between the version before `next` and `next`.
    pub(super) fn change(&self, order: &Order<'_>, next: usize, errors: &mut Errors) -> Option<ChangeModel> {
        let default = self.versions.default.clone();
        match (&self.states[next - 1], &self.states[next]) {
            (None, Some(new)) => Some(ChangeModel::Added {
                field: new.wire.clone(),
                default,
            }),
            (Some(old), None) => Some(ChangeModel::Removed {
                field: old.wire.clone(),
                default,
            }),
            (Some(old), Some(new)) => {
                let retyped = self
                    .versions
                    .retyped
                    .iter()
                    .find(|r| order.place(&r.since) == Some(next));
                match retyped {
                    Some(retyped) => Some(ChangeModel::Retyped {
                        from: old.wire.clone(),
                        to: new.wire.clone(),
                        old: Box::new(old.field.ty.clone()),
                        new: Box::new(new.field.ty.clone()),
                        up: retyped.up.clone(),
                        down: retyped.down.clone(),
                    }),
                    None if old.wire != new.wire => Some(ChangeModel::Renamed {
                        from: old.wire.clone(),
                        to: new.wire.clone(),
                    }),
                    None => {
                        if let Some(renamed) = self
                            .versions
                            .renamed
                            .iter()
                            .find(|r| order.place(&r.since) == Some(next))
                            && old.field.ident == new.field.ident
                        {
                            errors.at(
                                &renamed.from,
                                "the field has this name already: write the old one",
                            );
                        }
                        None
                    }
                }
            }
            (None, None) => None,
        }
    }
}

/// An object that never had the field must be readable: the field is optional, or something says what it is then.
fn check_gap(field: &Field, versions: &FieldVersions, errors: &mut Errors) {
    let what = match (&versions.added, &versions.removed) {
        (Some(_), _) => "added",
        (None, Some(_)) => "removed",
        (None, None) => return,
    };
    let optional = inner(&field.ty, &["Option"]).is_some();
    let filled = field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .any(|attribute| {
            let items = attribute
                .meta
                .require_list()
                .and_then(|list| Item::list(list.tokens.clone()));
            items.is_ok_and(|items| items.iter().any(|item| item.key == "default"))
        });
    if !optional && !filled && versions.default.is_none() {
        let span = versions.span.unwrap_or_else(proc_macro2::Span::call_site);
        errors.at_span(
            span,
            format!(
                "the field is {what}, so some objects never had it: write `default = function` here, \
                 `#[serde(default)]`, or make it an `Option`"
            ),
        );
    }
}
