//! What a log line says, as text and as JSON.

use std::io;
use std::sync::{Arc, Mutex};

use clap::Parser;
use k8s_openapi::api::core::v1::ConfigMap;
use operator_core::cli::{Cli, Command, LogArgs};
use operator_core::controller::Controller;
use operator_core::reconcile::{Action, Context, Reconciler};
use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use super::notes::is_map;
use super::world::{SECOND, World, pass};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn about(&self, word: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .filter(|line| line.contains(word))
            .map(str::to_owned)
            .collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the disk is full")]
struct Full;

/// Says hello, and fails at the first attempt.
struct Talks;

impl Reconciler for Talks {
    type Resource = ConfigMap;
    type Error = Full;

    async fn reconcile(&self, _: Arc<ConfigMap>, cx: &Context<ConfigMap>) -> Result<Action, Full> {
        tracing::info!("hello");
        if cx.attempt() == 1 {
            Err(Full)
        } else {
            Ok(Action::await_change())
        }
    }
}

fn log_of(format: &str) -> LogArgs {
    let cli = Cli::try_parse_from(["operator", "--log-format", format, "--log", "info"]).unwrap();
    match cli.into_command() {
        Command::Run(run) => run.log,
        other => panic!("{other:?}"),
    }
}

async fn lines_in(format: &str) -> Lines {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(log_of(format).subscriber(lines.clone()).unwrap());
    let world = World::new();
    world.create_map("map-a", &[]).await;
    let running = world.reconcile(Controller::new(Talks).when(is_map));
    pass(SECOND).await;
    world.end(running).await;
    lines
}

#[tokio::test(start_paused = true)]
async fn a_line_of_a_reconcile_says_which_one_it_was() {
    let hello = lines_in("text").await.about("hello");
    assert_eq!(hello.len(), 2, "{hello:?}");
    for part in [
        "controller=configmap",
        "key=default/map-a",
        "attempt=2",
        "reason=retried",
    ] {
        assert!(hello[1].contains(part), "{part} is missing from {}", hello[1]);
    }
}

#[tokio::test(start_paused = true)]
async fn json_is_for_programs() {
    let lines = lines_in("json").await;
    let failed: Value = serde_json::from_str(&lines.about("the reconcile failed")[0]).unwrap();
    assert_eq!(failed["level"], "WARN");
    assert_eq!(failed["error"], "the disk is full");
    let span = &failed["span"];
    assert_eq!(
        (
            &span["name"],
            &span["controller"],
            &span["key"],
            &span["attempt"],
            &span["reason"]
        ),
        (
            &"reconcile".into(),
            &"configmap".into(),
            &"default/map-a".into(),
            &1.into(),
            &"initial".into()
        )
    );
}
