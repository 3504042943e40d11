//! The runtime beside kube-runtime's own controller, doing the same work on the same server.
//!
//! `compare [OBJECTS] [ROUNDS]` starts the embedded server in a process of its own, fills it with ConfigMaps, and lets
//! each side in turn list, cache and reconcile all of them once, each time in a fresh process.

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::PostParams;
use kube::{Api, Client, Config};
use operator_core::controller::Controller;
use operator_core::manager::Manager;
use operator_core::reconcile::{Action, Context, Reconciler};
use operator_core::shutdown::Shutdown;
use operator_testing::apiserver::ApiServer;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let part = arguments.first().map(String::as_str).unwrap_or_default();
    let number = |place: usize, otherwise: usize| {
        arguments
            .get(place)
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let outcome = match part {
        "serve" => runtime.block_on(serve(number(1, 0))),
        "ours" => runtime.block_on(ours(&arguments[1], number(2, 0))),
        "kube-runtime" => runtime.block_on(kube_runtime(&arguments[1], number(2, 0))),
        _ => compare(number(0, 10_000), number(1, 3)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What one run cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    wall: f64,
    cpu: f64,
    retained: f64,
    peak: f64,
}

fn compare(objects: usize, rounds: usize) -> Outcome {
    let program = std::env::current_exe()?;
    let mut server = Command::new(&program)
        .args(["serve", &objects.to_string()])
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()?;
    let mut address = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut address)?;
    let mut out = std::io::stdout();
    writeln!(out, "{objects} ConfigMaps, the best of {rounds} runs")?;
    writeln!(
        out,
        "{:<14} {:>9} {:>12} {:>16} {:>14}",
        "", "wall s", "CPU µs/obj", "retained KB/obj", "peak MB"
    )?;
    let mut best = Vec::new();
    for side in ["ours", "kube-runtime"] {
        let mut costs = Vec::new();
        for _ in 0..rounds {
            let run = Command::new(&program)
                .args([side, address.trim(), &objects.to_string()])
                .output()?;
            if !run.status.success() {
                return Err(String::from_utf8_lossy(&run.stderr).into_owned().into());
            }
            costs.push(parse(&String::from_utf8(run.stdout)?).ok_or("a run did not report")?);
        }
        let least = |pick: fn(&Cost) -> f64| costs.iter().map(pick).fold(f64::INFINITY, f64::min);
        let cost = Cost {
            wall: least(|cost| cost.wall),
            cpu: least(|cost| cost.cpu),
            retained: least(|cost| cost.retained),
            peak: least(|cost| cost.peak),
        };
        row(&mut out, side, cost, objects)?;
        best.push(cost);
    }
    let ratio = |pick: fn(&Cost) -> f64| pick(&best[0]) / pick(&best[1]);
    writeln!(
        out,
        "{:<14} {:>9.2} {:>12.2} {:>16.2} {:>14.2}",
        "ratio",
        ratio(|cost| cost.wall),
        ratio(|cost| cost.cpu),
        ratio(|cost| cost.retained),
        ratio(|cost| cost.peak)
    )?;
    drop(server.stdin.take());
    server.wait()?;
    Ok(())
}

fn row(out: &mut impl Write, side: &str, cost: Cost, objects: usize) -> Outcome {
    let per_object = |amount: f64| amount / objects as f64;
    writeln!(
        out,
        "{side:<14} {:>9.2} {:>12.1} {:>16.2} {:>14.1}",
        cost.wall,
        per_object(cost.cpu * 1e6),
        per_object(cost.retained * 1024.0),
        cost.peak
    )?;
    Ok(())
}

fn parse(line: &str) -> Option<Cost> {
    let mut numbers = line.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next()?.ok();
    Some(Cost {
        wall: next()?,
        cpu: next()?,
        retained: next()?,
        peak: next()?,
    })
}

/// Serves `objects` ConfigMaps of about 1.6 KiB until its input ends.
async fn serve(objects: usize) -> Outcome {
    let server = ApiServer::builder().real_time().build();
    let maps: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    for number in 0..objects {
        let data: Vec<_> = (0..10)
            .map(|key| (format!("setting-{key:02}"), format!("{number:08}-").repeat(9)))
            .collect();
        let mut map = ConfigMap {
            data: Some(data.into_iter().collect()),
            ..ConfigMap::default()
        };
        map.metadata.name = Some(format!("map-{number:06}"));
        map.metadata.labels = Some([("app.kubernetes.io/name".to_owned(), "compare".to_owned())].into());
        maps.create(&PostParams::default(), &map).await?;
    }
    let listener = server.listen(([127, 0, 0, 1], 0).into()).await?;
    let mut out = std::io::stdout();
    writeln!(out, "http://{}", listener.address())?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await?;
    Ok(())
}

fn client(address: &str) -> Outcome<Client> {
    Ok(Client::try_from(Config::new(address.parse()?))?)
}

/// Counts reconciles and tells when all are done.
#[derive(Clone, Default)]
struct Count {
    reconciled: Arc<AtomicUsize>,
}

impl Count {
    fn count(&self) {
        self.reconciled.fetch_add(1, Ordering::Relaxed);
    }

    async fn reaches(&self, objects: usize) {
        while self.reconciled.load(Ordering::Relaxed) < objects {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

impl Reconciler for Count {
    type Resource = ConfigMap;
    type Error = Infallible;

    async fn reconcile(&self, _: Arc<ConfigMap>, _: &Context<ConfigMap>) -> Result<Action, Infallible> {
        self.count();
        Ok(Action::await_change())
    }
}

async fn ours(address: &str, objects: usize) -> Outcome {
    let client = client(address)?;
    let meter = Meter::start()?;
    let count = Count::default();
    let shutdown = Shutdown::new();
    let controller = Controller::new(count.clone()).fields("metadata.namespace=default");
    let running = tokio::spawn(Manager::new(client).controller(controller).run(shutdown.clone()));
    count.reaches(objects).await;
    meter.report().await?;
    shutdown.drain();
    running.await??;
    Ok(())
}

async fn kube_runtime(address: &str, objects: usize) -> Outcome {
    let client = client(address)?;
    let meter = Meter::start()?;
    let count = Count::default();
    let maps: Api<ConfigMap> = Api::all(client);
    let watched = kube::runtime::watcher::Config::default().fields("metadata.namespace=default");
    let reconcile = |_: Arc<ConfigMap>, count: Arc<Count>| async move {
        count.count();
        Ok::<_, Infallible>(kube::runtime::controller::Action::await_change())
    };
    let controller = kube::runtime::Controller::new(maps, watched).run(
        reconcile,
        |_, _, _| kube::runtime::controller::Action::await_change(),
        Arc::new(count.clone()),
    );
    let running = tokio::spawn(controller.for_each(|_| std::future::ready(())));
    count.reaches(objects).await;
    meter.report().await?;
    running.abort();
    Ok(())
}

/// Measures this process from its start.
struct Meter {
    began: Instant,
    cpu: f64,
    resident: f64,
}

impl Meter {
    fn start() -> Outcome<Self> {
        Ok(Self {
            began: Instant::now(),
            cpu: cpu_seconds()?,
            resident: status_megabytes("VmRSS:")?,
        })
    }

    async fn report(&self) -> Outcome {
        let (wall, cpu) = (self.began.elapsed().as_secs_f64(), cpu_seconds()? - self.cpu);
        // What is only held on the way is given back meanwhile.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let retained = status_megabytes("VmRSS:")? - self.resident;
        writeln!(
            std::io::stdout(),
            "{wall} {cpu} {retained} {}",
            status_megabytes("VmHWM:")?
        )?;
        Ok(())
    }
}

fn cpu_seconds() -> Outcome<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').ok_or("a line of another form")?.1;
    let ticks = |place: usize| {
        fields
            .split_whitespace()
            .nth(place)
            .and_then(|field| field.parse::<f64>().ok())
    };
    let (user, system) = (
        ticks(11).ok_or("no user time")?,
        ticks(12).ok_or("no system time")?,
    );
    // Linux counts a hundred ticks a second.
    Ok((user + system) / 100.0)
}

fn status_megabytes(name: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .ok_or("no such line")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}
