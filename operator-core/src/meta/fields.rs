//! What the fields of an API type declare: print columns, selectable fields, the scale subresource, list types.
//!
//! A struct declares with paths relative to itself; whoever contains the struct moves them to where it puts it.

use std::marker::PhantomData;

use super::columns::PrintColumn;

/// A type whose fields declare something about the kind they are part of. Derived by `CustomResource` for the spec, by
/// `Status` for the status and by `ApiFields` for a struct within them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` declares nothing about its fields",
    label = "derive `operator_core::Status` on a status, `operator_core::ApiFields` on a struct within one"
)]
pub trait ApiFields {
    /// Whether a field is marked `#[scale(replicas)]`.
    const REPLICAS: bool = false;

    /// Adds what the fields declare, in order.
    fn declare(fields: &mut FieldDeclarations);
}

/// A type with a twin whose fields are all optional, for server-side apply. Derived by `#[kube(apply)]`.
pub trait HasApply {
    /// The twin.
    type Apply;
}

/// How the server merges a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// One manager owns the whole list.
    Atomic,
    /// Each value is an element that can be owned by itself.
    Set,
    /// Elements are told apart by these fields.
    Map(&'static [&'static str]),
}

/// What the fields of a type, and of the types within it, declare.
#[derive(Debug, Default)]
pub struct FieldDeclarations {
    pub(super) columns: Vec<PrintColumn>,
    pub(super) selectable: Vec<String>,
    pub(super) replicas: Option<String>,
    pub(super) label_selector: Option<String>,
    pub(super) lists: Vec<(String, ListType)>,
}

impl FieldDeclarations {
    /// What `T` declares.
    #[must_use]
    pub fn of<T: ApiFields>() -> Self {
        let mut fields = Self::default();
        T::declare(&mut fields);
        fields
    }

    /// Adds a print column.
    pub fn column(&mut self, column: PrintColumn) {
        self.columns.push(column);
    }

    /// Lets objects be selected by the field at `path`.
    pub fn selectable(&mut self, path: &str) {
        self.selectable.push(path.into());
    }

    /// Makes the field at `path` the replicas of the scale subresource.
    pub fn replicas(&mut self, path: &str) {
        self.replicas = Some(path.into());
    }

    /// Makes the field at `path` the selector of the scale subresource.
    pub fn label_selector(&mut self, path: &str) {
        self.label_selector = Some(path.into());
    }

    /// Sets how the list at `path` is merged.
    pub fn list(&mut self, path: &str, type_: ListType) {
        self.lists.push((path.into(), type_));
    }

    /// Takes over what `T`, the type of the field at `path`, declares.
    pub fn nested<T: ApiFields>(&mut self, path: &str) {
        let inner = Self::of::<T>().moved_below(path);
        self.columns.extend(inner.columns);
        self.selectable.extend(inner.selectable);
        self.replicas = self.replicas.take().or(inner.replicas);
        self.label_selector = self.label_selector.take().or(inner.label_selector);
        self.lists.extend(inner.lists);
    }

    /// The same for a type that is put at `path`.
    pub(super) fn moved_below(self, path: &str) -> Self {
        let moved = |below: String| format!("{path}{below}");
        Self {
            columns: self
                .columns
                .into_iter()
                .map(|column| column.moved_below(path))
                .collect(),
            selectable: self.selectable.into_iter().map(moved).collect(),
            replicas: self.replicas.map(moved),
            label_selector: self.label_selector.map(moved),
            lists: self
                .lists
                .into_iter()
                .map(|(below, type_)| (moved(below), type_))
                .collect(),
        }
    }
}

/// Asks by method resolution whether a type declares anything, which a bound cannot.
///
/// `(&Probe::<T>::new()).declared()` with both [`Declared`] and [`Undeclared`] in scope is the former's if `T` is
/// [`ApiFields`]. It works for concrete types only, which is all that generated code has.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// Asks about `T`.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it stands for a type, not for a value")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// The answer of a [`Probe`] whose type declares something.
pub trait Declared {
    /// What it declares.
    fn declared(&self) -> FieldDeclarations;
}

impl<T: ApiFields> Declared for Probe<T> {
    fn declared(&self) -> FieldDeclarations {
        FieldDeclarations::of::<T>()
    }
}

/// The answer of a [`Probe`] whose type declares nothing.
pub trait Undeclared {
    /// Nothing.
    fn declared(&self) -> FieldDeclarations;
}

impl<T> Undeclared for &Probe<T> {
    fn declared(&self) -> FieldDeclarations {
        FieldDeclarations::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Inner;
    impl ApiFields for Inner {
        fn declare(fields: &mut FieldDeclarations) {
            fields.column(PrintColumn::below(".size").named("Size"));
            fields.selectable(".class");
            fields.list(".tags", ListType::Set);
        }
    }
    struct Outer;
    impl ApiFields for Outer {
        fn declare(fields: &mut FieldDeclarations) {
            fields.replicas(".replicas");
            fields.nested::<Inner>(".storage");
        }
    }
    struct Plain;

    #[test]
    #[allow(clippy::needless_borrow, reason = "the borrow is what tells the two apart")]
    fn the_probe_finds_what_is_declared() {
        assert_eq!(Probe::<Inner>::new().declared().columns.len(), 1);
        assert_eq!((&Probe::<Plain>::new()).declared().columns.len(), 0);
    }

    #[test]
    fn nested_declarations_are_moved_to_their_field() {
        let spec = FieldDeclarations::of::<Outer>().moved_below(".spec");
        assert_eq!(spec.replicas.as_deref(), Some(".spec.replicas"));
        assert_eq!(spec.selectable, [".spec.storage.class"]);
        assert_eq!(spec.lists, [(".spec.storage.tags".to_owned(), ListType::Set)]);
        assert_eq!(
            spec.columns,
            [PrintColumn::below(".spec.storage.size").named("Size")]
        );
    }
}
