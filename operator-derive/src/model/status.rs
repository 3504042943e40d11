//! A status type: its fields, its conditions, its observed generation.

use proc_macro2::Ident;
use syn::{Data, DeriveInput};

use crate::{
    attrs::{ContainerSerde, Crates, FieldSerde, ListType},
    errors::Errors,
    fields::{Entry, FieldsModel, inner, last_segment, segment},
};

/// `#[derive(Status)]`.
#[derive(Debug)]
pub(crate) struct StatusModel {
    pub(crate) ident: Ident,
    pub(crate) fields: FieldsModel,
    /// The field with the conditions.
    pub(crate) conditions: Option<Ident>,
    /// The field with the observed generation.
    pub(crate) observed_generation: Option<Observed>,
    pub(crate) crates: Crates,
}

/// The field with the observed generation.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) field: Ident,
    /// Whether it is an `Option<i64>`.
    pub(crate) optional: bool,
}

impl StatusModel {
    /// Reads `input`.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut model = Self {
            ident: input.ident.clone(),
            crates: Crates::of(input, errors),
            fields: FieldsModel::read(input, errors),
            conditions: None,
            observed_generation: None,
        };
        match &input.data {
            Data::Struct(data) => model.find_fields(data, &ContainerSerde::read(&input.attrs), errors),
            Data::Enum(_) | Data::Union(_) => errors.at(
                &input.ident,
                "a status has fields that are there in every state: write a struct, with the enum as a field of it",
            ),
        }
        model
    }

    fn find_fields(&mut self, data: &syn::DataStruct, container: &ContainerSerde, errors: &mut Errors) {
        for field in &data.fields {
            let Some(ident) = &field.ident else { continue };
            let conditions = inner(&field.ty, &["Vec"])
                .and_then(last_segment)
                .is_some_and(|name| name == "Condition");
            if conditions {
                if self.conditions.is_some() {
                    errors.at(field, "a status has one list of conditions, and there is one already: put the other into a struct of its own");
                }
                let path = segment(&container.name_of(ident, &FieldSerde::read(&field.attrs)));
                self.list_by_type(path);
                self.conditions = Some(ident.clone());
            }
            if ident == "observed_generation" {
                let optional = inner(&field.ty, &["Option"]);
                let number = optional.unwrap_or(&field.ty);
                if last_segment(number).is_some_and(|name| name == "i64") {
                    self.observed_generation = Some(Observed {
                        field: ident.clone(),
                        optional: optional.is_some(),
                    });
                } else {
                    errors.at(&field.ty, "the observed generation is compared with `metadata.generation`: write `Option<i64>` or `i64`");
                }
            }
        }
    }

    /// Conditions are merged by type, unless the field says otherwise.
    fn list_by_type(&mut self, conditions: String) {
        let given = self
            .fields
            .entries
            .iter()
            .any(|entry| matches!(entry, Entry::List { path, .. } if *path == conditions));
        if !given {
            self.fields.entries.push(Entry::List {
                path: conditions,
                type_: ListType::Map(vec!["type".into()]),
            });
        }
    }
}
