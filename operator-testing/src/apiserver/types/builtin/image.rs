//! The names of images.
//!
//! Source: `k8s.io/kubernetes/pkg/util/parsers/parsers.go`, `github.com/distribution/reference`.

/// How long a name may be without its tag.
const LONGEST: usize = 255;

/// The tag of an image: `latest` if it names neither a tag nor a digest, none if it is no valid name.
pub(super) fn tag(image: &str) -> Option<&str> {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    // a colon before the last slash belongs to a port
    let last = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match rest[last..].find(':') {
        Some(colon) => (&rest[..last + colon], Some(&rest[last + colon + 1..])),
        None => (rest, None),
    };
    let is_identifier = image.len() == 64 && image.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_identifier || !is_name(name) || !tag.is_none_or(is_tag) || !digest.is_none_or(is_digest) {
        return None;
    }
    match (tag, digest) {
        (None, None) => Some("latest"),
        (tag, _) => tag,
    }
}

/// A path, with a domain before it where its first part looks like one.
fn is_name(name: &str) -> bool {
    let looks_like_domain = |first: &str| {
        first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase())
    };
    let (domain, path) = match name.split_once('/') {
        Some((first, path)) if looks_like_domain(first) => (Some(first), path),
        _ => (None, name),
    };
    name.len() <= LONGEST && domain.is_none_or(is_domain) && path.split('/').all(is_path_part)
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let is_part = |part: &str| {
        let is_end = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        let is_inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        is_end(part.bytes().next()) && is_end(part.bytes().last()) && part.bytes().all(is_inner)
    };
    let is_address = |host: &str| {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        inner.is_some_and(|inner| {
            !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
        })
    };
    let is_number = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    (host.split('.').all(is_part) || is_address(host)) && port.is_none_or(is_number)
}

/// Small letters and digits with a dot, one or two underscores or any number of dashes between them.
fn is_path_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut separators = part.split(is_plain).filter(|text| !text.is_empty());
    part.starts_with(is_plain)
        && part.ends_with(is_plain)
        && separators.all(|text| matches!(text, "." | "_" | "__") || text.bytes().all(|b| b == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let starts = tag.bytes().next().is_some_and(is_word);
    starts && tag.len() <= 128 && tag.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

fn is_digest(digest: &str) -> bool {
    let Some((algorithm, digits)) = digest.split_once(':') else {
        return false;
    };
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    algorithm.split(['+', '.', '-', '_']).all(is_part)
        && digits.len() >= 32
        && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_without_a_tag_is_the_latest() {
        for (image, expected) in [
            ("nginx", Some("latest")),
            ("a/b", Some("latest")),
            ("registry:5000/a/b", Some("latest")),
            ("Host/a", Some("latest")),
            ("nginx:latest", Some("latest")),
            ("nginx:1", Some("1")),
            ("a__b--c.d:1", Some("1")),
        ] {
            assert_eq!(tag(image), expected, "{image}");
        }
        let digest = format!("a@sha256:{}", "0".repeat(64));
        assert_eq!(tag(&digest), None);
    }

    #[test]
    fn what_is_no_name_has_no_tag() {
        for image in [
            "",
            " ",
            "File",
            "Not Valid",
            "a/",
            "a___b",
            "a:",
            "a:b:c",
            "-a",
            "a@sha256:00",
            "é",
            ":1",
        ] {
            assert_eq!(tag(image), None, "{image}");
        }
    }
}
