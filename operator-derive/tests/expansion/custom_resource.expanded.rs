/// Auto-generated derived type for DatabaseSpec via `CustomResource`
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
#[schemars(
    transform = |schema:&mut::operator_core::__private::schemars::Schema|{#[allow(
        unused_imports
    )]use::operator_core::__private::kube::core::{Message,
    Reason,
    Rule};::operator_core::__private::add_rules(
        schema,
        [::operator_core::__private::kube::core::Rule::from("self.metadata.name != 'x'")]
    );}
)]
pub struct Database {
    #[schemars(skip)]
    pub metadata: ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    pub spec: DatabaseSpec,
    #[serde(skip_serializing_if = "::core::option::Option::is_none")]
    pub status: ::core::option::Option<DatabaseStatus>,
}
impl Database {
    /// An object with this name and spec, everything else empty.
    pub fn new(name: &str, spec: DatabaseSpec) -> Self {
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
impl ::operator_core::__private::serde::Serialize for Database {
    fn serialize<S: ::operator_core::__private::serde::Serializer>(
        &self,
        serializer: S,
    ) -> ::core::result::Result<S::Ok, S::Error> {
        let mut object = ::operator_core::__private::serde::Serializer::serialize_struct(
            serializer,
            "Database",
            if self.status.is_some() { 5 } else { 4 },
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
        if let ::core::option::Option::Some(status) = &self.status {
            ::operator_core::__private::serde::ser::SerializeStruct::serialize_field(
                &mut object,
                "status",
                status,
            )?;
        }
        ::operator_core::__private::serde::ser::SerializeStruct::end(object)
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::Resource for Database {
    type DynamicType = ();
    type Scope = ::operator_core::__private::kube::core::NamespaceResourceScope;
    fn group(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com")
    }
    fn kind(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("Database")
    }
    fn version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("v1")
    }
    fn api_version(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("example.com/v1")
    }
    fn plural(_: &()) -> ::std::borrow::Cow<'_, str> {
        ::std::borrow::Cow::Borrowed("databases")
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
impl ::operator_core::__private::ApiFields for DatabaseSpec {
    const REPLICAS: bool = true;
    fn declare(fields: &mut ::operator_core::__private::FieldDeclarations) {
        fields
            .column(
                ::operator_core::__private::PrintColumn::below(".engine")
                    .named("Engine")
                    .described("The database engine."),
            );
        fields.selectable(".engine");
        fields
            .column(
                ::operator_core::__private::PrintColumn::below(".replicas")
                    .named("Replicas")
                    .with_priority(1i32),
            );
        fields.replicas(".replicas");
        fields.list(".users", ::operator_core::__private::ListType::Map(&["name"]));
        fields.nested::<Storage>(".storage");
    }
}
const _: () = ::core::assert!(
    < DatabaseStatus as ::operator_core::__private::ApiFields > ::REPLICAS,
    "the status has no replicas: derive `Status` on it and write `#[scale(replicas)]` on the field"
);
#[automatically_derived]
impl ::operator_core::__private::kube::core::CustomResourceExt for Database {
    fn crd() -> ::operator_core::__private::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        ::operator_core::__private::Definition {
            group: "example.com",
            version: "v1",
            kind: "Database",
            plural: "databases",
            singular: "database",
            namespaced: true,
            categories: &["all"],
            short_names: &["db"],
            type_columns: ::std::vec::Vec::from([]),
            spec_path: ".spec",
            spec_fields: ::operator_core::__private::FieldDeclarations::of::<
                DatabaseSpec,
            >(),
            status_fields: {
                #[allow(unused_imports)]
                use ::operator_core::__private::{Declared as _, Undeclared as _};
                (&::operator_core::__private::Probe::<DatabaseStatus>::new()).declared()
            },
            age: ::core::option::Option::None,
            selectable: &[],
            status: true,
            scale: ::core::option::Option::None,
            served: true,
            storage: true,
            deprecated: ::core::option::Option::None,
            annotations: &[],
            labels: &[("team", "storage")],
            description_limit: ::core::option::Option::None,
            schema: ::core::option::Option::Some(
                ::operator_core::__private::schema_of::<Self>,
            ),
        }
            .build()
    }
    fn crd_name() -> &'static str {
        "databases.example.com"
    }
    fn api_resource() -> ::operator_core::__private::kube::core::dynamic::ApiResource {
        ::operator_core::__private::kube::core::dynamic::ApiResource::erase::<Self>(&())
    }
    fn shortnames() -> &'static [&'static str] {
        &["db"]
    }
}
#[cfg(test)]
#[test]
#[allow(unnameable_test_items)]
fn database_is_accepted_by_an_api_server() {
    ::operator_core::__private::assert_accepted(
        &<Database as ::operator_core::__private::kube::core::CustomResourceExt>::crd(),
    );
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::object::HasSpec for Database {
    type Spec = DatabaseSpec;
    fn spec(&self) -> &DatabaseSpec {
        &self.spec
    }
    fn spec_mut(&mut self) -> &mut DatabaseSpec {
        &mut self.spec
    }
}
#[automatically_derived]
impl ::operator_core::__private::kube::core::object::HasStatus for Database {
    type Status = DatabaseStatus;
    fn status(&self) -> ::core::option::Option<&DatabaseStatus> {
        self.status.as_ref()
    }
    fn status_mut(&mut self) -> &mut ::core::option::Option<DatabaseStatus> {
        &mut self.status
    }
}
