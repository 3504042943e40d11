//! From protobuf to JSON.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    table::{Field, Kind, MESSAGES},
    wire::{Content, Fields, ProtobufError},
};

const MAGIC: &[u8] = b"k8s\0";

/// The object in a body, with its kind and version.
///
/// # Errors
/// The body is no envelope, the kind in it is unknown, or the message does not fit the kind.
pub(crate) fn decode(body: &[u8]) -> Result<Value, ProtobufError> {
    let envelope = body.strip_prefix(MAGIC).ok_or(ProtobufError::NoEnvelope)?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Fields::of(envelope) {
        match field? {
            (1, type_meta) => {
                for field in Fields::of(type_meta.bytes()?) {
                    match field? {
                        (1, text) => text.text()?.clone_into(&mut api_version),
                        (2, text) => text.text()?.clone_into(&mut kind),
                        _ => {}
                    }
                }
            }
            (2, content) => raw = content.bytes()?,
            _ => {}
        }
    }
    let Some(line) = MESSAGES.line_of(&api_version, &kind) else {
        return Err(ProtobufError::UnknownKind { kind, api_version });
    };
    let mut object = Map::new();
    object.insert("kind".into(), kind.into());
    object.insert("apiVersion".into(), api_version.into());
    message(line, raw, &mut object)?;
    Ok(object.into())
}

/// Adds the fields of a message to an object.
fn message(line: usize, bytes: &[u8], object: &mut Map<String, Value>) -> Result<(), ProtobufError> {
    let message = MESSAGES.message(line);
    for entry in Fields::of(bytes) {
        let (number, content) = entry?;
        let Some(field) = message.fields.iter().find(|field| field.number == number) else {
            continue;
        };
        add(field, content, object)?;
    }
    Ok(())
}

fn add(field: &Field, content: Content<'_>, object: &mut Map<String, Value>) -> Result<(), ProtobufError> {
    match &field.kind {
        Kind::Message(line) if field.name.is_empty() => return message(*line, content.bytes()?, object),
        Kind::List(kind) => {
            let list = object
                .entry(field.name)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(items) = list {
                items.push(value(kind, content)?);
            }
        }
        Kind::Map(kind) => {
            let (key, value) = entry(kind, content)?;
            let map = object
                .entry(field.name)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(entries) = map {
                entries.insert(key, value);
            }
        }
        kind => {
            let value = value(kind, content)?;
            if field.zero || !is_zero(&value) {
                object.insert(field.name.into(), value);
            }
        }
    }
    Ok(())
}

/// Whether Go's JSON would leave the value out of a field that may be left out; structs are always written.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) => false,
    }
}

fn entry(kind: &Kind, content: Content<'_>) -> Result<(String, Value), ProtobufError> {
    let (mut key, mut found) = (String::new(), None);
    for field in Fields::of(content.bytes()?) {
        match field? {
            (1, text) => text.text()?.clone_into(&mut key),
            (2, content) => found = Some(value(kind, content)?),
            _ => {}
        }
    }
    let value = match found {
        Some(value) => value,
        None => value(kind, Content::Bytes(&[]))?,
    };
    Ok((key, value))
}

fn value(kind: &Kind, content: Content<'_>) -> Result<Value, ProtobufError> {
    Ok(match kind {
        Kind::Text => content.text()?.into(),
        Kind::Whole => whole(content.number()?).into(),
        Kind::Boolean => (content.number()? != 0).into(),
        Kind::Fraction => match content {
            Content::Fixed(bits) => f64::from_bits(bits).into(),
            _ => return Err(ProtobufError::WireType(0)),
        },
        Kind::Bytes => STANDARD.encode(content.bytes()?).into(),
        Kind::Time => time(content.bytes()?, "%Y-%m-%dT%H:%M:%SZ")?,
        Kind::MicroTime => time(content.bytes()?, "%Y-%m-%dT%H:%M:%S%.6fZ")?,
        Kind::Quantity => match first(content.bytes()?)? {
            Some(text) => text.text()?.into(),
            None => "0".into(),
        },
        Kind::NumberOrText => number_or_text(content.bytes()?)?,
        Kind::Anything | Kind::FieldSet => match first(content.bytes()?)? {
            Some(raw) => serde_json::from_slice(raw.bytes()?).unwrap_or_default(),
            None => Value::Null,
        },
        Kind::Texts => {
            let items = Fields::of(content.bytes()?).map(|field| field?.1.text().map(Value::from));
            items.collect::<Result<_, _>>()?
        }
        Kind::Message(line) => {
            let mut object = Map::new();
            message(*line, content.bytes()?, &mut object)?;
            object.into()
        }
        // lists and maps do not stand within lists and maps
        Kind::List(_) | Kind::Map(_) => Value::Null,
    })
}

