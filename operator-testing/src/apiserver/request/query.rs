//! Query parameters.

use percent_encoding::percent_decode_str;

/// The parameters of a query, decoded, in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes `a=1&b=2`. Parameters that cannot be decoded, or that hold a semicolon, are left out, as a real server does.
    pub fn parse(query: &str) -> Self {
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.contains(';'));
        let decode = |pair| {
            let (name, value) = str::split_once(pair, '=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        };
        Self(pairs.filter_map(decode).collect())
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first value of a parameter; empty if it is missing.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let name = name.to_owned();
        self.0
            .iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }

    /// A flag as a real server reads it: there and not `0` or `false`.
    ///
    /// Source: `k8s.io/apimachinery/pkg/runtime/conversion.go`.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// Adds a parameter.
    pub fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }
}

/// A text as it is meant; `None` if it cannot be decoded.
fn decoded(text: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return Some(text.to_owned());
    }
    let plain = text.replace('+', " ");
    is_encoded_well(text).then(|| percent_decode_str(&plain).decode_utf8_lossy().into_owned())
}

/// Whether every percent sign is followed by two digits.
pub(super) fn is_encoded_well(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits = after.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn parameters_that_cannot_be_decoded_are_left_out() {
        let query = Query::parse("a=1+2%2b&&%62=&c&d=%zz&%=x&e=%4&f=1;g=2&h=%41");
        let found = ["a", "b", "c", "d", "%", "e", "f", "g", "h"].map(|name| query.get(name));
        assert_eq!(
            found,
            [
                Some("1 2+"),
                Some(""),
                Some(""),
                None,
                None,
                None,
                None,
                None,
                Some("A")
            ]
        );
    }

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse("labelSelector=a%3Db+in&watch=&x&limit=5");
        assert_eq!(query.get("labelSelector"), Some("a=b in"));
        assert_eq!(query.get("x"), Some(""));
        assert_eq!(query.get("limit"), Some("5"));
        assert!(query.flag("watch"));
        assert!(!query.flag("absent"));
    }
}
