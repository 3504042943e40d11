//! The election, with two candidates on one Lease under paused time.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use operator_core::clock::Clock;
use operator_core::dice::Dice;
use operator_core::leader::{Elector, ElectorError, End};
use operator_core::shutdown::Shutdown;
use operator_testing::apiserver::ApiServer;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::Instant;

fn elector(client: Client, identity: &str) -> Elector {
    Elector::new(client, "default", "operator", identity)
        .clock(Clock::starting_at(Timestamp::UNIX_EPOCH), Dice::seeded(1))
}

fn leases(server: &ApiServer) -> Api<Lease> {
    Api::namespaced(server.client(), "default")
}

/// Writes another holder into the lease, as nobody should.
async fn steal(server: &ApiServer) {
    let patch = Patch::Merge(json!({"spec": {"holderIdentity": "thief"}}));
    let stolen = leases(server)
        .patch("operator", &PatchParams::default(), &patch)
        .await;
    stolen.unwrap();
}

async fn holder(server: &ApiServer) -> (Option<String>, Option<i32>) {
    let lease = leases(server).get("operator").await.unwrap();
    let spec = lease.spec.unwrap();
    (spec.holder_identity, spec.lease_transitions)
}

/// Counts who works, and that never two do.
#[derive(Clone, Default)]
struct Desk(Arc<AtomicUsize>);

struct Seat(Desk);

impl Desk {
    fn sit(&self) -> Seat {
        assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0, "two lead at once");
        Seat(self.clone())
    }

    fn taken(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 1
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn start(server: &ApiServer, identity: &str, desk: &Desk, shutdown: &Shutdown) -> JoinHandle<End<()>> {
    let elector = elector(server.client(), identity);
    let (desk, shutdown) = (desk.clone(), shutdown.clone());
    tokio::spawn(async move {
        let work = |term: Shutdown| async move {
            let _seat = desk.sit();
            term.draining().await;
        };
        elector.run(&shutdown, work).await.unwrap()
    })
}

/// Two candidates: the first leads, the second waits. Each has a switch of its own.
struct Pair {
    server: ApiServer,
    desk: Desk,
    first: (JoinHandle<End<()>>, Shutdown),
    second: (JoinHandle<End<()>>, Shutdown),
}

async fn pair() -> Pair {
    let server = ApiServer::new();
    let desk = Desk::default();
    let (one, two) = (Shutdown::new(), Shutdown::new());
    let first = start(&server, "one", &desk, &one);
    pass(1).await;
    let second = start(&server, "two", &desk, &two);
    pass(30).await;
    Pair {
        server,
        desk,
        first: (first, one),
        second: (second, two),
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn one_of_two_leads_and_a_clean_stop_hands_over_at_once() {
    let Pair {
        server,
        desk,
        first: (one, first),
        second: (two, second),
    } = pair().await;
    assert_eq!(holder(&server).await, (Some("one".into()), Some(0)));

    first.drain();
    assert_eq!(one.await.unwrap(), End::Finished(()));
    let released = Instant::now();
    assert_eq!(holder(&server).await.0.as_deref(), Some(""));
    while !desk.taken() {
        pass(1).await;
    }
    assert!(
        released.elapsed() <= Duration::from_secs(3),
        "it took {:?}",
        released.elapsed()
    );
    assert_eq!(holder(&server).await, (Some("two".into()), Some(1)));
    second.drain();
    assert_eq!(two.await.unwrap(), End::Finished(()));
}

#[tokio::test(start_paused = true)]
async fn a_crashed_leader_is_followed_when_its_lease_has_expired() {
    let Pair {
        server,
        desk,
        first: (one, _),
        second: (two, shutdown),
    } = pair().await;
    one.abort();
    assert!(one.await.unwrap_err().is_cancelled());
    let crashed = Instant::now();
    while !desk.taken() {
        pass(1).await;
    }
    let waited = crashed.elapsed();
    assert!(
        waited > Duration::from_secs(12) && waited < Duration::from_secs(19),
        "it took {waited:?}"
    );
    assert_eq!(holder(&server).await.0.as_deref(), Some("two"));
    shutdown.drain();
    two.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_leader_whose_lease_is_taken_stops_its_work() {
    let server = ApiServer::new();
    let desk = Desk::default();
    let shutdown = Shutdown::new();
    let one = start(&server, "one", &desk, &shutdown);
    pass(5).await;
    assert!(desk.taken());
    steal(&server).await;
    assert_eq!(one.await.unwrap(), End::Lost(Some(())));
    assert!(!desk.taken());
    assert_eq!(holder(&server).await.0.as_deref(), Some("thief"));
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_stop_is_dropped_before_another_can_lead() {
    let server = ApiServer::new();
    let desk = Desk::default();
    let shutdown = Shutdown::new();
    let seat = desk.clone();
    let elector = elector(server.client(), "one");
    let run = tokio::spawn(async move {
        let stubborn = |_| async move {
            let _seat = seat.sit();
            pending::<()>().await;
        };
        elector.run(&shutdown, stubborn).await.unwrap()
    });
    pass(5).await;
    steal(&server).await;
    let taken = Instant::now();
    assert_eq!(run.await.unwrap(), End::Lost(None));
    assert!(!desk.taken());
    assert!(taken.elapsed() < Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_never_led_stops_when_asked() {
    let Pair {
        server,
        first: (one, first),
        second: (two, second),
        ..
    } = pair().await;
    second.drain();
    assert_eq!(two.await.unwrap(), End::Stopped);
    assert_eq!(holder(&server).await.0.as_deref(), Some("one"));
    first.drain();
    one.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_missing_is_waited_for() {
    let server = ApiServer::new();
    let shutdown = Shutdown::new();
    let elector = Elector::new(server.client(), "later", "operator", "one")
        .clock(Clock::starting_at(Timestamp::UNIX_EPOCH), Dice::seeded(1));
    let switch = shutdown.clone();
    let run = tokio::spawn(async move { elector.run(&switch, |_| async {}).await });
    pass(10).await;
    assert!(!run.is_finished());
    shutdown.drain();
    let end: Result<End<()>, ElectorError> = run.await.unwrap();
    assert_eq!(end.unwrap(), End::Stopped);
}
