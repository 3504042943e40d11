//! The macros of the operator SDK.
//!
//! Users reach them through `operator_core`, which also holds the small runtime that generated code calls. A macro runs
//! in four steps, one module each:
//!
//! ```text
//! attrs (as written) -> model (defaults filled in) -> check (cross-cutting rules) -> codegen (one file per item)
//! ```
//!
//! Errors are accumulated, so that one build reports everything that is wrong, each at the place where it is written.

mod attrs;
mod check;
mod codegen;
mod errors;
mod expand;
mod fields;
mod model;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
mod snapshots;

use proc_macro::TokenStream;

/// The examples of the book's page are compiled and run.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../docs/api-types.md")]
    struct ApiTypes;
}

/// Makes a custom resource of a spec type: the root object, its `kube::Resource`, and its CustomResourceDefinition.
///
/// Written on `DatabaseSpec` with `kind = "Database"` it generates `struct Database { metadata, spec, status }` with
/// `Database::new(name, spec)`, `kube::Resource`, `kube::CustomResourceExt` (`Database::crd()`), `HasSpec` and
/// `HasStatus`. It accepts every `#[kube(...)]` attribute of kube-derive 5 with the same meaning, and reads more from the
/// fields themselves: `#[printcolumn]`, `#[selectable]`, `#[scale(replicas)]`, `#[list(...)]` and `#[nested]`.
///
/// The whole set is described in `docs/api-types.md`.
#[proc_macro_derive(
    CustomResource,
    attributes(kube, list, nested, printcolumn, scale, selectable)
)]
pub fn custom_resource(input: TokenStream) -> TokenStream {
    expand::custom_resource(input.into()).into()
}

/// Collects the `#[printcolumn]`, `#[selectable]` and `#[list]` attributes of a struct nested in a spec or a status.
///
/// The struct that contains it takes them over with `#[nested]` on the field.
#[proc_macro_derive(ApiFields, attributes(kube, list, nested, printcolumn, scale, selectable))]
pub fn api_fields(input: TokenStream) -> TokenStream {
    expand::api_fields(input.into()).into()
}

/// What a status type needs: its marked fields reach the definition of the resource that names it, its conditions and
/// its observed generation are found by the toolkit.
///
/// A field of type `Vec<Condition>` implements `HasConditions` and becomes a list that is merged by `type`; a field
/// `observed_generation` implements `HasObservedGeneration`.
#[proc_macro_derive(Status, attributes(kube, list, nested, printcolumn, scale, selectable))]
pub fn status(input: TokenStream) -> TokenStream {
    expand::status(input.into()).into()
}

/// `JsonSchema` with CEL rules and merge strategies: `#[x_kube(validation = "...")]` on the type, a field or a variant,
/// `#[x_kube(merge_strategy = ListMerge::Set)]` on a field.
#[proc_macro_derive(KubeSchema, attributes(x_kube, schemars, validate))]
pub fn kube_schema(input: TokenStream) -> TokenStream {
    expand::kube_schema(input.into()).into()
}

/// `kube::Resource` taken over from another type: a typed view of a kind that exists, such as a ConfigMap.
///
/// ```
/// use k8s_openapi::api::core::v1::ConfigMap;
/// use kube::api::ObjectMeta;
/// use operator_core::Resource;
/// use serde::Deserialize;
///
/// #[derive(Resource, Clone, Debug, Deserialize)]
/// #[resource(inherit = "ConfigMap")]
/// struct Settings {
///     metadata: ObjectMeta,
///     data: SettingsData,
/// }
///
/// #[derive(Clone, Debug, Deserialize)]
/// struct SettingsData {
///     greeting: String,
/// }
/// ```
#[proc_macro_derive(Resource, attributes(resource))]
pub fn resource(input: TokenStream) -> TokenStream {
    expand::resource(input.into()).into()
}

/// Several versions of one kind from one spec: a module for each, conversions between all of them, and the definition
/// that serves them together.
///
/// The versions are listed oldest first; a field says with `#[version(...)]` in which one it was `added`, `removed`,
/// `deprecated`, `renamed` or `retyped`. What an older version cannot hold is kept in an annotation, so nothing is lost
/// on the way through it.
///
/// ```
/// use operator_core::{CustomResource, versions};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[versions(v1beta1, v1(storage))]
/// #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
/// #[kube(group = "example.com", kind = "Database", namespaced)]
/// pub struct DatabaseSpec {
///     pub engine: String,
///     #[version(added = v1, default = three)]
///     pub replicas: i32,
///     #[version(renamed(v1, from = "size"))]
///     pub storage: String,
/// }
///
/// fn three() -> i32 {
///     3
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn versions(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::versions(arguments.into(), item.into()).into()
}

/// The rights of a reconciler that cannot be worked out from what its controller declares.
///
/// What the main kind, its status and finalizers, owned and watched kinds, events and leases need is granted anyway. What
/// the reconciler does beyond that - reading a Secret it does not watch - is said here and ends in the same role.
///
/// ```
/// use std::{convert::Infallible, sync::Arc};
///
/// use k8s_openapi::api::core::v1::ConfigMap;
/// use operator_core::{rbac, reconcile::{Action, Context, Reconciler}};
///
/// struct Jobs;
///
/// #[rbac(resources("secrets"), verbs("get"))]
/// #[rbac(group = "batch", resources("jobs"), verbs("create", "delete"))]
/// impl Reconciler for Jobs {
///     type Resource = ConfigMap;
///     type Error = Infallible;
///
///     async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
///         Ok(Action::await_change())
///     }
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn rbac(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::rbac(arguments.into(), item.into()).into()
}
