use operator_derive::rbac;

pub trait Reconciler {}
pub struct Databases;

#[rbac(resources("secrets"), verbs = "get")]
impl Reconciler for Databases {}

fn main() {}
