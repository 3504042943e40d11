//! What both sides do, through `kube::Api`. The same file is compiled against the kube of either side.

use std::{collections::BTreeMap, time::Instant};

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Client,
    api::{ListParams, PostParams},
};

/// How many objects the command line asks for.
pub(crate) fn count() -> Result<usize, Box<dyn std::error::Error>> {
    Ok(std::env::args().nth(1).map_or(Ok(2_000), |count| count.parse())?)
}

/// Creates so many ConfigMaps, gets each and lists all; prints what one of each costs, as a row of a table.
pub(crate) async fn run(side: &str, client: Client, count: usize) -> Result<(), Box<dyn std::error::Error>> {
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");
    let objects: Vec<_> = (0..count).map(config_map).collect();
    let start = Instant::now();
    for object in &objects {
        maps.create(&PostParams::default(), object).await?;
    }
    let created = start.elapsed();
    let start = Instant::now();
    for number in 0..count {
        maps.get(&name(number)).await?;
    }
    let got = start.elapsed();
    let start = Instant::now();
    let listed = maps.list(&ListParams::default()).await?.items.len();
    let list = start.elapsed();
    if listed != count {
        return Err(format!("{listed} of {count} objects were listed").into());
    }
    let micros = |time: std::time::Duration| time.as_secs_f64() * 1e6 / count as f64;
    println!(
        "| {side} | {count} | {:.1} | {:.1} | {:.2} |",
        micros(created),
        micros(got),
        micros(list)
    );
    Ok(())
}

/// The ConfigMap that everything here is measured with: ten values of 81 bytes.
fn config_map(number: usize) -> ConfigMap {
    let mut map = ConfigMap::default();
    map.metadata.name = Some(name(number));
    let label = ("app.kubernetes.io/name".to_owned(), "compare".to_owned());
    map.metadata.labels = Some(BTreeMap::from([label]));
    let value = format!("{number:08}-").repeat(9);
    map.data = Some(
        (0..10)
            .map(|key| (format!("setting-{key:02}"), value.clone()))
            .collect(),
    );
    map
}

fn name(number: usize) -> String {
    format!("map-{number:06}")
}
