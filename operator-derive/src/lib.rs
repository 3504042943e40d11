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
mod columns;
mod errors;
mod expand;
mod model;

use proc_macro::TokenStream;

/// Makes a custom resource of a spec type: the root object, its `kube::Resource`, and its CustomResourceDefinition.
///
/// Written on `DatabaseSpec` with `kind = "Database"` it generates `struct Database { metadata, spec, status }` with
/// `Database::new(name, spec)`, `kube::Resource`, `kube::CustomResourceExt` (`Database::crd()`), `HasSpec` and
/// `HasStatus`. It accepts every `#[kube(...)]` attribute of kube-derive 5 with the same meaning, and reads more from the
/// fields themselves: `#[printcolumn]` declares a column whose name, type and JSONPath are inferred.
///
/// The whole set is described in `docs/api-types.md`.
#[proc_macro_derive(CustomResource, attributes(kube, printcolumn))]
pub fn custom_resource(input: TokenStream) -> TokenStream {
    expand::custom_resource(input.into()).into()
}

/// Collects the `#[printcolumn]` attributes of a struct nested in a spec or a status.
///
/// The struct that contains it takes the columns over with `#[printcolumn(nested)]` on the field.
#[proc_macro_derive(PrintColumns, attributes(kube, printcolumn))]
pub fn print_columns(input: TokenStream) -> TokenStream {
    expand::print_columns(input.into()).into()
}

/// What a status type needs: its `#[printcolumn]` fields become columns of the resource that names it.
#[proc_macro_derive(Status, attributes(kube, printcolumn))]
pub fn status(input: TokenStream) -> TokenStream {
    expand::status(input.into()).into()
}
