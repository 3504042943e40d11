//! The file of static tokens: lines of `token,user,uid,"group1,group2"`.
//!
//! Source: `k8s.io/apiserver/pkg/authentication/token/tokenfile/tokenfile.go`.

use std::collections::BTreeMap;

use crate::apiserver::request::User;

/// Why a token file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFileError {
    /// A line has too few fields.
    #[error(
        "line {line} of the token file needs at least three fields (token, user name, uid), found {found}"
    )]
    TooFewFields {
        /// The number of the line.
        line: usize,
        /// How many fields it has.
        found: usize,
    },
    /// A quoted field does not end.
    #[error("line {line} of the token file has a quote that does not end")]
    OpenQuote {
        /// The number of the line.
        line: usize,
    },
}

/// Reads a token file. Lines with an empty token are passed over; a later line for a token replaces an earlier one.
pub(super) fn parse(file: &str) -> Result<BTreeMap<String, User>, TokenFileError> {
    let mut users = BTreeMap::new();
    for (index, line) in file.lines().enumerate() {
        let line_number = index + 1;
        if line.trim().is_empty() {
            continue;
        }
        let fields = fields(line).ok_or(TokenFileError::OpenQuote { line: line_number })?;
        let [token, name, uid, rest @ ..] = fields.as_slice() else {
            return Err(TokenFileError::TooFewFields {
                line: line_number,
                found: fields.len(),
            });
        };
        if token.is_empty() {
            continue;
        }
        // A group field that is there but empty is one group without a name.
        let groups = rest
            .first()
            .into_iter()
            .flat_map(|groups| groups.split(','))
            .chain(["system:authenticated"])
            .map(str::to_owned)
            .collect();
        let user = User {
            name: name.clone(),
            uid: uid.clone(),
            groups,
            ..User::default()
        };
        users.insert(token.clone(), user);
    }
    Ok(users)
}

/// The fields of one line of CSV; `None` if a quote does not end.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().expect("there is always a field");
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => fields.push(String::new()),
            (other, _) => field.push(other),
        }
    }
    (!quoted).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_their_groups() {
        let users =
            parse("admin-token,admin,1,system:masters\nalice-token,alice,2,\n\nt,bob,3\nu,eve,4,\"a,b\"\n")
                .expect("a good file");
        let groups = |token: &str| users[token].groups.join("|");
        assert_eq!(groups("admin-token"), "system:masters|system:authenticated");
        assert_eq!(groups("alice-token"), "|system:authenticated");
        assert_eq!(groups("t"), "system:authenticated");
        assert_eq!(groups("u"), "a|b|system:authenticated");
        assert_eq!((users["u"].name.as_str(), users["u"].uid.as_str()), ("eve", "4"));
    }

    #[test]
    fn bad_lines_are_named() {
        assert_eq!(
            parse("a,b,c\nd,e"),
            Err(TokenFileError::TooFewFields { line: 2, found: 2 })
        );
        assert_eq!(parse("a,b,c,\"d"), Err(TokenFileError::OpenQuote { line: 1 }));
    }
}
