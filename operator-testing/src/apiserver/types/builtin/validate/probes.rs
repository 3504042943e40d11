//! What a container is asked and told while it runs: probes and hooks.

use serde_json::Value;

use super::{Errors, has, items, text};

/// The probes of a container; `grace` is how long its Pod may take to end.
pub(super) fn check(container: &Value, field: &str, grace: Option<i64>, errors: &mut Errors) {
    for (name, needs_one) in [
        ("livenessProbe", true),
        ("readinessProbe", false),
        ("startupProbe", true),
    ] {
        if !has(container, name) {
            continue;
        }
        let (value, field) = (&container[name], format!("{field}.{name}"));
        probe(value, &field, grace, errors);
        if needs_one && value["successThreshold"].as_i64().unwrap_or_default() != 1 {
            let field = format!("{field}.successThreshold");
            errors.invalid(field, &value["successThreshold"], "must be 1");
        }
        if name == "readinessProbe" && has(value, "terminationGracePeriodSeconds") {
            let field = format!("{field}.terminationGracePeriodSeconds");
            let why = "must not be set for readinessProbes";
            errors.invalid(field, &value["terminationGracePeriodSeconds"], why);
        }
    }
}

fn probe(probe: &Value, field: &str, grace: Option<i64>, errors: &mut Errors) {
    handler(
        probe,
        field,
        &["exec", "httpGet", "tcpSocket", "grpc"],
        grace,
        errors,
    );
    for name in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        errors.not_negative(format!("{field}.{name}"), &probe[name]);
    }
    let own = &probe["terminationGracePeriodSeconds"];
    if own.as_i64().is_some_and(|seconds| seconds <= 0) {
        let field = format!("{field}.terminationGracePeriodSeconds");
        errors.invalid(field, own, "must be greater than 0");
    }
}

const LINUX_SIGNALS: [&str; 65] = [
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCLD",
    "SIGCONT",
    "SIGFPE",
    "SIGHUP",
    "SIGILL",
    "SIGINT",
    "SIGIO",
    "SIGIOT",
    "SIGKILL",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGQUIT",
    "SIGRTMAX",
    "SIGRTMAX-1",
    "SIGRTMAX-10",
    "SIGRTMAX-11",
    "SIGRTMAX-12",
    "SIGRTMAX-13",
    "SIGRTMAX-14",
    "SIGRTMAX-2",
    "SIGRTMAX-3",
    "SIGRTMAX-4",
    "SIGRTMAX-5",
    "SIGRTMAX-6",
    "SIGRTMAX-7",
    "SIGRTMAX-8",
    "SIGRTMAX-9",
    "SIGRTMIN",
    "SIGRTMIN+1",
    "SIGRTMIN+10",
    "SIGRTMIN+11",
    "SIGRTMIN+12",
    "SIGRTMIN+13",
    "SIGRTMIN+14",
    "SIGRTMIN+15",
    "SIGRTMIN+2",
    "SIGRTMIN+3",
    "SIGRTMIN+4",
    "SIGRTMIN+5",
    "SIGRTMIN+6",
    "SIGRTMIN+7",
    "SIGRTMIN+8",
    "SIGRTMIN+9",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTERM",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
];

/// What is done when a container has started and before it stops.
pub(super) fn lifecycle(
    container: &Value,
    field: &str,
    spec: &Value,
    grace: Option<i64>,
    errors: &mut Errors,
) {
    let lifecycle = &container["lifecycle"];
    for hook in ["postStart", "preStop"] {
        if has(lifecycle, hook) {
            let kinds = ["exec", "httpGet", "tcpSocket", "sleep"];
            handler(
                &lifecycle[hook],
                &format!("{field}.lifecycle.{hook}"),
                &kinds,
                grace,
                errors,
            );
        }
    }
    if has(lifecycle, "stopSignal") {
        let (signal, field) = (&lifecycle["stopSignal"], format!("{field}.lifecycle.stopSignal"));
        match spec["os"]["name"].as_str() {
            Some("linux") => errors.one_of(field, signal, &LINUX_SIGNALS),
            Some("windows") => errors.one_of(field, signal, &["SIGKILL", "SIGTERM"]),
            Some(_) => {}
            None => {
                let why = "may not be set for containers with empty `spec.os.name`";
                errors.forbidden(field, why);
            }
        }
    }
}

fn handler(action: &Value, field: &str, kinds: &[&str], grace: Option<i64>, errors: &mut Errors) {
    let mut given = 0;
    for kind in kinds {
        if !has(action, kind) {
            continue;
        }
        given += 1;
        let field = format!("{field}.{kind}");
        if given > 1 {
            errors.forbidden(field, "may not specify more than 1 handler type");
        } else {
            one(kind, &action[*kind], &field, grace, errors);
        }
    }
    if given == 0 {
        errors.required(field, "must specify a handler type");
    }
}

fn one(kind: &str, action: &Value, field: &str, grace: Option<i64>, errors: &mut Errors) {
    match kind {
        "exec" if items(action, "command").is_empty() => errors.required(format!("{field}.command"), ""),
        "httpGet" => {
            errors.needs(action, field, "path");
            errors.port(&format!("{field}.port"), &action["port"]);
            errors.one_of(format!("{field}.scheme"), &action["scheme"], &["HTTP", "HTTPS"]);
            for header in items(action, "httpHeaders") {
                let name = text(header, "name");
                if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
                    let why = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex \
                               used for validation is '[-A-Za-z0-9]+')";
                    errors.invalid(format!("{field}.httpHeaders"), &name.into(), why);
                }
            }
        }
        "tcpSocket" => errors.port(&format!("{field}.port"), &action["port"]),
        "grpc" => errors.port_number(format!("{field}.port"), &action["port"]),
        "sleep" => {
            let seconds = action["seconds"].as_i64().unwrap_or_default();
            if let Some(grace) = grace.filter(|grace| seconds < 0 || seconds > *grace) {
                let why =
                    format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                errors.invalid(field, &seconds.into(), why);
            }
        }
        _ => {}
    }
}
