//! Who is asking, and whether they may.

use std::collections::BTreeMap;

use super::{
    request::{Request, User},
    status::StatusError,
};

/// How clients are known and what they may do.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    tokens: BTreeMap<String, User>,
    anonymous: User,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            tokens: BTreeMap::new(),
            anonymous: User::admin(),
        }
    }
}

impl Access {
    /// Lets a bearer token stand for a user.
    pub(crate) fn add_token(&mut self, token: &str, user: User) {
        self.tokens.insert(token.to_owned(), user);
    }

    /// Who a client without credentials is.
    pub(crate) fn set_anonymous(&mut self, user: User) {
        self.anonymous = user;
    }

    /// Who is asking.
    ///
    /// # Errors
    /// 401 for credentials that nobody has.
    pub(crate) fn authenticate(&self, request: &Request) -> Result<User, StatusError> {
        if let Some(user) = &request.user {
            return Ok(user.clone());
        }
        let Some(header) = request.header(http::header::AUTHORIZATION) else {
            return Ok(self.anonymous.clone());
        };
        header
            .strip_prefix("Bearer ")
            .and_then(|token| self.tokens.get(token.trim()))
            .cloned()
            .ok_or_else(StatusError::unauthorized)
    }
}
