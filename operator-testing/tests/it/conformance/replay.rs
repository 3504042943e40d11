//! Replays one recorded conversation against a server in process.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::Request;
use http_body_util::{BodyExt as _, Full};
use operator_testing::{
    apiserver::{ApiServer, Client, Identity},
    cluster::Cluster,
};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt as _;

use super::{
    body::sent,
    compare::{canonical, differences},
    normalise::{Names, lookup, relation, shape, substitute},
};

/// Whom the recorded server knew.
const TOKENS: &str = "admin-token,admin,1,system:masters\nalice-token,alice,2,\n";

/// A file of recorded conversations. Steps stay texts: some answers depend on the order of the fields in a body.
#[derive(Deserialize)]
struct Document {
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    name: String,
    #[serde(default)]
    setup: Vec<Step>,
    steps: Vec<Step>,
}

type Step = Box<RawValue>;

/// What a step sends.
#[derive(Deserialize)]
struct Sent {
    body: Option<Box<RawValue>>,
}

/// The scenario of that name.
fn scenario(group: &str, name: &str) -> Scenario {
    let path = format!("{}/tests/conformance/{group}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let document: Document = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let found = document
        .scenarios
        .into_iter()
        .find(|scenario| scenario.name == name);
    found.unwrap_or_else(|| panic!("{group} has no scenario {name:?}"))
}

/// Replays a scenario; panics with every step that differs.
pub(crate) async fn replay(group: &str, name: &str) {
    let cluster = Cluster::builder()
        .server(ApiServer::builder().token_file(TOKENS).unwrap())
        .controllers(
            "garbage-collector-controller,namespace-controller"
                .parse()
                .unwrap(),
        )
        .start();
    let scenario = scenario(group, name);
    let id = "conformance-1";
    let mut run = Run {
        client: cluster.server().service(Identity {
            user: None,
            agent: "conformance/1".to_owned(),
            ..Identity::default()
        }),
        variables: BTreeMap::from([("ns".to_owned(), json!(id)), ("id".to_owned(), json!(id))]),
        names: Names::default(),
        watches: BTreeMap::new(),
    };
    let mut report = String::new();
    for step in scenario.setup.iter().chain(&scenario.steps) {
        let sent: Sent = serde_json::from_str(step.get()).unwrap();
        let step: Value = serde_json::from_str(step.get()).unwrap();
        let body = sent.body.as_deref().map(RawValue::get);
        let Some(answer) = run.step(&step, body).await else {
            continue;
        };
        let Some(expected) = step.get("expect") else {
            continue;
        };
        let answer: Value = serde_json::from_str(&answer.to_string().replace(id, "<id>")).unwrap();
        let found = differences(&canonical(expected), &canonical(&answer));
        if !found.is_empty() {
            let mut request = step.clone();
            request.as_object_mut().unwrap().remove("expect");
            report += &format!(
                "\nrequest:  {request}\nexpected: {expected}\ngot:      {answer}\n  {}\n",
                found.join("\n  ")
            );
        }
    }
    assert!(report.is_empty(), "{group} / {name}: {report}");
}

/// The lines that a watch has brought so far, with their text.
type Lines = Arc<Mutex<Vec<(String, Value)>>>;

struct Run {
    client: Client,
    variables: BTreeMap<String, Value>,
    names: Names,
    watches: BTreeMap<String, (tokio::task::JoinHandle<()>, Lines)>,
}

/// What a request was answered with.
struct Answer {
    status: u16,
    headers: http::HeaderMap,
    text: String,
}

impl Run {
    /// The normalised answer to a step; none for steps that have no answer.
    async fn step(&mut self, step: &Value, body: Option<&str>) -> Option<Value> {
        let seconds =
            |field: &str, default: f64| Duration::from_secs_f64(step[field].as_f64().unwrap_or(default));
        if step.get("sleep").is_some() {
            sleep(seconds("sleep", 0.0)).await;
            return None;
        }
        if let Some(name) = step["watchStart"].as_str() {
            let lines = Lines::default();
            let (path, headers) = (self.fill(&step["path"]), self.fill(&step["headers"]));
            let path = path.as_str().unwrap().to_owned();
            let task = tokio::spawn(stream(
                self.client.clone(),
                path,
                headers,
                seconds("seconds", 6.0),
                Arc::clone(&lines),
            ));
            self.watches.insert(name.to_owned(), (task, lines));
            sleep(seconds("settle", 0.3)).await;
            return None;
        }
        if let Some(name) = step["watchEnd"].as_str() {
            let (task, lines) = self.watches.remove(name).unwrap();
            let deadline = Instant::now() + seconds("wait", 4.0);
            let wanted = step["count"]
                .as_u64()
                .map_or(usize::MAX, |count| usize::try_from(count).unwrap());
            while Instant::now() < deadline && lines.lock().unwrap().len() < wanted && !task.is_finished() {
                sleep(Duration::from_millis(50)).await;
            }
            sleep(seconds("settle", 0.3)).await;
            let seen = lines.lock().unwrap().clone();
            return Some(self.events(step, seen));
        }
        if step.get("watch").is_some() {
            let lines = Lines::default();
            let path = self.fill(&step["watch"]).as_str().unwrap().to_owned();
            let headers = self.fill(&step["headers"]);
            stream(
                self.client.clone(),
                path,
                headers,
                seconds("seconds", 4.0),
                Arc::clone(&lines),
            )
            .await;
            let seen = lines.lock().unwrap().clone();
            return Some(self.events(step, seen));
        }
        Some(self.request(step, body).await)
    }

    async fn request(&mut self, step: &Value, body: Option<&str>) -> Value {
        let line = self.fill(&step["do"]);
        let (method, path) = line.as_str().unwrap().split_once(' ').unwrap();
        let headers = self.fill(&step["headers"]);
        let body = body.map(|body| sent(body, &self.variables));
        let attempts = 1 + step["retry"].as_u64().unwrap_or(0);
        let mut answer = send(&self.client, method, path, &headers, body.as_deref()).await;
        for _ in 1..attempts {
            if step["until"]
                .as_u64()
                .is_none_or(|wanted| wanted == u64::from(answer.status))
            {
                break;
            }
            sleep(Duration::from_millis(250)).await;
            answer = send(&self.client, method, path, &headers, body.as_deref()).await;
        }
        let body = decode(&answer.text);
        self.names.note_generated(&body);
        for (variable, path) in step["save"].as_object().into_iter().flatten() {
            let value = lookup(path.as_str().unwrap(), &body).cloned();
            let value = value.unwrap_or_else(|| format!("unsaved-{variable}").into());
            self.variables.insert(variable.clone(), value);
        }
        let mut result = json!({"status": answer.status});
        if step["statusOnly"] != true {
            self.names.note_uids(&answer.text);
            result["body"] = shape(&body, step, &self.names);
        }
        for (path, variable) in step["relate"].as_object().into_iter().flatten() {
            let variable = variable.as_str().unwrap();
            let saved = self.variables.get(variable).cloned().unwrap_or_default();
            result["relations"][format!("{path} to {variable}")] = relation(&body, path, &saved).into();
        }
        let warnings: Vec<_> = answer
            .headers
            .get_all("warning")
            .iter()
            .map(|warning| self.names.text(warning.to_str().unwrap()))
            .collect();
        if !warnings.is_empty() {
            result["warnings"] = json!(warnings);
        }
        for header in step["headersToCompare"].as_array().into_iter().flatten() {
            let name = header.as_str().unwrap();
            let value = answer.headers.get(name).map(|value| value.to_str().unwrap());
            result["headers"][name] = json!(value);
        }
        result
    }

    fn events(&mut self, step: &Value, lines: Vec<(String, Value)>) -> Value {
        let bookmarks = step["bookmarks"].as_bool().unwrap_or(false);
        let mut events = Vec::new();
        for (text, event) in lines {
            if event["type"] == "BOOKMARK" && !bookmarks {
                continue;
            }
            self.names.note_uids(&text);
            events.push(shape(&event, step, &self.names));
        }
        json!({"events": events})
    }

    fn fill(&self, value: &Value) -> Value {
        substitute(value, &self.variables)
    }
}

/// Reads a watch until it ends or the time is over.
async fn stream(client: Client, path: String, headers: Value, seconds: Duration, lines: Lines) {
    let end = Instant::now() + seconds;
    let request = request("GET", &path, &headers, None);
    let response = client.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let mut body = response.into_body();
    if status != 200 {
        let text = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        let answer = json!({"status": status, "body": decode(&text)});
        lines.lock().unwrap().push((text, answer));
        return;
    }
    let mut rest = Vec::new();
    while let Ok(Some(Ok(frame))) = timeout(end.saturating_duration_since(Instant::now()), body.frame()).await
    {
        rest.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            let text = String::from_utf8_lossy(&line).into_owned();
            let event = decode(&text);
            lines.lock().unwrap().push((text, event));
        }
    }
}

async fn send(client: &Client, method: &str, path: &str, headers: &Value, body: Option<&str>) -> Answer {
    let response = client
        .clone()
        .oneshot(request(method, path, headers, body))
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn request(method: &str, path: &str, headers: &Value, body: Option<&str>) -> Request<Full<bytes::Bytes>> {
    // what `http::Uri` refuses and other clients send as it is
    let uri = path.replace('>', "%3E").replace('<', "%3C").replace('"', "%22");
    let mut all = Map::from_iter([
        ("Accept".to_owned(), json!("application/json")),
        ("Authorization".to_owned(), json!("Bearer admin-token")),
    ]);
    if body.is_some() {
        all.insert("Content-Type".into(), json!("application/json"));
    }
    for (name, value) in headers.as_object().into_iter().flatten() {
        all.insert(name.clone(), value.clone());
    }
    let mut builder = Request::builder().method(method).uri(uri);
    for (name, value) in &all {
        builder = builder.header(name, value.as_str().unwrap());
    }
    let bytes = body.unwrap_or_default().to_owned().into_bytes();
    builder.body(Full::new(bytes.into())).unwrap()
}

fn decode(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| {
        let shown: String = text.chars().take(4000).collect();
        json!({"$text": shown})
    })
}
