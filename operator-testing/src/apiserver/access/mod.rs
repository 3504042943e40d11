//! Who is asking, and whether they may.
//!
//! A request is authenticated by its bearer token ([`Access::authenticate`]), may stand in for another user
//! ([`impersonate`]), and is then authorised by the roles and bindings in the store ([`Policy`]). Members of
//! `system:masters` may do everything; the clients that a server hands out in process are among them unless they are given
//! another identity.

mod attributes;
mod coverage;
mod impersonation;
mod issued;
mod policy;
mod rule;
mod tokens;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

pub(crate) use attributes::Attributes;
pub(crate) use coverage::missing as missing_rules;
pub(crate) use impersonation::{impersonate, is_asked_for as impersonates};
pub(crate) use issued::{AUDIENCE, Claims};
pub(crate) use policy::{Decision, Policy, RoleRef};
pub(crate) use rule::{Rule, quoted};
pub use tokens::TokenFileError;

use issued::Issued;

use super::{
    request::{Request, Target, User},
    status::StatusError,
    store::Store,
};

/// How clients are known and what they may do.
#[derive(Debug)]
pub(crate) struct Access {
    tokens: BTreeMap<String, User>,
    issued: Issued,
    anonymous: User,
    /// The roles and bindings as they were when they were last asked for.
    policy: Mutex<Option<Arc<Policy>>>,
}

impl Clone for Access {
    fn clone(&self) -> Self {
        Self {
            tokens: self.tokens.clone(),
            issued: Issued::default(),
            anonymous: self.anonymous.clone(),
            policy: Mutex::new(None),
        }
    }
}

impl Default for Access {
    fn default() -> Self {
        Self {
            tokens: BTreeMap::new(),
            issued: Issued::default(),
            anonymous: User::admin(),
            policy: Mutex::new(None),
        }
    }
}

impl Access {
    /// Lets a bearer token stand for a user.
    pub(crate) fn add_token(&mut self, token: &str, user: User) {
        self.tokens.insert(token.to_owned(), user);
    }

    /// Takes the tokens of a file in place of all others, and knows clients without credentials as `system:anonymous`.
    ///
    /// # Errors
    /// If a line of the file cannot be read.
    pub(crate) fn use_token_file(&mut self, file: &str) -> Result<(), TokenFileError> {
        self.tokens = tokens::parse(file)?;
        self.anonymous = User::anonymous();
        Ok(())
    }

    /// Who a client without credentials is.
    pub(crate) fn set_anonymous(&mut self, user: User) {
        self.anonymous = user;
    }

    /// Issues a token for a service account.
    pub(crate) fn issue(&self, claims: Claims) -> String {
        self.issued.add(claims)
    }

    /// Whose token it is, and for which of the wanted audiences it is good.
    ///
    /// # Errors
    /// Why it is no good.
    pub(crate) fn user_of(
        &self,
        store: &Store,
        token: &str,
        wanted: &[&str],
        now: Timestamp,
    ) -> Result<(User, Vec<String>), String> {
        const UNKNOWN: &str = "invalid bearer token";
        if let Some(user) = self.tokens.get(token) {
            // tokens from a file are for the server and nobody else
            return if wanted.contains(&AUDIENCE) {
                Ok((user.clone(), vec![AUDIENCE.to_owned()]))
            } else {
                Err(UNKNOWN.to_owned())
            };
        }
        self.issued
            .user(store, token, wanted, now)
            .map_err(|why| match why {
                Some(why) => format!("[{UNKNOWN}, {why}]"),
                None => UNKNOWN.to_owned(),
            })
    }

    /// Who is asking; `issued` knows whose token it is that the server issued itself.
    ///
    /// # Errors
    /// 401 for a bearer token that nobody has.
    pub(crate) fn authenticate(
        &self,
        request: &Request,
        issued: impl FnOnce(&str) -> Option<User>,
    ) -> Result<User, StatusError> {
        if let Some(user) = &request.user {
            return Ok(user.clone());
        }
        let header = request
            .header(http::header::AUTHORIZATION)
            .unwrap_or_default()
            .trim();
        let Some((scheme, token)) = header.split_once(' ') else {
            return Ok(self.anonymous.clone());
        };
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Ok(self.anonymous.clone());
        }
        if let Some(user) = self.tokens.get(token) {
            return Ok(user.clone());
        }
        issued(token).ok_or_else(StatusError::unauthorized)
    }

    /// The roles and bindings of the store, read anew if one of them has changed.
    pub(crate) fn policy(&self, store: &Store) -> Arc<Policy> {
        let mut policy = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
        match &*policy {
            Some(known) if known.is_current(store) => Arc::clone(known),
            _ => Arc::clone(policy.insert(Arc::new(Policy::read(store)))),
        }
    }

    /// Whether the user may do what the attributes say, and why or why not.
    pub(crate) fn decide(&self, store: &Store, user: &User, attributes: &Attributes) -> Decision {
        if user.is_in(User::MASTERS) {
            return Decision::allowed(String::new());
        }
        self.policy(store).decide(user, attributes)
    }

    /// # Errors
    /// 403 if the user may not do what the attributes say.
    pub(crate) fn require(
        &self,
        store: &Store,
        user: &User,
        attributes: &Attributes,
    ) -> Result<(), StatusError> {
        let decision = self.decide(store, user, attributes);
        if decision.allowed {
            return Ok(());
        }
        Err(attributes.forbidden(user, &decision.reason))
    }

    /// Whether the user may do what a request asks for.
    ///
    /// # Errors
    /// 403 if not.
    pub(crate) fn authorise(
        &self,
        store: &Store,
        user: &User,
        target: Option<&Target>,
        request: &Request,
    ) -> Result<(), StatusError> {
        if user.is_in(User::MASTERS) {
            return Ok(());
        }
        self.require(store, user, &Attributes::of(target, request))
    }
}
