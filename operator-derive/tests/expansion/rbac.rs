#[rbac(resources("secrets"), verbs("get"))]
#[rbac(group = "batch", resources("jobs"), verbs("create", "delete"))]
impl Reconciler for Copies {
    type Resource = ConfigMap;
}
