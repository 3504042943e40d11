//! The body of a watch that goes wrong after some events.

use std::io;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use http_body::Frame;
use http_body_util::{BodyExt as _, BodyStream, StreamBody};

use super::{WatchFault, service::FaultyBody};
use crate::apiserver::status::StatusError;

/// The events of a watch, so many of them, and then the fault.
pub(super) fn faulty(events: FaultyBody, after: usize, fault: WatchFault) -> FaultyBody {
    let healthy = first_events(events, after);
    let end: futures::stream::BoxStream<'static, Result<Frame<Bytes>, io::Error>> = match fault {
        WatchFault::Ends => stream::empty().boxed(),
        WatchFault::Breaks => {
            let broken = io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by a test");
            stream::iter([Err(broken)]).boxed()
        }
        WatchFault::Expires => {
            let status = StatusError::expired("too old resource version: 1 (2)").body();
            let event = format!("{}\n", serde_json::json!({"type": "ERROR", "object": status}));
            stream::iter([Ok(Frame::data(Bytes::from(event)))]).boxed()
        }
        WatchFault::Stalls => stream::pending().boxed(),
    };
    StreamBody::new(healthy.chain(end)).boxed_unsync()
}

/// The first `count` events; an event is a line.
fn first_events(
    body: FaultyBody,
    count: usize,
) -> impl Stream<Item = Result<Frame<Bytes>, io::Error>> + Send {
    let frames = BodyStream::new(body);
    stream::unfold((frames, count), |(mut frames, left)| async move {
        if left == 0 {
            return None;
        }
        let frame = match frames.next().await? {
            Ok(frame) => frame,
            Err(error) => return Some((Err(error), (frames, 0))),
        };
        let Ok(data) = frame.into_data() else {
            return Some((Ok(Frame::data(Bytes::new())), (frames, left)));
        };
        let mut left = left;
        let mut end = data.len();
        for (index, byte) in data.iter().enumerate() {
            if *byte == b'\n' {
                left -= 1;
                if left == 0 {
                    end = index + 1;
                    break;
                }
            }
        }
        Some((Ok(Frame::data(data.slice(..end))), (frames, left)))
    })
}
