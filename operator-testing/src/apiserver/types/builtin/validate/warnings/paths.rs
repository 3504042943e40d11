//! Files of one volume that would lie on one another.
//!
//! Source: `warningsForOverlappingVirtualPaths` in `k8s.io/kubernetes/pkg/api/pod/warnings.go`.

use serde_json::Value;

use crate::apiserver::types::builtin::fields::{has, items, text};

/// A path and what it comes from.
#[derive(Clone, PartialEq)]
struct Placed {
    path: String,
    source: String,
}

impl Placed {
    fn of(list: &[Value], source: &str) -> Vec<Self> {
        let placed = |item: &Value| Self {
            path: text(item, "path").to_owned(),
            source: source.to_owned(),
        };
        list.iter().map(placed).collect()
    }

    fn covers(&self, other: &Self) -> bool {
        format!("{}/", other.path).starts_with(&format!("{}/", self.path))
    }
}

impl std::fmt::Display for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.path)?;
        if self.source.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.source)
        }
    }
}

/// Warns of the paths in every volume that overlap.
pub(super) fn overlapping(volumes: &[Value], warnings: &mut Vec<String>) {
    for volume in volumes {
        let name = text(volume, "name");
        for (kind, member, shown) in [
            ("configMap", "name", "ConfigMap"),
            ("secret", "secretName", "Secret"),
        ] {
            let source = &volume[kind];
            let kind = format!("{shown} {:?}", text(source, member));
            collisions(Placed::of(items(source, "items"), ""), name, &kind, warnings);
        }
        let files = Placed::of(items(&volume["downwardAPI"], "items"), "");
        collisions(files, name, "DownwardAPI", warnings);
        projected(&volume["projected"], name, warnings);
    }
}

fn projected(volume: &Value, name: &str, warnings: &mut Vec<String>) {
    let mut all = Vec::new();
    for source in items(volume, "sources") {
        let known = [
            "configMap",
            "secret",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ];
        if !known.iter().any(|kind| has(source, kind)) {
            warnings.push(format!("volume {name:?} (Projected) has no sources provided"));
            continue;
        }
        let list = |kind: &str| source[kind]["items"].as_array();
        if let Some(list) = list("configMap") {
            let source = format!("ConfigMap {:?}", text(&source["configMap"], "name"));
            all.extend(Placed::of(list, &source));
        } else if let Some(list) = list("secret") {
            let source = format!("Secret {:?}", text(&source["secret"], "name"));
            all.extend(Placed::of(list, &source));
        } else if let Some(list) = list("downwardAPI") {
            all.extend(Placed::of(list, "DownwardAPI"));
        } else if has(source, "serviceAccountToken") {
            let token = std::slice::from_ref(&source["serviceAccountToken"]);
            all.extend(Placed::of(token, "ServiceAccountToken"));
        }
    }
    collisions(all, name, "Projected", warnings);
}

fn collisions(paths: Vec<Placed>, volume: &str, what: &str, warnings: &mut Vec<String>) {
    let mut known: Vec<Placed> = Vec::new();
    for mut placed in paths {
        placed.path.truncate(placed.path.trim_end_matches('/').len());
        let others = known
            .iter()
            .filter(|other| !other.path.is_empty() && !placed.path.is_empty());
        for other in others.filter(|other| other.covers(&placed) || placed.covers(other)) {
            warnings.push(format!(
                "volume {volume:?} ({what}): overlapping paths: {placed} with {other}"
            ));
        }
        known.push(placed);
    }
}
