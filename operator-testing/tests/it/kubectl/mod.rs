//! kubectl as a client of the server's listener. Where kubectl is not installed these tests say so and check nothing.

mod apply;
mod deletion;
mod discovery;
mod reading;
mod workloads;
mod writing;

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use operator_testing::apiserver::{ApiServer, Listener};
use tempfile::TempDir;

/// How long a kubectl may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server on a port of its own and a kubectl with a home of its own.
struct Cluster {
    _listener: Listener,
    shell: Arc<Shell>,
}

/// What a kubectl process runs with.
struct Shell {
    home: TempDir,
    kubeconfig: PathBuf,
}

impl Cluster {
    /// Starts a server; `None`, with the reason printed, where there is no kubectl.
    async fn start() -> Option<Self> {
        Self::around(ApiServer::builder().real_time().build()).await
    }

    async fn around(server: ApiServer) -> Option<Self> {
        if let Err(error) = Command::new("kubectl").args(["version", "--client"]).output() {
            eprintln!("skipped: kubectl cannot be run: {error}");
            return None;
        }
        let address = "127.0.0.1:0".parse().unwrap();
        let listener = server.listen(address).await.unwrap();
        let home = TempDir::new().unwrap();
        let kubeconfig = home.path().join("kubeconfig");
        let config = format!(
            "{{apiVersion: v1, kind: Config, current-context: c, clusters: [{{name: c, cluster: {{server: '{}'}}}}], \
             users: [{{name: u, user: {{token: admin-token}}}}], contexts: [{{name: c, context: {{cluster: c, user: u}}}}]}}",
            listener.url()
        );
        std::fs::write(&kubeconfig, config).unwrap();
        Some(Self {
            _listener: listener,
            shell: Arc::new(Shell { home, kubeconfig }),
        })
    }

    /// Runs kubectl with arguments separated by spaces; what it prints, if it succeeds.
    #[track_caller]
    fn ok(&self, arguments: &str) -> impl Future<Output = String> + use<> {
        self.piped(arguments, "")
    }

    /// The same with a standard input.
    #[track_caller]
    fn piped(&self, arguments: &str, input: &str) -> impl Future<Output = String> + use<> {
        let run = self.run(arguments, input);
        let arguments = arguments.to_owned();
        async move {
            let output = run.await;
            let (out, err) = texts(&output);
            assert!(output.status.success(), "kubectl {arguments}\n{out}\n{err}");
            out
        }
    }

    /// Runs kubectl; what it complains of, if it fails.
    fn fails(&self, arguments: &str, input: &str) -> impl Future<Output = String> + use<> {
        let run = self.run(arguments, input);
        let arguments = arguments.to_owned();
        async move {
            let output = run.await;
            let (out, err) = texts(&output);
            assert!(
                !output.status.success(),
                "kubectl {arguments} should fail\n{out}\n{err}"
            );
            err
        }
    }

    /// Runs kubectl to its end.
    fn run(&self, arguments: &str, input: &str) -> impl Future<Output = Output> + use<> {
        let mut command = self.shell.command(arguments);
        // a document that begins with a brace would be taken for JSON
        let input = format!("---\n{input}");
        let arguments = arguments.to_owned();
        async move {
            let mut child = command.spawn().unwrap();
            let id = child.id().to_string();
            let wait = move || {
                let mut stdin = child.stdin.take().unwrap();
                // kubectl may end before it has read everything
                let _ = stdin.write_all(input.as_bytes());
                drop(stdin);
                child.wait_with_output().unwrap()
            };
            let waiting = tokio::task::spawn_blocking(wait);
            let Ok(output) = tokio::time::timeout(PATIENCE, waiting).await else {
                Command::new("kill").arg(id).status().unwrap();
                panic!("kubectl {arguments} does not come to an end");
            };
            output.unwrap()
        }
    }
}

impl Shell {
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new("kubectl");
        command
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(arguments.split_whitespace())
            .env("HOME", self.home.path())
            .env("KUBECACHEDIR", self.home.path().join("cache"))
            .env_remove("KUBECONFIG")
            .current_dir(self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// The words of the line that begins with a word.
fn row<'a>(table: &'a str, first: &str) -> Vec<&'a str> {
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words.first() == Some(&first))
        .unwrap_or_else(|| panic!("no row {first} in\n{table}"))
}

/// A definition with columns, defaults and subresources.
const WIDGETS: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: A thing that is useful.
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, description: How large it is.}
              replicas: {type: integer, default: 1}
              tags: {type: array, items: {type: string}}
          status:
            type: object
            properties:
              replicas: {type: integer}
              conditions:
                type: array
                items:
                  type: object
                  required: [type, status]
                  properties: {type: {type: string}, status: {type: string}}
"#;

impl Cluster {
    /// Installs [`WIDGETS`] and waits until they are served.
    async fn install_widgets(&self) {
        self.piped("create -f -", WIDGETS).await;
        self.ok("wait --for=condition=Established crd/widgets.example.com --timeout=20s")
            .await;
    }
}
