#[automatically_derived]
impl ::operator_core::__private::ApiFields for DatabaseStatus {
    const REPLICAS: bool = true;
    fn declare(fields: &mut ::operator_core::__private::FieldDeclarations) {
        fields
            .column(
                ::operator_core::__private::PrintColumn::below(".readyReplicas")
                    .named("Ready Replicas"),
            );
        fields.replicas(".readyReplicas");
        fields.label_selector(".selector");
        fields.list(".conditions", ::operator_core::__private::ListType::Map(&["type"]));
    }
}
#[automatically_derived]
impl ::operator_core::__private::HasConditions for DatabaseStatus {
    fn conditions(
        &self,
    ) -> &[::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition] {
        &self.conditions
    }
    fn conditions_mut(
        &mut self,
    ) -> &mut ::std::vec::Vec<
        ::operator_core::__private::k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition,
    > {
        &mut self.conditions
    }
}
#[automatically_derived]
impl ::operator_core::__private::HasObservedGeneration for DatabaseStatus {
    fn observed_generation(&self) -> ::core::option::Option<i64> {
        self.observed_generation
    }
    fn put_observed_generation(&mut self, generation: i64) {
        self.observed_generation = ::core::option::Option::Some(generation);
    }
}
