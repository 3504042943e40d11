//! What containers ask for and may use.

use serde_json::Value;

use super::{Errors, items, members, text};
use crate::apiserver::{meta::label_key_problems, types::decode::Quantity};

/// The resources of a container.
pub(super) fn check(resources: &Value, spec: &Value, field: &str, errors: &mut Errors) {
    if resources.is_null() {
        return;
    }
    for list in ["limits", "requests"] {
        for (name, quantity) in members(resources, list) {
            let field = format!("{field}.{list}[{name}]");
            self::name(name, &field, errors);
            amount(name, quantity, &field, errors);
        }
    }
    for (name, request) in members(resources, "requests") {
        let limits = format!("{field}.limits");
        let can_be_shared = is_native(name) && !name.starts_with(HUGE);
        let limit = &resources["limits"][name];
        if limit.is_null() && !can_be_shared {
            errors.required(limits, "Limit must be set for non overcommitable resources");
        }
        let (Some(wanted), Some(most)) = (parse(request), parse(limit)) else {
            continue;
        };
        let limit = text(&resources["limits"], name);
        let field = format!("{field}.requests");
        if wanted.nano() != most.nano() && !can_be_shared {
            errors.invalid(
                field,
                request,
                format!("must be equal to {name} limit of {limit}"),
            );
        } else if wanted > most {
            let why = format!("must be less than or equal to {name} limit of {limit}");
            errors.invalid(field, request, why);
        }
    }
    let names = || members(resources, "limits").chain(members(resources, "requests"));
    if names().any(|(name, _)| name.starts_with(HUGE))
        && !names().any(|(name, _)| matches!(&**name, "cpu" | "memory"))
    {
        errors.forbidden(field, "HugePages require cpu or memory");
    }
    claims(resources, spec, &format!("{field}.claims"), errors);
}

const HUGE: &str = "hugepages-";

fn parse(quantity: &Value) -> Option<Quantity> {
    Quantity::parse(quantity.as_str()?).ok()
}

fn amount(name: &str, quantity: &Value, field: &str, errors: &mut Errors) {
    let Some(amount) = parse(quantity) else { return };
    if amount.nano() < 0 {
        errors.invalid(field, quantity, "must be greater than or equal to 0");
    }
    let is_extended = !is_native(name) && !name.starts_with("requests.");
    if is_extended && amount.nano() % 1_000_000_000 != 0 {
        errors.invalid(field, quantity, "must be an integer");
    }
    if let Some(size) = name
        .strip_prefix(HUGE)
        .and_then(|size| Quantity::parse(size).ok())
        && (size.nano() <= 0 || amount.nano() % size.nano() != 0)
    {
        let shown = quantity.as_str().unwrap_or_default();
        errors.invalid(
            field,
            quantity,
            format!("{shown} is not positive integer multiple of {name}"),
        );
    }
}

/// Whether a resource belongs to Kubernetes itself.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// The name of something that containers ask for.
pub(super) fn name(name: &str, field: &str, errors: &mut Errors) {
    let value = name.into();
    let before = errors.0.len();
    errors.qualified_name(field, name);
    let is_named_well = errors.0.len() == before;
    if !name.contains('/') {
        if is_named_well && !is_standard(name) {
            let why = "must be a standard resource type or fully qualified";
            errors.invalid(field, &value, why);
        }
        if !matches!(name, "cpu" | "memory" | "ephemeral-storage") && !name.starts_with(HUGE) {
            errors.invalid(field, &value, "must be a standard resource for containers");
        }
    } else if !is_native(name)
        && (name.starts_with("requests.") || !label_key_problems(&format!("requests.{name}")).is_empty())
    {
        errors.invalid(field, &value, "doesn't follow extended resource name standard");
    }
}

/// A resource that needs no domain in its name.
fn is_standard(name: &str) -> bool {
    let plain = name
        .strip_prefix("requests.")
        .or_else(|| name.strip_prefix("limits."))
        .unwrap_or(name);
    matches!(plain, "cpu" | "memory" | "ephemeral-storage")
        || matches!(name, "storage" | "requests.storage")
        || name.starts_with(HUGE)
        || name.starts_with("requests.hugepages-")
        || matches!(
            name,
            "pods"
                | "resourcequotas"
                | "services"
                | "replicationcontrollers"
                | "secrets"
                | "configmaps"
                | "persistentvolumeclaims"
                | "services.nodeports"
                | "services.loadbalancers"
        )
}

fn claims(resources: &Value, spec: &Value, field: &str, errors: &mut Errors) {
    let known: Vec<&str> = items(spec, "resourceClaims")
        .iter()
        .map(|claim| text(claim, "name"))
        .collect();
    for (index, claim) in items(resources, "claims").iter().enumerate() {
        let name = text(claim, "name");
        let field = format!("{field}[{index}]");
        if name.is_empty() {
            errors.required(field, "");
        } else if !known.contains(&name) {
            let mut why = "must be one of the names in pod.spec.resourceClaims".to_owned();
            if known.is_empty() {
                why.push_str(" which is empty");
            } else {
                why = format!("{why}: {}", known.join(", "));
            }
            errors.0.push(crate::apiserver::status::FieldError::new(
                field,
                "FieldValueNotFound",
                format!("Not found: {name:?}: {why}"),
            ));
        }
    }
}
