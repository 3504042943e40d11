//! Tokens of service accounts, which the server issues itself.
//!
//! They have the form of a JSON Web Token, so that clients can read what is in them, but no signature: the server knows what it
//! issued. Source: `k8s.io/kubernetes/pkg/serviceaccount`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::apiserver::{
    request::User,
    store::{ObjectKey, ResourceKey, Store},
};

/// Whom tokens are for that name nobody: the server itself.
pub(crate) const AUDIENCE: &str = "https://kubernetes.default.svc";

/// What a token says.
#[derive(Clone, Debug)]
pub(crate) struct Claims {
    pub(crate) namespace: String,
    pub(crate) account: String,
    /// The uid of the account, which a new account of the same name does not have.
    pub(crate) uid: String,
    /// The object that the token ends with: its resource, name and uid.
    pub(crate) bound: Option<(ResourceKey, String, String)>,
    pub(crate) audiences: Vec<String>,
    pub(crate) issued: Timestamp,
    pub(crate) expires: Timestamp,
    /// What tells this token from all others.
    pub(crate) id: String,
}

impl Claims {
    /// The token as clients carry it.
    fn token(&self) -> String {
        let mut private = json!({
            "namespace": self.namespace,
            "serviceaccount": {"name": self.account, "uid": self.uid},
        });
        if let Some((resource, name, uid)) = &self.bound {
            let kind = resource.plural.trim_end_matches('s');
            private[kind] = json!({"name": name, "uid": uid});
        }
        let issued = self.issued.as_second();
        let payload = json!({
            "aud": self.audiences, "exp": self.expires.as_second(), "iat": issued, "iss": AUDIENCE, "jti": self.id,
            "kubernetes.io": private, "nbf": issued,
            "sub": format!("system:serviceaccount:{}:{}", self.namespace, self.account),
        });
        let part = |value: &Value| BASE64.encode(value.to_string());
        format!("{}.{}.", part(&json!({"alg": "none"})), part(&payload))
    }

    fn user(&self) -> User {
        let mut user = User::service_account(&self.namespace, &self.account);
        user.uid.clone_from(&self.uid);
        let id = format!("JTI={}", self.id);
        user.extra
            .insert("authentication.kubernetes.io/credential-id".into(), vec![id]);
        user
    }

    /// Whether the account, and the object that the token is bound to, are still there.
    fn is_alive(&self, store: &Store) -> bool {
        let there = |resource: &ResourceKey, namespace: &str, name: &str, uid: &str| {
            let stored = store.get(resource, &ObjectKey::new(namespace, name));
            stored.is_some_and(|stored| *stored.uid == *uid)
        };
        let accounts = ResourceKey::new("", "serviceaccounts");
        there(&accounts, &self.namespace, &self.account, &self.uid)
            && self.bound.as_ref().is_none_or(|(resource, name, uid)| {
                let namespace = if &*resource.plural == "nodes" {
                    ""
                } else {
                    &self.namespace
                };
                there(resource, namespace, name, uid)
            })
    }
}

/// The tokens issued so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Issued(Arc<Mutex<BTreeMap<String, Claims>>>);

impl Issued {
    /// Issues a token.
    pub(super) fn add(&self, claims: Claims) -> String {
        let token = claims.token();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // nobody asks for what is over
        known.retain(|_, other| other.expires > claims.issued);
        known.insert(token.clone(), claims);
        token
    }

    /// Whose token it is and for which of the wanted audiences.
    ///
    /// # Errors
    /// Why it is no good; nothing if it was never issued.
    pub(super) fn user(
        &self,
        store: &Store,
        token: &str,
        wanted: &[&str],
        now: Timestamp,
    ) -> Result<(User, Vec<String>), Option<String>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = known.get(token).ok_or(None)?;
        if claims.expires <= now {
            return Err(Some("service account token has expired".to_owned()));
        }
        let audiences: Vec<String> = wanted
            .iter()
            .filter(|audience| claims.audiences.iter().any(|known| known == *audience))
            .map(|audience| (*audience).to_owned())
            .collect();
        if audiences.is_empty() {
            let list = |names: &[&str]| {
                let quoted: Vec<_> = names.iter().map(|name| format!("{name:?}")).collect();
                quoted.join(" ")
            };
            let own: Vec<&str> = claims.audiences.iter().map(String::as_str).collect();
            return Err(Some(format!(
                "token audiences [{}] is invalid for the target audiences [{}]",
                list(&own),
                list(wanted)
            )));
        }
        if !claims.is_alive(store) {
            return Err(Some("service account token has been invalidated".to_owned()));
        }
        Ok((claims.user(), audiences))
    }
}
