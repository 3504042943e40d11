//! Creates with many requests in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use operator_benches::{Outcome, Process, objects};

use crate::connection::{Connection, MAPS};
use crate::row;

const IN_FLIGHT: usize = 64;

/// Creates so many ConfigMaps and prints throughput, CPU time and memory.
pub(crate) async fn measure(server: &Process, address: &str, creates: usize) -> Outcome {
    let (resident, cpu) = (server.resident_megabytes()?, server.cpu()?);
    let (wall, sent) = fill(address, "default", creates).await?;
    let cpu = server.cpu()? - cpu;
    let kept = server.resident_megabytes()? - resident;
    let per_create = |amount: f64| amount / creates as f64;
    row(
        &format!("creates, {IN_FLIGHT} in flight"),
        &format!("{:.0}/s", creates as f64 / wall.as_secs_f64()),
    )?;
    row(
        "CPU time of the server for one of them",
        &format!("{:.1} µs", per_create(cpu.as_secs_f64() * 1e6)),
    )?;
    let mut connection = Connection::open(address).await?;
    let stored = connection
        .get(&format!("{MAPS}/{}", objects::name(0)))
        .await?
        .len();
    let memory = per_create(kept * 1024.0 * 1024.0);
    row(
        "memory for a stored ConfigMap",
        &format!(
            "{memory:.0} bytes, {:.2} times its JSON of {stored} bytes ({} sent)",
            memory / stored as f64,
            sent / creates
        ),
    )
}

/// Creates ConfigMaps in a namespace; the answer is how long it took, and how many bytes were sent.
pub(crate) async fn fill(address: &str, namespace: &str, count: usize) -> Outcome<(Duration, usize)> {
    let mut connection = Connection::open(address).await?;
    if namespace != "default" {
        let body = format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{namespace}"}}}}"#);
        connection.call("POST", "/api/v1/namespaces", body.into()).await?;
    }
    let bodies: Arc<Vec<Bytes>> = Arc::new(
        (0..count)
            .map(|number| objects::config_map(number).to_string().into())
            .collect(),
    );
    let path: Arc<str> = MAPS.replace("default", namespace).into();
    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = Vec::new();
    for _ in 0..IN_FLIGHT {
        connections.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let (bodies, path, next) = (Arc::clone(&bodies), Arc::clone(&path), Arc::clone(&next));
            tokio::spawn(async move {
                while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    connection.call("POST", &path, body.clone()).await?;
                }
                Outcome::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok((began.elapsed(), bodies.iter().map(Bytes::len).sum()))
}
