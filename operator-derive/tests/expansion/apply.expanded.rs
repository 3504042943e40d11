/// Auto-generated derived type for SiteSpec via `CustomResource`
#[allow(missing_docs)]
#[derive(
    ::operator_core::__private::serde::Deserialize,
    ::core::clone::Clone,
    ::core::fmt::Debug,
)]
#[serde(rename_all = "camelCase")]
#[serde(crate = "::operator_core::__private::serde")]
pub struct Site {
    pub metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    pub spec: SiteSpec,
}
impl Site {
    /// An object with this name and spec, everything else empty.
    pub fn new(name: &str, spec: SiteSpec) -> Self {
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
impl ::core::default::Default for Site {
    fn default() -> Self {
        Self {
            metadata: ::core::default::Default::default(),
            spec: ::core::default::Default::default(),
        }
    }
}
#[automatically_derived]
impl ::operator_core::__private::serde::Serialize for Site {
    fn serialize<S: ::operator_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        let mut object = ::operator_core::__private::serde::Serializer::serialize_struct(
            serializer,
            "Site",
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
impl ::operator_core::__private::kube::core::Resource for Site {
    type DynamicType = ();
    type Scope = ::operator_core::__private::kube::core::ClusterResourceScope;
    fn group(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com")
    }
    fn kind(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("Site")
    }
    fn version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("v1")
    }
    fn api_version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com/v1")
    }
    fn plural(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("sites")
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
impl ::operator_core::__private::ApiFields for SiteSpec {
    fn declare(fields: &mut ::operator_core::__private::FieldDeclarations) {
        fields.nested::<Storage>(".disk");
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::CustomResourceExt for Site {
    fn crd() -> ::operator_core::__private::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        ::operator_core::__private::Definition {
            group: "example.com",
            version: "v1",
            kind: "Site",
            plural: "sites",
            singular: "site",
            namespaced: false,
            categories: &[],
            short_names: &[],
            type_columns: ::std::vec::Vec::from([]),
            spec_path: ".spec",
            spec_fields: ::operator_core::__private::FieldDeclarations::of::<SiteSpec>(),
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
        "sites.example.com"
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
fn site_is_accepted_by_an_api_server() {
    ::operator_core::__private::assert_accepted(
        &<Site as ::operator_core::__private::kube::core::CustomResourceExt>::crd(),
    );
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::object::HasSpec for Site {
    type Spec = SiteSpec;
    fn spec(&self) -> &SiteSpec {
        &self.spec
    }
    fn spec_mut(&mut self) -> &mut SiteSpec {
        &mut self.spec
    }
}
/// The fields of [`SiteSpec`] that an operator means; what is not set is not sent.
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
pub struct SiteSpecApply {
    #[serde(default, skip_serializing_if = "::core::option::Option::is_none")]
    pub host_name: ::core::option::Option<String>,
    #[serde(rename = "disk")]
    #[serde(default, skip_serializing_if = "::core::option::Option::is_none")]
    pub storage: ::core::option::Option<
        <Storage as ::operator_core::__private::HasApply>::Apply,
    >,
}
#[allow(dead_code)]
impl SiteSpecApply {
    /// Sets the field.
    #[must_use]
    pub fn host_name(mut self, value: impl ::core::convert::Into<String>) -> Self {
        self.host_name = ::core::option::Option::Some(
            ::core::convert::Into::into(value),
        );
        self
    }
    /// Sets the field.
    #[must_use]
    pub fn storage(
        mut self,
        value: impl ::core::convert::Into<
            <Storage as ::operator_core::__private::HasApply>::Apply,
        >,
    ) -> Self {
        self.storage = ::core::option::Option::Some(::core::convert::Into::into(value));
        self
    }
}
#[automatically_derived]
impl ::operator_core::__private::HasApply for SiteSpec {
    type Apply = SiteSpecApply;
}
/// [`Site`] as it is sent by server-side apply: only what is meant.
#[allow(missing_docs)]
#[derive(
    ::operator_core::__private::serde::Deserialize,
    ::core::clone::Clone,
    ::core::fmt::Debug
)]
#[serde(crate = "::operator_core::__private::serde")]
pub struct SiteApply {
    pub metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    pub spec: ::core::option::Option<
        <SiteSpec as ::operator_core::__private::HasApply>::Apply,
    >,
}
impl SiteApply {
    /// What is meant of the object with this name.
    #[allow(dead_code)]
    pub fn new(
        name: &str,
        spec: <SiteSpec as ::operator_core::__private::HasApply>::Apply,
    ) -> Self {
        Self {
            metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
                name: ::core::option::Option::Some(::core::convert::Into::into(name)),
                ..::core::default::Default::default()
            },
            spec: ::core::option::Option::Some(spec),
        }
    }
}
#[automatically_derived]
impl ::operator_core::__private::serde::Serialize for SiteApply {
    fn serialize<S: ::operator_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        use ::operator_core::__private::serde::ser::SerializeStruct as _;
        let count = if self.spec.is_some() { 4 } else { 3 };
        let mut object = ::operator_core::__private::serde::Serializer::serialize_struct(
            serializer,
            "SiteApply",
            count,
        )?;
        object
            .serialize_field(
                "apiVersion",
                &<Self as ::operator_core::__private::kube::core::Resource>::api_version(
                    &(),
                ),
            )?;
        object
            .serialize_field(
                "kind",
                &<Self as ::operator_core::__private::kube::core::Resource>::kind(&()),
            )?;
        object.serialize_field("metadata", &self.metadata)?;
        if let ::core::option::Option::Some(spec) = &self.spec {
            object.serialize_field("spec", spec)?;
        }
        object.end()
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::Resource for SiteApply {
    type DynamicType = ();
    type Scope = ::operator_core::__private::kube::core::ClusterResourceScope;
    fn group(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com")
    }
    fn kind(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("Site")
    }
    fn version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("v1")
    }
    fn api_version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com/v1")
    }
    fn plural(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("sites")
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
