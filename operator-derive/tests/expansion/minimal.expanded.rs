/// Auto-generated derived type for PlainSpec via `CustomResource`
#[allow(missing_docs)]
#[derive(
    ::operator_core::__private::serde::Deserialize,
    ::core::clone::Clone,
    ::core::fmt::Debug,
    ::operator_core::__private::schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
#[serde(crate = "::operator_core::__private::serde")]
#[schemars(crate = "::operator_core::__private::schemars")]
struct Plain {
    #[schemars(skip)]
    metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    spec: PlainSpec,
}
impl Plain {
    /// An object with this name and spec, everything else empty.
    fn new(name: &str, spec: PlainSpec) -> Self {
        Self {
            metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                name: ::core::option::Option::Some(::core::convert::Into::into(name)),
                ..::core::default::Default::default()
            },
            spec,
        }
    }
}
#[automatically_derived]
impl ::operator_core::__private::serde::Serialize for Plain {
    fn serialize<S: ::operator_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        let mut object = ::operator_core::__private::serde::Serializer::serialize_struct(
            serializer,
            "Plain",
            4,
        )?;
        ::operator_core::__private::serde::ser::SerializeStruct::serialize_field(
            &mut object,
            "apiVersion",
            &<Self as ::operator_core::__private::kube::core::Resource>::api_version(&()),
        )?;
        ::operator_core::__private::serde::ser::SerializeStruct::serialize_field(
            &mut object,
            "kind",
            &<Self as ::operator_core::__private::kube::core::Resource>::kind(&()),
        )?;
        ::operator_core::__private::serde::ser::SerializeStruct::serialize_field(
            &mut object,
            "metadata",
            &self.metadata,
        )?;
        ::operator_core::__private::serde::ser::SerializeStruct::serialize_field(
            &mut object,
            "spec",
            &self.spec,
        )?;
        ::operator_core::__private::serde::ser::SerializeStruct::end(object)
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::Resource for Plain {
    type DynamicType = ();
    type Scope = ::operator_core::__private::kube::core::ClusterResourceScope;
    fn group(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com")
    }
    fn kind(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("Plain")
    }
    fn version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("v1")
    }
    fn api_version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com/v1")
    }
    fn plural(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("plains")
    }
    fn meta(
        &self,
    ) -> &::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
        &self.metadata
    }
    fn meta_mut(
        &mut self,
    ) -> &mut ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
        &mut self.metadata
    }
}
#[automatically_derived]
impl ::operator_core::__private::ApiFields for PlainSpec {
    fn declare(_: &mut ::operator_core::__private::FieldDeclarations) {}
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::CustomResourceExt for Plain {
    fn crd() -> ::operator_core::__private::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        ::operator_core::__private::Definition {
            group: "example.com",
            version: "v1",
            kind: "Plain",
            plural: "plains",
            singular: "plain",
            namespaced: false,
            categories: &[],
            short_names: &[],
            type_columns: ::std::vec::Vec::from([]),
            spec_path: ".spec",
            spec_fields: ::operator_core::__private::FieldDeclarations::of::<
                PlainSpec,
            >(),
            status_fields: ::core::default::Default::default(),
            age: ::core::option::Option::None,
            selectable: &[],
            status: false,
            scale: ::core::option::Option::None,
            served: true,
            storage: true,
            deprecated: ::core::option::Option::None,
            annotations: &[],
            labels: &[],
            description_limit: ::core::option::Option::None,
            schema: ::core::option::Option::Some(
                ::operator_core::__private::schema_of::<Self>,
            ),
        }
            .build()
    }
    fn crd_name() -> &'static str {
        "plains.example.com"
    }
    fn api_resource() -> ::operator_core::__private::kube::core::dynamic::ApiResource {
        ::operator_core::__private::kube::core::dynamic::ApiResource::erase::<Self>(&())
    }
    fn shortnames() -> &'static [&'static str] {
        &[]
    }
}
#[cfg(test)]
#[test]
#[allow(unnameable_test_items)]
fn plain_is_accepted_by_an_api_server() {
    ::operator_core::__private::assert_accepted(
        &<Plain as ::operator_core::__private::kube::core::CustomResourceExt>::crd(),
    );
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::object::HasSpec for Plain {
    type Spec = PlainSpec;
    fn spec(&self) -> &PlainSpec {
        &self.spec
    }
    fn spec_mut(&mut self) -> &mut PlainSpec {
        &mut self.spec
    }
}
