//! `#[x_kube(...)]`: rules and merge strategies of a schema.

use proc_macro2::Ident;
use syn::{Attribute, Data, DataEnum, DeriveInput, Expr, Fields as SynFields, Variant, parse_quote};

use crate::{
    attrs::{ContainerSerde, Crates, Fields, Item},
    errors::Errors,
};

/// `#[derive(KubeSchema)]`.
#[derive(Debug)]
pub(crate) struct SchemaModel {
    pub(crate) ident: Ident,
    /// The type with only what a schema is made of, and each rule and strategy as an attribute of schemars.
    pub(crate) described: DeriveInput,
    /// `#[x_kube(cel)]`.
    pub(crate) cel: bool,
    /// Whether serde fills missing fields from the type's own `Default`.
    pub(crate) default: bool,
    pub(crate) crates: Crates,
}

/// The attributes that a schema is made of.
const KEPT: [&str; 5] = ["doc", "garde", "schemars", "serde", "validate"];

impl SchemaModel {
    /// Reads `input`.
    pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Option<Self> {
        if matches!(input.data, Data::Union(_)) {
            errors.at(&input.ident, "a union has no schema: write a struct or an enum");
            return None;
        }
        let mut fields = Fields::of(&input.attrs, "x_kube", errors);
        let validations = fields.all("validation", Item::expr);
        let cel = fields.flag("cel", false);
        let crates = fields.one_with("crates", Crates::read).unwrap_or_default();
        fields.finish();
        let mut described = input.clone();
        described.ident = quote::format_ident!("{}Validated", input.ident);
        described.vis = syn::Visibility::Inherited;
        keep(&mut described.attrs);
        described.attrs.extend(transform(&validations, None, &crates));
        match &mut described.data {
            Data::Struct(data) => describe_fields(&mut data.fields, &crates, errors),
            Data::Enum(data) => {
                check_mixed(&input.attrs, data, errors);
                for variant in &mut data.variants {
                    describe(&mut variant.attrs, &crates, errors);
                    describe_fields(&mut variant.fields, &crates, errors);
                }
            }
            Data::Union(_) => {}
        }
        let default = ContainerSerde::items(&input.attrs).any(|item| item.key == "default");
        Some(Self {
            ident: input.ident.clone(),
            described,
            cel,
            default,
            crates,
        })
    }
}

/// An enum that serde writes as a string in one variant and as an object in another has no structural schema.
fn check_mixed(attributes: &[Attribute], data: &DataEnum, errors: &mut Errors) {
    // serde writes these in another way.
    const OTHER: [&str; 5] = ["from", "into", "tag", "try_from", "untagged"];
    if ContainerSerde::items(attributes).any(|item| OTHER.iter().any(|key| item.key == key)) {
        return;
    }
    let written: Vec<&Variant> = data.variants.iter().filter(|variant| is_plain(variant)).collect();
    let unit = written
        .iter()
        .find(|variant| matches!(variant.fields, SynFields::Unit));
    let other = written
        .iter()
        .find(|variant| !matches!(variant.fields, SynFields::Unit));
    if let (Some(unit), Some(other)) = (unit, other) {
        let (unit, other) = (&unit.ident, &other.ident);
        errors.at(
            unit,
            format!(
                "`{unit}` is a string and `{other}` an object, and Kubernetes allows one type: write `{unit} {{}}`, or \
                 tag the enum with `#[serde(tag = \"type\")]`"
            ),
        );
    }
}

/// Whether a variant is written and described in the way of its enum.
fn is_plain(variant: &Variant) -> bool {
    const OTHER: [&str; 4] = ["skip", "untagged", "serialize_with", "with"];
    !variant
        .attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("schemars"))
        && !ContainerSerde::items(&variant.attrs).any(|item| OTHER.iter().any(|key| item.key == key))
}

fn describe_fields(fields: &mut SynFields, crates: &Crates, errors: &mut Errors) {
    for field in fields.iter_mut() {
        describe(&mut field.attrs, crates, errors);
    }
}

fn describe(attributes: &mut Vec<Attribute>, crates: &Crates, errors: &mut Errors) {
    let mut fields = Fields::of(attributes, "x_kube", errors);
    let validations = fields.all("validation", Item::expr);
    let strategy = fields.one("merge_strategy", Item::expr);
    fields.finish();
    keep(attributes);
    attributes.extend(transform(&validations, strategy.as_ref(), crates));
}

fn keep(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| KEPT.iter().any(|kept| attribute.path().is_ident(kept)));
}

/// The rules and the strategy as a transformation of the schema.
fn transform(rules: &[Expr], strategy: Option<&Expr>, crates: &Crates) -> Option<Attribute> {
    if rules.is_empty() && strategy.is_none() {
        return None;
    }
    let (runtime, core, schemars) = (crates.runtime(), crates.kube_core(), crates.schemars());
    let rules = (!rules.is_empty())
        .then(|| quote::quote!(#runtime::add_rules(schema, [#(#core::Rule::from(#rules)),*]);));
    let strategy = strategy.map(|strategy| quote::quote!(#runtime::set_strategy(schema, #strategy);));
    Some(parse_quote! {
        #[schemars(transform = |schema: &mut #schemars::Schema| {
            #[allow(unused_imports)]
            use #core::{ListMerge, MapMerge, Message, Reason, Rule, StructMerge};
            #rules
            #strategy
        })]
    })
}
