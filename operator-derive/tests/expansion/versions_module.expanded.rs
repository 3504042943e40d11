pub mod store {
    use super::*;
    #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
    pub struct Owner {
        pub name: String,
    }
    /// `Store` in version `v1beta1`.
    pub mod v1beta1 {
        #[allow(unused_imports)]
        use super::*;
        #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
        #[kube(group = "example.com", kind = "Store", status = "StoreStatus")]
        #[kube(version = "v1beta1", storage = false, served = true)]
        pub struct StoreSpec {
            pub volumes: Vec<Disk>,
            #[serde(flatten)]
            pub limits: Limits,
            pub owner: Owner,
        }
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub struct Disk {
            pub gigabytes: u32,
        }
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub struct Limits {}
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub struct StoreStatus {
            pub up: bool,
        }
    }
    /// `Store` in version `v1`.
    pub mod v1 {
        #[allow(unused_imports)]
        use super::*;
        #[derive(CustomResource, Clone, Debug, Deserialize, Serialize, JsonSchema)]
        #[kube(group = "example.com", kind = "Store", status = "StoreStatus")]
        #[kube(version = "v1", storage = true, served = true)]
        pub struct StoreSpec {
            pub volumes: Vec<Disk>,
            #[serde(flatten)]
            pub limits: Limits,
            pub owner: Owner,
        }
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub struct Disk {
            pub size: u32,
        }
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub struct Limits {
            pub maximum: Option<u32>,
        }
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub struct StoreStatus {
            pub ready: bool,
        }
    }
    /// Every version of `Store`: the definition that serves them all and the conversion between them.
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
    pub struct StoreVersions;
    #[allow(dead_code)]
    impl StoreVersions {
        /// The versions, oldest first, and the changes between them.
        pub const VERSIONS: ::operator_core::__private::versions::Versions = ::operator_core::__private::versions::Versions {
            group: "example.com",
            versions: &[
                ::operator_core::__private::versions::Version {
                    name: "v1beta1",
                    crd: <v1beta1::Store as ::operator_core::__private::kube::core::CustomResourceExt>::crd,
                },
                ::operator_core::__private::versions::Version {
                    name: "v1",
                    crd: <v1::Store as ::operator_core::__private::kube::core::CustomResourceExt>::crd,
                },
            ],
            steps: &[
                ::operator_core::__private::versions::Step {
                    spec: &[
                        ::operator_core::__private::versions::Change::Nested {
                            from: "volumes",
                            to: "volumes",
                            within: &[
                                ::operator_core::__private::versions::Within::List,
                            ],
                            changes: &[
                                ::operator_core::__private::versions::Change::Renamed {
                                    from: "gigabytes",
                                    to: "size",
                                },
                            ],
                        },
                        ::operator_core::__private::versions::Change::Added {
                            field: "maximum",
                            default: ::core::option::Option::None,
                        },
                    ],
                    status: &[
                        ::operator_core::__private::versions::Change::Renamed {
                            from: "up",
                            to: "ready",
                        },
                    ],
                },
            ],
        };
        /// The definition with every version and one storage version.
        pub fn crd() -> ::operator_core::__private::k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition {
            Self::VERSIONS.crd()
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<v1beta1::Store> for v1::Store {
        fn from(object: v1beta1::Store) -> Self {
            StoreVersions::VERSIONS.convert_typed(&object)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<v1::Store> for v1beta1::Store {
        fn from(object: v1::Store) -> Self {
            StoreVersions::VERSIONS.convert_typed(&object)
        }
    }
}
