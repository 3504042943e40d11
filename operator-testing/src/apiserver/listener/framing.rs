//! Where the requests of an HTTP/1 connection begin, so that their targets can be put into a form that the HTTP library takes.
//!
//! A real server takes targets with characters that a URL may not hold as they are (`fieldSelector=a<b`); the library refuses such
//! requests before anybody here sees them. What these characters stand for does not change when they are escaped.
//!
//! Source: `net/http` and `net/url` of Go; RFC 9112 for where a body ends.

use std::mem;

use percent_encoding::AsciiSet;

use super::HEAD_LIMIT;

/// How an HTTP/2 connection begins.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";

/// How many headers the library takes.
const MAX_HEADERS: usize = 100;

/// The characters that the library refuses in a target; of what is not ASCII none is taken either.
const REFUSED: &AsciiSet = &AsciiSet::EMPTY.add(b'"').add(b'#').add(b'<').add(b'>').add(b'`');

/// A connection's state between two pieces of what a client sends.
#[derive(Debug, Default)]
pub(super) struct Framing {
    part: Part,
    /// What is known of a head, or of a line inside a chunked body, that is not whole yet.
    begun: Vec<u8>,
}

/// The part of the conversation that comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    /// The line of a request and its headers.
    #[default]
    Head,
    /// So many bytes of a body.
    Body(u64),
    /// The line that tells the size of a chunk.
    ChunkSize,
    /// So many bytes of a chunk and what ends it.
    Chunk(u64),
    /// The lines after the last chunk.
    Trailer,
    /// What is not looked at any more: HTTP/2, another protocol, or no HTTP at all.
    Opaque,
}

impl Framing {
    /// Takes a piece of what the client sends; appends to `output` what may be read of it.
    pub(super) fn push(&mut self, mut input: &[u8], output: &mut Vec<u8>) {
        while !input.is_empty() {
            input = match self.part {
                Part::Head => self.head(input, output),
                Part::Body(left) => self.pass(input, left, Part::Head, Part::Body, output),
                Part::Chunk(left) => self.pass(input, left, Part::ChunkSize, Part::Chunk, output),
                Part::ChunkSize | Part::Trailer => self.line(input, output),
                Part::Opaque => {
                    output.extend_from_slice(input);
                    &[]
                }
            };
        }
    }

    /// The client sends nothing more: appends what was held back.
    pub(super) fn finish(&mut self, output: &mut Vec<u8>) {
        if self.part == Part::Head {
            output.append(&mut self.begun);
        }
    }

    /// Passes bytes on until so many have come; what is left of the input.
    fn pass<'a>(
        &mut self,
        input: &'a [u8],
        left: u64,
        after: Part,
        before: fn(u64) -> Part,
        output: &mut Vec<u8>,
    ) -> &'a [u8] {
        let count = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let (passed, rest) = input.split_at(count);
        output.extend_from_slice(passed);
        let left = left - count as u64;
        self.part = if left == 0 { after } else { before(left) };
        rest
    }

    /// Passes a line of a chunked body on, and finds out what comes after it.
    fn line<'a>(&mut self, input: &'a [u8], output: &mut Vec<u8>) -> &'a [u8] {
        let end = input.iter().position(|byte| *byte == b'\n');
        let (passed, rest) = input.split_at(end.map_or(input.len(), |end| end + 1));
        output.extend_from_slice(passed);
        self.begun.extend_from_slice(passed);
        if end.is_some() {
            let line = mem::take(&mut self.begun);
            self.part = match self.part {
                Part::Trailer if line.trim_ascii().is_empty() => Part::Head,
                Part::Trailer => Part::Trailer,
                _ => match chunk_size(&line) {
                    Some(0) => Part::Trailer,
                    // a line ends every chunk
                    Some(size) => Part::Chunk(size.saturating_add(2)),
                    None => Part::Opaque,
                },
            };
        } else if self.begun.len() > HEAD_LIMIT {
            self.part = Part::Opaque;
        }
        rest
    }

    /// Holds a head back until it is whole.
    fn head<'a>(&mut self, input: &'a [u8], output: &mut Vec<u8>) -> &'a [u8] {
        // what was looked at before need not be looked at again, but for the line that may be ending
        let seen = self.begun.len();
        let from = seen.saturating_sub(2);
        self.begun.extend_from_slice(input);
        let Some(end) = end_of_head(&self.begun, from) else {
            if self.begun.starts_with(PREFACE) || self.begun.len() > HEAD_LIMIT {
                self.part = Part::Opaque;
                output.append(&mut self.begun);
            }
            return &[];
        };
        let start = output.len();
        escape_target(&self.begun[..end], output);
        self.part = after_head(&output[start..]);
        self.begun.clear();
        &input[end - seen..]
    }
}

