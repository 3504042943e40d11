/// Auto-generated derived type for RenamedSpec via `CustomResource`
#[allow(missing_docs)]
#[derive(
    ::wire::Deserialize,
    ::core::clone::Clone,
    ::core::fmt::Debug,
    ::json_schema::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
#[serde(crate = "::wire")]
#[schemars(crate = "::json_schema")]
struct Renamed {
    #[schemars(skip)]
    metadata: ::k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    spec: RenamedSpec,
    #[serde(skip_serializing_if = "::core::option::Option::is_none")]
    status: ::core::option::Option<RenamedStatus>,
}
impl Renamed {
    /// An object with this name and spec, everything else empty.
    fn new(name: &str, spec: RenamedSpec) -> Self {
        Self {
            metadata: ::k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                name: ::core::option::Option::Some(::core::convert::Into::into(name)),
                ..::core::default::Default::default()
            },
            spec,
            status: ::core::option::Option::None,
        }
    }
}
#[automatically_derived]
impl ::wire::Serialize for Renamed {
    fn serialize<S: ::wire::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        let mut object = ::wire::Serializer::serialize_struct(
            serializer,
            "Renamed",
            if self.status.is_some() { 5 } else { 4 },
        )?;
        ::wire::ser::SerializeStruct::serialize_field(
            &mut object,
            "apiVersion",
            &<Self as ::client::core::Resource>::api_version(&()),
        )?;
        ::wire::ser::SerializeStruct::serialize_field(
            &mut object,
            "kind",
            &<Self as ::client::core::Resource>::kind(&()),
        )?;
        ::wire::ser::SerializeStruct::serialize_field(
            &mut object,
            "metadata",
            &self.metadata,
        )?;
        ::wire::ser::SerializeStruct::serialize_field(&mut object, "spec", &self.spec)?;
        if let ::core::option::Option::Some(status) = &self.status {
            ::wire::ser::SerializeStruct::serialize_field(
                &mut object,
                "status",
                status,
            )?;
        }
        ::wire::ser::SerializeStruct::end(object)
    }
}
#[automatically_derived]
impl ::client::core::Resource for Renamed {
    type DynamicType = ();
    type Scope = ::client::core::ClusterResourceScope;
    fn group(_: &()) -> ::alloc::borrow::Cow<'_, str> {
        ::alloc::borrow::Cow::Borrowed("example.com")
    }
    fn kind(_: &()) -> ::alloc::borrow::Cow<'_, str> {
        ::alloc::borrow::Cow::Borrowed("Renamed")
    }
    fn version(_: &()) -> ::alloc::borrow::Cow<'_, str> {
        ::alloc::borrow::Cow::Borrowed("v1")
    }
    fn api_version(_: &()) -> ::alloc::borrow::Cow<'_, str> {
        ::alloc::borrow::Cow::Borrowed("example.com/v1")
    }
    fn plural(_: &()) -> ::alloc::borrow::Cow<'_, str> {
        ::alloc::borrow::Cow::Borrowed("renameds")
    }
    fn meta(&self) -> &::k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta {
        &self.metadata
    }
    fn meta_mut(&mut self) -> &mut ::k8s::apimachinery::pkg::apis::meta::v1::ObjectMeta {
        &mut self.metadata
    }
}
#[automatically_derived]
impl ::sdk::__private::ApiFields for RenamedSpec {
    fn declare(_: &mut ::sdk::__private::FieldDeclarations) {}
}
#[automatically_derived]
impl ::client::core::CustomResourceExt for Renamed {
    fn crd() -> ::k8s::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        ::sdk::__private::Definition {
            group: "example.com",
            version: "v1",
            kind: "Renamed",
            plural: "renameds",
            singular: "renamed",
            namespaced: false,
            categories: &[],
            short_names: &[],
            type_columns: ::alloc::vec::Vec::from([]),
            spec_path: ".spec",
            spec_fields: ::sdk::__private::FieldDeclarations::of::<RenamedSpec>(),
            status_fields: {
                #[allow(unused_imports)]
                use ::sdk::__private::{Declared as _, Undeclared as _};
                (&::sdk::__private::Probe::<RenamedStatus>::new()).declared()
            },
            age: ::core::option::Option::None,
            selectable: &[],
            status: true,
            scale: ::core::option::Option::None,
            served: true,
            storage: true,
            deprecated: ::core::option::Option::None,
            annotations: &[],
            labels: &[],
            description_limit: ::core::option::Option::None,
            schema: ::core::option::Option::Some(::sdk::__private::schema_of::<Self>),
        }
            .build()
    }
    fn crd_name() -> &'static str {
        "renameds.example.com"
    }
    fn api_resource() -> ::client::core::dynamic::ApiResource {
        ::client::core::dynamic::ApiResource::erase::<Self>(&())
    }
    fn shortnames() -> &'static [&'static str] {
        &[]
    }
}
#[cfg(test)]
#[test]
#[allow(unnameable_test_items)]
fn renamed_is_accepted_by_an_api_server() {
    ::sdk::__private::assert_accepted(
        &<Renamed as ::client::core::CustomResourceExt>::crd(),
    );
}
#[automatically_derived]
impl ::client::core::object::HasSpec for Renamed {
    type Spec = RenamedSpec;
    fn spec(&self) -> &RenamedSpec {
        &self.spec
    }
    fn spec_mut(&mut self) -> &mut RenamedSpec {
        &mut self.spec
    }
}
#[automatically_derived]
impl ::client::core::object::HasStatus for Renamed {
    type Status = RenamedStatus;
    fn status(&self) -> ::core::option::Option<&RenamedStatus> {
        self.status.as_ref()
    }
    fn status_mut(&mut self) -> &mut ::core::option::Option<RenamedStatus> {
        &mut self.status
    }
}
