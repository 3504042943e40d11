//! The addresses and address families of a Service.
//!
//! Source: `ValidateServiceClusterIPsRelatedFields` and `validateUpgradeDowngrade*` in
//! `k8s.io/kubernetes/pkg/apis/core/validation/validation.go`.

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;

use super::{Errors, has, items, services::is_headless, text};

pub(super) const NO_ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const FIELD: &str = "spec.clusterIPs";

/// Checks that the addresses of a Service, their families and its policy fit together.
pub(in crate::apiserver::types::builtin) fn check(spec: &Value, old: Option<&Value>, errors: &mut Errors) {
    if text(spec, "type") == "ExternalName" {
        return;
    }
    let addresses = items(spec, "clusterIPs");
    let all = &spec["clusterIPs"];
    match (text(spec, "clusterIP"), addresses.first()) {
        ("", Some(_)) => errors.invalid(FIELD, all, "must be empty when `clusterIP` is not specified"),
        ("", None) => {}
        (_, None) => errors.required(FIELD, ""),
        (first, Some(listed)) if listed != first => {
            errors.invalid(FIELD, all, "first value must match `clusterIP`");
        }
        _ => {}
    }
    families(spec, errors);
    let known = old.map_or(&[][..], |old| items(old, "clusterIPs"));
    let mut is_skewed = false;
    for (index, address) in addresses.iter().enumerate() {
        if index == 0 && address == "None" {
            if addresses.len() > 1 {
                is_skewed = true;
                errors.invalid(FIELD, all, "'None' must be the first and only value");
            }
        } else if parsed(address).is_none() && !known.contains(address) {
            is_skewed = true;
            errors.invalid(format!("{FIELD}[{index}]"), address, NO_ADDRESS);
        }
    }
    if addresses.len() > 2 {
        errors.invalid(FIELD, all, "may only hold up to 2 values");
    }
    // what is said of the families of broken addresses would only mislead
    if is_skewed {
        return;
    }
    let is_dual = addresses
        .iter()
        .filter_map(parsed)
        .map(|address| address.is_ipv4())
        .collect::<BTreeSet<_>>()
        .len()
        > 1;
    if addresses.len() > 1 && !is_dual {
        errors.invalid(FIELD, all, "may specify no more than one IP for each IP family");
    }
    if is_headless(spec) {
        return;
    }
    for (index, (address, family)) in addresses.iter().zip(items(spec, "ipFamilies")).enumerate() {
        let is_v4 = parsed(address).is_none_or(|address| address.is_ipv4());
        if (family == "IPv4" && !is_v4) || (family == "IPv6" && is_v4) {
            let family = family.as_str().unwrap_or_default();
            let why = format!("expected an {family} value as indicated by `ipFamilies[{index}]`");
            errors.invalid(format!("{FIELD}[{index}]"), address, why);
        }
    }
}

fn families(spec: &Value, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for (index, family) in items(spec, "ipFamilies").iter().enumerate() {
        let field = format!("spec.ipFamilies[{index}]");
        errors.one_of(field.clone(), family, &["IPv4", "IPv6"]);
        if !seen.insert(family.as_str()) {
            errors.duplicate(field, family);
        }
    }
    if has(spec, "ipFamilyPolicy") {
        errors.one_of(
            "spec.ipFamilyPolicy",
            &spec["ipFamilyPolicy"],
            &["PreferDualStack", "RequireDualStack", "SingleStack"],
        );
    }
}

/// The first address and the first family stay, as long as the Service has any.
pub(super) fn change(spec: &Value, old: &Value, errors: &mut Errors) {
    if [spec, old]
        .iter()
        .any(|spec| text(spec, "type") == "ExternalName")
    {
        return;
    }
    let (was_headless, is_headless) = (is_headless(old), is_headless(spec));
    if !(was_headless && is_headless) {
        kept(spec, old, "clusterIPs", "secondary clusterIP", errors);
    }
    if !was_headless && !is_headless {
        kept(spec, old, "ipFamilies", "secondary ipFamily", errors);
    }
}

fn kept(spec: &Value, old: &Value, list: &str, second: &str, errors: &mut Errors) {
    let (new, known) = (items(spec, list), items(old, list));
    let why = "may not change once set";
    let shown = &spec[list];
    let first = format!("spec.{list}[0]");
    if new.len() == known.len() {
        for (index, pair) in new.iter().zip(known).enumerate() {
            if pair.0 != pair.1 {
                // the real server names the first family whichever changed
                let index = if list == "ipFamilies" { 0 } else { index };
                errors.invalid(format!("spec.{list}[{index}]"), shown, why);
            }
        }
        return;
    }
    let is_released = new.len() < known.len();
    if is_released && items(spec, "clusterIPs").is_empty() {
        let what = if list == "ipFamilies" {
            "primary ipFamily"
        } else {
            "primary clusterIP"
        };
        errors.invalid(first.clone(), shown, format!("{what} can not be unset"));
    }
    if let (Some(now), Some(before)) = (new.first(), known.first())
        && now != before
    {
        errors.invalid(first, &spec["clusterIPs"], why);
    }
    if is_released && new.len() == 1 && text(spec, "ipFamilyPolicy") != "SingleStack" {
        let why = format!("must be set to 'SingleStack' when releasing the {second}");
        errors.invalid("spec.ipFamilyPolicy", &spec["ipFamilyPolicy"], why);
    }
}

fn parsed(address: &Value) -> Option<IpAddr> {
    address.as_str()?.parse().ok()
}
