//! URLs as Go's library reads them.
//!
//! Source: `net/url/url.go` of Go.

use std::net::Ipv6Addr;

/// The parts of a URL that rules look at.
#[derive(Debug, Default, PartialEq)]
pub(in crate::apiserver::types) struct Url {
    pub(in crate::apiserver::types) scheme: String,
    /// What stands before the `@`, if there is one.
    pub(in crate::apiserver::types) user: Option<String>,
    pub(in crate::apiserver::types) host: String,
    pub(in crate::apiserver::types) query: String,
    pub(in crate::apiserver::types) fragment: String,
}

impl Url {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// Go's words for what is wrong with it.
    pub(in crate::apiserver::types) fn parse(text: &str) -> Result<Self, String> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let failed = |text: &str, why: String| format!("parse {text:?}: {why}");
        let mut url = Self::without_fragment(before).map_err(|why| failed(before, why))?;
        check_escapes(fragment, Part::Any).map_err(|why| failed(text, why))?;
        url.fragment = fragment.to_owned();
        Ok(url)
    }

    fn without_fragment(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == "*" {
            return Ok(url);
        }
        let (scheme, rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        query.clone_into(&mut url.query);
        if !rest.starts_with('/') {
            if !scheme.is_empty() {
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|first| first.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let mut path = rest;
        let may_have_host = !scheme.is_empty() || !rest.starts_with("///");
        if let Some(rest) = rest.strip_prefix("//").filter(|_| may_have_host) {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, after) = rest.split_at(end);
            (url.user, url.host) = split_authority(&url.scheme, authority)?;
            path = after;
        }
        check_escapes(path, Part::Any)?;
        Ok(url)
    }
}

/// What stands before the first colon, if it can be a scheme.
fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

fn split_authority(scheme: &str, authority: &str) -> Result<(Option<String>, String), String> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    check_host(scheme, host)?;
    if let Some(user) = user {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(allowed) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        check_escapes(user, Part::Any)?;
    }
    Ok((user.map(str::to_owned), host.to_owned()))
}

fn check_host(scheme: &str, host: &str) -> Result<(), String> {
    match host.rfind('[') {
        Some(0) => {
            let Some(end) = host.rfind(']') else {
                return Err("missing ']' in host".to_owned());
            };
            check_port(&host[end + 1..])?;
            check_escapes(&host[1..end], Part::Host)?;
            let address = host[1..end].split("%25").next().unwrap_or_default();
            match address.parse::<Ipv6Addr>() {
                Ok(_) => Ok(()),
                Err(_) => Err(format!(
                    "invalid host: ParseAddr({address:?}): unable to parse IP"
                )),
            }
        }
        Some(_) => Err("invalid IP-literal".to_owned()),
        None => {
            // only a host of the web has one colon at most
            let is_strict = matches!(scheme, "http" | "https");
            let colon = if is_strict {
                host.find(':')
            } else {
                host.rfind(':')
            };
            check_port(colon.map_or("", |colon| &host[colon..]))?;
            check_escapes(host, Part::Host)
        }
    }
}

fn check_port(port: &str) -> Result<(), String> {
    let digits = port.strip_prefix(':').unwrap_or(port);
    let is_port =
        port.is_empty() || port.starts_with(':') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_port {
        Ok(())
    } else {
        Err(format!("invalid port {port:?} after host"))
    }
}

/// What may be escaped in a part of a URL, and what must be.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Host,
    Any,
}

fn check_escapes(text: &str, part: Part) -> Result<(), String> {
    let wrong = |at: usize| {
        let shown: String = text[at..].chars().take(3).collect();
        format!("invalid URL escape {shown:?}")
    };
    for (at, c) in text.char_indices() {
        if c == '%' {
            let digits = text.as_bytes().get(at + 1..at + 3);
            let Some(digits) = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit)) else {
                return Err(wrong(at));
            };
            // a host is escaped where it is beyond ASCII, or begins a zone
            if part == Part::Host && digits[0] < b'8' && digits != b"25" {
                return Err(wrong(at));
            }
        } else if part == Part::Host
            && c.is_ascii()
            && !c.is_ascii_alphanumeric()
            && !"-_.~!\"$&'()*+,;=:[]<>".contains(c)
        {
            return Err(format!("invalid character {:?} in host name", c.to_string()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let url = Url::parse("HTTPS://u:p@h.example.com:8443/x?y#z");
        let expected = Url {
            scheme: "https".into(),
            user: Some("u:p".into()),
            host: "h.example.com:8443".into(),
            query: "y".into(),
            fragment: "z".into(),
        };
        assert_eq!(url, Ok(expected));
        for text in ["", "a/b:c", "https:opaque", "*", "../x", "///x", "https:///x"] {
            let host = Url::parse(text).map(|url| url.host);
            assert_eq!(host.as_deref(), Ok(""), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_told_in_go_s_words() {
        for (text, why) in [
            ("https://[::1", "missing ']' in host"),
            (":foo", "missing protocol scheme"),
            ("https://h/%zz", "invalid URL escape \"%zz\""),
            ("https://h:x/p", "invalid port \":x\" after host"),
            ("https://h:1:2", "invalid port \":1:2\" after host"),
            ("1:2", "first path segment in URL cannot contain colon"),
            ("https://h ost/", "invalid character \" \" in host name"),
            ("https://u/r@h\u{1}", "net/url: invalid control character in URL"),
        ] {
            assert_eq!(Url::parse(text), Err(format!("parse {text:?}: {why}")));
        }
    }
}
