/// Auto-generated derived type for FlatSpec via `CustomResource`
#[allow(missing_docs)]
#[derive(
    ::operator_core::__private::serde::Deserialize,
    ::core::clone::Clone,
    ::core::fmt::Debug,
)]
#[serde(rename_all = "camelCase")]
#[serde(crate = "::operator_core::__private::serde")]
struct Flat {
    metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    #[serde(flatten)]
    spec: FlatSpec,
    #[serde(skip_serializing_if = "::core::option::Option::is_none")]
    status: ::core::option::Option<FlatStatus>,
}
impl Flat {
    /// An object with this name and spec, everything else empty.
    fn new(name: &str, spec: FlatSpec) -> Self {
        Self {
            metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                name: ::core::option::Option::Some(::core::convert::Into::into(name)),
                ..::core::default::Default::default()
            },
            spec,
            status: ::core::option::Option::None,
        }
    }
}
#[automatically_derived]
impl ::operator_core::__private::serde::Serialize for Flat {
    fn serialize<S: ::operator_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        #[derive(::operator_core::__private::serde::Serialize)]
        #[serde(rename_all = "camelCase", crate = "::operator_core::__private::serde")]
        struct Flattened<'a> {
            api_version: &'a str,
            kind: &'a str,
            metadata: &'a ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
            #[serde(flatten)]
            spec: &'a FlatSpec,
            #[serde(skip_serializing_if = "::core::option::Option::is_none")]
            status: &'a ::core::option::Option<FlatStatus>,
        }
        ::operator_core::__private::serde::Serialize::serialize(
            &Flattened {
                api_version: &<Self as ::operator_core::__private::kube::core::Resource>::api_version(
                    &(),
                ),
                kind: &<Self as ::operator_core::__private::kube::core::Resource>::kind(
                    &(),
                ),
                metadata: &self.metadata,
                spec: &self.spec,
                status: &self.status,
            },
            serializer,
        )
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::Resource for Flat {
    type DynamicType = ();
    type Scope = ::operator_core::__private::kube::core::ClusterResourceScope;
    fn group(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com")
    }
    fn kind(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("Flat")
    }
    fn version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("v1")
    }
    fn api_version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com/v1")
    }
    fn plural(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("flats")
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
impl ::operator_core::__private::ApiFields for FlatSpec {
    fn declare(_: &mut ::operator_core::__private::FieldDeclarations) {}
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::CustomResourceExt for Flat {
    fn crd() -> ::operator_core::__private::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        ::operator_core::__private::Definition {
            group: "example.com",
            version: "v1",
            kind: "Flat",
            plural: "flats",
            singular: "flat",
            namespaced: false,
            categories: &[],
            short_names: &[],
            type_columns: ::std::vec::Vec::from([]),
            spec_path: "",
            spec_fields: ::operator_core::__private::FieldDeclarations::of::<FlatSpec>(),
            status_fields: {
                #[allow(unused_imports)]
                use ::operator_core::__private::{Declared as _, Undeclared as _};
                (&::operator_core::__private::Probe::<FlatStatus>::new()).declared()
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
            schema: ::core::option::Option::None,
        }
            .build()
    }
    fn crd_name() -> &'static str {
        "flats.example.com"
    }
    fn api_resource() -> ::operator_core::__private::kube::core::dynamic::ApiResource {
        ::operator_core::__private::kube::core::dynamic::ApiResource::erase::<Self>(&())
    }
    fn shortnames() -> &'static [&'static str] {
        &[]
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::object::HasSpec for Flat {
    type Spec = FlatSpec;
    fn spec(&self) -> &FlatSpec {
        &self.spec
    }
    fn spec_mut(&mut self) -> &mut FlatSpec {
        &mut self.spec
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::object::HasStatus for Flat {
    type Status = FlatStatus;
    fn status(&self) -> ::core::option::Option<&FlatStatus> {
        self.status.as_ref()
    }
    fn status_mut(&mut self) -> &mut ::core::option::Option<FlatStatus> {
        &mut self.status
    }
}
