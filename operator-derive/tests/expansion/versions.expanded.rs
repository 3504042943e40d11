/// `Cache` in version `v1beta1`.
pub mod v1beta1 {
    #[allow(unused_imports)]
    use super::*;
    #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
    #[kube(group = "example.com", kind = "Cache", namespaced)]
    #[kube(version = "v1beta1", storage = false, served = true, deprecated = "use v1")]
    pub struct CacheSpec {
        pub(super) engine: String,
        pub(super) size: String,
        pub(super) ttl: u32,
        pub(super) legacy: Option<bool>,
    }
}
/// `Cache` in version `v1`.
pub mod v1 {
    #[allow(unused_imports)]
    use super::*;
    #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
    #[kube(group = "example.com", kind = "Cache", namespaced)]
    #[kube(version = "v1", storage = true, served = true)]
    pub struct CacheSpec {
        pub(super) engine: String,
        pub(super) replicas: i32,
        pub(super) memory: String,
        pub(super) ttl: String,
    }
}
/// Every version of `Cache`: the definition that serves them all and the conversion between them.
#[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
pub struct CacheVersions;
#[allow(dead_code)]
impl CacheVersions {
    /// The versions, oldest first, and the changes between them.
    pub const VERSIONS: ::operator_core::__private::versions::Versions = ::operator_core::__private::versions::Versions {
        group: "example.com",
        versions: &[
            ::operator_core::__private::versions::Version {
                name: "v1beta1",
                crd: <v1beta1::Cache as ::operator_core::__private::kube::core::CustomResourceExt>::crd,
            },
            ::operator_core::__private::versions::Version {
                name: "v1",
                crd: <v1::Cache as ::operator_core::__private::kube::core::CustomResourceExt>::crd,
            },
        ],
        steps: &[
            ::operator_core::__private::versions::Step {
                spec: &[
                    ::operator_core::__private::versions::Change::Added {
                        field: "replicas",
                        default: ::core::option::Option::Some(|| ::operator_core::__private::versions::to_json(
                            two(),
                        )),
                    },
                    ::operator_core::__private::versions::Change::Renamed {
                        from: "size",
                        to: "memory",
                    },
                    ::operator_core::__private::versions::Change::Retyped {
                        from: "ttl",
                        to: "ttl",
                        up: |value| ::operator_core::__private::versions::converted(
                            value,
                            |old: u32| -> String { minutes_as_text(old) },
                        ),
                        down: |value| ::operator_core::__private::versions::converted(
                            value,
                            |new: String| -> u32 { text_as_minutes(new) },
                        ),
                    },
                    ::operator_core::__private::versions::Change::Removed {
                        field: "legacy",
                        default: ::core::option::Option::None,
                    },
                ],
                status: &[],
            },
        ],
    };
    /// The definition with every version and one storage version.
    pub fn crd() -> ::operator_core::__private::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
        Self::VERSIONS.crd()
    }
}
#[automatically_derived]
impl ::core::convert::From<v1beta1::Cache> for v1::Cache {
    fn from(object: v1beta1::Cache) -> Self {
        CacheVersions::VERSIONS.convert_typed(&object)
    }
}
#[automatically_derived]
impl ::core::convert::From<v1::Cache> for v1beta1::Cache {
    fn from(object: v1::Cache) -> Self {
        CacheVersions::VERSIONS.convert_typed(&object)
    }
}
