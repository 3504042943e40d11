//! The embedded server in a process of its own, full of ConfigMaps.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use operator_benches::{Outcome, now_micros, objects, say};
use operator_testing::apiserver::{ApiServer, Client, Identity};
use tower::ServiceExt;

/// The collection of the ConfigMaps.
pub(crate) const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A server at work.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: String,
    /// How many objects it has.
    pub(crate) objects: usize,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a server with so many ConfigMaps.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) fn start(objects: usize) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &objects.to_string()])
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()?;
        let mut server = Self {
            address: String::new(),
            objects,
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().ok_or("no output")?),
            child,
        };
        server.address = server.line()?;
        Ok(server)
    }

    /// Has it change its objects for a while; the answer is how many writes there were.
    ///
    /// # Errors
    /// If the server has ended.
    pub(crate) fn churn(&mut self, seconds: u64, rate: u64) -> Outcome<f64> {
        let input = self.input.as_mut().ok_or("no input")?;
        writeln!(input, "{seconds} {rate}")?;
        Ok(self.line()?.parse()?)
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        // it ends with its input
        let _ = self.child.wait();
    }
}

/// Serves `objects` ConfigMaps until its input ends; a line `SECONDS RATE` has them change.
///
/// # Errors
/// If the server cannot listen.
pub(crate) async fn serve(objects: usize) -> Outcome {
    let server = ApiServer::builder().real_time().audit_limit(0).build();
    let client = server.service(Identity::default());
    for number in 0..objects {
        let body = objects::config_map(number).to_string();
        call(&client, "POST", MAPS, "application/json", body).await?;
    }
    let listener = server.listen(([127, 0, 0, 1], 0).into()).await?;
    say(&listener.url())?;
    loop {
        let next = tokio::task::spawn_blocking(|| std::io::stdin().lines().next());
        let Some(line) = next.await? else { return Ok(()) };
        let line = line?;
        let (seconds, rate) = line.split_once(' ').ok_or("SECONDS RATE")?;
        let written = churn(&client, objects, seconds.parse()?, rate.parse()?).await?;
        say(&written.to_string())?;
    }
}

/// Writes the time into one object after the other, in equal steps of a millisecond, or as fast as it goes.
///
/// # Errors
/// If the server refuses a write.
pub(crate) async fn churn(client: &Client, objects: usize, seconds: u64, rate: u64) -> Outcome<u64> {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let began = tokio::time::Instant::now();
    let mut written = 0;
    while began.elapsed() < Duration::from_secs(seconds) {
        ticks.tick().await;
        let due = began.elapsed().as_millis() * u128::from(rate) / 1000;
        // what could not be written in time is left out, so that a stall is not followed by a flood
        for _ in 0..due.saturating_sub(written).min(u128::from(rate) / 100) {
            let number = usize::try_from(written).unwrap_or_default() % objects;
            let path = format!("{MAPS}/{}", objects::name(number));
            let body = format!(r#"{{"data":{{"written":"{}"}}}}"#, now_micros());
            call(client, "PATCH", &path, "application/merge-patch+json", body).await?;
            written += 1;
        }
    }
    Ok(u64::try_from(written)?)
}

/// Sends a request in process.
///
/// # Errors
/// If the server refuses it.
pub(crate) async fn call(client: &Client, method: &str, path: &str, kind: &str, body: String) -> Outcome {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", kind)
        .body(Full::new(bytes::Bytes::from(body)))?;
    let response = client.clone().oneshot(request).await?;
    let status = response.status();
    response.into_body().collect().await?;
    if !status.is_success() {
        return Err(format!("{method} {path}: {status}").into());
    }
    Ok(())
}
