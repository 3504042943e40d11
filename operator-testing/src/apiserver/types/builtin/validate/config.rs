//! ConfigMaps and Secrets.

use serde_json::Value;

use super::{Errors, has, members, text};

const LIMIT: usize = 1024 * 1024;
const WHEN_IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// A ConfigMap.
pub(super) fn config_map(map: &Value, old: Option<&Value>, errors: &mut Errors) {
    if let Some(old) = old {
        keep(map, old, &["data", "binaryData"], errors);
    }
    let mut size = 0;
    for (key, value) in members(map, "data") {
        check_key(key, errors);
        if map["binaryData"].get(key).is_some() {
            errors.invalid(
                format!("data[{key}]"),
                &key.as_str().into(),
                "duplicate of key present in binaryData",
            );
        }
        size += value.as_str().map_or(0, str::len);
    }
    for (key, value) in members(map, "binaryData") {
        check_key_of("binaryData", key, errors);
        size += decoded_size(value);
    }
    if size > LIMIT {
        too_large("[]", errors);
    }
}

/// A Secret.
pub(super) fn secret(secret: &Value, old: Option<&Value>, errors: &mut Errors, warnings: &mut Vec<String>) {
    if let Some(old) = old {
        errors.immutable("type", &secret["type"], &old["type"]);
        keep(secret, old, &["data"], errors);
    }
    let mut size = 0;
    for (key, value) in members(secret, "data") {
        check_key(key, errors);
        size += decoded_size(value);
    }
    if size > LIMIT {
        too_large("data", errors);
    }
    let has_key = |key: &str| secret["data"].get(key).is_some();
    let mut need = |key: &str| {
        if !has_key(key) {
            errors.required(format!("data[{key}]"), "");
        }
    };
    match text(secret, "type") {
        "kubernetes.io/service-account-token" => {
            let name = &secret["metadata"]["annotations"]["kubernetes.io/service-account.name"];
            if name.as_str().unwrap_or_default().is_empty() {
                errors.required("metadata.annotations[kubernetes.io/service-account.name]", "");
            }
        }
        "kubernetes.io/dockercfg" => {
            need(".dockercfg");
            check_json(secret, ".dockercfg", errors);
        }
        "kubernetes.io/dockerconfigjson" => {
            need(".dockerconfigjson");
            check_json(secret, ".dockerconfigjson", errors);
        }
        "kubernetes.io/basic-auth" if !has_key("username") && !has_key("password") => {
            need("username");
            need("password");
        }
        "kubernetes.io/ssh-auth" if decoded_size(&secret["data"]["ssh-privatekey"]) == 0 => {
            errors.required("data[ssh-privatekey]", "");
        }
        "kubernetes.io/tls" => {
            need("tls.crt");
            need("tls.key");
            if has_key("tls.crt") && has_key("tls.key") && !is_pem(&secret["data"]["tls.crt"]) {
                warnings.push("tls: failed to find any PEM data in certificate input".to_owned());
            }
        }
        _ => {}
    }
}

/// A class of runtimes.
pub(super) fn runtime_class(class: &Value, old: Option<&Value>, errors: &mut Errors) {
    let handler = text(class, "handler");
    match handler {
        "" => errors.required("handler", ""),
        name => errors.dns_label("handler", name),
    }
    if let Some(old) = old {
        errors.immutable("handler", &handler.into(), &old["handler"]);
    }
    let overhead = serde_json::json!({"limits": class["overhead"]["podFixed"]});
    super::resources::check(&overhead, &Value::Null, "overhead", errors);
    errors.labels("scheduling.nodeSelector", &class["scheduling"]["nodeSelector"]);
    super::scheduling::tolerations(&class["scheduling"], "scheduling.tolerations", errors);
    let tolerations = super::items(&class["scheduling"], "tolerations");
    for (index, toleration) in tolerations.iter().enumerate() {
        let identity = |toleration: &Value| {
            ["key", "operator", "value", "effect"].map(|name| text(toleration, name).to_owned())
        };
        if tolerations[..index]
            .iter()
            .any(|other| identity(other) == identity(toleration))
        {
            let [key, operator, value, effect] = identity(toleration);
            let seconds = &toleration["tolerationSeconds"];
            let shown = format!(
                "{{\"Key\":{key:?},\"Operator\":{operator:?},\"Value\":{value:?},\"Effect\":{effect:?},\"TolerationSeconds\":{seconds}}}"
            );
            errors.duplicate_as(format!("scheduling.tolerations[{index}]"), &shown);
        }
    }
}

/// What is immutable stays as it is.
fn keep(new: &Value, old: &Value, fields: &[&str], errors: &mut Errors) {
    if old["immutable"] != true {
        return;
    }
    if new["immutable"] != true {
        errors.forbidden("immutable", WHEN_IMMUTABLE);
    }
    for field in fields {
        if new[*field] != old[*field] && (has(new, field) || has(old, field)) {
            errors.forbidden(*field, WHEN_IMMUTABLE);
        }
    }
}

fn check_key(key: &str, errors: &mut Errors) {
    check_key_of("data", key, errors);
}

fn check_key_of(field: &str, key: &str, errors: &mut Errors) {
    errors.config_key(|| format!("{field}[{key}]"), key);
}

fn decoded(value: &Value) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD
        .decode(value.as_str().unwrap_or_default())
        .unwrap_or_default()
}

fn decoded_size(value: &Value) -> usize {
    decoded(value).len()
}

fn is_pem(value: &Value) -> bool {
    String::from_utf8_lossy(&decoded(value)).contains("-----BEGIN CERTIFICATE-----")
}

fn check_json(secret: &Value, key: &str, errors: &mut Errors) {
    let Some(value) = secret["data"].get(key) else {
        return;
    };
    if let Err(why) = crate::apiserver::types::decode::from_json(&decoded(value)) {
        let why = why.replace('"', "");
        errors.invalid(format!("data[{key}]"), &"<secret contents redacted>".into(), why);
    }
}

fn too_large(field: &str, errors: &mut Errors) {
    let why = format!("Too long: may not be more than {LIMIT} bytes");
    errors.0.push(crate::apiserver::status::FieldError::new(
        field,
        "FieldValueTooLong",
        why,
    ));
}
