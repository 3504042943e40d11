//! What every side of a comparison does: list, cache and reconcile all ConfigMaps of the namespace `default` once, and then
//! what its command line asks for.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use k8s_openapi::api::core::v1::ConfigMap;

use crate::{Meter, Outcome, process_time, thread_time};

/// The CPU time that one reconcile of [`Work::Burn`] takes.
const BURN: Duration = Duration::from_micros(200);

/// What a side does after its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nothing: the start is what is measured.
    Startup,
    /// Waits for changes and measures how long after the write a reconcile begins.
    Churn,
    /// Nothing, but each reconcile of the start takes 200 µs of CPU time.
    Burn,
    /// Waits for so many seconds and measures what that costs.
    Idle(u64),
}

impl Work {
    /// Reads `startup|churn|burn|idle [SECONDS]`.
    ///
    /// # Errors
    /// If there is no such work.
    pub fn parse(name: &str, seconds: Option<&str>) -> Outcome<Self> {
        Ok(match name {
            "startup" => Self::Startup,
            "churn" => Self::Churn,
            "burn" => Self::Burn,
            "idle" => Self::Idle(seconds.ok_or("how many seconds?")?.parse()?),
            other => return Err(format!("no such work: {other}").into()),
        })
    }
}

/// What the reconciles leave behind.
#[derive(Debug)]
pub struct Tally {
    work: Work,
    objects: usize,
    reconciled: AtomicUsize,
    began: OnceLock<Instant>,
    measuring: AtomicBool,
    latencies: Mutex<Vec<u64>>,
}

impl Tally {
    /// A tally of the reconciles of so many objects.
    pub fn new(work: Work, objects: usize) -> Self {
        Self {
            work,
            objects,
            reconciled: AtomicUsize::new(0),
            began: OnceLock::new(),
            measuring: AtomicBool::new(false),
            latencies: Mutex::default(),
        }
    }

    /// The body of the reconciler.
    pub fn reconcile(&self, object: &ConfigMap) {
        if self.work == Work::Burn {
            self.began.get_or_init(Instant::now);
            let end = thread_time() + BURN;
            while thread_time() < end {}
        }
        if self.measuring.load(Ordering::Relaxed)
            && let Some(written) = object.data.as_ref().and_then(|data| data.get("written"))
            && let Ok(written) = written.parse()
        {
            let latency = now_micros().saturating_sub(written);
            self.latencies
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(latency);
        }
        self.reconciled.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until every object has been reconciled and goes on with the work; the answer is what it cost.
    ///
    /// # Errors
    /// If something cannot be measured.
    pub async fn follow(&self, meter: &Meter) -> Outcome<String> {
        while self.reconciled.load(Ordering::Relaxed) < self.objects {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        match self.work {
            Work::Startup => meter.report().await,
            Work::Burn => {
                let began = self.began.get().ok_or("nothing was reconciled")?;
                Ok(format!("wall_s={}", began.elapsed().as_secs_f64()))
            }
            Work::Idle(seconds) => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let before = process_time();
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                let spent = (process_time() - before).as_secs_f64() * 1000.0;
                Ok(format!("cpu_ms_per_s={}", spent / seconds as f64))
            }
            Work::Churn => self.follow_churn().await,
        }
    }

    async fn follow_churn(&self) -> Outcome<String> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.measuring.store(true, Ordering::Relaxed);
        let before = process_time();
        say("ready")?;
        tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
        // what was written last is on its way
        tokio::time::sleep(Duration::from_secs(1)).await;
        let spent = process_time() - before;
        let mut latencies =
            std::mem::take(&mut *self.latencies.lock().unwrap_or_else(PoisonError::into_inner));
        latencies.sort_unstable();
        let last = latencies.len().checked_sub(1).ok_or("nothing was reconciled")?;
        let at = |percent: usize| latencies[last * percent / 100];
        Ok(format!(
            "reconciles={} p50_us={} p99_us={} cpu_s={}",
            latencies.len(),
            at(50),
            at(99),
            spent.as_secs_f64()
        ))
    }
}

/// The time of day in microseconds, as writers put it into objects.
pub fn now_micros() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("the clock is later than 1970");
    u64::try_from(since.as_micros()).expect("the year is earlier than 500000")
}

/// Prints a line and sends it on its way.
///
/// # Errors
/// If standard output is closed.
pub fn say(line: &str) -> Outcome {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
