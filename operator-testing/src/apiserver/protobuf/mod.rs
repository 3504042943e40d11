//! Objects in protobuf, which kubectl and Go's typed clients send for built-in kinds.
//!
//! A body is an envelope with kind and version around a message. How the messages look is a committed table, derived from the
//! field tags of the real types; decoding yields the JSON that the same client would have sent instead.
//!
//! Source: `k8s.io/apimachinery/pkg/runtime/serializer/protobuf`.

mod decode;
mod table;
mod wire;

pub(crate) use decode::decode;
