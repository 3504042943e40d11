//! Watches what a person wants to see: the table of databases, and the events.

use std::time::Duration;

use futures::{AsyncBufReadExt, Stream, StreamExt, TryStreamExt, stream};
use http::{Request, header};
use k8s_openapi::api::events::v1::Event;
use kube::{
    Client, Resource,
    runtime::{WatchStreamExt, watcher},
};
use operator_core::clock::Clock;
use serde::Deserialize;

use super::table::Table;
use crate::api::Database;

/// Something that a person wants to see.
#[derive(Debug)]
pub(super) enum Sighting {
    /// Rows of the table of databases, as the server renders them.
    Table(Table),
    /// A database as it is now.
    Database(Box<Database>),
    /// An event.
    Event(Box<Event>),
}

const AS_TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";
/// How long to wait before a watch that ended is opened again.
const REOPEN: Duration = Duration::from_secs(1);

/// Everything there is to see from now on. It ends only when it is dropped.
pub(super) fn sightings(client: &Client, clock: &Clock) -> impl Stream<Item = Sighting> + Send + use<> {
    let events = watcher(
        kube::Api::<Event>::all(client.clone()),
        watcher::Config::default(),
    )
    .applied_objects()
    .filter_map(|event| async { event.ok().map(|event| Sighting::Event(Box::new(event))) });
    let databases = watcher(
        kube::Api::<Database>::all(client.clone()),
        watcher::Config::default(),
    )
    .applied_objects()
    .filter_map(|database| async {
        database
            .ok()
            .map(|database| Sighting::Database(Box::new(database)))
    });
    stream::select_all([
        tables(client.clone(), clock.clone()),
        databases.boxed(),
        events.boxed(),
    ])
}

fn tables(client: Client, clock: Clock) -> stream::BoxStream<'static, Sighting> {
    stream::unfold(true, move |first| {
        let (client, clock) = (client.clone(), clock.clone());
        async move {
            if !first {
                clock.sleep(REOPEN).await;
            }
            // A watch that cannot be opened is tried again: it is only for show.
            let rows = watch_tables(&client)
                .await
                .map_or_else(|_| stream::empty().boxed(), StreamExt::boxed);
            Some((rows, false))
        }
    })
    .flatten()
    .boxed()
}

async fn watch_tables(client: &Client) -> Result<impl Stream<Item = Sighting> + Send + use<>, kube::Error> {
    let uri = format!("{}?watch=true", Database::url_path(&(), None));
    let request = Request::get(uri)
        .header(header::ACCEPT, AS_TABLE)
        .body(Vec::new())
        .map_err(kube::Error::HttpError)?;
    let lines = client.request_stream(request).await?.lines();
    Ok(lines
        .try_filter_map(|line| async move { Ok(rows(&line)) })
        .take_while(|row| {
            let going_on = row.is_ok();
            async move { going_on }
        })
        .filter_map(|row| async { row.ok() }))
}

fn rows(line: &str) -> Option<Sighting> {
    #[derive(Deserialize)]
    struct WatchEvent {
        object: Table,
    }
    serde_json::from_str::<WatchEvent>(line)
        .ok()
        .map(|event| Sighting::Table(event.object))
}
