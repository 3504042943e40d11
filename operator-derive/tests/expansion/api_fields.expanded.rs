#[automatically_derived]
impl ::operator_core::__private::ApiFields for Storage {
    fn declare(fields: &mut ::operator_core::__private::FieldDeclarations) {
        fields
            .column(
                ::operator_core::__private::PrintColumn::below(".sizeInBytes")
                    .named("Disk")
                    .ordered(2i32),
            );
        fields.list(".zones", ::operator_core::__private::ListType::Set);
    }
}
/// The fields of [`Storage`] that an operator means; what is not set is not sent.
#[allow(missing_docs)]
#[derive(
    ::operator_core::__private::serde::Serialize,
    ::operator_core::__private::serde::Deserialize,
    ::core::clone::Clone,
    ::core::fmt::Debug,
    ::core::default::Default
)]
#[serde(rename_all = "camelCase")]
#[serde(crate = "::operator_core::__private::serde")]
struct StorageApply {
    #[serde(default, skip_serializing_if = "::core::option::Option::is_none")]
    size_in_bytes: ::core::option::Option<u64>,
    #[serde(default, skip_serializing_if = "::core::option::Option::is_none")]
    zones: ::core::option::Option<Vec<String>>,
}
#[allow(dead_code)]
impl StorageApply {
    /// Sets the field.
    #[must_use]
    fn size_in_bytes(mut self, value: impl ::core::convert::Into<u64>) -> Self {
        self.size_in_bytes = ::core::option::Option::Some(
            ::core::convert::Into::into(value),
        );
        self
    }
    /// Sets the field.
    #[must_use]
    fn zones(mut self, value: impl ::core::convert::Into<Vec<String>>) -> Self {
        self.zones = ::core::option::Option::Some(::core::convert::Into::into(value));
        self
    }
}
#[automatically_derived]
impl ::operator_core::__private::HasApply for Storage {
    type Apply = StorageApply;
}
