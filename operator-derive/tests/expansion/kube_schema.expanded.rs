#[automatically_derived]
impl ::operator_core::__private::schemars::JsonSchema for Range {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> ::std::borrow::Cow<'static, str> {
        ::std::borrow::Cow::Borrowed("Range")
    }
    fn json_schema(
        generator: &mut ::operator_core::__private::schemars::generate::SchemaGenerator,
    ) -> ::operator_core::__private::schemars::Schema {
        #[derive(::operator_core::__private::schemars::JsonSchema)]
        #[schemars(crate = "::operator_core::__private::schemars")]
        #[allow(missing_docs, dead_code)]
        #[serde(default)]
        #[schemars(
            transform = |schema:&mut::operator_core::__private::schemars::Schema|{#[allow(
                unused_imports
            )]use::operator_core::__private::kube::core::{ListMerge,
            MapMerge,
            Message,
            Reason,
            Rule,
            StructMerge};::operator_core::__private::add_rules(
                schema,
                [::operator_core::__private::kube::core::Rule::from(
                    "self.max >= self.min"
                )]
            );}
        )]
        struct RangeValidated {
            /// The lower end.
            #[schemars(
                transform = |schema:&mut::operator_core::__private::schemars::Schema|{#[allow(
                    unused_imports
                )]use::operator_core::__private::kube::core::{ListMerge,
                MapMerge,
                Message,
                Reason,
                Rule,
                StructMerge};::operator_core::__private::add_rules(
                    schema,
                    [::operator_core::__private::kube::core::Rule::from(
                        Rule::new("self >= 0").message("must not be negative")
                    )]
                );}
            )]
            min: i32,
            max: i32,
            #[schemars(
                transform = |schema:&mut::operator_core::__private::schemars::Schema|{#[allow(
                    unused_imports
                )]use::operator_core::__private::kube::core::{ListMerge,
                MapMerge,
                Message,
                Reason,
                Rule,
                StructMerge};::operator_core::__private::set_strategy(
                    schema,
                    ListMerge::Set
                );}
            )]
            tags: Vec<String>,
        }
        impl ::core::default::Default for RangeValidated {
            fn default() -> Self {
                let default = <Range as ::core::default::Default>::default();
                Self {
                    min: default.min,
                    max: default.max,
                    tags: default.tags,
                }
            }
        }
        <RangeValidated as ::operator_core::__private::schemars::JsonSchema>::json_schema(
            generator,
        )
    }
}
impl Range {
    /// Checks a value against the rules of this type's schema. `old` is the value before, for rules that
    /// use `oldSelf`.
    pub fn validate_cel(
        value: &::operator_core::__private::serde_json::Value,
        old: ::core::option::Option<&::operator_core::__private::serde_json::Value>,
    ) -> ::core::result::Result<
        (),
        ::operator_core::__private::kube::core::cel::ValidationErrors,
    > {
        ::operator_core::__private::kube::core::cel::Validator::new()
            .validate(&::operator_core::__private::schema_value_of::<Self>(), value, old)
    }
}
