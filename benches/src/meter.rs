//! What a process has cost so far. CPU time rather than wall time, because it stands other load on the machine.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;

/// Measures this process from where it is started.
#[derive(Debug)]
pub struct Meter {
    began: Instant,
    cpu: Duration,
    resident: f64,
}

impl Meter {
    /// Starts to measure.
    ///
    /// # Errors
    /// If the system does not tell the process's memory.
    pub fn start() -> Outcome<Self> {
        Ok(Self {
            began: Instant::now(),
            cpu: process_time(),
            resident: resident_megabytes()?,
        })
    }

    /// What has been spent since the start, as a line of a report. Memory is read when what is held only on the way has been
    /// given back.
    ///
    /// # Errors
    /// If the system does not tell the process's memory.
    pub async fn report(&self) -> Outcome<String> {
        let (wall, cpu) = (self.began.elapsed(), process_time() - self.cpu);
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(format!(
            "wall_s={} cpu_s={} retained_mb={} peak_mb={}",
            wall.as_secs_f64(),
            cpu.as_secs_f64(),
            resident_megabytes()? - self.resident,
            status_megabytes("self", "VmHWM:")?
        ))
    }
}

/// The CPU time of all threads of this process.
pub fn process_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

/// The CPU time of this thread.
pub fn thread_time() -> Duration {
    time_of(ClockId::ThreadCPUTime)
}

fn time_of(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).expect("CPU time is never negative")
}

/// The memory that this process has at the moment.
///
/// # Errors
/// If the system does not tell.
pub fn resident_megabytes() -> Outcome<f64> {
    status_megabytes("self", "VmRSS:")
}

/// A line of the status that the system keeps of a process.
pub(crate) fn status_megabytes(process: &str, name: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .ok_or("no such line")?;
    let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024.0)
}