/// Where the empty line after the headers ends.
fn end_of_head(head: &[u8], from: usize) -> Option<usize> {
    // empty lines before a request are none of it
    let begin = head.iter().position(|byte| !matches!(byte, b'\r' | b'\n'))?;
    (from.max(begin)..head.len()).find_map(|at| match head[at..] {
        [b'\n', b'\n', ..] => Some(at + 2),
        [b'\n', b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// Appends a head whose target holds nothing that the library refuses.
fn escape_target(head: &[u8], output: &mut Vec<u8>) {
    let line = head.iter().position(|byte| *byte == b'\n').unwrap_or(head.len());
    let mut spaces = (0..line).filter(|at| head[*at] == b' ');
    let (begin, end) = match (spaces.next(), spaces.next()) {
        (Some(begin), Some(end)) => (begin + 1, end),
        _ => (0, 0),
    };
    output.extend_from_slice(&head[..begin]);
    for part in percent_encoding::percent_encode(&head[begin..end], REFUSED) {
        output.extend_from_slice(part.as_bytes());
    }
    output.extend_from_slice(&head[end..]);
}

/// What comes after a head.
fn after_head(head: &[u8]) -> Part {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    if request.parse(head).is_err() {
        return Part::Opaque;
    }
    let values = |name: &'static str| {
        let named = request
            .headers
            .iter()
            .filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| header.value.trim_ascii())
    };
    if values("upgrade").next().is_some() || request.method == Some("CONNECT") {
        return Part::Opaque;
    }
    if values("transfer-encoding").any(|value| value.to_ascii_lowercase().ends_with(b"chunked")) {
        return Part::ChunkSize;
    }
    let length = values("content-length")
        .next()
        .map(|value| str::from_utf8(value).ok()?.parse().ok());
    match length {
        None | Some(Some(0)) => Part::Head,
        Some(Some(length)) => Part::Body(length),
        Some(None) => Part::Opaque,
    }
}

/// The size in the line that begins a chunk.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    u64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes out of a stream that comes in pieces of such lengths.
    fn read(stream: &[u8], mut lengths: impl Iterator<Item = usize>) -> Vec<u8> {
        let (mut framing, mut output, mut rest) = (Framing::default(), Vec::new(), stream);
        while !rest.is_empty() {
            let length = lengths.next().unwrap_or(rest.len()).clamp(1, rest.len());
            let (piece, after) = rest.split_at(length);
            framing.push(piece, &mut output);
            rest = after;
        }
        framing.finish(&mut output);
        output
    }

    #[track_caller]
    fn becomes(stream: &str, expected: &str) {
        let output = read(stream.as_bytes(), std::iter::empty());
        assert_eq!(String::from_utf8_lossy(&output), expected);
    }

    #[test]
    fn targets_are_escaped_and_nothing_else() {
        becomes(
            "GET /a?f=a<b,\"c\"#%3E&ü HTTP/1.1\r\nX: <\"\r\n\r\n",
            "GET /a?f=a%3Cb,%22c%22%23%3E&%C3%BC HTTP/1.1\r\nX: <\"\r\n\r\n",
        );
        becomes("\r\nGET /<\n\n", "\r\nGET /<\n\n");
        becomes("GET /< HTTP/1.1\nA: b\n\nGET", "GET /%3C HTTP/1.1\nA: b\n\nGET");
    }

    #[test]
    fn bodies_are_left_alone_however_they_end() {
        becomes(
            "POST /< HTTP/1.1\r\nContent-Length: 9\r\n\r\nGET /< \r\nGET /< HTTP/1.1\r\n\r\n",
            "POST /%3C HTTP/1.1\r\nContent-Length: 9\r\n\r\nGET /< \r\nGET /%3C HTTP/1.1\r\n\r\n",
        );
        becomes(
            "POST /< HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n<<<\r\n0\r\nT: <\r\n\r\nGET /< HTTP/1.1\r\n\r\n",
            "POST /%3C HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n<<<\r\n0\r\nT: <\r\n\r\nGET /%3C HTTP/1.1\r\n\r\n",
        );
    }

    #[test]
    fn what_is_no_http_1_passes() {
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0<";
        becomes(preface, preface);
        let upgrade = "GET /x HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\nGET /< HTTP/1.1\r\n\r\n";
        becomes(upgrade, upgrade);
        let nonsense = "no\u{1}thing \u{1} at all\r\n\r\nGET /< HTTP/1.1\r\n\r\n";
        becomes(nonsense, nonsense);
        let endless = vec![b'x'; HEAD_LIMIT + 2];
        assert_eq!(read(&endless, std::iter::repeat(4096)), endless);
    }

    /// A request with what should become of it.
    fn a_request() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
        let target = proptest::collection::vec(prop::sample::select(b"ab/?&=<>\"#%+".to_vec()), 0..12);
        let body = proptest::collection::vec(any::<u8>(), 0..40);
        (target, body, any::<bool>()).prop_map(|(target, body, chunked)| {
            let mut escaped = Vec::new();
            escape_target(&[b"GET /", &target[..], b" HTTP/1.1\r\n"].concat(), &mut escaped);
            let tail = if chunked {
                let mut tail = b"Transfer-Encoding: chunked\r\n\r\n".to_vec();
                for chunk in body.chunks(7) {
                    tail.extend(format!("{:x}\r\n", chunk.len()).bytes());
                    tail.extend(chunk);
                    tail.extend(b"\r\n");
                }
                tail.extend(b"0\r\n\r\n");
                tail
            } else {
                let mut tail = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
                tail.extend(body);
                tail
            };
            let plain = [b"GET /", &target[..], b" HTTP/1.1\r\n", &tail].concat();
            (plain, [escaped, tail].concat())
        })
    }

    proptest! {
        #[test]
        fn requests_come_out_alike_however_they_are_cut(
            requests in proptest::collection::vec(a_request(), 1..5),
            lengths in proptest::collection::vec(1_usize..20, 0..60),
        ) {
            let (plain, escaped): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
            let output = read(&plain.concat(), lengths.into_iter());
            prop_assert_eq!(output, escaped.concat());
        }
    }
}
