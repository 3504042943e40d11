//! Events, in the form of the core group and in that of `events.k8s.io`.
//!
//! Source: `k8s.io/kubernetes/pkg/apis/core/validation/events.go`.

use serde_json::Value;

use super::{Errors, has, number, text};

/// The fields of an event in the core form and in the newer one; errors name the former.
struct Names {
    subject: &'static str,
    note: &'static str,
    controller: &'static str,
    source: &'static str,
    first: &'static str,
    last: &'static str,
    count: &'static str,
}

const CORE: Names = Names {
    subject: "involvedObject",
    note: "message",
    controller: "reportingComponent",
    source: "source",
    first: "firstTimestamp",
    last: "lastTimestamp",
    count: "count",
};

const NEWER: Names = Names {
    subject: "regarding",
    note: "note",
    controller: "reportingController",
    source: "deprecatedSource",
    first: "deprecatedFirstTimestamp",
    last: "deprecatedLastTimestamp",
    count: "deprecatedCount",
};

/// An event.
pub(super) fn event(event: &Value, old: Option<&Value>, group: &str, errors: &mut Errors) {
    let is_core = group.is_empty();
    let names = if is_core { &CORE } else { &NEWER };
    let has_time = !event["eventTime"].is_null();
    check_namespace(event, names, is_core && !has_time, errors);
    if is_core && !has_time {
        return;
    }
    match old {
        None => strict(event, names, is_core, errors),
        Some(old) => keep(event, old, names, errors),
    }
}

fn check_namespace(event: &Value, names: &Names, is_legacy: bool, errors: &mut Errors) {
    let namespace = text(&event["metadata"], "namespace");
    let subject = text(&event[names.subject], "namespace");
    let matches = if subject.is_empty() {
        // What has no namespace is talked about in the default one, or by the system.
        matches!(namespace, "" | "default") || (!is_legacy && namespace == "kube-system")
    } else {
        subject == namespace
    };
    if !matches {
        errors.invalid(
            "involvedObject.namespace",
            &subject.into(),
            "does not match event.namespace",
        );
    }
}

fn strict(event: &Value, names: &Names, is_core: bool, errors: &mut Errors) {
    if event["eventTime"].is_null() {
        errors.required("eventTime", "");
    }
    if let Some(series) = event.get("series").filter(|series| !series.is_null()) {
        check_series(series, errors);
    }
    let field = if is_core {
        "reportingComponent"
    } else {
        "reportingController"
    };
    let controller = text(event, names.controller);
    if controller.is_empty() {
        errors.required(field, "");
    }
    errors.qualified_name(field, controller);
    for name in ["reportingInstance", "action", "reason"] {
        let value = text(event, name);
        if value.is_empty() {
            errors.required(name, "");
        } else if value.len() > 128 {
            errors.invalid(name, &"".into(), "can have at most 128 characters");
        }
    }
    if text(event, names.note).len() > 1024 {
        errors.invalid("message", &"".into(), "can have at most 1024 characters");
    }
    let kind = text(event, "type");
    if !matches!(kind, "Normal" | "Warning") {
        errors.invalid("type", &"".into(), format!("has invalid value: {kind}"));
    }
    if !is_core {
        for name in [names.first, names.last] {
            if !event[name].is_null() {
                errors.invalid(
                    name.trim_start_matches("deprecated"),
                    &"".into(),
                    "needs to be unset",
                );
            }
        }
        if number(event, names.count) != 0 {
            errors.invalid("count", &"".into(), "needs to be unset");
        }
        let source = &event[names.source];
        if ["component", "host"].iter().any(|field| has(source, field)) {
            errors.invalid("source", &"".into(), "needs to be unset");
        }
    }
}

fn check_series(series: &Value, errors: &mut Errors) {
    if number(series, "count") < 2 {
        errors.invalid("series.count", &"".into(), "should be at least 2");
    }
    if series["lastObservedTime"].is_null() {
        errors.required("series.lastObservedTime", "");
    }
}

fn keep(event: &Value, old: &Value, names: &Names, errors: &mut Errors) {
    for (name, field) in [
        (names.subject, "involvedObject"),
        ("reason", "reason"),
        (names.note, "message"),
        (names.source, "source"),
        (names.first, "firstTimestamp"),
        (names.last, "lastTimestamp"),
        (names.count, "count"),
        ("type", "type"),
    ] {
        errors.immutable(field, &event[name], &old[name]);
    }
    if let Some(series) = event.get("series").filter(|series| !series.is_null()) {
        check_series(series, errors);
    }
    for (name, field) in [
        ("action", "action"),
        ("related", "related"),
        (names.controller, "reportingController"),
        ("reportingInstance", "reportingInstance"),
    ] {
        errors.immutable(field, &event[name], &old[name]);
    }
}
