impl Reconciler for Copies {
    type Resource = ConfigMap;
    fn rights() -> ::std::vec::Vec<::operator_core::__private::Rule> {
        ::std::vec::Vec::from([
            ::operator_core::__private::Rule::new("", ["secrets"], ["get"]),
            ::operator_core::__private::Rule::new(
                "batch",
                ["jobs"],
                ["create", "delete"],
            ),
        ])
    }
}
