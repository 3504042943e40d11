//! Many watches of one collection: how soon each sees a write.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use operator_benches::{Outcome, objects};
use tokio::sync::mpsc;

use crate::connection::{Connection, MAPS};
use crate::row;

/// Opens the watches, writes one object after the other, and prints how long after the write began the last one saw it.
pub(crate) async fn measure(address: &str, watchers: usize, rounds: usize) -> Outcome {
    let (seen, mut sightings) = mpsc::unbounded_channel();
    let mut writer = Connection::open(address).await?;
    let list: serde_json::Value = serde_json::from_slice(&writer.get(MAPS).await?)?;
    let revision = list["metadata"]["resourceVersion"]
        .as_str()
        .ok_or("a list without a version")?;
    let path = format!("{MAPS}?watch=true&resourceVersion={revision}");
    for _ in 0..watchers {
        let mut connection = Connection::open(address).await?;
        let events = connection.send("GET", &path, Bytes::new()).await?;
        let seen = seen.clone();
        // the connection lives as long as its watch
        tokio::spawn(async move {
            let followed = follow(events, &seen).await;
            drop(connection);
            followed
        });
    }
    let (mut best, mut middle) = (Duration::MAX, Duration::MAX);
    for number in 0..rounds {
        let body = Bytes::from(objects::config_map(number).to_string());
        let began = Instant::now();
        writer.call("POST", MAPS, body).await?;
        let mut latencies = Vec::with_capacity(watchers);
        for _ in 0..watchers {
            let at = sightings.recv().await.ok_or("a watch has ended")?;
            latencies.push(at.saturating_duration_since(began));
        }
        latencies.sort_unstable();
        best = best.min(latencies[watchers - 1]);
        middle = middle.min(latencies[watchers / 2]);
    }
    row(
        &format!("a write as seen by {watchers} watchers"),
        &format!(
            "the last one after {:.1} ms, half of them after {:.1} ms",
            best.as_secs_f64() * 1e3,
            middle.as_secs_f64() * 1e3
        ),
    )
}

/// Tells when each event ends, which a line feed does.
async fn follow(mut events: Incoming, seen: &mpsc::UnboundedSender<Instant>) -> Outcome {
    while let Some(frame) = events.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        for _ in data.iter().filter(|byte| **byte == b'\n') {
            seen.send(Instant::now())?;
        }
    }
    Ok(())
}