/// A number in two's complement.
fn whole(number: u64) -> i64 {
    number.cast_signed()
}

/// The content of field one, which is all that some messages have.
fn first(bytes: &[u8]) -> Result<Option<Content<'_>>, ProtobufError> {
    for field in Fields::of(bytes) {
        if let (1, content) = field? {
            return Ok(Some(content));
        }
    }
    Ok(None)
}

fn time(bytes: &[u8], format: &str) -> Result<Value, ProtobufError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields::of(bytes) {
        match field? {
            (1, content) => seconds = whole(content.number()?),
            (2, content) => nanos = whole(content.number()?),
            _ => {}
        }
    }
    let nanos = i32::try_from(nanos).map_err(|_| ProtobufError::Time)?;
    let time = Timestamp::new(seconds, nanos).map_err(|_| ProtobufError::Time)?;
    Ok(time.strftime(format).to_string().into())
}

fn number_or_text(bytes: &[u8]) -> Result<Value, ProtobufError> {
    let (mut is_text, mut number, mut text) = (false, 0, "");
    for field in Fields::of(bytes) {
        match field? {
            (1, content) => is_text = content.number()? != 0,
            (2, content) => number = whole(content.number()?),
            (3, content) => text = content.text()?,
            _ => {}
        }
    }
    Ok(if is_text { text.into() } else { number.into() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).expect("short")];
        bytes.extend_from_slice(content);
        bytes
    }

    fn envelope(api_version: &str, kind: &str, raw: &[u8]) -> Vec<u8> {
        let type_meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
        [MAGIC.to_vec(), field(1, &type_meta), field(2, raw)].concat()
    }

    #[test]
    fn a_config_map_reads_as_its_json() {
        let metadata = [
            field(1, b"a"),
            field(2, b""),
            field(8, b""),
            field(11, &[field(1, b"k"), field(2, b"v")].concat()),
        ]
        .concat();
        let data = [field(1, b"x"), field(2, b"y")].concat();
        let binary = [field(1, b"z"), field(2, &[1, 2])].concat();
        let body = envelope(
            "v1",
            "ConfigMap",
            &[field(1, &metadata), field(2, &data), field(3, &binary)].concat(),
        );
        assert_eq!(
            decode(&body),
            Ok(
                json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a", "labels": {"k": "v"}},
                "data": {"x": "y"}, "binaryData": {"z": "AQI="}})
            )
        );
    }

    #[test]
    fn zeros_that_were_set_stay() {
        // replicas is a pointer, minReadySeconds is not
        let spec = [vec![1 << 3, 0], vec![5 << 3, 0]].concat();
        let body = envelope("apps/v1", "Deployment", &field(2, &spec));
        let deployment = decode(&body).expect("a deployment");
        assert_eq!(deployment["spec"], json!({"replicas": 0}));
    }

    #[test]
    fn times_numbers_and_inlined_messages_have_their_own_forms() {
        let lease = [field(4, &[8, 0x80, 0x9b, 0x9e, 0xcb, 6, 0x10, 0xc0, 0x84, 0x3d])].concat();
        let body = envelope("coordination.k8s.io/v1", "Lease", &field(2, &lease));
        let renewed = decode(&body).expect("a lease")["spec"]["renewTime"].clone();
        let renewed = renewed.as_str().expect("a time");
        assert!(renewed.ends_with(".001000Z"), "{renewed}");
        let port = [field(4, &[8, 1, 0x1a, 3, b'w', b'e', b'b'])].concat();
        let body = envelope("v1", "Service", &field(2, &field(1, &port)));
        assert_eq!(
            decode(&body).expect("a service")["spec"]["ports"][0]["targetPort"],
            "web"
        );
        let empty_dir = [field(1, b"v"), field(2, &field(2, b""))].concat();
        let body = envelope("v1", "Pod", &field(2, &field(1, &empty_dir)));
        assert_eq!(
            decode(&body).expect("a pod")["spec"]["volumes"],
            json!([{"name": "v", "emptyDir": {}}])
        );
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert_eq!(decode(b"{}"), Err(ProtobufError::NoEnvelope));
        assert_eq!(decode(b"k8s\0\x0a\x05"), Err(ProtobufError::Truncated));
        let body = envelope("v1", "Nonsense", b"");
        assert!(matches!(decode(&body), Err(ProtobufError::UnknownKind { .. })));
        let body = envelope("v1", "ConfigMap", &[8, 1]);
        assert_eq!(decode(&body), Err(ProtobufError::WireType(0)));
    }
}
