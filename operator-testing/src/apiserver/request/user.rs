//! Who is asking.

use std::collections::BTreeMap;

/// An authenticated user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The user name.
    pub name: String,
    /// The uid; often empty.
    pub uid: String,
    /// The groups the user belongs to.
    pub groups: Vec<String>,
    /// What else the authenticator knows.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// The group whose members may do everything.
    pub const MASTERS: &str = "system:masters";
    /// The name of a client that shows no credentials.
    pub const ANONYMOUS: &str = "system:anonymous";

    /// A client that shows no credentials.
    pub fn anonymous() -> Self {
        Self {
            name: Self::ANONYMOUS.to_owned(),
            groups: vec!["system:unauthenticated".to_owned()],
            ..Self::default()
        }
    }

    /// A user of the given name in the given groups and in `system:authenticated`.
    pub fn new(name: &str, groups: &[&str]) -> Self {
        let mut groups: Vec<String> = groups.iter().map(|&group| group.to_owned()).collect();
        groups.push("system:authenticated".to_owned());
        Self {
            name: name.to_owned(),
            groups,
            ..Self::default()
        }
    }

    /// The administrator, who may do everything.
    pub fn admin() -> Self {
        Self::new("admin", &[Self::MASTERS])
    }

    /// A service account; a name of the form `system:serviceaccount:NAMESPACE:NAME` is one too.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self::new(
            &format!("system:serviceaccount:{namespace}:{name}"),
            &[
                "system:serviceaccounts",
                &format!("system:serviceaccounts:{namespace}"),
            ],
        )
    }

    /// A user by name, with the groups that names of service accounts and controllers imply.
    pub fn named(name: &str) -> Self {
        match name
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'))
        {
            Some((namespace, account)) => Self::service_account(namespace, account),
            None => Self::new(name, &[]),
        }
    }

    /// Whether the user belongs to a group.
    pub fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|known| known == group)
    }
}
