#[automatically_derived]
impl ::operator_core::__private::kube::core::Resource for Settings {
    type DynamicType = <ConfigMap as ::operator_core::__private::kube::core::Resource>::DynamicType;
    type Scope = <ConfigMap as ::operator_core::__private::kube::core::Resource>::Scope;
    fn group(kind: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
        <ConfigMap as ::operator_core::__private::kube::core::Resource>::group(kind)
    }
    fn kind(kind: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
        <ConfigMap as ::operator_core::__private::kube::core::Resource>::kind(kind)
    }
    fn version(kind: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
        <ConfigMap as ::operator_core::__private::kube::core::Resource>::version(kind)
    }
    fn api_version(kind: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
        <ConfigMap as ::operator_core::__private::kube::core::Resource>::api_version(
            kind,
        )
    }
    fn plural(kind: &Self::DynamicType) -> ::std::borrow::Cow<'_, str> {
        <ConfigMap as ::operator_core::__private::kube::core::Resource>::plural(kind)
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
