//! What every namespace is given, and cluster roles that are put together from others.

mod aggregation;
mod certificate;
mod service_account;

pub(crate) use aggregation::RoleAggregation;
pub(crate) use certificate::RootCertificates;
pub(crate) use service_account::ServiceAccounts;
