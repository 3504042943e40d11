//! What Pods and containers may do on their node.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Errors, has, items, text, volumes::relative_path};

/// The security context of a Pod.
pub(super) fn of_pod(spec: &Value, field: &str, errors: &mut Errors) {
    let context = &spec["securityContext"];
    if context.is_null() {
        return;
    }
    ids(context, field, &["fsGroup", "runAsUser", "runAsGroup"], errors);
    for (index, group) in items(context, "supplementalGroups").iter().enumerate() {
        id(group, format!("{field}.supplementalGroups[{index}]"), errors);
    }
    if spec["shareProcessNamespace"] == true && spec["hostPID"] == true {
        let why = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(format!("{field}.shareProcessNamespace"), &true.into(), why);
    }
    kernel_parameters(spec, &format!("{field}.sysctls"), errors);
    for (name, supported) in [
        ("fsGroupChangePolicy", ["Always", "OnRootMismatch"]),
        ("supplementalGroupsPolicy", ["Merge", "Strict"]),
        ("seLinuxChangePolicy", ["MountOption", "Recursive"]),
    ] {
        if has(context, name) {
            errors.one_of(format!("{field}.{name}"), &context[name], &supported);
        }
    }
    profiles(context, field, errors);
}

/// The security context of a container; `own_users` if its Pod has users of its own.
pub(super) fn of_container(context: &Value, field: &str, own_users: bool, errors: &mut Errors) {
    if context.is_null() {
        return;
    }
    ids(context, field, &["runAsUser", "runAsGroup"], errors);
    if has(context, "procMount") {
        let field = format!("{field}.procMount");
        errors.one_of(field.clone(), &context["procMount"], &["Default", "Unmasked"]);
        if context["procMount"] == "Unmasked" && !own_users {
            let why = "`hostUsers` must be false to use `Unmasked`";
            errors.invalid(field, &context["procMount"], why);
        }
    }
    if context["allowPrivilegeEscalation"] == false {
        if context["privileged"] == true {
            let why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(field, context, why);
        }
        if items(&context["capabilities"], "add").contains(&"CAP_SYS_ADMIN".into()) {
            let why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(field, context, why);
        }
    }
    profiles(context, field, errors);
}

fn ids(context: &Value, field: &str, names: &[&str], errors: &mut Errors) {
    for name in names.iter().filter(|name| has(context, name)) {
        id(&context[*name], format!("{field}.{name}"), errors);
    }
}

fn id(id: &Value, field: String, errors: &mut Errors) {
    if id
        .as_i64()
        .is_none_or(|id| !(0..=i64::from(i32::MAX)).contains(&id))
    {
        errors.invalid(field, id, "must be between 0 and 2147483647, inclusive");
    }
}

fn kernel_parameters(spec: &Value, field: &str, errors: &mut Errors) {
    let mut names = BTreeSet::new();
    for (index, parameter) in items(&spec["securityContext"], "sysctls").iter().enumerate() {
        let (field, name) = (format!("{field}[{index}].name"), text(parameter, "name"));
        if name.is_empty() {
            errors.required(field.clone(), "");
        } else if !is_parameter(name) {
            let why = "must have at most 253 characters and match regex \
                       ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
            errors.invalid(field.clone(), &name.into(), why);
        } else if names.contains(name) {
            errors.duplicate(field.clone(), &name.into());
        }
        names.insert(name);
        for (flag, is_shared) in [
            ("hostNetwork", is_of_network(name)),
            ("hostIPC", is_of_messages(name)),
        ] {
            if is_shared && spec[flag] == true {
                let why = format!("may not be specified when '{flag}' is true");
                errors.invalid(field.clone(), &name.into(), why);
            }
        }
    }
}

fn is_parameter(name: &str) -> bool {
    let is_end = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 253
        && name.split(['.', '/']).all(|part| {
            let bytes = part.as_bytes();
            let allowed = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(b);
            is_end(bytes.first()) && is_end(bytes.last()) && bytes.iter().all(allowed)
        })
}

fn is_of_network(name: &str) -> bool {
    name.replace('/', ".").starts_with("net.")
}

fn is_of_messages(name: &str) -> bool {
    let name = name.replace('/', ".");
    let known = [
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
        "kernel.shm",
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.msg",
    ];
    known.contains(&&*name) || name.starts_with("fs.mqueue.")
}

const PROFILES: [&str; 3] = ["Localhost", "RuntimeDefault", "Unconfined"];

fn profiles(context: &Value, field: &str, errors: &mut Errors) {
    seccomp(
        &context["seccompProfile"],
        &format!("{field}.seccompProfile"),
        errors,
    );
    app_armor(
        &context["appArmorProfile"],
        &format!("{field}.appArmorProfile"),
        errors,
    );
}

fn seccomp(profile: &Value, field: &str, errors: &mut Errors) {
    if profile.is_null() {
        return;
    }
    let kind = text(profile, "type");
    if kind.is_empty() {
        let why = "type is required when seccompProfile is set";
        errors.required(format!("{field}.type"), why);
    } else {
        errors.one_of(format!("{field}.type"), &profile["type"], &PROFILES);
    }
    let path = &profile["localhostProfile"];
    let field = format!("{field}.localhostProfile");
    match path.as_str() {
        None if kind == "Localhost" => {
            errors.required(field, "must be set when seccomp type is Localhost");
        }
        Some(path) if kind == "Localhost" => relative_path(path, &field, errors),
        Some(path) => {
            let shown = format!("{{\"Type\":{kind:?},\"LocalhostProfile\":{path:?}}}");
            errors.invalid_as(field, &shown, "can only be set when seccomp type is Localhost");
        }
        None => {}
    }
}

fn app_armor(profile: &Value, field: &str, errors: &mut Errors) {
    if profile.is_null() {
        return;
    }
    let path = profile["localhostProfile"].as_str();
    let inner = format!("{field}.localhostProfile");
    let unset = "must be set when AppArmor type is Localhost";
    match (text(profile, "type"), path) {
        ("Localhost", None | Some("")) => errors.required(inner, unset),
        ("Localhost", Some(path)) if path.trim() != path => {
            errors.invalid(inner, &path.into(), "must not be padded with whitespace");
        }
        ("Localhost", Some(path)) if path.len() > 4095 => errors.too_long(&inner, 4095),
        ("Localhost", Some(_)) | ("RuntimeDefault" | "Unconfined", None) => {}
        ("RuntimeDefault" | "Unconfined", Some(path)) => {
            errors.invalid(
                inner,
                &path.into(),
                "can only be set when AppArmor type is Localhost",
            );
        }
        ("", _) => {
            let why = "type is required when appArmorProfile is set";
            errors.required(format!("{field}.type"), why);
        }
        _ => errors.one_of(format!("{field}.type"), &profile["type"], &PROFILES),
    }
}
