//! What the server says about itself: its version and its health.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::apiserver::types::TypeSnapshot;

/// The version of Kubernetes whose behaviour the server shows.
pub const KUBERNETES_VERSION: &str = "v1.36.3";

/// The checks that `?verbose` lists.
const CHECKS: [&str; 5] = ["ping", "log", "etcd", "informer-sync", "shutdown"];

/// `/version`.
pub fn version() -> Value {
    json!({
        "major": "1",
        "minor": "36",
        "emulationMajor": "1",
        "emulationMinor": "36",
        "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "35",
        "gitVersion": KUBERNETES_VERSION,
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": "",
    })
}

/// `/healthz`, `/livez`, `/readyz` and the checks under them; `None` if the path is none of these.
///
/// The server answers only while it is healthy, so every check says so.
pub fn health(path: &str, verbose: bool) -> Option<String> {
    let (endpoint, check) = match path.trim_start_matches('/').split_once('/') {
        Some((endpoint, check)) => (endpoint, Some(check)),
        None => (path.trim_start_matches('/'), None),
    };
    if !matches!(endpoint, "healthz" | "livez" | "readyz") {
        return None;
    }
    let checks = checks(endpoint);
    match check {
        Some(check) => checks.contains(&check).then(|| "ok".into()),
        None if verbose => {
            let mut text: String = checks.iter().map(|check| format!("[+]{check} ok\n")).collect();
            text.push_str(endpoint);
            text.push_str(" check passed\n");
            Some(text)
        }
        None => Some("ok".into()),
    }
}

/// `/metrics/slis`: the results of the health checks as metrics.
pub fn health_metrics() -> String {
    let mut text =
        "# HELP kubernetes_healthcheck [STABLE] This metric records the result of a single healthcheck.\n\
                    # TYPE kubernetes_healthcheck gauge\n"
            .to_owned();
    for endpoint in ["healthz", "livez", "readyz"] {
        for check in checks(endpoint) {
            text += &format!("kubernetes_healthcheck{{name={check:?},type={endpoint:?}}} 1\n");
        }
    }
    text
}

/// The checks of an endpoint.
fn checks(endpoint: &str) -> Vec<&'static str> {
    CHECKS
        .into_iter()
        .filter(|check| match *check {
            "informer-sync" | "shutdown" => endpoint == "readyz",
            _ => true,
        })
        .collect()
}

/// The paths that `/` lists, given those of the groups.
pub fn root_paths(types: &TypeSnapshot) -> Value {
    let mut paths: BTreeSet<String> = [
        "/api",
        "/api/v1",
        "/apis",
        "/apis/",
        "/healthz",
        "/livez",
        "/metrics/slis",
        "/openapi/v2",
        "/openapi/v3",
        "/openapi/v3/",
        "/readyz",
        "/version",
    ]
    .into_iter()
    .map(Into::into)
    .collect();
    for version in types.versions() {
        if !version.group.is_empty() {
            paths.insert(format!("/apis/{}", version.group));
            paths.insert(format!("/apis/{}/{}", version.group, version.version));
        }
    }
    json!({"paths": paths})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_answers_ok_and_knows_its_checks() {
        assert_eq!(health("/healthz", false).as_deref(), Some("ok"));
        assert_eq!(health("/readyz/ping", false).as_deref(), Some("ok"));
        assert_eq!(health("/livez/nothing", false), None);
        assert_eq!(health("/version", false), None);
        assert!(health_metrics().ends_with("kubernetes_healthcheck{name=\"shutdown\",type=\"readyz\"} 1\n"));
        let verbose = health("/livez", true).expect("livez is served");
        assert_eq!(verbose, "[+]ping ok\n[+]log ok\n[+]etcd ok\nlivez check passed\n");
    }
}
