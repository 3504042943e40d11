//! A module that has names of its own for everything the generated code needs.

use kube::CustomResourceExt as _;

/// What the generated code could mean by mistake. `Some` is not among it: schemars means it, too.
#[allow(dead_code, unused_macros, non_camel_case_types)]
mod shadowed {
    pub(super) struct Option;
    pub(super) struct None;
    pub(super) struct Result;
    pub(super) struct Ok;
    pub(super) struct Err;
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) struct Box;
    pub(super) struct Cow;
    pub(super) struct Rule;
    pub(super) trait Clone {}
    pub(super) trait Debug {}
    pub(super) trait Default {}
    pub(super) trait From {}
    pub(super) trait Into {}
    pub(super) trait Iterator {}
    pub(super) trait Serialize {}
    pub(super) trait Deserialize {}
    pub(super) trait JsonSchema {}
    pub(super) trait Resource {}
    pub(super) mod std {}
    pub(super) mod core {}
    pub(super) mod alloc {}
    pub(super) mod kube {}
    pub(super) mod k8s_openapi {}
    pub(super) mod serde {}
    pub(super) mod serde_json {}
    pub(super) mod operator_core {}

    macro_rules! assert {
        ($($_:tt)*) => {
            compile_error!("this is not what the generated code means")
        };
    }
    macro_rules! panic {
        ($($_:tt)*) => {
            compile_error!("this is not what the generated code means")
        };
    }

    #[derive(
        ::operator_core::CustomResource,
        ::operator_core::KubeSchema,
        ::core::clone::Clone,
        ::core::fmt::Debug,
        ::serde::Deserialize,
        ::serde::Serialize,
    )]
    #[kube(
        group = "example.com",
        version = "v1",
        kind = "Odd",
        namespaced,
        status = "OddStatus",
        apply
    )]
    #[kube(
        shortname = "od",
        derive = "::core::default::Default",
        validation = "self.metadata.name != 'x'"
    )]
    #[derive(::core::default::Default)]
    #[serde(default)]
    pub(super) struct OddSpec {
        #[printcolumn]
        #[scale(replicas)]
        #[x_kube(validation = "self >= 0")]
        pub(super) replicas: i32,
        pub(super) name: ::core::option::Option<::std::string::String>,
        #[nested]
        pub(super) inner: Inner,
    }

    #[derive(
        ::operator_core::ApiFields,
        ::core::clone::Clone,
        ::core::fmt::Debug,
        ::core::default::Default,
        ::serde::Deserialize,
        ::serde::Serialize,
        ::schemars::JsonSchema,
    )]
    #[kube(apply)]
    pub(super) struct Inner {
        #[list(set)]
        pub(super) tags: ::std::vec::Vec<::std::string::String>,
    }

    #[derive(
        ::operator_core::Status,
        ::core::clone::Clone,
        ::core::fmt::Debug,
        ::core::default::Default,
        ::serde::Deserialize,
        ::serde::Serialize,
        ::schemars::JsonSchema,
    )]
    #[serde(default)]
    pub(super) struct OddStatus {
        #[scale(replicas)]
        pub(super) ready: i32,
        pub(super) observed_generation: ::core::option::Option<i64>,
        pub(super) conditions: ::std::vec::Vec<::k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition>,
    }

    #[::operator_core::versions(v1beta1, v1)]
    #[derive(
        ::operator_core::CustomResource,
        ::core::clone::Clone,
        ::core::fmt::Debug,
        ::serde::Deserialize,
        ::serde::Serialize,
        ::schemars::JsonSchema,
    )]
    #[kube(group = "example.com", kind = "Even")]
    pub(super) struct EvenSpec {
        #[version(added = v1, default = two)]
        pub(super) replicas: i32,
    }

    fn two() -> i32 {
        2
    }
}

#[test]
fn generated_code_means_what_it_says() {
    let odd = shadowed::Odd::new("a", shadowed::OddSpec::default());
    let json = serde_json::to_value(&odd).unwrap();
    assert_eq!(json["kind"], "Odd");
    assert_eq!(shadowed::Odd::crd_name(), "odds.example.com");
    let applied = shadowed::OddApply::new("a", shadowed::OddSpecApply::default().replicas(2));
    assert_eq!(
        serde_json::to_value(&applied).unwrap()["spec"],
        serde_json::json!({"replicas": 2})
    );
    assert_eq!(shadowed::EvenVersions::crd().spec.versions.len(), 2);
}
