//! Collects errors while attributes are read, so that all of them are reported at once.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// The errors found so far. [`Errors::finish`] must be called: dropping them unread would hide them from the user.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
}

impl Errors {
    /// Reports `message` at `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports `message` at `span`, for what has no tokens of its own.
    pub(crate) fn at_span(&mut self, span: Span, message: impl Display) {
        self.found.push(syn::Error::new(span, message));
    }

    /// Reports an error of the parser.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// The value of `result`, or `None` and its error is kept.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Drops what was found: somebody else reads the same tokens and reports it.
    pub(crate) fn ignore(self) {
        drop(self.found);
    }

    /// `value`, or everything that was found wrong as `compile_error!` calls.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, TokenStream> {
        let all = self.found.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        match all {
            None => Ok(value),
            Some(error) => Err(error.into_compile_error()),
        }
    }
}
